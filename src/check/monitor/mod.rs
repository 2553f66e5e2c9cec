//! Model Monitor: schedules and what became of their executions.

pub(super) mod silent;
pub(super) mod violations;

use crate::case::Case;
use crate::case::monitors::Schedule;
use crate::fact::arn::Arn;

/// Returns the endpoint that a schedule watches, of its own account and region.
fn watched(case: &Case, schedule: &Schedule) -> Option<Arn> {
    let name = schedule.endpoint.as_deref()?;
    let is_own = |arn: &Arn| {
        arn.last().eq_ignore_ascii_case(name) && arn.account() == schedule.arn.account() && arn.region() == schedule.arn.region()
    };
    let known = case.serving.endpoints().iter().rev().map(|endpoint| &endpoint.arn).find(|arn| is_own(arn));
    Some(known.cloned().unwrap_or_else(|| Arn::sagemaker(schedule.arn.region(), schedule.arn.account(), "endpoint", name)))
}
