//! Training, processing, transform and tuning jobs.

use litemap::LiteMap;
use serde::Deserialize;

use super::super::sink::Sink;
use super::super::{Context, Each, Header, Reader};
pub(in crate::parse) use super::processing::{Processing, processing};
use super::subject::confirmed;
use super::{Metadata, Setting, answer};
use crate::evidence::citation::{Locator, Source};
use crate::fact::arn::Arn;
use crate::fact::call::{Listed, ListedStatement};
use crate::fact::job::{DataType, InputMode, InputRole, JobCourse, JobInput, JobKind, JobOutput, JobStatement, JobStatus, Phase};
use crate::fact::symbol::Symbols;
use crate::fact::{Statement, Words, secret};
use crate::json::scalar::{Moment, Named, Real, Tags, Text, Whole};
use crate::recognise::Format;
use crate::time::Instant;

/// Returns the reader of an answer about jobs.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::TrainingJob => Each::one(|shape: Training, place, cx, sink| {
            let cx = &confirmed(cx, "training-job-name", &shape.training_job_name, &shape.training_job_arn, place, sink);
            let setting = answer(cx, &shape.response_metadata);
            say(training(shape, &setting, &mut sink.symbols), "training job", place, sink);
        }),
        Format::ProcessingJob => Each::one(|shape: Processing, place, cx, sink| {
            let cx = &confirmed(cx, "processing-job-name", &shape.processing_job_name, &shape.processing_job_arn, place, sink);
            let setting = answer(cx, &shape.response_metadata);
            say(processing(shape, &setting, &mut sink.symbols), "processing job", place, sink);
        }),
        Format::TransformJob => Each::one(|shape: Transform, place, cx, sink| {
            let setting = answer(cx, &shape.response_metadata);
            say(transform(shape, &setting, &mut sink.symbols), "transform job", place, sink);
        }),
        Format::TuningJob => Each::one(|shape: Tuning, place, cx, sink| {
            let setting = answer(cx, &shape.response_metadata);
            say(tuning(shape, &setting, &mut sink.symbols), "tuning job", place, sink);
        }),
        Format::TrainingJobs | Format::TuningChildren => Each::list(
            |row: Row, place, cx, sink| say_row(row, place, cx, sink),
            |rows, header, cx, sink| {
                listed(Listed::TrainingJobs, rows, header, cx, sink);
            },
        ),
        Format::ProcessingJobs => Each::list(
            |row: Row, place, cx, sink| say_row(row, place, cx, sink),
            |rows, header, cx, sink| {
                listed(Listed::ProcessingJobs, rows, header, cx, sink);
            },
        ),
        Format::TransformJobs => Each::list(
            |row: Row, place, cx, sink| say_row(row, place, cx, sink),
            |rows, header, cx, sink| {
                listed(Listed::TransformJobs, rows, header, cx, sink);
            },
        ),
        Format::TuningJobs => Each::list(|row: Row, place, cx, sink| say_row(row, place, cx, sink), |_, _, _, _| {}),
        _ => None,
    }
}

/// States a job; without ARN or account it cannot be told which job it is.
pub(super) fn say(statement: Option<JobStatement>, what: &str, place: &Locator, sink: &mut Sink) {
    match statement {
        Some(statement) => {
            let ended = statement.course().ended;
            let times = [statement.created, ended];
            times.into_iter().flatten().for_each(|at| sink.seen(at));
            sink.belongs_to(&statement.arn);
            let time = statement.seen.or(ended).or(statement.created);
            sink.say(place, Source::SageMaker, time, Statement::Job(Box::new(statement)));
        }
        None => sink.orphan(&format!("the account and region of its {what}")),
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Training {
    training_job_name: Text,
    training_job_arn: Text,
    training_job_status: Text,
    secondary_status: Text,
    failure_reason: Text,
    model_artifacts: Artifacts,
    hyper_parameters: Named,
    environment: Named,
    algorithm_specification: Algorithm,
    role_arn: Text,
    input_data_config: Vec<Channel>,
    output_data_config: OutputData,
    stopping_condition: Option<Stopping>,
    checkpoint_config: Checkpoint,
    creation_time: Moment,
    training_start_time: Moment,
    training_end_time: Moment,
    secondary_status_transitions: Vec<Transition>,
    tuning_job_arn: Text,
    final_metric_data_list: Vec<FinalMetric>,
    tags: Tags,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Artifacts {
    #[serde(rename = "S3ModelArtifacts")]
    s3_model_artifacts: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Algorithm {
    training_image: Text,
    algorithm_name: Text,
    training_input_mode: Text,
    container_entrypoint: Vec<Text>,
    container_arguments: Vec<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Channel {
    channel_name: Text,
    input_mode: Text,
    data_source: DataSource,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DataSource {
    #[serde(rename = "S3DataSource")]
    s3: Option<S3Source>,
    #[serde(rename = "FileSystemDataSource")]
    file_system: Option<FileSystem>,
    #[serde(rename = "DatasetSource")]
    dataset: Option<Dataset>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct S3Source {
    #[serde(rename = "S3Uri")]
    uri: Text,
    #[serde(rename = "S3DataType")]
    data_type: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct FileSystem {
    file_system_id: Text,
    directory_path: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Dataset {
    dataset_arn: Text,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OutputData {
    #[serde(rename = "S3OutputPath")]
    path: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Stopping {
    pub(super) max_runtime_in_seconds: Whole,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Checkpoint {
    #[serde(rename = "S3Uri")]
    uri: Text,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Transition {
    status: Text,
    start_time: Moment,
    end_time: Moment,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct FinalMetric {
    metric_name: Text,
    value: Real,
}

/// Returns the statement of a training job's structure.
pub(in crate::parse) fn training(shape: Training, setting: &Setting<'_>, symbols: &mut Symbols) -> Option<JobStatement> {
    let name = shape.training_job_name.0;
    let arn = setting.own_arn(shape.training_job_arn.0.as_deref(), JobKind::Training.arn_kind(), name.as_deref())?;
    let mut statement = JobStatement::about(JobKind::Training, arn, setting.words);
    let streamed = |mode: &Text| matches!(mode.0.as_deref(), Some("Pipe" | "FastFile" | "PIPE" | "FAST_FILE"));
    let all_streamed = streamed(&shape.algorithm_specification.training_input_mode);
    statement.inputs = fitted(shape.input_data_config, |channel| channel.input(all_streamed, streamed, symbols));
    statement.seen = setting.seen;
    statement.created = shape.creation_time.0.or_else(|| (setting.words == Words::Request).then_some(setting.seen).flatten());
    statement.status = shape.training_job_status.0.as_deref().and_then(JobStatus::parse);
    statement.states_limit = setting.words == Words::Request || shape.stopping_condition.is_some();
    statement.limit = shape.stopping_condition.and_then(|stopping| stopping.max_runtime_in_seconds.0);
    statement.role = shape.role_arn.shared(symbols);
    let algorithm = shape.algorithm_specification;
    statement.image = algorithm.training_image.shared(symbols).or_else(|| algorithm.algorithm_name.shared(symbols));
    let arguments = algorithm.container_entrypoint.into_iter().chain(algorithm.container_arguments);
    statement.arguments = arguments.filter_map(|argument| argument.0).collect();
    statement.output_path = shape.output_data_config.path.uri(symbols);
    statement.checkpoint = shape.checkpoint_config.uri.uri(symbols).map(Box::new);
    statement.hyperparameters = hyperparameters(shape.hyper_parameters);
    statement.environment = shape.environment.0;
    statement.tags = shape.tags.0;
    let phase = |transition: Transition| {
        Some(Phase { status: transition.status.0?, from: transition.start_time.0, to: transition.end_time.0 })
    };
    let metric = |metric: FinalMetric| Some((metric.metric_name.0?, metric.value.0?));
    let course = JobCourse {
        started: shape.training_start_time.0,
        ended: shape.training_end_time.0,
        secondary: shape.secondary_status.0,
        failure: shape.failure_reason.0,
        exit_message: None,
        artifact: shape.model_artifacts.s3_model_artifacts.uri(symbols),
        phases: shape.secondary_status_transitions.into_iter().filter_map(phase).collect(),
        parent: shape.tuning_job_arn.0.as_deref().and_then(Arn::parse),
        metrics: shape.final_metric_data_list.into_iter().filter_map(metric).collect(),
    };
    statement.name = name.as_deref().map(Into::into);
    Some(stated(statement, course, setting))
}

/// Reads each shape into as much memory as the statements need: collected in place they would keep that of the shapes, which is several times as much.
pub(super) fn fitted<S, T>(shapes: Vec<S>, read: impl FnMut(S) -> T) -> Vec<T> {
    let mut statements = Vec::with_capacity(shapes.len());
    statements.extend(shapes.into_iter().map(read));
    statements
}

impl Channel {
    fn input(self, all_streamed: bool, streamed: impl Fn(&Text) -> bool, symbols: &mut Symbols) -> JobInput {
        let name = self.channel_name.shared(symbols).unwrap_or_default();
        let role = match name.as_str() {
            "code" | "sm_drivers" => InputRole::Code,
            "model" | "pretrained_model" => InputRole::Model,
            _ => InputRole::Data,
        };
        let mode = if streamed(&self.input_mode) || (self.input_mode.0.is_none() && all_streamed) {
            InputMode::Streamed
        } else {
            InputMode::File
        };
        let other = self
            .data_source
            .file_system
            .map(|system| {
                format!(
                    "file system {}{}",
                    system.file_system_id.0.unwrap_or_default(),
                    system.directory_path.0.unwrap_or_default()
                )
            })
            .or_else(|| self.data_source.dataset.and_then(|dataset| dataset.dataset_arn.0));
        let (uri, data_type) = self
            .data_source
            .s3
            .map_or((None, DataType::Prefix), |s3| (s3.uri.uri(symbols), data_type(s3.data_type.0.as_deref())));
        JobInput { name, uri, data_type, mode, role, other }
    }
}

pub(super) fn data_type(text: Option<&str>) -> DataType {
    // `ManifestFile`, `manifestFile`, `MANIFEST_FILE`: by who writes it.
    let is = |name: &str| {
        text.is_some_and(|text| text.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase()).eq(name.bytes()))
    };
    match () {
        () if is("manifestfile") => DataType::Manifest,
        () if is("augmentedmanifestfile") => DataType::AugmentedManifest,
        () => DataType::Prefix,
    }
}

/// The SDK writes hyperparameters as JSON text: `"\"train.py\""`, `"6"`, `"[1, 2]"`. Strings are unwrapped.
fn hyperparameters(values: Named) -> LiteMap<String, String> {
    let mut values = values.0;
    for (_, value) in values.iter_mut().filter(|(_, value)| value.starts_with('"')) {
        if let Ok(unwrapped) = serde_json::from_str::<String>(value) {
            *value = unwrapped;
        }
    }
    values
}

/// Returns the statement and the course of its job as one, its secrets replaced, unless they are wanted.
pub(super) fn stated(mut statement: JobStatement, mut course: JobCourse, setting: &Setting<'_>) -> JobStatement {
    if !setting.show_secrets {
        secret::redact(&mut statement.environment);
        secret::redact(&mut statement.hyperparameters);
        secret::redact(&mut statement.tags);
        secret::redact_arguments(&mut statement.arguments);
        course.failure = course.failure.as_deref().map(secret::redact_text);
        course.exit_message = course.exit_message.as_deref().map(secret::redact_text);
    }
    statement.with_course(course)
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Transform {
    transform_job_name: Text,
    transform_job_arn: Text,
    transform_job_status: Text,
    failure_reason: Text,
    model_name: Text,
    transform_input: TransformInput,
    transform_output: TransformOutput,
    environment: Named,
    creation_time: Moment,
    transform_start_time: Moment,
    transform_end_time: Moment,
    tags: Tags,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct TransformInput {
    data_source: DataSource,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TransformOutput {
    #[serde(rename = "S3OutputPath")]
    path: Text,
}

/// Returns the statement of a transform job's structure.
pub(in crate::parse) fn transform(shape: Transform, setting: &Setting<'_>, symbols: &mut Symbols) -> Option<JobStatement> {
    let name = shape.transform_job_name.0;
    let arn = setting.own_arn(shape.transform_job_arn.0.as_deref(), JobKind::Transform.arn_kind(), name.as_deref())?;
    let mut statement = JobStatement::about(JobKind::Transform, arn, setting.words);
    if let Some(s3) = shape.transform_input.data_source.s3 {
        statement.inputs.push(JobInput {
            name: symbols.of("input"),
            uri: s3.uri.uri(symbols),
            data_type: data_type(s3.data_type.0.as_deref()),
            mode: InputMode::Streamed,
            ..JobInput::default()
        });
    }
    statement.outputs.extend(shape.transform_output.path.uri(symbols).map(|uri| JobOutput {
        name: symbols.of("output"),
        uri: Some(uri),
        continuous: true,
        feature_group: None,
    }));
    statement.name = name.as_deref().map(Into::into);
    statement.seen = setting.seen;
    statement.created = shape.creation_time.0.or_else(|| (setting.words == Words::Request).then_some(setting.seen).flatten());
    statement.status = shape.transform_job_status.0.as_deref().and_then(JobStatus::parse);
    statement.model = shape.model_name.shared(symbols);
    statement.environment = shape.environment.0;
    statement.tags = shape.tags.0;
    let course = JobCourse {
        started: shape.transform_start_time.0,
        ended: shape.transform_end_time.0,
        failure: shape.failure_reason.0,
        ..JobCourse::default()
    };
    Some(stated(statement, course, setting))
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Tuning {
    hyper_parameter_tuning_job_name: Text,
    hyper_parameter_tuning_job_arn: Text,
    hyper_parameter_tuning_job_status: Text,
    hyper_parameter_tuning_job_config: TuningConfig,
    training_job_definition: Option<Training>,
    failure_reason: Text,
    creation_time: Moment,
    hyper_parameter_tuning_end_time: Moment,
    tags: Tags,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct TuningConfig {
    resource_limits: TuningLimits,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct TuningLimits {
    max_runtime_in_seconds: Whole,
}

/// Returns the statement of a tuning job's structure.
pub(in crate::parse) fn tuning(shape: Tuning, setting: &Setting<'_>, symbols: &mut Symbols) -> Option<JobStatement> {
    let name = shape.hyper_parameter_tuning_job_name.0;
    let arn = setting.own_arn(shape.hyper_parameter_tuning_job_arn.0.as_deref(), JobKind::Tuning.arn_kind(), name.as_deref())?;
    let mut statement = JobStatement::about(JobKind::Tuning, arn, setting.words);
    if let Some(mut definition) = shape.training_job_definition {
        definition.training_job_arn = Text(Some(statement.arn.as_str().to_owned()));
        if let Some(of_jobs) = training(definition, setting, symbols) {
            statement.inputs = of_jobs.inputs;
            statement.image = of_jobs.image;
            statement.environment = of_jobs.environment;
            statement.hyperparameters = of_jobs.hyperparameters;
            statement.role = of_jobs.role;
        }
    }
    statement.name = name.as_deref().map(Into::into);
    statement.seen = setting.seen;
    statement.created = shape.creation_time.0.or_else(|| (setting.words == Words::Request).then_some(setting.seen).flatten());
    statement.status = shape.hyper_parameter_tuning_job_status.0.as_deref().and_then(JobStatus::parse);
    statement.states_limit = true;
    statement.limit = shape.hyper_parameter_tuning_job_config.resource_limits.max_runtime_in_seconds.0;
    statement.tags = shape.tags.0;
    let course = JobCourse {
        started: statement.created,
        ended: shape.hyper_parameter_tuning_end_time.0,
        failure: shape.failure_reason.0,
        ..JobCourse::default()
    };
    Some(stated(statement, course, setting))
}

/// A row of a list of jobs, of any kind.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Row {
    training_job_name: Text,
    training_job_arn: Text,
    training_job_status: Text,
    secondary_status: Text,
    training_start_time: Moment,
    training_end_time: Moment,
    tuning_job_name: Text,
    processing_job_name: Text,
    processing_job_arn: Text,
    processing_job_status: Text,
    processing_end_time: Moment,
    transform_job_name: Text,
    transform_job_arn: Text,
    transform_job_status: Text,
    transform_end_time: Moment,
    hyper_parameter_tuning_job_name: Text,
    hyper_parameter_tuning_job_arn: Text,
    hyper_parameter_tuning_job_status: Text,
    hyper_parameter_tuning_end_time: Moment,
    creation_time: Moment,
    exit_message: Text,
    failure_reason: Text,
}

fn say_row(row: Row, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let setting = Setting { words: Words::Row, ..answer(cx, &Metadata::default()) };
    let named = [
        (JobKind::Training, row.training_job_arn.0, row.training_job_name.0, row.training_job_status.0, row.training_end_time.0),
        (
            JobKind::Processing,
            row.processing_job_arn.0,
            row.processing_job_name.0,
            row.processing_job_status.0,
            row.processing_end_time.0,
        ),
        (
            JobKind::Transform,
            row.transform_job_arn.0,
            row.transform_job_name.0,
            row.transform_job_status.0,
            row.transform_end_time.0,
        ),
        (
            JobKind::Tuning,
            row.hyper_parameter_tuning_job_arn.0,
            row.hyper_parameter_tuning_job_name.0,
            row.hyper_parameter_tuning_job_status.0,
            row.hyper_parameter_tuning_end_time.0,
        ),
    ];
    let found = named.into_iter().find_map(|(kind, arn, name, status, ended)| {
        let arn = setting.arn(arn.as_deref(), kind.arn_kind(), name.as_deref())?;
        let mut statement = JobStatement::about(kind, arn, Words::Row);
        statement.name = name.as_deref().map(Into::into);
        statement.status = status.as_deref().and_then(JobStatus::parse);
        Some((statement, ended))
    });
    let statement = found.map(|(mut statement, ended)| {
        statement.seen = setting.seen;
        statement.created = row.creation_time.0;
        let parent = row.tuning_job_name.0.as_deref();
        let course = JobCourse {
            started: row.training_start_time.0,
            ended,
            secondary: row.secondary_status.0,
            failure: row.failure_reason.0,
            exit_message: row.exit_message.0,
            parent: parent
                .map(|name| Arn::sagemaker(statement.arn.region(), statement.arn.account(), JobKind::Tuning.arn_kind(), name)),
            ..JobCourse::default()
        };
        stated(statement, course, &setting)
    });
    say(statement, "jobs", place, sink);
}

/// States how far a list reaches.
pub(in crate::parse) fn listed(what: Listed, rows: u64, header: &Header, cx: &Context<'_>, sink: &mut Sink) {
    let filters = [
        "name-contains",
        "status-equals",
        "max-items",
        "max-results",
        "starting-token",
        "next-token",
        "last-modified-time-after",
        "last-modified-time-before",
        "query",
        "alarm-names",
        "alarm-name-prefix",
        "action-prefix",
        "state-value",
        "children-of-alarm-name",
        "parents-of-alarm-name",
        "max-records",
        "resource-ids",
        "scalable-dimension",
        "policy-names",
        "endpoint-name",
        "variant-name-equals",
        "monitoring-job-definition-name",
        "monitoring-type-equals",
        "scheduled-time-after",
        "scheduled-time-before",
        "log-group-name-pattern",
        "log-group-class",
        "log-group-identifiers",
        "limit",
        "filter-expression",
        "sampling",
        "sampling-strategy",
    ];
    // A history of nothing but changes of state is whole for what is asked of it.
    let of_other_items = cx.option("history-item-type").is_some_and(|kind| kind != "StateUpdate") && what == Listed::AlarmHistory;
    // Of log groups, people mostly ask for those of one prefix: without the command nobody knows.
    let is_untold = what == Listed::LogGroups && cx.request.is_none();
    let of_one = what != Listed::ScalingActivities && cx.option("resource-id").is_some();
    let filtered = of_other_items || is_untold || of_one || cx.request.is_some_and(|request| request.has_any(&filters));
    let number = |text: &str| text.parse().ok().and_then(Instant::from_number);
    let time = |name: &str| cx.option(name).and_then(|text| Instant::parse(text, true).or_else(|| number(text)));
    let of = match what {
        Listed::Steps => cx.option("pipeline-execution-arn"),
        Listed::Packages => cx.option("model-package-group-name"),
        Listed::Images => cx.option("repository-name"),
        Listed::InferenceComponents => cx.option("endpoint-name-equals"),
        Listed::Targets => cx.option("rule"),
        Listed::AlarmHistory => cx.option("alarm-name"),
        Listed::MonitoringExecutions => cx.option("monitoring-schedule-name"),
        Listed::ScalableTargets | Listed::ScalingPolicies => cx.option("service-namespace"),
        Listed::LogGroups => cx.option("log-group-name-prefix"),
        Listed::ScalingActivities => cx.option("resource-id").or_else(|| cx.option("service-namespace")),
        _ => None,
    };
    let (begins, ends) = if what == Listed::Traces { ("start-time", "end-time") } else { ("start-date", "end-date") };
    let statement = ListedStatement {
        what,
        account: cx.request.and_then(|request| request.account.clone()).or_else(|| sink.account().map(str::to_owned)),
        region: cx.request.and_then(|request| request.region.clone()).or_else(|| sink.region().map(str::to_owned)),
        complete: !header.is_cut() && !filtered,
        from: time("creation-time-after").or_else(|| time(begins)),
        to: time("creation-time-before").or_else(|| time(ends)),
        captured: cx.captured().or_else(|| header.date()),
        rows,
        of: of.map(str::to_owned),
    };
    if header.is_cut() {
        sink.note(Locator::Whole, "the list goes on in an answer that is not here (it ends with a live token): nothing follows from what is missing in it");
    }
    let time = statement.captured;
    sink.say(&Locator::Whole, Source::SageMaker, time, Statement::Listed(Box::new(statement)));
}
