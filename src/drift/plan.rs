//! What there is to read: open tables, the partitions their rows belong to, and units of work.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef, UInt64Array};
use arrow_select::take::take;
use hashbrown::HashMap;
use rayon::prelude::*;

use super::counts::{date, spelled};
use super::logical::Logical;
use super::native::{Visit, Whole, unpacked, visit};
use super::result::{Unreadable, Value};
use super::source::{Every, Partition, RowKey, Source};
use super::table::Table;

/// Footers that are kept; of more files, each is read again with every column.
const FOOTERS: usize = 1 << 10;
/// Rows of a unit of work, about.
const UNIT: u64 = 1 << 22;
/// Rows of a unit that is split by row, about: its arrays are kept.
const SPLIT: u64 = 1 << 20;

/// Opens the pieces of a source, in order of partition and name; what cannot be opened is told.
pub(crate) fn open(source: &Source) -> (Vec<Table>, Vec<Unreadable>) {
    let mut pieces: Vec<_> = source.pieces.iter().collect();
    pieces.sort_by(|a, b| a.partition.cmp(&b.partition).then_with(|| a.name.cmp(&b.name)));
    let keeps_footers = pieces.len() <= FOOTERS;
    let opened: Vec<_> = pieces
        .par_iter()
        .map(|piece| {
            let unreadable = |message| Unreadable { file: piece.name.to_string(), message };
            Table::open(piece, keeps_footers).map_err(unreadable)
        })
        .collect();
    let (tables, unreadable): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    (tables.into_iter().filter_map(Result::ok).collect(), unreadable.into_iter().filter_map(Result::err).collect())
}

/// Returns the names of all columns: those of the first table, then those that only others have, as they come.
pub(crate) fn columns(tables: &[Table]) -> Vec<String> {
    let mut seen = HashMap::new();
    let names = tables.iter().flat_map(|table| table.schema.fields().iter().map(|field| field.name()));
    names.filter(|name| seen.insert((*name).clone(), ()).is_none()).cloned().collect()
}

/// Tables, and what of them belongs where.
pub(crate) struct Plan {
    pub(crate) tables: Vec<Table>,
    /// For each table.
    pub(crate) shares: Vec<Share>,
    /// All partitions, in order, with the rows of each.
    pub(crate) partitions: Vec<(Partition, u64)>,
    pub(crate) units: Vec<Unit>,
}

/// Which partitions the rows of a table belong to, by number.
pub(crate) enum Share {
    /// All to one.
    Whole(usize),
    /// Runs of rows: partition and number of rows.
    Runs(Vec<(usize, u64)>),
}

/// Some row groups of a table.
pub(crate) struct Unit {
    pub(crate) table: usize,
    pub(crate) groups: Range<usize>,
    pub(crate) first_row: u64,
    pub(crate) rows: u64,
    /// The partitions its rows belong to, in order.
    pub(crate) partitions: Vec<usize>,
}

impl Plan {
    /// Plans the reading of tables; tables whose keys cannot be read are left out and told.
    pub(crate) fn new(tables: Vec<Table>, unreadable: &mut Vec<Unreadable>) -> Self {
        let keyed: Vec<_> = tables.into_par_iter().map(|table| (keys(&table), table)).collect();
        let mut kept = Vec::new();
        let mut rows: BTreeMap<Partition, u64> = BTreeMap::new();
        for (keys, table) in keyed {
            match keys {
                Ok(keys) => {
                    for (partition, count) in &keys {
                        *rows.entry(partition.clone()).or_default() += count;
                    }
                    kept.push((keys, table));
                }
                Err(message) => unreadable.push(Unreadable { file: table.name.to_string(), message }),
            }
        }
        let partitions: Vec<(Partition, u64)> = rows.into_iter().collect();
        let number = |partition: &Partition| partitions.partition_point(|(other, _)| other < partition);
        let (mut tables, mut shares, mut units) = (Vec::new(), Vec::new(), Vec::new());
        for (keys, table) in kept {
            let share = match &keys[..] {
                [(partition, _)] => Share::Whole(number(partition)),
                _ => Share::Runs(keys.iter().map(|(partition, rows)| (number(partition), *rows)).collect()),
            };
            units.extend(cut(&table, tables.len(), &share));
            tables.push(table);
            shares.push(share);
        }
        Self { tables, shares, partitions, units }
    }
}

/// Cuts a table into units of work.
fn cut(table: &Table, number: usize, share: &Share) -> Vec<Unit> {
    let most = if matches!(share, Share::Whole(_)) { UNIT } else { SPLIT };
    let (mut units, mut from, mut first_row, mut rows) = (Vec::new(), 0, 0, 0);
    for (group, here) in table.groups.iter().enumerate() {
        rows += here;
        if rows >= most || group + 1 == table.groups.len() {
            let partitions = partitions_of(share, first_row, rows);
            units.push(Unit { table: number, groups: from..group + 1, first_row, rows, partitions });
            (from, first_row, rows) = (group + 1, first_row + rows, 0);
        }
    }
    units
}

fn partitions_of(share: &Share, first_row: u64, rows: u64) -> Vec<usize> {
    match share {
        Share::Whole(partition) => vec![*partition],
        Share::Runs(_) => {
            let mut found: Vec<usize> = share.runs(first_row, rows).map(|(partition, _)| partition).collect();
            found.sort_unstable();
            found.dedup();
            found
        }
    }
}

impl Share {
    /// Returns the runs that some rows consist of.
    pub(crate) fn runs(&self, first_row: u64, rows: u64) -> Box<dyn Iterator<Item = (usize, u64)> + '_> {
        let runs = match self {
            Self::Whole(partition) => return Box::new(std::iter::once((*partition, rows))),
            Self::Runs(runs) => runs,
        };
        let end = first_row + rows;
        let mut at = 0;
        Box::new(runs.iter().filter_map(move |(partition, length)| {
            let (from, to) = (at.max(first_row), (at + length).min(end));
            at += length;
            (from < to).then(|| (*partition, to - from))
        }))
    }
}

/// Splits an array by partition: slices where its rows come in long runs, copies where they do not.
pub(crate) fn split(array: &ArrayRef, runs: &[(usize, u64)], into: &mut BTreeMap<usize, Vec<ArrayRef>>) {
    /// Average length of a run from which on slices are cheaper than copies.
    const LONG: usize = 64;
    if runs.len() * LONG <= array.len() || runs.len() == 1 {
        let mut from = 0;
        for (partition, length) in runs {
            let length = usize::try_from(*length).unwrap_or(usize::MAX).min(array.len() - from);
            into.entry(*partition).or_default().push(array.slice(from, length));
            from += length;
        }
        return;
    }
    let mut rows: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    let mut from = 0;
    for (partition, length) in runs {
        rows.entry(*partition).or_default().extend(from..from + length);
        from += length;
    }
    for (partition, rows) in rows {
        // Rows lie in the array, so taking them cannot fail.
        if let Ok(taken) = take(array, &UInt64Array::from(rows), None) {
            into.entry(partition).or_default().push(taken);
        }
    }
}

/// Returns the partitions of a table's rows, as runs.
fn keys(table: &Table) -> Result<Vec<(Partition, u64)>, String> {
    if table.row_keys.is_empty() {
        return Ok(vec![(table.partition.clone(), table.rows())]);
    }
    let mut all: Option<Vec<(Partition, u64)>> = None;
    for key in table.row_keys.iter() {
        let runs = values(table, key)?;
        let name = match key {
            RowKey::Column { column } => column.as_str(),
            RowKey::Time { every, .. } => every.name(),
        };
        all = Some(match all {
            None => runs.into_iter().map(|(value, rows)| (table.partition.with(name, value.as_deref()), rows)).collect(),
            Some(before) => joined(before, runs, name),
        });
    }
    Ok(all.unwrap_or_default())
}

type Runs = Vec<(Option<Arc<str>>, u64)>;

/// Adds one more key to runs.
fn joined(before: Vec<(Partition, u64)>, runs: Runs, name: &str) -> Vec<(Partition, u64)> {
    let (mut all, mut runs) = (Vec::new(), runs.into_iter());
    let mut run = runs.next();
    for (partition, mut rows) in before {
        while let Some((value, left)) = &mut run {
            let both = rows.min(*left);
            if both > 0 {
                all.push((partition.with(name, value.as_deref()), both));
            }
            (rows, *left) = (rows - both, *left - both);
            if *left > 0 {
                break;
            }
            run = runs.next();
        }
    }
    all
}

/// Returns the values of a key, as runs.
fn values(table: &Table, key: &RowKey) -> Result<Runs, String> {
    let Some((index, _)) = table.column(key.column()) else {
        return Err(format!("it has no column {}, by which rows are grouped", key.column()));
    };
    let mut runs: Runs = Vec::new();
    let mut failed = None;
    table.read(index, 0..table.groups.len(), |array, _| match texts(array, key) {
        Ok(texts) => {
            for text in texts {
                match runs.last_mut() {
                    Some((last, rows)) if *last == text => *rows += 1,
                    _ => runs.push((text, 1)),
                }
            }
        }
        Err(message) => failed = Some(message),
    })?;
    failed.map_or(Ok(runs), Err)
}

/// Returns what a key calls each row.
fn texts(array: &ArrayRef, key: &RowKey) -> Result<Vec<Option<Arc<str>>>, String> {
    let array = unpacked(array).unwrap_or_else(|| Arc::clone(array));
    let refused = || format!("rows cannot be grouped by {}, which is {}", key.column(), array.data_type());
    let logical = Logical::of(array.data_type()).ok_or_else(refused)?;
    let cut = |text: &str| -> Arc<str> {
        let length = match key {
            RowKey::Column { .. } => text.len(),
            RowKey::Time { every: Every::Hour, .. } => 13,
            RowKey::Time { every: Every::Day, .. } => 10,
            RowKey::Time { every: Every::Month, .. } => 7,
        };
        text.get(..length).unwrap_or(text).into()
    };
    let mut last: (Option<Arc<str>>, Arc<str>) = (None, "".into());
    let mut shared = |text: &str| {
        if last.0.as_deref() != Some(text) {
            last = (Some(text.into()), cut(text));
        }
        Arc::clone(&last.1)
    };
    let is_time = matches!(key, RowKey::Time { .. });
    Ok(match logical {
        Logical::Text => {
            let strings = arrow_select::concat::concat(&[&*array]).map_err(|error| error.to_string())?;
            match strings.data_type() {
                arrow_schema::DataType::Utf8 => strings.as_string::<i32>().iter().map(|text| text.map(&mut shared)).collect(),
                arrow_schema::DataType::LargeUtf8 => {
                    strings.as_string::<i64>().iter().map(|text| text.map(&mut shared)).collect()
                }
                _ => strings.as_string_view().iter().map(|text| text.map(&mut shared)).collect(),
            }
        }
        Logical::Boolean if !is_time => {
            array.as_boolean().iter().map(|value| value.map(|value| shared(if value { "true" } else { "false" }))).collect()
        }
        Logical::Date | Logical::Timestamp { .. } | Logical::Integer { .. } | Logical::Decimal { .. }
            if !is_time || matches!(logical, Logical::Date | Logical::Timestamp { .. }) =>
        {
            let mut counts = Wholes(Vec::new());
            visit(&array, &mut counts);
            let mut counts = counts.0.into_iter();
            let per_hour = match logical {
                Logical::Timestamp { unit, .. } => 3_600 * i128::from(unit.per_second()),
                _ => 0,
            };
            let mut memo: Option<(i128, Arc<str>)> = None;
            let mut named = |count: i128| -> Arc<str> {
                // Most rows fall into the hour of the row before.
                let count = if is_time && per_hour > 0 { count.div_euclid(per_hour) } else { count };
                if let Some((_, text)) = memo.as_ref().filter(|(known, _)| *known == count) {
                    return Arc::clone(text);
                }
                let text = if is_time && per_hour > 0 {
                    cut(&format!("{}T{:02}", date(count.div_euclid(24)), count.rem_euclid(24)))
                } else {
                    match spelled(count, logical) {
                        Value::Text(text) => cut(&text),
                        other => cut(&other.to_string()),
                    }
                };
                memo = Some((count, Arc::clone(&text)));
                text
            };
            (0..array.len()).map(|row| if array.is_valid(row) { counts.next().map(&mut named) } else { None }).collect()
        }
        _ => return Err(refused()),
    })
}

struct Wholes(Vec<i128>);

impl Visit for Wholes {
    fn whole<T: Whole>(&mut self, values: &[T]) {
        self.0.extend(values.iter().map(|value| value.count()));
    }

    fn double(&mut self, _: &[f64]) {}

    fn single(&mut self, _: &[f32]) {}
}
