//! A model that a stopped job left was let loose.

use super::at_limit;
use crate::case::Case;
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "timeout/truncated-model",
    severity: Severity::High,
    fires_when: "The artifact of a job that was stopped at its limit was registered or deployed.",
    why: "SageMaker uploads whatever the container had written when it was stopped, and that is a valid artifact: nothing later shows that training was cut off.",
    needs: "The training job's end, and the model or package made from its artifact.",
    fooled_by: "Training that is meant to run until its limit and to keep its best checkpoint.",
    remedy: "Refuse artifacts of jobs whose secondary status is `MaxRuntimeExceeded`; retrain with a limit that fits.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for lineage in &case.lineages {
        let Some(job) = lineage.training_job.value().and_then(|arn| case.jobs.get(arn, lineage.created)) else { continue };
        let Some(at_limit) = at_limit(case, job) else { continue };
        let endpoints: Vec<_> = case.serving.of_model(&lineage.arn, lineage.created).collect();
        let package = lineage.package.value().map(|package| &package.arn);
        if package.is_none() && endpoints.is_empty() {
            continue;
        }
        let done = if endpoints.is_empty() { "registered" } else { "deployed" };
        let evidence = at_limit.evidence.and(lineage.training_job.evidence().cloned());
        let evidence = evidence.and(endpoints.iter().flat_map(|span| span.evidence.iter().cloned()));
        let finding = CHECK
            .finds(
                &job.arn,
                format!("{} was {done}, though {} was stopped at its limit", lineage.name, job.name),
                at_limit.grade.weaker(lineage.training_job.grade()),
                evidence,
            )
            .because(format!("The job ended at its limit ({}); what it had written by then became the artifact.", at_limit.how))
            .concerning([&lineage.arn].into_iter().chain(package).chain(endpoints.iter().map(|span| &span.endpoint)))
            .between(job.ended, None)
            .told_apart_by(lineage.arn.as_str());
        findings.add(finding);
    }
}
