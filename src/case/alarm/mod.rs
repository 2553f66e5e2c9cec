//! Alarms: how they are set, what became of them, and which changes of state were made by hand.

pub mod known;
pub mod replay;

use std::collections::BTreeMap;

use super::said::Said;
use super::serving::{Endpoint, Serving};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::alarm::{AlarmEvent, AlarmStatement, Measure, Settings, State};
use crate::fact::arn::{Arn, Home};
use crate::fact::watch::{Told, WatchStatement, Watcher};
use crate::time::{Instant, Seconds};

/// An alarm.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// Account and region, as far as they are known.
    pub home: Home,
    /// Name.
    pub name: String,
    /// How it is set, as the newest word on it says.
    pub settings: Settings,
    /// Whose word that is; nothing where only its history is known.
    pub told: Option<Told>,
    /// When that was said.
    pub told_at: Option<Instant>,
    /// Where it is said.
    pub cites: Vec<Citation>,
    /// Changes of its state, oldest first.
    pub transitions: Vec<Transition>,
    /// Times at which its settings were changed, oldest first.
    pub changes: Vec<Instant>,
    /// When it was deleted, if it was.
    pub deleted: Option<Instant>,
    /// Times at which it told somebody.
    pub acted: Vec<(Instant, String)>,
    /// Endpoints of the inference component that it watches, where its dimensions name no endpoint; the oldest first.
    pub hosts: Vec<Watches>,
}

/// The endpoint of an inference component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watches {
    /// The endpoint.
    pub endpoint: Arn,
    /// Its name with its case.
    pub name: String,
    /// Variant that the component runs on, where a record tells.
    pub variant: Option<String>,
}

/// A change of an alarm's state.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// When `CloudWatch` changed it.
    pub at: Instant,
    /// State before.
    pub from: Option<State>,
    /// State from then on.
    pub to: State,
    /// Start of the first period beyond the threshold, where the record tells.
    pub breached: Option<Instant>,
    /// The call that caused it, where it was made by hand.
    pub by_hand: Option<Citation>,
    /// Where it is recorded.
    pub cites: Vec<Citation>,
}

/// All alarms.
#[derive(Debug, Default)]
pub struct Alarms {
    all: Vec<Alarm>,
    /// Alarms that were wanted and are not known to exist: of templates, and of requests that were refused.
    pub wanted: Vec<Alarm>,
}

/// The dimension that names an inference component.
pub const COMPONENT: &str = "InferenceComponentName";

/// Records of one change of state differ by so little: the history's time and the event's.
const SAME_CHANGE: Seconds = 5;

/// `SetAlarmState` takes effect within so many seconds of the call.
const BY_HAND: Seconds = 60;

impl Alarms {
    pub(super) fn build(watchers: &[Said<WatchStatement>], events: Vec<Said<AlarmStatement>>) -> Self {
        let mut all: BTreeMap<(String, Home), Alarm> = BTreeMap::new();
        let mut wanted: BTreeMap<(String, Home), Alarm> = BTreeMap::new();
        for said in watchers {
            let Watcher::Alarm { settings, told } = &said.says.what else { continue };
            let home = Home { account: said.says.account.clone(), region: said.says.region.clone() };
            let key = (said.says.name.clone(), home.clone());
            let into = if matches!(told, Told::Refused | Told::Template) { &mut wanted } else { &mut all };
            let alarm = into.entry(key).or_insert_with(|| Alarm::new(&said.says.name, home));
            alarm.hear(settings, *told, &said.cite);
        }
        let mut set: Vec<(Said<AlarmStatement>, State)> = Vec::new();
        let mut rest = Vec::new();
        for said in events {
            match said.says.what {
                AlarmEvent::Set { to } => set.push((said, to)),
                _ => rest.push(said),
            }
        }
        rest.sort_by(|left, right| left.says.at.cmp(&right.says.at).then_with(|| left.cite.cmp(&right.cite)));
        for said in rest {
            let key = all
                .iter()
                .filter(|((name, home), _)| *name == said.says.name && fits(home, &said.says.home))
                .map(|(key, _)| key.clone())
                .next()
                .unwrap_or_else(|| (said.says.name.clone(), said.says.home.clone()));
            let alarm = all.entry(key).or_insert_with(|| Alarm::new(&said.says.name, said.says.home.clone()));
            alarm.happened(&said);
        }
        for alarm in all.values_mut() {
            alarm.close(&set);
        }
        Self { all: all.into_values().collect(), wanted: wanted.into_values().collect() }
    }

    /// Finds the endpoints of the inference components that alarms name.
    pub(super) fn locate(&mut self, serving: &Serving) {
        for alarm in self.all.iter_mut().chain(&mut self.wanted) {
            let Some(component) = alarm.component().filter(|_| alarm.named_endpoint().is_none()) else { continue };
            let hosts = serving.hosts_of(component, &alarm.home);
            let watches = hosts.into_iter().map(|host| Watches {
                endpoint: host.endpoint.arn.clone(),
                name: host.endpoint.name.clone(),
                variant: host.component.variant.clone(),
            });
            alarm.hosts = watches.collect();
        }
    }

    /// Returns all alarms that are known to exist, or to have existed.
    pub fn iter(&self) -> std::slice::Iter<'_, Alarm> {
        self.all.iter()
    }

    /// Returns the alarms that are there, and whose settings are known.
    pub fn set(&self) -> impl Iterator<Item = &Alarm> {
        self.all.iter().filter(|alarm| alarm.told.is_some() && alarm.deleted.is_none())
    }

    /// Returns the composite alarms whose rule names an alarm.
    pub fn composed_of<'a>(&'a self, alarm: &'a Alarm) -> impl Iterator<Item = &'a Alarm> {
        let names = [format!("(\"{}\")", alarm.name), format!("({})", alarm.name), format!(":alarm:{}\"", alarm.name)];
        self.set().filter(move |other| {
            let rule = other.settings.rule.as_deref().unwrap_or_default();
            fits(&other.home, &alarm.home) && names.iter().any(|name| rule.contains(name.as_str()))
        })
    }
}

/// Returns whether two homes may be one.
fn fits(one: &Home, other: &Home) -> bool {
    let fits = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    fits(&one.account, &other.account) && fits(&one.region, &other.region)
}

impl Alarm {
    fn new(name: &str, home: Home) -> Self {
        Self {
            home,
            name: name.to_owned(),
            settings: Settings::default(),
            told: None,
            told_at: None,
            cites: Vec::new(),
            transitions: Vec::new(),
            changes: Vec::new(),
            deleted: None,
            acted: Vec::new(),
            hosts: Vec::new(),
        }
    }

    /// Takes over settings where they are newer than what was known: an answer shows what is, a request what was wanted.
    fn hear(&mut self, settings: &Settings, told: Told, cite: &Citation) {
        let rank = |told: Option<Told>| u8::from(told == Some(Told::Described));
        let newer = (rank(Some(told)), cite.time) > (rank(self.told), self.told_at) || self.told.is_none();
        if newer {
            self.settings = settings.clone();
            self.told = Some(told);
            self.told_at = cite.time;
            self.cites = vec![cite.clone()];
        }
        self.changes.extend(settings.updated);
    }

    fn happened(&mut self, said: &Said<AlarmStatement>) {
        let at = said.says.at;
        match &said.says.what {
            AlarmEvent::Changed { from, to, breached, .. } => {
                let same = self.transitions.iter_mut().rev().find(|own| own.to == *to && at.since(own.at).abs() <= SAME_CHANGE);
                match same {
                    Some(own) => {
                        own.cites.push(said.cite.clone());
                        own.breached = own.breached.or(*breached);
                        own.from = own.from.or(*from);
                    }
                    None => self.transitions.push(Transition {
                        at,
                        from: *from,
                        to: *to,
                        breached: *breached,
                        by_hand: None,
                        cites: vec![said.cite.clone()],
                    }),
                }
            }
            AlarmEvent::Configured => self.changes.push(at),
            AlarmEvent::Deleted => self.deleted = Some(at),
            AlarmEvent::Acted { target, succeeded } => {
                if *succeeded {
                    self.acted.push((at, target.clone()));
                }
            }
            AlarmEvent::Set { .. } => {}
        }
    }

    fn close(&mut self, set: &[(Said<AlarmStatement>, State)]) {
        self.changes.sort();
        self.changes.dedup();
        // What was set up again after its deletion is there.
        let described_after = |deleted: Instant| self.told == Some(Told::Described) && self.told_at.is_none_or(|at| at > deleted);
        if let Some(deleted) = self.deleted
            && (self.changes.last().is_some_and(|last| *last > deleted) || described_after(deleted))
        {
            self.deleted = None;
        }
        let (name, home) = (self.name.clone(), self.home.clone());
        for transition in &mut self.transitions {
            let own = set.iter().find(|(said, to)| {
                said.says.name == name
                    && fits(&said.says.home, &home)
                    && *to == transition.to
                    && (-SAME_CHANGE..=BY_HAND).contains(&transition.at.since(said.says.at))
            });
            transition.by_hand = own.map(|(said, _)| said.cite.clone());
        }
    }

    /// Returns its ARN, or its name where its account or region is not known.
    pub fn subject(&self) -> String {
        match (&self.home.account, &self.home.region) {
            (Some(account), Some(region)) => {
                let partition = match region.as_str() {
                    _ if region.starts_with("cn-") => "aws-cn",
                    _ if region.starts_with("us-gov-") => "aws-us-gov",
                    _ => "aws",
                };
                format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{}", self.name)
            }
            _ => self.name.clone(),
        }
    }

    /// Returns where its settings are said.
    pub fn cited(&self) -> Option<Citations> {
        Citations::from_all(self.cites.iter().cloned())
    }

    /// Returns everything it measures.
    pub fn measures(&self) -> impl Iterator<Item = &Measure> {
        self.settings.measures()
    }

    /// Returns whether it is about something of `SageMaker`.
    pub fn is_of_sagemaker(&self) -> bool {
        self.measures().any(|measure| {
            let namespace = measure.namespace.as_deref().unwrap_or_default().to_ascii_lowercase();
            let names = |dimension: &str| measure.dimensions.contains_key(dimension);
            namespace.trim_start_matches('/').starts_with("aws/sagemaker") || names("EndpointName") || names(COMPONENT)
        })
    }

    /// Returns whether Application Auto Scaling made it: it scales, and tells nobody.
    pub fn is_for_scaling(&self) -> bool {
        let by_policy = |arn: &String| arn.contains(":autoscaling:") || arn.contains(":scalingPolicy:");
        self.name.starts_with("TargetTracking-")
            || (!self.settings.actions.is_empty() && self.settings.actions.iter().all(by_policy))
    }

    /// Returns the endpoint and variant that it watches: as its dimensions name them, or those that the inference component it names
    /// runs on, or ran on last.
    pub fn endpoint(&self) -> Option<(&str, Option<&str>)> {
        let host = || self.hosts.last().map(|host| (host.name.as_str(), host.variant.as_deref()));
        self.named_endpoint().or_else(host)
    }

    /// Returns whether it is on an endpoint: on the endpoint or a variant by name, or on an inference component of this life of it.
    pub fn is_on(&self, endpoint: &Endpoint) -> bool {
        let fits = |own: &Option<String>, other: &str| own.as_deref().is_none_or(|own| own == other);
        let is_home = fits(&self.home.account, endpoint.arn.account()) && fits(&self.home.region, endpoint.arn.region());
        let is_named = self.named_endpoint().is_some_and(|(name, _)| name.eq_ignore_ascii_case(&endpoint.name));
        let is_host = |host: &Watches| host.endpoint.key() == endpoint.arn.key();
        let has = |name: &str| endpoint.components.iter().any(|own| own.name.eq_ignore_ascii_case(name));
        is_home && (is_named || (self.hosts.iter().any(is_host) && self.component().is_some_and(has)))
    }

    /// Returns the inference component that its dimensions name.
    pub fn component(&self) -> Option<&str> {
        self.measures().find_map(|measure| measure.dimensions.get(COMPONENT)).map(String::as_str)
    }

    /// Says what it watches of an endpoint, as far as its dimensions tell.
    pub fn watched_text(&self, endpoint: &str) -> String {
        match self.component() {
            Some(component) => format!("component {component} of {endpoint}"),
            None => endpoint.to_owned(),
        }
    }

    /// Returns whether another alarm watches what this one does, or all of it.
    pub fn is_covered_by(&self, other: &Self) -> bool {
        other.component().is_none_or(|name| self.component().is_none_or(|own| own.eq_ignore_ascii_case(name)))
    }

    fn named_endpoint(&self) -> Option<(&str, Option<&str>)> {
        self.measures().find_map(|measure| {
            let endpoint = measure.dimensions.get("EndpointName")?;
            Some((endpoint.as_str(), measure.dimensions.get("VariantName").map(String::as_str)))
        })
    }

    /// Returns whether it was in `ALARM` at any time from `from` to `to`; nothing where the evidence does not tell. `listed` says
    /// whether the evidence holds its whole history of that time.
    pub fn was_in_alarm(&self, from: Instant, to: Instant, listed: bool) -> Option<bool> {
        let raised = |transition: &&Transition| transition.to == State::Alarm && from < transition.at && transition.at <= to;
        if self.transitions.iter().any(|transition| raised(&transition)) {
            return Some(true);
        }
        let before = self.transitions.iter().rfind(|transition| transition.at <= from).map(|transition| transition.to);
        let after = self.transitions.iter().find(|transition| transition.at > from).and_then(|transition| transition.from);
        let described = self.settings.state.and_then(|(state, since)| Some((state, since?)));
        // A state that has not changed since needs no history.
        if let Some((state, _)) = described.filter(|(_, since)| *since <= from) {
            let covers = self.told_at.is_none_or(|told| told >= to);
            return covers.then_some(state == State::Alarm);
        }
        if described.is_some_and(|(state, since)| state == State::Alarm && since <= to) {
            return Some(true);
        }
        match before.or(after) {
            Some(State::Alarm) => Some(true),
            Some(_) if listed => Some(false),
            _ => None,
        }
    }
}
