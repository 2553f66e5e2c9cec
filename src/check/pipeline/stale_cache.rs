//! A step took an earlier run's results of data that has changed since.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::jobs::Job;
use crate::case::lineage::input_version;
use crate::case::objects::Change;
use crate::case::pipelines::{Execution, Step};
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::job::{InputRole, JobInput};
use crate::fact::s3::S3Uri;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "pipeline/stale-cache",
    severity: Severity::High,
    fires_when: "A step was served from cache, or left out by selective execution, though objects behind its inputs changed since the run that computed it.",
    why: "The cache compares arguments, that is paths, not contents: new data under the same path is a hit, and the model is trained on the old. A selective execution compares nothing at all.",
    needs: "The steps of the execution and of the one that computed; the computing job's inputs; versions of the objects between the two.",
    fooled_by: "Objects that changed and whose change does not matter. A step that computes nothing from its inputs.",
    remedy: "Put what changes (a partition, a fingerprint) into the step's arguments, or let the cache expire sooner than the data changes. Select the step too where its inputs may have changed.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for execution in case.pipelines.iter() {
        for step in execution.steps.iter().filter(|step| step.is_cache_hit || step.taken_from.is_some()) {
            judge(case, execution, step, findings);
        }
    }
}

fn judge(case: &Case, execution: &Execution, step: &Step, findings: &mut Findings) {
    let computed = case.pipelines.computed_by(execution, step);
    let made = computed.step.and_then(|step| step.made.clone()).or_else(|| step.made.clone());
    let (Some(job), Some(hit_at)) = (made.and_then(|made| case.jobs.get(&made, None)), step.started.or(execution.created)) else {
        return;
    };
    let mut changed: Vec<(S3Uri, Vec<Change<'_>>, Grade)> = Vec::new();
    let mut cites: Vec<_> = computed.cites.clone();
    for input in job.inputs.iter().filter(|input| input.role == InputRole::Data) {
        let Some(uri) = &input.uri else { continue };
        let Some((changes, grade)) = changes(case, job, input, uri, hit_at) else { continue };
        cites.extend(changes.iter().take(20).flat_map(|change| case.objects.cites_of(change.version)));
        changed.push((uri.clone(), changes, grade));
    }
    let Some((first, _, _)) = changed.first() else { return };
    let Some(evidence) =
        Citations::from_all(cites.into_iter().chain(job.cites(|says| !says.inputs.is_empty()).into_iter().flatten()))
    else {
        return;
    };
    let grade = changed.iter().fold(Grade::B, |grade, (_, _, own)| grade.weaker(*own));
    let source = computed.execution.map(|execution| execution.arn.clone());
    let hops = computed.passed.len();
    let describe = |(uri, changes, _): &(S3Uri, Vec<Change<'_>>, Grade)| {
        let keys: Vec<&str> = changes.iter().take(3).map(|change| change.key).collect();
        format!("{} change(s) under {uri} ({}{})", changes.len(), keys.join(", "), if changes.len() > 3 { ", …" } else { "" })
    };
    let detail: Vec<String> = changed.iter().map(describe).collect();
    let through = if hops > 1 { format!(", through {hops} executions") } else { String::new() };
    let computed_at = job.created.map(crate::time::Instant::to_seconds_text).unwrap_or_default();
    let door = if step.is_cache_hit { "from cache" } else { "by selective execution" };
    let title = format!("Step {} took a result of {computed_at} {door}{through}, though {first} changed since", step.name);
    let finding = CHECK
        .finds(&execution.arn, title, grade, evidence)
        .because(format!("Since {} read its inputs: {}.", job.name, detail.join("; ")))
        .concerning(computed.passed.iter().chain(&source).chain([&job.arn]))
        .between(job.created, Some(hit_at))
        .told_apart_by(format!("{} {}", step.name, job.name));
    findings.add(finding);
}

/// Returns what changed under an input after the job had read it and before the step took its result.
fn changes<'a>(
    case: &'a Case,
    job: &Job,
    input: &JobInput,
    uri: &S3Uri,
    until: crate::time::Instant,
) -> Option<(Vec<Change<'a>>, Grade)> {
    let window = job.read_window(input.mode)?;
    let changes = case.objects.changes(uri, window.from, until);
    if changes.is_empty() {
        return None;
    }
    let known = input_version(case, job, input).grade();
    Some((changes, if known <= Grade::B { Grade::B } else { Grade::C }))
}
