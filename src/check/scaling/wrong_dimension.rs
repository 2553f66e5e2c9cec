//! Somebody asked to scale an endpoint by a dimension that it does not have.

use std::collections::BTreeMap;

use super::subject;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::scaling::{Scaling, ScalingStatement};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "scaling/wrong-dimension",
    severity: Severity::High,
    fires_when: "A scalable target or policy of an endpoint is on a dimension that is not SageMaker's, or not one of its kind of resource; also where the call was refused.",
    why: "Application Auto Scaling takes any of its dimensions and any namespace by their form, and refuses the pair: the endpoint is not scaled, while a script or template says that it is.",
    needs: "The call to Application Auto Scaling in CloudTrail, or `application-autoscaling describe-scalable-targets`. Templates and scripts are read by `config/unknown-field`.",
    fooled_by: "Targets of other services have dimensions of their own. A mistake that was put right, so that the resource has a target on the right dimension now, does not fire.",
    remedy: "Register `endpoint/NAME/variant/NAME` under `sagemaker` with `sagemaker:variant:DesiredInstanceCount`, or `inference-component/NAME` with `sagemaker:inference-component:DesiredCopyCount`.",
    run,
};

/// Returns the dimensions that a resource has; nothing where it is none of `SageMaker`'s.
fn dimensions(resource: &str) -> Option<&'static [&'static str]> {
    match resource.split('/').next() {
        Some("endpoint") => Some(&["sagemaker:variant:DesiredInstanceCount", "sagemaker:variant:DesiredProvisionedConcurrency"]),
        Some("inference-component") => Some(&["sagemaker:inference-component:DesiredCopyCount"]),
        _ => None,
    }
}

fn run(case: &Case, findings: &mut Findings) {
    let mut wrong: BTreeMap<(String, String, &str), Vec<&Said<ScalingStatement>>> = BTreeMap::new();
    for said in &case.scaling {
        let says = &said.says;
        if !matches!(says.what, Scaling::Target { .. } | Scaling::Policy { .. }) {
            continue;
        }
        let (Some(dimension), Some(own)) = (says.dimension.as_deref(), dimensions(&says.resource)) else { continue };
        let is_foreign = says.service.as_deref().is_some_and(|service| service != "sagemaker");
        if (is_foreign || !own.contains(&dimension)) && !is_put_right(case, says, own) {
            wrong.entry((subject(case, says), says.resource.clone(), dimension)).or_default().push(said);
        }
    }
    for ((subject, resource, dimension), said) in wrong {
        let Some(first) = said.first() else { continue };
        let Some(evidence) = Citations::from_all(said.iter().map(|said| said.cite.clone())) else { continue };
        let service = first.says.service.as_deref().unwrap_or("sagemaker");
        let refused = match &first.says.error {
            Some(error) => format!("The call was refused with {error}: "),
            None => String::new(),
        };
        let who = first.by.as_ref().map(|by| format!("{by} asked for it. ")).unwrap_or_default();
        let right = dimensions(&resource).unwrap_or_default().join(" or ");
        let finding = CHECK
            .finds(
                subject,
                format!("{resource} was to be scaled by {dimension} under {service}, which it does not have"),
                Grade::B,
                evidence,
            )
            .because(format!("{who}{refused}nothing scales it by that. It has {right}, under sagemaker."))
            .concerning([&resource])
            .between(said.iter().filter_map(|said| said.says.at).min(), None)
            .told_apart_by(format!("{resource} {dimension} {service}"));
        findings.add(finding);
    }
}

/// Returns whether a resource has a target on a dimension of its own now, or got one later.
fn is_put_right(case: &Case, wrong: &ScalingStatement, own: &[&str]) -> bool {
    case.scaling.iter().any(|said| {
        let says = &said.says;
        let is_right = says.resource == wrong.resource
            && says.dimension.as_deref().is_some_and(|dimension| own.contains(&dimension))
            && says.service.as_deref().is_none_or(|service| service == "sagemaker")
            && matches!(says.what, Scaling::Target { .. })
            && says.error.is_none();
        is_right && (!says.requested || says.at.zip(wrong.at).is_none_or(|(right, wrong)| right >= wrong))
    })
}
