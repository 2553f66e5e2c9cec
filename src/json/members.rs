//! One type for both spellings of AWS's members.
//!
//! AWS writes the same structure as `TrainingJobName` in an API's answer and as `trainingJobName` in `CloudTrail`: the first
//! letter of every *structure member* is lowered, *map keys* (environment variables, hyperparameters) stay as written. serde
//! knows the difference, because a derived type asks for a struct and a map asks for a map. [`Members`] wraps a deserializer
//! and raises the first letter of member names only. A value that `CloudTrail` hides or that is too large for it
//! (`HIDDEN_DUE_TO_SECURITY_REASONS`, `***`, `{"omitted": true, …}`) reads as an absent one.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
    value::{MapDeserializer, SeqDeserializer},
};

/// Deserialises `T` from JSON text in either spelling.
///
/// # Errors
///
/// Where the text is no JSON or does not fit `T`.
pub fn read<'de, T: serde::Deserialize<'de>>(text: &'de [u8]) -> Result<T, serde_json::Error> {
    // Text that is known to be UTF-8 is not looked at again string by string; in text that is not, the place is named.
    match simdutf8::basic::from_utf8(text) {
        Ok(text) => whole(serde_json::Deserializer::from_str(text)),
        Err(_) => whole(serde_json::Deserializer::from_slice(text)),
    }
}

fn whole<'de, R: serde_json::de::Read<'de>, T: serde::Deserialize<'de>>(
    mut deserializer: serde_json::Deserializer<R>,
) -> Result<T, serde_json::Error> {
    let value = T::deserialize(Members(&mut deserializer))?;
    deserializer.end()?;
    Ok(value)
}

/// Returns whether a text stands for a value that was withheld.
pub fn is_withheld(text: &str) -> bool {
    text == "HIDDEN_DUE_TO_SECURITY_REASONS" || (text.len() >= 3 && text.bytes().all(|byte| byte == b'*'))
}

/// A deserializer, visitor, access or seed whose structs take either spelling.
pub struct Members<T>(pub T);

macro_rules! forward {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(Members(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Members<D> {
    type Error = D::Error;

    forward! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_option
        deserialize_unit deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Container { visitor: Members(visitor), is_map: false })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Container { visitor: Members(visitor), is_map: true })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, Members(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        // serde_json passes raw text through a newtype of a private name, which must arrive untouched.
        if name.starts_with("$serde_json") {
            return self.0.deserialize_newtype_struct(name, visitor);
        }
        self.0.deserialize_newtype_struct(name, Members(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, Members(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, name: &'static str, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, len, Members(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Struct { visitor, fields })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Members(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident($type:ty))*) => {
        $(fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.0.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Members<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visit! {
        visit_bool(bool) visit_i64(i64) visit_i128(i128) visit_u64(u64) visit_u128(u128) visit_f64(f64) visit_char(char)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String) visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8])
        visit_byte_buf(Vec<u8>)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Members(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Members(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Members(access))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Members(access))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Members(access))
    }
}

/// Visits a list or a map, or what stands for one that was withheld.
struct Container<V> {
    visitor: V,
    is_map: bool,
}

impl<V> Container<V> {
    fn empty<'de, E: Error>(self) -> Result<V::Value, E>
    where
        V: Visitor<'de>,
    {
        if self.is_map {
            self.visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, &str)>()))
        } else {
            self.visitor.visit_seq(SeqDeserializer::new(std::iter::empty::<&str>()))
        }
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Container<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(access)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(access)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        if text.is_empty() || is_withheld(text) {
            return self.empty();
        }
        Err(E::invalid_type(serde::de::Unexpected::Str(text), &self.visitor))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.empty()
    }
}

/// Visits a structure: an object, or what stands for one that was withheld.
struct Struct<V> {
    visitor: V,
    fields: &'static [&'static str],
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Struct<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(StructFields { access, fields: self.fields, next: 0 })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        if text.is_empty() || is_withheld(text) {
            return self.visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, &str)>()));
        }
        Err(E::invalid_type(serde::de::Unexpected::Str(text), &self.visitor))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, &str)>()))
    }
}

struct StructFields<A> {
    access: A,
    fields: &'static [&'static str],
    /// The field after the one that was read last: mostly the next one to come.
    next: usize,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for StructFields<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.access.next_key_seed(FieldName { seed, fields: self.fields, next: &mut self.next })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.access.next_value_seed(Members(seed))
    }
}

/// Reads a member's name and finds which field it means.
struct FieldName<'n, K> {
    seed: K,
    fields: &'static [&'static str],
    next: &'n mut usize,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for FieldName<'_, K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for FieldName<'_, K> {
    type Value = K::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<K::Value, E> {
        let same = |field: &&str| match (field.as_bytes(), name.as_bytes()) {
            ([own, others @ ..], [first, rest @ ..]) => rest == others && own.eq_ignore_ascii_case(first),
            _ => false,
        };
        let (before, after) = self.fields.split_at(*self.next);
        let found = after.iter().position(same).map(|at| before.len() + at).or_else(|| before.iter().position(same));
        let name = found.map_or(name, |at| {
            *self.next = at + 1;
            self.fields[at]
        });
        self.seed.deserialize(serde::de::value::StrDeserializer::new(name))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Members<A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(Members(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Members(seed))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Members<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Members(deserializer))
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Members<A> {
    type Error = A::Error;
    type Variant = Members<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.0.variant_seed(seed)?;
        Ok((value, Members(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Members<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Members(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Members(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Members(visitor))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct Job {
        training_job_name: Option<String>,
        environment: BTreeMap<String, String>,
        input_data_config: Vec<Channel>,
        stopping_condition: Limit,
    }

    #[derive(Debug, Deserialize, PartialEq, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct Channel {
        s3_uri: Option<String>,
    }

    #[derive(Debug, Deserialize, PartialEq, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct Limit {
        max_runtime_in_seconds: Option<u64>,
    }

    #[test]
    fn members_take_either_spelling_and_map_keys_stay() {
        let describe = r#"{"TrainingJobName":"j","Environment":{"aB":"1","AB":"2"},"InputDataConfig":[{"S3Uri":"s3://b/p"}],
            "StoppingCondition":{"MaxRuntimeInSeconds":60},"New":{"x":[1]}}"#;
        let event = r#"{"trainingJobName":"j","environment":{"aB":"1","AB":"2"},"inputDataConfig":[{"s3Uri":"s3://b/p"}],
            "stoppingCondition":{"maxRuntimeInSeconds":60},"disableEFA":false}"#;
        let (left, right): (Job, Job) = (read(describe.as_bytes()).unwrap(), read(event.as_bytes()).unwrap());
        assert_eq!(left, right);
        assert_eq!(left.environment.keys().collect::<Vec<_>>(), ["AB", "aB"]);
        assert_eq!(left.input_data_config[0].s3_uri.as_deref(), Some("s3://b/p"));
    }

    #[test]
    fn what_was_withheld_is_absent() {
        let job: Job = read(br#"{"trainingJobName":"j","stoppingCondition":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#).unwrap();
        assert_eq!(job.stopping_condition, Limit::default());
        let job: Job = read(br#"{"trainingJobName":"j","environment":"***","inputDataConfig":null}"#).unwrap();
        assert_eq!((job.environment.len(), job.input_data_config.len()), (0, 0));
        let job: Job = read(br#"{"reason":"requestParameters too large","omitted":true,"originalSize":149893}"#).unwrap();
        assert_eq!(job, Job::default());
        assert!(read::<Job>(br#"{"stoppingCondition":"soon"}"#).is_err());
    }

    #[test]
    fn deep_values_that_nobody_asked_for_are_skipped() {
        let text = format!(r#"{{"trainingJobName":"j","x":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        assert_eq!(read::<Job>(text.as_bytes()).unwrap().training_job_name.as_deref(), Some("j"));
    }
}
