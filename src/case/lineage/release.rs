//! The package a model was released as, and who approved it.

use super::super::Case;
use super::super::claim::{Claim, Conflict, Grade};
use super::super::gap::GapKey;
use super::super::registry::{Decision, Package};
use super::{ApprovalState, Artifact, PackageRef, View};
use crate::evidence::citation::Citations;
use crate::fact::arn::Arn;

fn reference(arn: &Arn, known: Option<&Package>) -> PackageRef {
    let version = known.and_then(|package| package.version).or_else(|| arn.last().parse().ok());
    PackageRef { arn: known.map_or_else(|| arn.clone(), |package| package.arn.clone()), version }
}

/// Claims the package of a model.
pub(super) fn package(case: &Case, view: &View<'_>, artifact: &Claim<Artifact>) -> Claim<PackageRef> {
    let Some(model) = view.model else {
        return match view.package.and_then(|package| Some((package, package.cites(|_| true)?))) {
            Some((package, cites)) => {
                Claim::that(reference(&package.arn, Some(package)), Grade::B, "it is the package itself", cites)
            }
            None => Claim::unknown("nothing describes the package", [view.missing()]),
        };
    };
    if let Some(arn) = model.containers.iter().find_map(|container| container.package.as_ref())
        && let Some(cites) = model.cites(|says| says.containers.iter().any(|container| container.package.is_some()))
    {
        return Claim::that(reference(arn, case.packages.get(arn)), Grade::B, "the model's container names it", cites);
    }
    let Some(cites) = model.cites(|says| !says.containers.is_empty()).filter(|_| model.is_described) else {
        return Claim::unknown("what the model was made of is not in the evidence", [view.missing()]);
    };
    if let Some((package, grade, why)) = by_content(case, view, artifact) {
        let more = package.cites(|says| !says.containers.is_empty()).into_iter().flatten();
        return Claim::that(reference(&package.arn, Some(package)), grade, why, cites.and(more));
    }
    Claim::that_none(Grade::B, "the model was made from a raw artifact and names no package", cites)
}

/// Finds a package of the same bytes, for models that were made from the raw artifact.
fn by_content<'a>(case: &'a Case, view: &View<'_>, artifact: &Claim<Artifact>) -> Option<(&'a Package, Grade, &'static str)> {
    let before = |package: &&Package| package.created.zip(view.created).is_none_or(|(package, model)| package <= model.plus(90));
    let latest = |packages: Vec<&'a Package>| {
        packages.into_iter().max_by(|left, right| left.created.cmp(&right.created).then_with(|| left.arn.cmp(&right.arn)))
    };
    let etag = artifact.value().and_then(|artifact| artifact.etag.as_deref()).filter(|_| artifact.grade() <= Grade::B);
    let same_content: Vec<&Package> = case
        .packages
        .iter()
        .filter(before)
        .filter(|package| etag.is_some() && package.containers.iter().any(|container| container.artifact_etag.as_deref() == etag))
        .collect();
    if let Some(package) = latest(same_content) {
        return Some((package, Grade::A, "the package recorded the same ETag as the bytes the model was made from"));
    }
    let uri = view.containers.iter().find_map(|container| container.artifact.as_ref())?;
    let other_content = |package: &&Package| {
        let own = package.containers.iter().find_map(|container| container.artifact_etag.as_deref());
        own.is_some() && etag.is_some() && own != etag
    };
    let same_place: Vec<&Package> = case
        .packages
        .iter()
        .filter(before)
        .filter(|package| package.containers.iter().any(|container| container.artifact.as_ref() == Some(uri)))
        .filter(|package| !other_content(package))
        .collect();
    latest(same_place)
        .map(|package| (package, Grade::C, "a package of the same place was registered before; the model itself names none"))
}

/// Claims the approval of a model's package.
pub(super) fn approval(case: &Case, view: &View<'_>, package: &Claim<PackageRef>) -> Claim<ApprovalState> {
    let Some(reference) = package.value() else {
        return match package.citations() {
            Some(cites) => Claim::that_none(package.grade(), "without a package there is nothing to approve", cites.clone()),
            None => Claim::unknown("the package is not known", [view.missing()]),
        };
    };
    let missing = GapKey::Package(reference.arn.clone());
    let Some(known) = case.packages.get(&reference.arn) else {
        return Claim::unknown("nothing tells of the package's approval", [missing]);
    };
    let in_force = match case.as_of {
        Some(as_of) => known.approval_at(as_of),
        None => known.approval(),
    };
    let Some(decision) = in_force else { return Claim::unknown("nothing tells of the package's approval", [missing]) };
    let Some(cites) = Citations::from_all(known.decisions.iter().map(|decision| decision.cite.clone())) else {
        return Claim::unknown("nothing tells of the package's approval", [missing]);
    };
    // Two acts, or two answers, of one second, and no record of which came first.
    let rival = known
        .decisions
        .iter()
        .find(|other| other.at == decision.at && other.is_act == decision.is_act && other.status != decision.status);
    if let Some(rival) = rival {
        let side = |decision: &Decision| {
            let by = decision.by.as_ref().map(|by| by.actor().to_owned());
            let state = ApprovalState { status: decision.status, by, at: decision.at, history: known.decisions.clone() };
            Conflict { value: state, evidence: Citations::one(decision.cite.clone()) }
        };
        let mut sides = vec![side(decision), side(rival)];
        sides.sort_by(|left, right| left.evidence.iter().cmp(right.evidence.iter()));
        return Claim::contradicted(
            "two records of one second state different decisions, and nothing tells which came first",
            sides,
        );
    }
    // Who changed a package last, and when, need not be who decided: only the call tells.
    let (by, at, why) = if decision.is_act {
        (decision.by.as_ref().map(|by| by.actor().to_owned()), decision.at, "the call that set it is recorded".to_owned())
    } else {
        let last = decision.recorded_by.as_ref().map(|by| format!("; it was last changed by {by}")).unwrap_or_default();
        let when = decision.at.map(|at| format!(" by {at}")).unwrap_or_default();
        (None, None, format!("the registry states it{when}{last}; the call that set it is not in the evidence"))
    };
    let state = ApprovalState { status: decision.status, by, at, history: known.decisions.clone() };
    Claim::that(state, Grade::B.weaker(package.grade()), why, cites)
}
