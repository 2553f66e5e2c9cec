//! `CloudWatch` metric data. `get-metric-data` answers without saying what was asked: its query file, kept beside it, does.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::sink::Sink;
use super::{Context, Each, Reader};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::metric::MetricStatement;
use crate::json::scalar::{Moment, Real, Text, Whole};
use crate::recognise::Format;
use crate::time::Instant;

/// Returns the reader of metric data.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::MetricData => Each::one(result),
        Format::MetricQueries => Each::one(query),
        Format::MetricStatistics => Each::one(statistics),
        _ => None,
    }
}

/// Returns the folder that an exhibit lies in.
fn folder(cx: &Context<'_>) -> String {
    cx.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct MetricResult {
    id: Text,
    label: Text,
    timestamps: Vec<Moment>,
    values: Vec<Real>,
    status_code: Text,
}

fn result(result: MetricResult, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    if let Some(status) = result.status_code.0.filter(|status| status != "Complete") {
        sink.note(place.clone(), format!("the data is not whole: {status}"));
    }
    let pairs = result.timestamps.into_iter().zip(result.values);
    let points = pairs.filter_map(|(at, value)| Some((at.0?, value.0?))).collect();
    let statement = MetricStatement {
        folder: folder(cx),
        home: cx.home(),
        id: result.id.0,
        metric: result.label.0,
        points: sorted(points),
        ..MetricStatement::default()
    };
    say(statement, place, sink);
}

fn sorted(mut points: Vec<(Instant, f64)>) -> Vec<(Instant, f64)> {
    points.sort_by(|left, right| left.0.cmp(&right.0).then(left.1.total_cmp(&right.1)));
    points
}

fn say(statement: MetricStatement, place: &Locator, sink: &mut Sink) {
    let ends = statement.points.first().zip(statement.points.last());
    if let Some((first, last)) = ends {
        sink.seen(first.0);
        sink.seen(last.0);
    }
    let time = statement.points.last().map(|(at, _)| *at);
    sink.say(place, Source::Metrics, time, Statement::Metric(Box::new(statement)));
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Query {
    id: Text,
    metric_stat: MetricStat,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct MetricStat {
    metric: Metric,
    period: Whole,
    stat: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Metric {
    namespace: Text,
    metric_name: Text,
    dimensions: Vec<Dimension>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Dimension {
    name: Text,
    value: Text,
}

fn query(query: Query, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let metric = query.metric_stat.metric;
    let dimensions: BTreeMap<String, String> =
        metric.dimensions.into_iter().filter_map(|dimension| Some((dimension.name.0?, dimension.value.0?))).collect();
    let statement = MetricStatement {
        folder: folder(cx),
        home: cx.home(),
        id: query.id.0,
        namespace: metric.namespace.0,
        metric: metric.metric_name.0,
        statistic: query.metric_stat.stat.0,
        period: query.metric_stat.period.0,
        dimensions,
        points: Vec::new(),
    };
    say(statement, place, sink);
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Statistics {
    label: Text,
    datapoints: Vec<Datapoint>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Datapoint {
    timestamp: Moment,
    sum: Real,
}

/// Reads `get-metric-statistics`: its command tells the dimensions, as `Name=EndpointName,Value=x` words.
fn statistics(statistics: Statistics, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let points = statistics.datapoints.into_iter().filter_map(|point| Some((point.timestamp.0?, point.sum.0?))).collect();
    let mut dimensions = BTreeMap::new();
    for word in cx.request.map(|request| request.argv.as_slice()).unwrap_or_default() {
        if let Some((name, value)) = word.strip_prefix("Name=").and_then(|rest| rest.split_once(",Value=")) {
            dimensions.insert(name.to_owned(), value.to_owned());
        }
    }
    let asked = cx.option("namespace").map(str::to_owned);
    if asked.is_some() {
        sink.uses_request();
    } else {
        sink.note(place.clone(), "it does not say which endpoint it is about; keep the command in a sidecar");
    }
    let statement = MetricStatement {
        folder: folder(cx),
        home: cx.home(),
        id: None,
        namespace: asked,
        metric: statistics.label.0,
        statistic: Some("Sum".to_owned()),
        period: cx.option("period").and_then(|period| period.parse().ok()),
        dimensions,
        points: sorted(points),
    };
    say(statement, place, sink);
}
