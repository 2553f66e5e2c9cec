//! A monitor compares so few rows that what it says, or does not say, of drift means nothing.

use std::collections::BTreeSet;

use super::{shown, watched};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::monitors::Schedule;
use crate::case::monitors::report::{Filed, Report, Sample, distance};
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::monitor::{Execution, MonitorProfile};
use crate::finding::{Severity, grouped};
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "monitor/blind",
    severity: Severity::Medium,
    fires_when: "A run of Model Monitor saw so few rows that no distribution, however far off, could have passed its drift threshold (Robust), or reported a drift that chance alone gives samples of this size (Simple).",
    why: "A monitor that cannot report drift is taken for an endpoint without drift; one that reports chance is soon read by nobody.",
    needs: "The run's `statistics.json` and the schedule's `constraints.json`; for Simple also the baseline's `statistics.json` and the run's `constraint_violations.json`. They belong to a schedule by the place that their command (`aws s3 cp`) and the schedule or the run's job both state (grade B), or by their folders ENDPOINT/SCHEDULE/2026/10/12/07/ or those of the baseline (grade C).",
    fooled_by: "A great shift of few rows is still a shift: what Simple reports is told of only if the distance of the two files is one that samples of this size of one distribution have in one of twenty comparisons or more (1.36·√(1/n+1/m) for numbers, 0.98·√(1/n+1/m) for one category). Rows with a value are counted by column. Other checks of the run, of types or of nulls, are not concerned. Categories compared by a chi-square test are not judged.",
    remedy: "Compare more rows: run less often, or capture a greater share of requests. With few requests, take `Robust` and read its silence as none.",
    run,
};

/// What `Robust` takes off a distance, per √(1/n+1/m).
const ROBUST: f64 = 1.8;

/// The distance of numbers that one of twenty comparisons of one distribution exceeds, per √(1/n+1/m).
const CHANCE_OF_NUMBERS: f64 = 1.36;

/// The same of the share of one category, at its widest.
const CHANCE_OF_TEXTS: f64 = 0.98;

/// Columns that are named.
const NAMED: usize = 5;

/// Runs that are cited.
const CITED: usize = 5;

/// What is wrong with a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// Nothing could be reported.
    Mute,
    /// What was reported is chance.
    Chance,
}

/// Runs of a schedule with one fault.
#[derive(Default)]
struct Found {
    runs: Vec<Instant>,
    columns: BTreeSet<String>,
    grade: Option<Grade>,
    cites: Vec<Citation>,
    detail: String,
}

fn run(case: &Case, findings: &mut Findings) {
    for schedule in case.monitors.iter() {
        for fault in [Fault::Mute, Fault::Chance] {
            let mut found = Found::default();
            for (run, cite) in &schedule.executions {
                let report = case.monitor_report(schedule, run);
                let (columns, detail) = match fault {
                    Fault::Mute => mute(&report),
                    Fault::Chance => chance(&report),
                };
                if !columns.is_empty() {
                    found.take(run, cite, &report, columns, detail);
                }
            }
            found.report(case, schedule, fault, findings);
        }
    }
}

impl Found {
    fn take(&mut self, run: &Execution, cite: &Citation, report: &Report<'_>, columns: Vec<String>, detail: String) {
        self.runs.push(run.scheduled);
        self.columns.extend(columns);
        let filed = [
            report.sample.as_ref().map(|filed| (filed.grade, &filed.cite)),
            report.constraints.as_ref().map(|filed| (filed.grade, &filed.cite)),
            report.baseline.as_ref().map(|filed| (filed.grade, &filed.cite)),
            report.violations.as_ref().map(|filed| (filed.grade, &filed.cite)),
        ];
        for (grade, cite) in filed.into_iter().flatten() {
            self.grade = Some(self.grade.map_or(grade, |known| known.weaker(grade)));
            if self.runs.len() <= CITED {
                self.cites.push(cite.clone());
            }
        }
        if self.runs.len() <= CITED {
            self.cites.push(cite.clone());
            self.cites.extend(report.cites.iter().cloned());
        }
        if self.detail.is_empty() {
            self.detail = detail;
        }
    }

    fn report(self, case: &Case, schedule: &Schedule, fault: Fault, findings: &mut Findings) {
        let (Some(first), Some(last), Some(grade), Some(evidence)) =
            (self.runs.first(), self.runs.last(), self.grade, Citations::from_all(self.cites))
        else {
            return;
        };
        let runs = match self.runs.len() {
            1 => format!("its run of {}", first.to_seconds_text()),
            several => format!("{} of its runs", grouped(several as u64)),
        };
        let columns = named(&self.columns);
        let title = match fault {
            Fault::Mute => format!("{} cannot report drift of {columns}: {runs} saw too few rows", schedule.name),
            Fault::Chance => format!("{} reported drift of {columns} in {runs}, and chance alone explains it", schedule.name),
        };
        let finding = CHECK
            .finds(&schedule.arn, title, grade, evidence)
            .because(self.detail)
            .concerning(watched(case, schedule))
            .between(Some(*first), Some(*last))
            .told_apart_by(format!("{} {}", if fault == Fault::Mute { "mute" } else { "chance" }, first.to_seconds_text()));
        findings.add(finding);
    }
}

fn named(columns: &BTreeSet<String>) -> String {
    let few: Vec<&str> = columns.iter().take(NAMED).map(String::as_str).collect();
    let rest = columns.len().saturating_sub(NAMED);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", few.join(", "))
}

/// Returns √(1/n+1/m); without the size of the baseline, which is taken to be endless then, √(1/n).
#[expect(clippy::cast_precision_loss, reason = "a bound needs no more digits than counts below 2^53 have")]
fn spread(n: u64, m: Option<u64>) -> f64 {
    (1.0 / n as f64 + m.map_or(0.0, |m| 1.0 / m as f64)).sqrt()
}

/// Returns the values of a column in the run and in the baseline.
fn sizes(report: &Report<'_>, feature: &str) -> (Option<u64>, Option<u64>) {
    let present = |sample: Option<&Filed<Sample<'_>>>| {
        let profile = sample?.says.1.iter().find(|profile| profile.feature == feature)?;
        (profile.present > 0).then_some(profile.present)
    };
    (present(report.sample.as_ref()), present(report.baseline.as_ref()))
}

/// Columns of which the run could not have reported any drift, and why.
fn mute(report: &Report<'_>) -> (Vec<String>, String) {
    let Some(constraints) = &report.constraints else { return (Vec::new(), String::new()) };
    let mut columns = Vec::new();
    let mut detail = String::new();
    for asked in constraints.says.iter().filter(|asked| asked.is_robust) {
        let (Some(threshold), (Some(n), m)) = (asked.drift, sizes(report, &asked.feature)) else { continue };
        // No distance is greater than 1.
        let most = (1.0 - ROBUST * spread(n, m)).max(0.0);
        if most > threshold {
            continue;
        }
        if detail.is_empty() {
            let of = m.map_or_else(String::new, |m| format!(" against {} of the baseline", grouped(m)));
            detail = format!(
                "The run held {} value(s) of {}{of}. Robust takes {} off every distance, and no distance is above 1, so at most {} is left; the threshold is {}.",
                grouped(n),
                asked.feature,
                shown(ROBUST * spread(n, m)),
                shown(most),
                shown(threshold)
            );
        }
        columns.push(asked.feature.clone());
    }
    (columns, detail)
}

/// Columns whose drift the run reported, and chance explains, and why.
fn chance(report: &Report<'_>) -> (Vec<String>, String) {
    let (Some(constraints), Some(violations)) = (&report.constraints, &report.violations) else {
        return (Vec::new(), String::new());
    };
    let (Some(baseline), Some(sample)) = (&report.baseline, &report.sample) else { return (Vec::new(), String::new()) };
    let mut columns = Vec::new();
    let mut detail = String::new();
    for found in violations.says.iter().filter(|found| found.check == "baseline_drift_check") {
        let Some(asked) = constraints.says.iter().find(|asked| asked.feature == found.feature && !asked.is_robust) else {
            continue;
        };
        let values = |profiles: &[MonitorProfile]| {
            profiles.iter().find(|profile| profile.feature == found.feature).and_then(|profile| profile.values.clone())
        };
        let ((Some(n), Some(m)), Some(was), Some(is)) =
            (sizes(report, &found.feature), values(baseline.says.1), values(sample.says.1))
        else {
            continue;
        };
        let Some((far, off)) = distance(&was, &is) else { continue };
        let usual = (if asked.is_text { CHANCE_OF_TEXTS } else { CHANCE_OF_NUMBERS }) * spread(n, Some(m));
        if far + off > usual {
            continue;
        }
        if detail.is_empty() {
            detail = format!(
                "{}: {} value(s) against {} of the baseline, at a distance of {}; one of twenty samples of this size from the baseline itself would be as far as {} or farther. The threshold is {} and Simple takes nothing off.",
                found.feature,
                grouped(n),
                grouped(m),
                shown(far),
                shown(usual),
                asked.drift.map_or_else(|| "not set".to_owned(), shown)
            );
        }
        columns.push(found.feature.clone());
    }
    (columns, detail)
}
