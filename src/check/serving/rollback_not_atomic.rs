//! Traffic was moved without the steps that make it safe.

use std::collections::BTreeMap;

use super::{AFTERMATH, by, cold, failing, percent};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::GapKey;
use crate::case::said::Said;
use crate::case::serving::Endpoint;
use crate::case::switches::{Asked, Fleet, Switch};
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::fact::call::CallStatement;
use crate::finding::Severity;
use crate::time::Seconds;

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/rollback-not-atomic",
    severity: Severity::High,
    fires_when: "Traffic was moved to another model, back or forward, without the steps that make it safe: verification, config update outside the `Updating` window, and on the way back warm capacity (on the way forward that is `serving/cold-switch`).",
    why: "Weights alone leave the configuration as it was; a second call while the endpoint is `Updating` is refused, so that half of what was meant happens; and a variant that nobody asked for a while may not answer. A rollback is done in haste besides.",
    needs: "The requests that moved traffic, also those that were refused, from CloudTrail; for capacity the counts of the variant at the time; for verification `Invocations` of the variant in the hour before, which is a gap where it was not exported.",
    fooled_by: "A deployment by `UpdateEndpoint` alone is a blue/green deployment and does not fire, unless calls were refused around it; on the way forward only a weights call beside a configuration counts, or the other way round, and never one of auto scaling. A model that had run as a shadow variant was verified. Tests of the variant elsewhere, or with another endpoint, show nowhere here.",
    remedy: "Move with one `UpdateEndpoint`, back to the earlier configuration, with alarms in `AutoRollbackConfiguration`; or keep the variant warm, send it a share of the traffic first, and change the configuration only when the endpoint is `InService`.",
    run,
};

/// How long after a switch forward a refused call of the other kind belongs to it: an update takes minutes.
const MEANWHILE: Seconds = 900;

/// How long before a switch back a refused call belongs to it.
const BEFORE: Seconds = 900;

/// How long after a switch back a refused call belongs to it.
const AFTER: Seconds = 3_600;

/// How long before a switch requests to the variant show that it answers.
const VERIFIED: Seconds = 3_600;

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        for (position, switch) in endpoint.switches.iter().enumerate() {
            let earlier = endpoint.switches.get(..position).unwrap_or_default();
            let Some(moved) = moved(switch, earlier) else { continue };
            judge(case, endpoint, switch, &moved, findings);
        }
    }
}

/// A switch that gives a model more of the requests.
struct Move<'a> {
    /// The switch that it undoes, where it leads back to an earlier model.
    undoes: Option<&'a Switch>,
    /// The variant that gets the traffic, with its shares before and after; nothing where the configuration is changed.
    variant: Option<(&'a str, f64, f64)>,
}

/// Returns what a switch moves, and what it undoes, if it undoes one.
fn moved<'a>(switch: &'a Switch, earlier: &'a [Switch]) -> Option<Move<'a>> {
    match switch.asked {
        Asked::Create => None,
        Asked::Weights => {
            let models = switch.after.models();
            let raised = switch.raised();
            let back = raised.iter().find_map(|(variant, before, after)| {
                let model = models.get(variant)?;
                // The same model had more of the requests once, and lost them by a request.
                let undoes = earlier.iter().rev().find(|other| {
                    other.took_effect()
                        && other.before.models().get(variant) == Some(model)
                        && other.before.share(variant).is_some_and(|share| share > before + 1e-9)
                        && other.after.share(variant).is_some_and(|share| share <= before + 1e-9)
                })?;
                Some(Move { undoes: Some(undoes), variant: Some((*variant, *before, *after)) })
            });
            let gains = gains(switch);
            let forward =
                || raised.iter().find(|(variant, ..)| models.get(variant).is_some_and(|model| gains.contains_key(model)));
            back.or_else(|| Some(Move { undoes: None, variant: Some(*forward()?) }))
        }
        Asked::Config { .. } => {
            let differs = switch.before.config != switch.after.config && switch.took_effect() && switch.after.config.is_some();
            // The same configuration, or another that gives an earlier model back what it lost by a request.
            let gains = gains(switch);
            let gives_back = |other: &Switch| {
                let (had, left) = (shares(&other.before), shares(&other.after));
                gains.iter().any(|(model, before)| {
                    had.get(model).is_some_and(|share| *share > before + 1e-9)
                        && left.get(model).copied().unwrap_or_default() <= before + 1e-9
                })
            };
            let undoes = earlier
                .iter()
                .rev()
                .find(|other| other.took_effect() && (other.before.config == switch.after.config || gives_back(other)));
            (differs && (undoes.is_some() || !gains.is_empty())).then_some(Move { undoes, variant: None })
        }
    }
}

/// Returns the share of the requests that each model of a fleet has.
fn shares(fleet: &Fleet) -> BTreeMap<&str, f64> {
    let mut shares = BTreeMap::new();
    for (variant, running) in &fleet.variants {
        if let (Some(model), Some(share)) = (running.model.as_deref(), fleet.share(variant)) {
            *shares.entry(model).or_insert(0.0) += share;
        }
    }
    shares
}

/// Returns the models that a switch gives more of the requests, with their shares before; nothing where either side is not known.
fn gains(switch: &Switch) -> BTreeMap<&str, f64> {
    let (before, after) = (shares(&switch.before), shares(&switch.after));
    if before.is_empty() {
        return BTreeMap::new();
    }
    let had = |model: &str| before.get(model).copied().unwrap_or_default();
    after
        .into_iter()
        .map(|(model, share)| (model, had(model), share))
        .filter(|(_, had, share)| *share > had + 1e-9)
        .map(|(model, had, _)| (model, had))
        .collect()
}

/// A step that was left out.
struct Missing {
    what: String,
    grave: bool,
    grade: Grade,
    cites: Vec<Citation>,
}

fn judge(case: &Case, endpoint: &Endpoint, switch: &Switch, moved: &Move<'_>, findings: &mut Findings) {
    let mut missing: Vec<Missing> = refused(case, endpoint, switch, moved).into_iter().collect();
    if let Some((variant, ..)) = moved.variant {
        let cold = moved.undoes.and_then(|_| cold(case, endpoint, switch, variant));
        missing.extend(cold.map(|cold| Missing {
            what: format!("{variant} was not warm: {}", cold.what),
            grave: true,
            grade: cold.grade,
            cites: cold.cites,
        }));
        missing.extend(unverified(case, endpoint, switch, moved, findings));
    }
    let Some(grade) = missing.iter().map(|missing| missing.grade).min() else { return };
    let to = match moved.variant {
        Some((variant, before, after)) => format!("to {variant} ({} to {} of the requests)", percent(before), percent(after)),
        None => format!("to {}", switch.after.config.as_deref().unwrap_or_default()),
    };
    let until = switch.at.plus(AFTERMATH);
    let until = super::next_switch(endpoint, switch).map_or(until, |next| next.at.min(until));
    let failed = moved.variant.and_then(|(variant, ..)| failing(case, endpoint, variant, switch.at, until));
    let counted = moved.variant.and_then(|(variant, ..)| case.serving.requests(&endpoint.arn, Some(variant), switch.at, until));
    let cites = [switch.cite.clone()].into_iter().chain(moved.undoes.map(|undoes| undoes.cite.clone()));
    let cites = cites.chain(missing.iter().flat_map(|missing| missing.cites.iter().cloned()));
    let cites = cites.chain(failed.iter().flat_map(|failed| failed.cites.iter().cloned()));
    let cites = cites.chain(counted.iter().flat_map(|counted| counted.cites.iter().cloned()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let earlier = |undoes: &Switch| undoes.before.config == switch.after.config;
    let how = match (moved.variant, moved.undoes) {
        (Some(_), _) => "a change of weights, which leaves the configuration as it was",
        (None, Some(undoes)) if earlier(undoes) => "a deployment of the earlier configuration",
        (None, Some(_)) => "a deployment of another configuration of the earlier model",
        (None, None) => "a deployment of another configuration",
    };
    let how = match moved.undoes {
        Some(undoes) => format!("It undoes the request of {} by {how}.", undoes.at.to_seconds_text()),
        None => format!("It was done by {how}."),
    };
    let failed = failed.filter(|failed| !failed.periods.is_empty());
    let failed = failed.map(|failed| format!(" Afterwards {}.", failed.text())).unwrap_or_default();
    let steps: Vec<&str> = missing.iter().map(|missing| missing.what.as_str()).collect();
    let title = format!(
        "{} was switched{} {to} at {}{} without {}",
        endpoint.name,
        if moved.undoes.is_some() { " back" } else { "" },
        switch.at.to_seconds_text(),
        by(switch),
        if missing.iter().any(|missing| missing.grave) { "the steps that make it safe" } else { "being verified" }
    );
    let models: Vec<String> = switch
        .after
        .models()
        .into_values()
        .map(|model| Arn::sagemaker(endpoint.arn.region(), endpoint.arn.account(), "model", model).to_string())
        .collect();
    let mut finding = CHECK
        .finds(&endpoint.arn, title, grade, evidence)
        .because(format!("{how} What makes it unsafe: {}.{failed}", steps.join("; ")))
        .concerning(models)
        .between(Some(switch.at), Some(until))
        .told_apart_by(switch.at.to_seconds_text())
        .exposing(counted.map(|counted| exposed(&counted, switch.at, until)));
    if !missing.iter().any(|missing| missing.grave) {
        finding.severity = Severity::Medium;
    }
    findings.add(finding);
}

/// Returns the calls around a switch that were refused because the endpoint was being updated.
fn refused(case: &Case, endpoint: &Endpoint, switch: &Switch, moved: &Move<'_>) -> Option<Missing> {
    let key = endpoint.arn.key();
    let both = ["UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"];
    let (kinds, from, until) = match moved.undoes {
        Some(_) => (both.as_slice(), switch.at.plus(-BEFORE), switch.at.plus(AFTER)),
        // Asking twice for one thing is no way to move traffic; asking for weights and a configuration at once is.
        None if moved.variant.is_some() => (&both[..1], switch.at, switch.at.plus(MEANWHILE)),
        None => (&both[1..], switch.at, switch.at.plus(MEANWHILE)),
    };
    let scales = |said: &Said<CallStatement>| {
        let role = said.by.as_ref().and_then(|by| by.role.as_deref());
        role.is_some_and(|role| role.contains("AWSServiceRoleForApplicationAutoScaling"))
    };
    let is_refused = |said: &&Said<CallStatement>| {
        let reason = said.says.reason.as_deref().unwrap_or_default().to_ascii_lowercase();
        said.says.error.is_some()
            && kinds.contains(&&*said.says.operation)
            && !scales(said)
            && said.says.arn.as_ref().is_some_and(|arn| arn.key() == key)
            && (reason.contains("in-progress") || reason.contains("in progress") || reason.contains("updating"))
            && (from..=until).contains(&said.says.at)
    };
    let calls: Vec<&Said<CallStatement>> = case.calls.iter().filter(is_refused).collect();
    let first = calls.first()?;
    let more = if calls.len() > 1 { format!(", {} times in all", calls.len()) } else { String::new() };
    let (operation, at) = (&first.says.operation, first.says.at.to_seconds_text());
    Some(Missing {
        what: format!("{operation} at {at} was refused, because the endpoint was being updated{more}"),
        grave: true,
        grade: Grade::B,
        cites: calls.iter().map(|said| said.cite.clone()).collect(),
    })
}

/// Returns whether a variant that had no traffic got it without having been asked before.
fn unverified(case: &Case, endpoint: &Endpoint, switch: &Switch, moved: &Move<'_>, findings: &mut Findings) -> Option<Missing> {
    const IDLE: f64 = 0.01;
    const MUCH: f64 = 0.5;
    let (variant, before, after) = moved.variant?;
    let from = switch.at.plus(-VERIFIED);
    // What lost its traffic a short time ago has shown that it answers.
    if before > IDLE
        || after < MUCH
        || moved.undoes.is_some_and(|undoes| undoes.at > from)
        || was_shadow(case, endpoint, switch, variant)
    {
        return None;
    }
    let all = case.serving.measured(&case.metrics, &endpoint.arn, variant, "Invocations", "Sum");
    let known = all.into_iter().find(|series| {
        let (begins, ends) = (from, switch.at.plus(-series.data.period));
        series.data.period <= VERIFIED / 2 && series.data.spans.iter().any(|span| span.0 <= begins && span.1 >= ends)
    });
    let Some(series) = known else {
        let (endpoint, variant) = (endpoint.arn.clone(), variant.to_owned());
        findings.need(GapKey::Requests { endpoint, variant, from, to: switch.at });
        return None;
    };
    let asked = series.data.points.iter().any(|(at, count)| *at >= from && *at < switch.at && *count > 0.0);
    (!asked).then(|| Missing {
        what: format!("{variant} had answered no request for an hour, and got {} of them at once", percent(after)),
        grave: false,
        grade: Grade::B,
        cites: series.data.cites.clone(),
    })
}

/// Returns whether the model of a variant was given copies of the requests by some configuration of the account: that is how to
/// verify it without answering anybody.
fn was_shadow(case: &Case, endpoint: &Endpoint, switch: &Switch, variant: &str) -> bool {
    let Some(model) = switch.after.models().get(variant).copied() else { return false };
    let own = |arn: &Arn| arn.account() == endpoint.arn.account() && arn.region() == endpoint.arn.region();
    let mut described =
        case.serving.configs().filter(|(arn, _)| own(arn)).flat_map(|(_, said)| said).flat_map(|said| &said.says.variants);
    described.any(|described| described.shadow && described.model.as_deref() == Some(model))
}
