//! A job hit its limit or failed, and nobody could have been told.

use std::collections::BTreeMap;

use super::at_limit;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::families::family_name;
use crate::case::gap::{GapKey, Place};
use crate::case::jobs::Job;
use crate::case::watchers::Rule;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citation;
use crate::fact::call::Listed;
use crate::fact::job::{JobKind, JobStatus};
use crate::fact::pattern::Event;
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
        let missed: Vec<&Rule> =
            of_place(case, job).filter(|rule| !failed && could_tell(rule) && matches(rule, job, JobStatus::Failed)).collect();
        let blind = match missed.as_slice() {
            [] => "No rule in the account matches the end of such jobs.".to_owned(),
            rules => {
                let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
                format!("Rule {} matches only `Failed`; a job at its limit ends `Stopped`.", names.join(", "))
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
    if of_place(case, job).any(|rule| could_tell(rule) && matches(rule, job, status)) {
        return true;
    }
    let family = family_name(&job.name);
    let family = family.strip_prefix("pipelines/").unwrap_or(&family).to_lowercase();
    let names_job = |text: &str| !family.is_empty() && text.to_lowercase().contains(&family);
    let by_alarm = case.alarms.set().filter(|alarm| !alarm.settings.told().is_empty()).any(|alarm| {
        let in_pipeline = alarm.measures().any(|measure| {
            let of_pipelines = measure.namespace.as_deref().unwrap_or_default();
            of_pipelines.eq_ignore_ascii_case("AWS/SageMaker/ModelBuildingPipeline")
                && job.tags.get("sagemaker:pipeline-execution-arn").is_some_and(|arn| {
                    measure.dimensions.get("PipelineName").is_some_and(|name| arn.contains(&format!("/{name}/")))
                })
        });
        let mut dimensions = alarm.measures().flat_map(|measure| measure.dimensions.values());
        in_pipeline || names_job(&alarm.name) || dimensions.any(|value| names_job(value))
    });
    let by_state_machine =
        job.by.as_ref().is_some_and(|by| by.invoked_by.as_deref().is_some_and(|service| service.starts_with("states.")));
    let operation = match job.kind {
        JobKind::Training => "createTrainingJob",
        JobKind::Processing | JobKind::Monitoring => "createProcessingJob",
        JobKind::Transform => "createTransformJob",
        JobKind::Tuning => "createHyperParameterTuningJob",
    };
    by_alarm || (by_state_machine && case.watchers.catches.iter().any(|(own, _, _)| own == operation))
}

/// Returns the rules of the job's account and region.
fn of_place<'a>(case: &'a Case, job: &'a Job) -> impl Iterator<Item = &'a Rule> {
    let fits = |own: Option<&str>, wanted: &str| own.is_none_or(|own| own == wanted);
    case.watchers
        .rules
        .iter()
        .filter(move |rule| fits(rule.account.as_deref(), job.arn.account()) && fits(rule.region.as_deref(), job.arn.region()))
}

/// Returns whether a rule reaches anybody: it is enabled, and its targets, if they are known, are not empty.
fn could_tell(rule: &Rule) -> bool {
    rule.enabled && rule.targets.as_ref().is_none_or(|targets| !targets.is_empty())
}

/// Returns whether a rule matches the event of a job's end.
fn matches(rule: &Rule, job: &Job, status: JobStatus) -> bool {
    let Some(pattern) = &rule.pattern else { return false };
    let (detail_type, status_key, name_key, arn_key) = match job.kind {
        JobKind::Training => {
            ("SageMaker Training Job State Change", "detail.TrainingJobStatus", "detail.TrainingJobName", "detail.TrainingJobArn")
        }
        JobKind::Processing | JobKind::Monitoring => (
            "SageMaker Processing Job State Change",
            "detail.ProcessingJobStatus",
            "detail.ProcessingJobName",
            "detail.ProcessingJobArn",
        ),
        JobKind::Transform => (
            "SageMaker Transform Job State Change",
            "detail.TransformJobStatus",
            "detail.TransformJobName",
            "detail.TransformJobArn",
        ),
        JobKind::Tuning => (
            "SageMaker HyperParameter Tuning Job State Change",
            "detail.HyperParameterTuningJobStatus",
            "detail.HyperParameterTuningJobName",
            "detail.HyperParameterTuningJobArn",
        ),
    };
    let mut event: Event<'_> = BTreeMap::from([
        ("source", "aws.sagemaker"),
        ("detail-type", detail_type),
        ("account", job.arn.account()),
        ("region", job.arn.region()),
        ("resources", job.arn.as_str()),
        (status_key, status.name()),
        (name_key, job.name.as_str()),
        (arn_key, job.arn.as_str()),
    ]);
    if let Some(secondary) = job.secondary.as_deref().filter(|_| job.kind == JobKind::Training) {
        event.insert("detail.SecondaryStatus", secondary);
    }
    pattern.matches(&event)
}
