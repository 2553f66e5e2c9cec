//! What inference components run, from when to when, and on which endpoint.
//!
//! A variant whose configuration names no model runs what components bring. A component is changed without the endpoint: another
//! specification is another model from then on, and without copies it answers nobody. As with endpoints, a request is not its
//! effect: that lies between the request and the first record that shows the component in service with what was asked for.

use super::super::claim::Grade;
use super::super::coverage::Coverage;
use super::super::registry::Models;
use super::super::said::{Said, incarnations};
use super::{Bounds, Endpoint, Serving};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::call::{Listed, ListedStatement};
use crate::fact::component::{ComponentAct, ComponentStatement, Specification};
use crate::time::{Instant, Seconds};

/// Statements of one creation differ by so little, in seconds.
const SAME_CREATION: Seconds = 90;

/// Hosting gives a model at most an hour to be loaded and an hour to answer, in seconds: by then its bytes have been read.
const LONGEST_LOAD: Seconds = 7_200;

/// An inference component.
#[derive(Debug)]
pub struct Component {
    /// ARN.
    pub arn: Arn,
    /// Name with its case.
    pub name: String,
    /// Variant it runs on, where a record tells.
    pub variant: Option<String>,
    /// When it was created.
    pub created: Option<Instant>,
    /// When it was gone, if it is.
    pub gone: Option<Bounds>,
    /// Everything that was said of it.
    pub said: Vec<Said<ComponentStatement>>,
    /// What it ran, in order.
    pub runs: Vec<Run>,
}

/// An interval in which a component ran the same.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it ran, by type of instance; empty where the evidence does not tell.
    pub specifications: Vec<Specification>,
    /// Whether it had copies, or none that could answer.
    pub has_copies: bool,
    /// From when on.
    pub from: Bounds,
    /// Until when; nothing while it still does.
    pub to: Option<Bounds>,
    /// When it took what it runs: its image, and the bytes of a container of its own.
    pub taken: Bounds,
    /// How well that is known.
    pub grade: Grade,
    /// On what.
    pub evidence: Citations,
}

impl Run {
    /// Returns whether it may have gone on at an instant.
    pub fn holds(&self, at: Instant) -> bool {
        self.from.earliest <= at && self.to.is_none_or(|to| at < to.latest)
    }
}

/// A variant whose configuration names no model, or to which no requests are routed.
#[derive(Clone, Debug)]
pub struct Bare {
    /// Variant.
    pub variant: String,
    /// From when on.
    pub from: Bounds,
    /// Until when; nothing while it still is.
    pub to: Option<Bounds>,
    /// Where it is said.
    pub cites: Vec<Citation>,
}

/// A value that held from a time on.
struct Step<T> {
    value: T,
    from: Bounds,
    /// Whether a request asked for it.
    is_asked: bool,
    grade: Grade,
    cites: Vec<Citation>,
}

/// Puts components on their endpoints; an endpoint that only they name is added. Returns those of which no endpoint is known.
pub(super) fn attach(
    endpoints: &mut Vec<Endpoint>,
    said: Vec<(ArnKey, Said<ComponentStatement>)>,
    models: &Models,
    coverage: &Coverage,
    as_of: Option<Instant>,
) -> Vec<Component> {
    let mut loose = Vec::new();
    for groups in incarnations(said, |statement| statement.created).into_values() {
        let lives: Vec<Option<Instant>> = groups.iter().map(|(created, _)| *created).collect();
        for (position, (created, mut said)) in groups.into_iter().enumerate() {
            let next = lives.get(position + 1).copied().flatten();
            said.sort_by(|left, right| left.cite.cmp(&right.cite));
            let Some(arn) = said.first().map(|said| said.says.arn.clone()) else { continue };
            let created = said.iter().filter_map(|said| said.says.created).min().or(created);
            let home = said.iter().find_map(|said| said.says.endpoint.clone());
            let began = created.or_else(|| said.iter().filter_map(time).min());
            let deletions = said.iter().filter(|said| said.says.act == ComponentAct::Deleted).filter_map(|said| said.cite.time);
            let next = next.or_else(|| unlisted(&arn, home.as_ref(), &said, coverage));
            let ends = super::ends(&said, deletions.min(), next, time);
            let position = home.map(|home| place(endpoints, &home, &said, began));
            let endpoint = position.and_then(|position| endpoints.get_mut(position));
            // With its endpoint, it is gone.
            let gone = endpoint.as_ref().and_then(|endpoint| endpoint.deleted).map(|at| Bounds { earliest: at, latest: at });
            let ends = first_of(ends, gone);
            let component = Component {
                name: said.iter().find_map(|said| said.says.name.clone()).unwrap_or_else(|| arn.last().to_owned()),
                variant: said.iter().find_map(|said| said.says.variant.clone()),
                runs: runs(&said, created, ends, as_of),
                arn,
                created,
                gone: ends,
                said,
            };
            match endpoint {
                Some(endpoint) => endpoint.components.push(component),
                None => loose.push(component),
            }
        }
    }
    for endpoint in endpoints {
        let spans = super::brought::spans(endpoint, models);
        endpoint.spans.extend(super::joined(spans));
    }
    loose
}

/// Returns when a component was gone at the latest, by the first whole list that lacks it and was made after the last record of it.
fn unlisted(arn: &Arn, home: Option<&Arn>, said: &[Said<ComponentStatement>], coverage: &Coverage) -> Option<Instant> {
    let last = said.iter().filter_map(time).max()?;
    let is_of = |list: &ListedStatement| {
        let named = list.of.as_ref().is_none_or(|name| home.is_some_and(|home| home.last().eq_ignore_ascii_case(name)));
        named && list.account.is_some() && list.region.is_some() && list.from.is_none() && list.to.is_none()
    };
    let lists = coverage.lists(Listed::InferenceComponents, arn.account(), arn.region());
    let lacking = lists.filter(|list| is_of(&list.says) && said.iter().all(|own| own.cite.exhibit != list.cite.exhibit));
    lacking.filter_map(|list| list.says.captured).filter(|captured| *captured > last).min()
}

/// Returns the position of the life of an endpoint in which a component began.
fn place(endpoints: &mut Vec<Endpoint>, home: &Arn, said: &[Said<ComponentStatement>], began: Option<Instant>) -> usize {
    let key = home.key();
    let lives = || endpoints.iter().enumerate().filter(|(_, own)| own.arn.key() == key);
    let had_begun = |own: &Endpoint| own.created.zip(began).is_none_or(|(created, began)| created.plus(-SAME_CREATION) <= began);
    let found = lives().rfind(|(_, own)| had_begun(own)).or_else(|| lives().next()).map(|(position, _)| position);
    found.unwrap_or_else(|| {
        let name = said.iter().find_map(|said| said.says.endpoint_name.clone()).unwrap_or_else(|| home.last().to_owned());
        endpoints.push(Endpoint {
            arn: home.clone(),
            name,
            created: None,
            deleted: None,
            said: Vec::new(),
            spans: Vec::new(),
            shadows: Vec::new(),
            bare: Vec::new(),
            unrouted: Vec::new(),
            components: Vec::new(),
            unknown_configs: Vec::new(),
            switches: Vec::new(),
        });
        endpoints.len() - 1
    })
}

/// Returns when a record tells of a component: a request when it was made, an answer when it was given.
fn time(said: &Said<ComponentStatement>) -> Option<Instant> {
    match said.says.act {
        ComponentAct::State => said.says.seen.or(said.says.modified).or(said.cite.time),
        _ => said.cite.time,
    }
}

/// Returns whether an answer shows a component at rest: then what it states is in force.
fn is_settled(says: &ComponentStatement) -> bool {
    matches!(says.status.as_deref(), Some("InService" | "Failed"))
}

/// Returns what a component ran, in order, until it was gone.
fn runs(said: &[Said<ComponentStatement>], created: Option<Instant>, ends: Option<Bounds>, as_of: Option<Instant>) -> Vec<Run> {
    let as_of = [as_of, ends.map(|ends| ends.latest)].into_iter().flatten().min();
    let mut wanted =
        steps(said, created, as_of, true, &|says| (!says.runs.is_empty()).then(|| says.runs.clone()), &|one, other| {
            are_same(one, other)
        });
    let first = wanted.first().map(|step| step.from);
    // What ran before the first request that is known, or all the time, where nothing tells.
    let since = created.or_else(|| said.iter().filter_map(time).min()).filter(|_| !failed_at_once(said));
    if let Some(since) = since.filter(|since| first.is_none_or(|first| since.plus(SAME_CREATION) < first.earliest)) {
        let from = Bounds { earliest: since, latest: since };
        let cites = said.iter().map(|said| said.cite.clone()).take(1).collect();
        wanted.insert(0, Step { value: Vec::new(), from, is_asked: false, grade: Grade::B, cites });
    }
    let copies = |says: &ComponentStatement| {
        let count = if says.act == ComponentAct::State { says.current.or(says.desired) } else { says.desired };
        count.map(|count| count > 0)
    };
    let copies = steps(said, created, as_of, false, &copies, &|one: &bool, other: &bool| one == other);
    let mut runs: Vec<Run> = Vec::new();
    for (position, step) in wanted.iter().enumerate() {
        let taken = taken(step, runs.last());
        let to = first_of(wanted.get(position + 1).map(|next| next.from), ends);
        let mut own = Run {
            specifications: step.value.clone(),
            has_copies: true,
            from: step.from,
            to,
            taken,
            grade: step.grade,
            evidence: match Citations::from_all(step.cites.iter().cloned()) {
                Some(evidence) => evidence,
                None => continue,
            },
        };
        // Bounds of the same request are those of the whole request.
        for change in &copies {
            if to.is_some_and(|to| change.from >= to) {
                break;
            }
            if change.from.earliest > own.from.earliest && change.value != own.has_copies {
                runs.push(Run { to: Some(change.from), ..own.clone() });
                own.from = last_of(change.from, own.from);
            }
            if change.value != own.has_copies {
                own.has_copies = change.value;
                own.grade = step.grade.weaker(change.grade);
                own.evidence = own.evidence.clone().and(change.cites.iter().cloned());
            }
        }
        runs.push(Run { to, ..own });
    }
    runs.retain(|run| run.to.is_none_or(|to| to.latest > run.from.earliest));
    runs
}

/// Returns when what a step runs was taken from where it lies. No two in a row have one beginning: it tells them apart.
fn taken(step: &Step<Vec<Specification>>, before: Option<&Run>) -> Bounds {
    let latest = if step.is_asked { step.from.latest.min(step.from.earliest.plus(LONGEST_LOAD)) } else { step.from.latest };
    let is_same = before.is_some_and(|before| before.taken.earliest >= step.from.earliest);
    Bounds { earliest: if is_same { step.from.latest } else { step.from.earliest }, latest: latest.max(step.from.earliest) }
}

/// Returns when both of two things had begun.
pub(super) fn last_of(one: Bounds, other: Bounds) -> Bounds {
    Bounds { earliest: one.earliest.max(other.earliest), latest: one.latest.max(other.latest) }
}

/// Returns when the first of two things ended.
pub(super) fn first_of(one: Option<Bounds>, other: Option<Bounds>) -> Option<Bounds> {
    match (one, other) {
        (Some(one), Some(other)) => {
            Some(Bounds { earliest: one.earliest.min(other.earliest), latest: one.latest.min(other.latest) })
        }
        (one, other) => one.or(other),
    }
}

/// Returns whether a component never came into service.
fn failed_at_once(said: &[Said<ComponentStatement>]) -> bool {
    let mut states: Vec<&Said<ComponentStatement>> = said.iter().filter(|said| said.says.status.is_some()).collect();
    states.sort_by_key(|said| (time(said), said.cite.clone()));
    let changed = said.iter().any(|said| matches!(said.says.act, ComponentAct::Updated | ComponentAct::Scaled));
    !changed && !states.is_empty() && states.iter().all(|said| matches!(said.says.status.as_deref(), Some("Failed" | "Creating")))
}

fn are_same(one: &[Specification], other: &[Specification]) -> bool {
    one.len() == other.len() && one.iter().all(|own| other.iter().any(|theirs| own.is_same(theirs)))
}

/// Puts the values that requests and answers state in order. `goes_back`: an answer with another value shows that a request was
/// taken back.
fn steps<T: Clone>(
    said: &[Said<ComponentStatement>],
    created: Option<Instant>,
    as_of: Option<Instant>,
    goes_back: bool,
    value: &dyn Fn(&ComponentStatement) -> Option<T>,
    same: &dyn Fn(&T, &T) -> bool,
) -> Vec<Step<T>> {
    let mut timed: Vec<(Instant, &Said<ComponentStatement>)> = said.iter().filter_map(|said| Some((time(said)?, said))).collect();
    timed.sort_by(|left, right| left.0.cmp(&right.0).then_with(|| left.1.cite.cmp(&right.1.cite)));
    let (states, acts): (Vec<_>, Vec<_>) = timed.into_iter().partition(|(_, said)| said.says.act == ComponentAct::State);
    let mut asked: Vec<(Instant, &Said<ComponentStatement>, T)> = Vec::new();
    for (at, act) in &acts {
        if let Some(wanted) = value(&act.says)
            // What is asked for again is put in place anew: behind its name may be something else by now.
            && asked.last().is_none_or(|(.., before)| !same(before, &wanted) || (goes_back && act.says.act == ComponentAct::Updated))
        {
            asked.push((*at, act, wanted));
        }
    }
    let deleted = acts.iter().find(|(_, said)| said.says.act == ComponentAct::Deleted).map(|(at, _)| *at);
    let mut found: Vec<Step<T>> = Vec::new();
    for (position, (at, act, wanted)) in asked.iter().enumerate() {
        let next = asked.get(position + 1).map(|(next, ..)| *next);
        let until = next.into_iter().chain(deleted.filter(|deleted| deleted > at)).min().or(as_of).unwrap_or(*at).max(*at);
        // An answer that knows of no change since the request tells of the time before it.
        let later = states.iter().filter(|(seen, state)| {
            *seen >= *at
                && *seen <= until
                && is_settled(&state.says)
                && state.says.modified.is_none_or(|modified| modified >= *at)
        });
        let is_new = act.says.act == ComponentAct::Created;
        let mut settled = None;
        let mut went_back = false;
        let mut until = until;
        for (seen, state) in later {
            let is_failed = state.says.status.as_deref() == Some("Failed");
            // A row of a list shows that it is in service, and not with what.
            let fits = !is_failed && value(&state.says).is_some_and(|shown| same(&shown, wanted));
            if fits {
                settled = Some((*seen, *state));
                break;
            }
            if is_new && !is_failed && value(&state.says).is_some() {
                // It was changed since by a request that is not in the evidence.
                until = until.min(state.says.modified.unwrap_or(*seen)).max(*at);
                break;
            }
            if goes_back && (is_failed || value(&state.says).is_some()) {
                went_back = true;
                break;
            }
        }
        if went_back {
            continue;
        }
        // What is being changed refuses further changes: one that was accepted shows that the last had come to an end.
        let accepted =
            acts.iter().find(|(next, said)| next > at && said.says.act != ComponentAct::Deleted).map(|(next, _)| *next);
        let (latest, grade) = match settled {
            Some((seen, state)) => {
                let latest = state.says.modified.unwrap_or(seen).min(seen).max(*at);
                (accepted.map_or(latest, |accepted| latest.min(accepted)), Grade::B)
            }
            None => (accepted.map_or(until, |accepted| until.min(accepted)), Grade::C),
        };
        let cites = std::iter::once(act.cite.clone()).chain(settled.map(|(_, state)| state.cite.clone())).collect();
        found.push(Step { value: wanted.clone(), from: Bounds { earliest: *at, latest }, is_asked: true, grade, cites });
    }
    // Answers tell of values that no request in the evidence asked for.
    for (seen, state) in states {
        let Some(shown) = value(&state.says).filter(|_| state.says.status.as_deref() == Some("InService")) else { continue };
        let modified = state.says.modified.unwrap_or(seen).min(seen);
        match found.iter_mut().rfind(|step| step.from.earliest <= seen) {
            Some(step) if same(&step.value, &shown) => {
                if !step.cites.contains(&state.cite) {
                    step.cites.push(state.cite.clone());
                }
            }
            before => {
                let since = before.map(|step| step.from.latest).or(created).unwrap_or(modified).min(modified);
                let from = Bounds { earliest: since, latest: modified };
                found.push(Step { value: shown, from, is_asked: false, grade: Grade::B, cites: vec![state.cite.clone()] });
                found.sort_by_key(|step| step.from);
            }
        }
    }
    found
}

impl Serving {
    /// Returns all inference components.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.endpoints.iter().flat_map(|endpoint| &endpoint.components).chain(&self.loose)
    }

    /// Returns the inference components of which no endpoint is known.
    pub fn loose(&self) -> &[Component] {
        &self.loose
    }
}
