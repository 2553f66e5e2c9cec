//! Counts the numbers of arrays into cells: the loop that everything waits for.

use arrow_array::Array;

use super::axis::{Axis, EXACT, Ratio, Unit, decimal_of_real, key_of_real, part};
use super::cells::{COUNT, Cells};
use super::counts::{Counts, Extreme, fold, merged};
use super::direct::Direct;
use super::logical::Logical;
use super::native::{Visit, Whole, visit};
use super::spare;
use super::squares::{BLOCK, Bins};
use serde::{Deserialize, Serialize};

/// Where the values of a column are placed: its axis, its cells, and the bins for its squares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// The axis.
    pub(crate) axis: Axis,
    /// The cells.
    pub(crate) cells: Cells,
    /// A key near the middle.
    pub(crate) middle: u64,
    /// How squares of distances from it are summed, where its values are floating-point numbers.
    pub(crate) bins: Bins,
}

impl Line {
    /// Returns what is subtracted from whole counts before they are squared.
    pub(crate) fn zero(&self) -> i128 {
        match (&self.cells, self.axis) {
            (Cells::Direct(direct), _) => direct.least.into(),
            (Cells::Lattice(_), Axis::Binary(_)) => 0,
            (Cells::Lattice(_), Axis::Whole { origin, .. }) => origin.saturating_add(i128::from(self.middle)),
        }
    }

    /// Returns whether the exact sums hold all values that are no whole count with a cell of its own.
    ///
    /// That follows from the values alone. Other exact sums hold blocks of rows, whatever those happen to be.
    pub(crate) fn is_exact(&self, counts: &Counts) -> bool {
        let extremes = counts.least.zip(counts.greatest);
        match (&self.cells, self.axis) {
            (Cells::Direct(_), _) | (_, Axis::Whole { .. }) => true,
            (Cells::Lattice(_), axis) => {
                extremes.is_some_and(|(least, greatest)| self.bins.blur(axis.count_of(least), axis.count_of(greatest)))
            }
        }
    }
}

/// Up to so many values are sorted into cells; more are counted in a table of all cells.
const FEW: usize = 1 << 12;
/// Values beyond the baseline's range that are kept before they are folded.
const MANY: usize = 1 << 16;
/// Values after which a table is emptied: its counts have 32 bits.
const FULL: u64 = 1 << 31;

/// Counts the values of arrays.
pub(crate) struct Counter<'a> {
    line: &'a Line,
    /// Whether keys are kept. Those of cells that are whole counts never are: such cells say everything.
    keeps: bool,
    counts: Counts,
    /// Keys that are kept.
    kept: Vec<u64>,
    /// By leaf: see [`super::cells::Lattice::count`].
    dense: Vec<u128>,
    /// By position: likewise, of leaves that are cut.
    cut: Vec<u128>,
    /// By whole count.
    direct: Vec<u32>,
    /// In the tables since they were emptied.
    pending: u64,
    /// Keys that are not in a table yet.
    few: Vec<u64>,
    /// Room for the keys that no table takes at once.
    rest: Vec<u64>,
    outside: Vec<(u32, u64)>,
    reals: Vec<f64>,
    keys: Vec<u64>,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(line: &'a Line, keeps: bool) -> Self {
        let keeps = keeps && matches!(line.cells, Cells::Lattice(_));
        Self {
            line,
            keeps,
            counts: Counts::default(),
            kept: Vec::new(),
            dense: Vec::new(),
            cut: Vec::new(),
            direct: Vec::new(),
            pending: 0,
            few: Vec::new(),
            rest: Vec::new(),
            outside: Vec::new(),
            reals: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Makes room for the keys of so many values.
    pub(crate) fn expect(&mut self, values: u64) {
        if self.keeps {
            self.kept = spare::take(usize::try_from(values).unwrap_or_default());
        }
    }

    /// Counts the rows of an array whose values are of a type.
    pub(crate) fn take(&mut self, array: &dyn Array, logical: Logical) {
        self.counts.rows += array.len() as u64;
        self.counts.nulls += array.logical_null_count() as u64;
        let ratio = Ratio::between(Unit::of(logical), self.line.axis.unit());
        visit(array, &mut Taking { counter: self, logical, ratio });
    }

    /// Counts values given by key, and nothing but their cells.
    pub(crate) fn take_keys(&mut self, keys: &[u64]) {
        self.counts.rows += keys.len() as u64;
        keys.chunks(BLOCK).for_each(|keys| self.add_keys(keys));
    }

    /// Returns what was counted, and begins anew.
    pub(crate) fn finish(&mut self) -> Counts {
        self.settle();
        let keys = self.keeps.then(|| vec![std::mem::take(&mut self.kept)]);
        Counts { keys, ..std::mem::take(&mut self.counts) }
    }

    /// Moves what the tables hold into the counts.
    fn settle(&mut self) {
        let mut found = Vec::new();
        if self.pending > 0 {
            match &self.line.cells {
                Cells::Lattice(lattice) => {
                    lattice.drain(&mut self.dense, &mut found);
                    let mut cut = Vec::new();
                    lattice.drain_cut(&mut self.cut, &mut cut);
                    found = merged(found, cut);
                }
                Cells::Direct(_) => Direct::drain(&mut self.direct, &mut found),
            }
            self.pending = 0;
        }
        for key in self.few.drain(..) {
            self.outside.push(self.line.cells.find(key));
        }
        self.counts.cells = merged(std::mem::take(&mut self.counts.cells), found);
        fold(&mut self.counts.cells, &mut self.outside);
    }

    /// Counts values given by key.
    fn add_keys(&mut self, keys: &[u64]) {
        if self.keeps {
            self.kept.extend_from_slice(keys);
        }
        let Cells::Lattice(lattice) = &self.line.cells else {
            for key in keys {
                self.outside.push(self.line.cells.find(*key));
                self.relieve();
            }
            return;
        };
        if self.pending == 0 && self.few.len() + keys.len() <= FEW {
            self.few.extend_from_slice(keys);
            return;
        }
        if self.dense.is_empty() {
            (self.dense, self.cut) = lattice.dense();
        }
        self.pending += (self.few.len() + keys.len()) as u64;
        let few = std::mem::take(&mut self.few);
        for keys in [&few[..], keys] {
            vectorized(|| lattice.count(keys, &mut self.dense, &mut self.rest));
            let cells = &self.line.cells;
            for key in self.rest.drain(..) {
                let (cell, step) = cells.find(key);
                match self.cut.get_mut(Cells::position(cell)) {
                    Some(sum) => *sum += (1 << COUNT) + u128::from(step),
                    None => self.outside.push((cell, step)),
                }
            }
        }
        self.relieve();
    }

    /// Counts a value by its key, and returns whether it is no whole count with a cell of its own.
    fn add_apart(&mut self, key: u64) -> bool {
        let found = self.line.cells.find(key);
        self.outside.push(found);
        self.relieve();
        !self.line.cells.is_count(found.0)
    }

    /// Empties tables and lists that are full.
    fn relieve(&mut self) {
        if self.pending >= FULL {
            self.settle();
        } else if self.outside.len() >= MANY {
            fold(&mut self.counts.cells, &mut self.outside);
        }
    }

    /// Counts values on a binary axis; NaN may be among them. `whole` is their [`range`], if it is known, and `counts` gives the whole
    /// counts that they were rounded from.
    fn add_reals(&mut self, values: &[f64], whole: Option<(u64, f64, f64)>, counts: Option<&dyn Fn(usize) -> i128>) {
        let mut keys = std::mem::take(&mut self.keys);
        let mut numbers = Vec::new();
        let whole = whole.filter(|_| values.len() <= BLOCK);
        for (from, block) in (0..).step_by(BLOCK).zip(values.chunks(BLOCK)) {
            let (nan, least, greatest) = whole.unwrap_or_else(|| vectorized(|| range(block)));
            let block = if nan == 0 {
                block
            } else {
                self.counts.nan += nan;
                numbers.clear();
                numbers.extend(block.iter().filter(|value| !value.is_nan()));
                &numbers[..]
            };
            if block.is_empty() {
                continue;
            }
            if least.is_infinite() || greatest.is_infinite() {
                self.counts.inf += block.iter().filter(|value| value.is_infinite()).count() as u64;
            }
            if let Cells::Direct(_) = self.line.cells {
                for (index, value) in (from..).zip(block) {
                    if self.add_apart(key_of_real(*value)) {
                        self.add_exactly(index, &[*value], counts);
                    }
                }
                continue;
            }
            let bins = self.line.bins;
            if !bins.are_none() {
                self.counts.squares.add(block, bins.farthest(least, greatest), bins);
            }
            if bins.may_blur(least, greatest) {
                self.add_exactly(from, block, counts);
            }
            keys.clear();
            vectorized(|| keys.extend(block.iter().map(|value| key_of_real(*value))));
            self.add_keys(&keys);
        }
        self.keys = keys;
    }

    /// Adds values to the exact sums: the whole counts that they were rounded from, if they were.
    fn add_exactly(&mut self, from: usize, values: &[f64], counts: Option<&dyn Fn(usize) -> i128>) {
        match counts {
            None => self.counts.exact.add_reals(values),
            Some(counts) => {
                let zero = self.line.zero();
                (from..from + values.len()).for_each(|index| self.counts.exact.add_whole(counts(index), zero));
            }
        }
    }

    /// Counts a value on a whole axis that may lie before the next whole count, and returns the key where it is placed.
    fn add_between(&mut self, count: f64, next: i128, is_whole: bool) -> u64 {
        let (axis, zero) = (self.line.axis, self.line.zero());
        if is_whole {
            self.counts.exact.add_whole(next, zero);
        } else {
            self.counts.exact.add_reals(&[count]);
            self.counts.fractions += 1;
        }
        self.counts.excess = self.counts.excess.saturating_add(axis.excess(next));
        axis.key_of_whole(next)
    }

    fn saw(&mut self, least: Extreme, greatest: Extreme) {
        self.counts.least = Extreme::least(self.counts.least, Some(least));
        self.counts.greatest = Extreme::greatest(self.counts.greatest, Some(greatest));
    }
}

/// Returns the number of NaN, and the least and greatest of the others.
#[inline(always)]
fn range(values: &[f64]) -> (u64, f64, f64) {
    const LANES: usize = 8;
    let (mut nan, mut least, mut greatest) = ([0_u64; LANES], [f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let mut see = |lane: usize, value: f64| {
        nan[lane] += u64::from(value.is_nan());
        least[lane] = if value < least[lane] { value } else { least[lane] };
        greatest[lane] = if value > greatest[lane] { value } else { greatest[lane] };
    };
    let (whole, rest) = values.as_chunks::<LANES>();
    for lanes in whole {
        for (lane, value) in lanes.iter().enumerate() {
            see(lane, *value);
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        see(lane, *value);
    }
    // Adding 0 makes 0 of -0.
    let least = least.into_iter().fold(f64::INFINITY, f64::min) + 0.0;
    (nan.iter().sum(), least, greatest.into_iter().fold(f64::NEG_INFINITY, f64::max) + 0.0)
}

/// Runs something with the vector instructions of the processor at hand; the results are the same with and without.
#[inline(always)]
pub(crate) fn vectorized<R>(run: impl FnOnce() -> R) -> R {
    struct Run<F>(F);
    impl<R, F: FnOnce() -> R> pulp::NullaryFnOnce for Run<F> {
        type Output = R;
        #[expect(clippy::inline_always, reason = "measured: only inlined is it compiled for the vectors at hand")]
        #[inline(always)]
        fn call(self) -> R {
            (self.0)()
        }
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V4::try_new() {
        return simd.vectorize(Run(run));
    } else if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(Run(run));
    }
    run()
}

/// An array that is being taken.
struct Taking<'c, 'a> {
    counter: &'c mut Counter<'a>,
    logical: Logical,
    ratio: Ratio,
}

impl Visit for Taking<'_, '_> {
    fn whole<T: Whole>(&mut self, values: &[T]) {
        let Some(first) = values.first() else { return };
        let (least, greatest) = vectorized(|| {
            values.iter().fold((*first, *first), |(least, greatest), value| {
                (if *value < least { *value } else { least }, if *value > greatest { *value } else { greatest })
            })
        });
        let extreme = |value: T| Extreme::Whole { count: value.count(), logical: self.logical };
        self.counter.saw(extreme(least), extreme(greatest));
        let (axis, ratio) = (self.counter.line.axis, self.ratio);
        let count = |value: T| value.count().saturating_mul(ratio.by);
        let ends = [count(least), count(greatest)];
        self.counter.counts.is_lossy |= ends.contains(&i128::MIN) || ends.contains(&i128::MAX);
        match (&self.counter.line.cells, axis) {
            (Cells::Direct(direct), _) if ratio == Ratio::ONE => self.directly(values, *direct),
            (_, Axis::Binary(_)) => {
                let mut reals = std::mem::take(&mut self.counter.reals);
                reals.clear();
                let counts = |index: usize| values.get(index).map_or(0, |value| count(*value));
                let mut counts: Option<&dyn Fn(usize) -> i128> = Some(&counts);
                if ratio == Ratio::ONE {
                    vectorized(|| reals.extend(values.iter().map(|value| value.real())));
                } else if ratio.over == 1 {
                    reals.extend(values.iter().map(|value| count(*value) as f64));
                } else {
                    reals.extend(values.iter().map(|value| part(value.count(), ratio.over)));
                    self.counter.counts.rounded += values.len() as u64;
                    counts = None;
                }
                let are_exact = ends.iter().all(|end| end.abs() <= EXACT);
                self.counter.add_reals(&reals, None, counts.filter(|_| !are_exact));
                self.counter.reals = reals;
            }
            (_, Axis::Whole { .. }) => {
                let mut keys = Vec::with_capacity(values.len());
                if ratio.over > 1 {
                    self.counter.counts.rounded += values.len() as u64;
                    keys.extend(values.iter().map(|value| {
                        let (count, next) = (value.count(), -(-value.count()).div_euclid(ratio.over));
                        self.counter.add_between(part(count, ratio.over), next, count.rem_euclid(ratio.over) == 0)
                    }));
                } else {
                    keys.extend(values.iter().map(|value| axis.key_of_whole(count(*value))));
                    let (zero, counts) = (self.counter.line.zero(), &mut self.counter.counts);
                    if ends.iter().all(|end| axis.excess(*end) == 0) {
                        counts.exact.add_keys(&keys, self.counter.line.middle);
                    } else {
                        for count in values.iter().map(|value| count(*value)) {
                            counts.exact.add_whole(count, zero);
                            counts.excess = counts.excess.saturating_add(axis.excess(count));
                        }
                    }
                }
                keys.chunks(BLOCK).for_each(|keys| self.counter.add_keys(keys));
            }
        }
    }

    fn double(&mut self, values: &[f64]) {
        self.reals(values, 64);
    }

    fn single(&mut self, values: &[f32]) {
        let wide: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        self.reals(&wide, if matches!(self.logical, Logical::Float { bits: 16 }) { 16 } else { 32 });
    }
}

impl Taking<'_, '_> {
    fn reals(&mut self, values: &[f64], bits: u8) {
        let (nan, least, greatest) = vectorized(|| range(values));
        if nan < values.len() as u64 {
            self.counter.saw(Extreme::Real { value: least, bits }, Extreme::Real { value: greatest, bits });
        }
        match self.counter.line.axis {
            Axis::Binary(Unit::Decimal(scale)) => {
                let counts: Vec<f64> = values.iter().map(|value| decimal_of_real(*value, scale)).collect();
                self.counter.counts.rounded += values.len() as u64 - nan;
                self.counter.add_reals(&counts, None, None);
            }
            Axis::Binary(_) => self.counter.add_reals(values, Some((nan, least, greatest)), None),
            Axis::Whole { unit, .. } => {
                let numbers = values.iter().filter(|value| !value.is_nan());
                self.counter.counts.nan += nan;
                self.counter.counts.inf += values.iter().filter(|value| value.is_infinite()).count() as u64;
                if unit != Unit::One {
                    self.counter.counts.rounded += values.len() as u64 - nan;
                }
                let keys = numbers.map(|value| {
                    let count = value / unit.size();
                    #[expect(clippy::cast_possible_truncation, reason = "the cast keeps to the range")]
                    let next = count.ceil() as i128;
                    self.counter.add_between(count, next, (next as f64).total_cmp(&(count + 0.0)).is_eq())
                });
                let keys: Vec<u64> = keys.collect();
                keys.chunks(BLOCK).for_each(|keys| self.counter.add_keys(keys));
            }
        }
    }

    /// Counts whole counts by themselves.
    #[expect(clippy::cast_possible_truncation, reason = "compared with the length of a table")]
    fn directly<T: Whole>(&mut self, values: &[T], direct: Direct) {
        let counter = &mut *self.counter;
        counter.direct.resize(direct.len as usize, 0);
        counter.pending += values.len() as u64;
        for value in values {
            match counter.direct.get_mut(value.above(direct.least) as usize) {
                Some(count) => *count += 1,
                None => {
                    if counter.add_apart(counter.line.axis.key_of_whole(value.count())) {
                        counter.counts.exact.add_whole(value.count(), direct.least.into());
                    }
                }
            }
        }
        counter.relieve();
    }
}
