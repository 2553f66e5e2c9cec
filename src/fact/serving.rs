//! Endpoint configurations and endpoints.

use super::arn::Arn;
use super::s3::S3Uri;
use super::{Excerpt, Words, at};
use crate::time::Instant;

/// A variant of an endpoint configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// Variant name.
    pub name: String,
    /// Model it runs; absent for inference components.
    pub model: Option<String>,
    /// Its weight: a share of the sum, not a fraction.
    pub weight: Option<f64>,
    /// Whether it only receives copies of requests.
    pub shadow: bool,
    /// Instances it begins with.
    pub count: Option<i64>,
    /// Type of its instances, such as `ml.g5.xlarge`.
    pub instance: Option<String>,
    /// Whether `SageMaker` itself finds its capacity: serverless, or with managed instance scaling.
    pub managed: bool,
    /// Whether a shell can be opened in its containers.
    pub live_access: bool,
}

/// What one record says about an endpoint configuration.
#[derive(Clone, Debug)]
pub struct ConfigStatement {
    /// ARN.
    pub arn: Arn,
    /// Name with its case.
    pub name: Option<String>,
    /// Whose words these are.
    pub words: Words,
    /// When it was created.
    pub created: Option<Instant>,
    /// Variants, shadow variants last.
    pub variants: Vec<Variant>,
    /// Whether requests and answers are captured.
    pub captures: bool,
    /// Where to, and how many of them.
    pub capture: Option<Capture>,
}

/// Where an endpoint's requests are captured to.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// The place under which endpoint, variant and hour follow.
    pub to: S3Uri,
    /// Percentage of the requests that are captured.
    pub percent: f64,
}

/// What a record about an endpoint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointAct {
    /// It was requested.
    Created,
    /// Another configuration was requested.
    Updated {
        /// Whether weights stay as they are.
        retain: bool,
        /// Whether counts of instances stay as they are.
        retain_counts: bool,
    },
    /// Other weights or counts were requested.
    Reweighted,
    /// Its deletion was requested.
    Deleted,
    /// It is as stated: an answer or a state-change event.
    State,
}

/// A variant as it runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunningVariant {
    /// Variant name.
    pub name: String,
    /// Images it runs: as specified, as resolved to a digest, when.
    pub images: Vec<(Option<String>, Option<String>, Option<Instant>)>,
    /// Weight in force, or wanted by a request.
    pub weight: Option<f64>,
    /// Instances that are there.
    pub current: Option<i64>,
    /// Instances that are wanted, by the endpoint or by a request.
    pub desired: Option<i64>,
}

/// What one record says about an endpoint.
#[derive(Clone, Debug)]
pub struct EndpointStatement {
    /// ARN.
    pub arn: Arn,
    /// Name with its case.
    pub name: Option<String>,
    /// Whose words these are.
    pub words: Words,
    /// What the record is about.
    pub act: EndpointAct,
    /// Configuration in force, or wanted by a request.
    pub config: Option<String>,
    /// Configuration being deployed.
    pub pending: Option<String>,
    /// Whether what is being deployed answers requests already, by the stage it is said to be in.
    pub pending_answers: bool,
    /// How much of the requests a deployment gives to the new fleet at first, from 0 to 1, where a request says it.
    pub first_share: Option<f64>,
    /// Status, in the API's spelling.
    pub status: Option<String>,
    /// Why it failed, in `SageMaker`'s words.
    pub failure: Option<String>,
    /// When the endpoint was created.
    pub created: Option<Instant>,
    /// When it was last changed.
    pub modified: Option<Instant>,
    /// When the record was made.
    pub seen: Option<Instant>,
    /// Variants.
    pub variants: Vec<RunningVariant>,
    /// Alarms that roll a deployment back.
    pub rollback_alarms: Vec<String>,
}

/// Returns an endpoint status in the API's spelling: events write `IN_SERVICE` for `InService`.
pub fn endpoint_status(text: &str) -> String {
    let known = [
        "OutOfService",
        "Creating",
        "Updating",
        "SystemUpdating",
        "RollingBack",
        "InService",
        "Deleting",
        "Failed",
        "UpdateRollbackFailed",
    ];
    let folded = text.replace('_', "").to_ascii_lowercase();
    known.iter().find(|name| name.to_ascii_lowercase() == folded).map_or_else(|| text.to_owned(), |name| (*name).to_owned())
}

impl ConfigStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("endpoint config:").and("name", self.name.as_deref().or(Some(self.arn.last())));
        let fold = |excerpt: Excerpt, variant: &Variant| {
            excerpt
                .and("variant", Some(&variant.name))
                .and("model", variant.model.as_ref())
                .and("weight", variant.weight)
                .and("enableSSMAccess", variant.live_access.then_some(true))
        };
        self.variants.iter().fold(excerpt.and("created", at(self.created)), fold).text()
    }
}

impl EndpointStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let act = match self.act {
            EndpointAct::Created => "endpoint requested:",
            EndpointAct::Updated { .. } => "endpoint update requested:",
            EndpointAct::Reweighted => "endpoint weights requested:",
            EndpointAct::Deleted => "endpoint deletion requested:",
            EndpointAct::State => "endpoint:",
        };
        let excerpt = Excerpt::of(act)
            .and("name", self.name.as_deref().or(Some(self.arn.last())))
            .and("config", self.config.as_ref())
            .and("status", self.status.as_ref())
            .and("failureReason", self.failure.as_ref());
        let fold = |excerpt: Excerpt, variant: &RunningVariant| {
            let resolved = variant.images.iter().find_map(|(_, resolved, _)| resolved.as_ref());
            // Counts are worth quoting where they are asked for, or where instances are missing.
            let missing = variant.current.is_none() || variant.current < variant.desired;
            let quoted = self.act == EndpointAct::Reweighted || (variant.current.is_some() && missing);
            excerpt
                .and("variant", Some(&variant.name))
                .and("weight", variant.weight)
                .and("currentInstanceCount", variant.current.filter(|_| quoted))
                .and("desiredInstanceCount", variant.desired.filter(|_| quoted))
                .and("resolvedImage", resolved)
        };
        self.variants.iter().fold(excerpt, fold).text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_answers_spell_one_status() {
        assert_eq!(endpoint_status("IN_SERVICE"), "InService");
        assert_eq!(endpoint_status("UpdateRollbackFailed"), "UpdateRollbackFailed");
        assert_eq!(endpoint_status("Novel"), "Novel");
    }
}
