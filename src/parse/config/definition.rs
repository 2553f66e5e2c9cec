//! Pipeline definitions.

use super::super::Context;
use super::super::sink::Sink;
use super::tree::Tree;
use super::{json, say};
use crate::evidence::citation::Locator;
use crate::fact::config::ConfigSays;

/// Reads a definition that was saved as it is; an answer that holds one as a text is left to [`of_text`].
pub(in crate::parse) fn of_element(text: &[u8], has_lines: bool, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let Ok(tree) = json::read(text, has_lines) else { return };
    if tree.get("Steps").is_some() {
        said(&tree, place, cx, sink);
    }
}

/// Reads a definition that an answer, a request or a template holds as a text: it has no lines.
pub(in crate::parse) fn of_text(text: &str, place: &Locator, cx: &Context<'_>, sink: &mut Sink) -> Result<(), String> {
    said(&json::read(text.as_bytes(), false)?, place, cx, sink);
    Ok(())
}

/// Returns what a definition asks of AWS that a record holds as a text.
pub(in crate::parse) fn says(text: &str) -> Result<ConfigSays, String> {
    Ok(ConfigSays::Definition { members: json::read(text.as_bytes(), false)?.node(&is_variable) })
}

fn said(tree: &Tree, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    say(ConfigSays::Definition { members: tree.node(&is_variable) }, place, cx, sink);
}

/// Returns whether a value is worked out when the pipeline runs: `{"Get": …}`, `{"Std:Join": …}`.
fn is_variable(tree: &Tree) -> bool {
    matches!(tree.members(), [(name, _)] if name == "Get" || name.starts_with("Std:"))
}
