//! What callers of Feature Store were told when it refused a record.

use super::{Excerpt, at};
use crate::time::Instant;

/// Records that Feature Store refused for one reason, as a caller printed it; it names no group.
#[derive(Clone, Debug)]
pub struct RefusedRecord {
    /// What the service said.
    pub message: String,
    /// How often.
    pub count: u64,
    /// When first, where that is said with its zone.
    pub first: Option<Instant>,
    /// When last, where that is said with its zone.
    pub last: Option<Instant>,
}

impl RefusedRecord {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        Excerpt::of("record refused:")
            .and("message", Some(&self.message))
            .and("times", Some(self.count))
            .and("first", at(self.first))
            .and("last", at(self.last))
            .text()
    }
}
