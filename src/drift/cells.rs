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

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::axis::{Axis, key_of_real, real_of_key};
use super::direct::Direct;

/// Buckets of the first level.
const BUCKETS: u64 = 1 << 12;
/// Cells that hold one part each of the baseline, about. Their table is what counting waits for, and half as many cost a fifth less.
const PARTS: usize = 1 << 12;
/// Leaves to a bucket, as a power of two.
const MOST_BITS: u32 = 14;
/// Shift of the keys beyond the baseline's range.
const OUTSIDE: u32 = 46;
/// Number of the first cell in the baseline's range; numbers are ordered as the cells are.
pub(super) const INSIDE: u32 = 1 << (64 - OUTSIDE);

/// How the line is cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Cells {
    /// By keys.
    Lattice(Lattice),
    /// Each whole count by itself, and the gaps between them.
    Direct(Direct),
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
        for (number, bits) in (0..).zip(&plan.bits) {
            // Counting on from the first would count beyond the last key.
            let bucket = plan.first + number;
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

    /// Adds to `near` the keys of a range that lie in leaves which hold any of some cells in it: those in the cells, and a few more.
    #[expect(clippy::inline_always, reason = "measured: only inlined is it compiled for the vectors at hand")]
    #[inline(always)]
    pub(crate) fn near(
        &self,
        keys: &[Vec<u64>],
        range: RangeInclusive<u64>,
        cells: impl Iterator<Item = u32>,
        near: &mut Vec<u64>,
    ) {
        let leaves = self.leaves();
        let mut is_wanted = vec![0_u8; self.position.len()];
        for cell in cells {
            let low = cell.checked_sub(INSIDE).and_then(|position| self.lows.get(position as usize));
            // Cells outside share one leaf.
            is_wanted[low.map_or(self.position.len() - 1, |low| leaves.find(*low))] = 1;
        }
        let (low, width) = (*range.start(), range.end() - range.start());
        let (mut in_range, mut found) = ([0; CHUNK], [0; CHUNK]);
        for keys in keys.iter().flat_map(|keys| keys.chunks(CHUNK)) {
            // Most keys lie outside the range, which is known at once; finding a leaf takes longer.
            let mut length = 0;
            for key in keys {
                in_range[length % CHUNK] = *key;
                length += usize::from(key.wrapping_sub(low) <= width);
            }
            let keys = &in_range[..length];
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
pub(super) fn outside(key: u64, is_above: bool, inside: u32) -> u32 {
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

/// Steps of the offset in a gap between two whole counts; what is left of a step is cut off.
pub(crate) const STEPS: f64 = (1_u64 << 52) as f64;

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
    pub(crate) fn is_gap(&self, cell: u32) -> bool {
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

    /// Returns how many whole counts lie before the one that is a cell.
    pub(crate) fn whole(cell: u32) -> u32 {
        cell.saturating_sub(INSIDE) / 2
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

    /// Returns the key at which a cell's sum begins.
    pub(crate) fn start(&self, cell: u32) -> u64 {
        self.low(cell) - u64::from(self.is_gap(cell))
    }

    /// Returns how far one step of a cell's sum is, as a count of the axis.
    pub(crate) fn step(&self, cell: u32, axis: Axis) -> f64 {
        if self.is_gap(cell) {
            return 1.0 / STEPS;
        }
        match axis {
            Axis::Whole { .. } => 1.0,
            Axis::Binary(_) => {
                let low = self.low(cell);
                let step = real_of_key(low.saturating_add(1)) - real_of_key(low);
                if step.is_finite() { step } else { 0.0 }
            }
        }
    }
}

#[cfg(test)]
mod tests;
