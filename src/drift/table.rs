//! One piece, opened: its columns by name and type, and the arrays of one column at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Type;
use parquet::file::metadata::ParquetMetaData;

use super::ranged::Ranged;
use super::source::{Content, Opened, Partition, Piece, ReadAt, RowKey};

/// Rows of an array; measured: fewer cost more for each, more do not fit the cache.
const ROWS: usize = 8192;

/// A piece that could be opened.
pub(crate) struct Table {
    pub(crate) name: Arc<str>,
    pub(crate) partition: Partition,
    pub(crate) row_keys: Arc<[RowKey]>,
    /// Rows of each row group; rows that come as batches are one group.
    pub(crate) groups: Vec<u64>,
    pub(crate) schema: SchemaRef,
    body: Body,
}

enum Body {
    /// The footer is kept if there are not too many.
    Parquet {
        content: Arc<dyn Content>,
        footer: Option<ArrowReaderMetadata>,
    },
    Batches(Vec<RecordBatch>),
}

impl Table {
    /// Opens a piece and reads what it says of itself; of row-oriented pieces, everything.
    pub(crate) fn open(piece: &Piece, keeps_footer: bool) -> Result<Self, String> {
        let table = |groups, schema, body| Self {
            name: Arc::clone(&piece.name),
            partition: piece.partition.clone(),
            row_keys: Arc::clone(&piece.row_keys),
            groups,
            schema,
            body,
        };
        match piece.content.open()? {
            Opened::Parquet(bytes) => {
                let footer = guarded(|| footer(&bytes))?;
                let groups = footer.metadata().row_groups().iter().map(|group| group.num_rows().unsigned_abs()).collect();
                let schema = Arc::clone(footer.schema());
                let footer = keeps_footer.then_some(footer);
                Ok(table(groups, schema, Body::Parquet { content: Arc::clone(&piece.content), footer }))
            }
            Opened::Rows(reader) => {
                let schema = reader.schema();
                let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
                let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
                Ok(table(vec![rows], schema, Body::Batches(batches)))
            }
        }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.groups.iter().sum()
    }

    /// Returns the position and type of a column.
    pub(crate) fn column(&self, name: &str) -> Option<(usize, &DataType)> {
        self.schema.column_with_name(name).map(|(index, field)| (index, field.data_type()))
    }

    /// Hands out the arrays of a column in some row groups, in order, each with the number of its first row in the piece.
    pub(crate) fn read(
        &self,
        column: usize,
        groups: std::ops::Range<usize>,
        mut each: impl FnMut(&ArrayRef, u64),
    ) -> Result<(), String> {
        let mut row: u64 = self.groups.iter().take(groups.start).sum();
        let promised: u64 = self.groups.get(groups.clone()).unwrap_or_default().iter().sum();
        let end = row + promised;
        let mut hand_out = |array: &ArrayRef| {
            each(array, row);
            row += array.len() as u64;
        };
        match &self.body {
            Body::Batches(batches) => {
                for batch in batches {
                    let array = batch.columns().get(column).ok_or("a batch lacks the column")?;
                    for from in (0..array.len()).step_by(ROWS) {
                        hand_out(&array.slice(from, ROWS.min(array.len() - from)));
                    }
                }
            }
            Body::Parquet { content, footer: kept } => {
                let Opened::Parquet(bytes) = content.open()? else { return Err("it is no longer parquet".to_owned()) };
                guarded(|| {
                    let footer = match kept {
                        Some(kept) => kept.clone(),
                        None => footer(&bytes)?,
                    };
                    let mask = ProjectionMask::roots(footer.parquet_schema(), [column]);
                    let ranges = chunks(footer.metadata(), &mask, groups.clone());
                    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(Ranged::new(bytes, ranges), footer);
                    let builder = builder.with_projection(mask).with_batch_size(ROWS).with_row_groups(groups.collect());
                    for batch in builder.build().map_err(|error| message(&error))? {
                        let batch = batch.map_err(|error| plainly(&error.to_string()))?;
                        hand_out(batch.columns().first().ok_or("a batch lacks the column")?);
                    }
                    Ok(())
                })?;
            }
        }
        if row == end { Ok(()) } else { Err(format!("it promises {promised} rows and holds {}", promised + row - end)) }
    }

    /// Returns the footer of a parquet file.
    pub(crate) fn footer(&self) -> Option<ArrowReaderMetadata> {
        match &self.body {
            Body::Batches(_) => None,
            Body::Parquet { footer: Some(kept), .. } => Some(kept.clone()),
            Body::Parquet { content, footer: None } => match content.open().ok()? {
                Opened::Parquet(bytes) => guarded(|| footer(&bytes)).ok(),
                Opened::Rows(_) => None,
            },
        }
    }
}

/// Returns where the chunks of a column lie.
fn chunks(metadata: &ParquetMetaData, mask: &ProjectionMask, groups: std::ops::Range<usize>) -> Vec<(u64, u64)> {
    let groups = metadata.row_groups().get(groups).unwrap_or_default();
    let leaves = groups.iter().flat_map(|group| group.columns().iter().enumerate());
    leaves.filter(|(leaf, _)| mask.leaf_included(*leaf)).map(|(_, chunk)| chunk.byte_range()).collect()
}

/// Reads a footer; text is asked for as dictionaries, and times of 96 bits in microseconds, which no date exceeds.
fn footer(bytes: &Arc<dyn ReadAt>) -> Result<ArrowReaderMetadata, String> {
    let options = ArrowReaderOptions::new();
    let plain =
        ArrowReaderMetadata::load(&Ranged::new(Arc::clone(bytes), Vec::new()), options).map_err(|error| message(&error))?;
    let descriptor = plain.parquet_schema();
    let is_96 = |root: usize| {
        let leaf = (0..descriptor.num_columns()).find(|leaf| descriptor.get_column_root_idx(*leaf) == root);
        leaf.is_some_and(|leaf| descriptor.column(leaf).physical_type() == Type::INT96)
    };
    let fields = plain.schema().fields().iter().enumerate().map(|(root, field)| match field.data_type() {
        DataType::Timestamp(..) if is_96(root) => as_type(field, DataType::Timestamp(TimeUnit::Microsecond, None)),
        data_type => match coded(data_type) {
            Some(values) => as_type(field, DataType::Dictionary(Box::new(DataType::Int32), Box::new(values))),
            None => Arc::clone(field),
        },
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    // Where the hint is refused, the file is read as it says.
    Ok(ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options).unwrap_or(plain))
}

fn as_type(field: &Field, data_type: DataType) -> Arc<Field> {
    Arc::new(field.clone().with_data_type(data_type))
}

/// Returns the values of the dictionary as which text and bytes are read.
fn coded(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(DataType::Utf8),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Some(DataType::Binary),
        DataType::Dictionary(_, values) => coded(values),
        _ => None,
    }
}

fn message(error: &parquet::errors::ParquetError) -> String {
    plainly(&error.to_string())
}

/// Says what a decoder met: it does not know that bytes are encrypted, and finds that they are no page.
fn plainly(text: &str) -> String {
    let text = text.trim_start_matches("Parquet argument error: ").trim_start_matches("Parquet error: ");
    if text.contains("encrypted footer") {
        return "it is encrypted: nothing of it can be read without its key".to_owned();
    }
    let is_no_page = text.contains("Required field ") || text.contains("Unexpected struct field type");
    if is_no_page { format!("a page is damaged or encrypted ({text})") } else { text.to_owned() }
}

/// Runs a decoder on bytes that may be damaged: should it panic, that is an error of the bytes.
fn guarded<R>(run: impl FnOnce() -> Result<R, String>) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("it is damaged: the decoder gave up".to_owned()))
}
