//! `CloudWatch` Logs, whatever carried them: API answers, Insights, subscriptions, exports to S3, `aws logs tail`, CSV.
//!
//! A log event is a `CloudTrail` record, an `EventBridge` event, or a line that a container printed. All carriers end in
//! [`Streams::event`], which keeps what lineage needs of the lines and how far each stream reaches.

mod printed;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use regex::Regex;
use serde::Deserialize;

use super::caller::Errors;
use super::sagemaker::job::listed;
use super::sink::Sink;
use super::{Context, Each, Header, Reader, cloudtrail, eventbridge, lines, typed};
use crate::evidence::citation::{Locator, Source};
use crate::evidence::window::Window;
use crate::fact::Statement;
use crate::fact::call::Listed;
use crate::fact::log::{COMPONENTS, ENDPOINTS, LogStatement, LogWhat};
use crate::json::scalar::{Text, Whole};
use crate::json::skim::Element;
use crate::recognise::Format;
use crate::time::Instant;

/// Returns the reader of a log format.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::LogEvents => Some(Box::new(Events::default())),
        Format::LogInsights => Some(Box::new(Insights::default())),
        Format::LogSubscription => Some(Box::new(Subscription::default())),
        Format::LogGroups => Each::list(group, |rows, header, cx, sink| listed(Listed::LogGroups, rows, header, cx, sink)),
        _ => None,
    }
}

/// Streams of one exhibit, by group and name.
#[derive(Default)]
pub(super) struct Streams {
    group: Option<Arc<str>>,
    found: BTreeMap<(Option<Arc<str>>, Arc<str>), Extent>,
    errors: Errors,
    /// Events other than container lines: records of trails and event buses.
    other: bool,
}

#[derive(Default)]
struct Extent {
    first: Option<Instant>,
    last: Option<Instant>,
    events: u64,
    failures: u32,
    place: Option<Locator>,
}

/// Errors that are kept of one stream: those that callers met are among the first of their minute.
const MOST_FAILURES: u32 = 200;

/// One log event.
pub(super) struct Event<'a> {
    pub(super) group: Option<&'a str>,
    pub(super) stream: &'a str,
    pub(super) at: Option<Instant>,
    pub(super) message: &'a str,
}

impl Streams {
    pub(super) fn new(cx: &Context<'_>) -> Self {
        Self { group: named_group(cx).map(Into::into), ..Self::default() }
    }

    /// Reads an event.
    pub(super) fn event(&mut self, event: &Event<'_>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
        let message = event.message.trim();
        if message.starts_with('{') {
            let inner = Locator::Place(format!("{place}/message").into());
            if cloudtrail::embedded(message, &inner, cx, sink) || eventbridge::embedded(message, &inner, cx, sink) {
                self.other = true;
                return;
            }
        }
        sink.record();
        event.at.into_iter().for_each(|at| sink.seen(at));
        let group = event.group.map(Arc::<str>::from).or_else(|| self.group.clone());
        let stream: Arc<str> = event.stream.into();
        printed::read(event.message, |what| {
            let statement = LogStatement { group: group.clone(), home: cx.home(), stream: stream.clone(), what, at: event.at };
            sink.say(place, Source::Logs, event.at, Statement::Log(Box::new(statement)));
        });
        for line in event.message.lines() {
            self.errors.line(line, event.at, place);
        }
        let of_endpoint = group.as_deref().is_some_and(|group| [ENDPOINTS, COMPONENTS].iter().any(|own| group.starts_with(own)));
        let extent = self.found.entry((group.clone(), stream.clone())).or_default();
        if of_endpoint && extent.failures < MOST_FAILURES {
            for message in printed::failures(event.message).take(1) {
                extent.failures += 1;
                let what = LogWhat::Failure { message };
                let statement =
                    LogStatement { group: group.clone(), home: cx.home(), stream: stream.clone(), what, at: event.at };
                sink.say(place, Source::Logs, event.at, Statement::Log(Box::new(statement)));
            }
        }
        extent.events += 1;
        extent.first = [extent.first, event.at].into_iter().flatten().min();
        extent.last = extent.last.max(event.at);
        extent.place.get_or_insert_with(|| place.clone());
    }

    /// States how far each stream reaches. `complete` tells whether the export holds all of them, if that is known.
    pub(super) fn close(self, complete: Option<bool>, cx: &Context<'_>, sink: &mut Sink) {
        self.errors.close(true, sink);
        for ((group, stream), extent) in self.found {
            let what = LogWhat::Extent {
                first: extent.first,
                last: extent.last,
                events: extent.events,
                complete: complete.unwrap_or(false),
            };
            let statement = LogStatement { group, home: cx.home(), stream, what, at: extent.last };
            let place = extent.place.unwrap_or(Locator::Whole);
            sink.say(&place, Source::Logs, extent.last, Statement::Log(Box::new(statement)));
        }
    }
}

/// Returns the log group that the command or the folders name.
fn named_group<'a>(cx: &'a Context<'_>) -> Option<&'a str> {
    let request = cx.request?;
    request.option("log-group-name").or_else(|| match request.operation() {
        ("logs", "tail") => request.positional(),
        _ => None,
    })
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct LogEvent {
    log_stream_name: Text,
    timestamp: Whole,
    message: Text,
}

/// Reads `filter-log-events`, which names streams, and `get-log-events`, which names none.
#[derive(Default)]
struct Events {
    streams: Option<Streams>,
    events: u64,
    bytes: usize,
}

impl Reader for Events {
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
        if element.list != "events" {
            return;
        }
        let Some(event) = typed::<LogEvent>(element.bytes, &place, sink) else { return };
        self.events += 1;
        self.bytes += element.bytes.len();
        let asked = cx.option("log-stream-name");
        let stream = event.log_stream_name.0.as_deref().or(asked).unwrap_or_default();
        if event.log_stream_name.0.is_none() && asked.is_some() {
            sink.uses_request();
        }
        let event = Event {
            group: None,
            stream,
            at: event.timestamp.0.map(Instant::from_millis),
            message: event.message.0.as_deref().unwrap_or_default(),
        };
        self.streams.get_or_insert_with(|| Streams::new(cx)).event(&event, &place, cx, sink);
    }

    fn finish(&mut self, header: &Header, cx: &Context<'_>, sink: &mut Sink) {
        let Some(streams) = self.streams.take() else { return silence(header, cx, sink) };
        if named_group(cx).is_some() {
            sink.uses_request();
        }
        let one_page = header.text("nextForwardToken").is_some();
        // A page of `get-log-events` ends at 10,000 events or 1 MB, and its tokens never say whether more follows.
        let full_page = one_page && (self.events >= 10_000 || self.bytes >= 1_000_000);
        let filtered = cx
            .request
            .is_some_and(|request| request.has_any(&["filter-pattern", "max-items", "limit", "end-time", "start-time"]));
        if full_page || header.is_cut() {
            sink.note(Locator::Whole, "the log goes on in an answer that is not here");
        }
        streams.close(Some(!full_page && !header.is_cut() && !filtered), cx, sink);
    }
}

/// States that a group holds no events of an interval, where its export is empty and left nothing out.
fn silence(header: &Header, cx: &Context<'_>, sink: &mut Sink) {
    let left_out = [
        "filter-pattern",
        "max-items",
        "limit",
        "log-stream-name",
        "log-stream-names",
        "log-stream-name-prefix",
        "next-token",
        "starting-token",
    ];
    let Some(group) = named_group(cx) else { return };
    // `get-log-events` asks for one stream, and its tokens never say whether more follows.
    let is_cut = header.is_cut() || header.text("nextForwardToken").is_some();
    if is_cut || cx.request.is_none_or(|request| request.has_any(&left_out) || request.exit.is_some_and(|exit| exit != 0)) {
        return;
    }
    sink.uses_request();
    let asked = |name: &str| cx.option(name).and_then(|millis| millis.parse().ok()).map(Instant::from_millis);
    let to = [asked("end-time"), cx.captured()].into_iter().flatten().min();
    let what = LogWhat::Silence { from: asked("start-time"), to, by_size: false };
    let statement = LogStatement { group: Some(group.into()), home: cx.home(), stream: "".into(), what, at: to };
    sink.say(&Locator::Whole, Source::Logs, to, Statement::Log(Box::new(statement)));
}

#[derive(Deserialize)]
struct Field {
    #[serde(default)]
    field: Text,
    #[serde(default)]
    value: Text,
}

/// Reads rows of Logs Insights.
#[derive(Default)]
struct Insights {
    streams: Option<Streams>,
    rows: u64,
}

impl Reader for Insights {
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
        if element.list != "results" {
            return;
        }
        let Some(fields) = typed::<Vec<Field>>(element.bytes, &place, sink) else { return };
        self.rows += 1;
        let field = |name: &str| {
            fields.iter().find(|field| field.field.0.as_deref() == Some(name)).and_then(|field| field.value.0.as_deref())
        };
        let Some(message) = field("@message") else { return sink.record() };
        let event = Event {
            // `@log` is `account:group`.
            group: field("@log").and_then(|log| log.split_once(':')).map(|(_, group)| group),
            stream: field("@logStream").unwrap_or_default(),
            at: field("@timestamp").and_then(|text| Instant::parse(text, true)),
            message,
        };
        self.streams.get_or_insert_with(|| Streams::new(cx)).event(&event, &place, cx, sink);
    }

    fn finish(&mut self, header: &Header, cx: &Context<'_>, sink: &mut Sink) {
        if let Some(status) = header.text("status").filter(|status| *status != "Complete") {
            sink.note(Locator::Whole, format!("the query was not finished: {status}"));
        }
        if let Some(streams) = self.streams.take() {
            // A query selects; what it leaves out is not known to be absent.
            streams.close(Some(false), cx, sink);
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Batch {
    message_type: Text,
    log_group: Text,
    log_stream: Text,
    log_events: Vec<BatchEvent>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BatchEvent {
    timestamp: Whole,
    message: Text,
}

/// Reads documents of a subscription, which stand one after the other.
#[derive(Default)]
struct Subscription {
    streams: Option<Streams>,
}

impl Reader for Subscription {
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
        let Some(batch) = typed::<Batch>(element.bytes, &place, sink) else { return };
        if batch.message_type.0.as_deref() == Some("CONTROL_MESSAGE") {
            // A health check of the subscription.
            return;
        }
        let streams = self.streams.get_or_insert_with(|| Streams::new(cx));
        let base = if place == Locator::Whole { String::new() } else { place.to_string() };
        for (index, event) in batch.log_events.into_iter().enumerate() {
            let place = Locator::Place(format!("{base}/logEvents/{index}").into());
            let event = Event {
                group: batch.log_group.0.as_deref(),
                stream: batch.log_stream.0.as_deref().unwrap_or_default(),
                at: event.timestamp.0.map(Instant::from_millis),
                message: event.message.0.as_deref().unwrap_or_default(),
            };
            streams.event(&event, &place, cx, sink);
        }
    }

    fn finish(&mut self, _: &Header, cx: &Context<'_>, sink: &mut Sink) {
        if let Some(streams) = self.streams.take() {
            streams.close(None, cx, sink);
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Group {
    log_group_name: Text,
    retention_in_days: Whole,
    stored_bytes: Whole,
}

/// How old the size of a group may be when it is told, in seconds.
const SIZE_LAGS: i64 = 86_400;

fn group(group: Group, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let Some(name) = group.log_group_name.0 else { return };
    let what = LogWhat::Retention { days: group.retention_in_days.0 };
    let name: Arc<str> = name.into();
    let mut say = |what| {
        let statement = LogStatement { group: Some(name.clone()), home: cx.home(), stream: "".into(), what, at: cx.captured() };
        sink.say(place, Source::Logs, cx.captured(), Statement::Log(Box::new(statement)));
    };
    say(what);
    if let (Some(0), Some(captured)) = (group.stored_bytes.0, cx.captured()) {
        say(LogWhat::Silence { from: None, to: Some(captured.plus(-SIZE_LAGS)), by_size: true });
    }
}

/// Reads a row of a console download or of an Insights CSV.
pub(super) fn csv_row(
    columns: &BTreeMap<String, String>,
    place: Locator,
    streams: &mut Streams,
    cx: &Context<'_>,
    sink: &mut Sink,
) {
    let column = |names: [&str; 2]| names.iter().find_map(|name| columns.get(*name)).map(String::as_str);
    let Some(message) = column(["message", "@message"]) else { return sink.damaged(place, "a row without a message") };
    let at = column(["timestamp", "@timestamp"]).and_then(|text| Instant::parse(text, true));
    let group = columns.get("@log").and_then(|log| log.split_once(':')).map(|(_, group)| group);
    let stream = column(["logstreamname", "@logstream"]).unwrap_or_default();
    streams.event(&Event { group, stream, at, message }, &place, cx, sink);
}

static EXPORTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z) (.*)$").ok());
static TAILED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{6})?)(\+00:00 (\S+))? ?(.*)$").ok());

/// Reads lines of an export to S3 or of `aws logs tail`. A line without a time goes on from the one before.
pub(super) fn text(window: &mut Window<'_>, format: Format, cx: &Context<'_>, sink: &mut Sink) {
    if format == Format::LogPermissionCheck {
        return;
    }
    // …/TASK/STREAM/000000.gz: the stream's name is a folder, with `-` for `/`; the group is nowhere.
    let folder = cx.path.rsplit('/').nth(1).filter(|_| format == Format::LogExport).unwrap_or_default().to_owned();
    let mut streams = Streams::new(cx);
    let mut open: Option<(Locator, Option<Instant>, String, String)> = None;
    let limit = cx.options.limits.line;
    lines(window, cx, sink, &mut |line, number, sink| {
        let begun = match format {
            Format::LogExport => EXPORTED
                .as_ref()
                .and_then(|pattern| pattern.captures(line))
                .map(|found| (Instant::parse(&found[1], false), folder.clone(), found[2].to_owned())),
            _ => TAILED.as_ref().and_then(|pattern| pattern.captures(line)).map(|found| {
                let stream = found.get(3).map(|stream| stream.as_str().to_owned()).unwrap_or_default();
                (Instant::parse(&found[1], true), stream, found[4].to_owned())
            }),
        };
        match (begun, &mut open) {
            (Some((at, stream, message)), _) => {
                if let Some((place, at, stream, message)) = open.take() {
                    streams.event(&Event { group: None, stream: &stream, at, message: &message }, &place, cx, sink);
                }
                open = Some((Locator::Line(number), at, stream, message));
            }
            (None, Some((_, _, _, message))) if message.len() < limit => {
                message.push('\n');
                message.push_str(line);
            }
            (None, _) => {}
        }
    });
    if let Some((place, at, stream, message)) = open {
        streams.event(&Event { group: None, stream: &stream, at, message: &message }, &place, cx, sink);
    }
    if streams.found.keys().any(|(_, stream)| stream.is_empty()) {
        sink.note(Locator::Whole, "its lines name no log stream; export with `aws logs filter-log-events` instead");
    }
    if named_group(cx).is_some() {
        sink.uses_request();
    }
    streams.close(Some(false), cx, sink);
}
