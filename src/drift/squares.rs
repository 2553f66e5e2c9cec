//! Sums of squares that do not depend on the order of the summands, nor on how they are split.
//!
//! A summand is cut into pieces that are multiples of fixed quanta, and the pieces of each quantum are added as whole numbers. This
//! is the binned summation of Demmel and Hida, and of Ahrens, Demmel and Nguyen, with bins fixed beforehand by the baseline. Up to
//! [`LANES`] × 1024 summands are added in vector registers, where `f64` holds every partial sum exactly. What is too large for the
//! bins goes, value by value, to an exact sum by exponent.
//!
//! The sum is exact, its summands are not: each is rounded by 2^-52 of itself, and to the last quantum. That is too much where all
//! values lie far from the center and close together, or all of them very close to it; [`Bins::may_blur`] tells, and
//! [`super::exact`] then sums them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::counter::vectorized;
use super::dyadic::{Dyadic, parts_of};

/// Independent sums, so that the compiler adds them with vector instructions.
const LANES: usize = 8;
/// Summands whose pieces `f64` adds exactly: 2^13 pieces below 2^39 stay below 2^53.
pub(crate) const BLOCK: usize = 1 << 13;
/// Bits of the pieces.
const FIRST: i32 = 32;
const NEXT: i32 = 38;

/// Distances from here on are squared as 2^-[`SHIFT`] of them: 2^500, and 2^-520.
const FAR: f64 = f64::from_bits((1023 + 500) << 52);
const DOWN: f64 = f64::from_bits((1023 - 520) << 52);
const SHIFT: i32 = 520;

/// How squares are cut: fixed for a column by its baseline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bins {
    /// Subtracted from each value before it is squared: near the mean, so that nothing cancels.
    pub(crate) center: f64,
    /// Squares below 2^`limit` go to the bins; none if it is out of range.
    limit: i32,
}

/// Values blur whose range is at most this share of the farthest's distance from the center.
const NARROW: f64 = 0.25;
/// If the range of all of some values is at most [`NARROW`] of the farthest's distance, that of any of them is at most a third of the
/// distance of the farthest of those.
const NARROW_PART: f64 = 0.34;
/// Values blur whose squares are less than this power of two of the bins' bound.
const FINE: i32 = -60;

impl Bins {
    /// No bins: nothing is squared.
    pub(crate) const NONE: Self = Self { center: 0.0, limit: i32::MIN };

    /// Returns bins for values between two bounds; values up to four times as far from the center still fit.
    #[expect(clippy::cast_possible_truncation, reason = "a logarithm of a finite number is small")]
    pub(crate) fn new(center: f64, least: f64, greatest: f64) -> Self {
        let reach = 4.0 * (greatest - center).abs().max((least - center).abs());
        let limit = if reach > 0.0 && reach < 1e140 { (2.0 * reach.log2()).ceil() as i32 } else { i32::MIN };
        if limit > -700 { Self { center, limit } } else { Self::NONE }
    }

    /// Returns whether there are none.
    pub(crate) fn are_none(self) -> bool {
        self.limit == i32::MIN
    }

    /// Returns whether the sum of squares is no good for values of which these are the least and greatest.
    pub(crate) fn blur(self, least: f64, greatest: f64) -> bool {
        self.are_close(least, greatest, NARROW, 1.0)
    }

    /// Returns whether values may be among others for which it is no good.
    pub(crate) fn may_blur(self, least: f64, greatest: f64) -> bool {
        self.are_close(least, greatest, NARROW_PART, 1.01)
    }

    fn are_close(self, least: f64, greatest: f64, share: f64, slack: f64) -> bool {
        if self.are_none() {
            return true;
        }
        let farthest = self.farthest(least, greatest);
        let fine = 2_f64.powi((self.limit + FINE).div_euclid(2));
        farthest.is_finite() && (greatest - least <= share * farthest || farthest <= slack * fine)
    }

    /// Returns how far from the center values between two bounds lie at most.
    pub(crate) fn farthest(self, least: f64, greatest: f64) -> f64 {
        (least - self.center).abs().max((greatest - self.center).abs())
    }

    /// Returns the exponent of a power of two that is at least what a square loses besides what it is rounded by.
    pub(crate) fn quantum(self) -> i32 {
        self.quanta()[2]
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
        } else {
            // The square of a number beyond 2^500 may have no place in `f64`; half the numbers' exponents have.
            let is_far = distance.abs() >= FAR;
            let (distance, up) = if is_far { (value * DOWN - bins.center * DOWN, 2 * SHIFT) } else { (distance, 0) };
            let (mantissa, exponent) = parts_of(distance * distance);
            if mantissa > 0 {
                *self.parts.entry(exponent + up).or_default() += i128::from(mantissa);
            }
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
    }

    /// Returns the sum.
    pub(crate) fn total(&self) -> Dyadic {
        let mut total = Dyadic::default();
        for (exponent, part) in &self.parts {
            total.add(*part, *exponent);
        }
        total
    }
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
            let found = total(&values, bins).total().over(1.0);
            prop_assert!((found - plain).abs() <= 1e-12 * plain, "{} is not {}", found, plain);
        }
    }

    #[test]
    fn no_square_is_too_great() {
        let bins = Bins::new(0.0, -1.0, 1.0);
        let root = |values: &[f64]| total(values, bins).total().root_over(1.0);
        for value in [1e100, 1e160, 1e200, f64::MAX] {
            assert!((root(&[value]) / value - 1.0).abs() < 1e-15, "{value}");
        }
        assert_eq!(root(&[0.5, 1e200, 1e200, 1e200, 1e200]).to_bits(), root(&[2e200]).to_bits());
        assert_eq!(total(&[1e100], bins).total().over(1.0).to_bits(), (1e100_f64 * 1e100).to_bits());
        assert_eq!(total(&[f64::INFINITY], bins), Squares::default());
        assert!(Bins::new(0.0, -1e300, 1e300).are_none() && Bins::new(7.0, 7.0, 7.0).are_none());
    }

    proptest! {
        /// What decides for all of some values must have been seen of each part of them.
        #[test]
        fn parts_of_what_blurs_may_blur(
            bounds in [-1e3..1e3_f64, -1e3..1e3_f64],
            within in [0.0..=1.0_f64, 0.0..=1.0_f64],
            scale in -40..8_i32,
            far in prop_oneof![Just(0.0), -1e6..1e6],
        ) {
            let bins = Bins::new(3.0, -1000.0, 1000.0);
            let at = |place: f64| 3.0 + far + place * 2_f64.powi(scale);
            let (least, greatest) = (at(bounds[0].min(bounds[1])), at(bounds[0].max(bounds[1])));
            let inner = within.map(|place| (least + place * (greatest - least)).clamp(least, greatest));
            if bins.blur(least, greatest) {
                prop_assert!(bins.may_blur(inner[0].min(inner[1]), inner[0].max(inner[1])));
            }
        }
    }

    #[test]
    fn few_values_blur() {
        let bins = Bins::new(3.0, -1000.0, 1000.0);
        for (least, greatest, expected) in [
            (-1000.0, 1000.0, false),
            (3.0, 1000.0, false),
            (3.0, 3.1, false),
            (3.0, 3.0, true),
            (3.0, 3.0 + 1e-7, true),
            (1000.0, 1010.0, true),
            (1000.0, 2000.0, false),
            (1e15, 1e15 + 1.0, true),
            (f64::NEG_INFINITY, f64::INFINITY, false),
            (f64::INFINITY, f64::INFINITY, false),
            (-f64::MAX, f64::MAX, false),
        ] {
            assert_eq!(bins.blur(least, greatest), expected, "{least} to {greatest}");
            assert_eq!(bins.may_blur(least, greatest), expected, "{least} to {greatest}");
        }
    }
}
