//! A job ended at its run-time limit.

use super::at_limit;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::families::{Family, families};
use crate::case::gap::{GapKey, Place};
use crate::case::jobs::{Job, LimitSetter};
use crate::check::{Check, Findings};
use crate::finding::Severity;
use crate::time::duration_text;

pub(in crate::check) const CHECK: Check = Check {
    id: "timeout/hit-limit",
    severity: Severity::High,
    fires_when: "A job ended at its run-time limit (`Stopped`, or `MaxRuntimeExceeded`); says who set the limit.",
    why: "A job at its limit ends `Stopped`, not `Failed`: most rules, schedulers and people take it for a success. Its output is missing or partial.",
    needs: "The job's description (status, start, end, limit); CloudTrail over the run, to exclude that somebody stopped it and to tell who set the limit.",
    fooled_by: "A job stopped by hand shortly before its limit, if the call that stopped it is not in the evidence (grade C then). Training that is meant to run until its limit.",
    remedy: "Raise the limit well above the longest normal run or make the job faster, and alert on `Stopped` as on `Failed`.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let families = families(case.jobs.iter());
    for job in case.jobs.iter() {
        let Some(at_limit) = at_limit(case, job) else { continue };
        let before = families
            .iter()
            .find(|family| family.runs.iter().any(|run| run.arn == job.arn))
            .map(|family| before(family, job))
            .unwrap_or_default();
        if at_limit.grade > Grade::B {
            let around = |at: Option<crate::time::Instant>, seconds| at.map(|at| at.plus(seconds));
            findings.need(GapKey::Trail(Place::of(&job.arn), around(job.started.or(job.created), -60), around(job.ended, 60)));
        }
        let limit = job.limit.map_or_else(|| "its limit".to_owned(), |limit| format!("its limit of {limit} s"));
        let ran = job.duration().map(|ran| format!(" after {ran} s")).unwrap_or_default();
        let set_by = match &job.limit_set_by {
            LimitSetter::Caller(who) => format!("The limit was set by {who}, in the request for the job."),
            LimitSetter::Default => "The request sets no limit, so SageMaker's default held.".to_owned(),
            LimitSetter::Unknown => "Who set the limit is not in the evidence: the request for the job would tell.".to_owned(),
        };
        let partial: Vec<String> = job
            .outputs
            .iter()
            .filter(|output| output.continuous)
            .filter_map(|output| output.uri.as_ref())
            .map(ToString::to_string)
            .collect();
        let partial = if partial.is_empty() {
            String::new()
        } else {
            format!(" A part of its output may lie under {}.", partial.join(", "))
        };
        let evidence = at_limit.evidence.and(job.cites(|says| says.limit.is_some()).into_iter().flatten());
        let finding = CHECK
            .finds(&job.arn, format!("{} was stopped at {limit}{ran}", job.name), at_limit.grade, evidence)
            .because(format!("It is known because {}. {set_by}{before}{partial}", at_limit.how))
            .between(job.started.or(job.created), job.ended)
            .told_apart_by(job.created.map(crate::time::Instant::to_seconds_text).unwrap_or_default());
        findings.add(finding);
    }
}

/// Tells how long the runs before took.
fn before(family: &Family<'_>, job: &Job) -> String {
    let earlier: Vec<i64> = family.completed().filter(|run| run.created < job.created).filter_map(Job::duration).collect();
    match earlier.as_slice() {
        [] => String::new(),
        [only] => format!(" The run before took {}.", duration_text(*only)),
        [first, .., last] => format!(
            " The {} completed runs before it took from {} (the first) to {} (the last).",
            earlier.len(),
            duration_text(*first),
            duration_text(*last)
        ),
    }
}
