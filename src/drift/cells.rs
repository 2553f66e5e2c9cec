//! Cells: the line cut into thousands of pieces, dense where the baseline is dense, so that a value's piece is found without a
//! search.
//!
//! The line of keys is cut into at most 4096 equal buckets, each bucket into a power of two of equal leaves, more where more of the
//! baseline lies. Finding the leaf of a key takes one look-up. A leaf never crosses a power of two of a binary axis, so that inside
//! one the value is linear in the key: summing keys as whole numbers sums the values exactly. A few leaves are cut further, at
//! given keys: at the edges of the PSI's bins, around values that many rows share, and where a leaf holds too much of the baseline.
//! Whole numbers of a small range need none of this: each is a cell.
//!
//! Values beyond the baseline's range have cells too, 64 to a binade.

use serde::{Deserialize, Serialize};

use super::axis::{Axis, EXACT, Zero, key_of_real, real_of_key};

/// Buckets of the first level.
const BUCKETS: u64 = 1 << 12;
/// Cells that hold one part each of the baseline, about. Their table is what counting waits for, and half as many cost a fifth less.
const PARTS: usize = 1 << 12;
/// Leaves to a bucket, as a power of two.
const MOST_BITS: u32 = 14;
/// Shift of the keys beyond the baseline's range.
const OUTSIDE: u32 = 46;
/// Number of the first cell in the baseline's range; numbers are ordered as the cells are.
const INSIDE: u32 = 1 << (64 - OUTSIDE);
/// Whole numbers of at most so many different values are counted each by itself.
pub(crate) const MOST_DIRECT: u64 = 1 << 16;

/// How the line is cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Cells {
    /// By keys.
    Lattice(Lattice),
    /// Each whole count by itself, and the gaps between them.
    Direct(Direct),
}

/// Whole counts from `least` on, `len` of them. Cell 2i is the i-th count, cell 2i + 1 what lies between it and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(i64, u32)", into = "(i64, u32)")]
pub(crate) struct Direct {
    /// The first count, at most 2^53 away from 0, as is the last.
    pub(crate) least: i64,
    /// Number of counts, at least 1.
    pub(crate) len: u32,
}

/// Buckets, leaves, and the few leaves that are cut further.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Plan", into = "Plan")]
pub(crate) struct Lattice {
    plan: Plan,
    /// One for each bucket, and a last one for keys outside.
    nodes: Vec<Node>,
    /// 1 for leaves that are cut, and for that of keys outside.
    is_cut: Vec<u8>,
    /// Position of each leaf's first cell.
    position: Vec<u32>,
    /// Lowest key of each cell, by position.
    lows: Vec<u64>,
}

/// What a lattice is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Plan {
    /// Keys to a bucket, as a power of two.
    shift: u8,
    /// Number of the first bucket.
    first: u64,
    /// Leaves of each bucket, as powers of two.
    bits: Vec<u8>,
    /// Leaves that are cut, in order, and the highest key of each piece but the last.
    cuts: Vec<(u32, Vec<u64>)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Node {
    /// The bucket's first leaf.
    leaf: u32,
    /// Keys to a leaf, as a power of two.
    shift: u32,
}

/// Keys that are looked at together.
const CHUNK: usize = 256;

/// Finds leaves: what is needed for that, at hand.
#[derive(Clone, Copy)]
struct Leaves<'a> {
    nodes: &'a [Node],
    /// Position of the node for keys outside.
    last: usize,
    first: u64,
    shift: u8,
    /// The bits of a key that tell where in its bucket it lies.
    within: u64,
}

impl Leaves<'_> {
    /// Returns the leaf of a key.
    #[expect(clippy::inline_always, reason = "measured: only inlined is it compiled for the vectors at hand")]
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "leaves are few, and what is too great is outside, before and after")]
    fn find(self, key: u64) -> usize {
        let bucket = (key >> self.shift).wrapping_sub(self.first) as usize;
        let node = self.nodes[bucket.min(self.last)];
        node.leaf as usize + ((key & self.within) >> node.shift) as usize
    }
}

/// What a dense count of a lattice adds for each value: the count above, the sum of keys below. A count must stay below 2^32, and so
/// the sum of so many keys of 64 bits stays below 2^96.
pub(crate) const COUNT: u32 = 96;

impl Lattice {
    /// Returns a lattice for a baseline: a sorted sample of its keys, its range, and keys at which a cell must end.
    pub(crate) fn build(sample: &[u64], least: u64, greatest: u64, ends: &[u64]) -> Self {
        let width = greatest - least;
        let mut shift = (64 - width.leading_zeros()).saturating_sub(BUCKETS.trailing_zeros());
        if (greatest >> shift) - (least >> shift) >= BUCKETS {
            shift += 1;
        }
        let first = least >> shift;
        let buckets = (greatest >> shift) - first + 1;
        let part = sample.len().div_ceil(PARTS).max(1);
        let mut plan = Plan { shift: shift.to_le_bytes()[0], first, bits: Vec::new(), cuts: Vec::new() };
        let (mut rest, mut leaf) = (sample, 0);
        for bucket in 0..buckets {
            let last = high_of(first + bucket, shift);
            let within = split_at(&mut rest, last);
            let bits = within.len().div_ceil(part).next_power_of_two().trailing_zeros().min(shift).min(MOST_BITS);
            plan.bits.push(bits.to_le_bytes()[0]);
            let leaf_shift = shift - bits;
            let mut within = within;
            for number in 0..1_u64 << bits {
                let low = ((first + bucket) << shift) + (number << leaf_shift);
                let high = low + ((1 << leaf_shift) - 1);
                let inside = split_at(&mut within, high);
                let from = ends.partition_point(|end| *end < low);
                let to = ends.partition_point(|end| *end < high);
                let mut cuts = ends[from..to].to_vec();
                let is_heavy = inside.len() > 4 * part && inside.last().is_some_and(|last| *last != low);
                if is_heavy {
                    cuts.extend(cut(inside, part, low, high));
                }
                if !cuts.is_empty() {
                    cuts.sort_unstable();
                    cuts.dedup();
                    plan.cuts.push((leaf, cuts));
                }
                leaf += 1;
            }
        }
        Self::of(plan)
    }

    fn of(plan: Plan) -> Self {
        let shift = u32::from(plan.shift);
        let (mut nodes, mut is_cut, mut position, mut lows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut cuts = plan.cuts.iter().peekable();
        for (bucket, bits) in (plan.first..).zip(&plan.bits) {
            let leaf_shift = shift - u32::from(*bits);
            let leaf = length(&position);
            nodes.push(Node { leaf, shift: leaf_shift });
            for number in 0..1_u64 << bits {
                position.push(length(&lows));
                lows.push((bucket << shift) + (number << leaf_shift));
                let cut = cuts.next_if(|(at, _)| *at + 1 == length(&position));
                is_cut.push(u8::from(cut.is_some()));
                lows.extend(cut.iter().flat_map(|(_, ends)| ends).map(|end| end + 1));
            }
        }
        nodes.push(Node { leaf: length(&position), shift: 63 });
        position.push(length(&lows));
        is_cut.push(1);
        Self { plan, nodes, is_cut, position, lows }
    }

    fn shift(&self) -> u32 {
        u32::from(self.plan.shift)
    }

    /// Highest key of the last bucket.
    fn last(&self) -> u64 {
        high_of(self.plan.first + (self.plan.bits.len() as u64 - 1), self.shift())
    }

    /// Returns what finds leaves.
    fn leaves(&self) -> Leaves<'_> {
        let shift = self.plan.shift;
        Leaves { nodes: &self.nodes, last: self.nodes.len() - 1, first: self.plan.first, shift, within: !(u64::MAX << shift) }
    }

    /// Returns the zeros of a dense count by leaf, and by position.
    pub(crate) fn dense(&self) -> (Vec<u128>, Vec<u128>) {
        (vec![0; self.position.len()], vec![0; self.lows.len()])
    }

    /// Adds keys to a dense count, but for those in leaves that are cut and outside: it adds them to `apart`.
    #[expect(clippy::inline_always, reason = "measured: only inlined is it compiled for the vectors at hand")]
    #[inline(always)]
    pub(crate) fn count(&self, keys: &[u64], dense: &mut [u128], apart: &mut Vec<u64>) {
        let (leaves, is_cut) = (self.leaves(), &self.is_cut[..]);
        let dense = &mut dense[..is_cut.len()];
        let mut found = [0; CHUNK];
        for keys in keys.chunks(CHUNK) {
            let mut length = 0;
            for key in keys {
                let leaf = leaves.find(*key);
                dense[leaf] += (1 << COUNT) + u128::from(*key);
                found[length % CHUNK] = *key;
                length += usize::from(is_cut[leaf]);
            }
            apart.extend_from_slice(&found[..length]);
        }
    }

    /// Adds to `near` the keys that lie in leaves which hold any of some cells: those in the cells, and a few more.
    #[expect(clippy::inline_always, reason = "measured: only inlined is it compiled for the vectors at hand")]
    #[inline(always)]
    pub(crate) fn near(&self, keys: &[Vec<u64>], cells: impl Iterator<Item = u32>, near: &mut Vec<u64>) {
        let leaves = self.leaves();
        let mut is_wanted = vec![0_u8; self.position.len()];
        for cell in cells {
            let low = cell.checked_sub(INSIDE).and_then(|position| self.lows.get(position as usize));
            // Cells outside share one leaf.
            is_wanted[low.map_or(self.position.len() - 1, |low| leaves.find(*low))] = 1;
        }
        let mut found = [0; CHUNK];
        for keys in keys.iter().flat_map(|keys| keys.chunks(CHUNK)) {
            let mut length = 0;
            for key in keys {
                found[length % CHUNK] = *key;
                length += usize::from(is_wanted[leaves.find(*key)]);
            }
            near.extend_from_slice(&found[..length]);
        }
    }

    /// Empties a dense count into counts of cells, in order.
    pub(crate) fn drain(&self, dense: &mut [u128], cells: &mut Vec<(u32, u64, u128)>) {
        for ((sum, is_cut), position) in dense.iter_mut().zip(&self.is_cut).zip(&self.position) {
            if *sum != 0 && *is_cut == 0 {
                let count = *sum >> COUNT;
                let keys = *sum & !(u128::MAX << COUNT);
                cells.push((INSIDE + position, count as u64, keys - count * u128::from(self.lows[*position as usize])));
            }
            *sum = 0;
        }
    }

    /// Empties a dense count by position likewise.
    pub(crate) fn drain_cut(&self, cut: &mut [u128], cells: &mut Vec<(u32, u64, u128)>) {
        let leaves = self.plan.cuts.iter().filter_map(|(leaf, _)| self.position.get(*leaf as usize..)?.first_chunk::<2>());
        for [from, to] in leaves {
            for position in *from..*to {
                let sum = std::mem::take(&mut cut[position as usize]);
                if sum != 0 {
                    cells.push((INSIDE + position, (sum >> COUNT) as u64, sum & !(u128::MAX << COUNT)));
                }
            }
        }
    }

    fn cell(&self, key: u64) -> u32 {
        let leaf = self.leaves().find(key);
        if self.is_cut[leaf] == 0 {
            return INSIDE + self.position[leaf];
        }
        if leaf + 1 == self.is_cut.len() {
            return outside(key, key > self.last(), length(&self.lows));
        }
        let (from, to) = (self.position[leaf] as usize, self.position[leaf + 1] as usize);
        let within = self.lows[from..to].partition_point(|low| *low <= key);
        INSIDE + self.position[leaf] + u32::try_from(within).unwrap_or(1) - 1
    }
}

impl TryFrom<Plan> for Lattice {
    type Error = String;

    fn try_from(plan: Plan) -> Result<Self, String> {
        let shift = u32::from(plan.shift);
        let buckets = plan.bits.len() as u64;
        let fits = |last: u64| shift <= 52 && last <= u64::MAX >> shift;
        let is_sound = (1..=BUCKETS).contains(&buckets)
            && plan.first.checked_add(buckets - 1).is_some_and(fits)
            && plan.bits.iter().all(|bits| u32::from(*bits) <= shift.min(MOST_BITS));
        if !is_sound {
            return Err("the cells of a column are impossible".to_owned());
        }
        let bare = Self::of(Plan { cuts: Vec::new(), ..plan.clone() });
        let ordered = plan.cuts.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let within = plan.cuts.iter().all(|(leaf, ends)| {
            let low = bare.lows.get(*leaf as usize);
            let high = bare.lows.get(*leaf as usize + 1).map_or(bare.last(), |next| next - 1);
            let ends_are_inside =
                low.is_some_and(|low| ends.first().is_some_and(|end| end >= low)) && ends.last().is_some_and(|end| *end < high);
            ends_are_inside && ends.windows(2).all(|pair| pair[0] < pair[1])
        });
        if ordered && within { Ok(Self::of(plan)) } else { Err("the cuts of a column's cells are impossible".to_owned()) }
    }
}

impl From<Lattice> for Plan {
    fn from(lattice: Lattice) -> Self {
        lattice.plan
    }
}

/// Returns the highest key of a bucket.
fn high_of(bucket: u64, shift: u32) -> u64 {
    (bucket << shift) + ((1 << shift) - 1)
}

/// Returns the number of a cell outside: above or below the baseline's range.
fn outside(key: u64, is_above: bool, inside: u32) -> u32 {
    let block = (key >> OUTSIDE) as u32;
    if is_above { INSIDE + inside + block } else { block }
}

fn length<T>(of: &[T]) -> u32 {
    u32::try_from(of.len()).unwrap_or(u32::MAX)
}

/// Cuts the values up to `last` off the front.
fn split_at<'a>(rest: &mut &'a [u64], last: u64) -> &'a [u64] {
    let (within, behind) = rest.split_at(rest.partition_point(|key| *key <= last));
    *rest = behind;
    within
}

/// Returns where to cut a leaf that holds too much: after each part of the sample, and around values that fill a part.
fn cut(sample: &[u64], part: usize, low: u64, high: u64) -> Vec<u64> {
    let mut ends = Vec::new();
    let mut since = 0;
    for run in sample.chunk_by(|a, b| a == b) {
        let key = run[0];
        since += run.len();
        if run.len() >= part && key > low {
            ends.push(key - 1);
        }
        if since >= part {
            ends.push(key);
            since = 0;
        }
    }
    ends.retain(|end| *end < high);
    ends
}

impl TryFrom<(i64, u32)> for Direct {
    type Error = String;

    fn try_from((least, len): (i64, u32)) -> Result<Self, String> {
        let is_sound = i128::from(least).abs() <= EXACT && (1..=MOST_DIRECT).contains(&u64::from(len));
        if is_sound { Ok(Self { least, len }) } else { Err("the whole numbers of a column are impossible".to_owned()) }
    }
}

impl From<Direct> for (i64, u32) {
    fn from(direct: Direct) -> Self {
        (direct.least, direct.len)
    }
}

impl Direct {
    fn count_of(self, index: u32) -> f64 {
        (self.least + i64::from(index)) as f64
    }

    fn last(self) -> f64 {
        self.count_of(self.len - 1)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between the first and the last count")]
    fn cell(self, key: u64) -> u32 {
        let count = real_of_key(key);
        if count < self.least as f64 || count > self.last() {
            return outside(key, count > self.last(), 2 * self.len - 1);
        }
        let index = (count.floor() - self.least as f64) as u32;
        INSIDE + 2 * index + u32::from(count > count.floor())
    }

    /// Empties counts of whole numbers into counts of cells, in order.
    pub(crate) fn drain(counts: &mut [u32], cells: &mut Vec<(u32, u64, u128)>) {
        for (index, count) in (0_u32..).zip(counts) {
            if *count > 0 {
                cells.push((INSIDE + 2 * index, u64::from(*count), 0));
                *count = 0;
            }
        }
    }
}

/// Steps of the offset in a gap between two whole counts.
const STEPS: f64 = (1_u64 << 52) as f64;

impl Cells {
    /// Returns the number of the cell of a key, and what the key adds to the cell's sum.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of 2^52")]
    pub(crate) fn find(&self, key: u64) -> (u32, u64) {
        match self {
            Self::Lattice(lattice) => {
                let cell = lattice.cell(key);
                (cell, key - self.low(cell))
            }
            Self::Direct(direct) => {
                let cell = direct.cell(key);
                if self.is_gap(cell) {
                    let count = real_of_key(key);
                    return (cell, ((count - count.floor()) * STEPS) as u64);
                }
                (cell, key - self.low(cell))
            }
        }
    }

    /// Returns the number of cells in the baseline's range.
    fn inside(&self) -> u32 {
        match self {
            Self::Lattice(lattice) => length(&lattice.lows),
            Self::Direct(direct) => 2 * direct.len - 1,
        }
    }

    /// Returns whether a cell lies between two whole counts.
    fn is_gap(&self, cell: u32) -> bool {
        matches!(self, Self::Direct(_)) && (INSIDE..INSIDE + self.inside()).contains(&cell) && (cell - INSIDE) % 2 == 1
    }

    /// Returns whether there is a cell of a number.
    pub(crate) fn has(&self, cell: u32) -> bool {
        u64::from(cell) < u64::from(INSIDE) * 2 + u64::from(self.inside())
    }

    /// Returns the position of a cell in the baseline's range; too great for one outside.
    pub(crate) fn position(cell: u32) -> usize {
        cell.checked_sub(INSIDE).map_or(usize::MAX, |position| position as usize)
    }

    /// Returns whether a cell is one whole count.
    pub(crate) fn is_count(&self, cell: u32) -> bool {
        matches!(self, Self::Direct(_)) && Self::position(cell) < self.inside() as usize && !self.is_gap(cell)
    }

    /// Returns the lowest key of a cell.
    pub(crate) fn low(&self, cell: u32) -> u64 {
        let inside = self.inside();
        if cell < INSIDE {
            return u64::from(cell) << OUTSIDE;
        }
        if cell - INSIDE >= inside {
            let block = u64::from(cell - INSIDE - inside) << OUTSIDE;
            let behind = match self {
                Self::Lattice(lattice) => lattice.last().saturating_add(1),
                Self::Direct(direct) => key_of_real(direct.last()) + 1,
            };
            return block.max(behind);
        }
        match self {
            Self::Lattice(lattice) => lattice.lows[(cell - INSIDE) as usize],
            Self::Direct(direct) => key_of_real(direct.count_of((cell - INSIDE) / 2)) + u64::from(self.is_gap(cell)),
        }
    }

    /// Returns the highest key of a cell.
    pub(crate) fn high(&self, cell: u32) -> u64 {
        let inside = self.inside();
        let block = |number: u32| (u64::from(number) << OUTSIDE) | ((1 << OUTSIDE) - 1);
        if cell < INSIDE {
            return block(cell).min(self.low(INSIDE).wrapping_sub(1));
        }
        if cell - INSIDE >= inside {
            return block(cell - INSIDE - inside);
        }
        match self {
            Self::Lattice(lattice) => lattice.lows.get((cell - INSIDE) as usize + 1).map_or(lattice.last(), |next| next - 1),
            Self::Direct(_) if self.is_gap(cell) => self.low(cell + 1) - 1,
            Self::Direct(_) => self.low(cell),
        }
    }

    /// Returns where a cell begins, less a zero, and how far one step of its sum is; both as counts of the axis.
    pub(crate) fn place(&self, cell: u32, axis: Axis, zero: Zero) -> (f64, f64) {
        let low = self.low(cell);
        if self.is_gap(cell) {
            return (axis.count_of_key(low - 1, zero), 1.0 / STEPS);
        }
        let step = match axis {
            Axis::Whole { .. } => 1.0,
            Axis::Binary(_) => {
                let step = real_of_key(low.saturating_add(1)) - real_of_key(low);
                if step.is_finite() { step } else { 0.0 }
            }
        };
        (axis.count_of_key(low, zero), step)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lattice(values: &[f64], ends: &[f64]) -> Cells {
        let mut keys: Vec<u64> = values.iter().map(|value| key_of_real(*value)).collect();
        keys.sort_unstable();
        let ends: Vec<u64> = ends.iter().map(|end| key_of_real(*end)).collect();
        Cells::Lattice(Lattice::build(&keys, keys[0], keys[keys.len() - 1], &ends))
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            -10.0..10.0,
            -1e9..1e9,
            Just(0.0),
            Just(f64::INFINITY),
            proptest::num::f64::NORMAL,
            (0_u8..5).prop_map(f64::from)
        ]
    }

    proptest! {
        #[test]
        fn each_value_lies_in_its_cell(values in proptest::collection::vec(value(), 1..300), others in proptest::collection::vec(value(), 1..50)) {
            let cells = lattice(&values, &values[..1]);
            for other in values.iter().chain(&others) {
                let key = key_of_real(*other);
                let (cell, offset) = cells.find(key);
                prop_assert!(cells.low(cell) <= key && key <= cells.high(cell));
                prop_assert_eq!(cells.low(cell) + offset, key);
                // Sums of offsets are sums of values.
                let zero = Zero::Real(0.0);
                let (low, step) = cells.place(cell, Axis::Binary(super::super::axis::Unit::One), zero);
                if other.is_finite() {
                    prop_assert_eq!((low + step * offset as f64).to_bits(), (other + 0.0).to_bits());
                }
            }
            let edge = key_of_real(values[0]);
            prop_assert_eq!(cells.high(cells.find(edge).0), edge);
        }

        #[test]
        fn dense_counts_are_the_same(values in proptest::collection::vec(value(), 1..300), others in proptest::collection::vec(value(), 1..300)) {
            let cells = lattice(&values, &values[..1]);
            let Cells::Lattice(lattice) = &cells else { unreachable!() };
            let keys: Vec<u64> = others.iter().map(|value| key_of_real(*value)).collect();
            let (mut dense, mut rest, mut found) = (lattice.dense().0, Vec::new(), Vec::new());
            lattice.count(&keys, &mut dense, &mut rest);
            lattice.drain(&mut dense, &mut found);
            let mut expected = std::collections::BTreeMap::<u32, (u64, u128)>::new();
            for key in &keys {
                let (cell, offset) = cells.find(*key);
                let entry = expected.entry(cell).or_default();
                *entry = (entry.0 + 1, entry.1 + u128::from(offset));
            }
            for key in rest {
                let (cell, offset) = cells.find(key);
                found.push((cell, 1, u128::from(offset)));
            }
            let mut together = std::collections::BTreeMap::<u32, (u64, u128)>::new();
            for (cell, count, sum) in found {
                let entry = together.entry(cell).or_default();
                *entry = (entry.0 + count, entry.1 + sum);
            }
            prop_assert_eq!(together, expected);
        }

        #[test]
        fn whole_numbers_are_cells(least in -1000_i64..1000, len in 1_u32..500, value in -2000.0..2000.0_f64) {
            let cells = Cells::Direct(Direct { least, len });
            for value in [value, value.floor()] {
                let key = key_of_real(value);
                let (cell, _) = cells.find(key);
                prop_assert!(cells.low(cell) <= key && key <= cells.high(cell), "{value} is not in {cell}");
            }
        }
    }

    #[test]
    fn a_lattice_survives_storage_and_a_broken_one_does_not() {
        let Cells::Lattice(lattice) = lattice(&[1.0, 2.0, 3.0, 1e9], &[2.0]) else { unreachable!() };
        let bytes = postcard::to_allocvec(&lattice).unwrap();
        assert_eq!(postcard::from_bytes::<Lattice>(&bytes).unwrap(), lattice);
        for broken in [
            Plan { shift: 60, ..lattice.plan.clone() },
            Plan { bits: Vec::new(), ..lattice.plan.clone() },
            Plan { bits: vec![40], ..lattice.plan.clone() },
            Plan { first: u64::MAX, ..lattice.plan.clone() },
            Plan { cuts: vec![(0, vec![])], ..lattice.plan.clone() },
            Plan { cuts: vec![(u32::MAX, vec![1])], ..lattice.plan.clone() },
        ] {
            assert!(Lattice::try_from(broken).is_err());
        }
    }
}
