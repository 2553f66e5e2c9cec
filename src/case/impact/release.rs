//! From jobs to the models and packages they trained, and from those to what served them.

use super::super::Case;
use super::super::claim::Grade;
use super::super::freshness::containers;
use super::super::jobs::Job;
use super::super::lineage::Lineage;
use super::super::objects::Version;
use super::super::serving::{Bounds, Role, Span};
use super::data::is_artifact;
use super::{Graph, Hop, Interval, Node, Step, is_package};
use crate::evidence::citation::Citations;
use crate::fact::arn::Arn;
use crate::fact::job::JobKind;
use crate::fact::s3::S3Uri;
use crate::time::Instant;

/// A place or feature group that a served model names in its environment.
pub(super) struct Named {
    /// Position of the interval of serving.
    span: usize,
    /// The value: an S3 URI inside it, or the value itself.
    place: Option<S3Uri>,
    value: String,
    evidence: Citations,
}

/// Returns what served models name in their environment.
pub(super) fn named(case: &Case, spans: &[&Span]) -> Vec<Named> {
    let mut named = Vec::new();
    for (position, span) in spans.iter().enumerate() {
        let Some(model) = case.models.of(span) else { continue };
        let cites = model.cites(|says| says.containers.iter().any(|container| !container.environment.is_empty()));
        let Some(evidence) = cites.map(|cites| cites.and(span.evidence.iter().cloned())) else { continue };
        for value in containers(case, model).flat_map(|container| container.environment.values()) {
            let add = |place| Named { span: position, place, value: value.clone(), evidence: evidence.clone() };
            let places = S3Uri::find_all(value);
            if places.is_empty() {
                named.push(add(None));
            }
            named.extend(places.into_iter().map(|place| add(Some(place))));
        }
    }
    named
}

/// Returns the part of an interval of serving that lies after `from` and before `until`.
fn part(span: &Span, from: Option<Instant>, until: Option<Instant>) -> Option<Interval> {
    let instant = |at: Instant| Bounds { earliest: at, latest: at };
    let begins = from.map_or(span.from, |from| span.from.max(instant(from)));
    let ends = [span.to, until.map(instant)].into_iter().flatten().min();
    ends.is_none_or(|ends| ends.latest > begins.earliest).then_some((begins, ends))
}

impl Graph<'_> {
    /// Hops from a job: to what it wrote, to the jobs that read that, to models and packages, and to the pipeline runs that took it.
    pub(super) fn of_job(&self, position: usize) -> Vec<Step> {
        let job = self.jobs[position];
        let mut steps = self.written(position);
        steps.extend(self.fed(position));
        for (release, lineage) in self.releases.iter().enumerate() {
            steps.extend(self.trained(job, release, lineage));
        }
        for (execution, step) in self.case.pipelines.steps_of(&job.arn) {
            let why = if step.is_cache_hit {
                format!("its step {} took the result from cache", step.name)
            } else if step.taken_from.is_some() {
                format!("its step {} was not selected and took an earlier result", step.name)
            } else {
                format!("its step {} ran it", step.name)
            };
            let hop = Hop::new(Grade::B, why, Citations::one(step.cite.clone()));
            steps.push(Step::new(Node::Execution(execution.arn.key()), hop));
        }
        let groups = job.outputs.iter().filter_map(|output| output.feature_group.as_deref());
        for group in groups {
            for named in self.named.iter().filter(|named| named.place.is_none() && named.value == group) {
                let during = self.spans.get(named.span).and_then(|span| part(span, job.ended, None));
                let why =
                    "the served model's environment names the feature group it writes: nothing shows that the endpoint reads it";
                let step = Step::new(Node::Span(named.span), Hop::new(Grade::D, why, named.evidence.clone()));
                steps.extend(during.map(|during| Step { during: Some(during), ..step }));
            }
        }
        steps
    }

    /// Hops from a job to a model or package that it trained, and to the jobs that repacked what it made.
    fn trained(&self, job: &Job, release: usize, lineage: &Lineage) -> Vec<Step> {
        let claim = &lineage.training_job;
        let Some(trained) = claim.value() else { return Vec::new() };
        let is = |arn: &Arn| arn.key() == job.arn.key();
        let mut steps = Vec::new();
        if is(trained) {
            let hop = Hop::of(claim, format!("trained by it: {}", claim.why()), || None);
            steps.extend(hop.clone().map(|hop| Step::new(Node::Release(release), hop)));
            let repacked = claim.hops().iter().filter(|arn| arn.kind() == JobKind::Training.arn_kind());
            for arn in repacked {
                let position = self.jobs.iter().position(|other| other.arn.key() == arn.key());
                let hop = hop
                    .clone()
                    .map(|hop| Hop { why: "repacked what it made".to_owned(), via: Vec::new(), ..hop }.at_most(Grade::B));
                steps.extend(position.zip(hop).map(|(position, hop)| Step::new(Node::Job(position), hop)));
            }
        } else if claim.hops().iter().any(is) {
            let hop = Hop::of(claim, "repacked by it", || None).map(|hop| Hop { via: Vec::new(), ..hop }.at_most(Grade::B));
            steps.extend(hop.map(|hop| Step::new(Node::Release(release), hop)));
        }
        steps
    }

    /// Hops from a version of an object to models and packages whose bytes it is.
    pub(super) fn made_of(&self, place: &S3Uri, version: &Version) -> Vec<Step> {
        let mut steps = Vec::new();
        for (release, lineage) in self.releases.iter().enumerate() {
            let claim = &lineage.artifact;
            let hop = if claim.value().is_some_and(|artifact| is_artifact(artifact, place, version)) {
                Hop::of(claim, format!("made of it: {}", claim.why()), || None)
            } else if let Some(side) = claim.conflicts().iter().find(|side| is_artifact(&side.value, place, version)) {
                let hop = Hop::of(claim, format!("perhaps made of it: {}", claim.why()), || None);
                hop.map(|hop| Hop { evidence: hop.evidence.clone().and(side.evidence.clone()), ..hop }.at_most(Grade::X))
            } else {
                self.loaded(lineage, place, version)
            };
            steps.extend(hop.map(|hop| Step::new(Node::Release(release), hop)));
        }
        steps
    }

    /// Returns the hop to a model that loads a version beside its first artifact: in another container, or from a prefix.
    fn loaded(&self, lineage: &Lineage, place: &S3Uri, version: &Version) -> Option<Hop> {
        let model = self.case.models.get(&lineage.arn, lineage.created)?;
        let claimed = lineage.artifact.value().and_then(|artifact| S3Uri::parse(&artifact.uri));
        let position = self.case.objects.versions(place).iter().position(|other| std::ptr::eq(other, version))?;
        let until = super::data::until(self.case.objects.versions(place), position);
        let replaced_before = until.zip(model.created).is_some_and(|(until, created)| until <= created);
        let lay = version.visible().zip(model.created).is_none_or(|(visible, created)| visible <= created);
        let own = containers(self.case, model).find(|container| {
            container.artifact.as_ref().is_some_and(|uri| {
                let is_beside = uri == place && claimed.as_ref() != Some(place) && lay;
                !replaced_before && if container.multi_model { uri.is_folder_of(place) } else { is_beside }
            })
        })?;
        let why = if own.multi_model {
            "a container loads whatever lies under this prefix; which model answered a request is not recorded"
        } else {
            "another container names this place, where this version lay when the model was made"
        };
        let cites = model.cites(|says| !says.containers.is_empty())?.and(self.case.objects.cites_of(version));
        Some(Hop::new(Grade::C, why, cites))
    }

    /// Hops from a version to endpoints whose model names its place, for as long as it lay there.
    pub(super) fn online(&self, place: &S3Uri, version: &Version, until: Option<Instant>) -> Vec<Step> {
        let mut steps = Vec::new();
        for named in self.named.iter().filter(|named| named.place.as_ref().is_some_and(|own| own.is_folder_of(place))) {
            let during = self.spans.get(named.span).and_then(|span| part(span, version.visible(), until));
            let why = "the served model's environment names this place: nothing shows that the endpoint reads it";
            let hop = Hop::new(Grade::D, why, named.evidence.clone());
            steps.extend(during.map(|during| Step { during: Some(during), ..Step::new(Node::Span(named.span), hop) }));
        }
        steps
    }

    /// Returns the hop to an endpoint whose model names a place of which no version is known.
    pub(super) fn may_use(&self, place: &S3Uri, any_version: bool) -> Vec<(usize, Hop)> {
        let is_folder = place.key.is_empty() || place.key.ends_with('/');
        let touches = |uri: &S3Uri| uri.is_folder_of(place) || (is_folder && place.is_prefix_of(uri));
        let named = self.named.iter().filter(|named| named.place.as_ref().is_some_and(touches));
        let grade = if any_version { Grade::D } else { Grade::U };
        let why = "the served model's environment names this place: nothing shows that the endpoint reads it";
        named.map(|named| (named.span, Hop::new(grade, why, named.evidence.clone()))).collect()
    }

    /// Returns the hop to a model or package that names a place of which no version is known as that of its bytes.
    pub(super) fn may_be_made_of(&self, release: usize, place: &S3Uri, any_version: bool) -> Option<Hop> {
        let claim = &self.releases[release].artifact;
        let is_folder = place.key.is_empty() || place.key.ends_with('/');
        let uri =
            claim.value().filter(|artifact| artifact.version_id.is_none()).and_then(|artifact| S3Uri::parse(&artifact.uri))?;
        if uri != *place && !(is_folder && place.is_prefix_of(&uri)) {
            return None;
        }
        let hop = Hop::of(claim, format!("made of it: {}", claim.why()), || None)?;
        Some(if any_version { hop } else { hop.at_most(Grade::U) })
    }

    /// Hops from a model to what served it: endpoints and batch transforms.
    pub(super) fn of_release(&self, release: usize) -> Vec<Step> {
        let lineage = &self.releases[release];
        let mut steps = Vec::new();
        if is_package(&lineage.arn) {
            return steps;
        }
        for (position, span) in self.spans.iter().enumerate() {
            if span.model.key() != lineage.arn.key() || span.model_created != lineage.created {
                continue;
            }
            let unseen = if span.grade > Grade::B { "; no record shows when it came into service" } else { "" };
            let by = match &span.role {
                Role::Weighted => format!("variant {} served it", span.variant),
                Role::Component(name) => format!("inference component {name} of variant {} served it", span.variant),
                Role::Shadow(_) => format!("shadow variant {} ran it on copies of requests, and answered nobody", span.variant),
            };
            let hop = Hop::new(span.grade, format!("{by}{unseen}"), span.evidence.clone());
            steps.push(Step::new(Node::Span(position), hop));
        }
        for (position, job) in self.jobs.iter().enumerate().filter(|(_, job)| job.kind == JobKind::Transform) {
            let (arn, model) = (&lineage.arn, job.model.as_deref().unwrap_or_default());
            let here = job.arn.account() == arn.account() && job.arn.region() == arn.region();
            if !here || arn.kind() != "model" || !model.eq_ignore_ascii_case(arn.name()) {
                continue;
            }
            let lived = self.case.models.get(arn, job.created).is_some_and(|model| model.created == lineage.created);
            if let Some(cites) = job.cites(|says| says.model.is_some()).filter(|_| lived) {
                steps.push(Step::new(
                    Node::Job(position),
                    Hop::new(Grade::B, "ran it in batch: the request names the model", cites),
                ));
            }
        }
        steps
    }

    /// Hops between a model and its package: where one is bad, so are the bytes of the other.
    pub(super) fn of_same_bytes(&self, node: &Node) -> Vec<Step> {
        let Node::Release(position) = node else { return Vec::new() };
        let own = &self.releases[*position];
        let mut steps = Vec::new();
        for (other, lineage) in self.releases.iter().enumerate().filter(|(other, _)| other != position) {
            let (model, package) = match (is_package(&own.arn), is_package(&lineage.arn)) {
                (true, false) => (lineage, own),
                (false, true) => (own, lineage),
                _ => continue,
            };
            let claim = &model.package;
            if claim.value().is_some_and(|named| named.arn.key() == package.arn.key()) {
                let words = if is_package(&own.arn) { "was made from the package" } else { "is the package it was made from" };
                let hop = Hop::of(claim, format!("{words}: {}", claim.why()), || None);
                steps.extend(hop.map(|hop| Step::new(Node::Release(other), hop)));
            }
        }
        steps
    }
}
