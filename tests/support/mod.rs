//! The one door through which tests reach a case.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod git;

use std::path::{Path, PathBuf};

use modeltrail::audit::{Audit, Selection};
use modeltrail::case::Case;
use modeltrail::evidence::ledger::Ledger;
use modeltrail::intake::{self, Intake, Unwatched};
use modeltrail::parse::Options;
use modeltrail::report::{build, document, text};
use modeltrail::study::{self, Settings};

/// What an audit of some evidence says.
pub(crate) struct Told {
    pub answer: document::Audit,
    pub text: String,
    pub json: String,
}

/// Audits evidence.
pub(crate) fn audit(paths: &[PathBuf]) -> Told {
    audit_with(paths, &Options::default(), 2)
}

pub(crate) fn audit_with(paths: &[PathBuf], options: &Options, threads: usize) -> Told {
    audit_of(paths, options, &Settings::default(), threads)
}

/// Audits evidence, and compares the data in it by settings.
pub(crate) fn audit_by(paths: &[PathBuf], settings: &Settings) -> Told {
    audit_of(paths, &Options::default(), settings, 2)
}

fn audit_of(paths: &[PathBuf], options: &Options, settings: &Settings, threads: usize) -> Told {
    let intake = intake::read(paths, options, threads, &Unwatched);
    let mut ledger = intake.ledger;
    let mut case = Case::build(intake.facts, &intake.density, &ledger, None);
    study::run(paths, &mut case, &mut ledger, settings, threads);
    written(&case, &ledger)
}

/// Audits evidence beside a clone of the repository.
pub(crate) fn audit_beside(paths: &[PathBuf], clone: &Path) -> Told {
    audit_answered(paths, clone, |_| {})
}

/// Audits evidence beside a clone that answers otherwise.
pub(crate) fn audit_answered(
    paths: &[PathBuf],
    clone: &Path,
    change: impl FnOnce(&mut modeltrail::fact::clone::Searched),
) -> Told {
    let (case, ledger) = case_beside(paths, clone, change);
    written(&case, &ledger)
}

/// Builds the case of evidence beside a clone.
pub(crate) fn case_beside(
    paths: &[PathBuf],
    clone: &Path,
    change: impl FnOnce(&mut modeltrail::fact::clone::Searched),
) -> (Case, Ledger) {
    let intake = intake::read(paths, &Options::default(), 2, &Unwatched);
    let mut case = Case::build(intake.facts, &intake.density, &intake.ledger, None);
    let repo = modeltrail::repo::Repo::open(clone).expect("it is a clone");
    let mut searched = repo.search(&case.code_asked(), &[], &modeltrail::repo::Limits::default());
    change(&mut searched);
    case.take_searched(searched);
    (case, intake.ledger)
}

/// Builds the case and the answer from what was read.
pub(crate) fn tell(intake: Intake) -> Told {
    written(&Case::build(intake.facts, &intake.density, &intake.ledger, None), &intake.ledger)
}

fn written(case: &Case, ledger: &Ledger) -> Told {
    let answer = build::audit(&Audit::of(case, ledger, &Selection::default()));
    let text = anstream::adapter::strip_str(&text::audit(&answer, &text::Look::default())).to_string();
    let mut json = Vec::new();
    modeltrail::report::json::write(&answer, &mut json).expect("memory can be written");
    Told { answer, text, json: String::from_utf8(json).expect("JSON is UTF-8") }
}

/// Writes files into a fresh folder.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("the folder can be written");
        std::fs::write(path, bytes).expect("the folder can be written");
    }
    folder
}

/// Returns the files under a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
}

/// Returns each hop of each model with its grade: `MODEL hop`.
pub(crate) fn grades(answer: &document::Audit) -> std::collections::BTreeMap<String, modeltrail::case::claim::Grade> {
    let mut grades = std::collections::BTreeMap::new();
    for model in &answer.models {
        let mut add = |hop: String, grade| grades.insert(format!("{} {hop}", model.arn.as_str()), grade);
        add("package".to_owned(), model.package.grade);
        add("approval".to_owned(), model.approval.grade);
        add("training job".to_owned(), model.training_job.grade);
        add("pipeline execution".to_owned(), model.pipeline_execution.grade);
        add("artifact".to_owned(), model.artifact.grade);
        add("commit".to_owned(), model.code.commit.grade);
        add("training image".to_owned(), model.code.training_image.grade);
        add("serving image".to_owned(), model.code.serving_image.grade);
        add("source".to_owned(), model.code.source.grade);
        add("dependencies".to_owned(), model.code.dependencies.grade);
        for channel in &model.data {
            add(format!("data {}", channel.channel), channel.version.grade);
            add(format!("data {} produced by", channel.channel), channel.produced_by.grade);
        }
    }
    grades
}
