//! The population stability index: on the baseline's deciles, and on categories.

use super::super::cells::Cells;
use super::super::counts::Counts;

/// The least share that is put into the logarithm. Shares are not renormalised.
pub(crate) const FLOOR: f64 = 1e-4;

/// Returns the rows of each bin: bins end at the edges, which belong to them, and the last is open.
pub(crate) fn bins(cells: &Cells, edges: &[u64], counts: &Counts) -> Vec<u64> {
    let ends: Vec<u32> = edges.iter().map(|edge| cells.find(*edge).0).collect();
    let mut bins = vec![0; edges.len() + 1];
    let mut bin = 0;
    for (cell, count, _) in &counts.cells {
        while ends.get(bin).is_some_and(|end| end < cell) {
            bin += 1;
        }
        bins[bin] += count;
    }
    bins
}

/// Returns the index in nats; nothing where a side has no values.
pub(crate) fn index(bins: impl Iterator<Item = (u64, u64)>, n: u64, m: u64) -> Option<f64> {
    if n == 0 || m == 0 {
        return None;
    }
    let part = |(baseline, current): (u64, u64)| {
        let (p, q) = ((baseline as f64 / n as f64).max(FLOOR), (current as f64 / m as f64).max(FLOOR));
        (q - p) * (q / p).ln()
    };
    Some(bins.map(part).sum())
}

/// Returns the mean of the index without drift, for so many bins.
pub(crate) fn mean_without_drift(bins: usize, n: u64, m: u64) -> f64 {
    (bins as f64 - 1.0) * (1.0 / n as f64 + 1.0 / m as f64)
}
