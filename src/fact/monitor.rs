//! Monitoring schedules and their executions.

use super::arn::Arn;
use super::s3::S3Uri;
use super::{Excerpt, at};
use crate::time::{Instant, Seconds};

/// What one record says of a monitoring schedule.
#[derive(Clone, Debug)]
pub struct MonitorStatement {
    /// ARN of the schedule.
    pub schedule: Arn,
    /// Its name with its case.
    pub name: String,
    /// Name of the endpoint that it watches.
    pub endpoint: Option<String>,
    /// What it says.
    pub what: MonitorWhat,
}

/// The kinds of things that records say of schedules.
#[derive(Clone, Debug)]
pub enum MonitorWhat {
    /// How it is set.
    Schedule {
        /// Its status, such as `Scheduled` or `Stopped`.
        status: Option<String>,
        /// When it runs.
        expression: Option<String>,
        /// When it was created.
        created: Option<Instant>,
        /// Name of the job definition that says what it does, where it does not say so itself.
        definition: Option<String>,
        /// What it holds each run against.
        baseline: Baseline,
    },
    /// What a job definition of that name holds each run against; the statement's ARN is that of the definition.
    Definition(Baseline),
    /// What became of one execution.
    Execution(Execution),
}

/// The files that a schedule holds each run against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Constraints.
    pub constraints: Option<S3Uri>,
    /// Statistics.
    pub statistics: Option<S3Uri>,
}

/// A file that Model Monitor wrote: of a baseline or of a run, which only its place tells.
#[derive(Clone, Debug)]
pub struct MonitorFile {
    /// Where it was copied from, if its command tells.
    pub uri: Option<S3Uri>,
    /// Its path in the evidence.
    pub path: String,
    /// What it says.
    pub says: MonitorFileSays,
}

/// What Model Monitor's files of data quality say.
#[derive(Clone, Debug)]
pub enum MonitorFileSays {
    /// `statistics.json`.
    Statistics {
        /// Rows of the data set.
        rows: u64,
        /// Its columns.
        profiles: Vec<MonitorProfile>,
    },
    /// `constraints.json`: what is asked of each column.
    Constraints(Vec<MonitorConstraint>),
    /// `constraint_violations.json`.
    Violations(Vec<MonitorViolation>),
}

/// A column as statistics keep it.
#[derive(Clone, Debug)]
pub struct MonitorProfile {
    /// The column.
    pub feature: String,
    /// Rows with a value.
    pub present: u64,
    /// Its values, where the file keeps enough of them.
    pub values: Option<MonitorValues>,
}

/// The values of a column, as shares.
#[derive(Clone, Debug)]
pub enum MonitorValues {
    /// Numbers in order, each with the share of values up to it; a share is too small by at most the last number.
    Numbers(Vec<(f64, f64)>, f64),
    /// Categories in order, each with its share.
    Texts(Vec<(String, f64)>),
}

/// What is asked of one column.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitorConstraint {
    /// The column.
    pub feature: String,
    /// Whether it holds text.
    pub is_text: bool,
    /// The distance above which it has drifted, if distributions are compared in a way that can be computed.
    pub drift: Option<f64>,
    /// Whether chance is taken off a distance (`Robust`), or not (`Simple`).
    pub is_robust: bool,
    /// Least share of rows with a value.
    pub completeness: Option<f64>,
    /// Least share of values of the inferred type.
    pub data_type: f64,
    /// Least share of values within the domain.
    pub domain: f64,
}

/// One violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorViolation {
    /// The column.
    pub feature: String,
    /// Model Monitor's name of the check.
    pub check: &'static str,
}

/// One execution of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// When it was due.
    pub scheduled: Instant,
    /// When it was last changed: for one that is over, when it ended.
    pub changed: Option<Instant>,
    /// Its status, such as `CompletedWithViolations`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// The processing job that did the work.
    pub job: Option<Arn>,
    /// What it monitors, such as `DataQuality`.
    pub kind: Option<String>,
}

impl MonitorStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("monitor:").and("schedule", Some(&self.name)).and("endpoint", self.endpoint.as_ref());
        match &self.what {
            MonitorWhat::Schedule { status, expression, created, .. } => {
                excerpt.and("status", status.as_ref()).and("expression", expression.as_ref()).and("created", at(*created))
            }
            MonitorWhat::Definition(baseline) => {
                excerpt.and("constraints", baseline.constraints.as_ref()).and("statistics", baseline.statistics.as_ref())
            }
            MonitorWhat::Execution(one) => excerpt
                .and("scheduledTime", Some(one.scheduled))
                .and("status", Some(&one.status))
                .and("failureReason", one.failure.as_ref()),
        }
        .text()
    }
}

impl MonitorFile {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        match &self.says {
            MonitorFileSays::Statistics { rows, profiles } => {
                Excerpt::of("monitor statistics:").and("item_count", Some(rows)).and("features", Some(profiles.len()))
            }
            MonitorFileSays::Constraints(features) => {
                let first = features.iter().find_map(|feature| Some((feature.drift?, feature.is_robust)));
                Excerpt::of("monitor constraints:")
                    .and("features", Some(features.len()))
                    .and("comparison_threshold", first.map(|(threshold, _)| threshold))
                    .and("comparison_method", first.map(|(_, is_robust)| if is_robust { "Robust" } else { "Simple" }))
            }
            MonitorFileSays::Violations(found) => {
                found.iter().fold(Excerpt::of("monitor violations:"), |excerpt, one| excerpt.and(&one.feature, Some(one.check)))
            }
        }
        .text()
    }
}

/// Returns the seconds between two runs of a schedule expression: `cron(0 * ? * * *)` hourly, `cron(0 0/6 ? * * *)` every six
/// hours, `cron(0 4 ? * * *)` daily. Model Monitor takes no others.
pub fn period(expression: &str) -> Option<Seconds> {
    let hours = expression.strip_prefix("cron(")?.split_whitespace().nth(1)?;
    match hours.split_once('/') {
        _ if hours == "*" => Some(3_600),
        Some((_, every)) => every.parse::<Seconds>().ok().filter(|every| (1..=24).contains(every)).map(|every| every * 3_600),
        None => hours.parse::<u8>().ok().map(|_| 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_periods() {
        let periods = ["cron(0 * ? * * *)", "cron(0 0/6 ? * * *)", "cron(0 4 ? * * *)", "NOW", "cron(0 0/0 ? * * *)"].map(period);
        assert_eq!(periods, [Some(3_600), Some(21_600), Some(86_400), None, None]);
    }
}
