//! The shape of an incident in JSON, which several answers hold.

use schemars::JsonSchema;
use serde::Serialize;

use crate::case::claim::Grade;
use crate::fact::arn::Arn;
use crate::time::{Instant, Seconds};

/// An incident: an interval in which one endpoint or recurring job did not do what it is for. Alarm transitions that `SetAlarmState`
/// made are left out of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Incident {
    /// What it is about: ARN of the endpoint, or of the first run that did not complete.
    pub subject: String,
    /// Its name.
    pub name: String,
    /// `errors`, `latency`, `stale-data` or `job`.
    pub kind: &'static str,
    /// What was wrong, in a sentence.
    pub title: String,
    /// What else is concerned.
    pub related: Vec<Arn>,
    /// When it began.
    pub began: Instant,
    /// The first signal that could reach somebody; before `began` where the cause was noticed before its effect. `null` with
    /// nothing in `missing`: there was none.
    pub detected: Option<Detected>,
    /// When it was over; `null` where it is not, as far as the evidence shows.
    pub recovered: Option<Instant>,
    /// Seconds from `began` to `detected` (time to detect; its mean over incidents is the MTTD); 0 where `detected` lies before.
    /// At most so many where `missing` names gaps: an earlier signal may be missing from the evidence.
    pub mttd_seconds: Option<Seconds>,
    /// Seconds from `began` to `recovered` (time to recover, that is to restore service; its mean over incidents is the MTTR).
    pub mttr_seconds: Option<Seconds>,
    /// Ids of gaps that would show an earlier signal, or any.
    pub missing: Vec<String>,
    /// How well it is founded.
    pub grade: Grade,
    /// Ids of the evidence.
    pub evidence: Vec<String>,
}

/// A detection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Detected {
    /// When.
    pub at: Instant,
    /// By whom or what: `alarm NAME`, `rule NAME`, `catch in state NAME`, or a principal with what it did.
    pub by: String,
}
