//! Pipelines, definitions, executions and steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use litemap::LiteMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::sink::Sink;
use super::super::{Context, Each, Reader, config, typed};
use super::job::listed;
use super::{Metadata, Setting, answer};
use crate::evidence::citation::{Locator, Source};
use crate::fact::arn::Arn;
use crate::fact::call::Listed;
use crate::fact::config::ConfigStatement;
use crate::fact::pipeline::{DefinedStep, Definition, DefinitionStatement, ExecutionStatement, PipelineStatement, StepStatement};
use crate::fact::{Statement, Words, secret};
use crate::json::scalar::{Moment, Text};
use crate::json::skim::Element;
use crate::recognise::Format;
use crate::time::Instant;

/// Returns the reader of an answer about pipelines.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::Pipeline => Each::one(|shape: Pipeline, place, cx, sink| {
            let setting = answer(cx, &shape.response_metadata);
            if let Some(text) = &shape.pipeline_definition.0 {
                // A text that is no definition is a defect of the answer, told below.
                let _ = config::definition_text(text, place, cx, sink);
            }
            match pipeline(shape, &setting, place, sink) {
                Some(statement) => say_pipeline(statement, place, sink),
                None => sink.orphan("the account and region of its pipeline"),
            }
        }),
        Format::Pipelines => Each::one(|shape: Pipeline, place, cx, sink| {
            let setting = Setting { words: Words::Row, ..answer(cx, &Metadata::default()) };
            if let Some(statement) = pipeline(shape, &setting, place, sink) {
                say_pipeline(statement, place, sink);
            }
        }),
        Format::PipelineDefinition => Some(Box::new(Definitions)),
        Format::PipelineExecution => Each::one(|shape: Execution, place, cx, sink| {
            let setting = answer(cx, &shape.response_metadata);
            say_execution(execution(shape, &setting), place, sink);
        }),
        Format::PipelineExecutions => Each::one(|shape: Execution, place, cx, sink| {
            let setting = Setting { words: Words::Row, ..answer(cx, &Metadata::default()) };
            say_execution(execution(shape, &setting), place, sink);
        }),
        Format::PipelineSteps => Each::list(step_row, |rows, header, cx, sink| listed(Listed::Steps, rows, header, cx, sink)),
        Format::PipelineParameters => Some(Box::new(Parameters::default())),
        _ => None,
    }
}

fn say_pipeline(statement: PipelineStatement, place: &Locator, sink: &mut Sink) {
    let time = statement.modified.or(statement.created);
    sink.say(place, Source::SageMaker, time, Statement::Pipeline(Box::new(statement)));
}

fn say_execution(statement: Option<ExecutionStatement>, place: &Locator, sink: &mut Sink) {
    if let Some(statement) = statement {
        statement.created.into_iter().for_each(|at| sink.seen(at));
        let time = statement.seen.or(statement.ended).or(statement.created);
        sink.say(place, Source::SageMaker, time, Statement::Execution(Box::new(statement)));
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Pipeline {
    pipeline_arn: Text,
    pipeline_name: Text,
    pipeline_definition: Text,
    #[serde(rename = "PipelineDefinitionS3Location")]
    located: Location,
    creation_time: Moment,
    last_modified_time: Moment,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Location {
    bucket: Text,
    object_key: Text,
    version_id: Text,
}

impl Pipeline {
    /// Returns what the definition that a request carries asks of AWS. The file is named where all evidence is known.
    pub(in crate::parse) fn written(&self) -> Option<Statement> {
        let says = config::definition_says(self.pipeline_definition.0.as_deref()?).ok()?;
        Some(Statement::Config(Box::new(ConfigStatement { file: Arc::from(""), says })))
    }
}

/// Returns the statement of a pipeline's structure.
pub(in crate::parse) fn pipeline(
    shape: Pipeline,
    setting: &Setting<'_>,
    place: &Locator,
    sink: &mut Sink,
) -> Option<PipelineStatement> {
    let arn = setting.arn(shape.pipeline_arn.0.as_deref(), "pipeline", shape.pipeline_name.0.as_deref())?;
    Some(PipelineStatement {
        arn,
        name: shape.pipeline_name.0,
        words: setting.words,
        created: shape.creation_time.0,
        modified: shape.last_modified_time.0.or_else(|| (setting.words == Words::Request).then_some(setting.seen).flatten()),
        definition: shape.pipeline_definition.0.and_then(|text| definition(&text, place, sink)),
        located: shape
            .located
            .bucket
            .0
            .zip(shape.located.object_key.0)
            .map(|(bucket, key)| (bucket, key, shape.located.version_id.0)),
    })
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct ForExecution {
    pipeline_definition: Text,
    creation_time: Moment,
    #[serde(rename = "Version")]
    version: Text,
    #[serde(rename = "Steps")]
    steps: Vec<Value>,
}

/// Reads definitions; what they ask of AWS is kept too, with the lines on which it stands.
struct Definitions;

impl Reader for Definitions {
    fn element(&mut self, element: &Element<'_>, place: Locator, cx: &Context<'_>, sink: &mut Sink) {
        let Some(shape) = typed::<ForExecution>(element.bytes, &place, sink) else { return };
        sink.record();
        match &shape.pipeline_definition.0 {
            // A text that is no definition is a defect of the answer, told below.
            Some(text) => drop(config::definition_text(text, &place, cx, sink)),
            None => config::definition(element.bytes, element.offset == 0, &place, cx, sink),
        }
        definition_for_execution(shape, &place, cx, sink);
    }
}

fn definition_for_execution(shape: ForExecution, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let definition = match (shape.pipeline_definition.0, shape.version.0) {
        (Some(text), _) => definition(&text, place, sink),
        // A definition that was saved as it is, outside any answer.
        (None, Some(_)) => Some(Definition { steps: steps(&shape.steps) }),
        (None, None) => None,
    };
    let Some(definition) = definition else { return };
    let execution = named_execution(cx, sink);
    if execution.is_none() {
        sink.orphan("its pipeline execution");
    }
    let created = shape.creation_time.0;
    sink.say(
        place,
        Source::SageMaker,
        created,
        Statement::Definition(Box::new(DefinitionStatement { execution, created, definition })),
    );
}

/// Returns the execution that the exhibit's command or folders name. Folders do not tell account and region; the ARN is then
/// completed by what else the exhibit names, or stays without them.
fn named_execution(cx: &Context<'_>, sink: &mut Sink) -> Option<Arn> {
    let named = cx.option("pipeline-execution-arn")?;
    sink.uses_request();
    Arn::parse(named).or_else(|| {
        let request = cx.request?;
        let region = request.region.as_deref().or(sink.region()).unwrap_or_default();
        let account = request.account.as_deref().or(sink.account()).unwrap_or_default();
        Some(Arn::sagemaker(region, account, "pipeline", named))
    })
}

/// Reads a definition out of its JSON text.
fn definition(text: &str, place: &Locator, sink: &mut Sink) -> Option<Definition> {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            Some(Definition { steps: value.get("Steps").and_then(Value::as_array).map(|all| steps(all)).unwrap_or_default() })
        }
        Err(error) => {
            sink.defect(Locator::Place(format!("{place}/PipelineDefinition").into()), format!("no pipeline definition: {error}"));
            None
        }
    }
}

fn steps(values: &[Value]) -> Vec<DefinedStep> {
    let mut found = Vec::new();
    for value in values {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let arguments = value.get("Arguments").unwrap_or(&Value::Null);
        let cache = value.get("CacheConfig");
        let mut uses = Vec::new();
        references(arguments, &mut uses);
        if let Some(names) = value.get("DependsOn").and_then(Value::as_array) {
            uses.extend(names.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        uses.sort();
        uses.dedup();
        found.push(DefinedStep {
            name: text("Name"),
            kind: text("Type"),
            cached: cache.and_then(|cache| cache.get("Enabled")).and_then(Value::as_bool).unwrap_or(false),
            expires_after: cache.and_then(|cache| cache.get("ExpireAfter")).and_then(Value::as_str).map(str::to_owned),
            uses,
        });
        for branch in ["IfSteps", "ElseSteps"] {
            found.extend(arguments.get(branch).and_then(Value::as_array).map(|inner| steps(inner)).unwrap_or_default());
        }
    }
    found
}

/// Collects the steps whose results an argument refers to: `{"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}`.
fn references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(path) = map.get("Get").and_then(Value::as_str)
                && let Some(rest) = path.strip_prefix("Steps.")
            {
                into.push(rest.split(['.', '[']).next().unwrap_or(rest).to_owned());
            }
            map.values().for_each(|value| references(value, into));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, into)),
        _ => {}
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Execution {
    pipeline_arn: Text,
    pipeline_execution_arn: Text,
    pipeline_execution_status: Text,
    current_pipeline_execution_status: Text,
    creation_time: Moment,
    start_time: Moment,
    execution_start_time: Moment,
    execution_end_time: Moment,
    last_modified_time: Moment,
    failure_reason: Text,
    pipeline_execution_failure_reason: Text,
    pipeline_parameters: Vec<Parameter>,
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Parameter {
    name: Text,
    value: Text,
}

/// Returns the statement of an execution's structure.
pub(in crate::parse) fn execution(shape: Execution, setting: &Setting<'_>) -> Option<ExecutionStatement> {
    let arn = Arn::parse(shape.pipeline_execution_arn.0.as_deref()?)?;
    let status = shape.pipeline_execution_status.0.or(shape.current_pipeline_execution_status.0);
    let over = status.as_deref().is_some_and(|status| !matches!(status, "Executing" | "Stopping"));
    Some(ExecutionStatement {
        pipeline: shape.pipeline_arn.0.as_deref().and_then(Arn::parse).or_else(|| pipeline_of(&arn)),
        arn,
        words: setting.words,
        status,
        created: shape.creation_time.0.or(shape.start_time.0).or(shape.execution_start_time.0),
        ended: shape.execution_end_time.0.or(shape.last_modified_time.0).filter(|_| over),
        seen: setting.seen,
        failure: shape.failure_reason.0.or(shape.pipeline_execution_failure_reason.0),
        parameters: parameters(shape.pipeline_parameters, setting),
    })
}

fn parameters(list: Vec<Parameter>, setting: &Setting<'_>) -> LiteMap<String, String> {
    let mut map: LiteMap<String, String> =
        list.into_iter().filter_map(|parameter| Some((parameter.name.0?, parameter.value.0.unwrap_or_default()))).collect();
    if !setting.show_secrets {
        secret::redact(&mut map);
    }
    map
}

/// Returns the pipeline that an execution's ARN names.
pub(in crate::parse) fn pipeline_of(execution: &Arn) -> Option<Arn> {
    Arn::parse(execution.as_str().split_once("/execution/")?.0)
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Step {
    pipeline_execution_arn: Text,
    step_name: Text,
    start_time: Moment,
    step_start_time: Moment,
    end_time: Moment,
    step_end_time: Moment,
    step_status: Text,
    current_step_status: Text,
    cache_hit_result: Taken,
    selective_execution_result: Taken,
    failure_reason: Text,
    metadata: BTreeMap<String, Value>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Taken {
    source_pipeline_execution_arn: Text,
}

/// Returns the statement of a step's structure.
pub(in crate::parse) fn step(shape: Step, words: Words, execution: Option<Arn>) -> Option<StepStatement> {
    let cached = shape.cache_hit_result.source_pipeline_execution_arn.0.as_deref().and_then(Arn::parse);
    let selected = shape.selective_execution_result.source_pipeline_execution_arn.0.as_deref().and_then(Arn::parse);
    let made = shape.metadata.values().find_map(|made| {
        let arn = made.get("Arn").or_else(|| made.get("arn")).or_else(|| made.get("CheckJobArn"))?;
        Arn::parse(arn.as_str()?)
    });
    Some(StepStatement {
        execution: shape.pipeline_execution_arn.0.as_deref().and_then(Arn::parse).or(execution),
        name: shape.step_name.0?,
        words,
        started: shape.start_time.0.or(shape.step_start_time.0),
        ended: shape.end_time.0.or(shape.step_end_time.0),
        status: shape.step_status.0.or(shape.current_step_status.0),
        is_cache_hit: cached.is_some(),
        taken_from: cached.or(selected),
        made,
        failure: shape.failure_reason.0,
    })
}

fn step_row(shape: Step, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let made = shape.metadata.values().find_map(|made| Arn::parse(made.get("Arn")?.as_str()?));
    if let Some(made) = &made {
        sink.belongs_to(made);
    }
    let execution = named_execution(cx, sink);
    if execution.is_none() {
        sink.orphan("its pipeline execution");
    }
    if let Some(statement) = step(shape, Words::Answer, execution) {
        let time = statement.ended.or(statement.started);
        sink.say(place, Source::SageMaker, time, Statement::Step(Box::new(statement)));
    }
}

/// Reads the parameters of an execution, which come one by one.
#[derive(Default)]
struct Parameters {
    found: Vec<Parameter>,
}

impl Reader for Parameters {
    fn element(&mut self, element: &crate::json::skim::Element<'_>, place: Locator, _: &Context<'_>, sink: &mut Sink) {
        if let Some(parameter) = super::super::typed::<Parameter>(element.bytes, &place, sink) {
            sink.record();
            self.found.push(parameter);
        }
    }

    fn finish(&mut self, _: &super::super::Header, cx: &Context<'_>, sink: &mut Sink) {
        let Some(arn) = named_execution(cx, sink) else { return sink.orphan("its pipeline execution") };
        let setting = answer(cx, &Metadata::default());
        let statement = ExecutionStatement {
            pipeline: pipeline_of(&arn),
            arn,
            words: Words::Answer,
            status: None,
            created: None,
            ended: None,
            seen: setting.seen,
            failure: None,
            parameters: parameters(std::mem::take(&mut self.found), &setting),
        };
        sink.say(&Locator::Whole, Source::SageMaker, setting.seen, Statement::Execution(Box::new(statement)));
    }
}

/// The request of `StartPipelineExecution`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::parse) struct Start {
    pipeline_name: Text,
    pipeline_parameters: Vec<Parameter>,
}

/// Returns the statement of a request to start an execution.
pub(in crate::parse) fn started(shape: Start, execution: Arn, at: Instant, setting: &Setting<'_>) -> ExecutionStatement {
    let pipeline = setting.arn(None, "pipeline", shape.pipeline_name.0.as_deref()).or_else(|| pipeline_of(&execution));
    ExecutionStatement {
        arn: execution,
        pipeline,
        words: Words::Request,
        status: None,
        created: Some(at),
        ended: None,
        seen: Some(at),
        failure: None,
        parameters: parameters(shape.pipeline_parameters, setting),
    }
}
