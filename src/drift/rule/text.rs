//! Rules about text and bytes, and what text in a rule can stand for.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use regex::bytes::Regex;

use super::decimal::Decimal;
use super::model::{Kind, Requirement, Scalar};

/// A test of one text.
#[derive(Clone, Debug)]
pub(super) enum TextTest {
    /// Breaks the rule if it is not among these.
    In(BTreeSet<Box<[u8]>>),
    /// Breaks the rule if it is among these.
    NotIn(BTreeSet<Box<[u8]>>),
    /// Breaks the rule if the pattern does not occur in it.
    Matches(Regex),
    /// Breaks the rule if it reads as no such number.
    Reads(Kind),
}

impl TextTest {
    /// Returns the test of a rule, or why a text cannot be asked for it.
    pub(super) fn of(requirement: &Requirement) -> Result<Self, String> {
        let set = |set: &[Scalar]| set.iter().map(|scalar| scalar.to_string().into_bytes().into_boxed_slice()).collect();
        match requirement {
            Requirement::In(values) => Ok(Self::In(set(values))),
            Requirement::NotIn(values) => Ok(Self::NotIn(set(values))),
            Requirement::Matches(pattern) => Ok(Self::Matches(pattern.clone())),
            Requirement::Reads(kind) => Ok(Self::Reads(*kind)),
            Requirement::Min(_) | Requirement::Max(_) | Requirement::Present => {
                Err("the column holds text, which has no bounds; use in, not_in or regex".to_owned())
            }
        }
    }

    /// Returns whether a text breaks the rule.
    pub(super) fn is_broken_by(&self, text: &[u8]) -> bool {
        match self {
            Self::In(set) => !set.contains(text),
            Self::NotIn(set) => set.contains(text),
            Self::Matches(pattern) => !pattern.is_match(text),
            Self::Reads(kind) => !reads(text, *kind),
        }
    }
}

/// Returns whether a text reads as a number. Model Monitor's own patterns are not published; these are Deequ's.
fn reads(text: &[u8], kind: Kind) -> bool {
    let text = text.trim_ascii();
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text).trim_ascii_start();
    let is_whole = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_whole(digits) || kind == Kind::Fractional && std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok())
}

/// Reads a time as seconds since 1970-01-01T00:00:00Z. A time without an offset is UTC, a date its midnight.
pub(super) fn seconds(text: &str) -> Option<Decimal> {
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()
    })?;
    Some(Decimal::new(stamp.as_nanosecond(), 9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_an_offset() {
        let read = |text| seconds(text).map(|at| at.units(0).0.to_string());
        assert_eq!(read("1970-01-02"), Some("86400".to_owned()));
        assert_eq!(read("1970-01-02T00:00:00+01:00"), Some("82800".to_owned()));
        assert_eq!(read("1970-01-01 00:00:01"), Some("1".to_owned()));
        assert_eq!(read("yesterday"), None);
        assert_eq!(read("18"), None);
    }

    #[test]
    fn text_has_no_bounds() {
        let bound = Requirement::Min(Scalar::Text("a".to_owned()));
        assert!(TextTest::of(&bound).unwrap_err().contains("no bounds"));
    }
}
