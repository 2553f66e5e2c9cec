//! A monitor's execution reports violations.

use std::collections::BTreeMap;

use super::{bare_packages, shown, watched};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::monitors::Schedule;
use crate::case::monitors::report::{Filed, Report};
use crate::case::serving::Endpoint;
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::fact::job::JobKind;
use crate::fact::monitor::{Execution, MonitorConstraint};
use crate::finding::{Exposure, Severity, counted};
use crate::time::{Instant, Seconds};

pub(in crate::check) const CHECK: Check = Check {
    id: "monitor/violations",
    severity: Severity::High,
    fires_when: "An execution of a monitoring schedule ended with violations.",
    why: "What the endpoint sees is no longer what it was trained on, or what it answers no longer holds, and the monitor has said so.",
    needs: "`list-monitoring-executions`, or the last execution that `describe-monitoring-schedule` gives. Which columns broke which rule stands in the execution's `constraint_violations.json` under ENDPOINT/SCHEDULE/2026/10/12/07/, and the thresholds in the baseline's `constraints.json`; whether somebody stopped a job afterwards, in CloudTrail.",
    fooled_by: "Thresholds that few rows or very many trip by chance (`monitor/blind` tells of the former; `drift --violations` explains single runs). Violations in a row are one finding. Files are taken for those of a run by their place. A job that is stopped within an hour of a violation may have been stopped for another reason: it is told of because it changes nothing for the endpoint.",
    remedy: "Read the execution's violations, and either mend the input, train again, or correct the baseline: a monitor that is always red is not looked at. What stops bad answers is moving the endpoint's traffic; stopping a training or processing job leaves the endpoint as it is.",
    run,
};

const STATUS: &str = "CompletedWithViolations";

/// Violations that are named.
const NAMED: usize = 8;

/// Files of runs in a row that are cited.
const CITED: usize = 5;

/// How soon after a violation a job is stopped for it.
const SOON: Seconds = 3_600;

fn run(case: &Case, findings: &mut Findings) {
    for schedule in case.monitors.iter() {
        // Runs of executions without one in between that ended otherwise.
        for row in schedule.executions.chunk_by(|(left, _), (right, _)| (left.status == STATUS) == (right.status == STATUS)) {
            let (Some((first, _)), Some((last, _))) = (row.first(), row.last()) else { continue };
            if first.status != STATUS {
                continue;
            }
            let Some(evidence) = Citations::from_all(row.iter().map(|(_, cite)| cite.clone())) else { continue };
            let on = schedule.endpoint.as_ref().map_or_else(String::new, |endpoint| format!(" on {endpoint}"));
            let title = match row.len() {
                1 => format!("{}{on} found violations at {}", schedule.name, first.scheduled.to_seconds_text()),
                several => format!(
                    "{}{on} found violations in {several} executions in a row, from {} to {}",
                    schedule.name,
                    first.scheduled.to_seconds_text(),
                    last.scheduled.to_seconds_text()
                ),
            };
            let kind = first.kind.as_ref().map(|kind| format!("It monitors {kind}."));
            let said = row.iter().find_map(|(one, _)| {
                let job = case.jobs.iter().find(|job| one.job.as_ref().is_some_and(|arn| arn.key() == job.arn.key()))?;
                job.exit.as_ref().map(|exit| format!("Its job said: {}.", exit.trim_end_matches('.')))
            });
            let (broken, files) = broken(case, schedule, row, findings);
            let stopped = stopped(case, schedule, row, findings);
            let told = stopped.as_ref().map(|stopped| stopped.text.clone());
            let (bare, packages) = without_baselines(case, schedule, last.scheduled);
            let sentences: Vec<String> = [kind, said, broken, told, bare].into_iter().flatten().collect();
            let exposure = stopped.as_ref().and_then(|stopped| stopped.exposure.clone());
            let (jobs, cites) = stopped.map(|stopped| (stopped.jobs, stopped.cites)).unwrap_or_default();
            let jobs = row.iter().filter_map(|(one, _)| one.job.clone()).chain(jobs);
            let finding = CHECK
                .finds(&schedule.arn, title, Grade::B, evidence.and(files).and(cites).and(packages))
                .because(sentences.join(" "))
                .concerning(jobs.chain(watched(case, schedule)))
                .between(Some(first.scheduled), Some(last.scheduled))
                .told_apart_by(first.scheduled.to_seconds_text())
                .exposing(exposure);
            findings.add(finding);
        }
    }
}

/// Says which columns broke which rule, as far as the files of the runs are here, and cites them.
fn broken(
    case: &Case,
    schedule: &Schedule,
    row: &[(Execution, Citation)],
    findings: &mut Findings,
) -> (Option<String>, Vec<Citation>) {
    let mut told: BTreeMap<(String, &'static str), Option<String>> = BTreeMap::new();
    let mut cites = Vec::new();
    let mut weakest = Grade::A;
    let mut runs: usize = 0;
    // One gap of a row is enough: the others are closed alike.
    let mut lacking = Some(());
    for (run, _) in row {
        let report = case.monitor_report(schedule, run);
        let Some(found) = &report.violations else {
            if let Some(key) = lacking.take().and_then(|()| unread(case, run)) {
                findings.need(key);
            }
            continue;
        };
        runs += 1;
        weakest = weakest.weaker(found.grade);
        if runs <= CITED {
            cites.push(found.cite.clone());
        }
        for one in found.says {
            told.entry((one.feature.clone(), one.check)).or_insert_with(|| threshold(&report, &one.feature, one.check));
        }
        cites.extend(report.constraints.into_iter().map(|filed| filed.cite));
    }
    if runs == 0 {
        return (None, Vec::new());
    }
    let few = told.iter().take(NAMED).map(|((feature, check), threshold)| {
        format!("{feature}: {check}{}", threshold.as_ref().map(|text| format!(" ({text})")).unwrap_or_default())
    });
    let mut text = few.collect::<Vec<String>>().join("; ");
    if told.len() > NAMED {
        text = format!("{text}; and {} more", told.len() - NAMED);
    }
    let of =
        if runs < row.len() { format!("The files of {runs} of the {} runs say", row.len()) } else { "Its files say".to_owned() };
    let by = if weakest > Grade::B { " They are taken for its own by the folders they lie in." } else { "" };
    let text = if told.is_empty() { format!("{of} nothing of data quality.{by}") } else { format!("{of}: {text}.{by}") };
    (Some(text), cites)
}

/// Returns what would tell what a run found: its report, or where that lies.
fn unread(case: &Case, run: &Execution) -> Option<GapKey> {
    let arn = run.job.as_ref()?;
    let job = case.jobs.iter().rfind(|job| job.arn.key() == arn.key());
    let Some(place) = job.and_then(|job| job.outputs.iter().find_map(|output| output.uri.as_ref())) else {
        return Some(GapKey::Job(JobKind::Monitoring, arn.clone()));
    };
    let report = place.join("constraint_violations.json");
    Some(GapKey::MonitorReport { bucket: report.bucket.to_string(), key: report.key.to_string() })
}

/// Returns what a check was held against, in words.
fn threshold(report: &Report<'_>, feature: &str, check: &str) -> Option<String> {
    let asked: &Filed<&[MonitorConstraint]> = report.constraints.as_ref()?;
    let own = asked.says.iter().find(|asked| asked.feature == feature)?;
    match check {
        "baseline_drift_check" => {
            let method = if own.is_robust { "Robust" } else { "Simple" };
            own.drift.map(|threshold| format!("threshold {}, {method}", shown(threshold)))
        }
        "completeness_check" => own.completeness.map(|least| format!("at least {} of the rows", shown(least))),
        "data_type_check" => Some(format!("at least {} of the values", shown(own.data_type))),
        "categorical_values_check" => Some(format!("at least {} of the values in the domain", shown(own.domain))),
        _ => None,
    }
}

/// Says that the package of what served carries nothing to hold later data against, so that nothing ties the monitor's baseline to
/// the model.
fn without_baselines(case: &Case, schedule: &Schedule, at: Instant) -> (Option<String>, Vec<Citation>) {
    let bare = bare_packages(case, schedule, at);
    let names: Vec<&str> = bare.keys().map(Arn::name).collect();
    let text = format!(
        "The package {} carries no DriftCheckBaselines: what the monitor compares with is not recorded with the model.",
        names.join(", ")
    );
    (Some(text).filter(|_| !bare.is_empty()), bare.into_values().flatten().collect())
}

/// A job that somebody stopped after violations, which changed nothing for the endpoint.
struct Stopped {
    text: String,
    exposure: Option<Exposure>,
    jobs: Vec<Arn>,
    cites: Vec<Citation>,
}

/// Returns what was stopped within an hour of violations while the endpoint was left as it is.
fn stopped(case: &Case, schedule: &Schedule, row: &[(Execution, Citation)], findings: &mut Findings) -> Option<Stopped> {
    let watched = watched(case, schedule)?;
    let is_remedy = |operation: &str| matches!(operation, "StopTrainingJob" | "StopProcessingJob" | "StopTransformJob");
    let own: Vec<&Arn> = row.iter().filter_map(|(one, _)| one.job.as_ref()).collect();
    let (run, call) = row.iter().find_map(|(one, _)| {
        let known = one.changed.unwrap_or(one.scheduled);
        let calls = case.calls.iter().filter(|said| is_remedy(&said.says.operation) && said.says.error.is_none());
        let mut calls = calls.filter(|said| {
            let says = &said.says;
            let is_own = says.arn.as_ref().is_some_and(|arn| own.iter().any(|own| own.key() == arn.key()));
            let is_here = *says.account == *watched.account() && *says.region == *watched.region();
            is_here && !is_own && says.at >= known && says.at <= known.plus(SOON)
        });
        calls.next().map(|call| (one, call))
    })?;
    let endpoint = case.serving.endpoints().iter().rfind(|endpoint| endpoint.arn.key() == watched.key())?;
    let known = run.changed.unwrap_or(run.scheduled);
    let until = call.says.at.plus(SOON);
    if !case.coverage.trail_is_whole(watched.account(), watched.region(), known, until) {
        findings.need(GapKey::Trail(Place::of(&watched), Some(known), Some(until)));
        return None;
    }
    if is_moved(endpoint, known, until) {
        return None;
    }
    let left = endpoint.switches.iter().map(|switch| switch.at).chain(endpoint.deleted).filter(|at| *at > until).min();
    let to = left.or(case.as_of).filter(|to| *to > call.says.at)?;
    let asked = case.serving.requests(&watched, None, call.says.at, to).filter(|asked| asked.requests > 0);
    if asked.is_none() {
        for span in &endpoint.spans {
            let variant = span.variant.clone();
            findings.need(GapKey::Requests { endpoint: watched.clone(), variant, from: call.says.at, to });
        }
    }
    let who = call.by.as_ref().map_or_else(|| "somebody".to_owned(), ToString::to_string);
    let job = call.says.arn.as_ref().map(Arn::last).or(call.says.name.as_deref()).unwrap_or("a job");
    let answered = asked.as_ref().map(|asked| format!(", and was asked {} times more", counted(asked.requests, asked.whole)));
    let since = if left.is_some() { format!(" until {}", to.to_seconds_text()) } else { String::new() };
    let text = format!(
        "At {} {who} stopped {job} ({}). That does not touch an endpoint: {} went on as it was{since}{}.",
        call.says.at.to_seconds_text(),
        call.says.operation,
        endpoint.name,
        answered.unwrap_or_default()
    );
    let cites = std::iter::once(call.cite.clone()).chain(asked.iter().flat_map(|asked| asked.cites.clone())).collect();
    let exposure = asked.map(|asked| exposed(&asked, call.says.at, to));
    Some(Stopped { text, exposure, jobs: call.says.arn.clone().into_iter().collect(), cites })
}

/// Returns whether anything was asked of an endpoint in an interval.
fn is_moved(endpoint: &Endpoint, from: Instant, to: Instant) -> bool {
    let asked = endpoint.switches.iter().map(|switch| switch.at).chain(endpoint.deleted);
    asked.into_iter().any(|at| at >= from && at <= to)
}
