//! What is reported: chosen once from the case, so that every format carries the same.

mod impact;
mod investigation;

use std::collections::BTreeSet;

use crate::case::Case;
use crate::case::coverage::Row;
use crate::case::gap::Gaps;
use crate::case::incidents::Incident;
use crate::case::jobs::Job;
use crate::case::lineage::Lineage;
use crate::case::serving::Span;
use crate::case::timeline::Event;
use crate::check;
use crate::evidence::citation::Source;
use crate::evidence::ledger::Ledger;
use crate::fact::arn::{Arn, ArnKey};
use crate::finding::Finding;
use crate::time::Instant;

pub use impact::{Asked, Impact};
pub use investigation::{Investigation, NoAnswer, Put};

/// What the user wants to see of a case. Everything is read and judged; this only chooses what is shown.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Nothing that ended before.
    pub from: Option<Instant>,
    /// Nothing that began after.
    pub to: Option<Instant>,
    /// Only this account.
    pub account: Option<String>,
    /// Only this region.
    pub region: Option<String>,
    /// Only these models.
    pub models: Option<BTreeSet<ArnKey>>,
}

/// Why a model's name does not choose one.
#[derive(Debug, PartialEq, Eq)]
pub enum NoModel {
    /// Several accounts or regions have one of that name.
    Shared(Vec<Arn>),
    /// There is none; these are there.
    Unknown(Vec<String>),
}

/// What is reported of a case.
#[derive(Debug)]
pub struct Audit<'a> {
    /// The case.
    pub case: &'a Case,
    /// What became of the evidence.
    pub ledger: &'a Ledger,
    /// What evidence there is.
    pub coverage: Vec<Row>,
    /// Lineage of the chosen models.
    pub lineages: Vec<&'a Lineage>,
    /// What endpoints served.
    pub spans: Vec<&'a Span>,
    /// What shadow variants ran on copies of requests.
    pub shadows: Vec<&'a Span>,
    /// Jobs.
    pub jobs: Vec<&'a Job>,
    /// Incidents, by beginning.
    pub incidents: Vec<&'a Incident>,
    /// Findings, the gravest first.
    pub findings: Vec<Finding>,
    /// What is missing.
    pub gaps: Gaps,
}

impl Selection {
    /// Returns the models of the chosen account and region that a name or ARN chooses.
    ///
    /// # Errors
    ///
    /// Where there is none, or where several accounts or regions share the name.
    pub fn models_named(&self, case: &Case, name: &str) -> Result<BTreeSet<ArnKey>, NoModel> {
        let is_named = |lineage: &&Lineage| {
            self.takes_arn(&lineage.arn)
                && (lineage.name.eq_ignore_ascii_case(name) || lineage.arn.key().as_str() == name.to_lowercase())
        };
        let mut named: Vec<&Lineage> = case.lineages.iter().filter(is_named).collect();
        // A component and a model may have one name: the model's comes first, and the component has an ARN.
        if named.iter().any(|lineage| !lineage.is_of_component()) {
            named.retain(|lineage| !lineage.is_of_component());
        }
        let found: BTreeSet<ArnKey> = named.iter().map(|lineage| lineage.arn.key()).collect();
        match found.len() {
            0 => Err(NoModel::Unknown(case.lineages.iter().map(|lineage| lineage.name.clone()).collect())),
            1 => Ok(found),
            _ => Err(NoModel::Shared(named.iter().map(|lineage| lineage.arn.clone()).collect())),
        }
    }

    fn takes_arn(&self, arn: &Arn) -> bool {
        let fits = |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|wanted| wanted == own);
        fits(&self.account, arn.account()) && fits(&self.region, arn.region())
    }

    /// Returns whether an interval lies in the one that was asked for, at least in part; an open end is unbounded.
    fn overlaps(&self, from: Option<Instant>, to: Option<Instant>) -> bool {
        let begins_too_late = self.to.zip(from).is_some_and(|(limit, from)| from > limit);
        let ends_too_early = self.from.zip(to).is_some_and(|(limit, to)| to < limit);
        !begins_too_late && !ends_too_early
    }

    /// Returns whether a span is chosen; what still serves is known to do so until the time of the case.
    fn takes_span(&self, case: &Case, span: &Span) -> bool {
        self.takes_arn(&span.endpoint) && self.overlaps(Some(span.from.earliest), span.to.map(|to| to.latest).or(case.as_of))
    }

    fn takes_lineage(&self, case: &Case, lineage: &Lineage) -> bool {
        if self.models.as_ref().is_some_and(|models| !models.contains(&lineage.arn.key())) || !self.takes_arn(&lineage.arn) {
            return false;
        }
        let made = self.overlaps(lineage.created, lineage.created);
        let is_own = |span: &&Span| span.model.key() == lineage.arn.key() && span.model_created == lineage.created;
        let mut ran = case.serving.of_model(&lineage.arn, lineage.created).chain(case.serving.shadows().filter(is_own));
        made || ran.any(|span| self.takes_span(case, span))
    }

    fn takes_job(&self, job: &Job) -> bool {
        self.takes_arn(&job.arn) && self.overlaps(job.created.or(job.started), job.ended)
    }

    fn takes_event(&self, event: &Event) -> bool {
        let arns: Vec<Arn> = std::iter::once(&event.subject).chain(&event.related).filter_map(|text| Arn::parse(text)).collect();
        let here = arns.is_empty() || arns.iter().any(|arn| self.takes_arn(arn));
        here && self.overlaps(Some(event.at.earliest), Some(event.at.latest))
    }

    fn takes_incident(&self, incident: &Incident) -> bool {
        self.takes_arn(&incident.subject) && self.overlaps(Some(incident.began), incident.recovered)
    }

    fn takes_finding(&self, finding: &Finding) -> bool {
        let arns: Vec<Arn> =
            std::iter::once(&finding.subject).chain(&finding.related).filter_map(|text| Arn::parse(text)).collect();
        let here = arns.is_empty() || arns.iter().any(|arn| self.takes_arn(arn));
        here && self.overlaps(finding.from, finding.to)
    }
}

impl<'a> Audit<'a> {
    /// Judges a case and chooses what is reported of it.
    pub fn of(case: &'a Case, ledger: &'a Ledger, selection: &Selection) -> Self {
        let (mut findings, needs) = check::run(case).close();
        findings.retain(|finding| selection.takes_finding(finding));
        Self { findings, ..Self::without_findings(case, ledger, selection, &needs) }
    }

    /// Chooses the lineage that is reported of a case, and what would lift it.
    pub fn lineage(case: &'a Case, ledger: &'a Ledger, selection: &Selection) -> Self {
        let mut audit = Self::without_findings(case, ledger, selection, &BTreeSet::new());
        audit.gaps = case.gaps(&audit.lineages, &[], &[], &BTreeSet::new());
        audit
    }

    fn without_findings(
        case: &'a Case,
        ledger: &'a Ledger,
        selection: &Selection,
        needs: &BTreeSet<crate::case::gap::GapKey>,
    ) -> Self {
        let lineages: Vec<&Lineage> = case.lineages.iter().filter(|lineage| selection.takes_lineage(case, lineage)).collect();
        let spans: Vec<&Span> = case.serving.spans().filter(|span| selection.takes_span(case, span)).collect();
        let shadows: Vec<&Span> = case.serving.shadows().filter(|span| selection.takes_span(case, span)).collect();
        let jobs: Vec<&Job> = case.jobs.iter().filter(|job| selection.takes_job(job)).collect();
        let gaps = case.gaps(&lineages, &[spans.as_slice(), &shadows].concat(), &jobs, needs);
        let mut coverage = case.coverage.rows(selection.from, selection.to);
        let fits = |wanted: &Option<String>, own: &Option<String>| wanted.is_none() || own.is_none() || wanted == own;
        coverage.retain(|row| fits(&selection.account, &row.account) && fits(&selection.region, &row.region));
        let incidents = case.incidents.iter().filter(|incident| selection.takes_incident(incident)).collect();
        Self { case, ledger, coverage, lineages, spans, shadows, jobs, incidents, findings: Vec::new(), gaps }
    }

    /// Returns how many models and jobs the selection leaves out.
    pub fn left_out(&self) -> usize {
        self.case.lineages.len() - self.lineages.len() + self.case.jobs.iter().len() - self.jobs.len()
    }

    /// Returns whether the selection leaves out everything there is.
    pub fn chooses_nothing(&self) -> bool {
        self.left_out() > 0 && self.lineages.is_empty() && self.jobs.is_empty()
    }

    /// Returns the lowest share of the interval that any trail covers, in percent; 0 where there is no trail.
    pub fn lowest_coverage(&self) -> f64 {
        let trails = self.coverage.iter().filter(|row| row.source == Source::CloudTrail);
        trails.filter_map(|row| row.percent).reduce(f64::min).unwrap_or(0.0)
    }

    /// Returns the share of all hops that are known at grade B or better, from 0 to 1, to three decimals; 0 where there is no hop.
    pub fn lineage_completeness(&self) -> f64 {
        let hops = self.lineages.iter().flat_map(|lineage| lineage.hops());
        let (mut known, mut all) = (0_u32, 0_u32);
        for hop in hops {
            all += 1;
            known += u32::from(hop.grade <= crate::case::claim::Grade::B);
        }
        if all == 0 { 0.0 } else { (f64::from(known) / f64::from(all) * 1_000.0).round() / 1_000.0 }
    }
}

/// What is reported of what happened.
#[derive(Debug)]
pub struct Timeline<'a> {
    /// The time of the case.
    pub as_of: Option<Instant>,
    /// What became of the evidence.
    pub ledger: &'a Ledger,
    /// The chosen events, by time.
    pub events: Vec<Event>,
}

impl<'a> Timeline<'a> {
    /// Chooses what is reported; nothing where a subject is named and nothing that ever happened concerns it.
    pub fn of(case: &'a Case, ledger: &'a Ledger, selection: &Selection, subject: Option<&str>) -> Option<Self> {
        let mut events = case.timeline();
        if let Some(subject) = subject {
            events.retain(|event| event.concerns(subject));
            if events.is_empty() {
                return None;
            }
        }
        events.retain(|event| selection.takes_event(event));
        Some(Self { as_of: case.as_of, ledger, events })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_ends_are_unbounded() {
        let at = |seconds| Some(Instant::from_seconds(seconds));
        let selection = Selection { from: at(10), to: at(20), ..Selection::default() };
        for (from, to, taken) in [(0, 9, false), (0, 10, true), (20, 30, true), (21, 30, false), (0, 30, true), (12, 13, true)] {
            assert_eq!(selection.overlaps(at(from), at(to)), taken, "{from} {to}");
        }
        assert!(selection.overlaps(None, None) && selection.overlaps(at(5), None) && !selection.overlaps(at(25), None));
    }

    #[test]
    fn accounts_and_regions_are_chosen_by_arn() {
        let selection = Selection { account: Some("111122223333".to_owned()), ..Selection::default() };
        assert!(selection.takes_arn(&Arn::sagemaker("us-east-1", "111122223333", "model", "m")));
        assert!(!selection.takes_arn(&Arn::sagemaker("us-east-1", "444455556666", "model", "m")));
    }
}
