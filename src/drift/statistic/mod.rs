//! The statistics, each computed from counts alone; `docs/drift.md` defines them.

pub(crate) mod categories;
pub(crate) mod ks;
pub mod law;
pub(crate) mod moments;
pub(crate) mod psi;
pub(crate) mod wasserstein;

use super::counts::Counts;

/// One cell on both sides: number, then values and sum of steps of the baseline, then of the current rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Both {
    pub(crate) cell: u32,
    pub(crate) baseline: (u64, u128),
    pub(crate) current: (u64, u128),
}

/// Returns the cells that hold values on either side, in order.
pub(crate) fn both<'a>(baseline: &'a Counts, current: &'a Counts) -> impl Iterator<Item = Both> + 'a {
    let (mut one, mut other) = (baseline.cells.iter().peekable(), current.cells.iter().peekable());
    std::iter::from_fn(move || {
        let cell = match (one.peek(), other.peek()) {
            (Some((a, ..)), Some((b, ..))) => *a.min(b),
            (Some((cell, ..)), None) | (None, Some((cell, ..))) => *cell,
            (None, None) => return None,
        };
        let here = |found: Option<&(u32, u64, u128)>| found.map_or((0, 0), |(_, count, sum)| (*count, *sum));
        let baseline = here(one.next_if(|(number, ..)| *number == cell));
        let current = here(other.next_if(|(number, ..)| *number == cell));
        Some(Both { cell, baseline, current })
    })
}

/// Returns a whole number rounded; most fit 64 bits, which takes one instruction.
#[inline]
pub(crate) fn rounded(whole: u128) -> f64 {
    u64::try_from(whole).map_or_else(|_| whole as f64, |whole| whole as f64)
}

/// A sum of floating-point numbers that loses nothing of its summands but the last rounding (Neumaier).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() { (self.sum - sum) + value } else { (value - sum) + self.sum };
        self.sum = sum;
    }

    pub(crate) fn total(self) -> f64 {
        self.sum + self.lost
    }
}
