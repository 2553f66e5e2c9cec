//! Endpoint configurations and endpoints.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::sink::Sink;
use super::super::{Each, Reader};
use super::job::listed;
use super::subject::confirmed;
use super::{Metadata, Setting, answer};
use crate::evidence::citation::{Locator, Source};
use crate::fact::call::Listed;
use crate::fact::s3::S3Uri;
use crate::fact::serving::{self, ConfigStatement, EndpointAct, EndpointStatement, RunningVariant, Variant, endpoint_status};
use crate::fact::{Statement, Words};
use crate::json::scalar::{Flag, Moment, Real, Text};
use crate::recognise::Format;

/// Returns the reader of an answer about endpoints.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::EndpointConfig => Each::one(|shape: Config, place, cx, sink| {
            let cx = &confirmed(cx, "endpoint-config-name", &shape.endpoint_config_name, &shape.endpoint_config_arn, place, sink);
            let setting = answer(cx, &shape.response_metadata);
            say_config(config(shape, &setting), place, sink);
        }),
        Format::EndpointConfigs => Each::one(|shape: Config, place, cx, sink| {
            let setting = Setting { words: Words::Row, ..answer(cx, &Metadata::default()) };
            say_config(config(shape, &setting), place, sink);
        }),
        Format::Endpoint => Each::one(|shape: Endpoint, place, cx, sink| {
            let cx = &confirmed(cx, "endpoint-name", &shape.endpoint_name, &shape.endpoint_arn, place, sink);
            let setting = answer(cx, &shape.response_metadata);
            say_endpoint(endpoint(shape, &setting, EndpointAct::State), place, sink);
        }),
        Format::Endpoints => Each::list(
            |shape: Endpoint, place, cx, sink| {
                let setting = Setting { words: Words::Row, ..answer(cx, &Metadata::default()) };
                say_endpoint(endpoint(shape, &setting, EndpointAct::State), place, sink);
            },
            |rows, header, cx, sink| listed(Listed::Endpoints, rows, header, cx, sink),
        ),
        _ => None,
    }
}

fn say_config(statement: Option<ConfigStatement>, place: &Locator, sink: &mut Sink) {
    match statement {
        Some(statement) => {
            sink.belongs_to(&statement.arn);
            let time = statement.created;
            sink.say(place, Source::SageMaker, time, Statement::EndpointConfig(Box::new(statement)));
        }
        None => sink.orphan("the account and region of its endpoint config"),
    }
}

fn say_endpoint(statement: Option<EndpointStatement>, place: &Locator, sink: &mut Sink) {
    match statement {
        Some(statement) => {
            sink.belongs_to(&statement.arn);
            statement.created.into_iter().for_each(|at| sink.seen(at));
            let time = statement.seen.or(statement.modified).or(statement.created);
            sink.say(place, Source::SageMaker, time, Statement::Endpoint(Box::new(statement)));
        }
        None => sink.orphan("the account and region of its endpoint"),
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Config {
    endpoint_config_name: Text,
    endpoint_config_arn: Text,
    production_variants: Vec<VariantShape>,
    shadow_production_variants: Vec<VariantShape>,
    data_capture_config: Capture,
    creation_time: Moment,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct VariantShape {
    variant_name: Text,
    model_name: Text,
    initial_variant_weight: Real,
    initial_instance_count: Real,
    instance_type: Text,
    serverless_config: Option<IgnoredAny>,
    managed_instance_scaling: Managed,
    #[serde(rename = "EnableSSMAccess")]
    live_access: Flag,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Managed {
    status: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Capture {
    enable_capture: Flag,
    initial_sampling_percentage: Real,
    destination_s3_uri: Text,
}

/// Returns the statement of an endpoint configuration's structure.
pub(in crate::parse) fn config(shape: Config, setting: &Setting<'_>) -> Option<ConfigStatement> {
    let arn =
        setting.own_arn(shape.endpoint_config_arn.0.as_deref(), "endpoint-config", shape.endpoint_config_name.0.as_deref())?;
    let variant = |shadow: bool| {
        move |shape: VariantShape| Variant {
            name: shape.variant_name.0.unwrap_or_default(),
            model: shape.model_name.0,
            weight: shape.initial_variant_weight.0,
            shadow,
            count: whole(&shape.initial_instance_count),
            instance: shape.instance_type.0,
            managed: shape.serverless_config.is_some() || shape.managed_instance_scaling.status.0.as_deref() == Some("ENABLED"),
            live_access: shape.live_access.0 == Some(true),
        }
    };
    let variants = shape.production_variants.into_iter().map(variant(false));
    Some(ConfigStatement {
        arn,
        name: shape.endpoint_config_name.0,
        words: setting.words,
        created: shape.creation_time.0.or_else(|| (setting.words == Words::Request).then_some(setting.seen).flatten()),
        variants: variants.chain(shape.shadow_production_variants.into_iter().map(variant(true))).collect(),
        captures: shape.data_capture_config.enable_capture.0 == Some(true),
        capture: capture(&shape.data_capture_config),
    })
}

fn capture(shape: &Capture) -> Option<serving::Capture> {
    let to = shape.destination_s3_uri.0.as_deref().and_then(S3Uri::parse)?;
    let percent = shape.initial_sampling_percentage.0?;
    (shape.enable_capture.0 == Some(true)).then_some(serving::Capture { to, percent })
}

/// Returns a count of instances; events write `2.0` for `2`.
fn whole(count: &Real) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the limits are checked, and counts are whole")]
    count.0.filter(|count| (0.0..1e9).contains(count)).map(|count| count.round() as i64)
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Endpoint {
    endpoint_name: Text,
    endpoint_arn: Text,
    endpoint_config_name: Text,
    endpoint_status: Text,
    creation_time: Moment,
    last_modified_time: Moment,
    production_variants: Vec<RunningShape>,
    desired_weights_and_capacities: Vec<RunningShape>,
    pending_deployment_summary: Pending,
    retain_all_variant_properties: Flag,
    exclude_retained_variant_properties: Vec<Property>,
    failure_reason: Text,
    deployment_config: DeploymentConfig,
    last_deployment_config: DeploymentConfig,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Property {
    variant_property_type: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct DeploymentConfig {
    auto_rollback_configuration: Rollback,
    blue_green_update_policy: BlueGreen,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct BlueGreen {
    traffic_routing_configuration: Routing,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Routing {
    r#type: Text,
    canary_size: Capacity,
    linear_step_size: Capacity,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Capacity {
    r#type: Text,
    value: Real,
}

/// Returns the share that a new fleet gets at first. Of a count of instances it is not known what share it is.
fn first_share(routing: &Routing) -> Option<f64> {
    let size = match routing.r#type.0.as_deref()? {
        "ALL_AT_ONCE" => return Some(1.0),
        "CANARY" => &routing.canary_size,
        "LINEAR" => &routing.linear_step_size,
        _ => return None,
    };
    let percent = size.value.0.filter(|value| (0.0..=100.0).contains(value))?;
    (size.r#type.0.as_deref() == Some("CAPACITY_PERCENT")).then_some(percent / 100.0)
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Rollback {
    alarms: Vec<RollbackAlarm>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct RollbackAlarm {
    alarm_name: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Pending {
    endpoint_config_name: Text,
    production_variants: Vec<PendingVariant>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct PendingVariant {
    variant_status: Vec<Stage>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Stage {
    status: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct RunningShape {
    variant_name: Text,
    deployed_images: Vec<Deployed>,
    current_weight: Real,
    desired_weight: Real,
    current_instance_count: Real,
    desired_instance_count: Real,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Deployed {
    specified_image: Text,
    resolved_image: Text,
    resolution_time: Moment,
}

/// Returns the statement of an endpoint's structure.
pub(in crate::parse) fn endpoint(shape: Endpoint, setting: &Setting<'_>, act: EndpointAct) -> Option<EndpointStatement> {
    let arn = setting.arn(shape.endpoint_arn.0.as_deref(), "endpoint", shape.endpoint_name.0.as_deref())?;
    let act = match act {
        EndpointAct::Updated { .. } => {
            let all = shape.retain_all_variant_properties.0.unwrap_or(false);
            let kept = |name: &str| {
                let is_named = |property: &Property| property.variant_property_type.0.as_deref() == Some(name);
                all && !shape.exclude_retained_variant_properties.iter().any(is_named)
            };
            EndpointAct::Updated { retain: kept("DesiredWeight"), retain_counts: kept("DesiredInstanceCount") }
        }
        other => other,
    };
    let variants = shape.production_variants.into_iter().chain(shape.desired_weights_and_capacities);
    let variants = variants.map(|variant| RunningVariant {
        name: variant.variant_name.0.unwrap_or_default(),
        images: variant
            .deployed_images
            .into_iter()
            .map(|image| (image.specified_image.0, image.resolved_image.0, image.resolution_time.0))
            .collect(),
        weight: variant.current_weight.0.or(variant.desired_weight.0),
        current: whole(&variant.current_instance_count),
        desired: whole(&variant.desired_instance_count),
    });
    let stages = shape.pending_deployment_summary.production_variants.iter().flat_map(|variant| &variant.variant_status);
    let pending_answers = stages.filter_map(|stage| stage.status.0.as_deref()).any(|stage| stage == "Baking");
    let first_share = first_share(&shape.deployment_config.blue_green_update_policy.traffic_routing_configuration);
    let rollback = [shape.deployment_config, shape.last_deployment_config];
    let rollback = rollback.into_iter().flat_map(|config| config.auto_rollback_configuration.alarms);
    Some(EndpointStatement {
        arn,
        name: shape.endpoint_name.0,
        words: setting.words,
        act,
        config: shape.endpoint_config_name.0,
        pending: shape.pending_deployment_summary.endpoint_config_name.0,
        pending_answers,
        first_share,
        status: shape.endpoint_status.0.as_deref().map(endpoint_status),
        failure: shape.failure_reason.0,
        created: shape.creation_time.0.or_else(|| (act == EndpointAct::Created).then_some(setting.seen).flatten()),
        modified: shape.last_modified_time.0,
        seen: setting.seen,
        variants: variants.collect(),
        rollback_alarms: rollback.filter_map(|alarm| alarm.alarm_name.0).collect(),
    })
}
