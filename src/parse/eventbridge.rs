//! `EventBridge` events, S3 notifications, and the queues and topics that carry them.
//!
//! `SageMaker`'s state-change events hold describe-like structures with enums spelt otherwise; events of API calls hold
//! `CloudTrail` records.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::sagemaker::{Setting, job, pipeline, registry, serving};
use super::sink::{RecordId, Sink};
use super::{Context, Each, Reader, alarm, cloudtrail, typed};
use crate::evidence::citation::{Locator, Source};
use crate::fact::image::{ImageStatement, ImageWhat, normal_digest};
use crate::fact::job::{BuildStatement, JobStatement};
use crate::fact::object::{ObjectStatement, ObjectWhat};
use crate::fact::serving::EndpointAct;
use crate::fact::{Statement, Words};
use crate::json::scalar::{Moment, Text, Whole};
use crate::json::skim::{Element, Layout};
use crate::recognise::{self, Format};
use crate::time::Instant;

/// Returns the reader of events.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::EventBridge => Each::one(event),
        Format::S3Notification => Each::one(notification),
        Format::MessageBatch => Each::one(message),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope {
    id: Text,
    #[serde(rename = "detail-type")]
    detail_type: Text,
    account: Text,
    time: Moment,
    region: Text,
    detail: Option<Box<RawValue>>,
}

/// Reads a text that may be an event; returns whether it is one.
pub(super) fn embedded(text: &str, place: &Locator, cx: &Context<'_>, sink: &mut Sink) -> bool {
    let element = Element { bytes: text.trim().as_bytes(), list: "", index: 0, offset: 0, children: None };
    if !element.bytes.starts_with(b"{") || element.field("detail-type").is_none() || element.field("detail").is_none() {
        return false;
    }
    if let Some(envelope) = typed::<Envelope>(element.bytes, place, sink) {
        sink.record();
        event(envelope, place, cx, sink);
    }
    true
}

fn event(envelope: Envelope, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let (Some(kind), Some(detail)) = (envelope.detail_type.0, envelope.detail) else {
        return sink.damaged(place.clone(), "an event without `detail-type` or `detail`");
    };
    let detail = detail.get().as_bytes();
    if kind.ends_with("via CloudTrail") {
        sink.uncount();
        let inner = Locator::Place(format!("{place}/detail").into());
        if !cloudtrail::embedded(&String::from_utf8_lossy(detail), &inner, cx, sink) {
            sink.damaged(inner, "no CloudTrail record");
        }
        return;
    }
    let (account, region) = (envelope.account.0.unwrap_or_default(), envelope.region.0.unwrap_or_default());
    let at = envelope.time.0;
    let id: Option<Arc<str>> = envelope.id.0.map(Into::into);
    let id = RecordId { event: id.clone(), key: id, corrects: None };
    let setting = Setting {
        words: Words::Event,
        seen: at,
        region: &region,
        account: &account,
        subject: None,
        show_secrets: cx.options.show_secrets,
    };
    let statement = match kind.as_str() {
        "SageMaker Training Job State Change" => {
            typed(detail, place, sink).and_then(|shape| job::training(shape, &setting, &mut sink.symbols)).map(of_job)
        }
        "SageMaker Processing Job State Change" => {
            typed(detail, place, sink).and_then(|shape| job::processing(shape, &setting, &mut sink.symbols)).map(of_job)
        }
        "SageMaker Transform Job State Change" => {
            typed(detail, place, sink).and_then(|shape| job::transform(shape, &setting, &mut sink.symbols)).map(of_job)
        }
        "SageMaker HyperParameter Tuning Job State Change" => {
            typed(detail, place, sink).and_then(|shape| job::tuning(shape, &setting, &mut sink.symbols)).map(of_job)
        }
        "SageMaker Model State Change" => typed(detail, place, sink)
            .and_then(|shape| registry::model(shape, &setting))
            .map(|model| Statement::Model(Box::new(model))),
        "SageMaker Model Package State Change" => typed(detail, place, sink)
            .and_then(|shape| registry::package(shape, &setting, false))
            .map(|package| Statement::Package(Box::new(package))),
        "SageMaker Endpoint Config State Change" => typed(detail, place, sink)
            .and_then(|shape| serving::config(shape, &setting))
            .map(|config| Statement::EndpointConfig(Box::new(config))),
        "SageMaker Endpoint State Change" | "SageMaker Endpoint Deployment State Change" => typed(detail, place, sink)
            .and_then(|shape| serving::endpoint(shape, &setting, EndpointAct::State))
            .map(|endpoint| Statement::Endpoint(Box::new(endpoint))),
        "SageMaker Feature Group State Change" => typed(detail, place, sink)
            .and_then(|shape| registry::feature_group(shape, &setting))
            .map(|group| Statement::FeatureGroup(Box::new(group))),
        "SageMaker Model Building Pipeline Execution Status Change" => typed(detail, place, sink)
            .and_then(|shape| pipeline::execution(shape, &setting))
            .map(|execution| Statement::Execution(Box::new(execution))),
        "SageMaker Model Building Pipeline Execution Step Status Change" => typed(detail, place, sink)
            .and_then(|shape| pipeline::step(shape, Words::Event, None))
            .map(|step| Statement::Step(Box::new(step))),
        "CloudWatch Alarm State Change" => {
            typed(detail, place, sink).and_then(|shape| alarm::state_change(shape, &account, &region, at))
        }
        "ECR Image Action" => typed(detail, place, sink).and_then(|shape| image(shape, &account, &region, at)),
        "CodeBuild Build State Change" => typed(detail, place, sink).and_then(build),
        "Object Created" | "Object Deleted" => typed(detail, place, sink).and_then(|shape| object(shape, at)),
        _ => {
            if let Some(at) = at {
                sink.seen(at);
            }
            None
        }
    };
    if let Some(statement) = statement {
        let source = if matches!(statement, Statement::Object(_)) { Source::S3Log } else { Source::EventBridge };
        sink.say_by(place, source, at, None, Some((&id, 0)), statement);
    }
}

fn of_job(statement: JobStatement) -> Statement {
    Statement::Job(Box::new(statement))
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct ImageAction {
    action_type: Text,
    result: Text,
    repository_name: Text,
    image_digest: Text,
    image_tag: Text,
}

fn image(action: ImageAction, account: &str, region: &str, at: Option<Instant>) -> Option<Statement> {
    if action.result.0.as_deref() != Some("SUCCESS") {
        return None;
    }
    let what = match action.action_type.0.as_deref()? {
        "PUSH" => ImageWhat::Tagged,
        "DELETE" => ImageWhat::Removed,
        _ => return None,
    };
    Some(Statement::Image(Box::new(ImageStatement {
        account: Some(account.to_owned()),
        region: Some(region.to_owned()),
        repository: action.repository_name.0?,
        tag: action.image_tag.0,
        digest: action.image_digest.0.as_deref().and_then(normal_digest),
        what,
        at,
    })))
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct BuildChange {
    build_id: Text,
    project_name: Text,
    additional_information: BuildMore,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct BuildMore {
    source_version: Text,
    build_start_time: Text,
    source: BuildSource,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BuildSource {
    location: Text,
}

fn build(change: BuildChange) -> Option<Statement> {
    let more = change.additional_information;
    let started = more.build_start_time.0.as_deref().and_then(|text| Instant::parse_as("%b %d, %Y %I:%M:%S %p", text));
    Some(Statement::Build(Box::new(BuildStatement {
        id: change.build_id.0?,
        project: change.project_name.0,
        // `source-version` may be a branch; only what looks like a commit is one.
        commit: more.source_version.0.as_deref().and_then(crate::fact::commit::commit),
        repository: more.source.location.0,
        started,
        ended: None,
        role: None,
        artifact_sha256: None,
        ungated: None,
    })))
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct ObjectChange {
    bucket: Bucket,
    object: ChangedObject,
    reason: Text,
    deletion_type: Text,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Bucket {
    name: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct ChangedObject {
    key: Text,
    size: Whole,
    #[serde(alias = "eTag")]
    etag: Text,
    #[serde(alias = "versionId")]
    version_id: Text,
    sequencer: Text,
}

impl ChangedObject {
    fn statement(self, bucket: &str, key: String, what: ObjectWhat, at: Option<Instant>) -> Statement {
        Statement::Object(Box::new(ObjectStatement {
            bucket: bucket.into(),
            key: key.into(),
            what,
            version: self.version_id.0.filter(|version| version != "null").map(Into::into),
            null_version: false,
            etag: self.etag.0.map(|etag| etag.trim_matches('"').into()),
            size: self.size.0.and_then(|size| u64::try_from(size).ok()),
            sha256: None,
            at,
            sequencer: self.sequencer.0.map(Into::into),
        }))
    }
}

fn object(change: ObjectChange, at: Option<Instant>) -> Option<Statement> {
    let what = match (change.deletion_type.0.as_deref(), change.reason.0.as_deref()) {
        (_, Some("Lifecycle Expiration")) => ObjectWhat::Expired,
        (Some("Permanently Deleted"), _) => ObjectWhat::Destroyed,
        (Some(_), _) => ObjectWhat::Deleted,
        (None, _) => ObjectWhat::Written { copied_from: None, copied_version: None },
    };
    let key = change.object.key.0.clone()?;
    Some(change.object.statement(&change.bucket.name.0?, key, what, at))
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Notification {
    event_time: Moment,
    event_name: Text,
    s3: Notified,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Notified {
    bucket: Bucket,
    object: ChangedObject,
}

/// Reads a notification of S3. Its keys are URL-encoded, with `+` for a space.
fn notification(notification: Notification, place: &Locator, _: &Context<'_>, sink: &mut Sink) {
    let (Some(name), Some(bucket), Some(key)) =
        (notification.event_name.0, notification.s3.bucket.name.0, notification.s3.object.key.0.clone())
    else {
        return sink.damaged(place.clone(), "a notification without bucket, key or event");
    };
    let what = match name.trim_start_matches("s3:") {
        name if name.starts_with("ObjectCreated:") => ObjectWhat::Written { copied_from: None, copied_version: None },
        "ObjectRemoved:Delete" => ObjectWhat::Destroyed,
        "ObjectRemoved:DeleteMarkerCreated" => ObjectWhat::Deleted,
        name if name.starts_with("LifecycleExpiration:") => ObjectWhat::Expired,
        _ => return,
    };
    let key = percent_encoding::percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned();
    let at = notification.event_time.0;
    let statement = notification.s3.object.statement(&bucket, key, what, at);
    sink.say(place, Source::S3Log, at, statement);
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    body: Text,
    #[serde(rename = "Sns")]
    sns: Sns,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Sns {
    message: Text,
}

/// Reads a message: its body is an event, or a batch of them.
fn message(message: Message, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    sink.uncount();
    let Some(body) = message.body.0.or(message.sns.message.0) else {
        return sink.damaged(place.clone(), "a message without body");
    };
    let inner = Locator::Place(format!("{place}/body").into());
    if embedded(&body, &inner, cx, sink) || cloudtrail::embedded(&body, &inner, cx, sink) {
        return;
    }
    match recognise::element(body.as_bytes()) {
        Some((format @ (Format::S3Notification | Format::CloudTrail), Layout::Members)) => {
            super::nested(body.as_bytes(), format, &inner, cx, sink);
        }
        _ => sink.damaged(inner, "no event that is understood"),
    }
}
