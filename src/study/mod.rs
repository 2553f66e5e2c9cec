//! Runs the studies that a case allows: finds out which files are which objects, reads them, and hands what moved to the case.
//!
//! `case::study` says what may be compared and why, [`crate::dataset`] opens the files, [`crate::drift`] compares them. Nothing here
//! judges: checks read [`crate::case::Case::studies`]. A study of which some file cannot be read is not made, as the rest of a data
//! set says nothing of the whole; the ledger then says which file and why.

mod changes;
mod columns;
mod digests;
mod stores;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::study::file::{LocalFile, candidates, is_data};
use crate::case::study::plan::{self, Part, Plan, Planned};
use crate::case::study::seal;
use crate::case::study::store::{self, StoreStudy};
use crate::case::study::{Study, Subject};
use crate::dataset::{self, Dataset};
use crate::drift::compare;
use crate::drift::decide::Thresholds;
use crate::drift::proof;
use crate::drift::result::{Comparison, Unreadable};
use crate::drift::rule::RuleSet;
use crate::drift::scan::{self, Baseline, Unwatched};
use crate::drift::source::Partition;
use crate::evidence::citation::{ExhibitId, Locator};
use crate::evidence::etag;
use crate::evidence::ledger::{Disposition, Exhibit, Ledger, Problem};
use crate::evidence::walk::{self, SourceFile};
use crate::recognise::Format;

/// How data is compared.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Business rules, asked of what endpoints were asked, of what later runs read, and of what runs read that are held against no other.
    pub rules: RuleSet,
    /// The numbers that decide.
    pub thresholds: Thresholds,
    /// Columns that are left out.
    pub ignore: Vec<String>,
    /// Columns of training data that requests do not hold: the target, weights, identifiers.
    pub labels: Vec<String>,
}

/// Makes the studies that the evidence under `paths` allows, with `threads` threads (0: one for each processor), and keeps them in the
/// case; says in the ledger what became of each data file. Where no file is data, nothing is opened.
pub fn run(paths: &[PathBuf], case: &mut Case, ledger: &mut Ledger, settings: &Settings, threads: usize) {
    let mut files = candidates(case, ledger);
    let mut notes: BTreeMap<ExhibitId, String> = BTreeMap::new();
    // What no listing shows may still be of an offline store, by its folders.
    if !files.is_empty() || !store::plans(case, ledger, &files).is_empty() {
        let sources: BTreeMap<String, SourceFile> =
            walk::find(paths).files.into_iter().map(|file| (file.shown.clone(), file)).collect();
        let mut work = || {
            identify(&mut files, &sources);
            let planned = plan::of(case, &files, !settings.rules.rules().is_empty());
            let outcomes: Vec<Result<Study, Failed>> = planned.plans.iter().map(|plan| study(plan, &sources, settings)).collect();
            let stores = store::plans(case, ledger, &files);
            let read: Vec<(StoreStudy, Vec<(usize, String)>)> =
                stores.par_iter().map(|plan| stores::read(plan, &sources)).collect();
            (planned, outcomes, stores, read)
        };
        let (planned, outcomes, stores, read) = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => pool.install(work),
            Err(_) => work(),
        };
        for (plan, outcome) in planned.plans.iter().zip(outcomes) {
            match outcome {
                Ok(study) => {
                    if let Some(canary) = canary_remark(&study) {
                        note_at(plan.current.first(), Problem::note(Locator::Whole, canary), ledger);
                    }
                    case.studies.push(study);
                }
                Err(failed) => tell_failure(plan, &failed, ledger),
            }
        }
        take_rows(&files, &planned, &sources, ledger);
        notes = planned.notes;
        for (plan, (found, failed)) in stores.into_iter().zip(read) {
            for file in &plan.files {
                // What is compared says more.
                if !planned.known.contains(&file.exhibit) {
                    notes.insert(file.exhibit, format!("records of feature group {}", plan.group.name));
                }
            }
            for (at, why) in failed {
                if let Some(file) = plan.files.get(at) {
                    let problem = Problem::at(Locator::Whole, format!("records that cannot be read: {why}"));
                    ledger.amend(file.exhibit, |exhibit| {
                        exhibit.disposition = Disposition::Partial;
                        exhibit.problems.push(problem);
                    });
                }
            }
            case.stores.push(found);
        }
    }
    hold_against_digests(paths, case, ledger, threads);
    let data: Vec<(ExhibitId, bool)> = ledger
        .exhibits()
        .iter()
        .filter(|exhibit| is_data(exhibit) || is_rows(exhibit))
        .map(|one| (one.id, one.id.entry > 0))
        .collect();
    for (id, is_inside) in data {
        let unknown = if is_inside {
            "data inside an archive is compared with nothing: unpack it"
        } else {
            "no job in the evidence is shown to have read it, so it is compared with nothing"
        };
        let note = notes.remove(&id).unwrap_or_else(|| unknown.to_owned());
        ledger.amend(id, |exhibit| exhibit.problems.push(Problem::note(Locator::Whole, note)));
    }
}

/// Reads the files again that digests list, and keeps those that are not what was delivered.
fn hold_against_digests(paths: &[PathBuf], case: &mut Case, ledger: &Ledger, threads: usize) {
    let sealed = seal::of(case, ledger);
    if sealed.is_empty() {
        return;
    }
    let sources: BTreeMap<String, SourceFile> =
        walk::find(paths).files.into_iter().map(|file| (file.shown.clone(), file)).collect();
    let files = ledger.exhibits().iter().filter(|exhibit| exhibit.id.entry == 0);
    let names: BTreeMap<u32, String> = files.map(|exhibit| (exhibit.id.file, exhibit.path.clone())).collect();
    let work = || digests::altered(&sealed, &names, &sources);
    case.altered = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    };
}

fn is_rows(exhibit: &Exhibit) -> bool {
    exhibit.format == Format::Rows.name()
}

/// Finds out which objects the files are by their content, and whose requests captured ones are by their folders.
fn identify(files: &mut [LocalFile], sources: &BTreeMap<String, SourceFile>) {
    files.par_iter_mut().for_each(|file| {
        if file.is_captured {
            file.captured_by = dataset::captured_by(&file.path);
        }
        if let Some(source) = sources.get(&file.path).filter(|source| source.bytes == file.bytes) {
            // A file that cannot be read a second time is no object that is known; the ledger has what the first reading met.
            file.etag = etag::matching(source, &file.wanted).ok().flatten();
        }
    });
}

/// Why a study was not made.
enum Failed {
    /// Files that cannot be read, wholly or from some place on.
    Unread(Vec<Unreadable>),
    /// Something else, in a sentence.
    Because(String),
}

fn tell_failure(plan: &Plan, failed: &Failed, ledger: &mut Ledger) {
    let parts = || plan.baseline.iter().chain(&plan.current);
    match failed {
        Failed::Unread(files) => {
            for unread in files {
                for part in parts().filter(|part| part.path == unread.file) {
                    let problem = Problem::at(Locator::Whole, format!("cannot be compared: {}", unread.message));
                    ledger.amend(part.exhibit, |exhibit| {
                        if exhibit.disposition == Disposition::Read {
                            exhibit.disposition = Disposition::Partial;
                        }
                        if !exhibit.problems.contains(&problem) {
                            exhibit.problems.push(problem);
                        }
                    });
                }
            }
            let names: Vec<&str> = files.iter().map(|unread| unread.file.as_str()).collect();
            let note = Problem::note(Locator::Whole, format!("not compared: {} cannot be read", names.join(", ")));
            let first = parts().find(|part| !names.contains(&part.path.as_str()));
            note_at(first, note, ledger);
        }
        Failed::Because(why) => {
            note_at(plan.current.first(), Problem::note(Locator::Whole, format!("not compared: {why}")), ledger);
        }
    }
}

fn note_at(part: Option<&Part>, note: Problem, ledger: &mut Ledger) {
    if let Some(part) = part {
        ledger.amend(part.exhibit, |exhibit| exhibit.problems.push(note));
    }
}

/// Gives rows that nothing recognised, and that are an object's bytes, their place in the ledger.
fn take_rows(files: &[LocalFile], planned: &Planned, sources: &BTreeMap<String, SourceFile>, ledger: &mut Ledger) {
    for file in files.iter().filter(|file| planned.known.contains(&file.exhibit)) {
        let is_unknown = ledger.exhibit(file.exhibit).is_some_and(|exhibit| exhibit.disposition == Disposition::Unrecognised);
        let Some(source) = sources.get(&file.path).filter(|_| is_unknown) else { continue };
        let dataset = dataset::of_files(vec![(source.clone(), Partition::default())], &dataset::Options::default());
        let profile = scan::profile(&dataset.source, &Unwatched);
        if profile.rows == 0 {
            continue;
        }
        let problems = dataset.problems.list().into_iter().map(|problem| Problem::at(Locator::Whole, problem.message));
        ledger.amend(file.exhibit, |exhibit| {
            Format::Rows.name().clone_into(&mut exhibit.format);
            exhibit.problems.clear();
            exhibit.problems.extend(problems);
            exhibit.disposition = if exhibit.problems.is_empty() { Disposition::Read } else { Disposition::Partial };
            exhibit.records = profile.rows;
            exhibit.speaks = false;
        });
    }
}

/// Makes pieces of a side's files.
fn gathered(parts: &[Part], sources: &BTreeMap<String, SourceFile>, options: &dataset::Options) -> Result<Dataset, Failed> {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut files = Vec::new();
    for part in parts {
        let Some(source) = sources.get(&part.path) else {
            return Err(Failed::Because(format!("{} is gone", part.path)));
        };
        let mut source = source.clone();
        // Two objects may hold the same bytes; pieces are told apart by their names.
        let before = names.entry(&part.path).or_default();
        *before += 1;
        if *before > 1 {
            source.shown = format!("{} ({before})", source.shown);
        }
        let partition = part.day.as_deref().map_or_else(Partition::default, |day| Partition::default().with("day", Some(day)));
        files.push((source, partition));
    }
    let dataset = dataset::of_files(files, options);
    let ignored = dataset.ignored.iter().map(|(file, message)| Unreadable { file: file.clone(), message: message.clone() });
    let unread: Vec<Unreadable> = dataset.unreadable.iter().cloned().chain(ignored).collect();
    if unread.is_empty() { Ok(dataset) } else { Err(Failed::Unread(unread)) }
}

/// Makes a study.
fn study(plan: &Plan, sources: &BTreeMap<String, SourceFile>, settings: &Settings) -> Result<Study, Failed> {
    let decides = compare::Options { thresholds: settings.thresholds.clone(), ..compare::Options::default() };
    let mut options = dataset::Options::default();
    let baseline = gathered(&plan.baseline, sources, &options)?;
    let mut grade = plan.grade;
    let mut remarks = Vec::new();
    let mut canaries = 0;
    let (comparison, current) = match &plan.subject {
        Subject::Runs(_) => {
            let current = gathered(&plan.current, sources, &options)?;
            let of_baseline = Baseline::Data(&baseline.source);
            (scan::run(of_baseline, &current.source, &settings.rules, &decides, &Unwatched), current)
        }
        Subject::Alone(_) => {
            let current = gathered(&plan.current, sources, &options)?;
            (proof::rules(&current.source, &settings.rules, &decides, &Unwatched), current)
        }
        Subject::Served(_) => {
            let profile = scan::profile(&baseline.source, &Unwatched);
            let files: Vec<SourceFile> = plan.current.iter().filter_map(|part| sources.get(&part.path).cloned()).collect();
            let repeated = dataset::repeated(&files);
            canaries = repeated.requests;
            options.without = Arc::new(repeated.payloads);
            let trained: Vec<&str> = profile.columns.iter().map(|column| column.name.as_str()).collect();
            let asked = columns::of(&gathered(&plan.current, sources, &options)?).map_err(Failed::Unread)?;
            let named = columns::named(&trained, &asked, &settings.labels).map_err(Failed::Because)?;
            if let Some(remark) = named.remark {
                // Nothing but the order says which value is which column.
                grade = grade.weaker(Grade::C);
                remarks.push(remark);
            }
            options.names = named.names;
            let current = gathered(&plan.current, sources, &options)?;
            (scan::run(Baseline::Profile(&profile, ""), &current.source, &settings.rules, &decides, &Unwatched), current)
        }
    };
    if !comparison.unreadable.is_empty() {
        return Err(Failed::Unread(comparison.unreadable));
    }
    let rows = (comparison.baseline.rows, comparison.partitions.iter().map(|partition| partition.rows).sum());
    let is_alone = matches!(plan.subject, Subject::Alone(_));
    if (rows.0 == 0 && !is_alone) || rows.1 == 0 {
        return Err(Failed::Because("one side has no rows".to_owned()));
    }
    for problem in baseline.problems.list().into_iter().chain(current.problems.list()) {
        remarks.push(format!("Left out of {}: {}.", problem.file, problem.message));
    }
    let mut study = found(plan, &comparison, settings, grade, rows, remarks);
    study.canaries = canaries;
    let remark = canary_remark(&study);
    study.remarks.extend(remark);
    Ok(study)
}

/// Says which requests are a canary's.
fn canary_remark(study: &Study) -> Option<String> {
    let count = study.canaries;
    (count > 0).then(|| {
        format!("{count} captured request(s) repeat one payload again and again, as a canary does: they are not compared, nor counted among the requests.")
    })
}

fn found(
    plan: &Plan,
    comparison: &Comparison,
    settings: &Settings,
    grade: Grade,
    rows: (u64, u64),
    mut remarks: Vec<String>,
) -> Study {
    let is_inferred = |part: &Part| !part.path.to_ascii_lowercase().ends_with(".parquet");
    let reading = changes::Reading {
        is_served: matches!(plan.subject, Subject::Served(_)),
        is_inferred: plan.baseline.iter().chain(&plan.current).any(is_inferred),
        ignore: &settings.ignore,
        labels: &settings.labels,
    };
    let (changes, left_out) = changes::of(comparison, &reading);
    remarks.extend(left_out);
    Study {
        subject: plan.subject.clone(),
        grade,
        evidence: plan.evidence.clone(),
        rows,
        columns: comparison.columns.len(),
        changes,
        canaries: 0,
        remarks,
    }
}
