//! An endpoint answers requests, and its log is empty or not there.

use super::refused::{self, Refusals};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::serving::{Endpoint, Exposure as Counted};
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::call::{Listed, ListedStatement};
use crate::finding::{Severity, counted};
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "logs/blackout",
    severity: Severity::High,
    fires_when: "An endpoint was asked for predictions, or answered with 5XX, in an interval of which its log group holds no events, or though it has no log group at all; says whether the model's execution role was refused what writing needs.",
    why: "Errors, restarts and stack traces of that time are nowhere. When somebody looks for them, there is nothing to look at.",
    needs: "The endpoint's `Invocations` or `Invocation5XXErrors`, and a whole export of its log group that is empty, or `describe-log-groups`: with the group's size, or whole, to its last page, of all groups or of a prefix of theirs, and without the group. For the cause: CloudTrail's record of the call that was refused.",
    fooled_by: "A container that prints nothing, not even when it starts, has an empty group or none. The size of a group is brought up to date about once a day: an empty group by size alone is grade C, and the last day before the export does not count. What expired by retention is not silence. A list of another prefix, a page of a list, and endpoints made after the list do not fire.",
    remedy: "Allow the execution role `logs:CreateLogGroup`, `logs:CreateLogStream` and `logs:PutLogEvents`, and let the container write to standard output.",
    run,
};

/// An interval of which nothing was logged.
struct Quiet {
    group: String,
    from: Option<Instant>,
    to: Instant,
    grade: Grade,
    how: String,
    cites: Vec<Citation>,
}

fn run(case: &Case, findings: &mut Findings) {
    // Inference components have log groups of their own.
    for endpoint in case.serving.endpoints().iter().filter(|endpoint| endpoint.bare.is_empty() && !endpoint.has_components()) {
        let mut quiet = Vec::new();
        for silence in case.logs.silences(&endpoint.arn) {
            let Some(to) = silence.to.or(case.as_of) else { continue };
            let (grade, how) = if silence.by_size {
                (Grade::C, "its log group is listed with no bytes in it")
            } else {
                (Grade::B, "a whole export of its log group holds no event")
            };
            // What is older than the group keeps its events may have been there.
            let kept = case.logs.retention(&silence.group).flatten().map(|days| to.plus(-days * 86_400));
            let from = [silence.from, kept].into_iter().flatten().max();
            let cites = vec![silence.cite.clone()];
            quiet.push(Quiet { group: silence.group.clone(), from, to, grade, how: how.to_owned(), cites });
        }
        if quiet.is_empty() {
            quiet.extend(missing(case, endpoint));
        }
        for quiet in quiet {
            report(case, endpoint, quiet, findings);
        }
    }
}

/// Returns the interval until a whole list of log groups that lacks the one of an endpoint.
fn missing(case: &Case, endpoint: &Endpoint) -> Option<Quiet> {
    let group = format!("/aws/sagemaker/Endpoints/{}", endpoint.name);
    if case.logs.knows(&group) {
        return None;
    }
    let lists = case.coverage.lists(Listed::LogGroups, endpoint.arn.account(), endpoint.arn.region());
    let is_own = |says: &ListedStatement| {
        let holds = says.of.as_ref().is_none_or(|prefix| group.starts_with(prefix.as_str()));
        holds && says.account.is_some() && says.region.is_some()
    };
    let list = lists.filter(|said| is_own(&said.says)).max_by_key(|said| said.says.captured)?;
    let to = list.says.captured?;
    let deleted = case.calls.iter().rfind(|said| {
        let says = &said.says;
        let is_delete = says.service == "logs" && says.operation == "DeleteLogGroup" && says.error.is_none();
        is_delete && says.at <= to && says.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&group))
    });
    let mut cites = vec![list.cite.clone()];
    let how = if let Some(said) = deleted {
        cites.push(said.cite.clone());
        let who = said.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        format!("its log group is gone: it was deleted at {}{who}", said.says.at.to_seconds_text())
    } else {
        let under = list.says.of.as_ref().map(|prefix| format!(" under {prefix}")).unwrap_or_default();
        format!("it has no log group: the list of {} group(s){under} does not name one", list.says.rows)
    };
    Some(Quiet { group, from: None, to, grade: Grade::B, how, cites })
}

fn report(case: &Case, endpoint: &Endpoint, quiet: Quiet, findings: &mut Findings) {
    let until = [endpoint.deleted, case.as_of].into_iter().flatten().fold(quiet.to, Instant::min);
    let Some(from) = [quiet.from, endpoint.created].into_iter().flatten().max().filter(|from| *from < until) else { return };
    let asked = case.serving.requests(&endpoint.arn, None, from, until).filter(|asked| asked.requests > 0);
    let failed = case.serving.errors(&case.metrics, &endpoint.arn, from, until).filter(|failed| failed.requests > 0);
    let Some(answered) = answered(asked.as_ref(), failed.as_ref()) else { return };
    let cites = asked.iter().chain(&failed).flat_map(|counted| counted.cites.iter().cloned());
    let refusals = refused::of(case, endpoint, &quiet.group, from, until);
    let evidence = quiet.cites.into_iter().chain(cites).chain(refusals.iter().flat_map(Refusals::cited));
    let Some(evidence) = Citations::from_all(evidence) else { return };
    let title =
        format!("{} {answered} from {} to {}, and {}", endpoint.name, from.to_seconds_text(), until.to_seconds_text(), quiet.how);
    let cause = refusals.as_ref().map(|refusals| format!(" {}", refusals.text())).unwrap_or_default();
    let finding = CHECK
        .finds(&endpoint.arn, title, quiet.grade, evidence)
        .because(format!("The group is {}.{cause}", quiet.group))
        .concerning(refusals.iter().map(|refusals| &refusals.role))
        .between(Some(from), Some(until))
        .told_apart_by(format!("{} {}", quiet.group, from.to_seconds_text()))
        .exposing(asked.or(failed).map(|counted| exposed(&counted, from, until)));
    findings.add(finding);
}

/// Says how many requests there were and how many of them failed; nothing where there were none.
fn answered(asked: Option<&Counted>, failed: Option<&Counted>) -> Option<String> {
    let count = |count: &Counted| counted(count.requests, count.whole);
    match (asked, failed) {
        (Some(asked), None) => Some(format!("answered {} requests", count(asked))),
        (Some(asked), Some(failed)) => Some(format!("answered {} requests, {} of them with 5XX,", count(asked), count(failed))),
        (None, Some(failed)) => Some(format!("answered {} requests with 5XX", count(failed))),
        (None, None) => None,
    }
}
