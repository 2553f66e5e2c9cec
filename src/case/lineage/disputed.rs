//! A model of which two records of equal standing, made in one second, say that it is made of different things.
//!
//! Each side has a lineage of its own; what both come to stands, and the rest is contradicted. Nothing is decided by the order of
//! files.

use super::super::Case;
use super::super::claim::{Claim, Conflict};
use super::super::registry::Model;
use super::{Lineage, View, lineage};

const WHY: &str = "two descriptions of one second disagree about what the model is made of";

/// Returns the lineage of a model that is disputed; nothing where it is not.
pub(super) fn of(case: &Case, model: &Model) -> Option<Lineage> {
    let (one, other) = model.disputed.as_ref()?;
    let side = |containers: &Vec<_>| {
        let model = Model { containers: containers.clone(), is_described: true, disputed: None, ..model.clone() };
        lineage(case, &View::of_model(case, &model), model.name.clone())
    };
    let (mut one, other) = (side(one), side(other));
    let same_job = one.training_job.value() == other.training_job.value();
    let same_package = one.package.value() == other.package.value();
    one.package = joined(one.package, other.package);
    one.training_job = joined(one.training_job, other.training_job);
    one.pipeline_execution = joined(one.pipeline_execution, other.pipeline_execution);
    one.artifact = joined(one.artifact, other.artifact);
    one.code.commit = joined(one.code.commit, other.code.commit);
    one.code.training_image = joined(one.code.training_image, other.code.training_image);
    one.code.serving_image = joined(one.code.serving_image, other.code.serving_image);
    one.code.source = joined(one.code.source, other.code.source);
    one.code.dependencies = joined(one.code.dependencies, other.code.dependencies);
    if !same_package {
        one.approval = contradicted(&one.approval, &other.approval);
        one.owners.retain(|owner| owner.hop == "model");
    }
    if !same_job {
        one.data.clear();
        one.owners.retain(|owner| owner.hop == "model" || owner.hop == "package" || owner.hop == "approval");
    }
    Some(one)
}

/// Returns what both sides claim, as well known as by the weaker; what they do not agree on is contradicted.
fn joined<T: PartialEq + Clone>(one: Claim<T>, other: Claim<T>) -> Claim<T> {
    if one.value() != other.value() {
        return contradicted(&one, &other);
    }
    let (grade, evidence) = (other.grade(), other.citations().cloned());
    if grade > one.grade() {
        other.citing(one.citations().into_iter().flatten().cloned())
    } else {
        one.citing(evidence.into_iter().flatten())
    }
}

fn contradicted<T: Clone>(one: &Claim<T>, other: &Claim<T>) -> Claim<T> {
    let side = |claim: &Claim<T>| Some(Conflict { value: claim.value()?.clone(), evidence: claim.citations()?.clone() });
    let sides: Vec<Conflict<T>> = [one, other].into_iter().filter_map(side).collect();
    if sides.is_empty() {
        let missing = one.missing().iter().chain(other.missing()).cloned();
        return Claim::unknown(WHY, missing);
    }
    let all = [one, other].into_iter().flat_map(|claim| claim.citations().into_iter().flatten().cloned());
    Claim::contradicted(WHY, sides).citing(all)
}
