//! Rows of the data break business rules.

use super::{detail, named, report};
use crate::case::Case;
use crate::case::study::{Alone, Change, Kind, Subject};
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "drift/business-rule",
    severity: Severity::High,
    fires_when: "Rows that a run read, or that an endpoint was asked, break a rule of `--rules`, by more than it allows. Of two runs that are compared, the later is asked.",
    why: "Values that cannot be (an age of 13, an amount below zero) are errors of a source, whatever their distribution.",
    needs: "Business rules (`--rules`), and the data files of a run, or captured requests and the training data, as `drift/distribution` and `skew/train-serve` need them.",
    fooled_by: "Rules that are too narrow. A rule that cannot be asked is told of in the detail and does not fire.",
    remedy: "Correct the source, and let the job or the endpoint refuse such rows.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    report(&CHECK, Kind::BusinessRule, "break business rules", case, findings);
    for study in &case.studies {
        let changes: Vec<&Change> = study.changes.iter().filter(|change| change.kind == Kind::BusinessRule).collect();
        if changes.is_empty() {
            continue;
        }
        let finds = |subject: &str, title: String| {
            CHECK.finds(subject, title, study.grade, study.evidence.clone()).because(detail(study, &changes))
        };
        match &study.subject {
            // Reported above, as all that two runs tell.
            Subject::Runs(_) => {}
            Subject::Served(served) => {
                let title = format!("Requests to {} ({}) break business rules: {}", served.name, served.variant, named(&changes));
                let finding = finds(&served.name, title)
                    .concerning([&served.endpoint, &served.model])
                    .between(Some(served.from), Some(served.to))
                    .told_apart_by(format!("{} {} {}", served.endpoint, served.variant, served.model));
                findings.add(finding);
            }
            Subject::Alone(Alone { channel, uri, run, models }) => {
                let title = format!("Rows of {uri} that {} read break business rules: {}", run.name, named(&changes));
                let finding = finds(&uri.to_string(), title)
                    .concerning([&run.job].into_iter().chain(models))
                    .between(run.read_from, None)
                    .told_apart_by(format!("{channel} {}", run.fingerprint));
                findings.add(finding);
            }
        }
    }
}
