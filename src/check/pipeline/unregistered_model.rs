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
    let known_absent = |none: bool, grade: Grade| none && !matches!(grade, Grade::U | Grade::X);
    fn absent<T>(claim: &Claim<T>) -> (bool, Grade) {
        (claim.value().is_none(), claim.grade())
    }
    for lineage in &case.lineages {
        let (package, run) = (absent(&lineage.package), absent(&lineage.pipeline_execution));
        let mut spans = case.serving.of_model(&lineage.arn).peekable();
        if !known_absent(package.0, package.1) || !known_absent(run.0, run.1) || spans.peek().is_none() {
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
                package.1.weaker(run.1),
                evidence,
            )
            .because(format!("{}; {}.", lineage.package.why(), lineage.pipeline_execution.why()))
            .concerning(spans.iter().map(|span| &span.endpoint).chain(lineage.training_job.value()))
            .between(spans.first().map(|span| span.from.latest), None);
        findings.add(finding);
    }
}
