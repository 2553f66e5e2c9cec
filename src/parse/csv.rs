//! Comma-separated values: `CloudTrail` tables and console downloads of logs.

use std::collections::BTreeMap;

use super::sink::Sink;
use super::{Context, cloudtrail, logs};
use crate::evidence::citation::Locator;
use crate::evidence::window::Window;
use crate::recognise::Format;

/// Reads a CSV format that announces itself by its header.
pub(super) fn read(window: &mut Window<'_>, format: Format, cx: &Context<'_>, sink: &mut Sink) {
    let mut header: Option<Vec<String>> = None;
    let mut row = 0;
    let mut streams = logs::Streams::new(cx);
    rows(window, cx, sink, &mut |fields, sink| {
        let Some(names) = &header else {
            header = Some(fields.iter().map(|name| name.trim().to_ascii_lowercase()).collect());
            return;
        };
        row += 1;
        let columns: BTreeMap<String, String> = names.iter().cloned().zip(fields.iter().map(str::to_owned)).collect();
        let place = Locator::Row(row);
        match format {
            Format::TableCsv => cloudtrail::csv_row(&columns, &place, cx, sink),
            _ => logs::csv_row(&columns, place, &mut streams, cx, sink),
        }
    });
    streams.close(None, cx, sink);
}

/// Reads rows, header included, and gives each to `visit`; a row that is none is a defect.
pub(super) fn rows(
    window: &mut Window<'_>,
    cx: &Context<'_>,
    sink: &mut Sink,
    visit: &mut dyn FnMut(&csv::StringRecord, &mut Sink),
) {
    let limit = cx.options.limits.element;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(window);
    let mut record = csv::ByteRecord::new();
    let mut number = 0_u64;
    loop {
        number += 1;
        match reader.read_byte_record(&mut record) {
            Ok(false) => return,
            Ok(true) if record.as_slice().len() > limit => {
                sink.damaged(Locator::Row(number), format!("a row of more than {limit} bytes"));
            }
            Ok(true) => {
                let lossy = csv::StringRecord::from_byte_record_lossy(record.clone());
                visit(&lossy, sink);
            }
            Err(error) => {
                let stop = error.is_io_error();
                sink.damaged(Locator::Row(number), format!("no row: {error}"));
                if stop {
                    return;
                }
            }
        }
    }
}
