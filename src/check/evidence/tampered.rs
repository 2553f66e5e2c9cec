//! A trail was stopped or deleted, or a file of it is not what was delivered.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::case::study::seal::Altered;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations, Locator};
use crate::fact::call::CallStatement;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "evidence/tampered",
    severity: Severity::Critical,
    fires_when: "A CloudTrail trail was stopped or deleted: `StopLogging` or `DeleteTrail` succeeded. Or the content of a delivered file has another SHA-256 than the digest of its hour lists.",
    why: "From then on what was done left no record in that trail, and nobody who did something wanted has a reason to turn it off. A file that was changed after it was delivered says what somebody wants it to say.",
    needs: "A record of the call: the trail itself, another trail of the account, or `lookup-events`. For files: the trail's digest files beside them, under the names they were delivered by.",
    fooled_by: "A trail that is replaced by another, as an organisation's trail replaces an account's: the detail says whether logging began again. A file that a tool wrote anew, with other spaces or members in another order: its records may be the same, but that can no longer be shown. Whether the digest itself is genuine, its signature tells, which is not looked at.",
    remedy: "Find out who did it and why, and forbid `cloudtrail:StopLogging` and `cloudtrail:DeleteTrail` to everybody by a service control policy.",
    run,
};

/// Files that are named.
const LISTED: usize = 5;

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
    altered(case, findings);
}

/// Tells the files of each trail that are not what its digests list.
fn altered(case: &Case, findings: &mut Findings) {
    let mut trails: BTreeMap<&str, Vec<&Altered>> = BTreeMap::new();
    for altered in &case.altered {
        trails.entry(&altered.sealed.trail).or_default().push(altered);
    }
    for (trail, files) in trails {
        let Some((first, others)) = files.split_first() else { continue };
        let whole = |altered: &Altered| Citation {
            exhibit: altered.sealed.exhibit,
            locator: Locator::Whole,
            excerpt: None,
            ..altered.sealed.cite.clone()
        };
        let evidence = Citations::one(first.sealed.cite.clone())
            .and([whole(first)])
            .and(others.iter().flat_map(|altered| [altered.sealed.cite.clone(), whole(altered)]));
        let names: Vec<&str> = files.iter().take(LISTED).map(|altered| altered.sealed.path.as_str()).collect();
        let more = files.len().saturating_sub(LISTED);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        let count = if files.len() == 1 { "1 file".to_owned() } else { format!("{} files", files.len()) };
        let name = trail.rsplit('/').next().unwrap_or(trail);
        let title = format!("{count} of trail {name} {} not what was delivered", if files.len() == 1 { "is" } else { "are" });
        let detail = format!(
            "{}{rest}. The content of {} has SHA-256 {}, and the digest of its hour lists {}.",
            names.join(", "),
            first.sealed.path,
            first.found,
            first.sealed.sha256
        );
        let finding = CHECK.finds(trail.to_owned(), title, Grade::B, evidence).because(detail);
        findings.add(finding.told_apart_by(format!("altered {}", first.sealed.key)));
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
