//! The file of rules: its words, what they mean, and what is refused.

use std::collections::BTreeSet;
use std::fmt;

use regex::bytes::Regex;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::decimal::Decimal;
use crate::settings::wrong;

/// Rules about columns, sorted by column and then by kind.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

/// One rule about one column.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Under which name it is reported: `user_age_below_min`.
    pub flag: String,
    /// Name of the column.
    pub column: String,
    /// What its values must fulfil.
    pub requirement: Requirement,
    /// The share of rows, from 0 to 1, that may break it without its being broken.
    pub allowed_share: f64,
}

/// What values must fulfil.
#[derive(Clone, Debug)]
pub enum Requirement {
    /// At least this much; inclusive.
    Min(Scalar),
    /// At most this much; inclusive.
    Max(Scalar),
    /// One of these.
    In(Vec<Scalar>),
    /// None of these.
    NotIn(Vec<Scalar>),
    /// Text in which the pattern occurs; `^` and `$` tie it to the ends.
    Matches(Regex),
    /// A value that is, or as text reads as, a number of this kind. Files of rules do not say this; Model Monitor's constraints do.
    Reads(Kind),
    /// A value at all: the share of rows without one is at most the rule's `allowed_share`.
    Present,
}

/// A kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole.
    Integral,
    /// Any.
    Fractional,
}

/// A value in a file of rules.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A number, exactly as written.
    Number(Decimal),
    /// A text; also a time, such as `2026-10-12T00:00:00Z`, or a number of more digits than JSON's readers keep.
    Text(String),
    /// `true` or `false`.
    Truth(bool),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Truth(truth) => truth.fmt(f),
        }
    }
}

impl Requirement {
    /// Returns what a flag of such a rule ends in.
    pub const fn suffix(&self) -> &'static str {
        match self {
            Self::Min(_) => "below_min",
            Self::Max(_) => "above_max",
            Self::In(_) => "not_in_set",
            Self::NotIn(_) => "in_forbidden_set",
            Self::Matches(_) => "not_matching",
            Self::Reads(_) => "of_other_type",
            Self::Present => "null_share",
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Min(_) => 0,
            Self::Max(_) => 1,
            Self::In(_) => 2,
            Self::NotIn(_) => 3,
            Self::Matches(_) => 4,
            Self::Reads(_) => 5,
            Self::Present => 6,
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |set: &[Scalar]| {
            const SHOWN: usize = 8;
            let mut words: Vec<String> = set.iter().take(SHOWN).map(ToString::to_string).collect();
            if set.len() > SHOWN {
                words.push(format!("… ({} in all)", set.len()));
            }
            words.join(", ")
        };
        match self {
            Self::Min(bound) => write!(f, "at least {bound}"),
            Self::Max(bound) => write!(f, "at most {bound}"),
            Self::In(set) => write!(f, "one of {}", list(set)),
            Self::NotIn(set) => write!(f, "none of {}", list(set)),
            Self::Matches(pattern) => write!(f, "matching {}", pattern.as_str()),
            Self::Reads(Kind::Integral) => write!(f, "a whole number"),
            Self::Reads(Kind::Fractional) => write!(f, "a number"),
            Self::Present => write!(f, "not null"),
        }
    }
}

impl Rule {
    /// Returns a rule with the usual flag, the column's name and what is wrong: `user_age_below_min`.
    pub fn new(column: &str, requirement: Requirement, allowed_share: f64) -> Self {
        Self { flag: format!("{column}_{}", requirement.suffix()), column: column.to_owned(), requirement, allowed_share }
    }

    /// Returns whether so many broken rows of so many break the rule.
    #[expect(clippy::cast_precision_loss, reason = "a share is a fraction; counts beyond 2^53 rows do not occur")]
    pub fn is_broken(&self, broken: u64, rows: u64) -> bool {
        broken > 0 && broken as f64 > self.allowed_share * rows as f64
    }
}

impl RuleSet {
    /// Reads rules as JSON.
    ///
    /// # Errors
    ///
    /// Where the text is no file of rules: what is wrong, with line and column.
    pub fn parse_json(text: &str) -> Result<Self, String> {
        serde_json::from_str::<Document>(text).map_err(|error| error.to_string())?.rules()
    }

    /// Reads rules as TOML: a table for each column.
    ///
    /// # Errors
    ///
    /// Where the text is no file of rules: what is wrong, with its place.
    pub fn parse_toml(text: &str) -> Result<Self, String> {
        toml::from_str::<Document>(text).map_err(|error| wrong(&error, text))?.rules()
    }

    /// Reads rules as JSON where the text begins with `{`, else as TOML.
    ///
    /// # Errors
    ///
    /// As [`RuleSet::parse_json`] and [`RuleSet::parse_toml`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('{') { Self::parse_json(text) } else { Self::parse_toml(text) }
    }

    /// Returns rules made elsewhere, in the order given.
    pub const fn of(rules: Vec<Rule>) -> Self {
        Self { rules }
    }

    /// Returns the rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Returns the names of the columns that rules are about, sorted.
    pub fn columns(&self) -> BTreeSet<&str> {
        self.rules.iter().map(|rule| rule.column.as_str()).collect()
    }

    /// Returns the rules about a column, each with its position among all.
    pub fn of_column<'a>(&'a self, column: &'a str) -> impl Iterator<Item = (usize, &'a Rule)> {
        self.rules.iter().enumerate().filter(move |(_, rule)| rule.column == column)
    }
}

/// The file: columns in the order written. A map would take the last of two tables of one column and drop the first silently.
struct Document(Vec<(String, Column)>);

/// What may be said of a column.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    min: Option<Graded>,
    max: Option<Graded>,
    #[serde(rename = "in")]
    among: Option<GradedSet>,
    not_in: Option<GradedSet>,
    regex: Option<GradedPattern>,
    max_null_share: Option<f64>,
    allowed_share: Option<f64>,
}

/// A value alone, or with a share of its own.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "expected a number, a time in quotes, or a table of value and allowed_share")]
enum Graded {
    Alone(Written),
    With(GradedTable<Written>),
}

/// A list alone, or with a share of its own.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "expected a list of values, or a table of value (the list) and allowed_share")]
enum GradedSet {
    Alone(Vec<Written>),
    With(GradedTable<Vec<Written>>),
}

/// A pattern alone, or with a share of its own.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "expected a regular expression, or a table of value and allowed_share")]
enum GradedPattern {
    Alone(String),
    With(GradedTable<String>),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct GradedTable<T> {
    value: T,
    allowed_share: f64,
}

/// A scalar as JSON and TOML write it.
struct Written(Scalar);

impl Document {
    fn rules(self) -> Result<RuleSet, String> {
        let mut rules = Vec::new();
        for (name, column) in self.0 {
            let read = column.rules(&name).map_err(|why| format!("column `{name}`: {why}"))?;
            if read.is_empty() {
                return Err(format!("column `{name}` has no rule; there are min, max, in, not_in, regex and max_null_share"));
            }
            rules.extend(read);
        }
        rules.sort_by(|a, b| (&a.column, a.requirement.rank()).cmp(&(&b.column, b.requirement.rank())));
        Ok(RuleSet { rules })
    }
}

impl Column {
    fn rules(self, name: &str) -> Result<Vec<Rule>, String> {
        let mut rules = Vec::new();
        let usual = self.allowed_share;
        let mut add = |requirement, own: Option<f64>| {
            let allowed_share = share("allowed_share", own.or(usual).unwrap_or(0.0))?;
            rules.push(Rule::new(name, requirement, allowed_share));
            Ok::<(), String>(())
        };
        let bounds = [(self.min, true), (self.max, false)];
        let mut numbers = Vec::new();
        for (bound, is_min) in bounds {
            let (bound, own) = match bound {
                None => continue,
                Some(Graded::Alone(bound)) => (bound.0, None),
                Some(Graded::With(table)) => (table.value.0, Some(table.allowed_share)),
            };
            if let Scalar::Truth(truth) = bound {
                return Err(format!("{truth} is no bound; give a number, or a time in quotes"));
            }
            if let Scalar::Number(number) = bound {
                numbers.push(number.to_f64());
            }
            add(if is_min { Requirement::Min(bound) } else { Requirement::Max(bound) }, own)?;
        }
        if let [min, max] = numbers[..]
            && min > max
        {
            return Err(format!("min {min} is above max {max}: no value could keep both"));
        }
        for (set, is_among) in [(self.among, true), (self.not_in, false)] {
            let (set, own) = match set {
                None => continue,
                Some(GradedSet::Alone(set)) => (set, None),
                Some(GradedSet::With(table)) => (table.value, Some(table.allowed_share)),
            };
            if set.is_empty() {
                return Err("the set is empty".to_owned());
            }
            let set = set.into_iter().map(|written| written.0).collect();
            add(if is_among { Requirement::In(set) } else { Requirement::NotIn(set) }, own)?;
        }
        let pattern = match self.regex {
            None => None,
            Some(GradedPattern::Alone(pattern)) => Some((pattern, None)),
            Some(GradedPattern::With(table)) => Some((table.value, Some(table.allowed_share))),
        };
        if let Some((pattern, own)) = pattern {
            let regex = Regex::new(&pattern).map_err(|error| format!("regex: {error}"))?;
            add(Requirement::Matches(regex), own)?;
        }
        if let Some(limit) = self.max_null_share {
            add(Requirement::Present, Some(share("max_null_share", limit)?))?;
        }
        Ok(rules)
    }
}

fn share(word: &str, share: f64) -> Result<f64, String> {
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(format!("{word} = {share} is no share; it lies from 0 to 1")) }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Columns;
        impl<'de> Visitor<'de> for Columns {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns with their rules, as {\"user_age\": {\"min\": 18}}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let mut columns: Vec<(String, Column)> = Vec::new();
                while let Some((name, column)) = map.next_entry::<String, Column>()? {
                    if columns.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom(format!("column `{name}` occurs twice")));
                    }
                    columns.push((name, column));
                }
                Ok(Document(columns))
            }
        }
        from.deserialize_map(Columns)
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Value;
        impl<'de> Visitor<'de> for Value {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a text, a time, true or false")
            }

            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Written, E> {
                Ok(Written(Scalar::Truth(truth)))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Written, E> {
                Ok(Written(Scalar::Number(Decimal::new(number.into(), 0))))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Written, E> {
                Ok(Written(Scalar::Number(Decimal::new(number.into(), 0))))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Written, E> {
                // The shortest text that reads back as this number is what was written.
                Decimal::parse(&format!("{number:e}"))
                    .map(|number| Written(Scalar::Number(number)))
                    .ok_or_else(|| E::custom(format!("{number} is out of range")))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Written, E> {
                Ok(Written(Scalar::Text(text.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
                // TOML's dates and times arrive as a map with this one key.
                match map.next_entry::<String, String>()? {
                    Some((key, text)) if key == "$__toml_private_datetime" => Ok(Written(Scalar::Text(text))),
                    _ => Err(de::Error::custom("a table; a bound with a share of its own is {value, allowed_share}")),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Written, A::Error> {
                Err(de::Error::custom("a list where one value belongs"))
            }
        }
        from.deserialize_any(Value)
    }
}
