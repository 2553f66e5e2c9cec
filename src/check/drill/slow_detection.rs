//! An incident was noticed too late, or not at all.

use super::{about, need, until};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::finding::Severity;
use crate::time::duration_text;

pub(in crate::check) const CHECK: Check = Check {
    id: "drill/slow-detection",
    severity: Severity::Medium,
    fires_when: "An incident's detection exceeds its target (60 s, or what `--config` states): from its beginning to the first signal that could reach somebody, or to its end where there was none.",
    why: "What nobody knows of nobody mends: until then every request meets it.",
    needs: "What shows the incident (metrics, alarm history, or the runs of a job) and everything that could have told of it: `cloudwatch describe-alarms` with `describe-alarm-history`, `events list-rules` with targets, and a whole trail, in which people's calls stand. Where any of this is not there for the time before the detection, it names the gap.",
    fooled_by: "Watchers outside the account, calls by telephone, people who look and do not act. A person is known by the console, by a source identity, or by running a job that another role runs: one who uses the scheduler's own role is not told apart. Rules and alarms that were set up afterwards, where no record shows it. Transitions that `SetAlarmState` made do not count.",
    remedy: "Watch for what went wrong where it is first seen: an alarm with a period of 60 s and an action for errors and latency, an event rule on `Stopped` and `Failed` for jobs.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let target = case.targets.detection;
    let (wanted, name) = (target.seconds, target.name());
    for incident in &case.incidents {
        let lasted = until(incident, case.as_of).since(incident.began);
        let took = incident.time_to_detect().unwrap_or(lasted);
        if took <= wanted {
            continue;
        }
        if !incident.is_watched() {
            need(&incident.missing, findings);
            continue;
        }
        let (title, detail) = match &incident.detected {
            Some(detected) => (
                format!("{}: noticed after {}; {name} is {wanted} s", incident.name, duration_text(took)),
                format!(
                    "{}. The first signal that could reach somebody was {} at {}.",
                    incident.title,
                    detected.by,
                    detected.at.to_seconds_text()
                ),
            ),
            None => (
                format!("{}: not noticed in {}; {name} is {wanted} s", incident.name, duration_text(lasted)),
                format!("{}. No alarm, event rule, catch or person's call in the evidence tells of it.", incident.title),
            ),
        };
        findings.add(about(&CHECK, incident, title, Grade::B).because(detail));
    }
}
