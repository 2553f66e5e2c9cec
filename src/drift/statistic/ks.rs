//! The two-sample Kolmogorov-Smirnov distance: an interval that certainly holds it, or the distance itself.
//!
//! At the ends of cells both distributions are known exactly, and the greatest difference there is a lower bound. Inside a cell
//! both rise: their difference is at most that of one side's end and the other's beginning. Only cells where that exceeds the lower
//! bound can hold the distance, and only their values are looked at when it is asked for.

use super::super::cells::Cells;
use super::super::counter::vectorized;
use super::super::counts::Counts;
use super::super::spare;
use super::both;

/// Values that are looked at, mostly.
const NEAR: usize = 1 << 17;

/// The distance between two samples of n and m values, times n m.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    n: u64,
    m: u64,
    low: i128,
    high: i128,
    /// Cells that may hold a greater distance than `low`, with the values before them: (cell, baseline, current, bound).
    candidates: Vec<(u32, u64, u64, i128)>,
}

/// Returns the difference of two distributions that have counted `b` of `n` and `c` of `m`, times n m.
fn difference((b, n): (u64, u64), (c, m): (u64, u64)) -> i128 {
    if (n | m) >> 31 == 0 {
        // Products of shares of so few values fit 62 bits.
        return i128::from((b * m).cast_signed() - (c * n).cast_signed()).abs();
    }
    (i128::from(b) * i128::from(m) - i128::from(c) * i128::from(n)).abs()
}

impl Bounds {
    /// Returns bounds of the distance; nothing without values on either side.
    pub(crate) fn of(baseline: &Counts, current: &Counts, cells: &Cells) -> Option<Self> {
        let (n, m) = (baseline.values(), current.values());
        if n == 0 || m == 0 {
            return None;
        }
        let mut bounds = Self { n, m, low: 0, high: 0, candidates: Vec::new() };
        let (mut before, mut current_before) = (0, 0);
        for here in both(baseline, current) {
            let (after, current_after) = (before + here.baseline.0, current_before + here.current.0);
            bounds.low = bounds.low.max(difference((after, n), (current_after, m)));
            let is_decided = here.baseline.0 == 0
                || here.current.0 == 0
                // All values of both sides are the lowest of the cell.
                || here.baseline.1 == 0 && here.current.1 == 0
                || cells.low(here.cell) == cells.high(here.cell);
            if !is_decided {
                let inside = difference((after, n), (current_before, m)).max(difference((before, n), (current_after, m)));
                if inside > bounds.low {
                    bounds.candidates.push((here.cell, before, current_before, inside));
                }
            }
            (before, current_before) = (after, current_after);
        }
        bounds.candidates.retain(|(.., inside)| *inside > bounds.low);
        bounds.high = bounds.candidates.iter().map(|(.., inside)| *inside).fold(bounds.low, i128::max);
        Some(bounds)
    }

    /// Returns whether both bounds are the distance.
    pub(crate) fn is_exact(&self) -> bool {
        self.candidates.is_empty()
    }

    /// Makes the bounds exact by the keys of all values of the baseline, in order, and of the current rows, in pieces of any order.
    pub(crate) fn refine(&mut self, baseline: &[u64], current: &[Vec<u64>], cells: &Cells) {
        let mut within = spare::take(NEAR);
        let ends = self.candidates.first().zip(self.candidates.last());
        if let (Cells::Lattice(lattice), Some(((first, ..), (last, ..)))) = (cells, ends) {
            let range = cells.low(*first)..=cells.high(*last);
            vectorized(|| lattice.near(current, range, self.candidates.iter().map(|(cell, ..)| *cell), &mut within));
        }
        within.sort_unstable();
        for (cell, before, current_before, _) in std::mem::take(&mut self.candidates) {
            let (low, high) = (cells.low(cell), cells.high(cell));
            let part = |keys: &[u64]| keys.partition_point(|key| *key < low)..keys.partition_point(|key| *key <= high);
            let (mut one, mut other) = (&baseline[part(baseline)], &within[part(&within)]);
            let (mut b, mut c) = (before, current_before);
            while let Some(key) = one.first().into_iter().chain(other.first()).min().copied() {
                let ties = |keys: &[u64]| keys.iter().take_while(|other| **other == key).count();
                let both = (ties(one), ties(other));
                (one, other) = (&one[both.0..], &other[both.1..]);
                (b, c) = (b + both.0 as u64, c + both.1 as u64);
                self.low = self.low.max(difference((b, self.n), (c, self.m)));
            }
        }
        self.high = self.low;
        spare::give_back([within]);
    }

    /// Returns the bounds of the distance.
    pub(crate) fn interval(&self) -> (f64, f64) {
        // Both are exact up to 2^53, and one division rounds.
        let whole = i128::from(self.n) * i128::from(self.m);
        (self.low as f64 / whole as f64, self.high as f64 / whole as f64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::axis::{Axis, Unit, key_of_real};
    use super::super::super::cells::Lattice;
    use super::super::super::counter::{Counter, Line};
    use super::super::super::squares::Bins;
    use super::*;

    /// Returns the distance, times n m, by looking at every value.
    fn distance(baseline: &[u64], current: &[u64]) -> i128 {
        let counted = |keys: &[u64], to: u64| keys.iter().filter(|key| **key <= to).count() as u64;
        let (n, m) = (baseline.len() as u64, current.len() as u64);
        let at = |key: &u64| difference((counted(baseline, *key), n), (counted(current, *key), m));
        baseline.iter().chain(current).map(at).max().unwrap_or_default()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Few cells of many values each: nearly all of them may hold the distance.
        #[test]
        fn coarse_cells_are_refined_to_the_distance(
            baseline in proptest::collection::vec(0.0..1.0_f64, 1..400),
            current in proptest::collection::vec(-0.1..1.1_f64, 1..400),
            every in 1_usize..40,
            at: prop::sample::Index,
        ) {
            let mut baseline: Vec<u64> = baseline.into_iter().map(key_of_real).collect();
            baseline.sort_unstable();
            let current: Vec<u64> = current.into_iter().map(key_of_real).collect();
            let sample: Vec<u64> = baseline.iter().copied().step_by(every).collect();
            let cells = Cells::Lattice(Lattice::build(&sample, baseline[0], baseline[baseline.len() - 1], &[]));
            let line = Line { axis: Axis::Binary(Unit::One), cells, middle: baseline[0], bins: Bins::new(0.5, 0.0, 1.0) };
            let counted = |keys: &[u64]| {
                let mut counter = Counter::new(&line, false);
                counter.take_keys(keys);
                counter.finish()
            };
            let expected = distance(&baseline, &current);
            let mut bounds = Bounds::of(&counted(&baseline), &counted(&current), &line.cells).unwrap();
            prop_assert!(bounds.low <= expected && expected <= bounds.high);
            let (one, other) = current.split_at(at.index(current.len() + 1));
            bounds.refine(&baseline, &[one.to_vec(), other.to_vec()], &line.cells);
            prop_assert_eq!((bounds.low, bounds.high), (expected, expected));
        }
    }
}
