//! What a comparison says: the shapes that reports write. Nothing here computes.
//!
//! An undefined number is `None`, never a made-up 0. What makes each undefined is said at the field, what each means in
//! `docs/drift.md`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decide::Thresholds;

/// A baseline held against the partitions of current data.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Comparison {
    /// What the partitions are compared with.
    pub baseline: Baseline,
    /// What decides about distributions.
    pub method: Method,
    /// Whether exact Kolmogorov-Smirnov distances were asked for. Each [`Ks`] says whether it is.
    pub exact: bool,
    /// The numbers that decided.
    pub thresholds: Thresholds,
    /// The worst verdict of any column; `drift` only if the share of columns that drifted in the last partition with rows reaches
    /// [`Thresholds::dataset_share`], else at most `warn`.
    pub dataset: Dataset,
    /// All partitions, in order.
    pub partitions: Vec<PartitionRows>,
    /// All columns that were compared: in the order of the baseline, added ones behind by name.
    pub columns: Vec<Column>,
    /// Columns that hold no single values (lists, structs, maps) or types that cannot be compared, and why.
    pub skipped: Vec<Skipped>,
    /// Business rules, by flag and partition; only those that a row broke or that could not be evaluated.
    pub rules: Vec<Rule>,
    /// All files of the current data that were read, by name.
    pub files: Vec<FileRows>,
    /// Files of either side that could not be read, wholly or from some place on.
    pub unreadable: Vec<Unreadable>,
}

/// What the partitions are compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Baseline {
    /// Number of files.
    pub files: u64,
    /// Number of rows.
    pub rows: u64,
    /// Number of columns that are compared.
    pub columns: u64,
    /// SHA-256 of the saved profile in hexadecimal, if it came from one: equal profiles give equal answers.
    pub profile: Option<String>,
}

/// What decides whether a distribution has drifted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Effect sizes with a noise gate: KS distance, PSI, L-infinity.
    #[default]
    Ks,
    /// Model Monitor's `Robust`: the distance less what chance explains, against its threshold.
    SagemakerRobust,
    /// Model Monitor's `Simple`: the distance alone, against its threshold.
    SagemakerSimple,
}

/// The data set as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Dataset {
    /// The verdict on the data set.
    pub verdict: Verdict,
    /// The last partition that has rows.
    pub partition: Option<String>,
    /// Columns whose verdict there is `drift` or `schema`.
    pub drifted: u64,
    /// Columns that were judged there.
    pub columns: u64,
}

/// A partition and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartitionRows {
    /// `dt=2026-10-12`; empty for data without partitions.
    pub partition: String,
    /// Number of files with rows of it.
    pub files: u64,
    /// Number of rows.
    pub rows: u64,
}

/// A file and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileRows {
    /// Its name.
    pub file: String,
    /// Number of rows that were read.
    pub rows: u64,
    /// The partition its path states.
    pub partition: String,
}

/// A file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unreadable {
    /// Its name.
    pub file: String,
    /// What is wrong with it.
    pub message: String,
}

/// A column that is not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// Its name.
    pub column: String,
    /// Why.
    pub why: String,
}

/// What kind of values a column has, which decides on the statistics it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Whole, decimal and binary floating-point numbers.
    Numeric,
    /// Text and bytes: the identity of a value is its bytes.
    Categorical,
    /// True or false.
    Boolean,
    /// Dates, times of day, timestamps and durations.
    Temporal,
}

/// One column in all partitions.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Column {
    /// Its name.
    pub column: String,
    /// Its kind in the baseline; of an added column, in the current data.
    pub kind: Kind,
    /// Its type in the baseline; `None` for an added column.
    pub type_baseline: Option<String>,
    /// Its types in the current data, in order, joined by ` | ` where files differ; `None` for a missing column.
    pub type_current: Option<String>,
    /// The baseline; `None` for an added column.
    pub baseline: Option<Summary>,
    /// The first partition of the run of `drift` or `schema` verdicts that lasts to the end.
    pub drift_since: Option<String>,
    /// Upper ends of the bins of the PSI but the last, which is open: exact baseline values. Empty for categories.
    pub psi_edges: Vec<Value>,
    /// The partitions, in order.
    pub partitions: Vec<PartitionColumn>,
}

/// The values of a column on one side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    /// Rows, nulls among them.
    pub rows: u64,
    /// Nulls.
    pub nulls: u64,
    /// NaN, which are not null.
    pub nan: u64,
    /// Infinities of either sign.
    pub inf: u64,
    /// Least value, infinities included; `None` without values and for categories.
    pub min: Option<Value>,
    /// Greatest value.
    pub max: Option<Value>,
    /// Mean, in the column's unit; `None` without values or with infinities, and for categories.
    pub mean: Option<f64>,
    /// Standard deviation of the sample (n - 1), in the column's unit; `None` as the mean, and for a single value.
    pub sd: Option<f64>,
    /// Number of distinct values; `None` where nobody counted.
    pub distinct: Option<Distinct>,
    /// Quantiles at [`QUANTILES`], each with bounds; empty without values and for categories.
    pub quantiles: Vec<Quantile>,
}

/// The shares at which quantiles are given.
pub const QUANTILES: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// The value at rank ceil(share n), counted from 1, or bounds of it. JSON has no infinities: they are `null`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Quantile {
    /// The share, 0 to 1.
    pub share: f64,
    /// The value, or the best guess within the bounds.
    #[schemars(with = "Option<f64>")]
    pub value: f64,
    /// The value is at least this.
    #[schemars(with = "Option<f64>")]
    pub low: f64,
    /// The value is at most this.
    #[schemars(with = "Option<f64>")]
    pub high: f64,
}

/// A number of distinct values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Distinct {
    /// The number.
    pub count: u64,
    /// Whether it was counted; else it is estimated from the values with the smallest hashes, to about 2 %.
    pub exact: bool,
}

/// A value as its column holds it, exactly.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub enum Value {
    /// A whole number.
    Integer(i128),
    /// A floating-point number.
    Number(f64),
    /// A decimal, date, time or text in its usual spelling.
    Text(String),
}

/// Whole numbers up to this size are exact in JSON as everybody reads it.
const EXACT_IN_JSON: u128 = 1 << 53;

impl Serialize for Value {
    /// Writes a number where JSON holds it exactly, else a string.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(value) => match i64::try_from(*value) {
                Ok(small) if value.unsigned_abs() <= EXACT_IN_JSON => serializer.serialize_i64(small),
                _ => serializer.collect_str(value),
            },
            Self::Number(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Number(_) | Self::Text(_) => serializer.collect_str(self),
        }
    }
}

impl JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A value of the column, exactly: a number where JSON holds it exactly, else a string.",
            "type": ["number", "string"]
        })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Number(value) if value.is_nan() => f.write_str("NaN"),
            Self::Number(value) if value.is_infinite() => f.write_str(if *value > 0.0 { "Infinity" } else { "-Infinity" }),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// One column in one partition.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PartitionColumn {
    /// The partition.
    pub partition: String,
    /// The current values.
    #[serde(flatten)]
    pub current: Summary,
    /// Two-sample Kolmogorov-Smirnov; `None` for categories and without values on either side.
    pub ks: Option<Ks>,
    /// Model Monitor's `Robust` distance: of numbers from the KS distance, of categories from L-infinity.
    pub sagemaker_robust: Option<f64>,
    /// Model Monitor's `Simple` distance.
    pub sagemaker_simple: Option<f64>,
    /// Population stability index, in nats.
    pub psi: Option<f64>,
    /// Rows in each bin of the PSI: baseline and current. Empty for categories.
    pub psi_bins: Vec<(u64, u64)>,
    /// Wasserstein-1 distance; `None` for categories, without values, and with infinities on either side.
    pub wasserstein: Option<Wasserstein>,
    /// L-infinity distance of categories, 0 to 1.
    pub linf: Option<f64>,
    /// L-infinity less what chance explains.
    pub linf_robust: Option<f64>,
    /// Total variation distance of categories, 0 to 1.
    pub tvd: Option<f64>,
    /// Jensen-Shannon distance of categories, base 2, 0 to 1.
    pub jensen_shannon: Option<f64>,
    /// Two-sample chi-square test of categories.
    pub chi2: Option<ChiSquare>,
    /// Cramér's V, 0 to 1.
    pub cramers_v: Option<f64>,
    /// The p of [`Ks`] or [`ChiSquare`] among those of all columns and partitions, by Benjamini and Hochberg; for information.
    pub q: Option<f64>,
    /// Change of the share of nulls, current less baseline.
    pub null_change: Option<f64>,
    /// Pooled two-proportion z of the nulls; `None` where neither side or every row has one.
    pub null_z: Option<f64>,
    /// Categories that the baseline lacks, most rows first; at most [`MOST_LISTED`].
    pub new_categories: Vec<NewCategory>,
    /// Number of categories that the baseline lacks, and the rows that have one.
    pub new_total: Option<Total>,
    /// Categories of the baseline that are gone, most rows first; at most [`MOST_LISTED`].
    pub missing_categories: Vec<MissingCategory>,
    /// Number of categories that are gone, and their rows in the baseline.
    pub missing_total: Option<Total>,
    /// The rows of a few categories or quantile cells, for drawing.
    pub sketch: Vec<Bar>,
    /// What became of the type.
    pub schema: Schema,
    /// Every time moved by about the same.
    pub shift: Option<Shift>,
    /// The verdict.
    pub verdict: Verdict,
    /// What led to the verdict, worst first.
    pub reasons: Vec<Reason>,
    /// The reasons in one line.
    pub why: String,
}

/// New and missing categories that are listed by name.
pub const MOST_LISTED: usize = 20;

/// The two-sample Kolmogorov-Smirnov distance.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Ks {
    /// The distance if `exact`, else the lower bound, which is what was reached.
    pub d: f64,
    /// The distance is at least this.
    pub low: f64,
    /// The distance is at most this. No probability is in it.
    pub high: f64,
    /// Whether `low` and `high` are the distance itself.
    pub exact: bool,
    /// `d` less 1.8 √((n + m) / (n m)), at least 0: what chance does not explain, in 99.7 of 100 cases.
    pub robust: f64,
    /// Probability of a distance of `d` or more without drift. It decides nothing.
    pub p: f64,
    /// The law that `p` follows.
    pub law: Law,
}

/// A law of the Kolmogorov-Smirnov distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// The distribution for these two numbers of rows, without ties (so p is too great with ties, never too small).
    Exact,
    /// Kolmogorov's limit with Stephens' first-order correction extended by one term.
    CorrectedLimit,
}

/// The Wasserstein-1 distance, in the column's unit (timestamps in seconds, dates in days).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Wasserstein {
    /// The distance if `exact`, else the middle of the bounds.
    pub value: f64,
    /// The distance is at least this.
    pub low: f64,
    /// The distance is at most this.
    pub high: f64,
    /// Whether the bounds are the distance itself.
    pub exact: bool,
    /// `value` over the baseline's standard deviation.
    pub by_sd: Option<f64>,
    /// `value` over the baseline's interquartile range / 1.349, which is the standard deviation of a normal law.
    pub by_iqr: Option<f64>,
}

/// A chi-square test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ChiSquare {
    /// The statistic.
    pub statistic: f64,
    /// Degrees of freedom.
    pub dof: u64,
    /// Probability of such a statistic or a greater one without drift. It decides nothing.
    pub p: f64,
}

/// A category that the baseline lacks.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct NewCategory {
    /// The category; bytes that are no UTF-8 are replaced.
    pub value: String,
    /// Its rows in the partition.
    pub rows: u64,
    /// Its share of the partition's values.
    pub share: f64,
}

/// A category of the baseline that is gone.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MissingCategory {
    /// The category; bytes that are no UTF-8 are replaced.
    pub value: String,
    /// Its rows in the baseline.
    pub baseline_rows: u64,
    /// Its share of the baseline's values.
    pub share: f64,
}

/// Categories and their rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Total {
    /// Number of categories.
    pub categories: Distinct,
    /// Their rows.
    pub rows: u64,
}

/// A bar of a drawing: shares of both sides in the same range or category.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Bar {
    /// The upper end of the range, which belongs to it, or the category.
    pub label: String,
    /// Share of the baseline's values, 0 to 1.
    pub baseline: f64,
    /// Share of the current values, 0 to 1.
    pub current: f64,
}

/// What became of a column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Schema {
    /// The same type.
    Same,
    /// Every value of the old type is one of the new.
    Widened,
    /// Some values of the old type are none of the new.
    Narrowed,
    /// The values cannot be compared; there are no statistics.
    Incompatible,
    /// The baseline lacks the column.
    Added,
    /// The partition lacks the column, in every file or in some.
    Missing,
}

/// Times that all moved by about the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Shift {
    /// Current less baseline, in seconds.
    pub seconds: f64,
    /// Greatest deviation of any quantile from it, in seconds.
    pub residual: f64,
}

/// What was found about a column in a partition, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing to say.
    Ok,
    /// There is nothing to judge: no rows.
    Empty,
    /// Worth a look.
    Warn,
    /// The values have drifted.
    Drift,
    /// The column or its type has changed so that values cannot be compared.
    Schema,
}

/// One thing that led to a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Reason {
    /// The check it belongs to: `drift/distribution`.
    pub check: Check,
    /// What it alone would lead to.
    pub verdict: Verdict,
    /// What was measured, its value and the threshold, in a sentence.
    pub text: String,
}

/// The checks that the comparison serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Check {
    /// The column or its type changed.
    #[serde(rename = "drift/schema")]
    Schema,
    /// The distribution of values changed.
    #[serde(rename = "drift/distribution")]
    Distribution,
    /// The share of nulls changed.
    #[serde(rename = "drift/missing-values")]
    MissingValues,
    /// Categories came or went.
    #[serde(rename = "drift/new-category")]
    NewCategory,
    /// All times moved by about the same.
    #[serde(rename = "drift/time-shift")]
    TimeShift,
    /// A business rule was broken.
    #[serde(rename = "drift/business-rule")]
    BusinessRule,
}

/// A business rule in a partition.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Rule {
    /// Its name: `user_age_below_min`.
    pub flag: String,
    /// The column.
    pub column: String,
    /// The partition.
    pub partition: String,
    /// Rows that break it.
    pub rows: u64,
    /// Their share of the partition's rows, 0 to 1.
    pub fraction: f64,
    /// The share that the rule allows, 0 to 1.
    pub allowed: f64,
    /// The first row that breaks it, by name of file and row.
    pub first: Option<Place>,
    /// What the rule says, or why it could not be evaluated.
    pub text: String,
    /// `drift` if more rows break it than allowed, `schema` if it could not be evaluated, else `ok`.
    pub verdict: Verdict,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The row in it, from 0.
    pub row: u64,
}
