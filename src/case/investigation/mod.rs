//! An endpoint at an instant: what it served, what that rests on, how old the data was, what changed, and who could have told.
//!
//! Nothing is concluded here that is not concluded elsewhere: serving, lineage, freshness, incidents and the timeline are asked for
//! one endpoint and one instant.

mod idle;
mod scope;
mod watchers;

use super::Case;
use super::claim::Claim;
use super::freshness::{self, Freshness};
use super::gap::GapKey;
use super::incidents::{Incident, Kind};
use super::lineage::Lineage;
use super::serving::{Endpoint, Exposure, Span};
use super::timeline::Event;
use crate::fact::arn::Arn;
use crate::fact::serving::EndpointAct;
use crate::time::{Instant, Seconds};

pub use idle::Idle;
pub use scope::Scope;
pub use watchers::Watched;

/// What an endpoint was at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Before it was created.
    NotYet,
    /// It served.
    Serving,
    /// It changed what it served then: both the old and the new may have answered.
    CutOver,
    /// It was there, and what it served is not in the evidence.
    Unknown,
    /// After it was deleted.
    Deleted,
}

impl State {
    /// Returns the name used in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotYet => "not-yet-created",
            Self::Serving => "serving",
            Self::CutOver => "cut-over",
            Self::Unknown => "unknown",
            Self::Deleted => "deleted",
        }
    }
}

/// Requests that met with an incident of the endpoint.
#[derive(Clone, Debug)]
pub struct Met {
    /// From.
    pub from: Instant,
    /// To: when it was over, or the time of the case.
    pub to: Instant,
    /// How many; nothing where nothing counts them.
    pub counted: Option<Exposure>,
}

impl Met {
    /// Returns what would count the requests to what served.
    pub fn lacks(&self, served: &[&Span]) -> Vec<GapKey> {
        let of_variant = |span: &&Span| GapKey::requests_of(span, self.from, self.to);
        if self.counted.is_some() { Vec::new() } else { served.iter().map(of_variant).collect() }
    }
}

/// What is known of an endpoint at an instant.
#[derive(Debug)]
pub struct Found<'a> {
    /// The endpoint, in the life that it had then.
    pub endpoint: &'a Endpoint,
    /// What it was.
    pub state: State,
    /// What served then, the greatest share first; at a cut-over the old before the new.
    pub served: Vec<&'a Span>,
    /// What got copies of requests then, and answered nobody.
    pub shadows: Vec<&'a Span>,
    /// Inference components that were there, and of which no model is known to have answered.
    pub idle: Vec<Idle>,
    /// Why it is not known what served.
    pub unknown: Option<&'static str>,
    /// The lineage of each of these models, once.
    pub lineages: Vec<&'a Lineage>,
    /// How new the newest data behind it was.
    pub freshness: Claim<Freshness>,
    /// What changed in the window before, and what is known to rest on.
    pub changes: Vec<Event>,
    /// Everything that happened within the window on either side.
    pub timeline: Vec<Event>,
    /// Incidents of the endpoint and of what it rests on, that went on in the window before.
    pub incidents: Vec<&'a Incident>,
    /// Who could have told of these, and did or did not.
    pub watchers: Vec<Watched>,
    /// Requests that met with the endpoint's own incident then, if there was one.
    pub exposure: Option<Met>,
    /// What is concerned.
    pub scope: Scope,
    /// What would tell more.
    pub missing: Vec<GapKey>,
}

/// Statements of one creation differ by so little, in seconds.
const SAME_CREATION: Seconds = 90;

/// Looks at an endpoint at `at`, and at `window` seconds before.
pub fn of<'a>(case: &'a Case, endpoint: &Arn, at: Instant, window: Seconds) -> Option<Found<'a>> {
    let endpoint = life(case, endpoint, at)?;
    let (state, served) = served(endpoint, at);
    let exists = !matches!(state, State::NotYet | State::Deleted);
    let holds = |span: &&Span| span.from.earliest <= at && span.to.is_none_or(|to| at < to.latest);
    let shadows: Vec<&Span> = endpoint.shadows.iter().filter(|span| exists && holds(span)).collect();
    let idle = if exists { idle::of(endpoint, at) } else { Vec::new() };
    let unknown = (state == State::Unknown).then(|| idle::why_unknown(endpoint, &idle, at));
    let lacks = if exists { idle::lacks(case, endpoint, at) } else { vec![GapKey::Endpoint(endpoint.arn.clone())] };
    let mut lineages: Vec<&Lineage> = Vec::new();
    for span in &served {
        let of_model = case.lineages.iter().rfind(|own| own.arn.key() == span.model.key() && own.created == span.model_created);
        lineages.extend(of_model.filter(|own| !lineages.iter().any(|known| std::ptr::eq(*known, *own))));
    }
    let greatest = served.iter().max_by(|left, right| {
        by_share(left, right).then(left.from.cmp(&right.from)).then_with(|| right.variant.cmp(&left.variant))
    });
    let of_span = |span: &Span| {
        let lineage = lineages.iter().find(|own| own.arn.key() == span.model.key() && own.created == span.model_created);
        freshness::at_instant(case, span, lineage.copied(), at)
    };
    let freshness = match greatest {
        // Which of several components answered a request is not recorded.
        Some(span) if span.component().is_some() => {
            oldest(served.iter().map(|span| of_span(span)).collect()).unwrap_or_else(|| nothing_served(endpoint, state, &lacks))
        }
        Some(span) => of_span(span),
        None => nothing_served(endpoint, state, &lacks),
    };
    let scope = Scope::of(case, endpoint, (&served, &shadows), &lineages);
    let from = at.plus(-window);
    let events: Vec<Event> = case.timeline().into_iter().filter(|event| scope.concerns(event)).collect();
    let changes =
        events.iter().filter(|event| event.at.latest > from && event.at.earliest <= at && is_change(event)).cloned().collect();
    let timeline = events.into_iter().filter(|event| event.at.latest >= from && event.at.earliest <= at.plus(window)).collect();
    let incidents: Vec<&Incident> =
        case.incidents.iter().filter(|own| own.overlaps(from, at) && scope.holds(own.subject.as_str())).collect();
    let own =
        incidents.iter().filter(|own| own.kind != Kind::Job && own.overlaps(at, at) && own.subject.key() == endpoint.arn.key());
    let exposure = own.min_by_key(|own| own.began).map(|own| {
        let to = own.recovered.or(case.as_of).unwrap_or(at);
        Met { from: own.began, to, counted: case.serving.requests(&endpoint.arn, None, own.began, to) }
    });
    // What did not exist nobody watched.
    let uncounted: Vec<GapKey> = exposure.iter().flat_map(|met| met.lacks(&served)).collect();
    let watchers = if exists { watchers::of(case, endpoint, &incidents, at) } else { watchers::Rows::default() };
    let mut missing: Vec<GapKey> = freshness.missing().to_vec();
    missing.extend(incidents.iter().flat_map(|own| own.missing.iter().cloned()));
    missing.extend(watchers.missing);
    missing.extend(uncounted);
    if matches!(state, State::Unknown) {
        missing.extend(lacks);
    }
    let watchers = watchers.rows;
    Some(Found {
        endpoint,
        state,
        served,
        shadows,
        idle,
        unknown,
        lineages,
        freshness,
        changes,
        timeline,
        incidents,
        watchers,
        exposure,
        scope,
        missing,
    })
}

/// Returns the life of a name at an instant: the last that began before, else the first.
fn life<'a>(case: &'a Case, arn: &Arn, at: Instant) -> Option<&'a Endpoint> {
    let mut lives: Vec<&Endpoint> = case.serving.endpoints().iter().filter(|own| own.arn.key() == arn.key()).collect();
    lives.sort_by_key(|own| own.created);
    let begun = lives.iter().rfind(|own| own.created.is_none_or(|created| created.plus(-SAME_CREATION) <= at));
    begun.or(lives.first()).copied()
}

/// Returns what an endpoint was at an instant, and what it served then.
fn served(endpoint: &Endpoint, at: Instant) -> (State, Vec<&Span>) {
    if endpoint.deleted.is_some_and(|deleted| deleted <= at) {
        return (State::Deleted, Vec::new());
    }
    let mut spans: Vec<&Span> = endpoint
        .spans
        .iter()
        .filter(|span| {
            span.from.earliest <= at && span.to.is_none_or(|to| at < to.latest || (at == to.latest && to.earliest < at))
        })
        .collect();
    if spans.is_empty() {
        let is_before = endpoint.created.is_some_and(|created| at < created);
        return (if is_before { State::NotYet } else { State::Unknown }, spans);
    }
    spans.sort_by(|left, right| {
        left.from.cmp(&right.from).then(by_share(right, left)).then_with(|| left.variant.cmp(&right.variant))
    });
    let is_between = spans.iter().any(|span| at < span.from.latest || span.to.is_some_and(|to| to.earliest <= at));
    (if is_between { State::CutOver } else { State::Serving }, spans)
}

/// Returns, of what several components may have answered with, what is known to be the oldest; what is not known could be older.
fn oldest(claims: Vec<Claim<Freshness>>) -> Option<Claim<Freshness>> {
    let several = claims.len() > 1;
    let unknown = claims.iter().find(|claim| claim.value().is_none()).cloned();
    let known = |claim: &Claim<Freshness>| claim.value().map(|value| value.newest_data);
    let oldest = claims.into_iter().filter(|claim| claim.value().is_some()).min_by_key(known);
    let note = "of the models that components of the endpoint ran, this has the oldest data that is known";
    let noted = oldest.map(|oldest| if several { oldest.noting(note) } else { oldest });
    match (noted, unknown) {
        (Some(oldest), unknown) => Some(oldest.lacking(unknown.iter().flat_map(|unknown| unknown.missing().to_vec()))),
        (None, unknown) => unknown,
    }
}

/// Compares what spans answered; those whose requests name a component answered nobody knows how many.
fn by_share(left: &Span, right: &Span) -> std::cmp::Ordering {
    left.share.unwrap_or_default().total_cmp(&right.share.unwrap_or_default())
}

/// Returns the claim of an endpoint that served nothing that is known.
fn nothing_served(endpoint: &Endpoint, state: State, missing: &[GapKey]) -> Claim<Freshness> {
    let tells = |said: &&super::said::Said<crate::fact::serving::EndpointStatement>| match state {
        State::Deleted => said.says.act == EndpointAct::Deleted,
        _ => said.says.act == EndpointAct::Created || said.says.created.is_some(),
    };
    let cites = endpoint.said.iter().filter(tells).map(|said| said.cite.clone());
    let why = match state {
        State::NotYet => "the endpoint did not exist then: it was created later",
        State::Deleted => "the endpoint did not exist then: it was deleted before",
        _ => "what it served then is not in the evidence",
    };
    match crate::evidence::citation::Citations::from_all(cites) {
        Some(evidence) if state != State::Unknown => Claim::that_none(super::claim::Grade::B, why, evidence),
        _ => Claim::unknown(why, missing.to_vec()),
    }
}

/// Returns whether an event changed something; what was only seen, or followed by itself, did not.
fn is_change(event: &Event) -> bool {
    let only_seen =
        ["endpoint seen", "component seen", "job started", "alarm raised", "alarm over", "alarm without data", "model error"];
    !only_seen.contains(&event.what.as_str()) && !event.detail.starts_with("refused")
}
