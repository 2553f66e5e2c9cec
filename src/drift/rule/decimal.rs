//! Numbers as they were written: a decimal fraction, compared exactly with values of any width and scale.

use std::cmp::Ordering;

use arrow_buffer::i256;

/// A decimal number: `digits` / 10^`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: i128,
    scale: u32,
}

/// Digits after the point beyond which a number is refused: no column holds finer ones.
const FINEST: u32 = 76;

impl Decimal {
    /// Nought.
    pub const ZERO: Self = Self { digits: 0, scale: 0 };

    /// One.
    pub(super) const ONE: Self = Self { digits: 1, scale: 0 };

    /// Returns `digits` / 10^`scale`.
    pub(super) const fn new(digits: i128, scale: u32) -> Self {
        Self { digits, scale }
    }

    /// Reads `-12.5`, `1e6` or `3E-4`. Nothing else: no blanks, no infinities.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (is_negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let mut digits: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            digits = digits.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
        }
        if digits == 0 {
            return Some(Self::new(0, 0));
        }
        let mut scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
        while scale < 0 {
            digits = digits.checked_mul(10)?;
            scale += 1;
        }
        let scale = u32::try_from(scale).ok().filter(|scale| *scale <= FINEST)?;
        Some(Self { digits: if is_negative { -digits } else { digits }, scale })
    }

    /// Returns the number as its nearest `f64`.
    pub fn to_f64(self) -> f64 {
        // The standard library's reader rounds correctly; arithmetic on parts would not.
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Returns the number times 10^`scale`, rounded down, and whether that is exact. What does not fit is as far out as can be.
    pub(super) fn units(self, scale: i32) -> (i256, bool) {
        let digits = i256::from_i128(self.digits);
        let places = i64::from(scale) - i64::from(self.scale);
        let power = |n: i64| u32::try_from(n).ok().and_then(|n| i256::from_i128(10).checked_pow(n));
        match places.cmp(&0) {
            Ordering::Equal => (digits, true),
            Ordering::Greater => {
                let far = if self.digits < 0 { i256::MIN } else { i256::MAX };
                let product = power(places).and_then(|power| digits.checked_mul(power));
                (product.unwrap_or(if self.digits == 0 { i256::ZERO } else { far }), true)
            }
            Ordering::Less => {
                let Some(power) = power(-places) else {
                    return (if self.digits < 0 { i256::MINUS_ONE } else { i256::ZERO }, self.digits == 0);
                };
                let (quotient, rest) =
                    (digits.checked_div(power).unwrap_or(i256::ZERO), digits.checked_rem(power).unwrap_or(i256::ZERO));
                let down = if rest < i256::ZERO { quotient.wrapping_sub(i256::ONE) } else { quotient };
                (down, rest == i256::ZERO)
            }
        }
    }

    /// Returns the number divided by a whole number of units, such as seconds of a day, rounded down, and whether that is exact.
    pub(super) fn units_of(self, unit: i128) -> (i256, bool) {
        let (whole, is_whole) = self.units(0);
        let unit = i256::from_i128(unit);
        let (quotient, rest) = (whole.checked_div(unit).unwrap_or(i256::ZERO), whole.checked_rem(unit).unwrap_or(i256::ZERO));
        let down = if rest < i256::ZERO { quotient.wrapping_sub(i256::ONE) } else { quotient };
        (down, is_whole && rest == i256::ZERO)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.digits.unsigned_abs().to_string();
        let scale = self.scale as usize;
        let sign = if self.digits < 0 { "-" } else { "" };
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_written() {
        for (text, shown) in [
            ("18", "18"),
            ("-0.50", "-0.5"),
            ("1e6", "1000000"),
            ("3E-4", "0.0003"),
            ("0.0", "0"),
            ("+2.5e1", "25"),
            (".5", "0.5"),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "-", ".", "1.2.3", " 1", "inf", "NaN", "0x10", "1e", "1e99", "1e-99", "１"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse("0.1").unwrap().to_f64().to_bits(), 0.1_f64.to_bits());
    }

    #[test]
    fn units_are_rounded_down_and_say_so() {
        let units = |text: &str, scale| Decimal::parse(text).unwrap().units(scale);
        assert_eq!(units("17.5", 0), (i256::from_i128(17), false));
        assert_eq!(units("-17.5", 0), (i256::from_i128(-18), false));
        assert_eq!(units("17.5", 2), (i256::from_i128(1_750), true));
        assert_eq!(units("1200", -2), (i256::from_i128(12), true));
        assert_eq!(units("0.00001", 2), (i256::ZERO, false));
        let far = Decimal::new(i128::MAX, 0).units(76);
        assert_eq!(far, (i256::MAX, true));
        let day = Decimal::parse("86399.5").unwrap().units_of(86_400);
        assert_eq!(day, (i256::ZERO, false));
        assert_eq!(Decimal::parse("-1").unwrap().units_of(86_400), (i256::MINUS_ONE, false));
    }
}
