//! Where something got to: its JSON, and the tree that people read.

mod build;
mod text;

pub use build::answer;
pub use text::text;

use schemars::JsonSchema;
use serde::Serialize;

use super::document as doc;
use crate::case::claim::Grade;
use crate::fact::arn::Arn;
use crate::time::Instant;

/// Answer of `impact`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Impact")]
pub struct Answer {
    /// Version of this shape.
    pub schema_version: &'static str,
    /// The newest time in the evidence, or what `--as-of` says.
    pub as_of: Option<Instant>,
    /// What was asked about, as it was written.
    pub of: String,
    /// What kind of thing that is.
    pub kind: &'static str,
    /// Totals of what is known to be reached.
    pub summary: Summary,
    /// Versions of objects: those that were asked about, and those that jobs made of them.
    pub objects: Vec<Object>,
    /// Jobs that used it, batch transforms among them.
    pub jobs: Vec<Arn>,
    /// Models made of it.
    pub models: Vec<Arn>,
    /// Model packages made of it.
    pub packages: Vec<Arn>,
    /// Pipeline executions that ran such a job, or took its result from cache.
    pub executions: Vec<Arn>,
    /// What ran: endpoints and their shadow variants, from when to when, and batch transforms.
    pub endpoints: Vec<Endpoint>,
    /// How each of these was reached, after what it was reached from.
    pub reached: Vec<Reached>,
    /// What may have been reached, and the evidence can't tell: grade U where nothing tells, X where records contradict each other.
    pub undecided: Vec<Reached>,
    /// The places in the evidence that are cited.
    pub evidence: Vec<doc::Evidence>,
    /// What is missing: what would lift hops, count requests, and show that nothing else was reached.
    pub gaps: Vec<doc::Gap>,
}

/// Totals.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImpactSummary")]
pub struct Summary {
    /// Versions of objects that were asked about.
    pub asked_objects: usize,
    /// Versions of objects that were made of it.
    pub objects: usize,
    /// Jobs.
    pub jobs: usize,
    /// Models.
    pub models: usize,
    /// Model packages.
    pub packages: usize,
    /// Endpoints that answered with it; each counts once.
    pub endpoints: usize,
    /// Shadow variants that ran it on copies of requests, and answered nobody; each counts once.
    pub shadows: usize,
    /// Batch transforms.
    pub transforms: usize,
    /// Requests to endpoints; `null` where nothing counts any of them.
    pub requests: Option<u64>,
    /// Whether all requests are counted; otherwise there were at least so many.
    pub requests_whole: bool,
    /// Jobs, models, packages, executions and endpoints that may have been reached: the evidence can't decide.
    pub undecided: usize,
    /// The weakest grade of what is known to be reached.
    pub weakest: Option<Grade>,
}

/// A version of an object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImpactObject")]
pub struct Object {
    /// Id of its row in `reached`.
    pub id: String,
    /// Where it lies.
    pub uri: String,
    /// S3 version.
    pub version_id: Option<String>,
    /// `ETag` without quotes.
    pub etag: Option<String>,
    /// When it became what readers see.
    pub from: Option<Instant>,
    /// When it was replaced, deleted or destroyed; `null` while it was not.
    pub to: Option<Instant>,
    /// ARN of who wrote it.
    pub written_by: Option<String>,
    /// Whether it was asked about, and not made of what was.
    pub asked: bool,
}

/// Something that served what was reached.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ImpactEndpoint")]
pub struct Endpoint {
    /// Id of its row in `reached`.
    pub id: String,
    /// ARN of the endpoint, or of the batch transform.
    pub endpoint: Arn,
    /// Its name.
    pub name: String,
    /// `endpoint`, `shadow` for a variant that answers nobody, or `transform`.
    pub kind: &'static str,
    /// Variant; `null` for a batch transform.
    pub variant: Option<String>,
    /// ARN of the model that served.
    pub model: Option<Arn>,
    /// When it began.
    pub from: Option<doc::Bounds>,
    /// When it ended; `null` while it still serves at `as_of`.
    pub to: Option<doc::Bounds>,
    /// How requests reach it: `variant` by weight, `component` by name, `shadow` by copy, so that it answers nobody; `null` for a
    /// batch transform.
    pub role: Option<&'static str>,
    /// Inference component that requests name.
    pub component: Option<String>,
    /// Share of the endpoint's requests that it answered, from 0 to 1; `null` unless the role is `variant`.
    pub share: Option<f64>,
    /// Share of the endpoint's requests of which a shadow got copies, from 0 to 1.
    pub copies: Option<f64>,
    /// Requests it met, of a shadow copies of them; `null` where nothing counts them, and for batch transforms.
    pub requests: Option<u64>,
    /// Whether the counts cover the whole interval; otherwise there were at least so many.
    pub requests_whole: bool,
    /// The weakest grade on the way to it.
    pub grade: Grade,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// Something that was reached, and the hop that led to it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reached {
    /// Id: `R1`, `R2`, …
    pub id: String,
    /// `object`, `job`, `transform`, `model`, `package`, `execution` or `endpoint`.
    pub kind: &'static str,
    /// ARN, or S3 URI with the version.
    pub subject: String,
    /// Name.
    pub name: String,
    /// Id of what the hop came from; `null` where it came from the question.
    pub from: Option<String>,
    /// Ids of what else hops to it came from.
    pub also_from: Vec<String>,
    /// The weakest grade on the whole way; of what was asked about itself, how well that is known.
    pub grade: Grade,
    /// The grade of this hop; `null` for what was asked about itself.
    pub hop: Option<Grade>,
    /// What led there, and why it is graded so.
    pub why: String,
    /// Ids of the evidence of this hop.
    pub evidence: Vec<String>,
    /// Ids of the gaps that would lift it.
    pub missing: Vec<String>,
    /// What was passed on the way.
    pub via: Vec<Arn>,
}
