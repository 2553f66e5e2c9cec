//! Alarms: `describe-alarms`, `describe-alarm-history`, calls that set or change them, and templates.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::cloudtrail::RecordedCall;
use super::sagemaker::job::listed;
use super::sink::Sink;
use super::{Context, Each, Reader};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::alarm::{AlarmEvent, AlarmStatement, Comparison, Measure, Missing, Settings, State};
use crate::fact::arn::{Arn, Home};
use crate::fact::call::Listed;
use crate::fact::watch::{Told, WatchStatement, Watcher};
use crate::json::element;
use crate::json::scalar::{Flag, Moment, Real, Text, Whole};
use crate::recognise::Format;
use crate::time::Instant;

/// Returns the reader of alarms.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::Alarms => Each::list(alarm, |rows, header, cx, sink| listed(Listed::Alarms, rows, header, cx, sink)),
        Format::AlarmHistory => Each::list(item, |rows, header, cx, sink| listed(Listed::AlarmHistory, rows, header, cx, sink)),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Alarm {
    alarm_name: Text,
    alarm_arn: Text,
    alarm_description: Text,
    alarm_rule: Text,
    namespace: Text,
    metric_name: Text,
    dimensions: Vec<Dimension>,
    statistic: Text,
    extended_statistic: Text,
    period: Whole,
    unit: Text,
    evaluation_periods: Whole,
    datapoints_to_alarm: Whole,
    threshold: Real,
    comparison_operator: Text,
    treat_missing_data: Text,
    metrics: Vec<Query>,
    actions_enabled: Flag,
    alarm_actions: Vec<Text>,
    insufficient_data_actions: Vec<Text>,
    state_value: Text,
    state_updated_timestamp: Moment,
    state_transitioned_timestamp: Moment,
    alarm_configuration_updated_timestamp: Moment,
}

/// A dimension of a metric.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Dimension {
    name: Text,
    value: Text,
}

/// Returns dimensions by name.
pub(super) fn by_name(dimensions: Vec<Dimension>) -> BTreeMap<String, String> {
    dimensions.into_iter().filter_map(|dimension| Some((dimension.name.0?, dimension.value.0?))).collect()
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Query {
    metric_stat: Option<MetricStat>,
}

/// One metric, as queries and alarms name it.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct MetricStat {
    metric: Metric,
    period: Whole,
    stat: Text,
    unit: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Metric {
    namespace: Text,
    metric_name: Text,
    dimensions: Vec<Dimension>,
}

impl MetricStat {
    /// Returns what it measures.
    pub(super) fn measure(self) -> Measure {
        Measure {
            namespace: self.metric.namespace.0,
            metric: self.metric.metric_name.0,
            dimensions: by_name(self.metric.dimensions),
            statistic: self.stat.0,
            period: self.period.0.filter(|period| *period > 0),
            unit: self.unit.0,
        }
    }
}

fn texts(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().filter_map(|text| text.0).collect()
}

impl Alarm {
    fn settings(self) -> Settings {
        let expressions = self.metrics.iter().any(|query| query.metric_stat.is_none());
        let mut inputs: Vec<Measure> =
            self.metrics.into_iter().filter_map(|query| query.metric_stat).map(MetricStat::measure).collect();
        let simple = self.statistic.0.is_some();
        let named = self.metric_name.0.is_some().then(|| Measure {
            namespace: self.namespace.0,
            metric: self.metric_name.0,
            dimensions: by_name(self.dimensions),
            statistic: self.statistic.0.or(self.extended_statistic.0),
            period: self.period.0.filter(|period| *period > 0),
            unit: self.unit.0,
        });
        // An alarm on one metric may be written as a query of one, without a calculation.
        let alone = if !expressions && inputs.len() == 1 { inputs.pop() } else { None };
        let state = self.state_value.0.as_deref().and_then(State::read);
        let since = self.state_transitioned_timestamp.0.or(self.state_updated_timestamp.0);
        Settings {
            description: self.alarm_description.0,
            simple_statistic: simple && named.is_some(),
            measure: named.or(alone),
            inputs,
            rule: self.alarm_rule.0,
            evaluation_periods: self.evaluation_periods.0.filter(|periods| *periods > 0),
            datapoints_to_alarm: self.datapoints_to_alarm.0.filter(|points| *points > 0),
            threshold: self.threshold.0,
            comparison: self.comparison_operator.0.as_deref().and_then(Comparison::read),
            missing: Missing::read(self.treat_missing_data.0.as_deref()),
            acts: self.actions_enabled.0.unwrap_or(true),
            actions: texts(self.alarm_actions),
            actions_without_data: texts(self.insufficient_data_actions),
            state: state.map(|state| (state, since)),
            updated: self.alarm_configuration_updated_timestamp.0,
        }
    }
}

fn alarm(alarm: Alarm, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let Some(name) = alarm.alarm_name.0.clone() else { return sink.damaged(place.clone(), "an alarm without a name") };
    let arn = alarm.alarm_arn.0.as_deref().and_then(Arn::parse);
    if let Some(arn) = &arn {
        sink.belongs_to(arn);
    }
    let home = home(arn.as_ref(), cx);
    let what = Watcher::Alarm { settings: Box::new(alarm.settings()), told: Told::Described };
    let statement = WatchStatement { account: home.account, region: home.region, name, what };
    sink.say(place, Source::Watchers, cx.captured(), Statement::Watch(Box::new(statement)));
}

/// Returns where an alarm lives: its ARN says it, or the command that answered.
fn home(arn: Option<&Arn>, cx: &Context<'_>) -> Home {
    match arn {
        Some(arn) => Home { account: Some(arn.account().to_owned()), region: Some(arn.region().to_owned()) },
        None => cx.home(),
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Item {
    alarm_name: Text,
    timestamp: Moment,
    history_item_type: Text,
    history_summary: Text,
    history_data: Value,
}

/// Reads an item of an alarm's history. Its data is JSON inside a string; the console shows it as an object.
fn item(item: Item, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let (Some(name), Some(at)) = (item.alarm_name.0, item.timestamp.0) else {
        return sink.damaged(place.clone(), "an item of alarm history without alarm or time");
    };
    let data = opened(&item.history_data);
    if data.is_null() && !item.history_data.is_null() {
        sink.note(Locator::Place(format!("{place}/HistoryData").into()), "not JSON: the summary alone is used");
    }
    let arn = ["createdAlarm", "updatedAlarm", "deletedAlarm"].iter().find_map(|key| data.get(key)?.get("alarmArn")?.as_str());
    let home = home(arn.and_then(Arn::parse).as_ref(), cx);
    let what = match item.history_item_type.0.as_deref() {
        Some("StateUpdate") => changed(&data, item.history_summary.0.as_deref()),
        Some("ConfigurationUpdate") => {
            let is_deletion = data.get("type").and_then(Value::as_str) == Some("Delete")
                || item.history_summary.0.as_deref().is_some_and(|summary| summary.ends_with("deleted"));
            configured(&name, at, &data, &home, place, sink);
            Some(if is_deletion { AlarmEvent::Deleted } else { AlarmEvent::Configured })
        }
        Some("Action") => acted(&data),
        _ => return sink.seen(at),
    };
    let Some(what) = what else {
        return sink.defect(place.clone(), "an item of alarm history that does not say what happened");
    };
    sink.say(place, Source::Watchers, Some(at), Statement::Alarm(Box::new(AlarmStatement { home, name, at, what })));
}

/// Reads the settings that an item of history gives.
fn configured(name: &str, at: Instant, data: &Value, home: &Home, place: &Locator, sink: &mut Sink) {
    let Some(given) = data.get("updatedAlarm").or_else(|| data.get("createdAlarm")) else { return };
    match element::read::<Alarm>(given.to_string().as_bytes()) {
        Ok((alarm, _)) => {
            let what = Watcher::Alarm { settings: Box::new(alarm.settings()), told: Told::Requested };
            let (account, region) = (home.account.clone(), home.region.clone());
            let statement = WatchStatement { account, region, name: name.to_owned(), what };
            sink.say(place, Source::Watchers, Some(at), Statement::Watch(Box::new(statement)));
        }
        Err(error) => sink.note(place.clone(), format!("the settings in it do not fit: {error}")),
    }
}

/// Opens JSON that may be inside a string.
fn opened(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    }
}

/// Reads a change of state; a summary alone names both states: `Alarm updated from OK to ALARM`.
fn changed(data: &Value, summary: Option<&str>) -> Option<AlarmEvent> {
    let state = |key: &str| data.get(key)?.get("stateValue")?.as_str().and_then(State::read);
    let mut words = summary.unwrap_or_default().split_whitespace().rev();
    let (last, _, first) = (words.next().and_then(State::read), words.next(), words.next().and_then(State::read));
    let new = data.get("newState");
    let reason = new.and_then(|new| new.get("stateReason")).and_then(Value::as_str).map(str::to_owned);
    let breached = new.and_then(|new| new.get("stateReasonData")).map(opened).and_then(|data| first_breach(&data));
    Some(AlarmEvent::Changed { from: state("oldState").or(first), to: state("newState").or(last)?, reason, breached })
}

/// Returns the start of the earliest of the periods that `CloudWatch` looked at and found beyond the threshold, without one
/// within it in between.
fn first_breach(data: &Value) -> Option<Instant> {
    let moment = |value: &Value| value.as_str().and_then(|text| Instant::parse(text, true));
    let start = data.get("startDate").and_then(moment)?;
    let (Some(threshold), Some(period)) =
        (data.get("threshold").and_then(Value::as_f64), data.get("period").and_then(Value::as_i64))
    else {
        return Some(start);
    };
    let points: Vec<f64> = data.get("recentDatapoints")?.as_array()?.iter().filter_map(Value::as_f64).collect();
    // Which side of the threshold is bad shows in the newest point: it is what made the alarm.
    let above = *points.last()? >= threshold;
    let within = points.iter().rposition(|value| (*value >= threshold) != above).map_or(0, |at| at + 1);
    Some(start.plus(period * i64::try_from(within).ok()?))
}

fn acted(data: &Value) -> Option<AlarmEvent> {
    let target = ["notificationResource", "resource"].iter().find_map(|key| data.get(key)?.as_str())?;
    let succeeded = data.get("actionState").and_then(Value::as_str).is_none_or(|state| state == "Succeeded");
    Some(AlarmEvent::Acted { target: target.to_owned(), succeeded })
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct StateChange {
    alarm_name: Text,
    state: ChangedState,
    previous_state: ChangedState,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ChangedState {
    value: Text,
    reason: Text,
    reason_data: Text,
    timestamp: Moment,
}

/// Reads `EventBridge`'s event of a change of state.
pub(super) fn state_change(change: StateChange, account: &str, region: &str, at: Option<Instant>) -> Option<Statement> {
    let reason_data = change.state.reason_data.0.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    Some(Statement::Alarm(Box::new(AlarmStatement {
        home: Home { account: Some(account.to_owned()), region: Some(region.to_owned()) },
        name: change.alarm_name.0?,
        at: change.state.timestamp.0.or(at)?,
        what: AlarmEvent::Changed {
            from: change.previous_state.value.0.as_deref().and_then(State::read),
            to: State::read(change.state.value.0.as_deref()?)?,
            reason: change.state.reason.0,
            breached: reason_data.as_ref().and_then(first_breach),
        },
    })))
}

/// Reads a call to `CloudWatch` that concerns alarms.
pub(super) fn recorded(call: &mut RecordedCall<'_>, sink: &mut Sink) {
    #[derive(Deserialize, Default)]
    #[serde(default, rename_all = "PascalCase")]
    struct Names {
        alarm_names: Vec<Text>,
    }
    let home = Home { account: Some(call.account.to_owned()), region: Some(call.region.to_owned()) };
    let (at, refused) = (call.at, call.failed());
    let event =
        |name: String, what: AlarmEvent| Statement::Alarm(Box::new(AlarmStatement { home: home.clone(), name, at, what }));
    match call.operation {
        "PutMetricAlarm" | "PutCompositeAlarm" => {
            let Some(alarm) = call.request::<Alarm>(sink) else { return };
            let Some(name) = alarm.alarm_name.0.clone() else { return };
            let told = if refused { Told::Refused } else { Told::Requested };
            let what = Watcher::Alarm { settings: Box::new(alarm.settings()), told };
            let (account, region) = (Some(call.account.to_owned()), Some(call.region.to_owned()));
            call.say(sink, Statement::Watch(Box::new(WatchStatement { account, region, name: name.clone(), what })));
            if !refused {
                call.say(sink, event(name, AlarmEvent::Configured));
            }
        }
        _ if refused => {}
        "SetAlarmState" => {
            let Some(alarm) = call.request::<Alarm>(sink) else { return };
            if let (Some(name), Some(to)) = (alarm.alarm_name.0, alarm.state_value.0.as_deref().and_then(State::read)) {
                call.say(sink, event(name, AlarmEvent::Set { to }));
            }
        }
        "DeleteAlarms" => {
            for name in texts(call.request::<Names>(sink).unwrap_or_default().alarm_names) {
                call.say(sink, event(name, AlarmEvent::Deleted));
            }
        }
        _ => {}
    }
}

/// Reads the alarms of a `CloudFormation` template; `at` says where a resource stands. What a function of the template makes is not
/// known and left out.
pub(super) fn of_template(template: &Value, at: &dyn Fn(&str) -> Locator, cx: &Context<'_>, sink: &mut Sink) {
    for (id, resource) in template.get("Resources").and_then(Value::as_object).into_iter().flatten() {
        if resource.get("Type").and_then(Value::as_str) != Some("AWS::CloudWatch::Alarm") {
            continue;
        }
        let place = at(id);
        let plain = literal(resource.get("Properties").unwrap_or(&Value::Null));
        let Ok((alarm, _)) = element::read::<Alarm>(plain.to_string().as_bytes()) else {
            sink.defect(place, "an alarm whose properties do not fit");
            continue;
        };
        let name = alarm.alarm_name.0.clone().unwrap_or_else(|| id.clone());
        let home = cx.home();
        let what = Watcher::Alarm { settings: Box::new(alarm.settings()), told: Told::Template };
        let statement = WatchStatement { account: home.account, region: home.region, name, what };
        sink.say(&place, Source::Watchers, cx.captured(), Statement::Watch(Box::new(statement)));
    }
}

/// Returns a value without what functions of the template stand in for: `{"Ref": …}`, `{"Fn::Sub": …}`.
fn literal(value: &Value) -> Value {
    let is_function = |value: &Value| {
        value.as_object().is_some_and(|object| {
            object.len() == 1 && object.keys().all(|key| key == "Ref" || key == "Condition" || key.starts_with("Fn::"))
        })
    };
    match value {
        Value::Object(members) => Value::Object(
            members.iter().filter(|(_, value)| !is_function(value)).map(|(key, value)| (key.clone(), literal(value))).collect(),
        ),
        // A list keeps a place for what is not known: there is somebody to be told.
        Value::Array(values) => values
            .iter()
            .map(|value| if is_function(value) { Value::String(value.to_string()) } else { literal(value) })
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_breach_is_the_oldest_of_the_last_run() {
        let data = |points: Value| json!({"startDate": "2026-03-02T10:00:00.000+0000", "period": 60, "threshold": 500.0, "recentDatapoints": points});
        let seconds = |points: Value| first_breach(&data(points)).unwrap().to_seconds_text()[11..19].to_owned();
        assert_eq!(seconds(json!([900.0, 800.0, 700.0])), "10:00:00");
        assert_eq!(seconds(json!([900.0, 100.0, 700.0])), "10:02:00");
        assert_eq!(first_breach(&json!({"recentDatapoints": [1.0]})), None);
    }

    #[test]
    fn a_summary_names_both_states() {
        let event = changed(&Value::Null, Some("Alarm updated from INSUFFICIENT_DATA to ALARM")).unwrap();
        let AlarmEvent::Changed { from, to, .. } = event else { panic!() };
        assert_eq!((from, to), (Some(State::InsufficientData), State::Alarm));
    }

    #[test]
    fn functions_of_a_template_are_not_values() {
        let value = literal(&json!({"AlarmName": {"Fn::Sub": "x-${y}"}, "Threshold": 850, "AlarmActions": [{"Ref": "Topic"}]}));
        assert_eq!(value["AlarmActions"].as_array().unwrap().len(), 1);
        assert!(value.get("AlarmName").is_none());
    }
}
