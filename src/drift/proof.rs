//! Rules asked of footers: where a row group's least and greatest value and its nulls answer a rule, nothing is decoded.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::Array as _;
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use rayon::prelude::*;

use super::compare::Options;
use super::plan::{Plan, Share, open};
use super::result::{Baseline, Comparison, Unreadable};
use super::rule::{self, Footer, Judge, Proof, RuleSet, Tally, prove};
use super::scan::{Found, Watch};
use super::source::Source;
use super::summing;
use super::table::Table;

/// What footers say of a column, by row group.
pub(crate) struct Said {
    rows: Vec<u64>,
    least: arrow_array::ArrayRef,
    greatest: arrow_array::ArrayRef,
    nulls: arrow_array::UInt64Array,
    is_exact: Vec<bool>,
}

impl Said {
    /// Returns what a footer says of a column; nothing where it says nothing that can be read.
    pub(crate) fn of(footer: &ArrowReaderMetadata, column: &str) -> Option<Self> {
        let groups = footer.metadata().row_groups();
        // The values as text, not as codes of a dictionary.
        let plain = |data_type: &DataType| match data_type {
            DataType::Dictionary(_, values) => (**values).clone(),
            other => other.clone(),
        };
        let (index, field) = footer.schema().column_with_name(column)?;
        let field = field.clone().with_data_type(plain(field.data_type()));
        let mut fields: Vec<_> = footer.schema().fields().iter().cloned().collect();
        *fields.get_mut(index)? = Arc::new(field);
        let schema = arrow_schema::Schema::new(fields);
        let converter = StatisticsConverter::try_new(column, &schema, footer.parquet_schema()).ok()?;
        let converter = converter.with_missing_null_counts_as_zero(false);
        let exact = |found: Result<arrow_array::BooleanArray, _>| found.ok();
        let (least_exact, greatest_exact) =
            (exact(converter.row_group_is_min_value_exact(groups))?, exact(converter.row_group_is_max_value_exact(groups))?);
        let both = |group: usize| {
            let yes = |array: &arrow_array::BooleanArray| array.is_valid(group) && array.value(group);
            yes(&least_exact) && yes(&greatest_exact)
        };
        Some(Self {
            rows: groups.iter().map(|group| group.num_rows().unsigned_abs()).collect(),
            least: converter.row_group_mins(groups).ok()?,
            greatest: converter.row_group_maxes(groups).ok()?,
            nulls: converter.row_group_null_counts(groups).ok()?,
            is_exact: (0..groups.len()).map(both).collect(),
        })
    }

    /// Answers a rule for a row group.
    pub(crate) fn prove(&self, rule: &rule::Rule, judge: &mut Judge, group: usize) -> Proof {
        let (least, greatest) = (self.least.slice(group, 1), self.greatest.slice(group, 1));
        let nulls = self.nulls.is_valid(group).then(|| self.nulls.value(group));
        prove(rule, judge, &Footer { rows: self.rows[group], nulls, min: &least, max: &greatest, is_exact: self.is_exact[group] })
    }
}

/// Judges data by rules alone, with nothing to compare it with: from footers where they prove the answer, and by reading where
/// they do not.
pub fn rules(source: &Source, rules: &RuleSet, options: &Options, watch: &dyn Watch) -> Comparison {
    let (tables, mut unreadable) = open(source);
    let plan = Plan::new(tables, &mut unreadable);
    let jobs: Vec<(usize, usize)> =
        (0..plan.tables.len()).flat_map(|table| (0..rules.rules().len()).map(move |rule| (table, rule))).collect();
    watch.total(jobs.len() as u64);
    let answers: Vec<_> = jobs
        .par_iter()
        .map(|(table, rule)| {
            let (here, share) = (&plan.tables[*table], &plan.shares[*table]);
            let answer = judged(here, share, &rules.rules()[*rule]);
            watch.done(1);
            answer.map_err(|message| Unreadable { file: here.name.to_string(), message })
        })
        .collect();
    let mut tallies: BTreeMap<(usize, usize), Tally> = BTreeMap::new();
    for ((_, rule), answer) in jobs.iter().zip(answers) {
        match answer {
            Ok(answer) => {
                for (partition, tally) in answer {
                    tallies.entry((*rule, partition)).or_default().merge(tally);
                }
            }
            Err(failed) => unreadable.push(failed),
        }
    }
    unreadable.sort();
    unreadable.dedup();
    let names: Vec<String> = plan.partitions.iter().map(|(partition, _)| partition.to_string()).collect();
    let rules = tallies.into_iter().filter_map(|((rule, partition), mut tally)| {
        let rule = &rules.rules()[rule];
        // What no file has is missing everywhere, not in the file that happens to come first.
        if plan.tables.iter().all(|table| table.column(&rule.column).is_none()) {
            tally.why = None;
        }
        summing::rule(rule, names.get(partition)?, &tally)
    });
    let found = Found { rules: rules.collect(), ..Found::default() };
    summing::up(Baseline::default(), found, &plan, unreadable, options)
}

/// Judges a table by a rule, by partition.
fn judged(table: &Table, share: &Share, rule: &rule::Rule) -> Result<BTreeMap<usize, Tally>, String> {
    let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
    let runs = || share.runs(0, table.rows());
    let unanswered = |why: &str| {
        let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
        for (partition, rows) in runs() {
            tallies.entry(partition).or_default().merge(Tally::unanswered(&table.name, rows, why));
        }
        tallies
    };
    let Some((index, data_type)) = table.column(&rule.column) else { return Ok(unanswered("the column is missing")) };
    let mut judge = match Judge::new(rule, data_type) {
        Ok(judge) => judge,
        Err(why) => return Ok(unanswered(&why)),
    };
    let said = match share {
        Share::Whole(_) => table.footer().and_then(|footer| Said::of(&footer, &rule.column)),
        Share::Runs(_) => None,
    };
    let mut first_row = 0;
    for (group, rows) in table.groups.iter().enumerate() {
        let proof = said.as_ref().map_or(Proof::Open, |said| said.prove(rule, &mut judge, group));
        if let (Proof::Counted(tally), Share::Whole(partition)) = (proof, share) {
            tallies.entry(*partition).or_default().merge(tally);
        } else {
            let mut pending = share.runs(first_row, *rows).peekable();
            let mut used = 0;
            table.read(index, group..group + 1, |array, row| {
                let mut from = 0;
                for (partition, length) in super::scan::next_runs(&mut pending, &mut used, array.len() as u64) {
                    let length = usize::try_from(length).unwrap_or(usize::MAX).min(array.len() - from);
                    let tally = tallies.entry(partition).or_default();
                    judge.judge(&array.slice(from, length), &table.name, row + from as u64, tally);
                    from += length;
                }
            })?;
        }
        first_row += rows;
    }
    Ok(tallies)
}
