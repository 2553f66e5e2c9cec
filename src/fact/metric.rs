//! Metric data and evaluation results.

use std::collections::BTreeMap;

use super::Excerpt;
use super::arn::Home;
use super::s3::S3Uri;
use crate::time::{Instant, Seconds};

/// Metric data, or the query that tells what unnamed data is.
#[derive(Clone, Debug, Default)]
pub struct MetricStatement {
    /// Folder the export lies in: answers and queries that lie together belong together.
    pub folder: String,
    /// Account and region of the metric.
    pub home: Home,
    /// Id that joins an answer and its query.
    pub id: Option<String>,
    /// Namespace.
    pub namespace: Option<String>,
    /// Metric.
    pub metric: Option<String>,
    /// Statistic.
    pub statistic: Option<String>,
    /// Period.
    pub period: Option<Seconds>,
    /// Dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// Unit of the values, where the answer or its query tells.
    pub unit: Option<String>,
    /// Beginning and end of the interval that was asked for, where that is known: a period in it without a point had no data.
    pub asked: Option<(Instant, Instant)>,
    /// Whether the answer says that it lacks data.
    pub cut: bool,
    /// Points by the start of their period, sorted; empty for a query.
    pub points: Vec<(Instant, f64)>,
}

/// Evaluation results that a job wrote.
#[derive(Clone, Debug)]
pub struct EvaluationStatement {
    /// Where the file lay in S3, where known.
    pub uri: Option<S3Uri>,
    /// The path it was found at, to be matched with keys.
    pub path: String,
    /// Metric names and values.
    pub metrics: Vec<(String, f64)>,
}

impl MetricStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("metric:")
            .and("name", self.metric.as_ref())
            .and("statistic", self.statistic.as_ref())
            .and("unit", self.unit.as_ref());
        let excerpt = self.dimensions.iter().fold(excerpt, |excerpt, (name, value)| excerpt.and(name, Some(value)));
        excerpt.and("period", self.period).and("points", Some(self.points.len())).text()
    }
}

impl EvaluationStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        self.metrics.iter().fold(Excerpt::of("evaluation:"), |excerpt, (name, value)| excerpt.and(name, Some(value))).text()
    }
}
