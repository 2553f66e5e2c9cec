//! What carries `CloudTrail` records besides delivered files: `lookup-events`, Lake, Athena, arrays of strings.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use super::super::sink::Sink;
use super::super::{Context, Header};
use super::{embedded, read_string};
use crate::evidence::citation::Locator;
use crate::evidence::window::Window;
use crate::json::scalar::Text;
use crate::time::Instant;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct LookupEvent {
    cloud_trail_event: Text,
}

/// Reads an event of `lookup-events`: the record is a string in it; what stands around it repeats it less exactly.
pub(super) fn lookup_event(event: LookupEvent, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let inner = Locator::Place(format!("{place}/CloudTrailEvent").into());
    // The element itself was counted; the record in it is counted when it is read.
    sink.uncount();
    match event.cloud_trail_event.0 {
        Some(text) if embedded(&text, &inner, cx, sink) => {}
        _ => sink.damaged(inner, "no CloudTrail record"),
    }
}

/// Notes a cut list.
pub(super) fn lookup_end(_: u64, header: &Header, _: &Context<'_>, sink: &mut Sink) {
    if header.is_cut() {
        let message = "the events go on in an answer that is not here (they end with a live token)";
        sink.note(Locator::Whole, message);
    }
}

/// Reads a row of Lake results: an array of objects with one column each.
pub(super) fn lake_row(row: Vec<BTreeMap<String, Text>>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let columns = row.into_iter().flatten().filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.0?))).collect();
    sink.uncount();
    columns_row(&columns, place, cx, sink);
}

/// Notes results that are not finished.
pub(super) fn lake_end(_: u64, header: &Header, _: &Context<'_>, sink: &mut Sink) {
    let status = header.text("QueryStatus");
    if header.is_cut() || status.is_some_and(|status| status != "FINISHED") {
        let message = format!("the results are not whole (status {}, or a live token)", status.unwrap_or("unknown"));
        sink.defect(Locator::Whole, message);
    }
}

/// Reads a row of a table as JSON: column names as keys.
pub(super) fn table_row(row: BTreeMap<String, Value>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let text = |value: Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    let columns = row.into_iter().filter_map(|(name, value)| Some((name.to_ascii_lowercase(), text(value)?))).collect();
    sink.uncount();
    columns_row(&columns, place, cx, sink);
}

/// Reads a row of a CSV table; `columns` maps lower-case column names to their text.
pub(in crate::parse) fn csv_row(columns: &BTreeMap<String, String>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    columns_row(columns, place, cx, sink);
}

/// Reads a row: the whole record if the query selected it, else the record put together from the columns that are there.
fn columns_row(columns: &BTreeMap<String, String>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    if let Some(text) = columns.get("eventjson") {
        if !embedded(text, place, cx, sink) {
            sink.damaged(place.clone(), "`eventjson` holds no CloudTrail record");
        }
        return;
    }
    let mut record = Map::new();
    let names = [
        ("eventversion", "eventVersion"),
        ("eventsource", "eventSource"),
        ("eventname", "eventName"),
        ("awsregion", "awsRegion"),
        ("useragent", "userAgent"),
        ("errorcode", "errorCode"),
        ("errormessage", "errorMessage"),
        ("requestid", "requestID"),
        ("eventid", "eventID"),
        ("eventtype", "eventType"),
        ("recipientaccountid", "recipientAccountId"),
        ("sharedeventid", "sharedEventID"),
    ];
    for (column, member) in names {
        if let Some(text) = columns.get(column).filter(|text| !text.is_empty()) {
            record.insert(member.to_owned(), json!(text));
        }
    }
    let Some(time) = columns.get("eventtime").and_then(|text| Instant::parse(text, true)) else {
        return sink.damaged(place.clone(), "a row without a readable `eventtime`");
    };
    record.insert("eventTime".to_owned(), json!(time.to_seconds_text()));
    let mut flattened = false;
    for (column, member) in [
        ("requestparameters", "requestParameters"),
        ("responseelements", "responseElements"),
        ("additionaleventdata", "additionalEventData"),
        ("serviceeventdetails", "serviceEventDetails"),
        ("useridentity", "userIdentity"),
    ] {
        let Some(text) = columns.get(column).filter(|text| !text.is_empty() && *text != "null") else { continue };
        match serde_json::from_str::<Value>(text) {
            Ok(value) => {
                record.insert(member.to_owned(), value);
            }
            Err(_) if column == "useridentity" => {
                record.insert(member.to_owned(), identity_of_struct(text));
            }
            Err(_) => flattened = true,
        }
    }
    if let Some(arn) = columns.get("useridentity.arn").or_else(|| columns.get("useridentity_arn")) {
        record.entry("userIdentity").or_insert_with(|| json!({"type": "AssumedRole", "arn": arn}));
    }
    if flattened {
        sink.note(place.clone(), "parameters are flattened text in this export and cannot be used; select `eventjson` instead");
    }
    if !embedded(&Value::Object(record).to_string(), place, cx, sink) {
        sink.damaged(place.clone(), "a row without `eventsource` or `eventname`");
    }
}

/// Reads what is certain in the text that Athena makes of a structure: `{type=AssumedRole, arn=arn:…, accountid=…}`.
fn identity_of_struct(text: &str) -> Value {
    let part = |name: &str| {
        let rest = text.split_once(&format!("{name}="))?.1;
        let value = rest.split([',', '}']).next()?.trim();
        (!value.is_empty() && value != "null").then(|| value.to_owned())
    };
    json!({"type": part("{type").or_else(|| part("type")), "arn": part(" arn").or_else(|| part("{arn")), "accountId": part("accountid"),
        "principalId": part("principalid"), "invokedBy": part("invokedby")})
}

/// Reads an array of strings, each a record: what `--query 'Events[].CloudTrailEvent'` leaves.
pub(in crate::parse) fn strings(window: &mut Window<'_>, cx: &Context<'_>, sink: &mut Sink) {
    struct Strings<'a, 'b, 'c>(&'a Context<'c>, &'b mut Sink);
    impl<'de> Visitor<'de> for Strings<'_, '_, '_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of strings")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
            let mut index = 0;
            while let Some(text) = access.next_element::<String>()? {
                read_string(&text, index, self.0, self.1);
                index += 1;
            }
            Ok(())
        }
    }
    // Strings of an array come one by one, so that memory does not grow with the file.
    let mut deserializer = serde_json::Deserializer::from_reader(window);
    if let Err(error) = deserializer.deserialize_seq(Strings(cx, sink)) {
        sink.damaged(Locator::Whole, format!("not readable to its end: {error}"));
    }
}
