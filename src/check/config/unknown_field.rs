//! A file uses a field, value or name that AWS does not know.

use super::walk::{self, Strange, Subject};
use super::{Book, Check, Findings, Unknown, by_the_table, cli, instead};
use crate::aws::{Service, Slot, dialect};
use crate::case::Case;
use crate::case::said::Said;
use crate::fact::config::{ConfigSays, ConfigStatement, Node};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "config/unknown-field",
    severity: Severity::Medium,
    fires_when: "A template, pipeline definition, request or script uses a field or value that AWS's API does not have, or refers to a name it does not declare.",
    why: "The call or the deployment fails, or the field is silently left out: the alarm, the limit or the approval that somebody believes in was never there.",
    needs: "The file itself: a CloudFormation template, a pipeline definition (also in a recorded request), a request as the AWS CLI takes it, or Python that calls boto3 or the SageMaker SDK, or a shell script that runs the AWS CLI.",
    fooled_by: "Fields that AWS added after the table was made; its versions stand in the detail. CloudFormation is held against its own schema, the SageMaker SDK only where a class takes a closed list of arguments, the AWS CLI in its options and in what they are given as words, JSON or shorthand, and a `--query` of names and dots. What is worked out when the file runs, unknown services and maps with free keys are not judged. A file that was never used fires too.",
    remedy: "Use the field that AWS has, and let the request be validated (`--generate-cli-skeleton`, cfn-lint) before it is relied on.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let mut book = Book::default();
    for said in &case.written {
        each(said, &mut |strange| book.note(said, strange.line, strange.key, strange.unknown));
    }
    book.close(&CHECK, findings);
}

/// Gives everything in a statement that AWS does not know.
fn each(said: &Said<ConfigStatement>, visit: &mut dyn FnMut(Strange)) {
    match &said.says.says {
        ConfigSays::Call { service, method, arguments, .. } => {
            let Some((service, operation)) = called(service.as_deref(), method) else { return };
            operation_takes(service, operation, arguments, visit);
        }
        ConfigSays::Cli { service, operation, options, .. } => {
            // `aws s3` has commands of its own; the API's are under `s3api`.
            let api = match service.as_str() {
                "s3" => return,
                "s3api" => "s3",
                other => other,
            };
            let Some(service) = Service::named(api) else { return };
            let Some(operation) = service.operation(operation) else { return };
            cli::options(service, operation, options, visit);
        }
        ConfigSays::Look { service, method, path, line } => {
            let Some((service, operation)) = called(Some(service), method) else { return };
            if let Some(slot) = service.answers(operation) {
                let subject = Subject { name: &format!("the answer of {operation}"), service };
                walk::look(&subject, slot, path, *line).into_iter().for_each(visit);
            }
        }
        ConfigSays::Make { class, module, arguments } => sdk(class, module, arguments, visit),
        ConfigSays::Request { service, operations, members } => {
            // Of several operations, the one that it fits best is meant.
            let Some(service) = Service::named(service) else { return };
            let best = operations
                .iter()
                .map(|operation| {
                    let mut found = Vec::new();
                    operation_takes(service, operation, members, &mut |strange| found.push(strange));
                    found
                })
                .min_by_key(Vec::len);
            best.into_iter().flatten().for_each(visit);
        }
        ConfigSays::Resource { kind, properties, .. } => {
            let Some(service) = Service::named("cloudformation") else { return };
            let Some(slot) = service.takes(kind) else { return };
            fits(service, kind, slot, properties, visit);
        }
        ConfigSays::Undeclared { name, line } => {
            let title = format!("the template refers to {name}, and declares neither parameter nor resource of that name");
            let detail = "without it the template is refused before anything is made".to_owned();
            visit(Strange { line: *line, key: format!("undeclared {name}"), unknown: Unknown { title, detail } });
        }
        ConfigSays::Definition { members } => definition(members, visit),
        ConfigSays::Caching { members } => caching(members, visit),
        ConfigSays::Ungated { .. }
        | ConfigSays::Steps { .. }
        | ConfigSays::Requirements { .. }
        | ConfigSays::Dockerfile { .. } => {}
    }
}

/// Returns the operation that a method stands for. Of an unknown client it must be one that only one service has.
fn called(service: Option<&str>, method: &str) -> Option<(&'static Service, &'static str)> {
    if let Some(name) = service {
        let service = Service::named(name)?;
        return Some((service, service.operation(method)?));
    }
    let mut found = Service::all()
        .filter(|(name, _)| *name != "cloudformation")
        .filter_map(|(_, service)| Some((service, service.operation(method)?)));
    let first = found.next()?;
    (method.contains('_') && found.next().is_none()).then_some(first)
}

fn operation_takes(service: &'static Service, operation: &str, arguments: &Node, visit: &mut dyn FnMut(Strange)) {
    if let Some(slot) = service.takes(operation) {
        fits(service, operation, slot, arguments, visit);
    }
}

fn fits(service: &'static Service, name: &str, slot: Slot, node: &Node, visit: &mut dyn FnMut(Strange)) {
    walk::node(&Subject { name, service }, slot, node, visit);
    other_namespace(name, node, visit);
}

/// A scalable dimension begins with the namespace of its service; the enum alone does not tell.
fn other_namespace(name: &str, node: &Node, visit: &mut dyn FnMut(Strange)) {
    let word = |member: &str| node.get(member).and_then(Node::word);
    let (Some(namespace), Some(dimension)) = (word("ServiceNamespace"), word("ScalableDimension")) else { return };
    let Some(service) = Service::named("application-autoscaling") else { return };
    let slot = service.takes("RegisterScalableTarget").and_then(|slot| slot.member("ScalableDimension"));
    let known = slot.and_then(Slot::values).unwrap_or_default();
    if !known.contains(&dimension) || dimension.split(':').next() == Some(namespace) {
        return;
    }
    let own: Vec<&str> = known.iter().copied().filter(|other| other.split(':').next() == Some(namespace)).collect();
    let title = format!("ScalableDimension of {name} is {dimension}, which namespace {namespace} does not have");
    let unknown = Unknown { title, detail: by_the_table(&format!("AWS knows {}", own.join(", "))) };
    let line = node.get("ScalableDimension").and_then(|node| node.line);
    visit(Strange { line, key: format!("{name} ScalableDimension={dimension}"), unknown });
}

fn sdk(class: &str, module: &str, arguments: &Node, visit: &mut dyn FnMut(Strange)) {
    let is_from = |package: &str| module == package || module.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'));
    let Some((_, _, known)) = dialect::CLASSES.iter().find(|(name, package, _)| *name == class && is_from(package)) else {
        return;
    };
    closed(&format!("{class} of the SageMaker SDK"), arguments, known, visit);
}

/// Holds names against a closed list.
fn closed(what: &str, node: &Node, known: &[&str], visit: &mut dyn FnMut(Strange)) {
    for (name, inner) in node.members().iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        let unknown = Unknown { title: format!("{what} has no field {name}"), detail: instead(name, known) };
        visit(Strange { line: inner.line.or(node.line), key: format!("{what}.{name}"), unknown });
    }
}

fn caching(members: &Node, visit: &mut dyn FnMut(Strange)) {
    closed("CacheConfig of a pipeline's step", members, dialect::CACHE_CONFIG, visit);
}

fn definition(members: &Node, visit: &mut dyn FnMut(Strange)) {
    closed("a pipeline definition", members, dialect::DEFINITION, visit);
    steps(members.get("Steps"), visit);
}

fn steps(list: Option<&Node>, visit: &mut dyn FnMut(Strange)) {
    for step in list.map(Node::items).unwrap_or_default() {
        if let Some(cache) = step.get("CacheConfig") {
            caching(cache, visit);
        }
        let kind = step.get("Type").and_then(Node::word).unwrap_or_default();
        let Some(arguments) = step.get("Arguments") else { continue };
        if let Some((_, operation)) = dialect::STEPS.iter().find(|(name, _)| *name == kind)
            && let Some(service) = Service::named("sagemaker")
        {
            operation_takes(service, operation, arguments, visit);
        }
        for branch in ["IfSteps", "ElseSteps"] {
            steps(arguments.get(branch), visit);
        }
    }
}
