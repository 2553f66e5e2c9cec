//! The shapes of every JSON answer. The JSON Schema in the documentation is made from these types.
//!
//! Fields are only ever added. Times are RFC 3339 in UTC; what is unknown is `null`, never a made-up value; an evidence id
//! (`E17`) names a row of `evidence`, a gap id (`G3`) a row of `gaps`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::case::claim::Grade;
use crate::case::gap::GapKind;
use crate::evidence::ledger::Disposition;
use crate::fact::arn::Arn;
use crate::fact::job::JobKind;
use crate::finding::Severity;
use crate::time::{Instant, Seconds};

pub use super::incident::{Detected, Incident};

/// Version of the shapes.
pub const SCHEMA_VERSION: &str = "1";

/// Answer of `audit`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Audit {
    /// Version of this shape.
    pub schema_version: &'static str,
    /// What made the answer.
    pub tool: Tool,
    /// The newest time in the evidence, or what `--as-of` says.
    pub as_of: Option<Instant>,
    /// What became of every exhibit.
    pub inputs: Vec<Input>,
    /// What evidence there is.
    pub coverage: Vec<Coverage>,
    /// One for each model, and for each model package that no model in the evidence uses.
    pub models: Vec<Model>,
    /// What each endpoint variant served, from when to when.
    pub serving: Vec<Serving>,
    /// What shadow variants ran on copies of requests, without answering anybody.
    pub shadows: Vec<Serving>,
    /// Jobs.
    pub jobs: Vec<Job>,
    /// Incidents.
    pub incidents: Vec<Incident>,
    /// Findings, the gravest first.
    pub findings: Vec<Finding>,
    /// What is missing, what lifts most first.
    pub gaps: Vec<Gap>,
    /// The places in the evidence that are cited.
    pub evidence: Vec<Evidence>,
    /// Counts.
    pub summary: Summary,
}

/// Answer of `lineage`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Lineage")]
pub struct LineageAnswer {
    /// Version of this shape.
    pub schema_version: &'static str,
    /// The newest time in the evidence, or what `--as-of` says.
    pub as_of: Option<Instant>,
    /// The chosen models.
    pub models: Vec<Model>,
    /// The places in the evidence that are cited.
    pub evidence: Vec<Evidence>,
    /// What is missing.
    pub gaps: Vec<Gap>,
}

/// Answer of `gaps`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Gaps")]
pub struct GapsAnswer {
    /// Version of this shape.
    pub schema_version: &'static str,
    /// The newest time in the evidence, or what `--as-of` says.
    pub as_of: Option<Instant>,
    /// What became of every exhibit.
    pub inputs: Vec<Input>,
    /// What evidence there is.
    pub coverage: Vec<Coverage>,
    /// What is missing, what lifts most first.
    pub gaps: Vec<Gap>,
}

/// Answer of `checks`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckText {
    /// `family/name`.
    pub id: &'static str,
    /// Default severity.
    pub severity: Severity,
    /// When it fires.
    pub fires_when: &'static str,
    /// Why that is bad.
    pub why: &'static str,
    /// The evidence it needs.
    pub needs: &'static str,
    /// What looks like it and is not, and what it can't see.
    pub fooled_by: &'static str,
    /// What to do about the cause.
    pub remedy: &'static str,
}

/// The program that made an answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// Name.
    pub name: &'static str,
    /// Version.
    pub version: &'static str,
}

/// An exhibit's row in the ledger.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Input {
    /// Path as given, with `!/` before the name of an archive entry.
    pub path: String,
    /// Lower-case hex SHA-256 of its bytes as they lie on disk; `null` where it could not be opened.
    pub sha256: Option<String>,
    /// Size of those bytes.
    pub bytes: u64,
    /// Format, or what the bytes look like where none fits.
    pub format: String,
    /// What became of it.
    pub disposition: Disposition,
    /// Records found.
    pub records: u64,
    /// Facts kept from them.
    pub kept: u64,
    /// Earliest time in it.
    pub earliest: Option<Instant>,
    /// Latest time in it.
    pub latest: Option<Instant>,
    /// The command that made it, and who says so.
    pub asked: Option<String>,
    /// What is wrong with it, and notes.
    pub problems: Vec<Problem>,
}

/// Something wrong with an exhibit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// The place.
    pub locator: String,
    /// What is wrong there.
    pub message: String,
    /// Whether something was lost by it; otherwise it is a note.
    pub loses: bool,
}

/// What evidence there is of one source.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Coverage {
    /// Source.
    pub source: &'static str,
    /// Account.
    pub account: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Part of the source: a bucket, a log group, a repository.
    pub of: Option<String>,
    /// Beginning.
    pub from: Instant,
    /// End.
    pub to: Instant,
    /// Share of the interval for which there is evidence, in percent; `null` where the source does not show what is missing.
    pub percent: Option<f64>,
    /// Holes.
    pub gaps: Vec<Interval>,
}

/// An interval.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Interval {
    /// Beginning.
    pub from: Instant,
    /// End.
    pub to: Instant,
}

/// An interval whose end may be unknown.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Window {
    /// Beginning.
    pub from: Instant,
    /// End.
    pub to: Option<Instant>,
}

/// An instant known to lie between two others.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Bounds {
    /// Not before.
    pub earliest: Instant,
    /// Not after.
    pub latest: Instant,
}

/// What is held to be true, how well it is founded, and on what.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Claim_{T}")]
pub struct Claim<T> {
    /// The value; `null` for U and X, and where the evidence shows that there is none.
    pub value: Option<T>,
    /// Grade.
    pub grade: Grade,
    /// Reason for the grade.
    pub why: String,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
    /// Ids of the gaps that would lift it.
    pub missing: Vec<String>,
    /// Other values that the evidence holds.
    pub conflicts: Vec<Conflict<T>>,
    /// Hops passed on the way.
    pub via: Vec<Arn>,
}

/// Another value, and what says so.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Conflict_{T}")]
pub struct Conflict<T> {
    /// The value.
    pub value: T,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// A model and its lineage.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Model {
    /// ARN of the model, or of the package that no model uses.
    pub arn: Arn,
    /// Name.
    pub name: String,
    /// When it was created.
    pub created: Option<Instant>,
    /// Model package.
    pub package: Claim<PackageRef>,
    /// Its approval at `as_of`.
    pub approval: Claim<Approval>,
    /// Job that trained it.
    pub training_job: Claim<Arn>,
    /// Pipeline execution that computed it.
    pub pipeline_execution: Claim<Arn>,
    /// Its bytes.
    pub artifact: Claim<Artifact>,
    /// Its code.
    pub code: Code,
    /// Data that trained it.
    pub data: Vec<Channel>,
    /// Who made its parts, as far as the evidence names them.
    pub owners: Vec<Owner>,
}

/// Who made a part of a lineage.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Owner {
    /// The hop: `model`, `package`, `approval`, `training_job`, `pipeline_execution`, or `data` and the channel.
    pub hop: String,
    /// What was made: an ARN or an S3 URI.
    pub of: String,
    /// ARN of the role or user.
    pub by: String,
    /// Name of the session.
    pub session: Option<String>,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// A model package.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PackageRef {
    /// ARN.
    pub arn: Arn,
    /// Version.
    pub version: Option<i64>,
}

/// An approval.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Approval {
    /// Status: `Approved`, `Rejected`, `PendingManualApproval`.
    pub status: &'static str,
    /// ARN of who decided.
    pub by: Option<String>,
    /// When.
    pub at: Option<Instant>,
    /// All decisions, oldest first.
    pub history: Vec<Decision>,
}

/// A change of approval.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Decision {
    /// Status from then on.
    pub status: &'static str,
    /// ARN of who decided.
    pub by: Option<String>,
    /// The person behind a role, as its session names them.
    pub session: Option<String>,
    /// When.
    pub at: Option<Instant>,
    /// Reason given.
    pub comment: Option<String>,
}

/// A model's bytes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Artifact {
    /// Where they lie.
    pub uri: String,
    /// S3 version.
    pub version_id: Option<String>,
    /// `ETag` without quotes.
    pub etag: Option<String>,
}

/// A container image.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Image {
    /// As it was named.
    pub uri: String,
    /// Its digest.
    pub digest: Option<String>,
}

/// An archive of source code.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Source {
    /// Where it lies.
    pub uri: String,
    /// S3 version.
    pub version_id: Option<String>,
    /// `ETag` without quotes.
    pub etag: Option<String>,
    /// Hex SHA-256 of the archive's bytes.
    pub sha256: Option<String>,
    /// The hash of the code that the SDK wrote into its path.
    pub sdk_hash: Option<String>,
}

/// A model's code.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Code {
    /// Commit, as recorded.
    pub commit: Claim<String>,
    /// Image that trained it.
    pub training_image: Claim<Image>,
    /// Image that serves it.
    pub serving_image: Claim<Image>,
    /// Source archive.
    pub source: Claim<Source>,
    /// Package versions it was trained with, by normalised name.
    pub dependencies: Claim<BTreeMap<String, String>>,
}

/// Data that trained a model.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Channel {
    /// Channel, or what names the data.
    pub channel: String,
    /// Where it lies.
    pub uri: String,
    /// Which version was read.
    pub version: Claim<DataVersion>,
    /// When it was read.
    pub read_at: Option<Window>,
    /// Job that produced it.
    pub produced_by: Claim<Arn>,
}

/// A version of a data set.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DataVersion {
    /// Lower-case hex SHA-256 of one line per object: `BUCKET/KEY\tVERSION_ID\tETAG\tSIZE\n`, sorted bytewise.
    pub fingerprint: String,
    /// Number of objects.
    pub object_count: usize,
    /// The objects.
    pub objects: Vec<DataObject>,
}

/// An object of a data set.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DataObject {
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// S3 version.
    pub version_id: Option<String>,
    /// `ETag` without quotes.
    pub etag: Option<String>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// When it was last modified.
    pub last_modified: Option<Instant>,
    /// ARN of who wrote it.
    pub written_by: Option<String>,
}

/// An interval in which a variant ran a model.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Serving {
    /// ARN of the endpoint.
    pub endpoint: Arn,
    /// Its name.
    pub name: String,
    /// Variant.
    pub variant: String,
    /// ARN of the model.
    pub model: Arn,
    /// When that model was created, which tells it from others that had its name; `null` where the model is not in the evidence.
    pub model_created: Option<Instant>,
    /// When it began.
    pub from: Bounds,
    /// When it ended; `null` while it still serves at `as_of`.
    pub to: Option<Bounds>,
    /// How requests reach it: `variant` by weight, `component` by name, `shadow` by copy, so that it answers nobody.
    pub role: &'static str,
    /// Inference component that requests name; `null` unless the role is `component`.
    pub component: Option<String>,
    /// Share of the endpoint's requests that it answered, from 0 to 1; `null` unless the role is `variant`.
    pub share: Option<f64>,
    /// Share of the endpoint's requests of which a shadow got copies, from 0 to 1; `null` for others.
    pub copies: Option<f64>,
    /// Requests it met, of a shadow copies of them; `null` where nothing counts them.
    pub requests: Option<u64>,
    /// Whether the counts cover the whole interval; otherwise there were at least so many.
    pub requests_whole: bool,
    /// Grade.
    pub grade: Grade,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// A job.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Job {
    /// ARN.
    pub arn: Arn,
    /// Kind.
    pub kind: JobKind,
    /// Name.
    pub name: String,
    /// Status, as `SageMaker` writes it.
    pub status: Option<&'static str>,
    /// When it was created.
    pub created: Option<Instant>,
    /// When its work began.
    pub started: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// Its run-time limit in seconds.
    pub limit_seconds: Option<Seconds>,
    /// ARN of who set the limit, or `default`; `null` where the evidence does not tell.
    pub limit_set_by: Option<String>,
    /// Why it failed, or what its container said at the end.
    pub exit: Option<String>,
    /// What it read.
    pub inputs: Vec<Place>,
    /// What it wrote.
    pub outputs: Vec<Place>,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// A place that a job reads or writes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Place {
    /// Channel, input or output name.
    pub name: String,
    /// Where.
    pub uri: Option<String>,
}

/// What a check found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// Id of the check.
    pub check: &'static str,
    /// Severity.
    pub severity: Severity,
    /// ARN, S3 URI or name that it is about.
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
    /// Grade.
    pub grade: Grade,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
    /// What to do about the cause.
    pub remedy: &'static str,
    /// The finding's lasting identity.
    pub fingerprint: String,
    /// Requests that met with it.
    pub exposure: Option<Exposure>,
    /// Why it does not count for `--fail-on`; `null` where it does.
    pub accepted: Option<Accepted>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Accepted {
    /// `baseline` or `suppression`.
    pub by: &'static str,
    /// The reason that a suppression gives.
    pub reason: Option<String>,
    /// Who answers for a suppression.
    pub owner: Option<String>,
    /// The day on which a suppression ends.
    pub until: Option<String>,
}

/// Requests that met with something.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Exposure {
    /// How many.
    pub requests: u64,
    /// Whether the counts cover the whole interval; otherwise there were at least so many.
    pub requests_whole: bool,
    /// From.
    pub from: Instant,
    /// To.
    pub to: Instant,
}

/// Something that is missing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Gap {
    /// Id.
    pub id: String,
    /// Why it is missing.
    pub kind: GapKind,
    /// What it is.
    pub what: String,
    /// From when on it is needed.
    pub from: Option<Instant>,
    /// Until when.
    pub to: Option<Instant>,
    /// The command that exports it, quoted for a POSIX shell; `null` where it can't be had.
    pub command: Option<String>,
    /// How many claims it would lift.
    pub lifts: u64,
    /// When it can no longer be had.
    pub expires_at: Option<Instant>,
}

/// A place in the evidence.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Evidence {
    /// Id.
    pub id: String,
    /// Path of the exhibit.
    pub file: String,
    /// Place inside it: a JSON pointer, `line N` or `row N`.
    pub locator: String,
    /// When what it says happened.
    pub time: Option<Instant>,
    /// What kind of system said it.
    pub source: &'static str,
    /// Id of the event.
    pub event_id: Option<String>,
    /// The words that matter.
    pub excerpt: Option<String>,
}

/// Counts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Exhibits that were recognised and read, at least in part; archives and sidecars themselves are not counted.
    pub exhibits_read: usize,
    /// Models and jobs that the chosen account, region and interval leave out.
    pub left_out: usize,
    /// Models.
    pub models: usize,
    /// Models whose training data is known by content at grade B or better.
    pub data_pinned: usize,
    /// Models whose code is known by content at grade B or better.
    pub code_pinned: usize,
    /// Models whose package is approved.
    pub approved: usize,
    /// Findings by severity.
    pub findings: BTreeMap<Severity, usize>,
    /// Share of all hops known at grade B or better, from 0 to 1.
    pub lineage_completeness: f64,
}
