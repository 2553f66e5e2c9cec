//! Models, model packages, feature groups, artifacts and associations.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::sink::Sink;
use super::super::{Each, Reader};
use super::job::listed;
use super::subject::confirmed;
use super::{Metadata, Setting, answer};
use crate::evidence::citation::{Locator, Source};
use crate::fact::arn::Arn;
use crate::fact::call::Listed;
use crate::fact::image::normal_digest;
use crate::fact::registry::{Approval, AssociationStatement, Container, FeatureGroupStatement, ModelStatement, PackageStatement};
use crate::fact::s3::S3Uri;
use crate::fact::{Statement, Words, secret};
use crate::json::scalar::{Flag, Moment, Named, Tags, Text, Whole};
use crate::recognise::Format;
use crate::time::Instant;

/// Returns the reader of an answer about models, packages, features or lineage.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::Model => Each::one(|shape: Model, place, cx, sink| {
            let cx = &confirmed(cx, "model-name", &shape.model_name, &shape.model_arn, place, sink);
            let setting = answer(cx, &shape.response_metadata);
            say_model(model(shape, &setting), place, sink);
        }),
        Format::Models => Each::list(
            |shape: Model, place, cx, sink| {
                let setting = Setting { words: Words::Row, ..answer(cx, &Metadata::default()) };
                say_model(model(shape, &setting), place, sink);
            },
            |rows, header, cx, sink| listed(Listed::Models, rows, header, cx, sink),
        ),
        Format::ModelPackage => Each::one(|shape: Package, place, cx, sink| {
            let setting = answer(cx, &shape.response_metadata);
            say_package(package(shape, &setting, false), place, sink);
        }),
        Format::ModelPackages => Each::list(
            |shape: Package, place, cx, sink| {
                let setting = Setting { words: Words::Row, ..answer(cx, &Metadata::default()) };
                say_package(package(shape, &setting, false), place, sink);
            },
            |rows, header, cx, sink| listed(Listed::Packages, rows, header, cx, sink),
        ),
        Format::ModelPackageGroup | Format::ModelPackageGroups => Each::<Group>::one(|shape, _, _, sink| {
            shape.creation_time.0.into_iter().for_each(|at| sink.seen(at));
        }),
        Format::FeatureGroup => Each::one(|shape: FeatureGroup, place, cx, sink| {
            let setting = answer(cx, &shape.response_metadata);
            say_group(feature_group(shape, &setting), place, sink);
        }),
        Format::FeatureGroups => Each::one(|shape: FeatureGroup, place, cx, sink| {
            let setting = Setting { words: Words::Row, ..answer(cx, &Metadata::default()) };
            say_group(feature_group(shape, &setting), place, sink);
        }),
        Format::Associations => Each::one(|shape: Association, place, _, sink| say_association(association(shape), place, sink)),
        Format::Artifact | Format::Artifacts => {
            Each::one(|shape: Artifact, place, _, sink| say_association(artifact(shape), place, sink))
        }
        Format::QueryLineage => Each::one(|shape: Graph, place, _, sink| {
            for edge in shape.edges {
                say_association(association(edge), place, sink);
            }
        }),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Group {
    creation_time: Moment,
}

fn say_model(statement: Option<ModelStatement>, place: &Locator, sink: &mut Sink) {
    match statement {
        Some(statement) => {
            sink.belongs_to(&statement.arn);
            let time = statement.seen.or(statement.created);
            sink.say(place, Source::SageMaker, time, Statement::Model(Box::new(statement)));
        }
        None => sink.orphan("the account and region of its model"),
    }
}

fn say_package(statement: Option<PackageStatement>, place: &Locator, sink: &mut Sink) {
    match statement {
        Some(statement) => {
            sink.belongs_to(&statement.arn);
            let time = statement.seen.or(statement.modified).or(statement.created);
            sink.say(place, Source::SageMaker, time, Statement::Package(Box::new(statement)));
        }
        None => sink.orphan("the account and region of its model package"),
    }
}

fn say_group(statement: Option<FeatureGroupStatement>, place: &Locator, sink: &mut Sink) {
    if let Some(statement) = statement {
        let time = statement.created;
        sink.say(place, Source::SageMaker, time, Statement::FeatureGroup(Box::new(statement)));
    }
}

fn say_association(statement: Option<AssociationStatement>, place: &Locator, sink: &mut Sink) {
    if let Some(statement) = statement {
        let time = statement.created;
        sink.say(place, Source::SageMaker, time, Statement::Association(Box::new(statement)));
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Model {
    model_name: Text,
    model_arn: Text,
    creation_time: Moment,
    primary_container: Option<ContainerShape>,
    containers: Vec<ContainerShape>,
    execution_role_arn: Text,
    tags: Tags,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct ContainerShape {
    image: Text,
    image_digest: Text,
    mode: Text,
    model_data_url: Text,
    #[serde(rename = "ModelDataETag")]
    model_data_etag: Text,
    model_data_source: ModelData,
    model_package_name: Text,
    environment: Named,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ModelData {
    #[serde(rename = "S3DataSource")]
    s3: ModelS3,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ModelS3 {
    #[serde(rename = "S3Uri")]
    uri: Text,
    #[serde(rename = "ETag")]
    etag: Text,
}

impl ContainerShape {
    fn container(self, setting: &Setting<'_>) -> Container {
        let uri = self.model_data_url.0.or(self.model_data_source.s3.uri.0);
        let etag = self.model_data_etag.0.or(self.model_data_source.s3.etag.0);
        let mut environment = self.environment.0;
        if !setting.show_secrets {
            secret::redact(&mut environment);
        }
        Container {
            image: self.image.0,
            image_digest: self.image_digest.0.as_deref().and_then(normal_digest),
            artifact: uri.as_deref().and_then(S3Uri::parse),
            artifact_etag: etag.map(|etag| etag.trim_matches('"').to_owned()),
            package: setting.arn(None, "model-package", self.model_package_name.0.as_deref()),
            environment,
            multi_model: self.mode.0.as_deref() == Some("MultiModel"),
        }
    }
}

/// Returns the statement of a model's structure.
pub(in crate::parse) fn model(shape: Model, setting: &Setting<'_>) -> Option<ModelStatement> {
    let arn = setting.own_arn(shape.model_arn.0.as_deref(), "model", shape.model_name.0.as_deref())?;
    let setting = Setting { region: arn.region(), account: arn.account(), ..*setting };
    let containers =
        shape.primary_container.into_iter().chain(shape.containers).map(|container| container.container(&setting)).collect();
    let created = shape.creation_time.0.or_else(|| (setting.words == Words::Request).then_some(setting.seen).flatten());
    let mut tags = shape.tags.0;
    if !setting.show_secrets {
        secret::redact(&mut tags);
    }
    Some(ModelStatement {
        name: shape.model_name.0,
        words: setting.words,
        created,
        seen: setting.seen,
        containers,
        role: shape.execution_role_arn.0,
        tags,
        arn: arn.clone(),
    })
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Package {
    model_package_arn: Text,
    model_package_group_name: Text,
    model_package_name: Text,
    model_package_version: Whole,
    creation_time: Moment,
    last_modified_time: Moment,
    inference_specification: Specification,
    source_algorithm_specification: SourceAlgorithms,
    model_approval_status: Text,
    approval_description: Text,
    metadata_properties: MetadataProperties,
    customer_metadata_properties: Named,
    model_metrics: BTreeMap<String, serde_json::Value>,
    drift_check_baselines: BTreeMap<String, serde_json::Value>,
    created_by: Author,
    last_modified_by: Author,
    tags: Tags,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Specification {
    containers: Vec<ContainerShape>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct SourceAlgorithms {
    source_algorithms: Vec<ContainerShape>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct MetadataProperties {
    commit_id: Text,
    repository: Text,
    generated_by: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Author {
    user_profile_name: Text,
    iam_identity: IamIdentity,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct IamIdentity {
    arn: Text,
}

impl Package {
    /// Returns the structure with the ARN that the answer gave.
    pub(in crate::parse) fn with_arn(mut self, arn: &Arn) -> Self {
        self.model_package_arn = Text(Some(arn.as_str().to_owned()));
        self
    }
}

/// Returns the statement of a package's structure; `is_update` for a request that changes one.
pub(in crate::parse) fn package(shape: Package, setting: &Setting<'_>, is_update: bool) -> Option<PackageStatement> {
    let arn = setting.arn(shape.model_package_arn.0.as_deref(), "model-package", shape.model_package_name.0.as_deref())?;
    let setting = Setting { region: arn.region(), account: arn.account(), ..*setting };
    let mut containers: Vec<Container> =
        shape.inference_specification.containers.into_iter().map(|container| container.container(&setting)).collect();
    if containers.is_empty() {
        containers = shape
            .source_algorithm_specification
            .source_algorithms
            .into_iter()
            .map(|container| container.container(&setting))
            .collect();
    }
    let created =
        shape.creation_time.0.or_else(|| (setting.words == Words::Request && !is_update).then_some(setting.seen).flatten());
    let mut metadata = shape.customer_metadata_properties.0;
    let mut tags = shape.tags.0;
    if !setting.show_secrets {
        secret::redact(&mut metadata);
        secret::redact(&mut tags);
    }
    let version = shape.model_package_version.0.or_else(|| arn.last().parse().ok().filter(|_| arn.name().contains('/')));
    let group = shape.model_package_group_name.0.or_else(|| arn.name().split_once('/').map(|(group, _)| group.to_owned()));
    Some(PackageStatement {
        group,
        version,
        words: setting.words,
        is_update,
        created,
        modified: shape.last_modified_time.0,
        seen: setting.seen,
        approval: shape.model_approval_status.0.as_deref().and_then(Approval::parse),
        reason: shape
            .approval_description
            .0
            .map(|reason| if setting.show_secrets { reason } else { secret::redact_text(&reason) }),
        containers,
        commit: shape.metadata_properties.commit_id.0,
        repository: shape.metadata_properties.repository.0,
        generated_by: shape.metadata_properties.generated_by.0,
        metadata,
        tags,
        evaluations: evaluations(&shape.model_metrics),
        has_baselines: !shape.drift_check_baselines.is_empty(),
        created_by: shape.created_by.iam_identity.arn.0.or(shape.created_by.user_profile_name.0),
        modified_by: shape.last_modified_by.iam_identity.arn.0.or(shape.last_modified_by.user_profile_name.0),
        arn: arn.clone(),
    })
}

/// Finds the places of evaluation results: `ModelMetrics.*.*.S3Uri`, in either spelling.
fn evaluations(metrics: &BTreeMap<String, serde_json::Value>) -> Vec<S3Uri> {
    let mut found = Vec::new();
    for kind in metrics.values().filter_map(serde_json::Value::as_object) {
        for source in kind.values().filter_map(serde_json::Value::as_object) {
            let uri = source.get("S3Uri").or_else(|| source.get("s3Uri")).and_then(serde_json::Value::as_str);
            found.extend(uri.and_then(S3Uri::parse));
        }
    }
    found
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct FeatureGroup {
    feature_group_arn: Text,
    feature_group_name: Text,
    record_identifier_feature_name: Text,
    event_time_feature_name: Text,
    feature_definitions: Vec<FeatureDefinition>,
    creation_time: Moment,
    online_store_config: Option<OnlineStore>,
    offline_store_config: OfflineStore,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct FeatureDefinition {
    feature_name: Text,
    feature_type: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct OnlineStore {
    enable_online_store: Flag,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OfflineStore {
    #[serde(rename = "S3StorageConfig")]
    storage: S3Storage,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct S3Storage {
    #[serde(rename = "S3Uri")]
    uri: Text,
    #[serde(rename = "ResolvedOutputS3Uri")]
    resolved: Text,
}

/// Returns the statement of a feature group's structure.
pub(in crate::parse) fn feature_group(shape: FeatureGroup, setting: &Setting<'_>) -> Option<FeatureGroupStatement> {
    let name = shape.feature_group_name.0?;
    let storage = shape.offline_store_config.storage;
    let event_time = shape.event_time_feature_name.0;
    let of_time = shape.feature_definitions.into_iter().find(|feature| feature.feature_name.0 == event_time);
    // What is asked for or described without an online store has none; rows of lists and searches do not tell.
    let is_told = matches!(setting.words, Words::Request | Words::Answer) && event_time.is_some();
    let online = shape.online_store_config.map(|store| store.enable_online_store.0.unwrap_or(false));
    Some(FeatureGroupStatement {
        arn: setting.arn(shape.feature_group_arn.0.as_deref(), "feature-group", Some(&name))?,
        name,
        created: shape.creation_time.0.or_else(|| (setting.words == Words::Request).then_some(setting.seen).flatten()),
        record_identifier: shape.record_identifier_feature_name.0,
        event_time_type: of_time.filter(|_| event_time.is_some()).and_then(|feature| feature.feature_type.0),
        event_time,
        offline: storage.resolved.0.or(storage.uri.0).as_deref().and_then(S3Uri::parse),
        online: online.or_else(|| is_told.then_some(false)),
    })
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Association {
    source_arn: Text,
    destination_arn: Text,
    association_type: Text,
    creation_time: Moment,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Graph {
    edges: Vec<Association>,
}

/// Returns the statement of an edge in `SageMaker`'s own lineage graph.
pub(in crate::parse) fn association(shape: Association) -> Option<AssociationStatement> {
    Some(AssociationStatement {
        source: Arn::parse(shape.source_arn.0.as_deref()?)?,
        destination: Some(Arn::parse(shape.destination_arn.0.as_deref()?)?),
        kind: shape.association_type.0,
        uri: None,
        created: shape.creation_time.0,
    })
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Artifact {
    artifact_arn: Text,
    artifact_type: Text,
    source: ArtifactSource,
    creation_time: Moment,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct ArtifactSource {
    source_uri: Text,
}

fn artifact(shape: Artifact) -> Option<AssociationStatement> {
    Some(AssociationStatement {
        source: Arn::parse(shape.artifact_arn.0.as_deref()?)?,
        destination: None,
        kind: shape.artifact_type.0,
        uri: shape.source.source_uri.0,
        created: shape.creation_time.0,
    })
}

/// States an association that `CloudTrail` recorded, made at `at`.
pub(in crate::parse) fn recorded_association(shape: Association, at: Instant) -> Option<AssociationStatement> {
    association(shape).map(|statement| AssociationStatement { created: statement.created.or(Some(at)), ..statement })
}
