//! What each gap is called, and the AWS CLI command that closes it. Every command is a read-only one.

use super::{Gap, GapContext, GapKey, GapKind, Place};
use crate::escape::is_deceptive;
use crate::fact::alarm::Measure;
use crate::fact::arn::Arn;
use crate::fact::job::JobKind;
use crate::time::{Instant, Seconds, duration_text};

/// Days that `CloudTrail`'s event history keeps events.
const EVENT_HISTORY_DAYS: i64 = 90;

/// Periods, and for how many days `CloudWatch` keeps points of them.
const METRIC_DAYS: [(Seconds, i64); 3] = [(60, 15), (300, 63), (3_600, 455)];

/// The period of a day, which is put together from hours.
const LONGEST_PERIOD: (Seconds, i64) = (DAY, 455);

/// Days that `CloudWatch` keeps the history of alarms.
const ALARM_HISTORY_DAYS: i64 = 30;

/// Days for which Application Auto Scaling tells what it did.
const SCALING_ACTIVITY_DAYS: i64 = 42;

/// Days that X-Ray keeps traces.
const TRACE_DAYS: i64 = 30;

/// Traces that X-Ray gives in full at once.
const TRACES_AT_ONCE: usize = 5;

/// A day in seconds.
const DAY: Seconds = 86_400;

/// Puts a command together.
fn aws(words: &[&str], region: &str) -> Vec<String> {
    let region: &[&str] = if region.is_empty() { &[] } else { &["--region", region] };
    ["aws"].iter().chain(words).chain(region).chain(&["--output", "json"]).map(|word| (*word).to_owned()).collect()
}

/// Words a gap.
pub(super) fn gap(key: GapKey, lifts: u64, context: &GapContext<'_>) -> Gap {
    let described = describe(&key, context);
    let expired = described.expires_at.zip(context.as_of).is_some_and(|(expires, as_of)| expires <= as_of);
    let kind = if expired && described.kind == GapKind::NotExported { GapKind::Expired } else { described.kind };
    let command = described.command.filter(|command| kind == GapKind::NotExported && is_harmless(command));
    Gap {
        id: String::new(),
        kind,
        what: described.what,
        from: described.from,
        to: described.to,
        command,
        lifts,
        expires_at: described.expires_at,
        key,
    }
}

/// Returns whether a command holds only what it is meant to hold. Names come from the evidence: one that begins like an option,
/// or that holds control characters, is a trap for who runs the command.
fn is_harmless(command: &[String]) -> bool {
    let is_value = |at: usize| at > 0 && command[at - 1].starts_with("--");
    let options = command
        .iter()
        .enumerate()
        .filter(|(at, word)| word.starts_with('-') && *word != "-" && (is_value(*at) || !is_option(word)))
        .count();
    options == 0 && command.iter().all(|word| word.chars().all(|c| !is_deceptive(c)))
}

/// Returns whether a word is an option of the AWS CLI by its shape.
fn is_option(word: &str) -> bool {
    word.strip_prefix("--")
        .is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
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

    fn never(what: String) -> Self {
        Self { kind: GapKind::NeverLogged, command: None, ..Self::new(what, Vec::new()) }
    }
}

/// Describes a setting of a bucket, in words around its name.
fn setting(bucket: &str, operation: &str, before: &str, after: &str) -> Described {
    Described::new(format!("{before} {bucket}{after}"), aws(&["s3api", operation, "--bucket", bucket], ""))
}

fn describe(key: &GapKey, context: &GapContext<'_>) -> Described {
    let name = |arn: &Arn| (context.name_of)(arn);
    let sagemaker = |arn: &Arn, words: [&str; 3]| aws(&["sagemaker", words[0], words[1], words[2]], arn.region());
    match key {
        GapKey::Job(kind, arn) => {
            let (operation, option) = (format!("describe-{}", kind.command_kind()), format!("--{}-name", kind.command_kind()));
            let what = format!("the description of {} {}", kind.arn_kind(), name(arn));
            Described::new(what, sagemaker(arn, [&operation, &option, &name(arn)]))
        }
        GapKey::Jobs(kind, place, from, to) => jobs(*kind, place, *from, *to),
        GapKey::Model(arn) => Described::new(
            format!("the description of model {}", name(arn)),
            sagemaker(arn, ["describe-model", "--model-name", &name(arn)]),
        ),
        GapKey::Package(arn) => {
            let command = sagemaker(arn, ["describe-model-package", "--model-package-name", arn.as_str()]);
            Described::new(format!("the description of model package {}", arn.name()), command)
        }
        GapKey::Endpoint(arn) => {
            let command = sagemaker(arn, ["describe-endpoint", "--endpoint-name", &name(arn)]);
            Described::new(format!("the description of endpoint {}", name(arn)), command)
        }
        GapKey::EndpointConfig(arn) => {
            let command = sagemaker(arn, ["describe-endpoint-config", "--endpoint-config-name", &name(arn)]);
            Described::new(format!("the description of endpoint config {}", name(arn)), command)
        }
        GapKey::Components(arn) | GapKey::Component(arn) => component(key, arn, &name(arn)),
        GapKey::ObjectVersions { bucket, prefix } => {
            let mut words = vec!["s3api", "list-object-versions", "--bucket", bucket];
            if !prefix.is_empty() {
                words.extend(["--prefix", prefix]);
            }
            let kept = (context.version_retention)(bucket, prefix);
            let expires_at = context.as_of.zip(kept).map(|(as_of, kept)| as_of.plus(kept * DAY));
            Described {
                expires_at,
                ..Described::new(format!("all versions of the objects under s3://{bucket}/{prefix}"), aws(&words, ""))
            }
        }
        GapKey::Lifecycle(bucket) => setting(bucket, "get-bucket-lifecycle-configuration", "the lifecycle rules of bucket", ""),
        GapKey::Versioning(bucket) => setting(bucket, "get-bucket-versioning", "whether bucket", " keeps versions"),
        GapKey::Overwritten { bucket, prefix } => Described::never(format!(
            "earlier content of objects under s3://{bucket}/{prefix}, which was overwritten or removed and of which no version was kept"
        )),
        GapKey::Manifest { bucket, key } => copied("the manifest", bucket, key),
        GapKey::MonitorReport { bucket, key } => copied("what a monitor's run reported,", bucket, key),
        GapKey::Images { place, repository } => {
            let mut words = vec!["ecr", "describe-images", "--repository-name", repository];
            if !place.account.is_empty() {
                words.extend(["--registry-id", &place.account]);
            }
            Described::new(format!("the images of repository {repository}"), aws(&words, &place.region))
        }
        GapKey::Trail(place, from, to) => trail(place, *from, *to, context),
        GapKey::Steps(arn) => {
            let command = sagemaker(arn, ["list-pipeline-execution-steps", "--pipeline-execution-arn", arn.as_str()]);
            Described::new(format!("the steps of pipeline execution {}", arn.name()), command)
        }
        GapKey::Definition(arn) => {
            let command =
                sagemaker(arn, ["describe-pipeline-definition-for-execution", "--pipeline-execution-arn", arn.as_str()]);
            Described::new(format!("the definition that pipeline execution {} ran", arn.name()), command)
        }
        GapKey::Tags(arn) => Described::new(
            format!("the tags of {}", arn.resource()),
            sagemaker(arn, ["list-tags", "--resource-arn", arn.as_str()]),
        ),
        GapKey::JobLog(kind, arn, at) => {
            let (group, stream) = (log_group(*kind), format!("{}/", name(arn)));
            let command =
                aws(&["logs", "filter-log-events", "--log-group-name", group, "--log-stream-name-prefix", &stream], arn.region());
            let expires_at = at.zip((context.log_retention)(group)).map(|(at, kept)| at.plus(kept * DAY));
            Described { from: *at, expires_at, ..Described::new(format!("the log of {}", name(arn)), command) }
        }
        GapKey::Rules(place) => whole("the event rules", &["events", "list-rules"], place),
        GapKey::Alarms(place) => whole("the alarms", &["cloudwatch", "describe-alarms"], place),
        GapKey::AlarmHistory(place) => {
            let words = ["cloudwatch", "describe-alarm-history", "--history-item-type", "StateUpdate"];
            let expires_at = context.as_of.map(|as_of| as_of.plus(ALARM_HISTORY_DAYS * DAY));
            let what = format!("what happened to the alarms{}", in_place(place));
            Described { expires_at, ..Described::new(what, aws(&words, &place.region)) }
        }
        GapKey::Endpoints(place) => whole("the endpoints", &["sagemaker", "list-endpoints"], place),
        GapKey::ScalableTargets(place) => {
            let words = ["application-autoscaling", "describe-scalable-targets", "--service-namespace", "sagemaker"];
            whole("the scalable targets of SageMaker", &words, place)
        }
        GapKey::ScalingActivities(place, resource) => activities(place, resource, context.as_of),
        GapKey::Metric { place, measure, to } => metric(place, measure, *to, context.as_of),
        GapKey::Requests { from, to, .. } | GapKey::Invocations { from, to, .. } => {
            requests(key, &name, (*from, *to), context.as_of)
        }
        GapKey::Traces { place, from, to } => traces(place, *from, *to),
        GapKey::TraceParts(place, ids) => trace_parts(place, ids),
        GapKey::CommitNeverRecorded(arn) => {
            Described::never(format!("a commit for {}: nothing that was recorded names one", name(arn)))
        }
    }
}

/// Words what is missing of inference components.
fn component(key: &GapKey, arn: &Arn, name: &str) -> Described {
    let command = |operation: &str, option: &str| aws(&["sagemaker", operation, option, name], arn.region());
    if let GapKey::Components(_) = key {
        let command = command("list-inference-components", "--endpoint-name-equals");
        return Described::new(format!("the inference components of endpoint {name}"), command);
    }
    let command = command("describe-inference-component", "--inference-component-name");
    Described::new(format!("the description of inference component {name}"), command)
}

/// Asks for the content of one object.
fn copied(what: &str, bucket: &str, key: &str) -> Described {
    let uri = format!("s3://{bucket}/{key}");
    Described::new(format!("{what} {uri}"), ["aws", "s3", "cp", &uri, "-"].map(str::to_owned).to_vec())
}

/// Asks for what auto scaling did to a resource.
fn activities(place: &Place, resource: &str, as_of: Option<Instant>) -> Described {
    let words = ["application-autoscaling", "describe-scaling-activities", "--service-namespace", "sagemaker"];
    let words = [words.as_slice(), &["--resource-id", resource]].concat();
    let expires_at = as_of.map(|as_of| as_of.plus(SCALING_ACTIVITY_DAYS * DAY));
    Described { expires_at, ..Described::new(format!("what auto scaling did to {resource}"), aws(&words, &place.region)) }
}

/// Asks for traces in full.
fn trace_parts(place: &Place, ids: &[String]) -> Described {
    // An id that is none could be an option: after the first, nothing else tells them apart.
    let few: Vec<&str> = ids.iter().filter(|id| is_trace_id(id)).take(TRACES_AT_ONCE).map(String::as_str).collect();
    let words = [&["xray", "batch-get-traces", "--trace-ids"], few.as_slice()].concat();
    let command = Some(aws(&words, &place.region)).filter(|_| !few.is_empty());
    Described { command, ..Described::new(format!("the parts of traces{}", in_place(place)), Vec::new()) }
}

/// Returns whether a text is shaped like an id that X-Ray gives.
fn is_trace_id(text: &str) -> bool {
    text.starts_with("1-") && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Asks for the traces of an interval, of its last day at most: X-Ray answers for no longer one.
fn traces(place: &Place, from: Instant, to: Instant) -> Described {
    let from = from.max(to.plus(-DAY));
    let (start, end) = (from.to_seconds_text(), to.to_seconds_text());
    let words = ["xray", "get-trace-summaries", "--start-time", &start, "--end-time", &end];
    Described {
        from: Some(from),
        to: Some(to),
        expires_at: Some(from.plus(TRACE_DAYS * DAY)),
        ..Described::new(format!("the traces of X-Ray{}", in_place(place)), aws(&words, &place.region))
    }
}

/// Asks for everything of one kind in an account and region.
fn whole(what: &str, words: &[&str], place: &Place) -> Described {
    Described::new(format!("{what}{}", in_place(place)), aws(words, &place.region))
}

/// Points that `CloudWatch` still has of an interval: of a period, until when, and what became of those of shorter ones.
struct Kept {
    period: Seconds,
    until: Instant,
    words: String,
}

/// Returns what is left of an interval that begins at `from`, of points of `wanted` seconds or the next longer ones.
fn kept(wanted: Seconds, from: Instant, as_of: Option<Instant>) -> Kept {
    // Points of a period are put together from those of the longest of these that is no longer than it.
    let finest = METRIC_DAYS.into_iter().rfind(|(period, _)| *period <= wanted).unwrap_or(METRIC_DAYS[0]);
    let is_left = |days: i64| as_of.is_none_or(|as_of| as_of.since(from) < days * DAY);
    let left = METRIC_DAYS.into_iter().find(|(period, days)| *period >= finest.0 && is_left(*days));
    let (period, days) = left.unwrap_or(LONGEST_PERIOD);
    let until = from.plus(days * DAY);
    let words = if left.is_none() {
        format!("no point of it is left: those of {} are kept for {days} days", duration_text(3_600))
    } else if period > finest.0 {
        let gone = METRIC_DAYS.into_iter().rfind(|(shorter, _)| *shorter < period).unwrap_or(finest);
        format!(
            "only reconstructable at {} grain, until {}: points of {} are kept for {} days",
            grain(period),
            until.to_seconds_text(),
            duration_text(gone.0),
            gone.1
        )
    } else {
        format!("points of {} are kept until {}", duration_text(finest.0), until.to_seconds_text())
    };
    Kept { period: if period > finest.0 { period } else { wanted }, until, words }
}

/// Names a period as people do who speak of how fine data is.
fn grain(period: Seconds) -> &'static str {
    match period {
        60 => "1-minute",
        300 => "5-minute",
        _ => "1-hour",
    }
}

/// Asks for a day of what an alarm measures, at its own statistic and its own period, or the shortest that is left.
fn metric(place: &Place, measure: &Measure, to: Instant, as_of: Option<Instant>) -> Described {
    let from = to.plus(-DAY);
    let kept = kept(measure.period.unwrap_or(60).max(60), from, as_of);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (namespace, name, statistic) = (text(&measure.namespace), text(&measure.metric), text(&measure.statistic));
    let dimensions: Vec<String> = measure.dimensions.iter().map(|(name, value)| format!("Name={name},Value={value}")).collect();
    let simple = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"].contains(&statistic.as_str());
    let option = if simple { "--statistics" } else { "--extended-statistics" };
    let (start, end) = (from.to_seconds_text(), to.to_seconds_text());
    let period = kept.period.to_string();
    let mut words = vec!["cloudwatch", "get-metric-statistics", "--namespace", &namespace, "--metric-name", &name];
    if !dimensions.is_empty() {
        words.push("--dimensions");
        words.extend(dimensions.iter().map(String::as_str));
    }
    words.extend(["--start-time", &start, "--end-time", &end, "--period", &period, option, &statistic]);
    let of: Vec<&str> = measure.dimensions.values().map(String::as_str).collect();
    Described {
        from: Some(from),
        to: Some(to),
        expires_at: Some(kept.until),
        ..Described::new(format!("{statistic} of {name} of {}; {}", of.join(" "), kept.words), aws(&words, &place.region))
    }
}

fn jobs(kind: JobKind, place: &Place, from: Option<Instant>, to: Option<Instant>) -> Described {
    let operation = format!("list-{}s", kind.command_kind());
    let (after, before) = (from.map(Instant::to_seconds_text), to.map(Instant::to_seconds_text));
    let mut words = vec!["sagemaker", &operation];
    for (option, text) in [("--creation-time-after", &after), ("--creation-time-before", &before)] {
        words.extend(text.iter().flat_map(|text| [option, text]));
    }
    Described {
        from,
        to,
        ..Described::new(format!("the list of {}s{}", kind.arn_kind(), in_place(place)), aws(&words, &place.region))
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
pub(super) fn log_group(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Training | JobKind::Tuning => "/aws/sagemaker/TrainingJobs",
        JobKind::Processing | JobKind::Monitoring => "/aws/sagemaker/ProcessingJobs",
        JobKind::Transform => "/aws/sagemaker/TransformJobs",
    }
}

/// A trail's files in S3 hold everything it recorded; the event history holds management events of 90 days.
fn trail(place: &Place, from: Option<Instant>, to: Option<Instant>, context: &GapContext<'_>) -> Described {
    let what = format!("what CloudTrail recorded{}", in_place(place));
    let is_sound = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let delivered = context.trail_buckets.get(&place.account).filter(|_| is_sound(&place.account) && is_sound(&place.region));
    if let Some((bucket, prefix)) = delivered {
        let days = from.zip(to).map(|(from, to)| day_folder(from, to)).unwrap_or_default();
        let prefix = prefix.as_ref().map(|prefix| format!("{}/", prefix.trim_end_matches('/'))).unwrap_or_default();
        let folder = format!("{prefix}AWSLogs/{}/CloudTrail/{}/{}", place.account, place.region, days);
        let local = format!("cloudtrail/{}/{}", place.account, place.region);
        let command = ["aws", "s3", "sync", &format!("s3://{bucket}/{folder}"), &local].map(str::to_owned).to_vec();
        return Described { from, to, ..Described::new(what, command) };
    }
    let mut words = vec![
        "cloudtrail",
        "lookup-events",
        "--lookup-attributes",
        "AttributeKey=EventSource,AttributeValue=sagemaker.amazonaws.com",
    ];
    let (start, end) = (from.map(Instant::to_seconds_text), to.map(Instant::to_seconds_text));
    for (option, text) in [("--start-time", &start), ("--end-time", &end)] {
        if let Some(text) = text {
            words.extend([option, text]);
        }
    }
    let expires_at = from.map(|from| from.plus(EVENT_HISTORY_DAYS * DAY));
    Described { from, to, expires_at, ..Described::new(what, aws(&words, &place.region)) }
}

/// Returns the folder of a trail that holds an interval: of a day, a month, or a year. Files are delivered a quarter of an hour after
/// their events, so what happened before midnight may lie in the next day's folder.
fn day_folder(from: Instant, to: Instant) -> String {
    let (first, last) = (from.to_seconds_text(), to.plus(900).to_seconds_text());
    let shared =
        [10, 7, 4].into_iter().find(|length| first.get(..*length).is_some() && first.get(..*length) == last.get(..*length));
    shared.and_then(|length| first.get(..length)).map(|days| format!("{}/", days.replace('-', "/"))).unwrap_or_default()
}

/// `CloudWatch` answers with at most 1,440 points, and keeps points of a short period for less long than those of a long one.
fn requests(key: &GapKey, name: &dyn Fn(&Arn) -> String, (from, to): (Instant, Instant), as_of: Option<Instant>) -> Described {
    let (arn, what, dimensions) = match key {
        GapKey::Requests { endpoint, variant, .. } => {
            let own = name(endpoint);
            (endpoint, format!("to {own} ({variant})"), vec![("EndpointName", own), ("VariantName", variant.clone())])
        }
        GapKey::Invocations { component, .. } => {
            let own = name(component);
            (component, format!("that name inference component {own}"), vec![("InferenceComponentName", own)])
        }
        _ => return Described::never(String::new()),
    };
    let kept = kept(60, from, as_of);
    // One answer at the shortest period that is left, or at the next longer one that fits into one.
    let fits = METRIC_DAYS.into_iter().find(|(period, _)| *period >= kept.period && to.since(from) <= period * 1_440);
    let (period, days) = fits.unwrap_or(LONGEST_PERIOD);
    let dimensions: Vec<String> = dimensions.iter().map(|(name, value)| format!("Name={name},Value={value}")).collect();
    let dimensions: Vec<&str> = dimensions.iter().map(String::as_str).collect();
    let (start, end, period) = (from.to_seconds_text(), to.to_seconds_text(), period.to_string());
    let words = [
        ["cloudwatch", "get-metric-statistics"].as_slice(),
        &["--namespace", "AWS/SageMaker", "--metric-name", "Invocations", "--dimensions"],
        &dimensions,
        &["--start-time", &start, "--end-time", &end, "--period", &period, "--statistics", "Sum"],
    ];
    Described {
        from: Some(from),
        to: Some(to),
        expires_at: Some(from.plus(days * DAY)),
        ..Described::new(format!("the number of requests {what}; {}", kept.words), aws(&words.concat(), arn.region()))
    }
}
