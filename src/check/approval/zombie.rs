//! A rejected model still serves.

use super::serving;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::GapKey;
use crate::case::registry::Package;
use crate::case::serving::Span;
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::Citations;
use crate::fact::registry::Approval;
use crate::finding::{Severity, counted};
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "approval/zombie",
    severity: Severity::Critical,
    fires_when: "A package was rejected and still serves; with exposure.",
    why: "Nothing in SageMaker ties a package's status to a running endpoint: rejecting a model does not stop it.",
    needs: "The package's approval over time, what the endpoint serves, and for exposure the Invocations metric.",
    fooled_by: "A package rejected after its endpoint had moved on does not fire, nor one that was approved again before it began to serve.",
    remedy: "Move the endpoint to an approved model now; let the rejection itself trigger that.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for package in case.packages.iter() {
        for (position, decision) in
            package.decisions.iter().enumerate().filter(|(_, decision)| decision.status == Approval::Rejected)
        {
            let Some(rejected) = decision.at else { continue };
            let again = package.decisions[position + 1..]
                .iter()
                .find(|decision| decision.status != Approval::Rejected)
                .and_then(|decision| decision.at);
            for span in serving(case, package) {
                report(case, package, rejected, again, decision, span, findings);
            }
        }
    }
}

fn report(
    case: &Case,
    package: &Package,
    rejected: Instant,
    again: Option<Instant>,
    decision: &crate::case::registry::Decision,
    span: &Span,
    findings: &mut Findings,
) {
    let from = rejected.max(span.from.latest);
    let ends = [span.to.map(|to| to.earliest), again].into_iter().flatten().min();
    let Some(until) = ends.or(case.as_of).filter(|until| *until > from) else { return };
    // A span that only may have lasted until after the rejection is no accusation.
    if span.to.is_some_and(|to| to.earliest <= rejected) || again.is_some_and(|again| again <= span.from.latest) {
        return;
    }
    let asked = case.serving.requests_of(span, from, until);
    if asked.is_none() {
        findings.need(GapKey::requests_of(span, from, until));
    }
    let cites =
        span.evidence.iter().cloned().chain([decision.cite.clone()]).chain(asked.iter().flat_map(|asked| asked.cites.clone()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let who = decision
        .by
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| decision.recorded_by.clone())
        .map(|who| format!(" by {who}"))
        .unwrap_or_default();
    let requests =
        asked.as_ref().map(|asked| format!("; {} requests since", counted(asked.requests, asked.whole))).unwrap_or_default();
    let still = if ends.is_none() { "still serves" } else { "went on serving" };
    let finding = CHECK
        .finds(
            &span.endpoint,
            format!("{} was rejected at {} and {still} {}{requests}", package.arn.name(), rejected.to_seconds_text(), span.name),
            Grade::B.weaker(span.grade),
            evidence,
        )
        .because(format!(
            "Rejected{who}{}.",
            decision.reason.as_ref().map(|reason| format!(", because: {reason}")).unwrap_or_default()
        ))
        .concerning([&package.arn, &span.model])
        .between(Some(from), ends)
        .told_apart_by(format!("{} {} {}", package.arn, span.variant, rejected.to_seconds_text()))
        .exposing(asked.map(|asked| exposed(&asked, from, until)));
    findings.add(finding);
}
