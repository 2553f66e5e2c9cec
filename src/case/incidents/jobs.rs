//! Runs of recurring jobs that did not complete, and endpoints that went on with what was there before.

use std::collections::BTreeMap;

use super::signals::Heard;
use super::{Incident, Kind};
use crate::case::Case;
use crate::case::alarm::known::is_of_aws;
use crate::case::claim::Grade;
use crate::case::families::{Family, families};
use crate::case::freshness::{self, StaleUse};
use crate::case::gap::{GapKey, Place};
use crate::case::jobs::Job;
use crate::case::limit::{at_limit, is_broken};
use crate::evidence::citation::Citations;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::job::JobStatus;
use crate::time::{Instant, Seconds, duration_text};

/// Returns the incidents of recurring jobs: from the first run that failed or hit its limit to the next that completed.
pub(super) fn broken(case: &Case) -> Vec<Incident> {
    families(case.jobs.iter()).iter().flat_map(|family| of_family(case, family)).collect()
}

fn of_family(case: &Case, family: &Family<'_>) -> Vec<Incident> {
    let Some(cadence) = family.cadence() else { return Vec::new() };
    let completed: Vec<Instant> = family.completed().filter_map(|run| run.ended).collect();
    // Runs that did not complete, by the end of the run that did at last.
    let mut groups: BTreeMap<Option<Instant>, Vec<&Job>> = BTreeMap::new();
    for run in family.runs.iter().filter(|run| is_broken(case, run)) {
        let Some(ended) = run.ended else { continue };
        let next = completed.iter().filter(|at| **at > ended).min().copied();
        groups.entry(next).or_default().push(run);
    }
    // A job that is due once a day cannot be over before the next day's run is.
    let due = cadence.period + family.completed().filter_map(Job::duration).max().unwrap_or(0);
    groups.into_iter().filter_map(|(recovered, runs)| of_runs(case, family, due, recovered, &runs)).collect()
}

fn of_runs(case: &Case, family: &Family<'_>, due: Seconds, recovered: Option<Instant>, broken: &[&Job]) -> Option<Incident> {
    let first = broken.iter().min_by_key(|run| run.ended)?;
    let began = first.ended?;
    let until = recovered.or(case.as_of).unwrap_or(began).max(began);
    let limit = at_limit(case, first);
    let grade = limit.as_ref().map_or(Grade::B, |limit| limit.grade);
    let mut cites = Vec::new();
    for run in broken {
        cites.extend(run.cites(|says| says.status.is_some()).into_iter().flatten());
    }
    let over = family.completed().find(|run| recovered.is_some() && run.ended == recovered);
    cites.extend(over.and_then(|run| run.cites(|says| says.status == Some(JobStatus::Completed))).into_iter().flatten());
    let mut heard = Heard::of(case, &first.arn, began, until);
    for run in broken {
        heard.end_of(case, run);
    }
    let arns: Vec<ArnKey> = family.runs.iter().map(|run| run.arn.key()).collect();
    heard.people(case, &arns);
    heard.runs(&family.runs);
    let how = if limit.is_some() { "was stopped at its limit" } else { "failed" };
    let more = if broken.len() > 1 { format!(", and {} more run(s) did not complete", broken.len() - 1) } else { String::new() };
    let then = recovered.map_or_else(
        || "; no run has completed since".to_owned(),
        |to| format!("; the next run to complete did so {} later", duration_text(to.since(began))),
    );
    let incident = Incident {
        kind: Kind::Job,
        subject: first.arn.clone(),
        name: first.name.clone(),
        related: broken.iter().skip(1).copied().chain(over).map(|run| run.arn.clone()).collect(),
        title: format!("{} {how}{more}{then}", first.name),
        began,
        detected: None,
        recovered,
        missing: Vec::new(),
        missing_end: unwatched_runs(case, &first.arn, began, recovered),
        due,
        grade,
        evidence: Citations::from_all(cites)?,
    };
    Some(incident.heard(heard))
}

/// Returns the incidents of endpoints that used data older than its target. Variants of one endpoint share one.
pub(super) fn stale(case: &Case) -> Vec<Incident> {
    let uses = freshness::stale_uses(case);
    let mut groups: BTreeMap<(ArnKey, String, Instant), Vec<&StaleUse<'_>>> = BTreeMap::new();
    for used in uses.iter().filter(|used| used.using.variant.is_some()) {
        let key = (used.using.subject.key(), used.family.clone(), used.stale.newest_at);
        groups.entry(key).or_default().push(used);
    }
    groups.into_values().filter_map(|group| of_uses(case, &group)).collect()
}

fn of_uses(case: &Case, group: &[&StaleUse<'_>]) -> Option<Incident> {
    let used = group.first()?;
    let began = group.iter().map(|used| used.from).min()?;
    let to = group.iter().map(|used| used.to).max()?;
    let still = group.iter().any(|used| used.still);
    let recovered = (!still).then_some(to);
    let stale = &used.stale;
    // Who heard of the producer's failure could have known before the data was too old.
    let caused = stale.incomplete.iter().filter_map(|run| run.ended).min().unwrap_or(began).min(began);
    let mut heard = Heard::of(case, &used.using.subject, caused, to);
    for run in &stale.incomplete {
        heard.end_of(case, run);
    }
    for alarm in case.alarms.iter() {
        let of_endpoint = |name: &str| name.eq_ignore_ascii_case(used.using.subject.last());
        let is_own = alarm.measures().any(|measure| {
            measure.namespace.as_deref().is_some_and(|namespace| !is_of_aws(namespace))
                && measure.dimensions.values().any(|value| of_endpoint(value))
        });
        if is_own {
            heard.alarm(case, alarm);
        }
    }
    let subjects: Vec<ArnKey> = used.runs.iter().map(|run| run.arn.key()).chain([used.using.subject.key()]).collect();
    heard.people(case, &subjects);
    heard.runs(&used.runs);
    let cites = group.iter().flat_map(|used| used.cites());
    let title = format!(
        "{} used data of {} that was {}up to {} old",
        used.using.name,
        used.family,
        if still { "and still is " } else { "" },
        duration_text(to.since(stale.newest_at))
    );
    let incident = Incident {
        kind: Kind::StaleData,
        subject: used.using.subject.clone(),
        name: used.using.name.clone(),
        related: stale.incomplete.iter().chain([&stale.newest]).map(|run| run.arn.clone()).collect(),
        title,
        began,
        detected: None,
        recovered,
        missing: Vec::new(),
        missing_end: unwatched_runs(case, &stale.newest.arn, began, recovered),
        due: 0,
        grade: Grade::C,
        evidence: Citations::from_all(cites)?,
    };
    Some(incident.heard(heard))
}

/// Returns the trail that would show an earlier run that completed, where it is not whole.
fn unwatched_runs(case: &Case, job: &Arn, from: Instant, to: Option<Instant>) -> Vec<GapKey> {
    let until = to.or(case.as_of).unwrap_or(from).max(from);
    let whole = case.coverage.trail_is_whole(job.account(), job.region(), from, until);
    if whole { Vec::new() } else { vec![GapKey::Trail(Place::of(job), Some(from), Some(until))] }
}
