//! A variant in production is never scaled.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::said::Said;
use crate::case::serving::{Endpoint, Span};
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::call::{Listed, ListedStatement};
use crate::fact::scaling::{Scaling, ScalingStatement};
use crate::finding::Severity;
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "scaling/none",
    severity: Severity::Info,
    fires_when: "A production variant has no scaling target.",
    why: "Nothing scales an endpoint by default: with more requests than its instances can answer, all of them become slow.",
    needs: "A whole `application-autoscaling describe-scalable-targets --service-namespace sagemaker` of the account and region, made while the variant served. Where there is other evidence of scaling and no such list, that is a gap.",
    fooled_by: "Serverless variants, those with managed instance scaling and those of inference components are scaled otherwise and do not fire. Some are meant to have a fixed size.",
    remedy: "Register the variant as a scalable target with a policy, or write down why its size is fixed.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints().iter().filter(|endpoint| endpoint.deleted.is_none()) {
        for span in endpoint.spans.iter().filter(|span| span.to.is_none() && span.component().is_none()) {
            judge(case, endpoint, span, findings);
        }
    }
}

fn judge(case: &Case, endpoint: &Endpoint, span: &Span, findings: &mut Findings) {
    let fleet = endpoint.switches.iter().rfind(|switch| switch.took_effect()).map(|switch| &switch.after);
    // Without its configuration nobody can say how a variant gets its capacity.
    let Some(running) = fleet.and_then(|fleet| fleet.variants.get(&span.variant)) else { return };
    if running.managed || running.own_count.is_none() {
        return;
    }
    let is_of = |resource: &str| {
        super::variant_of(resource)
            .is_some_and(|(name, variant)| name.eq_ignore_ascii_case(endpoint.arn.last()) && variant == span.variant)
    };
    let shared = case.serving.is_shared(&endpoint.arn);
    let own = |said: &&Said<ScalingStatement>| {
        said.says.error.is_none() && is_of(&said.says.resource) && said.says.home.may_hold(&endpoint.arn, shared)
    };
    if case.scaling.iter().filter(own).any(|said| !matches!(said.says.what, Scaling::Removed)) {
        return;
    }
    let (account, region) = (endpoint.arn.account(), endpoint.arn.region());
    let lists = case.coverage.lists(Listed::ScalableTargets, account, region);
    let during = |captured: Instant| captured >= span.from.latest;
    // A list that names neither its account nor the service may be another's.
    let is_own = |said: &&Said<ListedStatement>| {
        said.says.captured.is_some_and(during) && said.says.account.is_some() && said.says.of.as_deref() == Some("sagemaker")
    };
    let list = lists.filter(is_own).max_by_key(|said| said.says.captured);
    let Some(list) = list else {
        let any = case.scaling.iter().any(|said| said.says.home.may_hold(&endpoint.arn, true));
        if any {
            findings.need(GapKey::ScalableTargets(Place::of(&endpoint.arn)));
        }
        return;
    };
    let evidence = Citations::one(list.cite.clone()).and(span.evidence.iter().cloned());
    let count = running.desired.map(|count| format!(" with {count} instance(s)")).unwrap_or_default();
    let finding = CHECK
        .finds(
            &endpoint.arn,
            format!("Nothing scales {} of {}{count}", span.variant, endpoint.name),
            Grade::B.weaker(span.grade),
            evidence,
        )
        .because("No scalable target names it.")
        .concerning([&span.model])
        .between(Some(span.from.latest), None)
        .told_apart_by(&span.variant);
    findings.add(finding);
}
