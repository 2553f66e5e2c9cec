//! Records are refused for their event time.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::call::CallStatement;
use crate::finding::{Severity, grouped};

pub(in crate::check) const CHECK: Check = Check {
    id: "feature-store/rejected-event-time",
    severity: Severity::High,
    fires_when: "Records were refused because of their event time.",
    why: "What was refused is in neither store: the model goes on with the features of before, and no status tells of it.",
    needs: "CloudTrail's data events of the feature store, which are off by default: `PutRecord` that failed, with what the service said.",
    fooled_by: "Callers that try again with a time that is accepted; the records themselves are not logged, so they cannot be told apart.",
    remedy: "Write event times as the group's type wants them: seconds since 1970 for Fractional, `yyyy-MM-dd'T'HH:mm:ssZ` or `yyyy-MM-dd'T'HH:mm:ss.SSSZ` for String. Python's `isoformat()` is neither. Raise an alarm on refused records.",
    run,
};

/// Citations of one group: the first and last refusals are enough to find the rest.
const CITED: usize = 5;

fn run(case: &Case, findings: &mut Findings) {
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

fn is_refused_for_its_time(says: &CallStatement) -> bool {
    let folded = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    says.service == "sagemaker"
        && says.operation == "PutRecord"
        && says.error.as_deref().is_some_and(|error| error.starts_with("Validation"))
        && says.reason.as_deref().is_some_and(|reason| folded(reason).contains("eventtime"))
}
