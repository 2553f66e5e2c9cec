//! An endpoint at an instant: its JSON, and the screen that people read.

mod build;
mod text;

pub use build::answer;
pub use text::text;

use schemars::JsonSchema;
use serde::Serialize;

use super::document as doc;
use super::timeline;
use crate::case::claim::Grade;
use crate::fact::arn::Arn;
use crate::time::{Instant, Seconds};

/// Answer of `investigate`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Investigation")]
pub struct Answer {
    /// Version of this shape.
    pub schema_version: &'static str,
    /// The newest time in the evidence, or what `--as-of` says.
    pub as_of: Option<Instant>,
    /// What was asked.
    pub question: Question,
    /// What the endpoint was then.
    pub state: EndpointState,
    /// What served then; two rows of one variant at a cut-over, whose bounds tell between which instants it lies.
    pub served: Vec<doc::Serving>,
    /// What shadow variants ran then on copies of requests; their answers went to nobody.
    pub shadows: Vec<doc::Serving>,
    /// Inference components that were there, and of which no model is known to have answered.
    pub components: Vec<Component>,
    /// The models that served, with their lineage.
    pub models: Vec<doc::Model>,
    /// How new the newest data behind the endpoint was then.
    pub freshness: doc::Claim<Freshness>,
    /// What changed in the window before, of the endpoint and what it rests on.
    pub changes: Vec<timeline::Event>,
    /// Findings about the endpoint and what it rests on that held by then, the gravest first.
    pub findings: Vec<doc::Finding>,
    /// Incidents of the endpoint and what it rests on that went on in the window before, by beginning.
    pub incidents: Vec<doc::Incident>,
    /// Who could have told of these, and did or did not; without an incident, the alarms on the endpoint.
    pub watchers: Vec<Watcher>,
    /// Requests that met with the endpoint's own incident, if one went on then.
    pub exposure: Option<Exposure>,
    /// What happened within the window on either side.
    pub timeline: Vec<timeline::Event>,
    /// The places in the evidence that are cited.
    pub evidence: Vec<doc::Evidence>,
    /// What is missing.
    pub gaps: Vec<doc::Gap>,
}

/// What was asked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "InvestigationQuestion")]
pub struct Question {
    /// ARN of the endpoint.
    pub endpoint: Arn,
    /// Its name.
    pub name: String,
    /// The instant.
    pub at: Instant,
    /// How many seconds before it changes are looked for, and the timeline on either side.
    pub window_seconds: Seconds,
}

/// What an endpoint was at an instant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EndpointState {
    /// `serving`, `cut-over` (the old and the new may have answered), `not-yet-created`, `deleted`, or `unknown`: it was there, and
    /// what it served is not in the evidence.
    pub state: &'static str,
    /// Why it is not known what served; `null` unless the state is `unknown`.
    pub why: Option<&'static str>,
    /// When this life of the name began.
    pub created: Option<Instant>,
    /// When it ended; `null` while it has not.
    pub deleted: Option<Instant>,
}

/// An inference component of which no model is known to have answered.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "IdleComponent")]
pub struct Component {
    /// Name.
    pub component: String,
    /// Variant it ran on.
    pub variant: Option<String>,
    /// Why no model of it is known to have answered.
    pub why: String,
    /// From when on that was so.
    pub from: doc::Bounds,
    /// Until when; `null` while it still is at `as_of`.
    pub to: Option<doc::Bounds>,
    /// Grade.
    pub grade: Grade,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// How new the newest data was.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Freshness {
    /// When the newest data was written.
    pub newest_data: Instant,
    /// How old it was at the instant, in seconds.
    pub age_seconds: Seconds,
    /// What it is, and what says that it was behind the endpoint.
    pub basis: String,
}

/// Somebody or something that could have told.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Watcher {
    /// `rule` or `alarm`.
    pub kind: &'static str,
    /// Name.
    pub name: String,
    /// Subject of the incident; `null` where there was none.
    pub incident: Option<String>,
    /// When it told; `null` where it did not, or where `known` is false.
    pub told: Option<Instant>,
    /// Whether it is known whether it told.
    pub known: bool,
    /// When it would have told if it had been set right: matched the status, reached somebody, or had the threshold that is meant.
    pub would_have_told: Option<Instant>,
    /// Why it did or did not.
    pub why: String,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// Requests that met with an incident.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "InvestigationExposure")]
pub struct Exposure {
    /// From.
    pub from: Instant,
    /// To: when the incident was over, or `as_of`.
    pub to: Instant,
    /// How many requests; `null` where nothing counts them.
    pub requests: Option<u64>,
    /// Whether the count covers the whole interval; otherwise there were at least so many.
    pub requests_whole: bool,
    /// Ids of gaps that would count them.
    pub missing: Vec<String>,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}
