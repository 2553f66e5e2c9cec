//! How requests reach what an endpoint runs, and who counts them.

use std::collections::BTreeMap;

use super::super::metrics::{Metrics, Series};
use super::{Bounds, Endpoint, Exposure, Requests, Serving, Span};
use crate::evidence::citation::Citation;
use crate::fact::arn::Arn;
use crate::time::Instant;

/// How requests reach what an endpoint runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Role {
    /// By weight: it answers a share of the endpoint's requests.
    Weighted,
    /// By name: it answers the requests that name this inference component. Nothing that `SageMaker` keeps says which these are.
    Component(String),
    /// By copy: it gets copies of this share of the requests, and what it answers goes to nobody.
    Shadow(f64),
}

impl Role {
    /// Returns the name used in every output.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Weighted => "variant",
            Self::Component(_) => "component",
            Self::Shadow(_) => "shadow",
        }
    }

    /// Returns the inference component that requests name.
    pub fn component(&self) -> Option<&str> {
        match self {
            Self::Component(name) => Some(name),
            Self::Weighted | Self::Shadow(_) => None,
        }
    }

    /// Returns the share of the requests of which it gets copies.
    pub const fn copies(&self) -> Option<f64> {
        match self {
            Self::Shadow(share) => Some(*share),
            Self::Weighted | Self::Component(_) => None,
        }
    }
}

impl Span {
    /// Returns the ARN of the inference component that requests name.
    pub fn component(&self) -> Option<Arn> {
        component_of(&self.endpoint, &self.role)
    }

    /// Says which requests it answers, or gets copies of.
    pub fn requests_text(&self) -> String {
        match &self.role {
            Role::Component(name) => format!("requests that name component {name}"),
            Role::Shadow(share) => format!("copies of {:.0}% of requests, answers to nobody", share * 100.0),
            Role::Weighted => format!("{:.0}% of requests", self.share.unwrap_or_default() * 100.0),
        }
    }
}

/// Returns the ARN of the inference component of an endpoint that a role names.
pub(in crate::case) fn component_of(endpoint: &Arn, role: &Role) -> Option<Arn> {
    let name = role.component()?;
    Some(Arn::sagemaker(endpoint.region(), endpoint.account(), "inference-component", name))
}

impl Endpoint {
    /// Returns whether a variant got copies of requests in an interval, and answered none.
    pub fn is_shadow(&self, variant: &str, from: Instant, to: Instant) -> bool {
        let meets =
            |span: &&Span| span.variant == variant && span.from.earliest <= to && span.to.is_none_or(|ends| from <= ends.latest);
        let answers =
            |span: &&Span| span.variant == variant && span.from.latest < to && span.to.is_none_or(|ends| from < ends.earliest);
        self.shadows.iter().any(|span| meets(&span)) && !self.spans.iter().any(|span| answers(&span))
    }

    /// Returns whether any of its models runs as an inference component.
    pub const fn has_components(&self) -> bool {
        !self.components.is_empty()
    }
}

impl Serving {
    /// Returns the intervals in which shadow variants got copies of requests.
    pub fn shadows(&self) -> impl Iterator<Item = &Span> {
        self.endpoints.iter().flat_map(|endpoint| &endpoint.shadows)
    }

    /// Counts the requests that a span answered or, of a shadow variant, got copies of.
    pub fn requests_of(&self, span: &Span, from: Instant, to: Instant) -> Option<Exposure> {
        if span.is_tried {
            return None;
        }
        self.requests_by(&span.endpoint, &span.variant, &span.role, from, to)
    }

    /// Counts the requests that a span answered in a part of its time. Those between the bounds of a change may be of either side: they
    /// are counted for neither, and then this is not all.
    pub fn asked_of(&self, span: &Span, from: Bounds, to: Option<Bounds>, as_of: Option<Instant>) -> Option<Exposure> {
        let begins = if from == span.from { span.asked_from() } else { from.latest };
        let ends = if to == span.to { span.asked_until() } else { to.map(|to| to.earliest) }.or(as_of)?;
        let mut counted = self.requests_of(span, begins, ends)?;
        let is_open = |from: Instant, to: Instant| {
            from < to && self.requests_of(span, from, to).is_some_and(|counted| counted.requests > 0)
        };
        counted.whole &= !is_open(from.earliest, begins) && !to.is_some_and(|to| is_open(ends, to.latest));
        Some(counted)
    }

    /// Counts requests to a variant, or those that name an inference component.
    pub fn requests_by(&self, endpoint: &Arn, variant: &str, role: &Role, from: Instant, to: Instant) -> Option<Exposure> {
        let Some(component) = role.component() else { return self.requests(endpoint, Some(variant), from, to) };
        let shared = self.components().any(|other| {
            other.name.eq_ignore_ascii_case(component)
                && (other.arn.account(), other.arn.region()) != (endpoint.account(), endpoint.region())
        });
        let is_of = |own: &&Requests| own.of.eq_ignore_ascii_case(component) && own.home.may_hold(endpoint, shared);
        super::counted(&self.named_requests.iter().filter(is_of).collect::<Vec<_>>(), from, to, &|_, _| false)
    }

    /// Returns whether an endpoint had shadow variants.
    pub(super) fn has_shadows(&self, endpoint: &Arn) -> bool {
        let key = endpoint.key();
        self.shadows().any(|span| span.endpoint.key() == key)
    }

    /// Returns whether a period of a variant's counts is of copies that were sent to a shadow variant.
    pub(in crate::case) fn is_copied(&self, endpoint: &Arn, variant: Option<&str>, from: Instant, to: Instant) -> bool {
        let key = endpoint.key();
        let named = |variant: &str| self.endpoints.iter().any(|own| own.arn.key() == key && own.is_shadow(variant, from, to));
        variant.is_some_and(named)
    }

    /// Counts answers of an endpoint with 5XX from `from` to `to`, by the shortest period that was exported of each variant.
    pub fn errors(&self, metrics: &Metrics, endpoint: &Arn, from: Instant, to: Instant) -> Option<Exposure> {
        let shared = self.is_shared(endpoint);
        let mut by_variant: BTreeMap<Option<&str>, &Series> = BTreeMap::new();
        for series in metrics.iter().filter(|series| series.metric == "Invocation5XXErrors" && series.statistic == "Sum") {
            let named = series.dimensions.get("EndpointName").is_some_and(|name| name.eq_ignore_ascii_case(endpoint.last()));
            if !named || !series.home.may_hold(endpoint, shared) {
                continue;
            }
            let variant = series.dimensions.get("VariantName").map(String::as_str);
            if self.is_copied(endpoint, variant, from, to) {
                continue;
            }
            let known = by_variant.entry(variant).or_insert(series);
            if series.data.period < known.data.period {
                *known = series;
            }
        }
        if by_variant.keys().any(Option::is_some) {
            by_variant.remove(&None);
        }
        let inside = |series: &&Series| {
            let data = &series.data;
            let counted = data.points.iter().filter(|(at, _)| *at >= from && at.plus(data.period) <= to);
            counted.map(|(_, count)| *count).sum::<f64>()
        };
        let sum: f64 = by_variant.values().map(inside).sum();
        let covers = |series: &&Series| series.data.spans.iter().any(|(first, last)| *first <= from && to <= *last);
        let cites: Vec<Citation> = by_variant.values().flat_map(|series| series.data.cites.iter().cloned()).collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are whole and not negative")]
        (!by_variant.is_empty()).then(|| Exposure {
            requests: sum.max(0.0).round() as u64,
            whole: by_variant.values().all(covers),
            cites,
        })
    }
}
