//! The model's bytes: where they lie, and which version of them.

use std::collections::BTreeSet;

use super::super::Case;
use super::super::claim::{Claim, Conflict, Grade};
use super::super::gap::GapKey;
use super::super::grade::{self, Knowledge};
use super::super::objects::{Reach, Version};
use super::{Artifact, View};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::s3::S3Uri;

/// Claims the artifact of a model: of its first container, where it has several.
pub(super) fn claim(case: &Case, view: &View<'_>) -> Claim<Artifact> {
    let uris: BTreeSet<String> =
        view.containers.iter().filter_map(|container| container.artifact.as_ref()).map(S3Uri::to_string).collect();
    let claim = while_loaded(case, view, of_first(case, view));
    if uris.len() < 2 {
        return claim;
    }
    let others: Vec<String> = uris.into_iter().filter(|uri| claim.value().is_none_or(|artifact| artifact.uri != *uri)).collect();
    claim.noting(&format!("other containers of the model have bytes of their own: {}", others.join(", ")))
}

/// Why it is not known which of two versions was read.
pub(super) const REPLACED: &str = "other bytes were put there before it was in service, and nothing tells which of them it read";

/// Returns the bytes that replaced those of a model between its creation and when they had been read.
pub(super) fn replaced<'a>(case: &'a Case, view: &View<'_>) -> Option<&'a Version> {
    let uri = view.containers.iter().find_map(|container| container.artifact.as_ref())?;
    let (from, to) = view.created.zip(view.loaded)?;
    let (first, last) = (case.objects.live_object(uri, from), case.objects.live_object(uri, to)?);
    let is_other = first.is_none_or(|first| !first.is_same_as(last) && (first.etag.is_none() || first.etag != last.etag));
    is_other.then_some(last)
}

/// Lowers a claim where other bytes were put there while they may have been read.
fn while_loaded(case: &Case, view: &View<'_>, claim: Claim<Artifact>) -> Claim<Artifact> {
    let uri = view.containers.iter().find_map(|container| container.artifact.as_ref());
    let Some((uri, version)) = uri.zip(replaced(case, view)) else { return claim };
    let side =
        Citations::from_all(case.objects.cites_of(version)).map(|evidence| Conflict { value: value(uri, version), evidence });
    claim.at_most(Grade::C, REPLACED).or_else_fits(side)
}

fn of_first(case: &Case, view: &View<'_>) -> Claim<Artifact> {
    let container = view.containers.iter().find(|container| container.artifact.is_some());
    let Some((container, uri)) = container.and_then(|container| Some((container, container.artifact.as_ref()?))) else {
        return match view
            .cites()
            .filter(|_| view.is_described && view.containers.iter().all(|container| container.package.is_none()))
        {
            Some(cites) => Claim::that_none(Grade::B, "its containers carry no model data", cites),
            None => Claim::unknown("what the model was made of is not in the evidence", missing(view)),
        };
    };
    let Some(cites) = view.all_cites() else { return Claim::unknown("nothing describes the model", [view.missing()]) };
    let named = |why: &str| {
        let value = Artifact { uri: uri.to_string(), version_id: None, etag: None };
        Claim::that(value, grade::version(Knowledge::NameOnly, false, false), why, cites.clone())
    };
    if container.multi_model {
        return named(
            "a multi-model container loads whatever lies under this prefix; which model answered a request is not recorded",
        );
    }
    let listing = GapKey::ObjectVersions { bucket: uri.bucket.to_string(), prefix: uri.key.to_string() };
    let stated = view
        .containers
        .iter()
        .find_map(|container| container.artifact_etag.as_deref().filter(|_| container.artifact.as_ref() == Some(uri)));
    let at = view.created;
    let live = at.and_then(|at| case.objects.live_object(uri, at));
    match (stated, live) {
        (Some(etag), Some(version)) if version.etag.as_deref() == Some(etag) => {
            let reach = at.map(|at| case.objects.reach(uri, at, Some(at))).unwrap_or_default();
            let (known, doubt) = knowledge(&reach, version);
            let value = value(uri, version);
            let cites = cites.and(case.objects.cites_of(version));
            // What S3 had is a second word only where the evidence shows what S3 had then.
            if grade::version(known, version.is_corroborated(), false) <= Grade::B {
                let why = "the ETag that SageMaker recorded is that of the version S3 had when the model was made";
                Claim::that(value, Grade::A, why, cites)
            } else {
                let why = format!("SageMaker recorded the ETag of the bytes, and S3 lists it{doubt}");
                Claim::that(value, Grade::B, why, cites).lacking([listing])
            }
        }
        (Some(etag), Some(version)) if version.etag.is_some() => {
            if let Some(other) = case.objects.versions(uri).iter().find(|other| other.etag.as_deref() == Some(etag)) {
                contradiction(case, uri, version, other, cites)
            } else {
                let registered = Artifact { uri: uri.to_string(), version_id: None, etag: Some(etag.to_owned()) };
                let sides = [
                    Conflict { value: value(uri, version), evidence: with(case, version, &cites) },
                    Conflict { value: registered, evidence: cites.clone() },
                ];
                Claim::contradicted("SageMaker recorded an ETag that S3's version at that time does not have", sides.into())
            }
        }
        (Some(etag), _) => {
            let value = Artifact { uri: uri.to_string(), version_id: None, etag: Some(etag.to_owned()) };
            Claim::that(value, Grade::B, "SageMaker recorded the ETag of the bytes; no record of S3 is there to agree", cites)
                .lacking([listing])
        }
        (None, Some(version)) => {
            let reach = at.map(|at| case.objects.reach(uri, at, Some(at))).unwrap_or_default();
            let (known, doubt) = knowledge(&reach, version);
            let grade = grade::version(known, version.is_corroborated(), false);
            let why = format!("the version S3 had when the model was made{doubt}");
            let missing = (grade > Grade::B).then_some(listing);
            Claim::that(value(uri, version), grade, why, cites.and(case.objects.cites_of(version)).and(reach_cites(&reach)))
                .lacking(missing)
        }
        (None, None) => named("the model names this place; which bytes lay there is not in the evidence").lacking([listing]),
    }
}

/// Returns what the evidence of one object's history is worth, and words for its doubts.
pub(super) fn knowledge(reach: &Reach, version: &Version) -> (Knowledge, String) {
    let doubt = if reach.doubts.is_empty() { String::new() } else { format!("; but {}", reach.doubts.join("; ")) };
    if !reach.versions.is_empty() || !reach.inventories.is_empty() {
        return (Knowledge::Versions { may_have_lost: !reach.doubts.is_empty() }, doubt);
    }
    if !reach.current.is_empty() && !version.is_listed() {
        return (Knowledge::Writes, "; it was written over before it was listed".to_owned());
    }
    if !reach.current.is_empty() && reach.doubts.is_empty() {
        return (Knowledge::UnchangedObject, "; it was not changed until it was listed".to_owned());
    }
    if !reach.current.is_empty() {
        return (Knowledge::UnchangedObjects, doubt);
    }
    (Knowledge::Writes, "; only the record of its writing tells".to_owned())
}

/// Returns the citations of listings and doubts.
pub(super) fn reach_cites(reach: &Reach) -> impl Iterator<Item = Citation> {
    let all = [&reach.versions, &reach.inventories, &reach.current, &reach.doubt_cites];
    all.into_iter().flatten().cloned().collect::<Vec<_>>().into_iter()
}

fn value(uri: &S3Uri, version: &Version) -> Artifact {
    Artifact {
        uri: uri.to_string(),
        version_id: version.id.as_deref().map(str::to_owned),
        etag: version.etag.as_deref().map(str::to_owned),
    }
}

fn with(case: &Case, version: &Version, cites: &Citations) -> Citations {
    Citations::from_all(case.objects.cites_of(version)).unwrap_or_else(|| cites.clone())
}

/// The bytes that were registered lay there at another time than the model was made.
fn contradiction(case: &Case, uri: &S3Uri, live: &Version, registered: &Version, cites: Citations) -> Claim<Artifact> {
    let sides = vec![
        Conflict { value: value(uri, live), evidence: with(case, live, &cites) },
        Conflict { value: value(uri, registered), evidence: with(case, registered, &cites) },
    ];
    Claim::contradicted("the bytes that were registered are not those that lay there when the model was made", sides)
        .citing(cites)
}

/// Returns what would tell.
fn missing(view: &View<'_>) -> Vec<GapKey> {
    let package = view.model.and_then(|model| model.containers.iter().find_map(|container| container.package.clone()));
    match package {
        Some(package) if view.package.is_none_or(|known| !known.is_described) => vec![GapKey::Package(package)],
        _ => vec![view.missing()],
    }
}
