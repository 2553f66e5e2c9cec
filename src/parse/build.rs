//! Build systems that check code out: the commit they resolved.

use serde::Deserialize;

use super::gate::ungated_specified;
use super::sink::Sink;
use super::{Context, Each, Reader};
use crate::evidence::citation::{Locator, Source};
use crate::fact::Statement;
use crate::fact::commit::commit;
use crate::fact::job::BuildStatement;
use crate::json::scalar::{Moment, Text};
use crate::recognise::Format;

/// Returns the reader of an answer of a build system.
pub(super) fn reader(format: Format) -> Option<Box<dyn Reader>> {
    match format {
        Format::CodeBuilds => Each::one(build),
        Format::CodePipelineExecution => {
            Each::one(|answer: OneExecution, place, cx, sink| execution(answer.pipeline_execution, place, cx, sink))
        }
        Format::CodePipelineExecutions => Each::one(execution),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Build {
    id: Text,
    project_name: Text,
    source_version: Text,
    resolved_source_version: Text,
    start_time: Moment,
    end_time: Moment,
    service_role: Text,
    source: Location,
    artifacts: Artifacts,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location {
    location: Text,
    buildspec: Text,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Artifacts {
    sha256sum: Text,
}

fn build(build: Build, place: &Locator, _: &Context<'_>, sink: &mut Sink) {
    let Some(id) = build.id.0 else { return sink.damaged(place.clone(), "a build without id") };
    let resolved = build.resolved_source_version.0.or(build.source_version.0);
    let statement = BuildStatement {
        id,
        project: build.project_name.0,
        commit: resolved.as_deref().and_then(commit),
        repository: build.source.location.0,
        ungated: build.source.buildspec.0.as_deref().and_then(ungated_specified),
        started: build.start_time.0,
        ended: build.end_time.0,
        role: build.service_role.0,
        artifact_sha256: build.artifacts.sha256sum.0,
    };
    let time = statement.ended.or(statement.started);
    sink.say(place, Source::Build, time, Statement::Build(Box::new(statement)));
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct OneExecution {
    pipeline_execution: Execution,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Execution {
    pipeline_execution_id: Text,
    pipeline_name: Text,
    artifact_revisions: Vec<Revision>,
    source_revisions: Vec<Revision>,
    start_time: Moment,
    last_update_time: Moment,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Revision {
    revision_id: Text,
    revision_url: Text,
    created: Moment,
}

fn execution(execution: Execution, place: &Locator, _: &Context<'_>, sink: &mut Sink) {
    let Some(id) = execution.pipeline_execution_id.0 else { return sink.damaged(place.clone(), "an execution without id") };
    let revisions = execution.artifact_revisions.into_iter().chain(execution.source_revisions);
    for revision in revisions {
        let statement = BuildStatement {
            id: id.clone(),
            project: execution.pipeline_name.0.clone(),
            commit: revision.revision_id.0.as_deref().and_then(commit),
            repository: revision.revision_url.0,
            started: execution.start_time.0.or(revision.created.0),
            ended: execution.last_update_time.0,
            role: None,
            artifact_sha256: None,
            ungated: None,
        };
        let time = statement.ended.or(statement.started);
        sink.say(place, Source::Build, time, Statement::Build(Box::new(statement)));
    }
}
