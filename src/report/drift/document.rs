//! The shape of the answer of `drift`. The statistics themselves are the types of [`crate::drift::result`].

use schemars::JsonSchema;
use serde::Serialize;

use crate::drift::decide::Thresholds;
use crate::drift::monitor;
use crate::drift::result::{
    Baseline, Comparison, Dataset, FileRows, Kind, Method, PartitionColumn, PartitionRows, Rule, Skipped, Summary, Unreadable,
    Value,
};
use crate::report::build::tool;
use crate::report::document::{SCHEMA_VERSION, Tool};

/// Answer of `drift`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Drift")]
pub struct Answer<'a> {
    /// Version of this shape.
    pub schema_version: &'static str,
    /// What made the answer.
    pub tool: Tool,
    /// What the partitions are compared with.
    pub baseline: &'a Baseline,
    /// What decides about distributions.
    pub method: Method,
    /// Whether exact Kolmogorov-Smirnov distances were asked for.
    pub exact: bool,
    /// The numbers that decided; what each means is in docs/drift.md.
    pub thresholds: &'a Thresholds,
    /// The data set as a whole.
    pub dataset: &'a Dataset,
    /// All partitions, in order.
    pub partitions: &'a [PartitionRows],
    /// All columns that were compared: in the order of the baseline, added ones behind by name.
    pub columns: Vec<Column<'a>>,
    /// Columns that are not compared, and why.
    pub skipped: &'a [Skipped],
    /// Business rules that a row broke or that could not be evaluated, by flag and partition.
    pub rules: Vec<&'a Rule>,
    /// Model Monitor's decisions, where its constraints were given.
    pub monitor: Option<Monitor>,
    /// All files of the current data that were read, by name.
    pub files: &'a [FileRows],
    /// Files of either side that could not be read, wholly or from some place on.
    pub unreadable: Vec<Unreadable>,
    /// Files that were read except for some rows.
    pub damaged: Vec<Unreadable>,
    /// Files that are no data.
    pub ignored: Vec<Unreadable>,
    /// What else should be known.
    pub notes: Vec<String>,
}

/// One column in all partitions.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ColumnInAll")]
pub struct Column<'a> {
    /// Its name.
    pub column: &'a str,
    /// Its kind in the baseline; of an added column, in the current data.
    pub kind: Kind,
    /// Its type in the baseline; `null` for an added column.
    pub type_baseline: Option<&'a str>,
    /// Its types in the current data; `null` for a missing column.
    pub type_current: Option<&'a str>,
    /// The baseline; `null` for an added column.
    pub baseline: Option<&'a Summary>,
    /// The first partition of the run of `drift` or `schema` verdicts that lasts to the end.
    pub drift_since: Option<&'a str>,
    /// The partitions, in order.
    pub partitions: Vec<InPartition<'a>>,
}

/// One column in one partition.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ColumnInPartition")]
pub struct InPartition<'a> {
    /// What was found.
    #[serde(flatten)]
    pub found: &'a PartitionColumn,
    /// Upper ends of the bins of `psi` but the last, which is open: exact baseline values, the same in all partitions.
    pub psi_edges: &'a [Value],
}

/// Model Monitor's decisions.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Monitor {
    /// The file of constraints.
    pub constraints: String,
    /// How distances were taken: `Simple` or `Robust`.
    pub comparison_method: &'static str,
    /// Number of checks that were made in all partitions.
    pub checks: u64,
    /// The checks that are violated or could not be decided.
    pub violations: Vec<MonitorCheck>,
    /// How a run of Model Monitor compares, where its violations were given.
    pub run: Option<MonitorRun>,
}

/// A check that is violated or could not be decided.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MonitorCheck {
    /// The partition.
    pub partition: String,
    /// The feature.
    pub feature: String,
    /// Model Monitor's name of the check.
    pub constraint_check_type: &'static str,
    /// What was measured: a share from 0 to 1, or a distance.
    pub value: Option<f64>,
    /// What it is compared with.
    pub threshold: Option<f64>,
    /// Whether it is violated; `null` where that could not be decided.
    pub violated: Option<bool>,
    /// What was found.
    pub why: String,
}

/// A run of Model Monitor beside this comparison.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MonitorRun {
    /// The file of violations.
    pub violations: String,
    /// Violations that both report.
    pub agreed: u64,
    /// What one reports and the other does not.
    pub differences: Vec<MonitorDifference>,
    /// Entries of the file about something else than data quality.
    pub others: u64,
}

/// Something that one of the two reports and the other does not.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MonitorDifference {
    /// The feature.
    pub feature: String,
    /// Model Monitor's name of the check.
    pub constraint_check_type: &'static str,
    /// Whether it is violated here; `null` where that could not be decided.
    pub here: Option<bool>,
    /// Whether the run reports it.
    pub there: bool,
    /// Why they differ, as far as the files tell.
    pub why: String,
}

impl<'a> Answer<'a> {
    /// Returns the answer of a comparison.
    pub fn of(comparison: &'a Comparison) -> Self {
        let in_partition = |column: &'a crate::drift::result::Column| {
            column.partitions.iter().map(|found| InPartition { found, psi_edges: &column.psi_edges }).collect()
        };
        Self {
            schema_version: SCHEMA_VERSION,
            tool: tool(),
            baseline: &comparison.baseline,
            method: comparison.method,
            exact: comparison.exact,
            thresholds: &comparison.thresholds,
            dataset: &comparison.dataset,
            partitions: &comparison.partitions,
            columns: comparison
                .columns
                .iter()
                .map(|column| Column {
                    column: &column.column,
                    kind: column.kind,
                    type_baseline: column.type_baseline.as_deref(),
                    type_current: column.type_current.as_deref(),
                    baseline: column.baseline.as_ref(),
                    drift_since: column.drift_since.as_deref(),
                    partitions: in_partition(column),
                })
                .collect(),
            skipped: &comparison.skipped,
            rules: comparison.rules.iter().collect(),
            monitor: None,
            files: &comparison.files,
            unreadable: comparison.unreadable.clone(),
            damaged: Vec::new(),
            ignored: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl MonitorCheck {
    /// Returns the checks of all partitions that are violated or could not be decided.
    pub fn of(judgements: &[monitor::Judgement]) -> Vec<Self> {
        let check = |partition: &str, outcome: &monitor::Outcome| Self {
            partition: partition.to_owned(),
            feature: outcome.feature.clone(),
            constraint_check_type: outcome.check.name(),
            value: outcome.value,
            threshold: outcome.threshold,
            violated: outcome.is_violated,
            why: outcome.why.clone(),
        };
        judgements
            .iter()
            .flat_map(|one| one.outcomes.iter().map(|outcome| check(&one.partition, outcome)))
            .filter(|check| check.violated != Some(false))
            .collect()
    }
}

impl MonitorDifference {
    /// Returns a difference as it is written.
    pub fn of(difference: monitor::Difference) -> Self {
        Self {
            feature: difference.feature,
            constraint_check_type: difference.check.name(),
            here: difference.here,
            there: difference.there,
            why: difference.why,
        }
    }
}
