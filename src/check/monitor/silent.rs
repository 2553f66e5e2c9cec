//! A monitor sees nothing while its endpoint is asked.

use super::watched;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::monitors::Schedule;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::fact::call::Listed;
use crate::fact::monitor::Execution;
use crate::finding::{Exposure, Severity, grouped};
use crate::time::{Instant, Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "monitor/silent",
    severity: Severity::High,
    fires_when: "Executions of a monitoring schedule failed because they found no data, or are missing, while the endpoint was asked for predictions.",
    why: "Everybody believes that the endpoint is watched. It is not: drift would show nowhere.",
    needs: "The schedule's executions and the endpoint's `Invocations` of the same hours; for executions that are missing, the schedule's description and a whole list of them.",
    fooled_by: "A quiet hour: an execution without data in an hour without requests does not fire. A schedule that was stopped on purpose is not judged. Executions may be up to twenty minutes late.",
    remedy: "Look at where the capture is written and where the monitor reads (a slash too many, another prefix, a role that may not list), and whether capture is on and its encoding is the same for input and output.",
    run,
};

/// What failed executions say that found nothing.
const NOTHING: &[&str] = &["had no data", "No S3 objects found"];

/// How late an execution may be.
const LATE: Seconds = 1_200;

fn run(case: &Case, findings: &mut Findings) {
    for schedule in case.monitors.iter() {
        let Some(endpoint) = watched(case, schedule) else { continue };
        without_data(case, schedule, &endpoint, findings);
        missing(case, schedule, &endpoint, findings);
    }
}

/// Executions that found nothing in hours in which the endpoint was asked.
fn without_data(case: &Case, schedule: &Schedule, endpoint: &Arn, findings: &mut Findings) {
    let period = schedule.period.unwrap_or(3_600);
    let mut blind: Vec<(&Execution, u64)> = Vec::new();
    let mut cites: Vec<Citation> = Vec::new();
    for (one, cite) in &schedule.executions {
        let says_nothing = one.failure.as_deref().is_some_and(|why| NOTHING.iter().any(|nothing| why.contains(nothing)));
        if one.status != "Failed" || !says_nothing {
            continue;
        }
        let asked = case.serving.requests(endpoint, None, one.scheduled.plus(-period), one.scheduled);
        let Some(asked) = asked.filter(|asked| asked.requests > 0) else { continue };
        blind.push((one, asked.requests));
        cites.push(cite.clone());
        cites.extend(asked.cites);
    }
    let (Some((first, _)), Some((last, _)), Some(evidence)) = (blind.first(), blind.last(), Citations::from_all(cites)) else {
        return;
    };
    let requests = blind.iter().map(|(_, requests)| requests).sum();
    let from = first.scheduled.plus(-period);
    let title = format!(
        "{} found no data in {} execution(s), and {} was asked {} times in their time",
        schedule.name,
        blind.len(),
        endpoint.last(),
        grouped(requests)
    );
    let finding = CHECK
        .finds(&schedule.arn, title, Grade::B, evidence)
        .because(format!("The first said: {}.", first.failure.as_deref().unwrap_or_default().trim_end_matches('.')))
        .concerning([endpoint])
        .between(Some(from), Some(last.scheduled))
        .told_apart_by(format!("no data {}", first.scheduled.to_seconds_text()))
        .exposing(Some(Exposure { requests, from, to: last.scheduled }));
    findings.add(finding);
}

/// Times in which executions were due and a whole list has none.
fn missing(case: &Case, schedule: &Schedule, endpoint: &Arn, findings: &mut Findings) {
    let (Some(period), Some(created)) = (schedule.period, schedule.created) else { return };
    if schedule.status.as_deref() != Some("Scheduled") {
        return;
    }
    let lists = case.coverage.lists(Listed::MonitoringExecutions, schedule.arn.account(), schedule.arn.region());
    let of_schedule = lists.filter(|said| said.says.of.as_deref().is_none_or(|of| of.eq_ignore_ascii_case(&schedule.name)));
    let Some(list) = of_schedule.filter(|said| said.says.captured.is_some()).max_by_key(|said| said.says.captured) else {
        return;
    };
    let Some(captured) = list.says.captured else { return };
    // A list that does not name its schedule is of this one only if it has rows of it.
    if list.says.of.is_none() && schedule.executions.is_empty() {
        return;
    }
    let from = list.says.from.map_or(created, |from| from.max(created));
    let mut reached: Instant = from;
    let due = schedule.executions.iter().map(|(one, _)| one.scheduled).filter(|at| *at > from).chain([captured]);
    for at in due {
        // One that is late is no gap; one that is left out altogether is.
        let is_gap = at.since(reached) > 2 * period + LATE;
        let asked = is_gap.then(|| case.serving.requests(endpoint, None, reached, at)).flatten();
        if let Some(asked) = asked.filter(|asked| asked.requests > 0) {
            let evidence = Citations::one(list.cite.clone()).and(schedule.cites.iter().cloned()).and(asked.cites);
            let title = format!(
                "{} has no execution for {} (from {} to {}), and {} was asked {} times in it",
                schedule.name,
                duration_text(at.since(reached)),
                reached.to_seconds_text(),
                at.to_seconds_text(),
                endpoint.last(),
                grouped(asked.requests)
            );
            let finding = CHECK
                .finds(&schedule.arn, title, Grade::B, evidence)
                .because(format!("One is due every {}.", duration_text(period)))
                .concerning([endpoint])
                .between(Some(reached), Some(at))
                .told_apart_by(format!("missing {}", reached.to_seconds_text()))
                .exposing(Some(Exposure { requests: asked.requests, from: reached, to: at }));
            findings.add(finding);
        }
        reached = reached.max(at);
    }
}
