//! Counts the numbers of arrays into cells: the loop that everything waits for.

use std::cell::RefCell;

use arrow_array::Array;

use super::axis::{Axis, EXACT, Ratio, Unit, Zero, decimal_of_real, key_of_real, real_of_key};
use super::cells::{COUNT, Cells, Direct};
use super::counts::{Counts, Extreme, fold, merged};
use super::logical::Logical;
use super::native::{Visit, Whole, visit};
use super::squares::{BLOCK, Bins};
use serde::{Deserialize, Serialize};

/// Where the values of a column are placed: its axis, its cells, and the bins for its squares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// The axis.
    pub(crate) axis: Axis,
    /// The cells.
    pub(crate) cells: Cells,
    /// A key near the middle; see [`Zero`].
    pub(crate) middle: u64,
    /// How squares of distances from it are summed.
    pub(crate) bins: Bins,
}

impl Line {
    /// Returns what is subtracted from values before anything is rounded.
    pub(crate) fn zero(&self) -> Zero {
        self.axis.zero_at(self.middle)
    }
}

/// Up to so many values are sorted into cells; more are counted in a table of all cells.
const FEW: usize = 1 << 12;
/// Values beyond the baseline's range that are kept before they are folded.
const MANY: usize = 1 << 16;
/// Values after which a table is emptied: its counts have 32 bits.
const FULL: u64 = 1 << 31;

/// Lists of keys that a thread holds for the next ones.
const SPARES: usize = 8;

thread_local! {
    /// Memory of keys that are no longer needed: lists of megabytes come and go with each column of each row group.
    static SPARE: RefCell<Vec<Vec<u64>>> = const { RefCell::new(Vec::new()) };
}

/// Takes lists of keys back that are no longer needed.
pub(crate) fn give_back(keys: Vec<Vec<u64>>) {
    SPARE.with_borrow_mut(|spare| {
        spare.extend(keys);
        spare.truncate(SPARES);
    });
}

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
            self.kept = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
            self.kept.clear();
            self.kept.reserve_exact(usize::try_from(values).unwrap_or_default());
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
                self.add_apart(*key);
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

    /// Counts a value that is no whole count in the range of whole counts.
    fn add_apart(&mut self, key: u64) {
        let found = self.line.cells.find(key);
        if !self.line.cells.is_count(found.0) {
            self.counts.squares.add_one(real_of_key(key), self.line.bins);
        }
        self.outside.push(found);
        self.relieve();
    }

    /// Empties tables and lists that are full.
    fn relieve(&mut self) {
        if self.pending >= FULL {
            self.settle();
        } else if self.outside.len() >= MANY {
            fold(&mut self.counts.cells, &mut self.outside);
        }
    }

    /// Counts values on a binary axis; NaN may be among them. `whole` is their [`range`], if it is known.
    fn add_reals(&mut self, values: &[f64], whole: Option<(u64, f64, f64)>) {
        let mut keys = std::mem::take(&mut self.keys);
        let mut numbers = Vec::new();
        let whole = whole.filter(|_| values.len() <= BLOCK);
        for block in values.chunks(BLOCK) {
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
            let bins = self.line.bins;
            let farthest = (least - bins.center).abs().max((greatest - bins.center).abs());
            keys.clear();
            if let Cells::Lattice(_) = self.line.cells {
                self.counts.squares.add(block, farthest, bins);
                vectorized(|| keys.extend(block.iter().map(|value| key_of_real(*value))));
            } else {
                keys.extend(block.iter().map(|value| key_of_real(*value)));
            }
            self.add_keys(&keys);
        }
        self.keys = keys;
    }

    /// Counts values on a whole axis.
    fn add_wholes(&mut self, keys: &[u64]) {
        let (axis, zero, bins) = (self.line.axis, self.line.zero(), self.line.bins);
        let mut reals = std::mem::take(&mut self.reals);
        for block in keys.chunks(BLOCK) {
            reals.clear();
            reals.extend(block.iter().map(|key| axis.count_of_key(*key, zero)));
            let (_, least, greatest) = range(&reals);
            self.counts.squares.add(&reals, (least - bins.center).abs().max((greatest - bins.center).abs()), bins);
            self.add_keys(block);
        }
        self.reals = reals;
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
        match (&self.counter.line.cells, axis) {
            (Cells::Direct(direct), _) if ratio == Ratio::ONE => self.directly(values, *direct),
            (_, Axis::Binary(_)) => {
                let mut reals = std::mem::take(&mut self.counter.reals);
                reals.clear();
                if ratio == Ratio::ONE {
                    vectorized(|| reals.extend(values.iter().map(|value| value.real())));
                } else if ratio.over == 1 {
                    reals.extend(values.iter().map(|value| value.count().saturating_mul(ratio.by) as f64));
                } else {
                    reals.extend(values.iter().map(|value| part(value.count(), ratio.over)));
                }
                self.counter.add_reals(&reals, None);
                self.counter.reals = reals;
            }
            (_, Axis::Whole { .. }) => {
                let keys = values.iter().map(|value| {
                    let count = value.count().saturating_mul(ratio.by);
                    axis.key_of_whole(if ratio.over == 1 { count } else { -(-count).div_euclid(ratio.over) })
                });
                let keys: Vec<u64> = keys.collect();
                self.counter.add_wholes(&keys);
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
                self.counter.add_reals(&counts, None);
            }
            Axis::Binary(_) => self.counter.add_reals(values, Some((nan, least, greatest))),
            axis @ Axis::Whole { unit, .. } => {
                let numbers = values.iter().filter(|value| !value.is_nan());
                self.counter.counts.nan += nan;
                self.counter.counts.inf += values.iter().filter(|value| value.is_infinite()).count() as u64;
                #[expect(clippy::cast_possible_truncation, reason = "the cast keeps to the range")]
                let keys: Vec<u64> = numbers.map(|value| axis.key_of_whole((value / unit.size()).ceil() as i128)).collect();
                self.counter.add_wholes(&keys);
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
                None => counter.add_apart(counter.line.axis.key_of_whole(value.count())),
            }
        }
        counter.relieve();
    }
}

/// Returns a count over a whole number, never rounded up or down to a whole number that it is not.
pub(crate) fn part(count: i128, over: i128) -> f64 {
    let (whole, rest) = (count.div_euclid(over), count.rem_euclid(over));
    if rest == 0 || whole.abs() > EXACT {
        return whole as f64;
    }
    let whole = whole as f64;
    (whole + rest as f64 / over as f64).clamp(whole.next_up(), (whole + 1.0).next_down())
}
