//! What a local file is: the version of an object that it holds the bytes of, and how well that is known.
//!
//! Content tells, and a name alone never does: two versions of one key lie under one name. Equal SHA-256 or `ETag` is grade A, as the
//! bytes and S3's index agree. Where the `ETag` says nothing of the bytes (encrypted with a key, or parts of an unusual size), a path
//! that ends in bucket and key together with a size that only one version has is grade C.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::lineage::DataObject;
use crate::evidence::citation::{Citation, ExhibitId, Locator, Source};
use crate::evidence::etag::{Shape, shape};
use crate::evidence::ledger::{Disposition, Exhibit, Ledger};
use crate::fact::s3::S3Uri;
use crate::time::Instant;

/// A file of the evidence that may be data.
#[derive(Clone, Debug)]
pub struct LocalFile {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// Its path, as it is shown.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// `ETag`s of objects of this size, with which its bytes are to be held.
    pub wanted: BTreeSet<String>,
    /// The one of them that its bytes have, once somebody has looked.
    pub etag: Option<String>,
    /// Endpoint and variant that its folders state, if it is of captured requests.
    pub captured_by: Option<(String, String)>,
    /// Whether it holds captured requests.
    pub is_captured: bool,
    /// When the first of its requests was captured.
    pub earliest: Option<Instant>,
    /// When the last was.
    pub latest: Option<Instant>,
}

/// Formats of exhibits that are data, or may be: what is `unknown` may be CSV or JSON lines.
const PARQUET: &str = "parquet";
const CAPTURE: &str = "data-capture";
const UNKNOWN: &str = "unknown";

/// Returns the files of the evidence that may be data some job read, or requests that some endpoint captured: those that are as long
/// as an object in the evidence. Entries of archives are left alone, as data is read at any place.
pub fn candidates(case: &Case, ledger: &Ledger) -> Vec<LocalFile> {
    let exhibits: Vec<&Exhibit> = ledger.exhibits().iter().filter(|exhibit| may_be_data(exhibit)).collect();
    if exhibits.is_empty() {
        return Vec::new();
    }
    let mut sizes: BTreeMap<u64, BTreeSet<String>> = exhibits.iter().map(|exhibit| (exhibit.bytes, BTreeSet::new())).collect();
    let mut sized: BTreeSet<u64> = BTreeSet::new();
    for version in case.objects.iter().flat_map(|(_, versions)| versions) {
        if let Some((size, etags)) = version.size.and_then(|size| Some((size, sizes.get_mut(&size)?))) {
            sized.insert(size);
            etags.extend(version.etag.as_deref().map(str::to_owned));
        }
    }
    let is_wanted = |exhibit: &&&Exhibit| sized.contains(&exhibit.bytes) || exhibit.format == CAPTURE;
    exhibits
        .iter()
        .filter(is_wanted)
        .map(|exhibit| LocalFile {
            exhibit: exhibit.id,
            path: exhibit.path.clone(),
            bytes: exhibit.bytes,
            sha256: exhibit.sha256.clone(),
            wanted: sizes.get(&exhibit.bytes).cloned().unwrap_or_default(),
            etag: None,
            captured_by: None,
            is_captured: exhibit.format == CAPTURE,
            earliest: exhibit.earliest,
            latest: exhibit.latest,
        })
        .collect()
}

fn may_be_data(exhibit: &Exhibit) -> bool {
    let is_whole = match exhibit.format.as_str() {
        PARQUET | CAPTURE => matches!(exhibit.disposition, Disposition::Read | Disposition::Partial),
        UNKNOWN => exhibit.disposition == Disposition::Unrecognised,
        _ => false,
    };
    is_whole && exhibit.id.entry == 0 && exhibit.bytes > 0 && !exhibit.sha256.is_empty()
}

/// Returns whether an exhibit was recognised as data, whatever it is of.
pub fn is_data(exhibit: &Exhibit) -> bool {
    matches!(exhibit.format.as_str(), PARQUET | CAPTURE)
        && matches!(exhibit.disposition, Disposition::Read | Disposition::Partial)
}

/// Why a file is taken for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sameness {
    /// SHA-256 is the one that S3 keeps.
    Sha256,
    /// The `ETag` is that of the bytes.
    Etag,
    /// Path and size alone.
    PathAndSize,
}

impl Sameness {
    /// Returns how well it is known.
    pub const fn grade(self) -> Grade {
        match self {
            Self::Sha256 | Self::Etag => Grade::A,
            Self::PathAndSize => Grade::C,
        }
    }

    const fn by(self) -> &'static str {
        match self {
            Self::Sha256 => "by its SHA-256",
            Self::Etag => "by its ETag",
            Self::PathAndSize => "by path and size",
        }
    }
}

/// A file, and the object whose bytes it holds.
#[derive(Clone, Debug)]
pub struct Matched<'a> {
    /// The file.
    pub file: &'a LocalFile,
    /// The object.
    pub object: S3Uri,
    /// Why.
    pub by: Sameness,
}

impl Matched<'_> {
    /// Cites the file.
    pub fn cite(&self) -> Citation {
        cite(self.file, Some((&self.object, self.by)))
    }

    /// Says which object the file is.
    pub fn says(&self) -> String {
        format!("these are the bytes of {}, {}", self.object, self.by.by())
    }
}

/// Cites a file, and the object that it is.
pub(super) fn cite(file: &LocalFile, object: Option<(&S3Uri, Sameness)>) -> Citation {
    let what = if file.is_captured { "captured requests" } else { "data" };
    let object = object.map(|(object, by)| format!(", the bytes of {object} {}", by.by())).unwrap_or_default();
    Citation {
        exhibit: file.exhibit,
        locator: Locator::Whole,
        source: Source::Data,
        time: file.latest,
        event_id: None,
        excerpt: Some(format!("{what}: {} bytes{object}", file.bytes).into()),
    }
}

/// The files of the evidence, to be found by what they hold.
#[derive(Debug)]
pub struct Files<'a> {
    case: &'a Case,
    by_size: BTreeMap<u64, Vec<&'a LocalFile>>,
}

impl<'a> Files<'a> {
    /// Makes them ready to be found.
    pub fn new(case: &'a Case, files: &'a [LocalFile]) -> Self {
        let mut by_size: BTreeMap<u64, Vec<&LocalFile>> = BTreeMap::new();
        for file in files {
            by_size.entry(file.bytes).or_default().push(file);
        }
        Self { case, by_size }
    }

    /// Returns the file that holds the bytes of an object's version: of several the best known, of those the first by path.
    pub fn find(&self, object: &DataObject) -> Option<Matched<'a>> {
        let place = S3Uri::new(&object.bucket, &object.key);
        let same = |file: &&'a LocalFile| Some((self.sameness(file, &place, object)?, *file));
        let of_size = self.by_size.get(&object.size?)?;
        let (by, file) = of_size.iter().filter_map(same).min_by_key(|(by, file)| (by.grade(), file.exhibit))?;
        Some(Matched { file, object: place, by })
    }

    fn sameness(&self, file: &LocalFile, place: &S3Uri, object: &DataObject) -> Option<Sameness> {
        let versions = self.case.objects.versions(place);
        let is_it = |version: &&crate::case::objects::Version| {
            version.id.as_deref() == object.version_id.as_deref() && version.etag.as_deref() == object.etag.as_deref()
        };
        if let Some(sha256) = versions.iter().find(is_it).and_then(|version| version.sha256.as_deref()) {
            return sha256.eq_ignore_ascii_case(&file.sha256).then_some(Sameness::Sha256);
        }
        let etag = object.etag.as_deref();
        if etag.is_some() && file.etag.as_deref() == etag {
            return Some(Sameness::Etag);
        }
        // An MD5 that is another's excludes the file, unless the object is encrypted so that its `ETag` is no MD5.
        let excludes = etag.and_then(shape) == Some(Shape::Whole) && !self.case.objects.is_encrypted_with_key(place);
        let of_size = versions.iter().filter(|version| version.size == Some(file.bytes)).count();
        let ends = |path: &str, end: &str| path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        (!excludes && of_size == 1 && ends(&file.path, &format!("{}/{}", place.bucket, place.key)))
            .then_some(Sameness::PathAndSize)
    }
}
