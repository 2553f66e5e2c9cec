//! Readers: bytes to facts and defects, one file per format or family.
//!
//! A reader never fails: what cannot be read is a defect with its place, and the rest goes on. It says what a record says and
//! nothing more. Adding a format: a line in `recognise::SIGNATURES`, a reader here, a line in `reader`, a fixture.

mod alarm;
mod build;
mod caller;
mod cloudtrail;
mod config;
mod csv;
mod data;
mod ecr;
mod eventbridge;
mod gate;
mod inventory;
mod lines;
mod logs;
mod metric;
mod monitor;
mod output;
pub mod request;
mod run_log;
mod s3;
mod sagemaker;
mod scaling;
mod sink;
mod states;
mod trace;
mod watch;

use std::collections::BTreeMap;

use crate::evidence::citation::{ExhibitId, Locator};
use crate::evidence::encoding;
use crate::evidence::ledger::{Disposition, Problem};
use crate::evidence::limits::Limits;
use crate::evidence::window::Window;
use crate::fact::Fact;
use crate::fact::arn::Home;
use crate::fact::density::{Density, Scope};
use crate::json::skim::{self, Element, Layout, Piece};
use crate::recognise::{self, Carrier, Format, Verdict};
use crate::time::Instant;
use request::{Origin, Request};
use sink::Sink;

/// How evidence is read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether secrets are left as they are.
    pub show_secrets: bool,
    /// Limits on what one exhibit may cost.
    pub limits: Limits,
}

/// What an exhibit gave.
#[derive(Debug)]
pub struct Parsed {
    /// Format, or what the bytes look like.
    pub format: String,
    /// What became of the exhibit.
    pub disposition: Disposition,
    /// Records found.
    pub records: u64,
    /// Facts.
    pub facts: Vec<Fact>,
    /// Defects and notes.
    pub problems: Vec<Problem>,
    /// For trails: every record by account, region and minute.
    pub density: Vec<(Scope, Density)>,
    /// Earliest time in its records.
    pub earliest: Option<Instant>,
    /// Latest time in its records.
    pub latest: Option<Instant>,
    /// The command that made it, and who says so.
    pub asked: Option<String>,
    /// What only makes sense with another exhibit: CSV files that an inventory manifest names.
    pub inventories: Vec<inventory::Manifest>,
}

/// The exhibit that is read.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) path: &'a str,
    pub(crate) request: Option<&'a Request>,
    pub(crate) options: &'a Options,
}

impl Context<'_> {
    /// Returns when the exhibit was captured, if its exporter says so.
    pub(crate) fn captured(&self) -> Option<Instant> {
        self.request.and_then(|request| request.captured)
    }

    /// Returns the account and region that the exhibit was asked of.
    pub(crate) fn home(&self) -> Home {
        let (account, region) = self.request.map(|request| (request.account.clone(), request.region.clone())).unwrap_or_default();
        Home { account, region }
    }

    /// Returns an option of the command that made the exhibit.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.request.and_then(|request| request.option(name))
    }
}

/// Reads the elements of one format.
pub(crate) trait Reader {
    /// Reads one element.
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink);

    /// Reads what stands beside the lists, at the end.
    fn finish(&mut self, _header: &Header, _cx: &Context<'_>, _sink: &mut Sink) {}
}

/// What stands beside the lists of an answer.
#[derive(Debug, Default)]
pub(crate) struct Header(serde_json::Map<String, serde_json::Value>);

impl Header {
    fn of(text: &[u8]) -> Self {
        use serde_json::Value;
        let says_nothing = |value: &Value| matches!(value, Value::Null | Value::Bool(false)) || value == "" || value == "false";
        let mut header = serde_json::Map::new();
        // Documents that stand one behind the other are one export: any of them may say that more follows.
        for document in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
            let Ok(Value::Object(own)) = document else { break };
            for (key, value) in own {
                if header.get(&key).is_none_or(says_nothing) {
                    header.insert(key, value);
                }
            }
        }
        Self(header)
    }

    /// Returns a string member.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty())
    }

    /// Returns whether the list goes on in an answer that is not here.
    pub(crate) fn is_cut(&self) -> bool {
        let token = ["NextToken", "nextToken", "NextMarker", "Marker"].iter().any(|key| self.text(key).is_some());
        let truncated =
            self.0.get("IsTruncated").is_some_and(|value| value.as_bool() == Some(true) || value.as_str() == Some("true"));
        token || truncated
    }

    /// Returns when the answer was made, where the exporter kept the HTTP headers.
    pub(crate) fn date(&self) -> Option<Instant> {
        let date = self.0.get("ResponseMetadata")?.get("HTTPHeaders")?.get("date")?.as_str()?;
        Instant::parse_as("%a, %d %b %Y %H:%M:%S GMT", date)
    }
}

/// Returns the reader of a format.
fn reader(format: Format) -> Option<Box<dyn Reader>> {
    cloudtrail::reader(format)
        .or_else(|| s3::reader(format))
        .or_else(|| sagemaker::reader(format))
        .or_else(|| ecr::reader(format))
        .or_else(|| eventbridge::reader(format))
        .or_else(|| logs::reader(format))
        .or_else(|| caller::reader(format))
        .or_else(|| build::reader(format))
        .or_else(|| watch::reader(format))
        .or_else(|| states::reader(format))
        .or_else(|| alarm::reader(format))
        .or_else(|| scaling::reader(format))
        .or_else(|| trace::reader(format))
        .or_else(|| metric::reader(format))
        .or_else(|| output::reader(format))
        .or_else(|| monitor::reader(format))
        .or_else(|| config::reader(format))
        .or_else(|| inventory::reader(format))
        .or_else(|| data::reader(format))
        .or_else(|| match format {
            // A sidecar speaks of the file beside it; it was read when that file was.
            Format::Sidecar => Each::<serde::de::IgnoredAny>::one(|_, _, _, sink| sink.uncount()),
            _ => None,
        })
}

/// Reads an exhibit's content. `asked` is the request a sidecar beside it states, or why there is none.
pub fn read(
    window: &mut Window<'_>,
    exhibit: ExhibitId,
    path: &str,
    asked: Option<Result<Request, String>>,
    options: &Options,
) -> Parsed {
    let (request, refused) = match asked {
        Some(Ok(request)) => (Some(request), None),
        Some(Err(reason)) => (None, Some(reason)),
        None => (None, None),
    };
    let request = request.or_else(|| Request::from_path(path));
    let cx = Context { path, request: request.as_ref(), options };
    let mut sink = Sink::new(exhibit, options);
    let format = content(window, &cx, &mut sink);
    if let Some(reason) = refused {
        sink.note(Locator::Whole, format!("the sidecar beside it is refused: {reason}"));
    }
    let failed = request.as_ref().and_then(|request| request.exit).filter(|exit| *exit != 0);
    if let Some(exit) = failed.filter(|_| format.as_ref().is_ok_and(|format| *format != Format::BucketLifecycle)) {
        sink.defect(Locator::Whole, format!("its command ended with status {exit}: the answer may not be whole"));
    }
    if let Some(fault) = window.fault() {
        sink.defect(Locator::Whole, format!("cannot be read to its end: {fault}"));
    }
    let asked = request.filter(|_| sink.used_request()).map(|request| request.shown(options.show_secrets));
    sink.parsed(format, asked)
}

/// Reads an inventory's data file, for which the manifest gives the columns.
pub fn read_inventory(
    window: &mut Window<'_>,
    exhibit: ExhibitId,
    path: &str,
    manifest: &inventory::Manifest,
    options: &Options,
) -> Parsed {
    let cx = Context { path, request: None, options };
    let mut sink = Sink::new(exhibit, options);
    inventory::csv(window, manifest, &cx, &mut sink);
    sink.parsed(Ok(Format::InventoryCsv), None)
}

pub use inventory::Manifest as InventoryManifest;
pub(crate) use lines::lines;

/// Recognises content and has it read; returns its format, or what it looks like.
fn content(window: &mut Window<'_>, cx: &Context<'_>, sink: &mut Sink) -> Result<Format, String> {
    let head = window.at_least(recognise::HEAD);
    let head = &head[..head.len().min(recognise::HEAD)];
    if let Some(encoding) = encoding_of(head) {
        sink.note(Locator::Whole, format!("text is {}; read as such", encoding.name()));
        let mut decoder = encoding::decoded(encoding, window);
        return content(&mut Window::passing(&mut decoder, Vec::new()), cx, sink);
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        window.consume(3);
        return content(window, cx, sink);
    }
    match recognise::recognise(head) {
        Verdict::Foreign("empty") => nothing(cx, sink),
        Verdict::Foreign(looks_like) => match empty_listing(cx.request, head) {
            // A list without rows does not show what it is a list of; its command does.
            Some(format) => {
                json(window, format, Layout::Members, cx, sink);
                Ok(format)
            }
            None => Err(looks_like.to_owned()),
        },
        Verdict::Known(format, _) if !format.is_read() => {
            sink.refuse(format.refusal());
            Ok(format)
        }
        Verdict::Known(Format::EmptyAnswer, _) if tells_no_versions(cx.request) => {
            sink.record();
            s3::never_versioned(cx, sink);
            Ok(Format::BucketVersioning)
        }
        // It is asked for what it holds when it is known what to ask.
        Verdict::Known(Format::GitBundle, _) => Ok(Format::GitBundle),
        Verdict::Known(format, Carrier::Json(layout)) => {
            sink.carrier = fidelity(format);
            json(window, format, layout, cx, sink);
            Ok(format)
        }
        Verdict::Known(format, Carrier::Strings) => {
            sink.carrier = fidelity(format);
            cloudtrail::strings(window, cx, sink);
            Ok(format)
        }
        Verdict::Known(format, Carrier::Csv) => {
            sink.carrier = fidelity(format);
            csv::read(window, format, cx, sink);
            Ok(format)
        }
        Verdict::Known(format, Carrier::Text) => {
            sink.carrier = fidelity(format);
            match format {
                Format::AccessLog | Format::S3Ls => s3::text(window, format, cx, sink),
                Format::Template | Format::Python | Format::Shell | Format::Requirements | Format::Dockerfile => {
                    config::text(window, format, cx, sink);
                }
                Format::ClientLog => caller::text(window, cx, sink),
                Format::GitHubLog | Format::CodeBuildLog | Format::GitLabLog | Format::AirflowLog => {
                    run_log::text(window, format, cx, sink);
                }
                _ => logs::text(window, format, cx, sink),
            }
            Ok(format)
        }
        Verdict::Known(_, Carrier::Parquet) => Ok(inventory::parquet(window, cx, sink)),
    }
}

/// Reads an empty file: what its command and how that ended may say something.
fn nothing(cx: &Context<'_>, sink: &mut Sink) -> Result<Format, String> {
    let Some(request) = cx.request else { return Err("empty".to_owned()) };
    match (request.operation(), request.exit) {
        (("s3api", "get-bucket-lifecycle-configuration"), Some(_))
            if request.error.as_deref() == Some("NoSuchLifecycleConfiguration") =>
        {
            s3::no_lifecycle(cx, sink);
            Ok(Format::BucketLifecycle)
        }
        (("s3api", "get-bucket-versioning"), Some(0)) => {
            s3::never_versioned(cx, sink);
            Ok(Format::BucketVersioning)
        }
        (_, Some(exit)) if exit != 0 => Err(match &request.error {
            Some(error) => format!("empty: its command failed with {error}"),
            None => "empty: its command failed".to_owned(),
        }),
        _ => Err("empty".to_owned()),
    }
}

/// Returns whether an answer `{}` is that of a bucket that never kept versions: its command says so, and did not fail.
fn tells_no_versions(request: Option<&Request>) -> bool {
    request.is_some_and(|request| {
        request.operation() == ("s3api", "get-bucket-versioning") && request.exit.is_none_or(|exit| exit == 0)
    })
}

/// Returns the format of a list without rows, which does not show what it is a list of: several services call theirs alike, and S3
/// leaves it out.
fn empty_listing(request: Option<&Request>, head: &[u8]) -> Option<Format> {
    let (format, sign) = match request?.operation() {
        ("s3api", "list-object-versions") => (Format::ObjectVersions, "RequestCharged"),
        ("s3api", "list-objects-v2" | "list-objects") => (Format::Objects, "RequestCharged"),
        ("events", "list-rules") => (Format::Rules, "Rules"),
        ("events", "list-targets-by-rule") => (Format::RuleTargets, "Targets"),
        ("sagemaker", "list-models") => (Format::Models, "Models"),
        _ => return None,
    };
    let answer: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(head).ok()?;
    let has_rows = |name: &str| answer.get(name).and_then(serde_json::Value::as_array).is_some_and(|rows| !rows.is_empty());
    (answer.contains_key(sign) && !["Versions", "DeleteMarkers", "Contents", sign].into_iter().any(has_rows)).then_some(format)
}

/// Ranks how faithfully a carrier keeps records: of several copies of one record, the best is used.
const fn fidelity(format: Format) -> u8 {
    match format {
        Format::CloudTrail => DELIVERED,
        Format::CloudTrailRecord => RECORDS,
        Format::LookupEvents | Format::LookupStrings | Format::LakeResults => ANSWERED,
        Format::TableCsv | Format::TableJson => LOSSY,
        _ => 3,
    }
}

/// The rank of files as `CloudTrail` delivers them.
pub(crate) const DELIVERED: u8 = 0;
/// The rank of records as they are.
pub(crate) const RECORDS: u8 = 1;
/// The rank of answers to queries.
pub(crate) const ANSWERED: u8 = 2;
/// The rank of carriers that drop or flatten parts of a record.
pub const LOSSY: u8 = 4;

/// Returns the encoding of text that is not UTF-8.
fn encoding_of(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    encoding::marked(head).or(match head {
        [b'{' | b'[' | b'"', 0, _, 0, ..] => Some(encoding_rs::UTF_16LE),
        [0, b'{' | b'[' | b'"', 0, _, ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    })
}

/// Reads JSON elements of a format; elements of other formats among them are read as what they are.
fn json(window: &mut Window<'_>, format: Format, layout: Layout, cx: &Context<'_>, sink: &mut Sink) {
    let mut reader = reader(format);
    let longest = cx.options.limits.element;
    let several = !(layout == Layout::Values && format != Format::CloudTrailRecord);
    let mut others: BTreeMap<Format, Option<Box<dyn Reader>>> = BTreeMap::new();
    let header = skim::skim(window, layout, longest, &mut |piece| match piece {
        Piece::Element(element) => {
            let place = place(layout, &element);
            // Lists hold one kind of thing; an array or a stream of values may hold several.
            let own = if layout == Layout::Members { Some((format, layout)) } else { recognise_element(&element, format) };
            match own {
                Some((Format::Envelope, _)) => envelope(&element, place, cx, sink),
                Some((own, _)) if own == format => match reader.as_mut() {
                    Some(reader) => reader.element(&element, place, cx, sink),
                    None => sink.defect(place, format.refusal()),
                },
                Some((own, Layout::Members)) => nested(element.bytes, own, &place, cx, sink),
                Some((own, _)) => match others.entry(own).or_insert_with(|| self::reader(own)) {
                    Some(reader) => reader.element(&element, place, cx, sink),
                    None => sink.defect(place, own.refusal()),
                },
                None => sink.defect(place, "JSON of no known format"),
            }
        }
        Piece::Damage(damage) => {
            let place = match damage.element {
                Some((list, index)) if layout != Layout::Values => locator(list, index),
                Some((_, index)) if several && index > 0 => locator("", index),
                _ => Locator::Place(format!("byte {}", damage.offset).into()),
            };
            sink.damaged(place, format!("{} (at byte {})", damage.message, damage.offset));
        }
    });
    let header = Header::of(&header);
    if let Some(reader) = reader.as_mut() {
        reader.finish(&header, cx, sink);
    }
    for reader in others.values_mut().flatten() {
        reader.finish(&header, cx, sink);
    }
}

/// Recognises an element of a stream; most are what the first one was.
fn recognise_element(element: &Element<'_>, expected: Format) -> Option<(Format, Layout)> {
    if expected == Format::CloudTrailRecord && element.bytes.starts_with(br#"{"eventVersion":"1."#) {
        return Some((expected, Layout::Values));
    }
    if matches!(expected, Format::S3Manifest | Format::MetricQueries | Format::EmptyAnswer) {
        return Some((expected, Layout::Values));
    }
    recognise::element(element.bytes)
}

/// Reads an answer with lists that is itself an element.
fn nested(text: &[u8], format: Format, base: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let outer = sink.enter(base);
    let layout = recognise::element(text).map_or(Layout::Members, |(_, layout)| layout);
    json(&mut Window::whole(text.to_vec(), text.len()), format, layout, cx, sink);
    sink.leave(outer);
}

/// Reads an answer in an envelope.
fn envelope(element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
    let (Some(command), Some(response)) = (element.field("modeltrail"), element.field("response")) else {
        return sink.defect(place, "an envelope without command or response");
    };
    let request = match Request::parse(command, Origin::Envelope) {
        Ok(request) => Some(request),
        Err(reason) => {
            sink.defect(place.clone(), reason);
            None
        }
    };
    let inner = Context { request: request.as_ref(), ..*cx };
    let base = Locator::Place(if place == Locator::Whole { "/response".into() } else { format!("{place}/response").into() });
    match recognise::element(response) {
        Some((Format::Envelope, _)) => sink.defect(place, "an envelope in an envelope"),
        Some((format, _)) if !format.is_read() => sink.defect(place, format.refusal()),
        Some((format, _)) => {
            if let Some(request) = &request {
                sink.asked_by(request);
            }
            nested(response, format, &base, &inner, sink);
        }
        None if response.trim_ascii() == b"{}" || response.trim_ascii() == b"[]" => {
            nested(response, Format::EmptyAnswer, &base, &inner, sink);
        }
        None => match empty_listing(request.as_ref(), response) {
            Some(format) => nested(response, format, &base, &inner, sink),
            None => sink.defect(place, "an envelope around JSON of no known format"),
        },
    }
}

/// Names the place of an element.
fn place(layout: Layout, element: &Element<'_>) -> Locator {
    match layout {
        Layout::Values if element.offset == 0 => Locator::Whole,
        Layout::Values | Layout::Array => locator("", element.index),
        Layout::Members => locator(element.list, element.index),
    }
}

/// Names the place of an element of a list; the keys of known lists are kept once for all.
fn locator(list: &str, index: u32) -> Locator {
    const LISTS: &[&str] = &[
        "",
        "Events",
        "events",
        "Versions",
        "DeleteMarkers",
        "Contents",
        "QueryResultRows",
        "results",
        "logEvents",
        "Results",
        "TrainingJobSummaries",
        "ProcessingJobSummaries",
        "PipelineExecutionSteps",
        "imageDetails",
        "Rules",
        "Targets",
        "MetricAlarms",
        "MetricDataResults",
        "Datapoints",
        "builds",
    ];
    // Nearly all elements that are ever read stand in this one.
    if list == "Records" {
        return Locator::Item { list: "Records", index };
    }
    match LISTS.iter().find(|known| **known == list) {
        Some(known) => Locator::Item { list: known, index },
        None => Locator::Place(format!("/{list}/{index}").into()),
    }
}

/// Reads each element as `T` and hands it on; the usual reader.
pub(crate) struct Each<T> {
    say: fn(T, &Locator, &Context<'_>, &mut Sink),
    end: fn(u64, &Header, &Context<'_>, &mut Sink),
    elements: u64,
}

impl<T: serde::de::DeserializeOwned + 'static> Each<T> {
    /// Returns a reader for answers that are one element.
    pub(crate) fn one(say: fn(T, &Locator, &Context<'_>, &mut Sink)) -> Option<Box<dyn Reader>> {
        Self::list(say, |_, _, _, _| {})
    }

    #[expect(clippy::unnecessary_wraps, reason = "what looks readers up by format returns them so")]
    /// Returns a reader for lists; `end` is told how many elements there were.
    pub(crate) fn list(
        say: fn(T, &Locator, &Context<'_>, &mut Sink),
        end: fn(u64, &Header, &Context<'_>, &mut Sink),
    ) -> Option<Box<dyn Reader>> {
        Some(Box::new(Self { say, end, elements: 0 }))
    }
}

impl<T: serde::de::DeserializeOwned> Reader for Each<T> {
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
        self.elements += 1;
        if let Some(value) = typed::<T>(element.bytes, &place, sink) {
            sink.record();
            (self.say)(value, &place, cx, sink);
        }
    }

    fn finish(&mut self, header: &Header, cx: &Context<'_>, sink: &mut Sink) {
        (self.end)(self.elements, header, cx, sink);
    }
}

/// Reads text as `T`; what does not fit is a defect.
pub(crate) fn typed<T: serde::de::DeserializeOwned>(text: &[u8], place: &Locator, sink: &mut Sink) -> Option<T> {
    told(crate::json::element::read(text), || place.clone(), sink)
}

/// Returns what was read; what had to be mended is noted, what does not fit is a defect.
pub(crate) fn told<T>(
    read: Result<(T, Option<&'static str>), serde_json::Error>,
    place: impl FnOnce() -> Locator,
    sink: &mut Sink,
) -> Option<T> {
    match read {
        Ok((value, None)) => Some(value),
        Ok((value, Some(note))) => {
            sink.note(place(), note);
            Some(value)
        }
        Err(error) => {
            sink.damaged(place(), format!("does not fit its format: {error}"));
            None
        }
    }
}
