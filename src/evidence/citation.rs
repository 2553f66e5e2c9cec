//! Where a statement stands in the evidence.
//!
//! Every fact carries one [`Citation`]: which exhibit, where inside it, from which kind of source, when. [`Citations`] is a
//! non-empty list of them, so that a claim or a finding without evidence does not compile.

use std::fmt;
use std::sync::Arc;

use crate::time::Instant;

/// Which exhibit: the position of its file among all files sorted by path, and of the entry inside that file if it is an
/// archive. Orders like the paths do, whatever order threads finish in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExhibitId {
    /// Position of the file.
    pub file: u32,
    /// Position of the archive entry, counted from 1; 0 is the file itself.
    pub entry: u32,
}

/// Where inside an exhibit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Locator {
    /// The exhibit as a whole.
    Whole,
    /// The n-th element (from 0) of a list; the list is named by its key, or is the text itself (empty key).
    Item {
        /// JSON pointer of the list, without the leading slash.
        list: &'static str,
        /// Position in the list.
        index: u32,
    },
    /// A line, counted from 1.
    Line(u64),
    /// A row, counted from 1 after the header.
    Row(u64),
    /// Any other place, as a JSON pointer or in words.
    Place(Arc<str>),
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("/"),
            Self::Item { list: "", index } => write!(f, "/{index}"),
            Self::Item { list, index } => write!(f, "/{list}/{index}"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
            Self::Place(place) => f.write_str(place),
        }
    }
}

/// What kind of system said it: the unit in which coverage is counted and in which records are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// `CloudTrail`'s record of an API call or service event.
    CloudTrail,
    /// `SageMaker`'s describe, list and search answers.
    SageMaker,
    /// `EventBridge` state-change events.
    EventBridge,
    /// S3 listings, heads, inventories and bucket settings: what S3's index says.
    S3,
    /// S3's record of requests: access logs and event notifications.
    S3Log,
    /// The container registry.
    Ecr,
    /// A build system that checks code out: `CodeBuild`, `CodePipeline`.
    Build,
    /// What containers and CI jobs printed.
    Logs,
    /// `CloudWatch` metric data.
    Metrics,
    /// Traces of requests: X-Ray, OpenTelemetry.
    Traces,
    /// Alarm and rule settings.
    Watchers,
    /// Files that jobs wrote: evaluations, manifests.
    Output,
    /// Files that people wrote for AWS: templates, definitions, requests, scripts.
    Config,
    /// Data that jobs read and endpoints captured.
    Data,
}

impl Source {
    /// Returns the name used in coverage and evidence rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CloudTrail => "cloudtrail",
            Self::SageMaker => "sagemaker",
            Self::EventBridge => "eventbridge",
            Self::S3 => "s3",
            Self::S3Log => "s3-log",
            Self::Ecr => "ecr",
            Self::Build => "build",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Traces => "traces",
            Self::Watchers => "watchers",
            Self::Output => "output",
            Self::Config => "config",
            Self::Data => "data",
        }
    }
}

/// One place in the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// The place inside it.
    pub locator: Locator,
    /// The kind of source.
    pub source: Source,
    /// When what it says happened, or when it was captured; unknown for undated exports.
    pub time: Option<Instant>,
    /// `CloudTrail`'s event id, or the id of the log or `EventBridge` event.
    pub event_id: Option<Arc<str>>,
    /// The words that matter, quoted for people. Not part of the citation's identity.
    pub excerpt: Option<Arc<str>>,
}

impl Citation {
    /// Returns the parts that identify the place, in the order citations are listed.
    fn identity(&self) -> (Option<Instant>, ExhibitId, &Locator) {
        (self.time, self.exhibit, &self.locator)
    }
}

impl PartialOrd for Citation {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Citation {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.identity().cmp(&other.identity()).then_with(|| self.excerpt.cmp(&other.excerpt))
    }
}

/// One or more citations, sorted, without repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citations(Vec<Citation>);

impl Citations {
    /// Returns the list that holds one citation.
    pub fn one(citation: Citation) -> Self {
        Self(vec![citation])
    }

    /// Returns the sorted list, or nothing where `citations` is empty.
    pub fn from_all(citations: impl IntoIterator<Item = Citation>) -> Option<Self> {
        let mut all: Vec<Citation> = citations.into_iter().collect();
        all.sort();
        all.dedup_by(|later, earlier| later.exhibit == earlier.exhibit && later.locator == earlier.locator);
        (!all.is_empty()).then_some(Self(all))
    }

    /// Returns this list with the citations of `others` added.
    #[must_use]
    pub fn and(self, others: impl IntoIterator<Item = Citation>) -> Self {
        let Self(mut all) = self;
        all.extend(others);
        all.sort();
        all.dedup_by(|later, earlier| later.exhibit == earlier.exhibit && later.locator == earlier.locator);
        Self(all)
    }

    /// Returns the citations in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Citation> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Citations {
    type Item = &'a Citation;
    type IntoIter = std::slice::Iter<'a, Citation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Citations {
    type Item = Citation;
    type IntoIter = std::vec::IntoIter<Citation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
