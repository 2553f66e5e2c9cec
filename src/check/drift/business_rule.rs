//! Rows of the data break business rules.

use super::{detail, named, report};
use crate::case::Case;
use crate::case::study::{Change, Kind, Subject};
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "drift/business-rule",
    severity: Severity::High,
    fires_when: "Rows that a run of a recurring job read, or that an endpoint was asked, break a rule of `--rules`, by more than it allows.",
    why: "Values that cannot be (an age of 13, an amount below zero) are errors of a source, whatever their distribution.",
    needs: "Business rules (`--rules`), and the data files of a run and of the run before, or captured requests and the training data, as `drift/distribution` and `skew/train-serve` need them.",
    fooled_by: "Rules that are too narrow. A rule that cannot be asked is told of in the detail and does not fire.",
    remedy: "Correct the source, and let the job or the endpoint refuse such rows.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    report(&CHECK, Kind::BusinessRule, "break business rules", case, findings);
    for study in &case.studies {
        let Subject::Served(served) = &study.subject else { continue };
        let changes: Vec<&Change> = study.changes.iter().filter(|change| change.kind == Kind::BusinessRule).collect();
        if changes.is_empty() {
            continue;
        }
        let title = format!("Requests to {} ({}) break business rules: {}", served.name, served.variant, named(&changes));
        let finding = CHECK
            .finds(&served.name, title, study.grade, study.evidence.clone())
            .because(detail(study, &changes))
            .concerning([&served.endpoint, &served.model])
            .between(Some(served.from), Some(served.to))
            .told_apart_by(format!("{} {} {}", served.endpoint, served.variant, served.model));
        findings.add(finding);
    }
}
