//! Models, model packages, feature groups, and `SageMaker`'s own lineage records.

use litemap::LiteMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::arn::Arn;
use super::s3::S3Uri;
use super::{Excerpt, Words, at};
use crate::time::Instant;

/// A container of a model or package.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    /// Image as the caller named it.
    pub image: Option<String>,
    /// Digest of the image, resolved at registration.
    pub image_digest: Option<String>,
    /// Where the model's bytes lie.
    pub artifact: Option<S3Uri>,
    /// `ETag` of those bytes, recorded by `SageMaker`.
    pub artifact_etag: Option<String>,
    /// Package the container comes from.
    pub package: Option<Arn>,
    /// Environment.
    pub environment: LiteMap<String, String>,
    /// Whether the container serves many models from a prefix.
    pub multi_model: bool,
}

/// What one record says about a model.
#[derive(Clone, Debug)]
pub struct ModelStatement {
    /// ARN.
    pub arn: Arn,
    /// Name with its case.
    pub name: Option<String>,
    /// Whose words these are.
    pub words: Words,
    /// When it was created.
    pub created: Option<Instant>,
    /// When the record was made.
    pub seen: Option<Instant>,
    /// Its containers, in order.
    pub containers: Vec<Container>,
    /// Execution role.
    pub role: Option<String>,
    /// Tags.
    pub tags: LiteMap<String, String>,
}

/// Where a package stands with those who approve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub enum Approval {
    /// Approved.
    Approved,
    /// Rejected.
    Rejected,
    /// Waiting for a decision.
    PendingManualApproval,
}

impl Approval {
    /// Reads an approval status.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Approved" => Some(Self::Approved),
            "Rejected" => Some(Self::Rejected),
            "PendingManualApproval" => Some(Self::PendingManualApproval),
            _ => None,
        }
    }

    /// Returns the status as `SageMaker` writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
            Self::PendingManualApproval => "PendingManualApproval",
        }
    }
}

/// What one record says about a model package.
#[derive(Clone, Debug)]
pub struct PackageStatement {
    /// ARN, with the version.
    pub arn: Arn,
    /// Group it is a version of.
    pub group: Option<String>,
    /// Version.
    pub version: Option<i64>,
    /// Whose words these are.
    pub words: Words,
    /// Whether the record is of a change to a package that exists.
    pub is_update: bool,
    /// When it was created.
    pub created: Option<Instant>,
    /// When it was last changed.
    pub modified: Option<Instant>,
    /// When the record was made.
    pub seen: Option<Instant>,
    /// Approval status after it.
    pub approval: Option<Approval>,
    /// The approver's reason.
    pub reason: Option<String>,
    /// Its containers, in order.
    pub containers: Vec<Container>,
    /// Commit in the metadata properties.
    pub commit: Option<String>,
    /// Repository in the metadata properties.
    pub repository: Option<String>,
    /// What generated it, usually a pipeline execution.
    pub generated_by: Option<String>,
    /// The caller's own metadata.
    pub metadata: LiteMap<String, String>,
    /// Tags.
    pub tags: LiteMap<String, String>,
    /// Where its evaluation results lie.
    pub evaluations: Vec<S3Uri>,
    /// Whether it carries the files that later data is to be held against (`DriftCheckBaselines`).
    pub has_baselines: bool,
    /// Who created it, as the package itself records.
    pub created_by: Option<String>,
    /// Who last changed it, as the package itself records.
    pub modified_by: Option<String>,
}

/// What one record says about a feature group.
#[derive(Clone, Debug)]
pub struct FeatureGroupStatement {
    /// ARN.
    pub arn: Arn,
    /// Name.
    pub name: String,
    /// When it was created.
    pub created: Option<Instant>,
    /// Feature that identifies a record.
    pub record_identifier: Option<String>,
    /// Feature that holds the event time.
    pub event_time: Option<String>,
    /// Type that is declared for the event time, such as `Fractional`.
    pub event_time_type: Option<String>,
    /// Where the offline store lies.
    pub offline: Option<S3Uri>,
    /// Whether it has an online store, if the record tells.
    pub online: Option<bool>,
}

/// What one record says about `SageMaker`'s own lineage graph.
#[derive(Clone, Debug)]
pub struct AssociationStatement {
    /// Source of the edge; for an artifact, the artifact.
    pub source: Arn,
    /// Destination of the edge.
    pub destination: Option<Arn>,
    /// Kind of the edge, or of the artifact.
    pub kind: Option<String>,
    /// What the artifact stands for.
    pub uri: Option<String>,
    /// When it was recorded.
    pub created: Option<Instant>,
}

fn containers(excerpt: Excerpt, containers: &[Container]) -> Excerpt {
    containers.iter().fold(excerpt, |excerpt, container| {
        excerpt
            .and("image", container.image.as_ref())
            .and("imageDigest", container.image_digest.as_ref())
            .and("modelDataUrl", container.artifact.as_ref())
            .and("modelDataETag", container.artifact_etag.as_ref())
            .and("modelPackageName", container.package.as_ref())
    })
}

impl ModelStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt =
            Excerpt::of("model:").and("name", self.name.as_deref().or(Some(self.arn.last()))).and("created", at(self.created));
        containers(excerpt, &self.containers).text()
    }
}

impl PackageStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of(if self.is_update { "package updated:" } else { "package:" })
            .and("name", Some(self.arn.name()))
            .and("modelApprovalStatus", self.approval.map(Approval::name))
            .and("approvalDescription", self.reason.as_ref())
            .and("commitId", self.commit.as_ref())
            .and("generatedBy", self.generated_by.as_ref());
        containers(excerpt, &self.containers).text()
    }
}

impl FeatureGroupStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        Excerpt::of("feature group:").and("name", Some(&self.name)).and("offlineStore", self.offline.as_ref()).text()
    }
}

impl AssociationStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("lineage:").and("source", Some(&self.source)).and("destination", self.destination.as_ref());
        excerpt.and("kind", self.kind.as_ref()).and("uri", self.uri.as_ref()).text()
    }
}
