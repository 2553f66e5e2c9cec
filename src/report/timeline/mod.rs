//! The timeline in its formats: for people, for scripts, for tables, and for Timesketch.
//!
//! Text and JSON name evidence by ids and end with the table of what is cited. In the other formats each row stands alone, so it
//! names the places themselves.

mod rows;
mod table;
mod text;

pub use rows::{csv, jsonl, timesketch};
pub use table::parquet;
pub(in crate::report) use text::folded;
pub use text::text;

use schemars::JsonSchema;
use serde::Serialize;

use super::document as doc;
use crate::case::claim::Grade;
use crate::time::Instant;

/// Answer of `timeline`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Timeline")]
pub struct Answer {
    /// Version of this shape.
    pub schema_version: &'static str,
    /// The newest time in the evidence, or what `--as-of` says.
    pub as_of: Option<Instant>,
    /// What happened, by time.
    pub events: Vec<Event>,
    /// The places in the evidence that are cited.
    pub evidence: Vec<doc::Evidence>,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "TimelineEvent")]
pub struct Event {
    /// When; not before, where `latest` says more.
    pub time: Instant,
    /// When at the latest, where the instant itself is not recorded.
    pub latest: Option<Instant>,
    /// What it happened to: an ARN, an S3 URI, or the name that a call gave.
    pub subject: String,
    /// What else is concerned.
    pub related: Vec<String>,
    /// What happened: a few fixed words, or `service:Operation` for calls that have none.
    pub what: String,
    /// Who did it: a role or user.
    pub actor: Option<String>,
    /// The kind of source that tells of it first.
    pub source: &'static str,
    /// How well it is known.
    pub grade: Grade,
    /// Where it is recorded: ids of `evidence`; in formats without that table the files and places.
    pub evidence: Vec<String>,
    /// More about it, for people.
    pub detail: Option<String>,
}
