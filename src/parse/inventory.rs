//! S3 Inventory: a manifest, and data files as CSV or parquet.
//!
//! CSV files have no header; the manifest gives their columns and its `files` name them. Parquet files name their columns.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Deserialize;

use super::sink::Sink;
use super::{Context, Each, Reader, data};
use crate::evidence::citation::{Locator, Source};
use crate::evidence::window::Window;
use crate::fact::Statement;
use crate::fact::object::{ListingKind, ListingStatement, ObjectStatement, ObjectWhat};
use crate::json::scalar::{Moment, Text};
use crate::recognise::Format;
use crate::time::Instant;

/// What an inventory manifest says of its data files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Bucket that was listed.
    pub bucket: String,
    /// When the scan began.
    pub created: Option<Instant>,
    /// Columns of the data files.
    pub columns: Vec<String>,
    /// Keys of the data files.
    pub files: Vec<String>,
    /// Whether all versions are listed.
    pub versions: bool,
}

impl Manifest {
    /// Returns whether a file found at `path` is one of the data files.
    pub fn names(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.files.iter().any(|key| key.rsplit('/').next() == Some(name))
    }
}

/// Returns the reader of a manifest.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::InventoryManifest => Each::one(manifest),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Shape {
    source_bucket: Text,
    creation_timestamp: Moment,
    file_format: Text,
    file_schema: Text,
    files: Vec<File>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    key: Text,
}

fn manifest(shape: Shape, place: &Locator, _: &Context<'_>, sink: &mut Sink) {
    let (Some(bucket), Some(schema)) = (shape.source_bucket.0, shape.file_schema.0) else {
        return sink.damaged(place.clone(), "a manifest without bucket or schema");
    };
    if shape.file_format.0.as_deref() == Some("ORC") {
        sink.note(place.clone(), "its data files are ORC, which is not read; have the inventory written as CSV or parquet");
    }
    let columns: Vec<String> = schema.split(',').map(|name| name.trim().to_owned()).collect();
    let versions = schema.to_ascii_lowercase().replace('_', "").contains("versionid");
    shape.creation_timestamp.0.into_iter().for_each(|at| sink.seen(at));
    sink.inventories.push(Manifest {
        bucket,
        created: shape.creation_timestamp.0,
        columns,
        files: shape.files.into_iter().filter_map(|file| file.key.0).collect(),
        versions,
    });
}

/// A row of an inventory, its columns by their folded names.
type Row = BTreeMap<String, String>;

fn say(row: &Row, bucket: &str, created: Option<Instant>, order: u64, sink: &mut Sink) -> Option<Instant> {
    let place = Locator::Row(order);
    let text = |name: &str| row.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let Some(key) = text("key") else {
        sink.damaged(place, "a row without a key");
        return None;
    };
    sink.record();
    let at = text("lastmodifieddate").and_then(|text| Instant::parse(text, true));
    let version = text("versionid").filter(|version| *version != "null");
    let all_versions = row.contains_key("versionid");
    let order = u32::try_from(order).unwrap_or(u32::MAX);
    let what = match (all_versions, text("isdeletemarker")) {
        (true, Some("true")) => ObjectWhat::Marker { order },
        (true, _) => ObjectWhat::Version { latest: text("islatest") == Some("true"), order },
        (false, _) => ObjectWhat::Current { captured: created },
    };
    let statement = ObjectStatement {
        bucket: text("bucket").unwrap_or(bucket).into(),
        key: key.into(),
        what,
        version: version.map(Into::into),
        null_version: version.is_none(),
        etag: text("etag").map(|etag| etag.trim_matches('"').into()),
        size: text("size").and_then(|size| size.parse().ok()),
        sha256: None,
        at,
        sequencer: None,
    };
    sink.say(&place, Source::S3, at, Statement::Object(Box::new(statement)));
    at
}

fn end(bucket: &str, created: Option<Instant>, versions: bool, newest: Option<Instant>, rows: u64, sink: &mut Sink) {
    let statement = ListingStatement {
        bucket: Some(bucket.into()),
        prefix: String::new(),
        kind: ListingKind::Inventory { versions },
        captured: created,
        complete: true,
        newest,
        rows,
    };
    sink.say(&Locator::Whole, Source::S3, created, Statement::Listing(Box::new(statement)));
}

/// Folds `Last_Modified_Date`, `lastModifiedDate` and `LastModifiedDate` into one name.
pub(super) fn folded(name: &str) -> String {
    name.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase()
}

/// Reads a CSV data file with the columns of its manifest. Keys are URL-encoded.
pub(super) fn csv(window: &mut Window<'_>, manifest: &Manifest, cx: &Context<'_>, sink: &mut Sink) {
    let columns: Vec<String> = manifest.columns.iter().map(|name| folded(name)).collect();
    let mut newest = None;
    let mut order = 0;
    super::csv::rows(window, cx, sink, &mut |fields, sink| {
        order += 1;
        let mut row: Row = columns.iter().cloned().zip(fields.iter().map(str::to_owned)).collect();
        if let Some(key) = row.get_mut("key") {
            *key = percent_encoding::percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned();
        }
        newest = newest.max(say(&row, &manifest.bucket, manifest.created, order, sink));
    });
    end(&manifest.bucket, manifest.created, manifest.versions, newest, order, sink);
}

/// Reads a parquet file if its columns are those of an inventory.
pub(super) fn parquet(window: &mut Window<'_>, cx: &Context<'_>, sink: &mut Sink) -> Format {
    let limit = cx.options.limits.parquet;
    let bytes = window.at_least(limit + 1);
    if bytes.len() > limit {
        return data::large(window, sink);
    }
    let builder = match ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::copy_from_slice(bytes)) {
        Ok(builder) => builder,
        Err(error) => {
            sink.refuse(format!("parquet data that cannot be read: {error}"));
            return Format::Parquet;
        }
    };
    let columns: Vec<String> = builder.schema().fields().iter().map(|field| folded(field.name())).collect();
    if !is_inventory(&columns) {
        data::rows(builder.metadata().file_metadata().num_rows(), sink);
        return Format::Parquet;
    }
    let reader = match builder.build() {
        Ok(reader) => reader,
        Err(error) => {
            sink.refuse(format!("parquet data that cannot be read: {error}"));
            return Format::InventoryParquet;
        }
    };
    let (mut order, mut newest, mut bucket) = (0, None, None);
    for batch in reader {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                sink.defect(Locator::Row(order), format!("rows after this cannot be read: {error}"));
                break;
            }
        };
        for at in 0..batch.num_rows() {
            order += 1;
            let row = row(&batch, &columns, at);
            newest = newest.max(say(&row, "", None, order, sink));
            if bucket.is_none() {
                bucket = row.get("bucket").cloned();
            }
        }
    }
    if let Some(bucket) = bucket {
        let versions = columns.iter().any(|name| name == "versionid");
        // The file does not say when the scan began; the newest object in it is the earliest that it can have been.
        end(&bucket, newest, versions, newest, order, sink);
    }
    Format::InventoryParquet
}

/// Returns whether the folded names of columns are those of an inventory.
pub(super) fn is_inventory(columns: &[String]) -> bool {
    ["bucket", "key", "size"].iter().all(|name| columns.iter().any(|own| own == name))
}

fn row(batch: &RecordBatch, columns: &[String], at: usize) -> Row {
    let mut row = Row::new();
    for (name, column) in columns.iter().zip(batch.columns()) {
        let text = if column.is_null(at) { String::new() } else { cell(column, at) };
        row.insert(name.clone(), text);
    }
    row
}

fn cell(column: &dyn Array, at: usize) -> String {
    if let Some(text) = column.as_string_opt::<i32>() {
        return text.value(at).to_owned();
    }
    if let Some(flag) = column.as_boolean_opt() {
        return flag.value(at).to_string();
    }
    if let Some(number) = column.as_primitive_opt::<Int64Type>() {
        return number.value(at).to_string();
    }
    let micros = column
        .as_primitive_opt::<TimestampMillisecondType>()
        .map(|column| column.value(at).saturating_mul(1_000))
        .or_else(|| column.as_primitive_opt::<TimestampMicrosecondType>().map(|column| column.value(at)))
        .or_else(|| column.as_primitive_opt::<TimestampNanosecondType>().map(|column| column.value(at) / 1_000));
    micros.map(|micros| Instant::from_micros(micros).to_string()).unwrap_or_default()
}
