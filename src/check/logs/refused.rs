//! What the role of an endpoint's model was refused when it wanted to write its log.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Case;
use crate::case::said::Said;
use crate::case::serving::Endpoint;
use crate::evidence::citation::Citation;
use crate::fact::call::CallStatement;
use crate::fact::symbol::Symbol;
use crate::time::Instant;

/// Calls that were refused, of one role.
pub(super) struct Refusals<'a> {
    /// The role, which is the execution role of a model that served.
    pub(super) role: Symbol,
    calls: Vec<&'a Said<CallStatement>>,
}

/// Calls that writing a log needs.
const NEEDED: [&str; 3] = ["CreateLogGroup", "CreateLogStream", "PutLogEvents"];

/// Returns what an execution role of an endpoint's models was refused in an interval of which nothing was logged; nothing where such
/// a call succeeded afterwards.
pub(super) fn of<'a>(case: &'a Case, endpoint: &Endpoint, group: &str, from: Instant, until: Instant) -> Option<Refusals<'a>> {
    let roles: BTreeSet<String> = roles(case, endpoint, from, until);
    let concerns = |says: &CallStatement| {
        let is_needed = says.service == "logs" && NEEDED.contains(&&*says.operation);
        let in_place = says.account == endpoint.arn.account() && says.region == endpoint.arn.region();
        is_needed && in_place && (from..=until).contains(&says.at) && names(says, group)
    };
    let mut refused: BTreeMap<Symbol, Vec<&Said<CallStatement>>> = BTreeMap::new();
    for said in case.calls.iter().filter(|said| concerns(&said.says)) {
        let Some(role) = said.by.as_ref().and_then(|by| by.role.clone()) else { continue };
        match said.says.error.as_deref() {
            // That the group or stream is there already is no refusal.
            None | Some("ResourceAlreadyExistsException") => {
                refused.remove(&role);
            }
            Some(error) if error.contains("Denied") || error.contains("Unauthorized") => {
                if roles.iter().any(|own| own.eq_ignore_ascii_case(&role)) {
                    refused.entry(role).or_default().push(said);
                }
            }
            Some(_) => {}
        }
    }
    refused.into_iter().next().map(|(role, calls)| Refusals { role, calls })
}

/// Returns the execution roles of the models that served in an interval.
fn roles(case: &Case, endpoint: &Endpoint, from: Instant, until: Instant) -> BTreeSet<String> {
    let during = endpoint.spans.iter().filter(|span| span.from.earliest < until && span.to.is_none_or(|to| to.latest > from));
    let models = during.filter_map(|span| case.models.of(span));
    models.flat_map(|model| model.said.iter().filter_map(|said| said.says.role.clone())).collect()
}

/// Returns whether a call is about a log group: by its request, or by what the service said of the refusal. A call that names none may
/// be about any.
fn names(says: &CallStatement, group: &str) -> bool {
    if let Some(name) = &says.name {
        return name.eq_ignore_ascii_case(group);
    }
    let told = says.reason.as_deref().and_then(|reason| reason.split_once("log-group:"));
    told.is_none_or(|(_, rest)| {
        let name = rest.split([':', ' ', '*']).next().unwrap_or_default();
        name.eq_ignore_ascii_case(group)
    })
}

/// Says how often something was.
fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

impl Refusals<'_> {
    /// Returns the first of the calls, as evidence.
    pub(super) fn cited(&self) -> impl Iterator<Item = Citation> {
        const CITED: usize = 3;
        self.calls.iter().take(CITED).map(|said| said.cite.clone())
    }

    /// Says what was refused to whom.
    pub(super) fn text(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for said in &self.calls {
            *counts.entry(&said.says.operation).or_default() += 1;
        }
        let what: Vec<String> = counts.iter().map(|(operation, count)| format!("logs:{operation} ({})", times(*count))).collect();
        let since = self.calls.first().map(|said| said.says.at.to_seconds_text()).unwrap_or_default();
        format!(
            "{}, the model's execution role, was refused {} from {since} on, which alone keeps the log empty.",
            self.role,
            what.join(" and ")
        )
    }
}
