//! The bytes behind a model's artifact changed after it was let loose.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::objects::Version;
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::Citations;
use crate::fact::s3::S3Uri;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "data/artifact-overwritten",
    severity: Severity::High,
    fires_when: "The bytes behind a model artifact's URI changed after it was registered or deployed.",
    why: "A model names its artifact by a path: instances that start later load what lies there then. What was approved is no longer what answers.",
    needs: "The model or package, and the versions of its artifact's object.",
    fooled_by: "A rewrite of the same bytes: equal ETags do not fire.",
    remedy: "Never write twice to one artifact path; deploy by model package, and let nobody but the training role write there.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for lineage in &case.lineages {
        let model = case.models.get(&lineage.arn, lineage.created);
        let packages = lineage.package.value().and_then(|package| case.packages.get(&package.arn));
        let containers = model
            .into_iter()
            .flat_map(|model| &model.containers)
            .chain(packages.into_iter().flat_map(|package| &package.containers));
        let Some(uri) = containers.filter(|container| !container.multi_model).find_map(|container| container.artifact.clone())
        else {
            continue;
        };
        let made = [lineage.created, packages.and_then(|package| package.created)].into_iter().flatten().min();
        let Some(made) = made else { continue };
        let versions = case.objects.versions(&uri);
        let Some(then) = case.objects.live_object(&uri, made) else { continue };
        let is_new = |version: &&Version| {
            version.visible().is_some_and(|visible| visible > made.plus(2))
                && (version.marker || !version.is_same_as(then))
                && !same_bytes(version, then)
        };
        let later: Vec<&Version> = versions.iter().filter(is_new).collect();
        let Some(first) = later.first() else { continue };
        report(case, lineage, &uri, then, first, later.len(), findings);
    }
}

fn same_bytes(one: &Version, other: &Version) -> bool {
    one.etag.is_some() && one.etag == other.etag && one.size == other.size
}

fn report(
    case: &Case,
    lineage: &crate::case::lineage::Lineage,
    uri: &S3Uri,
    then: &Version,
    first: &Version,
    count: usize,
    findings: &mut Findings,
) {
    let cites =
        case.objects.cites_of(then).into_iter().chain(case.objects.cites_of(first)).chain(lineage.artifact.evidence().cloned());
    let Some(evidence) = Citations::from_all(cites) else { return };
    let at = first.visible();
    let spans: Vec<_> = case
        .serving
        .of_model(&lineage.arn, lineage.created)
        .filter(|span| span.to.is_none_or(|to| at.is_none_or(|at| to.latest > at)))
        .collect();
    // A component that runs something else by then loads it no more.
    if lineage.is_of_component() && spans.is_empty() {
        return;
    }
    let exposure = spans.first().zip(at).and_then(|(span, at)| {
        let from = at.max(span.from.latest);
        let to = span.to.map(|to| to.earliest).or(case.as_of)?;
        let counted = case.serving.requests_of(span, from, to)?;
        Some(exposed(&counted, from, to))
    });
    let who = first.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let what = if first.marker { "deleted" } else { "overwritten" };
    let certain = first.is_corroborated() || then.id.is_some();
    let finding = CHECK
        .finds(
            uri,
            format!("The artifact of {} was {what}{who} after it was made", lineage.name),
            if certain { Grade::B } else { Grade::C },
            evidence,
        )
        .because(format!(
            "{count} later version(s) lie where the model's bytes lay; instances that start now load another artifact."
        ))
        .concerning(
            [&lineage.arn]
                .into_iter()
                .chain(lineage.package.value().map(|package| &package.arn))
                .chain(spans.iter().map(|span| &span.endpoint)),
        )
        .between(at, None)
        .told_apart_by(format!("{} {}", lineage.arn, at.map(crate::time::Instant::to_seconds_text).unwrap_or_default()))
        .exposing(exposure);
    findings.add(finding);
}
