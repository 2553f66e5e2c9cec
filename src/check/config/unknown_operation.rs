//! A script calls an operation that AWS does not know.

use super::{Book, Check, Findings, Unknown, by_the_table, nearest};
use crate::aws::{Service, dialect};
use crate::case::Case;
use crate::fact::config::ConfigSays;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "config/unknown-operation",
    severity: Severity::Medium,
    fires_when: "A script calls an operation of a service that has no such operation.",
    why: "It fails when it runs, which for a rollback or a probe is when it is needed.",
    needs: "Python that makes the client with boto3 and calls it by the same name in the same file, or a shell script that runs the AWS CLI.",
    fooled_by: "Operations that AWS added after the table was made; its versions stand in the detail. A client that is passed as a parameter, or whose name means something else elsewhere in the file, is not judged, nor is a service outside the table. A script that never ran fires too.",
    remedy: "Call an operation that the service has; for numbers about an endpoint that is CloudWatch's `GetMetricData`.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let mut book = Book::default();
    for said in &case.written {
        let (name, method, line, is_other) = match &said.says.says {
            // Attributes of every client (`exceptions`, `meta`) and its private parts are no operations.
            ConfigSays::Call { service: Some(name), method, line, .. } => {
                let is_own = dialect::METHODS.contains(&method.as_str()) || method.starts_with('_') || !method.contains('_');
                (name, method, line, is_own)
            }
            ConfigSays::Cli { service, operation, line, .. } => {
                (service, operation, line, dialect::COMMANDS.contains(&operation.as_str()))
            }
            _ => continue,
        };
        let Some(service) = Service::named(name).filter(|service| service.is_whole()) else { continue };
        if is_other || service.operation(method).is_some() {
            continue;
        }
        let key = format!("{name} {method}");
        if book.knows(said, Some(*line), &key) {
            continue;
        }
        let operations: Vec<&str> = service.operations().collect();
        let camel: String = method.split(['_', '-']).map(capital).collect();
        let near = nearest(&camel, &operations);
        let detail = if near.is_empty() {
            format!("none of its {} operations is like it", operations.len())
        } else {
            format!("nearest that AWS knows: {}", near.join(", "))
        };
        let unknown = Unknown { title: format!("{name} has no operation {camel}"), detail: by_the_table(&detail) };
        book.note(said, Some(*line), key, unknown);
    }
    book.close(&CHECK, findings);
}

/// Writes a word with a capital.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
