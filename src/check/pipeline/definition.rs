//! The steps of pipeline definitions as they are written, with what they read and write by literal path.

use crate::case::Case;
use crate::case::said::Said;
use crate::fact::config::{ConfigSays, ConfigStatement, Node};

/// A step as a definition has it.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) line: Option<u32>,
    pub(super) node: &'a Node,
}

/// Returns the definitions of the case and where they stand.
pub(super) fn all(case: &Case) -> impl Iterator<Item = (&Said<ConfigStatement>, &Node)> {
    case.written.iter().filter_map(|said| match &said.says.says {
        ConfigSays::Definition { members } => Some((said, members)),
        _ => None,
    })
}

/// Returns the steps of a definition, those in branches of conditions included.
pub(super) fn steps(definition: &Node) -> Vec<Step<'_>> {
    let mut found = Vec::new();
    collect(definition.get("Steps"), &mut found);
    found
}

fn collect<'a>(list: Option<&'a Node>, into: &mut Vec<Step<'a>>) {
    for node in list.map(Node::items).unwrap_or_default() {
        let word = |name: &str| node.get(name).and_then(Node::word);
        if let Some(name) = word("Name") {
            let line = node.get("Name").and_then(|name| name.line).or(node.line);
            into.push(Step { name, kind: word("Type").unwrap_or("an unknown type"), line, node });
        }
        for branch in ["IfSteps", "ElseSteps"] {
            collect(node.get("Arguments").and_then(|arguments| arguments.get(branch)), into);
        }
    }
}

impl<'a> Step<'a> {
    /// Returns the paths that it reads, with their lines.
    pub(super) fn reads(self) -> Vec<(&'a str, Option<u32>)> {
        let Some(arguments) = self.node.get("Arguments") else { return Vec::new() };
        let inputs = items(arguments, "ProcessingInputs").filter_map(|input| input.get("S3Input")?.get("S3Uri"));
        let channels = items(arguments, "InputDataConfig").filter_map(|channel| source(channel));
        let transform = arguments.get("TransformInput").and_then(source);
        inputs.chain(channels).chain(transform).filter_map(path).collect()
    }

    /// Returns the paths that it writes, with their lines. A training job writes below its path, under its own name.
    pub(super) fn writes(self) -> Vec<(&'a str, Option<u32>)> {
        let Some(arguments) = self.node.get("Arguments") else { return Vec::new() };
        let outputs = arguments.get("ProcessingOutputConfig").into_iter().flat_map(|config| items(config, "Outputs"));
        let outputs = outputs.filter_map(|output| output.get("S3Output")?.get("S3Uri"));
        let transform = arguments.get("TransformOutput").and_then(|output| output.get("S3OutputPath"));
        outputs.chain(transform).filter_map(path).collect()
    }

    /// Returns whether it waits for another step by name.
    pub(super) fn waits_for(self, other: &str) -> bool {
        self.node.get("DependsOn").map(Node::items).unwrap_or_default().iter().any(|name| name.word() == Some(other))
    }
}

fn items<'a>(node: &'a Node, name: &str) -> impl Iterator<Item = &'a Node> {
    node.get(name).map(Node::items).unwrap_or_default().iter()
}

fn source(channel: &Node) -> Option<&Node> {
    channel.get("DataSource")?.get("S3DataSource")?.get("S3Uri")
}

fn path(node: &Node) -> Option<(&str, Option<u32>)> {
    let word = node.word().filter(|word| word.starts_with("s3://"))?;
    Some((word.trim_end_matches('/'), node.line))
}
