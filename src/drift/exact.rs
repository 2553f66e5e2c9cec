//! Sums of numbers and of their squares that lose nothing, however far the numbers lie from each other and from the baseline.
//!
//! They cost a few times what [`super::squares`] costs, so only numbers go here of which those sums could lose what matters. A number
//! is taken as a whole number of the least power of two in its group of eight binades, where numbers and squares are added as whole
//! numbers.

use serde::{Deserialize, Serialize};

use super::dyadic::Dyadic;

/// Binades to a group, as a power of two.
const GROUP: u32 = 3;
/// Groups of the exponents of `f64`.
const GROUPS: usize = 1 << (11 - GROUP);

/// Sums of numbers and of their squares.
///
/// [`Exact::merge`] is commutative and associative, and empty sums change nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exact {
    /// Numbers that were added.
    pub(crate) values: u64,
    /// Those of them that were rounded.
    pub(crate) rounded: u64,
    /// Whole numbers, and what their distances from the zero of the line add up to.
    wholes: (u64, Group),
    /// Other numbers, by group; empty or [`GROUPS`] long.
    reals: Vec<Group>,
}

/// Sums over whole numbers of the same power of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    sum: i128,
    /// Of the lower 64 bits of the squares, and of the upper.
    squares: (u128, u128),
}

impl Group {
    #[inline]
    fn add(&mut self, size: u64, is_negative: bool) {
        let square = u128::from(size) * u128::from(size);
        self.squares.0 += square & u128::from(u64::MAX);
        self.squares.1 += square >> 64;
        self.sum += if is_negative { -i128::from(size) } else { i128::from(size) };
    }

    fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.squares.0 += other.squares.0;
        self.squares.1 += other.squares.1;
    }

    /// Adds both sums of numbers that count a power of two.
    fn add_to(&self, sum: &mut Dyadic, squares: &mut Dyadic, exponent: i32) {
        sum.add(self.sum, exponent);
        squares.add_unsigned(self.squares.0, 2 * exponent);
        squares.add_unsigned(self.squares.1, 2 * exponent + 64);
    }
}

impl Exact {
    /// Adds a whole number that is `zero` and so much more.
    pub(crate) fn add_whole(&mut self, count: i128, zero: i128) {
        let distance = count.checked_sub(zero).map(|distance| (u64::try_from(distance.unsigned_abs()), distance < 0));
        let Some((Ok(size), is_negative)) = distance else {
            let zeros = count.unsigned_abs().leading_zeros() + count.trailing_zeros();
            self.rounded += u64::from(i128::BITS - zeros.min(i128::BITS) > f64::MANTISSA_DIGITS);
            return self.add_reals(&[count as f64]);
        };
        self.values += 1;
        self.wholes.0 += 1;
        self.wholes.1.add(size, is_negative);
    }

    /// Adds many times a whole number that is the zero and so much more.
    pub(crate) fn add_many(&mut self, count: u64, distance: u32) {
        self.values += count;
        self.wholes.0 += count;
        self.wholes.1.sum += i128::from(count) * i128::from(distance);
        self.wholes.1.squares.0 += u128::from(count) * u128::from(u64::from(distance) * u64::from(distance));
    }

    /// Adds whole numbers by their keys, of which one is the zero.
    pub(crate) fn add_keys(&mut self, keys: &[u64], zero: u64) {
        self.values += keys.len() as u64;
        self.wholes.0 += keys.len() as u64;
        let mut here = Group::default();
        for key in keys {
            here.add(key.abs_diff(zero), *key < zero);
        }
        self.wholes.1.merge(&here);
    }

    /// Adds numbers; those that are not finite add nothing.
    pub(crate) fn add_reals(&mut self, values: &[f64]) {
        self.values += values.len() as u64;
        self.reals.resize(GROUPS, Group::default());
        let (mut at, mut here) = (0, Group::default());
        for value in values {
            let bits = value.to_bits();
            let (exponent, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
            let mantissa = match exponent {
                0 => fraction << 1,
                0x7ff => continue,
                _ => fraction | 1 << 52,
            };
            let group = (exponent >> GROUP) as usize;
            if group != at {
                self.reals[at].merge(&std::mem::take(&mut here));
                at = group;
            }
            here.add(mantissa << (exponent & ((1 << GROUP) - 1)), value.is_sign_negative());
        }
        self.reals[at].merge(&here);
    }

    /// Adds other sums.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.values += other.values;
        self.rounded += other.rounded;
        self.wholes.0 += other.wholes.0;
        self.wholes.1.merge(&other.wholes.1);
        self.reals.resize(self.reals.len().max(other.reals.len()), Group::default());
        self.reals.iter_mut().zip(&other.reals).for_each(|(mine, theirs)| mine.merge(theirs));
    }

    /// Returns the sums of the numbers and of their squares.
    pub(crate) fn sums(&self, zero: i128) -> (Dyadic, Dyadic) {
        let (mut sum, mut squares) = (Dyadic::default(), Dyadic::default());
        self.wholes.1.add_to(&mut sum, &mut squares, 0);
        if zero != 0 {
            // (d + z)² = d² + z (2 d + z)
            let (zero, count) = (Dyadic::of(zero, 0), Dyadic::of(self.wholes.0.into(), 0));
            let zeros = zero.times(&count);
            squares = squares.plus(&zero.times(&sum.clone().plus(&sum).plus(&zeros)));
            sum = sum.plus(&zeros);
        }
        for (group, here) in (0_i32..).zip(&self.reals) {
            here.add_to(&mut sum, &mut squares, (group << GROUP) - 1075);
        }
        (sum, squares)
    }

    /// Returns whether what was read back can have been written.
    pub(crate) fn is_sound(&self) -> bool {
        (self.reals.is_empty() || self.reals.len() == GROUPS) && self.wholes.0 <= self.values
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(exact: &Exact, zero: i128, numbers: &[Dyadic]) -> Result<(), TestCaseError> {
        let (sum, squares) = exact.sums(zero);
        let sum = numbers.iter().fold(sum, Dyadic::less);
        let squares = numbers.iter().fold(squares, |squares, number| squares.less(&number.times(number)));
        prop_assert_eq!((sum.rounded().0.abs().to_bits(), squares.rounded().0.abs().to_bits()), (0, 0));
        prop_assert_eq!(exact.values, numbers.len() as u64);
        Ok(())
    }

    proptest! {
        #[test]
        fn nothing_is_lost(
            reals in proptest::collection::vec(prop_oneof![-1e3..1e3_f64, proptest::num::f64::ANY], 0..100),
            wholes in proptest::collection::vec(any::<i64>(), 0..100),
            zero: i64,
            at: prop::sample::Index,
        ) {
            let reals: Vec<f64> = reals.into_iter().filter(|real: &f64| real.is_finite()).collect();
            let zero = i128::from(zero);
            let mut numbers: Vec<Dyadic> = reals.iter().map(|real| Dyadic::real(*real)).collect();
            numbers.extend(wholes.iter().map(|whole| Dyadic::of((*whole).into(), 0)));
            let (one, other) = reals.split_at(at.index(reals.len() + 1));
            let (mut exact, mut more) = (Exact::default(), Exact::default());
            for whole in &wholes {
                exact.add_whole((*whole).into(), zero);
            }
            exact.add_many(3, 70_000);
            numbers.extend(std::iter::repeat_n(Dyadic::of(zero + 70_000, 0), 3));
            exact.add_reals(other);
            more.add_reals(one);
            exact.merge(&more);
            same(&exact, zero, &numbers)?;
        }

        #[test]
        fn keys_are_distances(keys in proptest::collection::vec(any::<u64>(), 0..100), zero: u64, origin: i64) {
            let (mut exact, mut single) = (Exact::default(), Exact::default());
            let place = |key: u64| i128::from(key) + i128::from(origin);
            exact.add_keys(&keys, zero);
            for key in &keys {
                single.add_whole(place(*key), place(zero));
            }
            prop_assert_eq!(&exact, &single);
            let numbers: Vec<Dyadic> = keys.iter().map(|key| Dyadic::of(place(*key), 0)).collect();
            same(&exact, place(zero), &numbers)?;
        }
    }

    #[test]
    fn what_is_too_far_away_is_rounded_and_told() {
        let mut exact = Exact::default();
        exact.add_whole(i128::MAX, -1);
        exact.add_whole(1 << 100, 0);
        assert_eq!((exact.values, exact.rounded), (2, 1));
    }
}
