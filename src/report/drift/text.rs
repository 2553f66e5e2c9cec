//! The page of `drift`: the answer in a line, then the columns that moved, worst first, then rules, then what was not compared.

use std::collections::BTreeMap;

use anstyle::Style;

use super::chart::{number, percent};
use super::columns::{self, style, word, worst_verdict};
use super::document::{Answer, Monitor};
use crate::drift::result::{Baseline, Comparison, Method, Rule, Unreadable, Verdict};
use crate::escape::shown;
use crate::report::text::Look;
use crate::report::text::page::{Page, count, dim, grouped, styled};

/// Rows of a table that are listed without `--verbose`.
const LISTED: usize = 20;

/// Writes the answer of `drift`.
pub fn text(answer: &Answer<'_>, comparison: &Comparison, look: &Look) -> String {
    let mut page = Page::new(look);
    headline(&mut page, answer, comparison);
    what(&mut page, answer, comparison);
    columns::write(&mut page, comparison);
    rules(&mut page, answer);
    if let Some(monitor) = &answer.monitor {
        monitored(&mut page, monitor);
    }
    if !answer.skipped.is_empty() {
        page.heading("NOT COMPARED", &count(answer.skipped.len() as u64, "column", "columns"));
        for skipped in answer.skipped {
            page.line(&format!("  {}  {}", shown(&skipped.column), shown(&skipped.why)));
        }
    }
    files(&mut page, "COULD NOT BE READ", &answer.unreadable);
    files(&mut page, "READ EXCEPT FOR SOME ROWS", &answer.damaged);
    files(&mut page, "NO DATA", &answer.ignored);
    for note in &answer.notes {
        page.blank();
        page.paragraph(0, dim(), note);
    }
    page.finish()
}

/// Writes what was kept of a baseline.
pub fn profile(file: &str, kept: &Baseline, look: &Look) -> String {
    let mut page = Page::new(look);
    page.line(&format!(
        "Kept what is needed of {}, {}, {} in {}",
        count(kept.files, "file", "files"),
        count(kept.rows, "row", "rows"),
        count(kept.columns, "column", "columns"),
        shown(file)
    ));
    if let Some(hash) = &kept.profile {
        page.line(&styled(dim(), &format!("SHA-256 {}", shown(hash))));
    }
    page.finish()
}

fn headline(page: &mut Page<'_>, answer: &Answer<'_>, comparison: &Comparison) {
    let rows: u64 = answer.partitions.iter().map(|partition| partition.rows).sum();
    if rows == 0 {
        return page.line("There are no current rows: nothing was compared, so there is no answer.");
    }
    let of = |verdict: Verdict| comparison.columns.iter().filter(|column| worst_verdict(column) == verdict).count() as u64;
    let (drifted, schema, warned) = (of(Verdict::Drift), of(Verdict::Schema), of(Verdict::Warn));
    let all = comparison.columns.len() as u64;
    let mut words = Vec::new();
    if drifted > 0 {
        words.push(styled(style(Verdict::Drift), &format!("{drifted} of {all} columns drifted")));
    }
    if schema > 0 {
        words
            .push(styled(style(Verdict::Schema), &format!("{} changed in type or presence", count(schema, "column", "columns"))));
    }
    if warned > 0 {
        words.push(styled(style(Verdict::Warn), &format!("{} worth a look", count(warned, "column is", "columns are"))));
    }
    let broken = answer.rules.iter().filter(|rule| rule.verdict == Verdict::Drift);
    let broken = broken.map(|rule| &rule.flag).collect::<std::collections::BTreeSet<_>>().len() as u64;
    if broken > 0 {
        words.push(styled(style(Verdict::Drift), &format!("{} broken", count(broken, "rule is", "rules are"))));
    }
    let open = answer.rules.iter().filter(|rule| rule.verdict == Verdict::Schema);
    let open = open.map(|rule| &rule.flag).collect::<std::collections::BTreeSet<_>>().len() as u64;
    if words.is_empty() && asks_rules_alone(comparison) {
        let of = if open > 0 { format!(", but {open} could not be asked") } else { String::new() };
        page.line(&styled(style(Verdict::Ok), &format!("No rule is broken{of}")));
    } else if words.is_empty() {
        page.line(&styled(style(Verdict::Ok), &format!("No drift in {}", count(all, "column", "columns"))));
    } else {
        page.line(&words.join(", "));
    }
}

/// Returns whether nothing was given to compare with.
fn asks_rules_alone(comparison: &Comparison) -> bool {
    comparison.baseline.files == 0 && comparison.baseline.profile.is_none()
}

fn what(page: &mut Page<'_>, answer: &Answer<'_>, comparison: &Comparison) {
    let rows: u64 = answer.partitions.iter().map(|partition| partition.rows).sum();
    if !asks_rules_alone(comparison) {
        page.line(&format!(
            "baseline  {}, {}, {}",
            count(answer.baseline.files, "file", "files"),
            count(answer.baseline.rows, "row", "rows"),
            count(answer.baseline.columns, "column", "columns")
        ));
    }
    let partitions = match answer.partitions {
        [] => String::new(),
        [only] if only.partition.is_empty() => String::new(),
        [only] => format!(", {}", shown(&only.partition)),
        [first, .., last] => {
            format!(", {} partitions, {} to {}", answer.partitions.len(), shown(&first.partition), shown(&last.partition))
        }
    };
    page.line(&format!(
        "current   {}, {}{partitions}",
        count(answer.files.len() as u64, "file", "files"),
        count(rows, "row", "rows")
    ));
    if asks_rules_alone(comparison) {
        return;
    }
    let limits = answer.thresholds;
    let method = match answer.method {
        Method::Ks => format!(
            "effect sizes: KS {} warn, {} drift; PSI {}, {}; categories (L-inf) {}, {}; nulls {}, {}; less what chance explains",
            limits.ks_warn,
            limits.ks_drift,
            limits.psi_warn,
            limits.psi_drift,
            limits.linf_warn,
            limits.linf_drift,
            limits.null_warn,
            limits.null_drift
        ),
        Method::SagemakerRobust | Method::SagemakerSimple => format!(
            "Model Monitor's {}: numbers {}, categories {}",
            if answer.method == Method::SagemakerRobust { "Robust" } else { "Simple" },
            limits.sagemaker_numeric,
            limits.sagemaker_categorical
        ),
    };
    let distances = if comparison.exact { "exact distances" } else { "distances within certified bounds" };
    page.line(&format!("method    {method}; {distances}"));
}

/// Writes one entry for each rule that is broken or could not be asked; those within what is allowed only if asked to.
fn rules(page: &mut Page<'_>, answer: &Answer<'_>) {
    let mut flags: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &answer.rules {
        flags.entry(&rule.flag).or_default().push(rule);
    }
    let rank = |rules: &[&Rule]| {
        let has = |verdict: Verdict| rules.iter().any(|rule| rule.verdict == verdict);
        if has(Verdict::Drift) {
            Verdict::Drift
        } else if has(Verdict::Schema) {
            Verdict::Schema
        } else {
            Verdict::Ok
        }
    };
    let mut flags: Vec<(Verdict, Vec<&Rule>)> = flags.into_values().map(|rules| (rank(&rules), rules)).collect();
    flags.sort_by_key(|(verdict, _)| match verdict {
        Verdict::Drift => 0,
        Verdict::Schema => 1,
        _ => 2,
    });
    let within = flags.iter().filter(|(verdict, _)| *verdict == Verdict::Ok).count();
    if flags.is_empty() {
        return;
    }
    page.heading("RULES", "");
    for (verdict, rules) in &flags {
        if *verdict != Verdict::Ok || page.is_verbose() {
            one_rule(page, *verdict, rules, answer.partitions.len());
        }
    }
    if within > 0 && !page.is_verbose() {
        let rules = count(within as u64, "rule is", "rules are");
        page.line(&styled(dim(), &format!("  {rules} broken by no more rows than allowed; -v tells")));
    }
}

fn one_rule(page: &mut Page<'_>, verdict: Verdict, rules: &[&Rule], partitions: usize) {
    let there: Vec<&Rule> = rules.iter().filter(|rule| rule.verdict == verdict).copied().collect();
    let Some(worst) = there.iter().rev().max_by(|a, b| a.fraction.total_cmp(&b.fraction)) else { return };
    let place = if partitions > 1 {
        let since = there.first().map(|rule| format!(", first {}", shown(&rule.partition))).unwrap_or_default();
        format!(" in {} of {partitions} partitions{since}", there.len())
    } else {
        String::new()
    };
    let word = match verdict {
        Verdict::Schema => "open",
        other => word(other),
    };
    let counted = if verdict == Verdict::Schema {
        "could not be asked".to_owned()
    } else {
        let rows: u64 = there.iter().map(|rule| rule.rows).sum();
        let allowed = if worst.allowed > 0.0 { format!(", {} allowed", percent(worst.allowed)) } else { String::new() };
        let most = if there.len() > 1 { "at most " } else { "" };
        format!("{} ({most}{}{allowed})", count(rows, "row", "rows"), percent(worst.fraction))
    };
    let flag = styled(Style::new().bold(), &shown(&worst.flag));
    page.line(&format!("{} {flag}  {counted}{place}", styled(style(verdict), &format!("{word:<6}"))));
    page.paragraph(7, dim(), &worst.text);
    if let Some(first) = there.first().and_then(|rule| rule.first.as_ref()) {
        page.line(&styled(dim(), &format!("       first: {} row {}", shown(&first.file), grouped(first.row))));
    }
}

fn monitored(page: &mut Page<'_>, monitor: &Monitor) {
    let violated = monitor.violations.iter().filter(|check| check.violated == Some(true)).count() as u64;
    let untold = monitor.violations.len() as u64 - violated;
    page.heading("MODEL MONITOR", &format!("by {}, {}", shown(&monitor.constraints), monitor.comparison_method));
    page.line(&format!(
        "  {} of {} violated{}",
        grouped(violated),
        count(monitor.checks, "check is", "checks are"),
        if untold > 0 { format!(", {} could not be decided", grouped(untold)) } else { String::new() }
    ));
    let listed = if page.is_verbose() { monitor.violations.len() } else { monitor.violations.len().min(LISTED) };
    for check in &monitor.violations[..listed] {
        let verdict = if check.violated == Some(true) { Verdict::Drift } else { Verdict::Empty };
        let partition = if check.partition.is_empty() { String::new() } else { format!("  {}", shown(&check.partition)) };
        let against = match (check.value, check.threshold) {
            (Some(value), Some(threshold)) => format!("{} against {}; ", number(value), number(threshold)),
            _ => String::new(),
        };
        let mark = if check.violated == Some(true) { "violated" } else { "open" };
        page.line(&format!(
            "  {} {} {}{partition}  {against}{}",
            styled(style(verdict), &format!("{mark:<8}")),
            check.constraint_check_type,
            shown(&check.feature),
            shown(&check.why)
        ));
    }
    if monitor.violations.len() > listed {
        page.line(&format!("  and {} more; -v lists them", monitor.violations.len() - listed));
    }
    let Some(run) = &monitor.run else { return };
    page.line(&format!(
        "  {}: {} reported by both, {}",
        shown(&run.violations),
        grouped(run.agreed),
        count(run.differences.len() as u64, "difference", "differences")
    ));
    for difference in &run.differences {
        let sides = match (difference.here, difference.there) {
            (Some(true), false) => "only here",
            (_, true) => "only there",
            _ => "neither",
        };
        let line = format!("{sides}: {} {}: {}", difference.constraint_check_type, difference.feature, difference.why);
        page.paragraph(4, Style::new(), &line);
    }
}

fn files(page: &mut Page<'_>, title: &str, files: &[Unreadable]) {
    if files.is_empty() {
        return;
    }
    page.heading(title, &count(files.len() as u64, "file", "files"));
    let listed = if page.is_verbose() { files.len() } else { files.len().min(LISTED) };
    for file in &files[..listed] {
        page.line(&format!("  {}  {}", shown(&file.file), shown(&file.message)));
    }
    if files.len() > listed {
        page.line(&format!("  and {} more; -v lists them", files.len() - listed));
    }
}
