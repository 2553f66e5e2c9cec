//! A comparison as Model Monitor would have judged it.

use std::collections::BTreeMap;

use super::constraints::{Constraints, Expectation, Method};
use super::decide::{Distance, Observation, Outcome, decide};
use super::violations::CheckType;
use crate::drift::result::{Column, Comparison, Kind, PartitionColumn, Schema, Summary, Verdict};
use crate::drift::rule::Tally;

/// What Model Monitor would say of one partition.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The partition.
    pub partition: String,
    /// What each check says of each feature.
    pub outcomes: Vec<Outcome>,
}

/// Judges each partition that has rows. The comparison must have been made with [`Constraints::rules`] among its rules.
pub fn replay(comparison: &Comparison, constraints: &Constraints, method: Option<Method>) -> Vec<Judgement> {
    let flags: BTreeMap<(&str, &str), &crate::drift::result::Rule> =
        comparison.rules.iter().map(|rule| ((rule.flag.as_str(), rule.partition.as_str()), rule)).collect();
    let expectations = constraints.rules();
    let mut judgements = Vec::new();
    for (at, partition) in comparison.partitions.iter().enumerate().filter(|(_, partition)| partition.rows > 0) {
        let mut observed: BTreeMap<&str, Observation> = BTreeMap::new();
        for column in &comparison.columns {
            if let Some(found) = column.partitions.get(at).filter(|found| found.schema != Schema::Missing) {
                observed.insert(&column.column, observation(column, found));
            }
        }
        for (position, expectation, rule) in &expectations {
            let Some(found) = observed.get_mut(constraints.features[*position].name.as_str()) else { continue };
            let tally = tally(flags.get(&(rule.flag.as_str(), partition.partition.as_str())).copied(), found);
            let place = match expectation {
                Expectation::DataType => &mut found.data_type,
                Expectation::Domain => &mut found.domain,
                Expectation::NonNegative => &mut found.non_negative,
            };
            *place = Some(tally);
        }
        let columns: Vec<&str> = observed.keys().copied().collect();
        let outcomes = decide(constraints, &columns, |name| observed.get(name), method);
        judgements.push(Judgement { partition: partition.partition.clone(), outcomes });
    }
    judgements
}

/// Returns one outcome for each feature and check: of several partitions the one that is violated, else one that is open.
pub fn overall(judgements: &[Judgement]) -> Vec<Outcome> {
    let rank = |outcome: &Outcome| match outcome.is_violated {
        Some(true) => 2,
        None => 1,
        Some(false) => 0,
    };
    let mut overall: BTreeMap<(&str, CheckType), &Outcome> = BTreeMap::new();
    for outcome in judgements.iter().flat_map(|judgement| &judgement.outcomes) {
        let known = overall.entry((&outcome.feature, outcome.check)).or_insert(outcome);
        if rank(outcome) > rank(known) {
            *known = outcome;
        }
    }
    overall.into_values().cloned().collect()
}

fn observation(column: &Column, found: &PartitionColumn) -> Observation {
    let values = |summary: &Summary| summary.rows.saturating_sub(summary.nulls).saturating_sub(summary.nan);
    let distance = column.baseline.as_ref().and_then(|baseline| {
        let (low, high) = match (&found.ks, found.linf) {
            (Some(ks), _) => (ks.low, ks.high),
            (None, Some(linf)) => (linf, linf),
            (None, None) => return None,
        };
        let is_categorical = matches!(column.kind, Kind::Categorical | Kind::Boolean);
        Some(Distance { low, high, baseline: values(baseline), current: values(&found.current), is_categorical })
    });
    Observation { rows: found.current.rows, nulls: found.current.nulls, distance, ..Observation::default() }
}

/// Returns the tally of a rule: rules that no row broke are not reported.
fn tally(rule: Option<&crate::drift::result::Rule>, found: &Observation) -> Tally {
    match rule {
        Some(rule) if rule.verdict == Verdict::Schema => Tally::unanswered(&"".into(), found.rows, rule.text.clone()),
        Some(rule) => Tally { rows: found.rows, nulls: found.nulls, broken: rule.rows, ..Tally::default() },
        None => Tally { rows: found.rows, nulls: found.nulls, ..Tally::default() },
    }
}
