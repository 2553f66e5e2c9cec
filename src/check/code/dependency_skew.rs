//! Training and serving resolved different package versions.

use super::{describe, skew};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::lineage::Lineage;
use crate::case::logs::Printed;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "code/dependency-skew",
    severity: Severity::Medium,
    fires_when: "Training and serving containers resolved different package versions, or scikit-learn warns while serving that another version wrote the model.",
    why: "A model pickled with one version and loaded with another may fail, or answer differently without failing.",
    needs: "Log lines of pip from the training job and from the endpoint's instances; or scikit-learn's warning from an instance alone.",
    fooled_by: "Packages that the model does not touch; packages of the image that pip never named are not seen. Where pip tells only of a download, the package may not have been installed: grade C.",
    remedy: "Pin every requirement, in training and serving alike, from one lock file.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for lineage in &case.lineages {
        for span in case.serving.of_model(&lineage.arn, lineage.created) {
            let during = |printed: &Printed| printed.overlaps(span.from.earliest, span.to.map(|to| to.latest));
            let instances = case.printed_in(span).into_iter().filter(|(_, _, printed)| during(printed));
            for (_, instance, printed) in instances {
                let Some(found) = compare(lineage, printed) else { continue };
                let Some(evidence) = Citations::from_all(found.cites) else { continue };
                let finding = CHECK
                    .finds(
                        &lineage.arn,
                        format!("{} package(s) of {} differ between training and serving", found.differ, lineage.name),
                        found.grade,
                        evidence,
                    )
                    .because(format!("Training → {} ({instance}): {}", span.name, found.text))
                    .concerning(lineage.training_job.value().into_iter().chain([&span.endpoint]))
                    .between(Some(span.from.latest), span.to.map(|to| to.earliest))
                    .told_apart_by(format!("{} {}", span.name, found.text));
                findings.add(finding);
                break;
            }
        }
    }
}

/// How an instance differs from training.
struct Found {
    differ: usize,
    text: String,
    grade: Grade,
    cites: Vec<Citation>,
}

fn compare(lineage: &Lineage, printed: &Printed) -> Option<Found> {
    let trained = &lineage.code.dependencies;
    let mut differ = trained.value().map(|packages| skew(packages, &printed.packages)).unwrap_or_default();
    let mut grade = if differ.is_empty() { Grade::B } else { trained.grade() };
    let mut cites = Vec::new();
    if !differ.is_empty() {
        cites.extend(trained.evidence().cloned().chain(printed.package_citations().into_iter().flatten()));
        if differ.iter().any(|(name, ..)| printed.downloaded.contains(*name)) {
            grade = grade.weaker(Grade::C);
        }
    }
    for (name, written_by, read_by, cite) in &printed.unpickled {
        if written_by == read_by {
            continue;
        }
        cites.push(cite.clone());
        if !differ.iter().any(|(known, ..)| known == name) {
            differ.push((name, written_by, read_by));
        }
    }
    let warned = if printed.unpickled.is_empty() { "" } else { "; scikit-learn itself warns of it while serving" };
    let text = format!("{}{warned}", describe(&differ));
    (!differ.is_empty()).then_some(Found { differ: differ.len(), text, grade, cites })
}
