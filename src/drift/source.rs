//! What is compared: pieces of a data set, each with a name, a partition, and a way to open it.
//!
//! Nothing here opens a file. A [`Piece`] holds a [`Content`] that does so when the scan asks, once for each task, so that no two
//! threads ever share a file's cursor; memory and file handles are held only while a task runs.

use std::cmp::Ordering;
use std::fmt;
use std::io;
use std::sync::Arc;

use arrow_array::RecordBatchReader;

/// A data set, or one side of a comparison: its pieces, and what could not be made a piece.
#[derive(Clone, Default)]
pub struct Source {
    /// The pieces, in any order; the scan orders them by partition and name.
    pub pieces: Vec<Piece>,
}

/// A file, or another unit that is opened as a whole.
#[derive(Clone)]
pub struct Piece {
    /// What reports call it: the path as the user would write it. Names of one source differ.
    pub name: Arc<str>,
    /// The keys that hold for every row: `dt=2026-10-12` of its path. Empty where there is none.
    pub partition: Partition,
    /// The keys that each row brings itself, appended to `partition` row by row.
    pub row_keys: Arc<[RowKey]>,
    /// Columns that the path states and the file lacks are no columns of the comparison; this opens the rest.
    pub content: Arc<dyn Content>,
}

/// Opens one piece.
pub trait Content: Send + Sync {
    /// Opens the piece from its beginning; called once for each task that reads it, from any thread.
    ///
    /// # Errors
    ///
    /// A message for people, without the name of the piece. The piece is then listed as unreadable and the rest is compared.
    fn open(&self) -> Result<Opened, String>;
}

/// An open piece.
pub enum Opened {
    /// A parquet file, read at any place.
    Parquet(Arc<dyn ReadAt>),
    /// Rows that come in order, as from JSON lines or CSV. They are read once and kept by columns until the comparison is done.
    Rows(Box<dyn RecordBatchReader + Send>),
}

/// Bytes that are read at any place, without a cursor that threads could fight over.
pub trait ReadAt: Send + Sync {
    /// Length in bytes.
    fn size(&self) -> u64;

    /// Fills `into` from the bytes at `at`.
    ///
    /// # Errors
    ///
    /// Those of the device, and [`io::ErrorKind::UnexpectedEof`] where the bytes end before `into` is full.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()>;
}

/// Bytes in memory.
impl ReadAt for bytes::Bytes {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(at).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let wanted = from.checked_add(into.len()).and_then(|to| self.get(from..to));
        into.copy_from_slice(wanted.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// A key that each row brings: what `--by` names and the path does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowKey {
    /// The value of a column, as text.
    Column {
        /// The column.
        column: String,
    },
    /// The hour, day or month, in UTC, of a column of timestamps or dates, or of text that begins as RFC 3339 does.
    Time {
        /// The column.
        column: String,
        /// How finely.
        every: Every,
    },
}

impl RowKey {
    /// Returns the column it is read from.
    pub fn column(&self) -> &str {
        match self {
            Self::Column { column } | Self::Time { column, .. } => column,
        }
    }
}

/// How finely rows are grouped by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// `2026-10-12T07`.
    Hour,
    /// `2026-10-12`.
    Day,
    /// `2026-10`.
    Month,
}

impl Every {
    /// Returns the name under which it stands in a partition.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

/// The partition of a data set that rows belong to: keys with values, outermost first. Absent values are `None`.
///
/// Written `dt=2026-10-12/endpoint=fraud`. Ordered by values, key after key: whole numbers as numbers, so that `month=2` comes
/// before `month=10`; everything else as text; absent values last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Partition(pub Vec<(Arc<str>, Option<Arc<str>>)>);

impl Partition {
    /// Returns this partition with one key more.
    #[must_use]
    pub fn with(&self, key: &str, value: Option<&str>) -> Self {
        let mut keys = self.0.clone();
        keys.push((key.into(), value.map(Into::into)));
        Self(keys)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "/" };
            write!(f, "{separator}{key}={}", value.as_deref().unwrap_or("(none)"))?;
        }
        Ok(())
    }
}

impl Ord for Partition {
    fn cmp(&self, other: &Self) -> Ordering {
        let number = |text: &str| text.parse::<i64>().ok();
        let values = |a: &Option<Arc<str>>, b: &Option<Arc<str>>| match (a, b) {
            (Some(a), Some(b)) => match (number(a), number(b)) {
                (Some(x), Some(y)) => x.cmp(&y).then_with(|| a.cmp(b)),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => a.cmp(b),
            },
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        let both = self.0.iter().zip(&other.0);
        both.map(|((key, value), (other_key, other_value))| key.cmp(other_key).then_with(|| values(value, other_value)))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.0.len().cmp(&other.0.len()))
    }
}

impl PartialOrd for Partition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_ordered_as_people_count() {
        let of = |value: Option<&str>| Partition::default().with("month", value);
        let mut found = [of(None), of(Some("10")), of(Some("x")), of(Some("2")), of(Some("02"))];
        found.sort();
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["month=02", "month=2", "month=10", "month=x", "month=(none)"]);
    }

    #[test]
    fn bytes_end_where_they_end() {
        let bytes = bytes::Bytes::from_static(b"abcdef");
        let mut into = [0; 3];
        bytes.read_at(3, &mut into).unwrap();
        assert_eq!(&into, b"def");
        assert!(bytes.read_at(4, &mut into).is_err());
        assert!(bytes.read_at(u64::MAX, &mut into).is_err());
    }
}
