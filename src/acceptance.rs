//! Findings that do not count: those of a baseline, and those that somebody answers for until a day.
//!
//! Nothing is hidden: an accepted finding stays in every answer and says why it was accepted. An entry that matches nothing, or
//! whose day has passed, is told, so that old excuses do not pile up.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::finding::{Accepted, Finding};
use crate::settings::wrong;
use crate::time::Instant;

/// What is accepted.
#[derive(Debug, Default)]
pub struct Acceptance {
    baseline: BTreeSet<String>,
    suppressions: Vec<Suppression>,
}

/// Somebody's word that a finding is known and does not count for now.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppression {
    /// Id of the check.
    rule: String,
    /// Subject of the finding; `*` at its end stands for anything.
    subject: String,
    /// Why.
    reason: String,
    /// Who answers for it.
    owner: String,
    /// The day on which it ends, `2026-12-31`, or an instant.
    until: String,
}

#[derive(Deserialize)]
struct Suppressions {
    #[serde(default)]
    suppress: Vec<Suppression>,
}

#[derive(Deserialize)]
struct Baseline {
    findings: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    fingerprint: String,
}

impl Acceptance {
    /// Takes an earlier answer of `audit` as JSON: what it found is known.
    ///
    /// # Errors
    ///
    /// Where the text is no such answer, with the reason.
    pub fn take_baseline(&mut self, text: &[u8]) -> Result<(), String> {
        let baseline: Baseline =
            serde_json::from_slice(text).map_err(|error| format!("no answer of `audit -f json`: {error}"))?;
        self.baseline.extend(baseline.findings.into_iter().map(|known| known.fingerprint));
        Ok(())
    }

    /// Takes suppressions: TOML with a table `[[suppress]]` for each, of `rule`, `subject`, `reason`, `owner`, `until`.
    ///
    /// # Errors
    ///
    /// Where the text is none, names no check that there is, or a day that is none.
    pub fn take_suppressions(&mut self, text: &[u8], checks: &[&str]) -> Result<(), String> {
        let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
        let suppressions: Suppressions = toml::from_str(text).map_err(|error| wrong(&error, text))?;
        for entry in suppressions.suppress {
            if !checks.contains(&entry.rule.as_str()) {
                return Err(format!("no check is called `{}`; `modeltrail checks` lists them", entry.rule));
            }
            if entry.end().is_none() {
                return Err(format!("until = \"{}\" of {} is no day; write it like 2026-12-31", entry.until, entry.rule));
            }
            self.suppressions.push(entry);
        }
        Ok(())
    }

    /// Marks the findings that are accepted at `as_of`; returns what is worth telling of entries that accept nothing.
    pub fn apply(&self, findings: &mut [Finding], as_of: Option<Instant>) -> Vec<String> {
        let is_over = |entry: &Suppression| entry.end().zip(as_of).is_some_and(|(end, as_of)| as_of >= end);
        let mut used = vec![false; self.suppressions.len()];
        let mut found: BTreeSet<String> = BTreeSet::new();
        for finding in findings {
            let matching = self.suppressions.iter().position(|entry| entry.fits(finding) && !is_over(entry));
            if let Some(at) = matching {
                used[at] = true;
                let entry = &self.suppressions[at];
                finding.accepted = Some(Accepted::Suppressed {
                    reason: entry.reason.clone(),
                    owner: entry.owner.clone(),
                    until: entry.until.clone(),
                });
            }
            let fingerprint = finding.fingerprint();
            if self.baseline.contains(&fingerprint) {
                finding.accepted = finding.accepted.take().or(Some(Accepted::Known));
                found.insert(fingerprint);
            }
        }
        let mut told: Vec<String> = Vec::new();
        for (entry, _) in self.suppressions.iter().zip(&used).filter(|(_, used)| !**used) {
            let why = if is_over(entry) { format!("ended on {}", entry.until) } else { "matches nothing".to_owned() };
            told.push(format!("the suppression of {} for {} ({}) {why}", entry.rule, entry.subject, entry.owner));
        }
        let gone = self.baseline.len() - found.len();
        if gone > 0 {
            told.push(format!("{gone} finding(s) of the baseline are no longer found"));
        }
        told
    }
}

impl Suppression {
    fn fits(&self, finding: &Finding) -> bool {
        let subject = match self.subject.strip_suffix('*') {
            Some(start) => finding.subject.starts_with(start),
            None => finding.subject == self.subject,
        };
        self.rule == finding.check && subject
    }

    fn end(&self) -> Option<Instant> {
        Instant::parse(&self.until, false).or_else(|| Instant::parse(&format!("{}T00:00:00Z", self.until), false))
    }
}
