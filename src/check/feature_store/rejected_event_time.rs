//! Records are refused for their event time, or lie in the offline store with a malformed one.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::case::study::store::StoreStudy;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::call::CallStatement;
use crate::finding::{Severity, grouped};
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "feature-store/rejected-event-time",
    severity: Severity::High,
    fires_when: "Records were refused because of their event time, or records of the offline store hold one of another form or type than Feature Store takes, or one that lies after the record was written.",
    why: "What was refused is in neither store: the model goes on with the features of before, and no status tells of it. What got past the service (written to the bucket by a job) is left out by every query that asks for the features of a time, or is taken for the newest for ever.",
    needs: "CloudTrail's data events of the feature store, which are off by default: `PutRecord` that failed, with what the service said; or logs of callers that print what botocore raised (these do not name the group, and a caller that prints an error twice counts twice: grade C). For the offline store its parquet files in the evidence and the description of the group; a file is of a group by its ETag in a listing of the bucket (grade B), or by its folders GROUP-1593511200/data/ (grade C).",
    fooled_by: "Callers that try again with a time that is accepted; the records themselves are not logged, so they cannot be told apart. Event times that are planned (a booking, a due date) lie after the writing and are meant to. Texts with an offset other than Z are not judged. A number of seconds is taken for milliseconds from 100,000,000,000 on, which is the year 5138.",
    remedy: "Write event times as the group's type wants them: seconds since 1970 for Fractional, `yyyy-MM-dd'T'HH:mm:ssZ` or `yyyy-MM-dd'T'HH:mm:ss.SSSZ` for String. Python's `isoformat()` is neither. Raise an alarm on refused records.",
    run,
};

/// Citations of one group: the first and last refusals are enough to find the rest.
const CITED: usize = 5;

fn run(case: &Case, findings: &mut Findings) {
    refused(case, findings);
    printed(case, findings);
    for study in case.stores.iter().filter(|study| !study.faults.is_empty()) {
        malformed(study, findings);
    }
}

/// Event times in the offline store that are malformed.
fn malformed(study: &StoreStudy, findings: &mut Findings) {
    let wrong: u64 = study.faults.values().map(|seen| seen.rows).sum();
    let name = &study.group.name;
    let title = format!(
        "{} of {} record(s) in the offline store of {name} have a malformed event time ({})",
        grouped(wrong),
        grouped(study.rows),
        share(wrong, study.rows)
    );
    let kinds = study.faults.iter().map(|(fault, seen)| {
        let written = match (seen.first, seen.last) {
            (Some(first), Some(last)) if first == last => format!(", at {}", first.to_seconds_text()),
            (Some(first), Some(last)) => format!(", from {} to {}", first.to_seconds_text(), last.to_seconds_text()),
            _ => String::new(),
        };
        format!("{} {}, such as {}{written}", grouped(seen.rows), fault.what(), seen.example)
    });
    let declared = study.group.declared.as_ref().map_or_else(String::new, |kind| format!(", declared as {kind}"));
    let detail = format!("{}{declared}: {}.", study.group.event_time, kinds.collect::<Vec<String>>().join("; "));
    let first = study.faults.values().filter_map(|seen| seen.first).min();
    let last = study.faults.values().filter_map(|seen| seen.last).max();
    let finding = CHECK
        .finds(&study.group.arn, title, study.grade, study.evidence.clone())
        .because(detail)
        .between(first, last)
        .told_apart_by("offline store");
    findings.add(finding);
}

/// Writes a share as a percentage.
fn share(part: u64, whole: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more digits than counts below 2^53 have")]
    let percent = if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 };
    if percent > 0.0 && percent < 0.1 { "less than 0.1 %".to_owned() } else { format!("{percent:.1} %") }
}

/// Calls that were refused for an event time.
fn refused(case: &Case, findings: &mut Findings) {
    let mut groups: BTreeMap<String, Vec<&Said<CallStatement>>> = BTreeMap::new();
    for said in case.calls.iter().filter(|said| is_refused_for_its_time(&said.says)) {
        let group = said.says.subject().unwrap_or("an unnamed feature group").to_owned();
        groups.entry(group).or_default().push(said);
    }
    for (group, refused) in groups {
        let (Some(first), Some(last)) = (refused.first(), refused.last()) else { continue };
        let few = refused.iter().take(CITED).chain(refused.iter().rev().take(CITED));
        let Some(evidence) = Citations::from_all(few.map(|said| said.cite.clone())) else { continue };
        let name = group.rsplit('/').next().unwrap_or(&group);
        let title = format!("{} record(s) of {name} were refused for their event time", grouped(refused.len() as u64));
        let finding = CHECK
            .finds(&group, title, Grade::B, evidence)
            .because(format!("The service said: {}", first.says.reason.as_deref().unwrap_or_default()))
            .between(Some(first.says.at), Some(last.says.at))
            .told_apart_by(first.says.at.to_seconds_text());
        findings.add(finding);
    }
}

/// Refusals that callers printed; these do not name the group.
fn printed(case: &Case, findings: &mut Findings) {
    let mut files: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for said in case.refused_records.iter().filter(|said| is_of_event_time(&said.says.message)) {
        files.entry(said.cite.exhibit).or_default().push(said);
    }
    for said in files.into_values() {
        let Some(evidence) = Citations::from_all(said.iter().map(|said| said.cite.clone())) else { continue };
        let count: u64 = said.iter().map(|said| said.says.count).sum();
        let message = said.iter().max_by_key(|said| said.says.count).map_or("", |said| said.says.message.as_str());
        let first = said.iter().filter_map(|said| said.says.first).min();
        let last = said.iter().filter_map(|said| said.says.last).max();
        let finding = CHECK
            .finds(
                "an unnamed feature group",
                format!("a caller printed {} time(s) that a record was refused for its event time", grouped(count)),
                Grade::C,
                evidence,
            )
            .because(format!("The service said: {message}"))
            .between(first, last)
            .told_apart_by(format!("printed {message} {}", first.map(Instant::to_seconds_text).unwrap_or_default()));
        findings.add(finding);
    }
}

fn is_refused_for_its_time(says: &CallStatement) -> bool {
    says.service == "sagemaker"
        && says.operation == "PutRecord"
        && says.error.as_deref().is_some_and(|error| error.starts_with("Validation"))
        && says.reason.as_deref().is_some_and(is_of_event_time)
}

/// Returns whether the service speaks of the event time.
fn is_of_event_time(message: &str) -> bool {
    let folded: String = message.chars().filter(char::is_ascii_alphanumeric).collect();
    folded.to_ascii_lowercase().contains("eventtime")
}
