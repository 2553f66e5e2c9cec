//! Jobs: what is known of each, from all statements about it.

use std::collections::BTreeMap;

use litemap::LiteMap;
use std::sync::Arc;

use super::said::{Said, cites, first, incarnations};
use crate::evidence::citation::Citations;
use crate::fact::Words;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::job::{InputMode, JobInput, JobKind, JobOutput, JobStatement, JobStatus, Phase};
use crate::fact::principal::Principal;
use crate::fact::s3::S3Uri;
use crate::time::{Instant, Seconds};

/// Who set a job's run-time limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitSetter {
    /// The caller, by the request.
    Caller(String),
    /// Nobody: the request has no limit, so the service's default holds.
    Default,
    /// The evidence does not tell.
    Unknown,
}

/// Where a training job's artifact lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobArtifact {
    /// The place.
    pub uri: S3Uri,
    /// Whether it follows from the output path and the job's name, and no record states it.
    pub derived: bool,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// ARN.
    pub arn: Arn,
    /// Kind.
    pub kind: JobKind,
    /// Name with its case.
    pub name: String,
    /// When it was created.
    pub created: Option<Instant>,
    /// When its work began.
    pub started: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// Where it stands.
    pub status: Option<JobStatus>,
    /// The finer status.
    pub secondary: Option<String>,
    /// Why it failed, or what its container said.
    pub exit: Option<String>,
    /// Its run-time limit.
    pub limit: Option<Seconds>,
    /// Who set it.
    pub limit_set_by: LimitSetter,
    /// Execution role.
    pub role: Option<String>,
    /// Image as the caller named it.
    pub image: Option<String>,
    /// Container arguments.
    pub arguments: Vec<String>,
    /// Inputs.
    pub inputs: Vec<JobInput>,
    /// Outputs.
    pub outputs: Vec<JobOutput>,
    /// Model artifact.
    pub artifact: Option<JobArtifact>,
    /// Checkpoints.
    pub checkpoint: Option<S3Uri>,
    /// Model that a transform job runs.
    pub model: Option<String>,
    /// Hyperparameters.
    pub hyperparameters: LiteMap<String, String>,
    /// Environment.
    pub environment: LiteMap<String, String>,
    /// Tags.
    pub tags: LiteMap<String, String>,
    /// Phases of a training job.
    pub phases: Vec<Phase>,
    /// What made it.
    pub parent: Option<Arn>,
    /// Metrics at its end.
    pub metrics: Vec<(String, f64)>,
    /// Who asked for it.
    pub by: Option<Arc<Principal>>,
    /// Whether its configuration is known, and not only that it exists.
    pub is_described: bool,
    /// Everything that was said of it.
    pub said: Vec<Said<JobStatement>>,
}

/// The interval in which a job read an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadWindow {
    /// Its beginning.
    pub from: Instant,
    /// Its end, if known.
    pub to: Option<Instant>,
}

/// Jobs, by ARN and creation.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    all: Vec<Job>,
    by_arn: BTreeMap<ArnKey, Vec<usize>>,
}

impl Jobs {
    pub(super) fn build(said: Vec<(ArnKey, Said<JobStatement>)>) -> Self {
        let mut jobs = Self::default();
        for (key, groups) in incarnations(said, |statement| statement.created) {
            for (created, said) in groups {
                jobs.by_arn.entry(key.clone()).or_default().push(jobs.all.len());
                jobs.all.extend(Job::of(created, said));
            }
        }
        jobs
    }

    /// Returns all jobs, sorted by ARN and creation.
    pub fn iter(&self) -> std::slice::Iter<'_, Job> {
        self.all.iter()
    }

    /// Returns the job of that ARN that existed at `at` (the last created before it), or the only or latest one.
    pub fn get(&self, arn: &Arn, at: Option<Instant>) -> Option<&Job> {
        let found = self.by_arn.get(&arn.key())?;
        let lived = |job: &&Job| at.is_none_or(|at| job.created.is_none_or(|created| created.plus(-90) <= at));
        found.iter().rev().map(|position| &self.all[*position]).find(lived)
    }

    /// Returns the jobs of the given name and kind, whatever their case.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Job> {
        self.all.iter().filter(move |job| job.name.eq_ignore_ascii_case(name))
    }
}

/// Which words to trust first about how a job ended.
const fn outcome_rank(words: Words) -> u8 {
    match words {
        Words::Answer => 0,
        Words::Event => 1,
        Words::Row => 2,
        Words::Request => 3,
    }
}

impl Job {
    fn of(created: Option<Instant>, mut said: Vec<Said<JobStatement>>) -> Option<Self> {
        said.sort_by(|left, right| left.cite.cmp(&right.cite));
        let arn = first(&said, |says| outcome_rank(says.words), |says| Some(says.arn.clone()))?;
        let rank = |says: &JobStatement| outcome_rank(says.words);
        // A later event says more about the outcome than an earlier one.
        let last = |status: fn(&JobStatement) -> bool| said.iter().rev().find(|said| status(&said.says)).map(|said| &said.says);
        let ending = last(|says| says.status.is_some_and(JobStatus::is_final));
        let status = ending.and_then(|says| says.status).or_else(|| first(&said, rank, |says| says.status));
        let request = said.iter().find(|said| said.says.words == Words::Request);
        let limit = first(&said, rank, |says| says.limit);
        let by = request.and_then(|said| said.by.clone());
        let limit_set_by = match request {
            Some(request) if request.says.limit.is_some() => {
                LimitSetter::Caller(request.by.as_ref().map_or_else(|| "the caller".to_owned(), |by| by.actor().to_owned()))
            }
            Some(_) => LimitSetter::Default,
            None => LimitSetter::Unknown,
        };
        let longest = |list: fn(&JobStatement) -> usize| {
            said.iter().map(|said| &said.says).max_by_key(|says| (list(says), u8::MAX - rank(says)))
        };
        let tags = said.iter().flat_map(|said| said.says.tags.clone()).collect();
        let name = first(&said, rank, |says| says.name.as_deref().map(str::to_owned)).unwrap_or_else(|| arn.last().to_owned());
        let stated = first(&said, rank, |says| says.course().artifact.clone()).map(|uri| JobArtifact { uri, derived: false });
        let kind = first(&said, rank, |says| (says.kind == JobKind::Monitoring).then_some(says.kind))
            .or_else(|| first(&said, rank, |says| Some(says.kind)))?;
        let derived = first(&said, rank, |says| says.output_path.clone())
            .filter(|_| kind == JobKind::Training)
            .map(|path| JobArtifact { uri: path.join(&format!("{name}/output/model.tar.gz")), derived: true });
        Some(Self {
            kind,
            created: first(&said, rank, |says| says.created).or(created),
            started: first(&said, rank, |says| says.course().started),
            ended: first(&said, rank, |says| says.course().ended),
            status,
            secondary: ending
                .and_then(|says| says.course().secondary.clone())
                .or_else(|| first(&said, rank, |says| says.course().secondary.clone())),
            exit: first(&said, rank, |says| says.course().exit_message.clone().or_else(|| says.course().failure.clone())),
            limit,
            limit_set_by,
            role: first(&said, rank, |says| says.role.as_deref().map(str::to_owned)),
            image: first(&said, rank, |says| says.image.as_deref().map(str::to_owned)),
            arguments: longest(|says| says.arguments.len()).map(|says| says.arguments.clone()).unwrap_or_default(),
            inputs: longest(|says| says.inputs.len()).map(|says| says.inputs.clone()).unwrap_or_default(),
            outputs: longest(|says| says.outputs.len()).map(|says| says.outputs.clone()).unwrap_or_default(),
            artifact: stated.or(derived),
            checkpoint: first(&said, rank, |says| says.checkpoint.as_deref().cloned()),
            model: first(&said, rank, |says| says.model.as_deref().map(str::to_owned)),
            hyperparameters: longest(|says| says.hyperparameters.len())
                .map(|says| says.hyperparameters.clone())
                .unwrap_or_default(),
            environment: longest(|says| says.environment.len()).map(|says| says.environment.clone()).unwrap_or_default(),
            tags,
            phases: longest(|says| says.course().phases.len()).map(|says| says.course().phases.clone()).unwrap_or_default(),
            parent: first(&said, rank, |says| says.course().parent.clone()),
            metrics: longest(|says| says.course().metrics.len()).map(|says| says.course().metrics.clone()).unwrap_or_default(),
            by,
            is_described: said.iter().any(|said| said.says.words != Words::Row),
            name,
            arn,
            said,
        })
    }

    /// Returns the citations of what `relevant` picks, or of everything said of the job.
    pub fn cites(&self, relevant: impl Fn(&JobStatement) -> bool) -> Option<Citations> {
        cites(&self.said, relevant)
    }

    /// Returns whether the job is over.
    pub fn is_over(&self) -> bool {
        self.status.is_some_and(JobStatus::is_final)
    }

    /// Returns how long the job worked.
    pub fn duration(&self) -> Option<Seconds> {
        Some(self.ended?.since(self.started.or(self.created)?))
    }

    /// Returns whether the job is the SDK's repacking of a model archive: it trains nothing.
    pub fn is_repack(&self) -> bool {
        self.hyperparameters.contains_key("model_archive") && self.hyperparameters.contains_key("inference_script")
    }

    /// Returns whether a status says that the run-time limit was reached.
    pub fn states_limit_reached(&self) -> bool {
        let reached = |text: &str| matches!(text, "MaxRuntimeExceeded" | "MaxWaitTimeExceeded");
        self.secondary.as_deref().is_some_and(reached) || self.phases.iter().any(|phase| reached(&phase.status))
    }

    /// Returns the interval in which the job read an input: while it downloaded, or, for what is read while it works, until it
    /// ended.
    pub fn read_window(&self, mode: InputMode) -> Option<ReadWindow> {
        let phase = |name: &'static str| self.phases.iter().filter(move |phase| phase.status == name);
        let downloaded_from = phase("Downloading").filter_map(|phase| phase.from).min();
        let downloaded_to = phase("Downloading").filter_map(|phase| phase.to).max();
        let trained_to = phase("Training").filter_map(|phase| phase.to).max().or(self.ended);
        let from = downloaded_from.or(self.created)?;
        let to = match (self.kind, mode) {
            (JobKind::Training, InputMode::File) => downloaded_to.or(self.ended),
            (JobKind::Training, InputMode::Streamed) => trained_to,
            _ => self.ended,
        };
        Some(ReadWindow { from, to })
    }

    /// Returns the interval in which the job wrote its outputs.
    pub fn write_window(&self) -> Option<(Instant, Instant)> {
        Some((self.started.or(self.created)?, self.ended?.plus(120)))
    }
}
