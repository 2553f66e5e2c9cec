//! An update of an endpoint was accepted and did not take.

use super::by;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::serving::Endpoint;
use crate::case::switches::{Asked, Outcome, Seen, Switch};
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::alarm::State;
use crate::fact::arn::Arn;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/rolled-back",
    severity: Severity::High,
    fires_when: "An update that was accepted did not take: the endpoint went back, failed, or serves a mix of the old and the new configuration; or it was seen in service afterwards with the weights that it had before.",
    why: "The call succeeded, so whoever deployed believes that the new model serves. It does not, or not alone.",
    needs: "The request, and a later record of the endpoint: a state change, or its description. Without one it keeps silent: the trail shows requests, not what became of them.",
    fooled_by: "Somebody may have put the endpoint back by a request that is not in the evidence: where no record speaks of a rollback and the trail has holes, the grade is C. An endpoint that was last seen with a third configuration does not fire.",
    remedy: "Read the reason that SageMaker gives and the alarms that were to watch the deployment, mend the cause, and let the deployment wait for `InService` with the configuration that it asked for.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        for switch in &endpoint.switches {
            judge(case, endpoint, switch, findings);
        }
    }
}

fn judge(case: &Case, endpoint: &Endpoint, switch: &Switch, findings: &mut Findings) {
    let (new, old) = (switch.after.config.as_deref().unwrap_or_default(), switch.before.config.as_deref());
    let name = &endpoint.name;
    let is_weights = switch.asked == Asked::Weights;
    let (seen, became) = match (&switch.outcome, old) {
        (Outcome::WentBack(seen), _) if is_weights => (seen, format!("{name} has the weights that it had")),
        (Outcome::WentBack(seen), Some(old)) => (seen, format!("{name} went back to {old}")),
        (Outcome::WentBack(seen), None) => (seen, format!("{name} went back to what it had served")),
        (Outcome::Mixed(seen), old) => {
            let old = old.map_or_else(|| "what it had served".to_owned(), str::to_owned);
            (seen, format!("{name} serves a mix of {old} and {new}"))
        }
        (Outcome::Failed(seen), Some(_)) => (seen, format!("{name} failed")),
        _ => return,
    };
    let (account, region) = (endpoint.arn.account(), endpoint.arn.region());
    let known = seen.in_words || case.coverage.trail_is_whole(account, region, switch.at, seen.at);
    let (alarmed, alarm_cites) = alarmed(case, endpoint, switch, seen);
    let (gone, gone_cites) = deleted(case, endpoint, switch, seen);
    let cites = [switch.cite.clone()].into_iter().chain(seen.cites.iter().cloned()).chain(alarm_cites).chain(gone_cites);
    let mixed = matches!(switch.outcome, Outcome::Mixed(_));
    let until = switch.next.or(case.as_of).filter(|until| mixed && *until > seen.at);
    let counted = until.and_then(|until| Some((case.serving.requests(&endpoint.arn, None, seen.at, until)?, until)));
    let cites = cites.chain(counted.iter().flat_map(|(counted, _)| counted.cites.iter().cloned()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let why = match &seen.failure {
        Some(why) => format!("SageMaker says: {}.", why.trim_end_matches('.')),
        None if known => "Why, the evidence does not say.".to_owned(),
        None => "No record speaks of a rollback, and the trail has holes: somebody may have put it back.".to_owned(),
    };
    let what = if is_weights { "the weights".to_owned() } else { format!("the update to {new}") };
    let title = format!("{became}: {what} asked for at {}{} did not take", switch.at.to_seconds_text(), by(switch));
    let models = switch.after.models().into_values().map(|model| Arn::sagemaker(region, account, "model", model).to_string());
    let finding = CHECK
        .finds(&endpoint.arn, title, if known { Grade::B } else { Grade::C }, evidence)
        .because(format!("{why}{alarmed}{gone}"))
        .concerning(models)
        .between(Some(switch.at), Some(seen.at).filter(|_| !mixed).or(switch.next))
        .told_apart_by(switch.at.to_seconds_text())
        .exposing(counted.map(|(counted, to)| exposed(&counted, seen.at, to)));
    findings.add(finding);
}

/// Returns whether what the endpoint was to go back to had been deleted.
fn deleted(case: &Case, endpoint: &Endpoint, switch: &Switch, seen: &Seen) -> (String, Option<Citation>) {
    let Some(old) = switch.before.config.as_deref() else { return Default::default() };
    let arn = Arn::sagemaker(endpoint.arn.region(), endpoint.arn.account(), "endpoint-config", old);
    let last = case.calls_on("DeleteEndpointConfig", &arn).filter(|call| call.says.at <= seen.at).last();
    // One that was made again was there.
    let Some(call) = last.filter(|call| case.calls_on("CreateEndpointConfig", &arn).all(|made| made.says.at <= call.says.at))
    else {
        return Default::default();
    };
    let who = call.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    (format!(" {old} had been deleted at {}{who}.", call.says.at.to_seconds_text()), Some(call.cite.clone()))
}

/// Returns which alarms went off meanwhile that were to roll the deployment back.
fn alarmed(case: &Case, endpoint: &Endpoint, switch: &Switch, seen: &Seen) -> (String, Vec<Citation>) {
    let watching = case.alarms.iter().filter(|alarm| {
        switch.rollback_alarms.contains(&alarm.name)
            && alarm.home.account.as_deref().is_none_or(|account| account == endpoint.arn.account())
            && alarm.home.region.as_deref().is_none_or(|region| region == endpoint.arn.region())
    });
    let mut text = String::new();
    let mut cites = Vec::new();
    for alarm in watching {
        let raised = alarm
            .transitions
            .iter()
            .find(|transition| transition.to == State::Alarm && switch.at <= transition.at && transition.at <= seen.at);
        if let Some(raised) = raised {
            use std::fmt::Write as _;
            let _ = write!(text, " {} went into ALARM at {}.", alarm.name, raised.at.to_seconds_text());
            cites.extend(raised.cites.iter().cloned());
        }
    }
    (text, cites)
}
