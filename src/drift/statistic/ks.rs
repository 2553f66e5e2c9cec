//! The two-sample Kolmogorov-Smirnov distance: an interval that certainly holds it, or the distance itself.
//!
//! At the ends of cells both distributions are known exactly, and the greatest difference there is a lower bound. Inside a cell
//! both rise: their difference is at most that of one side's end and the other's beginning. Only cells where that exceeds the lower
//! bound can hold the distance, and only their values are looked at when it is asked for.

use super::super::cells::Cells;
use super::super::counts::Counts;
use super::both;

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

    /// Makes the bounds exact by the keys of all values of the baseline, in order, and of the current rows, in any order.
    pub(crate) fn refine(&mut self, baseline: &[u64], current: &[u64], cells: &Cells) {
        let mut within: Vec<(u32, u64)> = Vec::new();
        if let Cells::Lattice(lattice) = cells {
            for key in lattice.near(current, self.candidates.iter().map(|(cell, ..)| *cell)) {
                let (cell, _) = cells.find(key);
                if self.candidates.binary_search_by_key(&cell, |(cell, ..)| *cell).is_ok() {
                    within.push((cell, key));
                }
            }
        }
        within.sort_unstable();
        for (cell, before, current_before, _) in std::mem::take(&mut self.candidates) {
            let (low, high) = (cells.low(cell), cells.high(cell));
            let from = baseline.partition_point(|key| *key < low);
            let to = baseline.partition_point(|key| *key <= high);
            let from_current = within.partition_point(|(other, _)| *other < cell);
            let to_current = within.partition_point(|(other, _)| *other <= cell);
            let (mut one, mut other) = (&baseline[from..to], &within[from_current..to_current]);
            let (mut b, mut c) = (before, current_before);
            while let Some(key) = one.first().into_iter().chain(other.first().map(|(_, key)| key)).min().copied() {
                let ties = one.iter().take_while(|other| **other == key).count();
                let current_ties = other.iter().take_while(|(_, other)| *other == key).count();
                (one, other) = (&one[ties..], &other[current_ties..]);
                (b, c) = (b + ties as u64, c + current_ties as u64);
                self.low = self.low.max(difference((b, self.n), (c, self.m)));
            }
        }
        self.high = self.low;
    }

    /// Returns the bounds of the distance.
    pub(crate) fn interval(&self) -> (f64, f64) {
        // Both are exact up to 2^53, and one division rounds.
        let whole = i128::from(self.n) * i128::from(self.m);
        (self.low as f64 / whole as f64, self.high as f64 / whole as f64)
    }
}
