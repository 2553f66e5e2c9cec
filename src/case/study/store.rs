//! Offline stores of feature groups whose files are in the evidence: which file is of which group, and what reading them found.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{LocalFile, Sameness, cite, is_data};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::evidence::citation::{Citation, Citations, ExhibitId, Locator, Source};
use crate::evidence::ledger::Ledger;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::s3::S3Uri;
use crate::time::{Instant, Seconds};

/// A feature group, as far as its records can be held against it.
#[derive(Clone, Debug)]
pub struct Group {
    /// ARN.
    pub arn: Arn,
    /// Name.
    pub name: String,
    /// Feature that identifies a record.
    pub identifier: Option<String>,
    /// Feature that holds the event time.
    pub event_time: String,
    /// Type that is declared for it: `String` or `Fractional`.
    pub declared: Option<String>,
}

/// Files of one group's offline store.
#[derive(Clone, Debug)]
pub struct StorePlan {
    /// The group.
    pub group: Group,
    /// The files.
    pub files: Vec<StoreFile>,
    /// How well it is known that they are of this group.
    pub grade: Grade,
    /// The files, and what describes the group.
    pub evidence: Citations,
}

/// A file of an offline store.
#[derive(Clone, Debug)]
pub struct StoreFile {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// Its path.
    pub path: String,
    /// Whether it is of an Iceberg table: such files are written again when they are joined, and the old ones stay for a while.
    pub is_rewritten: bool,
}

/// What reading a group's files found.
#[derive(Clone, Debug)]
pub struct StoreStudy {
    /// The group.
    pub group: Group,
    /// How well it is known that the files are of this group.
    pub grade: Grade,
    /// The files, and what describes the group.
    pub evidence: Citations,
    /// Records that were read.
    pub rows: u64,
    /// Event times that are not as they should be, by kind.
    pub faults: BTreeMap<TimeFault, Seen>,
    /// Records of one identifier and event time beyond the first.
    pub duplicates: Option<Duplicates>,
    /// By the minute in which records were written, the newest event time among them.
    pub newest: BTreeMap<Instant, Instant>,
}

impl StoreStudy {
    /// Returns the newest event time among the records that were written before an instant, and when the last of these was written.
    pub fn newest_before(&self, at: Instant) -> Option<(Instant, Instant)> {
        let written = || self.newest.range(..at).filter(|(minute, _)| minute.plus(MINUTE) <= at);
        let newest = written().map(|(_, event)| *event).max()?;
        Some((newest, written().next_back()?.0.plus(MINUTE)))
    }
}

/// A minute in seconds.
pub const MINUTE: Seconds = 60;

/// What is wrong with an event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeFault {
    /// The column holds another type than is declared.
    OtherType,
    /// Text with more or fewer digits of a second than three, and no zone.
    DigitsAndZone,
    /// Text with more or fewer digits of a second than three.
    Digits,
    /// Text without a zone.
    Zone,
    /// Text that is no time of the form that is taken.
    NoTime,
    /// A number that is milliseconds, or smaller units, where seconds belong.
    NoSeconds,
    /// Later than the record was written.
    Future,
}

impl TimeFault {
    /// Says what is wrong.
    pub const fn what(self) -> &'static str {
        match self {
            Self::OtherType => "of another type than is declared",
            Self::DigitsAndZone => "without a zone and with digits of a second that are not three",
            Self::Digits => "with digits of a second that are not three",
            Self::Zone => "without a zone",
            Self::NoTime => "that are no time",
            Self::NoSeconds => "in milliseconds or smaller units where seconds belong",
            Self::Future => "later than the record was written",
        }
    }
}

/// Records that were seen, and one of them.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How many.
    pub rows: u64,
    /// The first that was read, as it stands there.
    pub example: String,
    /// When the first of them was written.
    pub first: Option<Instant>,
    /// When the last was.
    pub last: Option<Instant>,
}

impl Seen {
    /// Counts a record that was written at an instant.
    pub fn count(&mut self, example: impl FnOnce() -> String, written: Option<Instant>) {
        if self.rows == 0 {
            self.example = example();
        }
        self.rows += 1;
        if let Some(at) = written {
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            self.last = Some(self.last.map_or(at, |last| last.max(at)));
        }
    }
}

/// Records of one identifier and event time beyond the first.
#[derive(Clone, Debug)]
pub struct Duplicates {
    /// How many, and one of them.
    pub seen: Seen,
    /// Of how many identifiers and event times one was looked at: 1 where all were.
    pub one_in: u64,
}

/// Citations of files of one group.
const CITED: usize = 10;

/// Returns the files of offline stores, by group.
pub fn plans(case: &Case, ledger: &Ledger, files: &[LocalFile]) -> Vec<StorePlan> {
    let parquet = || ledger.exhibits().iter().filter(|one| is_data(one) && one.format == "parquet" && one.id.entry == 0);
    if case.feature_groups.is_empty() || parquet().next().is_none() {
        return Vec::new();
    }
    let local: BTreeMap<ExhibitId, &LocalFile> = files.iter().map(|file| (file.exhibit, file)).collect();
    let mut known: BTreeSet<ArnKey> = BTreeSet::new();
    let mut taken: BTreeSet<ExhibitId> = BTreeSet::new();
    let mut plans = Vec::new();
    for said in case.feature_groups.iter().filter(|said| known.insert(said.says.arn.key())) {
        let Some((group, stores, described)) = group(case, &said.says.arn) else { continue };
        let mut own: Vec<StoreFile> = Vec::new();
        let mut cites: Vec<Citation> = Vec::new();
        let mut grade = Grade::A;
        let etags = etags(case, &stores);
        for exhibit in parquet() {
            let object = local.get(&exhibit.id).and_then(|file| Some((file, etags.get(file.etag.as_deref()?)?)));
            let (own_grade, citation, place) = match object {
                Some((file, place)) => (Grade::B, cite(file, Some((place, Sameness::Etag))), &*place.key),
                None if lies_in(&exhibit.path, &group.name, &stores) => {
                    (Grade::C, of_path(exhibit.id, exhibit.bytes), exhibit.path.as_str())
                }
                None => continue,
            };
            if !taken.insert(exhibit.id) {
                continue;
            }
            grade = grade.weaker(own_grade);
            let is_rewritten = place.contains("_trunc=");
            own.push(StoreFile { exhibit: exhibit.id, path: exhibit.path.clone(), is_rewritten });
            if cites.len() < CITED {
                cites.push(citation);
            }
        }
        if let Some(evidence) = Citations::from_all(cites.into_iter().chain(described)).filter(|_| !own.is_empty()) {
            plans.push(StorePlan { group, files: own, grade, evidence });
        }
    }
    plans
}

/// Puts together what is said of a group, where its store lies, and where that is said.
fn group(case: &Case, arn: &Arn) -> Option<(Group, Vec<S3Uri>, Vec<Citation>)> {
    let key = arn.key();
    let said: Vec<_> = case.feature_groups.iter().filter(|said| said.says.arn.key() == key).collect();
    let group = Group {
        arn: arn.clone(),
        name: said.first()?.says.name.clone(),
        identifier: said.iter().find_map(|said| said.says.record_identifier.clone()),
        event_time: said.iter().find_map(|said| said.says.event_time.clone())?,
        declared: said.iter().find_map(|said| said.says.event_time_type.clone()),
    };
    let is_own = |store: &&S3Uri| store.key.trim_end_matches('/').ends_with("/data");
    let stores = said.iter().filter_map(|said| said.says.offline.as_ref()).filter(is_own).cloned().collect();
    let telling = said.iter().filter(|said| said.says.event_time.is_some());
    Some((group, stores, telling.map(|said| said.cite.clone()).collect()))
}

/// Returns the `ETag`s of the objects in a group's stores.
fn etags(case: &Case, stores: &[S3Uri]) -> BTreeMap<String, S3Uri> {
    let mut etags = BTreeMap::new();
    for store in stores {
        for (key, versions) in case.objects.under(store) {
            for etag in versions.iter().filter_map(|version| version.etag.clone()) {
                etags.entry(etag.to_string()).or_insert_with(|| S3Uri::new(&store.bucket, key));
            }
        }
    }
    etags
}

/// Returns whether a path has the folders of a group's store: those that its description states, or `GROUP-1593511200/data/`.
fn lies_in(path: &str, name: &str, stores: &[S3Uri]) -> bool {
    let own = stores.iter().any(|store| {
        let mut parts = store.key.trim_end_matches('/').rsplit('/');
        let (Some(data), Some(folder)) = (parts.next(), parts.next()) else { return false };
        format!("/{path}").contains(&format!("/{folder}/{data}/"))
    });
    let folders: Vec<&str> = path.split('/').collect();
    let is_called = |pair: &[&str]| {
        let [folder, "data"] = pair else { return false };
        let number = folder.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    own || (stores.is_empty() && folders.windows(2).any(is_called))
}

fn of_path(exhibit: ExhibitId, bytes: u64) -> Citation {
    Citation {
        exhibit,
        locator: Locator::Whole,
        source: Source::Data,
        time: None,
        event_id: None,
        excerpt: Some(format!("records of a feature group, by their folders: {bytes} bytes").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_told_by_their_folders() {
        let store = [S3Uri::new("b", "x/111122223333/sagemaker/eu-west-1/offline-store/cards-1/data")];
        assert!(lies_in("e/cards-1/data/year=2026/a.parquet", "cards", &store));
        assert!(!lies_in("e/cards-2/data/year=2026/a.parquet", "cards", &store));
        assert!(lies_in("cards-1593511200/data/a.parquet", "cards", &[]));
        assert!(!lies_in("cards-new-1593511200/data/a.parquet", "cards", &[]) && !lies_in("cards-1/date/a", "cards", &[]));
    }
}
