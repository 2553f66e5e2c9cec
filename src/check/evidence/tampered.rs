//! A trail was stopped or deleted.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::call::CallStatement;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "evidence/tampered",
    severity: Severity::Critical,
    fires_when: "A CloudTrail trail was stopped or deleted: `StopLogging` or `DeleteTrail` succeeded.",
    why: "From then on what was done left no record in that trail, and nobody who did something wanted has a reason to turn it off.",
    needs: "A record of the call: the trail itself, another trail of the account, or `lookup-events`.",
    fooled_by: "A trail that is replaced by another, as an organisation's trail replaces an account's: the detail says whether logging began again. Files of a trail that were altered show only against its digests, which `verify` is for.",
    remedy: "Find out who did it and why, and forbid `cloudtrail:StopLogging` and `cloudtrail:DeleteTrail` to everybody by a service control policy.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for said in case.calls.iter().filter(|said| is_call(said, &["StopLogging", "DeleteTrail"])) {
        let says = &said.says;
        let name = short_name(says);
        let again = case.calls.iter().find(|other| {
            other.says.at > says.at
                && is_call(other, &["StartLogging", "CreateTrail"])
                && other.says.account == says.account
                && short_name(&other.says).eq_ignore_ascii_case(name)
        });
        let subject = says
            .arn
            .as_ref()
            .map_or_else(|| format!("arn:aws:cloudtrail:{}:{}:trail/{name}", says.region, says.account), ToString::to_string);
        let who = said.by.as_ref().map_or_else(|| "somebody".to_owned(), ToString::to_string);
        let what = if says.operation == "DeleteTrail" { "deleted" } else { "stopped" };
        let detail = match again {
            Some(again) => {
                let by = again.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
                format!("Logging began again at {}{by}.", again.says.at.to_seconds_text())
            }
            None => "Nothing in the evidence shows that it began again.".to_owned(),
        };
        let evidence = Citations::one(said.cite.clone()).and(again.map(|again| again.cite.clone()));
        let finding = CHECK
            .finds(subject, format!("{who} {what} trail {name} at {}", says.at.to_seconds_text()), Grade::B, evidence)
            .because(detail)
            .between(Some(says.at), again.map(|again| again.says.at))
            .told_apart_by(format!("{} {}", says.operation, says.at.to_seconds_text()));
        findings.add(finding);
    }
}

fn is_call(said: &Said<CallStatement>, operations: &[&str]) -> bool {
    said.says.service == "cloudtrail" && said.says.error.is_none() && operations.contains(&said.says.operation.as_str())
}

/// Returns the trail's name, which requests give alone or as an ARN.
fn short_name(says: &CallStatement) -> &str {
    let whole = says.name.as_deref().or_else(|| says.arn.as_ref().map(crate::fact::arn::Arn::as_str)).unwrap_or_default();
    whole.rsplit('/').next().unwrap_or(whole)
}
