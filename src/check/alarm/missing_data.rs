//! A dead endpoint is silent.

use super::watching;
use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::fact::alarm::{Missing, State};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "alarm/missing-data",
    severity: Severity::Low,
    fires_when: "Missing data is treated so that a dead endpoint is silent: no alarm of it takes missing data as a fault, or tells anybody that its data has stopped.",
    why: "An endpoint that gets no requests, or is gone, sends no metrics. By default that is INSUFFICIENT_DATA, of which nobody is told unless `InsufficientDataActions` says so; with `notBreaching` it even looks well.",
    needs: "`cloudwatch describe-alarms`.",
    fooled_by: "Endpoints that are quiet at night on purpose; watchers outside CloudWatch. One alarm that tells is enough: the others of that endpoint are then not reported.",
    remedy: "Let one alarm of the endpoint, such as one on Invocations, treat missing data as `breaching`, or as `missing` with `InsufficientDataActions`.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for alarm in watching(case) {
        let Some((endpoint, variant)) = alarm.endpoint() else { continue };
        let of_same = |other: &&Alarm| {
            other.home == alarm.home
                && alarm.is_covered_by(other)
                && other
                    .endpoint()
                    .is_some_and(|(name, own)| name == endpoint && (own.is_none() || variant.is_none() || own == variant))
        };
        // An alarm that tells nobody at all is another matter.
        if alarm.settings.told().is_empty() || watching(case).filter(of_same).any(|other| tells(case, other)) {
            continue;
        }
        let Some(evidence) = alarm.cited() else { continue };
        let what = alarm.watched_text(endpoint);
        let missing = alarm.settings.missing;
        let then = match missing {
            Missing::NotBreaching => "it stays OK",
            Missing::Ignore => "it stays as it was",
            _ => "it is in INSUFFICIENT_DATA, and nobody is told of that",
        };
        let finding = CHECK
            .finds(alarm.subject(), format!("{} is silent when {what} is dead", alarm.name), Grade::B, evidence)
            .because(format!(
                "It treats missing data as {}: without data {then}. No other alarm of {what} tells.",
                missing.name()
            ))
            .concerning([endpoint])
            .told_apart_by(missing.name());
        findings.add(finding);
    }
}

/// Returns whether an alarm tells somebody that its data has stopped.
fn tells(case: &Case, alarm: &Alarm) -> bool {
    let passed_on = |state: State| case.watchers.rules.iter().any(|rule| rule.passes_on(alarm, state));
    match alarm.settings.missing {
        Missing::Missing => !alarm.settings.told_without_data().is_empty() || passed_on(State::InsufficientData),
        Missing::Breaching => {
            let outer = case.alarms.composed_of(alarm).any(|outer| !outer.settings.told().is_empty());
            outer || !alarm.settings.told().is_empty() || passed_on(State::Alarm)
        }
        // Such an alarm does not change its state when its data stops.
        Missing::Ignore | Missing::NotBreaching => false,
    }
}
