//! Inference components: what runs a model on an endpoint whose configuration names none.

use litemap::LiteMap;

use super::arn::Arn;
use super::s3::S3Uri;
use super::{Excerpt, Words, at};
use crate::time::Instant;

/// What a record about an inference component is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentAct {
    /// It was requested.
    Created,
    /// Another specification or number of copies was requested.
    Updated,
    /// Another number of copies was requested.
    Scaled,
    /// Its deletion was requested.
    Deleted,
    /// It is as stated: an answer.
    State,
}

/// What a component runs; of one that is placed on several types of instances, on one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Specification {
    /// Type of instances, where the component tells them apart.
    pub instance: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// The component that it adapts; then it runs that component's model.
    pub base: Option<String>,
    /// Where its bytes lie, if it names a container instead of a model, or adapts another.
    pub artifact: Option<S3Uri>,
    /// Image, as specified.
    pub image: Option<String>,
    /// Image, as resolved to a digest.
    pub resolved: Option<String>,
    /// Environment of its container.
    pub environment: LiteMap<String, String>,
}

impl Specification {
    /// Returns whether it brings a container of its own: bytes, an image, or both.
    pub const fn has_container(&self) -> bool {
        self.model.is_none() && (self.artifact.is_some() || self.image.is_some())
    }

    /// Returns whether two specifications run the same; images that only one of them tells do not differ.
    pub fn is_same(&self, other: &Self) -> bool {
        let agree = self.image.is_none() || other.image.is_none() || self.image == other.image;
        agree && (&self.model, &self.base, &self.artifact) == (&other.model, &other.base, &other.artifact)
    }
}

/// What one record says about an inference component.
#[derive(Clone, Debug)]
pub struct ComponentStatement {
    /// ARN.
    pub arn: Arn,
    /// Name with its case.
    pub name: Option<String>,
    /// Whose words these are.
    pub words: Words,
    /// What the record is about.
    pub act: ComponentAct,
    /// Endpoint it runs on.
    pub endpoint: Option<Arn>,
    /// The endpoint's name with its case.
    pub endpoint_name: Option<String>,
    /// Variant whose instances it runs on.
    pub variant: Option<String>,
    /// What it runs; empty where the record does not tell.
    pub runs: Vec<Specification>,
    /// Copies that are wanted.
    pub desired: Option<i64>,
    /// Copies that are there.
    pub current: Option<i64>,
    /// Status, in the API's spelling.
    pub status: Option<String>,
    /// Why it failed, in `SageMaker`'s words.
    pub failure: Option<String>,
    /// When it was created.
    pub created: Option<Instant>,
    /// When it was last changed.
    pub modified: Option<Instant>,
    /// When the record was made.
    pub seen: Option<Instant>,
}

impl ComponentStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let act = match self.act {
            ComponentAct::Created => "inference component requested:",
            ComponentAct::Updated => "inference component update requested:",
            ComponentAct::Scaled => "inference component copies requested:",
            ComponentAct::Deleted => "inference component deletion requested:",
            ComponentAct::State => "inference component:",
        };
        let excerpt = Excerpt::of(act)
            .and("name", self.name.as_deref().or(Some(self.arn.last())))
            .and("endpoint", self.endpoint_name.as_ref())
            .and("variant", self.variant.as_ref())
            .and("status", self.status.as_ref())
            .and("failureReason", self.failure.as_ref())
            .and("created", at(self.created));
        let fold = |excerpt: Excerpt, own: &Specification| {
            excerpt
                .and("instanceType", own.instance.as_ref())
                .and("model", own.model.as_ref())
                .and("baseInferenceComponent", own.base.as_ref())
                .and("artifact", own.artifact.as_ref())
                .and("image", own.image.as_ref())
                .and("resolvedImage", own.resolved.as_ref())
        };
        let excerpt = self.runs.iter().fold(excerpt, fold);
        excerpt.and("desiredCopyCount", self.desired).and("currentCopyCount", self.current).text()
    }
}
