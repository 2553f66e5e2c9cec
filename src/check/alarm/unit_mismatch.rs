//! A threshold is written in milliseconds, and the metric is in microseconds.

use std::sync::LazyLock;

use regex::Regex;

use super::invalid_statistic::is_invalid;
use super::{endpoint_of, need_metric, watching};
use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::alarm::known::{PLAUSIBLE, is_in_microseconds};
use crate::case::alarm::replay::{Replay, Rule};
use crate::case::claim::Grade;
use crate::case::metrics::Data;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::alarm::Measure;
use crate::fact::watch::Told;
use crate::finding::Severity;
use crate::time::{Instant, Seconds};

pub(in crate::check) const CHECK: Check = Check {
    id: "alarm/unit-mismatch",
    severity: Severity::High,
    fires_when: "A threshold reads as milliseconds on a metric in microseconds, or the alarm asks for data in another unit than the metric has; replays the alarm as written and as meant.",
    why: "ModelLatency and OverheadLatency are in microseconds: 850 is less than a millisecond, so the alarm is on for ever and nobody looks at it any more. An alarm that asks for another unit never gets data.",
    needs: "`cloudwatch describe-alarms` or the template of the alarm, and the metric at the alarm's period and statistic. Without the metric it speaks only where name or description say milliseconds, and else names the gap.",
    fooled_by: "A model that answers within 10 ms may have such a threshold on purpose: where most of its values lie below it, this stays silent. A threshold above 10,000 is never doubted.",
    remedy: "Multiply the threshold by 1,000, leave `Unit` unset or set it to `Microseconds`, and look at what the alarm would have done.",
    run,
};

/// What an owner writes who thinks in milliseconds.
static MILLISECONDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(?:\b|[0-9])(?:ms|milli[- ]?sec(?:ond)?s?)\b").ok());

fn run(case: &Case, findings: &mut Findings) {
    // What a template sets is written so, whether or not it was deployed; what CloudWatch would refuse never is.
    let written = case.alarms.wanted.iter().filter(|alarm| {
        let is_set = || case.alarms.set().any(|other| other.name == alarm.name);
        let is_refused = alarm.told != Some(Told::Template) || is_invalid(alarm);
        alarm.is_of_sagemaker() && !alarm.is_for_scaling() && !is_refused && !is_set()
    });
    for alarm in watching(case).chain(written) {
        let Some(measure) = &alarm.settings.measure else { continue };
        let (Some(namespace), Some(metric)) = (&measure.namespace, &measure.metric) else { continue };
        if !is_in_microseconds(namespace, metric) {
            continue;
        }
        match measure.unit.as_deref() {
            None | Some("Microseconds") => written_in_milliseconds(case, alarm, measure, metric, findings),
            Some(unit) => asks_for(alarm, metric, unit, findings),
        }
    }
}

/// An alarm gets only data of the unit that it asks for.
fn asks_for(alarm: &Alarm, metric: &str, unit: &str, findings: &mut Findings) {
    let Some(evidence) = alarm.cited() else { return };
    let title = format!("{} asks for {metric} in {unit}; it is in microseconds, so the alarm never gets data", alarm.name);
    let detail = "CloudWatch gives an alarm only the data of the unit that it asks for. It converts nothing.";
    findings.add(
        CHECK
            .finds(alarm.subject(), title, Grade::B, evidence)
            .because(detail)
            .concerning(endpoint_of(alarm))
            .told_apart_by(format!("{metric} {unit}")),
    );
}

fn written_in_milliseconds(case: &Case, alarm: &Alarm, measure: &Measure, metric: &str, findings: &mut Findings) {
    let Some(rule) = Rule::of(&alarm.settings) else { return };
    if !rule.comparison.is_upper() || rule.threshold <= 0.0 || rule.threshold >= PLAUSIBLE {
        return;
    }
    let Some(evidence) = alarm.cited() else { return };
    let meant = rule.at(rule.threshold * 1_000.0);
    let fact = format!("{metric} {}", rule.threshold);
    let Some(data) = case.metrics.of(measure, &alarm.home).filter(|data| !data.points.is_empty()) else {
        need_metric(case, alarm, measure, findings);
        let words = format!("{} {}", alarm.name, alarm.settings.description.as_deref().unwrap_or_default());
        if MILLISECONDS.as_ref().is_some_and(|pattern| pattern.is_match(&words)) {
            let title = format!(
                "{} speaks of milliseconds, and {metric} is in microseconds: {} is {}",
                alarm.name,
                rule.threshold,
                shown(rule.threshold)
            );
            let detail = format!(
                "Meant was perhaps {}. The metric is not in the evidence at the alarm's period and statistic, so what the alarm does is not replayed.",
                meant.threshold
            );
            let finding = CHECK.finds(alarm.subject(), title, Grade::C, evidence).because(detail);
            findings.add(finding.concerning(endpoint_of(alarm)).told_apart_by(fact));
        }
        return;
    };
    let (as_written, as_meant) = (rule.replay(&data), meant.replay(&data));
    if as_written.periods == 0 || !is_mostly_beyond(&as_written, &data) {
        return;
    }
    let title = format!(
        "{}: {} on {metric} is {}, not {} ms; as written: ALARM {:.1} % of {}; at {}: {} breaches",
        alarm.name,
        rule.threshold,
        shown(rule.threshold),
        rule.threshold,
        as_written.percent_in_alarm(),
        periods(rule.period),
        meant.threshold,
        as_meant.breaches,
    );
    let finding = CHECK
        .finds(alarm.subject(), title, Grade::B, cited(evidence, &data))
        .because(format!("{} is in microseconds. {}", metric, would_have_fired(&as_meant, meant.threshold)))
        .concerning(endpoint_of(alarm))
        .between(data.spans.first().map(|span| span.0), data.spans.last().map(|span| span.1))
        .told_apart_by(fact);
    findings.add(finding);
}

fn cited(evidence: Citations, data: &Data) -> Citations {
    evidence.and(data.cites.iter().cloned())
}

/// Returns whether most values lie beyond the threshold: it is not one that this model could keep.
fn is_mostly_beyond(replay: &Replay, data: &Data) -> bool {
    let points = u64::try_from(data.points.len()).unwrap_or(u64::MAX);
    replay.breaches.saturating_mul(2) >= points
}

/// Says when the alarm would have gone off.
fn would_have_fired(replay: &Replay, threshold: f64) -> String {
    const NAMED: usize = 3;
    let times: Vec<Instant> = replay.episodes().map(|(from, _)| from).collect();
    if times.is_empty() {
        return format!("At {threshold} it would not have fired.");
    }
    let named: Vec<String> = times.iter().take(NAMED).map(|at| at.to_seconds_text()).collect();
    let more = if times.len() > NAMED { format!(" and {} more times", times.len() - NAMED) } else { String::new() };
    format!("At {threshold} it would have fired at {}{more}.", named.join(", "))
}

/// Writes microseconds as milliseconds.
fn shown(microseconds: f64) -> String {
    format!("{} ms", microseconds / 1_000.0)
}

fn periods(period: Seconds) -> String {
    match period {
        60 => "minutes".to_owned(),
        _ if period % 60 == 0 => format!("periods of {} minutes", period / 60),
        _ => format!("periods of {period} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_told_in_words() {
        let says = |text: &str| MILLISECONDS.as_ref().unwrap().is_match(text);
        assert!(says("p95 above 850 ms") && says("latency-850ms") && says("over 800 milliseconds") && says("800-ms"));
        assert!(!says("alarms of the team") && !says("msgs above 5") && !says("systems"));
        assert_eq!((shown(850.0), periods(300)), ("0.85 ms".to_owned(), "periods of 5 minutes".to_owned()));
    }
}
