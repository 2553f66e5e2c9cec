//! A model serves that nobody approved.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::lineage::Lineage;
use crate::case::registry::Package;
use crate::case::serving::Span;
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::ArnKey;
use crate::fact::registry::Approval;
use crate::finding::{Exposure, Severity};
use crate::time::Instant;

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

/// Why a model was not let go in an interval in which it served.
struct Unapproved<'a> {
    span: &'a Span,
    lineage: &'a Lineage,
    package: Option<&'a Package>,
    what: String,
    grade: Grade,
    cites: Vec<Citation>,
}

/// What is told of once: endpoint, variant, model and its creation, and why nobody had let go of it.
type Served<'a> = (ArnKey, &'a str, ArnKey, Option<Instant>, String);

fn run(case: &Case, findings: &mut Findings) {
    // A variant that gets and loses traffic serves its model in many intervals: that is one finding.
    let mut of_model: BTreeMap<Served<'_>, Vec<Unapproved<'_>>> = BTreeMap::new();
    for span in case.serving.spans() {
        if let Some(found) = unapproved(case, span, findings) {
            let key = (span.endpoint.key(), span.variant.as_str(), span.model.key(), span.model_created, found.what.clone());
            of_model.entry(key).or_default().push(found);
        }
    }
    for all in of_model.into_values() {
        report(case, all, findings);
    }
}

/// Returns why nobody had let go of a model when it began to serve, if that is so.
fn unapproved<'a>(case: &'a Case, span: &'a Span, findings: &mut Findings) -> Option<Unapproved<'a>> {
    let lineage = case.lineage_of_span(span)?;
    let package = lineage.package.value().and_then(|reference| case.packages.get(&reference.arn));
    let (what, grade, cites) = match (lineage.package.value(), package) {
        (None, _) if matches!(lineage.package.grade(), Grade::A | Grade::B | Grade::C) => {
            (lineage.package.why().to_owned(), lineage.package.grade(), lineage.package.evidence().cloned().collect::<Vec<_>>())
        }
        (Some(_), Some(package)) => {
            // What counts is the approval in force when the model began to serve.
            let decision = package.approval_at(span.from.latest)?;
            let approved_before = package
                .decisions
                .iter()
                .any(|decision| decision.status == Approval::Approved && decision.at.is_none_or(|at| at <= span.from.latest));
            if approved_before {
                return None;
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
        _ => return None,
    };
    Some(Unapproved { span, lineage, package, what, grade: grade.weaker(span.grade), cites })
}

fn report(case: &Case, all: Vec<Unapproved<'_>>, findings: &mut Findings) {
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return };
    let (span, from) = (first.span, first.span.from.latest);
    let to = last.span.to.map(|to| to.earliest);
    let counts: Vec<Exposure> = all
        .iter()
        .filter_map(|one| {
            let (from, to) = (one.span.from.latest, one.span.to.map(|to| to.earliest).or(case.as_of)?);
            Some(exposed(&case.serving.requests_of(one.span, from, to)?, from, to))
        })
        .collect();
    let exposure = to.or(case.as_of).filter(|_| !counts.is_empty()).map(|to| Exposure {
        requests: counts.iter().map(|count| count.requests).sum(),
        whole: counts.len() == all.len() && counts.iter().all(|count| count.whole),
        from,
        to,
    });
    // What is best known of the intervals shows that it served so.
    let Some(grade) = all.iter().map(|one| one.grade).min() else { return };
    let cites = all.iter().flat_map(|one| one.cites.iter().cloned().chain(one.span.evidence.iter().cloned()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let times = if all.len() > 1 { format!(" It served in {} intervals.", all.len()) } else { String::new() };
    let finding = CHECK
        .finds(
            &span.endpoint,
            format!("{} serves {} without an approved package", span.name, first.lineage.name),
            grade,
            evidence,
        )
        .because(format!("{}.{times}", first.what))
        .concerning([&span.model].into_iter().chain(first.package.map(|package| &package.arn)))
        .between(Some(from), to)
        .told_apart_by(format!("{} {}", span.variant, span.model))
        .exposing(exposure);
    findings.add(finding);
}
