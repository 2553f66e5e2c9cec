//! What a column's values are, whatever the file calls them, and what became of that between two files.

use std::fmt;

use arrow_schema::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};

use super::result::{Kind, Schema};

/// The type of a column's values, without the way they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Logical {
    /// Whole numbers of some bits.
    Integer {
        /// Whether some are negative.
        signed: bool,
        /// 8, 16, 32 or 64.
        bits: u8,
    },
    /// Binary floating-point numbers of 16, 32 or 64 bits.
    Float {
        /// 16, 32 or 64.
        bits: u8,
    },
    /// Whole numbers of 10^-scale.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
    /// True or false.
    Boolean,
    /// Text in UTF-8.
    Text,
    /// Bytes.
    Bytes,
    /// Days.
    Date,
    /// Instants, or local times.
    Timestamp {
        /// What they are counted in.
        unit: Tick,
        /// Whether they are instants.
        zoned: bool,
    },
    /// Times of day.
    Time {
        /// What they are counted in.
        unit: Tick,
    },
    /// Lengths of time.
    Duration {
        /// What they are counted in.
        unit: Tick,
    },
}

/// What times are counted in, coarse to fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tick {
    /// 1 s.
    Second,
    /// 10^-3 s.
    Milli,
    /// 10^-6 s.
    Micro,
    /// 10^-9 s.
    Nano,
}

impl Tick {
    /// Returns how many there are in a second.
    pub fn per_second(self) -> i64 {
        match self {
            Self::Second => 1,
            Self::Milli => 1_000,
            Self::Micro => 1_000_000,
            Self::Nano => 1_000_000_000,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Milli => "ms",
            Self::Micro => "us",
            Self::Nano => "ns",
        }
    }
}

impl From<TimeUnit> for Tick {
    fn from(unit: TimeUnit) -> Self {
        match unit {
            TimeUnit::Second => Self::Second,
            TimeUnit::Millisecond => Self::Milli,
            TimeUnit::Microsecond => Self::Micro,
            TimeUnit::Nanosecond => Self::Nano,
        }
    }
}

/// Types whose values can be compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Number,
    Instant,
    TimeOfDay,
    Duration,
    Text,
    Boolean,
}

impl Logical {
    /// Returns the logical type of an Arrow type; nothing for nested types, intervals and the type of nothing but nulls.
    pub fn of(data_type: &DataType) -> Option<Self> {
        let integer = |signed, bits| Some(Self::Integer { signed, bits });
        match data_type {
            DataType::Int8 => integer(true, 8),
            DataType::Int16 => integer(true, 16),
            DataType::Int32 => integer(true, 32),
            DataType::Int64 => integer(true, 64),
            DataType::UInt8 => integer(false, 8),
            DataType::UInt16 => integer(false, 16),
            DataType::UInt32 => integer(false, 32),
            DataType::UInt64 => integer(false, 64),
            DataType::Float16 => Some(Self::Float { bits: 16 }),
            DataType::Float32 => Some(Self::Float { bits: 32 }),
            DataType::Float64 => Some(Self::Float { bits: 64 }),
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale)
            | DataType::Decimal256(precision, scale) => Some(Self::Decimal { precision: *precision, scale: *scale }),
            DataType::Boolean => Some(Self::Boolean),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(Self::Text),
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Some(Self::Bytes),
            DataType::Date32 | DataType::Date64 => Some(Self::Date),
            DataType::Timestamp(unit, zone) => Some(Self::Timestamp { unit: (*unit).into(), zoned: zone.is_some() }),
            DataType::Time32(unit) | DataType::Time64(unit) => Some(Self::Time { unit: (*unit).into() }),
            DataType::Duration(unit) => Some(Self::Duration { unit: (*unit).into() }),
            DataType::Dictionary(_, values) => Self::of(values),
            _ => None,
        }
    }

    /// Returns which statistics its values get.
    pub fn kind(self) -> Kind {
        match self.family() {
            Family::Number => Kind::Numeric,
            Family::Text => Kind::Categorical,
            Family::Boolean => Kind::Boolean,
            Family::Instant | Family::TimeOfDay | Family::Duration => Kind::Temporal,
        }
    }

    fn family(self) -> Family {
        match self {
            Self::Integer { .. } | Self::Float { .. } | Self::Decimal { .. } => Family::Number,
            Self::Boolean => Family::Boolean,
            Self::Text | Self::Bytes => Family::Text,
            Self::Date | Self::Timestamp { .. } => Family::Instant,
            Self::Time { .. } => Family::TimeOfDay,
            Self::Duration { .. } => Family::Duration,
        }
    }

    /// Returns whether all its values are whole numbers of something.
    pub fn is_whole(self) -> bool {
        !matches!(self, Self::Float { .. })
    }

    /// Returns what becomes of values of this type in a column of another.
    pub fn becomes(self, other: Self) -> Schema {
        let widened = |all: bool| if all { Schema::Widened } else { Schema::Narrowed };
        if self == other {
            return Schema::Same;
        }
        if self.family() != other.family() {
            return Schema::Incompatible;
        }
        match (self, other) {
            (Self::Integer { signed, bits }, Self::Integer { signed: to_signed, bits: to }) => {
                widened(if signed == to_signed { to >= bits } else { to_signed && to > bits })
            }
            (Self::Integer { signed, bits }, Self::Float { bits: to }) => {
                let mantissa = match to {
                    16 => 11,
                    32 => 24,
                    _ => 53,
                };
                widened(bits - u8::from(signed) <= mantissa)
            }
            (Self::Integer { bits, .. }, Self::Decimal { precision, scale }) => {
                let digits = match bits {
                    8 => 3,
                    16 => 5,
                    32 => 10,
                    _ => 20,
                };
                widened(i16::from(precision) - i16::from(scale) >= digits)
            }
            (Self::Float { bits }, Self::Float { bits: to }) => widened(to >= bits),
            (Self::Decimal { precision, scale }, Self::Decimal { precision: to, scale: to_scale }) => {
                let whole = i16::from(precision) - i16::from(scale);
                widened(i16::from(to) - i16::from(to_scale) >= whole && to_scale >= scale)
            }
            (Self::Date, Self::Timestamp { .. }) | (Self::Text, Self::Bytes) => Schema::Widened,
            (Self::Timestamp { unit, zoned }, Self::Timestamp { unit: to, zoned: to_zoned }) => {
                widened(zoned == to_zoned && to >= unit)
            }
            (Self::Time { unit }, Self::Time { unit: to }) | (Self::Duration { unit }, Self::Duration { unit: to }) => {
                widened(to >= unit)
            }
            _ => Schema::Narrowed,
        }
    }
}

impl fmt::Display for Logical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer { signed: true, bits } => write!(f, "int{bits}"),
            Self::Integer { signed: false, bits } => write!(f, "uint{bits}"),
            Self::Float { bits: 16 } => f.write_str("half"),
            Self::Float { bits: 32 } => f.write_str("float"),
            Self::Float { .. } => f.write_str("double"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Boolean => f.write_str("boolean"),
            Self::Text => f.write_str("string"),
            Self::Bytes => f.write_str("binary"),
            Self::Date => f.write_str("date"),
            Self::Timestamp { unit, zoned: false } => write!(f, "timestamp[{}]", unit.name()),
            Self::Timestamp { unit, zoned: true } => write!(f, "timestamp[{}, UTC]", unit.name()),
            Self::Time { unit } => write!(f, "time[{}]", unit.name()),
            Self::Duration { unit } => write!(f, "duration[{}]", unit.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_widen_narrow_or_part() {
        let int = |bits| Logical::Integer { signed: true, bits };
        let float = |bits| Logical::Float { bits };
        let decimal = |precision, scale| Logical::Decimal { precision, scale };
        let stamp = |unit, zoned| Logical::Timestamp { unit, zoned };
        for (from, to, expected) in [
            (int(32), int(32), Schema::Same),
            (int(32), int(64), Schema::Widened),
            (int(64), int(32), Schema::Narrowed),
            (int(32), float(64), Schema::Widened),
            (int(64), float(64), Schema::Narrowed),
            (Logical::Integer { signed: false, bits: 32 }, int(32), Schema::Narrowed),
            (Logical::Integer { signed: false, bits: 32 }, int(64), Schema::Widened),
            (float(64), float(32), Schema::Narrowed),
            (decimal(10, 2), decimal(12, 2), Schema::Widened),
            (decimal(10, 2), decimal(10, 4), Schema::Narrowed),
            (decimal(10, 2), float(64), Schema::Narrowed),
            (Logical::Date, stamp(Tick::Micro, false), Schema::Widened),
            (stamp(Tick::Micro, false), stamp(Tick::Nano, false), Schema::Widened),
            (stamp(Tick::Micro, false), stamp(Tick::Micro, true), Schema::Narrowed),
            (Logical::Text, int(64), Schema::Incompatible),
            (Logical::Boolean, int(8), Schema::Incompatible),
            (Logical::Time { unit: Tick::Micro }, Logical::Duration { unit: Tick::Micro }, Schema::Incompatible),
        ] {
            assert_eq!(from.becomes(to), expected, "{from} becomes {to}");
        }
    }
}
