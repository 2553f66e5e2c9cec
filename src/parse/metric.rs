//! `CloudWatch` metric data: `get-metric-data`, `get-metric-statistics`, metric streams.
//!
//! `get-metric-data` answers without saying what was asked: its query file, kept beside it, does, or the query in its command.
//! A metric without a point in a period is silent in every format: no data and lost data look the same.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::alarm::MetricStat;
use super::sink::Sink;
use super::{Context, Each, Header, Reader, typed};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::arn::Home;
use crate::fact::metric::MetricStatement;
use crate::json::element;
use crate::json::scalar::{Moment, Real, Text};
use crate::json::skim::Element;
use crate::recognise::Format;
use crate::time::{Instant, Seconds};

/// Returns the reader of metric data.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::MetricData => Each::list(result, asked),
        Format::MetricQueries => Each::one(query),
        Format::MetricStatistics => Each::one(statistics),
        Format::MetricStream => Some(Box::new(Stream::default())),
        _ => None,
    }
}

/// Returns the folder that an exhibit lies in.
fn folder(cx: &Context<'_>) -> String {
    cx.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
}

/// Returns the interval that the command asked for.
fn interval(cx: &Context<'_>) -> Option<(Instant, Instant)> {
    let time = |name: &str| cx.option(name).and_then(|text| Instant::parse(text, true));
    time("start-time").zip(time("end-time")).filter(|(from, to)| from < to)
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
    let status = result.status_code.0.filter(|status| status != "Complete");
    if let Some(status) = &status {
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
        asked: interval(cx),
        cut: status.is_some(),
        ..MetricStatement::default()
    };
    say(statement, place, sink);
}

/// Reads the queries that stand in the command itself.
fn asked(_: u64, header: &Header, cx: &Context<'_>, sink: &mut Sink) {
    if header.is_cut() {
        sink.note(Locator::Whole, "the data goes on in an answer that is not here (it ends with a live token)");
    }
    let Some(queries) = cx.option("metric-data-queries").filter(|text| text.starts_with('[')) else { return };
    match element::read::<Vec<Query>>(queries.as_bytes()) {
        Ok((queries, _)) => {
            sink.uses_request();
            for own in queries {
                query(own, &Locator::Whole, cx, sink);
            }
        }
        Err(error) => sink.note(Locator::Whole, format!("the queries in its command do not fit: {error}")),
    }
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
    account_id: Text,
    metric_stat: MetricStat,
}

fn query(query: Query, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let measure = query.metric_stat.measure();
    let mut home = cx.home();
    home.account = query.account_id.0.or(home.account);
    let statement = MetricStatement {
        folder: folder(cx),
        home,
        id: query.id.0,
        namespace: measure.namespace,
        metric: measure.metric,
        statistic: measure.statistic,
        period: measure.period,
        unit: measure.unit,
        dimensions: measure.dimensions,
        ..MetricStatement::default()
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
    sample_count: Real,
    average: Real,
    sum: Real,
    minimum: Real,
    maximum: Real,
    unit: Text,
    extended_statistics: BTreeMap<String, Real>,
}

/// Points by statistic.
type ByStatistic = BTreeMap<String, Vec<(Instant, f64)>>;

/// Reads `get-metric-statistics`: its command tells the dimensions, as `Name=EndpointName,Value=x` words. Each statistic in the
/// answer is a series of its own.
fn statistics(statistics: Statistics, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let mut series = ByStatistic::new();
    let mut units: Vec<String> = Vec::new();
    for point in statistics.datapoints {
        let Some(at) = point.timestamp.0 else { continue };
        let simple = [
            ("SampleCount", point.sample_count),
            ("Average", point.average),
            ("Sum", point.sum),
            ("Minimum", point.minimum),
            ("Maximum", point.maximum),
        ];
        let simple = simple.into_iter().map(|(name, value)| (name.to_owned(), value));
        for (name, value) in simple.chain(point.extended_statistics) {
            if let Some(value) = value.0 {
                series.entry(name).or_default().push((at, value));
            }
        }
        units.extend(point.unit.0);
    }
    units.sort();
    units.dedup();
    if units.len() > 1 {
        // Points of one period in several units are several metrics that nothing tells apart.
        sink.note(place.clone(), format!("its points have several units: {}", units.join(", ")));
    }
    if series.is_empty() {
        // No data is an answer, too, where the command tells what was asked.
        let asked = cx.option("statistics").or_else(|| cx.option("extended-statistics")).unwrap_or("Sum");
        series.insert(asked.to_owned(), Vec::new());
    }
    let mut dimensions = BTreeMap::new();
    for word in cx.request.map(|request| request.argv.as_slice()).unwrap_or_default() {
        if let Some((name, value)) = word.strip_prefix("Name=").and_then(|rest| rest.split_once(",Value=")) {
            dimensions.insert(name.to_owned(), value.to_owned());
        }
    }
    let namespace = cx.option("namespace").map(str::to_owned);
    if namespace.is_some() {
        sink.uses_request();
    } else {
        sink.note(place.clone(), "it does not say which endpoint it is about; keep the command in a sidecar");
    }
    for (statistic, points) in series {
        let statement = MetricStatement {
            folder: folder(cx),
            home: cx.home(),
            namespace: namespace.clone(),
            metric: cx.option("metric-name").map(str::to_owned).or_else(|| statistics.label.0.clone()),
            statistic: Some(statistic),
            period: cx.option("period").and_then(|period| period.parse().ok()),
            dimensions: dimensions.clone(),
            unit: units.first().filter(|_| units.len() == 1).cloned().or_else(|| cx.option("unit").map(str::to_owned)),
            asked: interval(cx),
            points: sorted(points),
            ..MetricStatement::default()
        };
        say(statement, place, sink);
    }
}

/// The period of a metric stream: it sends one set of values for each minute.
const STREAM_PERIOD: Seconds = 60;

/// Collects a metric stream: one object for each metric and minute, sent again when late data changes it.
#[derive(Default)]
struct Stream {
    series: BTreeMap<Streamed, BTreeMap<Instant, BTreeMap<String, f64>>>,
}

/// What tells one metric of a stream from the others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Streamed {
    home: Home,
    namespace: Option<String>,
    metric: Option<String>,
    dimensions: BTreeMap<String, String>,
    unit: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StreamRecord {
    account_id: Text,
    region: Text,
    namespace: Text,
    metric_name: Text,
    dimensions: BTreeMap<String, Text>,
    timestamp: Moment,
    value: BTreeMap<String, Real>,
    unit: Text,
}

impl Reader for Stream {
    fn element(&mut self, element: &Element<'_>, place: Locator, _: &Context<'_>, sink: &mut Sink) {
        let Some(record) = typed::<StreamRecord>(element.bytes, &place, sink) else { return };
        sink.record();
        let Some(at) = record.timestamp.0 else { return sink.damaged(place, "a metric without a time") };
        let key = Streamed {
            home: Home { account: record.account_id.0, region: record.region.0 },
            namespace: record.namespace.0,
            metric: record.metric_name.0,
            dimensions: record.dimensions.into_iter().filter_map(|(name, value)| Some((name, value.0?))).collect(),
            unit: record.unit.0,
        };
        let values: BTreeMap<String, f64> = record.value.into_iter().filter_map(|(name, value)| Some((name, value.0?))).collect();
        let count = |values: &BTreeMap<String, f64>| values.get("count").copied().unwrap_or(0.0);
        let known = self.series.entry(key).or_default().entry(at).or_default();
        if count(&values) >= count(known) {
            *known = values;
        }
    }

    fn finish(&mut self, _: &Header, cx: &Context<'_>, sink: &mut Sink) {
        for (key, minutes) in std::mem::take(&mut self.series) {
            let mut by_statistic = ByStatistic::new();
            for (at, values) in minutes {
                let average = values.get("sum").zip(values.get("count")).filter(|(_, count)| **count > 0.0);
                if let Some((sum, count)) = average {
                    by_statistic.entry("Average".to_owned()).or_default().push((at, sum / count));
                }
                for (name, value) in values {
                    let name = match name.as_str() {
                        "count" => "SampleCount",
                        "sum" => "Sum",
                        "min" => "Minimum",
                        "max" => "Maximum",
                        other => other,
                    };
                    by_statistic.entry(name.to_owned()).or_default().push((at, value));
                }
            }
            for (statistic, points) in by_statistic {
                let statement = MetricStatement {
                    folder: folder(cx),
                    home: key.home.clone(),
                    namespace: key.namespace.clone(),
                    metric: key.metric.clone(),
                    statistic: Some(statistic),
                    period: Some(STREAM_PERIOD),
                    dimensions: key.dimensions.clone(),
                    unit: key.unit.clone(),
                    points,
                    ..MetricStatement::default()
                };
                say(statement, &Locator::Whole, sink);
            }
        }
    }
}
