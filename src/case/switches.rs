//! What was asked of each endpoint, in order: what was in force before, what was asked for, and what became of it.
//!
//! Weights and counts of instances begin with the configuration and are overridden by later requests, also by those of auto
//! scaling. `UpdateEndpoint` goes back to what the new configuration says, unless it retains the variants' properties. A request is
//! not its effect: what the next records show of the endpoint decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::said::Said;
use super::serving::{Configs, described, is_settled, time};
use crate::evidence::citation::Citation;
use crate::fact::arn::Arn;
use crate::fact::principal::Principal;
use crate::fact::serving::{Capture, EndpointAct, EndpointStatement};
use crate::time::Instant;

/// A variant as it runs, or as it is asked to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Running {
    /// Name of its model.
    pub model: Option<String>,
    /// Weight in force: a share of the sum, not a fraction.
    pub weight: f64,
    /// Weight that its configuration gives it.
    pub own_weight: f64,
    /// Instances that are wanted.
    pub desired: Option<i64>,
    /// Instances that its configuration gives it.
    pub own_count: Option<i64>,
    /// Instances that were there when a record last told.
    pub current: Option<i64>,
    /// Type of its instances.
    pub instance: Option<String>,
    /// Whether `SageMaker` itself finds its capacity.
    pub managed: bool,
    /// Where weights and counts are said that are not those of the configuration, with the time of the last.
    pub set: Vec<Citation>,
    /// When they were last set.
    pub set_at: Option<Instant>,
}

/// All variants of an endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet {
    /// Configuration.
    pub config: Option<String>,
    /// Variants that answer requests, by name; empty where the evidence does not describe the configuration.
    pub variants: BTreeMap<String, Running>,
    /// Whether requests are captured.
    pub captures: Option<bool>,
    /// Where to.
    pub capture: Option<Capture>,
    /// Where the configuration is described.
    pub cites: Vec<Citation>,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A new endpoint.
    Create,
    /// Another configuration.
    Config {
        /// Whether weights stay as they are.
        retain: bool,
        /// Whether counts stay as they are.
        retain_counts: bool,
    },
    /// Other weights or counts.
    Weights,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The evidence does not tell.
    Unknown,
    /// It took effect.
    Done(Seen),
    /// The endpoint went back to what it was.
    WentBack(Seen),
    /// Going back failed: some instances run the old, some the new.
    Mixed(Seen),
    /// The endpoint failed.
    Failed(Seen),
}

/// Records that show what became of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// When it was first seen.
    pub at: Instant,
    /// Why, in `SageMaker`'s words.
    pub failure: Option<String>,
    /// Whether a record says in words that the endpoint rolled back, so that nobody else can have put it back.
    pub in_words: bool,
    /// Where.
    pub cites: Vec<Citation>,
}

/// A request to change an endpoint that was accepted.
#[derive(Clone, Debug)]
pub struct Switch {
    /// When it was made.
    pub at: Instant,
    /// What was asked for.
    pub asked: Asked,
    /// Who asked.
    pub by: Option<Arc<Principal>>,
    /// Where it is recorded.
    pub cite: Citation,
    /// Alarms that were to roll it back.
    pub rollback_alarms: Vec<String>,
    /// What was in force before.
    pub before: Fleet,
    /// What was asked for.
    pub after: Fleet,
    /// What became of it.
    pub outcome: Outcome,
    /// When the next configuration was asked for, or the deletion.
    pub next: Option<Instant>,
}

impl Fleet {
    /// Returns a variant's share of the requests.
    pub fn share(&self, variant: &str) -> Option<f64> {
        let total: f64 = self.variants.values().map(|running| running.weight.max(0.0)).sum();
        let own = self.variants.get(variant)?.weight.max(0.0);
        Some(if total > 0.0 { own / total } else { 0.0 })
    }

    /// Returns the names of the models that answer requests, with the variant of each.
    pub fn models(&self) -> BTreeMap<&str, &str> {
        let serving = self.variants.iter().filter(|(_, running)| running.weight > 0.0);
        serving.filter_map(|(name, running)| Some((name.as_str(), running.model.as_deref()?))).collect()
    }

    /// Returns what a configuration gives.
    fn of_config(endpoint: &Arn, config: &str, at: Instant, configs: &Configs) -> Self {
        let arn = Arn::sagemaker(endpoint.region(), endpoint.account(), "endpoint-config", config);
        let told = described(&arn, at, configs).unwrap_or_default();
        let Some(first) = told.first() else { return Self { config: Some(config.to_owned()), ..Self::default() } };
        let variants = first.says.variants.iter().filter(|variant| !variant.shadow).map(|variant| {
            let weight = variant.weight.unwrap_or(1.0);
            let running = Running {
                model: variant.model.clone(),
                weight,
                own_weight: weight,
                desired: variant.count,
                own_count: variant.count,
                instance: variant.instance.clone(),
                managed: variant.managed,
                ..Running::default()
            };
            (variant.name.clone(), running)
        });
        Self {
            config: Some(config.to_owned()),
            variants: variants.collect(),
            captures: Some(told.iter().any(|said| said.says.captures)),
            capture: told.iter().find_map(|said| said.says.capture.clone()),
            cites: told.iter().map(|said| said.cite.clone()).collect(),
        }
    }

    /// Keeps what was set before.
    fn retaining(mut self, before: &Self, weights: bool, counts: bool) -> Self {
        for (name, running) in &mut self.variants {
            let Some(old) = before.variants.get(name) else { continue };
            if weights {
                running.weight = old.weight;
            }
            if counts {
                running.desired = old.desired;
                running.current = old.current;
            }
            if weights || counts {
                running.set.clone_from(&old.set);
                running.set_at = old.set_at;
            }
        }
        self
    }

    /// Takes over what a request or a record says of weights and counts.
    fn heed(&mut self, said: &Said<EndpointStatement>, at: Instant) {
        for told in &said.says.variants {
            let Some(running) = self.variants.get_mut(&told.name) else { continue };
            let (weight, desired) = (running.weight, running.desired);
            running.weight = told.weight.unwrap_or(weight);
            running.desired = told.desired.or(desired);
            running.current = told.current.or(running.current);
            let is_new = (running.weight - weight).abs() > 1e-9 || running.desired != desired;
            if is_new || (said.says.act == EndpointAct::State && !running.set.is_empty()) {
                running.set.push(said.cite.clone());
                running.set_at = Some(at);
            }
        }
    }
}

impl Outcome {
    /// Returns what was seen of it.
    pub const fn seen(&self) -> Option<&Seen> {
        match self {
            Self::Unknown => None,
            Self::Done(seen) | Self::WentBack(seen) | Self::Mixed(seen) | Self::Failed(seen) => Some(seen),
        }
    }
}

impl Switch {
    /// Returns whether it took effect, as far as the evidence tells.
    pub const fn took_effect(&self) -> bool {
        !matches!(self.outcome, Outcome::WentBack(_) | Outcome::Failed(_))
    }

    /// Returns the variants whose share of the requests it raises: name, share before, share after.
    pub fn raised(&self) -> Vec<(&str, f64, f64)> {
        let raised = self.after.variants.keys().filter_map(|name| {
            let (before, after) = (self.before.share(name)?, self.after.share(name)?);
            (after > before + 1e-9).then_some((name.as_str(), before, after))
        });
        raised.collect()
    }
}

/// Returns what was asked of an endpoint, by time.
pub(super) fn of(endpoint: &Arn, said: &[Said<EndpointStatement>], configs: &Configs) -> Vec<Switch> {
    let mut events: Vec<(Instant, &Said<EndpointStatement>)> = said.iter().filter_map(|said| Some((time(said)?, said))).collect();
    let is_state = |said: &Said<EndpointStatement>| said.says.act == EndpointAct::State;
    events.sort_by(|left, right| {
        (left.0, is_state(left.1)).cmp(&(right.0, is_state(right.1))).then_with(|| left.1.cite.cmp(&right.1.cite))
    });
    let mut fleet = Fleet::default();
    let mut switches = Vec::new();
    for (position, (at, said)) in events.iter().enumerate() {
        let later = events.get(position + 1..).unwrap_or_default();
        let asked = match said.says.act {
            EndpointAct::Created => Asked::Create,
            EndpointAct::Updated { retain, retain_counts } => Asked::Config { retain, retain_counts },
            EndpointAct::Reweighted => Asked::Weights,
            EndpointAct::Deleted => {
                fleet = Fleet::default();
                continue;
            }
            EndpointAct::State => {
                observe(&mut fleet, said, *at, endpoint, configs);
                continue;
            }
        };
        let after = match (asked, &said.says.config) {
            (Asked::Weights, _) => {
                let mut after = fleet.clone();
                after.heed(said, *at);
                after
            }
            (_, None) => continue,
            (Asked::Create, Some(config)) => Fleet::of_config(endpoint, config, *at, configs),
            (Asked::Config { retain, retain_counts }, Some(config)) => {
                Fleet::of_config(endpoint, config, *at, configs).retaining(&fleet, retain, retain_counts)
            }
        };
        let next = later
            .iter()
            .find(|(_, said)| !matches!(said.says.act, EndpointAct::State | EndpointAct::Reweighted))
            .map(|(next, _)| *next);
        let outcome = match asked {
            Asked::Weights => weighed(*at, &fleet, &after, later),
            Asked::Create | Asked::Config { .. } => outcome(*at, next, &fleet, &after, later),
        };
        let switch = Switch {
            at: *at,
            asked,
            by: said.by.clone(),
            cite: said.cite.clone(),
            rollback_alarms: said.says.rollback_alarms.clone(),
            before: fleet.clone(),
            after: after.clone(),
            outcome,
            next,
        };
        if switch.took_effect() {
            fleet = after;
        }
        switches.push(switch);
    }
    switches
}

/// Takes over what a record shows of the endpoint.
fn observe(fleet: &mut Fleet, said: &Said<EndpointStatement>, at: Instant, endpoint: &Arn, configs: &Configs) {
    let is_settled = is_settled(said) && said.says.status.as_deref() != Some("Failed");
    if let Some(config) = said.says.config.as_ref().filter(|_| is_settled)
        && fleet.config.as_ref() != Some(config)
    {
        *fleet = Fleet::of_config(endpoint, config, at, configs);
    }
    // While something changes, weights are neither the old nor the new ones.
    if is_settled && said.says.config.is_some() {
        fleet.heed(said, at);
    } else {
        for told in &said.says.variants {
            if let Some(running) = fleet.variants.get_mut(&told.name) {
                running.current = told.current.or(running.current);
            }
        }
    }
}

/// Returns what became of a request for weights: the first record after it that shows the endpoint settled tells, if it shows weights.
fn weighed(at: Instant, before: &Fleet, after: &Fleet, later: &[(Instant, &Said<EndpointStatement>)]) -> Outcome {
    let states = later.iter().take_while(|(_, said)| said.says.act == EndpointAct::State);
    let knows = |said: &Said<EndpointStatement>| said.says.modified.is_none_or(|modified| modified >= at);
    let settled = states.into_iter().find(|(_, said)| is_settled(said) && said.says.config.is_some() && knows(said));
    let Some((seen, said)) = settled.filter(|(_, said)| said.says.config == before.config) else { return Outcome::Unknown };
    let mut shown = before.clone();
    for running in shown.variants.values_mut() {
        running.weight = f64::NAN;
    }
    shown.heed(said, *seen);
    let same = |left: &Fleet, right: &Fleet| {
        let alike =
            |name: &String| left.share(name).zip(right.share(name)).is_some_and(|(left, right)| (left - right).abs() < 1e-6);
        left.variants.keys().all(alike)
    };
    let found = Seen { at: *seen, failure: said.says.failure.clone(), in_words: false, cites: vec![said.cite.clone()] };
    let is_whole = shown.variants.values().all(|running| !running.weight.is_nan());
    if before.variants.is_empty() || !is_whole || same(before, after) {
        Outcome::Unknown
    } else if same(&shown, after) {
        Outcome::Done(found)
    } else if same(&shown, before) {
        Outcome::WentBack(found)
    } else {
        Outcome::Unknown
    }
}

/// Returns what became of a request for a configuration, as the records show that follow it.
fn outcome(
    at: Instant,
    next: Option<Instant>,
    before: &Fleet,
    after: &Fleet,
    later: &[(Instant, &Said<EndpointStatement>)],
) -> Outcome {
    let mut rolling: Option<Seen> = None;
    let states = later.iter().filter(|(seen, said)| said.says.act == EndpointAct::State && next.is_none_or(|next| *seen < next));
    for (seen, said) in states {
        // An answer that knows of no change since the request tells of the time before it.
        if said.says.modified.is_some_and(|modified| modified < at) {
            continue;
        }
        let mut found = Seen { at: *seen, failure: said.says.failure.clone(), in_words: false, cites: vec![said.cite.clone()] };
        match said.says.status.as_deref() {
            Some("RollingBack") => {
                found.in_words = true;
                rolling.get_or_insert(found);
            }
            Some("UpdateRollbackFailed") => {
                found.cites.extend(rolling.into_iter().flat_map(|rolling| rolling.cites));
                return Outcome::Mixed(Seen { in_words: true, ..found });
            }
            Some("Failed") => return Outcome::Failed(Seen { in_words: true, ..found }),
            _ if !is_settled(said) => {}
            _ => match &said.says.config {
                None => {}
                Some(config) if Some(config) == after.config.as_ref() && rolling.is_none() => return Outcome::Done(found),
                Some(config) if Some(config) == before.config.as_ref() => {
                    found.in_words = rolling.is_some() || found.failure.is_some();
                    found.cites.extend(rolling.into_iter().flat_map(|rolling| rolling.cites));
                    return Outcome::WentBack(found);
                }
                Some(_) => break,
            },
        }
    }
    rolling.map_or(Outcome::Unknown, Outcome::WentBack)
}
