//! Evidence paths to facts: finds the files, has each opened, recognised and read, and closes the ledger.
//!
//! Files are read in parallel, one task each; everything that depends on more than one file happens afterwards, in the order
//! of their paths: exact copies are set aside, records that arrived several times are counted once, corrections replace what
//! they correct. So the outcome does not depend on threads or on the order of the paths.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use rayon::prelude::*;

use crate::evidence::citation::{ExhibitId, Locator};
use crate::evidence::container::{self, SIDECAR, Seal, Visitor};
use crate::evidence::ledger::{Disposition, Exhibit, Ledger, Problem};
use crate::evidence::walk::{self, SourceFile};
use crate::evidence::window::Window;
use crate::fact::density::{Density, Scope};
use crate::fact::metric::MetricStatement;
use crate::fact::{Fact, Statement};
use crate::parse::request::{Origin, Request};
use crate::parse::{self, InventoryManifest, LOSSY, Options, Parsed};
use crate::recognise::Format;

/// Formats that say nothing by themselves: a sidecar tells of another file, data of nothing but itself, and a repository of the code of
/// jobs that others name.
const SILENT: [Format; 5] = [Format::Sidecar, Format::Parquet, Format::Rows, Format::DataCapture, Format::GitBundle];

/// Is told how far reading has come.
pub trait Observer: Sync {
    /// Everything that will be read has been found.
    fn found(&self, files: usize, bytes: u64);

    /// A file has been read.
    fn read(&self, bytes: u64);
}

/// Watches nothing.
pub struct Unwatched;

impl Observer for Unwatched {
    fn found(&self, _: usize, _: u64) {}

    fn read(&self, _: u64) {}
}

/// What the evidence gave.
#[derive(Debug, Default)]
pub struct Intake {
    /// What became of every exhibit.
    pub ledger: Ledger,
    /// All facts, each record once: a list for each exhibit that has any, in their order. They stay where they were read to.
    pub facts: Vec<Vec<Fact>>,
    /// Every trail record by account, region and minute.
    pub density: BTreeMap<Scope, Density>,
}

/// Returns whether an exhibit is a git repository, which can be asked for the commits that hold a job's code.
pub fn is_repository(exhibit: &Exhibit) -> bool {
    [Format::GitRepository, Format::GitBundle].iter().any(|format| exhibit.format == format.name())
        && exhibit.disposition == Disposition::Read
}

/// Reads all evidence under `paths` with `threads` threads (0: one for each processor).
pub fn read(paths: &[PathBuf], options: &Options, threads: usize, observer: &dyn Observer) -> Intake {
    let found = walk::find(paths);
    observer.found(found.files.len(), found.files.iter().map(|file| file.bytes).sum());
    let sidecars = sidecars(&found.files, options);
    let work = || -> Vec<Opened> {
        let files = found.files.par_iter().enumerate();
        files
            .map(|(position, file)| {
                let opened = open(file, position, &sidecars, options);
                observer.read(file.bytes);
                opened
            })
            .collect()
    };
    let mut opened = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    };
    read_inventories(&mut opened, &found.files, options);
    let after = found.files.len();
    drop((found.files, sidecars));
    // With many small files, what is held of each is most of the memory: nothing is allocated twice.
    let others = found.repositories.len() + found.refused.len();
    let mut units: Vec<Unit> = Vec::with_capacity(opened.iter().map(|opened| opened.units.len()).sum::<usize>() + others);
    units.extend(opened.into_iter().flat_map(|opened| opened.units));
    let ids = (after..).map(|file| ExhibitId { file: u32::try_from(file).unwrap_or(u32::MAX), entry: 0 });
    let repositories = found.repositories.into_iter().map(|path| (path, None));
    let refused = found.refused.into_iter().map(|(path, problem)| (path, Some(problem)));
    units.extend(ids.zip(repositories.chain(refused)).map(|(id, (path, problem))| match problem {
        None => Unit::repository(id, path),
        Some(problem) => Unit::refused(id, path, problem),
    }));
    close(units)
}

/// Reads the sidecars that lie beside files.
fn sidecars(files: &[SourceFile], options: &Options) -> BTreeMap<String, Result<Request, String>> {
    let names: BTreeSet<&str> = files.iter().map(|file| file.shown.as_str()).collect();
    let beside = files.iter().filter_map(|file| {
        let subject = file.shown.strip_suffix(SIDECAR).filter(|subject| names.contains(subject))?;
        let request = match container::slurp(file, options.limits.sidecar) {
            Ok(bytes) => Request::parse(&bytes, Origin::Sidecar),
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        Some((subject.to_owned(), request))
    });
    beside.collect()
}

/// One exhibit, read.
struct Unit {
    id: ExhibitId,
    path: String,
    sha256: String,
    bytes: u64,
    /// What was wrong with the container.
    container: Vec<Problem>,
    archive: Option<(&'static str, u64)>,
    parsed: Option<Parsed>,
    /// What a sidecar said, which makes equal bytes different evidence.
    asked: Option<Vec<String>>,
}

impl Unit {
    fn refused(id: ExhibitId, path: String, problem: Problem) -> Self {
        Self { id, path, sha256: String::new(), bytes: 0, container: vec![problem], archive: None, parsed: None, asked: None }
    }

    fn repository(id: ExhibitId, path: String) -> Self {
        let archive = Some((Format::GitRepository.name(), 0));
        Self { id, path, sha256: String::new(), bytes: 0, container: Vec::new(), archive, parsed: None, asked: None }
    }
}

/// One file and everything inside it.
#[derive(Default)]
struct Opened {
    units: Vec<Unit>,
}

struct Collector<'a> {
    options: &'a Options,
    sidecars: &'a BTreeMap<String, Result<Request, String>>,
    inside: BTreeMap<String, Result<Request, String>>,
    parsed: HashMap<ExhibitId, (Parsed, Option<Vec<String>>)>,
    units: Vec<Unit>,
}

impl Visitor for Collector<'_> {
    fn sidecars(&mut self, found: Vec<(String, Vec<u8>)>) {
        self.inside.extend(found.into_iter().map(|(subject, bytes)| (subject, Request::parse(&bytes, Origin::Sidecar))));
    }

    fn content(&mut self, id: ExhibitId, name: &str, window: &mut Window<'_>) {
        let request = self.inside.get(name).or_else(|| self.sidecars.get(name)).cloned();
        let asked = match &request {
            Some(Ok(request)) => Some(request.argv.clone()),
            _ => Request::from_path(name).map(|request| request.argv),
        };
        let parsed = parse::read(window, id, name, request, self.options);
        self.parsed.insert(id, (parsed, asked));
    }

    fn sealed(&mut self, seal: Seal<'_>) {
        let (parsed, asked) = match self.parsed.remove(&seal.id) {
            Some((parsed, asked)) => (Some(parsed), asked),
            None => (None, None),
        };
        self.units.push(Unit {
            id: seal.id,
            path: seal.name.to_owned(),
            sha256: seal.sha256,
            bytes: seal.bytes,
            container: seal.problems,
            archive: seal.archive,
            parsed,
            asked,
        });
    }
}

fn open(file: &SourceFile, position: usize, sidecars: &BTreeMap<String, Result<Request, String>>, options: &Options) -> Opened {
    let mut collector = Collector { options, sidecars, inside: BTreeMap::new(), parsed: HashMap::new(), units: Vec::new() };
    container::open(file, u32::try_from(position).unwrap_or(u32::MAX), &options.limits, &mut collector);
    collector.units.shrink_to_fit();
    Opened { units: collector.units }
}

/// Reads the CSV files that inventory manifests name, which nothing else can make sense of.
fn read_inventories(opened: &mut [Opened], files: &[SourceFile], options: &Options) {
    let parsed = || opened.iter().flat_map(|opened| &opened.units).filter_map(|unit| unit.parsed.as_ref());
    let manifests: Vec<InventoryManifest> = parsed().flat_map(|parsed| parsed.inventories.clone()).collect();
    if manifests.is_empty() {
        return;
    }
    for (file, opened) in files.iter().zip(opened) {
        let pending: BTreeMap<ExhibitId, &InventoryManifest> = opened
            .units
            .iter()
            .filter(|unit| unit.parsed.as_ref().is_some_and(|parsed| parsed.disposition == Disposition::Unrecognised))
            .filter_map(|unit| Some((unit.id, manifests.iter().find(|manifest| manifest.names(&unit.path))?)))
            .collect();
        let Some(first) = pending.keys().next() else { continue };
        let mut again = Again { options, pending: &pending, parsed: BTreeMap::new() };
        container::open(file, first.file, &options.limits, &mut again);
        for unit in &mut opened.units {
            if let Some(parsed) = again.parsed.remove(&unit.id) {
                unit.parsed = Some(parsed);
            }
        }
    }
}

/// Reads contents again that a manifest names.
struct Again<'a> {
    options: &'a Options,
    pending: &'a BTreeMap<ExhibitId, &'a InventoryManifest>,
    parsed: BTreeMap<ExhibitId, Parsed>,
}

impl Visitor for Again<'_> {
    fn sidecars(&mut self, _: Vec<(String, Vec<u8>)>) {}

    fn content(&mut self, id: ExhibitId, name: &str, window: &mut Window<'_>) {
        if let Some(manifest) = self.pending.get(&id) {
            self.parsed.insert(id, parse::read_inventory(window, id, name, manifest, self.options));
        }
    }

    fn sealed(&mut self, _: Seal<'_>) {}
}

/// Sets metric data aside that nothing tells what it measures: `get-metric-data` answers by ids alone, and its queries are not in
/// the same folder.
fn set_aside_unasked(units: &mut [Unit]) {
    let measured = |unit: &Unit, takes: fn(&MetricStatement) -> bool| -> Vec<(String, String)> {
        let facts = unit.parsed.iter().flat_map(|parsed| &parsed.facts);
        let says = facts.filter_map(|fact| match &fact.statement {
            Statement::Metric(says) if takes(says) => Some((says.folder.clone(), says.id.clone()?)),
            _ => None,
        });
        says.collect()
    };
    let queries: BTreeSet<(String, String)> =
        units.iter().flat_map(|unit| measured(unit, |says| says.statistic.is_some() || says.namespace.is_some())).collect();
    for unit in units {
        let Some(parsed) = &mut unit.parsed else { continue };
        let mut lost: BTreeSet<String> = BTreeSet::new();
        parsed.facts.retain(|fact| match &fact.statement {
            Statement::Metric(says) if says.statistic.is_none() && says.namespace.is_none() => {
                let Some(id) = says.id.clone() else { return true };
                let key = (says.folder.clone(), id);
                let is_known = queries.contains(&key);
                lost.extend(Some(key.1).filter(|_| !is_known));
                is_known
            }
            _ => true,
        });
        let Some(first) = lost.first() else { continue };
        let message = format!(
            "nothing tells what {} result(s), such as `{first}`, measure: they are not used; keep the file of the queries in the same folder, or export with the queries in the command",
            lost.len()
        );
        parsed.problems.push(Problem::at(Locator::Whole, message));
        if parsed.disposition == Disposition::Read {
            parsed.disposition = Disposition::Partial;
        }
    }
}

/// Closes the ledger: sets copies aside, and keeps each record once.
fn close(mut units: Vec<Unit>) -> Intake {
    units.sort_by_key(|left| left.id);
    set_aside_unasked(&mut units);
    let mut intake = Intake::default();
    let mut exhibits: Vec<Exhibit> = Vec::with_capacity(units.len());
    let has_facts = |unit: &&Unit| unit.parsed.as_ref().is_some_and(|parsed| !parsed.facts.is_empty());
    intake.facts.reserve_exact(units.iter().filter(has_facts).count());
    for (original, unit) in originals(&units).into_iter().zip(units) {
        let Unit { id, path, sha256, bytes, container, archive, parsed, .. } = unit;
        if let Some(original) = original {
            let original = &exhibits[original].path;
            let format = parsed.map_or_else(|| "unknown".to_owned(), |parsed| parsed.format);
            let problems = vec![Problem::note(Locator::Whole, format!("the same bytes as {original}, which is read instead"))];
            let exhibit = Exhibit {
                id,
                path,
                sha256,
                bytes,
                format,
                disposition: Disposition::Duplicate,
                records: 0,
                kept: 0,
                earliest: None,
                latest: None,
                problems,
                asked: None,
                speaks: false,
            };
            exhibits.push(exhibit);
            continue;
        }
        let cut = container.iter().any(|problem| problem.loses);
        let mut exhibit = Exhibit {
            id,
            path,
            sha256,
            bytes,
            format: "unknown".to_owned(),
            disposition: Disposition::Refused,
            records: 0,
            kept: 0,
            earliest: None,
            latest: None,
            problems: container,
            asked: None,
            speaks: parsed.as_ref().is_some_and(|parsed| !SILENT.iter().any(|format| parsed.format == format.name())),
        };
        if let Some(parsed) = parsed {
            exhibit.format = parsed.format;
            exhibit.disposition = match parsed.disposition {
                Disposition::Read if cut => Disposition::Partial,
                other => other,
            };
            exhibit.records = parsed.records;
            exhibit.kept = parsed.facts.len() as u64;
            exhibit.earliest = parsed.earliest;
            exhibit.latest = parsed.latest;
            exhibit.problems.extend(parsed.problems);
            exhibit.asked = parsed.asked;
            intake.facts.extend(Some(parsed.facts).filter(|facts| !facts.is_empty()));
            for (scope, density) in parsed.density {
                intake.density.entry(scope).or_default().merge(&density);
            }
        } else if let Some((kind, entries)) = archive {
            kind.clone_into(&mut exhibit.format);
            exhibit.disposition = if cut { Disposition::Partial } else { Disposition::Read };
            exhibit.records = entries;
        }
        exhibits.push(exhibit);
    }
    let copies = each_record_once(&mut intake.facts);
    for (id, problem) in copies {
        if let Ok(at) = exhibits.binary_search_by(|exhibit| exhibit.id.cmp(&id)) {
            exhibits[at].problems.push(problem);
        }
    }
    intake.ledger = Ledger::new(exhibits);
    intake
}

/// Returns, for each exhibit, the position of the first one with the same bytes that was asked for in the same way, if it comes
/// before.
fn originals(units: &[Unit]) -> Vec<Option<usize>> {
    let mut originals = vec![None; units.len()];
    let mut by_content: Vec<usize> =
        (0..units.len()).filter(|at| !units[*at].sha256.is_empty() && units[*at].bytes > 0).collect();
    let content = |at: usize| (&units[at].sha256, &units[at].asked, own_folders(&units[at]));
    by_content.sort_by_key(|at| (content(*at), *at));
    for same in by_content.chunk_by(|left, right| content(*left) == content(*right)) {
        for copy in &same[1..] {
            originals[*copy] = same.first().copied();
        }
    }
    originals
}

/// Returns the end of a path that says what its file is about, where nothing else does: of Model Monitor's files, endpoint, schedule
/// and hour, as two runs may well find the same; of the queries of metric data, the folder whose answers they explain.
fn own_folders(unit: &Unit) -> &str {
    const FOLDERS: usize = 7;
    let facts = unit.parsed.as_ref().map(|parsed| parsed.facts.as_slice()).unwrap_or_default();
    let is_query =
        |fact: &Fact| matches!(&fact.statement, Statement::Metric(says) if says.id.is_some() && says.statistic.is_some());
    if !facts.is_empty() && facts.iter().all(is_query) {
        return unit.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    }
    if !facts.iter().any(|fact| matches!(fact.statement, Statement::MonitorFile(_))) {
        return "";
    }
    let from = unit.path.rmatch_indices('/').nth(FOLDERS - 1).map_or(0, |(at, _)| at + 1);
    &unit.path[from..]
}

/// Returns for each fact the position of the most faithful copy of it, of equals the first.
fn best_copies(facts: &[&Fact]) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(facts.len());
    let mut places: hashbrown::HashMap<(&str, u8), usize> = hashbrown::HashMap::new();
    places.reserve(facts.len());
    let carrier = |at: usize| facts[at].record.as_ref().map_or(u8::MAX, |record| record.carrier);
    let mut first = Vec::with_capacity(facts.len());
    for (at, fact) in facts.iter().enumerate() {
        let earlier = fact.record.as_ref().map_or(at, |record| *places.entry((&record.key, record.part)).or_insert(at));
        first.push(earlier);
        best.push(at);
        if carrier(at) < carrier(best[earlier]) {
            best[earlier] = at;
        }
    }
    first.into_iter().map(|earlier| best[earlier]).collect()
}

/// Keeps the most faithful copy of each record (of equals the first), and drops records that a later one corrects. Returns what is worth noting of it.
fn each_record_once(lists: &mut Vec<Vec<Fact>>) -> Vec<(ExhibitId, Problem)> {
    let facts: Vec<&Fact> = lists.iter().flatten().collect();
    let corrected: BTreeSet<&str> = facts.iter().filter_map(|fact| fact.record.as_ref()?.corrects.as_deref()).collect();
    let best = best_copies(&facts);
    let mut keep = vec![true; facts.len()];
    let mut copies: BTreeMap<ExhibitId, u64> = BTreeMap::new();
    let mut notes = Vec::new();
    for (at, (fact, used)) in facts.iter().zip(best).enumerate() {
        let Some(record) = &fact.record else { continue };
        let corrects_itself = record.corrects.as_ref() == Some(&record.key);
        if corrected.contains(&*record.key) && !corrects_itself {
            keep[at] = false;
            let message = format!("event {} was corrected by a later record, which is used instead", record.key);
            notes.push((fact.source.exhibit, Problem::note(fact.source.locator.clone(), message)));
            continue;
        }
        if used == at {
            continue;
        }
        keep[at] = false;
        *copies.entry(fact.source.exhibit).or_default() += u64::from(record.part <= 1);
        let original = facts[used];
        let faithful = record.carrier < LOSSY && original.record.as_ref().is_some_and(|record| record.carrier < LOSSY);
        if faithful && format!("{:?}", original.statement) != format!("{:?}", fact.statement) {
            let message = format!("event {} differs from its copy at {}, which is used", record.key, original.source.locator);
            notes.push((fact.source.exhibit, Problem::note(fact.source.locator.clone(), message)));
        }
    }
    let mut kept = keep.into_iter();
    for facts in lists.iter_mut() {
        facts.retain(|_| kept.next().unwrap_or(true));
    }
    lists.retain(|facts| !facts.is_empty());
    notes.extend(copies.into_iter().filter(|(_, count)| *count > 0).map(|(exhibit, count)| {
        let message = format!("{count} records are copies of records read from other exhibits; counted once");
        (exhibit, Problem::note(Locator::Whole, message))
    }));
    notes
}
