//! Records name different commits.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "code/contradiction",
    severity: Severity::High,
    fires_when: "Commit by environment, metadata, tag, log or content hash disagree.",
    why: "Somebody will trust one of them. Until it is known which is right, nobody can say which code made the model.",
    needs: "The training job's request or description, its log, its image, the package's metadata, builds; a clone of the repository (`--repo`).",
    fooled_by: "Commits of two repositories under one kind of name. The tag of an image is left out where an archive brings the code.",
    remedy: "Let the build that checks the code out write the commit once, into the package's `MetadataProperties`, and drop the copies.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for lineage in case.lineages.iter().filter(|lineage| lineage.code.commit.grade() == Grade::X) {
        let claim = &lineage.code.commit;
        let Some(evidence) = claim.citations().cloned() else { continue };
        let commits: Vec<String> = claim.conflicts().iter().map(|side| side.value.clone()).collect();
        let said: Vec<String> = claim
            .conflicts()
            .iter()
            .map(|side| {
                let places: Vec<String> = side
                    .evidence
                    .iter()
                    .filter_map(|cite| cite.excerpt.as_deref())
                    .map(|excerpt| excerpt.split(':').next().unwrap_or(excerpt).to_owned())
                    .collect();
                format!("{} by {}", side.value, places.join(", "))
            })
            .collect();
        let finding = CHECK
            .finds(
                &lineage.arn,
                format!("{} commits are named for {}: {}", commits.len(), lineage.name, commits.join(", ")),
                Grade::X,
                evidence,
            )
            .because(said.join("; "))
            .concerning(lineage.training_job.value().into_iter().chain(lineage.package.value().map(|package| &package.arn)))
            .between(lineage.created, None)
            .told_apart_by(commits.join(" "));
        findings.add(finding);
    }
}
