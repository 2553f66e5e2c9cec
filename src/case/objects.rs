//! The history of objects in S3: every version that any evidence knows, and what may be concluded from a listing.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::said::Said;
use crate::evidence::citation::{Citation, Citations, Source};
use crate::fact::Fact;
use crate::fact::Statement;
use crate::fact::object::{BucketStatement, ListingKind, ListingStatement, ObjectStatement, ObjectWhat, Versioning};
use crate::fact::principal::Principal;
use crate::fact::s3::S3Uri;
use crate::time::{Instant, Seconds};

/// A record of the fact list.
type FactId = u32;

/// A version of an object.
#[derive(Clone, Debug, Default)]
pub struct Version {
    /// Version id; absent in buckets without versioning, and for S3's `null` version.
    pub id: Option<Box<str>>,
    /// `ETag`.
    pub etag: Option<Box<str>>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// SHA-256 that S3 keeps of the whole object.
    pub sha256: Option<Box<str>>,
    /// Time of modification that a listing states.
    pub modified: Option<Instant>,
    /// When the write was completed, that a record of the request states.
    pub written: Option<Instant>,
    /// Whether it is a delete marker.
    pub marker: bool,
    /// When it was destroyed for ever.
    pub destroyed: Option<Instant>,
    /// Who wrote it.
    pub by: Option<Arc<Principal>>,
    /// Where it was copied from.
    pub copied_from: Option<S3Uri>,
    /// Position in its listing: of two versions of one second, the earlier listed is the newer.
    order: Option<u32>,
    listed: Vec<FactId>,
    logged: Vec<FactId>,
    /// Whether the record of its writing names its version or content; time and place alone do not fix it.
    log_fixes: bool,
}

impl Version {
    /// Returns when it became what readers see. The time of modification of a multipart upload is when it began, so the record
    /// of its completion wins.
    pub fn visible(&self) -> Option<Instant> {
        self.written.or(self.modified)
    }

    /// Returns whether a listing and a record of its writing both fix it.
    pub fn is_corroborated(&self) -> bool {
        !self.listed.is_empty() && self.log_fixes
    }

    /// Returns whether a listing shows it.
    pub fn is_listed(&self) -> bool {
        !self.listed.is_empty()
    }

    /// Returns whether two versions have the same content, as far as is known.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (&self.id, &other.id) {
            (Some(one), Some(another)) => one == another,
            _ => match (&self.etag, &other.etag) {
                (Some(one), Some(another)) => one == another && self.size == other.size,
                _ => self.visible() == other.visible(),
            },
        }
    }
}

/// An object as it lay in its place at some instant.
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    /// Key.
    pub key: &'a str,
    /// Version.
    pub version: &'a Version,
}

/// What changed in an interval.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Key.
    pub key: &'a str,
    /// The version that appeared, or that was destroyed.
    pub version: &'a Version,
    /// When.
    pub at: Instant,
}

/// What a bucket's evidence tells of a place and an interval.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Whole listings of all versions, made after the interval began.
    pub versions: Vec<Citation>,
    /// Inventories of all versions.
    pub inventories: Vec<Citation>,
    /// Whole listings of current objects.
    pub current: Vec<Citation>,
    /// Records of writes.
    pub has_writes: bool,
    /// Why versions may be missing from the listings.
    pub doubts: Vec<String>,
    /// Evidence for the doubts.
    pub doubt_cites: Vec<Citation>,
}

/// The history of one bucket.
#[derive(Debug, Default)]
struct Bucket {
    keys: BTreeMap<Box<str>, Vec<Version>>,
    listings: Vec<Said<ListingStatement>>,
    settings: Vec<Said<BucketStatement>>,
    /// Deletions that do not name their objects, and expirations.
    deletions: Vec<(Instant, Box<str>, FactId)>,
    reads: BTreeMap<Box<str>, Vec<FactId>>,
}

/// The history of all buckets.
#[derive(Debug, Default)]
pub struct Objects {
    buckets: BTreeMap<Arc<str>, Bucket>,
    facts: Vec<Fact>,
}

/// Times of one write differ by this much between S3's index and the record of the request.
const SAME_WRITE: Seconds = 2;

impl Objects {
    /// Builds the history from facts about objects, listings and buckets.
    pub(super) fn build(facts: Vec<Fact>) -> Self {
        let mut objects = Self { buckets: BTreeMap::new(), facts };
        let facts = std::mem::take(&mut objects.facts);
        // Listings first: records of requests are then matched with the versions they made.
        for pass in [true, false] {
            for (id, fact) in facts.iter().enumerate() {
                let id = FactId::try_from(id).unwrap_or(FactId::MAX);
                match &fact.statement {
                    Statement::Object(object) if is_row(object) == pass => objects.take(object, id, fact),
                    Statement::Listing(listing) if pass => {
                        if let Some(bucket) = &listing.bucket {
                            let said = Said { says: (**listing).clone(), by: fact.by.clone(), cite: fact.cite() };
                            objects.buckets.entry(bucket.clone()).or_default().listings.push(said);
                        }
                    }
                    Statement::Bucket(setting) if pass => {
                        let said = Said { says: (**setting).clone(), by: fact.by.clone(), cite: fact.cite() };
                        objects.buckets.entry(setting.bucket.clone()).or_default().settings.push(said);
                    }
                    _ => {}
                }
            }
        }
        for bucket in objects.buckets.values_mut() {
            for versions in bucket.keys.values_mut() {
                versions.sort_by(|left, right| {
                    // Of one second, the later listed is the older.
                    left.visible().cmp(&right.visible()).then(right.order.cmp(&left.order)).then(left.id.cmp(&right.id))
                });
            }
        }
        objects.facts = facts;
        objects
    }

    fn take(&mut self, object: &ObjectStatement, id: FactId, fact: &Fact) {
        let bucket = self.buckets.entry(object.bucket.clone()).or_default();
        match &object.what {
            ObjectWhat::Version { order, .. } | ObjectWhat::Marker { order } => {
                let marker = matches!(object.what, ObjectWhat::Marker { .. });
                let versions = bucket.keys.entry(object.key.clone()).or_default();
                let version = find(versions, object);
                version.modified = version.modified.or(object.at);
                version.marker |= marker;
                version.order = version.order.or(Some(*order));
                version.listed.push(id);
                fill(version, object);
            }
            ObjectWhat::Current { .. } => {
                let versions = bucket.keys.entry(object.key.clone()).or_default();
                let version = find(versions, object);
                version.modified = version.modified.or(object.at);
                version.listed.push(id);
                fill(version, object);
            }
            ObjectWhat::Written { copied_from, .. } => {
                let versions = bucket.keys.entry(object.key.clone()).or_default();
                let version = find(versions, object);
                version.written = [version.written, object.at].into_iter().flatten().max();
                version.by = version.by.clone().or_else(|| fact.by.clone());
                version.copied_from = version.copied_from.clone().or_else(|| copied_from.as_deref().cloned());
                version.logged.push(id);
                version.log_fixes |= object.version.is_some() || object.etag.is_some();
                fill(version, object);
            }
            ObjectWhat::Deleted | ObjectWhat::Expired => {
                let versions = bucket.keys.entry(object.key.clone()).or_default();
                let version = find_marker(versions, object);
                version.marker = true;
                version.written = version.written.or(object.at);
                version.by = version.by.clone().or_else(|| fact.by.clone());
                version.logged.push(id);
            }
            ObjectWhat::Destroyed => {
                let versions = bucket.keys.entry(object.key.clone()).or_default();
                let version = find(versions, object);
                version.destroyed = object.at;
                version.logged.push(id);
            }
            ObjectWhat::BatchDeleted => {
                if let Some(at) = object.at {
                    bucket.deletions.push((at, object.key.clone(), id));
                }
            }
            ObjectWhat::Read | ObjectWhat::KeyUsedToRead => bucket.reads.entry(object.key.clone()).or_default().push(id),
            ObjectWhat::KeyUsedToWrite => {}
        }
    }

    /// Returns the objects that lay under a place at `at`, and whose content is known; folder markers are left out.
    pub fn live(&self, place: &S3Uri, at: Instant) -> Vec<Live<'_>> {
        self.under(place)
            .filter_map(|(key, versions)| Some(Live { key, version: live_version(versions, at)? }))
            .filter(|live| !is_folder_marker(live))
            .collect()
    }

    /// Returns the object that lay in a place at `at`.
    pub fn live_object(&self, place: &S3Uri, at: Instant) -> Option<&Version> {
        live_version(self.versions(place), at)
    }

    /// Returns all versions of one object, oldest first.
    pub fn versions(&self, place: &S3Uri) -> &[Version] {
        self.buckets.get(&place.bucket).and_then(|bucket| bucket.keys.get(&*place.key)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns what appeared, was deleted or destroyed under a place after `from` and up to `to`.
    pub fn changes(&self, place: &S3Uri, from: Instant, to: Instant) -> Vec<Change<'_>> {
        let mut changes = Vec::new();
        for (key, versions) in self.under(place) {
            for version in versions {
                let appeared = version.visible().filter(|at| *at > from && *at <= to);
                let destroyed = version.destroyed.filter(|at| *at > from && *at <= to);
                changes.extend([appeared, destroyed].into_iter().flatten().map(|at| Change { key, version, at }));
            }
        }
        changes.retain(|change| !(change.key.ends_with('/') && change.version.size == Some(0)));
        changes.sort_by(|left, right| left.at.cmp(&right.at).then(left.key.cmp(right.key)));
        changes
    }

    /// Returns the objects under a place of which only a version newer than `at` is known, or one of unknown time, and that may
    /// have had an older one; with each whether its time is known.
    pub fn obscured(&self, place: &S3Uri, at: Instant) -> Vec<(&str, bool)> {
        let versioned = self.is_versioned(&place.bucket);
        let hides = |versions: &[Version]| {
            let oldest = versions.iter().find(|version| !version.marker)?;
            let visible = oldest.visible();
            // A version with an id leaves older ones in the listing; one without overwrote what was there.
            let hides = visible.is_none_or(|visible| visible > at) && (oldest.id.is_none() || !versioned);
            hides.then_some(visible.is_some())
        };
        self.under(place).filter_map(|(key, versions)| Some((key, hides(versions)?))).collect()
    }

    /// Returns whether the bucket's listings show version ids.
    fn is_versioned(&self, bucket: &Arc<str>) -> bool {
        self.buckets.get(bucket).is_some_and(|bucket| {
            bucket
                .listings
                .iter()
                .any(|said| matches!(said.says.kind, ListingKind::Versions | ListingKind::Inventory { versions: true }))
        })
    }

    /// Returns what the evidence tells of a place over an interval.
    pub fn reach(&self, place: &S3Uri, from: Instant, to: Option<Instant>) -> Reach {
        let Some(bucket) = self.buckets.get(&place.bucket) else { return Reach::default() };
        let mut reach = Reach::default();
        let covering = bucket.listings.iter().filter(|said| place.key.starts_with(said.says.prefix.as_str()));
        let end = to.unwrap_or(from);
        // Where overwriting and deleting leave nothing behind, a listing of versions is one of current objects.
        let keeps = self.keeps_versions(bucket, place, from);
        let mut latest = None;
        let mut doubtful: Vec<(&'static str, Citation)> = Vec::new();
        for said in covering {
            let says = &said.says;
            // A listing was made when its exporter says, and not before its newest row.
            let made = says.captured.or(says.newest);
            if says.captured.is_some_and(|captured| captured < end) {
                continue;
            }
            if !says.complete {
                doubtful.push(("a listing of it is not whole", said.cite.clone()));
                continue;
            }
            if made.is_none_or(|made| made < end) {
                doubtful.push((
                    "when the listing was made is not known, and what was written after it is not in it",
                    said.cite.clone(),
                ));
                continue;
            }
            match says.kind {
                ListingKind::Inventory { versions: true } if made.is_none_or(|made| made.since(end) <= 86_400) => continue,
                ListingKind::Inventory { versions: true } if keeps => reach.inventories.push(said.cite.clone()),
                ListingKind::Versions if keeps => reach.versions.push(said.cite.clone()),
                _ => reach.current.push(said.cite.clone()),
            }
            // The first that was made late enough has lost least.
            latest = [latest, made].into_iter().flatten().min();
        }
        // One listing that is beyond doubt makes up for others that are not; where there is none, they are better than nothing.
        if reach.versions.is_empty() && reach.inventories.is_empty() && reach.current.is_empty() {
            for (doubt, cite) in doubtful {
                if keeps {
                    reach.versions.push(cite);
                } else {
                    reach.current.push(cite);
                }
                reach.doubts.push(doubt.to_owned());
            }
        }
        self.doubt(bucket, place, from, latest, &mut reach);
        reach.has_writes = self.under(place).any(|(_, versions)| versions.iter().any(|version| !version.logged.is_empty()));
        reach
    }

    /// Returns whether overwriting and deleting under a place leave the old version behind, as far as the evidence shows.
    fn keeps_versions(&self, bucket: &Bucket, place: &S3Uri, from: Instant) -> bool {
        let off = |said: &Said<BucketStatement>| match said.says.versioning {
            Some(Versioning::Enabled) => said.says.changed.is_some_and(|changed| changed > from),
            Some(_) => true,
            None => false,
        };
        if bucket.settings.iter().any(off) {
            return false;
        }
        let turned_on = bucket
            .settings
            .iter()
            .filter(|said| said.says.versioning == Some(Versioning::Enabled))
            .filter_map(|said| said.says.changed)
            .min();
        let (mut on_since, mut off_until): (Option<Instant>, Option<Instant>) = (turned_on, None);
        for version in self.under(place).flat_map(|(_, versions)| versions) {
            let recorded =
                |id: &FactId| self.facts.get(*id as usize).is_some_and(|fact| fact.source.source == Source::CloudTrail);
            let visible = version.visible();
            if version.id.is_some() {
                on_since = [on_since, visible].into_iter().flatten().min();
            } else if version.order.is_some() || version.logged.iter().any(recorded) {
                // S3's `null` version, or a write or deletion that was answered without a version id.
                off_until = off_until.max(visible.or(Some(from)));
            }
        }
        // Objects from before versioning was turned on say nothing against what came after.
        off_until.is_none_or(|off| on_since.is_some_and(|on| on <= from && off < on))
    }

    /// Collects reasons why versions may be missing from a listing that was made at `made`.
    fn doubt(&self, bucket: &Bucket, place: &S3Uri, from: Instant, made: Option<Instant>, reach: &mut Reach) {
        for said in &bucket.settings {
            for rule in said.says.lifecycle.iter().flatten().filter(|rule| rule.enabled) {
                let concerns = place.key.starts_with(rule.prefix.as_str()) || rule.prefix.starts_with(&*place.key);
                let Some(days) = rule.noncurrent_after.filter(|_| concerns) else { continue };
                // The rule removes versions that were replaced longer ago than that; a listing made sooner has them all.
                let may_have_run = made.is_none_or(|made| made.since(from) > days * 86_400);
                if may_have_run {
                    reach.doubts.push(format!("lifecycle rule `{}` removes old versions after {days} days", rule.id));
                    reach.doubt_cites.push(said.cite.clone());
                }
            }
        }
        for (key, versions) in self.under(place) {
            let unlisted = versions.iter().find(|version| {
                let known_then = version.visible().zip(made).is_some_and(|(visible, made)| visible <= made);
                version.listed.is_empty() && version.id.is_some() && version.destroyed.is_none() && known_then
            });
            if let Some(version) = unlisted.filter(|_| !reach.versions.is_empty() || !reach.inventories.is_empty()) {
                reach.doubts.push("the listing lacks a version whose writing is recorded".to_owned());
                reach.doubt_cites.extend(self.cites_of(version));
            }
            let only_deleted = versions.iter().all(|version| version.marker);
            if let Some(version) =
                versions.iter().find(|version| version.visible().is_some_and(|at| at > from)).filter(|_| only_deleted)
            {
                reach.doubts.push(format!("`{key}` was deleted later, and what lay there is not in the evidence"));
                reach.doubt_cites.extend(self.cites_of(version));
            }
            for version in
                versions.iter().filter(|version| version.destroyed.is_some_and(|at| at > from) && version.modified.is_none())
            {
                reach.doubts.push(format!("a version of `{key}` was destroyed"));
                reach.doubt_cites.extend(self.cites_of(version));
            }
        }
        for (at, prefix, id) in &bucket.deletions {
            let concerns = place.key.starts_with(&**prefix) || prefix.starts_with(&*place.key);
            if *at > from && concerns {
                reach.doubts.push("objects were deleted in a batch that does not name them".to_owned());
                reach.doubt_cites.extend(self.facts.get(*id as usize).map(Fact::cite));
            }
        }
        reach.doubts.sort();
        reach.doubts.dedup();
    }

    /// Returns the records of reading a place, in an interval, that name the version or were made by the given role's jobs.
    pub fn reads(&self, place: &S3Uri, from: Instant, to: Option<Instant>, role: Option<&str>) -> Vec<Citation> {
        let Some(bucket) = self.buckets.get(&place.bucket) else { return Vec::new() };
        let in_window =
            |fact: &&Fact| fact.source.time.is_some_and(|at| at >= from.plus(-1) && to.is_none_or(|to| at <= to.plus(1)));
        let by_role = |fact: &&Fact| match (&fact.by, role) {
            (Some(by), Some(role)) => by.role.as_deref() == Some(role),
            _ => false,
        };
        bucket
            .reads
            .range::<str, _>((Bound::Included(&*place.key), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(&*place.key))
            .flat_map(|(_, ids)| ids)
            .filter_map(|id| self.facts.get(*id as usize))
            .filter(in_window)
            .filter(by_role)
            .map(Fact::cite)
            .collect()
    }

    /// Returns whether a record shows that an object is encrypted with a key: its `ETag` says nothing of its bytes then.
    pub fn is_encrypted_with_key(&self, place: &S3Uri) -> bool {
        let reads = self.buckets.get(&place.bucket).and_then(|bucket| bucket.reads.get(&*place.key));
        reads
            .into_iter()
            .flatten()
            .filter_map(|id| self.facts.get(*id as usize))
            .any(|fact| matches!(&fact.statement, Statement::Object(object) if object.what == ObjectWhat::KeyUsedToRead))
    }

    /// Returns what fixes a version: its row in a listing, and the record of its writing.
    pub fn cites_of(&self, version: &Version) -> Vec<Citation> {
        let first = |ids: &[FactId]| ids.first().and_then(|id| self.facts.get(*id as usize)).map(Fact::cite);
        [first(&version.listed), first(&version.logged)].into_iter().flatten().collect()
    }

    /// Returns the records of requests that wrote or removed a version.
    pub fn log_cites_of(&self, version: &Version) -> Vec<Citation> {
        version.logged.iter().filter_map(|id| self.facts.get(*id as usize)).map(Fact::cite).collect()
    }

    /// Returns the places whose current or former content had the given `ETag`.
    pub fn with_etag<'a>(&'a self, etag: &'a str) -> impl Iterator<Item = (S3Uri, &'a Version)> {
        self.buckets.iter().flat_map(move |(bucket, history)| {
            history.keys.iter().flat_map(move |(key, versions)| {
                let place = S3Uri { bucket: bucket.clone(), key: (&**key).into() };
                versions
                    .iter()
                    .filter(move |version| version.etag.as_deref() == Some(etag))
                    .map(move |version| (place.clone(), version))
            })
        })
    }

    /// Returns the listings of all buckets.
    pub fn listings(&self) -> impl Iterator<Item = &Said<ListingStatement>> {
        self.buckets.values().flat_map(|bucket| &bucket.listings)
    }

    /// Returns the settings of one bucket.
    pub fn settings(&self, bucket: &str) -> &[Said<BucketStatement>] {
        self.buckets.get(bucket).map(|bucket| bucket.settings.as_slice()).unwrap_or_default()
    }

    /// Returns whether a bucket's lifecycle rules are known, or that it has none.
    pub fn knows_lifecycle(&self, bucket: &str) -> bool {
        self.settings(bucket).iter().any(|said| said.says.lifecycle.is_some())
    }

    /// Returns whether anything is known of a bucket's objects.
    pub fn knows(&self, bucket: &str) -> bool {
        self.buckets.get(bucket).is_some_and(|bucket| !bucket.keys.is_empty() || !bucket.listings.is_empty())
    }

    /// Returns all objects with their versions, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (S3Uri, &[Version])> {
        let keys =
            self.buckets.iter().flat_map(|(name, bucket)| bucket.keys.iter().map(move |(key, versions)| (name, key, versions)));
        keys.map(|(name, key, versions)| (S3Uri::new(name, key), versions.as_slice()))
    }

    /// Returns the keys under a place with their versions.
    pub fn under(&self, place: &S3Uri) -> impl Iterator<Item = (&str, &[Version])> {
        let prefix = place.key.clone();
        let keys = self
            .buckets
            .get(&place.bucket)
            .map(|bucket| bucket.keys.range::<str, _>((Bound::Included(&*place.key), Bound::Unbounded)));
        keys.into_iter()
            .flatten()
            .take_while(move |(key, _)| key.starts_with(&*prefix))
            .map(|(key, versions)| (&**key, versions.as_slice()))
    }

    /// Returns the citations that a set of live objects rests on.
    pub fn cites_of_all(&self, live: &[Live<'_>], more: impl IntoIterator<Item = Citation>) -> Option<Citations> {
        Citations::from_all(live.iter().flat_map(|live| self.cites_of(live.version)).chain(more))
    }
}

/// Returns whether a statement is a row of a listing, and not a record of a request.
fn is_row(object: &ObjectStatement) -> bool {
    matches!(object.what, ObjectWhat::Version { .. } | ObjectWhat::Marker { .. } | ObjectWhat::Current { .. })
}

fn is_folder_marker(live: &Live<'_>) -> bool {
    live.key.ends_with('/') && live.version.size == Some(0)
}

/// Finds the version that a statement is about, or adds it.
fn find<'a>(versions: &'a mut Vec<Version>, object: &ObjectStatement) -> &'a mut Version {
    let same = |version: &Version| match (&version.id, &object.version) {
        (Some(own), Some(other)) => own == other,
        // A head or list of current objects, and a log of requests, may speak of a version that has an id without naming it.
        (Some(_), None) => {
            let same_content = match object.what {
                ObjectWhat::Current { .. } => version.etag == object.etag,
                ObjectWhat::Written { .. } => version.etag.is_none() || object.etag.is_none() || version.etag == object.etag,
                _ => false,
            };
            same_content && !version.marker && close(version.modified, object.at)
        }
        (None, Some(_)) => false,
        (None, None) => {
            let same_content = version.etag.is_none() || object.etag.is_none() || version.etag == object.etag;
            same_content && !version.marker && (close(version.modified, object.at) || close(version.written, object.at))
        }
    };
    let position = versions.iter().position(same).unwrap_or_else(|| {
        versions.push(Version { id: object.version.clone(), ..Version::default() });
        versions.len() - 1
    });
    &mut versions[position]
}

/// Finds the delete marker that a record of a deletion made, or adds it.
fn find_marker<'a>(versions: &'a mut Vec<Version>, object: &ObjectStatement) -> &'a mut Version {
    let same = |version: &Version| {
        version.marker
            && match (&version.id, &object.version) {
                (Some(own), Some(other)) => own == other,
                _ => close(version.modified, object.at),
            }
    };
    let position = versions.iter().position(same).unwrap_or_else(|| {
        versions.push(Version { id: object.version.clone(), marker: true, ..Version::default() });
        versions.len() - 1
    });
    &mut versions[position]
}

fn close(one: Option<Instant>, other: Option<Instant>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one.since(other).abs() <= SAME_WRITE)
}

fn fill(version: &mut Version, object: &ObjectStatement) {
    version.etag = version.etag.take().or_else(|| object.etag.clone());
    version.size = version.size.or(object.size);
    version.sha256 = version.sha256.take().or_else(|| object.sha256.clone());
}

fn live_version(versions: &[Version], at: Instant) -> Option<&Version> {
    let latest = versions.iter().rfind(|version| {
        version.visible().is_some_and(|visible| visible <= at) && version.destroyed.is_none_or(|destroyed| destroyed > at)
    });
    latest.filter(|version| !version.marker)
}

/// Returns whether an object was written by something that is not a person or a deployed service: the session of a `SageMaker` job.
pub fn is_written_inside_sagemaker(version: &Version) -> bool {
    version.by.as_ref().is_some_and(|by| by.is_inside_sagemaker())
}

/// Keeps object facts apart from the rest.
pub(super) fn is_storage(statement: &Statement) -> bool {
    matches!(statement, Statement::Object(_) | Statement::Listing(_) | Statement::Bucket(_))
}
