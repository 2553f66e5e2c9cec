//! The ledger: every exhibit ends here with a disposition, so that "no findings" never means "not looked at".

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::citation::{ExhibitId, Locator};
use crate::time::Instant;

/// What became of an exhibit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// Read to its last record.
    Read,
    /// Read in part: it ends early, or records in it are damaged.
    Partial,
    /// The same bytes as an exhibit listed before it; counted once.
    Duplicate,
    /// No format fits.
    Unrecognised,
    /// Recognised or opened, and not read, for the reason given.
    Refused,
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Partial => "partial",
            Self::Duplicate => "duplicate",
            Self::Unrecognised => "unrecognised",
            Self::Refused => "refused",
        })
    }
}

/// Something wrong with an exhibit, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The place.
    pub locator: Locator,
    /// What is wrong there, in a sentence.
    pub message: String,
    /// Whether something of the exhibit was lost by it; otherwise it is a note.
    pub loses: bool,
}

impl Problem {
    /// Returns a loss that concerns the exhibit as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { locator: Locator::Whole, message: message.into(), loses: true }
    }

    /// Returns a loss at a place.
    pub fn at(locator: Locator, message: impl Into<String>) -> Self {
        Self { locator, message: message.into(), loses: true }
    }

    /// Returns a note: worth knowing, nothing lost.
    pub fn note(locator: Locator, message: impl Into<String>) -> Self {
        Self { locator, message: message.into(), loses: false }
    }
}

/// One exhibit's row.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// Which exhibit.
    pub id: ExhibitId,
    /// Path as given, with `!/` before the name of an archive entry.
    pub path: String,
    /// Lower-case hex SHA-256 of the exhibit's bytes as they lie on disk (for an archive entry: as stored in the archive, unpacked).
    pub sha256: String,
    /// Size of those bytes.
    pub bytes: u64,
    /// Name of the format, or what the bytes look like where none fits.
    pub format: String,
    /// What became of it.
    pub disposition: Disposition,
    /// Records found.
    pub records: u64,
    /// Facts kept from them.
    pub kept: u64,
    /// Earliest time in its records.
    pub earliest: Option<Instant>,
    /// Latest time in its records.
    pub latest: Option<Instant>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// The command that made it and who says so (sidecar, envelope or folder name).
    pub asked: Option<String>,
    /// Whether it says something itself: an archive only holds others, a sidecar only tells of another.
    pub speaks: bool,
}

/// All exhibits, sorted by path.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    exhibits: Vec<Exhibit>,
}

impl Ledger {
    /// Returns the ledger of the given exhibits.
    pub fn new(mut exhibits: Vec<Exhibit>) -> Self {
        exhibits.sort_by_key(|left| left.id);
        for exhibit in &mut exhibits {
            exhibit.problems.sort();
        }
        Self { exhibits }
    }

    /// Returns the rows in order.
    pub fn exhibits(&self) -> &[Exhibit] {
        &self.exhibits
    }

    /// Returns the earliest time that occurs in what was read.
    pub fn earliest(&self) -> Option<Instant> {
        self.exhibits.iter().filter_map(|exhibit| exhibit.earliest).min()
    }

    /// Returns the row of an exhibit.
    pub fn exhibit(&self, id: ExhibitId) -> Option<&Exhibit> {
        let position = self.exhibits.binary_search_by(|exhibit| exhibit.id.cmp(&id)).ok()?;
        self.exhibits.get(position)
    }

    /// Adds to the row of an exhibit what only became known when all of the evidence was read.
    pub fn amend(&mut self, id: ExhibitId, change: impl FnOnce(&mut Exhibit)) {
        if let Ok(position) = self.exhibits.binary_search_by(|exhibit| exhibit.id.cmp(&id))
            && let Some(exhibit) = self.exhibits.get_mut(position)
        {
            change(exhibit);
            exhibit.problems.sort();
        }
    }

    /// Returns how many exhibits ended with the given disposition.
    pub fn count(&self, disposition: Disposition) -> usize {
        self.exhibits.iter().filter(|exhibit| exhibit.disposition == disposition).count()
    }

    /// Returns how many exhibits were recognised and read, at least in part.
    pub fn recognised(&self) -> usize {
        let is_read =
            |exhibit: &&Exhibit| exhibit.speaks && matches!(exhibit.disposition, Disposition::Read | Disposition::Partial);
        self.exhibits.iter().filter(is_read).count()
    }
}
