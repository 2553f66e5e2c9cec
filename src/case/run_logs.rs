//! Which run asked for a job, and which pushed its image: by their logs.
//!
//! A log that names a job need not have asked for it: somebody may have looked it up. It asked if it says so; or, where no log says
//! so, if the job, or the execution that made it, was created while it ran, and not every line that names it tells how it is.

use super::Case;
use super::jobs::Job;
use super::said::Said;
use crate::evidence::citation::Citation;
use crate::fact::run_log::{Asks, Mention, Mentioned, RunLog};
use crate::time::{Instant, Seconds};

/// By how much the clocks of a runner and of the service may differ.
const CLOCKS: Seconds = 90;

/// Returns the runs that asked for a job, with the lines that say so.
pub(super) fn that_asked<'a>(case: &'a Case, job: &'a Job) -> impl Iterator<Item = (&'a Said<RunLog>, Citation)> {
    // Asked only of the few jobs that a log names: it looks at all jobs.
    let is_unique = || case.jobs.named(&job.name).all(|other| other.arn.key() == job.arn.key());
    let asked_by = move |said: &'a Said<RunLog>, surely: bool| {
        let asks = |one: &&Mention| match &one.what {
            Mentioned::Name(name) => {
                one.asks == Asks::Yes && name.eq_ignore_ascii_case(&job.name) && fits(&said.says, job.created) && is_unique()
            }
            _ if surely || one.asks == Asks::No => false,
            Mentioned::Arn(arn) if arn.kind() == "pipeline" => {
                let made = |(execution, step): (&super::pipelines::Execution, &super::pipelines::Step)| {
                    let own = !step.is_cache_hit && step.taken_from.is_none();
                    own && execution.arn.key() == arn.key() && is_within(&said.says, execution.created)
                };
                case.pipelines.steps_of(&job.arn).any(made)
            }
            Mentioned::Arn(arn) => arn.key() == job.arn.key() && is_within(&said.says, job.created),
        };
        let mention = said.says.mentions.iter().find(asks)?;
        Some((said, said.on(Some(mention.line))))
    };
    let is_sure = case.run_logs.iter().any(|said| asked_by(said, true).is_some());
    case.run_logs.iter().filter_map(move |said| asked_by(said, is_sure))
}

/// Returns the runs that pushed an image of this digest before it was used, with the lines that say so.
pub(super) fn that_pushed<'a>(
    case: &'a Case,
    digest: &'a str,
    used: Option<Instant>,
) -> impl Iterator<Item = (&'a Said<RunLog>, Citation)> {
    case.run_logs.iter().filter_map(move |said| {
        let before = |at: Option<Instant>| at.zip(used).is_none_or(|(at, used)| at <= used.plus(CLOCKS));
        let push = said.says.pushes.iter().find(|push| push.digest == digest && before(push.at))?;
        Some((said, said.on(Some(push.line))))
    })
}

/// Returns whether something was created while a run lasted.
fn is_within(log: &RunLog, created: Option<Instant>) -> bool {
    let (Some(created), Some(from), Some(to)) = (created, log.from, log.to) else { return false };
    from.plus(-CLOCKS) <= created && created <= to.plus(CLOCKS)
}

/// Returns whether nothing says that something was created at another time than a run lasted.
fn fits(log: &RunLog, created: Option<Instant>) -> bool {
    is_within(log, created) || created.is_none() || log.from.is_none() || log.to.is_none()
}
