//! An alarm tells nobody.

use std::collections::BTreeMap;

use super::{endpoint_of, watching};
use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::watchers::Rule;
use crate::check::{Check, Findings};
use crate::fact::call::Listed;
use crate::fact::pattern::Event;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "alarm/no-action",
    severity: Severity::Medium,
    fires_when: "An alarm has no action for ALARM, or its actions are disabled, and no composite alarm, event rule or deployment uses it.",
    why: "It goes off, and nobody hears it: somebody has to look at the right page at the right time.",
    needs: "`cloudwatch describe-alarms`. Without `events list-rules` it is graded C, because a rule could pass the alarm on.",
    fooled_by: "People who watch a dashboard, tools that poll. Composite alarms that `describe-alarms` leaves out unless asked for with `--alarm-types`.",
    remedy: "Give the alarm an action, such as an SNS topic that somebody receives, and enable its actions.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for alarm in watching(case) {
        if !alarm.settings.told().is_empty() || case.alarms.composed_of(alarm).any(|outer| !outer.settings.told().is_empty()) {
            continue;
        }
        let (account, region) =
            (alarm.home.account.as_deref().unwrap_or_default(), alarm.home.region.as_deref().unwrap_or_default());
        let rules = case.coverage.lists(Listed::Rules, account, region).next();
        if rules.is_none() {
            findings.need(GapKey::Rules(Place::at(&alarm.home)));
        }
        let rolls_back = case
            .serving
            .endpoints()
            .iter()
            .flat_map(|endpoint| &endpoint.said)
            .any(|said| said.says.rollback_alarms.contains(&alarm.name));
        if rolls_back || case.watchers.rules.iter().any(|rule| passes_on(rule, alarm, "ALARM")) {
            continue;
        }
        let Some(evidence) = alarm.cited() else { continue };
        let disabled = !alarm.settings.acts && !alarm.settings.actions.is_empty();
        let why = if disabled { "its actions are disabled" } else { "it has no action for ALARM" };
        let unknown = if rules.is_some() { "" } else { " Event rules are not in the evidence." };
        let grade = if rules.is_some() { Grade::B } else { Grade::C };
        let finding = CHECK
            .finds(alarm.subject(), format!("{} tells nobody: {why}", alarm.name), grade, evidence)
            .because(format!("No composite alarm, event rule or deployment in the evidence uses it either.{unknown}"))
            .concerning(endpoint_of(alarm))
            .told_apart_by(if disabled { "disabled" } else { "none" });
        findings.add(finding);
    }
}

/// Returns whether an event rule sends the alarm's changes to a state to anybody.
pub(super) fn passes_on(rule: &Rule, alarm: &Alarm, state: &str) -> bool {
    let fits = |own: &Option<String>, other: &Option<String>| own.is_none() || other.is_none() || own == other;
    let subject = alarm.subject();
    let event: Event<'_> = BTreeMap::from([
        ("source", "aws.cloudwatch"),
        ("detail-type", "CloudWatch Alarm State Change"),
        ("resources", subject.as_str()),
        ("detail.alarmName", alarm.name.as_str()),
        ("detail.state.value", state),
    ]);
    fits(&rule.account, &alarm.home.account)
        && fits(&rule.region, &alarm.home.region)
        && rule.enabled
        && rule.targets.as_ref().is_none_or(|targets| !targets.is_empty())
        && rule.pattern.as_ref().is_some_and(|pattern| pattern.matches(&event))
}
