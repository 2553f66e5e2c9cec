//! Sums of squares that do not depend on the order of the summands, nor on how they are split.
//!
//! A summand is cut into pieces that are multiples of fixed quanta, and the pieces of each quantum are added as whole numbers. This
//! is the binned summation of Demmel and Hida, and of Ahrens, Demmel and Nguyen, with bins fixed beforehand by the baseline. Up to
//! [`LANES`] × 1024 summands are added in vector registers, where `f64` holds every partial sum exactly. What is too large for the
//! bins goes, value by value, to an exact sum by exponent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::counter::vectorized;

/// Independent sums, so that the compiler adds them with vector instructions.
const LANES: usize = 8;
/// Summands whose pieces `f64` adds exactly: 2^13 pieces below 2^39 stay below 2^53.
pub(crate) const BLOCK: usize = 1 << 13;
/// Bits of the pieces.
const FIRST: i32 = 32;
const NEXT: i32 = 38;

/// How squares are cut: fixed for a column by its baseline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bins {
    /// Subtracted from each value before it is squared: near the mean, so that nothing cancels.
    pub(crate) center: f64,
    /// Squares below 2^`limit` go to the bins; none if it is out of range.
    limit: i32,
}

impl Bins {
    /// Returns bins for values between two bounds; values up to four times as far from the center still fit.
    #[expect(clippy::cast_possible_truncation, reason = "a logarithm of a finite number is small")]
    pub(crate) fn new(center: f64, least: f64, greatest: f64) -> Self {
        let reach = 4.0 * (greatest - center).abs().max((least - center).abs());
        let limit = if reach > 0.0 && reach < 1e140 { (2.0 * reach.log2()).ceil() as i32 } else { i32::MIN };
        Self { center, limit: if limit > -700 { limit } else { i32::MIN } }
    }

    fn bound(self) -> f64 {
        if self.limit == i32::MIN { 0.0 } else { 2_f64.powi(self.limit) }
    }

    /// Returns the exponents of the quanta of its three pieces.
    fn quanta(self) -> [i32; 3] {
        let first = self.limit - FIRST;
        [first, first - NEXT - 1, first - 2 * (NEXT + 1)]
    }

    /// Returns the numbers that round to multiples of the quanta when added and subtracted again.
    fn rounders(self) -> [f64; 3] {
        self.quanta().map(|exponent| 1.5 * 2_f64.powi(52) * 2_f64.powi(exponent))
    }
}

/// A sum of squares: whole numbers of powers of two, by exponent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Squares {
    parts: BTreeMap<i32, i128>,
    /// Squares beyond the range of `f64`.
    beyond: u64,
}

impl Squares {
    /// Adds the squares of what values differ from the center; no value may be NaN. `farthest` is at least the greatest distance.
    pub(crate) fn add(&mut self, values: &[f64], farthest: f64, bins: Bins) {
        if farthest * farthest < bins.bound() {
            for block in values.chunks(BLOCK) {
                self.keep(vectorized(|| sum_block(block, bins.center, bins.rounders())), bins);
            }
        } else {
            for value in values {
                self.add_one(*value, bins);
            }
        }
    }

    /// Adds one square, to the same effect.
    pub(crate) fn add_one(&mut self, value: f64, bins: Bins) {
        let distance = value - bins.center;
        let square = distance * distance;
        if square < bins.bound() {
            self.keep(sum_block(&[value], bins.center, bins.rounders()), bins);
        } else if square.is_finite() {
            let (mantissa, exponent) = parts_of(square);
            *self.parts.entry(exponent).or_default() += i128::from(mantissa);
        } else {
            self.beyond += 1;
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "each sum is a whole number of its quantum below 2^53")]
    fn keep(&mut self, sums: [f64; 3], bins: Bins) {
        for (sum, exponent) in sums.into_iter().zip(bins.quanta()) {
            if sum != 0.0 {
                *self.parts.entry(exponent).or_default() += (sum * 2_f64.powi(-exponent)) as i128;
            }
        }
    }

    /// Adds another sum.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (exponent, part) in &other.parts {
            *self.parts.entry(*exponent).or_default() += part;
        }
        self.beyond += other.beyond;
    }

    /// Returns the sum; infinite if a square was.
    pub(crate) fn total(&self) -> f64 {
        if self.beyond > 0 {
            return f64::INFINITY;
        }
        // Small parts first.
        self.parts.iter().map(|(exponent, part)| scaled(*part as f64, *exponent)).sum()
    }
}

/// Returns a number times a power of two, which may be beyond what one multiplication holds.
fn scaled(number: f64, exponent: i32) -> f64 {
    let half = exponent / 2;
    number * 2_f64.powi(half) * 2_f64.powi(exponent - half)
}

/// Returns the mantissa and exponent of a positive finite number: it is their product mantissa × 2^exponent, exactly.
fn parts_of(number: f64) -> (i64, i32) {
    let bits = number.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, (bits & ((1 << 52) - 1)).cast_signed());
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

/// Returns the sums of the pieces of the squares.
#[expect(clippy::inline_always, reason = "measured: only inlined is it compiled for the vectors at hand")]
#[inline(always)]
fn sum_block(values: &[f64], center: f64, [first, second, third]: [f64; 3]) -> [f64; 3] {
    let mut sums = [[0.0; LANES]; 3];
    let mut add = |lane: usize, value: f64| {
        let distance = value - center;
        let square = distance * distance;
        let high = (square + first) - first;
        let rest = square - high;
        let middle = (rest + second) - second;
        let rest = rest - middle;
        let low = (rest + third) - third;
        sums[0][lane] += high;
        sums[1][lane] += middle;
        sums[2][lane] += low;
    };
    let (whole, rest) = values.as_chunks::<LANES>();
    for lanes in whole {
        for (lane, value) in lanes.iter().enumerate() {
            add(lane, *value);
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        add(lane, *value);
    }
    sums.map(|lanes| lanes.iter().sum())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn total(values: &[f64], bins: Bins) -> Squares {
        let farthest = values.iter().map(|value| (value - bins.center).abs()).fold(0.0, f64::max);
        let mut squares = Squares::default();
        squares.add(values, farthest, bins);
        squares
    }

    proptest! {
        #[test]
        fn any_order_and_any_split_gives_the_same(
            mut values in proptest::collection::vec(prop_oneof![-1e3..1e3, -1e9..1e9, proptest::num::f64::NORMAL], 0..200),
            at: prop::sample::Index,
        ) {
            let bins = Bins::new(3.0, -1000.0, 1000.0);
            let whole = total(&values, bins);
            values.reverse();
            prop_assert_eq!(&total(&values, bins), &whole);
            let (left, right) = values.split_at(at.index(values.len() + 1));
            let mut merged = total(left, bins);
            merged.merge(&total(right, bins));
            prop_assert_eq!(merged, whole);
        }

        #[test]
        fn the_sum_is_right(values in proptest::collection::vec(-1e3..1e3, 1..3000)) {
            let bins = Bins::new(0.5, -1000.0, 1000.0);
            let plain: f64 = values.iter().map(|value| (value - 0.5) * (value - 0.5)).sum();
            let found = total(&values, bins).total();
            prop_assert!((found - plain).abs() <= 1e-12 * plain, "{} is not {}", found, plain);
        }
    }

    #[test]
    fn a_square_may_be_too_great() {
        let bins = Bins::new(0.0, -1.0, 1.0);
        assert_eq!(total(&[1e200], bins).total().to_bits(), f64::INFINITY.to_bits());
        assert_eq!(total(&[1e100], bins).total().to_bits(), (1e100_f64 * 1e100).to_bits());
        let wide = Bins::new(0.0, -1e300, 1e300);
        assert_eq!(total(&[3.0, 4.0], wide).total().to_bits(), 25.0_f64.to_bits());
    }
}
