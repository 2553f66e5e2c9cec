//! Training and serving installed different versions of a package.

use super::{describe, skew};
use crate::case::Case;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "code/dependency-skew",
    severity: Severity::Medium,
    fires_when: "Training and serving containers resolved different package versions.",
    why: "A model pickled with one version and loaded with another may fail, or answer differently without failing.",
    needs: "Log lines of pip from the training job and from the endpoint's instances.",
    fooled_by: "Packages that the model does not touch; packages of the image that pip never named are not seen.",
    remedy: "Pin every requirement, in training and serving alike, from one lock file.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for lineage in &case.lineages {
        let Some(trained) = lineage.code.dependencies.value() else { continue };
        for span in case.serving.of_model(&lineage.arn, lineage.created) {
            let instances = case.logs.of_endpoint(&span.endpoint).filter(|(variant, _, printed)| {
                *variant == span.variant && printed.overlaps(span.from.earliest, span.to.map(|to| to.latest))
            });
            for (_, instance, printed) in instances {
                let skew = skew(trained, &printed.packages);
                if skew.is_empty() {
                    continue;
                }
                let cites =
                    lineage.code.dependencies.evidence().cloned().chain(printed.package_citations().into_iter().flatten());
                let Some(evidence) = Citations::from_all(cites) else { continue };
                let finding = CHECK
                    .finds(
                        &lineage.arn,
                        format!("{} package(s) of {} differ between training and serving", skew.len(), lineage.name),
                        lineage.code.dependencies.grade(),
                        evidence,
                    )
                    .because(format!("Training → {} ({instance}): {}", span.name, describe(&skew)))
                    .concerning(lineage.training_job.value().into_iter().chain([&span.endpoint]))
                    .between(Some(span.from.latest), span.to.map(|to| to.earliest))
                    .told_apart_by(format!("{} {}", span.name, describe(&skew)));
                findings.add(finding);
                break;
            }
        }
    }
}
