//! Where a question starts: what it names, and the jobs and models that used it.

use std::collections::BTreeSet;

use super::super::claim::{Claim, Grade};
use super::super::lineage::Image;
use super::{Absent, Graph, Hop, Node, Question, Start};
use crate::evidence::citation::Citations;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::commit::agree;
use crate::fact::image::{ImageRef, ImageWhat};
use crate::fact::s3::S3Uri;

/// Candidates named in a message.
const NAMED: usize = 10;

/// Returns where a question starts.
pub(super) fn of(graph: &Graph<'_>, question: &Question) -> Result<Vec<Start>, Absent> {
    match question {
        Question::Object { place, version } => objects(graph, place, version.as_deref()),
        Question::Commit(commit) => commits(graph, commit),
        Question::Digest(digest) => digests(graph, digest),
        Question::Image(image) => images(graph, image),
        Question::Models(keys) | Question::Packages(keys) => releases(graph, keys),
    }
}

impl Start {
    fn at(node: Node) -> Self {
        Self { node, hop: None, during: None }
    }

    fn by(node: Node, hop: Hop) -> Self {
        Self { node, hop: Some(hop), during: None }
    }
}

/// Starts from versions of objects; where the evidence knows none, from what names the place.
fn objects(graph: &Graph<'_>, place: &S3Uri, version: Option<&str>) -> Result<Vec<Start>, Absent> {
    let objects = &graph.case.objects;
    let is_folder = place.key.is_empty() || place.key.ends_with('/');
    let mut starts = Vec::new();
    let mut ids = Vec::new();
    for (key, versions) in objects.under(place).filter(|(key, _)| is_folder || *key == &*place.key) {
        let own = S3Uri::new(&place.bucket, key);
        for (position, known) in versions.iter().enumerate().filter(|(_, version)| !version.marker) {
            let id = known.id.as_deref().unwrap_or("null");
            if version.is_none_or(|wanted| wanted == id) {
                starts.push(Start::at(Node::Object(own.clone(), position)));
            }
            ids.push(id.to_owned());
        }
    }
    if version.is_some() && starts.is_empty() && !ids.is_empty() {
        ids.truncate(NAMED);
        return Err(Absent::Unknown(ids.into_iter().map(|id| format!("{place}?versionId={id}")).collect()));
    }
    let any_version = version.is_none();
    for job in 0..graph.jobs.len() {
        let hop = graph.may_read(job, place, any_version).filter(|_| starts_unseen(graph, place, is_folder));
        starts.extend(hop.map(|hop| Start::by(Node::Job(job), hop)));
    }
    if starts_unseen(graph, place, is_folder) {
        for release in 0..graph.releases.len() {
            let hop = graph.may_be_made_of(release, place, any_version);
            starts.extend(hop.map(|hop| Start::by(Node::Release(release), hop)));
        }
        starts.extend(graph.may_use(place, any_version).into_iter().map(|(span, hop)| Start::by(Node::Span(span), hop)));
    }
    if starts.is_empty() && !graph.names(place, is_folder) {
        return Err(Absent::Unknown(near(graph, place)));
    }
    Ok(starts)
}

/// Returns whether the evidence knows no version of what a place holds: then names are all there is to go by.
fn starts_unseen(graph: &Graph<'_>, place: &S3Uri, is_folder: bool) -> bool {
    !graph.case.objects.under(place).any(|(key, _)| is_folder || key == &*place.key)
}

/// Returns places like one that is not in the evidence: the folder of that name, what its folder holds, what jobs name.
fn near(graph: &Graph<'_>, place: &S3Uri) -> Vec<String> {
    let folder = S3Uri::new(&place.bucket, &format!("{}/", place.key.trim_end_matches('/')));
    if graph.case.objects.under(&folder).next().is_some() {
        return vec![folder.to_string()];
    }
    let key = place.key.trim_end_matches('/');
    let above = S3Uri::new(&place.bucket, key.rsplit_once('/').map_or("", |(above, _)| above));
    let keys = graph.case.objects.under(&above).map(|(key, _)| S3Uri::new(&place.bucket, key).to_string());
    keys.take(NAMED).collect()
}

/// Starts from jobs and models whose commit agrees.
fn commits(graph: &Graph<'_>, commit: &str) -> Result<Vec<Start>, Absent> {
    let mut starts = Vec::new();
    let built = graph.case.builds.iter().filter_map(|said| said.says.commit.clone());
    let checked_out = graph.case.run_logs.iter().filter_map(|said| Some(said.says.commit()?.commit.clone()));
    let mut all: BTreeSet<String> = built.chain(checked_out).collect();
    let mut known: BTreeSet<String> = all.iter().filter(|own| agree(own, commit)).cloned().collect();
    let mut take = |claim: &Claim<String>| {
        let values = claim.value().into_iter().chain(claim.conflicts().iter().map(|side| &side.value));
        all.extend(values.clone().cloned());
        known.extend(values.filter(|value| agree(value, commit)).cloned());
        stated(claim, commit)
    };
    let contradicted: Vec<ArnKey> = graph
        .releases
        .iter()
        .filter(|release| release.code.commit.grade() == Grade::X && stated(&release.code.commit, commit).is_some())
        .filter_map(|release| release.training_job.value().map(Arn::key))
        .collect();
    for (position, job) in graph.jobs.iter().enumerate() {
        let hop = take(&super::lineage::job_commit(graph.case, job));
        // What the model says against it counts against the job as well.
        let ceiling = if contradicted.contains(&job.arn.key()) { Grade::X } else { Grade::A };
        starts.extend(hop.map(|hop| Start::by(Node::Job(position), hop.at_most(ceiling))));
    }
    for (position, release) in graph.releases.iter().enumerate() {
        starts.extend(take(&release.code.commit).map(|hop| Start::by(Node::Release(position), hop)));
    }
    let longest = known.iter().max_by_key(|own| own.len()).cloned().unwrap_or_default();
    if known.iter().any(|own| !agree(own, &longest)) {
        return Err(Absent::Shared(known.into_iter().collect()));
    }
    if known.is_empty() {
        return Err(Absent::Unknown(all.into_iter().take(NAMED).collect()));
    }
    Ok(starts)
}

/// Returns the hop to what a commit is claimed of.
fn stated(claim: &Claim<String>, commit: &str) -> Option<Hop> {
    if claim.value().is_some_and(|own| agree(own, commit)) {
        return Hop::of(claim, format!("its commit, as it is recorded: {}", claim.why()), || None);
    }
    let side = claim.conflicts().iter().find(|side| agree(&side.value, commit))?;
    let hop = Hop::of(claim, format!("perhaps its commit: {}", claim.why()), || Some(side.evidence.clone()))?;
    Some(hop.at_most(Grade::X))
}

/// Starts from jobs and models that ran an image of a digest.
fn digests(graph: &Graph<'_>, digest: &str) -> Result<Vec<Start>, Absent> {
    let ran = |claim: &Claim<Image>, words: &str| {
        let is = |image: &Image| {
            image.digest.as_deref() == Some(digest)
                || ImageRef::parse(&image.uri).is_some_and(|own| own.digest.as_deref() == Some(digest))
        };
        if claim.value().is_some_and(is) {
            return Hop::of(claim, format!("{words}: {}", claim.why()), || None);
        }
        let side = claim.conflicts().iter().find(|side| is(&side.value))?;
        let hop = Hop::of(claim, format!("perhaps {words}; records do not agree: {}", claim.why()), || None)?;
        Some(Hop { evidence: hop.evidence.clone().and(side.evidence.clone()), ..hop }.at_most(Grade::X))
    };
    let mut starts = Vec::new();
    for job in 0..graph.jobs.len() {
        let (_, image) = graph.code(job);
        starts.extend(ran(image, "ran it").map(|hop| Start::by(Node::Job(job), hop)));
    }
    for (position, release) in graph.releases.iter().enumerate() {
        let hop = ran(&release.code.serving_image, "is served by it");
        starts.extend(hop.map(|hop| Start::by(Node::Release(position), hop)));
    }
    let listed = graph.case.images.iter().any(|said| said.says.digest.as_deref() == Some(digest));
    if starts.is_empty() && !listed {
        let all: BTreeSet<String> = graph.case.images.iter().filter_map(|said| said.says.digest.clone()).collect();
        return Err(Absent::Unknown(all.into_iter().take(NAMED).collect()));
    }
    Ok(starts)
}

/// Starts from jobs and models that were given an image by this name and tag, and from those that ran a digest which the tag named.
fn images(graph: &Graph<'_>, image: &ImageRef) -> Result<Vec<Start>, Absent> {
    if let Some(digest) = &image.digest {
        return digests(graph, digest);
    }
    let fits = |own: &ImageRef| {
        own.repository == image.repository
            && own.tag == image.tag
            && (image.registry.is_none() || own.registry.is_none() || own.registry == image.registry)
    };
    let is_named =
        |written: Option<&str>| written.and_then(ImageRef::parse).is_some_and(|own| own.digest.is_none() && fits(&own));
    let by_name = |cites: Citations, words: &str| Hop::new(Grade::B, format!("{words} by this name and tag"), cites);
    let mut starts = Vec::new();
    for (position, job) in graph.jobs.iter().enumerate().filter(|(_, job)| is_named(job.image.as_deref())) {
        let cites = job.cites(|says| says.image.is_some());
        starts.extend(cites.map(|cites| Start::by(Node::Job(position), by_name(cites, "names its image"))));
    }
    for (position, release) in graph.releases.iter().enumerate() {
        let claim = &release.code.serving_image;
        if is_named(claim.value().map(|image| image.uri.as_str())) {
            let cites = claim.citations().cloned();
            starts.extend(cites.map(|cites| Start::by(Node::Release(position), by_name(cites, "names its image"))));
        }
    }
    let statements = graph.case.images.iter().filter(|said| said.says.repository == image.repository);
    let here = statements.filter(|said| {
        let fits = |own: Option<&str>, other: Option<&str>| own.is_none() || other.is_none() || own == other;
        fits(said.says.account.as_deref(), image.account()) && fits(said.says.region.as_deref(), image.region())
    });
    let mut tags = BTreeSet::new();
    let mut digests_named = BTreeSet::new();
    for said in here {
        tags.extend(said.says.tag.clone());
        if said.says.tag == image.tag && matches!(said.says.what, ImageWhat::Tagged | ImageWhat::Listed { .. }) {
            digests_named.extend(said.says.digest.clone());
        }
    }
    for digest in &digests_named {
        let more = digests(graph, digest).unwrap_or_default().into_iter().filter_map(|start| {
            let hop = start.hop?.at_most(Grade::C);
            let why = format!("the tag named {digest} at some time; {}", hop.why);
            Some(Start::by(start.node, Hop { why, ..hop }))
        });
        starts.extend(more);
    }
    if starts.is_empty() && digests_named.is_empty() {
        return Err(Absent::Unknown(tags.into_iter().take(NAMED).map(|tag| format!("{}:{tag}", image.name())).collect()));
    }
    Ok(starts)
}

/// Starts from models or packages.
fn releases(graph: &Graph<'_>, keys: &BTreeSet<ArnKey>) -> Result<Vec<Start>, Absent> {
    let named = graph.releases.iter().enumerate().filter(|(_, release)| keys.contains(&release.arn.key()));
    let starts: Vec<Start> = named.map(|(position, _)| Start::at(Node::Release(position))).collect();
    if starts.is_empty() { Err(Absent::Unknown(Vec::new())) } else { Ok(starts) }
}

impl Graph<'_> {
    /// Returns whether a job names a place or something under it.
    fn names(&self, place: &S3Uri, is_folder: bool) -> bool {
        let is = |uri: &S3Uri| uri == place || (is_folder && place.is_prefix_of(uri));
        let written = self.jobs.iter().flat_map(|job| {
            let outputs = job.outputs.iter().filter_map(|output| output.uri.as_ref());
            outputs.chain(job.artifact.as_ref().map(|artifact| &artifact.uri))
        });
        self.places.iter().flatten().chain(written).any(is)
    }
}
