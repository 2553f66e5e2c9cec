//! Steps that a script gives to a pipeline of the SDK, by their names.
//!
//! Only what cannot be otherwise is said: steps that stand in the list of one pipeline, or are added to it outside branches and
//! loops; under variables that are given a meaning once; made by a constructor with a written name, or by a function of the file that
//! returns nothing else.

use std::collections::BTreeMap;

use super::python::{Token, What};
use crate::fact::config::ConfigSays;

/// Steps of one pipeline that are looked at.
const MOST: usize = 500;

/// Words that begin what may run or not, or more than once.
const BRANCHES: [&str; 10] = ["if", "elif", "else", "for", "while", "try", "except", "finally", "match", "case"];

/// A name, in the function that it is of: by the position of its `def`, and nothing for the file itself.
type Own<'a> = (Option<usize>, &'a str);

/// A step: what tells it from others, its name and line.
type Step<'a> = (Item<'a>, (&'a str, u32));

/// What tells steps apart: one variable twice is one step, two calls are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item<'a> {
    Variable(Own<'a>),
    Call(usize, usize),
}

/// What a variable holds.
#[derive(Clone, Debug)]
enum Held<'a> {
    /// A step: its name and line.
    Step(&'a str, u32),
    /// A list, and what is added to it for sure.
    List(Vec<&'a [Token]>),
    /// Anything else, or several things.
    Unknown,
}

/// A statement and where it stands.
struct Statement<'a> {
    tokens: &'a [Token],
    /// The function that it is of.
    scope: Option<usize>,
    /// Whether it runs whenever the function does, and once.
    is_sure: bool,
}

/// What is known of the names of a script.
#[derive(Default)]
struct Names<'a> {
    held: BTreeMap<Own<'a>, Held<'a>>,
    /// The step that a function returns; nothing where it returns several things.
    made: BTreeMap<&'a str, Option<&'a str>>,
}

/// Returns the steps of every pipeline of a script that has two or more of known name.
pub(super) fn of(statements: &[&[Token]]) -> Vec<(u32, ConfigSays)> {
    if !statements.iter().any(|statement| statement.iter().any(|token| is(token, "Pipeline"))) {
        return Vec::new();
    }
    let statements = placed(statements);
    let mut names = Names::default();
    // Functions call functions that stand before or behind them; what they return they build themselves.
    for statement in &statements {
        names.bind(statement);
    }
    names.returns(&statements);
    for statement in &statements {
        names.bind_calls(statement);
    }
    for statement in &statements {
        names.grow(statement);
    }
    statements.iter().filter_map(|statement| names.pipeline(statement)).collect()
}

/// Finds out where statements stand, by their columns.
fn placed<'a>(statements: &[&'a [Token]]) -> Vec<Statement<'a>> {
    let mut around: Vec<(u32, Option<usize>, bool)> = Vec::new();
    let mut found: Vec<Statement<'a>> = Vec::new();
    // The line of a branch whose statements stand behind it.
    let mut branch = None;
    for tokens in statements {
        let Some(first) = tokens.first() else { continue };
        while around.last().is_some_and(|(column, ..)| *column >= first.column) {
            around.pop();
        }
        let (scope, is_sure) = around.last().map_or((None, true), |(_, scope, is_sure)| (*scope, *is_sure));
        let at = found.len();
        found.push(Statement { tokens, scope, is_sure: is_sure && branch != Some(first.line) });
        let word = word(first).unwrap_or_default();
        let is_branch = BRANCHES.contains(&word);
        if !tokens.last().is_some_and(|last| sign(last, ":")) {
            branch = is_branch.then_some(first.line).or(branch);
            continue;
        }
        let is_main = tokens.get(1).is_some_and(|token| is(token, "__name__"));
        match word {
            "def" | "async" => around.push((first.column, Some(at), true)),
            _ => around.push((first.column, scope, is_sure && (is_main || !is_branch))),
        }
    }
    found
}

impl<'a> Names<'a> {
    /// Gives a name a meaning; with a second one it has none.
    fn give(&mut self, own: Own<'a>, held: Held<'a>) {
        self.held.entry(own).and_modify(|known| *known = Held::Unknown).or_insert(held);
    }

    /// Notes what a statement makes of names, calls of functions excepted.
    fn bind(&mut self, statement: &Statement<'a>) {
        let Statement { tokens, scope, is_sure } = *statement;
        let own = |token: &'a Token| word(token).map(|name| (scope, name));
        for two in tokens.windows(2) {
            if is(&two[0], "as")
                && let Some(own) = own(&two[1])
            {
                self.give(own, Held::Unknown);
            }
        }
        if tokens.first().is_some_and(|token| is(token, "for")) {
            let targets = tokens.iter().skip(1).take_while(|token| !is(token, "in"));
            targets.filter_map(own).for_each(|own| self.give(own, Held::Unknown));
        }
        match tokens {
            [target, equals, rest @ ..] if sign(equals, "=") => {
                let Some(own) = own(target) else { return };
                let held = match (constructed(rest), rest) {
                    _ if !is_sure => Held::Unknown,
                    (Some((name, line)), _) => Held::Step(name, line),
                    (None, [open, inner @ .., close]) if sign(open, "[") && sign(close, "]") && is_one(rest) => {
                        Held::List(pieces(inner).collect())
                    }
                    // What a function gives is known later.
                    (None, [function, open, ..]) if word(function).is_some() && sign(open, "(") && is_one(&rest[1..]) => return,
                    _ => Held::Unknown,
                };
                self.give(own, held);
            }
            // `if x: a = …`
            [first, ..] if word(first).is_some_and(|word| BRANCHES.contains(&word)) => {
                for two in tokens.windows(2).filter(|two| sign(&two[1], "=")) {
                    if let Some(own) = own(&two[0]) {
                        self.give_lost(own);
                    }
                }
            }
            // `step.name = …` and `a, b = …`
            _ => {
                let Some(at) = tokens.iter().position(|token| sign(token, "=")) else { return };
                let is_target = tokens[..at].iter().all(|token| word(token).is_some() || sign(token, ",") || sign(token, "."));
                if is_target {
                    tokens[..at].iter().filter_map(own).for_each(|own| self.give_lost(own));
                }
            }
        }
    }

    /// Takes a name its meaning.
    fn give_lost(&mut self, own: Own<'a>) {
        self.held.insert(own, Held::Unknown);
    }

    /// Notes what functions return.
    fn returns(&mut self, statements: &[Statement<'a>]) {
        let mut results: BTreeMap<usize, Vec<&Statement<'a>>> = BTreeMap::new();
        for statement in statements.iter().filter(|one| one.tokens.iter().any(|token| is(token, "return"))) {
            statement.scope.into_iter().for_each(|scope| results.entry(scope).or_default().push(statement));
        }
        let mut is_decorated = false;
        for (at, statement) in statements.iter().enumerate() {
            if let [def, name, rest @ ..] = statement.tokens
                && is(def, "def")
                && let Some(name) = word(name)
            {
                rest.iter().filter_map(word).for_each(|parameter| self.give_lost((Some(at), parameter)));
                let step = match results.get(&at).map(Vec::as_slice) {
                    // What is put around a function may do anything.
                    Some([result]) if result.is_sure && !is_decorated => self.returned(result),
                    _ => None,
                };
                // Of two functions of one name it is not known which is called.
                self.made.entry(name).and_modify(|made| *made = None).or_insert(step);
            }
            is_decorated = statement.tokens.first().is_some_and(|token| sign(token, "@"));
        }
    }

    /// Returns the step that is returned.
    fn returned(&self, statement: &Statement<'a>) -> Option<&'a str> {
        let [returns, rest @ ..] = statement.tokens else { return None };
        if !is(returns, "return") {
            return None;
        }
        match (constructed(rest), rest) {
            (Some((name, _)), _) => Some(name),
            (None, [variable]) => match self.held.get(&(statement.scope, word(variable)?))? {
                Held::Step(name, _) => Some(*name),
                _ => None,
            },
            _ => None,
        }
    }

    /// Notes what variables hold that a function of the script gives.
    fn bind_calls(&mut self, statement: &Statement<'a>) {
        let [target, equals, rest @ ..] = statement.tokens else { return };
        let Some(name) = word(target).filter(|_| sign(equals, "=")) else { return };
        let is_call = matches!(rest, [function, open, ..] if word(function).is_some() && sign(open, "(")) && is_one(&rest[1..]);
        if is_call && constructed(rest).is_none() {
            let step = self.called(rest).filter(|_| statement.is_sure);
            self.give((statement.scope, name), step.map_or(Held::Unknown, |(name, line)| Held::Step(name, line)));
        }
    }

    /// Notes what is added to lists, and what else is done to them.
    fn grow(&mut self, statement: &Statement<'a>) {
        let [list, dot, method, open, inner @ .., close] = statement.tokens else { return self.grow_by_sum(statement) };
        let Some(name) = word(list).filter(|_| sign(dot, ".") && sign(open, "(") && sign(close, ")")) else {
            return self.grow_by_sum(statement);
        };
        let own = (statement.scope, name);
        let Some(Held::List(items)) = self.held.get_mut(&own) else { return };
        match (word(method), inner) {
            (Some("append"), _) if statement.is_sure => items.push(inner),
            (Some("extend"), [open, inner @ .., close]) if statement.is_sure && sign(open, "[") && sign(close, "]") => {
                items.extend(pieces(inner));
            }
            (Some("append" | "extend" | "insert" | "index" | "count" | "copy"), _) => {}
            _ => self.give_lost(own),
        }
    }

    /// Reads `steps += […]`, and what takes something out of a list.
    fn grow_by_sum(&mut self, statement: &Statement<'a>) {
        let (own, added) = match statement.tokens {
            [list, plus, open, inner @ .., close] if sign(plus, "+=") && sign(open, "[") && sign(close, "]") => {
                (list, Some(inner))
            }
            [list, plus, ..] if sign(plus, "+=") => (list, None),
            [del, list, ..] if is(del, "del") => {
                return word(list).into_iter().for_each(|name| self.give_lost((statement.scope, name)));
            }
            [list, open, ..] if sign(open, "[") => {
                return word(list).into_iter().for_each(|name| self.give_lost((statement.scope, name)));
            }
            _ => return,
        };
        let Some(name) = word(own) else { return };
        if let (Some(Held::List(items)), Some(added), true) =
            (self.held.get_mut(&(statement.scope, name)), added, statement.is_sure)
        {
            items.extend(pieces(added));
        }
    }

    /// Returns the steps of the pipeline that a statement makes.
    fn pipeline(&self, statement: &Statement<'a>) -> Option<(u32, ConfigSays)> {
        let tokens = statement.tokens;
        let at = tokens.iter().position(|token| is(token, "Pipeline"))?;
        let arguments = inside(tokens.get(at + 1..)?, "(")?;
        let steps = pieces(arguments).find_map(|piece| match piece {
            [name, equals, rest @ ..] if is(name, "steps") && sign(equals, "=") => Some(rest),
            _ => None,
        })?;
        let listed: Vec<&'a [Token]> = match steps {
            [open, .., close] if sign(open, "[") && sign(close, "]") && is_one(steps) => pieces(inside(steps, "[")?).collect(),
            [variable] => match self.find(statement.scope, word(variable)?)?.1 {
                Held::List(items) => items.clone(),
                _ => return None,
            },
            _ => return None,
        };
        let mut steps: Vec<Step<'a>> = Vec::new();
        for (position, piece) in listed.into_iter().take(MOST).enumerate() {
            let step = match piece {
                [variable] => {
                    word(variable).and_then(|name| self.find(statement.scope, name)).and_then(|(own, held)| match held {
                        Held::Step(name, line) => Some((Item::Variable(own), (*name, *line))),
                        _ => None,
                    })
                }
                _ => constructed(piece).or_else(|| self.called(piece)).map(|step| (Item::Call(at, position), step)),
            };
            steps.extend(step);
        }
        steps.sort_unstable();
        steps.dedup();
        let mut steps: Vec<(String, u32)> = steps.into_iter().map(|(_, (name, line))| (name.to_owned(), line)).collect();
        steps.sort_by_key(|(_, line)| *line);
        (steps.len() > 1).then(|| (tokens[at].line, ConfigSays::Steps { steps }))
    }

    /// Returns what a name means in a function: its own, else that of the file.
    fn find(&self, scope: Option<usize>, name: &'a str) -> Option<(Own<'a>, &Held<'a>)> {
        [scope, None].into_iter().find_map(|scope| Some(((scope, name), self.held.get(&(scope, name))?)))
    }

    /// Returns the step that a call of a function of the script gives.
    fn called(&self, tokens: &'a [Token]) -> Option<(&'a str, u32)> {
        let [function, rest @ ..] = tokens else { return None };
        let name = (*self.made.get(word(function)?)?)?;
        let is_call = rest.first().is_some_and(|open| sign(open, "(")) && is_one(rest);
        is_call.then_some((name, function.line))
    }
}

/// Returns whether tokens are one pair of brackets with what is in it, and nothing behind.
fn is_one(tokens: &[Token]) -> bool {
    let mut depth = 0_i32;
    let last = tokens.len().saturating_sub(1);
    tokens.iter().enumerate().all(|(at, token)| {
        depth += turn(token);
        depth > 0 || at == last
    }) && depth == 0
        && tokens.len() > 1
}

/// Returns what stands in the brackets that tokens begin with.
fn inside<'a>(tokens: &'a [Token], open: &str) -> Option<&'a [Token]> {
    tokens.first().filter(|first| sign(first, open))?;
    let mut depth = 0_i32;
    let end = tokens.iter().position(|token| {
        depth += turn(token);
        depth == 0
    })?;
    tokens.get(1..end)
}

/// Splits at the commas outside brackets.
fn pieces(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0_i32;
    let split = tokens.split(move |token| {
        depth += turn(token);
        depth == 0 && sign(token, ",")
    });
    split.filter(|piece| !piece.is_empty())
}

fn turn(token: &Token) -> i32 {
    match token.what {
        What::Sign("(" | "[" | "{") => 1,
        What::Sign(")" | "]" | "}") => -1,
        _ => 0,
    }
}

/// Returns the name that stands in the constructor of a step, and its line.
fn constructed(tokens: &[Token]) -> Option<(&str, u32)> {
    let [class, open, rest @ .., last] = tokens else { return None };
    let is_step = word(class).is_some_and(|class| class.ends_with("Step") && class.len() > 4);
    if !is_step || !sign(open, "(") || !sign(last, ")") {
        return None;
    }
    let mut depth = 0_i32;
    for (at, token) in rest.iter().enumerate() {
        match token.what {
            What::Sign("(" | "[" | "{") => depth += 1,
            What::Sign(")" | "]" | "}") => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            // Something follows the constructor.
            return None;
        }
        if depth == 0
            && is(token, "name")
            && let [equals, Token { what: What::Text(name), .. }, ..] = &rest[at + 1..]
            && sign(equals, "=")
            && rest.get(at + 3).is_none_or(|next| sign(next, ","))
        {
            return Some((name, class.line));
        }
    }
    None
}

fn word(token: &Token) -> Option<&str> {
    match &token.what {
        What::Name(name) => Some(name),
        _ => None,
    }
}

fn is(token: &Token, wanted: &str) -> bool {
    word(token) == Some(wanted)
}

fn sign(token: &Token, wanted: &str) -> bool {
    matches!(token.what, What::Sign(sign) if sign == wanted)
}

#[cfg(test)]
mod tests {
    use super::super::python::tokens;
    use super::*;

    fn steps(text: &str) -> Vec<String> {
        let tokens = tokens(text);
        let statements: Vec<&[Token]> = tokens.split(|token| token.what == What::End).filter(|one| !one.is_empty()).collect();
        let found = of(&statements);
        let steps = found.into_iter().flat_map(|(_, says)| match says {
            ConfigSays::Steps { steps } => steps,
            other => panic!("{other:?}"),
        });
        steps.map(|(name, line)| format!("{name} {line}")).collect()
    }

    #[test]
    fn steps_of_one_pipeline() {
        let made = "a = ProcessingStep(name='Prep', processor=p(name='x'))\nb = TrainingStep('t', name='Prep')\n";
        assert_eq!(steps(&format!("{made}Pipeline(name='n', steps=[a, b])\n")), ["Prep 1", "Prep 2"]);
        assert_eq!(steps(&format!("{made}Pipeline(name='n', steps=[a, a])\n")), [""; 0]);
        assert_eq!(steps(&format!("{made}Pipeline(name='n', steps=make())\n")), [""; 0]);
        let made = "def feature(role):\n    return ProcessingStep(name='Prep', role=role)\n\na = feature(r)\nb = feature(s)\n";
        assert_eq!(steps(&format!("{made}p = Pipeline(steps=[a, b])\n")), ["Prep 4", "Prep 5"]);
    }

    const MADE: &str = "def create_feature_step(role):\n    return ProcessingStep(name='Prep', role=role)\n\n";

    #[test]
    fn calls_in_the_list_are_steps() {
        let call = "create_feature_step(role)";
        assert_eq!(steps(&format!("{MADE}Pipeline(steps=[{call}, train, {call}])\n")), ["Prep 4", "Prep 4"]);
        assert_eq!(
            steps(&format!("{MADE}a = {call}\nPipeline(steps=[a, {call}, *more, b if x else c])\n")),
            ["Prep 4", "Prep 5"]
        );
        let own = "ProcessingStep(name='Prep', inputs=[x])";
        assert_eq!(steps(&format!("Pipeline(\n  name='n',\n  steps=[\n    {own},\n    {own},\n  ],\n)\n")), ["Prep 4", "Prep 5"]);
        let by_variable =
            "def f(role):\n    step = ProcessingStep(name='Prep', role=role)\n    step.add_depends_on([x])\n    return step\n\n";
        assert_eq!(steps(&format!("{by_variable}Pipeline(steps=[f(1), f(2)])\n")), ["Prep 6", "Prep 6"]);
    }

    #[test]
    fn steps_are_added_to_a_list() {
        let call = "create_feature_step(role)";
        for grown in [
            format!("steps = []\nsteps.append({call})\nsteps.append({call})\n"),
            format!("steps = [{call}]\nsteps += [{call}]\n"),
            format!("a = {call}\nsteps = [a]\nsteps.extend([{call}, train])\n"),
        ] {
            assert_eq!(steps(&format!("{MADE}{grown}Pipeline(name='n', steps=steps)\n")).len(), 2, "{grown}");
        }
        let inside =
            format!("{MADE}def build(role):\n    steps = [{call}]\n    steps.append({call})\n    return Pipeline(steps=steps)\n");
        assert_eq!(steps(&inside), ["Prep 5", "Prep 6"]);
        let main = format!("{MADE}if __name__ == '__main__':\n    steps = [{call}, {call}]\n    Pipeline(steps=steps)\n");
        assert_eq!(steps(&main).len(), 2);
    }

    #[test]
    fn lists_that_may_be_otherwise_say_nothing() {
        let call = "create_feature_step(role)";
        for text in [
            format!("{MADE}steps = []\nif x:\n    steps.append({call})\nelse:\n    steps.append({call})\nPipeline(steps=steps)\n"),
            format!("{MADE}steps = []\nif x: steps.append({call})\nelse: steps.append({call})\nPipeline(steps=steps)\n"),
            format!("{MADE}steps = []\nif x: y(); steps.append({call})\nsteps.append({call})\nPipeline(steps=steps)\n"),
            format!("{MADE}steps = []\nfor r in roles:\n    steps.append({call})\nPipeline(steps=steps)\n"),
            format!("{MADE}steps = [{call}, {call}]\nsteps.pop()\nPipeline(steps=steps)\n"),
            format!("{MADE}steps = [{call}, {call}]\nsteps[0] = x\nPipeline(steps=steps)\n"),
            format!("{MADE}steps = [{call}, {call}]\nsteps = other\nPipeline(steps=steps)\n"),
            format!("{MADE}steps = [{call}, {call}]\ndef build(steps):\n    return Pipeline(steps=steps)\n"),
            format!("{MADE}Pipeline(steps=[create_feature_step(r) for r in roles])\n"),
            format!("{MADE}Pipeline(steps=[{call} if x else None, {call}])\n"),
            format!("{MADE}a = {call}\nPipeline(steps=[a, a])\n"),
            format!("{MADE}a = {call}\nif x: a = other\nPipeline(steps=[a, {call}])\n"),
            format!("{MADE}a = {call}\na.name = 'Other'\nPipeline(steps=[a, {call}])\n"),
            format!("@cache\n{MADE}Pipeline(steps=[{call}, {call}])\n"),
            format!("{MADE}{MADE}Pipeline(steps=[{call}, {call}])\n"),
            "def f(name):\n    return ProcessingStep(name=name)\nPipeline(steps=[f('a'), f('b')])\n".to_owned(),
            "def f(x):\n    step = ProcessingStep(name='Prep')\n    if x:\n        step = ProcessingStep(name='B')\n    return step\nPipeline(steps=[f(1), f(2)])\n".to_owned(),
            "def f(x):\n    step = ProcessingStep(name='Prep')\n    step.name = x\n    return step\nPipeline(steps=[f(1), f(2)])\n".to_owned(),
            "def f(x):\n    if x: return ProcessingStep(name='A')\n    return ProcessingStep(name='B')\nPipeline(steps=[f(1), f(2)])\n".to_owned(),
            "Pipeline(steps=[ProcessingStep(name=f'A{x}'), ProcessingStep(name=f'A{y}')])\n".to_owned(),
        ] {
            assert_eq!(steps(&text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_may_be_otherwise_is_not_said() {
        // Branches give a variable two meanings, and a function two results.
        for text in [
            "if x:\n    a = ProcessingStep(name='Prep')\nelse:\n    a = ProcessingStep(name='Prep')\nPipeline(steps=[a])\n",
            "def f(x):\n    if x:\n        return ProcessingStep(name='A')\n    return ProcessingStep(name='B')\na = f(1)\nb = f(2)\nPipeline(steps=[a, b])\n",
            "def f(x):\n    return ProcessingStep(name=f'Prep{x}')\na = f(1)\nb = f(2)\nPipeline(steps=[a, b])\n",
            "a = ProcessingStep(name='Prep' + x)\nb = ProcessingStep(name='Prep' + y)\nPipeline(steps=[a, b])\n",
            "a = ProcessingStep(name='Prep') if x else None\nb = ProcessingStep(name='Prep') if y else None\nPipeline(steps=[a, b])\n",
        ] {
            assert_eq!(steps(text), [""; 0], "{text}");
        }
    }
}
