//! The job that trained a model: from its bytes back, through repacking and copies.

use super::super::Case;
use super::super::claim::{Claim, Grade};
use super::super::gap::{GapKey, Place};
use super::super::jobs::Job;
use super::super::objects::Version;
use super::{Artifact, View};
use crate::evidence::citation::Citation;
use crate::fact::arn::Arn;
use crate::fact::job::{InputRole, JobKind};
use crate::fact::s3::S3Uri;
use crate::time::Instant;

/// Hops are followed no further than this.
const LONGEST_CHAIN: usize = 20;

/// The job that trained a model.
pub(super) struct Origin<'a> {
    pub(super) claim: Claim<Arn>,
    job: Option<&'a Job>,
}

impl<'a> Origin<'a> {
    /// Returns the job, if it is in the evidence.
    pub(super) fn job(&self) -> Option<&'a Job> {
        self.job
    }

    /// Returns what would tell of the job.
    pub(super) fn missing(&self, view: &View<'_>) -> Vec<GapKey> {
        match (self.claim.value(), self.claim.missing()) {
            (Some(arn), _) => vec![GapKey::Job(JobKind::of_arn(arn).unwrap_or(JobKind::Training), arn.clone())],
            (None, []) => vec![view.missing()],
            (None, missing) => missing.to_vec(),
        }
    }
}

/// A step back from some bytes.
enum Found<'a> {
    /// A job wrote them.
    Job { job: &'a Job, grade: Grade, why: String, cites: Vec<Citation> },
    /// They were copied from elsewhere.
    Copied { from: S3Uri, cites: Vec<Citation> },
    /// A job wrote them that is not in the evidence.
    Unseen { arn: Arn },
}

/// Finds the job that trained a model.
pub(super) fn find<'a>(case: &'a Case, view: &View<'_>, artifact: &Claim<Artifact>) -> Origin<'a> {
    let uri = view.containers.iter().find_map(|container| container.artifact.clone());
    let (Some(mut uri), Some(mut cites)) = (uri, view.all_cites()) else {
        return Origin {
            claim: Claim::unknown("without the place of the model's bytes nothing leads to a job", [view.missing()]),
            job: None,
        };
    };
    let mut at = view.created;
    let (mut via, mut grade) = (Vec::new(), Grade::A);
    let mut registered = artifact.grade() == Grade::A;
    for _ in 0..LONGEST_CHAIN {
        match step(case, view.arn, &uri, at, registered) {
            Some(Found::Job { job, grade: own, why, cites: more }) => {
                cites = cites.and(more);
                grade = grade.weaker(own);
                if !job.is_repack() {
                    let says_artifact = job.artifact.as_ref().is_some_and(|artifact| !artifact.derived);
                    let missing = (grade > Grade::B && !says_artifact).then(|| GapKey::Job(job.kind, job.arn.clone()));
                    let why = if via.is_empty() { why } else { format!("{why}; {} repacked what it made", job_names(&via)) };
                    return Origin {
                        claim: Claim::that(job.arn.clone(), grade, why, cites).via(via).lacking(missing),
                        job: Some(job),
                    };
                }
                via.push(job.arn.clone());
                let Some(source) = repacked_from(job) else { break };
                uri = source;
                at = job.created;
                registered = false;
                // What the repacking job read is known by its place alone.
                grade = grade.weaker(Grade::B);
            }
            Some(Found::Copied { from, cites: more }) => {
                cites = cites.and(more);
                uri = from;
                grade = grade.weaker(Grade::B);
            }
            Some(Found::Unseen { arn }) => {
                let why = "the path of the model's bytes names this job, which is not in the evidence";
                let missing = GapKey::Job(JobKind::Training, arn.clone());
                return Origin { claim: Claim::that(arn, Grade::C, why, cites).via(via).lacking([missing]), job: None };
            }
            None => break,
        }
    }
    let missing = GapKey::Jobs(JobKind::Training, Place::of(view.arn), None, at);
    let why = format!("no job in the evidence wrote {uri}");
    Origin { claim: Claim::unknown(why, [missing]).via(via), job: None }
}

fn job_names(via: &[Arn]) -> String {
    via.iter().map(Arn::last).collect::<Vec<_>>().join(", ")
}

/// Returns what a repacking job repacked.
fn repacked_from(job: &Job) -> Option<S3Uri> {
    let archive = job.hyperparameters.get("model_archive")?;
    if let Some(uri) = S3Uri::parse(archive) {
        return Some(uri);
    }
    let input = job.inputs.iter().find(|input| input.role != InputRole::Code)?.uri.clone()?;
    let name = archive.rsplit('/').next().unwrap_or(archive);
    Some(if input.file_name() == name { input } else { input.join(name) })
}

/// Takes one step back from the bytes in a place at an instant.
fn step<'a>(case: &'a Case, of: &Arn, uri: &S3Uri, at: Option<Instant>, registered: bool) -> Option<Found<'a>> {
    let live = at.and_then(|at| case.objects.live_object(uri, at));
    if let Some(found) = by_place(case, of, uri, at, live, registered) {
        return Some(found);
    }
    if let Some(version) = live
        && let Some(from) = &version.copied_from
    {
        return Some(Found::Copied { from: from.clone(), cites: case.objects.cites_of(version) });
    }
    if let Some(found) = live.and_then(|version| by_content(case, uri, version)) {
        return Some(found);
    }
    by_path(case, of, uri, at).or_else(|| by_output(case, uri, at))
}

/// Finds the job that names the place as its artifact.
fn by_place<'a>(
    case: &'a Case,
    of: &Arn,
    uri: &S3Uri,
    at: Option<Instant>,
    live: Option<&Version>,
    registered: bool,
) -> Option<Found<'a>> {
    let before = |job: &&Job| job.created.zip(at).is_none_or(|(created, at)| created <= at.plus(90));
    let mut jobs =
        case.jobs.iter().filter(|job| job.artifact.as_ref().is_some_and(|artifact| artifact.uri == *uri)).filter(before);
    let first = jobs.next()?;
    // Of several that name the place, those of the model's own account come first, then the latest.
    let order = |job: &Job| (job.arn.account() == of.account(), job.created);
    let job = jobs.fold(first, |best, job| if order(job) > order(best) { job } else { best });
    let derived = job.artifact.as_ref().is_some_and(|artifact| artifact.derived);
    let mut cites: Vec<Citation> = job
        .cites(|says| says.course().artifact.is_some() || (derived && says.output_path.is_some()))
        .into_iter()
        .flatten()
        .collect();
    let named = if derived { Grade::C } else { Grade::B };
    let by_name = if derived {
        "the model's bytes lie where the job's output path and name put them"
    } else {
        "the job names the place of the model's bytes as its artifact"
    };
    let Some(version) = live else {
        return Some(Found::Job { job, grade: named, why: by_name.to_owned(), cites });
    };
    cites.extend(case.objects.cites_of(version));
    let written = version.visible().zip(job.write_window()).map(|(visible, (from, to))| visible >= from && visible <= to);
    match written {
        Some(true) if registered && !derived => {
            let why = "the version of the model's bytes was written to the job's artifact while the job ended";
            Some(Found::Job { job, grade: Grade::A, why: why.to_owned(), cites })
        }
        Some(false) => {
            if let Some(found) = by_content(case, uri, version) {
                Some(found)
            } else {
                let why = "the job names this place as its artifact, but the bytes there were written at another time";
                Some(Found::Job { job, grade: Grade::C, why: why.to_owned(), cites })
            }
        }
        _ => Some(Found::Job { job, grade: named, why: by_name.to_owned(), cites }),
    }
}

/// Finds the job that wrote the same content elsewhere, in its own place and time.
fn by_content<'a>(case: &'a Case, uri: &S3Uri, version: &Version) -> Option<Found<'a>> {
    let etag = version.etag.as_deref()?;
    for (place, other) in case.objects.with_etag(etag) {
        if place == *uri || other.size != version.size {
            continue;
        }
        let wrote = |job: &&Job| {
            let own = job.artifact.as_ref().is_some_and(|artifact| artifact.uri == place && !artifact.derived);
            own && other.visible().zip(job.write_window()).is_some_and(|(visible, (from, to))| visible >= from && visible <= to)
        };
        if let Some(job) = case.jobs.iter().find(wrote) {
            let mut cites: Vec<Citation> = job.cites(|says| says.course().artifact.is_some()).into_iter().flatten().collect();
            cites.extend(case.objects.cites_of(other));
            cites.extend(case.objects.cites_of(version));
            let why = "the same content (ETag and size) was written to the job's artifact while the job ended";
            return Some(Found::Job { job, grade: Grade::A, why: why.to_owned(), cites });
        }
    }
    None
}

/// Finds the job whose name is in the path: `…/JOB/output/model.tar.gz`.
fn by_path<'a>(case: &'a Case, of: &Arn, uri: &S3Uri, at: Option<Instant>) -> Option<Found<'a>> {
    let mut parts = uri.key.rsplit('/');
    let (file, folder, name) = (parts.next()?, parts.next()?, parts.next()?);
    if folder != "output" || !file.starts_with("model") || name.is_empty() {
        return None;
    }
    let arn = Arn::sagemaker(of.region(), of.account(), JobKind::Training.arn_kind(), name);
    match case.jobs.get(&arn, at) {
        Some(job) => {
            let cites = job.cites(|_| true).into_iter().flatten().collect();
            Some(Found::Job { job, grade: Grade::C, why: "the path of the model's bytes holds the job's name".to_owned(), cites })
        }
        None => Some(Found::Unseen { arn }),
    }
}

/// Finds a job of any kind whose output covers the place, and that ended before.
fn by_output<'a>(case: &'a Case, uri: &S3Uri, at: Option<Instant>) -> Option<Found<'a>> {
    let wrote = |job: &&Job| {
        let covers = job.outputs.iter().filter_map(|output| output.uri.as_ref()).any(|output| output.is_folder_of(uri));
        covers && job.ended.zip(at).is_some_and(|(ended, at)| ended <= at.plus(90))
    };
    let job = case.jobs.iter().filter(wrote).max_by_key(|job| job.ended)?;
    let cites = job.cites(|says| !says.outputs.is_empty()).into_iter().flatten().collect();
    Some(Found::Job {
        job,
        grade: Grade::C,
        why: "the job's output lies above the model's bytes, and it ended before the model was made".to_owned(),
        cites,
    })
}
