//! Objects in S3: what lies there, what was written, deleted and read, and how far a listing reaches.

use std::sync::Arc;

use super::s3::S3Uri;
use super::{Excerpt, at};
use crate::time::Instant;

/// What a record says about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectWhat {
    /// A version in a listing; `at` is its time of modification.
    Version {
        /// Whether it was the latest when listed.
        latest: bool,
        /// Position among the versions of its listing: S3 lists a key's versions newest first.
        order: u32,
    },
    /// A delete marker in a listing.
    Marker {
        /// Position among the markers of its listing.
        order: u32,
    },
    /// The object as it lay there when listed or headed; `at` is its time of modification.
    Current {
        /// When it was listed.
        captured: Option<Instant>,
    },
    /// Written; `at` is when the request was completed.
    Written {
        /// The object it was copied from.
        copied_from: Option<Box<S3Uri>>,
        /// The version of the object it was copied from.
        copied_version: Option<Box<str>>,
    },
    /// Hidden by a delete marker.
    Deleted,
    /// A version destroyed for ever.
    Destroyed,
    /// Objects deleted in a batch that does not name them: the key is the prefix, or empty.
    BatchDeleted,
    /// Expired by a lifecycle rule.
    Expired,
    /// Read.
    Read,
    /// Its encryption key was used to read it.
    KeyUsedToRead,
    /// Its encryption key was used to write it.
    KeyUsedToWrite,
}

/// What one record says about an object.
#[derive(Clone, Debug)]
pub struct ObjectStatement {
    /// Bucket.
    pub bucket: Arc<str>,
    /// Key.
    pub key: Box<str>,
    /// What is said.
    pub what: ObjectWhat,
    /// Version; absent where unknown or `null`.
    pub version: Option<Box<str>>,
    /// Whether the version is S3's `null` version: written while versioning was off.
    pub null_version: bool,
    /// `ETag`, without quotes.
    pub etag: Option<Box<str>>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// SHA-256 that S3 keeps as a checksum of the whole object, hex.
    pub sha256: Option<Box<str>>,
    /// When.
    pub at: Option<Instant>,
    /// S3's own ordering token of event notifications.
    pub sequencer: Option<Box<str>>,
}

/// Kinds of listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListingKind {
    /// All versions.
    Versions,
    /// Current objects only.
    Current,
    /// An inventory: a list made over hours.
    Inventory {
        /// Whether it holds all versions.
        versions: bool,
    },
}

/// How far a listing reaches.
#[derive(Clone, Debug)]
pub struct ListingStatement {
    /// Bucket; absent where the export does not name it.
    pub bucket: Option<Arc<str>>,
    /// Prefix it was asked for.
    pub prefix: String,
    /// Kind.
    pub kind: ListingKind,
    /// When it was made.
    pub captured: Option<Instant>,
    /// Whether it is whole: no live token, not cut short.
    pub complete: bool,
    /// The newest time of modification in it.
    pub newest: Option<Instant>,
    /// Number of rows.
    pub rows: u64,
}

/// A rule of a bucket's lifecycle that removes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleRule {
    /// Id.
    pub id: String,
    /// Prefix it applies to.
    pub prefix: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Days after which objects expire.
    pub expires_after: Option<i64>,
    /// Days after which versions that are no longer current are removed.
    pub noncurrent_after: Option<i64>,
}

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// It does.
    Enabled,
    /// It does no more.
    Suspended,
    /// It never did.
    Never,
}

/// What one record says about a bucket.
#[derive(Clone, Debug)]
pub struct BucketStatement {
    /// Bucket.
    pub bucket: Arc<str>,
    /// Versioning, if stated.
    pub versioning: Option<Versioning>,
    /// Lifecycle rules, if stated; an empty list means that there are none.
    pub lifecycle: Option<Vec<LifecycleRule>>,
    /// When it was changed; absent where the record is an answer.
    pub changed: Option<Instant>,
    /// When the answer was captured.
    pub captured: Option<Instant>,
}

/// The content of a manifest: the objects it names.
#[derive(Clone, Debug)]
pub struct ManifestStatement {
    /// Where the manifest lies, where known.
    pub uri: Option<S3Uri>,
    /// The path it was found at, to be matched with keys.
    pub path: String,
    /// The objects it names.
    pub objects: Vec<S3Uri>,
}

impl ObjectStatement {
    /// Returns the object's place.
    pub fn uri(&self) -> S3Uri {
        S3Uri { bucket: self.bucket.clone(), key: (&*self.key).into() }
    }

    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let what = match &self.what {
            ObjectWhat::Version { .. } => "version listed:",
            ObjectWhat::Marker { .. } => "delete marker listed:",
            ObjectWhat::Current { .. } => "object listed:",
            ObjectWhat::Written { copied_from: Some(_), .. } => "object copied:",
            ObjectWhat::Written { .. } => "object written:",
            ObjectWhat::Deleted => "object deleted:",
            ObjectWhat::Destroyed => "version destroyed:",
            ObjectWhat::BatchDeleted => "batch deletion:",
            ObjectWhat::Expired => "object expired:",
            ObjectWhat::Read => "object read:",
            ObjectWhat::KeyUsedToRead => "object decrypted:",
            ObjectWhat::KeyUsedToWrite => "object encrypted:",
        };
        let null = self.null_version.then_some("null");
        let from = match &self.what {
            ObjectWhat::Written { copied_from, .. } => copied_from.as_ref(),
            _ => None,
        };
        Excerpt::of(what)
            .and("object", Some(self.uri()))
            .and("versionId", self.version.as_deref().or(null))
            .and("eTag", self.etag.as_ref())
            .and("size", self.size)
            .and("from", from)
            .and("at", at(self.at))
            .text()
    }
}

impl ListingStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let kind = match self.kind {
            ListingKind::Versions => "listing of versions:",
            ListingKind::Current => "listing of current objects:",
            ListingKind::Inventory { .. } => "inventory:",
        };
        let complete = (!self.complete).then_some("false");
        let excerpt = Excerpt::of(kind).and("bucket", self.bucket.as_ref()).and("prefix", Some(&self.prefix));
        excerpt.and("rows", Some(self.rows)).and("complete", complete).and("captured", at(self.captured)).text()
    }
}

impl BucketStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("bucket:").and("name", Some(&self.bucket));
        let excerpt = excerpt.and("versioning", self.versioning.map(|versioning| format!("{versioning:?}")));
        let rules = self.lifecycle.as_ref().map(|rules| {
            let text = |rule: &LifecycleRule| {
                let removes = rule.noncurrent_after.map(|days| format!("old versions after {days} d"));
                let expires = rule.expires_after.map(|days| format!("objects after {days} d"));
                format!("{}: {}", rule.id, [removes, expires].into_iter().flatten().collect::<Vec<_>>().join(", "))
            };
            if rules.is_empty() { "none".to_owned() } else { rules.iter().map(text).collect::<Vec<_>>().join("; ") }
        });
        excerpt.and("lifecycle", rules).and("changed", at(self.changed)).text()
    }
}

impl ManifestStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        Excerpt::of("manifest:").and("objects", Some(self.objects.len())).text()
    }
}
