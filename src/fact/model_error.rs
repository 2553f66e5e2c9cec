//! What callers of an endpoint were told when its container failed.

use super::arn::Home;
use super::{Excerpt, at};
use crate::time::Instant;

/// Answers of one kind that a caller of an endpoint got: HTTP 424, which carries what the container answered.
#[derive(Clone, Debug)]
pub struct ModelError {
    /// Name of the endpoint.
    pub endpoint: String,
    /// Account and region of the endpoint.
    pub home: Home,
    /// Status that the container answered with; 0 where it never answered.
    pub status: Option<i64>,
    /// What the container answered.
    pub message: Option<String>,
    /// Variant and instance, where the answer names the log stream.
    pub stream: Option<(String, String)>,
    /// How often.
    pub count: u64,
    /// When first, where that is said with its zone.
    pub first: Option<Instant>,
    /// When last, where that is said with its zone.
    pub last: Option<Instant>,
}

impl ModelError {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        Excerpt::of("model error:")
            .and("endpoint", Some(&self.endpoint))
            .and("status", self.status)
            .and("message", self.message.as_ref())
            .and("times", Some(self.count))
            .and("first", at(self.first))
            .and("last", at(self.last))
            .text()
    }
}
