//! Caching without an end.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::GapKey;
use crate::case::pipelines::Defined;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "pipeline/cache-no-expiry",
    severity: Severity::Low,
    fires_when: "Caching without `ExpireAfter`.",
    why: "A result is then taken from cache for ever, as long as the paths in the arguments stay the same.",
    needs: "The pipeline's definition, or that of one of its executions.",
    fooled_by: "Steps whose arguments change with every run: they never hit the cache.",
    remedy: "Set `ExpireAfter` to less than the time in which the data changes.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for execution in case.pipelines.iter().filter(|execution| case.pipelines.definition_of(execution).is_none()) {
        findings.need(GapKey::Definition(execution.arn.clone()));
    }
    let mut latest: BTreeMap<String, &Defined> = BTreeMap::new();
    for defined in case.pipelines.definitions() {
        let Some(pipeline) = &defined.pipeline else { continue };
        let entry = latest.entry(pipeline.as_str().to_lowercase()).or_insert(defined);
        if defined.since > entry.since {
            *entry = defined;
        }
    }
    for defined in latest.values() {
        let steps: Vec<&str> = defined
            .definition
            .steps
            .iter()
            .filter(|step| step.cached && step.expires_after.is_none())
            .map(|step| step.name.as_str())
            .collect();
        let Some(pipeline) = defined.pipeline.as_ref().filter(|_| !steps.is_empty()) else { continue };
        let finding = CHECK
            .finds(
                pipeline,
                format!("{} step(s) are cached without an end: {}", steps.len(), steps.join(", ")),
                Grade::B,
                Citations::one(defined.cite.clone()),
            )
            .concerning(defined.execution.as_ref())
            .between(defined.since, None)
            .told_apart_by(steps.join(" "));
        findings.add(finding);
    }
}
