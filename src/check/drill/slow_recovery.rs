//! An incident was over too late.

use super::{about, need, until};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::incidents::Kind;
use crate::check::{Check, Findings};
use crate::finding::Severity;
use crate::time::duration_text;

pub(in crate::check) const CHECK: Check = Check {
    id: "drill/slow-recovery",
    severity: Severity::Medium,
    fires_when: "An incident's recovery exceeds its target (300 s, or what `--config` states), counted from its beginning; for a recurring job, the time until its next run is due to be over, where that is longer.",
    why: "Every minute until then is met by requests. What is practised is over sooner.",
    needs: "What shows the incident and its end: metrics, alarm history, or the runs of a job with a whole trail. Where a run that completed sooner could be missing from the evidence, it names the gap.",
    fooled_by: "Incidents that are mended past the metric, such as by sending callers elsewhere. One that is not over at the time of the case is reported only where data still is too old.",
    remedy: "Write down how to go back (warm capacity, the configuration before, the last good data), automate it, and time it in a drill.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let wanted = case.targets.recovery;
    for incident in &case.incidents {
        let target = wanted.seconds.max(incident.due);
        let took = until(incident, case.as_of).since(incident.began);
        let is_known = incident.recovered.is_some() || incident.kind == Kind::StaleData;
        if took <= target || !is_known {
            continue;
        }
        if !incident.missing_end.is_empty() {
            need(&incident.missing_end, findings);
            continue;
        }
        let how = if incident.recovered.is_some() { "over after" } else { "not over after" };
        let limit = if wanted.is_stated && target == wanted.seconds {
            format!("{} is {target} s", wanted.name())
        } else {
            format!("the target is {}", duration_text(target))
        };
        let title = format!("{}: {how} {}; {limit}", incident.name, duration_text(took));
        findings.add(about(&CHECK, incident, title, Grade::B).because(format!("{}.", incident.title)));
    }
}
