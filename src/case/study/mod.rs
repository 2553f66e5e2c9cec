//! Studies: which data of the evidence can be held against which, and what came of it.
//!
//! Two questions are asked of data that lies in the evidence: did the data of a recurring job move from one run to the next, and
//! does an endpoint see what its model was trained on? Where there is nothing to hold a run's data against, it can still be asked
//! whether it keeps business rules. Which files may answer is decided here ([`plan`]), from what lineage claims
//! of the jobs and from what the files are ([`mod@file`]); nothing here reads them. What a comparison found is a [`Study`], and checks
//! judge that. Besides, digests say what files of a trail held when they were delivered ([`seal`]).

pub mod file;
pub mod plan;
pub mod seal;
pub mod store;

use crate::case::claim::Grade;
use crate::evidence::citation::Citations;
use crate::fact::arn::Arn;
use crate::fact::s3::S3Uri;
use crate::time::Instant;

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What a run of a recurring job read, with what the run before read.
    Runs(Runs),
    /// What an endpoint was asked, with what trained the model that answered.
    Served(Served),
    /// What one run read, with nothing: business rules alone are asked.
    Alone(Alone),
}

/// A run whose data is held against no other's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone {
    /// Channel, or name of the input.
    pub channel: String,
    /// Where its data lay.
    pub uri: S3Uri,
    /// The run.
    pub run: Run,
    /// Models that it trained.
    pub models: Vec<Arn>,
}

/// Two runs of a recurring job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// Channel, or name of the input.
    pub channel: String,
    /// Where the later run's data lay.
    pub uri: S3Uri,
    /// The earlier run.
    pub earlier: Run,
    /// The later run.
    pub later: Run,
    /// Models that the later run trained.
    pub models: Vec<Arn>,
}

/// A run, and what it read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The job.
    pub job: Arn,
    /// Its name.
    pub name: String,
    /// When it began to read.
    pub read_from: Option<Instant>,
    /// Hash of the objects that it read.
    pub fingerprint: String,
}

/// A model that served, and what trained it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The endpoint.
    pub endpoint: Arn,
    /// Its name.
    pub name: String,
    /// The variant.
    pub variant: String,
    /// The model.
    pub model: Arn,
    /// The job that trained it.
    pub job: Arn,
    /// Where the training data lay.
    pub uri: String,
    /// Hash of the objects that trained it.
    pub fingerprint: String,
    /// When the first of the requests was captured.
    pub from: Instant,
    /// When the last was.
    pub to: Instant,
}

/// What a comparison found.
#[derive(Clone, Debug)]
pub struct Study {
    /// What was compared.
    pub subject: Subject,
    /// How well it is known that these files are what was read and asked.
    pub grade: Grade,
    /// The files, and the records that say so.
    pub evidence: Citations,
    /// Rows of both sides: before and after, or training and requests; none and all of a run's.
    pub rows: (u64, u64),
    /// Number of columns that were compared.
    pub columns: usize,
    /// What changed, by column.
    pub changes: Vec<Change>,
    /// Requests that repeat one payload again and again, as a canary's do: they are no part of the comparison.
    pub canaries: u64,
    /// What was left out of the comparison, and why; whole sentences.
    pub remarks: Vec<String>,
}

/// What changed about a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Kind of the change.
    pub kind: Kind,
    /// The column.
    pub column: String,
    /// What was measured, with its values on both sides.
    pub text: String,
    /// The first day from which on it lasts, where requests are compared day by day.
    pub since: Option<String>,
}

/// Kinds of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A column came or went, or its type changed.
    Schema,
    /// The distribution of values changed.
    Distribution,
    /// The share of nulls changed.
    MissingValues,
    /// Categories came or went.
    NewCategory,
    /// All times moved by about the same.
    TimeShift,
    /// Rows break a business rule.
    BusinessRule,
}
