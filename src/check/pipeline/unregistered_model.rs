//! A model serves that neither the registry nor a pipeline knows.

use crate::case::Case;
use crate::case::claim::{Claim, Grade};
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "pipeline/unregistered-model",
    severity: Severity::Medium,
    fires_when: "A model that serves traffic comes from no model package or pipeline execution.",
    why: "It was put together by hand: nothing records what went into it, and nothing will make it again.",
    needs: "What the endpoint serves, the model's description, and the request for its training job.",
    fooled_by: "A model whose package or pipeline is not in the evidence: that is a gap, and does not fire.",
    remedy: "Register what is deployed, and deploy only what is registered.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for lineage in &case.lineages {
        let mut spans = case.serving.of_model(&lineage.arn, lineage.created).peekable();
        if !is_absent(&lineage.package) || !is_absent(&lineage.pipeline_execution) || spans.peek().is_none() {
            continue;
        }
        let spans: Vec<_> = spans.collect();
        let cites = lineage.package.evidence().chain(lineage.pipeline_execution.evidence()).cloned();
        let Some(evidence) = Citations::from_all(cites.chain(spans.iter().flat_map(|span| span.evidence.iter().cloned()))) else {
            continue;
        };
        let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
        let finding = CHECK
            .finds(
                &lineage.arn,
                format!("{} serves {} and comes from no package and no pipeline", lineage.name, names.join(", ")),
                lineage.package.grade().weaker(lineage.pipeline_execution.grade()),
                evidence,
            )
            .because(format!("{}; {}.", lineage.package.why(), lineage.pipeline_execution.why()))
            .concerning(spans.iter().map(|span| &span.endpoint).chain(lineage.training_job.value()))
            .between(spans.first().map(|span| span.from.latest), None);
        findings.add(finding);
    }
}

/// Returns whether the evidence shows that there is none.
fn is_absent<T>(claim: &Claim<T>) -> bool {
    claim.value().is_none() && !matches!(claim.grade(), Grade::U | Grade::X)
}
