//! Training and serving run different code.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::lineage::Lineage;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::commit::{agree, commit, is_commit_name};
use crate::fact::image::ImageRef;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "code/train-serve-mismatch",
    severity: Severity::High,
    fires_when: "Training and serving resolve to different code or preprocessing identity.",
    why: "The model was trained on features computed one way and answers on features computed another: every answer is plausible and wrong.",
    needs: "Image digests of one repository on both sides, or the commit of both sides.",
    fooled_by: "Separate repositories for training and serving are compared by commit only; a serving image built later from the same code has another digest.",
    remedy: "Build training and serving images from one commit, in one build, and name both by digest.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for lineage in &case.lineages {
        let mismatch = by_image(lineage).or_else(|| by_commit(case, lineage));
        let Some((what, detail, grade, cites)) = mismatch else { continue };
        let Some(evidence) = Citations::from_all(cites) else { continue };
        let endpoints = case.serving.of_model(&lineage.arn, lineage.created).map(|span| &span.endpoint);
        let finding = CHECK
            .finds(&lineage.arn, format!("{} was trained and is served by different {what}", lineage.name), grade, evidence)
            .because(detail.clone())
            .concerning(lineage.training_job.value().into_iter().chain(endpoints))
            .between(lineage.created, None)
            .told_apart_by(detail);
        findings.add(finding);
    }
}

type Mismatch = (&'static str, String, Grade, Vec<Citation>);

/// Compares images of one repository.
fn by_image(lineage: &Lineage) -> Option<Mismatch> {
    let (training, serving) = (&lineage.code.training_image, &lineage.code.serving_image);
    let (one, other) = (training.value()?, serving.value()?);
    let (first, second) = (ImageRef::parse(&one.uri)?, ImageRef::parse(&other.uri)?);
    if first.name() != second.name() {
        return None;
    }
    let cites = training.evidence().chain(serving.evidence()).cloned().collect();
    match (&one.digest, &other.digest) {
        (Some(trained), Some(served)) if trained != served => {
            let detail = format!("Repository {}: {trained} trained, {served} serves.", first.repository);
            Some(("images", detail, training.grade().weaker(serving.grade()).max(Grade::B), cites))
        }
        (Some(_), Some(_)) => None,
        // Tags that differ name different images, unless they were put on the same one.
        _ => (first.tag != second.tag && first.tag.is_some() && second.tag.is_some()).then(|| {
            let detail = format!(
                "Repository {}: tag {} trained, {} serves.",
                first.repository,
                first.tag.unwrap_or_default(),
                second.tag.unwrap_or_default()
            );
            ("images", detail, Grade::C, cites)
        }),
    }
}

/// Compares the commit of the training job with the one that the serving container's environment names.
fn by_commit(case: &Case, lineage: &Lineage) -> Option<Mismatch> {
    let trained = &lineage.code.commit;
    let commit_trained = trained.value()?;
    let model = case.models.get(&lineage.arn, lineage.created)?;
    for container in &model.containers {
        for (name, value) in container.environment.iter().filter(|(name, _)| is_commit_name(name)) {
            let Some(served) = commit(value).filter(|served| !agree(served, commit_trained)) else { continue };
            let cites = trained.evidence().cloned().chain(
                model
                    .cites(|says| says.containers.iter().any(|container| container.environment.contains_key(name)))
                    .into_iter()
                    .flatten(),
            );
            let detail = format!("Commit {commit_trained} trained; {name} of the serving container is {served}.");
            return Some(("code", detail, Grade::D.max(trained.grade()), cites.collect()));
        }
    }
    None
}
