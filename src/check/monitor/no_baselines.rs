//! What a monitor compares with is not recorded with the model.

use super::{bare_packages, watched};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "monitor/no-baselines",
    severity: Severity::Info,
    fires_when: "A monitoring schedule has a baseline, and the package of the model that its endpoint serves was registered without `DriftCheckBaselines`.",
    why: "A baseline belongs to the data of one model. Where the package does not name it, the next model is held against the last one's data, and nobody can tell which baseline was the right one.",
    needs: "`describe-model-package` of what serves, and the schedule with its baseline: `describe-monitoring-schedule`, or `describe-data-quality-job-definition`.",
    fooled_by: "Teams that keep baselines by a convention of places. A package that only a request or a list tells of does not fire, as they need not say everything; nor does a schedule whose baseline is not known. Baselines of another kind than the monitor's count as kept.",
    remedy: "Register the package with `DriftCheckBaselines`, with the files that the monitor is to use, and set the schedule up from there when a model is deployed.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let Some(as_of) = case.as_of else { return };
    for schedule in case.monitors.iter() {
        let baseline = &schedule.baseline;
        let Some(file) = baseline.constraints.as_ref().or(baseline.statistics.as_ref()) else { continue };
        for (package, cites) in bare_packages(case, schedule, as_of) {
            let Some(evidence) = Citations::from_all(cites.into_iter().chain(schedule.cites.iter().cloned())) else { continue };
            let title = format!("{} carries no DriftCheckBaselines, and {} has a baseline", package.name(), schedule.name);
            let finding = CHECK
                .finds(&schedule.arn, title, Grade::B, evidence)
                .because(format!("The schedule compares with {file}. Nothing in the package ties that to the model."))
                .concerning([&package])
                .concerning(watched(case, schedule))
                .told_apart_by(package.as_str());
            findings.add(finding);
        }
    }
}
