//! Two alarms hold one metric against two limits, and nothing says that one of them is only a warning.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::{endpoint_of, watching};
use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::alarm::replay::Rule;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::fact::alarm::Measure;
use crate::fact::arn::Home;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "alarm/disagree",
    severity: Severity::Low,
    fires_when: "Two alarms have different upper thresholds for one metric and statistic of one variant, tell the same people after the same time, and neither says that it is a warning.",
    why: "There is one objective and two numbers for it. Whoever is called, or reads a report, does not know which of them was broken.",
    needs: "`cloudwatch describe-alarms`.",
    fooled_by: "Pairs of warning and emergency are told by their names and descriptions (`warning`, `critical`, `p1`, `sev2`, …) or by telling other people; a slow and a fast alarm by their periods. None of these fires.",
    remedy: "Keep the threshold that is the objective and delete the other, or say in name and description which is the warning.",
    run,
};

/// What an owner writes into one of several levels.
static LEVEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = "warn(ing)?|crit(ical)?|emergency|severe|minor|major|low|medium|high|info|page|ticket|soft|hard|early|sev[- ]?[0-9]|p[0-5]|level[- ]?[0-9]";
    Regex::new(&format!("(?i)(^|[^a-z0-9])({words})([^a-z0-9]|$)")).ok()
});

fn run(case: &Case, findings: &mut Findings) {
    let mut by_metric: BTreeMap<(&Home, Measure), Vec<&Alarm>> = BTreeMap::new();
    for alarm in watching(case) {
        let Some(measure) = alarm.settings.measure.as_ref().filter(|measure| measure.statistic.is_some()) else { continue };
        let statistic = measure.statistic.as_ref().map(|statistic| statistic.to_ascii_lowercase());
        by_metric.entry((&alarm.home, Measure { statistic, period: None, ..measure.clone() })).or_default().push(alarm);
    }
    for alarms in by_metric.values() {
        for (position, one) in alarms.iter().enumerate() {
            for other in &alarms[position + 1..] {
                if let Some((low, high)) = disagree(one, other) {
                    report(low, high, findings);
                }
            }
        }
    }
}

/// Returns two alarms on one metric that disagree, the one with the lower threshold first.
fn disagree<'a>(one: &'a Alarm, other: &'a Alarm) -> Option<(&'a Alarm, &'a Alarm)> {
    let (rule, against) = (Rule::of(&one.settings)?, Rule::of(&other.settings)?);
    let are_upper = rule.comparison.is_upper() && against.comparison.is_upper();
    let is_one_time = rule.fastest() == against.fastest();
    let tells = |alarm: &Alarm| alarm.settings.told().iter().cloned().collect::<BTreeSet<String>>();
    let differ = (rule.threshold - against.threshold).abs() > 1e-9 * rule.threshold.abs().max(against.threshold.abs());
    let fits = are_upper && is_one_time && differ && tells(one) == tells(other);
    if !fits || has_level(one) || has_level(other) {
        return None;
    }
    Some(if rule.threshold < against.threshold { (one, other) } else { (other, one) })
}

/// Returns whether an alarm's owner says which of several levels it is.
fn has_level(alarm: &Alarm) -> bool {
    let words = format!("{} {}", alarm.name, alarm.settings.description.as_deref().unwrap_or_default());
    LEVEL.as_ref().is_some_and(|pattern| pattern.is_match(&words))
}

fn report(low: &Alarm, high: &Alarm, findings: &mut Findings) {
    let (Some(one), Some(other)) = (Rule::of(&low.settings), Rule::of(&high.settings)) else { return };
    let Some(measure) = &low.settings.measure else { return };
    let Some(evidence) = low.cited().map(|cites| cites.and(high.cites.iter().cloned())) else { return };
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let title = format!(
        "{} and {} disagree: {} {} is too much above {} for one and above {} for the other",
        low.name,
        high.name,
        text(&measure.statistic),
        text(&measure.metric),
        one.threshold,
        other.threshold
    );
    let finding = CHECK
        .finds(low.subject(), title, Grade::B, evidence)
        .because("Both tell the same people after the same time.")
        .concerning(endpoint_of(low).into_iter().chain([high.subject()]))
        .told_apart_by(format!("{} {} {}", high.name, one.threshold, other.threshold));
    findings.add(finding);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_told_in_words() {
        let is = |text: &str| LEVEL.as_ref().unwrap().is_match(text);
        for text in ["risk-latency-warning", "P1 latency", "sev-2: slow", "latency (critical)", "risk_high"] {
            assert!(is(text), "{text}");
        }
        for text in ["risk-latency", "p95 of risk scoring", "highway", "slow answers"] {
            assert!(!is(text), "{text}");
        }
    }
}
