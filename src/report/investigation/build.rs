//! What is known of an endpoint at an instant, put into the shapes of JSON.

use super::{Answer, Component, EndpointState, Exposure, Freshness, Question, Watcher};
use crate::audit::Investigation;
use crate::case::investigation::{Idle, Met, Watched};
use crate::case::serving::Span;
use crate::report::build::{Numbers, bounds, event, finding, gaps, incident, model, serving};
use crate::report::document as doc;

/// Puts the answer of `investigate` together.
pub fn answer(investigation: &Investigation<'_>) -> Answer {
    let mut numbers = Numbers::new(&investigation.gaps);
    let _ = build(investigation, &mut numbers, Vec::new());
    let evidence = numbers.close(investigation.ledger);
    build(investigation, &mut numbers, evidence)
}

fn build(investigation: &Investigation<'_>, numbers: &mut Numbers<'_>, evidence: Vec<doc::Evidence>) -> Answer {
    let Investigation { case, put, found, .. } = investigation;
    Answer {
        schema_version: doc::SCHEMA_VERSION,
        as_of: case.as_of,
        question: Question {
            endpoint: found.endpoint.arn.clone(),
            name: found.endpoint.name.clone(),
            at: put.at,
            window_seconds: put.window,
        },
        state: EndpointState {
            state: found.state.name(),
            why: found.unknown,
            created: found.endpoint.created,
            deleted: found.endpoint.deleted,
        },
        served: found.served.iter().map(|span| serving(case, span, numbers)).collect(),
        shadows: found.shadows.iter().map(|span| serving(case, span, numbers)).collect(),
        components: found.idle.iter().map(|own| component(own, numbers)).collect(),
        models: found.lineages.iter().map(|lineage| model(lineage, numbers)).collect(),
        freshness: numbers.claim(&found.freshness, |value| Freshness {
            newest_data: value.newest_data,
            age_seconds: value.age,
            basis: value.basis.clone(),
        }),
        changes: found.changes.iter().map(|own| event(own, numbers)).collect(),
        findings: investigation.findings.iter().map(|own| finding(own, numbers)).collect(),
        incidents: found.incidents.iter().map(|own| incident(own, numbers)).collect(),
        watchers: found.watchers.iter().map(|own| watcher(own, numbers)).collect(),
        exposure: found.exposure.as_ref().map(|met| exposure(met, &found.served, numbers)),
        timeline: found.timeline.iter().map(|own| event(own, numbers)).collect(),
        evidence,
        gaps: gaps(&investigation.gaps),
    }
}

fn component(idle: &Idle, numbers: &mut Numbers<'_>) -> Component {
    Component {
        component: idle.component.clone(),
        variant: idle.variant.clone(),
        why: idle.why.clone(),
        from: bounds(idle.from),
        to: idle.to.map(bounds),
        grade: idle.grade,
        evidence: numbers.cite(&idle.evidence),
    }
}

fn watcher(watched: &Watched, numbers: &mut Numbers<'_>) -> Watcher {
    Watcher {
        kind: watched.kind,
        name: watched.name.clone(),
        incident: watched.incident.clone(),
        told: watched.told,
        known: watched.is_known,
        would_have_told: watched.would,
        why: watched.why.clone(),
        evidence: numbers.cite(&watched.evidence),
    }
}

fn exposure(met: &Met, served: &[&Span], numbers: &mut Numbers<'_>) -> Exposure {
    Exposure {
        from: met.from,
        to: met.to,
        requests: met.counted.as_ref().map(|counted| counted.requests),
        requests_whole: met.counted.as_ref().is_some_and(|counted| counted.whole),
        missing: numbers.missing(&met.lacks(served)),
        evidence: numbers.cite(met.counted.iter().flat_map(|counted| &counted.cites)),
    }
}
