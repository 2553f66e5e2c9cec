//! Counts of categories: text, bytes and truth values, told apart by their bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{ArrowDictionaryKeyType, Int32Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::native::unpacked;
use super::result::Distinct;

/// Categories of a baseline that are compared by name; the rarest beyond are counted together.
pub(crate) const MOST_NAMED: usize = 1 << 16;
/// Categories of a baseline that are told apart while it is read; columns with more hold names or texts, not categories.
pub(crate) const MOST_TOLD_APART: usize = 1 << 17;
/// Categories of a baseline that are drawn.
const MOST_FREQUENT: usize = 10;
/// Categories that the baseline lacks which are counted by name.
pub(crate) const MOST_NEW: usize = 1 << 12;

/// The categories of a baseline.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Named", into = "Named")]
pub struct Categories {
    named: Named,
    index: HashMap<Arc<[u8]>, u32>,
    /// Positions of the most frequent, the most frequent first.
    top: Vec<usize>,
    /// Number of categories with one row, and with two.
    rare: (u64, u64),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Named {
    /// In order of their bytes, each with its rows.
    names: Vec<(Arc<[u8]>, u64)>,
    /// Rows of all others.
    other_rows: u64,
    /// Number of the others.
    others: u64,
    /// Whether the others were counted.
    is_exact: bool,
}

impl From<Named> for Categories {
    fn from(named: Named) -> Self {
        let index = named.names.iter().zip(0..).map(|((name, _), index)| (Arc::clone(name), index)).collect();
        let mut top: Vec<usize> = (0..named.names.len()).collect();
        top.sort_by(|a, b| named.names[*b].1.cmp(&named.names[*a].1).then(a.cmp(b)));
        top.truncate(MOST_FREQUENT);
        let seen = |times: u64| named.names.iter().filter(|(_, rows)| *rows == times).count() as u64;
        let rare = (seen(1), seen(2));
        Self { named, index, top, rare }
    }
}

impl From<Categories> for Named {
    fn from(categories: Categories) -> Self {
        categories.named
    }
}

impl Categories {
    /// Returns what was counted without knowing any category as the categories of a baseline.
    pub(crate) fn of(counted: &CategoryCounts) -> Self {
        let unknown = &counted.unknown;
        let mut names: Vec<(Arc<[u8]>, u64)> = unknown.kept.iter().map(|((_, name), rows)| (Arc::clone(name), *rows)).collect();
        if unknown.bound.is_some() {
            names.clear();
        }
        names.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        names.truncate(MOST_NAMED);
        names.sort_unstable();
        let named_rows: u64 = names.iter().map(|(_, rows)| rows).sum();
        let distinct = unknown.distinct();
        let others = distinct.count - names.len() as u64;
        Named { names, other_rows: unknown.rows - named_rows, others, is_exact: distinct.exact }.into()
    }

    /// Returns the categories that are compared by name, in order of their bytes, each with its rows.
    pub(crate) fn named(&self) -> &[(Arc<[u8]>, u64)] {
        &self.named.names
    }

    /// Returns the positions of the most frequent categories, the most frequent first.
    pub(crate) fn top(&self) -> &[usize] {
        &self.top
    }

    /// Returns the numbers of categories with one row, and with two.
    pub(crate) fn rare(&self) -> (u64, u64) {
        self.rare
    }

    /// Returns the rows of the categories that are not compared by name.
    pub(crate) fn other_rows(&self) -> u64 {
        self.named.other_rows
    }

    /// Returns the number of categories.
    pub(crate) fn distinct(&self) -> Distinct {
        Distinct { count: self.named.names.len() as u64 + self.named.others, exact: self.named.is_exact }
    }

    /// Returns whether every category is known by name, so that one which is not is new.
    pub(crate) fn are_all_named(&self) -> bool {
        self.named.others == 0
    }
}

/// Counts of the categories of a column over some rows.
///
/// [`CategoryCounts::merge`] is commutative and associative, and empty counts change nothing: which of too many new categories
/// are kept by name is decided by their hashes, not by the order in which they come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryCounts {
    /// Rows, nulls among them.
    pub rows: u64,
    /// Nulls.
    pub nulls: u64,
    /// Categories of the baseline by their position there, with their rows.
    pub(crate) known: BTreeMap<u32, u64>,
    /// All others.
    pub(crate) unknown: Unknown,
}

impl CategoryCounts {
    /// Returns the number of values.
    pub fn values(&self) -> u64 {
        self.rows - self.nulls
    }

    /// Adds the counts of other rows.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.nulls += other.nulls;
        for (category, rows) in other.known {
            *self.known.entry(category).or_default() += rows;
        }
        self.unknown.merge(other.unknown);
    }
}

/// Categories that the baseline does not name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unknown {
    /// Rows that have one.
    pub(crate) rows: u64,
    /// Those with the smallest hashes, exactly counted.
    pub(crate) kept: BTreeMap<(u64, Arc<[u8]>), u64>,
    /// Categories with this hash or a greater one were dropped.
    pub(crate) bound: Option<u64>,
    /// How many are kept; 0 stands for [`MOST_NEW`].
    most: usize,
}

impl Unknown {
    fn add(&mut self, name: &[u8], rows: u64) {
        self.rows += rows;
        let hash = hash(name);
        if self.bound.is_some_and(|bound| hash >= bound) {
            return;
        }
        *self.kept.entry((hash, name.into())).or_default() += rows;
        self.shrink();
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.most = self.most.max(other.most);
        for (key, rows) in other.kept {
            *self.kept.entry(key).or_default() += rows;
        }
        self.bound = match (self.bound, other.bound) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        if let Some(bound) = self.bound {
            self.drop_from(bound);
        }
        self.shrink();
    }

    fn shrink(&mut self) {
        let most = if self.most == 0 { MOST_NEW } else { self.most };
        if self.kept.len() > most
            && let Some((bound, _)) = self.kept.keys().nth(most)
        {
            self.drop_from(*bound);
        }
    }

    fn drop_from(&mut self, bound: u64) {
        self.kept.split_off(&(bound, Arc::from([])));
        self.bound = Some(bound);
    }

    /// Returns the number of categories: how many were kept, over the share of hashes that were (k minimum values).
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate of a count")]
    pub(crate) fn distinct(&self) -> Distinct {
        let kept = self.kept.len() as u64;
        match self.bound {
            None => Distinct { count: kept, exact: true },
            Some(bound) => {
                let share = bound as f64 / 2_f64.powi(64);
                Distinct { count: (kept as f64 / share).round() as u64, exact: false }
            }
        }
    }
}

/// Returns a hash that is the same on every machine and in every version: FNV-1a, then the last step of `MurmurHash3`.
fn hash(bytes: &[u8]) -> u64 {
    let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let mut hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, fnv);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// Counts the categories of arrays.
pub(crate) struct CategoryCounter<'a> {
    categories: &'a Categories,
    most: usize,
    counts: CategoryCounts,
    /// Rows by position in the baseline.
    known: Vec<u64>,
    /// The dictionary of the arrays last seen, and the rows of each of its entries: looked up once, when the dictionary changes.
    dictionary: Option<ArrayRef>,
    codes: Vec<u64>,
}

impl<'a> CategoryCounter<'a> {
    pub(crate) fn new(categories: &'a Categories, most: usize) -> Self {
        let known = vec![0; categories.named().len()];
        let counts = CategoryCounts::default();
        let mut counter = Self { categories, most, counts, known, dictionary: None, codes: Vec::new() };
        counter.counts.unknown.most = most;
        counter
    }

    /// Counts the rows of an array.
    pub(crate) fn take(&mut self, array: &dyn Array) {
        self.counts.rows += array.len() as u64;
        self.counts.nulls += array.logical_null_count() as u64;
        match array.data_type() {
            DataType::Dictionary(key, _) if **key == DataType::Int32 => self.coded::<Int32Type>(array),
            DataType::Dictionary(..) => {
                if let Some(array) = unpacked(array) {
                    self.plain(&array);
                }
            }
            _ => self.plain(array),
        }
    }

    /// Returns what was counted, and begins anew.
    pub(crate) fn finish(&mut self) -> CategoryCounts {
        self.settle();
        let mut counts = std::mem::take(&mut self.counts);
        let known = (0..).zip(self.known.iter_mut()).filter(|(_, rows)| **rows > 0);
        counts.known = known.map(|(index, rows)| (index, std::mem::take(rows))).collect();
        self.counts.unknown.most = self.most;
        counts
    }

    fn coded<K: ArrowDictionaryKeyType<Native: Into<i64>>>(&mut self, array: &dyn Array) {
        let array = array.as_dictionary::<K>();
        // Batches that share a dictionary share its bytes; each has an array of its own around them.
        let is_known = self.dictionary.as_ref().is_some_and(|known| known.to_data().ptr_eq(&array.values().to_data()));
        if !is_known {
            self.settle();
            self.codes.resize(array.values().len(), 0);
            self.dictionary = Some(Arc::clone(array.values()));
        }
        let codes = &mut self.codes;
        let mut count = |keys: &[K::Native]| {
            for key in keys {
                if let Some(rows) = usize::try_from((*key).into()).ok().and_then(|code| codes.get_mut(code)) {
                    *rows += 1;
                }
            }
        };
        match array.keys().nulls().filter(|nulls| nulls.null_count() > 0) {
            None => count(array.keys().values()),
            Some(nulls) => nulls.valid_slices().for_each(|(from, to)| count(&array.keys().values()[from..to])),
        }
    }

    /// Looks up what was counted by code.
    fn settle(&mut self) {
        let Some(dictionary) = self.dictionary.take() else { return };
        let codes = std::mem::take(&mut self.codes);
        self.each(&dictionary, |row| codes.get(row).copied().unwrap_or_default());
        self.codes = codes;
        self.codes.clear();
    }

    fn plain(&mut self, array: &dyn Array) {
        self.each(array, |_| 1);
    }

    /// Adds each value of an array, as many times as there are rows of it.
    fn each(&mut self, array: &dyn Array, rows: impl Fn(usize) -> u64) {
        let add = |row: usize, value: &[u8]| self.add(value, rows(row));
        match array.data_type() {
            DataType::Boolean => {
                let names: [&[u8]; 2] = [b"false", b"true"];
                each(array.as_boolean().iter().map(|value| value.map(|value| names[usize::from(value)])), add);
            }
            DataType::Utf8 => each(array.as_string::<i32>().iter(), add),
            DataType::LargeUtf8 => each(array.as_string::<i64>().iter(), add),
            DataType::Utf8View => each(array.as_string_view().iter(), add),
            DataType::Binary => each(array.as_binary::<i32>().iter(), add),
            DataType::LargeBinary => each(array.as_binary::<i64>().iter(), add),
            DataType::BinaryView => each(array.as_binary_view().iter(), add),
            DataType::FixedSizeBinary(_) => each(array.as_fixed_size_binary().iter(), add),
            _ => {}
        }
    }

    fn add(&mut self, name: &[u8], rows: u64) {
        if rows == 0 {
            return;
        }
        match self.categories.index.get(name) {
            Some(known) => {
                if let Some(known) = self.known.get_mut(*known as usize) {
                    *known += rows;
                }
            }
            None => self.counts.unknown.add(name, rows),
        }
    }
}

/// Hands out the values that are there, each with its row.
fn each<'v, T: AsRef<[u8]> + ?Sized + 'v>(values: impl Iterator<Item = Option<&'v T>>, mut add: impl FnMut(usize, &[u8])) {
    for (row, value) in values.enumerate() {
        if let Some(value) = value {
            add(row, value.as_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{BooleanArray, DictionaryArray, StringArray};
    use proptest::prelude::*;

    use super::*;

    fn counted(categories: &Categories, names: &[String], most: usize) -> CategoryCounts {
        let mut counter = CategoryCounter::new(categories, most);
        counter.take(&StringArray::from_iter_values(names));
        counter.finish()
    }

    proptest! {
        #[test]
        fn any_split_keeps_the_same_new_categories(
            names in proptest::collection::vec("[a-d]{1,3}", 0..200),
            at: prop::sample::Index,
            other: prop::sample::Index,
        ) {
            let known = Categories::of(&counted(&Categories::default(), &["a".to_owned(), "b".to_owned()], 10));
            let whole = counted(&known, &names, 8);
            let (mut from, mut to) = (at.index(names.len() + 1), other.index(names.len() + 1));
            if from > to {
                std::mem::swap(&mut from, &mut to);
            }
            let mut merged = counted(&known, &names[to..], 8);
            merged.merge(counted(&known, &names[..from], 8));
            merged.merge(counted(&known, &names[from..to], 8));
            prop_assert_eq!(&merged, &whole);
            prop_assert_eq!(whole.known.values().sum::<u64>() + whole.unknown.rows, names.len() as u64);
        }
    }

    #[test]
    fn dictionaries_and_truth_values_are_counted() {
        let array: DictionaryArray<Int32Type> = vec![Some("x"), None, Some("y"), Some("x")].into_iter().collect();
        let none = Categories::default();
        let mut counter = CategoryCounter::new(&none, 10);
        counter.take(&array);
        counter.take(&array.slice(2, 2));
        let baseline = Categories::of(&counter.finish());
        let named: Vec<(&[u8], u64)> = baseline.named().iter().map(|(name, rows)| (&**name, *rows)).collect();
        assert_eq!(named, [(&b"x"[..], 3), (&b"y"[..], 2)]);

        let mut counter = CategoryCounter::new(&baseline, 10);
        counter.take(&BooleanArray::from(vec![Some(true), None, Some(true), Some(false)]));
        let counts = counter.finish();
        assert_eq!((counts.rows, counts.nulls, counts.unknown.rows, counts.unknown.distinct().count), (4, 1, 3, 2));
    }

    #[test]
    fn a_dictionary_that_batches_share_is_looked_up_once() {
        let array: DictionaryArray<Int32Type> = vec![Some("x"), Some("y")].into_iter().collect();
        let baseline = Categories::of(&counted(&Categories::default(), &["x".to_owned(), "y".to_owned()], 10));
        let mut counter = CategoryCounter::new(&baseline, 10);
        counter.take(&array);
        counter.take(&DictionaryArray::<Int32Type>::from(array.to_data()));
        assert_eq!(counter.known, [0, 0], "nothing was looked up yet");
        let other: DictionaryArray<Int32Type> = vec![Some("y")].into_iter().collect();
        counter.take(&other);
        assert_eq!(counter.known, [2, 2], "another dictionary came");
        assert_eq!(counter.finish().known, BTreeMap::from([(0, 2), (1, 3)]));
    }

    #[test]
    fn many_categories_are_estimated() {
        let names: Vec<String> = (0..50_000).map(|number| format!("id-{number}")).collect();
        let counts = counted(&Categories::default(), &names, 4096);
        let distinct = counts.unknown.distinct();
        assert!(!distinct.exact && distinct.count.abs_diff(50_000) < 2_500, "{distinct:?}");
    }
}
