//! Records are identified by when they happened.

use std::collections::BTreeSet;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "feature-store/time-as-identifier",
    severity: Severity::Medium,
    fires_when: "The record identifier of a feature group is its event-time feature, or is named like a time.",
    why: "The online store keeps the newest record of each identifier. Where every moment is an identifier of its own, nothing is ever replaced, and two things that happen in one moment overwrite each other.",
    needs: "The description of the feature group, or the call that created it.",
    fooled_by: "A feature that is named like a time and holds something else (grade C). Groups of pure time series, of which one record for each moment is wanted.",
    remedy: "Identify records by what they are about (a customer, a card), and keep the time in the event-time feature.",
    run,
};

/// Names of times, without what joins their words.
const TIMES: &[&str] = &[
    "timestamp",
    "ts",
    "time",
    "date",
    "datetime",
    "eventtime",
    "eventtimestamp",
    "eventdate",
    "createdat",
    "updatedat",
    "unixtime",
    "epoch",
];

/// Words at the end of a time's name.
const ENDINGS: &[&str] = &["_timestamp", "_ts", "_time", "_datetime", "_epoch"];

fn run(case: &Case, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for said in &case.feature_groups {
        let says = &said.says;
        let Some(identifier) = says.record_identifier.as_deref() else { continue };
        let is_event_time = says.event_time.as_deref() == Some(identifier);
        let (grade, what) = if is_event_time {
            (Grade::B, "which is also its event time")
        } else if is_named_like_a_time(identifier) {
            (Grade::C, "which is named like a time")
        } else {
            continue;
        };
        if !seen.insert((says.arn.key(), says.created)) {
            continue;
        }
        let cites = case.feature_groups.iter().filter(|other| {
            other.says.arn.key() == says.arn.key() && other.says.record_identifier.as_deref() == Some(identifier)
        });
        let Some(evidence) = Citations::from_all(cites.map(|other| other.cite.clone())) else { continue };
        let title = format!("feature group {} identifies records by `{identifier}`, {what}", says.name);
        let time = says.event_time.as_ref().map_or_else(String::new, |time| format!("Its event time is `{time}`."));
        let finding = CHECK.finds(&says.arn, title, grade, evidence).because(time).told_apart_by(identifier);
        findings.add(finding.between(says.created, None));
    }
}

fn is_named_like_a_time(name: &str) -> bool {
    let lower = name.to_lowercase().replace('-', "_");
    TIMES.contains(&lower.replace('_', "").as_str()) || ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_times_are_told_from_others() {
        for name in ["event_time", "EventTime", "timestamp", "created-at", "transaction_ts"] {
            assert!(is_named_like_a_time(name), "{name}");
        }
        for name in ["customer_id", "time_zone", "lifetime_value", "artist", "update_count"] {
            assert!(!is_named_like_a_time(name), "{name}");
        }
    }
}
