//! Calls to `SageMaker`, ECR, `CloudTrail`, `EventBridge` and `CloudWatch`: what the request and the answer say of the resource.

use serde::Deserialize;

use super::super::sagemaker::{Setting, component, job, pipeline, registry, serving};
use super::super::sink::Sink;
use super::super::{alarm, scaling, watch};
use super::record::{Call, Mended, each_member, element_of, member};
use crate::fact::arn::Arn;
use crate::fact::call::{TagsStatement, TrailStatement, TrailWhat};
use crate::fact::component::ComponentAct;
use crate::fact::image::{ImageStatement, ImageWhat, normal_digest};
use crate::fact::serving::EndpointAct;
use crate::fact::{Statement, Words, secret};
use crate::json::element;
use crate::json::scalar::{Tags, Text};

/// What a call acted on.
#[derive(Default)]
pub(super) struct Subject {
    pub(super) arn: Option<Arn>,
    pub(super) name: Option<String>,
}

/// Reads a call and states what it says; returns what it acted on.
pub(super) fn read(call: &mut Call<'_>, sink: &mut Sink) -> Subject {
    match call.service {
        "sagemaker" => sagemaker(call, sink),
        "ecr" => ecr(call, sink),
        "cloudtrail" => trail(call, sink),
        "events" => {
            if !call.failed() {
                watch::recorded_rule(call, sink);
            }
            subject(call, &["name", "rule"])
        }
        "monitoring" => {
            alarm::recorded(call, sink);
            subject(call, &["alarmName"])
        }
        "logs" => subject(call, &["logGroupName"]),
        "application-autoscaling" => {
            scaling::recorded(call, sink);
            subject(call, &["resourceId"])
        }
        _ => subject(call, &["resourceId", "projectName", "name"]),
    }
}

/// Names what a call acted on by the first member that is there.
fn subject(call: &Call<'_>, members: &[&str]) -> Subject {
    let name = members.iter().find_map(|name| member(call.request, name));
    Subject { arn: call.resource(), name }
}

fn setting<'a>(call: &Call<'a>, sink: &Sink) -> Setting<'a> {
    Setting {
        words: Words::Request,
        seen: Some(call.at),
        region: call.region,
        account: call.account,
        subject: None,
        show_secrets: sink.show_secrets,
    }
}

/// Answers name their resource `…Arn`; requests name it by name.
fn sagemaker(call: &mut Call<'_>, sink: &mut Sink) -> Subject {
    let answered = |key: &str| member(call.response, key);
    let named =
        |kind: &str, name: &str| Arn::parse(name).unwrap_or_else(|| Arn::sagemaker(call.region, call.account, kind, name));
    let (arn_key, name_key, kind) = names_of(call.operation).unwrap_or_default();
    let name = member(call.request, name_key);
    let recorded = answered(arn_key).or_else(|| member(call.request, arn_key)).as_deref().and_then(Arn::parse);
    let arn = recorded.or_else(|| name.as_deref().filter(|_| !kind.is_empty()).map(|name| named(kind, name)));
    if call.failed() {
        return Subject { arn, name };
    }
    let own = Setting { subject: arn.as_ref(), ..setting(call, sink) };
    let of_job = |job| Statement::Job(Box::new(job));
    let mut written = None;
    let statement = match call.operation {
        "CreateTrainingJob" => call.request(sink).and_then(|shape| job::training(shape, &own, &mut sink.symbols)).map(of_job),
        "CreateProcessingJob" => call.request(sink).and_then(|shape| job::processing(shape, &own, &mut sink.symbols)).map(of_job),
        "CreateTransformJob" => call.request(sink).and_then(|shape| job::transform(shape, &own, &mut sink.symbols)).map(of_job),
        "CreateHyperParameterTuningJob" => {
            call.request(sink).and_then(|shape| job::tuning(shape, &own, &mut sink.symbols)).map(of_job)
        }
        "CreateModel" => call
            .request(sink)
            .and_then(|shape| registry::model(shape, &own))
            .map(|statement| Statement::Model(Box::new(statement))),
        // The answer alone gives the version, so the request cannot stand without it.
        "CreateModelPackage" => create_package(call, arn.clone(), sink),
        "UpdateModelPackage" => call
            .request(sink)
            .and_then(|shape| registry::package(shape, &setting(call, sink), true))
            .map(|statement| Statement::Package(Box::new(statement))),
        "CreateEndpointConfig" => call
            .request(sink)
            .and_then(|shape| serving::config(shape, &own))
            .map(|statement| Statement::EndpointConfig(Box::new(statement))),
        "CreateEndpoint" => endpoint(call, EndpointAct::Created, sink),
        "UpdateEndpoint" => endpoint(call, EndpointAct::Updated { retain: false, retain_counts: false }, sink),
        "UpdateEndpointWeightsAndCapacities" => endpoint(call, EndpointAct::Reweighted, sink),
        "DeleteEndpoint" => endpoint(call, EndpointAct::Deleted, sink),
        "CreateInferenceComponent" => component(call, &own, ComponentAct::Created, sink),
        "UpdateInferenceComponent" => component(call, &own, ComponentAct::Updated, sink),
        "UpdateInferenceComponentRuntimeConfig" => component(call, &own, ComponentAct::Scaled, sink),
        "DeleteInferenceComponent" => component(call, &own, ComponentAct::Deleted, sink),
        "CreatePipeline" | "UpdatePipeline" => call.request(sink).and_then(|shape: pipeline::Pipeline| {
            written = shape.written();
            let statement = pipeline::pipeline(shape, &setting(call, sink), &call.place().clone(), sink)?;
            Some(Statement::Pipeline(Box::new(statement)))
        }),
        "StartPipelineExecution" => arn.clone().and_then(|arn| {
            let shape = call.request(sink)?;
            Some(Statement::Execution(Box::new(pipeline::started(shape, arn, call.at, &setting(call, sink)))))
        }),
        "CreateFeatureGroup" => call
            .request(sink)
            .and_then(|shape| registry::feature_group(shape, &setting(call, sink)))
            .map(|statement| Statement::FeatureGroup(Box::new(statement))),
        "AddAssociation" => {
            let at = call.at;
            call.request(sink)
                .and_then(|shape| registry::recorded_association(shape, at))
                .map(|statement| Statement::Association(Box::new(statement)))
        }
        "AddTags" => add_tags(call, sink),
        _ => None,
    };
    for statement in statement.into_iter().chain(written) {
        call.say(sink, statement);
    }
    Subject { arn, name }
}

fn create_package(call: &Call<'_>, arn: Option<Arn>, sink: &mut Sink) -> Option<Statement> {
    let arn = arn.filter(|arn| arn.kind() == "model-package")?;
    let shape = call.request::<registry::Package>(sink)?;
    let mut statement = registry::package(shape.with_arn(&arn), &setting(call, sink), false)?;
    statement.arn = arn;
    Some(Statement::Package(Box::new(statement)))
}

fn endpoint(call: &Call<'_>, act: EndpointAct, sink: &mut Sink) -> Option<Statement> {
    let shape = call.request(sink)?;
    let statement = serving::endpoint(shape, &setting(call, sink), act)?;
    Some(Statement::Endpoint(Box::new(statement)))
}

fn component(call: &Call<'_>, own: &Setting<'_>, act: ComponentAct, sink: &mut Sink) -> Option<Statement> {
    let shape = call.request(sink)?;
    let statement = component::component(shape, own, act)?;
    Some(Statement::Component(Box::new(statement)))
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct TagRequest {
    resource_arn: Text,
    tags: Tags,
}

fn add_tags(call: &Call<'_>, sink: &mut Sink) -> Option<Statement> {
    let request = call.request::<TagRequest>(sink)?;
    let mut tags = request.tags.0;
    if !sink.show_secrets {
        secret::redact(&mut tags);
    }
    Some(Statement::Tags(Box::new(TagsStatement { arn: Arn::parse(request.resource_arn.0.as_deref()?)?, tags, all: false })))
}

/// Returns the members of answer and request that name an operation's resource, and the kind of resource.
fn names_of(operation: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let verbs = ["Create", "Update", "Delete", "Stop", "Start", "Retry"];
    if operation.ends_with("PipelineExecution") {
        return Some(("pipelineExecutionArn", "pipelineExecutionArn", ""));
    }
    if matches!(operation, "PutRecord" | "GetRecord") {
        return Some(("featureGroupArn", "featureGroupName", "feature-group"));
    }
    let resource = verbs.iter().find_map(|verb| operation.strip_prefix(verb))?;
    Some(match resource {
        "TrainingJob" => ("trainingJobArn", "trainingJobName", "training-job"),
        "ProcessingJob" => ("processingJobArn", "processingJobName", "processing-job"),
        "TransformJob" => ("transformJobArn", "transformJobName", "transform-job"),
        "HyperParameterTuningJob" => ("hyperParameterTuningJobArn", "hyperParameterTuningJobName", "hyper-parameter-tuning-job"),
        "Model" => ("modelArn", "modelName", "model"),
        "ModelPackage" => ("modelPackageArn", "modelPackageArn", ""),
        "ModelPackageGroup" => ("modelPackageGroupArn", "modelPackageGroupName", "model-package-group"),
        "EndpointConfig" => ("endpointConfigArn", "endpointConfigName", "endpoint-config"),
        "Endpoint" | "EndpointWeightsAndCapacities" => ("endpointArn", "endpointName", "endpoint"),
        "Pipeline" => ("pipelineArn", "pipelineName", "pipeline"),
        "FeatureGroup" => ("featureGroupArn", "featureGroupName", "feature-group"),
        "MonitoringSchedule" => ("monitoringScheduleArn", "monitoringScheduleName", "monitoring-schedule"),
        "InferenceComponent" | "InferenceComponentRuntimeConfig" => {
            ("inferenceComponentArn", "inferenceComponentName", "inference-component")
        }
        "NotebookInstance" => ("notebookInstanceArn", "notebookInstanceName", "notebook-instance"),
        _ => return None,
    })
}

/// The members of a request about images. Those to put one hold its manifest, too, and the answer holds it again: what is needed
/// is taken off the text.
#[derive(Default)]
struct ImageRequest {
    registry: Text,
    repository: Text,
    tag: Text,
    digest: Text,
    ids: Vec<ImageId>,
    mutability: Text,
}

impl ImageRequest {
    fn of(text: &[u8], mended: &mut Mended) -> Result<Self, serde_json::Error> {
        let mut request = Self::default();
        each_member(&element_of(text), |key, value| {
            let member = match key {
                b"registryId" => &mut request.registry,
                b"repositoryName" => &mut request.repository,
                b"imageTag" => &mut request.tag,
                b"imageDigest" => &mut request.digest,
                b"imageTagMutability" => &mut request.mutability,
                b"imageIds" => {
                    request.ids = mended.take(element::read(value))?;
                    return Ok(());
                }
                _ => return Ok(()),
            };
            *member = mended.take(element::text(value))?;
            Ok(())
        })?;
        Ok(request)
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ImageId {
    image_tag: Text,
    image_digest: Text,
}

impl ImageId {
    /// Reads the image that an answer says was put.
    fn of_answer(text: &[u8], mended: &mut Mended) -> Result<Self, serde_json::Error> {
        let id = element_of(text).field("image").and_then(|image| element_of(image).field("imageId"));
        id.map_or_else(|| Ok(Self::default()), |id| mended.take(element::read(id)))
    }
}

fn ecr(call: &mut Call<'_>, sink: &mut Sink) -> Subject {
    let Some(request) = call.request_by(ImageRequest::of, sink) else { return Subject::default() };
    let Some(repository) = request.repository.0 else { return Subject::default() };
    let account = request.registry.0.or_else(|| Some(call.account.to_owned()));
    let (region, at) = (Some(call.region.to_owned()), Some(call.at));
    let state = |tag: Option<String>, digest: Option<String>, what: ImageWhat| {
        let (account, region, repository) = (account.clone(), region.clone(), repository.clone());
        Statement::Image(Box::new(ImageStatement { account, region, repository, tag, digest, what, at }))
    };
    let mutable = request.mutability.0.as_deref().map(|text| text != "IMMUTABLE");
    let mut statements = Vec::new();
    match call.operation {
        _ if call.failed() => {}
        "PutImage" => {
            let pushed = call.response_by(ImageId::of_answer, sink).unwrap_or_default();
            let digest = pushed.image_digest.0.or(request.digest.0).as_deref().and_then(normal_digest);
            statements.push(state(pushed.image_tag.0.or(request.tag.0), digest, ImageWhat::Tagged));
        }
        "BatchDeleteImage" => {
            statements.extend(request.ids.into_iter().map(|id| state(id.image_tag.0, id.image_digest.0, ImageWhat::Removed)));
        }
        "PutImageTagMutability" | "CreateRepository" => {
            statements.extend(mutable.map(|mutable| state(None, None, ImageWhat::Mutability { mutable })));
        }
        _ => {}
    }
    for statement in statements {
        call.say(sink, statement);
    }
    Subject { arn: call.resource(), name: Some(repository) }
}

fn trail(call: &mut Call<'_>, sink: &mut Sink) -> Subject {
    let subject = subject(call, &["name", "trailName"]);
    let statement = |what: TrailWhat| {
        let name = subject.name.clone().unwrap_or_default();
        Statement::Trail(Box::new(TrailStatement {
            account: call.account.to_owned(),
            region: call.region.to_owned(),
            name,
            what,
        }))
    };
    let stated = match call.operation {
        _ if call.failed() => None,
        "StopLogging" | "DeleteTrail" => Some(statement(TrailWhat::Stopped { at: call.at })),
        "CreateTrail" | "UpdateTrail" => {
            member(call.response, "s3BucketName").or_else(|| member(call.request, "s3BucketName")).map(|bucket| {
                statement(TrailWhat::Delivers {
                    bucket,
                    prefix: member(call.response, "s3KeyPrefix").or_else(|| member(call.request, "s3KeyPrefix")),
                })
            })
        }
        _ => None,
    };
    if let Some(statement) = stated {
        call.say(sink, statement);
    }
    subject
}
