//! What an endpoint was to go back to had been deleted.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::case::serving::Endpoint;
use crate::case::switches::Switch;
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::Citations;
use crate::fact::arn::Arn;
use crate::fact::call::CallStatement;
use crate::finding::Severity;
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/rollback-target-gone",
    severity: Severity::High,
    fires_when: "An update back to a configuration that had served was refused, because the configuration had been deleted.",
    why: "A rollback is one call only as long as there is something to go back to. Without it somebody writes the configuration again, in haste, while the endpoint goes on with what was to be taken off it.",
    needs: "The refused `UpdateEndpoint` with SageMaker's message, which names the configuration, and the request by which that configuration once served; who deleted it, from `DeleteEndpointConfig`.",
    fooled_by: "A configuration that never served here, such as a name with a slip of the pen, does not fire. The request may have been meant as something else than a rollback: that it names what had served before is all that the records tell.",
    remedy: "Keep the configuration and the model that served last until the next one has proved itself, and delete older ones by age and not by name; make the endpoint go back by itself, with alarms in `AutoRollbackConfiguration`.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        // Tries in a row are one finding.
        let mut told: Vec<String> = Vec::new();
        for said in refused(case, endpoint) {
            let Some(config) = lacking(said) else { continue };
            if let Some(served) = served(endpoint, &config, said.says.at).filter(|_| !told.contains(&config)) {
                told.push(config.clone());
                report(case, endpoint, said, &config, served, findings);
            }
        }
    }
}

/// Returns the updates of an endpoint that were refused.
fn refused<'a>(case: &'a Case, endpoint: &'a Endpoint) -> impl Iterator<Item = &'a Said<CallStatement>> {
    let key = endpoint.arn.key();
    case.calls.iter().filter(move |said| {
        let says = &said.says;
        let is_named = says.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&endpoint.name));
        let is_own = says.arn.as_ref().map_or(is_named, |arn| arn.key() == key);
        let is_here = *says.account == *endpoint.arn.account() && *says.region == *endpoint.arn.region();
        let is_then =
            endpoint.created.is_none_or(|created| created <= says.at) && endpoint.deleted.is_none_or(|at| says.at <= at);
        says.operation == "UpdateEndpoint" && says.error.is_some() && is_own && is_here && is_then
    })
}

/// Returns the configuration that a refusal says is not there.
fn lacking(said: &Said<CallStatement>) -> Option<String> {
    let reason = said.says.reason.as_deref()?;
    let is_missing = ["could not find", "does not exist", "not found"].iter().any(|words| reason.to_lowercase().contains(words));
    let (_, rest) = reason.split_once("endpoint-config/").filter(|_| is_missing)?;
    let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Some(name).filter(|name| !name.is_empty())
}

/// Returns the request by which a configuration served, where it was not in force any more at an instant.
fn served<'a>(endpoint: &'a Endpoint, config: &str, at: Instant) -> Option<&'a Switch> {
    let named = |other: Option<&str>| other.is_some_and(|other| other.eq_ignore_ascii_case(config));
    let mut earlier = endpoint.switches.iter().filter(|switch| switch.at < at && switch.took_effect());
    let last = earlier.clone().next_back()?;
    let in_force = named(last.after.config.as_deref());
    earlier.rfind(|switch| named(switch.after.config.as_deref())).filter(|_| !in_force)
}

fn report(case: &Case, endpoint: &Endpoint, said: &Said<CallStatement>, config: &str, served: &Switch, findings: &mut Findings) {
    let (name, at) = (&endpoint.name, said.says.at);
    let arn = Arn::sagemaker(endpoint.arn.region(), endpoint.arn.account(), "endpoint-config", config);
    let deleted = case.calls_on("DeleteEndpointConfig", &arn).filter(|call| (served.at..=at).contains(&call.says.at)).last();
    let back = endpoint.switches.iter().find(|switch| {
        let is_it = switch.after.config.as_deref().is_some_and(|other| other.eq_ignore_ascii_case(config));
        switch.at > at && is_it && switch.took_effect()
    });
    let moved = endpoint.switches.iter().find(|switch| switch.at > at && switch.took_effect());
    let until = moved.map(|switch| switch.at).or(endpoint.deleted).or(case.as_of).filter(|until| *until > at);
    let counted = until.and_then(|until| Some((case.serving.requests(&endpoint.arn, None, at, until)?, until)));
    let cites = [said.cite.clone(), served.cite.clone()].into_iter().chain(deleted.map(|call| call.cite.clone()));
    let cites = cites.chain(back.map(|switch| switch.cite.clone()));
    let Some(evidence) = Citations::from_all(cites.chain(counted.iter().flat_map(|(counted, _)| counted.cites.clone()))) else {
        return;
    };
    let who = |call: &Said<CallStatement>| call.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let gone = deleted.map_or_else(
        || "Who deleted it, and when, no record in the evidence tells.".to_owned(),
        |call| format!("It was deleted at {}{}.", call.says.at.to_seconds_text(), who(call)),
    );
    let then = match (back, moved) {
        (Some(back), _) => format!(" It was made again, and asked for at {}.", back.at.to_seconds_text()),
        (None, Some(moved)) => format!(" The endpoint went on as it was until {}.", moved.at.to_seconds_text()),
        (None, None) => " The endpoint went on as it was.".to_owned(),
    };
    let title =
        format!("{name} could not go back to {config} at {}{}: the configuration was gone", at.to_seconds_text(), who(said));
    let finding = CHECK
        .finds(&endpoint.arn, title, Grade::B, evidence)
        .because(format!("{config} had served since the request of {}. {gone}{then}", served.at.to_seconds_text()))
        .concerning([&arn])
        .between(Some(at), until)
        .told_apart_by(format!("{config} {}", at.to_seconds_text()))
        .exposing(counted.map(|(counted, to)| exposed(&counted, at, to)));
    findings.add(finding);
}
