//! What is known of the numbers of a column in some rows: counts that add up, in any order, to the same bits.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::axis::{Ratio, Unit};
use super::exact::Exact;
use super::logical::Logical;
use super::result::Value;
use super::squares::Squares;

/// Counts of the numbers, times or dates of a column over some rows.
///
/// [`Counts::merge`] is commutative and associative, and empty counts change nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows, nulls among them.
    pub rows: u64,
    /// Nulls.
    pub nulls: u64,
    /// NaN, which are not null.
    pub nan: u64,
    /// Infinities.
    pub inf: u64,
    /// Least value.
    pub least: Option<Extreme>,
    /// Greatest value.
    pub greatest: Option<Extreme>,
    /// Cells that hold values: number of the cell, values, and the sum of their steps above the cell's beginning; by number.
    pub(crate) cells: Vec<(u32, u64, u128)>,
    /// Sum of the squares of the distances from the center of the column's bins.
    pub(crate) squares: Squares,
    /// Sums of those numbers of which the squares and the cells may not say enough: see [`super::counter::Line::is_exact`].
    pub(crate) exact: Exact,
    /// Numbers that were rounded when they were placed among the baseline's, whose type is another.
    pub(crate) rounded: u64,
    /// Fractions that were placed at the next whole number.
    pub(crate) fractions: u64,
    /// How far numbers lie beyond the ends of the line, together; the greatest number if that is too much.
    pub(crate) excess: u128,
    /// Whether some were too great even to be added up.
    pub(crate) is_lossy: bool,
    /// Keys of all values, in pieces and in no order, where they are kept.
    pub(crate) keys: Option<Vec<Vec<u64>>>,
}

impl Counts {
    /// Returns the number of values: neither null nor NaN.
    pub fn values(&self) -> u64 {
        self.rows - self.nulls - self.nan
    }

    /// Adds the counts of other rows.
    pub fn merge(&mut self, other: Self) {
        if self.rows == 0 {
            *self = other;
            return;
        }
        if other.rows == 0 {
            return;
        }
        self.rows += other.rows;
        self.nulls += other.nulls;
        self.nan += other.nan;
        self.inf += other.inf;
        self.least = Extreme::least(self.least, other.least);
        self.greatest = Extreme::greatest(self.greatest, other.greatest);
        self.squares.merge(&other.squares);
        self.exact.merge(&other.exact);
        self.rounded += other.rounded;
        self.fractions += other.fractions;
        self.excess = self.excess.saturating_add(other.excess);
        self.is_lossy |= other.is_lossy;
        self.keys = self.keys.take().zip(other.keys).map(|(mut keys, more)| {
            keys.extend(more);
            keys
        });
        self.cells = merged(std::mem::take(&mut self.cells), other.cells);
    }
}

/// Joins two lists of cells, each in order.
pub(crate) fn merged(one: Vec<(u32, u64, u128)>, other: Vec<(u32, u64, u128)>) -> Vec<(u32, u64, u128)> {
    if one.is_empty() || other.is_empty() {
        return if one.is_empty() { other } else { one };
    }
    let mut all = Vec::with_capacity(one.len().max(other.len()) + one.len().min(other.len()) / 4);
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    while let (Some(a), Some(b)) = (one.peek(), other.peek()) {
        let (next, twin) = match a.0.cmp(&b.0) {
            Ordering::Less => (one.next(), None),
            Ordering::Greater => (other.next(), None),
            Ordering::Equal => (one.next(), other.next()),
        };
        let twin = twin.map_or((0, 0), |(_, count, sum)| (count, sum));
        all.extend(next.map(|(cell, count, sum)| (cell, count + twin.0, sum + twin.1)));
    }
    all.extend(one);
    all.extend(other);
    all
}

/// Adds single values, given by cell and step, to a list of cells in order.
pub(crate) fn fold(cells: &mut Vec<(u32, u64, u128)>, values: &mut Vec<(u32, u64)>) {
    if values.is_empty() {
        return;
    }
    values.sort_unstable();
    let more = values.chunk_by(|a, b| a.0 == b.0);
    let more = more.map(|run| (run[0].0, run.len() as u64, run.iter().map(|(_, step)| u128::from(*step)).sum())).collect();
    *cells = merged(std::mem::take(cells), more);
    values.clear();
}

/// A least or greatest value, exactly as its file has it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Extreme {
    /// A whole count of the unit of a type.
    Whole {
        /// The count.
        count: i128,
        /// The type.
        logical: Logical,
    },
    /// A floating-point number of some bits.
    Real {
        /// The number.
        value: f64,
        /// 16, 32 or 64.
        bits: u8,
    },
}

impl Extreme {
    /// Returns the lesser of two, if there are any.
    pub(crate) fn least(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        Self::outer(one, other, Ordering::Less)
    }

    /// Returns the greater of two, if there are any.
    pub(crate) fn greatest(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        Self::outer(one, other, Ordering::Greater)
    }

    fn outer(one: Option<Self>, other: Option<Self>, order: Ordering) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(if other.compare(&one) == order { other } else { one }),
            (one, other) => one.or(other),
        }
    }

    /// Compares by value, and equal values of different types by type, so that any order of merging gives the same.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Whole { count, logical }, Self::Whole { count: other_count, logical: other_logical }) => {
                let (one, two) = (Unit::of(*logical), Unit::of(*other_logical));
                let to = Ratio::between(one, two);
                let sides = (count.checked_mul(to.by), other_count.checked_mul(to.over));
                match sides {
                    (Some(one), Some(two)) => one.cmp(&two),
                    _ => self.value().total_cmp(&other.value()),
                }
                .then_with(|| logical.cmp(other_logical))
            }
            (Self::Real { value, bits }, Self::Real { value: other, bits: other_bits }) => {
                value.total_cmp(other).then_with(|| bits.cmp(other_bits))
            }
            (Self::Whole { .. }, Self::Real { .. }) => self.value().total_cmp(&other.value()).then(Ordering::Less),
            (Self::Real { .. }, Self::Whole { .. }) => self.value().total_cmp(&other.value()).then(Ordering::Greater),
        }
    }

    /// Returns the value in the unit in which statistics are given, rounded.
    pub fn value(&self) -> f64 {
        match self {
            Self::Whole { count, logical } => Unit::of(*logical).value(*count as f64),
            Self::Real { value, .. } => *value,
        }
    }

    /// Returns the value in its usual spelling: times in RFC 3339, dates in ISO 8601, decimals with all their digits.
    pub fn shown(&self) -> Value {
        match *self {
            // The shortest spelling of a 32-bit number is not that of the 64-bit number it equals.
            #[expect(clippy::cast_possible_truncation, reason = "it was a 32-bit number")]
            Self::Real { value, bits } => Value::Number(if bits < 64 { shortest(value as f32) } else { value }),
            Self::Whole { count, logical } => spelled(count, logical),
        }
    }
}

fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

/// Returns a whole count of the unit of a type as people write it.
pub(crate) fn spelled(count: i128, logical: Logical) -> Value {
    match logical {
        Logical::Decimal { scale, .. } => Value::Text(decimal(count, scale)),
        Logical::Date => Value::Text(date(count)),
        Logical::Timestamp { unit, zoned } => {
            let (day, time) = (86_400 * i128::from(unit.per_second()), i128::from(unit.per_second()));
            let zone = if zoned { "Z" } else { "" };
            Value::Text(format!("{}T{}{zone}", date(count.div_euclid(day)), clock(count.rem_euclid(day), time)))
        }
        Logical::Time { unit } => Value::Text(clock(count, i128::from(unit.per_second()))),
        Logical::Duration { unit } => {
            let seconds = decimal(count, i8::try_from(unit.per_second().ilog10()).unwrap_or(9));
            let seconds = if seconds.contains('.') { seconds.trim_end_matches('0').trim_end_matches('.') } else { &seconds };
            Value::Text(format!("{seconds} s"))
        }
        _ => Value::Integer(count),
    }
}

fn decimal(count: i128, scale: i8) -> String {
    let sign = if count < 0 { "-" } else { "" };
    let digits = count.unsigned_abs().to_string();
    match usize::try_from(scale) {
        Ok(0) => format!("{sign}{digits}"),
        Ok(scale) => {
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, part) = digits.split_at(digits.len() - scale);
            format!("{sign}{whole}.{part}")
        }
        Err(_) if count == 0 => digits,
        Err(_) => format!("{sign}{digits}{}", "0".repeat(usize::from(scale.unsigned_abs()))),
    }
}

/// Returns the date of a day since 1970-01-01, in the proleptic Gregorian calendar (Howard Hinnant, `civil_from_days`).
pub(crate) fn date(day: i128) -> String {
    let day = day + 719_468;
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year + era * 400 + i128::from(month <= 2);
    if (0..=9999).contains(&year) {
        return format!("{year:04}-{month:02}-{day:02}");
    }
    let sign = if year < 0 { '-' } else { '+' };
    format!("{sign}{:06}-{month:02}-{day:02}", year.unsigned_abs())
}

/// Returns a time of day, with as much of a second as there is.
fn clock(count: i128, per_second: i128) -> String {
    let (second, part) = (count.div_euclid(per_second), count.rem_euclid(per_second));
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    if part == 0 {
        return time;
    }
    let width = usize::try_from(per_second.ilog10()).unwrap_or(9);
    let part = format!("{part:0>width$}");
    format!("{time}.{}", part.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::super::logical::Tick;
    use super::*;

    #[test]
    fn values_are_spelled_exactly() {
        let of = |count, logical| spelled(count, logical).to_string();
        assert_eq!(of(-5, Logical::Decimal { precision: 10, scale: 2 }), "-0.05");
        assert_eq!(of(12_345, Logical::Decimal { precision: 10, scale: 2 }), "123.45");
        assert_eq!(of(12, Logical::Decimal { precision: 10, scale: -2 }), "1200");
        assert_eq!(of(0, Logical::Date), "1970-01-01");
        assert_eq!(of(-1, Logical::Date), "1969-12-31");
        assert_eq!(of(2_932_896, Logical::Date), "9999-12-31");
        let stamp = |unit| Logical::Timestamp { unit, zoned: true };
        assert_eq!(of(1_791_763_200_000_001, stamp(Tick::Micro)), "2026-10-12T00:00:00.000001Z");
        assert_eq!(of(-1, stamp(Tick::Nano)), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(of(3_661_500, Logical::Time { unit: Tick::Milli }), "01:01:01.5");
        assert_eq!(of(1_500, Logical::Duration { unit: Tick::Milli }), "1.5 s");
        assert_eq!(of(10, Logical::Duration { unit: Tick::Second }), "10 s");
        assert_eq!(of(1 << 60, Logical::Integer { signed: true, bits: 64 }), "1152921504606846976");
        assert_eq!(Extreme::Real { value: f64::from(0.1_f32), bits: 32 }.shown().to_string(), "0.1");
    }
}
