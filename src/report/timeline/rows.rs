//! Rows that stand alone: JSON Lines, CSV, and the JSON Lines that Timesketch imports.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Answer, Event};
use crate::case::claim::Grade;
use crate::escape::shown;
use crate::report::json;
use crate::time::Instant;

/// Returns the events with the files and places of their evidence instead of ids.
pub(super) fn standing_alone(answer: &Answer) -> impl Iterator<Item = Event> {
    let places: BTreeMap<&str, String> = answer
        .evidence
        .iter()
        .map(|row| (row.id.as_str(), format!("{} {}", row.file, row.locator).trim_end().to_owned()))
        .collect();
    answer.events.iter().map(move |event| {
        let evidence = event.evidence.iter().filter_map(|id| places.get(id.as_str()).cloned()).collect();
        Event { evidence, ..event.clone() }
    })
}

/// Writes one JSON object a line.
pub fn jsonl(answer: &Answer) -> Vec<u8> {
    lines(standing_alone(answer))
}

fn lines(rows: impl Iterator<Item = impl Serialize>) -> Vec<u8> {
    let mut text = Vec::new();
    for row in rows {
        // Writing to memory does not fail, and every row can be written.
        let _ = json::write_line(&row, &mut text);
    }
    text
}

/// An event as Timesketch takes it: `message`, `datetime` and `timestamp_desc` are what it needs, the rest are attributes.
#[derive(Serialize)]
struct Imported {
    message: String,
    datetime: Instant,
    /// Microseconds since 1970.
    timestamp: i64,
    timestamp_desc: String,
    data_type: &'static str,
    latest: Option<Instant>,
    subject: String,
    related: Vec<String>,
    actor: Option<String>,
    source_name: &'static str,
    grade: Grade,
    evidence: Vec<String>,
}

/// Writes the events as Timesketch imports them, one JSON object a line.
pub fn timesketch(answer: &Answer) -> Vec<u8> {
    lines(standing_alone(answer).map(|event| {
        let detail = event.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        let actor = event.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        Imported {
            message: format!("{}: {}{detail}{actor}", event.what, event.subject),
            datetime: event.time,
            timestamp: event.time.micros(),
            timestamp_desc: event.what,
            data_type: "modeltrail:event",
            latest: event.latest,
            subject: event.subject,
            related: event.related,
            actor: event.actor,
            source_name: event.source,
            grade: event.grade,
            evidence: event.evidence,
        }
    }))
}

/// Writes a table for spreadsheets: lists are joined with `; `, and no cell is a formula.
///
/// # Errors
///
/// Where a row cannot be written.
pub fn csv(answer: &Answer) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["time", "latest", "subject", "related", "what", "actor", "source", "grade", "evidence", "detail"])?;
    for event in standing_alone(answer) {
        table.write_record([
            event.time.to_string(),
            event.latest.map(|latest| latest.to_string()).unwrap_or_default(),
            cell(&event.subject),
            cell(&event.related.join("; ")),
            cell(&event.what),
            cell(&event.actor.unwrap_or_default()),
            event.source.to_owned(),
            event.grade.letter().to_string(),
            cell(&event.evidence.join("; ")),
            cell(&event.detail.unwrap_or_default()),
        ])?;
    }
    table.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// Returns a text as a cell that spreadsheets show and do not compute.
fn cell(text: &str) -> String {
    let shown = shown(text);
    if shown.starts_with(['=', '+', '-', '@']) { format!("'{shown}") } else { shown.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!(cell("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(cell("\t=1"), "\\t=1");
        assert_eq!(cell("risk-xgb"), "risk-xgb");
    }
}
