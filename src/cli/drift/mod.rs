//! `modeltrail drift`: which columns moved, since which partition, and which business rules broke?

mod engine;
pub(super) mod inputs;
mod run;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(super) use run::run;

use crate::dataset;
use crate::drift::result::{Method, Verdict};

/// Arguments of `drift`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// What is compared with: files, folders and patterns such as 'train/**/*.parquet', or a file of --save-baseline. Without it,
    /// --rules alone are asked
    #[arg(long, value_name = "PATH", num_args = 1.., required_unless_present = "rules")]
    baseline: Vec<PathBuf>,
    /// What is compared: parquet, captured data, JSON lines, CSV, or statistics.json of Model Monitor
    #[arg(long, value_name = "PATH", num_args = 1.., required_unless_present = "save_baseline")]
    current: Vec<PathBuf>,
    /// Compare by these keys: partition columns, `endpoint`, `variant`, `hour`, `day`, `month` of the path; columns;
    /// `COLUMN:hour`, `COLUMN:day`, `COLUMN:month` of a column of times [default: what the paths state]
    #[arg(long, value_name = "KEYS")]
    by: Option<String>,
    /// Business rules, JSON or TOML: `{"user_age": {"min": 18, "max": 80}}`; also `in`, `not_in`, `regex`, `max_null_share`, `allowed_share`
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Decide as Model Monitor would by this constraints.json, too
    #[arg(long, value_name = "FILE", requires = "baseline")]
    constraints: Option<PathBuf>,
    /// Explain how a run of Model Monitor differs: its `constraint_violations.json`
    #[arg(long, value_name = "FILE", requires = "constraints")]
    violations: Option<PathBuf>,
    /// What decides about distributions
    #[arg(long, value_enum, default_value = "ks", value_name = "METHOD")]
    method: ByMethod,
    /// Exact Kolmogorov-Smirnov and Wasserstein distances in place of certified bounds
    #[arg(long, requires = "baseline")]
    exact: bool,
    /// Keep what is known of the baseline in FILE, so that the next comparison need not read it again
    #[arg(long, value_name = "FILE", requires = "baseline")]
    save_baseline: Option<PathBuf>,
    /// Columns to leave out
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', requires = "baseline")]
    ignore: Vec<String>,
    /// End with status 1 if a column of any partition is judged so or worse, a rule is broken, or a constraint violated
    #[arg(long, value_enum, default_value = "none", value_name = "VERDICT")]
    fail_on: FailOn,
    /// Thresholds: `modeltrail.toml` with a table `[drift]`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Names of the columns of CSV without a header, and of captured records without names
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    names: Vec<String>,
    /// Whether the first row of CSV names the columns
    #[arg(long, value_enum, default_value = "auto", value_name = "WHETHER")]
    csv_header: Header,
    /// Which side of captured requests is compared
    #[arg(long, value_enum, default_value = "input", value_name = "SIDE")]
    capture: Capture,
}

/// What decides about distributions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ByMethod {
    /// Effect sizes less what chance explains: KS distance, PSI, L-infinity.
    Ks,
    /// Model Monitor's Robust distance.
    SagemakerRobust,
    /// Model Monitor's Simple distance.
    SagemakerSimple,
}

impl ByMethod {
    const fn method(self) -> Method {
        match self {
            Self::Ks => Method::Ks,
            Self::SagemakerRobust => Method::SagemakerRobust,
            Self::SagemakerSimple => Method::SagemakerSimple,
        }
    }
}

/// From what verdict on the end is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    None,
    Warn,
    Drift,
}

impl FailOn {
    const fn verdict(self) -> Option<Verdict> {
        match self {
            Self::None => None,
            Self::Warn => Some(Verdict::Warn),
            Self::Drift => Some(Verdict::Drift),
        }
    }
}

/// Whether CSV has a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Header {
    /// If the first row holds words alone.
    Auto,
    Yes,
    No,
}

/// A side of captured requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Capture {
    /// What the endpoint was asked.
    Input,
    /// What it answered.
    Output,
    /// Both; columns of the answer begin with `output.`.
    Both,
}

impl Capture {
    const fn side(self) -> dataset::Side {
        match self {
            Self::Input => dataset::Side::Input,
            Self::Output => dataset::Side::Output,
            Self::Both => dataset::Side::Both,
        }
    }
}
