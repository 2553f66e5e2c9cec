//! The line on which a column's values are placed, chosen from the baseline alone; and the keys by which they are ordered on it.
//!
//! A key is a `u64` that is ordered as the values are. Values of the baseline have distinct keys if they are distinct. Current
//! values of another type (another scale, unit or width, a float among whole numbers) are placed where they belong between them:
//! two of them may share a key, but never one of them with a baseline value it does not equal. That keeps the distance between
//! both distributions exact, as it is decided at baseline values and in the gaps between them.

use serde::{Deserialize, Serialize};

use super::counts::{Extreme, spelled};
use super::logical::{Logical, Tick};
use super::result::Value;

/// Whole numbers up to this size are exact as `f64`.
pub(crate) const EXACT: i128 = 1 << 53;

/// What values are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// 1.
    One,
    /// 10^-scale.
    Decimal(i8),
    /// A part of a second.
    Time(Tick),
    /// A day.
    Day,
}

impl Unit {
    /// Returns the unit a type counts in.
    pub fn of(logical: Logical) -> Self {
        match logical {
            Logical::Decimal { scale, .. } => Self::Decimal(scale),
            Logical::Timestamp { unit, .. } | Logical::Time { unit } | Logical::Duration { unit } => Self::Time(unit),
            Logical::Date => Self::Day,
            Logical::Integer { .. } | Logical::Float { .. } | Logical::Boolean | Logical::Text | Logical::Bytes => Self::One,
        }
    }

    /// Returns its size in the unit in which statistics are given: 1, the second or the day.
    pub fn size(self) -> f64 {
        match self {
            Self::One | Self::Day => 1.0,
            Self::Decimal(scale) => 10_f64.powi(-i32::from(scale)),
            Self::Time(tick) => 1.0 / tick.per_second() as f64,
        }
    }

    /// Returns a count of it in the unit in which statistics are given, rounded once where that is possible.
    pub fn value(self, count: f64) -> f64 {
        match self {
            Self::One | Self::Day => count,
            Self::Decimal(scale) if (0..=22).contains(&scale) => count / 10_f64.powi(i32::from(scale)),
            Self::Decimal(_) => count * self.size(),
            Self::Time(tick) => count / tick.per_second() as f64,
        }
    }
}

/// By what counts of one unit become counts of another: times `by`, over `over`. One of them is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio {
    pub(crate) by: i128,
    pub(crate) over: i128,
}

impl Ratio {
    pub(crate) const ONE: Self = Self { by: 1, over: 1 };

    /// Returns how counts of `from` become counts of `to`.
    pub(crate) fn between(from: Unit, to: Unit) -> Self {
        let scale = |unit| match unit {
            Unit::Decimal(scale) => i32::from(scale),
            _ => 0,
        };
        let ticks = |unit| match unit {
            Unit::Time(tick) => Some(i128::from(tick.per_second())),
            _ => None,
        };
        match (ticks(from), ticks(to)) {
            (Some(from), Some(to)) if to >= from => Self { by: to / from, over: 1 },
            (Some(from), Some(to)) => Self { by: 1, over: from / to },
            (Some(from), None) => Self { by: 1, over: 86_400 * from },
            (None, Some(to)) => Self { by: 86_400 * to, over: 1 },
            (None, None) => {
                // Beyond 38 digits no value is told apart from another any more.
                let power = |digits: i32| 10_i128.pow(digits.unsigned_abs().min(38));
                let digits = scale(to) - scale(from);
                if digits >= 0 { Self { by: power(digits), over: 1 } } else { Self { by: 1, over: power(digits) } }
            }
        }
    }
}

/// The line on which values are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Axis {
    /// Counts of a unit as `f64`: floating-point numbers, and whole numbers up to 2^53.
    Binary(Unit),
    /// Whole counts of a unit, from an origin on.
    Whole {
        /// The unit.
        unit: Unit,
        /// The count whose key is 0; smaller ones share it, as those too great share the last.
        origin: i128,
    },
}

impl Axis {
    /// Returns the axis for values of a type that lie between two whole counts of its unit, if they are whole.
    pub(crate) fn choose(logical: Logical, range: Option<(i128, i128)>) -> Self {
        let unit = Unit::of(logical);
        let Some((least, greatest)) = range.filter(|_| logical.is_whole()) else { return Self::Binary(unit) };
        // At 2^53 itself the next whole number has the same double: a baseline that ends there would not see what comes behind.
        if least > -EXACT && greatest < EXACT {
            return Self::Binary(unit);
        }
        // Current values of the same type are to have a key of their own wherever they lie.
        let first = match logical {
            Logical::Integer { signed: false, .. } => Some(0),
            Logical::Decimal { precision, .. } if precision > 18 => None,
            _ => Some(i128::from(i64::MIN)),
        };
        let holds = |first: &i128| *first <= least && greatest <= first + i128::from(u64::MAX);
        if let Some(origin) = first.filter(holds) {
            return Self::Whole { unit, origin };
        }
        match greatest.checked_sub(least).map(u64::try_from) {
            Some(Ok(width)) => Self::Whole { unit, origin: least.saturating_sub(i128::from((u64::MAX - width) / 2)) },
            // Values that differ only beyond the 16th digit are not told apart; there is no wider line.
            _ => match unit {
                Unit::Decimal(_) => Self::Binary(Unit::One),
                _ => Self::Binary(unit),
            },
        }
    }

    /// Returns the unit of its counts.
    pub fn unit(self) -> Unit {
        match self {
            Self::Binary(unit) | Self::Whole { unit, .. } => unit,
        }
    }

    /// Returns the key of a whole count.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 64 bits")]
    pub(crate) fn key_of_whole(self, count: i128) -> u64 {
        match self {
            Self::Binary(_) => key_of_real(count as f64),
            Self::Whole { origin, .. } => count.saturating_sub(origin).clamp(0, i128::from(u64::MAX)) as u64,
        }
    }

    /// Returns how far a whole count lies beyond the ends of the line; the greatest number if its own distance is not known.
    pub(crate) fn excess(self, count: i128) -> u128 {
        match self {
            Self::Binary(_) => 0,
            Self::Whole { .. } if count == i128::MIN || count == i128::MAX => u128::MAX,
            Self::Whole { origin, .. } => count.abs_diff(origin.saturating_add(i128::from(self.key_of_whole(count)))),
        }
    }

    /// Returns an extreme as a count of the axis's unit.
    pub(crate) fn count_of(self, extreme: Extreme) -> f64 {
        match extreme {
            Extreme::Real { value, .. } => match self.unit() {
                Unit::Decimal(scale) => decimal_of_real(value, scale),
                _ => value,
            },
            Extreme::Whole { count, logical } => {
                let ratio = Ratio::between(Unit::of(logical), self.unit());
                if ratio.over == 1 { count.saturating_mul(ratio.by) as f64 } else { part(count, ratio.over) }
            }
        }
    }

    /// Returns how far a key is behind another, as a count, rounded once.
    pub(crate) fn gap(self, from: u64, to: u64) -> f64 {
        match self {
            Self::Binary(_) => real_of_key(to) - real_of_key(from),
            Self::Whole { .. } if to >= from => (to - from) as f64,
            Self::Whole { .. } => -((from - to) as f64),
        }
    }

    /// Returns the value at a key, in the unit in which statistics are given.
    pub(crate) fn value_of_key(self, key: u64) -> f64 {
        match self {
            Self::Binary(unit) => unit.value(real_of_key(key)),
            Self::Whole { unit, origin } => unit.value(origin.saturating_add(i128::from(key)) as f64),
        }
    }
}

impl Axis {
    /// Returns the value at the key of a baseline value, in the usual spelling of its type.
    #[expect(clippy::cast_possible_truncation, reason = "a whole count of at most 2^53")]
    pub(crate) fn spelled(self, key: u64, logical: Logical) -> Value {
        match (self, logical) {
            (Self::Binary(unit), _) if unit == Unit::of(logical) && logical.is_whole() => {
                spelled(real_of_key(key) as i128, logical)
            }
            (Self::Whole { origin, .. }, _) => spelled(origin.saturating_add(i128::from(key)), logical),
            (Self::Binary(_), Logical::Float { bits }) => Extreme::Real { value: real_of_key(key), bits }.shown(),
            (Self::Binary(_), _) => Value::Number(self.value_of_key(key)),
        }
    }
}

/// Returns the key of a number that is not NaN: ordered as the numbers are, -0 at 0.
#[inline]
pub(crate) fn key_of_real(value: f64) -> u64 {
    // Adding 0 makes 0 of -0.
    let bits = (value + 0.0).to_bits();
    bits ^ (((bits.cast_signed() >> 63).cast_unsigned()) | (1 << 63))
}

/// Returns the number of a key.
#[inline]
pub(crate) fn real_of_key(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key ^ (1 << 63) } else { !key })
}

/// Returns the count of 10^-`scale` that a floating-point number stands for: the whole count whose nearest double it is, else the
/// place between two of them.
pub(crate) fn decimal_of_real(value: f64, scale: i8) -> f64 {
    let unit = Unit::Decimal(scale);
    let count = value / unit.size();
    let nearest = count.round();
    if !nearest.is_finite() || nearest.abs() > EXACT as f64 {
        return count;
    }
    let there = unit.value(nearest);
    if there.total_cmp(&value).is_eq() || (there == 0.0 && value == 0.0) {
        nearest
    } else if value > there {
        count.max(nearest.next_up())
    } else {
        count.min(nearest.next_down())
    }
}

/// Returns a count over a whole number, never rounded up or down to a whole number that it is not.
pub(crate) fn part(count: i128, over: i128) -> f64 {
    let (whole, rest) = (count.div_euclid(over), count.rem_euclid(over));
    if rest == 0 || whole.abs() > EXACT {
        return whole as f64;
    }
    let whole = whole as f64;
    (whole + rest as f64 / over as f64).clamp(whole.next_up(), (whole + 1.0).next_down())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_ordered_as_numbers(a: f64, b: f64) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(key_of_real(a).cmp(&key_of_real(b)), a.partial_cmp(&b).unwrap());
            prop_assert_eq!(real_of_key(key_of_real(a)).partial_cmp(&a), Some(std::cmp::Ordering::Equal));
        }

        #[test]
        fn decimals_meet_the_doubles_they_are_written_as(cents in -(1_i64 << 50)..(1_i64 << 50), scale in 0_i8..9) {
            let value: f64 = format!("{cents}e-{scale}").parse().unwrap();
            let cents = cents as f64;
            prop_assert_eq!(decimal_of_real(value, scale).to_bits(), cents.to_bits());
            prop_assert!(decimal_of_real(value.next_up(), scale) > cents);
            prop_assert!(decimal_of_real(value.next_down(), scale) < cents);
        }
    }

    #[test]
    fn wide_ranges_find_an_axis() {
        let whole = Logical::Integer { signed: true, bits: 64 };
        assert_eq!(Axis::choose(whole, Some((0, EXACT - 1))), Axis::Binary(Unit::One));
        assert_ne!(Axis::choose(whole, Some((EXACT, EXACT))), Axis::Binary(Unit::One));
        let full = Axis::choose(whole, Some((i128::from(i64::MIN), i128::from(i64::MAX))));
        assert_eq!(full, Axis::Whole { unit: Unit::One, origin: i128::from(i64::MIN) });
        let unsigned = Axis::choose(Logical::Integer { signed: false, bits: 64 }, Some((EXACT, i128::from(u64::MAX))));
        assert_eq!(unsigned, Axis::Whole { unit: Unit::One, origin: 0 });
        let both = Axis::choose(whole, Some((-5, i128::from(u64::MAX) - 5)));
        assert_eq!((both.key_of_whole(-5), both.key_of_whole(i128::from(u64::MAX) - 5)), (0, u64::MAX));
        let cents = Axis::choose(Logical::Decimal { precision: 38, scale: 2 }, Some((10_i128.pow(30), 10_i128.pow(30) + 9)));
        assert!(cents.key_of_whole(10_i128.pow(30)) > 1 << 62 && cents.key_of_whole(10_i128.pow(30)) < 3 << 62);
        let middle = i128::from(u64::MAX / 2);
        assert!((cents.excess(0) + u128::from(u64::MAX / 2)).abs_diff(10_u128.pow(30)) < 20, "{}", cents.excess(0));
        assert_eq!((cents.excess(10_i128.pow(30) + middle / 2), cents.excess(i128::MAX)), (0, u128::MAX));
        let near = Axis::choose(whole, Some((EXACT, EXACT + 2)));
        let keys: Vec<u64> = [EXACT, EXACT + 1, EXACT + 2].into_iter().map(|count| near.key_of_whole(count)).collect();
        assert_eq!([keys[1] - keys[0], keys[2] - keys[1]], [1, 1]);
        assert_eq!(near.key_of_whole(i128::MIN), 0);
        assert_eq!(near.key_of_whole(i128::MAX), u64::MAX);
    }

    #[test]
    fn units_convert_both_ways() {
        assert_eq!(Ratio::between(Unit::Time(Tick::Milli), Unit::Time(Tick::Nano)), Ratio { by: 1_000_000, over: 1 });
        assert_eq!(Ratio::between(Unit::Time(Tick::Nano), Unit::Time(Tick::Milli)), Ratio { by: 1, over: 1_000_000 });
        assert_eq!(Ratio::between(Unit::Day, Unit::Time(Tick::Second)), Ratio { by: 86_400, over: 1 });
        assert_eq!(Ratio::between(Unit::Decimal(2), Unit::Decimal(4)), Ratio { by: 100, over: 1 });
        assert_eq!(Ratio::between(Unit::Decimal(2), Unit::One), Ratio { by: 1, over: 100 });
    }
}
