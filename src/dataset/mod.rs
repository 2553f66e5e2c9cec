//! Data sets as people keep them: parquet files in folders that state keys, captures of endpoints, CSV, JSON lines.
//!
//! [`gather`] turns paths and patterns into the pieces that [`crate::drift`] compares, each with its partition. Parquet is left to
//! the scan, which reads it column by column; what comes in rows is turned into columns here. A file that is no data is listed with
//! the reason, and the rest goes on.

mod canary;
mod capture;
mod delimited;
mod find;
mod flatten;
mod open;
mod partition;
mod sketches;
mod table;

pub use canary::{Repeated, repeated};
pub use find::{Found, expand};
pub use open::{Dataset, Problems, captured_by, gather, of_files};
pub use partition::{By, Key};

use std::collections::BTreeSet;
use std::sync::Arc;

/// How files are to be understood, where they do not say it themselves.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// By what rows are grouped; nothing for what the paths state.
    pub by: Option<By>,
    /// Whether the first row of CSV names its columns; nothing to tell by the row.
    pub header: Option<bool>,
    /// Names for the columns of CSV without a header, and of captured records without names, in their order.
    pub names: Vec<String>,
    /// Which side of captured requests is read.
    pub side: Side,
    /// Payloads of captured requests that are left out, by their hashes in [`Repeated`].
    pub without: Arc<BTreeSet<u128>>,
}

/// A side of a captured request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// What the endpoint was asked.
    #[default]
    Input,
    /// What it answered.
    Output,
    /// Both; columns of the answer begin with `output.`.
    Both,
}

/// Columns that Feature Store and pandas add, which are no features.
pub const ADDED_BY_WRITERS: [&str; 4] = ["write_time", "api_invocation_time", "is_deleted", "__index_level_0__"];
