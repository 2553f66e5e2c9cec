//! Sums a scan up: columns with the run of drift that lasts to the end, q-values, rules, and the data set as a whole.

use std::collections::BTreeSet;

use super::compare::Options;
use super::logical::Logical;
use super::plan::Plan;
use super::profile::{Body, ColumnProfile};
use super::result::{
    self, Baseline, Column, Comparison, Dataset, FileRows, PartitionColumn, PartitionRows, Place, Rule, Summary, Unreadable,
    Value, Verdict,
};
use super::rule::{self, Tally};
use super::scan::Found;
use super::statistic::law;
use super::table::Table;

/// What is known of a column when all of it is read.
pub(crate) struct Parts {
    pub(crate) name: String,
    pub(crate) logical: Option<Logical>,
    pub(crate) types: BTreeSet<String>,
    pub(crate) summary: Option<(Summary, Vec<Value>)>,
    pub(crate) answers: Vec<PartitionColumn>,
}

impl Parts {
    pub(crate) fn into_column(self, tables: &[Table]) -> Column {
        let (baseline, psi_edges) = self.summary.map_or((None, Vec::new()), |(summary, edges)| (Some(summary), edges));
        let here = || tables.iter().find_map(|table| Logical::of(table.column(&self.name)?.1));
        let kind = self.logical.or_else(here).map_or(result::Kind::Categorical, Logical::kind);
        let current: Vec<String> = self.types.into_iter().collect();
        Column {
            kind,
            type_baseline: self.logical.map(|logical| logical.to_string()),
            type_current: (!current.is_empty()).then(|| current.join(" | ")),
            baseline,
            drift_since: since(&self.answers),
            psi_edges,
            column: self.name,
            partitions: self.answers,
        }
    }
}

/// Returns the first partition of the run of drift that lasts to the end; partitions without rows do not break it.
fn since(parts: &[PartitionColumn]) -> Option<String> {
    let judged = parts.iter().rev().filter(|part| part.verdict != Verdict::Empty);
    let run = judged.take_while(|part| matches!(part.verdict, Verdict::Drift | Verdict::Schema));
    run.last().map(|part| part.partition.clone())
}

/// Returns the upper ends of the bins of a column's PSI as values.
pub(crate) fn edges(profile: &ColumnProfile) -> Vec<Value> {
    match &profile.body {
        Body::Line(line) => line.edges.iter().map(|edge| line.axis().spelled(*edge, profile.logical)).collect(),
        Body::Categories { .. } => Vec::new(),
    }
}

/// Returns what a rule found in a partition, if there is anything to say.
pub(crate) fn rule(rule: &rule::Rule, partition: &str, tally: &Tally) -> Option<Rule> {
    if tally.broken == 0 && tally.unanswered == 0 {
        return None;
    }
    let is_broken = rule.is_broken(tally.broken, tally.rows);
    let why = tally.why.as_ref().map_or_else(|| "the column is missing".to_owned(), |(file, why)| format!("{file}: {why}"));
    Some(Rule {
        flag: rule.flag.clone(),
        column: rule.column.clone(),
        partition: partition.to_owned(),
        rows: tally.broken,
        fraction: tally.fraction().unwrap_or_default(),
        allowed: rule.allowed_share,
        first: tally.first.as_ref().map(|place| Place { file: place.file.to_string(), row: place.row }),
        text: if tally.unanswered > 0 { why } else { rule.requirement.to_string() },
        verdict: if is_broken {
            Verdict::Drift
        } else if tally.unanswered > 0 {
            Verdict::Schema
        } else {
            Verdict::Ok
        },
    })
}

/// Returns the comparison.
pub(crate) fn up(baseline: Baseline, found: Found, plan: &Plan, unreadable: Vec<Unreadable>, options: &Options) -> Comparison {
    let Found { mut columns, skipped, mut rules } = found;
    give_q(&mut columns);
    rules.sort_by(|a, b| a.flag.cmp(&b.flag));
    let mut files = vec![0; plan.partitions.len()];
    for (table, share) in plan.tables.iter().zip(&plan.shares) {
        let mut here: Vec<usize> = share.runs(0, table.rows()).map(|(partition, _)| partition).collect();
        here.sort_unstable();
        here.dedup();
        for partition in here {
            files[partition] += 1;
        }
    }
    let names = plan.partitions.iter().zip(files);
    let partitions: Vec<PartitionRows> =
        names.map(|((partition, rows), files)| PartitionRows { partition: partition.to_string(), files, rows: *rows }).collect();
    let mut read: Vec<FileRows> = plan
        .tables
        .iter()
        .map(|table| FileRows { file: table.name.to_string(), rows: table.rows(), partition: table.partition.to_string() })
        .collect();
    read.sort_by(|a, b| a.file.cmp(&b.file));
    let compared = columns.iter().filter(|column| column.type_baseline.is_some()).count() as u64;
    Comparison {
        baseline: Baseline { columns: compared, ..baseline },
        method: options.method,
        exact: options.exact,
        thresholds: options.thresholds.clone(),
        dataset: dataset(&columns, &partitions, options),
        partitions,
        columns,
        skipped,
        rules,
        files: read,
        unreadable,
    }
}

impl Comparison {
    /// Leaves out columns, as if neither side had them.
    pub fn keep_columns(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.columns.retain(|column| is_kept(&column.column));
        self.skipped.retain(|skipped| is_kept(&skipped.column));
        self.baseline.columns = self.columns.iter().filter(|column| column.type_baseline.is_some()).count() as u64;
        give_q(&mut self.columns);
        let options = Options { exact: self.exact, method: self.method, thresholds: self.thresholds.clone() };
        self.dataset = dataset(&self.columns, &self.partitions, &options);
    }
}

/// Gives each p its q among those of all columns and partitions.
fn give_q(columns: &mut [Column]) {
    let p_of = |part: &PartitionColumn| part.ks.as_ref().map(|ks| ks.p).or(part.chi2.map(|chi2| chi2.p));
    let p: Vec<f64> = columns.iter().flat_map(|column| &column.partitions).filter_map(p_of).collect();
    let mut q = law::benjamini_hochberg(&p).into_iter();
    for part in columns.iter_mut().flat_map(|column| &mut column.partitions) {
        part.q = p_of(part).and_then(|_| q.next());
    }
}

fn dataset(columns: &[Column], partitions: &[PartitionRows], options: &Options) -> Dataset {
    let Some((last, partition)) = partitions.iter().enumerate().rev().find(|(_, partition)| partition.rows > 0) else {
        return Dataset { verdict: Verdict::Empty, partition: None, drifted: 0, columns: 0 };
    };
    let is_bad = |part: &&PartitionColumn| matches!(part.verdict, Verdict::Drift | Verdict::Schema);
    let there: Vec<&PartitionColumn> = columns.iter().filter_map(|column| column.partitions.get(last)).collect();
    let drifted = there.iter().copied().filter(is_bad).count();
    let share = drifted as f64 / there.len().max(1) as f64;
    let all = columns.iter().flat_map(|column| &column.partitions);
    let worst = all.map(|part| part.verdict).filter(|verdict| *verdict != Verdict::Empty).max().unwrap_or(Verdict::Ok);
    let verdict =
        if drifted > 0 && share >= options.thresholds.dataset_share { Verdict::Drift } else { worst.min(Verdict::Warn) };
    Dataset { verdict, partition: Some(partition.partition.clone()), drifted: drifted as u64, columns: there.len() as u64 }
}
