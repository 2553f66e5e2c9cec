//! From a comparison to what changed: which columns, by how much, since when; and what only looks like a change.

use std::collections::BTreeMap;

use crate::case::study::{Change, Kind};
use crate::dataset::ADDED_BY_WRITERS;
use crate::drift::result::{self, Check, Column, Comparison, PartitionColumn, Schema, Summary, Value, Verdict};

/// How a comparison is to be understood.
pub(super) struct Reading<'a> {
    /// Whether requests are held against training data, and not one run's data against another's.
    pub(super) is_served: bool,
    /// Whether types were told from values, as of CSV and JSON lines: then a wider or narrower one says nothing.
    pub(super) is_inferred: bool,
    /// Columns that are left out.
    pub(super) ignore: &'a [String],
    /// Columns that requests do not hold.
    pub(super) labels: &'a [String],
}

/// Columns that are named in a remark.
const NAMED: usize = 10;

/// Returns what changed, in the order of columns, and what was left out.
pub(super) fn of(comparison: &Comparison, reading: &Reading<'_>) -> (Vec<Change>, Vec<String>) {
    let (mut changes, mut remarks) = (Vec::new(), Vec::new());
    let (mut counting, mut not_sent, mut sent_beside) = (Vec::new(), Vec::new(), Vec::new());
    for column in &comparison.columns {
        let name = column.column.as_str();
        let is_label = reading.is_served && reading.labels.iter().any(|label| label == name);
        if is_label || ADDED_BY_WRITERS.contains(&name) || reading.ignore.iter().any(|other| other == name) {
            continue;
        }
        if reading.is_served && column.type_current.is_none() && reading.labels.is_empty() {
            not_sent.push(name);
            continue;
        }
        if reading.is_served && column.type_baseline.is_none() {
            sent_beside.push(name);
            continue;
        }
        if counts_up(column) {
            counting.push(name);
            continue;
        }
        changes.extend(of_column(column, reading));
    }
    if reading.is_served {
        swapped(comparison, &mut changes);
    }
    for rule in &comparison.rules {
        match rule.verdict {
            Verdict::Drift => changes.push(broken(rule)),
            // What cannot be asked is neither kept nor broken.
            Verdict::Schema => remarks.push(format!("The rule {} cannot be asked: {}.", rule.flag, rule.text)),
            Verdict::Ok | Verdict::Empty | Verdict::Warn => {}
        }
    }
    let list = |names: &[&str]| {
        let more = names.len().saturating_sub(NAMED);
        let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{shown} and {more} more") } else { shown }
    };
    if !counting.is_empty() {
        remarks.push(format!("Taken for identifiers, as they count up: {}.", list(&counting)));
    }
    if !not_sent.is_empty() {
        remarks.push(format!("Not in the requests, which is right of a target and wrong of a feature: {}.", list(&not_sent)));
    }
    if !sent_beside.is_empty() {
        remarks.push(format!("Not in the training data: {}.", list(&sent_beside)));
    }
    if !comparison.skipped.is_empty() {
        let skipped: Vec<&str> = comparison.skipped.iter().map(|skipped| skipped.column.as_str()).collect();
        remarks.push(format!("Not compared, as they hold no single values: {}.", list(&skipped)));
    }
    (changes, remarks)
}

/// Returns what changed about a column, by kind.
fn of_column(column: &Column, reading: &Reading<'_>) -> Vec<Change> {
    let mut by_kind: BTreeMap<Kind, Vec<(usize, Vec<&str>)>> = BTreeMap::new();
    for (at, found) in column.partitions.iter().enumerate() {
        let mut here: BTreeMap<Kind, Vec<&str>> = BTreeMap::new();
        for reason in &found.reasons {
            let kind = match reason.check {
                Check::Schema if is_schema(column, found, reading) => Kind::Schema,
                Check::Distribution if reason.verdict >= Verdict::Drift => Kind::Distribution,
                Check::MissingValues if reason.verdict >= Verdict::Drift => Kind::MissingValues,
                Check::NewCategory if reason.verdict >= Verdict::Drift => Kind::NewCategory,
                Check::TimeShift if reason.verdict >= Verdict::Drift => Kind::TimeShift,
                _ => continue,
            };
            here.entry(kind).or_default().push(&reason.text);
        }
        for (kind, texts) in here {
            by_kind.entry(kind).or_default().push((at, texts));
        }
    }
    let change = |(kind, found): (Kind, Vec<(usize, Vec<&str>)>)| {
        let (last, texts) = found.last()?;
        let partition = column.partitions.get(*last)?;
        let values = if kind == Kind::Distribution { values(column, partition) } else { None };
        let text = [Some(texts.join("; ")), values].into_iter().flatten().collect::<Vec<_>>().join("; ");
        let days: Vec<usize> = found.iter().map(|(at, _)| *at).collect();
        let (text, since) = if reading.is_served { lasting(column, &days, text) } else { (text, None) };
        Some(Change { kind, column: column.column.clone(), text, since })
    };
    by_kind.into_iter().filter_map(change).collect()
}

/// Returns whether a change of the schema is one, and not an effect of how types were told.
fn is_schema(column: &Column, found: &PartitionColumn, reading: &Reading<'_>) -> bool {
    let is_number = |name: &Option<String>| {
        const NUMBERS: [&str; 6] = ["int", "uint", "half", "float", "double", "decimal"];
        name.as_deref().is_some_and(|name| NUMBERS.iter().any(|number| name.starts_with(number)))
    };
    match found.schema {
        Schema::Same | Schema::Widened => false,
        Schema::Narrowed => !reading.is_inferred,
        // Requests in CSV hold text that reads as numbers; numbers that read as text they cannot hold.
        Schema::Incompatible => {
            !reading.is_served || (is_number(&column.type_baseline) && column.type_current.as_deref() == Some("string"))
        }
        Schema::Added | Schema::Missing => true,
    }
}

/// Says from which day on a change lasts, or on which days it was.
fn lasting(column: &Column, days: &[usize], text: String) -> (String, Option<String>) {
    let day = |at: usize| {
        let partition = column.partitions.get(at).map_or("", |found| found.partition.as_str());
        partition.strip_prefix("day=").unwrap_or(partition).to_owned()
    };
    let last = column.partitions.len().saturating_sub(1);
    let run = days.iter().rev().zip((0..=last).rev()).take_while(|(day, at)| *day == at).count();
    if let Some(first) = days.len().checked_sub(run).and_then(|from| days.get(from)) {
        return (text, Some(day(*first)));
    }
    let shown: Vec<String> = days.iter().take(3).map(|at| day(*at)).collect();
    let more = days.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more days") } else { String::new() };
    (format!("{text}; on {}{more} only", shown.join(", ")), None)
}

/// Writes the middle and the mean of both sides.
fn values(column: &Column, found: &PartitionColumn) -> Option<String> {
    const MEDIAN: usize = 4;
    let base = column.baseline.as_ref()?;
    let pair =
        |name: &str, before: Option<f64>, after: Option<f64>| Some(format!("{name} {} → {}", short(before?), short(after?)));
    if column.kind != result::Kind::Numeric {
        return None;
    }
    let median = |summary: &Summary| summary.quantiles.get(MEDIAN).map(|quantile| quantile.value);
    let parts = [
        pair("median", median(base), median(&found.current)),
        pair("mean", base.mean, found.current.mean),
        unit(base, &found.current),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Says so where one side is the other in another unit.
fn unit(base: &Summary, current: &Summary) -> Option<String> {
    const UNITS: [(f64, &str); 4] = [
        (1_000.0, "a thousand times: another unit, such as milliseconds for seconds?"),
        (0.001, "a thousandth: another unit, such as seconds for milliseconds?"),
        (100.0, "a hundred times: another unit, such as cents or percent?"),
        (0.01, "a hundredth: another unit, such as shares for percent?"),
    ];
    let ratio = |before: Option<f64>, after: Option<f64>| {
        let (before, after) = (before?, after?);
        (before.abs() > f64::MIN_POSITIVE).then(|| after / before)
    };
    let (mean, sd) = (ratio(base.mean, current.mean)?, ratio(base.sd, current.sd)?);
    let is_near = |ratio: f64, factor: f64| (ratio / factor - 1.0).abs() < 0.2;
    UNITS.iter().find(|(factor, _)| is_near(mean, *factor) && is_near(sd, *factor)).map(|(_, words)| (*words).to_owned())
}

/// Writes a number in a few digits.
fn short(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e9).contains(&size) {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Returns whether a column numbers its rows: whole numbers, each once, hardly a gap between them, and other ones now.
fn counts_up(column: &Column) -> bool {
    let is_whole =
        |name: &Option<String>| name.as_deref().is_some_and(|name| name.starts_with("int") || name.starts_with("uint"));
    let is_dense = |summary: &Summary| {
        let values = summary.rows.saturating_sub(summary.nulls);
        let (Some(Value::Integer(min)), Some(Value::Integer(max))) = (&summary.min, &summary.max) else { return false };
        let span = max.saturating_sub(*min).saturating_add(1);
        // Beyond some thousands, distinct values are counted to about 2 %; where nobody counted, all of the span must be filled.
        let enough = values - values / 20;
        let is_each_once = summary.distinct.map_or(span >= i128::from(enough), |distinct| distinct.count >= enough);
        values >= 10 && span <= i128::from(values) * 2 && is_each_once
    };
    is_whole(&column.type_baseline)
        && is_whole(&column.type_current)
        && column.baseline.as_ref().is_some_and(is_dense)
        && column.partitions.iter().all(|found| found.current.rows == 0 || is_dense(&found.current))
}

/// Adds to two columns that each look like the other one did that they may have been swapped.
fn swapped(comparison: &Comparison, changes: &mut [Change]) {
    let moved: Vec<&Column> = comparison
        .columns
        .iter()
        .filter(|column| column.kind == result::Kind::Numeric)
        .filter(|column| changes.iter().any(|change| change.kind == Kind::Distribution && change.column == column.column))
        .collect();
    let now = |column: &Column| column.partitions.last().map(|found| (found.current.mean, found.current.sd));
    let looks_like = |now: Option<(Option<f64>, Option<f64>)>, base: Option<&Summary>| {
        let (Some((Some(mean), Some(sd))), Some(base)) = (now, base) else { return false };
        let (Some(before), Some(spread)) = (base.mean, base.sd) else { return false };
        spread > 0.0 && (mean - before).abs() < 0.2 * spread && (sd / spread - 1.0).abs() < 0.2
    };
    for one in &moved {
        let others = moved.iter().filter(|other| other.column != one.column);
        let partner: Vec<&&Column> = others
            .filter(|other| looks_like(now(one), other.baseline.as_ref()) && looks_like(now(other), one.baseline.as_ref()))
            .collect();
        let [partner] = partner[..] else { continue };
        let own = changes.iter_mut().find(|change| change.kind == Kind::Distribution && change.column == one.column);
        if let Some(own) = own {
            own.text = format!("{}; it looks like `{}` of the training data: swapped?", own.text, partner.column);
        }
    }
}

fn broken(rule: &result::Rule) -> Change {
    let first =
        rule.first.as_ref().map(|place| format!(", the first at row {} of {}", place.row, place.file)).unwrap_or_default();
    let day = rule.partition.strip_prefix("day=").map(|day| format!(" on {day}")).unwrap_or_default();
    let text =
        format!("{}: {} rows ({:.4} of them){day} break the rule, {}{first}", rule.flag, rule.rows, rule.fraction, rule.text);
    Change { kind: Kind::BusinessRule, column: rule.column.clone(), text, since: None }
}
