//! Auto scaling of endpoints: whether it can act, and on what.

pub(super) mod blind_metric;
pub(super) mod inert;
pub(super) mod none;
pub(super) mod wrong_dimension;

use crate::case::Case;
use crate::case::said::Said;
use crate::case::serving::Endpoint;
use crate::fact::scaling::{Scaling, ScalingStatement};

/// Returns the endpoint and variant that a resource of auto scaling names: `endpoint/NAME/variant/NAME`.
fn variant_of(resource: &str) -> Option<(&str, &str)> {
    match resource.split('/').collect::<Vec<&str>>().as_slice() {
        ["endpoint", endpoint, "variant", variant] => Some((endpoint, variant)),
        _ => None,
    }
}

/// Returns the endpoint of the case that a statement is about; the newest of its name.
fn endpoint_of<'a>(case: &'a Case, says: &ScalingStatement) -> Option<&'a Endpoint> {
    let (name, _) = variant_of(&says.resource)?;
    let is_of = |endpoint: &&Endpoint| {
        endpoint.arn.last().eq_ignore_ascii_case(name) && says.home.may_hold(&endpoint.arn, case.serving.is_shared(&endpoint.arn))
    };
    case.serving.endpoints().iter().filter(is_of).max_by_key(|endpoint| endpoint.created)
}

/// Returns what a finding about a resource is about: the endpoint's ARN, or the resource where the endpoint is not known.
fn subject(case: &Case, says: &ScalingStatement) -> String {
    endpoint_of(case, says).map_or_else(|| says.resource.clone(), |endpoint| endpoint.arn.to_string())
}

/// Returns whether a statement is the newest word on its policy: a description, or the last call.
fn is_the_newest(case: &Case, own: &Said<ScalingStatement>, name: &str) -> bool {
    let rank = |said: &Said<ScalingStatement>| (!said.says.requested, said.cite.time, said.cite.clone());
    let of_policy = |said: &&Said<ScalingStatement>| {
        let is_named = matches!(&said.says.what, Scaling::Policy { name: other, .. } if other == name);
        is_named && said.says.error.is_none() && said.says.resource == own.says.resource && said.says.home == own.says.home
    };
    case.scaling.iter().filter(of_policy).map(rank).max() == Some(rank(own))
}
