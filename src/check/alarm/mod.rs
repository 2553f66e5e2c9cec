//! Alarms: whether they measure what is meant, tell anybody, and did.

pub(super) mod did_not_fire;
pub(super) mod disagree;
pub(super) mod invalid_statistic;
pub(super) mod missing_data;
pub(super) mod no_action;
pub(super) mod orphan_dimension;
pub(super) mod too_slow;
pub(super) mod unit_mismatch;
pub(super) mod wrong_namespace;

use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::gap::{GapKey, Place};
use crate::check::Findings;
use crate::fact::alarm::Measure;

/// Returns the alarms on something of `SageMaker` that are there to tell people.
pub(in crate::check) fn watching(case: &Case) -> impl Iterator<Item = &Alarm> {
    case.alarms.set().filter(|alarm| alarm.is_of_sagemaker() && !alarm.is_for_scaling())
}

/// Notes that what an alarm measures is not in the evidence.
fn need_metric(case: &Case, alarm: &Alarm, measure: &Measure, findings: &mut Findings) {
    if let Some(to) = case.as_of {
        findings.need(GapKey::Metric { place: Place::at(&alarm.home), measure: measure.clone(), to });
    }
}

/// Returns the endpoint that an alarm watches as others name it: what else is concerned.
fn endpoint_of(alarm: &Alarm) -> Option<String> {
    alarm.endpoint().map(|(endpoint, _)| endpoint.to_owned())
}
