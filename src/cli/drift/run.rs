//! The run of `drift`: data and files in, one comparison, one answer out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::engine::{self, Base};
use super::inputs::{self, Inputs};
use super::{Arguments, ByMethod, Header};
use crate::cli::options::{Common, Plain};
use crate::cli::output::{Output, message};
use crate::cli::progress::Progress;
use crate::cli::{Exit, Failure, config};
use crate::dataset::{self, ADDED_BY_WRITERS, By, Dataset};
use crate::drift::compare;
use crate::drift::decide::Thresholds;
use crate::drift::monitor::{self, Constraints};
use crate::drift::profile::Profile;
use crate::drift::result::{Comparison, Unreadable, Verdict};
use crate::evidence::walk;
use crate::report::drift::document::{Answer, Monitor, MonitorCheck, MonitorDifference, MonitorRun};
use crate::report::{drift as report, text};

/// Runs `drift`.
pub(in crate::cli) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    common.plain()?;
    refuse_idle(common)?;
    let data: Vec<PathBuf> = arguments.baseline.iter().chain(&arguments.current).cloned().collect();
    let output = Output::choose(common, &data)?;
    if let Some(kept) = &arguments.save_baseline {
        Output::forbid("--save-baseline", kept, &data)?;
    }
    let look = text::Look { zone: common.zone()?, verbose: common.verbose };
    let inputs = inputs::read(arguments)?;
    let thresholds = config::read(arguments.config.as_deref())?.drift;
    let options = dataset::Options {
        by: arguments.by.as_deref().map(By::parse).transpose().map_err(|why| Failure::usage(format!("--by {why}")))?,
        header: match arguments.csv_header {
            Header::Auto => None,
            Header::Yes => Some(true),
            Header::No => Some(false),
        },
        names: arguments.names.clone(),
        side: arguments.capture.side(),
        ..dataset::Options::default()
    };
    let own: BTreeSet<String> = inputs.rules.rules()[..inputs.own].iter().map(|rule| rule.flag.clone()).collect();
    let threads = usize::from(common.jobs);
    let decides = compare::Options {
        exact: arguments.exact,
        method: arguments.method.method(),
        thresholds: thresholds_of(arguments, thresholds, inputs.constraints.as_ref()),
    };
    let current = if arguments.current.is_empty() { None } else { Some(gathered("--current", &arguments.current, &options)?) };
    let mut base = match engine::kept(&arguments.baseline)? {
        Some(kept) => Some(kept),
        None if arguments.baseline.is_empty() => None,
        None => Some(Base::Data(gathered("--baseline", &arguments.baseline, &options)?)),
    };
    if let Some(file) = &arguments.save_baseline {
        let Some(Base::Data(dataset)) = &base else {
            return Err(Failure::usage("--save-baseline: the baseline is one that was kept already"));
        };
        let watched = Progress::of(common, "reading the baseline");
        let (kept, bytes) = engine::on(threads, || engine::keep(dataset, &watched))??;
        drop(watched);
        // An empty baseline is not kept.
        let Base::Kept(profile, hash) = &kept else { return Err(Failure::internal("nothing was kept")) };
        if profile.rows == 0 {
            return Err(no_baseline(base.as_ref(), &profile.unreadable));
        }
        Output::keep(file, &bytes)?;
        if current.is_none() {
            return saved(file, common, &output, &look, dataset, (profile, hash));
        }
        // What was kept answers for the data, but holds too little for exact distances.
        if !arguments.exact {
            base = Some(kept);
        }
    }
    let Some(current) = current else { return Err(Failure::usage("--current is missing")) };
    let watched = Progress::of(common, if base.is_some() { "comparing" } else { "asking rules" });
    let mut comparison = engine::on(threads, || match &base {
        Some(base) => engine::compare(base, &current, &inputs.rules, &decides, &watched),
        None => engine::ask(&current, &inputs.rules, &decides, &watched),
    })?;
    drop(watched);
    if base.is_some() && comparison.baseline.rows == 0 {
        return Err(no_baseline(base.as_ref(), &comparison.unreadable));
    }
    leave_out(&mut comparison, &arguments.ignore)?;
    let mut answer = Answer::of(&comparison);
    answer.rules.retain(|rule| own.contains(&rule.flag));
    answer.monitor = inputs.constraints.as_ref().map(|constraints| monitored(arguments, &inputs, constraints, &comparison));
    let baseline = match &base {
        Some(Base::Data(dataset)) => Some(dataset),
        Some(Base::Kept(..)) => None,
        None => {
            answer.notes.push("No baseline was given: the rules alone were asked, and nothing is said of drift.".to_owned());
            None
        }
    };
    for dataset in baseline.into_iter().chain([&current]) {
        answer.unreadable.extend(dataset.unreadable.iter().cloned());
        answer.damaged.extend(dataset.problems.list());
        let ignored = |(file, message): &(String, String)| Unreadable { file: file.clone(), message: message.clone() };
        answer.ignored.extend(dataset.ignored.iter().map(ignored));
        answer.notes.extend(dataset.notes.iter().cloned());
    }
    for list in [&mut answer.unreadable, &mut answer.damaged, &mut answer.ignored] {
        list.sort();
        list.dedup();
    }
    match common.plain()? {
        Plain::Text => output.text(&report::text(&answer, &comparison, &look))?,
        Plain::Json => output.json(&answer)?,
    }
    Ok(ended(arguments, common, &comparison, &answer))
}

/// Says what was not read, and returns how the run ends.
fn ended(arguments: &Arguments, common: &Common, comparison: &Comparison, answer: &Answer<'_>) -> Exit {
    let mut exit = Exit::Done;
    if !answer.unreadable.is_empty() {
        let files = answer.unreadable.len();
        message(&format!(
            "{files} {} could not be read; the answer lists {} with the reason",
            plural(files, "file", "files"),
            plural(files, "it", "them")
        ));
        exit = exit.and(Exit::Unread);
    }
    if comparison.partitions.iter().all(|partition| partition.rows == 0) {
        message(if arguments.baseline.is_empty() {
            "--current has no rows: no rule was asked"
        } else {
            "--current has no rows: nothing was compared"
        });
        exit = exit.and(Exit::Unread);
    }
    if !common.quiet && !answer.damaged.is_empty() {
        let files = answer.damaged.len();
        message(&format!(
            "{files} {} read except for some rows; the answer lists the reasons",
            plural(files, "file was", "files were")
        ));
    }
    if fails(arguments, comparison, answer) {
        exit = exit.and(Exit::Found);
    }
    exit
}

/// Refuses options of other commands: what has no effect must not look as if it had one.
fn refuse_idle(common: &Common) -> Result<(), Failure> {
    let idle = [
        ("--from", common.from.is_some()),
        ("--to", common.to.is_some()),
        ("--as-of", common.as_of.is_some()),
        ("--account", common.account.is_some()),
        ("--region", common.region.is_some()),
        ("--repo", common.repo.is_some()),
        ("--show-secrets", common.show_secrets),
    ];
    match idle.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => Err(Failure::usage(format!(
            "{option} has no meaning for drift; name the files that are meant, and --by what they are compared by"
        ))),
    }
}

/// Gathers one side.
fn gathered(option: &str, paths: &[PathBuf], options: &dataset::Options) -> Result<Dataset, Failure> {
    let dataset = dataset::gather(paths, options).map_err(|why| Failure::usage(format!("{option} {why}")))?;
    if dataset.source.pieces.is_empty() {
        tell_unread(&dataset, &[]);
        let shown: Vec<String> = paths.iter().map(|path| walk::shown(path)).collect();
        return Err(Failure::unread(format!(
            "{option} {}: no data is there. Looked for parquet, captured data, JSON lines, CSV and statistics.json of Model Monitor",
            shown.join(" ")
        )));
    }
    Ok(dataset)
}

/// Says which files of a side could not be read, where no answer will.
fn tell_unread(dataset: &Dataset, unreadable: &[Unreadable]) {
    let ignored = dataset.ignored.iter().map(|(file, why)| format!("{file}: {why}"));
    let unread = dataset.unreadable.iter().chain(unreadable).map(|one| format!("{}: {}", one.file, one.message));
    unread.chain(ignored).for_each(|line| message(&line));
}

/// Returns the thresholds: where Model Monitor's method decides, those of its constraints.
fn thresholds_of(arguments: &Arguments, mut thresholds: Thresholds, constraints: Option<&Constraints>) -> Thresholds {
    if let Some(constraints) = constraints.filter(|_| arguments.method != ByMethod::Ks) {
        thresholds.sagemaker_numeric = constraints.monitoring.numeric_threshold;
        thresholds.sagemaker_categorical = constraints.monitoring.categorical_threshold;
    }
    thresholds
}

/// Leaves out columns that are no features, and those that the user names.
fn leave_out(comparison: &mut Comparison, ignore: &[String]) -> Result<(), Failure> {
    let has = |name: &String| comparison.columns.iter().any(|column| column.column == *name);
    if let Some(unknown) = ignore.iter().find(|name| !has(name) && !comparison.skipped.iter().any(|one| one.column == **name)) {
        return Err(Failure::usage(format!("--ignore {unknown}: neither side has such a column")));
    }
    let is_kept = |name: &str| !ignore.iter().any(|one| one == name) && !ADDED_BY_WRITERS.contains(&name);
    comparison.keep_columns(is_kept);
    Ok(())
}

/// Decides as Model Monitor would.
fn monitored(arguments: &Arguments, inputs: &Inputs, constraints: &Constraints, comparison: &Comparison) -> Monitor {
    let method = match arguments.method {
        ByMethod::Ks => None,
        ByMethod::SagemakerRobust => Some(monitor::Method::Robust),
        ByMethod::SagemakerSimple => Some(monitor::Method::Simple),
    };
    let judgements = monitor::replay(comparison, constraints, method);
    let name = |path: Option<&Path>| path.map(walk::shown).unwrap_or_default();
    let run = inputs.violations.as_ref().map(|violations| {
        // A run judges one partition; of several, each may be the one.
        let (agreed, differences) = monitor::explain(constraints, &monitor::overall(&judgements), violations);
        MonitorRun {
            violations: name(arguments.violations.as_deref()),
            agreed: agreed as u64,
            differences: differences.into_iter().map(MonitorDifference::of).collect(),
            others: violations.others as u64,
        }
    });
    Monitor {
        constraints: name(arguments.constraints.as_deref()),
        comparison_method: method.unwrap_or(constraints.monitoring.method).name(),
        checks: judgements.iter().map(|one| one.outcomes.len() as u64).sum(),
        violations: MonitorCheck::of(&judgements),
        run,
    }
}

/// Says what was kept.
fn saved(
    file: &Path,
    common: &Common,
    output: &Output,
    look: &text::Look,
    dataset: &Dataset,
    (profile, hash): (&Profile, &str),
) -> Result<Exit, Failure> {
    let kept = engine::described(profile, hash);
    match common.plain()? {
        Plain::Text => output.text(&report::profile(&walk::shown(file), &kept, look))?,
        Plain::Json => output.json(&kept)?,
    }
    tell_unread(dataset, &profile.unreadable);
    Ok(if profile.unreadable.is_empty() && dataset.unreadable.is_empty() { Exit::Done } else { Exit::Unread })
}

/// Says that there is nothing to compare with, and why.
fn no_baseline(base: Option<&Base>, unreadable: &[Unreadable]) -> Failure {
    if let Some(Base::Data(dataset)) = base {
        tell_unread(dataset, unreadable);
    }
    Failure::unread("--baseline has no rows that can be read: there is nothing to compare with")
}

/// Returns whether something is as bad as `--fail-on` says.
fn fails(arguments: &Arguments, comparison: &Comparison, answer: &Answer<'_>) -> bool {
    let Some(limit) = arguments.fail_on.verdict() else { return false };
    let of_columns = comparison.columns.iter().flat_map(|column| &column.partitions).map(|found| found.verdict);
    let of_rules = answer.rules.iter().map(|rule| rule.verdict);
    let is_violated = answer.monitor.iter().flat_map(|monitor| &monitor.violations).any(|check| check.violated == Some(true));
    is_violated || of_columns.chain(of_rules).any(|verdict| verdict >= limit.max(Verdict::Warn))
}

const fn plural<'a>(n: usize, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}
