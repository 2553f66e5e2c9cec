//! The pipeline execution that computed a model, through cache hits to the run that really did.

use super::super::Case;
use super::super::claim::{Claim, Grade};
use super::super::gap::GapKey;
use super::super::jobs::Job;
use super::super::pipelines::{Execution, Step};
use super::{PackageRef, View};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;

/// The execution that computed a model.
pub(super) struct Run {
    pub(super) claim: Claim<Arn>,
    /// Executions that took the training result from cache, on the way from the model to the job.
    pub(super) taken_through: Vec<Arn>,
}

/// The tag that `SageMaker` Pipelines puts on what it makes.
const TAG: &str = "sagemaker:pipeline-execution-arn";

/// Finds the execution that computed a model.
pub(super) fn find(case: &Case, view: &View<'_>, package: &Claim<PackageRef>, job: Option<&Job>, unknown_job: &[GapKey]) -> Run {
    let (made_by, made_cites) = registering(case, view, package);
    let of_job = job.and_then(|job| of_job(case, job, made_by.as_ref()));
    let Some(Found { arn, grade, why, cites, passed }) = of_job else {
        let claim = match (made_by, Citations::from_all(made_cites)) {
            (Some((arn, grade)), Some(cites)) => {
                let why = "this execution registered the model; which one trained it is not in the evidence";
                Claim::that(arn.clone(), grade.weaker(Grade::C), why, cites).lacking([GapKey::Steps(arn)])
            }
            _ => absent(case, job, unknown_job),
        };
        return Run { claim, taken_through: Vec::new() };
    };
    let mut via: Vec<Arn> = made_by.into_iter().map(|(arn, _)| arn).chain(passed).filter(|hop| hop.key() != arn.key()).collect();
    via.dedup_by(|later, earlier| later.key() == earlier.key());
    let cites = cites.into_iter().chain(made_cites);
    let claim = match Citations::from_all(cites) {
        Some(cites) => Claim::that(arn.clone(), grade, why, cites).via(via.clone()),
        None => Claim::unknown("nothing names the execution", [GapKey::Steps(arn)]),
    };
    Run { claim, taken_through: via }
}

/// Returns the execution that made the model or its package.
fn registering(case: &Case, view: &View<'_>, package: &Claim<PackageRef>) -> (Option<(Arn, Grade)>, Vec<Citation>) {
    let package_arn = package.value().map(|package| &package.arn);
    for made in [Some(view.arn), package_arn].into_iter().flatten() {
        if let Some((execution, step)) = case.pipelines.steps_of(made).find(|(_, step)| step.taken_from.is_none()) {
            return (Some((execution.arn.clone(), Grade::B)), vec![step.cite.clone()]);
        }
    }
    let package = package_arn.and_then(|arn| case.packages.get(arn)).or(view.package);
    if let Some(package) = package
        && let Some(arn) = package.generated_by.as_deref().and_then(Arn::parse)
        && arn.as_str().contains("/execution/")
    {
        let own_session = package.by.as_ref().and_then(|by| by.pipeline_session()).is_some_and(|(id, _)| id == arn.last());
        let grade = if own_session { Grade::B } else { Grade::C };
        let cites = package.cites(|says| says.generated_by.is_some()).into_iter().flatten().collect();
        return (Some((arn, grade)), cites);
    }
    let by = view.model.and_then(|model| model.by.as_ref()).and_then(|by| by.pipeline_session());
    if let Some((id, _)) = by
        && let Some(execution) = case.pipelines.with_id(id)
    {
        let cites = view.model.and_then(|model| model.cites(|_| true)).into_iter().flatten().collect();
        return (Some((execution.arn.clone(), Grade::B)), cites);
    }
    (None, Vec::new())
}

struct Found {
    arn: Arn,
    grade: Grade,
    why: String,
    cites: Vec<Citation>,
    passed: Vec<Arn>,
}

/// Finds the execution that ran a job.
fn of_job(case: &Case, job: &Job, made_by: Option<&(Arn, Grade)>) -> Option<Found> {
    let steps: Vec<(&Execution, &Step)> = case.pipelines.steps_of(&job.arn).collect();
    // The step of the registering execution leads through its cache hits to the run that computed.
    let from = made_by.and_then(|(arn, _)| steps.iter().find(|(execution, _)| execution.arn.key() == arn.key()));
    if let Some((execution, step)) =
        from.or_else(|| steps.iter().find(|(_, step)| step.taken_from.is_none())).or_else(|| steps.first())
    {
        let computed = case.pipelines.computed_by(execution, step);
        if let Some(source) = computed.execution {
            let why = match computed.passed.len() {
                0 => "its steps name the training job".to_owned(),
                hops => format!("its steps name the training job; {hops} later run(s) took the result from cache"),
            };
            let grade = if computed.step.is_some() { Grade::B } else { Grade::C };
            return Some(Found { arn: source.arn.clone(), grade, why, cites: computed.cites, passed: computed.passed });
        }
        let mut passed = computed.passed;
        let arn = passed.pop()?;
        let why = "a cached step names it as its source; its own steps are not in the evidence".to_owned();
        return Some(Found { arn, grade: Grade::C, why, cites: computed.cites, passed });
    }
    let request: Vec<Citation> = job.cites(|says| says.words == crate::fact::Words::Request).into_iter().flatten().collect();
    let tagged = job.tags.get(TAG).and_then(|text| Arn::parse(text));
    if let Some((id, _)) = job.by.as_ref().and_then(|by| by.pipeline_session()) {
        let known = case.pipelines.with_id(id).map(|execution| execution.arn.clone());
        if let Some(arn) = known.or_else(|| tagged.clone().filter(|arn| arn.last() == id)) {
            let why = "the session that asked for the training job carries its id".to_owned();
            return Some(Found { arn, grade: Grade::B, why, cites: request, passed: Vec::new() });
        }
    }
    let later = case.tags_of(&job.arn);
    let tag = tagged
        .map(|arn| (arn, job.cites(|says| says.tags.contains_key(TAG)).into_iter().flatten().collect::<Vec<_>>()))
        .or_else(|| {
            let (value, cite) = later.into_iter().find(|(name, _, _)| name == TAG).map(|(_, value, cite)| (value, cite))?;
            Some((Arn::parse(&value)?, vec![cite]))
        });
    if let Some((arn, cites)) = tag {
        let why = "the training job carries the tag that pipelines set, which a caller could set too".to_owned();
        return Some(Found { arn, grade: Grade::C, why, cites, passed: Vec::new() });
    }
    let id = job.name.strip_prefix("pipelines-")?.split('-').next()?;
    let execution = case.pipelines.with_id(id)?;
    let cites = job.cites(|_| true).into_iter().flatten().collect();
    Some(Found {
        arn: execution.arn.clone(),
        grade: Grade::C,
        why: "the training job's name holds its id".to_owned(),
        cites,
        passed: Vec::new(),
    })
}

/// Claims that no pipeline was at work, where the request for the job shows it.
fn absent(case: &Case, job: Option<&Job>, unknown_job: &[GapKey]) -> Claim<Arn> {
    let Some(job) = job else {
        return Claim::unknown("without the training job nothing leads to a pipeline", unknown_job.to_vec());
    };
    let by = job.by.as_ref().filter(|by| by.pipeline_session().is_none());
    let request = job.cites(|says| says.words == crate::fact::Words::Request);
    match (by, request) {
        (Some(by), Some(cites)) if case.tags_of(&job.arn).is_empty() => {
            Claim::that_none(Grade::B, format!("{by} asked for the training job, no pipeline did"), cites)
        }
        _ => Claim::unknown("nothing tells whether a pipeline asked for the training job", [GapKey::Tags(job.arn.clone())]),
    }
}
