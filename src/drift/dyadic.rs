//! Whole numbers of powers of two, of any size: sums and products that lose nothing, and are rounded once at the end.
//!
//! Every floating-point number is one, and so are the sum and the product of two of them. Squares of the least and the greatest have
//! their place too, where `f64` has nothing but 0 and infinity.

/// A whole number of a power of two.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dyadic {
    /// Digits to the base 2^32, lowest first. They are not carried while sums grow: adding is adding digit by digit.
    digits: Vec<i128>,
    /// Position of the lowest digit, which counts 2^(32 position).
    low: i32,
}

/// Bits of a digit.
const BITS: u8 = 32;
const DIGIT: i128 = (1 << BITS) - 1;

impl Dyadic {
    /// Returns a number times a power of two.
    pub(crate) fn of(number: i128, exponent: i32) -> Self {
        let mut sum = Self::default();
        sum.add(number, exponent);
        sum
    }

    /// Returns a floating-point number, exactly; 0 for one that is not finite.
    pub(crate) fn real(number: f64) -> Self {
        let (mantissa, exponent) = parts_of(number);
        Self::of(mantissa.into(), exponent)
    }

    /// Adds a number times a power of two.
    pub(crate) fn add(&mut self, number: i128, exponent: i32) {
        if number != 0 {
            let (at, shift) = (exponent.div_euclid(BITS.into()), exponent.rem_euclid(BITS.into()));
            *self.digit(at) += (number & i128::from(u64::MAX)) << shift;
            *self.digit(at + 2) += (number >> 64) << shift;
        }
    }

    /// Adds a number that may need all of its bits.
    pub(crate) fn add_unsigned(&mut self, number: u128, exponent: i32) {
        self.add((number & u128::from(u64::MAX)).cast_signed(), exponent);
        self.add((number >> 64).cast_signed(), exponent + 64);
    }

    /// Returns the digit at a position.
    fn digit(&mut self, at: i32) -> &mut i128 {
        if self.digits.is_empty() {
            self.low = at;
        }
        if at < self.low {
            let more = self.low.abs_diff(at) as usize;
            self.digits.splice(..0, std::iter::repeat_n(0, more));
            self.low = at;
        }
        let index = at.abs_diff(self.low) as usize;
        if index >= self.digits.len() {
            self.digits.resize(index + 1, 0);
        }
        &mut self.digits[index]
    }

    /// Returns the sum with another.
    pub(crate) fn plus(mut self, other: &Self) -> Self {
        for (at, digit) in (other.low..).zip(&other.digits) {
            *self.digit(at) += digit;
        }
        self
    }

    /// Returns what is left without another.
    pub(crate) fn less(mut self, other: &Self) -> Self {
        for (at, digit) in (other.low..).zip(&other.digits) {
            *self.digit(at) -= digit;
        }
        self
    }

    /// Returns the product with another.
    pub(crate) fn times(&self, other: &Self) -> Self {
        let ((is_negative, one), (is_other_negative, two)) = (self.carried(), other.carried());
        let sign = if is_negative == is_other_negative { 1 } else { -1 };
        let mut digits = vec![0; one.len() + two.len()];
        for (index, a) in one.iter().enumerate() {
            for (digit, b) in digits[index..].iter_mut().zip(&two) {
                *digit += sign * a * b;
            }
        }
        Self { digits, low: self.low + other.low }
    }

    /// Returns whether it is negative, and the digits of its size, each below 2^32.
    fn carried(&self) -> (bool, Vec<i128>) {
        let (digits, is_negative) = carried(self.digits.iter().copied());
        if is_negative { (true, carried(self.digits.iter().map(|digit| -digit)).0) } else { (false, digits) }
    }

    /// Returns a rounded number and the exponent of the power of two that it is times.
    pub(crate) fn rounded(&self) -> (f64, i32) {
        let (is_negative, digits) = self.carried();
        let Some(top) = digits.iter().rposition(|digit| *digit != 0) else { return (0.0, 0) };
        let (rest, head) = digits[..=top].split_at(top.saturating_sub(3));
        // What is below the head only breaks a tie.
        let tie = u128::from(rest.iter().any(|digit| *digit != 0));
        let head = head.iter().rev().fold(0, |head, digit| head << BITS | digit.cast_unsigned()) | tie;
        let exponent = self.low + i32::try_from(rest.len()).unwrap_or(i32::MAX / 64);
        (if is_negative { -(head as f64) } else { head as f64 }, i32::from(BITS) * exponent)
    }

    /// Returns it over a number other than 0; infinite beyond the range of `f64`.
    pub(crate) fn over(&self, divisor: f64) -> f64 {
        let (number, exponent) = self.rounded();
        scaled(number / divisor, exponent)
    }

    /// Returns its root over a number: √self / divisor; NaN if it is negative.
    pub(crate) fn root_over(&self, divisor: f64) -> f64 {
        let (number, exponent) = self.rounded();
        let odd = exponent.rem_euclid(2);
        scaled((number * f64::from(1 + odd)).sqrt() / divisor, (exponent - odd) / 2)
    }

    /// Returns how many times another it is; NaN or infinite if the other is 0.
    pub(crate) fn ratio(&self, other: &Self) -> f64 {
        let ((one, exponent), (two, other_exponent)) = (self.rounded(), other.rounded());
        scaled(one / two, (exponent - other_exponent).clamp(-2000, 2000))
    }
}

/// Returns digits below 2^32 of the same sum, and whether it is negative; then they are those of what it lacks to a power of 2^32.
fn carried(digits: impl Iterator<Item = i128>) -> (Vec<i128>, bool) {
    let mut carry = 0;
    let mut all = Vec::new();
    for digit in digits {
        let sum = carry + digit;
        all.push(sum & DIGIT);
        carry = sum >> BITS;
    }
    while carry != 0 && carry != -1 {
        all.push(carry & DIGIT);
        carry >>= BITS;
    }
    (all, carry < 0)
}

/// Returns a number times a power of two, which may be beyond what one multiplication holds.
fn scaled(number: f64, exponent: i32) -> f64 {
    let half = exponent / 2;
    number * 2_f64.powi(half) * 2_f64.powi(exponent - half)
}

/// Returns the mantissa and exponent of a number: it is mantissa × 2^exponent, exactly; 0 for one that is not finite.
pub(crate) fn parts_of(number: f64) -> (i64, i32) {
    let bits = number.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, (bits & ((1 << 52) - 1)).cast_signed());
    let (size, exponent) = match exponent {
        0 => (fraction, -1074),
        0x7ff => (0, 0),
        _ => (fraction | 1 << 52, exponent - 1075),
    };
    (if number.is_sign_negative() { -size } else { size }, exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_and_products_are_those_of_whole_numbers(a: i64, b: i64, c: i64, up in -90..90_i32) {
            let of = |number: i64, exponent| Dyadic::of(number.into(), exponent);
            let expected = (i128::from(a) * i128::from(b)).checked_sub(i128::from(c));
            let found = of(a, up).times(&of(b, 7)).less(&of(c, up + 7));
            let wanted = expected.map(|expected| Dyadic::of(expected, up + 7)).unwrap_or_default();
            prop_assert_eq!(found.clone().less(&wanted).rounded().0.to_bits(), 0.0_f64.to_bits());
            prop_assert_eq!(found.plus(&of(c, up + 7)).over(1.0).to_bits(), scaled((i128::from(a) * i128::from(b)) as f64, up + 7).to_bits());
        }

        #[test]
        fn a_number_stays_itself(number in proptest::num::f64::ANY) {
            prop_assume!(number.is_finite());
            prop_assert_eq!(Dyadic::real(number).over(1.0).to_bits(), (number + 0.0).to_bits());
            prop_assert_eq!(Dyadic::real(number).times(&Dyadic::real(number)).root_over(1.0).to_bits(), number.abs().to_bits());
        }
    }

    #[test]
    fn sums_lose_nothing() {
        let mut sum = Dyadic::real(1e300);
        for number in [5e-324, 1.0, -1e300] {
            sum = sum.plus(&Dyadic::real(number));
        }
        assert_eq!(sum.clone().less(&Dyadic::real(1.0)).over(1.0).to_bits(), 5e-324_f64.to_bits());
        assert_eq!(sum.ratio(&Dyadic::of(1, -1)).to_bits(), 2.0_f64.to_bits());
        sum.add_unsigned(u128::MAX, 3);
        assert_eq!(sum.over(2.0).to_bits(), 2_f64.powi(130).to_bits());
        assert_eq!(Dyadic::real(f64::NAN).rounded().0.to_bits(), 0.0_f64.to_bits());
    }
}
