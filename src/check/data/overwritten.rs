//! The objects behind an input changed between two runs, or while a run read them.

use super::{describe, differences};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::families::families;
use crate::case::jobs::Job;
use crate::case::lineage::input_version;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::job::{InputRole, JobInput};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "data/overwritten",
    severity: Severity::High,
    fires_when: "The objects behind an input URI changed between two runs of one job family, or inside the read window (then both versions are listed, grade C).",
    why: "The pipeline says Completed and names the same URI, but the model was trained on other data: no metric of the pipeline shows it, only the model's behaviour.",
    needs: "The runs' descriptions, and versions of the objects over both read windows (`list-object-versions`, S3 data events).",
    fooled_by: "Objects that were only added are no overwriting and do not fire. Data that is meant to be replaced in place fires, and is meant to: nothing else records which data a run read.",
    remedy: "Write each run's data under a prefix of its own, or hand jobs a manifest with versions; keep versioning on.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for family in families(case.jobs.iter()) {
        for pair in family.runs.windows(2) {
            for input in data_inputs(pair[1]) {
                between(case, pair[0], pair[1], input, findings);
            }
        }
    }
    for job in case.jobs.iter() {
        for input in data_inputs(job) {
            inside(case, job, input, findings);
        }
    }
}

fn data_inputs(job: &Job) -> impl Iterator<Item = &JobInput> {
    job.inputs.iter().filter(|input| input.role == InputRole::Data && input.uri.is_some())
}

/// Compares what two runs of a family read of the same place.
fn between(case: &Case, earlier: &Job, later: &Job, input: &JobInput, findings: &mut Findings) {
    let Some(uri) = &input.uri else { return };
    let Some(same_input) = data_inputs(earlier).find(|other| other.uri.as_ref() == Some(uri)) else { return };
    let (before, after) = (input_version(case, earlier, same_input), input_version(case, later, input));
    let (Some(old), Some(new)) = (before.value(), after.value()) else { return };
    let mut changed = differences(old, new);
    changed.retain(super::Difference::is_loss);
    if changed.is_empty() {
        return;
    }
    let cites = before.evidence().chain(after.evidence()).cloned();
    let Some(evidence) = Citations::from_all(cites) else { return };
    let title = format!(
        "{} of {} object(s) behind {uri} changed between {} and {}",
        changed.len(),
        old.objects.len(),
        earlier.name,
        later.name
    );
    let finding = CHECK
        .finds(uri, title, before.grade().weaker(after.grade()).max(Grade::A), evidence)
        .because(describe(&changed))
        .concerning([&earlier.arn, &later.arn])
        .between(
            earlier.read_window(same_input.mode).map(|window| window.from),
            later.read_window(input.mode).map(|window| window.from),
        )
        .told_apart_by(format!("{} {}", old.fingerprint, new.fingerprint));
    findings.add(finding);
}

/// Looks for objects that were replaced while a run read them.
fn inside(case: &Case, job: &Job, input: &JobInput, findings: &mut Findings) {
    let Some(uri) = &input.uri else { return };
    let claim = input_version(case, job, input);
    let (Some(value), Some(conflict)) = (claim.value(), claim.conflicts().first()) else { return };
    let mut changed = differences(value, &conflict.value);
    changed.retain(super::Difference::is_loss);
    if changed.is_empty() {
        return;
    }
    let Some(evidence) = Citations::from_all(claim.evidence().cloned().chain(conflict.evidence.iter().cloned())) else { return };
    let title = format!("{} object(s) behind {uri} changed while {} read them", changed.len(), job.name);
    let window = job.read_window(input.mode);
    let finding = CHECK
        .finds(uri, title, Grade::C, evidence)
        .because(format!("Which version was read can't be told: {}", describe(&changed)))
        .concerning([&job.arn])
        .between(window.map(|window| window.from), window.and_then(|window| window.to))
        .told_apart_by(format!("inside {} {}", job.name, value.fingerprint));
    findings.add(finding);
}
