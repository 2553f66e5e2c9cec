//! Mean, standard deviation and quantiles from counts.

use super::super::axis::{Axis, Zero};
use super::super::counter::Line;
use super::super::counts::{Counts, Extreme};
use super::super::result::{QUANTILES, Quantile};
use super::{Sum, rounded};

/// Returns the mean and the standard deviation of the sample, in the unit in which statistics are given.
///
/// Nothing without values, with infinities, and for the deviation of a single value.
pub(crate) fn moments(line: &Line, counts: &Counts) -> (Option<f64>, Option<f64>) {
    let n = counts.values();
    if n == 0 || counts.inf > 0 {
        return (None, None);
    }
    let zero = line.zero();
    let (mut sum, mut squares) = (Sum::default(), Sum::default());
    squares.add(counts.squares.total());
    for (cell, count, steps) in &counts.cells {
        let (low, step) = line.cells.place(*cell, line.axis, zero);
        sum.add(*count as f64 * low);
        sum.add(rounded(*steps) * step);
        if line.cells.is_count(*cell) {
            squares.add(*count as f64 * low * low);
        }
    }
    let n = n as f64;
    let mean = sum.total() / n;
    let deviation = (n > 1.0).then(|| ((squares.total() - mean * mean * n).max(0.0) / (n - 1.0)).sqrt());
    let finite = |value: &f64| value.is_finite();
    (Some(line.axis.value(mean, zero)).filter(finite), deviation.map(|sd| line.axis.unit().value(sd)).filter(finite))
}

/// Returns the cell with the value of a rank, counted from 1, and the values before it.
pub(crate) fn cell_of_rank(counts: &Counts, rank: u64) -> Option<(u32, u64, u64)> {
    let mut before = 0;
    for (cell, count, _) in &counts.cells {
        if before + count >= rank {
            return Some((*cell, before, *count));
        }
        before += count;
    }
    None
}

/// Returns the rank of a quantile whose share is a whole number of hundredths, counted from 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "hundredths of a share of a count")]
pub(crate) fn rank(share: f64, n: u64) -> u64 {
    let hundredths = (share * 100.0).round() as u128;
    ((hundredths * u128::from(n)).div_ceil(100) as u64).clamp(1, n.max(1))
}

/// Returns the quantiles, each between the bounds of its cell.
pub(crate) fn quantiles(line: &Line, counts: &Counts) -> Vec<Quantile> {
    let n = counts.values();
    let (Some(least), Some(greatest)) = (counts.least, counts.greatest) else { return Vec::new() };
    if n == 0 {
        return Vec::new();
    }
    let (least, greatest) = (value(line.axis, least), value(line.axis, greatest));
    let mut cells = counts.cells.iter();
    let (mut at, mut before) = (cells.next(), 0);
    let quantile = |share: f64| {
        let rank = rank(share, n);
        // Shares rise, so the search goes on where it stopped.
        while let Some((_, count, _)) = at.filter(|(_, count, _)| before + count < rank) {
            before += count;
            at = cells.next();
        }
        let (cell, count, _) = *at?;
        let within = |key: u64| line.axis.value_of_key(key).clamp(least.min(greatest), greatest.max(least));
        let (low, high) = (within(line.cells.low(cell)), within(line.cells.high(cell)));
        let along = ((rank - before) as f64 - 0.5) / count as f64;
        let value = if (high - low).is_finite() { (low + (high - low) * along).clamp(low, high) } else { low };
        Some(Quantile { share, value, low, high })
    };
    QUANTILES.into_iter().filter_map(quantile).collect()
}

/// Returns an extreme in the unit in which statistics of an axis are given.
fn value(axis: Axis, extreme: Extreme) -> f64 {
    use super::super::axis::Unit;
    let value = extreme.value();
    let Extreme::Whole { logical, .. } = extreme else { return value };
    // A date among timestamps counts days, a timestamp among dates seconds.
    match (Unit::of(logical), axis.unit()) {
        (Unit::Day, Unit::Time(_)) => value * 86_400.0,
        (Unit::Time(_), Unit::Day) => value / 86_400.0,
        _ => value,
    }
}

/// Returns keys of known quantiles as quantiles.
pub(crate) fn exactly(axis: Axis, keys: &[u64]) -> Vec<Quantile> {
    let quantile = |(share, key): (f64, &u64)| {
        let value = axis.value_of_key(*key);
        Quantile { share, value, low: value, high: value }
    };
    QUANTILES.into_iter().zip(keys).map(quantile).collect()
}

/// Returns the distance of two keys in the unit in which statistics are given.
pub(crate) fn distance(axis: Axis, from: u64, to: u64) -> f64 {
    let zero = match axis {
        Axis::Binary(_) => axis.zero_at(from),
        Axis::Whole { .. } => Zero::Key(from),
    };
    axis.unit().value(axis.count_of_key(to, zero))
}
