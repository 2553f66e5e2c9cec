//! Processing jobs, monitoring's among them.

use serde::Deserialize;

use super::job::{Stopping, data_type, fitted, stated};
use super::{Metadata, Setting};
use crate::fact::Words;
use crate::fact::arn::Arn;
use crate::fact::job::{InputMode, InputRole, JobCourse, JobInput, JobKind, JobOutput, JobStatement, JobStatus};
use crate::fact::symbol::Symbols;
use crate::json::scalar::{Moment, Named, Tags, Text};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Processing {
    pub(super) processing_job_name: Text,
    pub(super) processing_job_arn: Text,
    processing_job_status: Text,
    exit_message: Text,
    failure_reason: Text,
    processing_inputs: Vec<ProcessingInput>,
    processing_output_config: ProcessingOutputs,
    app_specification: App,
    environment: Named,
    role_arn: Text,
    stopping_condition: Option<Stopping>,
    creation_time: Moment,
    processing_start_time: Moment,
    processing_end_time: Moment,
    monitoring_schedule_arn: Text,
    tags: Tags,
    pub(super) response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ProcessingInput {
    #[serde(rename = "InputName")]
    name: Text,
    #[serde(rename = "S3Input")]
    s3: Option<S3Input>,
    #[serde(rename = "DatasetDefinition")]
    dataset: Option<DatasetDefinition>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct S3Input {
    #[serde(rename = "S3Uri")]
    uri: Text,
    #[serde(rename = "LocalPath")]
    local: Text,
    #[serde(rename = "S3DataType")]
    data_type: Text,
    #[serde(rename = "S3InputMode")]
    mode: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct DatasetDefinition {
    athena_dataset_definition: Option<Query>,
    redshift_dataset_definition: Option<Query>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Query {
    #[serde(rename = "QueryString")]
    query: Text,
    #[serde(rename = "OutputS3Uri")]
    output: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct ProcessingOutputs {
    outputs: Vec<ProcessingOutput>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ProcessingOutput {
    #[serde(rename = "OutputName")]
    name: Text,
    #[serde(rename = "S3Output")]
    s3: Option<S3Output>,
    #[serde(rename = "FeatureStoreOutput")]
    feature_store: Option<FeatureStoreOutput>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct S3Output {
    #[serde(rename = "S3Uri")]
    uri: Text,
    #[serde(rename = "S3UploadMode")]
    mode: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct FeatureStoreOutput {
    feature_group_name: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct App {
    image_uri: Text,
    container_entrypoint: Vec<Text>,
    container_arguments: Vec<Text>,
}

/// Returns the statement of a processing job's structure.
pub(in crate::parse) fn processing(shape: Processing, setting: &Setting<'_>, symbols: &mut Symbols) -> Option<JobStatement> {
    let name = shape.processing_job_name.0;
    let arn = setting.own_arn(shape.processing_job_arn.0.as_deref(), JobKind::Processing.arn_kind(), name.as_deref())?;
    let schedule = shape.monitoring_schedule_arn.0.as_deref().and_then(Arn::parse);
    let kind = if schedule.is_some() { JobKind::Monitoring } else { JobKind::Processing };
    let mut statement = JobStatement::about(kind, arn, setting.words);
    statement.inputs = fitted(shape.processing_inputs, |input| input.input(symbols));
    statement.outputs = fitted(shape.processing_output_config.outputs, |output| output.output(symbols));
    statement.name = name.as_deref().map(Into::into);
    statement.seen = setting.seen;
    statement.created = shape.creation_time.0.or_else(|| (setting.words == Words::Request).then_some(setting.seen).flatten());
    statement.status = shape.processing_job_status.0.as_deref().and_then(JobStatus::parse);
    statement.states_limit = setting.words == Words::Request || shape.stopping_condition.is_some();
    statement.limit = shape.stopping_condition.and_then(|stopping| stopping.max_runtime_in_seconds.0);
    statement.role = shape.role_arn.shared(symbols);
    statement.image = shape.app_specification.image_uri.shared(symbols);
    let arguments = shape.app_specification.container_entrypoint.into_iter().chain(shape.app_specification.container_arguments);
    statement.arguments = arguments.filter_map(|argument| argument.0).collect();
    statement.environment = shape.environment.0;
    statement.tags = shape.tags.0;
    let course = JobCourse {
        started: shape.processing_start_time.0,
        ended: shape.processing_end_time.0,
        failure: shape.failure_reason.0,
        exit_message: shape.exit_message.0,
        parent: schedule,
        ..JobCourse::default()
    };
    Some(stated(statement, course, setting))
}

impl ProcessingInput {
    fn input(self, symbols: &mut Symbols) -> JobInput {
        let name = self.name.shared(symbols).unwrap_or_default();
        let mut input = JobInput { name, ..JobInput::default() };
        if let Some(s3) = self.s3 {
            let local = s3.local.0.unwrap_or_default();
            let is_code = ["/opt/ml/processing/input/code", "/opt/ml/processing/input/entrypoint"]
                .iter()
                .any(|path| local.starts_with(path))
                || matches!(input.name.as_str(), "code" | "entrypoint");
            input.role = if is_code { InputRole::Code } else { InputRole::Data };
            input.data_type = data_type(s3.data_type.0.as_deref());
            input.mode =
                if matches!(s3.mode.0.as_deref(), Some("Pipe" | "PIPE")) { InputMode::Streamed } else { InputMode::File };
            input.uri = s3.uri.uri(symbols);
        }
        if let Some(dataset) = self.dataset {
            let query = dataset.athena_dataset_definition.or(dataset.redshift_dataset_definition);
            if let Some(query) = query {
                input.uri = input.uri.or_else(|| query.output.uri(symbols));
                input.other = query.query.0.map(|query| format!("query: {query}"));
            }
        }
        input
    }
}

impl ProcessingOutput {
    fn output(self, symbols: &mut Symbols) -> JobOutput {
        let continuous = self.s3.as_ref().is_some_and(|s3| matches!(s3.mode.0.as_deref(), Some("Continuous" | "CONTINUOUS")));
        JobOutput {
            name: self.name.shared(symbols).unwrap_or_default(),
            uri: self.s3.and_then(|s3| s3.uri.uri(symbols)),
            continuous,
            feature_group: self.feature_store.and_then(|store| store.feature_group_name.0),
        }
    }
}
