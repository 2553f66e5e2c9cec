//! Calls to S3, and to KMS on behalf of S3: objects written, copied, deleted and read; settings of buckets.

use std::sync::Arc;

use serde::Deserialize;

use super::super::s3;
use super::super::sink::Sink;
use super::record::{Call, Mended, each_member, element_of, member};
use super::resources::Subject;
use crate::fact::Statement;
use crate::fact::object::{BucketStatement, ObjectStatement, ObjectWhat, Versioning};
use crate::fact::s3::S3Uri;
use crate::json::element;
use crate::json::scalar::Text;

/// The members of a request about an object; those named like headers stay as S3 writes them. There are so many of these requests
/// that they are taken off the text.
#[derive(Default)]
struct ObjectRequest {
    bucket: Text,
    key: Text,
    version: Text,
    prefix: Text,
    copy_source: Text,
}

impl ObjectRequest {
    fn of(text: &[u8], mended: &mut Mended) -> Result<Self, serde_json::Error> {
        let mut request = Self::default();
        each_member(&element_of(text), |key, value| {
            let member = match key {
                b"bucketName" | b"BucketName" => &mut request.bucket,
                b"key" | b"Key" => &mut request.key,
                b"versionId" | b"VersionId" => &mut request.version,
                b"prefix" | b"Prefix" => &mut request.prefix,
                b"x-amz-copy-source" => &mut request.copy_source,
                _ => return Ok(()),
            };
            *member = mended.take(element::text(value))?;
            Ok(())
        })?;
        Ok(request)
    }
}

/// The members of an answer about an object.
#[derive(Default)]
struct ObjectResponse {
    version: Text,
    delete_marker: Text,
    etag: Text,
}

impl ObjectResponse {
    fn of(text: &[u8], mended: &mut Mended) -> Result<Self, serde_json::Error> {
        let mut response = Self::default();
        each_member(&element_of(text), |key, value| {
            let member = match key {
                b"x-amz-version-id" => &mut response.version,
                b"x-amz-delete-marker" => &mut response.delete_marker,
                b"eTag" | b"ETag" => &mut response.etag,
                _ => return Ok(()),
            };
            *member = mended.take(element::text(value))?;
            Ok(())
        })?;
        Ok(response)
    }
}

/// Reads a call and states what it says.
pub(super) fn read(mut call: Call<'_>, sink: &mut Sink) {
    if call.service == "kms" {
        return key_use(&mut call, sink);
    }
    match call.operation {
        "PutObject" | "CopyObject" | "CompleteMultipartUpload" | "DeleteObject" | "DeleteObjects" | "GetObject" => {
            object(&mut call, sink);
        }
        _ => bucket(call, sink),
    }
}

fn object(call: &mut Call<'_>, sink: &mut Sink) {
    if call.failed() {
        return;
    }
    let Some(request) = call.request_by(ObjectRequest::of, sink) else { return };
    let response = call.response_by(ObjectResponse::of, sink).unwrap_or_default();
    let from_resources = || {
        let (_, arn) = call.resources().find(|(kind, _)| kind == "AWS::S3::Object")?;
        arn.resource().split_once('/').map(|(bucket, key)| (bucket.to_owned(), key.to_owned()))
    };
    let (bucket, key) = match (request.bucket.0, request.key.0) {
        (Some(bucket), Some(key)) => (bucket, key),
        (Some(bucket), None) => from_resources().unwrap_or_else(|| (bucket, request.prefix.0.unwrap_or_default())),
        (None, _) => match from_resources() {
            Some(place) => place,
            None => return,
        },
    };
    let written = response.version.0;
    let (what, version) = match call.operation {
        "GetObject" => (ObjectWhat::Read, request.version.0),
        "DeleteObjects" => (ObjectWhat::BatchDeleted, None),
        "DeleteObject" => match request.version.0 {
            Some(version) => (ObjectWhat::Destroyed, Some(version)),
            None => (ObjectWhat::Deleted, written.filter(|_| response.delete_marker.0.as_deref() == Some("true"))),
        },
        "CopyObject" => {
            let source = request.copy_source.0.as_deref().and_then(copy_source);
            let (copied_from, copied_version) = source.map_or((None, None), |(uri, version)| (Some(Box::new(uri)), version));
            (ObjectWhat::Written { copied_from, copied_version: copied_version.map(Into::into) }, written)
        }
        _ => (ObjectWhat::Written { copied_from: None, copied_version: None }, written),
    };
    let null_version = version.as_deref() == Some("null");
    let size = size(call);
    let statement = ObjectStatement {
        bucket: sink.symbols.of(&bucket).into(),
        key: key.into(),
        what,
        version: version.filter(|_| !null_version).map(Into::into),
        null_version,
        etag: response.etag.0.map(|etag| etag.trim_matches('"').into()),
        size,
        sha256: None,
        at: Some(call.at),
        sequencer: None,
    };
    call.say(sink, Statement::Object(Box::new(statement)));
}

/// The size of a written object is the bytes that came in, which only single uploads tell.
fn size(call: &Call<'_>) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "object sizes lie far below 2^53")]
    (call.operation == "PutObject").then(|| call.bytes_in()).flatten().filter(|bytes| *bytes >= 0.0).map(|bytes| bytes as u64)
}

/// Reads `bucket/key[?versionId=…]`, URL-encoded, with or without a leading slash.
fn copy_source(text: &str) -> Option<(S3Uri, Option<String>)> {
    let (place, version) = match text.split_once("?versionId=") {
        Some((place, version)) => (place, Some(version.to_owned())),
        None => (text, None),
    };
    let decoded = percent_encoding::percent_decode_str(place).decode_utf8().ok()?;
    let (bucket, key) = decoded.trim_start_matches('/').split_once('/')?;
    Some((S3Uri::new(bucket, key), version))
}

/// With encryption by KMS and no bucket key, each read and write of an object uses the key, naming the object.
fn key_use(call: &mut Call<'_>, sink: &mut Sink) {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct KeyRequest {
        #[serde(rename = "encryptionContext")]
        context: Context,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Context {
        #[serde(rename = "aws:s3:arn")]
        object: Text,
    }
    if call.failed() {
        return;
    }
    let Some(object) = call.request::<KeyRequest>(sink).and_then(|request| request.context.object.0) else { return };
    // With a bucket key the context names the bucket only, which says nothing of an object.
    let Some((bucket, key)) = object.split_once(":::").and_then(|(_, place)| place.split_once('/')) else { return };
    let what = if call.operation == "Decrypt" { ObjectWhat::KeyUsedToRead } else { ObjectWhat::KeyUsedToWrite };
    let statement = ObjectStatement {
        bucket: bucket.into(),
        key: key.into(),
        what,
        version: None,
        null_version: false,
        etag: None,
        size: None,
        sha256: None,
        at: Some(call.at),
        sequencer: None,
    };
    call.say(sink, Statement::Object(Box::new(statement)));
}

fn bucket(mut call: Call<'_>, sink: &mut Sink) {
    let name = member(call.request, "bucketName");
    if let Some(bucket) = name.as_deref().map(Arc::<str>::from)
        && !call.failed()
    {
        let versioning = match call.operation {
            "PutBucketVersioning" => versioning(&call, sink),
            _ => None,
        };
        let lifecycle = match call.operation {
            "PutBucketLifecycle" | "PutBucketLifecycleConfiguration" => s3::lifecycle_of_request(call.request),
            "DeleteBucketLifecycle" => Some(Vec::new()),
            _ => None,
        };
        if versioning.is_some() || lifecycle.is_some() {
            let statement = BucketStatement { bucket, versioning, lifecycle, changed: Some(call.at), captured: None };
            call.say(sink, Statement::Bucket(Box::new(statement)));
        }
    }
    call.say_call(Subject { arn: None, name: name.map(|name| format!("s3://{name}/")) }, sink);
}

fn versioning(call: &Call<'_>, sink: &mut Sink) -> Option<Versioning> {
    #[derive(Deserialize, Default)]
    #[serde(default, rename_all = "PascalCase")]
    struct Request {
        versioning_configuration: Configuration,
    }
    #[derive(Deserialize, Default)]
    #[serde(default, rename_all = "PascalCase")]
    struct Configuration {
        status: Text,
    }
    match call.request::<Request>(sink)?.versioning_configuration.status.0.as_deref()? {
        "Enabled" => Some(Versioning::Enabled),
        "Suspended" => Some(Versioning::Suspended),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_sources_are_decoded() {
        assert_eq!(copy_source("/b/a%20b.csv?versionId=v1"), Some((S3Uri::new("b", "a b.csv"), Some("v1".to_owned()))));
        assert_eq!(copy_source("b/k"), Some((S3Uri::new("b", "k"), None)));
        assert_eq!(copy_source("b"), None);
    }
}
