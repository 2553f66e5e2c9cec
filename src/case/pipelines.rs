//! Pipelines, executions and steps: which run made what, and which only took what another run had made.

use std::collections::BTreeMap;

use litemap::LiteMap;
use std::sync::Arc;

use super::said::{Said, first};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::Words;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::pipeline::{Definition, DefinitionStatement, ExecutionStatement, PipelineStatement, StepStatement};
use crate::fact::principal::Principal;
use crate::time::Instant;

/// A step of an execution.
#[derive(Clone, Debug)]
pub struct Step {
    /// Name.
    pub name: String,
    /// When it began.
    pub started: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// Status.
    pub status: Option<String>,
    /// The execution whose result it took.
    pub taken_from: Option<Arn>,
    /// Whether it took it from cache.
    pub is_cache_hit: bool,
    /// What it made, or took.
    pub made: Option<Arn>,
    /// Where that is said.
    pub cite: Citation,
}

/// A pipeline execution.
#[derive(Clone, Debug)]
pub struct Execution {
    /// ARN.
    pub arn: Arn,
    /// Pipeline.
    pub pipeline: Option<Arn>,
    /// Status.
    pub status: Option<String>,
    /// When it was created.
    pub created: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// Who started it.
    pub by: Option<Arc<Principal>>,
    /// Where that is said.
    pub asked: Option<Citation>,
    /// Parameters.
    pub parameters: LiteMap<String, String>,
    /// Its steps, by name and start.
    pub steps: Vec<Step>,
    /// Where it is spoken of.
    pub cites: Vec<Citation>,
}

/// A definition and where it stands.
#[derive(Clone, Debug)]
pub struct Defined {
    /// The execution that ran it; nothing for the definition of the pipeline itself.
    pub execution: Option<Arn>,
    /// The pipeline, where known.
    pub pipeline: Option<Arn>,
    /// The definition.
    pub definition: Definition,
    /// From when on it held.
    pub since: Option<Instant>,
    /// Where it stands.
    pub cite: Citation,
}

/// An object that a pipeline's definition was taken from.
#[derive(Clone, Debug)]
pub struct Located {
    /// The pipeline.
    pub pipeline: Arn,
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// Version, where one was asked for.
    pub version: Option<String>,
    /// When.
    pub at: Option<Instant>,
    /// Who asked for it.
    pub by: Option<Arc<Principal>>,
    /// Where that is said.
    pub cite: Citation,
}

/// All pipelines.
#[derive(Debug, Default)]
pub struct Pipelines {
    located: Vec<Located>,
    executions: BTreeMap<ArnKey, Execution>,
    definitions: Vec<Defined>,
}

impl Pipelines {
    pub(super) fn build(
        pipelines: Vec<Said<PipelineStatement>>,
        definitions: Vec<Said<DefinitionStatement>>,
        executions: Vec<Said<ExecutionStatement>>,
        steps: Vec<Said<StepStatement>>,
    ) -> Self {
        let mut by_arn: BTreeMap<ArnKey, Vec<Said<ExecutionStatement>>> = BTreeMap::new();
        for said in executions {
            by_arn.entry(said.says.arn.key()).or_default().push(said);
        }
        let mut all = Self::default();
        for (key, said) in by_arn {
            all.executions.extend(execution(said).map(|execution| (key, execution)));
        }
        for said in steps {
            let Some(arn) = said.says.execution.clone() else { continue };
            let key = all.complete(&arn).key();
            let entry = all.executions.entry(key).or_insert_with(|| Execution {
                pipeline: arn.as_str().split_once("/execution/").and_then(|(pipeline, _)| Arn::parse(pipeline)),
                arn: arn.clone(),
                status: None,
                created: None,
                ended: None,
                by: None,
                asked: None,
                parameters: LiteMap::new_vec(),
                steps: Vec::new(),
                cites: Vec::new(),
            });
            entry.cites.push(said.cite.clone());
            merge_step(&mut entry.steps, said);
        }
        for execution in all.executions.values_mut() {
            execution.steps.sort_by(|left, right| left.started.cmp(&right.started).then_with(|| left.name.cmp(&right.name)));
        }
        all.located = pipelines.iter().filter_map(located).collect();
        all.definitions = pipelines
            .into_iter()
            .filter_map(|said| {
                let Said { says, cite, .. } = said;
                let definition = says.definition?;
                Some(Defined {
                    execution: None,
                    pipeline: Some(says.arn),
                    definition,
                    since: says.modified.or(says.created),
                    cite,
                })
            })
            .collect();
        for said in definitions {
            let Said { says, cite, .. } = said;
            let execution = says.execution.map(|arn| all.complete(&arn)).or_else(|| all.created_at(says.created));
            let pipeline = execution.as_ref().and_then(|arn| all.get(arn)).and_then(|execution| execution.pipeline.clone());
            let pipeline =
                pipeline.or_else(|| execution.as_ref().and_then(|arn| Arn::parse(arn.as_str().split_once("/execution/")?.0)));
            all.definitions.push(Defined { execution, pipeline, definition: says.definition, since: says.created, cite });
        }
        all
    }

    /// Completes an ARN that came from folder names, which tell neither account nor region.
    fn complete(&self, arn: &Arn) -> Arn {
        if !arn.account().is_empty() && !arn.region().is_empty() {
            return arn.clone();
        }
        let folded = arn.resource().to_lowercase();
        let mut same = self.executions.values().filter(|execution| execution.arn.resource().to_lowercase() == folded);
        match (same.next(), same.next()) {
            (Some(only), None) => only.arn.clone(),
            _ => arn.clone(),
        }
    }

    /// Finds the only execution created at an instant: definitions that name no execution carry its creation time.
    fn created_at(&self, created: Option<Instant>) -> Option<Arn> {
        let created = created?;
        let mut same =
            self.executions.values().filter(|execution| execution.created.is_some_and(|own| own.since(created).abs() <= 1));
        match (same.next(), same.next()) {
            (Some(only), None) => Some(only.arn.clone()),
            _ => None,
        }
    }

    /// Returns all executions, by ARN.
    pub fn iter(&self) -> impl Iterator<Item = &Execution> {
        self.executions.values()
    }

    /// Returns an execution.
    pub fn get(&self, arn: &Arn) -> Option<&Execution> {
        self.executions.get(&arn.key())
    }

    /// Returns the execution of a pipeline whose ARN ends in the given id.
    pub fn with_id(&self, id: &str) -> Option<&Execution> {
        let mut found = self.executions.values().filter(|execution| execution.arn.last().eq_ignore_ascii_case(id));
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// Returns the executions in which a resource was made or taken, with the step.
    pub fn steps_of<'a>(&'a self, made: &'a Arn) -> impl Iterator<Item = (&'a Execution, &'a Step)> {
        let key = made.key();
        self.executions
            .values()
            .flat_map(|execution| execution.steps.iter().map(move |step| (execution, step)))
            .filter(move |(_, step)| step.made.as_ref().is_some_and(|made| made.key() == key))
    }

    /// Returns the objects that definitions were taken from.
    pub fn located(&self) -> &[Located] {
        &self.located
    }

    /// Returns the definitions.
    pub fn definitions(&self) -> &[Defined] {
        &self.definitions
    }

    /// Returns the definition that an execution ran: its own, or the pipeline's last one before it.
    pub fn definition_of(&self, execution: &Execution) -> Option<&Defined> {
        let own = self
            .definitions
            .iter()
            .find(|defined| defined.execution.as_ref().is_some_and(|arn| arn.key() == execution.arn.key()));
        own.or_else(|| {
            let pipeline = execution.pipeline.as_ref()?.key();
            let created = execution.created?;
            self.definitions
                .iter()
                .filter(|defined| {
                    defined.execution.is_none() && defined.pipeline.as_ref().is_some_and(|arn| arn.key() == pipeline)
                })
                .filter(|defined| defined.since.is_some_and(|since| since <= created))
                .max_by_key(|defined| defined.since)
        })
    }

    /// Follows a cached step to the execution that computed its result, and returns the executions on the way, first the one that
    /// was asked about. A step that took nothing computed its result itself.
    pub fn computed_by<'a>(&'a self, execution: &'a Execution, step: &'a Step) -> Computed<'a> {
        let mut computed =
            Computed { execution: Some(execution), step: Some(step), passed: Vec::new(), cites: vec![step.cite.clone()] };
        let (mut execution, mut step) = (execution, step);
        while let Some(source) = &step.taken_from {
            if computed.passed.len() > 100 || computed.passed.iter().any(|passed: &Arn| passed.key() == source.key()) {
                break;
            }
            computed.passed.push(execution.arn.clone());
            let Some(next) = self.get(source) else {
                computed.execution = None;
                computed.step = None;
                computed.passed.push(source.clone());
                break;
            };
            let Some(taken) = next.steps.iter().find(|other| other.name == step.name) else {
                // The steps of the source are not in the evidence: it is the best that is known.
                computed.execution = Some(next);
                computed.step = None;
                break;
            };
            computed.cites.push(taken.cite.clone());
            (execution, step) = (next, taken);
            computed.execution = Some(next);
            computed.step = Some(taken);
        }
        computed
    }
}

fn located(said: &Said<PipelineStatement>) -> Option<Located> {
    let (bucket, key, version) = said.says.located.clone()?;
    let at = said.says.modified.or(said.says.created);
    Some(Located { pipeline: said.says.arn.clone(), bucket, key, version, at, by: said.by.clone(), cite: said.cite.clone() })
}

/// The end of a chain of cached steps.
#[derive(Clone, Debug)]
pub struct Computed<'a> {
    /// The execution that computed the result, if it is in the evidence.
    pub execution: Option<&'a Execution>,
    /// Its step, if the steps are in the evidence.
    pub step: Option<&'a Step>,
    /// The executions that took the result, in order; if the last source is not in the evidence, it is the last of them.
    pub passed: Vec<Arn>,
    /// Where that is said.
    pub cites: Vec<Citation>,
}

fn execution(said: Vec<Said<ExecutionStatement>>) -> Option<Execution> {
    let rank = |says: &ExecutionStatement| match says.words {
        Words::Answer => 0,
        Words::Event => 1,
        Words::Row => 2,
        Words::Request => 3,
    };
    let over =
        |says: &ExecutionStatement| says.status.clone().filter(|status| !matches!(status.as_str(), "Executing" | "Stopping"));
    let asked = said.iter().find(|said| said.says.words == Words::Request);
    Some(Execution {
        arn: first(&said, rank, |says| Some(says.arn.clone()))?,
        pipeline: first(&said, rank, |says| says.pipeline.clone()),
        status: first(&said, rank, over).or_else(|| first(&said, rank, |says| says.status.clone())),
        created: first(&said, rank, |says| says.created),
        ended: first(&said, rank, |says| says.ended),
        by: asked.and_then(|said| said.by.clone()),
        asked: asked.map(|said| said.cite.clone()),
        parameters: said.iter().flat_map(|said| said.says.parameters.clone()).collect(),
        steps: Vec::new(),
        cites: said.iter().map(|said| said.cite.clone()).collect(),
    })
}

fn merge_step(steps: &mut Vec<Step>, said: Said<StepStatement>) {
    let Said { says, cite, .. } = said;
    let known = steps.iter_mut().find(|step| {
        step.name == says.name
            && (step.started == says.started
                || step.started.zip(says.started).is_some_and(|(one, other)| one.since(other).abs() <= 2)
                || says.started.is_none())
    });
    match known {
        Some(step) => {
            step.ended = step.ended.or(says.ended);
            let is_over = |status: &str| !matches!(status, "Starting" | "Executing" | "Stopping");
            if step.status.as_deref().is_none_or(|status| !is_over(status)) {
                step.status = says.status.or(step.status.take());
            }
            step.is_cache_hit |= says.is_cache_hit;
            step.taken_from = step.taken_from.take().or(says.taken_from);
            step.made = step.made.take().or(says.made);
        }
        None => steps.push(Step {
            name: says.name,
            started: says.started,
            ended: says.ended,
            status: says.status,
            taken_from: says.taken_from,
            is_cache_hit: says.is_cache_hit,
            made: says.made,
            cite,
        }),
    }
}

impl Execution {
    /// Returns where the execution is spoken of.
    pub fn citations(&self) -> Option<Citations> {
        Citations::from_all(self.cites.iter().cloned())
    }
}
