//! `statistics.json`: the columns of a data set as Model Monitor keeps them, and as values again.
//!
//! A numeric column is a KLL sketch: the values of level `i` each stand for 2^i values, and the weights add up to the number of
//! values. Below about 2,000 values level 0 holds them all. A text column is a count for each value. Written out as values, a
//! profile can be compared like any data: the distances are those that Model Monitor computes from its sketches.

use serde::Deserialize;
use serde::de::{self, Deserializer};

use super::constraints::Inferred;

/// A file of statistics.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// Rows of the data set.
    pub rows: u64,
    /// The columns, in the order of the file.
    pub profiles: Vec<Profile>,
}

/// One column.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The type its values were read as.
    pub inferred: Inferred,
    /// Rows with a value.
    pub present: u64,
    /// Rows without.
    pub missing: u64,
    /// Its values, if the file keeps them.
    pub summary: Summary,
}

/// The values of a column, as far as they are kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Summary {
    /// Numbers, sorted, each with how many values it stands for.
    Numbers(Vec<(f64, u64)>),
    /// Texts, sorted, each with its count.
    Texts(Vec<(String, u64)>),
    /// Nothing to compare: why.
    Nothing(String),
}

#[derive(Deserialize)]
struct File {
    dataset: Dataset,
    features: Vec<Raw>,
}

#[derive(Deserialize)]
struct Dataset {
    #[serde(deserialize_with = "count")]
    item_count: u64,
}

#[derive(Deserialize)]
struct Raw {
    name: String,
    inferred_type: Inferred,
    numerical_statistics: Option<Numerical>,
    string_statistics: Option<Strings>,
}

#[derive(Deserialize)]
struct Common {
    #[serde(deserialize_with = "count")]
    num_present: u64,
    #[serde(deserialize_with = "count")]
    num_missing: u64,
}

#[derive(Deserialize)]
struct Numerical {
    common: Common,
    distribution: Option<NumericalDistribution>,
}

#[derive(Deserialize)]
struct NumericalDistribution {
    kll: Option<Kll>,
}

#[derive(Deserialize)]
struct Kll {
    sketch: Option<Sketch>,
}

#[derive(Deserialize)]
struct Sketch {
    data: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Strings {
    common: Common,
    #[serde(default, deserialize_with = "maybe_count")]
    distinct_count: Option<u64>,
    distribution: Option<StringDistribution>,
}

#[derive(Deserialize)]
struct StringDistribution {
    categorical: Option<Categorical>,
}

#[derive(Deserialize)]
struct Categorical {
    buckets: Vec<Bucket>,
}

#[derive(Deserialize)]
struct Bucket {
    value: String,
    #[serde(deserialize_with = "count")]
    count: u64,
}

/// Reads a count that may be written as `200.0`.
fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Count {
        Whole(u64),
        Real(f64),
    }
    match Count::deserialize(from)? {
        Count::Whole(count) => Ok(count),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole, not negative, and below 2^53")]
        Count::Real(count) if count.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&count) => Ok(count as u64),
        Count::Real(count) => Err(de::Error::custom(format!("{count} is no count"))),
    }
}

fn maybe_count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    count(from).map(Some)
}

impl Statistics {
    /// Reads `statistics.json` of data quality.
    ///
    /// # Errors
    ///
    /// Where the text is no such file, or a sketch does not add up: what is wrong, with line and column or with the feature.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let file: File =
            serde_json::from_slice(text).map_err(|error| format!("no statistics of Model Monitor's data quality: {error}"))?;
        let mut profiles = Vec::with_capacity(file.features.len());
        for raw in file.features {
            let name = raw.name.clone();
            profiles.push(raw.profile().map_err(|why| format!("feature `{name}`: {why}"))?);
        }
        Ok(Self { rows: file.dataset.item_count, profiles })
    }

    /// Returns whether a JSON text looks like such a file, from its beginning alone.
    pub fn is_likely(head: &[u8]) -> bool {
        let has = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
        head.trim_ascii_start().starts_with(b"{") && has(b"\"item_count\"") && has(b"\"features\"")
    }
}

impl Raw {
    fn profile(self) -> Result<Profile, String> {
        let (common, summary) = match (self.numerical_statistics, self.string_statistics) {
            (Some(numbers), _) => {
                let summary = match numbers.distribution.and_then(|distribution| distribution.kll).and_then(|kll| kll.sketch) {
                    None => Summary::Nothing("the file keeps no sketch of it".to_owned()),
                    Some(sketch) => Summary::Numbers(weighted(sketch.data, numbers.common.num_present)?),
                };
                (numbers.common, summary)
            }
            (None, Some(strings)) => {
                let buckets = strings.distribution.and_then(|distribution| distribution.categorical);
                let summary = buckets.map_or_else(
                    || Summary::Nothing("the file keeps no counts of its values".to_owned()),
                    |categorical| counted(categorical.buckets, strings.common.num_present, strings.distinct_count),
                );
                (strings.common, summary)
            }
            (None, None) => {
                return Ok(Profile {
                    name: self.name,
                    inferred: self.inferred_type,
                    present: 0,
                    missing: 0,
                    summary: Summary::Nothing("the file says nothing of its values".to_owned()),
                });
            }
        };
        Ok(Profile {
            name: self.name,
            inferred: self.inferred_type,
            present: common.num_present,
            missing: common.num_missing,
            summary,
        })
    }
}

fn weighted(levels: Vec<Vec<f64>>, present: u64) -> Result<Vec<(f64, u64)>, String> {
    let mut values = Vec::new();
    let mut total: u64 = 0;
    for (level, held) in levels.into_iter().enumerate() {
        let weight =
            u32::try_from(level).ok().and_then(|level| 1_u64.checked_shl(level)).ok_or("its sketch has too many levels")?;
        for value in held {
            total = total.checked_add(weight).ok_or("its sketch holds too many values")?;
            values.push((value, weight));
        }
    }
    if total != present {
        return Err(format!("its sketch stands for {total} values, and the file counts {present}"));
    }
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(values)
}

fn counted(buckets: Vec<Bucket>, present: u64, distinct: Option<u64>) -> Summary {
    let total: u64 = buckets.iter().fold(0, |total, bucket| total.saturating_add(bucket.count));
    if total != present {
        let of = distinct.map_or_else(String::new, |distinct| format!(" of {distinct} distinct ones"));
        return Summary::Nothing(format!(
            "the file keeps {} values{of}, which stand for {total} of {present} rows",
            buckets.len()
        ));
    }
    let mut values: Vec<(String, u64)> = buckets.into_iter().map(|bucket| (bucket.value, bucket.count)).collect();
    values.sort();
    Summary::Texts(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(sketch: &str, present: u64) -> Result<Statistics, String> {
        Statistics::parse(
            format!(
                r#"{{"version": 0.0, "dataset": {{"item_count": 7.0}}, "features": [{{"name": "x", "inferred_type": "Fractional",
                "numerical_statistics": {{"common": {{"num_present": {present}, "num_missing": 2.0}}, "mean": "NaN",
                "distribution": {{"kll": {{"buckets": [], "sketch": {{"parameters": {{"c": 0.64, "k": 2048.0}}, "data": {sketch}}}}}}}}}}}]}}"#
            )
            .as_bytes(),
        )
    }

    #[test]
    fn a_value_of_level_i_stands_for_two_to_the_i() {
        let read = numeric("[[3.0], [1.0, 2.0]]", 5).unwrap();
        assert_eq!(read.rows, 7);
        assert_eq!(read.profiles[0].summary, Summary::Numbers(vec![(1.0, 2), (2.0, 2), (3.0, 1)]));
        assert_eq!((read.profiles[0].present, read.profiles[0].missing), (5, 2));
    }

    #[test]
    fn a_sketch_that_does_not_add_up_is_refused() {
        assert!(numeric("[[3.0], [1.0, 2.0]]", 6).unwrap_err().contains("stands for 5 values, and the file counts 6"));
        assert!(numeric("[[3.0]]", 1).is_ok());
        let levels = format!("[{}[1.0]]", "[],".repeat(64));
        assert!(numeric(&levels, 1).unwrap_err().contains("too many levels"));
    }

    #[test]
    fn counts_of_some_values_only_are_no_distribution() {
        let text = |count| {
            format!(
                r#"{{"dataset": {{"item_count": 4}}, "features": [{{"name": "p", "inferred_type": "String", "string_statistics":
                {{"common": {{"num_present": 4, "num_missing": 0}}, "distinct_count": 3.0,
                "distribution": {{"categorical": {{"buckets": [{{"value": "b", "count": {count}}}, {{"value": "a", "count": 1}}]}}}}}}}}]}}"#
            )
        };
        let whole = Statistics::parse(text(3).as_bytes()).unwrap();
        assert_eq!(whole.profiles[0].summary, Summary::Texts(vec![("a".into(), 1), ("b".into(), 3)]));
        let part = Statistics::parse(text(2).as_bytes()).unwrap();
        assert_eq!(
            part.profiles[0].summary,
            Summary::Nothing("the file keeps 2 values of 3 distinct ones, which stand for 3 of 4 rows".into())
        );
        assert!(Statistics::is_likely(text(1).as_bytes()) && !Statistics::is_likely(b"[1]"));
    }
}
