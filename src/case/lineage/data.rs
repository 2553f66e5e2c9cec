//! The data that a job read: which objects, in which versions, and what produced them.

use sha2::{Digest, Sha256};

use super::super::Case;
use super::super::claim::{Claim, Conflict, Grade};
use super::super::gap::{GapKey, Place};
use super::super::grade::{self, Knowledge};
use super::super::jobs::{Job, ReadWindow};
use super::super::objects::{Live, Reach, Version};
use super::super::said::Said;
use super::artifact::{knowledge, reach_cites};
use super::{Channel, named};
use crate::evidence::citation::{Citation, Citations};
use crate::evidence::hex;
use crate::fact::arn::Arn;
use crate::fact::job::{DataType, InputMode, InputRole, JobInput, JobKind, JobStatus};
use crate::fact::object::ManifestStatement;
use crate::fact::s3::S3Uri;
use crate::time::Instant;

/// An object of a data version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DataObject {
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// Version.
    pub version_id: Option<String>,
    /// `ETag`.
    pub etag: Option<String>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// When it was last modified.
    pub last_modified: Option<Instant>,
    /// Who wrote it.
    pub written_by: Option<String>,
}

/// A version of a data set: its objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataVersion {
    /// Hash of the objects.
    pub fingerprint: String,
    /// The objects, sorted.
    pub objects: Vec<DataObject>,
}

impl DataVersion {
    fn of(mut objects: Vec<DataObject>) -> Self {
        objects.sort();
        Self { fingerprint: fingerprint(&objects), objects }
    }
}

/// Returns the lower-case hex SHA-256 of one line per object, `BUCKET/KEY\tVERSION_ID\tETAG\tSIZE\n`, the lines sorted bytewise;
/// what is unknown is empty, and tab, newline and backslash in a key are escaped.
fn fingerprint(objects: &[DataObject]) -> String {
    let mut lines: Vec<String> = objects
        .iter()
        .map(|object| {
            let key = object.key.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n");
            let size = object.size.map(|size| size.to_string()).unwrap_or_default();
            let text = |part: &Option<String>| part.clone().unwrap_or_default();
            format!("{}/{key}\t{}\t{}\t{size}\n", object.bucket, text(&object.version_id), text(&object.etag))
        })
        .collect();
    lines.sort();
    hex::lower(&Sha256::digest(lines.concat().as_bytes()))
}

/// Returns the data of a job.
pub(super) fn channels(case: &Case, job: &Job) -> Vec<Channel> {
    let mut channels: Vec<Channel> = job
        .inputs
        .iter()
        .filter(|input| input.role != InputRole::Code)
        .map(|input| Channel {
            channel: input.name.to_string(),
            uri: input.uri.as_ref().map_or_else(|| input.other.clone().unwrap_or_default(), S3Uri::to_string),
            version: version(case, job, input),
            read_at: job.read_window(input.mode),
            produced_by: produced_by(case, job, input),
            is_declared: true,
        })
        .collect();
    for (naming, uri) in named::places(job) {
        let input = JobInput {
            name: naming.channel().as_str().into(),
            uri: Some(uri.clone()),
            mode: InputMode::Streamed,
            ..JobInput::default()
        };
        let window = job.read_window(InputMode::Streamed);
        let read = window.map(|window| case.objects.reads(&uri, window.from, window.to, job.role.as_deref())).unwrap_or_default();
        let claim = version(case, job, &input);
        let version = if read.is_empty() {
            claim.at_most(Grade::D, "the job names this place; nothing shows that it read it")
        } else {
            claim.citing(read)
        };
        channels.push(Channel {
            channel: input.name.to_string(),
            uri: uri.to_string(),
            version,
            read_at: window,
            produced_by: produced_by(case, job, &input),
            is_declared: false,
        });
    }
    channels
}

/// Claims the version of an input that a job read.
pub(super) fn version(case: &Case, job: &Job, input: &JobInput) -> Claim<DataVersion> {
    let Some(uri) = &input.uri else {
        let what = input.other.clone().unwrap_or_else(|| "something that is not described".to_owned());
        return Claim::unknown(
            format!("the input is {what}: no record tells its version"),
            [GapKey::Job(job.kind, job.arn.clone())],
        );
    };
    let Some(window) = job.read_window(input.mode) else {
        return Claim::unknown("when the job read it is not known", [GapKey::Job(job.kind, job.arn.clone())]);
    };
    match input.data_type {
        DataType::Prefix => of_place(case, job, uri, window),
        DataType::Manifest | DataType::AugmentedManifest => of_manifest(case, job, uri, window),
    }
}

fn listing_of(uri: &S3Uri) -> GapKey {
    GapKey::ObjectVersions { bucket: uri.bucket.to_string(), prefix: uri.key.to_string() }
}

/// Claims the version of everything under a prefix.
fn of_place(case: &Case, job: &Job, uri: &S3Uri, window: ReadWindow) -> Claim<DataVersion> {
    let reach = case.objects.reach(uri, window.from, window.to);
    let until = window.to.or(case.as_of).unwrap_or(window.from);
    let live = case.objects.live(uri, window.from);
    let obscured = case.objects.obscured(uri, window.from);
    let known = if !reach.versions.is_empty() || !reach.inventories.is_empty() {
        Knowledge::Versions { may_have_lost: !reach.doubts.is_empty() }
    } else if !reach.current.is_empty() {
        Knowledge::UnchangedObjects
    } else if reach.has_writes && !live.is_empty() {
        Knowledge::Writes
    } else {
        return Claim::unknown("the job names this place; which objects lay there is not in the evidence", [listing_of(uri)]);
    };
    if !obscured.is_empty() {
        return hidden(case, uri, &obscured, &reach);
    }
    if live.is_empty() {
        // A job whose input matches nothing fails: what it read is gone without a trace.
        let why = "the evidence shows nothing that lay there, and a job that finds nothing fails: what it read was removed";
        let missing = GapKey::Overwritten { bucket: uri.bucket.to_string(), prefix: uri.key.to_string() };
        return Claim::unknown(why, [missing]).citing(reach_cites(&reach));
    }
    let Some(cites) = cites(case, job, &live, &reach) else {
        return Claim::unknown("nothing tells which objects lay there", [listing_of(uri)]);
    };
    let changes = case.objects.changes(uri, window.from, until);
    let value = DataVersion::of(live.iter().map(|live| object(uri, live.key, live.version)).collect());
    let corroborated = !live.is_empty() && live.iter().all(|live| live.version.is_corroborated());
    let grade = grade::version(known, corroborated, !changes.is_empty());
    let mut why = describe(known, &reach);
    if corroborated && changes.is_empty() {
        why.push_str("; a second record fixes each version");
    }
    if matches!(known, Knowledge::Versions { may_have_lost: false }) && !case.objects.knows_lifecycle(&uri.bucket) {
        why.push_str("; whether lifecycle rules remove old versions is not in the evidence");
    }
    let missing = match known {
        Knowledge::Versions { .. } => None,
        _ => Some(listing_of(uri)),
    };
    let claim = if changes.is_empty() {
        Claim::that(value, grade, why, cites)
    } else {
        let after = case.objects.live(uri, until);
        let other = DataVersion::of(after.iter().map(|live| object(uri, live.key, live.version)).collect());
        let changed = case.objects.cites_of_all(&after, changes.iter().flat_map(|change| case.objects.cites_of(change.version)));
        let conflict = changed.map(|evidence| Conflict { value: other, evidence });
        let why =
            format!("{why}; {} change(s) were made while the job read: this is what lay there when it began", changes.len());
        Claim::that(value, grade, why, cites).or_else_fits(conflict)
    };
    claim.lacking(missing)
}

/// Objects that were overwritten after the job read them, in a bucket that keeps no versions, say nothing of what it read; nor do
/// objects of which nothing tells when they were written, as in what `aws s3 ls` prints.
fn hidden(case: &Case, uri: &S3Uri, obscured: &[(&str, bool)], reach: &Reach) -> Claim<DataVersion> {
    let keeps_versions = reach.versions.is_empty() && reach.inventories.is_empty();
    let later: Vec<&str> = obscured.iter().filter(|(_, is_dated)| *is_dated).map(|(key, _)| *key).collect();
    let undated: Vec<&str> = obscured.iter().filter(|(_, is_dated)| !is_dated).map(|(key, _)| *key).collect();
    let missing = if keeps_versions && (!undated.is_empty() || !never_versioned(case, uri)) {
        listing_of(uri)
    } else {
        GapKey::Overwritten { bucket: uri.bucket.to_string(), prefix: uri.key.to_string() }
    };
    let some = |keys: &[&str]| Some(format!("{} object(s), such as `{}`,", keys.len(), keys.first()?));
    let later = some(&later).map(|some| format!("{some} were written after the job read"));
    let undated = some(&undated).map(|some| format!("when {some} were written is not known"));
    let why = [later, undated].into_iter().flatten().collect::<Vec<_>>().join("; ");
    let why = format!("{why}; what lay there before is not in the evidence");
    Claim::unknown(why, [missing]).citing(reach_cites(reach))
}

fn never_versioned(case: &Case, uri: &S3Uri) -> bool {
    use crate::fact::object::Versioning;
    case.objects
        .settings(&uri.bucket)
        .iter()
        .any(|said| matches!(said.says.versioning, Some(Versioning::Never | Versioning::Suspended)))
}

fn describe(known: Knowledge, reach: &Reach) -> String {
    let doubt = if reach.doubts.is_empty() { String::new() } else { format!(", but {}", reach.doubts.join("; ")) };
    match known {
        Knowledge::Versions { .. } => format!("a listing of all versions shows what lay there when the job read{doubt}"),
        Knowledge::UnchangedObject | Knowledge::UnchangedObjects => {
            "every object listed later was last modified before the job read; objects deleted since are not in the list"
                .to_owned()
        }
        Knowledge::Writes | Knowledge::NameOnly => {
            "records of writes show what lay there; whether they are all there is not known".to_owned()
        }
    }
}

fn cites(case: &Case, job: &Job, live: &[Live<'_>], reach: &Reach) -> Option<Citations> {
    // A set of thousands of objects is cited by its listings and its first objects; the value itself names them all.
    let few = &live[..live.len().min(20)];
    let of_job = job.cites(|says| !says.inputs.is_empty() || !says.course().phases.is_empty()).into_iter().flatten();
    case.objects.cites_of_all(few, reach_cites(reach).chain(of_job))
}

fn object(place: &S3Uri, key: &str, version: &Version) -> DataObject {
    DataObject {
        bucket: place.bucket.to_string(),
        key: key.to_owned(),
        version_id: version.id.as_deref().map(str::to_owned),
        etag: version.etag.as_deref().map(str::to_owned),
        size: version.size,
        last_modified: version.modified.or(version.written),
        written_by: version.by.as_ref().map(|by| by.actor().to_owned()),
    }
}

/// Claims the version of a manifest and the objects it names.
fn of_manifest(case: &Case, job: &Job, uri: &S3Uri, window: ReadWindow) -> Claim<DataVersion> {
    let by_name = |said: &&Said<ManifestStatement>| {
        said.says.uri.is_none()
            && (said.says.path.ends_with(&format!("/{}", uri.key)) || said.says.path.ends_with(&format!("/{}", uri.file_name())))
    };
    let manifest =
        case.manifests.iter().find(|said| said.says.uri.as_ref() == Some(uri)).or_else(|| case.manifests.iter().find(by_name));
    let own = of_place(case, job, uri, window);
    let Some(manifest) = manifest else {
        let missing = GapKey::Manifest { bucket: uri.bucket.to_string(), key: uri.key.to_string() };
        return match own.value() {
            Some(_) => own
                .at_most(Grade::C, "this is the manifest itself; the objects it names are not in the evidence")
                .lacking([missing]),
            None => own.lacking([missing]),
        };
    };
    let mut parts = Parts {
        grade: own.grade(),
        objects: Vec::new(),
        citations: vec![manifest.cite.clone()],
        missing: own.missing().to_vec(),
        changed: 0,
    };
    parts.citations.extend(own.evidence().cloned());
    match own.value() {
        Some(version) => parts.objects.extend(version.objects.iter().filter(|object| object.key == *uri.key).cloned()),
        None => parts.grade = Grade::C,
    }
    let mut why =
        format!("the manifest and the {} object(s) it names, as they lay there when the job read", manifest.says.objects.len());
    if !is_what_was_read(case, manifest, uri, window) {
        parts.grade = parts.grade.weaker(Grade::C);
        why.push_str("; nothing shows that the manifest here is the version that was read");
    }
    if manifest.says.objects.is_empty() {
        parts.grade = parts.grade.weaker(Grade::C);
        why.push_str("; it names no object");
    }
    for named in &manifest.says.objects {
        parts.add(case, named, window);
    }
    if parts.changed > 0 {
        why = format!("{why}; {} of them changed while it read", parts.changed);
    }
    if parts.grade == Grade::U {
        let why = "versions of objects that the manifest names are not in the evidence";
        return Claim::unknown(why, parts.missing).citing(parts.citations);
    }
    match Citations::from_all(parts.citations) {
        Some(cites) => Claim::that(DataVersion::of(parts.objects), parts.grade, why, cites).lacking(parts.missing),
        None => Claim::unknown("nothing tells which objects lay there", [listing_of(uri)]),
    }
}

/// The objects that a manifest names, as far as they are known.
struct Parts {
    grade: Grade,
    objects: Vec<DataObject>,
    citations: Vec<Citation>,
    missing: Vec<GapKey>,
    changed: usize,
}

impl Parts {
    /// Adds one object by its very key.
    fn add(&mut self, case: &Case, named: &S3Uri, window: ReadWindow) {
        let Some(version) = case.objects.live_object(named, window.from) else {
            self.grade = Grade::U;
            self.missing.push(listing_of(named));
            return;
        };
        let reach = case.objects.reach(named, window.from, window.to);
        let (known, _) = knowledge(&reach, version);
        let until = window.to.or(case.as_of).unwrap_or(window.from);
        let changed = case.objects.changes(named, window.from, until).iter().any(|change| change.key == &*named.key);
        self.changed += usize::from(changed);
        self.grade = self.grade.weaker(grade::version(known, version.is_corroborated(), changed));
        if matches!(known, Knowledge::Writes | Knowledge::NameOnly) {
            self.missing.push(listing_of(named));
        }
        // A set of thousands of objects is cited by its listings and its first objects; the value itself names them all.
        if self.objects.len() < 20 {
            self.citations.extend(case.objects.cites_of(version));
        }
        self.citations.extend(reach_cites(&reach));
        self.objects.push(object(named, &named.key, version));
    }
}

/// Returns whether a manifest in the evidence was copied from its place while the version lay there that the job read.
fn is_what_was_read(case: &Case, manifest: &Said<ManifestStatement>, uri: &S3Uri, window: ReadWindow) -> bool {
    let Some(copied) = manifest.cite.time.filter(|_| manifest.says.uri.as_ref() == Some(uri)) else { return false };
    let (then, now) = (case.objects.live_object(uri, window.from), case.objects.live_object(uri, copied));
    then.zip(now).is_some_and(|(then, now)| then.is_same_as(now))
        && case.objects.reach(uri, window.from, Some(copied)).doubts.is_empty()
}

/// Claims the job that produced an input.
fn produced_by(case: &Case, job: &Job, input: &JobInput) -> Claim<Arn> {
    let missing = |at: Option<Instant>| GapKey::Jobs(JobKind::Processing, Place::of(&job.arn), None, at);
    let Some(uri) = &input.uri else { return Claim::unknown("the input does not lie in S3", [missing(job.created)]) };
    let Some(window) = job.read_window(input.mode) else {
        return Claim::unknown("when the job read it is not known", [missing(job.created)]);
    };
    let live = case.objects.live(uri, window.from);
    if let Some(claim) = by_definition(case, job, uri) {
        return claim;
    }
    let candidates = writers(case, job, uri, window.from);
    // The job in whose time the newest objects were written produced what was read.
    let newest = live.iter().filter_map(|live| live.version.visible()).max();
    let written_by = |candidate: &&&Job| {
        newest.zip(candidate.write_window()).is_some_and(|(newest, (from, to))| newest >= from && newest <= to)
    };
    let Some(producer) = candidates.iter().find(written_by).or_else(|| candidates.first().filter(|_| live.is_empty())) else {
        return outside(case, job, uri, &live, missing(Some(window.from)));
    };
    let own: Vec<Citation> = producer.cites(|says| !says.outputs.is_empty()).into_iter().flatten().collect();
    let logged: Vec<&Live<'_>> = live
        .iter()
        .filter(|live| {
            let version = live.version;
            let by_role = version.by.as_ref().is_some_and(|by| {
                by.is_inside_sagemaker() && by.role.as_deref() == producer.role.as_deref() && producer.role.is_some()
            });
            let in_time = version
                .visible()
                .zip(producer.write_window())
                .is_some_and(|(visible, (from, to))| visible >= from && visible <= to);
            version.is_corroborated() && by_role && in_time
        })
        .collect();
    let cites = own.into_iter().chain(logged.iter().take(20).flat_map(|live| case.objects.cites_of(live.version)));
    let Some(cites) = Citations::from_all(cites.chain(live.iter().take(1).flat_map(|live| case.objects.cites_of(live.version))))
    else {
        return Claim::unknown("nothing tells what wrote it", [missing(Some(window.from))]);
    };
    if !logged.is_empty() && logged.len() == live.len() {
        let why = "its role wrote these very versions under its output while it ran";
        return Claim::that(producer.arn.clone(), Grade::B, why, cites);
    }
    let why = if live.is_empty() {
        "its output lies there, and it ended before the job read"
    } else {
        "its output lies there, and the newest objects were written while it ran"
    };
    Claim::that(producer.arn.clone(), Grade::C, why, cites)
}

/// Returns the jobs whose output covers a place and that ended before it was read, the latest first.
fn writers<'a>(case: &'a Case, reader: &Job, uri: &S3Uri, before: Instant) -> Vec<&'a Job> {
    let mut writers: Vec<&Job> = case
        .jobs
        .iter()
        .filter(|job| {
            job.arn.key() != reader.arn.key()
                && matches!(job.status, Some(JobStatus::Completed | JobStatus::Stopped | JobStatus::Failed))
        })
        .filter(|job| {
            job.outputs
                .iter()
                .filter_map(|output| output.uri.as_ref())
                .any(|output| output.is_folder_of(uri) || uri.is_folder_of(output) || uri.is_prefix_of(output))
        })
        .filter(|job| job.ended.is_some_and(|ended| ended <= before.plus(60)))
        .collect();
    writers.sort_by(|left, right| right.ended.cmp(&left.ended).then_with(|| left.arn.cmp(&right.arn)));
    writers
}

/// Claims the producer that the pipeline's definition names: the step whose result the training step refers to.
fn by_definition(case: &Case, job: &Job, uri: &S3Uri) -> Option<Claim<Arn>> {
    let (execution, step) = case.pipelines.steps_of(&job.arn).find(|(_, step)| step.taken_from.is_none())?;
    let defined = case.pipelines.definition_of(execution)?;
    let uses = &defined.definition.steps.iter().find(|defined| defined.name == step.name)?.uses;
    for name in uses {
        let Some(producing) = execution.steps.iter().find(|other| other.name == *name) else { continue };
        let computed = case.pipelines.computed_by(execution, producing);
        let Some(made) = computed.step.and_then(|step| step.made.clone()).or_else(|| producing.made.clone()) else { continue };
        let Some(producer) = case.jobs.get(&made, None) else { continue };
        let covers = producer
            .outputs
            .iter()
            .filter_map(|output| output.uri.as_ref())
            .any(|output| output.is_folder_of(uri) || uri.is_folder_of(output));
        if covers {
            let cites = Citations::from_all([defined.cite.clone(), step.cite.clone()].into_iter().chain(computed.cites))?;
            let why = if computed.passed.is_empty() {
                "the pipeline's definition feeds its output to this step"
            } else if producing.is_cache_hit {
                "the pipeline's definition feeds its output to this step, which took it from cache"
            } else {
                "the pipeline's definition feeds its output to this step, which took it of an earlier run"
            };
            return Some(Claim::that(producer.arn.clone(), Grade::B, why, cites).via(computed.passed));
        }
    }
    None
}

/// Claims that no `SageMaker` job wrote an input, where data events name who did.
fn outside(case: &Case, job: &Job, uri: &S3Uri, live: &[Live<'_>], missing: GapKey) -> Claim<Arn> {
    let written: Vec<&Live<'_>> =
        live.iter().filter(|live| live.version.by.as_ref().is_some_and(|by| !by.is_inside_sagemaker())).collect();
    if !live.is_empty() && written.len() == live.len() {
        let who = written.first().and_then(|live| live.version.by.as_ref()).map(|by| by.actor().to_owned()).unwrap_or_default();
        if let Some(cites) = Citations::from_all(written.iter().take(20).flat_map(|live| case.objects.cites_of(live.version))) {
            return Claim::that_none(Grade::B, format!("{who} wrote it, no SageMaker job did"), cites);
        }
    }
    let listed = case.coverage.lists(crate::fact::call::Listed::ProcessingJobs, job.arn.account(), job.arn.region()).next();
    if let Some(list) = listed
        && let Some(cites) = Citations::from_all([list.cite.clone()])
    {
        let why = format!("no processing job in the evidence writes to {uri}");
        return Claim::that_none(Grade::C, why, cites);
    }
    Claim::unknown(format!("no job in the evidence writes to {uri}"), [missing])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str, version: Option<&str>, etag: Option<&str>, size: Option<u64>) -> DataObject {
        let text = |part: Option<&str>| part.map(str::to_owned);
        DataObject {
            bucket: "b".to_owned(),
            key: key.to_owned(),
            version_id: text(version),
            etag: text(etag),
            size,
            last_modified: None,
            written_by: None,
        }
    }

    #[test]
    fn the_fingerprint_is_what_the_interface_says() {
        // printf 'b/a\\tb\tv1\te1\t3\nb/z\t\t\t\n' | sha256sum
        let objects = [object("z", None, None, None), object("a\tb", Some("v1"), Some("e1"), Some(3))];
        let version = DataVersion::of(objects.to_vec());
        let lines = "b/a\\tb\tv1\te1\t3\nb/z\t\t\t\n";
        assert_eq!(version.fingerprint, hex::lower(&Sha256::digest(lines.as_bytes())));
        assert_eq!(version.objects[0].key, "a\tb");
    }
}
