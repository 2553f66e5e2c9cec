//! Monitoring schedules and their executions.

use serde::Deserialize;

use super::super::sink::Sink;
use super::super::{Context, Each, Reader};
use super::job::listed;
use super::{Metadata, answer};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::arn::Arn;
use crate::fact::call::Listed;
use crate::fact::monitor::{Baseline, Execution, MonitorStatement, MonitorWhat};
use crate::fact::s3::S3Uri;
use crate::json::scalar::{Moment, Text};
use crate::recognise::Format;

/// Returns the reader of an answer about monitoring.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::MonitoringSchedule => Each::one(schedule),
        Format::DataQualityDefinition => Each::one(definition),
        // A row has the members of a description, but for what the schedule does and when.
        Format::MonitoringSchedules => {
            Each::list(schedule, |rows, header, cx, sink| listed(Listed::MonitoringSchedules, rows, header, cx, sink))
        }
        Format::MonitoringExecutions => {
            Each::list(execution, |rows, header, cx, sink| listed(Listed::MonitoringExecutions, rows, header, cx, sink))
        }
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Schedule {
    monitoring_schedule_arn: Text,
    monitoring_schedule_name: Text,
    monitoring_schedule_status: Text,
    endpoint_name: Text,
    monitoring_job_definition_name: Text,
    creation_time: Moment,
    monitoring_schedule_config: Config,
    last_monitoring_execution_summary: Option<Summary>,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Config {
    monitoring_job_definition_name: Text,
    schedule_config: Expression,
    monitoring_job_definition: JobDefinition,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Expression {
    schedule_expression: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct JobDefinition {
    monitoring_inputs: Vec<Input>,
    baseline_config: BaselineConfig,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct BaselineConfig {
    constraints_resource: Resource,
    statistics_resource: Resource,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Resource {
    s3_uri: Text,
}

impl BaselineConfig {
    fn read(&self) -> Baseline {
        let place = |resource: &Resource| resource.s3_uri.0.as_deref().and_then(S3Uri::parse);
        Baseline { constraints: place(&self.constraints_resource), statistics: place(&self.statistics_resource) }
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Input {
    endpoint_input: EndpointInput,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct EndpointInput {
    endpoint_name: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Summary {
    monitoring_schedule_name: Text,
    scheduled_time: Moment,
    last_modified_time: Moment,
    monitoring_execution_status: Text,
    processing_job_arn: Text,
    endpoint_name: Text,
    failure_reason: Text,
    monitoring_type: Text,
}

fn schedule(shape: Schedule, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let setting = answer(cx, &shape.response_metadata);
    let name = shape.monitoring_schedule_name.0;
    let Some(arn) = setting.arn(shape.monitoring_schedule_arn.0.as_deref(), "monitoring-schedule", name.as_deref()) else {
        return sink.orphan("the account and region of its schedule");
    };
    sink.belongs_to(&arn);
    let named_definition = shape.monitoring_schedule_config.monitoring_job_definition_name.0;
    let definition_name = named_definition.or(shape.monitoring_job_definition_name.0);
    let definition = shape.monitoring_schedule_config.monitoring_job_definition;
    let (baseline, inputs) = (definition.baseline_config.read(), definition.monitoring_inputs);
    let named = shape.endpoint_name.0.or_else(|| inputs.into_iter().find_map(|input| input.endpoint_input.endpoint_name.0));
    let name = name.unwrap_or_else(|| arn.last().to_owned());
    let what = MonitorWhat::Schedule {
        status: shape.monitoring_schedule_status.0,
        expression: shape.monitoring_schedule_config.schedule_config.schedule_expression.0,
        created: shape.creation_time.0,
        definition: definition_name,
        baseline,
    };
    let time = setting.seen.or(shape.creation_time.0);
    let statement = MonitorStatement { schedule: arn.clone(), name: name.clone(), endpoint: named.clone(), what };
    sink.say(place, Source::SageMaker, time, Statement::Monitor(Box::new(statement)));
    if let Some(summary) = shape.last_monitoring_execution_summary {
        let place = Locator::Place("/LastMonitoringExecutionSummary".into());
        say_execution(summary, arn, name, named, &place, sink);
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Definition {
    job_definition_arn: Text,
    job_definition_name: Text,
    data_quality_baseline_config: BaselineConfig,
    data_quality_job_input: Input,
    response_metadata: Metadata,
}

fn definition(shape: Definition, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let setting = answer(cx, &shape.response_metadata);
    let name = shape.job_definition_name.0;
    let Some(arn) = setting.arn(shape.job_definition_arn.0.as_deref(), "data-quality-job-definition", name.as_deref()) else {
        return sink.orphan("the account and region of its job definition");
    };
    sink.belongs_to(&arn);
    let what = MonitorWhat::Definition(shape.data_quality_baseline_config.read());
    let endpoint = shape.data_quality_job_input.endpoint_input.endpoint_name.0;
    let name = name.unwrap_or_else(|| arn.last().to_owned());
    let statement = MonitorStatement { schedule: arn, name, endpoint, what };
    sink.say(place, Source::SageMaker, setting.seen, Statement::Monitor(Box::new(statement)));
}

fn execution(shape: Summary, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let Some(name) = shape.monitoring_schedule_name.0.clone() else {
        return sink.damaged(place.clone(), "an execution of no schedule");
    };
    let setting = answer(cx, &Metadata::default());
    let job = shape.processing_job_arn.0.as_deref().and_then(Arn::parse);
    let beside = job.as_ref().map(|job| Arn::sagemaker(job.region(), job.account(), "monitoring-schedule", &name));
    let Some(arn) = setting.arn(None, "monitoring-schedule", Some(&name)).or(beside) else {
        return sink.orphan("the account and region of its schedules");
    };
    sink.belongs_to(&arn);
    let endpoint = shape.endpoint_name.0.clone();
    say_execution(shape, arn, name, endpoint, place, sink);
}

fn say_execution(shape: Summary, schedule: Arn, name: String, endpoint: Option<String>, place: &Locator, sink: &mut Sink) {
    let (Some(scheduled), Some(status)) = (shape.scheduled_time.0, shape.monitoring_execution_status.0) else {
        return sink.damaged(place.clone(), "an execution without time or status");
    };
    let one = Execution {
        scheduled,
        changed: shape.last_modified_time.0,
        status,
        failure: shape.failure_reason.0,
        job: shape.processing_job_arn.0.as_deref().and_then(Arn::parse),
        kind: shape.monitoring_type.0,
    };
    let statement = MonitorStatement { schedule, name, endpoint, what: MonitorWhat::Execution(one) };
    sink.say(place, Source::SageMaker, Some(scheduled), Statement::Monitor(Box::new(statement)));
}
