//! Mean, standard deviation and quantiles from counts.

use super::super::axis::{Axis, EXACT, real_of_key};
use super::super::cells::Cells;
use super::super::counter::Line;
use super::super::counts::{Counts, Extreme};
use super::super::dyadic::{Dyadic, parts_of};
use super::super::result::{QUANTILES, Quantile};

/// By how much of itself a deviation may be wrong, at most, to be told; nearly all are right to 12 digits.
const TOLERANCE: f64 = 1e-6;

/// Returns the mean and the standard deviation of the sample, in the unit in which statistics are given.
///
/// Nothing without values, with infinities, and for the deviation of a single value; nor where too much was lost.
pub(crate) fn moments(line: &Line, counts: &Counts) -> (Option<f64>, Option<f64>) {
    let n = counts.values();
    if n == 0 || counts.inf > 0 || counts.is_lossy {
        return (None, None);
    }
    let finite = |value: &f64| value.is_finite();
    let unit = line.axis.unit();
    let found = if line.is_exact(counts) { exact(line, counts) } else { Some(binned(line, counts)) };
    let Some((sum, spread)) = found else { return (None, None) };
    let deviation = spread.filter(|_| n > 1).and_then(|spread| {
        if counts.least == counts.greatest {
            return Some(0.0);
        }
        let deviation = spread.root_over((n as f64 * (n as f64 - 1.0)).sqrt());
        // A deviation changes by no more than the greatest change of a value.
        let rounding = if is_rounded(line, counts) { farthest(line, counts) * 2_f64.powi(-51) } else { 0.0 };
        (rounding <= TOLERANCE * deviation).then_some(deviation)
    });
    (Some(unit.value(sum.over(n as f64))).filter(finite), deviation.map(|sd| unit.value(sd)).filter(finite))
}

/// The sum of all values, and n² times their variance, if it is known: n Σ x² - (Σ x)².
type Sums = (Dyadic, Option<Dyadic>);

/// Returns sums of all values from exact ones; nothing if they are not of all values.
fn exact(line: &Line, counts: &Counts) -> Option<Sums> {
    let mut all = counts.exact.clone();
    for (cell, count, _) in counts.cells.iter().filter(|(cell, ..)| line.cells.is_count(*cell)) {
        all.add_many(*count, Cells::whole(*cell));
    }
    let (n, (sum, squares)) = (all.values, all.sums(line.zero()));
    let spread = Dyadic::of(n.into(), 0).times(&squares).less(&sum.times(&sum));
    (n == counts.values()).then_some((sum, Some(spread)))
}

/// Returns sums of all values from cells and the bins of squares.
fn binned(line: &Line, counts: &Counts) -> Sums {
    let (mut sum, mut run) = (Dyadic::default(), (0, 0_i128, 0_u128));
    for (cell, count, steps) in &counts.cells {
        // Inside a cell values are whole numbers of the same power of two.
        let (low, exponent) = parts_of(real_of_key(line.cells.low(*cell)));
        if exponent != run.0 {
            sum.add(run.1, run.0);
            sum.add_unsigned(run.2, run.0);
            run = (exponent, 0, 0);
        }
        run.1 += i128::from(low) * i128::from(*count);
        run.2 = run.2.wrapping_add(*steps);
    }
    sum.add(run.1, run.0);
    sum.add_unsigned(run.2, run.0);
    let n = Dyadic::of(counts.values().into(), 0);
    let squares = n.times(&counts.squares.total());
    let distance = sum.clone().less(&n.times(&Dyadic::real(line.bins.center)));
    let spread = squares.clone().less(&distance.times(&distance));
    // Each square is rounded three times, and to a quantum.
    let lost = squares.times(&Dyadic::of(1, -51)).plus(&n.times(&n).times(&Dyadic::of(1, line.bins.quantum())));
    let share = lost.ratio(&spread);
    (sum, Some(spread).filter(|_| (0.0..2.0 * TOLERANCE).contains(&share)))
}

/// Returns whether values were rounded before they were added up.
fn is_rounded(line: &Line, counts: &Counts) -> bool {
    let is_wide = |extreme: Option<Extreme>| match extreme {
        Some(Extreme::Whole { .. }) => extreme.is_some_and(|extreme| line.axis.count_of(extreme).abs() > EXACT as f64),
        _ => false,
    };
    counts.rounded > 0
        || if line.is_exact(counts) { counts.exact.rounded > 0 } else { is_wide(counts.least) || is_wide(counts.greatest) }
}

/// Returns how far from 0 values lie at most.
fn farthest(line: &Line, counts: &Counts) -> f64 {
    [counts.least, counts.greatest].into_iter().flatten().map(|extreme| line.axis.count_of(extreme).abs()).fold(0.0, f64::max)
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
        let (low, high) = (line.cells.low(cell), line.cells.high(cell));
        // Whatever lies beyond the line shares its ends.
        let is_end = |key: u64| matches!(line.axis, Axis::Whole { .. }) && (key == 0 || key == u64::MAX);
        let low = if is_end(low) { least } else { within(low) };
        let high = if is_end(high) { greatest } else { within(high) };
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
    axis.unit().value(axis.gap(from, to))
}
