//! The Wasserstein-1 distance: the area between both distributions.
//!
//! Of each cell the number and the sum of the values of both sides are known, and so is the area between both distributions as long
//! as they do not cross in it. Where they may cross, it is bounded: by the net area from below, and from above by going round
//! either way.

use super::super::axis::Axis;
use super::super::cells::STEPS;
use super::super::counter::Line;
use super::super::counts::Counts;
use super::{Sum, both, rounded};

/// Returns bounds of the distance in the unit in which statistics are given: from the keys of all values if they are at hand, else from
/// counts. Nothing without values and with infinities, nor where values lie too far away to be added up.
pub(crate) fn bounds(line: &Line, baseline: &Counts, current: &Counts, keys: Option<(&[u64], &[u64])>) -> Option<(f64, f64)> {
    let counted = between(line, baseline, current)?;
    let (low, high) = match keys {
        Some((baseline, current)) => exactly(line, baseline, current).map(|exact| (exact, exact))?,
        None => counted,
    };
    let (mut beyond, mut unsure) = ((0.0, 0.0), 0.0);
    for (counts, is_current) in [(baseline, false), (current, true)] {
        if counts.is_lossy || counts.excess == u128::MAX {
            return None;
        }
        let n = counts.values() as f64;
        // All the other side's values lie on the line: to each value beyond its end the way there is the same for all.
        let excess = rounded(counts.excess) / n;
        beyond = (excess - beyond.0, excess + beyond.1);
        // Values were moved up, by less than so much.
        unsure += match line.axis {
            Axis::Whole { .. } => counts.fractions as f64 / n,
            Axis::Binary(_) if is_current => {
                let gaps = counts.cells.iter().filter(|(cell, ..)| line.cells.is_gap(*cell));
                gaps.map(|(_, count, _)| count).sum::<u64>() as f64 / n / STEPS
            }
            Axis::Binary(_) => 0.0,
        };
    }
    let unit = line.axis.unit();
    let bounds = (unit.value((low + beyond.0.abs() - unsure).max(0.0)), unit.value(high + beyond.1 + unsure));
    (bounds.0.is_finite() && bounds.1.is_finite()).then_some(bounds)
}

/// Returns bounds as counts of the axis; nothing without values and with infinities.
fn between(line: &Line, baseline: &Counts, current: &Counts) -> Option<(f64, f64)> {
    let (n, m) = (baseline.values(), current.values());
    if n == 0 || m == 0 || baseline.inf > 0 || current.inf > 0 {
        return None;
    }
    let (n, m) = (n as f64, m as f64);
    let (mut low, mut high) = (Sum::default(), Sum::default());
    let (mut before, mut current_before) = (0_u64, 0_u64);
    let mut cells = both(baseline, current).peekable();
    while let Some(here) = cells.next() {
        let (from, step) = (line.cells.start(here.cell), line.cells.step(here.cell, line.axis));
        // Values lie up to here; behind them, to the next cell with values, both distributions are flat.
        let to = line.cells.high(here.cell);
        let flat = cells.peek().map_or(0.0, |next| line.axis.gap(to, line.cells.start(next.cell)).max(0.0));
        let width = line.axis.gap(from, to);
        let (after, current_after) = (before + here.baseline.0, current_before + here.current.0);
        let gap = |b: u64, c: u64| b as f64 / n - c as f64 / m;
        let (start, end) = (gap(before, current_before), gap(after, current_after));
        // What both sides' values leave of the cell to their left.
        let (b, c) = (rounded(here.baseline.1) * step / n, rounded(here.current.1) * step / m);
        let (left_b, left_c) = (here.baseline.0 as f64 / n * width - b, here.current.0 as f64 / m * width - c);
        // Counted from the end, where the values lie at the beginning, nothing cancels.
        let net = (end * width - (b - c)).abs();
        let crosses = gap(before, current_after) < 0.0 && gap(after, current_before) > 0.0;
        for bound in [&mut low, &mut high] {
            bound.add(end.abs() * flat);
        }
        low.add(net);
        high.add(if crosses {
            let round = (start.abs() * width + left_b + left_c).min(end.abs() * width + b + c);
            round.max(net)
        } else {
            net
        });
        (before, current_before) = (after, current_after);
    }
    Some((low.total(), high.total()))
}

/// Returns the distance from the keys of all values of both sides, each in order, as a count of the axis; nothing without values.
fn exactly(line: &Line, baseline: &[u64], current: &[u64]) -> Option<f64> {
    let (n, m) = (baseline.len() as f64, current.len() as f64);
    let (mut one, mut other) = (baseline, current);
    if one.is_empty() || other.is_empty() {
        return None;
    }
    let (mut area, mut at) = (Sum::default(), None);
    while let Some(key) = one.first().into_iter().chain(other.first()).min().copied() {
        if let Some(at) = at {
            let before = (baseline.len() - one.len()) as f64 / n - (current.len() - other.len()) as f64 / m;
            area.add(before.abs() * line.axis.gap(at, key));
        }
        at = Some(key);
        one = &one[one.iter().take_while(|other| **other == key).count()..];
        other = &other[other.iter().take_while(|other| **other == key).count()..];
    }
    Some(area.total())
}
