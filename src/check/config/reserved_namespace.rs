//! A script sends metrics of its own into a namespace of AWS.

use super::{Book, Check, Findings, Unknown};
use crate::case::Case;
use crate::fact::config::{ConfigSays, Node};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "config/reserved-namespace",
    severity: Severity::Low,
    fires_when: "A script or request gives `PutMetricData` a namespace that begins with `AWS/`.",
    why: "Namespaces that begin with `AWS/` are AWS's own: the call fails, and the drill or test that rests on it never happens. Where such a call succeeded, alarms and evidence would hold values that nothing measured.",
    needs: "The file itself: Python that calls boto3, a shell script that runs the AWS CLI, a request as that takes it, or the log of a build that shows the command.",
    fooled_by: "A namespace that is worked out when the file runs is not seen. Reading metrics from such a namespace is right and does not fire.",
    remedy: "Use a namespace of your own; to try an alarm, use `SetAlarmState`, which leaves a trace of its own.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let mut book = Book::default();
    for said in &case.written {
        let (members, line) = match &said.says.says {
            ConfigSays::Call { method, arguments, line, .. } if method == "put_metric_data" => (arguments, Some(*line)),
            ConfigSays::Request { operations, members, .. } if operations.contains(&"PutMetricData") => (members, members.line),
            ConfigSays::Cli { service, operation, options, line }
                if service == "cloudwatch" && operation == "put-metric-data" =>
            {
                (options, Some(*line))
            }
            _ => continue,
        };
        let name = if matches!(said.says.says, ConfigSays::Cli { .. }) { "namespace" } else { "Namespace" };
        let Some(namespace) = members.get(name).and_then(Node::word).filter(|name| name.starts_with("AWS/")) else {
            continue;
        };
        let line = members.get(name).and_then(|node| node.line).or(line);
        let title = format!("PutMetricData into {namespace}, which is AWS's own namespace");
        let detail = "CloudWatch reserves names that begin with AWS/ for its own services".to_owned();
        book.note(said, line, format!("PutMetricData {namespace}"), Unknown { title, detail });
    }
    book.close(&CHECK, findings);
}
