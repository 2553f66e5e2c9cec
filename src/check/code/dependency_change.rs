//! Two runs of one commit installed different versions of a package.

use std::collections::BTreeMap;

use super::{describe, skew};
use crate::case::Case;
use crate::case::families::family_name;
use crate::case::lineage::Lineage;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::commit::agree;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "code/dependency-change",
    severity: Severity::Medium,
    fires_when: "Two runs of the same commit resolved different package versions.",
    why: "The code did not change and the model did: an unpinned requirement took a new release.",
    needs: "The commit of two runs of one family, and log lines of pip from both.",
    fooled_by: "Two images with other packages preinstalled; a commit that is only asserted.",
    remedy: "Pin every requirement, with hashes.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let mut by_family: BTreeMap<String, Vec<&Lineage>> = BTreeMap::new();
    for lineage in &case.lineages {
        if let Some(job) = lineage.training_job.value().and_then(|arn| case.jobs.get(arn, lineage.created)) {
            by_family.entry(format!("{} {}", job.arn.account(), family_name(&job.name))).or_default().push(lineage);
        }
    }
    for lineages in by_family.values_mut() {
        lineages.sort_by(|left, right| left.created.cmp(&right.created).then_with(|| left.arn.cmp(&right.arn)));
        for pair in lineages.windows(2) {
            compare(pair[0], pair[1], findings);
        }
    }
}

fn compare(earlier: &Lineage, later: &Lineage, findings: &mut Findings) {
    if earlier.training_job.value() == later.training_job.value() {
        return;
    }
    let (Some(one), Some(other)) = (earlier.code.commit.value(), later.code.commit.value()) else { return };
    let (Some(before), Some(after)) = (earlier.code.dependencies.value(), later.code.dependencies.value()) else { return };
    let skew = skew(before, after);
    if !agree(one, other) || skew.is_empty() {
        return;
    }
    let claims = [&earlier.code.dependencies, &later.code.dependencies];
    let cites = claims
        .iter()
        .flat_map(|claim| claim.evidence().cloned())
        .chain(earlier.code.commit.evidence().cloned())
        .chain(later.code.commit.evidence().cloned());
    let Some(evidence) = Citations::from_all(cites) else { return };
    let grade = earlier.code.commit.grade().weaker(later.code.commit.grade());
    let finding = CHECK
        .finds(
            &later.arn,
            format!("{} and {} name the same commit and were trained with different packages", earlier.name, later.name),
            grade,
            evidence,
        )
        .because(describe(&skew))
        .concerning([&earlier.arn])
        .between(earlier.created, later.created)
        .told_apart_by(describe(&skew));
    findings.add(finding);
}
