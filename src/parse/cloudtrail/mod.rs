//! `CloudTrail`: every record is counted, the few that matter become facts.
//!
//! An organisation's trail is 99.9% other services. A record is first looked at through the handful of its own members that
//! tell what it is; only if it matters is it deserialised. Its carriers (delivered files, `lookup-events`, Lake, Athena, logs,
//! `EventBridge`) all end in [`record`].

mod carriers;
mod digest;
mod record;
mod resources;
mod storage;

use std::borrow::Cow;

use super::{ANSWERED, Context, DELIVERED, RECORDS, Reader};
use crate::evidence::citation::Locator;
use crate::json::element;
use crate::json::skim::Element;
use crate::recognise::Format;
use crate::time::Instant;

use super::sink::Sink;

pub(super) use carriers::{csv_row, strings};
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
    let Some(head) = Head::of(element) else {
        return sink.damaged(place.clone(), "no CloudTrail record: it has no time, source or name");
    };
    let Some(at) = Instant::parse(&head.time, false) else {
        return sink.damaged(place.clone(), format!("no CloudTrail record: `{}` is no time", head.time));
    };
    sink.record();
    if shows_what_is_missing(cx, sink) {
        sink.count(&head.account, &head.region, at);
    } else {
        sink.seen(at);
    }
    if matters(&head.source, &head.name, element.bytes) {
        record::read(element.bytes, place, cx, sink);
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

/// The members that tell what a record is.
struct Head<'a> {
    time: Cow<'a, str>,
    source: Cow<'a, str>,
    name: Cow<'a, str>,
    region: Cow<'a, str>,
    account: Cow<'a, str>,
}

impl<'a> Head<'a> {
    fn of(element: &Element<'a>) -> Option<Self> {
        Self::at_the_usual_place(element).or_else(|| Self::anywhere(element))
    }

    /// Reads the members where `CloudTrail` writes them: behind `userIdentity`, and the account behind the last container.
    fn at_the_usual_place(element: &Element<'a>) -> Option<Self> {
        const ACCOUNT: &[u8] = br#""recipientAccountId":""#;
        let mut fields = element.fields_after_first_child()?;
        let mut next = |key: &[u8]| fields.next().filter(|(own, _)| *own == key).and_then(|(_, value)| element::string(value));
        let (time, source, name, region) = (next(b"eventTime")?, next(b"eventSource")?, next(b"eventName")?, next(b"awsRegion")?);
        let tail = element.tail()?;
        let from = memchr::memmem::find(tail, ACCOUNT)? + ACCOUNT.len();
        let account = tail.get(from..from + 12).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        Some(Self { time, source, name, region, account: String::from_utf8_lossy(account) })
    }

    fn anywhere(element: &Element<'a>) -> Option<Self> {
        let (mut time, mut source, mut name, mut region, mut account, mut identity) = (None, None, None, None, None, None);
        for (key, value) in element.fields() {
            match key {
                b"eventTime" => time = element::string(value),
                b"eventSource" => source = element::string(value),
                b"eventName" => name = element::string(value),
                b"awsRegion" => region = element::string(value),
                b"recipientAccountId" => account = element::string(value),
                b"userIdentity" => identity = Some(value),
                _ => {}
            }
        }
        let callers_account = || {
            let identity = Element { bytes: identity?, list: "", index: 0, offset: 0, children: None };
            identity.field("accountId").and_then(element::string)
        };
        Some(Self {
            time: time?,
            source: source?,
            name: name?,
            region: region.unwrap_or_default(),
            account: account.or_else(callers_account).unwrap_or(Cow::Borrowed("unknown")),
        })
    }
}

/// Returns whether a record says something that lineage, checks or the timeline use.
fn matters(source: &str, name: &str, text: &[u8]) -> bool {
    let Some(service) = source.strip_suffix(".amazonaws.com") else { return false };
    match service {
        "sagemaker" => !is_read_only(name) && !is_data_plane(name),
        "s3" => match name {
            "PutObject" | "CopyObject" | "CompleteMultipartUpload" | "DeleteObject" | "DeleteObjects" => true,
            // Reads matter where they tell what a job read: by its role's session, or by naming a version.
            "GetObject" => {
                [&b"/SageMaker\""[..], b"\"versionId\""].iter().any(|needle| memchr::memmem::find(text, needle).is_some())
            }
            _ => name.contains("Bucket") && !is_read_only(name),
        },
        "kms" => {
            matches!(name, "Decrypt" | "GenerateDataKey")
                && memchr::memmem::find(text, b"\"aws:s3:arn\"").is_some()
                && memchr::memmem::find(text, b"/SageMaker\"").is_some()
        }
        "ecr" => {
            matches!(name, "PutImage" | "BatchDeleteImage" | "PutImageTagMutability" | "CreateRepository" | "DeleteRepository")
        }
        "cloudtrail" | "events" | "monitoring" | "application-autoscaling" => !is_read_only(name),
        "logs" => matches!(name, "DeleteLogGroup" | "DeleteLogStream" | "PutRetentionPolicy" | "DeleteRetentionPolicy"),
        "codebuild" => matches!(name, "StartBuild"),
        _ => false,
    }
}

fn is_read_only(name: &str) -> bool {
    ["Describe", "List", "Get", "BatchGet", "BatchDescribe", "Search", "Query", "Head", "Lookup", "Render", "Test"]
        .iter()
        .any(|verb| name.starts_with(verb))
}

/// Returns whether a `SageMaker` operation is a request of users or features, which is logged without what it carried.
fn is_data_plane(name: &str) -> bool {
    name.starts_with("Invoke")
        || matches!(name, "PutRecord" | "DeleteRecord" | "UpdateRecord" | "BatchPutMetrics" | "BatchWriteRecord")
}

/// Reads `CloudTrail` records out of a JSON array of strings.
pub(super) fn read_string(text: &str, index: u32, cx: &Context<'_>, sink: &mut Sink) {
    let place = super::locator("", index);
    if !embedded(text, &place, cx, sink) {
        sink.damaged(place, "a string that is no CloudTrail record");
    }
}
