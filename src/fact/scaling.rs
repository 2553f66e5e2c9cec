//! Application Auto Scaling: what may be scaled, by which policies, and what was.

use super::Excerpt;
use super::alarm::Measure;
use super::arn::Home;
use crate::time::Instant;

/// What one record says about the scaling of a resource.
#[derive(Clone, Debug)]
pub struct ScalingStatement {
    /// Account and region.
    pub home: Home,
    /// Service whose resource it is: `sagemaker`.
    pub service: Option<String>,
    /// Resource: `endpoint/NAME/variant/NAME`.
    pub resource: String,
    /// Dimension: `sagemaker:variant:DesiredInstanceCount`.
    pub dimension: Option<String>,
    /// When: of a call or activity. Answers tell of the time they were made.
    pub at: Option<Instant>,
    /// Error code of a call that was refused.
    pub error: Option<String>,
    /// Whether a call asked for it; otherwise an answer shows it.
    pub requested: bool,
    /// What it says.
    pub what: Scaling,
}

/// What is said about scaling.
#[derive(Clone, Debug, PartialEq)]
pub enum Scaling {
    /// It may be scaled between two bounds.
    Target {
        /// Lower bound.
        least: Option<i64>,
        /// Upper bound.
        most: Option<i64>,
    },
    /// It is no longer scaled.
    Removed,
    /// A policy scales it.
    Policy {
        /// Its name.
        name: String,
        /// Metric of a kind that AWS defines: `SageMakerVariantInvocationsPerInstance`.
        predefined: Option<String>,
        /// Metric of its own.
        measure: Option<Measure>,
        /// Value that it keeps the metric at.
        target: Option<f64>,
        /// Seconds that it waits after it added instances.
        cooldown: Option<i64>,
    },
    /// It was scaled, or should have been.
    Activity {
        /// Why.
        cause: Option<String>,
        /// Status: `Successful`, `Failed`, …
        status: Option<String>,
        /// More about it.
        message: Option<String>,
        /// When it ended.
        ended: Option<Instant>,
    },
}

impl ScalingStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("scaling:")
            .and("resourceId", Some(&self.resource))
            .and("scalableDimension", self.dimension.as_ref())
            .and("errorCode", self.error.as_ref());
        match &self.what {
            Scaling::Target { least, most } => excerpt.and("minCapacity", *least).and("maxCapacity", *most),
            Scaling::Removed => excerpt.and("what", Some("deregistered")),
            Scaling::Policy { name, predefined, measure, target, .. } => excerpt
                .and("policy", Some(name))
                .and("predefined", predefined.as_ref())
                .and("metric", measure.as_ref().and_then(|measure| measure.metric.as_ref()))
                .and("target", *target),
            Scaling::Activity { cause, status, .. } => excerpt.and("status", status.as_ref()).and("cause", cause.as_ref()),
        }
        .text()
    }
}
