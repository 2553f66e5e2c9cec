//! An alarm was set off by hand.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::call::CallStatement;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "evidence/synthetic",
    severity: Severity::Info,
    fires_when: "Alarm transitions were caused by hand (`SetAlarmState`); they are left out of detection times.",
    why: "A drill that sets an alarm off shows that its actions work, and nothing of how fast a fault is noticed. Counted as detections, such transitions make times look better than they are.",
    needs: "CloudTrail's record of the call, and `cloudwatch describe-alarm-history` for what it changed.",
    fooled_by: "A real fault within a minute of the call, in the same direction: its transition is taken for the call's.",
    remedy: "Nothing needs to be mended. To measure detection, cause the fault and not the alarm.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let mut calls: BTreeMap<(&str, &str, &str), Vec<&Said<CallStatement>>> = BTreeMap::new();
    for said in case.calls.iter().filter(|said| said.says.operation == "SetAlarmState" && said.says.error.is_none()) {
        let Some(name) = &said.says.name else { continue };
        calls.entry((&said.says.account, &said.says.region, name)).or_default().push(said);
    }
    for ((account, region, name), calls) in calls {
        let is_same = |own: &Option<String>, wanted: &str| own.as_deref().is_none_or(|own| own == wanted);
        let alarm = case
            .alarms
            .iter()
            .find(|alarm| alarm.name == name && is_same(&alarm.home.account, account) && is_same(&alarm.home.region, region));
        if alarm.is_some_and(|alarm| alarm.told.is_some() && !alarm.is_of_sagemaker()) {
            continue;
        }
        let subject = alarm.map_or_else(|| format!("arn:aws:cloudwatch:{region}:{account}:alarm:{name}"), Alarm::subject);
        let by_hand: Vec<_> =
            alarm.iter().flat_map(|alarm| &alarm.transitions).filter(|transition| transition.by_hand.is_some()).collect();
        let cites = calls.iter().map(|said| said.cite.clone());
        let Some(evidence) = Citations::from_all(cites.chain(by_hand.iter().flat_map(|own| own.cites.iter().cloned()))) else {
            continue;
        };
        let (first, last) = (calls.first().map(|said| said.says.at), calls.last().map(|said| said.says.at));
        let who = calls.iter().find_map(|said| said.by.as_ref()).map(|by| format!(" by {by}")).unwrap_or_default();
        let title = format!("{name} was set by hand {} times{who}", calls.len()).replace(" 1 times", " once");
        let left_out = match by_hand.len() {
            0 => "No change of state that follows from it is in the evidence.".to_owned(),
            1 => "The change of state that followed is left out of detection times.".to_owned(),
            n => format!("The {n} changes of state that followed are left out of detection times."),
        };
        let finding = CHECK
            .finds(subject, title, Grade::B, evidence)
            .because(left_out)
            .concerning(alarm.and_then(|alarm| alarm.endpoint()).map(|(endpoint, _)| endpoint.to_owned()))
            .between(first, last)
            .told_apart_by(first.map(crate::time::Instant::to_seconds_text).unwrap_or_default());
        findings.add(finding);
    }
}
