//! Traffic was moved by a program, with nobody in between.

use super::{by, percent};
use crate::case::Case;
use crate::case::alarm::{Alarm, Transition};
use crate::case::claim::Grade;
use crate::case::serving::Endpoint;
use crate::case::switches::{Asked, Switch};
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::alarm::State;
use crate::fact::principal::Principal;
use crate::finding::Severity;
use crate::time::{Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/automatic-switch",
    severity: Severity::Info,
    fires_when: "Weights of an endpoint's variants were changed by a Lambda function or a service's role; names the alarm that went off before, and whom it tells.",
    why: "Another model answers, and no person decided that: whoever looks for the cause, or compares the models, must know that and when.",
    needs: "CloudTrail's record of `UpdateEndpointWeightsAndCapacities` with the caller's user agent and session; for the alarm, its history.",
    fooled_by: "A function that somebody started by hand looks the same. Programs outside AWS with a user's or role's keys look like people and are not told, nor is what SageMaker itself rolls back. A change of instance counts alone moves no traffic.",
    remedy: "Let the function say why it moved traffic, and tell a person; keep the weights it may set within what was approved.",
    run,
};

/// How long before a switch an alarm may have caused it.
const BEFORE: Seconds = 900;

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        for switch in &endpoint.switches {
            let Some(by) = switch.by.as_ref().filter(|_| switch.asked == Asked::Weights) else { continue };
            if let Some((what, grade)) = automatic(by) {
                report(case, endpoint, switch, (&what, grade), findings);
            }
        }
    }
}

/// Returns what kind of program a principal is, and how well that is known; nothing where it may be a person.
fn automatic(by: &Principal) -> Option<(String, Grade)> {
    if by.console || by.source_identity.is_some() {
        return None;
    }
    if let Some(service) = by.invoked_by.as_deref().filter(|service| service.ends_with(".amazonaws.com")) {
        return Some((format!("the service {service}"), Grade::B));
    }
    if by.kind == "AWSService" || by.role.as_deref().is_some_and(|role| role.contains("AWSServiceRoleFor")) {
        return Some(("a service's own role".to_owned(), Grade::B));
    }
    // The SDK writes where it runs into its user agent.
    let is_lambda = by.agent.as_deref().is_some_and(|agent| agent.contains("AWS_Lambda"));
    let name = by.session.as_deref().map(|session| format!(" {session}")).unwrap_or_default();
    is_lambda.then(|| (format!("the Lambda function{name}"), Grade::C))
}

fn report(case: &Case, endpoint: &Endpoint, switch: &Switch, (what, grade): (&str, Grade), findings: &mut Findings) {
    let raised = switch.raised();
    let Some((first, ..)) = raised.first() else { return };
    let moved: Vec<String> =
        raised.iter().map(|(name, before, after)| format!("{name} from {} to {}", percent(*before), percent(*after))).collect();
    let alarm = alarm_before(case, endpoint, switch);
    let cites = [switch.cite.clone()].into_iter().chain(switch.before.cites.iter().cloned());
    let cites = cites.chain(alarm.iter().flat_map(|(alarm, own)| own.cites.iter().chain(&alarm.cites).cloned()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let cause = match alarm {
        Some((alarm, own)) => {
            let hand = if own.by_hand.is_some() { ", set by hand," } else { "" };
            let ago = duration_text(switch.at.since(own.at));
            format!("Alarm {} had gone off{hand} {ago} before; {}.", alarm.name, told(case, alarm))
        }
        None => "The evidence holds no alarm of the endpoint that went off in the quarter of an hour before.".to_owned(),
    };
    let finding = CHECK
        .finds(
            &endpoint.arn,
            format!("Traffic of {} was moved by {what}, not by a person: {}", endpoint.name, moved.join(", ")),
            grade,
            evidence,
        )
        .because(format!(
            "Asked for{}{}. {cause}",
            by(switch),
            if grade == Grade::C { ", by the name in its user agent" } else { "" }
        ))
        .concerning(switch.by.iter().map(|by| by.actor()))
        .between(Some(switch.at), None)
        .told_apart_by(format!("{first} {}", switch.at.to_seconds_text()));
    findings.add(finding);
}

/// Returns the last alarm of the endpoint that went off before a switch, and when.
fn alarm_before<'a>(case: &'a Case, endpoint: &Endpoint, switch: &Switch) -> Option<(&'a Alarm, &'a Transition)> {
    let is_of = |alarm: &&Alarm| alarm.is_on(endpoint);
    let during = |own: &&Transition| own.to == State::Alarm && (0..=BEFORE).contains(&switch.at.since(own.at));
    let found = case.alarms.iter().filter(is_of).filter_map(|alarm| Some((alarm, alarm.transitions.iter().rfind(during)?)));
    found.max_by(|left, right| left.1.at.cmp(&right.1.at).then_with(|| right.0.name.cmp(&left.0.name)))
}

/// Says whom an alarm tells, besides functions and scaling.
fn told(case: &Case, alarm: &Alarm) -> String {
    let is_program = |target: &str| [":lambda:", ":autoscaling:", ":states:"].iter().any(|part| target.contains(part));
    let composite = case.alarms.composed_of(alarm).flat_map(|outer| outer.settings.told());
    let mut told: Vec<&str> = alarm.settings.told().iter().chain(composite).map(String::as_str).collect();
    told.retain(|target| !is_program(target));
    told.sort_unstable();
    told.dedup();
    let passes_on = case.watchers.rules.iter().any(|rule| rule.passes_on(alarm, State::Alarm));
    match (told.is_empty(), passes_on) {
        (true, true) => "an event rule passes it on".to_owned(),
        (true, false) => "it tells nobody".to_owned(),
        (false, _) => format!("it tells {}", told.join(", ")),
    }
}
