//! What executions of Step Functions did: the jobs that their tasks asked for, and what `SageMaker` answered at their end.
//!
//! A task that waits for its job (`.sync`) gets the description of the job when it ends, as JSON in a text: as its output, or as
//! the cause of its failure.

use serde::Deserialize;

use super::sagemaker::{Setting, job};
use super::sink::Sink;
use super::{Context, Each, Reader, typed};
use crate::evidence::citation::{Locator, Source};
use crate::fact::arn::Arn;
use crate::fact::job::JobStatement;
use crate::fact::{Statement, Words};
use crate::json::scalar::{Moment, Text};
use crate::recognise::Format;

/// Returns the reader of histories.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::StateHistory => Each::one(event),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    timestamp: Moment,
    task_scheduled_event_details: Option<Task>,
    task_succeeded_event_details: Option<Task>,
    task_failed_event_details: Option<Task>,
    task_timed_out_event_details: Option<Task>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Task {
    resource_type: Text,
    resource: Text,
    region: Text,
    parameters: Text,
    output: Text,
    cause: Text,
}

fn event(event: Event, place: &Locator, cx: &Context<'_>, sink: &mut Sink) {
    let at = event.timestamp.0;
    if let Some(at) = at {
        sink.seen(at);
    }
    // The history does not name its own execution; its command does.
    let execution = cx.request.and_then(|request| request.option("execution-arn")).and_then(Arn::parse);
    let account = execution.as_ref().map(Arn::account).or_else(|| cx.request?.account.as_deref()).unwrap_or_default();
    let region = execution.as_ref().map(Arn::region).or_else(|| cx.request?.region.as_deref()).unwrap_or_default();
    let mut say = |task: Option<Task>, member: &str, words: Words, text: fn(&Task) -> &Text| {
        let Some(task) = task.filter(|task| task.resource_type.0.as_deref() == Some("sagemaker")) else { return };
        let region = task.region.0.as_deref().unwrap_or(region);
        let setting = Setting { words, seen: at, region, account, subject: None, show_secrets: cx.options.show_secrets };
        // A cause that is no JSON is the service's own words, for instance that the call was refused.
        let Some(text) = text(&task).0.as_deref().filter(|text| text.trim_start().starts_with('{')) else { return };
        let place = Locator::Place(format!("{place}/{member}").into());
        let operation = task.resource.0.as_deref().unwrap_or_default();
        if let Some(statement) = job_of(operation, text.as_bytes(), &place, &setting, sink) {
            sink.say(&place, Source::SageMaker, at, Statement::Job(Box::new(statement)));
        }
    };
    say(event.task_scheduled_event_details, "taskScheduledEventDetails/parameters", Words::Request, |task| &task.parameters);
    say(event.task_succeeded_event_details, "taskSucceededEventDetails/output", Words::Answer, |task| &task.output);
    say(event.task_failed_event_details, "taskFailedEventDetails/cause", Words::Answer, |task| &task.cause);
    if event.task_timed_out_event_details.is_some() {
        sink.note(place.clone(), "the state machine stopped waiting for this task; its job may have run on");
    }
}

/// Returns what a task's text says of its job; nothing of tasks that run no job, or that do not wait for it.
fn job_of(operation: &str, text: &[u8], place: &Locator, setting: &Setting<'_>, sink: &mut Sink) -> Option<JobStatement> {
    let (operation, waits) = operation.split_once('.').map_or((operation, false), |(operation, _)| (operation, true));
    if setting.words == Words::Answer && !waits {
        return None;
    }
    match operation {
        "createTrainingJob" => typed(text, place, sink).and_then(|shape| job::training(shape, setting, &mut sink.symbols)),
        "createProcessingJob" => typed(text, place, sink).and_then(|shape| job::processing(shape, setting, &mut sink.symbols)),
        "createTransformJob" => typed(text, place, sink).and_then(|shape| job::transform(shape, setting, &mut sink.symbols)),
        "createHyperParameterTuningJob" => {
            typed(text, place, sink).and_then(|shape| job::tuning(shape, setting, &mut sink.symbols))
        }
        _ => None,
    }
}
