//! Holding the options of an AWS CLI command against what its operation takes.

use super::walk::{self, Strange, Subject};
use super::{Unknown, by_the_table, instead};
use crate::aws::{Service, dialect};
use crate::fact::config::{Node, Value};

/// Gives every option that neither the operation nor every command has, and every value that is none of its enum.
pub(super) fn options(service: &'static Service, operation: &str, options: &Node, visit: &mut dyn FnMut(Strange)) {
    let Some((slot, known)) = service.takes(operation).and_then(|slot| Some((slot, slot.members()?))) else { return };
    let own = dialect::OWN_OPTIONS.iter().find(|(name, _)| *name == operation).map(|(_, options)| *options).unwrap_or_default();
    for (option, node) in options.members() {
        if dialect::OPTIONS.contains(&option.as_str()) || own.contains(&option.as_str()) {
            continue;
        }
        // `--no-x` is the switch that turns `x` off; an option may be cut where it stays the only one that begins so.
        let named = |option: &str| known.iter().find(|member| begins(member, option));
        if let Some(member) = named(option).or_else(|| option.strip_prefix("no-").and_then(named)) {
            let members = Value::Members(vec![((*member).to_owned(), node.clone())]);
            let subject = Subject { name: operation, service };
            walk::node(&subject, slot, &Node { line: node.line, value: members }, visit);
        } else {
            let title = format!("{operation} has no option --{option}");
            let unknown = Unknown { title, detail: by_the_table(&instead(option, &known)) };
            visit(Strange { line: node.line, key: format!("{operation} --{option}"), unknown });
        }
    }
}

/// Returns whether a member's name begins as an option does: `TrainingJobName`, `training-job-name`.
fn begins(member: &str, option: &str) -> bool {
    let mut letters = member.chars().map(|c| c.to_ascii_lowercase());
    option.chars().filter(|c| *c != '-').all(|c| letters.next() == Some(c))
}
