//! Holding the options of an AWS CLI command against what its operation takes.

use super::walk::{self, Strange, Subject};
use super::{Unknown, by_the_table, instead};
use crate::aws::{Service, dialect};
use crate::fact::config::{Hop, Node, Value};

/// Gives every option that neither the operation nor every command has, and every value that is none of its enum.
pub(super) fn options(service: &'static Service, operation: &str, options: &Node, visit: &mut dyn FnMut(Strange)) {
    let Some((slot, known)) = service.takes(operation).and_then(|slot| Some((slot, slot.members()?))) else { return };
    let own = dialect::OWN_OPTIONS.iter().find(|(name, _)| *name == operation).map(|(_, options)| *options).unwrap_or_default();
    let subject = Subject { name: operation, service };
    for (option, node) in options.members() {
        if option == "cli-input-json" {
            walk::node(&subject, slot, node, visit);
        }
        if option == "query"
            && let Some(path) = node.word()
        {
            looked(&subject, operation, path, node.line, visit);
        }
        if dialect::OPTIONS.contains(&option.as_str()) || own.contains(&option.as_str()) {
            continue;
        }
        // `--no-x` is the switch that turns `x` off; an option may be cut where it stays the only one that begins so.
        let named = |option: &str| known.iter().find(|member| begins(member, option));
        if let Some(member) = named(option).or_else(|| option.strip_prefix("no-").and_then(named)) {
            let is_list = slot.member(member).is_some_and(|slot| slot.item().shape().is_some());
            let members = Value::Members(vec![((*member).to_owned(), if is_list { list(node) } else { node.clone() })]);
            walk::node(&subject, slot, &Node { line: node.line, value: members }, visit);
        } else {
            let title = format!("{operation} has no option --{option}");
            let unknown = Unknown { title, detail: by_the_table(&instead(option, &known)) };
            visit(Strange { line: node.line, key: format!("{operation} --{option}"), unknown });
        }
    }
}

/// Gives what a query of names and dots looks for and the answer does not have.
fn looked(subject: &Subject<'_>, operation: &str, path: &str, line: Option<u32>, visit: &mut dyn FnMut(Strange)) {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !path.split('.').all(is_name) {
        return;
    }
    let Some(slot) = subject.service.answers(operation) else { return };
    let path: Vec<Hop> = path.split('.').map(|name| Hop::Member(name.to_owned())).collect();
    let subject = Subject { name: &format!("the answer of {operation}"), service: subject.service };
    walk::look(&subject, slot, &path, line.unwrap_or_default()).into_iter().for_each(visit);
}

/// Returns a value as the list that it is for the AWS CLI: what stands alone is its only element.
fn list(node: &Node) -> Node {
    match &node.value {
        Value::Items(_) => node.clone(),
        _ => Node { line: node.line, value: Value::Items(vec![node.clone()]) },
    }
}

/// Returns whether a member's name begins as an option does: `TrainingJobName`, `training-job-name`.
fn begins(member: &str, option: &str) -> bool {
    let mut letters = member.chars().map(|c| c.to_ascii_lowercase());
    option.chars().filter(|c| *c != '-').all(|c| letters.next() == Some(c))
}
