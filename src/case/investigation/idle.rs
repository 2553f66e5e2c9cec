//! Inference components that were there and of which no model is known to have answered, and why.

use super::super::Case;
use super::super::claim::Grade;
use super::super::gap::GapKey;
use super::super::serving::{Bare, Bounds, Component, Endpoint, Run, Span};
use crate::evidence::citation::Citations;
use crate::fact::component::Specification;
use crate::time::Instant;

/// A component of which no model is known to have answered.
#[derive(Clone, Debug)]
pub struct Idle {
    /// Its name.
    pub component: String,
    /// Variant it ran on, where a record tells.
    pub variant: Option<String>,
    /// Why no model of it is known to have answered.
    pub why: String,
    /// Whether it had copies, and so answered by something.
    pub answers: bool,
    /// From when on.
    pub from: Bounds,
    /// Until when; nothing while it still is so.
    pub to: Option<Bounds>,
    /// How well that is known.
    pub grade: Grade,
    /// On what.
    pub evidence: Citations,
}

/// Returns the components of an endpoint at an instant of which no model is known to have answered.
pub(super) fn of(endpoint: &Endpoint, at: Instant) -> Vec<Idle> {
    let runs = endpoint.components.iter().flat_map(|component| component.runs.iter().map(move |run| (component, run)));
    runs.filter(|(_, run)| run.holds(at)).flat_map(|(component, run)| why(endpoint, component, run, at)).collect()
}

fn why(endpoint: &Endpoint, component: &Component, run: &Run, at: Instant) -> Vec<Idle> {
    let idle = |why: String, grade: Grade| Idle {
        component: component.name.clone(),
        variant: component.variant.clone(),
        why,
        answers: run.has_copies,
        from: run.from,
        to: run.to,
        grade,
        evidence: run.evidence.clone(),
    };
    if !run.has_copies {
        let is_sure = run.from.latest <= at && run.to.is_none_or(|to| at < to.earliest);
        let why =
            if is_sure { "had no copies, so it answered nobody" } else { "perhaps had no copies, and then answered nobody" };
        return vec![idle(why.to_owned(), run.grade)];
    }
    if run.specifications.is_empty() {
        return vec![idle("what it ran then is not in the evidence".to_owned(), Grade::U)];
    }
    // What an adapter brings answers with what it adapts, and never alone.
    let is_own = |span: &&Span| span.role.component() == Some(component.name.as_str()) && span.model.key() != component.arn.key();
    let answered =
        endpoint.spans.iter().filter(is_own).any(|span| span.from.earliest <= at && span.to.is_none_or(|to| at < to.latest));
    let adapts = |own: &Specification| {
        let base = own.base.as_ref().filter(|_| !answered)?;
        Some(idle(format!("adapts component {base}, of which no model is known to have run then"), Grade::U))
    };
    run.specifications.iter().filter_map(adapts).collect()
}

/// Says why it is not known what an endpoint served.
pub(super) fn why_unknown(endpoint: &Endpoint, idle: &[Idle], at: Instant) -> &'static str {
    if unrouted(endpoint, at).next().is_some() {
        "the weights of all its variants were 0, so it answered only requests that named one (TargetVariant), which are counted by variant"
    } else if idle.is_empty() && !is_bare(endpoint, at) {
        "no configuration of that time is in the evidence"
    } else if idle.is_empty() {
        "its configuration names no model, and no inference component of that time is in the evidence"
    } else if idle.iter().all(|own| !own.answers) {
        "no inference component of that time that is known had copies"
    } else {
        "no model of its inference components of that time is known"
    }
}

/// Returns what would tell what an endpoint served.
pub(super) fn lacks(case: &Case, endpoint: &Endpoint, at: Instant) -> Vec<GapKey> {
    let routed: Vec<GapKey> = unrouted(endpoint, at)
        .filter_map(|own| {
            let to = own.to.map(|to| to.latest).or(case.as_of)?;
            let counted = case.serving.requests(&endpoint.arn, Some(&own.variant), own.from.earliest, to);
            counted.is_none_or(|counted| !counted.whole).then(|| GapKey::Requests {
                endpoint: endpoint.arn.clone(),
                variant: own.variant.clone(),
                from: own.from.earliest,
                to,
            })
        })
        .collect();
    if !routed.is_empty() {
        return routed;
    }
    if is_bare(endpoint, at) || endpoint.has_components() {
        return case.lacks_components(endpoint);
    }
    let configs = endpoint.unknown_configs.iter().map(|(config, _)| GapKey::EndpointConfig(config.clone()));
    std::iter::once(GapKey::Endpoint(endpoint.arn.clone())).chain(configs).collect()
}

fn is_bare(endpoint: &Endpoint, at: Instant) -> bool {
    endpoint.bare.iter().any(|bare| holds(bare, at))
}

fn unrouted(endpoint: &Endpoint, at: Instant) -> impl Iterator<Item = &Bare> {
    endpoint.unrouted.iter().filter(move |own| holds(own, at))
}

fn holds(bare: &Bare, at: Instant) -> bool {
    bare.from.earliest <= at && bare.to.is_none_or(|to| at < to.latest)
}
