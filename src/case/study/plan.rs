//! Which studies the evidence allows: which files are held against which, on what grounds, and why others are not.
//!
//! A data set is compared only if all of its objects are in the evidence: part of it says nothing of the whole.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Files, LocalFile, Matched, cite};
use super::{Alone, Run, Runs, Served, Subject};
use crate::case::Case;
use crate::case::claim::{Claim, Grade};
use crate::case::families::families;
use crate::case::jobs::Job;
use crate::case::lineage::{Channel, DataObject, DataVersion, Lineage, input_version};
use crate::case::serving::Span;
use crate::evidence::citation::{Citation, Citations, ExhibitId};
use crate::fact::arn::Arn;
use crate::fact::job::{InputRole, JobInput, JobKind};
use crate::fact::s3::S3Uri;

/// A study that can be made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is compared.
    pub subject: Subject,
    /// What it is compared with.
    pub baseline: Vec<Part>,
    /// What is compared.
    pub current: Vec<Part>,
    /// How well it is known that these files are it.
    pub grade: Grade,
    /// The files, and the records that say so.
    pub evidence: Citations,
}

/// A file of a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// Its path.
    pub path: String,
    /// The day that its rows are of, where days are told apart: `2026-10-12`, in UTC.
    pub day: Option<String>,
}

/// All studies that can be made, and what is to be said of each file.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// The studies.
    pub plans: Vec<Plan>,
    /// What each file is, and whether it is compared.
    pub notes: BTreeMap<ExhibitId, String>,
    /// Files that hold the bytes of an object.
    pub known: BTreeSet<ExhibitId>,
}

/// Files of a side that a study cites one by one; the objects behind them are in the claim of their version.
const CITED: usize = 20;

/// Returns the studies that the evidence allows; with `asks_rules`, also those of runs whose data is held against no other's.
pub fn of(case: &Case, files: &[LocalFile], asks_rules: bool) -> Planned {
    let mut planner = Planner { case, files: Files::new(case, files), planned: Planned::default(), asks_rules };
    for family in families(case.jobs.iter()).iter().filter(|family| family.kind != JobKind::Monitoring) {
        planner.family(&family.runs);
    }
    planner.captures(files);
    let mut planned = planner.planned;
    for file in files {
        let unknown = "no job in the evidence is shown to have read it, so it is compared with nothing";
        planned.notes.entry(file.exhibit).or_insert_with(|| unknown.to_owned());
    }
    planned
}

struct Planner<'a> {
    case: &'a Case,
    files: Files<'a>,
    planned: Planned,
    asks_rules: bool,
}

/// A file of captured requests, and the object whose bytes it holds, if that is known.
type Captured<'a> = (&'a LocalFile, Option<S3Uri>);

/// A side whose objects are all in the evidence.
struct Side<'a> {
    version: &'a DataVersion,
    matched: Vec<Matched<'a>>,
    grade: Grade,
}

impl<'a> Planner<'a> {
    /// Plans to compare each run of a job with the run before.
    fn family(&mut self, runs: &[&'a Job]) {
        // What each run read, by channel: looked up once, though each run is compared with two others.
        let read: Vec<Vec<(&JobInput, Claim<DataVersion>)>> = runs
            .iter()
            .map(|run| data_inputs(run).map(|input| (input, input_version(self.case, run, input))).collect())
            .collect();
        let sides: Vec<Vec<Option<Side<'_>>>> = runs
            .iter()
            .zip(&read)
            .map(|(run, inputs)| inputs.iter().map(|(_, claim)| self.side(claim, &format!("{} read it", run.name))).collect())
            .collect();
        // Of each run, the inputs whose data is held against another's.
        let mut held: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); runs.len()];
        for later in 1..runs.len() {
            let earlier = later - 1;
            for ((input, claim), side) in read[later].iter().zip(&sides[later]) {
                let before = read[earlier].iter().zip(&sides[earlier]).find(|((other, _), _)| other.name == input.name);
                let (Some(uri), Some(side), Some(((_, before_claim), Some(before)))) = (&input.uri, side, before) else {
                    continue;
                };
                if same_bytes(before, side) {
                    continue;
                }
                let subject = Subject::Runs(Runs {
                    channel: input.name.to_string(),
                    uri: uri.clone(),
                    earlier: run(runs[earlier], input, before),
                    later: run(runs[later], input, side),
                    models: self.models_of(runs[later]),
                });
                let cites = cites(before).chain(cites(side)).chain(claim.evidence().chain(before_claim.evidence()).cloned());
                let Some(evidence) = Citations::from_all(cites) else { continue };
                let grade = before.grade.weaker(side.grade);
                let plan = Plan { subject, baseline: parts(before), current: parts(side), grade, evidence };
                self.compared(before);
                self.compared(side);
                self.planned.plans.push(plan);
                held[earlier].insert(&input.name);
                held[later].insert(&input.name);
            }
        }
        if self.asks_rules {
            for (at, run) in runs.iter().enumerate().rev() {
                for ((input, claim), side) in read[at].iter().zip(&sides[at]) {
                    // What a later run read as well is asked there.
                    let is_asked = (at..runs.len()).any(|other| {
                        let own = read[other].iter().zip(&sides[other]).filter(|((own, _), _)| own.name == input.name);
                        let is_same = |one: &Option<Side<'_>>| {
                            one.as_ref().zip(side.as_ref()).is_some_and(|(one, side)| same_bytes(one, side))
                        };
                        own.into_iter().any(|(_, one)| is_same(one) && (other > at || held[other].contains(input.name.as_str())))
                    });
                    if let Some(side) = side.as_ref().filter(|_| !is_asked) {
                        self.alone(run, input, claim, side);
                    }
                }
            }
        }
    }

    /// Plans to ask rules of what one run read.
    fn alone(&mut self, job: &Job, input: &JobInput, claim: &Claim<DataVersion>, side: &Side<'_>) {
        let (Some(uri), Some(evidence)) = (&input.uri, Citations::from_all(cites(side).chain(claim.evidence().cloned()))) else {
            return;
        };
        let subject = Subject::Alone(Alone {
            channel: input.name.to_string(),
            uri: uri.clone(),
            run: run(job, input, side),
            models: self.models_of(job),
        });
        self.planned.plans.push(Plan { subject, baseline: Vec::new(), current: parts(side), grade: side.grade, evidence });
    }

    /// Returns the models that a job trained.
    fn models_of(&self, job: &Job) -> Vec<Arn> {
        let is_of = |lineage: &&Lineage| lineage.training_job.value().is_some_and(|own| own.key() == job.arn.key());
        self.case.lineages.iter().filter(is_of).map(|lineage| lineage.arn.clone()).collect()
    }

    /// Returns the files of a data version, if all of its objects are in the evidence.
    fn side<'c>(&mut self, claim: &'c Claim<DataVersion>, who: &str) -> Option<Side<'c>>
    where
        'a: 'c,
    {
        let version = claim.value()?;
        let objects: Vec<&DataObject> = version.objects.iter().filter(|object| holds_rows(object)).collect();
        let matched: Vec<Matched<'a>> = objects.iter().filter_map(|object| self.files.find(object)).collect();
        let is_whole = matched.len() == objects.len() && !objects.is_empty();
        for one in &matched {
            self.planned.known.insert(one.file.exhibit);
            let rest = if is_whole {
                "no other run is here to compare it with".to_owned()
            } else {
                format!("{} of the {} objects of its data set are here, too few to compare it", matched.len(), objects.len())
            };
            let note = format!("{}: {who}; {rest}", one.says());
            self.planned.notes.entry(one.file.exhibit).or_insert(note);
        }
        let grade = matched.iter().fold(claim.grade(), |grade, one| grade.weaker(one.by.grade()));
        is_whole.then_some(Side { version, matched, grade })
    }

    /// Notes that the files of a side are compared.
    fn compared(&mut self, side: &Side<'_>) {
        for one in &side.matched {
            self.planned.notes.insert(one.file.exhibit, one.says());
        }
    }

    /// Plans to compare what endpoints were asked with what their models were trained on.
    fn captures(&mut self, files: &'a [LocalFile]) {
        let mut of_span: BTreeMap<(usize, usize), Vec<Captured<'a>>> = BTreeMap::new();
        let places = self.places(files);
        for file in files.iter().filter(|file| file.is_captured) {
            match self.span_of(file) {
                Ok(place) => {
                    of_span.entry(place).or_default().push((file, places.get(&file.exhibit).cloned()));
                }
                Err(why) => {
                    self.planned.notes.insert(file.exhibit, format!("captured requests that are compared with nothing: {why}"));
                }
            }
        }
        for ((endpoint, span), captured) in of_span {
            let served = self.case.serving.endpoints().get(endpoint).and_then(|endpoint| endpoint.spans.get(span));
            let Some(span) = served else { continue };
            let planned = self.served(span, &captured);
            for (file, _) in &captured {
                let note = match &planned {
                    Ok(_) => format!("captured requests that {} answered with {}", span.name, span.model.last()),
                    Err(why) => format!("captured requests that are compared with nothing: {why}"),
                };
                self.planned.notes.insert(file.exhibit, note);
            }
            self.planned.plans.extend(planned.ok());
        }
    }

    /// Returns the objects whose bytes captured files hold, if their keys state endpoint and variant as the files' paths do.
    fn places(&self, files: &[LocalFile]) -> BTreeMap<ExhibitId, S3Uri> {
        let mut by_etag: BTreeMap<&str, Vec<&LocalFile>> = BTreeMap::new();
        for file in files.iter().filter(|file| file.is_captured) {
            if let Some(etag) = &file.etag {
                by_etag.entry(etag).or_default().push(file);
            }
        }
        let mut places = BTreeMap::new();
        if by_etag.is_empty() {
            return places;
        }
        for (place, version) in
            self.case.objects.iter().flat_map(|(place, versions)| versions.iter().map(move |version| (place.clone(), version)))
        {
            for file in version.etag.as_deref().and_then(|etag| by_etag.get(etag)).into_iter().flatten() {
                let states = file.captured_by.as_ref().map(|(endpoint, variant)| format!("/{endpoint}/{variant}/"));
                if states.is_some_and(|states| format!("/{}", place.key).contains(&states)) {
                    places.insert(file.exhibit, place.clone());
                }
            }
        }
        places
    }

    /// Returns the span of serving in which a file's requests were captured: positions of the endpoint and of the span.
    fn span_of(&self, file: &LocalFile) -> Result<(usize, usize), &'static str> {
        let Some((endpoint, variant)) = &file.captured_by else {
            return Err("their folders do not state endpoint and variant (ENDPOINT/VARIANT/2026/10/12/07/)");
        };
        let (Some(first), Some(last)) = (file.earliest, file.latest) else { return Err("they do not say when they were made") };
        if self.case.as_of.is_some_and(|as_of| last > as_of) {
            return Err("they are later than the time of the case");
        }
        let named = |name: &str| name.eq_ignore_ascii_case(endpoint);
        let mut endpoints = self.case.serving.endpoints().iter().enumerate().filter(|(_, one)| named(&one.name)).peekable();
        if endpoints.peek().is_none() {
            return Err("no endpoint of that name is in the evidence");
        }
        let mut spans = endpoints.flat_map(|(position, endpoint)| {
            let holds = |span: &Span| {
                span.variant == *variant
                    && span.component().is_none()
                    && span.from.latest <= first
                    && span.to.is_none_or(|to| last <= to.earliest)
            };
            endpoint.spans.iter().enumerate().filter(move |(_, span)| holds(span)).map(move |(span, _)| (position, span))
        });
        match (spans.next(), spans.next()) {
            (Some(place), None) => Ok(place),
            (None, _) => Err("which model answered them is not known"),
            (Some(_), Some(_)) => Err("endpoints of several accounts or regions have that name"),
        }
    }

    /// Plans to compare what was captured while one model served.
    fn served(&mut self, span: &Span, captured: &[Captured<'a>]) -> Result<Plan, String> {
        let is_of = |lineage: &&Lineage| lineage.arn.key() == span.model.key() && lineage.created == span.model_created;
        let case = self.case;
        let lineage = case.lineages.iter().find(is_of).ok_or("the model that answered them is not in the evidence")?;
        let job = lineage.training_job.value().ok_or("what trained the model that answered them is not known")?;
        let channel = training(&lineage.data).ok_or("which input of its training job is the training data is not known")?;
        let side = self.side(&channel.version, &format!("{} was trained on it", lineage.name));
        let side = side.ok_or_else(|| format!("what {} was trained on is not in the evidence as files", lineage.name))?;
        let (Some(from), Some(to)) = (
            captured.iter().filter_map(|(file, _)| file.earliest).min(),
            captured.iter().filter_map(|(file, _)| file.latest).max(),
        ) else {
            return Err("they do not say when they were made".to_owned());
        };
        // Where S3's index does not show that the endpoint wrote these bytes, the path alone says whose requests they are.
        let stated = if captured.iter().all(|(_, place)| place.is_some()) { Grade::B } else { Grade::C };
        let grade = side.grade.weaker(span.grade).weaker(lineage.training_job.grade()).weaker(stated);
        let of_files = captured
            .iter()
            .take(CITED)
            .map(|(file, place)| cite(file, place.as_ref().map(|place| (place, super::file::Sameness::Etag))));
        let of_claims = channel.version.evidence().chain(lineage.training_job.evidence()).chain(span.evidence.iter()).cloned();
        let evidence = Citations::from_all(of_files.chain(cites(&side)).chain(of_claims)).ok_or("nothing says so")?;
        let subject = Subject::Served(Served {
            endpoint: span.endpoint.clone(),
            name: span.name.clone(),
            variant: span.variant.clone(),
            model: lineage.arn.clone(),
            job: job.clone(),
            uri: channel.uri.clone(),
            fingerprint: side.version.fingerprint.clone(),
            from,
            to,
        });
        let current = captured.iter().map(|(file, _)| Part {
            exhibit: file.exhibit,
            path: file.path.clone(),
            day: file.earliest.map(|at| at.to_string().chars().take(10).collect()),
        });
        let plan = Plan { subject, baseline: parts(&side), current: current.collect(), grade, evidence };
        self.compared(&side);
        Ok(plan)
    }
}

/// Returns a run as studies name it.
fn run(job: &Job, input: &JobInput, side: &Side<'_>) -> Run {
    Run {
        job: job.arn.clone(),
        name: job.name.clone(),
        read_from: job.read_window(input.mode).map(|window| window.from),
        fingerprint: side.version.fingerprint.clone(),
    }
}

fn data_inputs(job: &Job) -> impl Iterator<Item = &JobInput> {
    job.inputs.iter().filter(|input| input.role == InputRole::Data && input.uri.is_some())
}

/// Returns whether an object may hold rows: what begins with `_` or `.`, and what is empty, is left behind by writers.
fn holds_rows(object: &DataObject) -> bool {
    let name = object.key.rsplit('/').next().unwrap_or(&object.key);
    !name.starts_with(['_', '.']) && object.size != Some(0)
}

/// Returns whether both sides are the same bytes, wherever they lie.
fn same_bytes(one: &Side<'_>, other: &Side<'_>) -> bool {
    let files = |side: &Side<'_>| {
        let mut files: Vec<ExhibitId> = side.matched.iter().map(|matched| matched.file.exhibit).collect();
        files.sort();
        files
    };
    files(one) == files(other)
}

fn parts(side: &Side<'_>) -> Vec<Part> {
    let part = |one: &Matched<'_>| Part { exhibit: one.file.exhibit, path: one.file.path.clone(), day: None };
    side.matched.iter().map(part).collect()
}

fn cites<'s>(side: &'s Side<'_>) -> impl Iterator<Item = Citation> + 's {
    side.matched.iter().take(CITED).map(Matched::cite)
}

/// Returns the channel that holds the training data: the one that is called so, or the only one.
fn training(channels: &[Channel]) -> Option<&Channel> {
    let declared: Vec<&Channel> = channels.iter().filter(|channel| channel.is_declared).collect();
    let is_called = |channel: &&&Channel| ["train", "training"].iter().any(|name| channel.channel.eq_ignore_ascii_case(name));
    let mut called = declared.iter().filter(is_called);
    match (called.next(), called.next(), &declared[..]) {
        (Some(channel), None, _) | (None, _, [channel]) => Some(channel),
        _ => None,
    }
}
