//! Incidents: intervals in which one thing did not do what it is for, when that was noticed, and when it was over.
//!
//! There are four kinds, told by evidence of the fault itself and not by who was told of it:
//!
//! | kind | subject | begins | is over |
//! |---|---|---|---|
//! | errors | endpoint | the first period in which its requests failed, or the first that an alarm on them looked at | the last such period ended, or the alarm left `ALARM` |
//! | latency | endpoint | the first period of at least five minutes beyond 800 ms at p90 or higher, or the first that an alarm on latency looked at | as above |
//! | stale data | endpoint | its producer's newest data became older than its target | the producer completed |
//! | job | first run that failed or ended at its limit | that run ended | the next run of its family completed |
//!
//! Incidents of one kind and subject never overlap: intervals that do are one. A producer that does not complete and the endpoint
//! that goes on with what it wrote before are two incidents, since they are noticed and mended apart. None are: an endpoint that
//! gets no requests (nobody may have asked), a job that somebody stopped, a failed job that is no run of a recurring task, alarms on
//! CPU, memory and disk (they warn of what may come), alarms whose threshold is in doubt (`alarm/unit-mismatch`), and whatever
//! `SetAlarmState` made an alarm say.
//!
//! It was *detected* when the first signal came that could reach somebody: see `signals.rs`. Time to detect (MTTD, over one incident)
//! and time to recover (MTTR, time to restore service) are both counted from its beginning.

mod faults;
mod jobs;
mod signals;

use super::Case;
use super::claim::Grade;
use super::gap::GapKey;
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::time::{Instant, Seconds};

pub use faults::{ERROR_SHARE, LATENCY_OBJECTIVE, SUSTAINED};

/// What kind of thing was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Requests to an endpoint failed.
    Errors,
    /// Requests to an endpoint took too long.
    Latency,
    /// An endpoint used data older than its target.
    StaleData,
    /// Runs of a recurring job did not complete.
    Job,
}

impl Kind {
    /// Returns the name used in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Latency => "latency",
            Self::StaleData => "stale-data",
            Self::Job => "job",
        }
    }
}

/// The first signal of an incident that could reach somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// When; before the incident began, where its cause was noticed before its effect.
    pub at: Instant,
    /// What or who: `alarm NAME`, `rule NAME`, a principal.
    pub by: String,
}

/// An interval in which something was wrong.
#[derive(Clone, Debug)]
pub struct Incident {
    /// What kind.
    pub kind: Kind,
    /// What it is about.
    pub subject: Arn,
    /// Its name.
    pub name: String,
    /// What else is concerned: runs of the job, the producer.
    pub related: Vec<Arn>,
    /// What was wrong, in a sentence.
    pub title: String,
    /// When it began.
    pub began: Instant,
    /// The first signal that could reach somebody, if there is one in the evidence.
    pub detected: Option<Detected>,
    /// When it was over; nothing while it is not, as far as the evidence shows.
    pub recovered: Option<Instant>,
    /// What would show an earlier signal, or any; where nothing is missing, there was none.
    pub missing: Vec<GapKey>,
    /// What would show that it was over earlier; where nothing is missing, it was not.
    pub missing_end: Vec<GapKey>,
    /// The time within which it would be over by itself, in seconds: the period of a recurring job and its longest run; 0 for
    /// endpoints.
    pub due: Seconds,
    /// How well it is founded.
    pub grade: Grade,
    /// On what.
    pub evidence: Citations,
}

impl Incident {
    /// Returns the seconds from its beginning to its detection; 0 where its cause was noticed before.
    pub fn time_to_detect(&self) -> Option<Seconds> {
        self.detected.as_ref().map(|detected| detected.at.since(self.began).max(0))
    }

    /// Returns the seconds from its beginning to its end.
    pub fn time_to_recover(&self) -> Option<Seconds> {
        self.recovered.map(|recovered| recovered.since(self.began))
    }

    /// Returns whether the evidence would hold an earlier signal if there had been one.
    pub fn is_watched(&self) -> bool {
        self.missing.is_empty()
    }

    /// Returns whether it went on at some time from `from` to `to`.
    pub fn overlaps(&self, from: Instant, to: Instant) -> bool {
        self.began <= to && self.recovered.is_none_or(|recovered| recovered >= from)
    }

    /// Adds what was seen of its detection.
    fn heard(mut self, heard: signals::Heard) -> Self {
        let Some(first) = heard.first() else {
            self.missing = heard.missing_until(None);
            self.evidence = self.evidence.and(heard.lists);
            return self;
        };
        self.missing = heard.missing_until(Some(first.at));
        self.detected = Some(Detected { at: first.at, by: first.by.clone() });
        let cites: Vec<Citation> = first.cites.clone();
        self.evidence = self.evidence.and(cites);
        self
    }
}

/// Returns the incidents of a case, by beginning.
pub(super) fn build(case: &Case) -> Vec<Incident> {
    let mut all = faults::incidents(case);
    all.extend(jobs::stale(case));
    all.extend(jobs::broken(case));
    all.sort_by(|left, right| {
        (left.began, left.kind, &left.subject, left.recovered).cmp(&(right.began, right.kind, &right.subject, right.recovered))
    });
    all
}
