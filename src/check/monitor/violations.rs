//! A monitor's execution reports violations.

use super::watched;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "monitor/violations",
    severity: Severity::High,
    fires_when: "An execution of a monitoring schedule ended with violations.",
    why: "What the endpoint sees is no longer what it was trained on, or what it answers no longer holds, and the monitor has said so.",
    needs: "`list-monitoring-executions`, or the last execution that `describe-monitoring-schedule` gives.",
    fooled_by: "Thresholds that few rows or very many trip by chance; which columns broke which rule stands in the execution's `constraint_violations.json`, which `drift --violations` explains. Violations in a row are one finding.",
    remedy: "Read the execution's violations, and either mend the input, train again, or correct the baseline: a monitor that is always red is not looked at.",
    run,
};

const STATUS: &str = "CompletedWithViolations";

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
            let kind = first.kind.as_ref().map_or_else(String::new, |kind| format!("It monitors {kind}. "));
            let said = row.iter().find_map(|(one, _)| {
                let job = case.jobs.iter().find(|job| one.job.as_ref().is_some_and(|arn| arn.key() == job.arn.key()))?;
                job.exit.clone()
            });
            let said = said.map_or_else(String::new, |exit| format!("Its job said: {exit}."));
            let jobs = row.iter().filter_map(|(one, _)| one.job.clone());
            let finding = CHECK
                .finds(&schedule.arn, title, Grade::B, evidence)
                .because(format!("{kind}{said}").trim().to_owned())
                .concerning(jobs.chain(watched(case, schedule)))
                .between(Some(first.scheduled), Some(last.scheduled))
                .told_apart_by(first.scheduled.to_seconds_text());
            findings.add(finding);
        }
    }
}
