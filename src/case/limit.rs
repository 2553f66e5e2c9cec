//! Jobs that did not do what they were asked for: those that ended at their run-time limit, and those that failed.

use super::Case;
use super::claim::Grade;
use super::jobs::Job;
use crate::evidence::citation::Citations;
use crate::fact::job::{JobKind, JobStatus};

/// A job that ran this share of its limit before it was stopped ran to it: the platform enforces limits a little early or late.
const SHARE_OF_LIMIT: f64 = 0.97;

/// A job that ended at its limit.
#[derive(Clone, Debug)]
pub struct AtLimit {
    /// How well that is known.
    pub grade: Grade,
    /// On what.
    pub evidence: Citations,
    /// How it is known, in words that follow "because".
    pub how: &'static str,
}

/// Returns how a job is known to have ended at its limit. Training jobs say so; the others just end `Stopped`, as they do when
/// somebody stops them.
pub fn at_limit(case: &Case, job: &Job) -> Option<AtLimit> {
    if job.states_limit_reached() {
        let evidence = job.cites(|says| {
            says.course().secondary.as_deref().is_some_and(|text| text.ends_with("Exceeded")) || !says.course().phases.is_empty()
        })?;
        return Some(AtLimit { grade: Grade::B, evidence, how: "its status says so" });
    }
    if job.status != Some(JobStatus::Stopped) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "durations of jobs lie far below 2^53 seconds")]
    let ran_to_limit = job.duration()? as f64 >= job.limit? as f64 * SHARE_OF_LIMIT;
    if !ran_to_limit || case.calls_on(stop_operation(job.kind), &job.arn).next().is_some() {
        return None;
    }
    let evidence = job.cites(|says| says.status.is_some() || says.limit.is_some())?;
    let (from, to) = (job.started.or(job.created)?, job.ended?);
    let watched = case.coverage.trail_is_whole(job.arn.account(), job.arn.region(), from, to);
    let (grade, how) = if watched {
        (Grade::B, "it was `Stopped` after running that long, and CloudTrail shows that nobody stopped it")
    } else {
        (Grade::C, "it was `Stopped` after running that long, and no call that stopped it is in the evidence")
    };
    Some(AtLimit { grade, evidence, how })
}

/// Returns the call that stops a job of a kind.
const fn stop_operation(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Training => "StopTrainingJob",
        JobKind::Processing | JobKind::Monitoring => "StopProcessingJob",
        JobKind::Transform => "StopTransformJob",
        JobKind::Tuning => "StopHyperParameterTuningJob",
    }
}

/// Returns whether a job failed or ended at its limit; one that somebody stopped did neither.
pub fn is_broken(case: &Case, job: &Job) -> bool {
    job.status == Some(JobStatus::Failed) || at_limit(case, job).is_some()
}
