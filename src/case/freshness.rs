//! How old the data behind an endpoint or job was: which producer wrote it, when it last completed, and for how long that was too
//! long ago.
//!
//! That an endpoint uses what a producer writes is told by the environment of the model it serves, which names the place or the
//! feature group. That is a name and no record of a read, so nothing here is graded better than C. Data that a model was trained on
//! is lineage, and keeps the grade that lineage claims.

use super::Case;
use super::claim::{Claim, Grade};
use super::families::{Family, families};
use super::gap::{GapKey, Place};
use super::jobs::Job;
use super::limit::is_broken;
use super::lineage::Lineage;
use super::registry::Model;
use super::serving::{Role, Span};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::fact::job::{InputRole, JobKind};
use crate::fact::registry::Container;
use crate::fact::s3::S3Uri;
use crate::time::{Instant, Seconds};

/// A use of what a producer writes: by an endpoint for as long as it serves, or by a job when it reads.
#[derive(Clone, Debug)]
pub struct Use {
    /// ARN of the endpoint or job.
    pub subject: Arn,
    /// Its name.
    pub name: String,
    /// The variant, where it is an endpoint.
    pub variant: Option<String>,
    /// How requests reach that.
    pub role: Role,
    from: Instant,
    to: Option<Instant>,
    cites: Vec<Citation>,
}

/// An interval in which a producer's newest data was older than its target.
#[derive(Clone, Debug)]
pub struct Stale<'a> {
    /// The run that wrote the newest data.
    pub newest: &'a Job,
    /// When that run ended.
    pub newest_at: Instant,
    /// The runs that did not complete since, oldest first.
    pub incomplete: Vec<&'a Job>,
    /// How old data may be: twice the producer's own cadence.
    pub target: Seconds,
    from: Instant,
    to: Option<Instant>,
}

/// A use of data that was older than its target.
#[derive(Clone, Debug)]
pub struct StaleUse<'a> {
    /// Name of the producer's family.
    pub family: String,
    /// Kind of the producer.
    pub kind: JobKind,
    /// All runs of the producer, oldest first.
    pub runs: Vec<&'a Job>,
    /// What was too old.
    pub stale: Stale<'a>,
    /// Who used it.
    pub using: Use,
    /// From when on it was used.
    pub from: Instant,
    /// Until when; the time of the case where it still is.
    pub to: Instant,
    /// Whether it still is.
    pub still: bool,
}

impl StaleUse<'_> {
    /// Returns what says so.
    pub fn cites(&self) -> Vec<Citation> {
        let mut cites = self.using.cites.clone();
        for job in self.stale.incomplete.iter().chain([&self.stale.newest]) {
            cites.extend(job.cites(|says| says.status.is_some()).into_iter().flatten());
        }
        cites
    }
}

/// Returns the uses of data that was too old because its producer did not complete.
pub fn stale_uses(case: &Case) -> Vec<StaleUse<'_>> {
    let mut found = Vec::new();
    for family in families(case.jobs.iter()) {
        let Some(cadence) = family.cadence() else { continue };
        let intervals = intervals(case, &family, cadence.period * 2);
        if intervals.is_empty() {
            continue;
        }
        let uses = uses(case, &family);
        for stale in intervals {
            found.extend(uses.iter().filter_map(|using| meet(case, &family, &stale, using)));
        }
    }
    found
}

/// Returns the part of a use in which the data was too old.
fn meet<'a>(case: &Case, family: &Family<'a>, stale: &Stale<'a>, using: &Use) -> Option<StaleUse<'a>> {
    let by_endpoint = using.variant.is_some();
    let from = stale.from.max(using.from);
    let ends = [stale.to, using.to, case.as_of].into_iter().flatten().min();
    let to = ends.filter(|to| if by_endpoint { *to > from } else { *to >= from })?;
    Some(StaleUse {
        family: family.name.clone(),
        kind: family.kind,
        runs: family.runs.clone(),
        stale: stale.clone(),
        using: using.clone(),
        from,
        to,
        still: by_endpoint && stale.to.is_none() && using.to.is_none(),
    })
}

/// Returns the intervals in which a family's newest data was too old because runs did not complete.
fn intervals<'a>(case: &Case, family: &Family<'a>, target: Seconds) -> Vec<Stale<'a>> {
    let completed: Vec<(Instant, &Job)> = family.completed().filter_map(|job| Some((job.ended?, job))).collect();
    let mut stale = Vec::new();
    for (position, (newest_at, newest)) in completed.iter().enumerate() {
        let next = completed.get(position + 1).map(|(at, _)| *at);
        let from = newest_at.plus(target);
        if next.or(case.as_of).is_none_or(|until| until <= from) {
            continue;
        }
        let between =
            |job: &&&Job| job.created.is_some_and(|created| created > *newest_at && next.is_none_or(|next| created < next));
        let incomplete: Vec<&Job> = family.runs.iter().filter(between).filter(|job| is_broken(case, job)).copied().collect();
        if !incomplete.is_empty() {
            stale.push(Stale { newest, newest_at: *newest_at, incomplete, from, to: next, target });
        }
    }
    stale
}

/// Returns a model's containers and those of its package.
pub(super) fn containers<'a>(case: &'a Case, model: &'a Model) -> impl Iterator<Item = &'a Container> {
    let packaged = model.containers.iter().filter_map(|container| container.package.as_ref());
    let packaged = packaged.filter_map(|arn| case.packages.get(arn)).flat_map(|package| &package.containers);
    model.containers.iter().chain(packaged)
}

/// Returns where the environment of a model is said.
fn environment_cites(model: &Model) -> Option<Citations> {
    model.cites(|says| says.containers.iter().any(|container| !container.environment.is_empty()))
}

/// Returns the places and the feature groups that a family writes.
fn outputs<'a>(family: &Family<'a>) -> (Vec<&'a S3Uri>, Vec<&'a str>) {
    let places = family.runs.iter().flat_map(|run| &run.outputs).filter_map(|output| output.uri.as_ref()).collect();
    let last = family.runs.last().map(|run| &run.outputs);
    (places, last.into_iter().flatten().filter_map(|output| output.feature_group.as_deref()).collect())
}

fn meets(place: &S3Uri, uri: &S3Uri) -> bool {
    place.is_folder_of(uri) || uri.is_folder_of(place)
}

/// Returns who uses what a family writes.
fn uses(case: &Case, family: &Family<'_>) -> Vec<Use> {
    let (places, groups) = outputs(family);
    let covers = |uri: &S3Uri| places.iter().any(|place| meets(place, uri));
    let mut uses = Vec::new();
    for span in case.serving.spans() {
        let Some(model) = case.models.of(span) else { continue };
        let names = containers(case, model)
            .flat_map(|container| container.environment.values())
            .any(|value| S3Uri::find_all(value).iter().any(covers) || groups.contains(&value.as_str()));
        if names {
            uses.push(Use {
                subject: span.endpoint.clone(),
                name: span.name.clone(),
                variant: Some(span.variant.clone()),
                role: span.role.clone(),
                from: span.from.latest,
                to: span.to.map(|to| to.earliest),
                cites: span.evidence.iter().cloned().chain(environment_cites(model).into_iter().flatten()).collect(),
            });
        }
    }
    for job in case.jobs.iter().filter(|job| !family.runs.iter().any(|run| run.arn.key() == job.arn.key())) {
        let reads = job
            .inputs
            .iter()
            .filter(|input| input.role == InputRole::Data)
            .filter(|input| input.uri.as_ref().is_some_and(covers));
        for input in reads.take(1) {
            let Some(window) = job.read_window(input.mode) else { continue };
            uses.push(Use {
                subject: job.arn.clone(),
                name: job.name.clone(),
                variant: None,
                role: Role::Weighted,
                from: window.from,
                to: Some(window.from),
                cites: job.cites(|says| !says.inputs.is_empty()).into_iter().flatten().collect(),
            });
        }
    }
    uses
}

/// How new the newest data behind an endpoint was at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// When the newest of it was written.
    pub newest_data: Instant,
    /// How old it was at the instant.
    pub age: Seconds,
    /// What it is, and what says that it was behind the endpoint.
    pub basis: String,
}

/// What a served model names in its environment: a place, or a word that may be a feature group.
enum Named {
    Place(S3Uri),
    Group(String),
}

impl Named {
    fn text(&self) -> String {
        match self {
            Self::Place(uri) => uri.to_string(),
            Self::Group(name) => format!("feature group {name}"),
        }
    }
}

/// Returns how new the newest data behind a served model was at `at`: of what it names as its data, the oldest, since that is what
/// may be stale; where it names nothing, what it was trained on.
pub fn at_instant(case: &Case, span: &Span, lineage: Option<&Lineage>, at: Instant) -> Claim<Freshness> {
    let model = match described(case, span) {
        Ok(model) => model,
        Err(missing) => {
            return Claim::unknown(format!("the environment of {} is not in the evidence", span.model.last()), [*missing]);
        }
    };
    let families = families(case.jobs.iter());
    let link = environment_cites(model);
    let named = named(case, model, &families);
    let claims: Vec<Claim<Freshness>> =
        named.iter().filter_map(|named| Some(of_named(case, &families, named, link.clone()?, span, at))).collect();
    // Of several places the one whose data is oldest; one of which nothing is known could be older still.
    let known = |claim: &Claim<Freshness>| claim.value().map(|value| value.newest_data);
    let several = claims.len() > 1;
    let unknown = claims.iter().find(|claim| claim.value().is_none()).cloned();
    let oldest = claims.into_iter().filter(|claim| claim.value().is_some()).min_by_key(known);
    match (oldest, unknown) {
        (Some(oldest), unknown) => {
            let oldest =
                if several { oldest.noting("of the places it names, this has the oldest data that is known") } else { oldest };
            oldest.lacking(unknown.iter().flat_map(|unknown| unknown.missing().to_vec()))
        }
        (None, Some(unknown)) => unknown,
        (None, None) => trained_on(span, lineage, at),
    }
}

/// Returns the served model where all of its containers are known, so that what it does not name is not named; else what is missing.
fn described<'a>(case: &'a Case, span: &Span) -> Result<&'a Model, Box<GapKey>> {
    let model = case.models.of(span).filter(|model| model.is_described);
    let model = model.ok_or_else(|| Box::new(GapKey::description_of(&span.model)))?;
    let is_known = |arn: &&Arn| case.packages.get(arn).is_some_and(|package| package.is_described);
    match model.containers.iter().filter_map(|container| container.package.as_ref()).find(|arn| !is_known(arn)) {
        Some(package) => Err(Box::new(GapKey::Package(package.clone()))),
        None => Ok(model),
    }
}

/// Returns what a model names as its data, each once. Its own code and bytes are none.
fn named(case: &Case, model: &Model, families: &[Family<'_>]) -> Vec<Named> {
    const CODE: [&str; 6] = [".tar.gz", ".tgz", ".zip", ".whl", ".py", ".sh"];
    let is_code = |uri: &S3Uri| CODE.iter().any(|end| uri.key.ends_with(end));
    let groups: Vec<&str> = families.iter().flat_map(|family| outputs(family).1).collect();
    let known_groups = case.feature_groups.iter().map(|said| said.says.name.as_str());
    let groups: Vec<&str> = groups.into_iter().chain(known_groups).collect();
    let artifacts: Vec<&S3Uri> = containers(case, model).filter_map(|container| container.artifact.as_ref()).collect();
    let mut found: Vec<Named> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (name, value) in containers(case, model).flat_map(|container| &container.environment) {
        // What hosting and the SDK set for themselves names code.
        if name.starts_with("SAGEMAKER_") {
            continue;
        }
        let places =
            S3Uri::find_all(value).into_iter().filter(|uri| !is_code(uri) && !artifacts.contains(&uri)).map(Named::Place);
        let group = groups.contains(&value.as_str()).then(|| Named::Group(value.clone()));
        found.extend(places.chain(group).filter(|named| seen.insert(named.text())));
    }
    found
}

/// The newest of what lies behind a name, as one source tells of it.
struct Newest {
    /// When it was there.
    there: Instant,
    /// How new it is; of records, by their event time.
    newest: Instant,
    what: String,
    cites: Vec<Citation>,
}

fn of_named(case: &Case, families: &[Family<'_>], named: &Named, link: Citations, span: &Span, at: Instant) -> Claim<Freshness> {
    let by = format!("the environment of {}, which {} served, names {}", span.model.last(), span.name, named.text());
    let run = by_run(families, named, at);
    let place = match named {
        Named::Place(uri) => Some(uri.clone()),
        Named::Group(name) => store_of(case, name),
    };
    let object = place.as_ref().and_then(|place| by_object(case, place, at));
    let record = match named {
        Named::Place(_) => None,
        Named::Group(name) => by_record(case, name, at),
    };
    let missing = match &place {
        Some(uri) => GapKey::ObjectVersions { bucket: uri.bucket.to_string(), prefix: uri.key.to_string() },
        None => GapKey::Jobs(JobKind::Processing, Place::of(&span.endpoint), None, Some(at)),
    };
    let whole = place.is_some_and(|uri| {
        let reach = case.objects.reach(&uri, at, Some(at));
        !reach.versions.is_empty() || !reach.inventories.is_empty()
    });
    // What a run wrote is there when the run has ended; what is newer than that somebody else wrote. Feature Store writes records to
    // its offline store within a quarter of an hour, in files of an hour.
    let lag = if matches!(named, Named::Group(_)) { 3_600 } else { 120 };
    let is_last =
        |own: &Newest, others: [&Option<Newest>; 2]| others.into_iter().flatten().all(|other| other.there <= own.there.plus(lag));
    let object_cites: Vec<Citation> = object.iter().flat_map(|object| object.cites.clone()).collect();
    let record = record.filter(|record| is_last(record, [&run, &object]));
    let run = run.filter(|run| is_last(run, [&object, &None]));
    let (newest, more) = match (record, run, object) {
        (Some(record), ..) => (record, Vec::new()),
        (None, Some(run), _) => (run, object_cites),
        (None, None, Some(object)) => (object, Vec::new()),
        (None, None, None) => return Claim::unknown(format!("{by}, and what lay there then is not in the evidence"), [missing]),
    };
    let value = Freshness { newest_data: newest.newest, age: at.since(newest.newest), basis: format!("{}; {by}", newest.what) };
    let why = "the link from endpoint to data is a name in an environment, and no record of a read";
    let claim = Claim::that(value, Grade::C, why, link.and(newest.cites).and(more).and(span.evidence.iter().cloned()));
    if whole { claim } else { claim.noting("no listing shows that nothing newer was written").lacking([missing]) }
}

/// Returns the last run that wrote what is named and completed.
fn by_run(families: &[Family<'_>], named: &Named, at: Instant) -> Option<Newest> {
    let writes = |family: &&Family<'_>| {
        let (places, groups) = outputs(family);
        match named {
            Named::Place(uri) => places.iter().any(|place| meets(place, uri)),
            Named::Group(name) => groups.contains(&name.as_str()),
        }
    };
    let runs = families.iter().filter(writes).filter_map(|family| {
        let run = family.completed().filter(|run| run.ended.is_some_and(|ended| ended <= at)).max_by_key(|run| run.ended)?;
        Some((run.ended?, run))
    });
    let (ended, run) = runs.max_by_key(|(ended, run)| (*ended, run.arn.clone()))?;
    Some(Newest {
        there: ended,
        newest: ended,
        what: format!("{} completed then, the last run before the instant that writes there", run.name),
        cites: run.cites(|says| says.status.is_some()).into_iter().flatten().collect(),
    })
}

/// Returns the newest object under a place.
fn by_object(case: &Case, place: &S3Uri, at: Instant) -> Option<Newest> {
    let live = case.objects.live(place, at);
    let dated = live.iter().filter_map(|live| Some((live.version.visible()?, live)));
    let (visible, live) = dated.max_by_key(|(visible, live)| (*visible, live.key))?;
    let by = live.version.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let what = format!("the newest object there, {}, was written then{by}", live.key);
    Some(Newest { there: visible, newest: visible, what, cites: case.objects.cites_of(live.version) })
}

/// Returns where the offline store of a group lies, as its description says.
fn store_of(case: &Case, group: &str) -> Option<S3Uri> {
    let stores = case.feature_groups.iter().filter(|said| said.says.name == group).filter_map(|said| said.says.offline.as_ref());
    // What was asked for is only the place under which the store is made.
    let store = stores.into_iter().find(|store| store.key.trim_end_matches('/').ends_with("/data"))?;
    Some(S3Uri::new(&store.bucket, &format!("{}/", store.key.trim_end_matches('/'))))
}

/// Returns the newest record of a group that its offline store holds, by event time.
fn by_record(case: &Case, group: &str, at: Instant) -> Option<Newest> {
    let study = case.stores.iter().find(|study| study.group.name == group)?;
    let (event, written) = study.newest_before(at)?;
    let what = format!(
        "the newest event time among the records of {group} that lay in its offline store then, the last of them written by {}",
        written.to_seconds_text()
    );
    Some(Newest { there: written, newest: event, what, cites: study.evidence.clone().into_iter().collect() })
}

/// Returns how new the newest data was that a served model was trained on.
fn trained_on(span: &Span, lineage: Option<&Lineage>, at: Instant) -> Claim<Freshness> {
    let Some(lineage) = lineage else {
        return Claim::unknown(
            format!("{} is not described in the evidence", span.model.last()),
            [GapKey::description_of(&span.model)],
        );
    };
    let newest = lineage.data.iter().filter_map(|channel| {
        let objects = channel.version.value()?.objects.iter();
        Some((objects.filter_map(|object| object.last_modified).max()?, channel))
    });
    let newest = newest.max_by_key(|(modified, channel)| (*modified, channel.channel.clone()));
    let unknown: Vec<GapKey> = lineage.data.iter().flat_map(|channel| channel.version.missing().to_vec()).collect();
    let Some((newest_data, channel)) = newest else {
        let missing = if unknown.is_empty() { lineage.training_job.missing().to_vec() } else { unknown };
        let missing = if missing.is_empty() { vec![GapKey::description_of(&span.model)] } else { missing };
        return Claim::unknown("neither data that it names nor the data that trained it is known by time", missing);
    };
    let basis = format!(
        "the newest object of its training data, {} as {}; its environment names no other data",
        channel.uri, channel.channel
    );
    let value = Freshness { newest_data, age: at.since(newest_data), basis };
    let cites = channel.version.evidence().cloned().chain(span.evidence.iter().cloned());
    let Some(evidence) = Citations::from_all(cites) else {
        return Claim::unknown("nothing says when the training data was written", unknown);
    };
    Claim::that(value, channel.version.grade().weaker(Grade::C), channel.version.why(), evidence)
        .noting("what a container reads while it serves, only its environment tells")
        .lacking(unknown)
}
