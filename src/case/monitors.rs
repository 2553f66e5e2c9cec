//! Monitoring schedules, each with its executions.

use std::collections::BTreeMap;

use super::said::Said;
use crate::evidence::citation::Citation;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::monitor::{Execution, MonitorStatement, MonitorWhat, period};
use crate::time::{Instant, Seconds};

/// A monitoring schedule.
#[derive(Debug)]
pub struct Schedule {
    /// ARN.
    pub arn: Arn,
    /// Name with its case.
    pub name: String,
    /// Name of the endpoint that it watches.
    pub endpoint: Option<String>,
    /// Its newest status.
    pub status: Option<String>,
    /// Seconds between two runs.
    pub period: Option<Seconds>,
    /// When it was created.
    pub created: Option<Instant>,
    /// Where it is described.
    pub cites: Vec<Citation>,
    /// What became of its executions, by the time they were due; of several words on one, the last.
    pub executions: Vec<(Execution, Citation)>,
}

/// All monitoring schedules, by ARN.
#[derive(Debug, Default)]
pub struct Monitors(Vec<Schedule>);

impl Monitors {
    pub(super) fn build(said: Vec<Said<MonitorStatement>>) -> Self {
        let mut found: BTreeMap<ArnKey, Schedule> = BTreeMap::new();
        for said in said {
            let MonitorStatement { schedule: arn, name, endpoint, what } = said.says;
            let schedule = found.entry(arn.key()).or_insert_with(|| Schedule {
                arn,
                name,
                endpoint: None,
                status: None,
                period: None,
                created: None,
                cites: Vec::new(),
                executions: Vec::new(),
            });
            schedule.endpoint = schedule.endpoint.take().or(endpoint);
            match what {
                MonitorWhat::Schedule { status, expression, created } => {
                    schedule.status = status.or(schedule.status.take());
                    schedule.period = expression.as_deref().and_then(period).or(schedule.period);
                    schedule.created = created.or(schedule.created);
                    schedule.cites.push(said.cite);
                }
                MonitorWhat::Execution(one) => schedule.executions.push((one, said.cite)),
            }
        }
        for schedule in found.values_mut() {
            schedule.executions.sort_by(|(left, left_cite), (right, right_cite)| {
                // What has ended says more than what still ran when it was asked for.
                let is_open = |one: &Execution| matches!(one.status.as_str(), "Pending" | "InProgress" | "Stopping");
                (left.scheduled, is_open(left), left_cite).cmp(&(right.scheduled, is_open(right), right_cite))
            });
            schedule.executions.dedup_by(|later, earlier| later.0.scheduled == earlier.0.scheduled);
        }
        Self(found.into_values().collect())
    }

    /// Returns the schedules.
    pub fn iter(&self) -> std::slice::Iter<'_, Schedule> {
        self.0.iter()
    }
}
