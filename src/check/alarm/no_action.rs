//! An alarm tells nobody.

use super::{endpoint_of, watching};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::check::{Check, Findings};
use crate::fact::alarm::State;
use crate::fact::call::Listed;
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
        if rolls_back || case.watchers.rules.iter().any(|rule| rule.passes_on(alarm, State::Alarm)) {
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
