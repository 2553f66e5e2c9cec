//! The images that trained a model and that serve it, by digest.

use std::collections::BTreeSet;

use super::super::Case;
use super::super::claim::{Claim, Conflict, Grade};
use super::super::gap::{GapKey, Place};
use super::super::grade::{self, Fixer};
use super::super::jobs::Job;
use super::{Image, View};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::Words;
use crate::fact::image::ImageRef;
use crate::time::Instant;

/// A digest that somebody fixed.
struct Fixed {
    by: Fixer,
    digest: String,
    cites: Vec<Citation>,
    certain: bool,
    why: &'static str,
}

/// Claims the image that ran a job.
pub(super) fn training(case: &Case, job: Option<&Job>, unknown_job: &[GapKey]) -> Claim<Image> {
    let Some(job) = job else { return Claim::unknown("the training job is not known", unknown_job.to_vec()) };
    let cites = job.cites(|says| says.image.is_some());
    let (Some(written), Some(cites)) = (&job.image, cites) else {
        return Claim::unknown("the job's description is not in the evidence", [GapKey::Job(job.kind, job.arn.clone())]);
    };
    let Some(image) = ImageRef::parse(written) else {
        return Claim::that(
            Image { uri: written.clone(), digest: None },
            Grade::C,
            "an algorithm by name; its image is AWS's own",
            cites,
        );
    };
    let (from, to) = (job.created.or(job.started), job.started.or(job.created));
    let mut fixed = fixed_by_caller_or_ecr(case, &image, from, &cites);
    // SageMaker pulls the image between the request and the start.
    let later = fixed_by_caller_or_ecr(case, &image, to, &cites);
    let moved = later.iter().any(|later| fixed.iter().all(|fixed| fixed.digest != later.digest));
    if moved && !fixed.is_empty() {
        fixed.extend(later);
        for fixed in &mut fixed {
            fixed.certain = false;
            fixed.why = "the tag was moved between the request for the job and its start";
        }
    } else if fixed.is_empty() {
        fixed = later;
    }
    decide(&image, written, fixed, cites, job.arn.region())
}

/// Claims the image that serves a model.
pub(super) fn serving(case: &Case, view: &View<'_>) -> Claim<Image> {
    let container = view.containers.iter().find(|container| container.image.is_some());
    let cites = view.all_cites();
    let (Some(written), Some(cites)) = (container.and_then(|container| container.image.as_ref()), cites) else {
        return match view
            .cites()
            .filter(|_| view.is_described && view.containers.iter().all(|container| container.package.is_none()))
        {
            Some(cites) => Claim::that_none(Grade::B, "the model names no image", cites),
            None => Claim::unknown("what the model was made of is not in the evidence", [view.missing()]),
        };
    };
    let Some(image) = ImageRef::parse(written) else {
        return Claim::that(
            Image { uri: written.clone(), digest: None },
            Grade::C,
            "not an image reference that is understood",
            cites,
        );
    };
    let mut fixed = Vec::new();
    for span in case.serving.of_model(view.arn, view.created) {
        for (specified, resolved, cite) in &span.images {
            let same = specified.as_ref().is_none_or(|specified| specified == written)
                || ImageRef::parse(resolved).is_some_and(|other| other.repository == image.repository);
            // A digest can't move: where hosting names another one, the pinned digest is an index, and this its platform's image.
            let fits = |digest: &String| image.digest.as_ref().is_none_or(|pinned| pinned == digest);
            if let Some(digest) = ImageRef::parse(resolved).and_then(|resolved| resolved.digest).filter(|_| same).filter(fits) {
                fixed.push(Fixed {
                    by: Fixer::Hosting,
                    digest,
                    cites: vec![cite.clone()],
                    certain: true,
                    why: "the endpoint resolved it at deployment",
                });
            }
        }
    }
    let registered = view
        .containers
        .iter()
        .filter(|container| container.image.as_ref() == Some(written))
        .find_map(|container| container.image_digest.clone())
        .filter(|digest| image.digest.as_ref().is_none_or(|pinned| pinned == digest));
    if let Some(digest) = registered {
        let stated = view.package.and_then(|package| {
            package.cites(|says| {
                says.words != Words::Request && says.containers.iter().any(|container| container.image_digest.is_some())
            })
        });
        let cites = stated.map(|cites| cites.into_iter().collect()).unwrap_or_default();
        fixed.push(Fixed {
            by: Fixer::Registry,
            digest,
            cites,
            certain: true,
            why: "the model registry resolved it at registration",
        });
    }
    // What hosting resolved is what serves; what the tag named at another time says nothing against it.
    let at = view.created;
    let hosted = fixed.iter().any(|fixed| fixed.by == Fixer::Hosting);
    let more = fixed_by_caller_or_ecr(case, &image, at, &cites);
    fixed.extend(more.into_iter().filter(|more| !hosted || more.by == Fixer::Caller || more.certain));
    // An endpoint's description names the digest that it resolved.
    let unseen = case.serving.of_model(view.arn, view.created).filter(|span| span.images.is_empty());
    let unseen: Vec<GapKey> = unseen.map(|span| GapKey::Endpoint(span.endpoint.clone())).collect();
    let claim = decide(&image, written, fixed, cites, view.arn.region());
    if claim.grade() > Grade::B { claim.lacking(unseen) } else { claim }
}

/// Returns what the caller pinned, and what ECR's records say of the image at an instant.
fn fixed_by_caller_or_ecr(case: &Case, image: &ImageRef, at: Option<Instant>, cites: &Citations) -> Vec<Fixed> {
    let mut fixed = Vec::new();
    if let Some(digest) = &image.digest {
        let why = "the caller wrote the digest";
        fixed.push(Fixed {
            by: Fixer::Caller,
            digest: digest.clone(),
            cites: cites.iter().cloned().collect(),
            certain: true,
            why,
        });
        if let Some(cite) = case.images.holds(image, digest) {
            fixed.push(Fixed { by: Fixer::Ecr, digest: digest.clone(), cites: vec![cite], certain: true, why: "ECR holds it" });
        }
        return fixed;
    }
    let Some(resolved) = at.and_then(|at| case.images.resolve(image, at)) else { return fixed };
    let whole = match (resolved.tagged, at) {
        // Between the record that the tag was put there and its use nothing else was recorded: that is worth something only if
        // everything was recorded.
        (Some(tagged), Some(at)) => {
            let (account, region) = (image.account().unwrap_or_default(), image.region().unwrap_or_default());
            case.coverage.trail_is_whole(account, region, tagged, at)
        }
        _ => false,
    };
    let why = if resolved.doubt.is_some() {
        "ECR lists the digest under the tag now"
    } else {
        "the tag was put on this digest, and nothing moved it since"
    };
    fixed.push(Fixed { by: Fixer::Ecr, digest: resolved.digest, cites: resolved.cites, certain: resolved.certain || whole, why });
    fixed
}

/// Decides between the digests that were fixed.
fn decide(image: &ImageRef, written: &str, fixed: Vec<Fixed>, cites: Citations, region: &str) -> Claim<Image> {
    let missing = || {
        let place = Place {
            account: image.account().unwrap_or_default().to_owned(),
            region: image.region().map_or_else(|| region.to_owned(), str::to_owned),
        };
        GapKey::Images { place, repository: image.repository.clone() }
    };
    // What is running outweighs what a name meant at another time.
    let order = |fixer: Fixer| match fixer {
        Fixer::Hosting => 0,
        Fixer::Caller => 1,
        Fixer::Registry => 2,
        Fixer::Ecr => 3,
    };
    let Some(best) = fixed.iter().min_by_key(|fixed| order(fixed.by)) else {
        let why = "the image is named by a tag; which digest that was is not in the evidence";
        let value = Image { uri: written.to_owned(), digest: None };
        return Claim::that(value, grade::image(&BTreeSet::new(), false), why, cites).lacking([missing()]);
    };
    let agreeing: Vec<&Fixed> = fixed.iter().filter(|fixed| fixed.digest == best.digest).collect();
    let fixers: BTreeSet<Fixer> = agreeing.iter().map(|fixed| fixed.by).collect();
    let certain = agreeing.iter().any(|fixed| fixed.certain);
    let grade = grade::image(&fixers, certain);
    let mut reasons: Vec<&str> = agreeing.iter().map(|fixed| fixed.why).collect();
    reasons.dedup();
    let conflicts = fixed.iter().filter(|fixed| fixed.digest != best.digest).filter_map(|fixed| {
        let evidence = Citations::from_all(fixed.cites.iter().cloned())?;
        Some(Conflict { value: Image { uri: written.to_owned(), digest: Some(fixed.digest.clone()) }, evidence })
    });
    let conflicts: Vec<Conflict<Image>> = conflicts.collect();
    let more: Vec<Citation> = agreeing.iter().flat_map(|fixed| fixed.cites.clone()).collect();
    let value = Image { uri: written.to_owned(), digest: Some(best.digest.clone()) };
    let lacking = (grade > Grade::A).then(missing);
    Claim::that(value, grade, reasons.join("; "), cites.and(more)).or_else_fits(conflicts).lacking(lacking)
}
