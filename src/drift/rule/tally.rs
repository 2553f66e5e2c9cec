//! What a rule has seen so far: counts that add up, and the first row that broke it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A row of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Name of the file.
    pub file: Arc<str>,
    /// Position of the row in the file, from 0, as `df.iloc[row]` has it.
    pub row: u64,
}

/// Counts of one rule over some rows.
///
/// [`Tally::merge`] is commutative and associative, and the empty tally changes nothing: any split of the rows over files,
/// threads or machines gives the same tally.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows looked at, null or not.
    pub rows: u64,
    /// Rows without a value.
    pub nulls: u64,
    /// Rows that break the rule.
    pub broken: u64,
    /// The first row that breaks it: of the file that comes first by name, the first.
    pub first: Option<Place>,
    /// Rows about which the rule says nothing: the column is missing in their file, or its type does not fit the rule.
    pub unanswered: u64,
    /// The first file, by name, about which the rule says nothing, and why.
    pub why: Option<(Arc<str>, String)>,
}

impl Tally {
    /// Returns the tally of rows about which the rule says nothing.
    pub fn unanswered(file: &Arc<str>, rows: u64, why: impl Into<String>) -> Self {
        Self { unanswered: rows, why: Some((Arc::clone(file), why.into())), ..Self::default() }
    }

    /// Adds what another tally has seen; no row may be in both.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.nulls += other.nulls;
        self.broken += other.broken;
        self.unanswered += other.unanswered;
        keep_least(&mut self.first, other.first);
        keep_least(&mut self.why, other.why);
    }

    /// Returns the share of rows that break the rule, from 0 to 1; nothing where no row was looked at.
    #[expect(clippy::cast_precision_loss, reason = "a share is a fraction; counts beyond 2^53 rows do not occur")]
    pub fn fraction(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.broken as f64 / self.rows as f64)
    }
}

fn keep_least<T: Ord>(mine: &mut Option<T>, theirs: Option<T>) {
    if let Some(theirs) = theirs
        && mine.as_ref().is_none_or(|mine| theirs < *mine)
    {
        *mine = Some(theirs);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally() -> impl Strategy<Value = Tally> {
        let place = proptest::option::of(("[a-c]", 0_u64..4).prop_map(|(file, row)| Place { file: file.into(), row }));
        let why = proptest::option::of(("[a-c]", "[x-z]").prop_map(|(file, why)| (file.into(), why)));
        (0_u64..9, 0_u64..9, 0_u64..9, place, 0_u64..9, why).prop_map(|(rows, nulls, broken, first, unanswered, why)| Tally {
            rows,
            nulls,
            broken,
            first,
            unanswered,
            why,
        })
    }

    fn merged(mut one: Tally, other: Tally) -> Tally {
        one.merge(other);
        one
    }

    proptest! {
        #[test]
        fn tallies_merge_in_any_order(a in tally(), b in tally(), c in tally()) {
            prop_assert_eq!(merged(a.clone(), b.clone()), merged(b.clone(), a.clone()));
            prop_assert_eq!(merged(merged(a.clone(), b.clone()), c.clone()), merged(a.clone(), merged(b, c)));
            prop_assert_eq!(merged(Tally::default(), a.clone()), a);
        }
    }
}
