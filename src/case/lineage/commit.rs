//! The commit a model was trained from: everywhere it is stated, and whether the statements agree.

use litemap::LiteMap;

use super::super::Case;
use super::super::claim::{Claim, Conflict, Grade};
use super::super::gap::GapKey;
use super::super::grade::CommitSource;
use super::super::jobs::Job;
use super::super::run_logs;
use super::{PackageRef, View, reproduced, source};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::commit::{agree, commit, in_image_tag, is_commit_name};
use crate::fact::image::ImageRef;
use crate::fact::run_log::Checkout;

/// A commit that is stated somewhere.
struct Stated {
    commit: String,
    source: CommitSource,
    cites: Vec<Citation>,
}

/// Claims the commit of a model.
pub(super) fn claim(
    case: &Case,
    view: &View<'_>,
    package: &Claim<PackageRef>,
    job: Option<&Job>,
    unknown_job: &[GapKey],
) -> Claim<String> {
    let mut stated = Vec::new();
    if let Some(job) = job {
        of_job(case, job, &mut stated);
    }
    of_release(case, view, package, &mut stated);
    if let Some(job) = job {
        of_runs(case, job, &mut stated);
    }
    let claim = decide(stated, job, unknown_job, || unknown(view, job, unknown_job));
    reproduced::weigh(case, job, claim)
}

/// Claims the commit of a job by what is stated of the job itself.
pub(super) fn of_job_alone(case: &Case, job: &Job) -> Claim<String> {
    let mut stated = Vec::new();
    of_job(case, job, &mut stated);
    of_runs(case, job, &mut stated);
    let claim = decide(stated, Some(job), &[], || {
        Claim::unknown("nothing that was recorded names a commit", [GapKey::CommitNeverRecorded(job.arn.clone())])
    });
    reproduced::weigh(case, Some(job), claim)
}

/// Decides between the commits that are stated.
fn decide(
    mut stated: Vec<Stated>,
    job: Option<&Job>,
    unknown_job: &[GapKey],
    unknown: impl Fn() -> Claim<String>,
) -> Claim<String> {
    stated.sort_by(|left, right| left.source.cmp(&right.source).then_with(|| left.commit.cmp(&right.commit)));
    let groups = groups(stated);
    match groups.len() {
        0 => unknown(),
        1 => groups.into_iter().next().map_or_else(unknown, |group| agreed(group, job, unknown_job)),
        _ => {
            let sides: Vec<Conflict<String>> = groups
                .into_iter()
                .filter_map(|group| {
                    let value = longest(&group);
                    Some(Conflict { value, evidence: Citations::from_all(group.into_iter().flat_map(|stated| stated.cites))? })
                })
                .collect();
            Claim::contradicted("different commits are stated in different places", sides)
        }
    }
}

/// Sorts statements by the commit they name; an abbreviation joins the commit it abbreviates.
fn groups(stated: Vec<Stated>) -> Vec<Vec<Stated>> {
    let mut groups: Vec<Vec<Stated>> = Vec::new();
    for stated in stated {
        match groups.iter_mut().find(|group| group.iter().all(|other| agree(&other.commit, &stated.commit))) {
            Some(group) => group.push(stated),
            None => groups.push(vec![stated]),
        }
    }
    groups
}

fn longest(group: &[Stated]) -> String {
    group.iter().map(|stated| stated.commit.clone()).max_by_key(String::len).unwrap_or_default()
}

fn agreed(group: Vec<Stated>, job: Option<&Job>, unknown_job: &[GapKey]) -> Claim<String> {
    let grade = group.iter().map(|stated| stated.source.grade()).min().unwrap_or(Grade::D);
    let mut places: Vec<&str> = group.iter().map(|stated| stated.source.name()).collect();
    places.dedup();
    let why = format!("stated by {}", places.join(", "));
    let value = longest(&group);
    match Citations::from_all(group.into_iter().flat_map(|stated| stated.cites)) {
        Some(cites) => Claim::that(value, grade, why, cites),
        None => Claim::unknown(
            "nothing that was recorded names a commit",
            job.map(|job| GapKey::CommitNeverRecorded(job.arn.clone())).into_iter().chain(unknown_job.to_vec()),
        ),
    }
}

fn unknown(view: &View<'_>, job: Option<&Job>, unknown_job: &[GapKey]) -> Claim<String> {
    match job {
        None => Claim::unknown("the training job is not known", unknown_job.to_vec()),
        Some(job) if !job.is_described => {
            Claim::unknown("the job's description is not in the evidence", [GapKey::Job(job.kind, job.arn.clone())])
        }
        Some(_) => Claim::unknown("nothing that was recorded names a commit", [GapKey::CommitNeverRecorded(view.arn.clone())]),
    }
}

/// Collects what the job states: its request, its image, its log, and the build that made either.
fn of_job(case: &Case, job: &Job, into: &mut Vec<Stated>) {
    let named = |values: &LiteMap<String, String>| -> Vec<(String, String)> {
        values
            .iter()
            .filter(|(name, _)| is_commit_name(name))
            .filter_map(|(name, value)| Some((name.clone(), commit(value)?)))
            .collect()
    };
    for (name, commit) in named(&job.environment) {
        let cites = job.cites(|says| says.environment.contains_key(&name)).into_iter().flatten().collect();
        into.push(Stated { commit, source: CommitSource::Environment, cites });
    }
    for (name, commit) in named(&job.hyperparameters) {
        let cites = job.cites(|says| says.hyperparameters.contains_key(&name)).into_iter().flatten().collect();
        into.push(Stated { commit, source: CommitSource::Hyperparameter, cites });
    }
    for (name, commit) in named(&job.tags) {
        let cites = job.cites(|says| says.tags.contains_key(&name)).into_iter().flatten().collect();
        into.push(Stated { commit, source: CommitSource::Tag, cites });
    }
    for (name, value, cite) in case.tags_of(&job.arn) {
        if let Some(commit) = commit(&value).filter(|_| is_commit_name(&name)) {
            into.push(Stated { commit, source: CommitSource::Tag, cites: vec![cite] });
        }
    }
    for (_, printed) in case.logs.of_job(&job.arn) {
        for (_, commit, cite) in &printed.commits {
            into.push(Stated { commit: commit.clone(), source: CommitSource::Log, cites: vec![cite.clone()] });
        }
    }
    let image = job.image.as_deref().and_then(ImageRef::parse);
    // The tag of an image tells of the code in the image; where an archive brings the code, it tells of something else.
    if let Some(commit) =
        image.as_ref().filter(|_| source::place(job).is_none()).and_then(|image| in_image_tag(image.tag.as_deref()?))
    {
        let cites = job.cites(|says| says.image.is_some()).into_iter().flatten().collect();
        into.push(Stated { commit, source: CommitSource::ImageTag, cites });
    }
    builds(case, job, image.as_ref(), into);
}

/// Collects commits of builds that made the image or asked for the job.
fn builds(case: &Case, job: &Job, image: Option<&ImageRef>, into: &mut Vec<Stated>) {
    for said in &case.builds {
        let build = &said.says;
        let (Some(commit), Some(from)) = (&build.commit, build.started) else { continue };
        let until = build.ended.unwrap_or(from.plus(8 * 3_600));
        let id = build.id.rsplit(':').next().unwrap_or(&build.id);
        let made = |by: &crate::fact::principal::Principal, at: crate::time::Instant| {
            let own_session = by.session.as_deref().is_some_and(|session| session.contains(id));
            let own_role = build.role.is_some() && by.role.as_deref() == build.role.as_deref();
            (own_session || own_role) && at >= from && at <= until.plus(60)
        };
        let asked = job.by.as_ref().zip(job.created).is_some_and(|(by, at)| made(by, at));
        let pushed = image.filter(|_| source::place(job).is_none()).and_then(|image| {
            let digest = image
                .digest
                .clone()
                .or_else(|| job.created.and_then(|at| case.images.resolve(image, at)).map(|resolved| resolved.digest))?;
            let pushed = case.images.pushed(image, &digest)?;
            pushed.by.as_ref().zip(pushed.says.at).is_some_and(|(by, at)| made(by, at)).then(|| pushed.cite.clone())
        });
        if asked || pushed.is_some() {
            let mut cites = vec![said.cite.clone()];
            cites.extend(pushed);
            cites.extend(job.cites(|says| says.words == crate::fact::Words::Request).into_iter().flatten().filter(|_| asked));
            into.push(Stated { commit: commit.clone(), source: CommitSource::Build, cites });
        }
    }
}

/// Collects commits of runs whose logs show that they pushed the image or asked for the job.
fn of_runs(case: &Case, job: &Job, into: &mut Vec<Stated>) {
    let brought = source::place(job).is_some();
    let image = job.image.as_deref().and_then(ImageRef::parse).filter(|_| !brought);
    let digest = image.and_then(|image| {
        let resolved = || job.created.and_then(|at| case.images.resolve(&image, at)).map(|resolved| resolved.digest);
        image.digest.clone().or_else(resolved)
    });
    let mut found: Vec<(&Checkout, [Citation; 2])> = Vec::new();
    if let Some(digest) = &digest {
        for (said, cite) in run_logs::that_pushed(case, digest, job.created) {
            found.extend(said.says.commit().map(|one| (one, [said.on(Some(one.line)), cite])));
        }
        // Equal images built of two commits do not tell of which the job's was.
        if found.iter().any(|(one, _)| found.iter().any(|(other, _)| !one.is(&other.commit) && !other.is(&one.commit))) {
            found.clear();
        }
    }
    if found.is_empty() {
        for (said, cite) in run_logs::that_asked(case, job) {
            found.extend(said.says.commit().map(|one| (one, [said.on(Some(one.line)), cite])));
        }
        // Where the code lies in the image, who asks for the job may have checked out something else: that contradicts nobody.
        if !brought && !into.is_empty() {
            found.retain(|(one, _)| into.iter().all(|stated| one.is(&stated.commit)));
        }
    }
    for (one, cites) in found {
        // The head of a pull request and its trial merge are one checkout: what others call it is what it is called.
        let named = into.iter().find(|stated| one.is(&stated.commit));
        let head = one.head.as_ref().filter(|head| named.is_some_and(|stated| agree(head, &stated.commit)));
        let commit = head.unwrap_or(&one.commit).clone();
        into.push(Stated { commit, source: CommitSource::RunLog, cites: cites.into() });
    }
}

/// Collects what model and package state.
fn of_release(case: &Case, view: &View<'_>, package: &Claim<PackageRef>, into: &mut Vec<Stated>) {
    let package = package.value().and_then(|reference| case.packages.get(&reference.arn)).or(view.package);
    if let Some(package) = package {
        if let Some(commit) = package.commit.as_deref().and_then(commit) {
            let cites = package.cites(|says| says.commit.is_some()).into_iter().flatten().collect();
            into.push(Stated { commit, source: CommitSource::Metadata, cites });
        }
        for (name, value) in &package.metadata {
            if let Some(commit) = commit(value).filter(|_| is_commit_name(name)) {
                let cites = package
                    .cites(|says| says.metadata.contains_key(name) || says.tags.contains_key(name))
                    .into_iter()
                    .flatten()
                    .collect();
                into.push(Stated { commit, source: CommitSource::Tag, cites });
            }
        }
    }
    if let Some(model) = view.model {
        for (name, value) in &model.tags {
            if let Some(commit) = commit(value).filter(|_| is_commit_name(name)) {
                let cites = model.cites(|says| says.tags.contains_key(name)).into_iter().flatten().collect();
                into.push(Stated { commit, source: CommitSource::Tag, cites });
            }
        }
    }
}
