//! Typed statements, each with one citation: the language between readers and the case.
//!
//! A fact says what one record says, no more: no judgement, no join with another record. Below the readers nobody sees JSON,
//! so a source of another cloud is a reader that gives these types.

pub mod alarm;
pub mod arn;
pub mod call;
pub mod clone;
pub mod commit;
pub mod component;
pub mod config;
pub mod density;
pub mod image;
pub mod job;
pub mod log;
pub mod metric;
pub mod model_error;
pub mod monitor;
pub mod object;
pub mod pattern;
pub mod pipeline;
pub mod principal;
pub mod refused_record;
pub mod registry;
pub mod run_log;
pub mod s3;
pub mod scaling;
pub mod secret;
pub mod serving;
pub mod symbol;
pub mod trace;
pub mod watch;

use std::sync::Arc;

use crate::evidence::citation::Citation;
use crate::time::Instant;

/// What one record says, where it says it, and whose act it records.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it says.
    pub statement: Statement,
    /// Where.
    pub source: Citation,
    /// Who acted, where the record tells.
    pub by: Option<Arc<principal::Principal>>,
    /// The record it was read from, where records have an identity.
    pub record: Option<Record>,
}

/// The identity of a record that may arrive in several copies.
#[derive(Clone, Debug)]
pub struct Record {
    /// What all copies of the record share.
    pub key: Arc<str>,
    /// Which of the facts read from the record this is.
    pub part: u8,
    /// The record that this one corrects.
    pub corrects: Option<Arc<str>>,
    /// How faithfully its carrier keeps records: lower is better.
    pub carrier: u8,
}

impl Fact {
    /// Returns the citation of this fact, with the words that matter quoted.
    pub fn cite(&self) -> Citation {
        let mut citation = self.source.clone();
        if citation.excerpt.is_none() {
            citation.excerpt = Some(self.statement.excerpt().into());
        }
        citation
    }
}

/// Whose words a statement repeats. Two statements are independent only if they come from different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Words {
    /// The caller's request, as `CloudTrail` recorded it.
    Request,
    /// The service's answer about the resource.
    Answer,
    /// The service's own event about the resource.
    Event,
    /// A row of a list: names, status and times only.
    Row,
}

/// Everything the readers can say.
#[derive(Clone, Debug)]
pub enum Statement {
    /// About a training, processing, transform or tuning job.
    Job(Box<job::JobStatement>),
    /// About a model.
    Model(Box<registry::ModelStatement>),
    /// About a model package or its approval.
    Package(Box<registry::PackageStatement>),
    /// About an endpoint configuration.
    EndpointConfig(Box<serving::ConfigStatement>),
    /// About an endpoint.
    Endpoint(Box<serving::EndpointStatement>),
    /// About an inference component.
    Component(Box<component::ComponentStatement>),
    /// About a pipeline.
    Pipeline(Box<pipeline::PipelineStatement>),
    /// About the definition that one execution ran.
    Definition(Box<pipeline::DefinitionStatement>),
    /// About a pipeline execution.
    Execution(Box<pipeline::ExecutionStatement>),
    /// About a step of an execution.
    Step(Box<pipeline::StepStatement>),
    /// About a feature group.
    FeatureGroup(Box<registry::FeatureGroupStatement>),
    /// About a lineage association or artifact.
    Association(Box<registry::AssociationStatement>),
    /// About an object in S3.
    Object(Box<object::ObjectStatement>),
    /// About the extent of a listing of S3 objects.
    Listing(Box<object::ListingStatement>),
    /// About a bucket's settings.
    Bucket(Box<object::BucketStatement>),
    /// A manifest's content.
    Manifest(Box<object::ManifestStatement>),
    /// About a container image.
    Image(Box<image::ImageStatement>),
    /// About a build that checked code out.
    Build(Box<job::BuildStatement>),
    /// What a CI run or a scheduler's task printed.
    RunLog(Box<run_log::RunLog>),
    /// What callers of an endpoint were told.
    ModelError(Box<model_error::ModelError>),
    /// What callers of Feature Store were told.
    RefusedRecord(Box<refused_record::RefusedRecord>),
    /// A line, or the extent, of a log stream.
    Log(Box<log::LogStatement>),
    /// An API call that changes something.
    Call(Box<call::CallStatement>),
    /// The extent of a list: that what is not in it did not exist.
    Listed(Box<call::ListedStatement>),
    /// Tags of a resource.
    Tags(Box<call::TagsStatement>),
    /// About a trail: settings, or a digest of its files.
    Trail(Box<call::TrailStatement>),
    /// About an alarm, rule or catch that could tell somebody.
    Watch(Box<watch::WatchStatement>),
    /// About something that happened to an alarm.
    Alarm(Box<alarm::AlarmStatement>),
    /// About the scaling of a resource.
    Scaling(Box<scaling::ScalingStatement>),
    /// Metric data.
    Metric(Box<metric::MetricStatement>),
    /// About a request's way through services and stages.
    Trace(Box<trace::TraceStatement>),
    /// Evaluation results that a job wrote.
    Evaluation(Box<metric::EvaluationStatement>),
    /// About a monitoring schedule or one of its executions.
    Monitor(Box<monitor::MonitorStatement>),
    /// A file that Model Monitor wrote.
    MonitorFile(Box<monitor::MonitorFile>),
    /// What a template, definition, request or script says to AWS.
    Config(Box<config::ConfigStatement>),
}

impl Statement {
    /// Quotes what the statement says, for people.
    pub fn excerpt(&self) -> String {
        match self {
            Self::Job(job) => job.excerpt(),
            Self::Model(model) => model.excerpt(),
            Self::Package(package) => package.excerpt(),
            Self::EndpointConfig(config) => config.excerpt(),
            Self::Endpoint(endpoint) => endpoint.excerpt(),
            Self::Component(component) => component.excerpt(),
            Self::Pipeline(pipeline) => pipeline.excerpt(),
            Self::Definition(definition) => definition.excerpt(),
            Self::Execution(execution) => execution.excerpt(),
            Self::Step(step) => step.excerpt(),
            Self::FeatureGroup(group) => group.excerpt(),
            Self::Association(association) => association.excerpt(),
            Self::Object(object) => object.excerpt(),
            Self::Listing(listing) => listing.excerpt(),
            Self::Bucket(bucket) => bucket.excerpt(),
            Self::Manifest(manifest) => manifest.excerpt(),
            Self::Image(image) => image.excerpt(),
            Self::Build(build) => build.excerpt(),
            Self::RunLog(log) => log.excerpt(),
            Self::ModelError(error) => error.excerpt(),
            Self::RefusedRecord(refused) => refused.excerpt(),
            Self::Log(log) => log.excerpt(),
            Self::Call(call) => call.excerpt(),
            Self::Listed(listed) => listed.excerpt(),
            Self::Tags(tags) => tags.excerpt(),
            Self::Trail(trail) => trail.excerpt(),
            Self::Watch(watch) => watch.excerpt(),
            Self::Alarm(alarm) => alarm.excerpt(),
            Self::Scaling(scaling) => scaling.excerpt(),
            Self::Metric(metric) => metric.excerpt(),
            Self::Trace(trace) => trace.excerpt(),
            Self::Evaluation(evaluation) => evaluation.excerpt(),
            Self::Monitor(monitor) => monitor.excerpt(),
            Self::MonitorFile(file) => file.excerpt(),
            Self::Config(config) => config.excerpt(),
        }
    }
}

/// Collects `name: value` pairs into one line, leaving out what is unknown.
#[derive(Debug, Default)]
pub struct Excerpt(String);

/// The longest excerpt, in characters; a quote is to be found again, not to be read instead of the evidence.
const LONGEST: usize = 400;

impl Excerpt {
    /// Begins with what kind of thing is quoted.
    pub fn of(what: &str) -> Self {
        Self(what.to_owned())
    }

    /// Adds a value where there is one.
    #[must_use]
    pub fn and(mut self, name: &str, value: Option<impl std::fmt::Display>) -> Self {
        use std::fmt::Write as _;
        if let Some(value) = value {
            if !self.0.is_empty() {
                self.0.push_str(if self.0.ends_with(':') { " " } else { ", " });
            }
            let _ = write!(self.0, "{name}={value}");
        }
        self
    }

    /// Returns the line, cut at a bounded length.
    pub fn text(self) -> String {
        match self.0.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &self.0[..end]),
            None => self.0,
        }
    }
}

/// Names an instant in an excerpt.
pub(crate) fn at(instant: Option<Instant>) -> Option<String> {
    instant.map(|instant| instant.to_string())
}
