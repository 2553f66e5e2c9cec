//! `CloudTrail`: every record is counted, the few that matter become facts.
//!
//! An organisation's trail is 99.9% other services. A record is first looked at through the handful of its own members that
//! tell what it is; only if it matters is it deserialised. Its carriers (delivered files, `lookup-events`, Lake, Athena, logs,
//! `EventBridge`) all end in [`record`].

mod actor;
mod carriers;
mod digest;
mod head;
mod record;
mod resources;
mod storage;

use super::{ANSWERED, Context, DELIVERED, RECORDS, Reader};
use crate::evidence::citation::Locator;
use crate::json::element;
use crate::json::skim::Element;
use crate::recognise::Format;

use super::sink::Sink;
use head::Head;

pub(super) use actor::Actors;
pub(super) use carriers::{csv_row, strings};
pub(super) use head::Usual;
pub(super) use record::Call as RecordedCall;

/// Returns the reader of a `CloudTrail` format.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::CloudTrail | Format::CloudTrailRecord => Some(Box::new(Records)),
        Format::LookupEvents => super::Each::list(carriers::lookup_event, carriers::lookup_end),
        Format::LakeResults => super::Each::list(carriers::lake_row, carriers::lake_end),
        Format::TableJson => super::Each::one(carriers::table_row),
        Format::Digest => super::Each::one(digest::digest),
        Format::Trails => super::Each::one(digest::trail),
        Format::EmptyRecords | Format::EmptyAnswer => super::Each::<serde::de::IgnoredAny>::one(|_, _, _, _| {}),
        _ => None,
    }
}

/// Reads the elements of delivered files.
struct Records;

impl Reader for Records {
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
        record_element(element, &place, cx, sink);
    }
}

/// Reads a record that stands as JSON inside another text; returns whether it is one.
pub(super) fn embedded(text: &str, place: &Locator, cx: &Context<'_>, sink: &mut Sink) -> bool {
    let element = Element { bytes: text.trim().as_bytes(), list: "", index: 0, offset: 0, children: None };
    if !element.bytes.starts_with(b"{") || element.field("eventSource").is_none() || element.field("eventName").is_none() {
        return false;
    }
    record_element(&element, place, cx, sink);
    true
}

/// Reads a record.
fn record_element(element: &Element<'_>, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let head = Head::of(element, &mut sink.usual);
    let may_matter = head.as_ref().map_or(true, Head::may_matter);
    // Keys, and words that are looked for, may be written with escapes.
    if may_matter && let Some(plain) = element::unescaped(element.bytes) {
        let plain = Element { bytes: &plain, children: None, ..*element };
        return headed(&plain, Head::of(&plain, &mut sink.usual), true, place, cx, sink);
    }
    headed(element, head, may_matter, place, cx, sink);
}

/// Counts a record, and reads it if it matters.
fn headed(
    element: &Element<'_>,
    head: Result<Head<'_>, String>,
    may_matter: bool,
    place: &Locator,
    cx: &Context<'_>,
    sink: &mut Sink,
) {
    let head = match head {
        Ok(head) => head,
        Err(reason) => return sink.damaged(place.clone(), reason),
    };
    sink.record();
    if shows_what_is_missing(cx, sink) {
        sink.count(&head.account, &head.region, head.at);
    } else {
        sink.seen(head.at);
    }
    if may_matter && head.matters(element) {
        record::read(element, head, place, sink);
    }
}

/// Returns whether a record's carrier holds whatever the trail recorded, so that what is not in it did not happen. Answers to
/// queries, events on a bus and lines of a log were selected by somebody.
fn shows_what_is_missing(cx: &Context<'_>, sink: &Sink) -> bool {
    match sink.carrier {
        DELIVERED | RECORDS => true,
        ANSWERED => cx.request.is_some_and(|request| {
            request.operation() == ("cloudtrail", "lookup-events")
                && !request.has_any(&["lookup-attributes", "max-items", "query", "starting-token"])
        }),
        _ => false,
    }
}

/// Reads `CloudTrail` records out of a JSON array of strings.
pub(super) fn read_string(text: &str, index: u32, cx: &Context<'_>, sink: &mut Sink) {
    let place = super::locator("", index);
    if !embedded(text, &place, cx, sink) {
        sink.damaged(place, "a string that is no CloudTrail record");
    }
}
