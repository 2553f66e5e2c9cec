//! API calls that change something, lists that are complete, tags, and trails.

use litemap::LiteMap;

use super::Excerpt;
use super::arn::Arn;
use super::symbol::Symbol;
use crate::time::Instant;

/// A call that changes something, or tried to.
#[derive(Clone, Debug)]
pub struct CallStatement {
    /// Service, such as `sagemaker`.
    pub service: Symbol,
    /// Operation, such as `UpdateEndpoint`.
    pub operation: Symbol,
    /// ARN of the resource, where the record or its response names one.
    pub arn: Option<Arn>,
    /// Name of the resource, as the request gives it.
    pub name: Option<String>,
    /// Error code, if the call failed.
    pub error: Option<String>,
    /// What the service said of the failure.
    pub reason: Option<String>,
    /// Account.
    pub account: Symbol,
    /// Region.
    pub region: Symbol,
    /// When the call was completed.
    pub at: Instant,
}

/// A list that names everything of one kind, so that what is missing from it did not exist.
#[derive(Clone, Debug)]
pub struct ListedStatement {
    /// What is listed.
    pub what: Listed,
    /// Account, if known.
    pub account: Option<String>,
    /// Region, if known.
    pub region: Option<String>,
    /// Whether it is the whole list: no live token, no filter in its command.
    pub complete: bool,
    /// The limits of creation time its command asked for.
    pub from: Option<Instant>,
    /// The limits of creation time its command asked for.
    pub to: Option<Instant>,
    /// When it was made.
    pub captured: Option<Instant>,
    /// Number of rows.
    pub rows: u64,
    /// What the list is restricted to: an execution, a group, a repository.
    pub of: Option<String>,
}

/// Kinds of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listed {
    /// Training jobs.
    TrainingJobs,
    /// Processing jobs.
    ProcessingJobs,
    /// Transform jobs.
    TransformJobs,
    /// Steps of one pipeline execution.
    Steps,
    /// Packages of one group.
    Packages,
    /// Models.
    Models,
    /// Endpoints.
    Endpoints,
    /// Inference components.
    InferenceComponents,
    /// `EventBridge` rules.
    Rules,
    /// Targets of one rule.
    Targets,
    /// Alarms.
    Alarms,
    /// What happened to alarms.
    AlarmHistory,
    /// What Application Auto Scaling may scale.
    ScalableTargets,
    /// Policies of Application Auto Scaling.
    ScalingPolicies,
    /// Images of one repository.
    Images,
    /// Monitoring schedules.
    MonitoringSchedules,
    /// Executions of monitoring schedules.
    MonitoringExecutions,
    /// What Application Auto Scaling did.
    ScalingActivities,
    /// Log groups.
    LogGroups,
    /// Traces of `X-Ray` that began in an interval.
    Traces,
}

/// Tags of a resource.
#[derive(Clone, Debug)]
pub struct TagsStatement {
    /// The resource.
    pub arn: Arn,
    /// Its tags.
    pub tags: LiteMap<String, String>,
    /// Whether these are all of its tags, and not tags that a call added.
    pub all: bool,
}

/// Settings of a trail, or a digest of the files it delivered.
#[derive(Clone, Debug)]
pub struct TrailStatement {
    /// Account whose trail it is.
    pub account: String,
    /// Region.
    pub region: String,
    /// Trail.
    pub name: String,
    /// What it says.
    pub what: TrailWhat,
}

/// What is known of a trail.
#[derive(Clone, Debug)]
pub enum TrailWhat {
    /// Where it delivers.
    Delivers {
        /// Bucket.
        bucket: String,
        /// Key prefix, if any.
        prefix: Option<String>,
    },
    /// A digest: the files delivered in an interval.
    Digest {
        /// Beginning of the interval.
        from: Instant,
        /// End of the interval.
        to: Instant,
        /// Bucket the files lie in.
        bucket: String,
        /// The files.
        files: Vec<Delivered>,
        /// The digest before, of which only key and hash are stated.
        previous: Option<Delivered>,
    },
    /// Recording was stopped or the trail deleted.
    Stopped {
        /// When.
        at: Instant,
    },
}

/// A file that a digest lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Its key.
    pub key: String,
    /// The time of its oldest record.
    pub oldest: Option<Instant>,
    /// The time of its newest record.
    pub newest: Option<Instant>,
    /// SHA-256 of its content, not compressed, lower-case hex.
    pub sha256: Option<String>,
}

impl Delivered {
    /// Returns the name of the file, by which a local copy is known: it holds account, region, time and a unique part.
    pub fn file_name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or(&self.key)
    }
}

impl CallStatement {
    /// Returns what the call acted on, for people.
    pub fn subject(&self) -> Option<&str> {
        self.arn.as_ref().map(Arn::as_str).or(self.name.as_deref())
    }

    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("call:").and("eventName", Some(&self.operation)).and("on", self.subject());
        excerpt.and("errorCode", self.error.as_ref()).text()
    }
}

impl ListedStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("list:").and("of", Some(format!("{:?}", self.what))).and("rows", Some(self.rows));
        excerpt.and("complete", Some(self.complete)).text()
    }
}

impl TagsStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        self.tags.iter().fold(Excerpt::of("tags:"), |excerpt, (key, value)| excerpt.and(key, Some(value))).text()
    }
}

impl TrailStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("trail:").and("name", Some(&self.name));
        match &self.what {
            TrailWhat::Delivers { bucket, .. } => excerpt.and("bucket", Some(bucket)),
            TrailWhat::Digest { from, to, files, .. } => {
                excerpt.and("digestStartTime", Some(from)).and("digestEndTime", Some(to)).and("logFiles", Some(files.len()))
            }
            TrailWhat::Stopped { at } => excerpt.and("stopped", Some(at)),
        }
        .text()
    }
}
