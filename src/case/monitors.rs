//! Monitoring schedules, each with its executions, and the files of their runs.

pub mod report;

use std::collections::BTreeMap;

use super::said::Said;
use crate::evidence::citation::Citation;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::monitor::{Baseline, Execution, MonitorFile, MonitorStatement, MonitorWhat, period};
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
    /// Name of the job definition that says what it does.
    pub definition: Option<String>,
    /// What it holds each run against.
    pub baseline: Baseline,
    /// Where it is described.
    pub cites: Vec<Citation>,
    /// What became of its executions, by the time they were due; of several words on one, the last.
    pub executions: Vec<(Execution, Citation)>,
}

/// All monitoring schedules, by ARN, and the files of their runs and baselines.
#[derive(Debug, Default)]
pub struct Monitors {
    schedules: Vec<Schedule>,
    files: Vec<Said<MonitorFile>>,
}

impl Monitors {
    pub(super) fn build(said: Vec<Said<MonitorStatement>>, files: Vec<Said<MonitorFile>>) -> Self {
        let mut found: BTreeMap<ArnKey, Schedule> = BTreeMap::new();
        let (definitions, said): (Vec<_>, Vec<_>) =
            said.into_iter().partition(|said| matches!(said.says.what, MonitorWhat::Definition(_)));
        for said in said {
            let MonitorStatement { schedule: arn, name, endpoint, what } = said.says;
            let schedule = found.entry(arn.key()).or_insert_with(|| Schedule {
                arn,
                name,
                endpoint: None,
                status: None,
                period: None,
                created: None,
                definition: None,
                baseline: Baseline::default(),
                cites: Vec::new(),
                executions: Vec::new(),
            });
            schedule.endpoint = schedule.endpoint.take().or(endpoint);
            match what {
                MonitorWhat::Schedule { status, expression, created, definition, baseline } => {
                    schedule.status = status.or(schedule.status.take());
                    schedule.period = expression.as_deref().and_then(period).or(schedule.period);
                    schedule.created = created.or(schedule.created);
                    schedule.definition = definition.or(schedule.definition.take());
                    let known = &mut schedule.baseline;
                    known.constraints = baseline.constraints.or(known.constraints.take());
                    known.statistics = baseline.statistics.or(known.statistics.take());
                    schedule.cites.push(said.cite);
                }
                MonitorWhat::Definition(_) => {}
                MonitorWhat::Execution(one) => schedule.executions.push((one, said.cite)),
            }
        }
        for schedule in found.values_mut() {
            let is_own = |said: &&Said<MonitorStatement>| {
                let (own, other) = (&schedule.arn, &said.says.schedule);
                let is_here = own.account() == other.account() && own.region() == other.region();
                is_here && schedule.definition.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&said.says.name))
            };
            if let Some(said) = definitions.iter().rfind(is_own)
                && let MonitorWhat::Definition(baseline) = &said.says.what
            {
                let known = &mut schedule.baseline;
                known.constraints = known.constraints.take().or_else(|| baseline.constraints.clone());
                known.statistics = known.statistics.take().or_else(|| baseline.statistics.clone());
                schedule.endpoint = schedule.endpoint.take().or_else(|| said.says.endpoint.clone());
                schedule.cites.push(said.cite.clone());
            }
            schedule.executions.sort_by(|(left, left_cite), (right, right_cite)| {
                // What has ended says more than what still ran when it was asked for.
                let is_open = |one: &Execution| matches!(one.status.as_str(), "Pending" | "InProgress" | "Stopping");
                (left.scheduled, is_open(left), left_cite).cmp(&(right.scheduled, is_open(right), right_cite))
            });
            schedule.executions.dedup_by(|later, earlier| later.0.scheduled == earlier.0.scheduled);
        }
        Self { schedules: found.into_values().collect(), files }
    }

    /// Returns the schedules.
    pub fn iter(&self) -> std::slice::Iter<'_, Schedule> {
        self.schedules.iter()
    }

    /// Returns the files that Model Monitor wrote, of whatever schedule.
    pub fn files(&self) -> &[Said<MonitorFile>] {
        &self.files
    }
}
