//! One image tag named two digests.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::images::TagMove;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::image::{ImageRef, normal_digest};
use crate::finding::Severity;
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "code/tag-moved",
    severity: Severity::High,
    fires_when: "One image tag named two digests between two uses.",
    why: "Training and serving, or two runs, name the same image and run different code: nothing in their descriptions shows it.",
    needs: "Uses of the tag (jobs, models, endpoints), and what it named at each: ECR's PutImage events, digests resolved by the registry or the endpoint.",
    fooled_by: "A tag that was moved while nobody used it does not fire. An index and the platform's image of it have different digests.",
    remedy: "Make tags immutable in the repository, or name images by digest.",
    run,
};

/// A use of an image by its tag.
struct Use {
    who: String,
    at: Instant,
    digest: Option<String>,
    cites: Vec<Citation>,
}

fn run(case: &Case, findings: &mut Findings) {
    for (tagged, (image, mut uses)) in uses(case) {
        uses.sort_by(|left, right| left.at.cmp(&right.at).then_with(|| left.who.cmp(&right.who)));
        let moves = case.images.moves(&image);
        for one in &mut uses {
            if one.digest.is_none()
                && let Some(resolved) = case.images.resolve(&image, one.at)
            {
                one.digest = Some(resolved.digest);
                one.cites.extend(resolved.cites);
            }
        }
        for pair in uses.windows(2) {
            let (Some(before), Some(after)) = (&pair[0].digest, &pair[1].digest) else { continue };
            if before == after {
                continue;
            }
            let moved: Vec<&TagMove> = moves.iter().filter(|moved| moved.at > pair[0].at && moved.at <= pair[1].at).collect();
            let cites = pair.iter().flat_map(|one| one.cites.clone()).chain(moved.iter().map(|moved| moved.cite.clone()));
            let Some(evidence) = Citations::from_all(cites) else { continue };
            let when = moved.last().map(|moved| format!(" It was moved at {}.", moved.at)).unwrap_or_default();
            let finding = CHECK
                .finds(
                    &tagged,
                    format!("The tag named another image for {} than for {}", name(&pair[1].who), name(&pair[0].who)),
                    Grade::B,
                    evidence,
                )
                .because(format!("{before} at {}, {after} at {}.{when}", pair[0].at, pair[1].at))
                .concerning([&pair[0].who, &pair[1].who])
                .between(Some(pair[0].at), Some(pair[1].at))
                .told_apart_by(format!("{before} {after}"));
            findings.add(finding);
        }
    }
}

fn name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Collects the uses of each tag.
fn uses(case: &Case) -> BTreeMap<String, (ImageRef, Vec<Use>)> {
    let mut uses: BTreeMap<String, (ImageRef, Vec<Use>)> = BTreeMap::new();
    let mut add = |written: &str, who: String, at: Option<Instant>, digest: Option<String>, cites: Vec<Citation>| {
        let Some(image) = ImageRef::parse(written).filter(|image| image.digest.is_none()) else { return };
        if let (Some(tagged), Some(at)) = (image.tagged(), at) {
            uses.entry(tagged).or_insert_with(|| (image, Vec::new())).1.push(Use { who, at, digest, cites });
        }
    };
    for job in case.jobs.iter() {
        if let Some(image) = &job.image {
            let cites = job.cites(|says| says.image.is_some()).into_iter().flatten().collect();
            add(image, job.arn.to_string(), job.started.or(job.created), None, cites);
        }
    }
    for package in case.packages.iter() {
        for container in &package.containers {
            if let (Some(image), Some(digest)) = (&container.image, &container.image_digest) {
                let cites = package.cites(|says| !says.containers.is_empty()).into_iter().flatten().collect();
                add(image, package.arn.to_string(), package.created, Some(digest.clone()), cites);
            }
        }
    }
    for span in case.serving.spans() {
        for (specified, resolved, cite) in &span.images {
            let digest = ImageRef::parse(resolved).and_then(|image| image.digest).or_else(|| normal_digest(resolved));
            if let Some(specified) = specified {
                add(specified, span.endpoint.to_string(), Some(span.from.latest), digest, vec![cite.clone()]);
            }
        }
    }
    uses
}
