//! Keys that paths state: Hive's `dt=2026-10-12`, and the endpoint, variant and hour of captures.

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use crate::drift::source::{Every, Partition, RowKey};

/// By what rows are grouped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct By(Vec<Key>);

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A key that paths state, or else a column.
    Named(String),
    /// A part of the time that paths state: of a capture's folder, or of `year=`, `month=`, `day=`, `hour=`.
    Time(Every),
    /// A part of the time in a column.
    TimeOf(String, Every),
}

impl By {
    /// Reads `endpoint,variant,day` and `region,event_time:month`.
    ///
    /// # Errors
    ///
    /// Where a key is empty, or what follows a colon is no hour, day or month.
    pub fn parse(text: &str) -> Result<Self, String> {
        let every = |word: &str| match word {
            "hour" => Some(Every::Hour),
            "day" => Some(Every::Day),
            "month" => Some(Every::Month),
            _ => None,
        };
        let mut keys: Vec<Key> = Vec::new();
        for word in text.split(',').map(str::trim) {
            let key = match (word.rsplit_once(':'), every(word)) {
                _ if word.is_empty() => return Err(format!("`{text}` holds an empty key")),
                (_, Some(every)) => Key::Time(every),
                (Some((column, part)), None) => {
                    let every = every(part).ok_or_else(|| format!("`{word}`: after the colon stands hour, day or month"))?;
                    Key::TimeOf(column.to_owned(), every)
                }
                (None, None) => Key::Named(word.to_owned()),
            };
            if keys.contains(&key) {
                return Err(format!("`{text}` names {word} twice"));
            }
            keys.push(key);
        }
        Ok(Self(keys))
    }

    /// Returns the keys.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }
}

/// What a path states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stated {
    keys: Vec<(String, Option<String>)>,
    /// Endpoint, variant, and year, month, day, hour of a capture.
    capture: Option<(String, String, [String; 4])>,
}

/// What Hive writes for a null.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// Reads what the folders of a path state.
pub(super) fn stated(path: &str) -> Stated {
    let mut stated = Stated::default();
    let parts: Vec<&str> = path.split('/').collect();
    let folders = &parts[..parts.len().saturating_sub(1)];
    for (key, value) in folders.iter().filter_map(|part| part.split_once('=')).filter(|(key, _)| !key.is_empty()) {
        let decode = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let value = (value != HIVE_NULL).then(|| decode(value));
        let key = decode(key);
        // The innermost of two is the one that a reader would take last.
        stated.keys.retain(|(known, _)| *known != key);
        stated.keys.push((key, value));
    }
    if let [.., endpoint, variant, year, month, day, hour] = folders
        && [year, month, day, hour].iter().zip([4, 2, 2, 2]).all(|(part, length)| is_number(part, length))
    {
        stated.capture =
            Some(((*endpoint).to_owned(), (*variant).to_owned(), [year, month, day, hour].map(|part| (*part).to_owned())));
    }
    stated
}

fn is_number(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Stated {
    /// Returns the endpoint and the variant of a capture.
    pub(super) fn captured_by(self) -> Option<(String, String)> {
        self.capture.map(|(endpoint, variant, _)| (endpoint, variant))
    }

    /// Returns the partition of a path, and the keys that its rows must bring, for the keys that are wanted.
    pub(super) fn partition(&self, by: Option<&By>) -> (Partition, Vec<RowKey>) {
        let mut partition = Partition::default();
        let mut row_keys = Vec::new();
        let Some(by) = by else {
            for (key, value) in &self.keys {
                partition = partition.with(key, value.as_deref());
            }
            if let Some((endpoint, variant, _)) = &self.capture {
                partition = partition.with("endpoint", Some(endpoint)).with("variant", Some(variant));
                partition = partition.with("day", self.time(Every::Day).as_deref());
            }
            return (partition, row_keys);
        };
        for key in by.keys() {
            // What a path states goes in front of what rows bring.
            match key {
                Key::Named(name) => match self.named(name) {
                    Some(value) => partition = partition.with(name, value),
                    None => row_keys.push(RowKey::Column { column: name.clone() }),
                },
                Key::Time(every) => match (self.time(*every), self.named(every.name())) {
                    (Some(time), _) => partition = partition.with(every.name(), Some(&time)),
                    (None, Some(value)) => partition = partition.with(every.name(), value),
                    (None, None) => row_keys.push(RowKey::Column { column: every.name().to_owned() }),
                },
                Key::TimeOf(column, every) => row_keys.push(RowKey::Time { column: column.clone(), every: *every }),
            }
        }
        (partition, row_keys)
    }

    /// Returns the value of a key that the path states: nothing inside where the path states that there is none.
    #[expect(clippy::option_option, reason = "a key that is not stated is not one stated to be absent")]
    fn named(&self, name: &str) -> Option<Option<&str>> {
        if let Some((_, value)) = self.keys.iter().find(|(key, _)| key == name) {
            return Some(value.as_deref());
        }
        match (&self.capture, name) {
            (Some((endpoint, ..)), "endpoint") => Some(Some(endpoint)),
            (Some((_, variant, _)), "variant") => Some(Some(variant)),
            _ => None,
        }
    }

    fn time(&self, every: Every) -> Option<String> {
        let hive = |key: &str, length: usize| {
            let value = self.named(key)??;
            // Spark writes `month=1`.
            let padded = format!("{value:0>length$}");
            is_number(&padded, length).then_some(padded)
        };
        let [year, month, day, hour] = match &self.capture {
            Some((.., parts)) => parts.clone().map(Some),
            None => [hive("year", 4), hive("month", 2), hive("day", 2), hive("hour", 2)],
        };
        let (year, month) = (year?, month?);
        Some(match every {
            Every::Month => format!("{year}-{month}"),
            Every::Day => format!("{year}-{month}-{}", day?),
            Every::Hour => format!("{year}-{month}-{}T{}", day?, hour?),
        })
    }
}

/// Returns the columns that partitions take from rows.
pub(super) fn row_columns(row_keys: &[RowKey]) -> Vec<Arc<str>> {
    row_keys.iter().map(|key| key.column().into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(path: &str, by: &str) -> String {
        let by = (!by.is_empty()).then(|| By::parse(by).unwrap());
        let (partition, row_keys) = stated(path).partition(by.as_ref());
        let columns = row_columns(&row_keys);
        if columns.is_empty() { partition.to_string() } else { format!("{partition} + {}", columns.join(",")) }
    }

    #[test]
    fn hive_keys_are_decoded() {
        assert_eq!(partition("s3/t/dt=2026-10-12/region=a%2Fb%20c/p.parquet", ""), "dt=2026-10-12/region=a/b c");
        assert_eq!(partition("t/dt=__HIVE_DEFAULT_PARTITION__/p.parquet", ""), "dt=(none)");
        assert_eq!(partition("t/dt=1/dt=2/a=b.parquet", ""), "dt=2");
        assert_eq!(partition("t/=x/plain/p.parquet", ""), "");
    }

    #[test]
    fn captures_state_endpoint_variant_and_hour() {
        let path = "capture/fraud/AllTraffic/2026/10/12/07/20-48-871-0b7bfd33.jsonl";
        assert_eq!(partition(path, ""), "endpoint=fraud/variant=AllTraffic/day=2026-10-12");
        assert_eq!(partition(path, "variant,hour"), "variant=AllTraffic/hour=2026-10-12T07");
        assert_eq!(partition("x/2026/10/12/7/a.jsonl", "endpoint"), " + endpoint");
    }

    #[test]
    fn feature_store_folders_state_a_time() {
        let path = "1111/sagemaker/eu-west-1/offline-store/customers-1700000000/data/year=2026/month=6/day=31/hour=07/x.parquet";
        assert_eq!(partition(path, "day"), "day=2026-06-31");
        assert_eq!(partition(path, "month"), "month=2026-06");
        assert_eq!(partition("t/month=3/x.parquet", "month"), "month=3");
        assert_eq!(partition("t/x.parquet", "month,event_time:day"), " + month,event_time");
    }

    #[test]
    fn keys_that_make_no_sense_are_refused() {
        assert!(By::parse("a,,b").unwrap_err().contains("empty key"));
        assert!(By::parse("at:week").unwrap_err().contains("hour, day or month"));
        assert!(By::parse("a,a").unwrap_err().contains("twice"));
    }
}
