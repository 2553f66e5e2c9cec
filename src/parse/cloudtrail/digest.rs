//! Digest files, which list what a trail delivered in an hour, and trail settings. Digests hold no events and are never
//! counted as such.

use serde::Deserialize;

use super::super::Context;
use super::super::sink::Sink;
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::arn::Arn;
use crate::fact::call::{Delivered, TrailStatement, TrailWhat};
use crate::json::scalar::{Moment, Text};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Digest {
    aws_account_id: Text,
    digest_start_time: Moment,
    digest_end_time: Moment,
    #[serde(rename = "digestS3Object")]
    object: Text,
    #[serde(rename = "digestS3Bucket")]
    bucket: Text,
    log_files: Vec<LogFile>,
    #[serde(rename = "previousDigestS3Object")]
    previous: Text,
    previous_digest_hash_value: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct LogFile {
    #[serde(rename = "s3Object")]
    object: Text,
    oldest_event_time: Moment,
    newest_event_time: Moment,
    hash_value: Text,
}

/// Reads a digest.
pub(super) fn digest(digest: Digest, place: &Locator, _: &Context<'_>, sink: &mut Sink) {
    // A digest is no record of an event.
    sink.uncount();
    let (Some(from), Some(to), Some(object)) = (digest.digest_start_time.0, digest.digest_end_time.0, digest.object.0) else {
        return sink.damaged(place.clone(), "a digest without its interval");
    };
    // …/CloudTrail-Digest/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOMEREGION_STAMP.json.gz
    let mut parts = object.split("/CloudTrail-Digest/").nth(1).unwrap_or_default().split('/');
    let region = parts.next().unwrap_or_default().to_owned();
    let file = object.rsplit('/').next().unwrap_or_default();
    let name = file.split(&format!("_CloudTrail-Digest_{region}_")).nth(1).and_then(|rest| {
        let words: Vec<&str> = rest.rsplitn(3, '_').collect();
        words.get(2).map(|name| (*name).to_owned())
    });
    let files = digest.log_files.into_iter().filter_map(|file| {
        let (oldest, newest) = (file.oldest_event_time.0, file.newest_event_time.0);
        Some(Delivered { key: file.object.0?, oldest, newest, sha256: hash(file.hash_value) })
    });
    let previous = digest.previous.0.map(|key| {
        let sha256 = hash(digest.previous_digest_hash_value);
        Delivered { key, oldest: None, newest: None, sha256 }
    });
    let statement = TrailStatement {
        account: digest.aws_account_id.0.unwrap_or_default(),
        region,
        name: name.unwrap_or_default(),
        what: TrailWhat::Digest { from, to, bucket: digest.bucket.0.unwrap_or_default(), files: files.collect(), previous },
    };
    sink.seen(from);
    sink.say(place, Source::CloudTrail, Some(to), Statement::Trail(Box::new(statement)));
}

/// Returns a SHA-256 in the spelling of all others; what is none proves nothing.
fn hash(text: Text) -> Option<String> {
    let hash = text.0?.to_ascii_lowercase();
    (hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hash)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Trail {
    #[serde(rename = "Name")]
    name: Text,
    #[serde(rename = "S3BucketName")]
    bucket: Text,
    #[serde(rename = "S3KeyPrefix")]
    prefix: Text,
    #[serde(rename = "TrailARN")]
    arn: Text,
}

/// Reads a trail's settings.
pub(super) fn trail(trail: Trail, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let Some(bucket) = trail.bucket.0 else { return };
    let arn = trail.arn.0.as_deref().and_then(Arn::parse);
    let statement = TrailStatement {
        account: arn.as_ref().map(|arn| arn.account().to_owned()).unwrap_or_default(),
        region: arn.as_ref().map(|arn| arn.region().to_owned()).unwrap_or_default(),
        name: trail.name.0.unwrap_or_default(),
        what: TrailWhat::Delivers { bucket, prefix: trail.prefix.0 },
    };
    sink.say(place, Source::CloudTrail, cx.captured(), Statement::Trail(Box::new(statement)));
}
