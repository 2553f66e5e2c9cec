//! The archive of source code that a job ran.

use super::super::Case;
use super::super::claim::{Claim, Grade};
use super::super::gap::GapKey;
use super::super::grade::{self, Knowledge};
use super::super::jobs::Job;
use super::Source;
use super::artifact::{knowledge, reach_cites};
use crate::fact::commit::sdk_hash;
use crate::fact::job::{InputMode, InputRole};
use crate::fact::s3::S3Uri;

/// Returns where a job's code was to come from.
pub(in crate::case) fn place(job: &Job) -> Option<S3Uri> {
    let named = ["sagemaker_submit_directory", "SAGEMAKER_SUBMIT_DIRECTORY"];
    let submitted = named.iter().find_map(|name| job.hyperparameters.get(*name).or_else(|| job.environment.get(*name)));
    let channel = || {
        job.inputs.iter().find(|input| input.role == InputRole::Code && input.name != "sm_drivers" && input.name != "entrypoint")
    };
    submitted.and_then(|text| S3Uri::parse(text)).or_else(|| channel().and_then(|input| input.uri.clone()))
}

/// Claims the source archive of a job.
pub(super) fn claim(case: &Case, job: Option<&Job>, unknown_job: &[GapKey]) -> Claim<Source> {
    let Some(job) = job else { return Claim::unknown("the training job is not known", unknown_job.to_vec()) };
    let Some(cites) = job
        .cites(|says| !says.hyperparameters.is_empty() || !says.inputs.is_empty() || says.image.is_some())
        .filter(|_| job.is_described)
    else {
        return Claim::unknown("the job's description is not in the evidence", [GapKey::Job(job.kind, job.arn.clone())]);
    };
    let Some(uri) = place(job) else {
        return Claim::that_none(Grade::B, "the job names no source archive: its code is in its image", cites);
    };
    let printed = case.logs.of_job(&job.arn).find_map(|(_, printed)| printed.code_ignored.clone());
    let sdk_hash = sdk_hash(&uri.key);
    let from = job.read_window(InputMode::File).map(|window| window.from);
    let live = from.and_then(|from| case.objects.live_object(&uri, from));
    let missing = GapKey::ObjectVersions { bucket: uri.bucket.to_string(), prefix: uri.key.to_string() };
    let claim = if let (Some(version), Some(from)) = (live, from) {
        let reach = case.objects.reach(&uri, from, Some(from));
        let (known, doubt) = knowledge(&reach, version);
        let grade = grade::version(known, version.is_corroborated(), false);
        let value = Source {
            uri: uri.to_string(),
            version_id: version.id.as_deref().map(str::to_owned),
            etag: version.etag.as_deref().map(str::to_owned),
            sha256: version.sha256.as_deref().map(str::to_owned),
            sdk_hash,
        };
        let why = format!("the version S3 had when the job read it{doubt}");
        let claim = Claim::that(value, grade, why, cites.and(case.objects.cites_of(version)).and(reach_cites(&reach)));
        if known == Knowledge::Writes { claim.lacking([missing]) } else { claim }
    } else {
        let why = if sdk_hash.is_some() {
            "the path holds a hash of the code that the SDK computed; nothing shows that the bytes are that code"
        } else {
            "the job names this place; which bytes lay there is not in the evidence"
        };
        let value = Source { uri: uri.to_string(), version_id: None, etag: None, sha256: None, sdk_hash };
        Claim::that(value, grade::version(Knowledge::NameOnly, false, false), why, cites).lacking([missing])
    };
    match printed {
        Some(cite) => claim.at_most(Grade::D, "the log says that the image's own code ran instead").citing([cite]),
        None => claim,
    }
}
