//! What an endpoint was told to run, in order: from requests, and from what records show of it.

use std::collections::BTreeMap;

use super::Bounds;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::evidence::citation::Citation;
use crate::fact::serving::{EndpointAct, EndpointStatement};
use crate::time::{Instant, Seconds};

/// A configuration in force.
pub(super) struct Deployment {
    pub(super) config: String,
    /// Weights by variant that override the configuration's.
    pub(super) weights: BTreeMap<String, f64>,
    /// Another configuration beside it, and the share of the requests that it gets: what was rolled back, while it was tried.
    pub(super) beside: Option<(String, f64)>,
    pub(super) from: Bounds,
    pub(super) grade: Grade,
    pub(super) cites: Vec<Citation>,
}

/// By when new weights are in force, where nothing shows it: `SageMaker` needs some minutes.
const SETTLES: Seconds = 900;

/// Gives the weights that a configuration has of its own at a time; none where the evidence does not describe it.
pub(super) type OwnWeights<'a> = &'a dyn Fn(&str, Instant) -> BTreeMap<String, f64>;

/// Returns the weights that are in force: those of the configuration, and what was set since.
fn in_force(config: &str, set: &BTreeMap<String, f64>, at: Instant, own: OwnWeights<'_>) -> BTreeMap<String, f64> {
    let mut weights = own(config, at);
    for (variant, weight) in &mut weights {
        *weight = set.get(variant).copied().unwrap_or(*weight);
    }
    weights
}

impl Deployment {
    /// Returns the configurations that answer requests, and what part of them each gets.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&str, f64)> {
        let beside = self.beside.as_ref().map(|(config, share)| (config.as_str(), *share));
        let own = (self.config.as_str(), 1.0 - beside.map_or(0.0, |(_, share)| share));
        std::iter::once(own).chain(beside).filter(|(_, part)| *part > 0.0)
    }

    /// Returns the weights that are in force at a time: those of the configuration, and what was set since.
    pub(super) fn in_force(&self, at: Instant, own: OwnWeights<'_>) -> BTreeMap<String, f64> {
        in_force(&self.config, &self.weights, at, own)
    }
}

/// Returns the weights that a record shows of an endpoint; none if it does not show all of them.
fn told(state: &Said<EndpointStatement>) -> BTreeMap<String, f64> {
    let told: Option<BTreeMap<String, f64>> =
        state.says.variants.iter().map(|variant| Some((variant.name.clone(), variant.weight?))).collect();
    told.unwrap_or_default()
}

/// Returns shares of the requests.
fn shares(weights: &BTreeMap<String, f64>) -> BTreeMap<&str, f64> {
    let total: f64 = weights.values().map(|weight| weight.max(0.0)).sum();
    let share = |weight: f64| if total > 0.0 { weight.max(0.0) / total } else { 0.0 };
    weights.iter().map(|(variant, weight)| (variant.as_str(), share(*weight))).collect()
}

/// Returns whether the variants that both name have the same shares.
fn alike(left: &BTreeMap<&str, f64>, right: &BTreeMap<&str, f64>) -> bool {
    left.iter().all(|(variant, share)| right.get(variant).is_none_or(|other| (share - other).abs() < 1e-6))
}

/// Puts an endpoint's configurations in order.
pub(super) fn deployments(
    said: &[Said<EndpointStatement>],
    created: Option<Instant>,
    as_of: Option<Instant>,
    own: OwnWeights<'_>,
) -> Vec<Deployment> {
    let acts: Vec<(Instant, &Said<EndpointStatement>)> =
        ordered(said.iter().filter(|said| said.says.act != EndpointAct::State).filter_map(|said| Some((time(said)?, said))));
    let states: Vec<(Instant, &Said<EndpointStatement>)> = ordered(
        said.iter()
            .filter(|said| said.says.act == EndpointAct::State && said.says.config.is_some())
            .filter_map(|said| Some((time(said)?, said))),
    );
    let mut deployments: Vec<Deployment> = Vec::new();
    for (position, (at, act)) in acts.iter().enumerate() {
        let next =
            acts[position + 1..].iter().find(|(_, act)| !matches!(act.says.act, EndpointAct::Reweighted)).map(|(at, _)| *at);
        let until = next.or(as_of).unwrap_or(*at).max(*at);
        match act.says.act {
            EndpointAct::Created | EndpointAct::Updated { .. } => {
                let Some(config) = act.says.config.clone() else { continue };
                let settled = states.iter().find(|(seen, state)| *seen >= *at && *seen <= until && is_settled(state));
                let rolls_back = |(seen, state): &&(Instant, &Said<EndpointStatement>)| {
                    *seen >= *at && *seen <= until && state.says.status.as_deref() == Some("RollingBack")
                };
                let is_other = |(_, state): &&(Instant, &Said<EndpointStatement>)| {
                    state.says.config.as_ref() != Some(&config) || state.says.status.as_deref() == Some("Failed")
                };
                // The endpoint came out of the update with another configuration, or was on its way back when it was last seen.
                let rolled_back = match settled {
                    Some(state) => Some(state).filter(is_other),
                    None => states.iter().find(rolls_back),
                };
                if let Some((seen, back)) = rolled_back {
                    let tried = deployments.last().and_then(|before| tried(*at, act, before, &states, *seen, back));
                    deployments.extend(tried.into_iter().flatten());
                    continue;
                }
                let (latest, grade, more) = match settled {
                    Some((seen, state)) => (
                        state.says.modified.filter(|modified| modified >= at).unwrap_or(*seen).min(*seen),
                        Grade::B,
                        Some(state.cite.clone()),
                    ),
                    None => (until, Grade::C, None),
                };
                let weights = match (act.says.act, deployments.last()) {
                    (EndpointAct::Updated { retain: true, .. }, Some(before)) => before.weights.clone(),
                    _ => BTreeMap::new(),
                };
                let cites = std::iter::once(act.cite.clone()).chain(more).collect();
                deployments.push(Deployment {
                    config,
                    weights,
                    beside: None,
                    from: Bounds { earliest: *at, latest },
                    grade,
                    cites,
                });
            }
            EndpointAct::Reweighted => {
                // A call that was accepted afterwards found the endpoint settled.
                let next = acts.get(position + 1).map(|(at, _)| *at);
                let until = next.or(as_of).unwrap_or(*at).max(*at);
                let found = deployments.last().and_then(|before| reweighed(before, (*at, until), act, &states, own));
                deployments.extend(found);
            }
            EndpointAct::Deleted | EndpointAct::State => {}
        }
    }
    take_shown(&mut deployments, states, created, own);
    deployments
}

/// Returns what a request for weights made of what was in force, between it and what was asked for next; nothing where it changed
/// nothing.
fn reweighed(
    before: &Deployment,
    (at, until): (Instant, Instant),
    act: &Said<EndpointStatement>,
    states: &[(Instant, &Said<EndpointStatement>)],
    own: OwnWeights<'_>,
) -> Option<Deployment> {
    let mut weights = before.weights.clone();
    weights.extend(act.says.variants.iter().filter_map(|variant| Some((variant.name.clone(), variant.weight?))));
    if weights == before.weights {
        return None;
    }
    let knows = |state: &Said<EndpointStatement>| state.says.modified.is_none_or(|modified| modified >= at);
    let settled = states.iter().find(|(seen, state)| *seen >= at && *seen <= until && is_settled(state) && knows(state));
    let mut cites: Vec<Citation> = before.cites.iter().cloned().chain([act.cite.clone()]).collect();
    let (latest, grade) = match settled {
        Some((seen, state)) => {
            let (told, wanted) = (told(state), in_force(&before.config, &weights, at, own));
            // It came out of the update with other weights than were asked for.
            if !told.is_empty() && !wanted.is_empty() && !alike(&shares(&told), &shares(&wanted)) {
                return None;
            }
            cites.push(state.cite.clone());
            (state.says.modified.unwrap_or(*seen).min(*seen), before.grade)
        }
        None => (until.min(at.plus(SETTLES)), before.grade.weaker(Grade::C)),
    };
    let from = Bounds { earliest: at, latest: latest.max(at).max(before.from.latest.min(until)) };
    Some(Deployment { config: before.config.clone(), weights, beside: None, from, grade, cites })
}

/// Takes over what states tell of configurations and weights for which there is no request in the evidence.
fn take_shown(
    deployments: &mut Vec<Deployment>,
    states: Vec<(Instant, &Said<EndpointStatement>)>,
    created: Option<Instant>,
    own: OwnWeights<'_>,
) {
    for (seen, state) in states {
        let Some(config) = state.says.config.clone() else { continue };
        if !is_settled(state) || state.says.status.as_deref() == Some("Failed") {
            continue;
        }
        let told = told(state);
        let known = deployments.iter_mut().rfind(|deployment| deployment.from.earliest <= seen);
        let is_known = |deployment: &Deployment| {
            let weights = in_force(&deployment.config, &deployment.weights, seen, own);
            // While new weights come in, either are right.
            let agrees = told.is_empty() || weights.is_empty() || alike(&shares(&told), &shares(&weights));
            deployment.config == config && (agrees || seen < deployment.from.latest)
        };
        if let Some(deployment) = known.filter(|deployment| is_known(deployment)) {
            deployment.cites.push(state.cite.clone());
        } else {
            let modified = state.says.modified.unwrap_or(seen).min(seen);
            let earliest = created.unwrap_or(modified).min(modified);
            let earliest = deployments
                .iter()
                .filter(|other| other.from.latest <= modified)
                .map(|other| other.from.latest)
                .max()
                .unwrap_or(earliest);
            deployments.push(Deployment {
                config,
                weights: told,
                beside: None,
                from: Bounds { earliest, latest: modified },
                grade: Grade::B,
                cites: vec![state.cite.clone()],
            });
            deployments.sort_by_key(|left| left.from);
        }
    }
}

/// Returns what was in force while an update was tried that was rolled back: the old configuration with the new one beside it, and
/// then the old one again. Nothing where no record tells that the new one answered anybody: most updates fail before.
fn tried(
    at: Instant,
    act: &Said<EndpointStatement>,
    before: &Deployment,
    states: &[(Instant, &Said<EndpointStatement>)],
    back_at: Instant,
    back: &Said<EndpointStatement>,
) -> Option<[Deployment; 2]> {
    let config = act.says.config.clone()?;
    let during = || states.iter().filter(|(seen, _)| at <= *seen && *seen <= back_at);
    let answers = || during().filter(|(_, state)| state.says.pending_answers && state.says.pending.as_ref() == Some(&config));
    let (from, to, grade, shown) = if let (Some((first, state)), Some((last, _))) = (answers().next(), answers().next_back()) {
        let (from, to) = (Bounds { earliest: at, latest: *first }, Bounds { earliest: *last, latest: back_at });
        (from, to, Grade::B, state)
    } else {
        // Alarms watch a deployment while it answers, and a little before.
        let is_alarm = |state: &Said<EndpointStatement>| {
            state.says.failure.as_ref().is_some_and(|failure| failure.to_ascii_lowercase().contains("alarm"))
        };
        let (_, state) = during().find(|(_, state)| is_alarm(state))?;
        let between = Bounds { earliest: at, latest: back_at };
        (between, between, Grade::C, state)
    };
    let made = |from: Bounds, beside: Option<(String, f64)>, grade: Grade, cites: [&Citation; 2]| Deployment {
        config: before.config.clone(),
        weights: before.weights.clone(),
        beside,
        from,
        grade: before.grade.weaker(grade),
        cites: before.cites.iter().chain(cites).cloned().collect(),
    };
    // Without a word of how, all requests move at once.
    let share = act.says.first_share.unwrap_or(1.0);
    Some([made(from, Some((config, share)), grade, [&act.cite, &shown.cite]), made(to, None, Grade::B, [&act.cite, &back.cite])])
}

/// Returns when a record tells of an endpoint: a request when it was made; an answer tells of the state since its last change, at
/// the latest when it was made.
pub fn time(said: &Said<EndpointStatement>) -> Option<Instant> {
    match said.says.act {
        EndpointAct::State => said.says.seen.or(said.says.modified).or(said.cite.time),
        _ => said.cite.time,
    }
}

fn ordered<'a>(
    items: impl Iterator<Item = (Instant, &'a Said<EndpointStatement>)>,
) -> Vec<(Instant, &'a Said<EndpointStatement>)> {
    let mut items: Vec<_> = items.collect();
    items.sort_by(|left, right| left.0.cmp(&right.0).then_with(|| left.1.cite.cmp(&right.1.cite)));
    items
}

/// Returns whether a state is not one of change: then its configuration is the one in force.
pub fn is_settled(said: &Said<EndpointStatement>) -> bool {
    said.says.status.as_deref().is_none_or(|status| matches!(status, "InService" | "Failed" | "OutOfService"))
}
