//! A recurring job has no limit of its own.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::families::families;
use crate::case::jobs::LimitSetter;
use crate::check::{Check, Findings};
use crate::fact::Words;
use crate::fact::job::JobKind;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "timeout/no-limit",
    severity: Severity::Info,
    fires_when: "A recurring job has no explicit limit.",
    why: "Without one, SageMaker's default holds (a day): a job that hangs stays hanging for a day before anything ends it.",
    needs: "CloudTrail's record of the requests for the job: a description shows a default like a limit that was set.",
    fooled_by: "Nothing: the request has no limit or it has.",
    remedy: "Set `StoppingCondition.MaxRuntimeInSeconds` to about twice the longest normal run.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for family in families(case.jobs.iter()) {
        if family.runs.len() < 3 || matches!(family.kind, JobKind::Transform | JobKind::Tuning) {
            continue;
        }
        let Some(last) = family.runs.iter().rev().find(|job| job.limit_set_by != LimitSetter::Unknown) else { continue };
        if last.limit_set_by != LimitSetter::Default {
            continue;
        }
        let Some(evidence) = last.cites(|says| says.words == Words::Request) else { continue };
        let longest = family.runs.iter().filter_map(|job| job.duration()).max();
        let advice = longest.map(|longest| format!("Its longest run in the evidence took {longest} s.")).unwrap_or_default();
        let finding = CHECK
            .finds(&last.arn, format!("{} runs without a limit of its own", family.name), Grade::B, evidence)
            .because(advice)
            .lasting(format!("{} {}", last.arn.account(), family.name))
            .told_apart_by(family.name.clone());
        findings.add(finding);
    }
}
