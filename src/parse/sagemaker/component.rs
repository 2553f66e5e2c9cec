//! Inference components: their descriptions, their lists, and the requests that make, change and remove them.

use serde::Deserialize;

use super::super::sink::Sink;
use super::super::{Each, Reader};
use super::job::listed;
use super::subject::confirmed;
use super::{Metadata, Setting, answer};
use crate::evidence::citation::{Locator, Source};
use crate::fact::arn::Arn;
use crate::fact::call::Listed;
use crate::fact::component::{ComponentAct, ComponentStatement, Specification};
use crate::fact::s3::S3Uri;
use crate::fact::{Statement, Words, secret};
use crate::json::scalar::{Moment, Named, Text, Whole};
use crate::recognise::Format;

/// Returns the reader of an answer about inference components.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::InferenceComponent => Each::one(|shape: Component, place, cx, sink| {
            let (name, arn) = (&shape.inference_component_name, &shape.inference_component_arn);
            let cx = &confirmed(cx, "inference-component-name", name, arn, place, sink);
            let setting = answer(cx, &shape.response_metadata);
            say(component(shape, &setting, ComponentAct::State), place, sink);
        }),
        Format::InferenceComponents => Each::list(
            |shape: Component, place, cx, sink| {
                let setting = Setting { words: Words::Row, ..answer(cx, &Metadata::default()) };
                say(component(shape, &setting, ComponentAct::State), place, sink);
            },
            |rows, header, cx, sink| listed(Listed::InferenceComponents, rows, header, cx, sink),
        ),
        _ => None,
    }
}

fn say(statement: Option<ComponentStatement>, place: &Locator, sink: &mut Sink) {
    match statement {
        Some(statement) => {
            sink.belongs_to(&statement.arn);
            statement.created.into_iter().for_each(|at| sink.seen(at));
            let time = statement.seen.or(statement.modified).or(statement.created);
            sink.say(place, Source::SageMaker, time, Statement::Component(Box::new(statement)));
        }
        None => sink.orphan("the account and region of its inference component"),
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Component {
    inference_component_name: Text,
    inference_component_arn: Text,
    endpoint_name: Text,
    endpoint_arn: Text,
    variant_name: Text,
    failure_reason: Text,
    specification: SpecificationShape,
    specifications: Vec<SpecificationShape>,
    runtime_config: Copies,
    desired_runtime_config: Copies,
    creation_time: Moment,
    last_modified_time: Moment,
    inference_component_status: Text,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct SpecificationShape {
    instance_type: Text,
    model_name: Text,
    container: Container,
    base_inference_component_name: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Container {
    image: Text,
    artifact_url: Text,
    deployed_image: Deployed,
    environment: Named,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Deployed {
    specified_image: Text,
    resolved_image: Text,
}

/// Requests write the number that is wanted as `CopyCount`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Copies {
    copy_count: Whole,
    desired_copy_count: Whole,
    current_copy_count: Whole,
}

impl SpecificationShape {
    /// Returns what it runs; nothing where it only says what that may use.
    fn runs(self, show_secrets: bool) -> Option<Specification> {
        let mut environment = self.container.environment.0;
        if !show_secrets {
            secret::redact(&mut environment);
        }
        let own = Specification {
            instance: self.instance_type.0,
            model: self.model_name.0,
            base: self.base_inference_component_name.0,
            artifact: self.container.artifact_url.0.as_deref().and_then(S3Uri::parse),
            image: self.container.image.0.or(self.container.deployed_image.specified_image.0),
            resolved: self.container.deployed_image.resolved_image.0,
            environment,
        };
        let says = own.model.is_some() || own.base.is_some() || own.artifact.is_some() || own.image.is_some();
        says.then_some(own)
    }
}

/// Returns the statement of an inference component's structure.
pub(in crate::parse) fn component(shape: Component, setting: &Setting<'_>, act: ComponentAct) -> Option<ComponentStatement> {
    let arn = setting.own_arn(
        shape.inference_component_arn.0.as_deref(),
        "inference-component",
        shape.inference_component_name.0.as_deref(),
    )?;
    let named = shape.endpoint_name.0.as_deref().map(|name| Arn::sagemaker(arn.region(), arn.account(), "endpoint", name));
    let desired = shape.runtime_config.copy_count.0.or(shape.desired_runtime_config.copy_count.0);
    Some(ComponentStatement {
        name: shape.inference_component_name.0,
        words: setting.words,
        act,
        endpoint: shape.endpoint_arn.0.as_deref().and_then(Arn::parse).or(named),
        endpoint_name: shape.endpoint_name.0,
        variant: shape.variant_name.0,
        runs: std::iter::once(shape.specification)
            .chain(shape.specifications)
            .filter_map(|shape| shape.runs(setting.show_secrets))
            .collect(),
        desired: desired.or(shape.runtime_config.desired_copy_count.0),
        current: shape.runtime_config.current_copy_count.0,
        status: shape.inference_component_status.0,
        failure: shape.failure_reason.0,
        created: shape.creation_time.0.or_else(|| (act == ComponentAct::Created).then_some(setting.seen).flatten()),
        modified: shape.last_modified_time.0,
        seen: setting.seen,
        arn,
    })
}
