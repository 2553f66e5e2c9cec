//! Who could have been told: rules with their targets, and catches. Alarms: [`super::alarm`].

use std::collections::BTreeMap;

use super::alarm::Alarm;
use super::families::family_name;
use super::jobs::Job;
use super::said::Said;
use crate::evidence::citation::Citation;
use crate::fact::alarm::State;
use crate::fact::job::{JobKind, JobStatus};
use crate::fact::pattern::{Event, Pattern};
use crate::fact::watch::{WatchStatement, Watcher};

/// A rule that matches events.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Account, if known.
    pub account: Option<String>,
    /// Region, if known.
    pub region: Option<String>,
    /// Name.
    pub name: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Its pattern.
    pub pattern: Option<Pattern>,
    /// Its targets, where they are known.
    pub targets: Option<Vec<String>>,
    /// Where that is said.
    pub cites: Vec<Citation>,
}

/// All watchers.
#[derive(Debug, Default)]
pub struct Watchers {
    /// Rules, by name.
    pub rules: Vec<Rule>,
    /// States that catch the failure of a job: operation, state, citation.
    pub catches: Vec<(String, String, Citation)>,
}

impl Watchers {
    pub(super) fn build(said: Vec<Said<WatchStatement>>) -> Self {
        let mut watchers = Self::default();
        let mut targets: BTreeMap<String, (Vec<String>, Vec<Citation>)> = BTreeMap::new();
        let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
        for said in said {
            let WatchStatement { account, region, name, what } = said.says;
            match what {
                Watcher::Rule { enabled, pattern, .. } => {
                    let rule =
                        Rule { account, region, name: name.clone(), enabled, pattern, targets: None, cites: vec![said.cite] };
                    rules.insert(name, rule);
                }
                Watcher::Targets { arns } => {
                    let entry = targets.entry(name).or_default();
                    entry.0.extend(arns);
                    entry.1.push(said.cite);
                }
                Watcher::Alarm { .. } => {}
                Watcher::Catch { operation } => watchers.catches.push((operation, name, said.cite)),
            }
        }
        for (name, mut rule) in rules {
            if let Some((arns, cites)) = targets.remove(&name) {
                rule.targets = Some(arns);
                rule.cites.extend(cites);
            }
            watchers.rules.push(rule);
        }
        watchers
    }
    /// Returns the rules of the account and region of a job, as far as they are known.
    pub fn rules_near<'a>(&'a self, job: &'a Job) -> impl Iterator<Item = &'a Rule> {
        let fits = |own: Option<&str>, wanted: &str| own.is_none_or(|own| own == wanted);
        self.rules.iter().filter(move |rule| {
            fits(rule.account.as_deref(), job.arn.account()) && fits(rule.region.as_deref(), job.arn.region())
        })
    }

    /// Returns the state that catches the failure of a job, where a state machine ran it.
    pub fn catch_of<'a>(&'a self, job: &Job) -> Option<&'a (String, String, Citation)> {
        let by_state_machine =
            job.by.as_ref().is_some_and(|by| by.invoked_by.as_deref().is_some_and(|service| service.starts_with("states.")));
        let operation = match job.kind {
            JobKind::Training => "createTrainingJob",
            JobKind::Processing | JobKind::Monitoring => "createProcessingJob",
            JobKind::Transform => "createTransformJob",
            JobKind::Tuning => "createHyperParameterTuningJob",
        };
        self.catches.iter().find(|(own, _, _)| by_state_machine && own == operation)
    }
}

/// Returns whether an alarm is about a job: by its name or dimensions, or as one of the pipeline that ran it.
pub fn is_about(alarm: &Alarm, job: &Job) -> bool {
    let family = family_name(&job.name);
    let family = family.strip_prefix("pipelines/").unwrap_or(&family).to_lowercase();
    let names_job = |text: &str| !family.is_empty() && text.to_lowercase().contains(&family);
    let in_pipeline = alarm.measures().any(|measure| {
        let of_pipelines = measure.namespace.as_deref().unwrap_or_default();
        of_pipelines.eq_ignore_ascii_case("AWS/SageMaker/ModelBuildingPipeline")
            && job
                .tags
                .get("sagemaker:pipeline-execution-arn")
                .is_some_and(|arn| measure.dimensions.get("PipelineName").is_some_and(|name| arn.contains(&format!("/{name}/"))))
    });
    let mut dimensions = alarm.measures().flat_map(|measure| measure.dimensions.values());
    in_pipeline || names_job(&alarm.name) || dimensions.any(|value| names_job(value))
}

impl Rule {
    /// Returns whether it reaches anybody: it is enabled, and its targets, if they are known, are not empty.
    pub fn could_tell(&self) -> bool {
        self.enabled && self.targets.as_ref().is_none_or(|targets| !targets.is_empty())
    }

    /// Returns whether it matches the event of a job's end with a status.
    pub fn matches(&self, job: &Job, status: JobStatus) -> bool {
        let Some(pattern) = &self.pattern else { return false };
        let (detail_type, status_key, name_key, arn_key) = match job.kind {
            JobKind::Training => (
                "SageMaker Training Job State Change",
                "detail.TrainingJobStatus",
                "detail.TrainingJobName",
                "detail.TrainingJobArn",
            ),
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

    /// Returns whether it sends an alarm's changes to a state to anybody.
    pub fn passes_on(&self, alarm: &Alarm, state: State) -> bool {
        let fits = |own: &Option<String>, other: &Option<String>| own.is_none() || other.is_none() || own == other;
        let subject = alarm.subject();
        let event: Event<'_> = BTreeMap::from([
            ("source", "aws.cloudwatch"),
            ("detail-type", "CloudWatch Alarm State Change"),
            ("resources", subject.as_str()),
            ("detail.alarmName", alarm.name.as_str()),
            ("detail.state.value", state.name()),
        ]);
        fits(&self.account, &alarm.home.account)
            && fits(&self.region, &alarm.home.region)
            && self.could_tell()
            && self.pattern.as_ref().is_some_and(|pattern| pattern.matches(&event))
    }
}
