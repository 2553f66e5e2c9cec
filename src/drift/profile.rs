//! The profile of a baseline: everything that comparing with it needs, so that the baseline is read once.

use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::category::{Categories, CategoryCounts};
use super::counter::Line;
use super::counts::Counts;
use super::logical::Logical;
use super::result::{Distinct, Skipped, Summary};
use super::spare::Lent;
use super::statistic::moments;

/// Values of a column up to which a profile keeps all of them, so that distances from small samples are exact.
pub(crate) const SMALL: u64 = 1 << 16;

/// The profile of a baseline.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Profile {
    /// Number of files.
    pub files: u64,
    /// Number of rows.
    pub rows: u64,
    /// The columns, in the order of the first file, those that only others have behind.
    pub columns: Vec<ColumnProfile>,
    /// Columns that are not compared, and why.
    pub skipped: Vec<Skipped>,
    /// Names of the files and what could not be read of them.
    pub unreadable: Vec<super::result::Unreadable>,
}

/// The profile of a column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its type.
    pub logical: Logical,
    /// Its values.
    pub(crate) body: Body,
}

/// The values of a column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Body {
    /// Numbers and times.
    Line(Box<LineProfile>),
    /// Categories.
    Categories {
        /// Their counts by name.
        categories: Categories,
        /// Rows, nulls among them.
        rows: u64,
        /// Nulls.
        nulls: u64,
    },
}

/// The numbers or times of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LineProfile {
    /// Where values are placed.
    pub(crate) line: Line,
    /// The baseline's own values there.
    pub(crate) counts: Counts,
    /// Keys of the values at [`super::result::QUANTILES`]; empty without values.
    pub(crate) quantiles: Vec<u64>,
    /// Keys of the upper ends of the bins of the PSI.
    pub(crate) edges: Vec<u64>,
    /// Number of distinct values.
    pub(crate) distinct: Option<Distinct>,
    /// Keys of all values, in order, if there are few.
    pub(crate) sorted: Option<Vec<u64>>,
}

/// A column of a baseline while it is compared with.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) profile: ColumnProfile,
    /// What is said of it.
    pub(crate) summary: Summary,
    /// Keys of all values, in order, where exact distances were asked for.
    pub(crate) sorted: Option<Lent>,
}

impl Base {
    /// Returns the base of comparing with a profile, and all keys in order where they are kept beyond it.
    pub(crate) fn new(profile: ColumnProfile, sorted: Option<Vec<u64>>) -> Self {
        Self { summary: profile.summary(), profile, sorted: sorted.map(Lent::from) }
    }

    /// Returns the keys of all values in order, if they are there.
    pub(crate) fn sorted(&self) -> Option<&[u64]> {
        match (&self.sorted, &self.profile.body) {
            (Some(sorted), _) => Some(sorted),
            (None, Body::Line(line)) => line.sorted.as_deref(),
            (None, Body::Categories { .. }) => None,
        }
    }
}

impl ColumnProfile {
    /// Returns what is said of the baseline's column.
    pub fn summary(&self) -> Summary {
        match &self.body {
            Body::Categories { categories, rows, nulls } => {
                Summary { rows: *rows, nulls: *nulls, distinct: Some(categories.distinct()), ..Summary::default() }
            }
            Body::Line(profile) => {
                let quantiles = moments::exactly(profile.line.axis, &profile.quantiles);
                Summary { quantiles, distinct: profile.distinct, ..summary(&profile.line, &profile.counts) }
            }
        }
    }
}

/// Returns what is said of counted numbers.
pub(crate) fn summary(line: &Line, counts: &Counts) -> Summary {
    let (mean, sd) = moments::moments(line, counts);
    Summary {
        rows: counts.rows,
        nulls: counts.nulls,
        nan: counts.nan,
        inf: counts.inf,
        min: counts.least.map(|least| least.shown()),
        max: counts.greatest.map(|greatest| greatest.shown()),
        mean,
        sd,
        distinct: None,
        quantiles: moments::quantiles(line, counts),
    }
}

/// Returns what is said of counted categories.
pub(crate) fn summary_of_categories(counts: &CategoryCounts) -> Summary {
    let unknown = counts.unknown.distinct();
    let distinct = Distinct { count: counts.known.len() as u64 + unknown.count, exact: unknown.exact };
    Summary { rows: counts.rows, nulls: counts.nulls, distinct: Some(distinct), ..Summary::default() }
}

impl LineProfile {
    /// Returns where values are placed.
    pub(crate) fn axis(&self) -> Axis {
        self.line.axis
    }

    /// Returns whether what was read back can have been written.
    pub(crate) fn is_sound(&self) -> bool {
        let counts = &self.counts;
        let has_values = counts.rows.checked_sub(counts.nulls).and_then(|rows| rows.checked_sub(counts.nan));
        let counted = counts.cells.iter().try_fold(0_u64, |sum, (_, count, _)| sum.checked_add(*count));
        has_values.is_some()
            && counted == has_values
            && counts.cells.windows(2).all(|pair| pair[0].0 < pair[1].0)
            && counts.cells.iter().all(|(cell, ..)| self.line.cells.has(*cell))
            && counts.exact.is_sound()
            && self.edges.windows(2).all(|pair| pair[0] < pair[1])
            && self.sorted.as_ref().is_none_or(|sorted| sorted.is_sorted() && counted == Some(sorted.len() as u64))
    }
}
