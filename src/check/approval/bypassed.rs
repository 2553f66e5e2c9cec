//! A model serves that nobody approved.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::registry::Approval;
use crate::finding::{Exposure, Severity};

pub(in crate::check) const CHECK: Check = Check {
    id: "approval/bypassed",
    severity: Severity::High,
    fires_when: "A model serves without an approved package.",
    why: "The gate that everybody relies on was walked around: what answers was never let go by anybody.",
    needs: "What the endpoint serves, the model's description, the package and its approval over time.",
    fooled_by: "A model made from the raw artifact of an approved package is matched by content or place. Approval that is not in the evidence is a gap, and does not fire.",
    remedy: "Deploy by package ARN, and let a policy refuse models without an approved package.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for span in case.serving.spans() {
        let Some(lineage) = case.lineage_of(&span.model) else { continue };
        let package = lineage.package.value().and_then(|reference| case.packages.get(&reference.arn));
        let (what, grade, cites) = match (lineage.package.value(), package) {
            (None, _) if matches!(lineage.package.grade(), Grade::A | Grade::B | Grade::C) => (
                lineage.package.why().to_owned(),
                lineage.package.grade(),
                lineage.package.evidence().cloned().collect::<Vec<_>>(),
            ),
            (Some(_), Some(package)) => {
                // What counts is the approval in force when the model began to serve.
                let Some(decision) = package.approval_at(span.from.latest) else { continue };
                let approved_before = package
                    .decisions
                    .iter()
                    .any(|decision| decision.status == Approval::Approved && decision.at.is_none_or(|at| at <= span.from.latest));
                if approved_before {
                    continue;
                }
                let begin = span.from.latest;
                let seen_since = package
                    .said
                    .iter()
                    .any(|said| said.says.approval == Some(decision.status) && said.says.seen.is_some_and(|seen| seen >= begin));
                let (account, region) = (package.arn.account(), package.arn.region());
                let whole = seen_since || decision.at.is_some_and(|at| case.coverage.trail_is_whole(account, region, at, begin));
                let known = if whole { Grade::B } else { Grade::C };
                if !whole {
                    findings.need(GapKey::Trail(Place::of(&package.arn), decision.at, Some(begin)));
                }
                let doubt = if whole { "" } else { "; that nobody approved it in between is not known" };
                (
                    format!("package {} was {} when it began to serve{doubt}", package.arn.name(), decision.status.name()),
                    known.weaker(lineage.package.grade()),
                    vec![decision.cite.clone()],
                )
            }
            _ => continue,
        };
        let Some(evidence) = Citations::from_all(cites.into_iter().chain(span.evidence.iter().cloned())) else { continue };
        let to = span.to.map(|to| to.earliest);
        let exposure = to.or(case.as_of).and_then(|to| {
            let counted = case.serving.requests(&span.endpoint, Some(&span.variant), span.from.latest, to)?;
            Some(Exposure { requests: counted.requests, from: span.from.latest, to })
        });
        let finding = CHECK
            .finds(
                &span.endpoint,
                format!("{} serves {} without an approved package", span.name, lineage.name),
                grade.weaker(span.grade),
                evidence,
            )
            .because(format!("{what}."))
            .concerning([&span.model].into_iter().chain(package.map(|package| &package.arn)))
            .between(Some(span.from.latest), to)
            .told_apart_by(format!("{} {}", span.variant, span.model))
            .exposing(exposure);
        findings.add(finding);
    }
}
