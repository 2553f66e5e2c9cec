//! A job hit its limit or failed, and nobody could have been told.

use super::at_limit;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::jobs::Job;
use crate::case::watchers::{Rule, is_about};
use crate::check::{Check, Findings};
use crate::evidence::citation::Citation;
use crate::fact::call::Listed;
use crate::fact::job::JobStatus;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "timeout/unwatched",
    severity: Severity::High,
    fires_when: "A job hit its limit or failed, and no alarm, EventBridge rule or catch in the evidence could have told anyone (a rule that matches only `Failed` misses `Stopped`).",
    why: "What nobody is told goes on: what rests on the job's output uses what was there before, for as long as it takes somebody to notice by chance.",
    needs: "The job's end; `events list-rules` with targets; `cloudwatch describe-alarms`; state machines that run jobs. Without rules and alarms it names the gap.",
    fooled_by: "Watchers outside the account (an orchestrator that polls, a person), alarms on custom metrics whose names do not name the job.",
    remedy: "Let an EventBridge rule match `Stopped` and `Failed` of the job's state change event and send it to somebody.",
    run,
};

/// How a job may stand besides: a rule that matches one of these does not match only `Failed`.
const OTHERS: [JobStatus; 3] = [JobStatus::InProgress, JobStatus::Completed, JobStatus::Stopping];

fn run(case: &Case, findings: &mut Findings) {
    for job in case.jobs.iter() {
        let limit = at_limit(case, job);
        let failed = job.status == Some(JobStatus::Failed);
        if limit.is_none() && !failed {
            continue;
        }
        let (account, region) = (job.arn.account(), job.arn.region());
        let rules_known = case.coverage.lists(Listed::Rules, account, region).next();
        let alarms_known = case.coverage.lists(Listed::Alarms, account, region).next();
        if rules_known.is_none() {
            findings.need(GapKey::Rules(Place::of(&job.arn)));
        }
        if alarms_known.is_none() {
            findings.need(GapKey::Alarms(Place::of(&job.arn)));
        }
        // Rules are how a job's end is seen; without their list nobody can be said to have been blind.
        let Some(rules_list) = rules_known else { continue };
        let status = if failed { JobStatus::Failed } else { JobStatus::Stopped };
        if told(case, job, status) {
            continue;
        }
        let limit_grade = limit.as_ref().map_or(Grade::B, |limit| limit.grade);
        let Some(evidence) =
            limit.map(|limit| limit.evidence).or_else(|| job.cites(|says| says.status == Some(JobStatus::Failed)))
        else {
            continue;
        };
        let missed: Vec<&Rule> = case
            .watchers
            .rules_near(job)
            .filter(|rule| !failed && rule.could_tell() && rule.matches(job, JobStatus::Failed))
            .collect();
        let blind = match missed.as_slice() {
            [] => "No rule in the account matches the end of such jobs.".to_owned(),
            rules => {
                let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
                let only = !rules.iter().any(|rule| OTHERS.iter().any(|status| rule.matches(job, *status)));
                let what = if only { "only `Failed`" } else { "`Failed` and not `Stopped`" };
                format!("Rule {} matches {what}; a job at its limit ends `Stopped`.", names.join(", "))
            }
        };
        let more: Vec<Citation> = missed
            .iter()
            .flat_map(|rule| rule.cites.clone())
            .chain([rules_list.cite.clone()])
            .chain(alarms_known.map(|list| list.cite.clone()))
            .collect();
        let grade = if alarms_known.is_some() { Grade::B } else { Grade::C }.weaker(limit_grade);
        let how = if failed { "failed" } else { "was stopped at its limit" };
        let unknown = if alarms_known.is_some() { "" } else { " Alarms are not in the evidence." };
        let finding = CHECK
            .finds(&job.arn, format!("{} {how}, and nobody could have been told", job.name), grade, evidence.and(more))
            .because(format!("{blind} No alarm or catch in the evidence sees it either.{unknown}"))
            .concerning(missed.iter().map(|rule| format!("arn:aws:events:{region}:{account}:rule/{}", rule.name)))
            .between(job.ended, None)
            .told_apart_by(job.created.map(crate::time::Instant::to_seconds_text).unwrap_or_default());
        findings.add(finding);
    }
}

/// Returns whether any watcher in the evidence could have told somebody of the job's end.
fn told(case: &Case, job: &Job, status: JobStatus) -> bool {
    case.watchers.rules_near(job).any(|rule| rule.could_tell() && rule.matches(job, status))
        || case.alarms.set().any(|alarm| !alarm.settings.told().is_empty() && is_about(alarm, job))
        || case.watchers.catch_of(job).is_some()
}
