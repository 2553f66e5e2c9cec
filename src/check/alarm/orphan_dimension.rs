//! An alarm watches what is not there.

use super::watching;
use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::said::Said;
use crate::case::serving::{Endpoint, is_settled, time};
use crate::case::switches::Asked;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::fact::call::{Listed, ListedStatement};
use crate::fact::component::ComponentAct;
use crate::fact::serving::{EndpointAct, EndpointStatement};
use crate::finding::Severity;
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "alarm/orphan-dimension",
    severity: Severity::Medium,
    fires_when: "An alarm is on an endpoint, variant or inference component that does not exist, or does not exist any more.",
    why: "Its metric gets no data, so it never goes off, and the endpoint or variant that took the place of the old one is not watched.",
    needs: "`cloudwatch describe-alarms`; for an endpoint, its deletion or a whole `sagemaker list-endpoints`; for a variant, what the endpoint serves. Without these it names the gap or keeps silent.",
    fooled_by: "An endpoint that is made anew for each use: between two uses the alarm is an orphan. Endpoints of other accounts that are watched from here. A variant with a weight of 0 is there, and does not fire.",
    remedy: "Set the alarm on the variant that serves, keep variant names from one configuration to the next, or delete the alarm with its endpoint.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for alarm in watching(case) {
        let (Some(account), Some(region)) = (&alarm.home.account, &alarm.home.region) else { continue };
        if let Some(component) = alarm.component() {
            without_component(case, alarm, component, (account, region), findings);
            continue;
        }
        let Some((name, variant)) = alarm.endpoint() else { continue };
        let lives: Vec<&Endpoint> = case
            .serving
            .endpoints()
            .iter()
            .filter(|endpoint| {
                endpoint.arn.last().eq_ignore_ascii_case(name)
                    && endpoint.arn.account() == account
                    && endpoint.arn.region() == region
            })
            .collect();
        let Some(newest) = lives.iter().max_by_key(|endpoint| endpoint.created) else {
            match case.coverage.lists(Listed::Endpoints, account, region).next() {
                Some(list) => report(alarm, &format!("no endpoint is called {name}"), None, name, [list.cite.clone()], findings),
                None => findings.need(GapKey::Endpoints(Place::at(&alarm.home))),
            }
            continue;
        };
        if let Some(deleted) = newest.deleted {
            if is_known_only_before(alarm, deleted) {
                continue;
            }
            let cites = newest.said.iter().filter(|said| said.cite.time == Some(deleted)).map(|said| said.cite.clone());
            let what = format!("endpoint {name} was deleted at {}", deleted.to_seconds_text());
            report(alarm, &what, Some(deleted), newest.arn.as_str(), cites, findings);
        } else if let Some(variant) = variant {
            without_variant(case, alarm, newest, variant, findings);
        }
    }
}

/// Looks for an inference component among those that are known.
fn without_component(case: &Case, alarm: &Alarm, name: &str, (account, region): (&str, &str), findings: &mut Findings) {
    let lives = case
        .serving
        .components()
        .filter(|own| own.name.eq_ignore_ascii_case(name) && own.arn.account() == account && own.arn.region() == region);
    let Some(newest) = lives.max_by_key(|own| own.created) else {
        let whole = |list: &&Said<ListedStatement>| list.says.of.is_none() && list.says.from.is_none() && list.says.to.is_none();
        if let Some(list) = case.coverage.lists(Listed::InferenceComponents, account, region).find(whole) {
            let what = format!("no inference component is called {name}");
            report(alarm, &what, None, name, [list.cite.clone()], findings);
        }
        return;
    };
    let Some(gone) = newest.gone.filter(|gone| !is_known_only_before(alarm, gone.latest)) else { return };
    let ended = newest.said.iter().filter(|said| said.says.act == ComponentAct::Deleted).map(|said| said.cite.clone());
    let what = format!("inference component {name} was gone by {}", gone.latest.to_seconds_text());
    report(alarm, &what, Some(gone.latest), newest.arn.as_str(), ended, findings);
}

/// Looks for the variant among those that the endpoint has now.
fn without_variant(case: &Case, alarm: &Alarm, endpoint: &Endpoint, variant: &str, findings: &mut Findings) {
    let now: Vec<_> = endpoint.spans.iter().filter(|span| span.to.is_none()).collect();
    let is_shadow = endpoint.shadows.iter().any(|span| span.to.is_none() && span.variant == variant);
    let last = endpoint.spans.iter().filter(|span| span.variant == variant).filter_map(|span| span.to).max();
    if now.is_empty() || is_shadow || now.iter().any(|span| span.variant == variant) {
        return;
    }
    let Some(force) = InForce::of(endpoint).filter(|force| !force.has(case, endpoint, variant)) else { return };
    let newer = now.iter().map(|span| span.from.latest).min();
    if newer.is_some_and(|newer| is_known_only_before(alarm, newer)) {
        return;
    }
    let names: Vec<&str> = now.iter().map(|span| span.variant.as_str()).collect();
    // A variant whose weight became 0 was there until the next configuration.
    let ended = last.map(|last| last.latest.max(force.since));
    let what = match ended {
        Some(ended) => {
            format!(
                "variant {variant} of {} ended at {}; now {} serves",
                endpoint.name,
                ended.to_seconds_text(),
                names.join(", ")
            )
        }
        None => format!("{} has no variant {variant}; {} serves", endpoint.name, names.join(", ")),
    };
    let cites = now.iter().flat_map(|span| span.evidence.iter().cloned());
    report(alarm, &what, ended, endpoint.arn.as_str(), cites, findings);
}

/// The configuration in force. Its variants are there whatever their weight: one without traffic has no span.
struct InForce<'a> {
    config: &'a str,
    /// When it came, as far as a request tells.
    since: Instant,
    /// The variants that answers list that were made since.
    listed: Vec<&'a str>,
}

impl<'a> InForce<'a> {
    /// Returns the configuration that the newest record of an endpoint shows.
    fn of(endpoint: &'a Endpoint) -> Option<Self> {
        let asked = endpoint.switches.iter().rfind(|switch| switch.took_effect() && switch.asked != Asked::Weights);
        let since = asked.map(|switch| switch.at);
        let states = endpoint.said.iter().filter(|said| said.says.act == EndpointAct::State && is_settled(said));
        let mut states: Vec<_> =
            states.filter_map(|said| Some((time(said)?, said))).filter(|(at, _)| Some(*at) >= since).collect();
        states.sort_by(|left, right| left.0.cmp(&right.0).then_with(|| left.1.cite.cmp(&right.1.cite)));
        let shown = states.iter().rev().find_map(|(_, said)| said.says.config.as_deref());
        let wanted = asked.and_then(|switch| switch.after.config.as_deref());
        let config = shown.or(wanted)?;
        let seen = states.iter().find(|(_, said)| said.says.config.as_deref() == Some(config)).map(|(at, _)| *at);
        let same = |said: &&EndpointStatement| said.config.as_deref().is_none_or(|own| own == config);
        let listed = states.iter().map(|(_, said)| &said.says).filter(same).flat_map(|says| &says.variants);
        Some(Self {
            config,
            since: since.filter(|_| wanted == Some(config)).or(seen)?,
            listed: listed.map(|running| running.name.as_str()).collect(),
        })
    }

    fn has(&self, case: &Case, endpoint: &Endpoint, variant: &str) -> bool {
        let arn = Arn::sagemaker(endpoint.arn.region(), endpoint.arn.account(), "endpoint-config", self.config);
        let described = case.serving.configs().filter(|(own, _)| own.key() == arn.key()).flat_map(|(_, said)| said);
        self.listed.contains(&variant)
            || described.flat_map(|said| &said.says.variants).any(|described| described.name == variant)
    }
}

/// Returns whether all that is known of the alarm's settings is older than a change: they may have been changed with it.
fn is_known_only_before(alarm: &Alarm, change: Instant) -> bool {
    alarm.told_at.is_some_and(|told| told < change)
}

fn report(
    alarm: &Alarm,
    what: &str,
    since: Option<Instant>,
    of: &str,
    cites: impl IntoIterator<Item = Citation>,
    findings: &mut Findings,
) {
    let Some(evidence) = Citations::from_all(alarm.cites.iter().cloned().chain(cites)) else { return };
    let finding = CHECK
        .finds(alarm.subject(), format!("{} watches what is not there: {what}", alarm.name), Grade::B, evidence)
        .because("A metric of dimensions that nothing has gets no data.")
        .concerning([of])
        .between(since, None)
        .told_apart_by(of);
    findings.add(finding);
}
