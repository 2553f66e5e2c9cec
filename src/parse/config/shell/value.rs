//! Values of options of the AWS CLI: words, JSON, and its shorthand (`Name=a,Values=b,c,Limits={Low=1}`).

use super::super::json;
use super::super::tree::Tree;
use super::commands::Word;
use crate::fact::config::{Node, Value};

/// How deep values lie in each other; nobody writes as deep by hand.
const DEEPEST: usize = 10;

/// Reads the words that follow an option. `text` is the script that they stand in.
pub(super) fn of(words: &[Word], line: u32, text: &str) -> Node {
    let line = Some(line);
    match words {
        [] => Node::other(line),
        [word] => one(word, line, text),
        several if several.len() > MOST => Node::other(line),
        several => Node { line, value: Value::Items(several.iter().map(|word| one(word, Some(word.line), text)).collect()) },
    }
}

/// Words of one option that are kept; no list of AWS is as long.
const MOST: usize = 200;

fn one(word: &Word, line: Option<u32>, text: &str) -> Node {
    let own = word.text.trim();
    if own.starts_with(['{', '[']) {
        let value = json::read(own.as_bytes(), false).map(|tree| of_tree(&tree, line, !word.open));
        return value.unwrap_or_else(|_| Node::other(line));
    }
    // A file is read when the script runs.
    if own.starts_with("file://") || own.starts_with("fileb://") {
        return Node::other(line);
    }
    if let Some(node) = (Shorthand { rest: own, line, is_known: !word.open }).whole() {
        let raw = text.get(word.from..word.to).unwrap_or_default();
        return if word.open && !are_written(&node, raw) { Node::other(line) } else { node };
    }
    if word.open { Node::other(line) } else { Node::text(line, own) }
}

/// Returns JSON as a fact keeps it. What a variable stands in is not known.
fn of_tree(tree: &Tree, line: Option<u32>, is_known: bool) -> Node {
    let mut node = tree.node(&|_| false);
    place(&mut node, line, is_known);
    node
}

fn place(node: &mut Node, line: Option<u32>, is_known: bool) {
    node.line = line;
    match &mut node.value {
        Value::Members(members) => members.iter_mut().for_each(|(_, node)| place(node, line, is_known)),
        Value::Items(items) => items.iter_mut().for_each(|node| place(node, line, is_known)),
        Value::Text(_) if !is_known => node.value = Value::Other,
        Value::Text(_) | Value::Other => {}
    }
}

/// Returns whether the names of a value stand in a word as they are, and not in a variable.
fn are_written(node: &Node, raw: &str) -> bool {
    let raw = raw.trim_start_matches(['"', '\'']);
    let stands = |name: &str| {
        raw.match_indices(name).any(|(at, _)| {
            let before = raw[..at].chars().next_back();
            raw[at + name.len()..].starts_with('=') && before.is_none_or(|c| matches!(c, ',' | '{' | '[' | '"' | '\''))
        })
    };
    node.members().iter().all(|(name, inner)| stands(name) && are_written(inner, raw))
        && node.items().iter().all(|inner| are_written(inner, raw))
}

/// The shorthand, as `awscli.shorthand` reads it.
struct Shorthand<'a> {
    rest: &'a str,
    line: Option<u32>,
    /// Whether values stand there as they are.
    is_known: bool,
}

impl<'a> Shorthand<'a> {
    /// Reads all of it; nothing where it is none.
    fn whole(mut self) -> Option<Node> {
        let node = self.members(None, 0)?;
        self.rest.is_empty().then_some(node)
    }

    /// Reads names and values up to the end or a bracket.
    fn members(&mut self, end: Option<char>, depth: usize) -> Option<Node> {
        let mut members = Vec::new();
        loop {
            let name = self.name()?;
            members.push((name.to_owned(), self.values(end, depth)?));
            match end {
                _ if self.eat(',') => {}
                Some(end) if self.eat(end) => break,
                None if self.rest.is_empty() => break,
                _ => return None,
            }
        }
        Some(Node { line: self.line, value: Value::Members(members) })
    }

    /// Reads `name=`.
    fn name(&mut self) -> Option<&'a str> {
        let (name, rest) = name(self.rest)?;
        self.rest = rest;
        Some(name)
    }

    /// Reads a value, or several with commas between them: up to the next name.
    fn values(&mut self, end: Option<char>, depth: usize) -> Option<Node> {
        let mut items = vec![self.value(end, depth)?];
        // `a,b=c` begins a new member; a comma at the end ends a list.
        while let Some(rest) = self.rest.strip_prefix(',').filter(|rest| name(rest).is_none()) {
            self.rest = rest;
            if !(rest.is_empty() || end.is_some_and(|end| rest.starts_with(end))) {
                items.push(self.value(end, depth)?);
            }
        }
        Some(if items.len() == 1 { items.remove(0) } else { Node { line: self.line, value: Value::Items(items) } })
    }

    fn value(&mut self, end: Option<char>, depth: usize) -> Option<Node> {
        if depth > DEEPEST {
            return None;
        }
        if self.eat('{') {
            return self.members(Some('}'), depth + 1);
        }
        if self.eat('[') {
            let mut items = Vec::new();
            while !self.eat(']') {
                items.push(self.value(Some(']'), depth + 1)?);
                if !self.eat(',') && !self.rest.starts_with(']') {
                    return None;
                }
            }
            return Some(Node { line: self.line, value: Value::Items(items) });
        }
        let (text, rest) = if let Some(quote @ ('"' | '\'')) = self.rest.chars().next() {
            self.rest[1..].split_once(quote)?
        } else {
            let length = self.rest.find(|c| c == ',' || Some(c) == end).unwrap_or(self.rest.len());
            self.rest.split_at(length)
        };
        self.rest = rest;
        Some(if self.is_known { Node::text(self.line, text.trim()) } else { Node::other(self.line) })
    }

    fn eat(&mut self, sign: char) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// Splits a text that begins with `name=`.
fn name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.trim_start().split_once('=')?;
    // `name@=` takes the value from a file.
    let name = name.strip_suffix('@').unwrap_or(name).trim_end();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    is_name.then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    /// Reads what follows the first word, and writes it as JSON does; what is not kept as `?`.
    fn value(script: &str) -> String {
        let words = read(script).commands.remove(0);
        written(&of(&words[1..], 1, script))
    }

    fn written(node: &Node) -> String {
        match &node.value {
            Value::Members(members) => {
                let members = members.iter().map(|(name, node)| format!("{name}:{}", written(node)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(" "))
            }
            Value::Items(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(" ")),
            Value::Text(text) => text.clone(),
            Value::Other => "?".to_owned(),
        }
    }

    #[test]
    fn values_are_read_as_the_cli_reads_them() {
        for (script, expected) in [
            ("x p95", "p95"),
            ("x Average Maximum", "[Average Maximum]"),
            ("x VariantName=Blue,DesiredWeight=1", "{VariantName:Blue DesiredWeight:1}"),
            ("x Name=a,Values=b,c Name=d", "[{Name:a Values:[b c]} {Name:d}]"),
            ("x 'Type=A,Limits={Low=1,High=2},Tags=[a,b]'", "{Type:A Limits:{Low:1 High:2} Tags:[a b]}"),
            ("x Name=\"'a, b'\",Other=c", "{Name:? Other:c}"),
            ("x '{\"A\": [{\"B\": \"c\"}], \"D\": 1}'", "{A:[{B:c}] D:?}"),
            // What a variable holds is not known; the names beside it are.
            ("x VariantName=$V,Weight=1", "{VariantName:? Weight:?}"),
            ("x \"VariantName=$V,Weight=${W}\"", "{VariantName:? Weight:?}"),
            ("x \"{\\\"A\\\": \\\"$V\\\"}\"", "{A:?}"),
            ("x $NAME=$VALUE", "?"),
            ("x A=1,$NAME=2", "?"),
            ("x ${P}Name=2", "?"),
            // Neither.
            ("x file://weights.json", "?"),
            ("x s3://risk-feat/train/dt=2026-10-06/", "s3://risk-feat/train/dt=2026-10-06/"),
            ("x '{\"A\": '", "?"),
            ("x 'cron(0 * ? * * *)'", "?"),
        ] {
            assert_eq!(value(script), expected, "{script}");
        }
        assert_eq!(value(&format!("x {}", "a ".repeat(MOST + 1))), "?");
        value(&format!("x A={}", "{A=".repeat(100)));
    }
}
