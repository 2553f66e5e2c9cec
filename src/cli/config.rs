//! `modeltrail.toml`: what a team has agreed on. Read only where `--config` names it: the answer depends on nothing that is not on
//! the command line.

use std::path::Path;

use serde::Deserialize;

use super::{Failure, named};
use crate::drift::decide::Thresholds;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Config {
    /// Thresholds of `drift`.
    pub drift: Thresholds,
    /// What columns of data are.
    pub data: Columns,
}

/// What columns of data are.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Columns {
    /// Columns that `audit` does not compare.
    pub ignore: Vec<String>,
    /// Columns of training data that requests do not hold: the target, weights, identifiers.
    pub labels: Vec<String>,
}

/// Longest file of settings that is read.
const LONGEST: u64 = 1 << 20;

/// Reads the file, if one is named.
pub(super) fn read(path: Option<&Path>) -> Result<Config, Failure> {
    let Some(path) = path else { return Ok(Config::default()) };
    named::read("--config", path, LONGEST, |bytes| parse(std::str::from_utf8(bytes).map_err(|error| error.to_string())?))
}

fn parse(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    let limits = &config.drift;
    let pairs = [
        ("ks", limits.ks_warn, limits.ks_drift),
        ("psi", limits.psi_warn, limits.psi_drift),
        ("linf", limits.linf_warn, limits.linf_drift),
        ("null", limits.null_warn, limits.null_drift),
    ];
    for (name, warn, drift) in pairs {
        if warn > drift {
            return Err(format!("drift.{name}_warn = {warn} is above drift.{name}_drift = {drift}"));
        }
    }
    let all = serde_json::to_value(limits).map_err(|error| error.to_string())?;
    for (name, value) in all.as_object().into_iter().flatten() {
        // JSON has no word for infinities and NaN, and writes them as null.
        let is_off = name == "wasserstein_sd_drift" && limits.wasserstein_sd_drift.is_none();
        if !is_off && value.as_f64().is_none_or(|number| number < 0.0) {
            return Err(format!("drift.{name} is no number from 0 on"));
        }
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(parse("").unwrap().drift, Thresholds::default());
        assert_eq!(parse("[drift]\nks_drift = 0.2").unwrap().drift, Thresholds { ks_drift: 0.2, ..Thresholds::default() });
        for (text, words) in [
            ("[drift]\nks_drfit = 0.2", "unknown field `ks_drfit`"),
            ("[dirft]", "unknown field `dirft`"),
            ("[data]\nlabel = 'y'", "unknown field `label`"),
            ("[drift]\nks_warn = 0.2", "is above drift.ks_drift"),
            ("[drift]\nnull_z = -1", "drift.null_z"),
            ("[drift]\nnull_z = nan", "drift.null_z"),
            ("[drift]\nwasserstein_sd_drift = inf", "drift.wasserstein_sd_drift"),
        ] {
            let error = parse(text).map(|_| ()).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
