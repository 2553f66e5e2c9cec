//! JSON lines: what endpoints captured of their requests, and records as such.
//!
//! A captured line holds the request and the answer as text, in an encoding of its own, and each may hold several records.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::canary;
use super::flatten::{Owned, Row, named, records, row};
use super::table::Table;
use super::{Options, Side};

/// A column that captured lines bring when rows are grouped by it: when the endpoint was asked.
pub(super) const INFERENCE_TIME: &str = "inference_time";

/// Begins the names of columns of the answer where both sides are read.
const OUTPUT: &str = "output.";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    capture_data: Option<Captured>,
    event_metadata: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Captured {
    endpoint_input: Option<Payload>,
    endpoint_output: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    inference_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    observed_content_type: String,
    data: String,
    #[serde(default)]
    encoding: String,
}

/// Returns what the endpoint was asked by a captured line, as it was sent.
pub(super) fn payload(text: &str) -> Option<String> {
    let line: Line = serde_json::from_str(text).ok()?;
    Some(line.capture_data?.endpoint_input?.data)
}

/// Adds the rows of a line, captured or not.
///
/// # Errors
///
/// Where the line holds no rows that can be read: why.
pub(super) fn line(text: &str, options: &Options, wants_time: bool, table: &mut Table) -> Result<(), String> {
    let line: Line = serde_json::from_str(text).map_err(|error| format!("no JSON object: {error}"))?;
    let Some(captured) = line.capture_data else {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        return records(&value).into_iter().try_for_each(|record| add(table, row(record, &options.names)));
    };
    if !options.without.is_empty()
        && captured.endpoint_input.as_ref().is_some_and(|input| options.without.contains(&canary::hash(&input.data)))
    {
        return Ok(());
    }
    let rows = |payload: Option<Payload>, what: &str, names: &[String]| match payload {
        Some(payload) => payload.rows(names).map_err(|why| format!("{what}: {why}")),
        None => Err(format!("no {what} was captured")),
    };
    let mut found = match options.side {
        Side::Input => rows(captured.endpoint_input, "endpointInput", &options.names)?,
        Side::Output => rows(captured.endpoint_output, "endpointOutput", &options.names)?,
        Side::Both => {
            let mut inputs = rows(captured.endpoint_input, "endpointInput", &options.names)?;
            let outputs = rows(captured.endpoint_output, "endpointOutput", &[])?;
            if inputs.len() != outputs.len() {
                return Err(format!(
                    "{} records were asked and {} answered: which belong together?",
                    inputs.len(),
                    outputs.len()
                ));
            }
            for (input, output) in inputs.iter_mut().zip(outputs) {
                input.extend(output.into_iter().map(|(name, cell)| (format!("{OUTPUT}{name}"), cell)));
            }
            inputs
        }
    };
    let time = line.event_metadata.and_then(|metadata| metadata.inference_time).filter(|_| wants_time);
    if let Some(time) = time {
        for row in &mut found {
            row.push((INFERENCE_TIME.to_owned(), Owned::Quoted(time.clone())));
        }
    }
    found.into_iter().try_for_each(|row| add(table, row))
}

fn add(table: &mut Table, row: Row) -> Result<(), String> {
    for (name, cell) in &row {
        let column = table.column(name).ok_or("too many columns")?;
        table.set(column, cell.cell());
    }
    table.end_row()
}

impl Payload {
    /// Returns the records that a request or an answer holds.
    fn rows(self, names: &[String]) -> Result<Vec<Row>, String> {
        let kind = self.observed_content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let (text, encoding) = if self.encoding.eq_ignore_ascii_case("BASE64") {
            // The capture could not know the content type; the client's word is all there is.
            let bytes = STANDARD.decode(self.data.trim()).map_err(|error| format!("BASE64 that is none: {error}"))?;
            let text = String::from_utf8(bytes).map_err(|_| format!("BASE64 of {kind}, which is no text"))?;
            (
                text,
                if kind.contains("json") {
                    "JSON"
                } else if kind.contains("csv") {
                    "CSV"
                } else {
                    ""
                },
            )
        } else {
            (self.data, if self.encoding.eq_ignore_ascii_case("JSON") { "JSON" } else { "CSV" })
        };
        match encoding {
            "JSON" => json(&text, names),
            "CSV" => delimited(&text, names),
            _ => Err(format!("BASE64 of {kind}: neither CSV nor JSON")),
        }
    }
}

fn json(text: &str, names: &[String]) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    // One document, or one a line.
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.map_err(|error| format!("no JSON: {error}"))?;
        rows.extend(records(&value).into_iter().map(|record| row(record, names)));
    }
    Ok(rows)
}

fn delimited(text: &str, names: &[String]) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| format!("no CSV: {error}"))?;
        let cell = |text: &str| if text.is_empty() { Owned::Null } else { Owned::Loose(text.to_owned()) };
        rows.push(record.iter().enumerate().map(|(at, text)| (named(names, at), cell(text.trim()))).collect());
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"1.2,a\n0.4,c\n","encoding":"CSV"},"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"MC45CjAuMQo=","encoding":"BASE64"}},"eventMetadata":{"eventId":"f04a8538","inferenceTime":"2026-03-02T10:31:46Z"},"eventVersion":"0"}"#;

    fn read(text: &str, options: &Options, wants_time: bool) -> Result<String, String> {
        let mut table = Table::default();
        line(text, options, wants_time, &mut table)?;
        let batch = table.finish().unwrap();
        let schema = batch.schema();
        let fields: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        Ok(format!("{} rows: {}", batch.num_rows(), fields.join(", ")))
    }

    #[test]
    fn a_line_may_hold_several_records_of_either_side() {
        let named = Options { names: vec!["tenure".into(), "plan".into()], ..Options::default() };
        assert_eq!(read(LINE, &named, false).unwrap(), "2 rows: tenure, plan");
        assert_eq!(read(LINE, &Options::default(), true).unwrap(), "2 rows: _c0, _c1, inference_time");
        let both = Options { side: Side::Both, ..named };
        assert_eq!(read(LINE, &both, false).unwrap(), "2 rows: tenure, plan, output._c0");
        assert_eq!(read(r#"{"age": 3, "city": "x"}"#, &both, false).unwrap(), "1 rows: age, city");
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let usual = Options::default();
        let one_answer = LINE.replace("MC45CjAuMQo=", "MC45Cg==");
        let both = Options { side: Side::Both, ..Options::default() };
        for (text, options, words) in [
            (one_answer.as_str(), &both, "2 records were asked and 1 answered"),
            ("{", &usual, "no JSON object"),
            (r#"{"captureData":{}}"#, &usual, "no endpointInput was captured"),
            (r#"{"captureData":{"endpointInput":{"data":"%","encoding":"BASE64"}}}"#, &usual, "BASE64 that is none"),
            (
                r#"{"captureData":{"endpointInput":{"data":"k05VTVBZ","encoding":"BASE64","observedContentType":"application/x-npy"}}}"#,
                &usual,
                "application/x-npy",
            ),
            (r#"{"captureData":{"endpointInput":{"data":"{","encoding":"JSON"}}}"#, &usual, "no JSON"),
        ] {
            let error = read(text, options, false).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
