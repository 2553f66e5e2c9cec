//! Rules, targets and catches: what could have told somebody. Alarms: [`super::alarm`].

use serde::Deserialize;
use serde_json::Value;

use super::cloudtrail::RecordedCall;
use super::sagemaker::job::listed;
use super::sink::Sink;
use super::{Context, Each, Header, Reader, typed};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::arn::Arn;
use crate::fact::call::Listed;
use crate::fact::pattern::{Condition, Pattern};
use crate::fact::watch::{WatchStatement, Watcher};
use crate::json::scalar::Text;
use crate::json::skim::Element;
use crate::recognise::Format;

/// Returns the reader of a watcher.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::Rules => Each::list(rule, |rows, header, cx, sink| listed(Listed::Rules, rows, header, cx, sink)),
        Format::Rule => Each::one(rule),
        Format::RuleTargets => Some(Box::new(Targets::default())),
        Format::StateMachine => Each::one(state_machine),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Rule {
    name: Text,
    arn: Text,
    event_pattern: Text,
    state: Text,
}

fn rule(rule: Rule, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let Some(name) = rule.name.0 else { return sink.damaged(place.clone(), "a rule without a name") };
    let arn = rule.arn.0.as_deref().and_then(Arn::parse);
    if let Some(arn) = &arn {
        sink.belongs_to(arn);
    }
    let statement = WatchStatement {
        account: arn.as_ref().map(|arn| arn.account().to_owned()),
        region: arn.as_ref().map(|arn| arn.region().to_owned()),
        name,
        what: of_rule(rule.state.0.is_none_or(|state| state.starts_with("ENABLED")), rule.event_pattern.0),
    };
    sink.say(place, Source::Watchers, cx.captured(), Statement::Watch(Box::new(statement)));
}

fn of_rule(enabled: bool, written: Option<String>) -> Watcher {
    let pattern = written.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()).and_then(|value| pattern(&value));
    Watcher::Rule { enabled, pattern, written }
}

/// Reads an event pattern.
fn pattern(value: &Value) -> Option<Pattern> {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| Some((name.clone(), pattern(value)?))).collect::<Option<_>>().map(Pattern::Members)
        }
        Value::Array(values) => Some(Pattern::AnyOf(values.iter().map(condition).collect())),
        _ => None,
    }
}

fn condition(value: &serde_json::Value) -> Condition {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let Value::Object(members) = value else { return Condition::Equals(text(value)) };
    let Some((name, value)) = members.iter().next() else { return Condition::Unknown };
    match (name.as_str(), value) {
        ("prefix", Value::String(prefix)) => Condition::Prefix(prefix.clone()),
        ("suffix", Value::String(suffix)) => Condition::Suffix(suffix.clone()),
        ("exists", Value::Bool(there)) => Condition::Exists(*there),
        ("anything-but", Value::Array(values)) => Condition::AnythingBut(values.iter().map(text).collect()),
        ("anything-but", Value::String(one)) => Condition::AnythingBut(vec![one.clone()]),
        _ => Condition::Unknown,
    }
}

/// Reads a rule or targets that `CloudTrail` recorded being put.
pub(super) fn recorded_rule(call: &mut RecordedCall<'_>, sink: &mut Sink) {
    #[derive(Deserialize, Default)]
    #[serde(default, rename_all = "PascalCase")]
    struct Put {
        name: Text,
        rule: Text,
        event_pattern: Text,
        state: Text,
        targets: Vec<Target>,
    }
    if !matches!(call.operation, "PutRule" | "PutTargets") {
        return;
    }
    let Some(put) = call.request::<Put>(sink) else { return };
    let Some(name) = put.name.0.or(put.rule.0) else { return };
    let what = if call.operation == "PutRule" {
        of_rule(put.state.0.as_deref() != Some("DISABLED"), put.event_pattern.0)
    } else {
        Watcher::Targets { arns: put.targets.into_iter().filter_map(|target| target.arn.0).collect() }
    };
    let statement = WatchStatement { account: Some(call.account.to_owned()), region: Some(call.region.to_owned()), name, what };
    call.say(sink, Statement::Watch(Box::new(statement)));
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Target {
    arn: Text,
}

#[derive(Default)]
struct Targets {
    arns: Vec<String>,
}

impl Reader for Targets {
    fn element(&mut self, element: &Element<'_>, place: Locator, _: &Context<'_>, sink: &mut Sink) {
        if let Some(target) = typed::<Target>(element.bytes, &place, sink) {
            sink.record();
            self.arns.extend(target.arn.0);
        }
    }

    fn finish(&mut self, _: &Header, cx: &Context<'_>, sink: &mut Sink) {
        let Some(rule) = cx.option("rule") else { return sink.orphan("its rule") };
        sink.uses_request();
        let statement = WatchStatement {
            account: cx.request.and_then(|request| request.account.clone()),
            region: cx.request.and_then(|request| request.region.clone()),
            name: rule.to_owned(),
            what: Watcher::Targets { arns: std::mem::take(&mut self.arns) },
        };
        sink.say(&Locator::Whole, Source::Watchers, cx.captured(), Statement::Watch(Box::new(statement)));
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct StateMachine {
    state_machine_arn: Text,
    definition: Text,
}

fn state_machine(machine: StateMachine, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let arn = machine.state_machine_arn.0.as_deref().and_then(Arn::parse);
    let definition = match machine.definition.0.as_deref().map(serde_json::from_str::<Value>) {
        Some(Ok(definition)) => definition,
        Some(Err(error)) => {
            return sink.defect(Locator::Place(format!("{place}/definition").into()), format!("no definition: {error}"));
        }
        None => return,
    };
    let mut catches = Vec::new();
    states(&definition, &mut catches);
    for (name, operation) in catches {
        let statement = WatchStatement {
            account: arn.as_ref().map(|arn| arn.account().to_owned()),
            region: arn.as_ref().map(|arn| arn.region().to_owned()),
            name,
            what: Watcher::Catch { operation },
        };
        sink.say(place, Source::Watchers, cx.captured(), Statement::Watch(Box::new(statement)));
    }
}

/// Collects states that run a `SageMaker` job to its end (`.sync`) and catch its failure.
fn states(value: &Value, into: &mut Vec<(String, String)>) {
    let Some(states) = value.get("States").and_then(Value::as_object) else { return };
    for (name, state) in states {
        let resource = state.get("Resource").and_then(Value::as_str).unwrap_or_default();
        let operation = resource.split(":sagemaker:").nth(1).and_then(|rest| rest.strip_suffix(".sync"));
        let catches = state.get("Catch").and_then(Value::as_array).is_some_and(|catches| !catches.is_empty());
        if let Some(operation) = operation.filter(|_| catches) {
            into.push((name.clone(), operation.to_owned()));
        }
        for branch in state.get("Branches").and_then(Value::as_array).into_iter().flatten() {
            self::states(branch, into);
        }
        for inner in ["Iterator", "ItemProcessor"] {
            if let Some(inner) = state.get(inner) {
                self::states(inner, into);
            }
        }
    }
}
