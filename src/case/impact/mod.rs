//! Where something got to: lineage, read the other way.
//!
//! From an object, a commit, an image, a model or a package, hops lead to the jobs that used it, to what they wrote, to the jobs that
//! read that, to models and packages, and to what served them. Every hop is a claim that [`super::lineage`] makes, turned round; a
//! path is as weak as its weakest hop, and of several paths to one thing the best counts. What the evidence can't tell is followed
//! too, and kept apart by its grade: U where nothing tells, X where records contradict each other.

mod data;
mod release;
mod start;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use super::claim::{Claim, Grade};
use super::gap::{GapKey, Gaps, Place};
use super::jobs::Job;
use super::lineage::{self, Channel, Image, Lineage, Source};
use super::objects::Version;
use super::pipelines::Execution;
use super::serving::{Bounds, Span};
use crate::evidence::citation::Citations;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::call::Listed;
use crate::fact::image::ImageRef;
use crate::fact::job::{DataType, JobKind};
use crate::fact::s3::S3Uri;
use crate::time::Instant;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// An object; everything under a place whose key ends in `/` or is empty.
    Object {
        /// Where it lies.
        place: S3Uri,
        /// Its version; all of them where none is given. `null` is the version without an id.
        version: Option<String>,
    },
    /// A commit, or the beginning of one, in lower case.
    Commit(String),
    /// An image by its digest, `sha256:…`, whatever it is called.
    Digest(String),
    /// An image by its name and tag.
    Image(ImageRef),
    /// Models.
    Models(BTreeSet<ArnKey>),
    /// Model packages.
    Packages(BTreeSet<ArnKey>),
}

/// Why there is nothing to start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absent {
    /// There is no such thing; these are like it.
    Unknown(Vec<String>),
    /// Several are meant.
    Shared(Vec<String>),
}

/// How one thing was reached from another.
#[derive(Clone, Debug)]
pub struct Hop {
    /// How well that is founded.
    pub grade: Grade,
    /// What led there, and why it is graded so.
    pub why: String,
    /// On what it rests.
    pub evidence: Citations,
    /// What would lift it.
    pub missing: Vec<GapKey>,
    /// What was passed on the way.
    pub via: Vec<Arn>,
}

impl Hop {
    fn new(grade: Grade, why: impl Into<String>, evidence: Citations) -> Self {
        Self { grade, why: why.into(), evidence, missing: Vec::new(), via: Vec::new() }
    }

    /// Returns the hop that a claim of lineage makes, turned round. A claim without evidence rests on `fallback`.
    fn of<T>(claim: &Claim<T>, why: impl Into<String>, fallback: impl FnOnce() -> Option<Citations>) -> Option<Self> {
        let evidence = claim.citations().cloned().or_else(fallback)?;
        Some(Self { missing: claim.missing().to_vec(), via: claim.hops().to_vec(), ..Self::new(claim.grade(), why, evidence) })
    }

    fn at_most(mut self, ceiling: Grade) -> Self {
        self.grade = self.grade.weaker(ceiling);
        self
    }
}

/// Something that was reached.
#[derive(Clone, Debug)]
pub enum What<'a> {
    /// A version of an object.
    Object {
        /// Where it lies.
        place: S3Uri,
        /// The version.
        version: &'a Version,
        /// When it was replaced or destroyed, if it was.
        until: Option<Instant>,
    },
    /// A place whose versions the evidence does not know.
    Place(S3Uri),
    /// A job.
    Job(&'a Job),
    /// A model or package, by its lineage.
    Release {
        /// ARN.
        arn: Arn,
        /// Name.
        name: String,
        /// When it was created.
        created: Option<Instant>,
    },
    /// An interval of serving.
    Serving {
        /// The interval.
        span: &'a Span,
        /// The parts of it that are concerned.
        during: Vec<Interval>,
    },
    /// A pipeline execution.
    Execution(&'a Execution),
}

/// A beginning and, if it is over, an end.
pub type Interval = (Bounds, Option<Bounds>);

/// Something that was reached, and how.
#[derive(Clone, Debug)]
pub struct Reached<'a> {
    /// What.
    pub what: What<'a>,
    /// The weakest grade on the way; of what was asked about itself, how well that is known.
    pub grade: Grade,
    /// The last hop; none for what was asked about itself.
    pub hop: Option<Hop>,
    /// Position of what the hop came from; none where it came from the question.
    pub from: Option<usize>,
    /// Positions of what else hops to it came from.
    pub also: Vec<usize>,
}

impl Reached<'_> {
    /// Returns whether the evidence shows that it was reached, and does not merely leave it open.
    pub fn is_known(&self) -> bool {
        self.grade <= Grade::D
    }
}

/// Where something got to.
#[derive(Debug)]
pub struct Impact<'a> {
    /// Everything that was reached, each after what it was reached from.
    pub reached: Vec<Reached<'a>>,
    /// What would show that nothing else was.
    pub needs: BTreeSet<GapKey>,
}

impl Impact<'_> {
    /// Returns what is missing: what would lift hops, count requests, and show that nothing else was reached.
    pub fn gaps(&self, case: &Case) -> Gaps {
        let hops = self.reached.iter().filter_map(|reached| reached.hop.as_ref());
        let lifts: Vec<&GapKey> = hops.filter(|hop| hop.grade > Grade::A).flat_map(|hop| &hop.missing).collect();
        let spans: Vec<&Span> = self
            .reached
            .iter()
            .filter_map(|reached| match &reached.what {
                What::Serving { span, .. } => Some(*span),
                _ => None,
            })
            .collect();
        case.gaps_of(&lifts, &spans, &self.needs)
    }
}

/// Follows something through the case.
///
/// # Errors
///
/// Where the evidence does not know it, or knows several that are meant.
pub fn of<'a>(case: &'a Case, question: &Question) -> Result<Impact<'a>, Absent> {
    let graph = Graph::of(case);
    let starts = start::of(&graph, question)?;
    let found = graph.follow(starts, matches!(question, Question::Models(_) | Question::Packages(_)));
    let reached = graph.in_order(found);
    Ok(Impact { needs: graph.needs(&reached), reached })
}

/// A thing that hops lead to, by its position in its list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Object(S3Uri, usize),
    Place(S3Uri),
    Job(usize),
    Release(usize),
    Execution(ArnKey),
    Span(usize),
}

/// A hop to a thing.
struct Step {
    to: Node,
    hop: Hop,
    /// The part of an interval of serving that is concerned; all of it where nothing is said.
    during: Option<Interval>,
}

impl Step {
    fn new(to: Node, hop: Hop) -> Self {
        Self { to, hop, during: None }
    }
}

/// Where a path begins: what was asked about itself, or what a hop leads to from it.
struct Start {
    node: Node,
    hop: Option<Hop>,
    during: Option<Interval>,
}

/// How a thing was best reached.
#[derive(Clone, Debug)]
struct Best {
    grade: Grade,
    depth: usize,
    from: Option<Node>,
    hop: Option<Hop>,
    /// The parts of an interval of serving that are concerned; none where all of it is.
    during: Option<Vec<Interval>>,
    /// Everything from which a hop leads there, and is known to.
    all: BTreeSet<Node>,
}

/// What hops lead through.
struct Graph<'a> {
    case: &'a Case,
    jobs: Vec<&'a Job>,
    /// Models, and all packages by their own content.
    releases: Vec<Cow<'a, Lineage>>,
    spans: Vec<&'a Span>,
    /// What each job may read, by place.
    places: Vec<Vec<S3Uri>>,
    /// What each job read, as lineage claims it; found when first asked for.
    data: Vec<OnceCell<Vec<Channel>>>,
    /// The code and image that each job ran.
    code: Vec<OnceCell<(Claim<Source>, Claim<Image>)>>,
    /// Places and feature groups that served models name in their environment.
    named: Vec<release::Named>,
    /// Copies, by what they were copied from.
    copies: BTreeMap<S3Uri, Vec<(S3Uri, usize)>>,
}

impl<'a> Graph<'a> {
    fn of(case: &'a Case) -> Self {
        let jobs: Vec<&Job> = case.jobs.iter().collect();
        let models = case.lineages.iter().filter(|lineage| !is_package(&lineage.arn)).map(Cow::Borrowed);
        let releases = models.chain(lineage::of_packages(case).into_iter().map(Cow::Owned)).collect();
        let spans: Vec<&Span> = case.serving.spans().chain(case.serving.shadows()).collect();
        Self {
            places: jobs.iter().map(|job| data::places(case, job)).collect(),
            data: jobs.iter().map(|_| OnceCell::new()).collect(),
            code: jobs.iter().map(|_| OnceCell::new()).collect(),
            named: release::named(case, &spans),
            copies: data::copies(case),
            case,
            jobs,
            releases,
            spans,
        }
    }

    fn data(&self, job: usize) -> &[Channel] {
        self.data[job].get_or_init(|| lineage::job_data(self.case, self.jobs[job]))
    }

    fn code(&self, job: usize) -> &(Claim<Source>, Claim<Image>) {
        self.code[job].get_or_init(|| lineage::job_code(self.case, self.jobs[job]))
    }

    /// Follows all hops, best grades first: what is taken is reached by no better way, so that cycles end.
    fn follow(&self, starts: Vec<Start>, is_release: bool) -> BTreeMap<Node, Best> {
        let mut found: BTreeMap<Node, Best> = BTreeMap::new();
        let mut open: BTreeSet<(Grade, usize, Node)> = BTreeSet::new();
        let mut parts = Parts::new();
        let mut all: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
        for Start { node, hop, during } in starts {
            let grade = hop.as_ref().map_or(Grade::A, |hop| hop.grade);
            if let Node::Span(_) = &node {
                note(&mut parts, &node, grade, during);
            }
            let best = Best { grade, depth: 0, from: None, hop, during: None, all: BTreeSet::new() };
            if found.get(&node).is_none_or(|known| grade < known.grade) {
                if let Some(known) = found.insert(node.clone(), best) {
                    open.remove(&(known.grade, 0, node.clone()));
                }
                open.insert((grade, 0, node));
            }
        }
        while let Some((grade, depth, node)) = open.pop_first() {
            let mut steps = self.steps(&node);
            if is_release {
                steps.extend(self.of_same_bytes(&node));
            }
            for Step { to, hop, during } in steps {
                let reached = grade.weaker(hop.grade);
                if let Node::Span(_) = &to {
                    note(&mut parts, &to, reached, during);
                }
                if reached <= Grade::D {
                    all.entry(to.clone()).or_default().insert(node.clone());
                }
                if let Some(known) = found.get(&to) {
                    if (known.grade, known.depth) <= (reached, depth + 1) {
                        continue;
                    }
                    open.remove(&(known.grade, known.depth, to.clone()));
                }
                open.insert((reached, depth + 1, to.clone()));
                let (from, hop, all) = (Some(node.clone()), Some(hop), BTreeSet::new());
                let best = Best { grade: reached, depth: depth + 1, from, hop, during: None, all };
                found.insert(to, best);
            }
        }
        for (node, best) in &mut found {
            best.during = parts.remove(&(node.clone(), best.grade <= Grade::D)).flatten().map(joined);
            best.all = all.remove(node).unwrap_or_default();
        }
        found
    }

    fn steps(&self, node: &Node) -> Vec<Step> {
        match node {
            Node::Object(place, position) => self.of_object(place, *position),
            Node::Place(place) => self.of_place(place),
            Node::Job(job) => self.of_job(*job),
            Node::Release(release) => self.of_release(*release),
            Node::Span(_) | Node::Execution(_) => Vec::new(),
        }
    }

    /// Puts everything that was reached after what it was reached from.
    fn in_order(&self, found: BTreeMap<Node, Best>) -> Vec<Reached<'a>> {
        let mut children: BTreeMap<Option<Node>, Vec<Node>> = BTreeMap::new();
        for (node, best) in &found {
            children.entry(best.from.clone()).or_default().push(node.clone());
        }
        let mut positions: BTreeMap<Node, usize> = BTreeMap::new();
        let mut reached: Vec<Reached<'a>> = Vec::new();
        let mut open: Vec<Node> = children.remove(&None).unwrap_or_default();
        open.reverse();
        let mut found = found;
        let mut all: Vec<BTreeSet<Node>> = Vec::new();
        while let Some(node) = open.pop() {
            let Some(best) = found.remove(&node) else { continue };
            let Some(what) = self.what(&node, &best) else { continue };
            let from = best.from.as_ref().and_then(|from| positions.get(from).copied());
            positions.insert(node.clone(), reached.len());
            let grade = if best.hop.is_some() { best.grade } else { identity(&what) };
            reached.push(Reached { what, grade, hop: best.hop, from, also: Vec::new() });
            all.push(best.all);
            open.extend(children.remove(&Some(node)).unwrap_or_default().into_iter().rev());
        }
        for (reached, all) in reached.iter_mut().zip(all) {
            let others = all.iter().filter_map(|node| positions.get(node).copied());
            reached.also = others.filter(|other| Some(*other) != reached.from).collect();
            reached.also.sort_unstable();
        }
        reached
    }

    fn what(&self, node: &Node, best: &Best) -> Option<What<'a>> {
        Some(match node {
            Node::Object(place, position) => {
                let versions = self.case.objects.versions(place);
                let version = versions.get(*position)?;
                What::Object { place: place.clone(), version, until: data::until(versions, *position) }
            }
            Node::Place(place) => What::Place(place.clone()),
            Node::Job(job) => What::Job(self.jobs.get(*job)?),
            Node::Release(release) => {
                let lineage = self.releases.get(*release)?;
                What::Release { arn: lineage.arn.clone(), name: lineage.name.clone(), created: lineage.created }
            }
            Node::Execution(key) => What::Execution(self.case.pipelines.iter().find(|execution| execution.arn.key() == *key)?),
            Node::Span(span) => {
                let span = self.spans.get(*span)?;
                What::Serving { span, during: best.during.clone().unwrap_or_else(|| vec![(span.from, span.to)]) }
            }
        })
    }

    /// Returns what would show that nothing else was reached: jobs that nothing lists or describes, manifests that are not here.
    fn needs(&self, reached: &[Reached<'_>]) -> BTreeSet<GapKey> {
        let began = reached.iter().filter_map(|reached| match &reached.what {
            What::Object { version, .. } => version.visible(),
            What::Job(job) => job.created,
            What::Release { created, .. } => *created,
            _ => None,
        });
        let since = began.min();
        let mut needs = BTreeSet::new();
        let places: BTreeSet<Place> = self
            .jobs
            .iter()
            .map(|job| Place::of(&job.arn))
            .chain(self.releases.iter().map(|release| Place::of(&release.arn)))
            .collect();
        for place in places {
            let whole = since.zip(self.case.as_of).is_some_and(|(since, as_of)| {
                // Records of a trail are delivered some minutes after they are made.
                self.case.coverage.trail_is_whole(&place.account, &place.region, since, as_of.plus(-900))
            });
            let kinds = [
                (JobKind::Training, Listed::TrainingJobs),
                (JobKind::Processing, Listed::ProcessingJobs),
                (JobKind::Transform, Listed::TransformJobs),
            ];
            for (kind, list) in kinds.into_iter().filter(|_| !whole) {
                if self.case.coverage.lists(list, &place.account, &place.region).next().is_none() {
                    needs.insert(GapKey::Jobs(kind, place.clone(), since, None));
                }
            }
        }
        let later = |job: &&&Job| since.zip(job.ended).is_none_or(|(since, ended)| ended >= since);
        for job in self.jobs.iter().filter(later) {
            if !job.is_described {
                needs.insert(GapKey::Job(job.kind, job.arn.clone()));
            }
            for uri in
                job.inputs.iter().filter(|input| input.data_type != DataType::Prefix).filter_map(|input| input.uri.as_ref())
            {
                if !self.case.manifests.iter().any(|said| said.says.uri.as_ref() == Some(uri)) {
                    needs.insert(GapKey::Manifest { bucket: uri.bucket.to_string(), key: uri.key.to_string() });
                }
            }
        }
        needs
    }
}

/// Parts of intervals of serving that are concerned, by how well that is known.
type Parts = BTreeMap<(Node, bool), Option<Vec<Interval>>>;

/// Notes the part of an interval of serving that one way concerns; nothing stands for all of it.
fn note(parts: &mut Parts, node: &Node, grade: Grade, during: Option<Interval>) {
    let parts = parts.entry((node.clone(), grade <= Grade::D)).or_insert_with(|| Some(Vec::new()));
    match (parts.as_mut(), during) {
        (Some(parts), Some(during)) => parts.push(during),
        _ => *parts = None,
    }
}

/// Grades what is known of something that was asked about itself.
fn identity(what: &What<'_>) -> Grade {
    match what {
        What::Object { version, .. } if version.is_corroborated() => Grade::A,
        _ => Grade::B,
    }
}

fn is_package(arn: &Arn) -> bool {
    arn.kind() == "model-package"
}

/// Joins intervals that touch.
fn joined(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort();
    let mut joined: Vec<Interval> = Vec::new();
    for (from, to) in intervals {
        match joined.last_mut() {
            Some((_, end)) if end.is_none_or(|end| from.earliest <= end.latest) => {
                *end = end.zip(to).map(|(one, other)| one.max(other));
            }
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_that_touch_are_one() {
        let at = |seconds: i64| Bounds { earliest: Instant::from_seconds(seconds), latest: Instant::from_seconds(seconds) };
        let all =
            vec![(at(20), Some(at(30))), (at(1), Some(at(5))), (at(5), Some(at(9))), (at(40), None), (at(50), Some(at(60)))];
        assert_eq!(joined(all), [(at(1), Some(at(9))), (at(20), Some(at(30))), (at(40), None)]);
    }
}
