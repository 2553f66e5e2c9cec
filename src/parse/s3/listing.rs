//! `list-object-versions`, `list-objects-v2` and `head-object`.
//!
//! The CLI drops the bucket's name when it merges pages, so the command has to tell it.

use std::sync::Arc;

use serde::Deserialize;

use super::super::sink::Sink;
use super::super::{Context, Each, Header, Reader, typed};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::object::{ListingKind, ListingStatement, ObjectStatement, ObjectWhat};
use crate::json::scalar::{Flag, Moment, Text, Whole};
use crate::json::skim::Element;
use crate::recognise::Format;
use crate::time::Instant;

/// Returns the reader of a listing.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::ObjectVersions => Some(Box::new(Listing::new(ListingKind::Versions))),
        Format::Objects => Some(Box::new(Listing::new(ListingKind::Current))),
        Format::HeadObject => Each::one(head),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Row {
    #[serde(rename = "Key")]
    key: Text,
    #[serde(rename = "VersionId")]
    version: Text,
    #[serde(rename = "ETag")]
    etag: Text,
    #[serde(rename = "Size")]
    size: Whole,
    #[serde(rename = "LastModified")]
    modified: Moment,
    #[serde(rename = "IsLatest")]
    latest: Flag,
}

/// Reads the rows of a listing, and then how far it reaches.
struct Listing {
    kind: ListingKind,
    bucket: Option<Arc<str>>,
    newest: Option<Instant>,
    rows: u64,
    waiting: Vec<(Locator, Option<Instant>, ObjectStatement)>,
}

impl Listing {
    const fn new(kind: ListingKind) -> Self {
        Self { kind, bucket: None, newest: None, rows: 0, waiting: Vec::new() }
    }
}

impl Reader for Listing {
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
        if !matches!(element.list, "Versions" | "DeleteMarkers" | "Contents") {
            return;
        }
        let Some(row) = typed::<Row>(element.bytes, &place, sink) else { return };
        sink.record();
        self.rows += 1;
        let Some(key) = row.key.0 else { return sink.damaged(place, "a row without a key") };
        self.newest = self.newest.max(row.modified.0);
        if self.bucket.is_none() {
            self.bucket = named_bucket(cx).map(Into::into);
        }
        let null_version = row.version.0.as_deref() == Some("null");
        let what = match (element.list, self.kind) {
            ("DeleteMarkers", _) => ObjectWhat::Marker { order: element.index },
            (_, ListingKind::Versions) => ObjectWhat::Version { latest: row.latest.0.unwrap_or(false), order: element.index },
            _ => ObjectWhat::Current { captured: cx.captured() },
        };
        let statement = ObjectStatement {
            bucket: self.bucket.clone().unwrap_or_else(|| "".into()),
            key: key.into(),
            what,
            version: row.version.0.filter(|_| !null_version).map(Into::into),
            null_version: null_version || self.kind == ListingKind::Current,
            etag: row.etag.0.map(|etag| etag.trim_matches('"').into()),
            size: row.size.0.and_then(|size| u64::try_from(size).ok()),
            sha256: None,
            at: row.modified.0,
            sequencer: None,
        };
        if self.bucket.is_some() {
            sink.say(&place, Source::S3, row.modified.0, Statement::Object(Box::new(statement)));
        } else if self.waiting.len() < 100_000 {
            // A page of the API names its bucket behind the rows.
            self.waiting.push((place, row.modified.0, statement));
        }
    }

    fn finish(&mut self, header: &Header, cx: &Context<'_>, sink: &mut Sink) {
        let own = header.text("Name");
        let asked = named_bucket(cx);
        if let (Some(own), Some(asked)) = (own, asked)
            && own != asked
        {
            sink.defect(
                Locator::Whole,
                format!("its command names bucket `{asked}`, but this is a listing of `{own}`: the command is refused"),
            );
            sink.correct_bucket(own);
            self.bucket = Some(own.into());
        }
        let bucket: Option<Arc<str>> = self.bucket.clone().or_else(|| own.or(asked).map(Into::into));
        if asked.is_some() && own.is_none() {
            sink.uses_request();
        }
        let Some(bucket) = bucket else { return sink.orphan("its bucket") };
        for (place, time, mut statement) in std::mem::take(&mut self.waiting) {
            statement.bucket = bucket.clone();
            sink.say(&place, Source::S3, time, Statement::Object(Box::new(statement)));
        }
        let prefix = header.text("Prefix").or_else(|| cx.option("prefix")).unwrap_or_default().to_owned();
        if header.is_cut() {
            sink.note(
                Locator::Whole,
                "the listing goes on in an answer that is not here: nothing follows from what is missing in it",
            );
        }
        let shortens = [
            "max-items",
            "max-keys",
            "starting-token",
            "query",
            "start-after",
            "key-marker",
            "version-id-marker",
            "delimiter",
            "no-paginate",
        ];
        let limited = cx.request.is_some_and(|request| request.has_any(&shortens) || request.exit.is_some_and(|exit| exit != 0));
        let captured = cx.captured().or_else(|| header.date());
        let contradicted = captured.zip(self.newest).filter(|(captured, newest)| newest > captured);
        if let Some((captured, newest)) = contradicted {
            let message = format!(
                "it is said to have been made at {captured}, and lists what was written at {newest}: that time is refused"
            );
            sink.defect(Locator::Whole, message);
        }
        let statement = ListingStatement {
            bucket: Some(bucket),
            prefix,
            kind: self.kind,
            captured: captured.filter(|_| contradicted.is_none()),
            complete: !header.is_cut() && !limited && header.text("KeyMarker").is_none(),
            newest: self.newest,
            rows: self.rows,
        };
        let time = statement.captured.or(statement.newest);
        sink.say(&Locator::Whole, Source::S3, time, Statement::Listing(Box::new(statement)));
    }
}

/// Returns the bucket that the command names.
fn named_bucket<'a>(cx: &'a Context<'_>) -> Option<&'a str> {
    cx.option("bucket")
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Head {
    #[serde(rename = "LastModified")]
    modified: Moment,
    #[serde(rename = "ContentLength")]
    size: Whole,
    #[serde(rename = "ETag")]
    etag: Text,
    #[serde(rename = "VersionId")]
    version: Text,
    #[serde(rename = "ChecksumSHA256")]
    sha256: Text,
    #[serde(rename = "ChecksumType")]
    checksum_type: Text,
}

fn head(head: Head, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let (Some(bucket), Some(key)) = (cx.option("bucket"), cx.option("key")) else {
        return sink.orphan("its bucket and key");
    };
    sink.uses_request();
    let null_version = matches!(head.version.0.as_deref(), None | Some("null"));
    let whole = head.checksum_type.0.as_deref() != Some("COMPOSITE");
    let statement = ObjectStatement {
        bucket: bucket.into(),
        key: key.into(),
        what: ObjectWhat::Current { captured: cx.captured() },
        version: head.version.0.filter(|_| !null_version).map(Into::into),
        null_version,
        etag: head.etag.0.map(|etag| etag.trim_matches('"').into()),
        size: head.size.0.and_then(|size| u64::try_from(size).ok()),
        sha256: head.sha256.0.filter(|_| whole).and_then(|text| hex_of_base64(&text)).map(Into::into),
        at: head.modified.0,
        sequencer: None,
    };
    sink.say(place, Source::S3, cx.captured().or(head.modified.0), Statement::Object(Box::new(statement)));
}

/// Turns S3's base64 checksum of 32 bytes into hex.
fn hex_of_base64(text: &str) -> Option<String> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bits = 0_u32;
    let mut count = 0;
    let mut hex = String::new();
    for byte in text.trim_end_matches('=').bytes() {
        bits = bits << 6 | u32::from(digit(byte)?);
        count += 6;
        while count >= 4 {
            count -= 4;
            hex.push(char::from_digit(bits >> count & 0xf, 16)?);
        }
    }
    hex.truncate(64);
    (hex.len() == 64).then_some(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_turned_into_hex() {
        let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(hex_of_base64(empty).as_deref(), Some("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        assert_eq!(hex_of_base64("AAAA"), None);
    }
}
