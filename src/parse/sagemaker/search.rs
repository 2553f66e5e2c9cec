//! `sagemaker search`: full objects with their tags, in bulk, each naming itself.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::sink::Sink;
use super::super::{Context, Each, Reader, typed};
use super::{Metadata, Setting, answer, job, pipeline, registry, serving};
use crate::evidence::citation::{Locator, Source};
use crate::fact::serving::EndpointAct;
use crate::fact::{Statement, Words};
use crate::recognise::Format;

/// Returns the reader of search results.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::Search => Each::list(result, |_, header, _, sink| {
            if header.is_cut() {
                let message = "the results go on in an answer that is not here (they end with a live token)";
                sink.note(Locator::Whole, message);
            }
        }),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Hit {
    training_job: Option<Box<RawValue>>,
    trial_component: Option<TrialComponent>,
    endpoint: Option<Box<RawValue>>,
    model_package: Option<Box<RawValue>>,
    pipeline: Option<Box<RawValue>>,
    pipeline_execution: Option<Box<RawValue>>,
    feature_group: Option<Box<RawValue>>,
    hyper_parameter_tuning_job: Option<Box<RawValue>>,
    model: Option<Dashboard>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct TrialComponent {
    source_detail: Detail,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Detail {
    training_job: Option<Box<RawValue>>,
    processing_job: Option<Box<RawValue>>,
    transform_job: Option<Box<RawValue>>,
}

/// Models come as the dashboard shows them: the model, and what uses it.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Dashboard {
    model: Option<Box<RawValue>>,
}

fn result(hit: Hit, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let setting = answer(cx, &Metadata::default());
    let Hit {
        training_job,
        trial_component,
        endpoint,
        model_package,
        pipeline,
        pipeline_execution,
        feature_group,
        hyper_parameter_tuning_job,
        model,
    } = hit;
    let detail = trial_component.map(|component| component.source_detail).unwrap_or_default();
    for raw in [training_job, detail.training_job].into_iter().flatten() {
        let statement = read(&raw, place, sink).and_then(|shape| job::training(shape, &setting, &mut sink.symbols));
        job::say(statement, "training job", place, sink);
    }
    if let Some(raw) = detail.processing_job {
        let statement = read(&raw, place, sink).and_then(|shape| job::processing(shape, &setting, &mut sink.symbols));
        job::say(statement, "processing job", place, sink);
    }
    if let Some(raw) = detail.transform_job {
        let statement = read(&raw, place, sink).and_then(|shape| job::transform(shape, &setting, &mut sink.symbols));
        job::say(statement, "transform job", place, sink);
    }
    if let Some(raw) = hyper_parameter_tuning_job {
        let statement = read(&raw, place, sink).and_then(|shape| job::tuning(shape, &setting, &mut sink.symbols));
        job::say(statement, "tuning job", place, sink);
    }
    if let Some(statement) =
        endpoint.and_then(|raw| read(&raw, place, sink)).and_then(|shape| serving::endpoint(shape, &setting, EndpointAct::State))
    {
        let time = statement.seen.or(statement.modified);
        sink.say(place, Source::SageMaker, time, Statement::Endpoint(Box::new(statement)));
    }
    if let Some(statement) =
        model_package.and_then(|raw| read(&raw, place, sink)).and_then(|shape| registry::package(shape, &setting, false))
    {
        let time = statement.seen.or(statement.modified).or(statement.created);
        sink.say(place, Source::SageMaker, time, Statement::Package(Box::new(statement)));
    }
    if let Some(statement) = model
        .and_then(|model| model.model)
        .and_then(|raw| read(&raw, place, sink))
        .and_then(|shape| registry::model(shape, &setting))
    {
        let time = statement.seen.or(statement.created);
        sink.say(place, Source::SageMaker, time, Statement::Model(Box::new(statement)));
    }
    if let Some(statement) =
        feature_group.and_then(|raw| read(&raw, place, sink)).and_then(|shape| registry::feature_group(shape, &setting))
    {
        let time = statement.created;
        sink.say(place, Source::SageMaker, time, Statement::FeatureGroup(Box::new(statement)));
    }
    if let Some(statement) =
        pipeline_execution.and_then(|raw| read(&raw, place, sink)).and_then(|shape| pipeline::execution(shape, &setting))
    {
        let time = statement.seen.or(statement.created);
        sink.say(place, Source::SageMaker, time, Statement::Execution(Box::new(statement)));
    }
    if let Some(raw) = pipeline
        && let Some(shape) = read(&raw, place, sink)
        && let Some(statement) = pipeline::pipeline(shape, &Setting { words: Words::Answer, ..setting }, place, sink)
    {
        let time = statement.modified;
        sink.say(place, Source::SageMaker, time, Statement::Pipeline(Box::new(statement)));
    }
}

fn read<T: serde::de::DeserializeOwned>(raw: &RawValue, place: &Locator, sink: &mut Sink) -> Option<T> {
    typed(raw.get().as_bytes(), place, sink)
}
