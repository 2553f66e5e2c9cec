//! An update of an endpoint set weights or counts back.

use super::{by, percent};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::serving::{Endpoint, is_settled, time};
use crate::case::switches::{Asked, Running, Switch};
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::serving::EndpointAct;
use crate::finding::Severity;
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/weights-reset",
    severity: Severity::Medium,
    fires_when: "`UpdateEndpoint` reset weights or counts: they had been set otherwise, and went back to what the configuration says.",
    why: "Traffic returns to a variant that somebody had taken it from, or the endpoint loses the instances that it had grown to, and the request says nothing of it.",
    needs: "The requests to update the endpoint and its weights, both configurations with their variants, and for grade B a trail without holes between them or a record of the endpoint afterwards.",
    fooled_by: "A new configuration that gives a variant another weight or count than the old one did is taken as meant and does not fire. `RetainAllVariantProperties`, also with exceptions, is a choice. A count that grows is no loss.",
    remedy: "Update endpoints with `RetainAllVariantProperties`, or write the weights that are in force into the new configuration.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        for switch in &endpoint.switches {
            let meant = Asked::Config { retain: false, retain_counts: false };
            if switch.asked == meant && switch.took_effect() {
                judge(case, endpoint, switch, findings);
            }
        }
    }
}

/// What an update did to a variant.
struct Reset<'a> {
    variant: &'a str,
    what: Vec<String>,
    set: &'a Running,
    share: bool,
}

fn judge(case: &Case, endpoint: &Endpoint, switch: &Switch, findings: &mut Findings) {
    let resets: Vec<Reset<'_>> = switch.before.variants.keys().filter_map(|variant| reset(switch, variant)).collect();
    let Some(first) = resets.first() else { return };
    let Some(seen) = seen(endpoint, switch, &resets) else { return };
    let set_at = resets.iter().filter_map(|reset| reset.set.set_at).min();
    let (account, region) = (endpoint.arn.account(), endpoint.arn.region());
    let whole = set_at.is_some_and(|from| case.coverage.trail_is_whole(account, region, from, switch.at));
    let grade = if whole || !seen.is_empty() { Grade::B } else { Grade::C };
    let restored = restored(endpoint, switch, &resets);
    let cites = resets.iter().flat_map(|reset| reset.set.set.iter().cloned()).chain([switch.cite.clone()]);
    let cites = cites.chain(switch.before.cites.iter().cloned()).chain(switch.after.cites.iter().cloned()).chain(seen);
    let Some(evidence) = Citations::from_all(cites) else { return };
    let list: Vec<String> = resets.iter().map(|reset| format!("{}: {}", reset.variant, reset.what.join(", "))).collect();
    let again = match restored {
        Some(at) => format!(" Set again at {}.", at.to_seconds_text()),
        None => String::new(),
    };
    let until = restored.or(switch.next).or(case.as_of).filter(|until| *until > switch.at);
    let gains = resets.iter().find(|reset| reset.share).map_or(first.variant, |reset| reset.variant);
    let counted = until.and_then(|until| Some((case.serving.requests(&endpoint.arn, Some(gains), switch.at, until)?, until)));
    let evidence = evidence.and(counted.iter().flat_map(|(counted, _)| counted.cites.iter().cloned()));
    let finding = CHECK
        .finds(
            &endpoint.arn,
            format!("The update of {} at {}{} reset {}", endpoint.name, switch.at.to_seconds_text(), by(switch), list.join("; ")),
            grade,
            evidence,
        )
        .because(format!(
            "It did not ask for RetainAllVariantProperties, and {} says the same as {} did.{again}",
            switch.after.config.as_deref().unwrap_or_default(),
            switch.before.config.as_deref().unwrap_or_default(),
        ))
        .between(Some(switch.at), restored.or(switch.next))
        .told_apart_by(switch.at.to_seconds_text())
        .exposing(counted.map(|(counted, to)| exposed(&counted, switch.at, to)));
    findings.add(finding);
}

/// Returns what an update did to a variant, where nobody can have meant it: the new configuration repeats the old one.
fn reset<'a>(switch: &'a Switch, variant: &'a str) -> Option<Reset<'a>> {
    let (old, new) = (switch.before.variants.get(variant)?, switch.after.variants.get(variant)?);
    if old.set.is_empty() {
        return None;
    }
    let mut what = Vec::new();
    let (before, after) = (switch.before.share(variant)?, switch.after.share(variant)?);
    let same_weight = (old.own_weight - new.own_weight).abs() < 1e-9;
    let was_set = (old.weight - old.own_weight).abs() > 1e-9;
    let share = same_weight && was_set && (before - after).abs() > 1e-9;
    if share {
        let shares = format!("{} to {} of the requests", percent(before), percent(after));
        what.push(format!("weight {} to {} ({shares})", old.weight, new.weight));
    }
    if let (Some(had), Some(gets)) = (old.desired, new.desired)
        && old.own_count == new.own_count
        && gets < had
    {
        what.push(format!("{had} to {gets} instance(s)"));
    }
    (!what.is_empty()).then_some(Reset { variant, what, set: old, share })
}

/// Returns the records that show the endpoint after the update; nothing where they show that weights and counts stayed.
fn seen(endpoint: &Endpoint, switch: &Switch, resets: &[Reset<'_>]) -> Option<Vec<Citation>> {
    let until = endpoint.switches.iter().map(|other| other.at).find(|at| *at > switch.at);
    let mut cites = Vec::new();
    for said in endpoint.said.iter().filter(|said| said.says.act == EndpointAct::State && is_settled(said)) {
        let Some(at) = time(said).filter(|at| *at > switch.at && until.is_none_or(|until| *at < until)) else { continue };
        if said.says.config != switch.after.config || said.says.modified.is_some_and(|modified| modified < switch.at) {
            continue;
        }
        for reset in resets {
            let Some(told) = said.says.variants.iter().find(|told| told.name == reset.variant) else { continue };
            let new = switch.after.variants.get(reset.variant);
            let weight = told.weight.is_some_and(|weight| reset.share && (weight - reset.set.weight).abs() < 1e-9);
            let count =
                told.desired.is_some() && told.desired == reset.set.desired && new.is_some_and(|new| new.desired != told.desired);
            if weight || (count && !reset.share) {
                return None;
            }
            if told.weight.is_some() || told.desired.is_some() {
                cites.push((at, said.cite.clone()));
            }
        }
    }
    // The first record that shows it is enough.
    cites.sort();
    Some(cites.into_iter().take(1).map(|(_, cite)| cite).collect())
}

/// Returns when weights and counts were set again to what they had been.
fn restored(endpoint: &Endpoint, switch: &Switch, resets: &[Reset<'_>]) -> Option<Instant> {
    let later = endpoint.switches.iter().filter(|other| other.at > switch.at && switch.next.is_none_or(|next| other.at < next));
    later
        .filter(|other| other.asked == Asked::Weights)
        .find(|other| {
            resets.iter().all(|reset| {
                let shares = other.after.share(reset.variant).zip(switch.before.share(reset.variant));
                let is_share = !reset.share || shares.is_some_and(|(now, then)| (now - then).abs() < 1e-9);
                let now = other.after.variants.get(reset.variant).and_then(|running| running.desired);
                is_share && (reset.what.len() == usize::from(reset.share) || now >= reset.set.desired)
            })
        })
        .map(|other| other.at)
}
