//! Traffic was moved to a variant whose instances were not all there.

use super::{AFTERMATH, by, cold, failing, next_switch, percent};
use crate::case::Case;
use crate::case::gap::GapKey;
use crate::case::serving::Endpoint;
use crate::case::switches::{Asked, Switch};
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::Citations;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/cold-switch",
    severity: Severity::High,
    fires_when: "Traffic was moved to a variant while its current instance count was below the desired one, with the failing minutes.",
    why: "What is there gets what was meant for all: requests wait, time out and fail until the rest has started, which takes minutes.",
    needs: "The request that moved the weights, and a record of the variant's counts at the time (`sagemaker describe-endpoint`, a state change) or `application-autoscaling describe-scaling-activities`. `Invocation5XXErrors` of the minutes afterwards tells what failed; where it was not exported, that is a gap.",
    fooled_by: "Instances that are added because of the load that follows: only records of the quarter of an hour after the switch count, and none after the next request. A variant that kept its share does not fire. Where no request failed in the exported minutes, the severity is medium.",
    remedy: "Raise the instance count first, wait until `CurrentInstanceCount` equals `DesiredInstanceCount` and the endpoint is `InService`, then move the weights, a small share first.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        for switch in endpoint.switches.iter().filter(|switch| switch.asked == Asked::Weights) {
            for (variant, before, after) in switch.raised() {
                judge(case, endpoint, switch, (variant, before, after), findings);
            }
        }
    }
}

fn judge(case: &Case, endpoint: &Endpoint, switch: &Switch, (variant, before, after): (&str, f64, f64), findings: &mut Findings) {
    let Some(cold) = cold(case, endpoint, switch, variant) else { return };
    let limit = next_switch(endpoint, switch).map_or(switch.at.plus(AFTERMATH), |next| next.at.min(switch.at.plus(AFTERMATH)));
    let until = cold.warm.map_or(limit, |warm| warm.plus(60).min(limit));
    let failed = failing(case, endpoint, variant, switch.at, until);
    if failed.is_none() {
        let what = ["AWS/SageMaker", "Invocation5XXErrors", "Sum"];
        findings.need(GapKey::metric_of(&endpoint.arn, (&endpoint.name, variant), what, until));
    }
    let counted = case.serving.requests(&endpoint.arn, Some(variant), switch.at, until);
    let cites = [switch.cite.clone()].into_iter().chain(cold.cites.iter().cloned());
    let cites = cites.chain(failed.iter().flat_map(|failed| failed.cites.iter().cloned()));
    let cites = cites.chain(counted.iter().flat_map(|counted| counted.cites.iter().cloned()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let consequence = failed.as_ref().map_or_else(
        || "What failed is not in the evidence: Invocation5XXErrors was not exported.".to_owned(),
        |failed| format!("Until {}, {}.", until.to_seconds_text(), failed.text()),
    );
    let title = format!(
        "{variant} of {} was given {} of the requests at {}{} before its instances were there",
        endpoint.name,
        percent(after),
        switch.at.to_seconds_text(),
        by(switch)
    );
    let mut finding = CHECK
        .finds(&endpoint.arn, title, cold.grade, evidence)
        .because(format!("Before, it had {}; {}. {consequence}", percent(before), cold.what))
        .between(Some(switch.at), Some(until))
        .told_apart_by(format!("{variant} {}", switch.at.to_seconds_text()))
        .exposing(counted.map(|counted| exposed(&counted, switch.at, until)));
    if failed.is_some_and(|failed| failed.periods.is_empty()) {
        finding.severity = Severity::Medium;
    }
    findings.add(finding);
}
