//! What is reported of an endpoint at an instant.

use std::collections::BTreeSet;

use super::Selection;
use crate::case::Case;
use crate::case::gap::{GapKey, Gaps};
use crate::case::investigation::{self, Found};
use crate::check;
use crate::evidence::ledger::Ledger;
use crate::fact::arn::{Arn, ArnKey};
use crate::finding::Finding;
use crate::time::{Instant, Seconds};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Put {
    /// The endpoint, by name or ARN.
    pub endpoint: String,
    /// The instant.
    pub at: Instant,
    /// How far back changes are looked for, in seconds.
    pub window: Seconds,
}

/// Why a question has no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// Several accounts or regions have an endpoint of that name.
    Shared(Vec<String>),
    /// There is none; these are there.
    Unknown(Vec<String>),
    /// The instant lies after the time of the case.
    TooLate(Instant),
}

/// What is reported of an endpoint at an instant.
#[derive(Debug)]
pub struct Investigation<'a> {
    /// The case.
    pub case: &'a Case,
    /// What became of the evidence.
    pub ledger: &'a Ledger,
    /// The question.
    pub put: Put,
    /// What is known.
    pub found: Found<'a>,
    /// Findings about the endpoint and what it rests on that held by then, the gravest first.
    pub findings: Vec<Finding>,
    /// What is missing.
    pub gaps: Gaps,
}

impl Selection {
    /// Returns the endpoint of the chosen account and region that a name or ARN chooses.
    fn endpoint_named(&self, case: &Case, name: &str) -> Result<Arn, NoAnswer> {
        let is_named = |arn: &&Arn| {
            self.takes_arn(arn) && (arn.last().eq_ignore_ascii_case(name) || arn.key().as_str() == name.to_lowercase())
        };
        let all = || case.serving.endpoints().iter().map(|endpoint| &endpoint.arn);
        let found: BTreeSet<ArnKey> = all().filter(is_named).map(Arn::key).collect();
        match (found.len(), all().find(is_named)) {
            (1, Some(arn)) => Ok(arn.clone()),
            (0, _) | (_, None) => {
                let names: BTreeSet<String> = case.serving.endpoints().iter().map(|endpoint| endpoint.name.clone()).collect();
                Err(NoAnswer::Unknown(names.into_iter().collect()))
            }
            _ => {
                let arns: BTreeSet<String> = all().filter(is_named).map(Arn::to_string).collect();
                Err(NoAnswer::Shared(arns.into_iter().collect()))
            }
        }
    }
}

impl<'a> Investigation<'a> {
    /// Answers a question, and chooses what is reported.
    ///
    /// # Errors
    ///
    /// Where the evidence does not know the endpoint, or knows several of that name, or does not reach that far.
    pub fn of(case: &'a Case, ledger: &'a Ledger, selection: &Selection, put: &Put) -> Result<Self, NoAnswer> {
        let endpoint = selection.endpoint_named(case, &put.endpoint)?;
        if let Some(as_of) = case.as_of.filter(|as_of| *as_of < put.at) {
            return Err(NoAnswer::TooLate(as_of));
        }
        let found = investigation::of(case, &endpoint, put.at, put.window).ok_or_else(|| NoAnswer::Unknown(Vec::new()))?;
        let (mut findings, _) = check::run(case).close();
        findings.retain(|finding| {
            let concerned = std::iter::once(&finding.subject).chain(&finding.related).any(|subject| found.scope.holds(subject));
            concerned && finding.from.is_none_or(|from| from <= put.at)
        });
        let needs: BTreeSet<GapKey> = found.missing.iter().cloned().collect();
        let gaps = case.gaps(&found.lineages, &[found.served.as_slice(), &found.shadows].concat(), &[], &needs);
        Ok(Self { case, ledger, put: put.clone(), found, findings, gaps })
    }
}
