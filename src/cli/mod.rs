//! The command line: one file per command. Only here is anything printed, and only here does the program end.

mod audit;
mod checks;
mod config;
mod drift;
mod exit;
mod gaps;
mod impact;
mod investigate;
mod lineage;
mod named;
mod options;
mod output;
mod progress;
mod repository;
mod timeline;

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use exit::Exit;

use crate::case::Case;
use crate::evidence::ledger::{Disposition, Ledger};
use crate::evidence::walk;
use crate::intake;
use crate::parse::Options;
use crate::study::{self, Settings};
use options::Common;
use output::message;
use progress::Progress;

/// Answers, offline and from exported files, which data and which code fed each model, what served when, and what went wrong.
///
/// Exit status: 0 ran; 1 findings at or above --fail-on; 2 wrong usage; 3 evidence unreadable, absent or below
/// --min-coverage; 4 internal error.
#[derive(Debug, Parser)]
#[command(name = "modeltrail", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Which data version and which code fed every model, what is wrong, and what can't be known?
    Audit(audit::Arguments),
    /// The lineage alone, of one or all models
    Lineage(lineage::Arguments),
    /// What served at that instant, what fed it, how stale was it, what changed before, who could have noticed?
    Investigate(investigate::Arguments),
    /// Where did this bad object, commit, image or model get to, from when to when, over how many requests?
    Impact(impact::Arguments),
    /// Everything that happened, in order, with its source
    Timeline(timeline::Arguments),
    /// What evidence is here, what is missing, and the command that exports it
    Gaps(gaps::Arguments),
    /// Which columns moved, since which partition, and which business rules broke?
    Drift(Box<drift::Arguments>),
    /// List the checks, or explain one
    Checks(checks::Arguments),
}

/// Why a command gives no answer.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    fn internal(message: impl Into<String>) -> Self {
        Self { exit: Exit::Internal, message: message.into() }
    }

    fn unread(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unread, message: message.into() }
    }
}

/// Runs the program with the given arguments, the first of which is its name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // A defect of this program must not look like an answer, whatever it is.
    let ended = panic::catch_unwind(AssertUnwindSafe(|| run(arguments)));
    let exit = ended.unwrap_or_else(|_| {
        message("internal error: this is a defect of modeltrail; please report it with the lines above");
        Exit::Internal
    });
    exit.into()
}

fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let is_wrong = error.use_stderr();
            // Where the stream is closed there is nobody to tell.
            let _ = error.print();
            return if is_wrong { Exit::Usage } else { Exit::Done };
        }
    };
    let common = &cli.common;
    let ended = match &cli.command {
        Command::Timeline(arguments) => timeline::run(arguments, common),
        Command::Audit(arguments) => audit::run(arguments, common),
        Command::Lineage(arguments) => lineage::run(arguments, common),
        Command::Investigate(arguments) => investigate::run(arguments, common),
        Command::Impact(arguments) => impact::run(arguments, common),
        Command::Gaps(arguments) => gaps::run(arguments, common),
        Command::Drift(arguments) => drift::run(arguments, common),
        Command::Checks(arguments) => checks::run(arguments, common),
    };
    ended.unwrap_or_else(|failure| {
        message(&failure.message);
        failure.exit
    })
}

/// Returns the command line's definition, from which its reference is made.
pub fn definition() -> clap::Command {
    Cli::command()
}

/// The evidence, read and joined.
struct Opened {
    ledger: Ledger,
    case: Case,
    /// How the run ends if nothing graver happens.
    exit: Exit,
}

/// Reads the evidence and builds the case; says on standard error what could not be read.
///
/// With `settings`, data in the evidence is compared too.
fn open(paths: &[PathBuf], common: &Common, settings: Option<&Settings>) -> Result<Opened, Failure> {
    let as_of = common.as_of()?;
    let clone = repository::open(common)?;
    let options = Options { show_secrets: common.show_secrets, ..Options::default() };
    let intake = intake::read(paths, &options, usize::from(common.jobs), &Progress::of(common, "reading"));
    let mut case = Case::build(intake.facts, &intake.density, &intake.ledger, as_of);
    let mut ledger = intake.ledger;
    repository::ask(clone.as_ref(), &mut case, &mut ledger, common);
    if let Some(settings) = settings {
        study::run(paths, &mut case, &mut ledger, settings, usize::from(common.jobs));
    }
    let mut exit = Exit::Done;
    for path in unopened(&ledger, paths) {
        message(&path);
        exit = Exit::Unread;
    }
    if ledger.recognised() == 0 {
        message(&nothing(&ledger));
        exit = Exit::Unread;
    } else if !common.quiet {
        tell_losses(&ledger);
    }
    Ok(Opened { ledger, case, exit })
}

/// Returns a message for each path that was named and cannot be opened: the file itself, or the archive that it is.
fn unopened(ledger: &Ledger, paths: &[PathBuf]) -> Vec<String> {
    let named: Vec<String> = paths.iter().map(|path| walk::shown(path)).collect();
    let refused = ledger.exhibits().iter().filter(|exhibit| exhibit.disposition == Disposition::Refused && !exhibit.speaks);
    let named = refused.filter(|exhibit| named.contains(&exhibit.path));
    named
        .map(|exhibit| {
            format!("{}: {}", exhibit.path, exhibit.problems.first().map_or("cannot be opened", |problem| &problem.message))
        })
        .collect()
}

/// Says that there is nothing to go by, and what was looked for.
fn nothing(ledger: &Ledger) -> String {
    let found = match ledger.exhibits().iter().filter(|exhibit| !exhibit.sha256.is_empty()).count() {
        0 if ledger.exhibits().is_empty() => "no file is there".to_owned(),
        0 => "no file there can be opened".to_owned(),
        1 => "the one file there is not recognised or cannot be read".to_owned(),
        files => format!("none of the {files} files there is recognised and can be read"),
    };
    format!(
        "nothing to go by: {found}. Looked for CloudTrail logs, SageMaker describe-*, list-* and search answers, S3 listings, inventories and access logs, \
         ECR images, CloudWatch logs, metrics, alarms and rules, EventBridge events and build records, as JSON, JSON Lines, CSV, text or parquet, \
         also inside .gz, .zst, .zip and .tar. `modeltrail gaps --script --endpoint NAME --from TIME --to TIME` prints a script that exports them"
    )
}

fn tell_losses(ledger: &Ledger) {
    let words: Vec<String> = [
        (Disposition::Partial, "read in part"),
        (Disposition::Refused, "refused"),
        (Disposition::Unrecognised, "not recognised"),
    ]
    .into_iter()
    .filter_map(|(disposition, words)| {
        let count = ledger.count(disposition);
        (count > 0).then(|| format!("{count} {words}"))
    })
    .collect();
    if !words.is_empty() {
        message(&format!("of {} files {}; the answer lists them with the reasons", ledger.exhibits().len(), words.join(", ")));
    }
}
