//! A scaling policy follows the CPU, and it is the GPU that has no room left; or its target does not count the GPUs.

use super::{endpoint_of, is_the_newest};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::GapKey;
use crate::case::instances::{gpus, vcpus};
use crate::case::metrics::Series;
use crate::case::said::Said;
use crate::case::serving::Endpoint;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::scaling::{Scaling, ScalingStatement};
use crate::finding::Severity;
use crate::time::{Instant, Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "scaling/blind-metric",
    severity: Severity::Medium,
    fires_when: "A policy follows CPU while the GPU (normalised per device) is saturated, and nothing else scales the variant; or a policy's target on `GPUUtilization`, which is a sum over an instance's GPUs, reads as a share of one of several, or is more than all of them can reach.",
    why: "The model waits for its GPU and the CPU is idle: the policy sees an idle endpoint and adds nothing, or takes instances away. A target of 70 on four GPUs keeps each at 17.5 %, and pays for four times the instances.",
    needs: "The policy (`application-autoscaling describe-scaling-policies`, or the call), the endpoint's configuration with its instance type, and `GPUUtilization` of the variant; with `CPUUtilization` the grade is B, without it C. What is lacking is named as a gap.",
    fooled_by: "Both metrics are sums over the processors of an instance: 95 on four GPUs is a quarter of them, and does not fire. A CPU that was above the policy's target at the same time does not fire either. Instance types that are not in the table, and an average over several instances of which one is saturated, are not judged. A target of up to 100 on several GPUs may be meant: a model that runs on one of them.",
    remedy: "Let the policy follow `SageMakerVariantInvocationsPerInstance`, or `GPUUtilization` with a target that counts all GPUs of an instance.",
    run,
};

/// From this share on a GPU has no room left, in percent.
const SATURATED: f64 = 90.0;

/// How long that must last.
const SUSTAINED: Seconds = 300;

fn run(case: &Case, findings: &mut Findings) {
    for said in &case.scaling {
        let Scaling::Policy { name, measure: Some(measure), target: Some(target), .. } = &said.says.what else { continue };
        if measure.metric.as_deref() == Some("GPUUtilization") && said.says.error.is_none() && is_the_newest(case, said, name) {
            miscounted(case, said, (name, *target), findings);
        }
        let follows = measure.metric.as_deref() == Some("CPUUtilization");
        if !follows || said.says.error.is_some() || !is_the_newest(case, said, name) || has_another(case, said, name) {
            continue;
        }
        let Some(endpoint) = endpoint_of(case, &said.says) else { continue };
        judge(case, endpoint, said, (name, *target), findings);
    }
}

/// Returns whether another policy scales the same resource by something else.
fn has_another(case: &Case, own: &Said<ScalingStatement>, name: &str) -> bool {
    case.scaling.iter().any(|said| match &said.says.what {
        Scaling::Policy { name: other, measure, predefined, .. } => {
            let by_cpu = measure.as_ref().is_some_and(|measure| measure.metric.as_deref() == Some("CPUUtilization"));
            let is_other = other != name && said.says.error.is_none() && said.says.resource == own.says.resource;
            is_other && !by_cpu && (measure.is_some() || predefined.is_some())
        }
        _ => false,
    })
}

/// Holds a target on GPUs against the number of GPUs of an instance.
fn miscounted(case: &Case, policy: &Said<ScalingStatement>, (name, target): (&str, f64), findings: &mut Findings) {
    let (Some(endpoint), Some((_, variant))) = (endpoint_of(case, &policy.says), super::variant_of(&policy.says.resource)) else {
        return;
    };
    let fleet = endpoint.switches.iter().rfind(|switch| switch.took_effect()).map(|switch| &switch.after);
    let Some(fleet) = fleet.filter(|fleet| !fleet.variants.is_empty()) else {
        findings.need(GapKey::Endpoint(endpoint.arn.clone()));
        return;
    };
    let Some(instance) = fleet.variants.get(variant).and_then(|running| running.instance.as_deref()) else { return };
    let Some(count) = gpus(instance) else { return };
    let (each, all) = (target / f64::from(count), 100.0 * f64::from(count));
    let (what, detail) = if target > all {
        ("can never be reached".to_owned(), "The policy never adds an instance.".to_owned())
    } else if count > 1 && target <= 100.0 {
        let detail = format!("If {target} % of each GPU was meant, the target is {}.", target * f64::from(count));
        (format!("is {} % of each", (each * 10.0).round() / 10.0), detail)
    } else {
        return;
    };
    let Some(evidence) = Citations::from_all([policy.cite.clone()].into_iter().chain(fleet.cites.iter().cloned())) else {
        return;
    };
    let finding = CHECK
        .finds(
            &endpoint.arn,
            format!("{name} keeps GPUUtilization of {variant} at {target}, which on {count} GPU(s) {what}"),
            Grade::B,
            evidence,
        )
        .because(format!("{instance} has {count} GPU(s), and GPUUtilization is their sum: 0 to {all}. {detail}"))
        .concerning([&policy.says.resource])
        .told_apart_by(format!("{variant} {name} {target}"));
    findings.add(finding);
}

fn judge(
    case: &Case,
    endpoint: &Endpoint,
    policy: &Said<ScalingStatement>,
    (name, target): (&str, f64),
    findings: &mut Findings,
) {
    let Some((_, variant)) = super::variant_of(&policy.says.resource) else { return };
    let fleet = endpoint.switches.iter().rfind(|switch| switch.took_effect()).map(|switch| &switch.after);
    let Some(fleet) = fleet.filter(|fleet| !fleet.variants.is_empty()) else {
        findings.need(GapKey::Endpoint(endpoint.arn.clone()));
        return;
    };
    let Some(instance) = fleet.variants.get(variant).and_then(|running| running.instance.as_deref()) else { return };
    let (Some(gpus), Some(vcpus)) = (gpus(instance), vcpus(instance)) else { return };
    let series = |metric: &str| {
        let average = case.serving.measured(&case.metrics, &endpoint.arn, variant, metric, "Average");
        average.into_iter().find(|series| series.data.period <= SUSTAINED)
    };
    let (gpu, cpu) = (series("GPUUtilization"), series("CPUUtilization"));
    let since = policy.says.at.filter(|_| policy.says.requested);
    let Some(gpu) = gpu else {
        need(case, endpoint, variant, "GPUUtilization", findings);
        return;
    };
    let Some(found) = saturated(gpu, cpu, f64::from(gpus), target, since) else { return };
    if cpu.is_none() {
        need(case, endpoint, variant, "CPUUtilization", findings);
    }
    if grew(case, &policy.says.resource, found.from, found.to) {
        return;
    }
    let cites = [policy.cite.clone()].into_iter().chain(fleet.cites.iter().cloned());
    let cites = cites.chain(gpu.data.cites.iter().cloned()).chain(cpu.iter().flat_map(|cpu| cpu.data.cites.clone()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let idle = match found.cpu {
        Some(value) => format!(
            "CPUUtilization was at most {value:.0}, the target is {target}: {:.0} % of its {vcpus} vCPUs",
            value / f64::from(vcpus)
        ),
        None => "CPUUtilization was not exported".to_owned(),
    };
    let finding = CHECK
        .finds(
            &endpoint.arn,
            format!(
                "{name} follows the CPU of {variant}, and its GPUs were {:.0} % busy for {}",
                found.least / f64::from(gpus),
                duration_text(found.to.since(found.from))
            ),
            if cpu.is_some() { Grade::B } else { Grade::C },
            evidence,
        )
        .because(format!(
            "GPUUtilization was at least {:.0} on {instance} with {gpus} GPU(s); {idle}. {}",
            found.least, "Both are sums over an instance's processors."
        ))
        .concerning([&policy.says.resource])
        .between(Some(found.from), Some(found.to))
        .told_apart_by(format!("{variant} {name}"));
    findings.add(finding);
}

/// The longest time in which the GPUs were saturated and the policy saw nothing.
struct Saturated {
    from: Instant,
    to: Instant,
    /// Least sum of the GPUs.
    least: f64,
    /// Greatest sum of the CPUs, where it is known.
    cpu: Option<f64>,
}

fn saturated(gpu: &Series, cpu: Option<&Series>, gpus: f64, target: f64, since: Option<Instant>) -> Option<Saturated> {
    let period = gpu.data.period;
    let mut longest: Option<Saturated> = None;
    let mut current: Option<Saturated> = None;
    for (at, value) in gpu.data.points.iter().filter(|(at, _)| since.is_none_or(|since| *at >= since)) {
        let cpu_then = cpu.map(|cpu| (cpu, around(cpu, *at, at.plus(period))));
        // Where the CPU is exported but not for this time, nobody can say what the policy saw.
        let blind = cpu_then.as_ref().is_none_or(|(_, value)| value.is_some_and(|value| value < target));
        if *value / gpus < SATURATED || !blind {
            current = None;
            continue;
        }
        let now = cpu_then.and_then(|(_, value)| value);
        let next = match current.take().filter(|current| current.to == *at) {
            Some(run) => Saturated {
                from: run.from,
                to: at.plus(period),
                least: run.least.min(*value),
                cpu: run.cpu.zip(now).map(|(one, other)| one.max(other)),
            },
            None => Saturated { from: *at, to: at.plus(period), least: *value, cpu: now },
        };
        if longest.as_ref().is_none_or(|longest| next.to.since(next.from) > longest.to.since(longest.from)) {
            longest = Some(Saturated { ..next });
        }
        current = Some(next);
    }
    longest.filter(|longest| longest.to.since(longest.from) >= SUSTAINED)
}

/// Returns the greatest value of a series in an interval.
fn around(series: &Series, from: Instant, to: Instant) -> Option<f64> {
    let inside = series.data.points.iter().filter(|(at, _)| at.plus(series.data.period) > from && *at < to);
    inside.map(|(_, value)| *value).reduce(f64::max)
}

/// Returns whether auto scaling added instances in an interval.
fn grew(case: &Case, resource: &str, from: Instant, to: Instant) -> bool {
    case.scaling.iter().any(|said| {
        let Scaling::Activity { cause, status, .. } = &said.says.what else { return false };
        let grows = cause.as_deref().is_some_and(|cause| cause.contains("AlarmHigh"));
        let during = said.says.at.is_some_and(|at| from <= at && at <= to);
        said.says.resource == resource && grows && during && status.as_deref() != Some("Failed")
    })
}

/// Notes that a metric of the endpoint's instances is not in the evidence.
fn need(case: &Case, endpoint: &Endpoint, variant: &str, metric: &str, findings: &mut Findings) {
    let Some(to) = case.as_of else { return };
    let what = ["/aws/sagemaker/Endpoints", metric, "Average"];
    findings.need(GapKey::metric_of(&endpoint.arn, (&endpoint.name, variant), what, to));
}
