//! Training, processing, transform and tuning jobs; and builds.

use litemap::LiteMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::arn::Arn;
use super::s3::S3Uri;
use super::symbol::Symbol;
use super::{Excerpt, Words, at};
use crate::time::{Instant, Seconds};

/// Kinds of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// Trains a model.
    Training,
    /// Processes data.
    Processing,
    /// Runs a model over data.
    Transform,
    /// Searches hyperparameters by training jobs.
    Tuning,
    /// A processing job that a monitoring schedule made.
    Monitoring,
}

impl JobKind {
    /// Returns the kind in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Processing => "processing",
            Self::Transform => "transform",
            Self::Tuning => "tuning",
            Self::Monitoring => "monitoring",
        }
    }

    /// Returns the kind as ARNs write it.
    pub const fn arn_kind(self) -> &'static str {
        match self {
            Self::Training => "training-job",
            Self::Processing | Self::Monitoring => "processing-job",
            Self::Transform => "transform-job",
            Self::Tuning => "hyper-parameter-tuning-job",
        }
    }

    /// Returns the kind as commands write it.
    pub const fn command_kind(self) -> &'static str {
        match self {
            Self::Tuning => "hyper-parameter-tuning-job",
            other => other.arn_kind(),
        }
    }

    /// Returns the kind that an ARN names.
    pub fn of_arn(arn: &Arn) -> Option<Self> {
        [Self::Training, Self::Processing, Self::Transform, Self::Tuning].into_iter().find(|kind| kind.arn_kind() == arn.kind())
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobStatus {
    /// Not at its end.
    InProgress,
    /// Ended well.
    Completed,
    /// Ended in failure.
    Failed,
    /// Being stopped.
    Stopping,
    /// Stopped: by a call, or at its limit.
    Stopped,
    /// Being deleted.
    Deleting,
}

impl JobStatus {
    /// Reads a status in any of the spellings of APIs and events.
    pub fn parse(text: &str) -> Option<Self> {
        match text.replace('_', "").to_ascii_lowercase().as_str() {
            "inprogress" | "pending" | "executing" | "starting" => Some(Self::InProgress),
            "completed" | "succeeded" => Some(Self::Completed),
            "failed" | "deletefailed" => Some(Self::Failed),
            "stopping" => Some(Self::Stopping),
            "stopped" => Some(Self::Stopped),
            "deleting" => Some(Self::Deleting),
            _ => None,
        }
    }

    /// Returns the status as `SageMaker`'s API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Deleting => "Deleting",
        }
    }

    /// Returns whether the job is over.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stopped)
    }
}

/// When the container sees the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputMode {
    /// Copied before the container runs.
    #[default]
    File,
    /// Read while the container runs.
    Streamed,
}

/// What an input's URI means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataType {
    /// Every object whose key begins with it.
    #[default]
    Prefix,
    /// A manifest that names objects.
    Manifest,
    /// JSON lines that refer to objects.
    AugmentedManifest,
}

/// What an input is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputRole {
    /// Data.
    #[default]
    Data,
    /// The job's own code.
    Code,
    /// A model to start from.
    Model,
}

/// An input of a job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobInput {
    /// Channel or input name.
    pub name: Symbol,
    /// Where it lies in S3.
    pub uri: Option<S3Uri>,
    /// What the URI means.
    pub data_type: DataType,
    /// When it is read.
    pub mode: InputMode,
    /// What it is for.
    pub role: InputRole,
    /// What it is if it does not lie in S3: a file system, a query, a data set.
    pub other: Option<String>,
}

/// An output of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobOutput {
    /// Output name.
    pub name: Symbol,
    /// Where it is written.
    pub uri: Option<S3Uri>,
    /// Whether it is written while the job runs, so that a stopped job leaves a part of it.
    pub continuous: bool,
    /// Feature group it is written to.
    pub feature_group: Option<String>,
}

/// A phase a training job went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Secondary status, such as `Downloading`.
    pub status: String,
    /// Beginning.
    pub from: Option<Instant>,
    /// End.
    pub to: Option<Instant>,
}

/// What one record says about a job.
#[derive(Clone, Debug)]
pub struct JobStatement {
    /// Kind of job.
    pub kind: JobKind,
    /// ARN.
    pub arn: Arn,
    /// Name with its case.
    pub name: Option<Symbol>,
    /// Whose words these are.
    pub words: Words,
    /// When the job was created; of a request, when the call was completed.
    pub created: Option<Instant>,
    /// When the record was made: the event's time, or when the answer was captured.
    pub seen: Option<Instant>,
    /// Where it stands.
    pub status: Option<JobStatus>,
    /// The run-time limit.
    pub limit: Option<Seconds>,
    /// Whether the statement is one that would carry a limit if the caller had set one.
    pub states_limit: bool,
    /// Execution role.
    pub role: Option<Symbol>,
    /// Image, or algorithm, as the caller named it.
    pub image: Option<Symbol>,
    /// Container arguments.
    pub arguments: Vec<String>,
    /// Inputs.
    pub inputs: Vec<JobInput>,
    /// Outputs.
    pub outputs: Vec<JobOutput>,
    /// Where outputs go, before the job's name is added.
    pub output_path: Option<S3Uri>,
    /// Where checkpoints are kept: an input if something lies there.
    pub checkpoint: Option<Box<S3Uri>>,
    /// Model that a transform job runs.
    pub model: Option<Symbol>,
    /// Hyperparameters, values as written.
    pub hyperparameters: LiteMap<String, String>,
    /// Environment.
    pub environment: LiteMap<String, String>,
    /// Tags.
    pub tags: LiteMap<String, String>,
    /// The course it took; `None` where nothing is said of that, as in requests.
    course: Option<Box<JobCourse>>,
}

/// What only the service knows of a job: who made it, how it went and how it ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobCourse {
    /// When its work began.
    pub started: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// The finer status, such as `MaxRuntimeExceeded`.
    pub secondary: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// What the container said at its end.
    pub exit_message: Option<String>,
    /// Model artifact.
    pub artifact: Option<S3Uri>,
    /// Phases, in order.
    pub phases: Vec<Phase>,
    /// What made the job: a tuning job, a monitoring schedule.
    pub parent: Option<Arn>,
    /// Metrics at the end of training.
    pub metrics: Vec<(String, f64)>,
}

impl JobCourse {
    const NONE: Self = Self {
        started: None,
        ended: None,
        secondary: None,
        failure: None,
        exit_message: None,
        artifact: None,
        phases: Vec::new(),
        parent: None,
        metrics: Vec::new(),
    };
}

impl JobStatement {
    /// Returns a statement about the given job that says nothing yet.
    pub fn about(kind: JobKind, arn: Arn, words: Words) -> Self {
        Self {
            kind,
            arn,
            words,
            name: None,
            created: None,
            seen: None,
            status: None,
            limit: None,
            states_limit: false,
            role: None,
            image: None,
            arguments: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            output_path: None,
            checkpoint: None,
            model: None,
            hyperparameters: LiteMap::new_vec(),
            environment: LiteMap::new_vec(),
            tags: LiteMap::new_vec(),
            course: None,
        }
    }

    /// Returns the course it took, as far as it is told.
    pub fn course(&self) -> &JobCourse {
        const NONE: &JobCourse = &JobCourse::NONE;
        self.course.as_deref().unwrap_or(NONE)
    }

    /// Returns the course it took for what must be taken back, if it is told.
    pub fn course_mut(&mut self) -> Option<&mut JobCourse> {
        self.course.as_deref_mut()
    }

    /// States the course it took.
    #[must_use]
    pub fn with_course(mut self, course: JobCourse) -> Self {
        self.course = (course != JobCourse::NONE).then(|| Box::new(course));
        self
    }

    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let what = match self.words {
            Words::Request => "job requested:",
            Words::Answer => "job described:",
            Words::Event => "job event:",
            Words::Row => "job listed:",
        };
        let course = self.course();
        let secondary =
            course.secondary.as_ref().filter(|secondary| self.status.map(JobStatus::name) != Some(secondary.as_str()));
        let excerpt = Excerpt::of(what)
            .and("name", self.name.as_deref().or(Some(self.arn.last())))
            .and("status", self.status.map(JobStatus::name))
            .and("secondaryStatus", secondary)
            .and("created", at(self.created))
            .and("started", at(course.started))
            .and("ended", at(course.ended))
            .and("maxRuntimeInSeconds", self.limit)
            .and("image", self.image.as_ref())
            .and("artifact", course.artifact.as_ref());
        self.inputs.iter().fold(excerpt, |excerpt, input| excerpt.and(&input.name, input.uri.as_ref())).text()
    }
}

/// What a record says about a build that checked code out.
#[derive(Clone, Debug)]
pub struct BuildStatement {
    /// Build or execution id.
    pub id: String,
    /// Project or pipeline.
    pub project: Option<String>,
    /// The commit it checked out.
    pub commit: Option<String>,
    /// Where the code came from.
    pub repository: Option<String>,
    /// When it began.
    pub started: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// Role it ran as.
    pub role: Option<String>,
    /// SHA-256 of what it built, where recorded.
    pub artifact_sha256: Option<String>,
    /// The line of its specification that deploys without anybody's approval.
    pub ungated: Option<String>,
}

impl BuildStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("build:").and("id", Some(&self.id)).and("resolvedSourceVersion", self.commit.as_ref());
        let excerpt = excerpt.and("buildspec", self.ungated.as_ref());
        excerpt.and("started", at(self.started)).and("ended", at(self.ended)).text()
    }
}
