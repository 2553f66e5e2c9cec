//! Traffic was moved back without the steps that make it safe.

use super::{AFTERMATH, by, cold, failing, percent};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::GapKey;
use crate::case::said::Said;
use crate::case::serving::Endpoint;
use crate::case::switches::{Asked, Switch};
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::fact::call::CallStatement;
use crate::finding::{Exposure, Severity};
use crate::time::Seconds;

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/rollback-not-atomic",
    severity: Severity::High,
    fires_when: "Traffic was moved back to an earlier model without the steps that make it safe: warm capacity, verification, config update outside the `Updating` window.",
    why: "A rollback is done in haste. Weights alone leave the configuration as it was; a second call while the endpoint is `Updating` is refused, so that half of the rollback happens; and a variant that nobody asked for a while may not answer.",
    needs: "The requests that moved traffic, also those that were refused, from CloudTrail; for capacity the counts of the variant at the time; for verification `Invocations` of the variant in the hour before, which is a gap where it was not exported.",
    fooled_by: "A deployment back to an earlier configuration by `UpdateEndpoint` alone is a blue/green deployment and does not fire, unless calls were refused around it. Tests of the variant elsewhere, or with another endpoint, show nowhere here.",
    remedy: "Go back with one `UpdateEndpoint` to the earlier configuration, with alarms in `AutoRollbackConfiguration`; or keep the old variant warm, send it a share of the traffic first, and change the configuration only when the endpoint is `InService`.",
    run,
};

/// How long before a switch back a refused call belongs to it.
const BEFORE: Seconds = 900;

/// How long after a switch back a refused call belongs to it.
const AFTER: Seconds = 3_600;

/// How long before a switch back requests to the variant show that it answers.
const VERIFIED: Seconds = 3_600;

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        for (position, switch) in endpoint.switches.iter().enumerate() {
            let earlier = endpoint.switches.get(..position).unwrap_or_default();
            let Some(back) = switched_back(switch, earlier) else { continue };
            judge(case, endpoint, switch, &back, findings);
        }
    }
}

/// A switch back to an earlier model.
struct Back<'a> {
    /// The switch that it undoes.
    undoes: &'a Switch,
    /// The variant that gets the traffic again, with its shares before and after; nothing where the configuration is changed.
    variant: Option<(&'a str, f64, f64)>,
}

/// Returns what a switch undoes, if it undoes one.
fn switched_back<'a>(switch: &'a Switch, earlier: &'a [Switch]) -> Option<Back<'a>> {
    let models = switch.after.models();
    match switch.asked {
        Asked::Create => None,
        Asked::Weights => switch.raised().into_iter().find_map(|(variant, before, after)| {
            let model = models.get(variant)?;
            // The same model had more of the requests once, and lost them by a request.
            let undoes = earlier.iter().rev().find(|other| {
                other.took_effect()
                    && other.before.models().get(variant) == Some(model)
                    && other.before.share(variant).is_some_and(|share| share > before + 1e-9)
                    && other.after.share(variant).is_some_and(|share| share <= before + 1e-9)
            })?;
            Some(Back { undoes, variant: Some((variant, before, after)) })
        }),
        Asked::Config { .. } => {
            let differs = switch.before.config != switch.after.config && switch.took_effect();
            let undoes = earlier.iter().rev().find(|other| other.took_effect() && other.before.config == switch.after.config)?;
            (differs && switch.after.config.is_some()).then_some(Back { undoes, variant: None })
        }
    }
}

/// A step that was left out.
struct Missing {
    what: String,
    grave: bool,
    grade: Grade,
    cites: Vec<Citation>,
}

fn judge(case: &Case, endpoint: &Endpoint, switch: &Switch, back: &Back<'_>, findings: &mut Findings) {
    let mut missing: Vec<Missing> = refused(case, endpoint, switch).into_iter().collect();
    if let Some((variant, ..)) = back.variant {
        missing.extend(cold(case, endpoint, switch, variant).map(|cold| Missing {
            what: format!("{variant} was not warm: {}", cold.what),
            grave: true,
            grade: cold.grade,
            cites: cold.cites,
        }));
        missing.extend(unverified(case, endpoint, switch, back, findings));
    }
    let Some(grade) = missing.iter().map(|missing| missing.grade).min() else { return };
    let to = match back.variant {
        Some((variant, before, after)) => format!("to {variant} ({} to {} of the requests)", percent(before), percent(after)),
        None => format!("to {}", switch.after.config.as_deref().unwrap_or_default()),
    };
    let until = switch.at.plus(AFTERMATH);
    let until = super::next_switch(endpoint, switch).map_or(until, |next| next.at.min(until));
    let failed = back.variant.and_then(|(variant, ..)| failing(case, endpoint, variant, switch.at, until));
    let counted = back.variant.and_then(|(variant, ..)| case.serving.requests(&endpoint.arn, Some(variant), switch.at, until));
    let cites = [switch.cite.clone(), back.undoes.cite.clone()].into_iter();
    let cites = cites.chain(missing.iter().flat_map(|missing| missing.cites.iter().cloned()));
    let cites = cites.chain(failed.iter().flat_map(|failed| failed.cites.iter().cloned()));
    let cites = cites.chain(counted.iter().flat_map(|counted| counted.cites.iter().cloned()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let how = match back.variant {
        Some(_) => "a change of weights, which leaves the configuration as it was",
        None => "a deployment of the earlier configuration",
    };
    let failed = failed.filter(|failed| !failed.periods.is_empty());
    let failed = failed.map(|failed| format!(" Afterwards {}.", failed.text())).unwrap_or_default();
    let steps: Vec<&str> = missing.iter().map(|missing| missing.what.as_str()).collect();
    let title = format!(
        "{} was switched back {to} at {}{} without {}",
        endpoint.name,
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
        .because(format!(
            "It undoes the request of {} by {how}. What makes it unsafe: {}.{failed}",
            back.undoes.at.to_seconds_text(),
            steps.join("; ")
        ))
        .concerning(models)
        .between(Some(switch.at), Some(until))
        .told_apart_by(switch.at.to_seconds_text())
        .exposing(counted.map(|counted| Exposure { requests: counted.requests, from: switch.at, to: until }));
    if !missing.iter().any(|missing| missing.grave) {
        finding.severity = Severity::Medium;
    }
    findings.add(finding);
}

/// Returns the calls around a switch that were refused because the endpoint was being updated.
fn refused(case: &Case, endpoint: &Endpoint, switch: &Switch) -> Option<Missing> {
    let key = endpoint.arn.key();
    let is_refused = |said: &&Said<CallStatement>| {
        let reason = said.says.reason.as_deref().unwrap_or_default().to_ascii_lowercase();
        said.says.error.is_some()
            && matches!(said.says.operation.as_str(), "UpdateEndpoint" | "UpdateEndpointWeightsAndCapacities")
            && said.says.arn.as_ref().is_some_and(|arn| arn.key() == key)
            && (reason.contains("in-progress") || reason.contains("in progress") || reason.contains("updating"))
            && switch.at.plus(-BEFORE) <= said.says.at
            && said.says.at <= switch.at.plus(AFTER)
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
fn unverified(case: &Case, endpoint: &Endpoint, switch: &Switch, back: &Back<'_>, findings: &mut Findings) -> Option<Missing> {
    const IDLE: f64 = 0.01;
    const MUCH: f64 = 0.5;
    let (variant, before, after) = back.variant?;
    let from = switch.at.plus(-VERIFIED);
    // What lost its traffic a short time ago has shown that it answers.
    if before > IDLE || after < MUCH || back.undoes.at > from {
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
