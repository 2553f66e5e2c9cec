//! Pipelines, their definitions, executions and steps.

use litemap::LiteMap;

use super::arn::Arn;
use super::{Excerpt, Words, at};
use crate::time::Instant;

/// What one record says about a pipeline.
#[derive(Clone, Debug)]
pub struct PipelineStatement {
    /// ARN.
    pub arn: Arn,
    /// Name with its case.
    pub name: Option<String>,
    /// Whose words these are.
    pub words: Words,
    /// When it was created.
    pub created: Option<Instant>,
    /// When its definition was last changed.
    pub modified: Option<Instant>,
    /// Its definition, where the record holds it.
    pub definition: Option<Definition>,
    /// Where in S3 the definition was taken from: bucket, key, version.
    pub located: Option<(String, String, Option<String>)>,
}

/// The definition that one execution ran.
#[derive(Clone, Debug)]
pub struct DefinitionStatement {
    /// The execution, where known.
    pub execution: Option<Arn>,
    /// When the definition was created.
    pub created: Option<Instant>,
    /// The definition.
    pub definition: Definition,
}

/// A pipeline definition, as far as lineage needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    /// Its steps, inner steps of conditions included.
    pub steps: Vec<DefinedStep>,
}

/// A step of a definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DefinedStep {
    /// Name.
    pub name: String,
    /// Kind, such as `Training`.
    pub kind: String,
    /// Whether results are taken from cache.
    pub cached: bool,
    /// For how long a cached result is good (ISO 8601).
    pub expires_after: Option<String>,
    /// Steps whose results its arguments refer to.
    pub uses: Vec<String>,
}

/// What one record says about a pipeline execution.
#[derive(Clone, Debug)]
pub struct ExecutionStatement {
    /// ARN.
    pub arn: Arn,
    /// Pipeline it is an execution of.
    pub pipeline: Option<Arn>,
    /// Whose words these are.
    pub words: Words,
    /// Status.
    pub status: Option<String>,
    /// When it was created.
    pub created: Option<Instant>,
    /// When it ended, or was last changed.
    pub ended: Option<Instant>,
    /// When the record was made.
    pub seen: Option<Instant>,
    /// Why it failed.
    pub failure: Option<String>,
    /// Parameters.
    pub parameters: LiteMap<String, String>,
}

/// What one record says about a step of an execution.
#[derive(Clone, Debug)]
pub struct StepStatement {
    /// The execution, where known.
    pub execution: Option<Arn>,
    /// Name.
    pub name: String,
    /// Whose words these are.
    pub words: Words,
    /// When it began.
    pub started: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// Status.
    pub status: Option<String>,
    /// The execution its result was taken from: a cache hit, or a selective execution.
    pub taken_from: Option<Arn>,
    /// Whether it was taken from cache (otherwise by selective execution).
    pub is_cache_hit: bool,
    /// The job, model or package it made.
    pub made: Option<Arn>,
    /// Why it failed.
    pub failure: Option<String>,
}

impl PipelineStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let steps = self.definition.as_ref().map(|definition| definition.steps.len());
        let excerpt = Excerpt::of("pipeline:").and("name", self.name.as_deref().or(Some(self.arn.last())));
        excerpt
            .and("modified", at(self.modified))
            .and("steps", steps)
            .and("definition", self.located.as_ref().map(|(bucket, key, _)| format!("s3://{bucket}/{key}")))
            .text()
    }
}

impl DefinitionStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("definition:").and("execution", self.execution.as_ref());
        let fold = |excerpt: Excerpt, step: &DefinedStep| {
            excerpt.and("step", Some(&step.name)).and("cached", Some(step.cached)).and("expireAfter", step.expires_after.as_ref())
        };
        self.definition.steps.iter().fold(excerpt, fold).text()
    }
}

impl ExecutionStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("execution:").and("arn", Some(&self.arn)).and("status", self.status.as_ref());
        excerpt.and("created", at(self.created)).and("failure", self.failure.as_ref()).text()
    }
}

impl StepStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let source = if self.is_cache_hit { "cacheHitResult" } else { "selectiveExecutionResult" };
        Excerpt::of("step:")
            .and("name", Some(&self.name))
            .and("status", self.status.as_ref())
            .and(source, self.taken_from.as_ref())
            .and("made", self.made.as_ref())
            .and("started", at(self.started))
            .text()
    }
}
