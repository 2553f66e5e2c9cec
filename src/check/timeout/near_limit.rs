//! A recurring job grows towards its limit.

use super::at_limit;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::families::families;
use crate::case::jobs::Job;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;
use crate::time::{Instant, Seconds};

pub(in crate::check) const CHECK: Check = Check {
    id: "timeout/near-limit",
    severity: Severity::Medium,
    fires_when: "A recurring job's duration trends to its limit: says when it gets there.",
    why: "The run that reaches the limit ends `Stopped` and leaves nothing; the trend shows it days ahead.",
    needs: "At least four completed runs of one task with start, end and limit.",
    fooled_by: "A load that grows and then stays; a limit that is raised after the last run in the evidence.",
    remedy: "Raise the limit, or give the job more or larger instances, before the day named.",
    run,
};

/// Runs looked at.
const RUNS: usize = 10;
/// The last run has reached this share of the limit.
const CLOSE: f64 = 0.75;
/// The trend explains at least this share of the variance.
const FIT: f64 = 0.6;
/// The limit is reached within so many further runs.
const SOON: f64 = 14.0;

#[expect(clippy::cast_precision_loss, reason = "durations and limits lie far below 2^53 seconds")]
fn run(case: &Case, findings: &mut Findings) {
    for family in families(case.jobs.iter()) {
        if family.runs.iter().any(|job| at_limit(case, job).is_some()) {
            continue;
        }
        let completed: Vec<&Job> = family.completed().collect();
        let recent = &completed[completed.len().saturating_sub(RUNS)..];
        let points: Vec<(Instant, Seconds)> =
            recent.iter().filter_map(|job| Some((job.started.or(job.created)?, job.duration()?))).collect();
        let (Some(last), Some(limit)) = (recent.last(), recent.last().and_then(|job| job.limit)) else { continue };
        if points.len() < 4 || points.len() != recent.len() {
            continue;
        }
        let duration = last.duration().unwrap_or_default();
        let Some(trend) = Trend::of(&points) else { continue };
        let runs_left = (limit - duration) as f64 / trend.per_run;
        if trend.per_run <= 0.0
            || trend.fit < FIT
            || (duration as f64) < limit as f64 * CLOSE
            || !(0.0..=SOON).contains(&runs_left)
        {
            continue;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most SOON runs ahead")]
        let when = points.last().map(|(at, _)| at.plus((trend.spacing * runs_left.ceil()) as Seconds));
        let Some(evidence) =
            Citations::from_all(recent.iter().filter_map(|job| job.cites(|says| says.course().ended.is_some())).flatten())
        else {
            continue;
        };
        let first = points.first().map(|(_, duration)| *duration).unwrap_or_default();
        let title = format!(
            "{} ran {duration} s of its limit of {limit} s and grows by {:.0} s a run: it gets there about {}",
            family.name,
            trend.per_run,
            when.map(|when| when.to_seconds_text()[..10].to_owned()).unwrap_or_default()
        );
        let finding = CHECK
            .finds(&last.arn, title, Grade::C, evidence)
            .because(format!("Over {} completed runs its duration went from {first} s to {duration} s.", points.len()))
            .concerning(recent.iter().map(|job| &job.arn))
            .between(points.first().map(|(at, _)| *at), when)
            .lasting(format!("{} {}", last.arn.account(), family.name))
            .told_apart_by(family.name.clone());
        findings.add(finding);
    }
}

/// A line through durations, by least squares over the run's number.
struct Trend {
    /// Seconds by which a run is longer than the one before.
    per_run: f64,
    /// Share of the variance that the line explains.
    fit: f64,
    /// Mean time from one run to the next.
    spacing: f64,
}

impl Trend {
    #[expect(clippy::cast_precision_loss, reason = "durations and counts lie far below 2^53")]
    fn of(points: &[(Instant, Seconds)]) -> Option<Self> {
        let count = points.len() as f64;
        let numbers = || (0..points.len()).map(|number| number as f64);
        let durations = || points.iter().map(|(_, duration)| *duration as f64);
        let (mean_number, mean_duration) = (numbers().sum::<f64>() / count, durations().sum::<f64>() / count);
        let across: f64 =
            numbers().zip(durations()).map(|(number, duration)| (number - mean_number) * (duration - mean_duration)).sum();
        let spread: f64 = numbers().map(|number| (number - mean_number).powi(2)).sum();
        let variance: f64 = durations().map(|duration| (duration - mean_duration).powi(2)).sum();
        let spacing = points.last()?.0.since(points.first()?.0) as f64 / (count - 1.0);
        (spread > 0.0 && variance > 0.0).then(|| Self {
            per_run: across / spread,
            fit: across * across / (spread * variance),
            spacing,
        })
    }
}
