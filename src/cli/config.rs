//! `modeltrail.toml`: what a team has agreed on. Read only where `--config` names it: the answer depends on nothing that is not on
//! the command line.

use std::path::Path;

use serde::Deserialize;

use super::{Failure, named};
use crate::case::targets::{Target, Targets};
use crate::drift::decide::Thresholds;
use crate::drift::rule::RuleSet;
use crate::settings::wrong;
use crate::study::Settings;
use crate::time::Seconds;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Config {
    /// Thresholds of `drift`.
    pub drift: Thresholds,
    /// What columns of data are.
    pub data: Columns,
    /// Targets of `drill/*`.
    pub drill: Drill,
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

/// Targets of the checks of one family, by the names of the checks.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Drill {
    slow_detection: Option<Time>,
    slow_recovery: Option<Time>,
}

/// A length of time in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
struct Time(Seconds);

/// Longest target: a week.
const LONGEST_TARGET: Seconds = 7 * 86_400;

impl TryFrom<i64> for Time {
    type Error = String;

    fn try_from(seconds: i64) -> Result<Self, String> {
        if (1..=LONGEST_TARGET).contains(&seconds) {
            return Ok(Self(seconds));
        }
        Err(format!("{seconds} is no target: whole seconds from 1 to {LONGEST_TARGET}"))
    }
}

impl Config {
    /// Returns the targets for incidents.
    pub(super) fn targets(&self) -> Targets {
        let or = |stated: Option<Time>, default| stated.map_or(default, |Time(seconds)| Target::stated(seconds));
        let default = Targets::default();
        Targets {
            detection: or(self.drill.slow_detection, default.detection),
            recovery: or(self.drill.slow_recovery, default.recovery),
        }
    }

    /// Returns how data in the evidence is compared.
    pub(super) fn settings(self, rules: RuleSet) -> Settings {
        Settings { rules, thresholds: self.drift, ignore: self.data.ignore, labels: self.data.labels }
    }
}

/// Longest file of settings that is read.
const LONGEST: u64 = 1 << 20;

/// Reads the file, if one is named.
pub(super) fn read(path: Option<&Path>) -> Result<Config, Failure> {
    let Some(path) = path else { return Ok(Config::default()) };
    named::read("--config", path, LONGEST, |bytes| parse(std::str::from_utf8(bytes).map_err(|error| error.to_string())?))
}

fn parse(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| wrong(&error, text))?;
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
            ("[drill]\nslow_detection = 60\nslow_recover = 60", "at line 3, column 1"),
            ("[drill]\nslow_detection = 0", "0 is no target"),
            ("[drill]\n\nslow_recovery = 604801", "at line 3, column"),
            ("[drill]\nslow_recovery = '10m'", "a text is no whole number at line 2, column 17"),
            ("[drill]\nslow_recovery = 1.5", "a number with a fraction is no whole number"),
            ("drill = 5", "a number is no table at line 1, column 9"),
            ("[data]\nlabels = 'y'", "a text is no list"),
            ("[drift]\nks_warn = 'hunter2'", "a text is no number"),
            ("aws_secret_access_key = hunter2", "at line 1, column"),
            ("[drift]\nks_warn = 0.2", "is above drift.ks_drift"),
            ("[drift]\nnull_z = -1", "drift.null_z"),
            ("[drift]\nnull_z = nan", "drift.null_z"),
            ("[drift]\nwasserstein_sd_drift = inf", "drift.wasserstein_sd_drift"),
        ] {
            let error = parse(text).map(|_| ()).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains('\n') && !error.contains("hunter2") && !error.contains("struct"), "{error}");
        }
    }
}
