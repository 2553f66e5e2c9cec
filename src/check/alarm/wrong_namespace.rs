//! A metric of `SageMaker` is looked for under a namespace that does not have it.

use super::{endpoint_of, watching};
use crate::case::Case;
use crate::case::alarm::known::{COMPONENTS, INSTANCES, INVOCATIONS, namespace_of};
use crate::case::alarm::{Alarm, COMPONENT};
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::fact::alarm::Measure;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "alarm/wrong-namespace",
    severity: Severity::Medium,
    fires_when: "An alarm on an endpoint looks for a SageMaker metric under the wrong namespace.",
    why: "What requests cost is under AWS/SageMaker, what instances use under /aws/sagemaker/Endpoints. Under the other one there is no such metric: the alarm is in INSUFFICIENT_DATA for ever.",
    needs: "`cloudwatch describe-alarms`.",
    fooled_by: "Somebody who publishes a metric of that name under that namespace: where the evidence holds data of it, this stays silent. Namespaces of one's own are not doubted.",
    remedy: "Set the namespace that has the metric; case and the slash at the beginning count.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for alarm in watching(case) {
        for measure in alarm.measures() {
            report(case, alarm, measure, findings);
        }
    }
}

fn report(case: &Case, alarm: &Alarm, measure: &Measure, findings: &mut Findings) {
    let (Some(namespace), Some(metric)) = (measure.namespace.as_deref(), measure.metric.as_deref()) else { return };
    let Some(right) = namespace_of(metric) else { return };
    // Jobs have use metrics under namespaces of their own; only endpoints are looked at.
    let is_of_component = right == INVOCATIONS && measure.dimensions.contains_key(COMPONENT);
    if namespace == right || !(measure.dimensions.contains_key("EndpointName") || is_of_component) {
        return;
    }
    let folded = namespace.trim_start_matches('/').to_ascii_lowercase();
    let confused =
        [INVOCATIONS, INSTANCES, COMPONENTS].iter().any(|own| own.trim_start_matches('/').to_ascii_lowercase() == folded);
    let of_another_service = namespace.starts_with("AWS/");
    let has_data = case.metrics.iter().any(|series| series.is_of(measure, &alarm.home) && !series.data.points.is_empty());
    if !(confused || of_another_service) || has_data {
        return;
    }
    let Some(evidence) = alarm.cited() else { return };
    let title = format!("{} looks for {metric} under {namespace}; it is under {right}", alarm.name);
    let finding = CHECK
        .finds(alarm.subject(), title, Grade::B, evidence)
        .because(format!("{namespace} has no {metric} of endpoints, so the alarm gets no data."))
        .concerning(endpoint_of(alarm))
        .told_apart_by(format!("{metric} {namespace}"));
    findings.add(finding);
}
