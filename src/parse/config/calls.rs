//! What a script asks of AWS: calls of clients and what it looks for in their answers, objects of the SDK.
//!
//! A name stands for a client, an answer or a dict only if the whole file gives it no other meaning; of anything else nothing is
//! said, except of calls whose named arguments are spelled as AWS spells them.

use std::collections::BTreeMap;

use super::super::Context;
use super::super::sink::Sink;
use super::on;
use super::python::{self, Token, What};
use super::tree::DEEPEST;
use crate::evidence::citation::Locator;
use crate::fact::config::{ConfigSays, Hop, Node, Value};

/// Tokens of a dict that is kept to be spread out, and how often dicts are spread: so a file cannot become more than it is.
const LARGEST_DICT: usize = 2_000;
const SPREADS: u32 = 1_000;

/// Tokens that are looked at to understand a loop.
const LONGEST_LOOP: usize = 200;

/// Names and calls in a row, `a.b().c`; nobody writes as many.
const LONGEST_CHAIN: usize = 50;

/// Statements that are kept of one file; a file with more was not written by hand.
const MOST: usize = 5_000;

/// Named arguments that are kept of one call, and of all calls of one file: no operation takes as many.
const MOST_ARGUMENTS: usize = 500;
const ALL_ARGUMENTS: usize = 20_000;

/// Tokens of an argument that is looked into.
const LONGEST_ARGUMENT: usize = 20_000;

/// What a name or expression stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Held {
    /// A client of a service.
    Client(String),
    /// What a method of a client answered, or a part of it.
    Answer { service: String, method: String, path: Vec<Hop> },
    /// A dict that is written out.
    Dict(Node),
    /// Anything else, or several things.
    Unknown,
}

/// A script, as far as its names are understood.
#[derive(Default)]
struct Script {
    bound: BTreeMap<String, Held>,
    /// Names imported from the SDK: module and own name.
    imported: BTreeMap<String, (String, String)>,
    said: Vec<(u32, ConfigSays)>,
    spreads: u32,
    /// Arguments that are kept.
    kept: usize,
    /// The first line of which not all is looked at.
    cut: Option<u32>,
}

/// States what a script says.
pub(super) fn say(tokens: &[Token], cx: &Context<'_>, sink: &mut Sink) {
    let script = script(tokens);
    if script.said.len() >= MOST {
        sink.note(Locator::Whole, format!("only its first {MOST} calls are looked at"));
    }
    if tokens.len() >= python::MOST {
        sink.note(
            on(tokens.last().map(|token| token.line)),
            "it is longer than anybody writes: nothing from here on is looked at",
        );
    }
    if let Some(line) = script.cut {
        let what = format!(
            "here or behind it not all is looked at: of a call the first {MOST_ARGUMENTS} arguments, of all {ALL_ARGUMENTS}, and brackets {DEEPEST} deep"
        );
        sink.note(on(Some(line)), what);
    }
    for (line, says) in script.said {
        super::say(says, &on(Some(line)), cx, sink);
    }
}

fn script(tokens: &[Token]) -> Script {
    let mut script = Script::default();
    let statements = tokens.split(|token| token.what == What::End).filter(|one| !one.is_empty());
    let (statements, deep): (Vec<&[Token]>, Vec<&[Token]>) = statements.partition(|one| is_flat(one));
    for statement in &statements {
        script.import(statement);
        script.bind(statement);
        // Only afterwards is it known which names have one meaning.
        script.said.clear();
    }
    script.spreads = 0;
    script.kept = 0;
    script.cut = deep.first().and_then(|one| one.first()).map(|token| token.line);
    for statement in &statements {
        script.visit(statement);
    }
    script.said.extend(super::steps::of(&statements));
    script.said.truncate(MOST);
    script
}

impl Script {
    /// Notes what a statement imports from the SDK.
    fn import(&mut self, statement: &[Token]) {
        let [Token { what: What::Name(from), .. }, rest @ ..] = statement else { return };
        if from != "from" {
            return;
        }
        let Some(at) = rest.iter().position(|token| is_name(token, "import")) else { return };
        let module: String = rest[..at].iter().map(|token| name(token).unwrap_or(".")).collect();
        if module.split('.').next() != Some("sagemaker") {
            return;
        }
        for piece in split(&rest[at + 1..]) {
            let names: Vec<&str> = piece.iter().filter_map(name).collect();
            match names[..] {
                [own] => drop(self.imported.insert(own.to_owned(), (module.clone(), own.to_owned()))),
                [own, "as", alias] => drop(self.imported.insert(alias.to_owned(), (module.clone(), own.to_owned()))),
                _ => {}
            }
        }
    }

    /// Notes what names a statement gives a meaning to.
    fn bind(&mut self, statement: &[Token]) {
        for (at, token) in statement.iter().enumerate() {
            match name(token) {
                Some("as") => self.give(statement.get(at + 1).and_then(name), Held::Unknown),
                Some("for") => self.bind_loop(&statement[at + 1..]),
                _ => {}
            }
        }
        if statement.first().and_then(name).is_some_and(|word| word == "def" || word == "async") {
            let open = statement.iter().position(|token| is_sign(token, "(")).map_or(statement.len(), |at| at + 1);
            for parameter in split(inside(statement, open)) {
                self.give(parameter.iter().find_map(name), Held::Unknown);
            }
            return;
        }
        let Some(at) = outside(statement).find(|at| is_sign(&statement[*at], "=")) else { return };
        let (target, value) = (&statement[..at], &statement[at + 1..]);
        // `x: T = …` is `x = …`.
        let target = target.split(|token| is_sign(token, ":")).next().unwrap_or(target);
        if let Some(dotted) = dotted(target) {
            let held = self.evaluate(value);
            self.give(Some(&dotted), held);
        } else if !target.iter().any(|token| is_sign(token, "[")) {
            for piece in split(target) {
                self.give(dotted(piece).as_deref(), Held::Unknown);
            }
        }
    }

    /// Notes what `x in …:` makes of a name.
    fn bind_loop(&mut self, rest: &[Token]) {
        let rest = &rest[..rest.len().min(LONGEST_LOOP)];
        let Some(at) = rest.iter().position(|token| is_name(token, "in")) else { return };
        let ends = |token: &Token| is_sign(token, ":") || is_sign(token, "]") || is_sign(token, ")") || is_sign(token, "}");
        let [Token { what: What::Name(target), .. }] = &rest[..at] else {
            return rest[..at].iter().filter_map(name).for_each(|name| self.give(Some(name), Held::Unknown));
        };
        let mut end = at + 1;
        let mut depth = 0_i32;
        while end < rest.len() && !(depth == 0 && ends(&rest[end])) {
            depth += turn(&rest[end]);
            end += 1;
        }
        let held = match self.evaluate(&rest[at + 1..end]) {
            Held::Answer { service, method, mut path } if !path.is_empty() => {
                path.push(Hop::Item);
                Held::Answer { service, method, path }
            }
            _ => Held::Unknown,
        };
        self.give(Some(target), held);
    }

    /// Returns the one thing that a name stands for.
    fn meaning(&self, name: &str) -> Option<Held> {
        self.bound.get(name).filter(|held| **held != Held::Unknown).cloned()
    }

    fn give(&mut self, name: Option<&str>, held: Held) {
        let Some(name) = name else { return };
        let known = self.bound.entry(name.to_owned()).or_insert_with(|| held.clone());
        if *known != held {
            *known = Held::Unknown;
        }
    }

    /// Returns what an expression stands for, if all of it is understood.
    fn evaluate(&mut self, tokens: &[Token]) -> Held {
        if tokens.first().is_some_and(|token| is_sign(token, "{")) {
            let node = if tokens.len() > LARGEST_DICT { Node::other(None) } else { value(tokens, 0) };
            return if matches!(node.value, Value::Members(_)) { Held::Dict(node) } else { Held::Unknown };
        }
        let (held, end) = self.primary(tokens, 0);
        if end == tokens.len() { held } else { Held::Unknown }
    }

    /// Visits every expression of a statement.
    fn visit(&mut self, statement: &[Token]) {
        for at in 0..statement.len() {
            if self.said.len() >= MOST {
                return;
            }
            let follows_dot = at > 0 && is_sign(&statement[at - 1], ".");
            if name(&statement[at]).is_some() && !follows_dot {
                self.primary(statement, at);
            }
            self.caching(&statement[at..]);
        }
    }

    /// Reads `"CacheConfig": {…}` and `CacheConfig={…}`.
    fn caching(&mut self, tokens: &[Token]) {
        let [named, sign, open, ..] = tokens else { return };
        let is_named = matches!(&named.what, What::Name(text) | What::Text(text) if text == "CacheConfig");
        if !is_named || !(is_sign(sign, ":") || is_sign(sign, "=")) || !is_sign(open, "{") {
            return;
        }
        let members = value(tokens.get(2..=close(tokens, 2)).unwrap_or_default(), 0);
        if members.get("Enabled").or_else(|| members.get("ExpireAfter")).is_some() {
            self.said.push((named.line, ConfigSays::Caching { members }));
        }
    }

    /// Reads a name and what follows it: members, calls, positions. Returns what it stands for, and where it ends.
    fn primary(&mut self, tokens: &[Token], at: usize) -> (Held, usize) {
        let Some(first) = tokens.get(at).and_then(name) else { return (Held::Unknown, at) };
        let mut dotted = first.to_owned();
        let mut held = self.meaning(first);
        let mut method: Option<&str> = None;
        let (mut at, mut line) = (at + 1, tokens[at].line);
        let mut looked = None;
        for _ in 0..LONGEST_CHAIN {
            let Some(token) = tokens.get(at) else { break };
            match &token.what {
                What::Sign(".") => {
                    let Some(next) = tokens.get(at + 1).and_then(name) else { break };
                    line = tokens[at + 1].line;
                    dotted = format!("{dotted}.{next}");
                    match held {
                        Some(Held::Client(_) | Held::Answer { .. }) => method = Some(next),
                        _ => held = self.meaning(&dotted),
                    }
                    at += 2;
                }
                What::Sign("(") => {
                    let end = close(tokens, at);
                    held = Some(self.call(held, method.take(), &dotted, between(tokens, at, end), line));
                    looked = looked_into(held.as_ref(), line).or(looked);
                    at = end + 1;
                }
                What::Sign("[") => {
                    let end = close(tokens, at);
                    if let Some(Held::Answer { path, .. }) = &mut held {
                        path.push(match between(tokens, at, end) {
                            [Token { what: What::Text(name), .. }] => Hop::Member(name.clone()),
                            _ => Hop::Item,
                        });
                        looked = looked_into(held.as_ref(), line).or(looked);
                    } else {
                        held = None;
                    }
                    at = end + 1;
                }
                _ => break,
            }
        }
        self.said.extend(looked);
        // `sm.describe_endpoint` without a call is no answer.
        let whole = if method.is_some() { None } else { held };
        (whole.unwrap_or(Held::Unknown), at.min(tokens.len()))
    }

    /// Reads a call; returns what it gives.
    fn call(&mut self, on: Option<Held>, method: Option<&str>, dotted: &str, inside: &[Token], line: u32) -> Held {
        let first = split(inside).next().unwrap_or_default();
        let last = dotted.rsplit('.').next().unwrap_or(dotted);
        match (on, method) {
            (Some(Held::Client(service)), Some(method)) => {
                let arguments = self.arguments(inside, line);
                let says = ConfigSays::Call { service: Some(service.clone()), method: method.to_owned(), line, arguments };
                self.said.push((line, says));
                Held::Answer { service, method: method.to_owned(), path: Vec::new() }
            }
            (Some(Held::Answer { service, method, mut path }), Some("get")) => {
                path.push(match first {
                    [Token { what: What::Text(name), .. }] => Hop::Member(name.clone()),
                    _ => return Held::Unknown,
                });
                Held::Answer { service, method, path }
            }
            (Some(_), _) => Held::Unknown,
            (None, _) if dotted.ends_with(".client") => match first {
                [Token { what: What::Text(service), .. }] => Held::Client(service.clone()),
                [named, equals, Token { what: What::Text(service), .. }]
                    if is_name(named, "service_name") && is_sign(equals, "=") =>
                {
                    Held::Client(service.clone())
                }
                _ => Held::Unknown,
            },
            (None, _) => {
                let arguments = self.arguments(inside, line);
                let whole = self.imported.get(dotted).cloned().or_else(|| {
                    let module = dotted.strip_suffix(last)?.trim_end_matches('.');
                    module.starts_with("sagemaker.").then(|| (module.to_owned(), last.to_owned()))
                });
                if let Some((module, class)) = whole {
                    self.said.push((line, ConfigSays::Make { class, module, arguments }));
                } else if dotted.contains('.') && arguments.members().iter().any(|(name, _)| is_aws_name(name)) {
                    self.said.push((line, ConfigSays::Call { service: None, method: last.to_owned(), line, arguments }));
                }
                Held::Unknown
            }
        }
    }

    /// Reads named arguments; a dict that is spread out adds its members.
    fn arguments(&mut self, inside: &[Token], line: u32) -> Node {
        let mut members = Vec::new();
        for piece in split(inside) {
            if members.len() >= MOST_ARGUMENTS || self.kept + members.len() >= ALL_ARGUMENTS || piece.len() > LONGEST_ARGUMENT {
                self.cut.get_or_insert(line);
                break;
            }
            match piece {
                [Token { what: What::Name(name), line, .. }, equals, rest @ ..] if is_sign(equals, "=") => {
                    members.push((name.clone(), Node { line: Some(*line), ..value(rest, 0) }));
                }
                [stars, rest @ ..] if is_sign(stars, "**") && self.spreads < SPREADS => {
                    self.spreads += 1;
                    let spread = match (dotted(rest).and_then(|name| self.bound.get(&name)), rest.first()) {
                        (Some(Held::Dict(node)), _) => node.members().to_vec(),
                        (None, Some(open)) if is_sign(open, "{") => value(rest, 0).members().to_vec(),
                        _ => Vec::new(),
                    };
                    members.extend(spread);
                }
                _ => {}
            }
        }
        self.kept += members.len();
        Node { line: Some(line), value: Value::Members(members) }
    }
}

/// Returns what a look into an answer says.
fn looked_into(held: Option<&Held>, line: u32) -> Option<(u32, ConfigSays)> {
    match held {
        Some(Held::Answer { service, method, path }) if !path.is_empty() => {
            let says = ConfigSays::Look { service: service.clone(), method: method.clone(), path: path.clone(), line };
            Some((line, says))
        }
        _ => None,
    }
}

/// Returns whether brackets lie in each other only as deep as people write them.
fn is_flat(statement: &[Token]) -> bool {
    let mut depth = 0_i32;
    statement.iter().all(|token| {
        depth += turn(token);
        usize::try_from(depth).unwrap_or_default() <= DEEPEST
    })
}

/// Reads a literal; what is no literal is something else.
fn value(tokens: &[Token], depth: usize) -> Node {
    let line = tokens.first().map(|token| token.line);
    let Some(first) = tokens.first().filter(|_| depth < DEEPEST) else { return Node::other(line) };
    let spans = |sign| is_sign(first, sign) && close(tokens, 0) + 1 == tokens.len();
    if spans("{") {
        let mut members = Vec::new();
        for piece in split(&tokens[1..tokens.len() - 1]) {
            if piece.iter().any(|token| is_name(token, "for")) && !piece.iter().any(|token| is_sign(token, "{")) {
                return Node::other(line);
            }
            if let [Token { what: What::Text(name), line, .. }, colon, rest @ ..] = piece
                && is_sign(colon, ":")
            {
                members.push((name.clone(), Node { line: Some(*line), ..value(rest, depth + 1) }));
            }
        }
        return Node { line, value: Value::Members(members) };
    }
    if spans("[") {
        let items = split(&tokens[1..tokens.len() - 1]).map(|piece| {
            let end = outside(piece).find(|at| is_name(&piece[*at], "for")).unwrap_or(piece.len());
            value(&piece[..end], depth + 1)
        });
        return Node { line, value: Value::Items(items.collect()) };
    }
    if is_name(first, "dict") && tokens.get(1).is_some_and(|open| is_sign(open, "(")) && close(tokens, 1) + 1 == tokens.len() {
        let members = split(&tokens[2..tokens.len() - 1]).filter_map(|piece| match piece {
            [Token { what: What::Name(name), line, .. }, equals, rest @ ..] if is_sign(equals, "=") => {
                Some((name.clone(), Node { line: Some(*line), ..value(rest, depth + 1) }))
            }
            _ => None,
        });
        return Node { line, value: Value::Members(members.collect()) };
    }
    if let [Token { what: What::Name(name), .. }] = tokens
        && matches!(name.as_str(), "True" | "False")
    {
        return Node::text(line, &name.to_lowercase());
    }
    // Texts side by side are one text.
    let texts: Option<Vec<&str>> = tokens
        .iter()
        .map(|token| match &token.what {
            What::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    texts.map_or_else(|| Node::other(line), |texts| Node::text(line, &texts.concat()))
}

/// Returns whether a named argument is spelled as AWS spells members; Python's own are in lower case.
fn is_aws_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.contains(|c: char| c.is_ascii_lowercase())
}

fn name(token: &Token) -> Option<&str> {
    match &token.what {
        What::Name(name) => Some(name),
        _ => None,
    }
}

fn is_name(token: &Token, wanted: &str) -> bool {
    name(token) == Some(wanted)
}

fn is_sign(token: &Token, wanted: &str) -> bool {
    matches!(token.what, What::Sign(sign) if sign == wanted)
}

/// Returns by how much a token changes the depth of brackets.
fn turn(token: &Token) -> i32 {
    match token.what {
        What::Sign("(" | "[" | "{") => 1,
        What::Sign(")" | "]" | "}") => -1,
        _ => 0,
    }
}

/// Returns the position of the bracket that closes the one at `open`, or the end where none does.
fn close(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        depth += turn(token);
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

/// Returns the tokens between two positions.
fn between(tokens: &[Token], open: usize, end: usize) -> &[Token] {
    tokens.get(open + 1..end).unwrap_or_default()
}

/// Returns what stands between the bracket before `from` and the one that closes it.
fn inside(tokens: &[Token], from: usize) -> &[Token] {
    if from == 0 || from > tokens.len() {
        return &[];
    }
    let end = close(tokens, from - 1);
    tokens.get(from..end).unwrap_or_default()
}

/// Returns the positions outside brackets.
fn outside(tokens: &[Token]) -> impl Iterator<Item = usize> {
    let mut depth = 0;
    (0..tokens.len()).filter(move |at| {
        let before = depth;
        depth += turn(&tokens[*at]);
        before == 0 && depth == 0
    })
}

/// Splits at the commas outside brackets.
fn split(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let commas: Vec<usize> = outside(tokens).filter(|at| is_sign(&tokens[*at], ",")).chain([tokens.len()]).collect();
    let mut from = 0;
    commas.into_iter().filter_map(move |at| {
        let piece = &tokens[from..at];
        from = at + 1;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Returns `a.b.c`, if that is all.
fn dotted(tokens: &[Token]) -> Option<String> {
    let fits = tokens.iter().enumerate().all(|(at, token)| if at % 2 == 0 { name(token).is_some() } else { is_sign(token, ".") });
    let words: Vec<&str> = tokens.iter().filter_map(name).collect();
    (fits && tokens.len() % 2 == 1).then(|| words.join("."))
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
