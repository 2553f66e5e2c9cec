//! Incidents against their targets: how long it took to notice them, and until they were over.

pub(super) mod slow_detection;
pub(super) mod slow_recovery;

use crate::case::claim::Grade;
use crate::case::incidents::Incident;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Finding;
use crate::time::Instant;

/// Begins a finding about an incident.
fn about(check: &Check, incident: &Incident, title: String, grade: Grade) -> Finding {
    let evidence: Citations = incident.evidence.clone();
    check
        .finds(&incident.subject, title, grade.weaker(incident.grade), evidence)
        .concerning(&incident.related)
        .between(Some(incident.began), incident.recovered)
        .told_apart_by(format!("{} {}", incident.kind.name(), incident.began.to_seconds_text()))
}

/// Notes what would tell more of an incident.
fn need(keys: &[crate::case::gap::GapKey], findings: &mut Findings) {
    for key in keys {
        findings.need(key.clone());
    }
}

/// Returns when an incident was over, or until when it is known to have gone on.
fn until(incident: &Incident, as_of: Option<Instant>) -> Instant {
    incident.recovered.or(as_of).unwrap_or(incident.began)
}
