//! Which effect sizes count: the thresholds and what each means.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
