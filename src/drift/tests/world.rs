//! Parquet files in memory, and numbers that look random and follow from a seed.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::super::compare::Options;
use super::super::result::{Column, Comparison, PartitionColumn};
use super::super::rule::RuleSet;
use super::super::scan::{Baseline, Unwatched, run};
use super::super::source::{Content, Opened, Partition, Piece, RowKey, Source};

/// `SplitMix64`, as the oracle has it too.
pub(super) struct Rng(pub(super) u64);

impl Rng {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Uniform in (0, 1], a multiple of 2^-53.
    pub(super) fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal: twelve uniform numbers less six. Every step is exact in any language.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

struct Memory(Bytes);

impl Content for Memory {
    fn open(&self) -> Result<Opened, String> {
        Ok(Opened::Parquet(Arc::new(self.0.clone())))
    }
}

pub(super) fn written(columns: Vec<(&str, ArrayRef)>, group: usize) -> Bytes {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group.max(1))).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes.into()
}

pub(super) fn piece(name: &str, day: Option<&str>, bytes: Bytes) -> Piece {
    let partition = day.map_or_else(Partition::default, |day| Partition::default().with("dt", Some(day)));
    Piece { name: name.into(), partition, row_keys: Arc::from([]), content: Arc::new(Memory(bytes)) }
}

pub(super) fn keyed(name: &str, keys: &[RowKey], bytes: Bytes) -> Piece {
    Piece { row_keys: keys.into(), ..piece(name, None, bytes) }
}

/// A source of one file with one column.
pub(super) fn one(array: ArrayRef) -> Source {
    Source { pieces: vec![piece("file", None, written(vec![("x", array)], 1 << 20))] }
}

pub(super) fn compared(baseline: &Source, current: &Source, exact: bool) -> Comparison {
    let options = Options { exact, ..Options::default() };
    run(Baseline::Data(baseline), current, &RuleSet::default(), &options, &Unwatched)
}

pub(super) fn column<'a>(comparison: &'a Comparison, name: &str) -> &'a Column {
    comparison.columns.iter().find(|column| column.column == name).unwrap()
}

/// The only partition of the only column.
pub(super) fn only(comparison: &Comparison) -> &PartitionColumn {
    assert_eq!(comparison.unreadable, []);
    &comparison.columns[0].partitions[0]
}
