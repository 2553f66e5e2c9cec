//! A model began to serve and nothing was there to tell how it does.

use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::serving::Endpoint;
use crate::case::switches::{Asked, Switch};
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::fact::call::Listed;
use crate::finding::Severity;
use crate::time::{Instant, Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/unwatched-launch",
    severity: Severity::Medium,
    fires_when: "In its first 72 h a deployment lacked an error alarm, a latency alarm, data capture or a monitor.",
    why: "New models fail in their first days. Without an alarm nobody is told, and without captured requests nobody can say afterwards what was asked and answered.",
    needs: "The request that deployed the model and its endpoint configuration; for alarms a whole `cloudwatch describe-alarms` made after it, which is a gap where it is missing; for a monitor a trail without holes from the endpoint's creation on.",
    fooled_by: "Alarms of other tools, and capture that the model does itself. An alarm on the endpoint whose age is not known counts as having been there. An alarm that was deleted since counts where its deletion is in the evidence; where the trail has holes, the grade is C. Where any monitoring schedule was made in the trail, or is described, monitors are not judged.",
    remedy: "Deploy alarms on `Invocation5XXErrors` and `ModelLatency`, `DataCaptureConfig` and a monitoring schedule together with the endpoint.",
    run,
};

/// The first days of a deployment.
const WATCH: Seconds = 72 * 3_600;

/// A deployment that was in force for less than this was not a launch.
const LEAST: Seconds = 3_600;

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        for switch in &endpoint.switches {
            let is_launch = match switch.asked {
                Asked::Create => true,
                Asked::Config { .. } => switch.before.models() != switch.after.models(),
                Asked::Weights => false,
            };
            if is_launch && switch.took_effect() && !switch.after.models().is_empty() {
                judge(case, endpoint, switch, findings);
            }
        }
    }
}

fn judge(case: &Case, endpoint: &Endpoint, switch: &Switch, findings: &mut Findings) {
    let ends = [Some(switch.at.plus(WATCH)), switch.next, endpoint.deleted, case.as_of];
    let Some(until) = ends.into_iter().flatten().filter(|end| *end > switch.at).min() else { return };
    if until.since(switch.at) < LEAST {
        return;
    }
    let mut lacks: Vec<&str> = Vec::new();
    let mut grade = Grade::B;
    let mut cites: Vec<Citation> = vec![switch.cite.clone()];
    match alarms(case, endpoint, switch) {
        Some(alarms) => {
            lacks.extend(alarms.lacks);
            if !lacks.is_empty() {
                grade = grade.weaker(alarms.grade);
                cites.push(alarms.list);
            }
        }
        None => findings.need(GapKey::Alarms(Place::of(&endpoint.arn))),
    }
    if switch.after.captures == Some(false) {
        lacks.push("data capture");
        cites.extend(switch.after.cites.iter().cloned());
    } else if switch.after.captures == Some(true)
        && let Some(list) = has_no_monitor(case, endpoint, switch.at, until)
    {
        lacks.push("a monitor");
        cites.extend(switch.after.cites.iter().cloned().chain(list));
    }
    let Some((last, rest)) = lacks.split_last() else { return };
    let list = if rest.is_empty() { (*last).to_owned() } else { format!("{} and {last}", rest.join(", ")) };
    let counted = case.serving.requests(&endpoint.arn, None, switch.at, until);
    cites.extend(counted.iter().flat_map(|counted| counted.cites.iter().cloned()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let models: Vec<&str> = switch.after.models().into_values().collect();
    let arns =
        models.iter().map(|model| Arn::sagemaker(endpoint.arn.region(), endpoint.arn.account(), "model", model).to_string());
    let finding = CHECK
        .finds(
            &endpoint.arn,
            format!(
                "{} served {} for its first {} without {list}",
                endpoint.name,
                models.join(", "),
                duration_text(until.since(switch.at))
            ),
            grade,
            evidence,
        )
        .because("What such a deployment needs: an alarm on errors, an alarm on latency, captured requests, and a schedule that looks at them.")
        .concerning(arns)
        .between(Some(switch.at), Some(until))
        .told_apart_by(switch.at.to_seconds_text())
        .exposing(counted.map(|counted| exposed(&counted, switch.at, until)));
    findings.add(finding);
}

/// What alarms there were.
struct Alarms {
    lacks: Vec<&'static str>,
    grade: Grade,
    list: Citation,
}

/// Returns which alarms an endpoint lacked; nothing where they were not listed after the launch.
fn alarms(case: &Case, endpoint: &Endpoint, switch: &Switch) -> Option<Alarms> {
    let (account, region) = (endpoint.arn.account(), endpoint.arn.region());
    let lists = case.coverage.lists(Listed::Alarms, account, region);
    let later = lists.filter(|said| said.says.captured.is_some_and(|captured| captured >= switch.at));
    let list = later.min_by_key(|said| (said.says.captured, said.cite.clone()))?;
    let whole = list.says.captured.is_some_and(|captured| case.coverage.trail_is_whole(account, region, switch.at, captured));
    let lacks_one = |wanted: fn(&str) -> bool| {
        !case.alarms.iter().any(|alarm| watches(alarm, endpoint, switch, wanted) && may_have_been_there(alarm, switch.at))
    };
    let errors = lacks_one(|metric| metric.contains("Error")).then_some("an error alarm");
    let latency = lacks_one(|metric| metric.ends_with("Latency")).then_some("a latency alarm");
    let lacks = errors.into_iter().chain(latency).collect();
    // An alarm of which only the history is known may have been the one.
    let known = case.alarms.iter().all(|alarm| alarm.told.is_some());
    Some(Alarms { lacks, grade: if whole && known { Grade::B } else { Grade::C }, list: list.cite.clone() })
}

/// Returns whether an alarm is on a wanted metric of what was deployed.
fn watches(alarm: &Alarm, endpoint: &Endpoint, switch: &Switch, wanted: fn(&str) -> bool) -> bool {
    alarm.is_on(endpoint)
        && !alarm.is_for_scaling()
        && alarm.measures().any(|measure| {
            let variant = measure.dimensions.get("VariantName").is_none_or(|name| switch.after.variants.contains_key(name));
            variant && measure.metric.as_deref().is_some_and(wanted)
        })
}

/// Returns whether an alarm may have been there after a launch. When it was made is seldom known: what is known is its last change.
fn may_have_been_there(alarm: &Alarm, launched: Instant) -> bool {
    alarm.deleted.is_none_or(|deleted| deleted > launched)
}

/// Returns what says that no monitoring schedule can have been on an endpoint, beside the trail; nothing where one may have been.
fn has_no_monitor(case: &Case, endpoint: &Endpoint, launched: Instant, until: Instant) -> Option<Vec<Citation>> {
    let (account, region) = (endpoint.arn.account(), endpoint.arn.region());
    let made = case.calls.iter().any(|said| said.says.operation == "CreateMonitoringSchedule" && said.says.error.is_none());
    let mut here = case.monitors.iter().filter(|one| one.arn.account() == account && one.arn.region() == region).peekable();
    if here.peek().is_none() {
        let whole = endpoint.created.is_some_and(|created| case.coverage.trail_is_whole(account, region, created, until));
        return (!made && whole).then(Vec::new);
    }
    // Where there are schedules, a whole list of them tells whether one is of this endpoint; what was deleted before it was made is in
    // the trail.
    let is_own = |name: &str| name.eq_ignore_ascii_case(&endpoint.name);
    if here.any(|schedule| schedule.endpoint.as_deref().is_none_or(is_own)) {
        return None;
    }
    let deleted = case.calls.iter().any(|said| said.says.operation == "DeleteMonitoringSchedule" && said.says.error.is_none());
    let lists = case.coverage.lists(Listed::MonitoringSchedules, account, region);
    let mut whole = lists.filter(|said| {
        let is_later = |at: Instant| at >= until && case.coverage.trail_is_whole(account, region, launched, at);
        said.says.from.is_none() && said.says.to.is_none() && said.says.captured.is_some_and(is_later)
    });
    let list = whole.next()?;
    (!deleted).then(|| vec![list.cite.clone()])
}
