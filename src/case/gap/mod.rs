//! What is missing, and the command that exports it.
//!
//! Claims name what they lack by a [`GapKey`]; a [`GapBook`] turns keys into gaps: what it is, whether it can still be had, the
//! AWS CLI command, how many claims it would lift, and until when.

mod collect;
mod command;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::serving::{Role, Span, component_of};
use crate::fact::alarm::Measure;
use crate::fact::arn::{Arn, Home};
use crate::fact::job::JobKind;
use crate::time::Instant;

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
    /// The inference components of an endpoint.
    Components(Arn),
    /// The description of an inference component.
    Component(Arn),
    /// All versions of the objects under a prefix.
    ObjectVersions {
        /// Bucket.
        bucket: String,
        /// Prefix.
        prefix: String,
    },
    /// A bucket's lifecycle rules.
    Lifecycle(String),
    /// Whether a bucket keeps versions.
    Versioning(String),
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
    /// What a run of Model Monitor reported.
    MonitorReport {
        /// Bucket.
        bucket: String,
        /// Key of its violations.
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
    /// Event rules.
    Rules(Place),
    /// Alarms.
    Alarms(Place),
    /// What happened to alarms.
    AlarmHistory(Place),
    /// All endpoints.
    Endpoints(Place),
    /// What Application Auto Scaling may scale of `SageMaker`.
    ScalableTargets(Place),
    /// What Application Auto Scaling did to a resource of `SageMaker`.
    ScalingActivities(Place, String),
    /// The newest day of what an alarm measures.
    Metric {
        /// Account and region.
        place: Place,
        /// What it measures.
        measure: Measure,
        /// When the day ends.
        to: Instant,
    },
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
    /// Requests that name an inference component.
    Invocations {
        /// The component.
        component: Arn,
        /// From.
        from: Instant,
        /// To.
        to: Instant,
    },
    /// The traces of an interval, in short.
    Traces {
        /// Account and region.
        place: Place,
        /// From.
        from: Instant,
        /// To.
        to: Instant,
    },
    /// Traces in full, by their ids.
    TraceParts(Place, Vec<String>),
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
    /// Returns a home as a place.
    pub fn at(home: &Home) -> Self {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        Self { account: part(&home.account), region: part(&home.region) }
    }

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
    /// When it can no longer be had; of metrics, no longer at the period that the command asks for.
    pub expires_at: Option<Instant>,
}

/// What wording a gap needs to know of the case.
pub struct GapContext<'a> {
    /// The time of the case.
    pub as_of: Option<Instant>,
    /// Where trails deliver: bucket and prefix, by account.
    pub trail_buckets: &'a BTreeMap<String, (String, Option<String>)>,
    /// Days that log groups keep their events.
    pub log_retention: &'a dyn Fn(&str) -> Option<i64>,
    /// Days after which a bucket's old versions are removed.
    pub version_retention: &'a dyn Fn(&str, &str) -> Option<i64>,
    /// The name of a resource as its owner writes it; ARNs fold its case.
    pub name_of: &'a dyn Fn(&Arn) -> String,
}

/// Collects what claims and checks lack.
#[derive(Debug, Default)]
pub struct GapBook {
    lifts: BTreeMap<GapKey, u64>,
}

/// The gaps of a case, numbered.
#[derive(Clone, Debug, Default)]
pub struct Gaps {
    all: Vec<Gap>,
    ids: BTreeMap<GapKey, String>,
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

    /// Joins what one command exports, and numbers the gaps: those that lift most first.
    pub fn close(self, context: &GapContext<'_>) -> Gaps {
        let mut joined: BTreeMap<GapKey, (GapKey, u64)> = BTreeMap::new();
        let mut keys: Vec<(GapKey, GapKey)> = Vec::new();
        for (key, lifts) in self.lifts {
            let kin = key.kin();
            let entry = joined.entry(kin.clone()).or_insert_with(|| (key.clone(), 0));
            entry.0 = entry.0.join(&key);
            entry.1 += lifts;
            keys.push((key, kin));
        }
        let mut gaps: Vec<(GapKey, Gap)> =
            joined.into_iter().map(|(kin, (key, lifts))| (kin, command::gap(key, lifts, context))).collect();
        gaps.sort_by(|(_, left), (_, right)| right.lifts.cmp(&left.lifts).then_with(|| left.key.cmp(&right.key)));
        let mut numbers: BTreeMap<GapKey, String> = BTreeMap::new();
        for (number, (kin, gap)) in gaps.iter_mut().enumerate() {
            gap.id = format!("G{}", number + 1);
            numbers.insert(kin.clone(), gap.id.clone());
        }
        let ids = keys.into_iter().filter_map(|(key, kin)| Some((key, numbers.get(&kin)?.clone()))).collect();
        Gaps { all: gaps.into_iter().map(|(_, gap)| gap).collect(), ids }
    }
}

impl Gaps {
    /// Returns the gaps, those that lift most first.
    pub fn iter(&self) -> std::slice::Iter<'_, Gap> {
        self.all.iter()
    }

    /// Returns the id of the gap that holds what `key` names.
    pub fn id(&self, key: &GapKey) -> Option<&str> {
        self.ids.get(key).map(String::as_str)
    }
}

impl GapKey {
    /// Returns the gap of the description of what a model is: of a container that an inference component brings, the component's.
    pub fn description_of(model: &Arn) -> Self {
        if model.kind() == "inference-component" { Self::Component(model.clone()) } else { Self::Model(model.clone()) }
    }

    /// Returns the gap of the requests that a span answered or got copies of.
    pub fn requests_of(span: &Span, from: Instant, to: Instant) -> Self {
        Self::requests_by(&span.endpoint, &span.variant, &span.role, from, to)
    }

    /// Returns the gap of requests to a variant, or of those that name an inference component.
    pub fn requests_by(endpoint: &Arn, variant: &str, role: &Role, from: Instant, to: Instant) -> Self {
        match component_of(endpoint, role) {
            Some(component) => Self::Invocations { component, from, to },
            None => Self::Requests { endpoint: endpoint.clone(), variant: variant.to_owned(), from, to },
        }
    }

    /// Returns the gap of a metric of an endpoint's variant at a minute: the day that ends at `to`. `what` is namespace, metric and
    /// statistic.
    pub fn metric_of(endpoint: &Arn, (name, variant): (&str, &str), what: [&str; 3], to: Instant) -> Self {
        let dimensions = [("EndpointName", name), ("VariantName", variant)];
        let [namespace, metric, statistic] = what.map(|text| Some(text.to_owned()));
        let measure = Measure {
            namespace,
            metric,
            dimensions: dimensions.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            statistic,
            period: Some(60),
            unit: None,
        };
        Self::Metric { place: Place::of(endpoint), measure, to }
    }

    /// Returns the key without its interval where one command exports several of its kind at once.
    fn kin(&self) -> Self {
        const ORIGIN: Instant = Instant::from_seconds(0);
        match self {
            Self::Jobs(kind, place, ..) => Self::Jobs(*kind, place.clone(), None, None),
            Self::Requests { endpoint, variant, .. } => {
                Self::Requests { endpoint: endpoint.clone(), variant: variant.clone(), from: ORIGIN, to: ORIGIN }
            }
            Self::Invocations { component, .. } => Self::Invocations { component: component.clone(), from: ORIGIN, to: ORIGIN },
            Self::Traces { place, .. } => Self::Traces { place: place.clone(), from: ORIGIN, to: ORIGIN },
            Self::TraceParts(place, _) => Self::TraceParts(place.clone(), Vec::new()),
            other => other.clone(),
        }
    }

    /// Returns the key with an interval that holds those of both; where one is open, so is the whole.
    fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Jobs(kind, place, from, to), Self::Jobs(_, _, other_from, other_to)) => {
                let from = from.zip(*other_from).map(|(one, other)| one.min(other));
                let to = to.zip(*other_to).map(|(one, other)| one.max(other));
                Self::Jobs(*kind, place.clone(), from, to)
            }
            (Self::Requests { endpoint, variant, from, to }, Self::Requests { from: other_from, to: other_to, .. }) => {
                Self::Requests {
                    endpoint: endpoint.clone(),
                    variant: variant.clone(),
                    from: *from.min(other_from),
                    to: *to.max(other_to),
                }
            }
            (Self::Invocations { component, from, to }, Self::Invocations { from: other_from, to: other_to, .. }) => {
                Self::Invocations { component: component.clone(), from: *from.min(other_from), to: *to.max(other_to) }
            }
            (Self::Traces { place, from, to }, Self::Traces { from: other_from, to: other_to, .. }) => {
                Self::Traces { place: place.clone(), from: *from.min(other_from), to: *to.max(other_to) }
            }
            (Self::TraceParts(place, ids), Self::TraceParts(_, others)) => {
                let mut all: Vec<String> = ids.iter().chain(others).cloned().collect();
                all.sort();
                all.dedup();
                Self::TraceParts(place.clone(), all)
            }
            (own, _) => own.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(keys: &[GapKey], as_of: Option<Instant>) -> Gaps {
        let mut book = GapBook::default();
        for key in keys {
            book.lifts(key);
        }
        let buckets = BTreeMap::new();
        book.close(&GapContext {
            as_of,
            trail_buckets: &buckets,
            log_retention: &|_| Some(30),
            version_retention: &|_, _| None,
            name_of: &|arn| arn.last().to_owned(),
        })
    }

    fn place() -> Place {
        Place { account: "111122223333".to_owned(), region: "us-east-1".to_owned() }
    }

    #[test]
    fn what_lifts_most_comes_first() {
        let lists = GapKey::ObjectVersions { bucket: "b".to_owned(), prefix: "p/".to_owned() };
        let other = GapKey::Lifecycle("b".to_owned());
        let gaps = close(&[other.clone(), lists.clone(), lists.clone()], None);
        let first = gaps.iter().next().unwrap();
        assert_eq!((first.id.as_str(), &first.key, first.lifts), ("G1", &lists, 2));
        assert_eq!(
            first.command.as_ref().unwrap().join(" "),
            "aws s3api list-object-versions --bucket b --prefix p/ --output json"
        );
        assert_eq!((gaps.id(&lists), gaps.id(&other)), (Some("G1"), Some("G2")));
    }

    #[test]
    fn what_is_gone_has_no_command() {
        let from = Instant::from_seconds(0);
        let gaps = close(&[GapKey::Trail(place(), Some(from), Some(from.plus(60)))], Some(from.plus(100 * 86_400)));
        let gap = gaps.iter().next().unwrap();
        assert_eq!((gap.kind, &gap.command, gap.expires_at), (GapKind::Expired, &None, Some(from.plus(90 * 86_400))));
    }

    #[test]
    fn one_command_closes_what_it_can() {
        let at = |seconds| Some(Instant::from_seconds(seconds));
        let (one, other) = (
            GapKey::Jobs(JobKind::Processing, place(), at(5), at(10)),
            GapKey::Jobs(JobKind::Processing, place(), at(2), at(20)),
        );
        let gaps = close(&[one.clone(), other.clone()], None);
        let all: Vec<&Gap> = gaps.iter().collect();
        assert_eq!((all.len(), all[0].lifts, all[0].from, all[0].to), (1, 2, at(2), at(20)));
        assert_eq!((gaps.id(&one), gaps.id(&other)), (Some("G1"), Some("G1")));
        let open = close(&[one, GapKey::Jobs(JobKind::Processing, place(), None, at(10))], None);
        assert_eq!(open.iter().next().unwrap().from, None);
    }

    #[test]
    fn metrics_lose_their_grain_with_age() {
        let from = Instant::from_seconds(0);
        let gap = |days: i64, hours: i64| {
            let to = from.plus(hours * 3_600);
            let endpoint = Arn::sagemaker("us-east-1", "111122223333", "endpoint", "risk");
            let key = GapKey::Requests { endpoint, variant: "v".to_owned(), from, to };
            close(&[key], Some(from.plus(days * 86_400))).iter().next().unwrap().clone()
        };
        for (days, hours, words, left, period) in [
            (2, 1, "points of 1 min are kept until 1970-01-16T00:00:00Z", 15, Some("60")),
            // One answer holds no more than 1,440 points.
            (2, 48, "points of 1 min are kept until 1970-01-16T00:00:00Z", 63, Some("300")),
            (
                15,
                1,
                "only reconstructable at 5-minute grain, until 1970-03-05T00:00:00Z: points of 1 min are kept for 15 days",
                63,
                Some("300"),
            ),
            (
                63,
                1,
                "only reconstructable at 1-hour grain, until 1971-04-01T00:00:00Z: points of 5 min are kept for 63 days",
                455,
                Some("3600"),
            ),
            (455, 1, "no point of it is left: those of 1 h are kept for 455 days", 455, None),
        ] {
            let gap = gap(days, hours);
            assert!(gap.what.ends_with(words), "{days}: {}", gap.what);
            assert_eq!(gap.expires_at, Some(from.plus(left * 86_400)), "{days}");
            let asked = gap
                .command
                .as_ref()
                .and_then(|words| Some(words[words.iter().position(|word| word == "--period")? + 1].as_str()));
            assert_eq!(asked, period, "{days}");
        }
    }

    #[test]
    fn traces_are_asked_for_by_day_and_gone_after_thirty() {
        let from = Instant::from_seconds(0);
        let key = |days: i64| GapKey::Traces { place: place(), from, to: from.plus(days * 86_400) };
        let open = close(&[key(3)], Some(from.plus(3 * 86_400)));
        let gap = open.iter().next().unwrap();
        let command = "aws xray get-trace-summaries --start-time 1970-01-03T00:00:00Z --end-time 1970-01-04T00:00:00Z --region us-east-1 --output json";
        assert_eq!((gap.command.as_ref().unwrap().join(" ").as_str(), gap.expires_at), (command, Some(from.plus(32 * 86_400))));
        let gone = close(&[key(3)], Some(from.plus(40 * 86_400)));
        let gap = gone.iter().next().unwrap();
        assert_eq!((gap.kind, &gap.command), (GapKind::Expired, &None));
        let ids = |names: [&str; 4]| GapKey::TraceParts(place(), names.map(str::to_owned).to_vec());
        let several = close(&[ids(["1-a", "1-b", "1-c", "1-d"]), ids(["1-d", "1-e", "1-f", "1-g"])], None);
        let command = several.iter().next().unwrap().command.as_ref().unwrap().join(" ");
        assert_eq!(command, "aws xray batch-get-traces --trace-ids 1-a 1-b 1-c 1-d 1-e --region us-east-1 --output json");
        let trap = GapKey::TraceParts(place(), vec!["1-a".to_owned(), "--debug".to_owned(), "--no-sign-request".to_owned()]);
        let command = close(&[trap], None).iter().next().unwrap().command.clone().unwrap();
        assert_eq!(command[..5], ["aws", "xray", "batch-get-traces", "--trace-ids", "1-a"]);
        assert_eq!(command[5], "--region", "what is no id is left out");
        let trap = GapKey::TraceParts(place(), vec!["--debug".to_owned()]);
        assert_eq!(close(&[trap], None).iter().next().unwrap().command, None);
    }

    #[test]
    fn hostile_names_give_no_command() {
        let key = GapKey::ObjectVersions { bucket: "--endpoint-url".to_owned(), prefix: String::new() };
        assert_eq!(close(&[key], None).iter().next().unwrap().command, None);
        let key = GapKey::Lifecycle("b\u{1b}[2J".to_owned());
        assert_eq!(close(&[key], None).iter().next().unwrap().command, None);
    }
}
