//! An alarm watches what is not there.

use super::watching;
use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::serving::Endpoint;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::call::Listed;
use crate::finding::Severity;
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "alarm/orphan-dimension",
    severity: Severity::Medium,
    fires_when: "An alarm is on an endpoint or variant that does not exist, or does not exist any more.",
    why: "Its metric gets no data, so it never goes off, and the endpoint or variant that took the place of the old one is not watched.",
    needs: "`cloudwatch describe-alarms`; for an endpoint, its deletion or a whole `sagemaker list-endpoints`; for a variant, what the endpoint serves. Without these it names the gap or keeps silent.",
    fooled_by: "An endpoint that is made anew for each use: between two uses the alarm is an orphan. Endpoints of other accounts that are watched from here.",
    remedy: "Set the alarm on the variant that serves, keep variant names from one configuration to the next, or delete the alarm with its endpoint.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for alarm in watching(case) {
        let Some((name, variant)) = alarm.endpoint() else { continue };
        let (Some(account), Some(region)) = (&alarm.home.account, &alarm.home.region) else { continue };
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
            without_variant(alarm, newest, variant, findings);
        }
    }
}

/// Looks for the variant among those that the endpoint runs now.
fn without_variant(alarm: &Alarm, endpoint: &Endpoint, variant: &str, findings: &mut Findings) {
    let now: Vec<_> = endpoint.spans.iter().filter(|span| span.to.is_none()).collect();
    // Variants without traffic have no span; an answer lists them all.
    let answered = endpoint.said.iter().flat_map(|said| &said.says.variants).any(|running| running.name == variant);
    let last = endpoint.spans.iter().filter(|span| span.variant == variant).filter_map(|span| span.to).max();
    if now.is_empty() || now.iter().any(|span| span.variant == variant) || (answered && last.is_none()) {
        return;
    }
    let newer = now.iter().map(|span| span.from.latest).min();
    if newer.is_some_and(|newer| is_known_only_before(alarm, newer)) {
        return;
    }
    let names: Vec<&str> = now.iter().map(|span| span.variant.as_str()).collect();
    let what = match last {
        Some(last) => {
            format!(
                "variant {variant} of {} ended at {}; now {} serves",
                endpoint.name,
                last.latest.to_seconds_text(),
                names.join(", ")
            )
        }
        None => format!("{} has no variant {variant}; {} serves", endpoint.name, names.join(", ")),
    };
    let cites = now.iter().flat_map(|span| span.evidence.iter().cloned());
    report(alarm, &what, last.map(|last| last.latest), endpoint.arn.as_str(), cites, findings);
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
