//! Which effect sizes count: the thresholds and what each means, and the verdict on a column in a partition.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compare::{Options, noise};
use super::logical::Logical;
use super::profile::ColumnProfile;
use super::result::{Check, Distinct, Method, MissingCategory, PartitionColumn, Reason, Schema, Verdict};
use super::statistic::psi;

/// The numbers that decide. Effect sizes decide, and a gate keeps noise out; no p does. `docs/drift.md` says where each comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// KS distance that is worth a look.
    pub ks_warn: f64,
    /// KS distance that is drift.
    pub ks_drift: f64,
    /// PSI, less its mean without drift, that is worth a look.
    pub psi_warn: f64,
    /// PSI, less its mean without drift, that is drift.
    pub psi_drift: f64,
    /// L-infinity distance of categories that is worth a look.
    pub linf_warn: f64,
    /// L-infinity distance of categories that is drift.
    pub linf_drift: f64,
    /// Change of the share of nulls that is worth a look.
    pub null_warn: f64,
    /// Change of the share of nulls that is drift.
    pub null_drift: f64,
    /// The pooled z that a change of the share of nulls must exceed to count at all.
    pub null_z: f64,
    /// Share of values in new categories that is drift; any is worth a look.
    pub new_category_drift: f64,
    /// Share in the baseline from which on a category that is gone counts as drift.
    pub missing_category_drift: f64,
    /// Rows that such a category would have to be expected to have.
    pub missing_category_rows: f64,
    /// Wasserstein-1 distance, in standard deviations of the baseline, that is drift. Off by default: blind on heavy tails.
    pub wasserstein_sd_drift: Option<f64>,
    /// Share of drifted columns from which on the data set has drifted.
    pub dataset_share: f64,
    /// Distance of numbers that Model Monitor's methods call drift (`comparison_threshold`).
    pub sagemaker_numeric: f64,
    /// Distance of categories that Model Monitor's methods call drift (`categorical_comparison_threshold`).
    pub sagemaker_categorical: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            ks_warn: 0.05,
            ks_drift: 0.10,
            psi_warn: 0.10,
            psi_drift: 0.20,
            linf_warn: 0.05,
            linf_drift: 0.10,
            null_warn: 0.01,
            null_drift: 0.05,
            null_z: 4.0,
            new_category_drift: 0.01,
            missing_category_drift: 0.01,
            missing_category_rows: 30.0,
            wasserstein_sd_drift: None,
            dataset_share: 0.5,
            sagemaker_numeric: 0.1,
            sagemaker_categorical: 0.1,
        }
    }
}

/// What deciding needs beyond the statistics.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    /// Rows of the partition.
    pub(crate) rows: u64,
    /// Values of the baseline.
    pub(crate) n: u64,
    /// Current values.
    pub(crate) m: u64,
    /// Bins or categories of the PSI.
    pub(crate) psi_bins: usize,
    /// Values in new categories that surprise nobody.
    pub(crate) unsurprising_new: f64,
    /// Categories of the baseline, if they are too many to compare.
    pub(crate) too_many: Option<Distinct>,
}

/// Gives a column in a partition its verdict, and the reasons.
pub(crate) fn judge(part: &mut PartitionColumn, base: Option<&ColumnProfile>, context: &Context, options: &Options) {
    let mut reasons = Reasons(Vec::new());
    schema(part, base, &mut reasons);
    let is_gone = matches!(part.schema, Schema::Missing | Schema::Incompatible) && part.current.rows == 0;
    if context.rows == 0 {
        reasons.0.retain(|reason| reason.verdict == Verdict::Schema);
        reasons.add(Check::Distribution, Verdict::Empty, "the partition has no rows".to_owned());
    } else if let Some(why) = base.filter(|_| !is_gone).and_then(|base| unread(part, base, context)) {
        reasons.add(Check::Distribution, Verdict::Empty, why.to_owned());
    } else if let Some(base) = base.filter(|_| !is_gone) {
        let limits = &options.thresholds;
        nulls(part, limits, &mut reasons);
        let time = time_moves(part, base, &mut reasons);
        if !time {
            match options.method {
                Method::Ks => distribution(part, context, limits, &mut reasons),
                Method::SagemakerRobust | Method::SagemakerSimple => monitor(part, options, &mut reasons),
            }
        }
        new_and_missing(part, context, limits, &mut reasons);
        if let Some(distinct) = context.too_many {
            let count = distinct.count;
            reasons.add(
                Check::Distribution,
                Verdict::Ok,
                format!("about {count} categories in the baseline: too many to compare"),
            );
        }
    }
    let mut reasons = reasons.0;
    reasons.sort_by(|a, b| b.verdict.cmp(&a.verdict).then(a.check.cmp(&b.check)));
    part.verdict = reasons.iter().map(|reason| reason.verdict).max().unwrap_or(Verdict::Ok);
    part.why = reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("; ");
    part.reasons = reasons;
}

/// Returns why there is nothing to compare where a column is there and no row of it could be read: damaged and encrypted pages.
fn unread(part: &PartitionColumn, base: &ColumnProfile, context: &Context) -> Option<&'static str> {
    if context.n == 0 && base.summary().rows == 0 {
        return Some("nothing of the column could be read in the baseline");
    }
    let is_there = !matches!(part.schema, Schema::Missing | Schema::Incompatible);
    (is_there && part.current.rows == 0).then_some("nothing of the column could be read")
}

struct Reasons(Vec<Reason>);

impl Reasons {
    fn add(&mut self, check: Check, verdict: Verdict, text: String) {
        self.0.push(Reason { check, verdict, text });
    }

    /// Adds a reason if a number reaches one of two limits.
    fn reach(&mut self, check: Check, name: &str, value: f64, (warn, drift): (f64, f64), rest: &str) {
        if value >= drift {
            self.add(check, Verdict::Drift, format!("{name} {value:.4} ≥ {drift}{rest}"));
        } else if value >= warn {
            self.add(check, Verdict::Warn, format!("{name} {value:.4} ≥ {warn}{rest}"));
        }
    }
}

fn schema(part: &PartitionColumn, base: Option<&ColumnProfile>, reasons: &mut Reasons) {
    let was = base.map(|base| base.logical.to_string()).unwrap_or_default();
    let (verdict, text) = match part.schema {
        Schema::Same => return,
        Schema::Widened => (Verdict::Warn, format!("the type is wider than {was}")),
        Schema::Narrowed => (Verdict::Warn, format!("the type does not hold every {was}")),
        Schema::Added => (Verdict::Warn, "the baseline lacks the column".to_owned()),
        Schema::Missing => (Verdict::Schema, "the column is missing".to_owned()),
        Schema::Incompatible => (Verdict::Schema, format!("the type cannot be compared with {was}")),
    };
    reasons.add(Check::Schema, verdict, text);
}

fn nulls(part: &PartitionColumn, limits: &Thresholds, reasons: &mut Reasons) {
    if let (Some(change), Some(z)) = (part.null_change, part.null_z)
        && z.abs() > limits.null_z
    {
        let rest = format!(" (z {z:.1}; now {:.4})", part.current.nulls as f64 / part.current.rows as f64);
        let name = if change > 0.0 { "share of nulls rose by" } else { "share of nulls fell by" };
        reasons.reach(Check::MissingValues, name, change.abs(), (limits.null_warn, limits.null_drift), &rest);
    }
}

/// Values for each bin that either side must have for the PSI to decide: an empty bin alone can make 0.7 of it.
const FEWEST: u64 = 10;

fn distribution(part: &PartitionColumn, context: &Context, limits: &Thresholds, reasons: &mut Reasons) {
    let (n, m) = (context.n, context.m);
    if let Some(ks) = &part.ks {
        let rest = format!(" (KS distance {:.4} less {:.4} for noise)", ks.d, noise(n, m));
        reasons.reach(Check::Distribution, "robust KS distance", ks.robust, (limits.ks_warn, limits.ks_drift), &rest);
    }
    if let (Some(robust), Some(linf)) = (part.linf_robust, part.linf) {
        let rest = format!(" (L-infinity {linf:.4} less {:.4} for noise)", noise(n, m));
        reasons.reach(Check::Distribution, "robust L-infinity distance", robust, (limits.linf_warn, limits.linf_drift), &rest);
    }
    if let Some(index) = part.psi {
        let mean = psi::mean_without_drift(context.psi_bins, n, m);
        // Without drift, n m / (n + m) times the index is about chi-square; its value at four standard deviations of a normal law
        // (Wilson and Hilferty) keeps noise out.
        let freedom = (context.psi_bins as f64 - 1.0).max(1.0);
        let spread = 2.0 / (9.0 * freedom);
        let gate = freedom * (1.0 - spread + 4.0 * spread.sqrt()).powi(3) * (1.0 / n as f64 + 1.0 / m as f64);
        if index > gate && n.min(m) >= FEWEST * context.psi_bins as u64 {
            let rest = format!(" (PSI {index:.4} less its mean without drift)");
            reasons.reach(Check::Distribution, "PSI", index - mean, (limits.psi_warn, limits.psi_drift), &rest);
        }
    }
    if let (Some(limit), Some(by_sd)) = (limits.wasserstein_sd_drift, part.wasserstein.and_then(|area| area.by_sd)) {
        reasons.reach(Check::Distribution, "Wasserstein distance in standard deviations", by_sd, (limit, limit), "");
    }
}

/// Decides as Model Monitor does.
fn monitor(part: &PartitionColumn, options: &Options, reasons: &mut Reasons) {
    let limits = &options.thresholds;
    let limit = if part.linf.is_some() { limits.sagemaker_categorical } else { limits.sagemaker_numeric };
    let (name, distance) = match options.method {
        Method::SagemakerSimple => ("Simple", part.sagemaker_simple),
        _ => ("Robust", part.sagemaker_robust),
    };
    if let Some(distance) = distance.filter(|distance| *distance > limit) {
        reasons.add(Check::Distribution, Verdict::Drift, format!("Model Monitor's {name} distance {distance:.4} > {limit}"));
    }
}

/// Says what became of instants, and returns whether that is all there is to say: as time goes on, every distribution moves.
fn time_moves(part: &PartitionColumn, base: &ColumnProfile, reasons: &mut Reasons) -> bool {
    if !matches!(base.logical, Logical::Timestamp { .. } | Logical::Date) {
        return false;
    }
    if let Some(shift) = part.shift {
        const DAY: f64 = 86_400.0;
        let (days, rest) = ((shift.seconds / DAY).round(), shift.seconds - (shift.seconds / DAY).round() * DAY);
        if days.abs() >= 1.0 && rest.abs() <= shift.residual.max(60.0) {
            reasons.add(Check::TimeShift, Verdict::Ok, format!("all times are {days} days later, as time goes on"));
        } else {
            let hours = shift.seconds / 3_600.0;
            reasons.add(Check::TimeShift, Verdict::Drift, format!("all times moved by {hours:.2} h, and nothing else changed"));
        }
        return true;
    }
    let quantile = |summary: &[super::result::Quantile], index: usize| summary.get(index).copied();
    let before = base.summary();
    let later = match (quantile(&before.quantiles, 8), quantile(&part.current.quantiles, 0)) {
        (Some(last), Some(first)) => first.low > last.high,
        _ => false,
    };
    if later {
        reasons.add(Check::TimeShift, Verdict::Ok, "times are later than the baseline's, as time goes on".to_owned());
    }
    later
}

fn new_and_missing(part: &PartitionColumn, context: &Context, limits: &Thresholds, reasons: &mut Reasons) {
    if let Some(new) = part.new_total.filter(|new| new.rows > 0) {
        let (rows, m) = (new.rows as f64, context.m as f64);
        let gate = context.unsurprising_new;
        if rows > gate {
            let share = rows / m;
            let verdict = if (rows - gate) / m >= limits.new_category_drift { Verdict::Drift } else { Verdict::Warn };
            let names: Vec<&str> = part.new_categories.iter().take(3).map(|new| new.value.as_str()).collect();
            let names = names.join(", ");
            let text = format!("{} new categories with a share of {share:.4}: {names}", new.categories.count);
            reasons.add(Check::NewCategory, verdict, text);
        }
    }
    let is_gone = |gone: &&MissingCategory| {
        gone.share >= limits.missing_category_drift && gone.share * context.m as f64 >= limits.missing_category_rows
    };
    let gone: Vec<&MissingCategory> = part.missing_categories.iter().filter(is_gone).collect();
    if let Some(first) = gone.first() {
        let text = format!("{} categories are gone, the first with a share of {:.4}: {}", gone.len(), first.share, first.value);
        reasons.add(Check::NewCategory, Verdict::Drift, text);
    }
}
