//! Scalars as AWS's exporters write them, read without fuss.
//!
//! A number may arrive as a string, a string as a number, an empty string or a withheld value stands for nothing, and an instant
//! has a dozen shapes ([`crate::time`]). Each type here holds an `Option`; what cannot be read at all is an error that names the
//! value, so that it is listed and not silently dropped.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use litemap::LiteMap;

use super::members::is_withheld;
use crate::time::Instant;

macro_rules! scalar {
    ($(#[$doc:meta])* $name:ident($type:ty), $expecting:literal, $read:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name(pub Option<$type>);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(ScalarVisitor { expecting: $expecting, read: $read }).map(Self)
            }
        }
    };
}

scalar! {
    /// Text; numbers and booleans as they are written.
    Text(String), "text", |raw| match raw {
        Raw::Text(text) => Some(text.to_owned()),
        Raw::Number(number) => Some(number.to_string()),
        Raw::Whole(number) => Some(number.to_string()),
        Raw::Flag(flag) => Some(flag.to_string()),
    }
}

impl Text {
    /// Returns what a string says: nothing where it is empty or withheld.
    pub fn of(text: &str) -> Self {
        Self((!says_nothing(text)).then(|| text.to_owned()))
    }
}

/// Returns whether a text stands for no value: it is empty or withheld.
pub fn says_nothing(text: &str) -> bool {
    text.is_empty() || is_withheld(text)
}

scalar! {
    /// A whole number.
    Whole(i64), "a whole number", |raw| match raw {
        Raw::Text(text) => text.trim().parse().ok(),
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
        Raw::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(number as i64),
        Raw::Whole(number) => Some(number),
        Raw::Number(_) | Raw::Flag(_) => None,
    }
}

scalar! {
    /// A number.
    Real(f64), "a number", |raw| match raw {
        Raw::Text(text) => text.trim().parse().ok(),
        Raw::Number(number) => Some(number),
        #[expect(clippy::cast_precision_loss, reason = "metric values are floats in their source")]
        Raw::Whole(number) => Some(number as f64),
        Raw::Flag(_) => None,
    }
}

scalar! {
    /// A truth value.
    Flag(bool), "true or false", |raw| match raw {
        Raw::Flag(flag) => Some(flag),
        Raw::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Raw::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// An instant. Text without a zone is read as UTC, which is what every format read with this type documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment(pub Option<Instant>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MomentVisitor).map(Self)
    }
}

/// Tags, written as a list of `{"Key", "Value"}` or as a map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(pub LiteMap<String, String>);

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TagsVisitor).map(Self)
    }
}

/// Values by name, such as environments and hyperparameters; names that have no value are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named(pub LiteMap<String, String>);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamedVisitor).map(Self)
    }
}

/// A scalar before it is given a type.
enum Raw<'a> {
    Text(&'a str),
    Whole(i64),
    Number(f64),
    Flag(bool),
}

struct ScalarVisitor<T> {
    expecting: &'static str,
    read: fn(Raw<'_>) -> Option<T>,
}

impl<T> ScalarVisitor<T> {
    fn take<E: Error>(&self, raw: Raw<'_>, shown: impl fmt::Display) -> Result<Option<T>, E> {
        (self.read)(raw).map(Some).ok_or_else(|| E::custom(format_args!("`{shown}` is not {}", self.expecting)))
    }
}

impl<'de, T> Visitor<'de> for ScalarVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if says_nothing(text) { Ok(None) } else { self.take(Raw::Text(text), text) }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        self.take(Raw::Whole(number), number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => Err(E::custom(format_args!("{number} is too large"))),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        self.take(Raw::Number(number), number)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        self.take(Raw::Flag(flag), flag)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

struct MomentVisitor;

impl<'de> Visitor<'de> for MomentVisitor {
    type Value = Option<Instant>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instant")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if says_nothing(text) {
            return Ok(None);
        }
        Instant::parse(text, true).map(Some).ok_or_else(|| E::custom(format_args!("`{text}` is no instant that is understood")))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Instant::from_number(number).map(Some).ok_or_else(|| E::custom(format_args!("{number} is no instant")))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "instants lie far below 2^53")]
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "instants lie far below 2^53")]
        self.visit_f64(number as f64)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    /// Reads the form that recorded test responses use: `{"__class__": "datetime", "year": …}`.
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut parts = BTreeMap::new();
        while let Some(key) = access.next_key::<String>()? {
            if key == "__class__" {
                access.next_value::<IgnoredAny>()?;
            } else {
                parts.insert(key, access.next_value::<Whole>()?.0.unwrap_or_default());
            }
        }
        let part = |name: &str| parts.get(name).copied().unwrap_or_default();
        let text = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            part("year"),
            part("month"),
            part("day"),
            part("hour"),
            part("minute"),
            part("second"),
            part("microsecond")
        );
        Instant::parse(&text, true).map(Some).ok_or_else(|| A::Error::custom(format_args!("{text} is no instant")))
    }
}

struct NamedVisitor;

impl<'de> Visitor<'de> for NamedVisitor {
    type Value = LiteMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("values by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut values = LiteMap::new_vec();
        while let Some((name, value)) = access.next_entry::<String, Text>()? {
            if let Some(value) = value.0 {
                values.insert(name, value);
            }
        }
        Ok(fitted(values))
    }
}

/// Gives back the memory that was taken in case there would be more: most jobs have few tags, and many facts are kept.
fn fitted(map: LiteMap<String, String>) -> LiteMap<String, String> {
    let mut entries = map.into_tuple_vec();
    entries.shrink_to_fit();
    LiteMap::from_sorted_store_unchecked(entries)
}

/// A tag, in either spelling.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Tag {
    #[serde(rename = "Key", alias = "key")]
    key: Text,
    #[serde(rename = "Value", alias = "value")]
    value: Text,
}

struct TagsVisitor;

impl<'de> Visitor<'de> for TagsVisitor {
    type Value = LiteMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tags")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut tags = LiteMap::new_vec();
        while let Some(tag) = access.next_element::<Tag>()? {
            if let Some(key) = tag.key.0 {
                tags.insert(key, tag.value.0.unwrap_or_default());
            }
        }
        Ok(fitted(tags))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut tags = LiteMap::new_vec();
        while let Some((key, value)) = access.next_entry::<String, Text>()? {
            tags.insert(key, value.0.unwrap_or_default());
        }
        Ok(fitted(tags))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(LiteMap::new_vec())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(LiteMap::new_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn scalars_come_in_many_clothes() {
        assert_eq!(read::<Whole>("\"7200\"").unwrap().0, Some(7200));
        assert_eq!(read::<Whole>("7200.0").unwrap().0, Some(7200));
        assert_eq!(read::<Text>("6").unwrap().0.as_deref(), Some("6"));
        assert_eq!(read::<Text>("\"\"").unwrap().0, None);
        assert_eq!(read::<Text>("\"HIDDEN_DUE_TO_SECURITY_REASONS\"").unwrap().0, None);
        assert_eq!(read::<Flag>("\"true\"").unwrap().0, Some(true));
        assert_eq!(read::<Whole>("\"soon\"").unwrap_err(), "`soon` is not a whole number at line 1 column 6");
    }

    #[test]
    fn instants_and_tags() {
        let recorded =
            r#"{"__class__":"datetime","year":2020,"month":1,"day":2,"hour":3,"minute":4,"second":5,"microsecond":600000}"#;
        assert_eq!(read::<Moment>(recorded).unwrap().0.unwrap().to_string(), "2020-01-02T03:04:05.6Z");
        assert!(read::<Moment>("\"datetime.datetime(2020, 1, 2)\"").unwrap_err().contains("no instant"));
        let list: Tags = read(r#"[{"key":"a","value":"1"},{"Key":"b","Value":""}]"#).unwrap();
        let map: Tags = read(r#"{"a":"1","b":""}"#).unwrap();
        assert_eq!(list, map);
    }
}
