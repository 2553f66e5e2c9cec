//! Files that jobs wrote or read and people keep beside the exports: evaluation results, manifests.

use serde_json::{Map, Value};

use super::sink::Sink;
use super::{Context, Each, Reader};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::metric::EvaluationStatement;
use crate::fact::object::ManifestStatement;
use crate::fact::s3::S3Uri;
use crate::recognise::Format;

/// Returns the reader of a job's file.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::Evaluation => Each::one(evaluation),
        Format::S3Manifest => Each::one(manifest),
        _ => None,
    }
}

/// Returns where the exhibit was copied from, if its command tells: `aws s3 cp s3://… x` or `aws s3api get-object`.
pub(super) fn origin(cx: &Context<'_>) -> Option<S3Uri> {
    let request = cx.request?;
    match request.operation() {
        ("s3", "cp" | "sync") => request.positional().and_then(S3Uri::parse),
        ("s3api", "get-object") => Some(S3Uri::new(request.option("bucket")?, request.option("key")?)),
        _ => None,
    }
}

fn evaluation(results: Map<String, Value>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let mut metrics = Vec::new();
    for group in results.values().filter_map(Value::as_object) {
        for (name, metric) in group {
            let value = metric.get("value").and_then(Value::as_f64).or_else(|| metric.as_f64());
            metrics.extend(value.map(|value| (name.clone(), value)));
        }
    }
    let uri = origin(cx);
    if uri.is_some() {
        sink.uses_request();
    }
    let statement = EvaluationStatement { uri, path: cx.path.to_owned(), metrics };
    sink.say(place, Source::Output, cx.captured(), Statement::Evaluation(Box::new(statement)));
}

/// Reads `[{"prefix": "s3://b/p/"}, "a", "b"]`.
fn manifest(entries: Vec<Value>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let prefix = entries.first().and_then(|first| first.get("prefix")).and_then(Value::as_str).unwrap_or_default();
    let objects = entries.iter().skip(1).filter_map(Value::as_str).filter_map(|entry| S3Uri::parse(&format!("{prefix}{entry}")));
    let uri = origin(cx);
    if uri.is_some() {
        sink.uses_request();
    }
    let statement = ManifestStatement { uri, path: cx.path.to_owned(), objects: objects.collect() };
    sink.say(place, Source::Output, cx.captured(), Statement::Manifest(Box::new(statement)));
}
