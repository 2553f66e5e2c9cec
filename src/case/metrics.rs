//! Metric data, put together: answers joined with their queries, exports that overlap joined into one series.
//!
//! A series is one statistic of one metric at one period. Where a series of a longer period is wanted, it is made from a shorter
//! one only as far as that is exact: sums and counts add up, the least and greatest of the parts are those of the whole, an
//! average needs the counts. A percentile of the parts tells nothing exact of the whole, so percentiles are never put together.

use std::collections::{BTreeMap, BTreeSet};

use super::said::Said;
use crate::evidence::citation::Citation;
use crate::fact::alarm::Measure;
use crate::fact::arn::Home;
use crate::fact::metric::MetricStatement;
use crate::time::{Instant, Seconds};

/// One statistic of one metric at one period.
#[derive(Clone, Debug)]
pub struct Series {
    /// Account and region, as far as the export tells.
    pub home: Home,
    /// Namespace.
    pub namespace: Option<String>,
    /// Metric.
    pub metric: String,
    /// Dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// Statistic.
    pub statistic: String,
    /// Unit, where it is known.
    pub unit: Option<String>,
    /// What was measured.
    pub data: Data,
}

/// Values by period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    /// Length of a period.
    pub period: Seconds,
    /// Values by the start of their period, sorted.
    pub points: Vec<(Instant, f64)>,
    /// Intervals that were exported, sorted and apart: in them, a period without a point had no data.
    pub spans: Vec<(Instant, Instant)>,
    /// Where it is said.
    pub cites: Vec<Citation>,
}

/// All metric data.
#[derive(Debug, Default)]
pub struct Metrics {
    series: Vec<Series>,
}

/// What makes points those of one series.
type Key = (Home, Option<String>, String, BTreeMap<String, String>, String, Option<String>, Seconds);

impl Metrics {
    pub(super) fn build(said: Vec<Said<MetricStatement>>) -> Self {
        let queries: BTreeMap<(String, String), MetricStatement> = said
            .iter()
            .filter(|said| is_query(&said.says))
            .filter_map(|said| Some(((said.says.folder.clone(), said.says.id.clone()?), said.says.clone())))
            .collect();
        let mut series: BTreeMap<Key, Data> = BTreeMap::new();
        for said in said {
            let mut says = said.says;
            // An answer without points tells that there was no data, where it is known of when.
            if is_query(&says) || (says.points.is_empty() && says.asked.is_none()) {
                continue;
            }
            if let Some(query) = says.id.clone().and_then(|id| queries.get(&(says.folder.clone(), id))) {
                says.namespace.clone_from(&query.namespace);
                says.metric.clone_from(&query.metric);
                says.statistic.clone_from(&query.statistic);
                says.period = query.period;
                says.unit.clone_from(&query.unit);
                says.dimensions.clone_from(&query.dimensions);
                says.home.account = query.home.account.clone().or(says.home.account);
            }
            let (Some(metric), Some(statistic)) = (says.metric, says.statistic) else { continue };
            let spacing = says.points.windows(2).map(|pair| pair[1].0.since(pair[0].0)).filter(|spacing| *spacing > 0).min();
            let period = says.period.filter(|period| *period > 0).or(spacing).unwrap_or(60);
            let key = (says.home, says.namespace, metric, says.dimensions, statistic, says.unit, period);
            let data = series.entry(key).or_insert_with(|| Data { period, ..Data::default() });
            let ends = says.points.first().zip(says.points.last()).map(|(first, last)| (first.0, last.0.plus(period)));
            // What an answer lacks is not known to be missing.
            let asked = says.asked.filter(|_| !says.cut).map(|(from, to)| (from.rounded_up(period), to));
            data.spans.extend(joined(ends, asked).filter(|(from, to)| from < to));
            data.points.extend(says.points);
            data.cites.push(said.cite);
        }
        let series = series.into_iter().map(|((home, namespace, metric, dimensions, statistic, unit, _), data)| Series {
            home,
            namespace,
            metric,
            dimensions,
            statistic,
            unit,
            data: data.tidy(),
        });
        Self { series: series.collect() }
    }

    /// Returns all series.
    pub fn iter(&self) -> std::slice::Iter<'_, Series> {
        self.series.iter()
    }

    /// Returns what was measured of `measure` at its period, for a resource that lives at `home`; nothing where the evidence does
    /// not hold it, and it cannot be made exactly from what the evidence holds.
    pub fn of(&self, measure: &Measure, home: &Home) -> Option<Data> {
        let wanted = measure.period?;
        let statistic = measure.statistic.as_deref()?;
        let of = |statistic: &str, fits: &dyn Fn(Seconds) -> bool| {
            let is = |series: &&Series| {
                series.is_of(measure, home) && series.statistic.eq_ignore_ascii_case(statistic) && fits(series.data.period)
            };
            // The shortest period that fits: it is nearest to what was measured.
            self.series.iter().filter(is).min_by_key(|series| series.data.period).map(|series| series.data.clone())
        };
        if let Some(exact) = of(statistic, &|period| period == wanted) {
            return Some(exact);
        }
        let shorter = |period: Seconds| period < wanted && wanted % period == 0;
        match statistic.to_ascii_lowercase().as_str() {
            "sum" | "samplecount" => of(statistic, &shorter).map(|data| data.grouped(wanted, |values| values.iter().sum())),
            "minimum" => {
                of(statistic, &shorter).map(|data| data.grouped(wanted, |values| values.iter().copied().fold(f64::MAX, f64::min)))
            }
            "maximum" => {
                of(statistic, &shorter).map(|data| data.grouped(wanted, |values| values.iter().copied().fold(f64::MIN, f64::max)))
            }
            "average" => {
                let counts = of("SampleCount", &shorter)?;
                let same = |period: Seconds| period == counts.period;
                let sums = match of("Sum", &same) {
                    Some(sums) => sums,
                    None => of("Average", &same)?.with(&counts, |average, count| average * count),
                };
                let counts = counts.grouped(wanted, |values| values.iter().sum());
                Some(sums.grouped(wanted, |values| values.iter().sum()).with(&counts, |sum, count| sum / count))
            }
            _ => None,
        }
    }
}

/// Returns whether a statement says what an answer is of, and is none: answers that carry an id do not name what they measure.
fn is_query(says: &MetricStatement) -> bool {
    says.points.is_empty() && says.id.is_some() && (says.namespace.is_some() || says.statistic.is_some())
}

/// Returns the intervals that an answer speaks of: where its points lie, and what it was asked for.
fn joined(ends: Option<(Instant, Instant)>, asked: Option<(Instant, Instant)>) -> impl Iterator<Item = (Instant, Instant)> {
    ends.into_iter().chain(asked)
}

impl Series {
    /// Returns whether it measures `measure`, whatever the statistic and period, of a resource that lives at `home`.
    pub fn is_of(&self, measure: &Measure, home: &Home) -> bool {
        let fits = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
        self.namespace == measure.namespace
            && measure.metric.as_deref() == Some(self.metric.as_str())
            && self.dimensions == measure.dimensions
            && fits(&self.unit, &measure.unit)
            && fits(&self.home.account, &home.account)
            && fits(&self.home.region, &home.region)
    }
}

impl Data {
    fn tidy(mut self) -> Self {
        // Of two values of one period the greater stands: late data is added to what was there.
        self.points.sort_by(|left, right| left.0.cmp(&right.0).then(right.1.total_cmp(&left.1)));
        self.points.dedup_by_key(|point| point.0);
        self.spans.sort();
        let mut spans: Vec<(Instant, Instant)> = Vec::new();
        for (from, to) in self.spans {
            match spans.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => spans.push((from, to)),
            }
        }
        self.spans = spans;
        self.cites.sort();
        self.cites.dedup();
        self
    }

    /// Puts values together by a longer period. Periods that were not exported whole are left out.
    fn grouped(self, period: Seconds, of: impl Fn(&[f64]) -> f64) -> Self {
        let spans: Vec<(Instant, Instant)> = self
            .spans
            .iter()
            .map(|(from, to)| (from.rounded_up(period), to.rounded_down(period)))
            .filter(|(from, to)| from < to)
            .collect();
        let mut groups: BTreeMap<Instant, Vec<f64>> = BTreeMap::new();
        for (at, value) in &self.points {
            let start = at.rounded_down(period);
            if spans.iter().any(|(from, to)| *from <= start && start < *to) {
                groups.entry(start).or_default().push(*value);
            }
        }
        let points = groups.into_iter().map(|(at, values)| (at, of(&values))).collect();
        Self { period, points, spans, cites: self.cites }
    }

    /// Puts each value together with that of the same period of another series.
    fn with(self, other: &Self, of: impl Fn(f64, f64) -> f64) -> Self {
        let others: BTreeMap<Instant, f64> = other.points.iter().copied().collect();
        let cites: BTreeSet<Citation> = self.cites.into_iter().chain(other.cites.iter().cloned()).collect();
        let points = self.points.into_iter().filter_map(|(at, value)| Some((at, of(value, *others.get(&at)?))));
        let points = points.filter(|(_, value)| value.is_finite()).collect();
        Self { points, cites: cites.into_iter().collect(), ..self }
    }

    /// Returns the value of a period.
    pub fn value(&self, at: Instant) -> Option<f64> {
        self.points.binary_search_by_key(&at, |point| point.0).ok().map(|found| self.points[found].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::citation::{ExhibitId, Locator, Source};

    fn said(statistic: &str, period: Seconds, points: &[(i64, f64)]) -> Said<MetricStatement> {
        let points: Vec<(Instant, f64)> = points.iter().map(|(at, value)| (Instant::from_seconds(*at), *value)).collect();
        let says = MetricStatement {
            namespace: Some("AWS/SageMaker".to_owned()),
            metric: Some("ModelLatency".to_owned()),
            statistic: Some(statistic.to_owned()),
            period: Some(period),
            points,
            ..MetricStatement::default()
        };
        let exhibit = ExhibitId { file: 0, entry: 0 };
        let cite =
            Citation { exhibit, locator: Locator::Whole, source: Source::Metrics, time: None, event_id: None, excerpt: None };
        Said { says, by: None, cite }
    }

    fn wanted(statistic: &str, period: Seconds) -> Measure {
        Measure {
            namespace: Some("AWS/SageMaker".to_owned()),
            metric: Some("ModelLatency".to_owned()),
            statistic: Some(statistic.to_owned()),
            period: Some(period),
            ..Measure::default()
        }
    }

    fn values(metrics: &Metrics, statistic: &str, period: Seconds) -> Option<Vec<f64>> {
        let data = metrics.of(&wanted(statistic, period), &Home::default())?;
        Some(data.points.iter().map(|(_, value)| *value).collect())
    }

    #[test]
    fn what_adds_up_is_put_together_and_percentiles_are_not() {
        let minutes = |values: [f64; 4]| -> Vec<(i64, f64)> { (0..).map(|minute| minute * 60).zip(values).collect() };
        let metrics = Metrics::build(vec![
            said("Sum", 60, &minutes([1.0, 2.0, 3.0, 4.0])),
            said("Average", 60, &minutes([10.0, 20.0, 30.0, 40.0])),
            said("SampleCount", 60, &minutes([1.0, 1.0, 1.0, 3.0])),
            said("Maximum", 60, &minutes([5.0, 7.0, 6.0, 9.0])),
            said("p95", 60, &minutes([5.0, 7.0, 6.0, 9.0])),
        ]);
        assert_eq!(values(&metrics, "Sum", 120), Some(vec![3.0, 7.0]));
        assert_eq!(values(&metrics, "Maximum", 120), Some(vec![7.0, 9.0]));
        // From sums and counts, where both are there.
        assert_eq!(values(&metrics, "Average", 120), Some(vec![1.5, 1.75]));
        assert_eq!((values(&metrics, "p95", 120), values(&metrics, "p95", 60).map(|all| all.len())), (None, Some(4)));
        assert_eq!(values(&metrics, "Sum", 90), None);
    }

    #[test]
    fn an_average_needs_its_counts() {
        let points = [(0, 10.0), (60, 40.0)];
        let alone = Metrics::build(vec![said("Average", 60, &points)]);
        assert_eq!(values(&alone, "Average", 120), None);
        let counted = Metrics::build(vec![said("Average", 60, &points), said("SampleCount", 60, &[(0, 1.0), (60, 2.0)])]);
        assert_eq!(values(&counted, "Average", 120), Some(vec![30.0]));
    }

    #[test]
    fn an_empty_answer_with_its_query_tells_that_there_was_no_data() {
        let (from, to) = (Instant::from_seconds(0), Instant::from_seconds(3_600));
        let with_id = |of: Said<MetricStatement>| {
            let says = MetricStatement { id: Some("m1".to_owned()), folder: "f".to_owned(), ..of.says };
            Said { says, ..of }
        };
        let answer = |cut: bool| {
            let mut answer = with_id(said("Sum", 60, &[]));
            answer.says = MetricStatement {
                namespace: None,
                statistic: None,
                period: None,
                metric: Some("a label".to_owned()),
                asked: Some((from, to)),
                cut,
                ..answer.says
            };
            answer
        };
        let query = || with_id(said("Sum", 60, &[]));
        for order in [vec![query(), answer(false)], vec![answer(false), query()]] {
            let metrics = Metrics::build(order);
            let series = metrics.iter().next().unwrap();
            assert_eq!((series.metric.as_str(), series.data.spans.as_slice()), ("ModelLatency", [(from, to)].as_slice()));
        }
        let cut = Metrics::build(vec![query(), answer(true)]);
        assert!(cut.iter().all(|series| series.data.spans.is_empty()), "what is not whole tells nothing");
        assert!(Metrics::build(vec![query()]).iter().next().is_none(), "a query alone is no data");
    }

    #[test]
    fn overlapping_exports_are_one_series() {
        let metrics = Metrics::build(vec![said("Sum", 60, &[(0, 1.0), (60, 2.0)]), said("Sum", 60, &[(60, 3.0), (300, 1.0)])]);
        let data = &metrics.iter().next().unwrap().data;
        assert_eq!(data.points.iter().map(|(_, value)| *value).collect::<Vec<_>>(), [1.0, 3.0, 1.0]);
        assert_eq!(data.spans.len(), 1);
    }
}
