//! A percentile stands where only simple statistics are valid.

use super::endpoint_of;
use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::fact::call::Listed;
use crate::fact::watch::Told;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "alarm/invalid-statistic",
    severity: Severity::High,
    fires_when: "An alarm has a percentile in `Statistic`, which belongs in `ExtendedStatistic`.",
    why: "CloudWatch refuses such an alarm. A stack with it does not deploy, so there is no alarm, and whoever wrote it believes that there is one.",
    needs: "The template, or CloudTrail's record of the refused `PutMetricAlarm`. With `cloudwatch describe-alarms` it also says whether an alarm of that name is there.",
    fooled_by: "A template that was mended later and is exported in its old form. What functions of a template would make is not known.",
    remedy: "Move the percentile to `ExtendedStatistic` and leave `Statistic` out.",
    run,
};

/// Statistics that `Statistic` takes.
const VALID: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

fn run(case: &Case, findings: &mut Findings) {
    for alarm in case.alarms.wanted.iter().chain(case.alarms.set()).filter(|alarm| alarm.is_of_sagemaker()) {
        let Some(statistic) = statistic(alarm).filter(|_| is_invalid(alarm)) else { continue };
        let Some(evidence) = alarm.cited() else { continue };
        let what = match alarm.told {
            Some(Told::Refused) => "was refused",
            Some(Told::Template) => "cannot be deployed",
            _ => "is set wrongly",
        };
        let title = format!("{} {what}; {statistic} stands in Statistic and belongs in ExtendedStatistic", alarm.name);
        let finding = CHECK
            .finds(alarm.subject(), title, Grade::B, evidence)
            .because(is_there(case, alarm))
            .concerning(endpoint_of(alarm))
            .between(alarm.told_at.filter(|_| alarm.told == Some(Told::Refused)), None)
            .told_apart_by(statistic);
        findings.add(finding);
    }
}

fn statistic(alarm: &Alarm) -> Option<&str> {
    alarm.settings.measure.as_ref().and_then(|measure| measure.statistic.as_deref())
}

/// Returns whether `CloudWatch` refuses an alarm for its statistic.
pub(super) fn is_invalid(alarm: &Alarm) -> bool {
    alarm.settings.simple_statistic && statistic(alarm).is_some_and(|statistic| !VALID.contains(&statistic))
}

/// Says whether an alarm of that name is there all the same.
fn is_there(case: &Case, wanted: &Alarm) -> String {
    let there = case.alarms.set().find(|alarm| alarm.name == wanted.name && alarm.told == Some(Told::Described));
    let (account, region) =
        (wanted.home.account.as_deref().unwrap_or_default(), wanted.home.region.as_deref().unwrap_or_default());
    match there {
        Some(_) => "An alarm of that name is there, set in another way.".to_owned(),
        None if case.coverage.lists(Listed::Alarms, account, region).next().is_some() => {
            "The account has no alarm of that name.".to_owned()
        }
        None => "Whether an alarm of that name is there, the evidence does not show.".to_owned(),
    }
}
