//! The columns of a comparison on the page, worst first.

use std::cmp::Ordering;

use anstyle::{AnsiColor, Color, Style};

use super::chart::{bars, histograms, number, percent, share};
use crate::drift::result::{Column, Comparison, Kind, PartitionColumn, Quantile, Summary, Verdict};
use crate::escape::shown;
use crate::report::text::page::{Page, count, dim, grouped, styled};
use crate::time::Instant;

/// Names of unchanged columns that are listed.
const LISTED: usize = 40;

/// Categories that are drawn.
const DRAWN: usize = 6;

pub(super) const fn style(verdict: Verdict) -> Style {
    let colour = match verdict {
        Verdict::Schema | Verdict::Drift => AnsiColor::Red,
        Verdict::Warn => AnsiColor::Yellow,
        Verdict::Ok => AnsiColor::Green,
        Verdict::Empty => return dim(),
    };
    Style::new().fg_color(Some(Color::Ansi(colour)))
}

pub(super) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Empty => "empty",
        Verdict::Warn => "warn",
        Verdict::Drift => "drift",
        Verdict::Schema => "schema",
    }
}

/// Returns the worst verdict of a column.
pub(super) fn worst_verdict(column: &Column) -> Verdict {
    column.partitions.iter().map(|found| found.verdict).max().unwrap_or(Verdict::Empty)
}

fn effect(found: &PartitionColumn) -> Option<f64> {
    found.ks.as_ref().map(|ks| ks.d).or(found.linf)
}

/// Returns the partition in which a column is worst: of equal verdicts, where it has moved most; of equals, the first.
fn worst(column: &Column) -> Option<&PartitionColumn> {
    let moved = |found: &PartitionColumn| effect(found).unwrap_or(0.0);
    let order = |a: &&PartitionColumn, b: &&PartitionColumn| a.verdict.cmp(&b.verdict).then(moved(a).total_cmp(&moved(b)));
    column.partitions.iter().rev().max_by(order)
}

/// Returns the columns, worst first; columns that are equally bad in their order.
pub(super) fn ranked(comparison: &Comparison) -> Vec<&Column> {
    let mut columns: Vec<&Column> = comparison.columns.iter().collect();
    let moved = |column: &Column| worst(column).and_then(effect).unwrap_or(0.0);
    columns.sort_by(|a, b| match worst_verdict(b).cmp(&worst_verdict(a)) {
        Ordering::Equal => moved(b).total_cmp(&moved(a)),
        order => order,
    });
    columns
}

/// Writes the columns.
pub(super) fn write(page: &mut Page<'_>, comparison: &Comparison) {
    let (bad, good): (Vec<&Column>, Vec<&Column>) =
        ranked(comparison).into_iter().partition(|column| page.is_verbose() || worst_verdict(column) > Verdict::Empty);
    if !bad.is_empty() {
        page.heading("COLUMNS", "worst first");
    }
    for column in bad {
        page.blank();
        one(page, comparison, column);
    }
    if good.is_empty() {
        return;
    }
    page.heading("UNCHANGED", &count(good.len() as u64, "column", "columns"));
    let names: Vec<String> = good.iter().take(LISTED).map(|column| column.column.clone()).collect();
    let more = if good.len() > LISTED { format!(" and {} more", good.len() - LISTED) } else { String::new() };
    page.paragraph(2, dim(), &format!("{}{more}", names.join(", ")));
}

fn one(page: &mut Page<'_>, comparison: &Comparison, column: &Column) {
    let verdict = worst_verdict(column);
    let many = comparison.partitions.len() > 1;
    let Some(found) = worst(column) else { return };
    let since = match &column.drift_since {
        Some(since) if many => format!("  since {}", shown(since)),
        _ if many && verdict > Verdict::Empty => format!("  in {}", shown(&found.partition)),
        _ => String::new(),
    };
    let kind = match column.kind {
        Kind::Numeric => "numeric",
        Kind::Categorical => "categorical",
        Kind::Boolean => "boolean",
        Kind::Temporal => "temporal",
    };
    let title = styled(Style::new().bold(), &shown(&column.column));
    page.line(&format!("{} {title}  {}{since}", styled(style(verdict), &format!("{:<6}", word(verdict))), styled(dim(), kind)));
    if !found.why.is_empty() {
        page.paragraph(7, Style::new(), &found.why);
    }
    let measured = measures(column, found);
    if !measured.is_empty() {
        page.line(&format!("       {}", measured.join("   ")));
    }
    drawing(page, column, found);
    if many {
        trend(page, comparison, column);
    }
    if page.is_verbose() {
        details(page, column);
    }
}

/// Returns what was measured in the worst partition, the most telling first.
fn measures(column: &Column, found: &PartitionColumn) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(ks) = &found.ks {
        let d = if ks.exact { number(ks.d) } else { format!("{} to {}", number(ks.low), number(ks.high)) };
        words.push(format!("KS {d}, robust {}", number(ks.robust)));
    }
    if let (Some(linf), robust) = (found.linf, found.linf_robust) {
        let robust = robust.map(|robust| format!(", robust {}", number(robust))).unwrap_or_default();
        words.push(format!("L-inf {}{robust}", number(linf)));
    }
    words.extend(found.psi.map(|psi| format!("PSI {}", number(psi))));
    if let Some(by_sd) = found.wasserstein.as_ref().and_then(|distance| distance.by_sd) {
        words.push(format!("W1/sd {}", number(by_sd)));
    }
    let nulls = |summary: &Summary| share(summary.nulls, summary.rows);
    if let (Some(before), Some(now)) = (column.baseline.as_ref().and_then(nulls), nulls(&found.current))
        && before + now > 0.0
    {
        words.push(format!("nulls {} → {}", percent(before), percent(now)));
    }
    if let Some(shift) = &found.shift {
        words.push(format!("shifted by {} s", number(shift.seconds)));
    }
    words
}

fn drawing(page: &mut Page<'_>, column: &Column, found: &PartitionColumn) {
    if found.sketch.is_empty() || found.verdict <= Verdict::Empty && !page.is_verbose() {
        return;
    }
    if matches!(column.kind, Kind::Categorical | Kind::Boolean) {
        let width = found.sketch.iter().take(DRAWN).map(|bar| shown(&bar.label).chars().count().min(32)).max().unwrap_or(0);
        for bar in found.sketch.iter().take(DRAWN) {
            let label: String = shown(&bar.label).chars().take(32).collect();
            page.line(&format!("         {label:<width$}  {:>7} → {:>7}", percent(bar.baseline), percent(bar.current)));
        }
        return;
    }
    let bins: Vec<(f64, f64)> = found.sketch.iter().map(|bar| (bar.baseline, bar.current)).collect();
    let (before, now) = histograms(&bins);
    let middle = |summary: Option<&Summary>| {
        let at = |share: f64| {
            let is_it = |one: &&Quantile| one.share.to_bits() == share.to_bits();
            summary?.quantiles.iter().find(is_it).map(|one| value(column, one.value))
        };
        let (low, median, high) = (at(0.05)?, at(0.5)?, at(0.95)?);
        Some(format!("5 % {low}   median {median}   95 % {high}"))
    };
    let (before_text, now_text) = (middle(column.baseline.as_ref()), middle(Some(&found.current)));
    page.line(format!("         baseline |{before}|  {}", before_text.unwrap_or_default()).trim_end());
    page.line(format!("         current  |{now}|  {}", now_text.unwrap_or_default()).trim_end());
}

/// Writes a value of a column: times as times, everything else as a number.
#[expect(clippy::cast_possible_truncation, reason = "times are shown to the second")]
fn value(column: &Column, value: f64) -> String {
    /// The year 9999 in seconds: times beyond are no times that anybody reads.
    const LAST: f64 = 253_402_300_799.0;
    let type_name = column.type_baseline.as_deref().or(column.type_current.as_deref()).unwrap_or_default();
    let seconds = if type_name.starts_with("date") { value * 86_400.0 } else { value };
    if !type_name.starts_with("date") && !type_name.starts_with("timestamp") || seconds.abs() > LAST {
        return number(value);
    }
    let text = Instant::from_seconds(seconds.floor() as i64).to_seconds_text();
    if type_name.starts_with("date") { text.chars().take(10).collect() } else { text }
}

/// Draws how far the column has moved, partition after partition.
fn trend(page: &mut Page<'_>, comparison: &Comparison, column: &Column) {
    /// Partitions that fit on a line.
    const WIDEST: usize = 80;
    let moved: Vec<Option<f64>> = column.partitions.iter().map(effect).collect();
    let last = moved.len().saturating_sub(WIDEST);
    let moved = &moved[last..];
    let most = moved.iter().flatten().copied().fold(0.0_f64, f64::max);
    if moved.iter().all(Option::is_none) {
        return;
    }
    let (from, to) = match (comparison.partitions.get(last), comparison.partitions.last()) {
        (Some(from), Some(to)) => (shown(&from.partition), shown(&to.partition)),
        _ => return,
    };
    page.line(&format!("         distance {}  {from} to {to}, at most {}", bars(moved, most), number(most)));
}

/// Writes every partition of a column.
fn details(page: &mut Page<'_>, column: &Column) {
    if let (Some(before), after) = (&column.type_baseline, &column.type_current) {
        let after = after.as_deref().unwrap_or("missing");
        page.line(&format!("         type {} → {}", shown(before), shown(after)));
    }
    for found in &column.partitions {
        let p = found.ks.as_ref().map(|ks| ks.p).or(found.chi2.map(|chi2| chi2.p));
        let p = match (p, found.q) {
            (Some(p), Some(q)) => format!("   p {}, q {} (decide nothing)", number(p), number(q)),
            _ => String::new(),
        };
        let name = if found.partition.is_empty() { "all".into() } else { shown(&found.partition) };
        page.line(&format!(
            "         {} {name}  {} rows   {}{p}",
            styled(style(found.verdict), &format!("{:<6}", word(found.verdict))),
            grouped(found.current.rows),
            measures(column, found).join("   ")
        ));
    }
}
