//! Nothing ties a model to a commit.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::GapKey;
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "code/no-commit",
    severity: Severity::Low,
    fires_when: "Nothing in the evidence ties a model to a commit.",
    why: "When the model misbehaves, which code made it can't be told from any record.",
    needs: "The training job's request or description, and the package.",
    fooled_by: "A commit that is recorded where nobody exported it: a build system, a log. The lineage names those gaps. With a clone (`--repo`) the hash of the code may tell it.",
    remedy: "Set `MetadataProperties.CommitId` when the package is made.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for lineage in &case.lineages {
        let claim = &lineage.code.commit;
        let never = claim.missing().iter().any(|gap| matches!(gap, GapKey::CommitNeverRecorded(_)));
        let Some(evidence) = lineage.code.training_image.citations().cloned().filter(|_| never && claim.grade() == Grade::U)
        else {
            continue;
        };
        let finding = CHECK
            .finds(&lineage.arn, format!("Nothing names the commit that {} was trained from", lineage.name), Grade::B, evidence)
            .concerning(lineage.training_job.value())
            .between(lineage.created, None);
        findings.add(finding);
    }
}
