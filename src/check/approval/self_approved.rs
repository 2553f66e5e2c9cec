//! Who made a model also approved it.

use super::serving;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::Words;
use crate::fact::registry::Approval;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "approval/self-approved",
    severity: Severity::Medium,
    fires_when: "Creator and approver are the same principal.",
    why: "Four eyes were meant, and two looked.",
    needs: "CloudTrail's record of the package's creation and of its approval; or the package's own record of both.",
    fooled_by: "People who share a role are told apart by their sessions; programs that share one are not.",
    remedy: "Take `UpdateModelPackage` from the roles that create packages.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for package in case.packages.iter() {
        for decision in package.decisions.iter().filter(|decision| decision.status == Approval::Approved) {
            let same = match (&package.by, &decision.by) {
                (Some(creator), Some(approver)) => creator.is_same_as(approver).then(|| approver.to_string()),
                // The package's own record names roles and users, which people may share: only users are sure.
                _ => package
                    .recorded_by
                    .as_ref()
                    .filter(|creator| Some(*creator) == decision.recorded_by.as_ref() && creator.contains(":user/"))
                    .cloned(),
            };
            let Some(who) = same else { continue };
            let creation = package.cites(|says| !says.is_update && says.words == Words::Request).into_iter().flatten();
            let Some(evidence) = Citations::from_all(creation.chain([decision.cite.clone()])) else { continue };
            let endpoint = serving(case, package).next().map(|span| span.endpoint.clone());
            let subject = endpoint.as_ref().unwrap_or(&package.arn);
            let finding = CHECK
                .finds(
                    subject,
                    format!("{} was created and approved by the same principal, {who}", package.arn.name()),
                    Grade::B,
                    evidence,
                )
                .concerning([&package.arn])
                .between(package.created, decision.at)
                .told_apart_by(format!(
                    "{} {}",
                    package.arn,
                    decision.at.map(crate::time::Instant::to_seconds_text).unwrap_or_default()
                ));
            findings.add(finding);
        }
    }
}
