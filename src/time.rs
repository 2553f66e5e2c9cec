//! Instants as AWS tools write them.
//!
//! One AWS timestamp reaches an exporter in a dozen shapes: RFC 3339 with the operator's local offset, epoch seconds as a
//! float, epoch milliseconds as a number or a string, `+0000` without a colon, a space for the `T`. This module turns each of
//! them into one integer of microseconds since the epoch, and writes it back as RFC 3339 in UTC. Nothing here reads a clock.

use std::fmt;
use std::num::NonZeroI64;

use jiff::{Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
///
/// Zero is left out, so that an `Option` takes no more room than an instant: what is not before the epoch is counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(NonZeroI64);

/// Seconds as a signed count, for differences between instants.
pub type Seconds = i64;

/// Numbers at or above this are epoch milliseconds, below it epoch seconds (1e11 s is the year 5138, 1e11 ms is 1973).
const MILLISECONDS_FROM: f64 = 1e11;

impl Instant {
    /// No record is of a later time: 2200-01-01T00:00:00Z.
    pub const LAST: Self = Self::from_seconds(7_258_118_400);

    /// Returns the instant that lies `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        match NonZeroI64::new(if micros < 0 { micros } else { micros.saturating_add(1) }) {
            Some(counted) => Self(counted),
            None => Self(NonZeroI64::MIN),
        }
    }

    /// Returns the instant that lies `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self::from_micros(millis.saturating_mul(1_000))
    }

    /// Returns the instant that lies `seconds` seconds after the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Returns the microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        let counted = self.0.get();
        if counted < 0 { counted } else { counted - 1 }
    }

    /// Returns the whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.micros().div_euclid(1_000_000)
    }

    /// Returns this instant moved by `seconds` (negative: earlier).
    #[must_use]
    pub const fn plus(self, seconds: Seconds) -> Self {
        Self::from_micros(self.micros().saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Returns the seconds from `earlier` to this instant, rounded towards zero.
    pub const fn since(self, earlier: Self) -> Seconds {
        self.micros().saturating_sub(earlier.micros()) / 1_000_000
    }

    /// Returns the latest instant not after this one that is a whole number of `seconds` after the epoch.
    #[must_use]
    pub const fn rounded_down(self, seconds: Seconds) -> Self {
        match seconds.checked_mul(1_000_000) {
            Some(step) if step > 0 => Self::from_micros(self.micros().saturating_sub(self.micros().rem_euclid(step))),
            _ => self,
        }
    }

    /// Returns the earliest instant not before this one that is a whole number of `seconds` after the epoch.
    #[must_use]
    pub const fn rounded_up(self, seconds: Seconds) -> Self {
        let down = self.rounded_down(seconds);
        if down.micros() == self.micros() { self } else { down.plus(seconds) }
    }

    /// Reads the text forms listed in the module documentation; text without a zone is taken as UTC only where
    /// `zoneless_is_utc` says that its source documents so. What lies after [`Self::LAST`] is no time of anything that was recorded.
    pub fn parse(text: &str, zoneless_is_utc: bool) -> Option<Self> {
        Self::read(text.trim(), zoneless_is_utc).filter(|at| *at < Self::LAST)
    }

    fn read(text: &str, zoneless_is_utc: bool) -> Option<Self> {
        if let Some(instant) = canonical(text.as_bytes()) {
            return Some(instant);
        }
        if let Ok(stamp) = text.parse::<Timestamp>() {
            return Some(Self::from_micros(stamp.as_microsecond()));
        }
        if let Ok(number) = text.parse::<f64>() {
            return Self::from_number(number);
        }
        let text = text.strip_suffix(" UTC").unwrap_or(text);
        if zoneless_is_utc {
            let civil: jiff::civil::DateTime = text.parse().ok()?;
            let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
            return Some(Self::from_micros(zoned.timestamp().as_microsecond()));
        }
        None
    }

    /// Reads an epoch number: seconds below 1e11, milliseconds from there on.
    pub fn from_number(number: f64) -> Option<Self> {
        if !number.is_finite() || number.abs() > 1e15 {
            return None;
        }
        let micros = if number.abs() >= MILLISECONDS_FROM { number * 1e3 } else { number * 1e6 };
        #[expect(clippy::cast_possible_truncation, reason = "bounded above by 1e15 * 1e3 < i64::MAX")]
        Some(Self::from_micros(micros.round() as i64)).filter(|at| *at < Self::LAST)
    }

    /// Reads a text in the given `strptime` form as UTC.
    pub fn parse_as(form: &str, text: &str) -> Option<Self> {
        let broken = jiff::fmt::strtime::parse(form, text).ok()?;
        if let Ok(stamp) = broken.to_timestamp() {
            return Some(Self::from_micros(stamp.as_microsecond()));
        }
        let civil = broken.to_datetime().ok()?;
        Some(Self::from_micros(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond()))
    }

    /// Writes the instant in the given time zone, with its offset, to the second.
    pub fn in_zone(self, zone: &TimeZone) -> String {
        match Timestamp::from_microsecond(self.micros()) {
            Ok(stamp) => stamp.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
            Err(_) => self.to_string(),
        }
    }

    /// Writes the instant in UTC to the second, the form people read.
    pub fn to_seconds_text(self) -> String {
        Self::from_seconds(self.seconds()).to_string()
    }
}

/// Reads `YYYY-MM-DDTHH:MM:SSZ`, the one form that arrives millions of times, without going through the general parser.
fn canonical(text: &[u8]) -> Option<Instant> {
    let text: &[u8; 20] = text.try_into().ok()?;
    if !(text[4] == b'-' && text[7] == b'-' && text[10] == b'T' && text[13] == b':' && text[16] == b':' && text[19] == b'Z') {
        return None;
    }
    let two = |at: usize| -> Option<i64> {
        let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
    };
    let year = two(0)? * 100 + two(2)?;
    let (month, day, hour, minute, second) = (two(5)?, two(8)?, two(11)?, two(14)?, two(17)?);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days from the civil calendar, counted in 400-year eras that begin in March.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(Instant::from_seconds(days * 86_400 + hour * 3_600 + minute * 60 + second))
}

impl fmt::Display for Instant {
    /// Writes RFC 3339 in UTC with `Z`; the fraction only where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = if self.micros() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        write!(f, "{}", Timestamp::from_microsecond(self.micros()).unwrap_or(ends))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339 in UTC with Z"
        })
    }
}

/// Writes a length of time for people: `2 h 34 min`, `74 h`, `47 s`.
pub fn duration_text(seconds: Seconds) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let total = seconds.unsigned_abs();
    let (days, hours, minutes, rest) = (total / 86_400, total % 86_400 / 3_600, total % 3_600 / 60, total % 60);
    let text = match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) if rest == 0 => format!("{minutes} min"),
        (0, 0, _) => format!("{minutes} min {rest} s"),
        (0 | 1, _, _) if minutes == 0 => format!("{} h", total / 3_600),
        (0 | 1, _, _) => format!("{} h {minutes} min", total / 3_600),
        (_, 0, _) => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> String {
        Instant::parse(text, true).map_or_else(|| "?".to_owned(), |instant| instant.to_string())
    }

    #[test]
    fn every_shape_of_one_instant_reads_the_same() {
        for text in [
            "2026-03-02T10:12:03Z",
            "2026-03-02T11:12:03+01:00",
            "2026-03-02 10:12:03+00:00",
            "2026-03-02T10:12:03.000+0000",
            "1772446323",
            "1772446323.0",
            "1772446323000",
            "2026-03-02 10:12:03.000",
            "2026-03-02 10:12:03.000 UTC",
        ] {
            assert_eq!(utc(text), "2026-03-02T10:12:03Z", "{text}");
        }
        assert_eq!(utc("1772446323.118"), "2026-03-02T10:12:03.118Z");
        assert_eq!(utc("2026-03-02T11:12:03.118000+01:00"), "2026-03-02T10:12:03.118Z");
    }

    #[test]
    fn what_lies_around_the_epoch_keeps_its_place() {
        let around: Vec<Instant> = [i64::MIN, -2, -1, 0, 1, 2].map(Instant::from_micros).to_vec();
        assert!(around.is_sorted_by(|one, next| one < next));
        assert_eq!(around.iter().map(|at| at.micros()).collect::<Vec<_>>(), [i64::MIN, -2, -1, 0, 1, 2]);
        assert_eq!(size_of::<Option<Instant>>(), size_of::<Instant>());
    }

    #[test]
    fn the_fast_path_agrees_with_the_library() {
        for seconds in (0..4_102_444_800_i64).step_by(86_399 * 7) {
            let instant = Instant::from_seconds(seconds);
            assert_eq!(canonical(instant.to_string().as_bytes()), Some(instant));
        }
        for bad in ["2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-04-30T24:00:00Z"] {
            assert_eq!(canonical(bad.as_bytes()), None, "{bad}");
            assert_eq!(Instant::parse(bad, true), None, "{bad}");
        }
    }

    #[test]
    fn text_without_a_zone_needs_permission() {
        assert_eq!(Instant::parse("2026-03-02 10:12:03", false), None);
        assert!(Instant::parse("2026-03-02 10:12:03", true).is_some());
        for bad in ["", "yesterday", "NaN", "1e300"] {
            assert_eq!(Instant::parse(bad, true), None, "{bad}");
        }
    }

    #[test]
    fn what_nobody_can_have_recorded_is_no_time() {
        assert_eq!(utc("2199-12-31T23:59:59Z"), "2199-12-31T23:59:59Z");
        for absurd in
            ["2200-01-01T00:00:00Z", "9998-10-06 00:00:00", "9999-12-31T08:00:00Z", "99999999999", "1e15", "8000000000000"]
        {
            assert_eq!(Instant::parse(absurd, true), None, "{absurd}");
        }
        for micros in [i64::MAX, i64::MIN] {
            assert!(Instant::from_micros(micros).to_string().parse::<Timestamp>().is_ok());
        }
    }

    #[test]
    fn durations_read_like_speech() {
        for (seconds, text) in [
            (0, "0 s"),
            (47, "47 s"),
            (7_234, "2 h"),
            (9_240, "2 h 34 min"),
            (266_400, "3 d 2 h"),
            (86_400, "24 h"),
            (-90, "-1 min 30 s"),
        ] {
            assert_eq!(duration_text(seconds), text);
        }
    }
}
