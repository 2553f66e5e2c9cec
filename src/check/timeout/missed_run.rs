//! A recurring job did not run.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::families::{Cadence, Family, families};
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::call::Listed;
use crate::fact::job::JobKind;
use crate::finding::Severity;
use crate::time::{Instant, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "timeout/missed-run",
    severity: Severity::High,
    fires_when: "A recurring job's expected run is absent from complete evidence.",
    why: "A run that never started leaves no failure behind: nothing is red, and the data just stays old.",
    needs: "At least four runs at a regular rhythm, and complete evidence over the interval: a whole list of jobs, or a trail without holes.",
    fooled_by: "A schedule that was changed or ended on purpose; weekends, where the rhythm is daily but not on all days.",
    remedy: "Find out why the scheduler did not start it, and alert on the absence of its completion.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for family in families(case.jobs.iter()) {
        let Some(cadence) = family.cadence().filter(|cadence| cadence.is_regular()) else { continue };
        let starts: Vec<Instant> = family.runs.iter().filter_map(|run| run.created).collect();
        let mut holes: Vec<(Instant, Option<Instant>)> = starts.windows(2).map(|pair| (pair[0], Some(pair[1]))).collect();
        holes.extend(starts.last().map(|last| (*last, None)));
        for (before, after) in holes {
            hole(case, &family, cadence, before, after, findings);
        }
    }
}

/// Judges the interval between two runs, or after the last.
fn hole(case: &Case, family: &Family<'_>, cadence: Cadence, before: Instant, after: Option<Instant>, findings: &mut Findings) {
    let tolerance = (cadence.stray * 3).max(cadence.period / 4);
    let expected = before.plus(cadence.period);
    let Some(until) = after.or(case.as_of) else { return };
    if until <= expected.plus(tolerance) {
        return;
    }
    // A run that came late is not one that is missing.
    if after.is_some_and(|after| after.since(before) < cadence.period + cadence.period * 3 / 4) {
        return;
    }
    let Some(complete) = complete(case, family, before, expected.plus(tolerance)) else { return };
    let near = family.runs.iter().filter(|run| run.created == Some(before) || run.created == after);
    let Some(evidence) =
        Citations::from_all(near.filter_map(|run| run.cites(|says| says.created.is_some())).flatten().chain(complete))
    else {
        return;
    };
    let missed = (until.since(before) / cadence.period - i64::from(after.is_some())).max(1);
    let title = format!("{} did not run: {missed} run(s) expected after {} are missing", family.name, before.to_seconds_text());
    let finding = CHECK
        .finds(&family.name, title, Grade::B, evidence)
        .because(format!(
            "It runs every {}; the evidence over this interval is complete and holds no run.",
            duration_text(cadence.period)
        ))
        .concerning(family.runs.last().map(|run| &run.arn))
        .between(Some(expected), after)
        .told_apart_by(expected.to_seconds_text());
    findings.add(finding);
}

/// Returns what shows that the evidence of an interval is complete.
fn complete(case: &Case, family: &Family<'_>, from: Instant, to: Instant) -> Option<Vec<Citation>> {
    let arn = &family.runs.first()?.arn;
    let kind = match family.kind {
        JobKind::Training => Listed::TrainingJobs,
        JobKind::Processing | JobKind::Monitoring => Listed::ProcessingJobs,
        JobKind::Transform => Listed::TransformJobs,
        JobKind::Tuning => return None,
    };
    let list = case.coverage.lists(kind, arn.account(), arn.region()).find(|said| {
        let made_after = said.says.captured.is_some_and(|captured| captured >= to);
        made_after && said.says.from.is_none_or(|own| own <= from) && said.says.to.is_none_or(|own| own >= to)
    });
    if let Some(list) = list {
        return Some(vec![list.cite.clone()]);
    }
    case.coverage.trail_is_whole(arn.account(), arn.region(), from, to).then(Vec::new)
}
