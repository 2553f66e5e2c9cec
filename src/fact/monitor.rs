//! Monitoring schedules and their executions.

use super::arn::Arn;
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
    },
    /// What became of one execution.
    Execution(Execution),
}

/// One execution of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// When it was due.
    pub scheduled: Instant,
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
            MonitorWhat::Schedule { status, expression, created } => {
                excerpt.and("status", status.as_ref()).and("expression", expression.as_ref()).and("created", at(*created))
            }
            MonitorWhat::Execution(one) => excerpt
                .and("scheduledTime", Some(one.scheduled))
                .and("status", Some(&one.status))
                .and("failureReason", one.failure.as_ref()),
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
