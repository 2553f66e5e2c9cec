//! Data: what jobs read and endpoints captured. It is counted here and compared elsewhere, if it can be told what read it.

use parquet::file::metadata::ParquetMetaDataReader;
use serde::Deserialize;

use super::inventory::{folded, is_inventory};
use super::sink::Sink;
use super::{Context, Each, Reader};
use crate::evidence::citation::Locator;
use crate::evidence::window::Window;
use crate::json::scalar::Moment;
use crate::recognise::Format;

/// Longest footer that is looked for: of ten thousand columns and hundreds of row groups it has some MiB.
const FOOTER: usize = 16 << 20;

/// Returns the reader of captured requests.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::DataCapture => Each::one(captured),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Captured {
    event_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    inference_time: Moment,
}

/// Reads when a request was captured.
fn captured(line: Captured, place: &Locator, _: &Context<'_>, sink: &mut Sink) {
    match line.event_metadata.inference_time.0 {
        Some(at) => sink.seen(at),
        None => sink.note(place.clone(), "does not say when it was captured"),
    }
}

/// Counts the rows of a parquet file.
pub(super) fn rows(count: i64, sink: &mut Sink) {
    sink.records(u64::try_from(count).unwrap_or(0));
}

/// Reads the footer of a parquet file that is too large to be held.
pub(super) fn large(window: &mut Window<'_>, sink: &mut Sink) -> Format {
    loop {
        // What is kept is moved whenever more is fetched, so little is given up at a time.
        let held = window.unread().len();
        if held > 4 * FOOTER {
            window.consume(held - FOOTER - 8);
        }
        if !window.grow() {
            break;
        }
    }
    let tail = window.unread();
    let tail = &tail[tail.len().saturating_sub(FOOTER + 8)..];
    let footer = tail.split_last_chunk::<8>().and_then(|(before, end)| {
        let [a, b, c, d, magic @ ..] = end;
        let length = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok()?;
        (magic == b"PAR1").then(|| before.len().checked_sub(length)).flatten().and_then(|from| before.get(from..))
    });
    let metadata = match footer.map(ParquetMetaDataReader::decode_metadata) {
        Some(Ok(metadata)) => metadata,
        Some(Err(error)) => {
            sink.refuse(format!("parquet data that cannot be read: {error}"));
            return Format::Parquet;
        }
        None => {
            sink.refuse(format!("parquet data that cannot be read: no footer of up to {FOOTER} bytes is at its end"));
            return Format::Parquet;
        }
    };
    let schema = metadata.file_metadata().schema_descr();
    let columns: Vec<String> = schema.root_schema().get_fields().iter().map(|field| folded(field.name())).collect();
    if is_inventory(&columns) {
        sink.refuse("an inventory that is too large to be held: have it written as CSV, or in smaller files");
        return Format::InventoryParquet;
    }
    rows(metadata.file_metadata().num_rows(), sink);
    Format::Parquet
}
