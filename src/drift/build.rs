//! Makes the profile of one column: finds its range, cuts the line into cells by a sample, counts, and finds exact quantiles.
//!
//! Values up to [`IN_MEMORY`] are kept while that is done. Of more, every k-th is kept to cut the line, and the rest is read again
//! where it is needed: the cells then fit a little less well, the counts are exact all the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::axis::{Axis, Ratio, Unit, decimal_of_real, key_of_real, part, real_of_key};
use super::category::{Categories, CategoryCounter, MOST_TOLD_APART};
use super::cells::{Cells, Lattice};
use super::counter::{Counter, Line};
use super::counts::Counts;
use super::direct::{Direct, MOST_DIRECT};
use super::exact::Exact;
use super::logical::Logical;
use super::native::{Visit, Whole, visit};
use super::profile::{Base, Body, ColumnProfile, LineProfile, SMALL};
use super::result::{Distinct, Kind, QUANTILES, Schema, Unreadable};
use super::spare;
use super::squares::Bins;
use super::statistic::moments::{cell_of_rank, rank};
use super::table::Table;

/// Values of a column that are kept while it is profiled.
const IN_MEMORY: u64 = 1 << 23;
/// Rows of a column whose arrays are kept while it is profiled, instead of being decoded again.
const KEPT_ROWS: u64 = 1 << 21;
/// Values by which the line is cut.
const SAMPLE: usize = 1 << 17;
/// Bins of the PSI.
const PSI_BINS: u32 = 10;
/// Distinct values that are counted by the smallest hashes.
const KEPT: usize = 1 << 12;

/// A column of the tables of a baseline.
struct Column<'a> {
    name: &'a str,
    logical: Logical,
    /// The tables that have it, its position there, and its type there.
    parts: Vec<(&'a Table, usize, Logical)>,
    /// The arrays, where they are few enough to be kept.
    kept: Option<Vec<(ArrayRef, Logical)>>,
}

/// Returns the type of a column in a baseline: the one that all others widen to, else the first; nothing if there is none to
/// compare.
pub(crate) fn logical_of(tables: &[Table], name: &str) -> Option<Logical> {
    let types: Vec<Logical> = tables.iter().filter_map(|table| Logical::of(table.column(name)?.1)).collect();
    let fits = |to: &Logical| types.iter().all(|from| matches!(from.becomes(*to), Schema::Same | Schema::Widened));
    types.iter().find(|to| fits(to)).or(types.first()).copied()
}

/// Returns the profile of a column; `keeps_all` keeps every value, for exact distances. What cannot be read is told and left out.
pub(crate) fn build(
    tables: &[Table],
    name: &str,
    logical: Logical,
    keeps_all: bool,
    unreadable: &mut BTreeSet<Unreadable>,
) -> Base {
    let mut parts = Vec::new();
    for table in tables {
        let Some((index, data_type)) = table.column(name) else { continue };
        match Logical::of(data_type) {
            Some(here) if here.becomes(logical) != Schema::Incompatible => parts.push((table, index, here)),
            // Nothing but nulls, of no type.
            None if *data_type == DataType::Null => parts.push((table, index, logical)),
            other => {
                let other = other.map_or_else(|| data_type.to_string(), |other| other.to_string());
                let message = format!("column {name} is {other} here and {logical} elsewhere in the baseline: left out");
                unreadable.insert(Unreadable { file: table.name.to_string(), message });
            }
        }
    }
    let mut column = Column { name, logical, parts, kept: None };
    column.check(unreadable);
    let (body, sorted) = match logical.kind() {
        Kind::Numeric | Kind::Temporal => {
            let (profile, sorted) = column.line(keeps_all);
            (Body::Line(Box::new(profile)), sorted)
        }
        Kind::Categorical | Kind::Boolean => (column.categories(), None),
    };
    Base::new(ColumnProfile { name: name.to_owned(), logical, body }, sorted)
}

impl Column<'_> {
    /// Reads everything once, so that later passes see the same rows: tables whose column is damaged are left out.
    fn check(&mut self, unreadable: &mut BTreeSet<Unreadable>) {
        let rows: u64 = self.parts.iter().map(|(table, ..)| table.rows()).sum();
        let mut kept = (rows <= KEPT_ROWS).then(Vec::new);
        let name = self.name;
        self.parts.retain(|(table, index, logical)| {
            let before = kept.as_ref().map_or(0, Vec::len);
            let read = table.read(*index, 0..table.groups.len(), |array, _| {
                if let Some(kept) = &mut kept {
                    kept.push((Arc::clone(array), *logical));
                }
            });
            let Err(error) = read else { return true };
            if let Some(kept) = &mut kept {
                kept.truncate(before);
            }
            unreadable.insert(Unreadable { file: table.name.to_string(), message: format!("column {name}: {error}") });
            false
        });
        self.kept = kept;
    }

    /// Hands out all arrays.
    fn each(&self, mut take: impl FnMut(&dyn Array, Logical)) {
        if let Some(kept) = &self.kept {
            return kept.iter().for_each(|(array, logical)| take(array, *logical));
        }
        for (table, index, logical) in &self.parts {
            // What cannot be read was left out before.
            let _ = table.read(*index, 0..table.groups.len(), |array, _| take(array, *logical));
        }
    }

    fn categories(&self) -> Body {
        let none = Categories::default();
        let mut counter = CategoryCounter::new(&none, MOST_TOLD_APART);
        self.each(|array, _| counter.take(array));
        let counts = counter.finish();
        Body::Categories { categories: Categories::of(&counts), rows: counts.rows, nulls: counts.nulls }
    }

    fn line(&self, keeps_all: bool) -> (LineProfile, Option<Vec<u64>>) {
        let mut range = Range::default();
        if self.parts.iter().any(|(_, _, logical)| logical.is_whole()) {
            self.each(|array, logical| {
                range.ratio = Ratio::between(Unit::of(logical), Unit::of(self.logical));
                visit(array, &mut range);
            });
        }
        let whole = range.found.filter(|_| self.logical.is_whole());
        let axis = Axis::choose(self.logical, whole);
        if let (Axis::Binary(unit), Some((least, greatest))) = (axis, whole)
            && unit == Unit::of(self.logical)
            && u64::try_from(greatest - least).is_ok_and(|width| width < MOST_DIRECT)
        {
            return (self.direct(axis, least, greatest), None);
        }
        self.lattice(axis, keeps_all)
    }

    /// Profiles whole numbers of a small range: each is a cell, and everything is exact.
    fn direct(&self, axis: Axis, least: i128, greatest: i128) -> LineProfile {
        let len = u32::try_from(greatest - least + 1).unwrap_or(1);
        let direct = Direct { least: i64::try_from(least).unwrap_or_default(), len };
        let middle = axis.key_of_whole(i128::midpoint(least, greatest));
        let line = Line { axis, cells: Cells::Direct(direct), middle, bins: Bins::NONE };
        let counts = self.count(&line);
        let at = |share: f64| cell_of_rank(&counts, rank(share, counts.values())).map(|(cell, ..)| line.cells.low(cell));
        let quantiles = QUANTILES.into_iter().filter_map(at).collect();
        let edges = deciles().filter_map(at).collect::<BTreeSet<u64>>().into_iter().collect();
        let distinct = Some(Distinct { count: counts.cells.len() as u64, exact: true });
        LineProfile { line, counts, quantiles, edges, distinct, sorted: None }
    }

    fn count(&self, line: &Line) -> Counts {
        let mut counter = Counter::new(line, false);
        self.each(|array, logical| counter.take(array, logical));
        let mut counts = counter.finish();
        if !line.is_exact(&counts) {
            // It holds nothing but what blocks of rows happened to be summed exactly.
            counts.exact = Exact::default();
        }
        counts
    }

    fn lattice(&self, axis: Axis, keeps_all: bool) -> (LineProfile, Option<Vec<u64>>) {
        let rows: u64 = self.parts.iter().map(|(table, ..)| table.rows()).sum();
        let every = if keeps_all { 1 } else { usize::try_from(rows.div_ceil(IN_MEMORY)).unwrap_or(1).max(1) };
        let mut gather = Gather::new(axis, every);
        gather.keys = spare::take(usize::try_from(rows).unwrap_or_default().div_ceil(every));
        self.each(|array, logical| {
            gather.ratio = Ratio::between(Unit::of(logical), axis.unit());
            visit(array, &mut gather);
        });
        let Gather { mut keys, least, greatest, hashes, .. } = gather;
        if keys.is_empty() {
            let line = Line { axis, cells: Cells::Direct(Direct { least: 0, len: 1 }), middle: 0, bins: Bins::NONE };
            let counts = self.count(&line);
            let (quantiles, edges) = (Vec::new(), Vec::new());
            return (LineProfile { line, counts, quantiles, edges, distinct: None, sorted: Some(Vec::new()) }, None);
        }
        let stride = keys.len().div_ceil(SAMPLE);
        let mut sample: Vec<u64> = keys.iter().step_by(stride).copied().collect();
        sample.sort_unstable();
        let finite = |key: u64| axis.value_of_key(key).is_finite();
        let inside: Vec<u64> = sample.iter().copied().filter(|key| finite(*key)).collect();
        let middle = inside.get(inside.len() / 2).copied().unwrap_or(key_of_real(0.0));
        let bins = match axis {
            Axis::Whole { .. } => Bins::NONE,
            Axis::Binary(_) => {
                let center = real_of_key(middle);
                let bound = |key: u64| Some(real_of_key(key)).filter(|bound| bound.is_finite()).unwrap_or(center);
                Bins::new(center, bound(least), bound(greatest))
            }
        };
        let lattice = |ends: &[u64]| Cells::Lattice(Lattice::build(&sample, least, greatest, ends));
        let line = |cells| Line { axis, cells, middle, bins };
        let is_whole = every == 1;
        let keep = is_whole && (keeps_all || keys.len() as u64 <= SMALL);
        let rough = line(lattice(&[]));
        let (quantiles, edges) = if keep {
            keys.sort_unstable();
            let at = |share: f64| {
                let index = usize::try_from(rank(share, keys.len() as u64)).unwrap_or(1) - 1;
                keys.get(index).copied()
            };
            (QUANTILES.into_iter().filter_map(at).collect(), deciles().filter_map(at).collect::<BTreeSet<u64>>())
        } else {
            let counts = if is_whole { counted(&rough, &keys) } else { self.count(&rough) };
            self.order_statistics(&rough, &counts, is_whole.then_some(&keys))
        };
        let edges: Vec<u64> = edges.into_iter().collect();
        let line = line(lattice(&edges));
        let counts = self.count(&line);
        let sorted = if keep {
            Some(keys)
        } else {
            spare::give_back([keys]);
            None
        };
        let distinct = match &sorted {
            Some(sorted) => Distinct { count: sorted.chunk_by(|a, b| a == b).count() as u64, exact: true },
            None => hashes.distinct(),
        };
        let is_small = counts.values() <= SMALL;
        let (small, large) = if is_small { (sorted, None) } else { (None, sorted) };
        (LineProfile { line, counts, quantiles, edges, distinct: Some(distinct), sorted: small }, large)
    }

    /// Returns the keys at the quantiles, and the edges of the PSI's bins: the values of the cells that hold them are looked at.
    fn order_statistics(&self, line: &Line, counts: &Counts, keys: Option<&Vec<u64>>) -> (Vec<u64>, BTreeSet<u64>) {
        let n = counts.values();
        let shares: Vec<f64> = QUANTILES.into_iter().chain(deciles()).collect();
        let wanted: Vec<(u64, u32, u64)> = shares
            .iter()
            .filter_map(|share| {
                let rank = rank(*share, n);
                cell_of_rank(counts, rank).map(|(cell, before, _)| (rank, cell, before))
            })
            .collect();
        let cells: BTreeSet<u32> = wanted.iter().map(|(_, cell, _)| *cell).collect();
        let spans: Vec<(u64, u64)> = cells.iter().map(|cell| (line.cells.low(*cell), line.cells.high(*cell))).collect();
        let mut within = Within { spans, keys: Vec::new() };
        if let Some(keys) = keys {
            within.take(keys);
        } else {
            let mut gather = Gather::new(line.axis, 1);
            self.each(|array, logical| {
                gather.ratio = Ratio::between(Unit::of(logical), line.axis.unit());
                visit(array, &mut gather);
                within.take(&gather.keys);
                gather.keys.clear();
            });
        }
        within.keys.sort_unstable();
        let at = |(rank, cell, before): &(u64, u32, u64)| {
            let from = within.keys.partition_point(|key| *key < line.cells.low(*cell));
            let index = usize::try_from(rank - before).unwrap_or(1) - 1;
            within.keys.get(from + index).copied()
        };
        let keys: Vec<u64> = wanted.iter().filter_map(at).collect();
        let (quantiles, edges) = keys.split_at(QUANTILES.len().min(keys.len()));
        (quantiles.to_vec(), edges.iter().copied().collect())
    }
}

/// Returns the shares at which the bins of the PSI end.
fn deciles() -> impl Iterator<Item = f64> {
    (1..PSI_BINS).map(|decile| f64::from(decile) / f64::from(PSI_BINS))
}

/// Counts keys by cell, and nothing else.
fn counted(line: &Line, keys: &[u64]) -> Counts {
    let mut counter = Counter::new(line, false);
    counter.take_keys(keys);
    counter.finish()
}

/// Keys that lie in some spans of the line.
struct Within {
    spans: Vec<(u64, u64)>,
    keys: Vec<u64>,
}

impl Within {
    fn take(&mut self, keys: &[u64]) {
        let spans = &self.spans;
        let is_within = |key: &u64| {
            let at = spans.partition_point(|(low, _)| low <= key);
            at > 0 && spans.get(at - 1).is_some_and(|(_, high)| key <= high)
        };
        self.keys.extend(keys.iter().copied().filter(is_within));
    }
}

/// The least and greatest whole count.
struct Range {
    found: Option<(i128, i128)>,
    ratio: Ratio,
}

impl Default for Range {
    fn default() -> Self {
        Self { found: None, ratio: Ratio::ONE }
    }
}

impl Visit for Range {
    fn whole<T: Whole>(&mut self, values: &[T]) {
        let Some(first) = values.first() else { return };
        let (least, greatest) = values.iter().fold((*first, *first), |(least, greatest), value| {
            (if *value < least { *value } else { least }, if *value > greatest { *value } else { greatest })
        });
        let count = |value: T| value.count().saturating_mul(self.ratio.by).div_euclid(self.ratio.over);
        let (least, greatest) = (count(least), count(greatest));
        self.found = Some(self.found.map_or((least, greatest), |(low, high)| (low.min(least), high.max(greatest))));
    }

    fn double(&mut self, _: &[f64]) {}

    fn single(&mut self, _: &[f32]) {}
}

/// Keys of every k-th value, and the range of all.
struct Gather {
    axis: Axis,
    ratio: Ratio,
    every: usize,
    /// Values to pass over before the next is kept.
    skip: usize,
    keys: Vec<u64>,
    least: u64,
    greatest: u64,
    hashes: Hashes,
}

impl Gather {
    fn new(axis: Axis, every: usize) -> Self {
        Self {
            axis,
            ratio: Ratio::ONE,
            every,
            skip: 0,
            keys: Vec::new(),
            least: u64::MAX,
            greatest: 0,
            hashes: Hashes::default(),
        }
    }

    fn add(&mut self, key: u64) {
        self.least = self.least.min(key);
        self.greatest = self.greatest.max(key);
        self.hashes.add(key);
        if self.skip == 0 {
            self.keys.push(key);
            self.skip = self.every;
        }
        self.skip -= 1;
    }
}

impl Visit for Gather {
    fn whole<T: Whole>(&mut self, values: &[T]) {
        for value in values {
            let count = value.count().saturating_mul(self.ratio.by);
            self.add(match self.axis {
                Axis::Binary(_) if self.ratio.over > 1 => key_of_real(part(count, self.ratio.over)),
                axis => axis.key_of_whole(-(-count).div_euclid(self.ratio.over)),
            });
        }
    }

    fn double(&mut self, values: &[f64]) {
        for value in values.iter().filter(|value| !value.is_nan()) {
            let count = match self.axis.unit() {
                Unit::Decimal(scale) => decimal_of_real(*value, scale),
                _ => *value,
            };
            #[expect(clippy::cast_possible_truncation, reason = "the cast keeps to the range")]
            let key = match self.axis {
                Axis::Binary(_) => key_of_real(count),
                axis @ Axis::Whole { .. } => axis.key_of_whole(count.ceil() as i128),
            };
            self.add(key);
        }
    }

    fn single(&mut self, values: &[f32]) {
        self.double(&values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>());
    }
}

/// The smallest hashes of distinct values, from which their number is told or estimated.
#[derive(Default)]
struct Hashes {
    kept: BTreeSet<u64>,
    bound: Option<u64>,
}

impl Hashes {
    fn add(&mut self, key: u64) {
        let mut hash = (key ^ (key >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^= hash >> 33;
        if self.bound.is_some_and(|bound| hash >= bound) {
            return;
        }
        self.kept.insert(hash);
        if self.kept.len() > KEPT {
            self.bound = self.kept.pop_last();
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate of a count")]
    fn distinct(&self) -> Distinct {
        let kept = self.kept.len() as u64;
        match self.bound {
            None => Distinct { count: kept, exact: true },
            Some(bound) => Distinct { count: (kept as f64 / (bound as f64 / 2_f64.powi(64))).round() as u64, exact: false },
        }
    }
}
