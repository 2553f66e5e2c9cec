//! From objects to the jobs that read them, and from jobs to the objects that they wrote.

use std::collections::BTreeMap;

use super::super::Case;
use super::super::claim::{Claim, Grade};
use super::super::gap::GapKey;
use super::super::jobs::{Job, ReadWindow};
use super::super::lineage::{self, Artifact, Channel, DataObject, DataVersion, Source};
use super::super::objects::Version;
use super::{Graph, Hop, Node, Step};
use crate::evidence::citation::Citations;
use crate::fact::job::{InputMode, InputRole};
use crate::fact::s3::S3Uri;
use crate::time::Instant;

/// Returns when a version was replaced, deleted or destroyed; nothing while it is what readers see.
pub(super) fn until(versions: &[Version], position: usize) -> Option<Instant> {
    let replaced = versions.get(position + 1..).into_iter().flatten().find_map(Version::visible);
    let destroyed = versions.get(position).and_then(|version| version.destroyed);
    [replaced, destroyed].into_iter().flatten().min()
}

/// Returns every place that a job may read, declared or named.
pub(super) fn places(case: &Case, job: &Job) -> Vec<S3Uri> {
    let declared = job.inputs.iter().filter_map(|input| input.uri.clone());
    let listed = job.inputs.iter().filter_map(|input| input.uri.as_ref()).flat_map(|uri| {
        let names_it = |path: &str| path.ends_with(&format!("/{}", uri.file_name()));
        let manifests = case.manifests.iter().filter(move |said| match &said.says.uri {
            Some(own) => own == uri,
            None => names_it(&said.says.path),
        });
        manifests.flat_map(|said| said.says.objects.clone())
    });
    let named = lineage::named_data(job).into_iter().map(|(_, uri)| uri);
    let (source, _) = lineage::job_code(case, job);
    let source = source.value().and_then(|source| S3Uri::parse(&source.uri));
    let mut places: Vec<S3Uri> = declared.chain(listed).chain(named).chain(source).collect();
    places.sort();
    places.dedup();
    places
}

/// Returns whether a recorded identity is that of a version.
fn is_version(version: &Version, id: Option<&str>, etag: Option<&str>) -> bool {
    match (version.id.as_deref(), id) {
        (Some(own), Some(other)) => own == other,
        (None, None) => etag.is_some() && version.etag.as_deref() == etag,
        _ => false,
    }
}

/// Returns whether a claim's artifact is a version of an object.
pub(super) fn is_artifact(artifact: &Artifact, place: &S3Uri, version: &Version) -> bool {
    S3Uri::parse(&artifact.uri).as_ref() == Some(place)
        && is_version(version, artifact.version_id.as_deref(), artifact.etag.as_deref())
}

fn is_source(source: &Source, place: &S3Uri, version: &Version) -> bool {
    S3Uri::parse(&source.uri).as_ref() == Some(place) && is_version(version, source.version_id.as_deref(), source.etag.as_deref())
}

/// Returns whether a data version holds a version of an object.
fn holds(data: &DataVersion, place: &S3Uri, version: &Version) -> bool {
    let key = |object: &DataObject| (object.bucket.clone(), object.key.clone());
    let wanted = (place.bucket.to_string(), place.key.to_string());
    let first = data.objects.partition_point(|object| key(object) < wanted);
    data.objects[first..]
        .iter()
        .take_while(|object| key(object) == wanted)
        .any(|object| is_version(version, object.version_id.as_deref(), object.etag.as_deref()))
}

/// Returns whether a version may have lain in its place in a window, as far as is known of both.
fn may_be_read(version: &Version, until: Option<Instant>, window: Option<ReadWindow>) -> bool {
    let Some(window) = window else { return true };
    let later = version.visible().zip(window.to).is_some_and(|(visible, to)| visible > to);
    let earlier = until.is_some_and(|until| until <= window.from);
    !later && !earlier
}

impl Graph<'_> {
    /// Hops from a version of an object: to jobs that read it, models it is the bytes of, endpoints that name its place, copies.
    pub(super) fn of_object(&self, place: &S3Uri, position: usize) -> Vec<Step> {
        let versions = self.case.objects.versions(place);
        let Some(version) = versions.get(position) else { return Vec::new() };
        let until = until(versions, position);
        let mut steps = Vec::new();
        for (job, places) in self.places.iter().enumerate() {
            if !places.iter().any(|own| own.is_prefix_of(place)) {
                continue;
            }
            let read = self.data(job).iter().filter_map(|channel| self.read(job, channel, place, version, until));
            let ran = self.ran(job, place, version, until);
            steps.extend(read.chain(ran).map(|hop| Step::new(Node::Job(job), hop)));
        }
        steps.extend(self.made_of(place, version));
        steps.extend(self.online(place, version, until));
        steps.extend(self.copied(place, version, until));
        steps
    }

    /// Returns the hop to a job that read a version as one of its channels.
    fn read(&self, job: usize, channel: &Channel, place: &S3Uri, version: &Version, until: Option<Instant>) -> Option<Hop> {
        let claim = &channel.version;
        let cites = || self.jobs[job].cites(|says| !says.inputs.is_empty());
        let why = |words: &str| format!("{words} {}: {}", channel.channel, claim.why());
        if let Some(data) = claim.value() {
            if holds(data, place, version) {
                return Hop::of(claim, why("read it as"), cites);
            }
            let other = claim.conflicts().iter().find(|conflict| holds(&conflict.value, place, version))?;
            let hop = Hop::of(claim, why("may have read it as"), cites)?.at_most(Grade::C);
            return Some(Hop { evidence: hop.evidence.clone().and(other.evidence.clone()), ..hop });
        }
        let covers = S3Uri::parse(&channel.uri).is_some_and(|uri| uri.is_prefix_of(place));
        (covers && may_be_read(version, until, channel.read_at))
            .then(|| Hop::of(claim, why("may have read it as"), cites))
            .flatten()
    }

    /// Returns the hop to a job whose code a version is.
    fn ran(&self, job: usize, place: &S3Uri, version: &Version, until: Option<Instant>) -> Option<Hop> {
        let own = self.jobs[job];
        let (claim, _) = self.code(job);
        if claim.value().is_some_and(|source| is_source(source, place, version)) {
            return Hop::of(claim, format!("ran it as its code: {}", claim.why()), || None);
        }
        let is_claimed = claim.value().and_then(|source| S3Uri::parse(&source.uri)).is_some_and(|uri| uri == *place);
        let covers = |uri: &S3Uri| uri.is_prefix_of(place);
        let input = own
            .inputs
            .iter()
            .filter(|input| input.role == InputRole::Code && !is_claimed)
            .find(|input| input.uri.as_ref().is_some_and(covers))?;
        let window = own.read_window(InputMode::File)?;
        let lay =
            version.visible().is_some_and(|visible| visible <= window.from) && until.is_none_or(|until| until > window.from);
        let why = format!("took its code from there ({}), and this version lay there then", input.name);
        let cites = own.cites(|says| !says.inputs.is_empty())?.and(self.case.objects.cites_of(version));
        lay.then(|| Hop::new(Grade::C, why, cites))
    }

    /// Hops to copies that were made while a version lay in its place.
    fn copied(&self, place: &S3Uri, version: &Version, until: Option<Instant>) -> Vec<Step> {
        let mut steps = Vec::new();
        for (to, position) in self.copies.get(place).into_iter().flatten() {
            let Some(copy) = self.case.objects.versions(to).get(*position) else { continue };
            let (Some(at), Some(visible)) = (copy.visible(), version.visible()) else { continue };
            if visible > at || until.is_some_and(|until| until <= at) {
                continue;
            }
            let (grade, why) = if copy.etag.is_some() && copy.etag == version.etag {
                (Grade::B, "it was copied there, and the ETag is the same")
            } else {
                (
                    Grade::C,
                    "it was copied there while this version lay in its place; the copy does not tell of which version it is",
                )
            };
            let cites = self.case.objects.cites_of(version).into_iter().chain(self.case.objects.cites_of(copy));
            if let Some(cites) = Citations::from_all(cites) {
                steps.push(Step::new(Node::Object(to.clone(), *position), Hop::new(grade, why, cites)));
            }
        }
        steps
    }

    /// Hops from a job to what it wrote.
    pub(super) fn written(&self, job: usize) -> Vec<Step> {
        let own = self.jobs[job];
        let outputs = own.outputs.iter().filter_map(|output| output.uri.as_ref()).map(|uri| (uri, false));
        let artifact = own.artifact.as_ref();
        let all = outputs.chain(artifact.map(|artifact| (&artifact.uri, artifact.derived)));
        let mut steps = Vec::new();
        for (uri, derived) in all {
            for (key, versions) in self.case.objects.under(uri) {
                let place = S3Uri::new(&uri.bucket, key);
                if !uri.is_folder_of(&place) {
                    continue;
                }
                for (position, version) in versions.iter().enumerate() {
                    let hop = wrote(self.case, own, version).map(|hop| hop.at_most(if derived { Grade::C } else { Grade::B }));
                    steps.extend(hop.map(|hop| Step::new(Node::Object(place.clone(), position), hop)));
                }
            }
        }
        // Where no version of its artifact is known, the place stands for it: it holds the job's name.
        if let Some(artifact) = artifact.filter(|artifact| self.case.objects.versions(&artifact.uri).is_empty())
            && let Some(cites) = own.cites(|says| says.course().artifact.is_some() || says.output_path.is_some())
        {
            let why = "the job names this place as its artifact; no version of it is in the evidence";
            let listing =
                GapKey::ObjectVersions { bucket: artifact.uri.bucket.to_string(), prefix: artifact.uri.key.to_string() };
            let hop = Hop { missing: vec![listing], ..Hop::new(Grade::C, why, cites) };
            steps.push(Step::new(Node::Place(artifact.uri.clone()), hop));
        }
        steps
    }

    /// Hops from a job to the jobs whose input it produced, as lineage claims it.
    pub(super) fn fed(&self, job: usize) -> Vec<Step> {
        let own = self.jobs[job];
        let outputs: Vec<&S3Uri> = own.outputs.iter().filter_map(|output| output.uri.as_ref()).collect();
        let meets = |place: &S3Uri| {
            outputs.iter().any(|output| output.is_folder_of(place) || place.is_folder_of(output) || place.is_prefix_of(output))
        };
        let mut steps = Vec::new();
        for (reader, places) in self.places.iter().enumerate() {
            if reader == job || !places.iter().any(meets) {
                continue;
            }
            for channel in self.data(reader) {
                let claim = &channel.produced_by;
                if claim.value().is_none_or(|arn| arn.key() != own.arn.key()) {
                    continue;
                }
                let hop = Hop::of(claim, format!("read what it wrote as {}: {}", channel.channel, claim.why()), || None);
                // What a job only names, it may not have read at all.
                let ceiling = match (channel.is_declared, channel.version.grade()) {
                    (true, _) => Grade::A,
                    (false, grade) => grade.min(Grade::D),
                };
                steps.extend(hop.map(|hop| Step::new(Node::Job(reader), hop.at_most(ceiling))));
            }
        }
        steps
    }

    /// Hops from a place of which no version is known: to jobs that read exactly this.
    pub(super) fn of_place(&self, place: &S3Uri) -> Vec<Step> {
        let mut steps = Vec::new();
        for (job, places) in self.places.iter().enumerate() {
            if !places.contains(place) {
                continue;
            }
            let own = self.jobs[job];
            if let Some(cites) = own.cites(|says| !says.inputs.is_empty() || !says.hyperparameters.is_empty()) {
                let why = "reads this very place; which bytes lay there is not in the evidence";
                steps.push(Step::new(Node::Job(job), Hop::new(Grade::C, why, cites)));
            }
        }
        steps
    }

    /// Returns the hop to a job that may have read something of a place of which no version is known: for sure where it reads that
    /// very place or something under it, else only perhaps.
    pub(super) fn may_read(&self, job: usize, place: &S3Uri, any_version: bool) -> Option<Hop> {
        let own = self.jobs[job];
        let is_folder = place.key.is_empty() || place.key.ends_with('/');
        let inside = |uri: &S3Uri| uri == place || (is_folder && place.is_prefix_of(uri));
        let touches = |uri: &S3Uri| inside(uri) || uri.is_prefix_of(place);
        let cites =
            || own.cites(|says| !says.inputs.is_empty() || !says.environment.is_empty() || !says.hyperparameters.is_empty());
        let channel = self.data(job).iter().find_map(|channel| {
            let uri = S3Uri::parse(&channel.uri).filter(|uri| touches(uri))?;
            channel.version.value().is_none().then_some((channel, uri))
        });
        if let Some((channel, uri)) = channel {
            let claim: &Claim<DataVersion> = &channel.version;
            let hop = Hop::of(claim, format!("may have read it as {}: {}", channel.channel, claim.why()), cites)?;
            let grade = match (any_version && inside(&uri), channel.is_declared) {
                (true, true) => Grade::C,
                (true, false) => Grade::D,
                (false, _) => Grade::U,
            };
            let words = if grade == Grade::U { "may have read it as" } else { "reads this place as" };
            return Some(Hop { grade, why: format!("{words} {}: {}", channel.channel, claim.why()), ..hop });
        }
        let (claim, _) = self.code(job);
        let source = claim.value().filter(|source| source.version_id.is_none() && source.etag.is_none())?;
        let uri = S3Uri::parse(&source.uri).filter(touches)?;
        let grade = if any_version && inside(&uri) { Grade::C } else { Grade::U };
        let hop = Hop::of(claim, format!("takes its code from there: {}", claim.why()), || None)?;
        Some(Hop { grade, ..hop })
    }
}

/// Returns the hop from a job to a version that appeared under its output while it ran; none where somebody else wrote it.
fn wrote(case: &Case, job: &Job, version: &Version) -> Option<Hop> {
    let (from, to) = job.write_window()?;
    let visible = version.visible().filter(|visible| *visible >= from && *visible <= to && !version.marker)?;
    let cites =
        job.cites(|says| !says.outputs.is_empty() || says.course().artifact.is_some())?.and(case.objects.cites_of(version));
    match &version.by {
        Some(by)
            if by.is_inside_sagemaker()
                && by.role.as_deref() == job.role.as_deref()
                && job.role.is_some()
                && version.is_corroborated() =>
        {
            Some(Hop::new(Grade::B, "its role wrote this very version under its output while it ran", cites))
        }
        Some(by)
            if !by.is_inside_sagemaker()
                || (job.role.is_some() && by.role.is_some() && by.role.as_deref() != job.role.as_deref()) =>
        {
            None
        }
        _ => Some(Hop::new(Grade::C, format!("it appeared under its output at {visible}, while it ran"), cites)),
    }
}

/// Returns all copies, by what they were copied from.
pub(super) fn copies(case: &Case) -> BTreeMap<S3Uri, Vec<(S3Uri, usize)>> {
    let mut copies: BTreeMap<S3Uri, Vec<(S3Uri, usize)>> = BTreeMap::new();
    for (place, versions) in case.objects.iter() {
        for (position, version) in versions.iter().enumerate() {
            if let Some(from) = &version.copied_from {
                copies.entry(from.clone()).or_default().push((place.clone(), position));
            }
        }
    }
    copies
}
