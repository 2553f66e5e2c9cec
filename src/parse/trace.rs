//! Traces of AWS X-Ray and of OpenTelemetry (OTLP as JSON).
//!
//! X-Ray lists traces in short: when each began, how long it took, which services it passed. In full, it answers with traces, each of several segments whose `Document` is JSON in a string; segments hold subsegments, to any
//! depth. OTLP is a list of spans by resource and scope, with times in nanoseconds written as text. Both say when a part began and
//! ended and what it is called; which endpoint it asked stands in `aws.endpoint_name` (X-Ray) or in an attribute (OTLP).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::sagemaker::job::listed;
use super::sink::Sink;
use super::{Context, Each, Reader};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::call::Listed;
use crate::fact::trace::{TraceSpan, TraceStatement};
use crate::json::scalar::Moment;
use crate::recognise::Format;
use crate::time::Instant;

/// Returns the reader of traces.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::Traces => Each::one(xray),
        Format::TraceSummaries => Each::list(summary, |rows, header, cx, sink| listed(Listed::Traces, rows, header, cx, sink)),
        Format::OtlpTraces => Each::one(otlp),
        _ => None,
    }
}

/// Attributes of OTLP that name an endpoint: that of the AWS SDK's instrumentation, and what people set.
const ENDPOINT: &[&str] =
    &["aws.sagemaker.endpoint.name", "aws.sagemaker.endpoint_name", "sagemaker.endpoint_name", "endpoint_name"];

fn say(trace: String, spans: Vec<TraceSpan>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let first = spans.iter().map(|span| span.from).min();
    let statement = TraceStatement { home: cx.home(), trace, is_summary: false, spans };
    sink.say(place, Source::Traces, first, Statement::Trace(Box::new(statement)));
}

/// Reads a row of a list: the services that the trace passed, and the endpoint that an annotation names.
fn summary(record: Map<String, Value>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let Some(trace) = text(&record, "Id") else { return sink.damaged(place.clone(), "a trace without an id") };
    let stated = record.get("StartTime").and_then(|value| serde_json::from_value::<Moment>(value.clone()).ok()?.0);
    let Some(from) = stated.or_else(|| born(&trace)) else {
        return sink.damaged(place.clone(), "a trace that does not say when it began");
    };
    let seconds = record.get("Duration").and_then(Value::as_f64).filter(|seconds| (0.0..1e9).contains(seconds));
    #[expect(clippy::cast_possible_truncation, reason = "less than 10^15, and a part of a microsecond is no loss")]
    let to = seconds.map(|seconds| Instant::from_micros(from.micros() + (seconds * 1e6) as i64));
    let annotated = record.get("Annotations").and_then(|all| list(all.get("endpoint_name")).next());
    let endpoint = annotated.and_then(|own| own.get("AnnotationValue")?.get("StringValue")?.as_str()).map(str::to_owned);
    let mut names: Vec<String> =
        list(record.get("ServiceIds")).filter_map(|service| text(service.as_object()?, "Name")).chain(endpoint.clone()).collect();
    names.sort();
    names.dedup();
    let spans = names.into_iter().map(|name| TraceSpan { name, from, to, endpoint: endpoint.clone() }).collect();
    let statement = TraceStatement { home: cx.home(), trace, is_summary: true, spans };
    sink.say(place, Source::Traces, Some(from), Statement::Trace(Box::new(statement)));
}

/// Returns when a trace began, as X-Ray's ids say: `1-5f84c7a1-…` holds it in seconds.
fn born(trace: &str) -> Option<Instant> {
    let seconds = trace.strip_prefix("1-")?.get(..8)?;
    u32::from_str_radix(seconds, 16).ok().map(|seconds| Instant::from_seconds(i64::from(seconds)))
}

/// Reads a trace with its segments, or a segment's document alone.
fn xray(record: Map<String, Value>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let mut spans = Vec::new();
    let mut named = text(&record, "Id").or_else(|| text(&record, "trace_id"));
    match record.get("Segments").and_then(Value::as_array) {
        Some(segments) => {
            for (number, segment) in segments.iter().enumerate() {
                // Pasted traces hold the document as it is.
                let document = match segment.get("Document") {
                    Some(Value::String(text)) => serde_json::from_str(text).ok(),
                    other => other.cloned(),
                };
                let Some(Value::Object(document)) = document else {
                    let at = Locator::Place(format!("{place}/Segments/{number}/Document").into());
                    sink.defect(at, "a segment without a document that can be read");
                    continue;
                };
                named = named.or_else(|| text(&document, "trace_id"));
                parts(&document, &mut spans);
            }
        }
        None => parts(&record, &mut spans),
    }
    match named {
        Some(trace) if !spans.is_empty() => say(trace, spans, place, cx, sink),
        _ => sink.damaged(place.clone(), "a trace without an id or without a part that has a time"),
    }
}

/// Reads a segment or subsegment and what it holds. The depth is bounded by the JSON reader's.
fn parts(document: &Map<String, Value>, spans: &mut Vec<TraceSpan>) {
    let time = |key: &str| document.get(key).and_then(Value::as_f64).and_then(Instant::from_number);
    // A copy of what the caller saw, made for a service that sends nothing itself.
    let inferred = document.get("inferred").and_then(Value::as_bool) == Some(true);
    if let (Some(name), Some(from), false) = (text(document, "name"), time("start_time"), inferred) {
        let of_aws = document.get("aws").and_then(Value::as_object);
        let endpoint = of_aws.and_then(|aws| text(aws, "endpoint_name"));
        let annotated = document.get("annotations").and_then(Value::as_object).and_then(|own| text(own, "endpoint_name"));
        spans.push(TraceSpan { name, from, to: time("end_time").filter(|to| *to >= from), endpoint: endpoint.or(annotated) });
    }
    let inner = document.get("subsegments").and_then(Value::as_array);
    for document in inner.into_iter().flatten().filter_map(Value::as_object) {
        parts(document, spans);
    }
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Reads an export of spans, which may tell of many traces.
fn otlp(record: Map<String, Value>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let mut traces: BTreeMap<String, Vec<TraceSpan>> = BTreeMap::new();
    for (number, resource) in list(record.get("resourceSpans")).enumerate() {
        let of_resource = resource.get("resource").and_then(|resource| endpoint(resource.get("attributes")));
        for scope in list(resource.get("scopeSpans")) {
            for span in list(scope.get("spans")) {
                let Some((trace, span)) = timed(span, of_resource.as_deref()) else {
                    let at = Locator::Place(format!("/resourceSpans/{number}").into());
                    sink.defect(at, "a span without `traceId`, `name` or `startTimeUnixNano`");
                    continue;
                };
                traces.entry(trace).or_default().push(span);
            }
        }
    }
    for (trace, spans) in traces {
        say(trace, spans, place, cx, sink);
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// Reads a span of OTLP.
fn timed(span: &Value, of_resource: Option<&str>) -> Option<(String, TraceSpan)> {
    let span = span.as_object()?;
    let nanos = |key: &str| {
        let value = span.get(key)?;
        let nanos = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
        (nanos > 0).then(|| Instant::from_micros(nanos / 1_000))
    };
    let from = nanos("startTimeUnixNano")?;
    let endpoint = endpoint(span.get("attributes")).or_else(|| of_resource.map(str::to_owned));
    let to = nanos("endTimeUnixNano").filter(|to| *to >= from);
    Some((text(span, "traceId")?, TraceSpan { name: text(span, "name")?, from, to, endpoint }))
}

/// Returns the endpoint that attributes name.
fn endpoint(attributes: Option<&Value>) -> Option<String> {
    list(attributes)
        .find(|attribute| attribute.get("key").and_then(Value::as_str).is_some_and(|key| ENDPOINT.contains(&key)))
        .and_then(|attribute| attribute.get("value")?.get("stringValue")?.as_str())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(document: &str) -> Vec<TraceSpan> {
        let mut spans = Vec::new();
        let document: Value = serde_json::from_str(document).unwrap();
        parts(document.as_object().unwrap(), &mut spans);
        spans
    }

    #[test]
    fn parts_of_parts_are_read_and_copies_left_out() {
        let text = r#"{"name":"api","start_time":1772445720.1,"end_time":1772445721.4,"subsegments":[
            {"name":"SageMakerRuntime","start_time":1772445720.2,"in_progress":true,"aws":{"endpoint_name":"Risk"}},
            {"name":"copy","start_time":1772445720.2,"end_time":1772445721.3,"inferred":true}]}"#;
        let spans = spans(text);
        let told: Vec<(&str, Option<i64>, Option<&str>)> = spans
            .iter()
            .map(|span| (span.name.as_str(), span.to.map(|to| to.micros() - span.from.micros()), span.endpoint.as_deref()))
            .collect();
        assert_eq!(told, [("api", Some(1_300_000), None), ("SageMakerRuntime", None, Some("Risk"))]);
    }

    #[test]
    fn ids_of_xray_say_when_a_trace_began() {
        assert_eq!(born("1-5f84c7a1-7d3e0a2b9c4f5e6d7a8b9c0d"), Some(Instant::from_seconds(0x5f84_c7a1)));
        for other in ["1-5f84c7", "5f84c7a17d3e0a2b9c4f5e6d7a8b9c0d", "1-zzzzzzzz-7d3e", "1-\u{e9}\u{e9}\u{e9}\u{e9}x"] {
            assert_eq!(born(other), None, "{other}");
        }
    }

    #[test]
    fn spans_of_otlp_have_nanoseconds_as_text_or_number() {
        let span = |start: &str| {
            let text = format!(
                r#"{{"traceId":"t","name":"predict","startTimeUnixNano":{start},"endTimeUnixNano":"1772445720890000999"}}"#
            );
            timed(&serde_json::from_str(&text).unwrap(), Some("risk"))
        };
        for start in ["\"1772445720000000999\"", "1772445720000000999"] {
            let (trace, span) = span(start).unwrap();
            assert_eq!((trace.as_str(), span.endpoint.as_deref()), ("t", Some("risk")));
            assert_eq!(span.to.map(|to| to.micros() - span.from.micros()), Some(890_000));
        }
        assert_eq!(span("\"soon\""), None);
    }
}
