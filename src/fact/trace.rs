//! Traces: how long each part of a request took.

use super::Excerpt;
use super::arn::Home;
use crate::time::Instant;

/// What one record says of a request's way through services and stages. Several records may tell of one trace.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceStatement {
    /// Account and region, as far as the export tells.
    pub home: Home,
    /// Id that all records of the trace share.
    pub trace: String,
    /// Whether it is a row of a list, whose parts are the services that the trace passed and whose times are those of the whole.
    pub is_summary: bool,
    /// Parts of the request, in the order of the record.
    pub spans: Vec<TraceSpan>,
}

/// A part of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSpan {
    /// Name, as the program gives it: a service, a function, an operation.
    pub name: String,
    /// When it began, to the microsecond.
    pub from: Instant,
    /// When it ended; nothing for one that was not finished when it was sent.
    pub to: Option<Instant>,
    /// Name of the endpoint that it asks or is part of, where it says so.
    pub endpoint: Option<String>,
}

impl TraceStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of(if self.is_summary { "trace, in short:" } else { "trace:" }).and("id", Some(&self.trace));
        let fold = |excerpt: Excerpt, span: &TraceSpan| {
            let took = span.to.map(|to| format!("{} ms", (to.micros() - span.from.micros()) / 1_000));
            excerpt.and(&span.name, Some(took.unwrap_or_else(|| "not finished".to_owned())))
        };
        self.spans.iter().fold(excerpt, fold).text()
    }
}
