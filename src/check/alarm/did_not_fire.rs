//! An alarm should have gone off and did not.

use super::{endpoint_of, need_metric, watching};
use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::alarm::replay::Rule;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::metrics::Data;
use crate::check::{Check, Findings};
use crate::finding::Severity;
use crate::time::{Instant, Seconds};

pub(in crate::check) const CHECK: Check = Check {
    id: "alarm/did-not-fire",
    severity: Severity::High,
    fires_when: "The metric met the alarm's condition and no state change is recorded.",
    why: "Whoever relies on the alarm was not told, and will not be told next time.",
    needs: "`cloudwatch describe-alarms`, the metric at the alarm's period and statistic, and either a whole `cloudwatch describe-alarm-history` of the time or a state that has not changed since before it. Without these it names the gap.",
    fooled_by: "Data that reached CloudWatch after the alarm had looked: it is in the export and was not there then. Percentiles of few samples, which an alarm may be set to ignore. Settings that changed later are told by the alarm itself; where it does not say when they changed, the grade is C.",
    remedy: "Look at the history of the alarm at the time and at what it evaluated; test it with data of such a time.",
    run,
};

/// `CloudWatch` changes a state this long after the period that causes it, at the latest.
const SLACK: Seconds = 300;

fn run(case: &Case, findings: &mut Findings) {
    for alarm in watching(case) {
        let (Some(measure), Some(rule)) = (&alarm.settings.measure, Rule::of(&alarm.settings)) else { continue };
        let Some(data) = case.metrics.of(measure, &alarm.home) else {
            need_metric(case, alarm, measure, findings);
            continue;
        };
        // What was measured under other settings says nothing of these.
        let set = alarm.changes.last().copied();
        let episodes: Vec<(Instant, Instant)> = rule
            .replay(&data)
            .episodes()
            .filter(|(from, _)| set.is_none_or(|set| from.plus(-rule.fastest()) >= set))
            .filter_map(|(from, to)| Some((from, to.or(data.spans.last().map(|span| span.1))?)))
            .collect();
        report(case, alarm, &rule, &data, &episodes, findings);
    }
}

fn report(case: &Case, alarm: &Alarm, rule: &Rule, data: &Data, episodes: &[(Instant, Instant)], findings: &mut Findings) {
    let history = case.coverage.alarm_history(alarm);
    let mut silent = Vec::new();
    for (from, to) in episodes {
        let listed = history.iter().any(|(begins, ends, _)| begins <= from && to.plus(SLACK) <= *ends);
        match alarm.was_in_alarm(*from, to.plus(SLACK), listed) {
            Some(true) => {}
            Some(false) => silent.push((*from, *to)),
            None => findings.need(GapKey::AlarmHistory(Place::at(&alarm.home))),
        }
    }
    let (Some((first, until)), Some(evidence)) = (silent.first().copied(), alarm.cited()) else { return };
    let lists = history.into_iter().map(|(_, _, cite)| cite);
    let known = !alarm.changes.is_empty();
    let more = match silent.len() - 1 {
        0 => String::new(),
        more => format!(" The same {more} more times."),
    };
    let peak = data.points.iter().filter(|(at, _)| *at >= first.plus(-rule.fastest()) && *at < until).map(|(_, value)| *value);
    let peak = if rule.comparison.is_upper() { peak.reduce(f64::max) } else { peak.reduce(f64::min) };
    let shown = peak.map(|peak| format!("it reached {peak}, the threshold is {}", rule.threshold)).unwrap_or_default();
    let unsure = if known { "" } else { " When its settings were last changed is not in the evidence." };
    let title = format!("{} should have gone into ALARM at {} and did not", alarm.name, first.to_seconds_text());
    let finding = CHECK
        .finds(alarm.subject(), title, if known { Grade::B } else { Grade::C }, evidence.and(data.cites.clone()).and(lists))
        .because(format!(
            "{} of {} periods of {} s were beyond the threshold: {shown}.{more}{unsure}",
            rule.points, rule.periods, rule.period
        ))
        .concerning(endpoint_of(alarm))
        .between(Some(first), Some(until))
        .told_apart_by(first.to_seconds_text());
    findings.add(finding);
}
