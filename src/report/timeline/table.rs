//! The timeline as a parquet file: one row an event, lists as lists, times as microseconds in UTC.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::rows::standing_alone;
use super::{Answer, Event};
use crate::time::Instant;

/// Writes the events as parquet, with the columns of JSON Lines.
///
/// # Errors
///
/// Where the file cannot be put together.
pub fn parquet(answer: &Answer) -> Result<Vec<u8>, ParquetError> {
    let events: Vec<Event> = standing_alone(answer).collect();
    let text = |of: fn(&Event) -> Option<&str>| Arc::new(events.iter().map(of).collect::<StringArray>()) as ArrayRef;
    let times = |of: fn(&Event) -> Option<Instant>| {
        let micros = events.iter().map(|event| of(event).map(Instant::micros));
        Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC")) as ArrayRef
    };
    let lists = |of: fn(&Event) -> &[String]| {
        let mut builder = ListBuilder::new(StringBuilder::new());
        for event in &events {
            builder.append_value(of(event).iter().map(Some));
        }
        Arc::new(builder.finish()) as ArrayRef
    };
    let grades: StringArray = events.iter().map(|event| Some(event.grade.letter().to_string())).collect();
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("time", times(|event| Some(event.time)), false),
        ("latest", times(|event| event.latest), true),
        ("subject", text(|event| Some(&event.subject)), false),
        ("related", lists(|event| &event.related), false),
        ("what", text(|event| Some(&event.what)), false),
        ("actor", text(|event| event.actor.as_deref()), true),
        ("source", text(|event| Some(event.source)), false),
        ("grade", Arc::new(grades) as ArrayRef, false),
        ("evidence", lists(|event| &event.evidence), false),
        ("detail", text(|event| event.detail.as_deref()), true),
    ])?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.into_inner()
}

#[cfg(test)]
mod tests {
    use arrow_array::Array as _;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;
    use crate::case::claim::Grade;

    #[test]
    fn what_is_written_can_be_read() {
        let event = Event {
            time: Instant::from_seconds(1_791_000_000),
            latest: None,
            subject: "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/risk".to_owned(),
            related: vec!["s3://b/k".to_owned()],
            what: "serving began".to_owned(),
            actor: None,
            source: "cloudtrail",
            grade: Grade::B,
            evidence: vec!["E1".to_owned()],
            detail: None,
        };
        let answer = Answer { schema_version: "1", as_of: None, events: vec![event], evidence: Vec::new() };
        let file = bytes::Bytes::from(parquet(&answer).unwrap());
        let batches: Vec<RecordBatch> =
            ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect();
        assert_eq!((batches.len(), batches[0].num_rows(), batches[0].num_columns()), (1, 1, 10));
        let time = batches[0].column_by_name("time").unwrap();
        let time: &TimestampMicrosecondArray = time.as_any().downcast_ref().unwrap();
        assert_eq!((time.value(0), time.timezone()), (1_791_000_000_000_000, Some("UTC")));
        assert!(batches[0].column_by_name("actor").unwrap().is_null(0));
    }
}
