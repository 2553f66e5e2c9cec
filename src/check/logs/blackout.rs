//! An endpoint answers requests, and its log is empty.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::{Exposure, Severity, grouped};

pub(in crate::check) const CHECK: Check = Check {
    id: "logs/blackout",
    severity: Severity::High,
    fires_when: "An endpoint was asked for predictions in an interval of which its log group holds no events.",
    why: "Errors, restarts and stack traces of that time are nowhere. When somebody looks for them, there is nothing to look at.",
    needs: "The endpoint's `Invocations`, and either a whole export of its log group that is empty or `describe-log-groups` with its size.",
    fooled_by: "A container that prints nothing, not even when it starts. The size of a group is brought up to date about once a day: an empty group by size alone is grade C, and the last day before the export does not count. What expired by retention is not silence.",
    remedy: "Allow the execution role `logs:CreateLogGroup`, `logs:CreateLogStream` and `logs:PutLogEvents`, and let the container write to standard output.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        for silence in case.logs.silences(&endpoint.arn) {
            let Some(until) = silence.to.or(case.as_of) else { continue };
            let until = endpoint.deleted.map_or(until, |deleted| until.min(deleted));
            let Some(from) = [silence.from, endpoint.created].into_iter().flatten().max().filter(|from| *from < until) else {
                continue;
            };
            // What is older than the group keeps its events may have been there.
            let kept = case.logs.retention(&silence.group).flatten().map(|days| until.plus(-days * 86_400));
            let from = kept.map_or(from, |kept| from.max(kept));
            let Some(requests) = case.serving.requests(&endpoint.arn, None, from, until).filter(|asked| asked.requests > 0)
            else {
                continue;
            };
            let evidence = Citations::one(silence.cite.clone()).and(requests.cites.clone());
            let (grade, how) = if silence.by_size {
                (Grade::C, "its log group is listed with no bytes in it")
            } else {
                (Grade::B, "a whole export of its log group holds no event")
            };
            let least = if requests.whole { "" } else { "at least " };
            let title = format!(
                "{} answered {least}{} requests from {} to {}, and {how}",
                endpoint.name,
                grouped(requests.requests),
                from.to_seconds_text(),
                until.to_seconds_text()
            );
            let finding = CHECK
                .finds(&endpoint.arn, title, grade, evidence)
                .because(format!("The group is {}.", silence.group))
                .between(Some(from), Some(until))
                .told_apart_by(format!("{} {}", silence.group, from.to_seconds_text()))
                .exposing(Some(Exposure { requests: requests.requests, from, to: until }));
            findings.add(finding);
        }
    }
}
