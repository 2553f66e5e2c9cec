//! A scaling policy does nothing though its metric is beyond its target.

use super::{endpoint_of, variant_of};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::metrics::Data;
use crate::case::said::Said;
use crate::case::serving::Endpoint;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::call::Listed;
use crate::fact::scaling::{Scaling, ScalingStatement};
use crate::finding::Severity;
use crate::time::{Instant, Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "scaling/inert",
    severity: Severity::Medium,
    fires_when: "The metric of a policy was above its target for at least fifteen minutes, the variant could have grown, and a whole list of scaling activities shows none.",
    why: "The policy is there and nobody is helped by it: its alarms are gone, it is suspended, its metric goes by other dimensions, or its role may not act. Everybody believes that the endpoint scales.",
    needs: "The policy and target (`describe-scaling-policies`, `describe-scalable-targets`), the metric at periods of at most five minutes, the endpoint's configuration, and `describe-scaling-activities`, whole. What is lacking is named as a gap.",
    fooled_by: "A variant at its upper bound, and the time of a cooldown, do not fire. Step scaling and scheduled actions are not judged. Activities of a policy that was made anew since, and what is older than six weeks, are not listed.",
    remedy: "Look at the policy's alarms and at `SuspendedState` of the target; put the policy again, and see in `describe-scaling-activities --include-not-scaled-activities` why it does not act.",
    run,
};

/// How long the metric must be above the target.
const SUSTAINED: Seconds = 900;

/// Longest period that shows what the policy's alarms saw.
const LONGEST_PERIOD: Seconds = 300;

/// Seconds that a policy waits after it added instances, where it says nothing else.
const COOLDOWN: i64 = 300;

/// How long Application Auto Scaling tells what it did.
const KEPT: Seconds = 42 * 86_400;

/// A policy that keeps a metric at a target.
struct Policy<'a> {
    said: &'a Said<ScalingStatement>,
    name: &'a str,
    variant: &'a str,
    target: f64,
    cooldown: i64,
}

/// Time in which the metric was above the target, and its least value in it.
struct Above {
    from: Instant,
    to: Instant,
    least: f64,
}

fn run(case: &Case, findings: &mut Findings) {
    for said in &case.scaling {
        let Scaling::Policy { name, target: Some(target), cooldown, .. } = &said.says.what else { continue };
        if said.says.error.is_some() || !super::is_the_newest(case, said, name) {
            continue;
        }
        let (Some(endpoint), Some((_, variant))) = (endpoint_of(case, &said.says), variant_of(&said.says.resource)) else {
            continue;
        };
        let policy = Policy { said, name, variant, target: *target, cooldown: cooldown.unwrap_or(COOLDOWN) };
        judge(case, endpoint, &policy, findings);
    }
}

fn judge(case: &Case, endpoint: &Endpoint, policy: &Policy<'_>, findings: &mut Findings) {
    let Some((metric, data)) = measured(case, endpoint, policy) else { return };
    let Some(above) = longest_above(case, policy, data) else { return };
    let resource = &policy.said.says.resource;
    let lists = case.coverage.lists(Listed::ScalingActivities, endpoint.arn.account(), endpoint.arn.region());
    let is_of = |of: &Option<String>| of.as_ref().is_none_or(|of| of == resource || of == "sagemaker");
    let list = lists.filter(|said| is_of(&said.says.of)).find(|said| {
        let tells = |captured: Instant| captured >= above.to.plus(LONGEST_PERIOD) && captured.since(above.from) <= KEPT;
        said.says.account.is_some() && said.says.captured.is_some_and(tells)
    });
    let Some(list) = list else {
        findings.need(GapKey::ScalingActivities(Place::of(&endpoint.arn), resource.clone()));
        return;
    };
    if activities(case, resource).any(|(at, ..)| above.from <= at && at <= above.to.plus(LONGEST_PERIOD)) {
        return;
    }
    let Some((most, target_cite)) = upper_bound(case, resource) else {
        findings.need(GapKey::ScalableTargets(Place::of(&endpoint.arn)));
        return;
    };
    let fleet = endpoint.switches.iter().rfind(|switch| switch.took_effect() && switch.at <= above.from);
    let running = fleet.and_then(|switch| switch.after.variants.get(policy.variant));
    // Auto scaling's own list tells of what it did, also where the trail does not.
    let (set, set_cite) = last_set(case, resource, above.from)
        .filter(|(at, ..)| fleet.is_none_or(|switch| switch.at < *at))
        .map_or((None, None), |(_, count, cite)| (Some(count), Some(cite)));
    let Some(count) = set.unwrap_or_else(|| running.and_then(|running| running.desired)) else {
        findings.need(GapKey::Endpoint(endpoint.arn.clone()));
        return;
    };
    if count >= most {
        return;
    }
    let cites = [policy.said.cite.clone(), list.cite.clone(), target_cite].into_iter().chain(set_cite.cloned());
    let cites = cites.chain(data.cites.iter().cloned());
    let Some(evidence) = Citations::from_all(cites) else { return };
    let title = format!(
        "{metric} of {} was above the target of {} for {}, and {} added nothing",
        policy.variant,
        policy.target,
        duration_text(above.to.since(above.from)),
        policy.name
    );
    let detail = format!(
        "It was at least {:.0}; {count} of at most {most} instance(s) were wanted. The list of {} scaling activities has none of that time.",
        above.least, list.says.rows
    );
    let finding = CHECK
        .finds(&endpoint.arn, title, Grade::B, evidence)
        .because(detail)
        .concerning([resource])
        .between(Some(above.from), Some(above.to))
        .told_apart_by(format!("{} {}", policy.variant, policy.name));
    findings.add(finding);
}

/// Returns what a policy follows, by name, and what was measured of it.
fn measured<'a>(case: &'a Case, endpoint: &Endpoint, policy: &Policy<'a>) -> Option<(&'a str, &'a Data)> {
    let Scaling::Policy { measure, predefined, .. } = &policy.said.says.what else { return None };
    if let Some(measure) = measure {
        let statistic = measure.statistic.as_deref()?;
        let fits = |period: Seconds| period <= LONGEST_PERIOD;
        let of = |series: &&crate::case::metrics::Series| {
            series.is_of(measure, &policy.said.says.home)
                && series.statistic.eq_ignore_ascii_case(statistic)
                && fits(series.data.period)
        };
        let series = case.metrics.iter().filter(of).min_by_key(|series| series.data.period)?;
        return Some((measure.metric.as_deref()?, &series.data));
    }
    // Requests of a minute, per instance.
    (predefined.as_deref() == Some("SageMakerVariantInvocationsPerInstance")).then_some(())?;
    let found = case.serving.measured(&case.metrics, &endpoint.arn, policy.variant, "InvocationsPerInstance", "Sum");
    let series = found.into_iter().find(|series| series.data.period == 60)?;
    Some(("InvocationsPerInstance", &series.data))
}

/// Returns the longest time without a pause in which the metric was above the target, the policy was there and no cooldown held.
fn longest_above(case: &Case, policy: &Policy<'_>, data: &Data) -> Option<Above> {
    let resource = &policy.said.says.resource;
    let cooling: Vec<(Instant, Instant)> =
        activities(case, resource).map(|(began, ended)| (began, ended.unwrap_or(began).plus(policy.cooldown))).collect();
    let cools = |at: Instant| cooling.iter().any(|(began, until)| *began <= at && at < *until);
    let since = policy.said.says.at;
    let mut longest: Option<Above> = None;
    let mut current: Option<Above> = None;
    for (at, value) in &data.points {
        let counts = *value > policy.target && since.is_none_or(|since| *at >= since) && !cools(*at);
        if !counts {
            current = None;
            continue;
        }
        let next = match current.take().filter(|run| run.to == *at) {
            Some(run) => Above { from: run.from, to: at.plus(data.period), least: run.least.min(*value) },
            None => Above { from: *at, to: at.plus(data.period), least: *value },
        };
        if longest.as_ref().is_none_or(|longest| next.to.since(next.from) > longest.to.since(longest.from)) {
            longest = Some(Above { ..next });
        }
        current = Some(next);
    }
    longest.filter(|longest| longest.to.since(longest.from) >= SUSTAINED)
}

/// Returns when auto scaling did something to a resource: beginning and end.
fn activities<'a>(case: &'a Case, resource: &'a str) -> impl Iterator<Item = (Instant, Option<Instant>)> {
    case.scaling.iter().filter(move |said| said.says.resource == resource).filter_map(|said| match &said.says.what {
        Scaling::Activity { ended, .. } => Some((said.says.at?, *ended)),
        _ => None,
    })
}

/// Returns when auto scaling last set the count of a resource before an instant, to how many, if its words tell, and where that is said.
fn last_set<'a>(case: &'a Case, resource: &str, until: Instant) -> Option<(Instant, Option<i64>, &'a Citation)> {
    let of_resource = case.scaling.iter().filter(|said| said.says.resource == resource);
    let set = of_resource.filter_map(|said| match &said.says.what {
        Scaling::Activity { status, message, .. } if status.as_deref() == Some("Successful") => {
            Some((said.says.at.filter(|at| *at <= until)?, message.as_deref().and_then(count_in), &said.cite))
        }
        _ => None,
    });
    set.max_by(|left, right| left.0.cmp(&right.0).then_with(|| left.2.cmp(right.2)))
}

/// Returns the count in what auto scaling says of an activity: `Successfully set desired instance count to 4. …`.
fn count_in(message: &str) -> Option<i64> {
    let (_, rest) = message.split_once(" to ")?;
    rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// Returns up to how many instances a resource may be scaled, and where that is said: what an answer shows, else what was asked for last.
fn upper_bound(case: &Case, resource: &str) -> Option<(i64, Citation)> {
    let targets = case.scaling.iter().filter(|said| said.says.resource == resource && said.says.error.is_none());
    let bounds = targets.filter_map(|said| match &said.says.what {
        Scaling::Target { most: Some(most), .. } => Some(((!said.says.requested, said.cite.time), *most, &said.cite)),
        _ => None,
    });
    bounds
        .max_by(|left, right| left.0.cmp(&right.0).then_with(|| left.2.cmp(right.2)))
        .map(|(_, most, cite)| (most, cite.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_words() {
        let says = "Successfully set desired instance count to 4. Change successfully fulfilled by sagemaker.";
        assert_eq!((count_in(says), count_in("Failed to set it."), count_in("")), (Some(4), None, None));
    }
}
