//! S3: listings, heads, server access logs, and what buckets are set to.

mod bucket;
mod listing;
mod text;

use super::Reader;
use crate::recognise::Format;

pub(super) use bucket::{lifecycle_of_request, never_versioned, no_lifecycle};
pub(super) use text::text;

/// Returns the reader of an answer of S3.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    listing::reader(format).or_else(|| bucket::reader(format))
}
