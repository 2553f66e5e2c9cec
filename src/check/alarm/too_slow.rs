//! An alarm cannot meet the target for noticing a fault.

use super::{endpoint_of, watching};
use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::alarm::known::{Notices, notices};
use crate::case::alarm::replay::Rule;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "alarm/too-slow",
    severity: Severity::Medium,
    fires_when: "Period × points to alarm cannot meet the detection target (60 s, or what `--config` states), for errors or latency of an endpoint, and no other alarm of that endpoint is faster.",
    why: "An alarm waits until its last period is over. With a period of 300 s, nobody can be told within 60 s, however bad the fault is; delivery comes on top.",
    needs: "`cloudwatch describe-alarms`.",
    fooled_by: "Targets that are not 60 s and are not stated. Alarms on use of CPU, memory or disk are not looked at: they warn of what may come.",
    remedy: "Use a period of 60 s and one point to alarm for what must be noticed within a minute, and keep the slow alarm for what lasts.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let target = case.targets.detection;
    for alarm in watching(case) {
        let Some((kind, fastest)) = speed(alarm).filter(|(_, fastest)| *fastest > target.seconds) else { continue };
        let is_faster = |other: &Alarm| {
            other.home == alarm.home
                && other.endpoint() == alarm.endpoint()
                && alarm.is_covered_by(other)
                && !other.settings.told().is_empty()
                && speed(other).is_some_and(|(own, time)| own == kind && time <= target.seconds)
        };
        if alarm.settings.told().is_empty() || watching(case).any(is_faster) {
            continue;
        }
        let (Some(evidence), Some(rule)) = (alarm.cited(), Rule::of(&alarm.settings)) else { continue };
        let title =
            format!("{} needs at least {fastest} s to notice a fault; {} is {} s", alarm.name, target.name(), target.seconds);
        let finding = CHECK
            .finds(alarm.subject(), title, Grade::B, evidence)
            .because(format!("{} of {} periods of {} s must be beyond the threshold.", rule.points, rule.periods, rule.period))
            .concerning(endpoint_of(alarm))
            .told_apart_by(format!("{fastest}"));
        findings.add(finding);
    }
}

/// Returns what an alarm notices, and the least time it takes, in seconds.
fn speed(alarm: &Alarm) -> Option<(Notices, crate::time::Seconds)> {
    alarm.endpoint()?;
    let metric = alarm.settings.measure.as_ref()?.metric.as_deref()?;
    Some((notices(metric)?, Rule::of(&alarm.settings)?.fastest()))
}
