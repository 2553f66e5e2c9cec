//! Holding what a file says against what AWS's API takes.

use super::{Unknown, by_the_table, instead};
use crate::aws::Slot;
use crate::fact::config::{Hop, Node, Value};

/// Something of which AWS does not know the name or the value.
pub(super) struct Strange {
    /// Where it stands.
    pub(super) line: Option<u32>,
    /// What tells it from others.
    pub(super) key: String,
    pub(super) unknown: Unknown,
}

/// What is held against the API, in words: `CreateModel`, `AWS::SageMaker::Model`.
pub(super) struct Subject<'a> {
    pub(super) name: &'a str,
    /// The service, to say where else a name is known.
    pub(super) service: &'static crate::aws::Service,
}

/// Holds a value against a place in the API; gives everything that does not fit.
pub(super) fn node(subject: &Subject<'_>, slot: Slot, node: &Node, visit: &mut dyn FnMut(Strange)) {
    step(subject, slot, node, "", visit);
}

fn step(subject: &Subject<'_>, slot: Slot, node: &Node, path: &str, visit: &mut dyn FnMut(Strange)) {
    match &node.value {
        Value::Members(members) => {
            for (name, inner) in members {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match (slot.member(name), slot.members()) {
                    (Some(slot), _) => step(subject, slot, inner, &below, visit),
                    (None, Some(known)) => visit(unknown_member(subject, path, name, &known, inner.line.or(node.line))),
                    (None, None) => {}
                }
            }
        }
        Value::Items(items) => items.iter().for_each(|item| step(subject, slot.item(), item, path, visit)),
        Value::Text(text) => {
            if let Some(values) = slot.values()
                && !values.contains(&text.as_str())
            {
                visit(unknown_value(subject, path, text, values, node.line));
            }
        }
        Value::Other => {}
    }
}

/// Follows a look into an answer; returns what is not there.
pub(super) fn look(subject: &Subject<'_>, mut slot: Slot, path: &[Hop], line: u32) -> Option<Strange> {
    let mut shown = String::new();
    for hop in path {
        match hop {
            Hop::Item => slot = slot.item(),
            Hop::Member(name) => {
                slot = match (slot.member(name), slot.members()) {
                    (Some(next), _) => next,
                    // Every answer of a client carries its own metadata.
                    (None, Some(_)) if shown.is_empty() && name == "ResponseMetadata" => return None,
                    (None, Some(known)) => return Some(unknown_member(subject, &shown, name, &known, Some(line))),
                    (None, None) => return None,
                };
                shown = if shown.is_empty() { name.clone() } else { format!("{shown}.{name}") };
            }
        }
    }
    None
}

fn unknown_member(subject: &Subject<'_>, path: &str, name: &str, known: &[&str], line: Option<u32>) -> Strange {
    let whole = if path.is_empty() { subject.name.to_owned() } else { format!("{path} of {}", subject.name) };
    let elsewhere = subject.service.that_have(name, 2);
    let elsewhere = if elsewhere.is_empty() { String::new() } else { format!("; {name} is known in {}", elsewhere.join(", ")) };
    let detail = by_the_table(&format!("{}{elsewhere}", instead(name, known)));
    let unknown = Unknown { title: format!("{whole} has no field {name}"), detail };
    Strange { line, key: format!("{} {path}.{name}", subject.name), unknown }
}

fn unknown_value(subject: &Subject<'_>, path: &str, value: &str, known: &[&str], line: Option<u32>) -> Strange {
    let title = format!("{path} of {} has no value {value}", subject.name);
    let unknown = Unknown { title, detail: by_the_table(&instead(value, known)) };
    Strange { line, key: format!("{} {path}={value}", subject.name), unknown }
}
