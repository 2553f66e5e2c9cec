//! On which endpoint an inference component runs: alarms, metrics and logs name the component alone.
//!
//! Components have one name in an account and region, and may be deleted and made again on another endpoint.

use super::{Component, Endpoint, Serving, Span};
use crate::case::Case;
use crate::case::logs::Printed;
use crate::fact::arn::{Arn, Home};
use crate::time::{Instant, Seconds};

/// A record of a component may be this much older than its creation, in seconds.
const BEFORE: Seconds = 90;

/// The life of a component on an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Host<'a> {
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// The component.
    pub component: &'a Component,
}

impl Host<'_> {
    /// Returns whether the component was there at some time in an interval.
    pub fn overlaps(&self, from: Option<Instant>, to: Option<Instant>) -> bool {
        let begins = self.component.created.map(|created| created.plus(-BEFORE));
        let is_before = to.zip(begins).is_some_and(|(to, begins)| to < begins);
        let is_after = self.component.gone.zip(from).is_some_and(|(gone, from)| gone.latest < from);
        !is_before && !is_after
    }
}

impl Serving {
    /// Returns the endpoints of a component, the oldest first; none where the name may be of several accounts or regions.
    pub fn hosts_of(&self, name: &str, home: &Home) -> Vec<Host<'_>> {
        let named = |own: &&Component| own.name.eq_ignore_ascii_case(name);
        let is_shared = self.is_shared_component(name);
        let mut hosts: Vec<Host<'_>> = Vec::new();
        for endpoint in &self.endpoints {
            let own = endpoint.components.iter().filter(named).filter(|own| home.may_hold(&own.arn, is_shared));
            hosts.extend(own.map(|component| Host { endpoint, component }));
        }
        hosts.sort_by_key(|host| host.component.created);
        hosts
    }
}

impl Serving {
    /// Returns whether inference components of several accounts or regions have a name.
    pub fn is_shared_component(&self, name: &str) -> bool {
        let named = self.components().filter(|own| own.name.eq_ignore_ascii_case(name));
        let mut homes: Vec<(&str, &str)> = named.map(|own| (own.arn.account(), own.arn.region())).collect();
        homes.sort_unstable();
        homes.dedup();
        homes.len() > 1
    }

    fn host(&self, component: &Arn, at: Option<Instant>) -> Option<&Component> {
        let lives = self.components().filter(|own| own.arn.key() == component.key());
        let began = |own: &&Component| own.created.zip(at).is_none_or(|(created, at)| created.plus(-BEFORE) <= at);
        lives.filter(began).max_by_key(|own| own.created)
    }
}

/// What an instance, or a copy of a component, printed: its variant, as far as that is known, its own name, and what it printed.
pub type Instance<'a> = (&'a str, &'a str, &'a Printed);

impl Case {
    /// Returns what ran on an endpoint in this life of it, with what it printed: instances, and copies of its inference components.
    pub fn printed_on<'a>(&'a self, endpoint: &'a Endpoint) -> Vec<Instance<'a>> {
        let mut found: Vec<Instance<'a>> = self.logs.of_endpoint(&endpoint.arn).collect();
        for component in &endpoint.components {
            found.extend(self.printed_by(component));
        }
        found
    }

    /// Returns what ran a model in an interval of serving, with what it printed.
    pub fn printed_in<'a>(&'a self, span: &'a Span) -> Vec<Instance<'a>> {
        match span.component() {
            Some(arn) => self.serving.host(&arn, Some(span.from.latest)).map(|own| self.printed_by(own)).unwrap_or_default(),
            None => self.logs.of_endpoint(&span.endpoint).filter(|(variant, ..)| *variant == span.variant).collect(),
        }
    }

    fn printed_by<'a>(&'a self, component: &'a Component) -> Vec<Instance<'a>> {
        let shared = self.serving.is_shared_component(&component.name);
        let own = self.logs.of_component(&component.arn, shared);
        // Its group is that of all components that ever had its name.
        let lived = |printed: &Printed| {
            let begins = component.created.is_none_or(|created| printed.last.is_none_or(|last| last >= created.plus(-BEFORE)));
            begins && component.gone.is_none_or(|gone| printed.first.is_none_or(|first| first <= gone.latest))
        };
        let variant = |copy: &'a str| copy.split_once('/').map(|(variant, _)| variant);
        let named = component.variant.as_deref().unwrap_or_default();
        own.filter(|(_, printed)| lived(printed))
            .map(|(copy, printed)| (variant(copy).unwrap_or(named), copy.rsplit('/').next().unwrap_or(copy), printed))
            .collect()
    }
}
