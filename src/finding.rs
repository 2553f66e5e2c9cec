//! Findings: what a check has to say, about what, on what evidence.
//!
//! A finding can't be made without citations.

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::case::claim::Grade;
use crate::evidence::citation::Citations;
use crate::time::Instant;

/// How much a finding matters by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// People or money are affected now.
    Critical,
    /// A model or its lineage is wrong.
    High,
    /// Something will go wrong, or cannot be shown to be right.
    Medium,
    /// Worth mending.
    Low,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// All severities, the gravest first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// Returns the name used in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }
}

/// Requests that met with what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// How many.
    pub requests: u64,
    /// Whether the counts cover the whole interval; otherwise there were at least so many.
    pub whole: bool,
    /// From.
    pub from: Instant,
    /// To.
    pub to: Instant,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is in the baseline.
    Known,
    /// Somebody answers for it.
    Suppressed {
        /// Why.
        reason: String,
        /// Who.
        owner: String,
        /// Until when.
        until: String,
    },
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Id of the check.
    pub check: &'static str,
    /// Severity.
    pub severity: Severity,
    /// What it is about: an ARN, an S3 URI, an image, a family of jobs.
    pub subject: String,
    /// Everything else concerned.
    pub related: Vec<String>,
    /// The finding in a sentence.
    pub title: String,
    /// What is behind it.
    pub detail: String,
    /// From when on it holds.
    pub from: Option<Instant>,
    /// Until when.
    pub to: Option<Instant>,
    /// How well it is founded.
    pub grade: Grade,
    /// On what.
    pub evidence: Citations,
    /// What to do about the cause.
    pub remedy: &'static str,
    /// What tells this finding from others of the same check and subject, in a form that does not change from run to run.
    pub fact: String,
    /// What it is about for good, where the subject changes from run to run: the family of a job.
    pub lasting: Option<String>,
    /// Requests that met with it.
    pub exposure: Option<Exposure>,
    /// Why it does not count, if it does not.
    pub accepted: Option<Accepted>,
}

impl Finding {
    /// Returns the finding's lasting identity: a hash of check, subject and fact.
    pub fn fingerprint(&self) -> String {
        use std::fmt::Write as _;
        let digest = Sha256::digest(
            format!("{}\n{}\n{}", self.check, self.lasting.as_deref().unwrap_or(&self.subject).to_lowercase(), self.fact)
                .as_bytes(),
        );
        digest.iter().take(16).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Adds what else is concerned.
    #[must_use]
    pub fn concerning(mut self, related: impl IntoIterator<Item = impl ToString>) -> Self {
        self.related.extend(related.into_iter().map(|other| other.to_string()));
        self.related.sort();
        self.related.dedup();
        let subject = self.subject.clone();
        self.related.retain(|other| *other != subject);
        self
    }

    /// Adds what is behind it.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Adds the interval in which it holds.
    #[must_use]
    pub fn between(mut self, from: Option<Instant>, to: Option<Instant>) -> Self {
        self.from = from;
        self.to = to;
        self
    }

    /// Adds what tells it from others of the same check and subject.
    #[must_use]
    pub fn told_apart_by(mut self, fact: impl Into<String>) -> Self {
        self.fact = fact.into();
        self
    }

    /// Says what it is about for good.
    #[must_use]
    pub fn lasting(mut self, lasting: impl Into<String>) -> Self {
        self.lasting = Some(lasting.into());
        self
    }

    /// Adds the requests that met with it.
    #[must_use]
    pub fn exposing(mut self, exposure: Option<Exposure>) -> Self {
        self.exposure = exposure;
        self
    }
}

/// Writes a number with commas between thousands.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a count of requests, and that it is a lower bound where not all of the interval was counted.
pub fn counted(requests: u64, whole: bool) -> String {
    format!("{}{}", if whole { "" } else { "at least " }, grouped(requests))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!([grouped(0), grouped(999), grouped(1_000), grouped(1_284_330)], ["0", "999", "1,000", "1,284,330"]);
    }

    #[test]
    fn counts_of_a_part_are_lower_bounds() {
        assert_eq!([counted(24_000, true), counted(24_000, false)], ["24,000", "at least 24,000"]);
    }

    #[test]
    fn the_gravest_comes_first() {
        let mut severities = Severity::ALL;
        severities.sort();
        assert_eq!(severities, Severity::ALL);
        assert!(Severity::Critical < Severity::Info);
    }
}
