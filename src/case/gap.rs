//! What is missing, and the command that exports it.
//!
//! Claims name what they lack by a [`GapKey`]; the case's [`GapBook`] turns keys into gaps: what it is, whether it can still be
//! had, the AWS CLI command, how many claims it would lift, and until when. Every command here is a read-only one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::arn::Arn;
use crate::fact::job::JobKind;
use crate::time::{Instant, Seconds};

/// Evidence that a claim or check lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKey {
    /// The description of a job.
    Job(JobKind, Arn),
    /// All jobs of a kind.
    Jobs(JobKind, Place, Option<Instant>, Option<Instant>),
    /// The description of a model.
    Model(Arn),
    /// The description of a model package.
    Package(Arn),
    /// The description of an endpoint.
    Endpoint(Arn),
    /// The description of an endpoint configuration.
    EndpointConfig(Arn),
    /// All versions of the objects under a prefix.
    ObjectVersions {
        /// Bucket.
        bucket: String,
        /// Prefix.
        prefix: String,
    },
    /// A bucket's lifecycle rules.
    Lifecycle(String),
    /// Earlier content of objects that were overwritten in place.
    Overwritten {
        /// Bucket.
        bucket: String,
        /// Prefix.
        prefix: String,
    },
    /// A manifest's content.
    Manifest {
        /// Bucket.
        bucket: String,
        /// Key.
        key: String,
    },
    /// The images of a repository.
    Images {
        /// Account and region of the registry.
        place: Place,
        /// Repository.
        repository: String,
    },
    /// What a trail recorded.
    Trail(Place, Option<Instant>, Option<Instant>),
    /// The steps of a pipeline execution.
    Steps(Arn),
    /// The definition that a pipeline execution ran.
    Definition(Arn),
    /// The tags of a resource.
    Tags(Arn),
    /// The log of a job.
    JobLog(JobKind, Arn, Option<Instant>),
    /// The log of an endpoint.
    EndpointLog(Arn),
    /// Event rules.
    Rules(Place),
    /// The targets of a rule.
    Targets(Place, String),
    /// Alarms.
    Alarms(Place),
    /// Requests to an endpoint.
    Requests {
        /// Endpoint.
        endpoint: Arn,
        /// Variant.
        variant: String,
        /// From.
        from: Instant,
        /// To.
        to: Instant,
    },
    /// A commit, which nobody recorded.
    CommitNeverRecorded(Arn),
}

/// An account and region; empty where unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
}

impl Place {
    /// Returns the account and region of a resource.
    pub fn of(arn: &Arn) -> Self {
        Self { account: arn.account().to_owned(), region: arn.region().to_owned() }
    }
}

/// Why something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// It exists and was not exported.
    NotExported,
    /// It was never recorded.
    NeverLogged,
    /// It was recorded and is gone.
    Expired,
    /// It does not exist.
    Absent,
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// `G1`, `G2`, … in the order they are worth exporting.
    pub id: String,
    /// What claims call it by.
    pub key: GapKey,
    /// Why it is missing.
    pub kind: GapKind,
    /// What it is.
    pub what: String,
    /// From when on it is needed.
    pub from: Option<Instant>,
    /// Until when.
    pub to: Option<Instant>,
    /// The command that exports it, word by word.
    pub command: Option<Vec<String>>,
    /// How many claims it would lift.
    pub lifts: u64,
    /// When it can no longer be had.
    pub expires_at: Option<Instant>,
}

/// Days that CloudTrail's event history keeps events.
const EVENT_HISTORY_DAYS: i64 = 90;

/// Days that CloudWatch keeps points of a period: (period at most, days).
const METRIC_DAYS: [(Seconds, i64); 3] = [(60, 15), (300, 63), (3_600, 455)];

/// The gaps of a case.
#[derive(Debug, Default)]
pub struct GapBook {
    lifts: BTreeMap<GapKey, u64>,
}

/// What the book has to know of the case to word a gap.
pub struct GapContext<'a> {
    /// The time of the case.
    pub as_of: Option<Instant>,
    /// Where trails deliver: bucket and prefix, by account.
    pub trail_buckets: &'a BTreeMap<String, (String, Option<String>)>,
    /// Days that log groups keep their events.
    pub log_retention: &'a dyn Fn(&str) -> Option<i64>,
    /// Days after which a bucket's old versions are removed.
    pub version_retention: &'a dyn Fn(&str, &str) -> Option<i64>,
}

impl GapBook {
    /// Notes that a claim would be lifted by what `key` names.
    pub fn lifts(&mut self, key: &GapKey) {
        *self.lifts.entry(key.clone()).or_default() += 1;
    }

    /// Notes that a check lacks what `key` names.
    pub fn need(&mut self, key: &GapKey) {
        self.lifts.entry(key.clone()).or_default();
    }

    /// Returns the gaps, those that lift most first, and numbers them.
    pub fn close(self, context: &GapContext<'_>) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = self.lifts.into_iter().map(|(key, lifts)| gap(key, lifts, context)).collect();
        gaps.sort_by(|left, right| right.lifts.cmp(&left.lifts).then_with(|| left.key.cmp(&right.key)));
        for (number, gap) in gaps.iter_mut().enumerate() {
            gap.id = format!("G{}", number + 1);
        }
        gaps
    }
}

/// Puts a command together.
fn aws(words: &[&str], region: &str) -> Vec<String> {
    let region: &[&str] = if region.is_empty() { &[] } else { &["--region", region] };
    ["aws"].iter().chain(words).chain(region).chain(&["--output", "json"]).map(|word| (*word).to_owned()).collect()
}

fn gap(key: GapKey, lifts: u64, context: &GapContext<'_>) -> Gap {
    let described = describe(&key, context);
    let expired = described.expires_at.zip(context.as_of).is_some_and(|(expires, as_of)| expires <= as_of);
    let kind = if expired && described.kind == GapKind::NotExported { GapKind::Expired } else { described.kind };
    let command = described.command.filter(|_| kind == GapKind::NotExported);
    Gap { id: String::new(), kind, what: described.what, from: described.from, to: described.to, command, lifts, expires_at: described.expires_at, key }
}

/// A gap without its number.
struct Described {
    kind: GapKind,
    what: String,
    from: Option<Instant>,
    to: Option<Instant>,
    command: Option<Vec<String>>,
    expires_at: Option<Instant>,
}

impl Described {
    fn new(what: String, command: Vec<String>) -> Self {
        Self { kind: GapKind::NotExported, what, from: None, to: None, command: Some(command), expires_at: None }
    }
}

fn describe(key: &GapKey, context: &GapContext<'_>) -> Described {
    let days = |at: Option<Instant>, days: i64| at.map(|at| at.plus(days * 86_400));
    match key {
        GapKey::Job(kind, arn) => {
            let operation = format!("describe-{}", kind.command_kind());
            let option = format!("--{}-name", kind.command_kind());
            Described::new(format!("the description of {} {}", kind.arn_kind(), arn.last()), aws(&["sagemaker", &operation, &option, arn.last()], arn.region()))
        }
        GapKey::Jobs(kind, place, from, to) => {
            let operation = format!("list-{}s", kind.command_kind());
            let mut words = vec!["sagemaker".to_owned(), operation];
            for (option, at) in [("--creation-time-after", from), ("--creation-time-before", to)] {
                words.extend(at.map(|at| [option.to_owned(), at.to_seconds_text()]).into_iter().flatten());
            }
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            Described { from: *from, to: *to, ..Described::new(format!("the list of {}s{}", kind.arn_kind(), in_place(place)), aws(&words, &place.region)) }
        }
        GapKey::Model(arn) => Described::new(format!("the description of model {}", arn.last()), aws(&["sagemaker", "describe-model", "--model-name", arn.last()], arn.region())),
        GapKey::Package(arn) => Described::new(
            format!("the description of model package {}", arn.name()),
            aws(&["sagemaker", "describe-model-package", "--model-package-name", arn.as_str()], arn.region()),
        ),
        GapKey::Endpoint(arn) => {
            Described::new(format!("the description of endpoint {}", arn.last()), aws(&["sagemaker", "describe-endpoint", "--endpoint-name", arn.last()], arn.region()))
        }
        GapKey::EndpointConfig(arn) => Described::new(
            format!("the description of endpoint config {}", arn.last()),
            aws(&["sagemaker", "describe-endpoint-config", "--endpoint-config-name", arn.last()], arn.region()),
        ),
        GapKey::ObjectVersions { bucket, prefix } => {
            let mut words = vec!["s3api", "list-object-versions", "--bucket", bucket];
            if !prefix.is_empty() {
                words.extend(["--prefix", prefix]);
            }
            let kept = (context.version_retention)(bucket, prefix);
            Described {
                expires_at: kept.and_then(|kept| days(context.as_of, kept)),
                ..Described::new(format!("all versions of the objects under s3://{bucket}/{prefix}"), aws(&words, ""))
            }
        }
        GapKey::Lifecycle(bucket) => {
            Described::new(format!("the lifecycle rules of bucket {bucket}"), aws(&["s3api", "get-bucket-lifecycle-configuration", "--bucket", bucket], ""))
        }
        GapKey::Overwritten { bucket, prefix } => Described {
            kind: GapKind::NeverLogged,
            command: None,
            ..Described::new(format!("earlier content of objects under s3://{bucket}/{prefix}, which was overwritten in place: the bucket kept no versions"), Vec::new())
        },
        GapKey::Manifest { bucket, key } => {
            Described::new(format!("the manifest s3://{bucket}/{key}"), aws(&["s3api", "get-object", "--bucket", bucket, "--key", key, "manifest.json"], ""))
        }
        GapKey::Images { place, repository } => {
            let mut words = vec!["ecr", "describe-images", "--repository-name", repository];
            if !place.account.is_empty() {
                words.extend(["--registry-id", &place.account]);
            }
            Described::new(format!("the images of repository {repository}"), aws(&words, &place.region))
        }
        GapKey::Trail(place, from, to) => trail(place, *from, *to, context),
        GapKey::Steps(arn) => Described::new(
            format!("the steps of pipeline execution {}", arn.name()),
            aws(&["sagemaker", "list-pipeline-execution-steps", "--pipeline-execution-arn", arn.as_str()], arn.region()),
        ),
        GapKey::Definition(arn) => Described::new(
            format!("the definition that pipeline execution {} ran", arn.name()),
            aws(&["sagemaker", "describe-pipeline-definition-for-execution", "--pipeline-execution-arn", arn.as_str()], arn.region()),
        ),
        GapKey::Tags(arn) => {
            Described::new(format!("the tags of {}", arn.resource()), aws(&["sagemaker", "list-tags", "--resource-arn", arn.as_str()], arn.region()))
        }
        GapKey::JobLog(kind, arn, at) => {
            let group = log_group(*kind);
            let stream = format!("{}/", arn.last());
            let command = aws(&["logs", "filter-log-events", "--log-group-name", group, "--log-stream-name-prefix", &stream], arn.region());
            let kept = (context.log_retention)(group);
            Described { from: *at, expires_at: kept.and_then(|kept| days(*at, kept)), ..Described::new(format!("the log of {}", arn.last()), command) }
        }
        GapKey::EndpointLog(arn) => {
            let group = format!("/aws/sagemaker/Endpoints/{}", arn.last());
            Described::new(format!("the log of endpoint {}", arn.last()), aws(&["logs", "filter-log-events", "--log-group-name", &group], arn.region()))
        }
        GapKey::Rules(place) => Described::new(format!("the event rules{}", in_place(place)), aws(&["events", "list-rules"], &place.region)),
        GapKey::Targets(place, rule) => {
            Described::new(format!("the targets of rule {rule}"), aws(&["events", "list-targets-by-rule", "--rule", rule], &place.region))
        }
        GapKey::Alarms(place) => Described::new(format!("the alarms{}", in_place(place)), aws(&["cloudwatch", "describe-alarms"], &place.region)),
        GapKey::Requests { endpoint, variant, from, to } => requests(endpoint, variant, *from, *to),
        GapKey::CommitNeverRecorded(arn) => Described {
            kind: GapKind::NeverLogged,
            command: None,
            ..Described::new(format!("a commit for {}: nothing that was recorded names one", arn.last()), Vec::new())
        },
    }
}

fn in_place(place: &Place) -> String {
    match (place.account.as_str(), place.region.as_str()) {
        ("", "") => String::new(),
        (account, "") => format!(" in account {account}"),
        ("", region) => format!(" in {region}"),
        (account, region) => format!(" in account {account}, {region}"),
    }
}

/// Returns the log group that jobs of a kind print to.
pub fn log_group(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Training | JobKind::Tuning => "/aws/sagemaker/TrainingJobs",
        JobKind::Processing | JobKind::Monitoring => "/aws/sagemaker/ProcessingJobs",
        JobKind::Transform => "/aws/sagemaker/TransformJobs",
    }
}

/// A trail's files in S3 hold everything it recorded; the event history holds management events of 90 days.
fn trail(place: &Place, from: Option<Instant>, to: Option<Instant>, context: &GapContext<'_>) -> Described {
    let what = format!("what CloudTrail recorded{}", in_place(place));
    if let Some((bucket, prefix)) = context.trail_buckets.get(&place.account) {
        let day = from.map(|from| from.to_seconds_text()[..10].replace('-', "/")).filter(|_| from.zip(to).is_some_and(|(from, to)| to.since(from) < 86_400));
        let prefix = prefix.as_ref().map(|prefix| format!("{}/", prefix.trim_end_matches('/'))).unwrap_or_default();
        let folder = format!("{prefix}AWSLogs/{}/CloudTrail/{}/{}", place.account, place.region, day.map(|day| format!("{day}/")).unwrap_or_default());
        let local = format!("./cloudtrail/{folder}");
        let command = ["aws", "s3", "sync", &format!("s3://{bucket}/{folder}"), &local].map(str::to_owned).to_vec();
        return Described { from, to, ..Described::new(what, command) };
    }
    let mut words = vec!["cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventSource,AttributeValue=sagemaker.amazonaws.com"];
    let (start, end) = (from.map(Instant::to_seconds_text), to.map(Instant::to_seconds_text));
    for (option, text) in [("--start-time", &start), ("--end-time", &end)] {
        if let Some(text) = text {
            words.extend([option, text]);
        }
    }
    let expires_at = from.map(|from| from.plus(EVENT_HISTORY_DAYS * 86_400));
    Described { from, to, expires_at, ..Described::new(what, aws(&words, &place.region)) }
}

fn requests(endpoint: &Arn, variant: &str, from: Instant, to: Instant) -> Described {
    // One answer holds at most 1,440 points.
    let least = to.since(from) / 1_440;
    let period = [60, 300, 3_600, 86_400].into_iter().find(|period| *period >= least).unwrap_or(86_400);
    let (name, variant_dimension) = (format!("Name=EndpointName,Value={}", endpoint.last()), format!("Name=VariantName,Value={variant}"));
    let (start, end, period_text) = (from.to_seconds_text(), to.to_seconds_text(), period.to_string());
    let words = [
        "cloudwatch", "get-metric-statistics", "--namespace", "AWS/SageMaker", "--metric-name", "Invocations", "--dimensions", &name,
        &variant_dimension, "--start-time", &start, "--end-time", &end, "--period", &period_text, "--statistics", "Sum",
    ];
    let kept = METRIC_DAYS.iter().find(|(longest, _)| period <= *longest).map_or(455, |(_, days)| *days);
    Described {
        from: Some(from),
        to: Some(to),
        expires_at: Some(from.plus(kept * 86_400)),
        ..Described::new(format!("the number of requests to {} ({variant})", endpoint.last()), aws(&words, endpoint.region()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(keys: &[GapKey], as_of: Option<Instant>) -> Vec<Gap> {
        let mut book = GapBook::default();
        keys.iter().for_each(|key| book.lifts(key));
        let buckets = BTreeMap::new();
        book.close(&GapContext { as_of, trail_buckets: &buckets, log_retention: &|_| Some(30), version_retention: &|_, _| None })
    }

    #[test]
    fn what_lifts_most_comes_first() {
        let lists = GapKey::ObjectVersions { bucket: "b".to_owned(), prefix: "p/".to_owned() };
        let other = GapKey::Lifecycle("b".to_owned());
        let gaps = close(&[other.clone(), lists.clone(), lists.clone()], None);
        assert_eq!((gaps[0].id.as_str(), &gaps[0].key, gaps[0].lifts), ("G1", &lists, 2));
        assert_eq!(gaps[0].command.as_ref().unwrap().join(" "), "aws s3api list-object-versions --bucket b --prefix p/ --output json");
    }

    #[test]
    fn what_is_gone_has_no_command() {
        let place = Place { account: "1".to_owned(), region: "r-x-1".to_owned() };
        let from = Instant::from_seconds(0);
        let gaps = close(&[GapKey::Trail(place, Some(from), Some(from.plus(60)))], Some(from.plus(100 * 86_400)));
        assert_eq!((gaps[0].kind, &gaps[0].command, gaps[0].expires_at), (GapKind::Expired, &None, Some(from.plus(90 * 86_400))));
    }
}
