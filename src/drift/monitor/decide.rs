//! Model Monitor's decisions, from the numbers of a scan.

use super::constraints::{Constraints, Feature, Inferred, Method};
use super::violations::CheckType;
use crate::drift::rule::Tally;

/// What a scan found of one column of one partition.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Rows of the partition.
    pub rows: u64,
    /// Rows without a value.
    pub nulls: u64,
    /// The distance from the baseline, and the number of values on either side; nothing where there is no baseline to compare
    /// with, or types do not compare.
    pub distance: Option<Distance>,
    /// Rows whose value is of another type than inferred.
    pub data_type: Option<Tally>,
    /// Rows whose value is outside the domain.
    pub domain: Option<Tally>,
    /// Rows whose value is negative.
    pub non_negative: Option<Tally>,
}

/// The distance of two distributions: their Kolmogorov-Smirnov distance, or of categories the greatest difference of shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// It is at least this.
    pub low: f64,
    /// It is at most this; equal to `low` where it is exact.
    pub high: f64,
    /// Values of the baseline.
    pub baseline: u64,
    /// Values of the partition.
    pub current: u64,
    /// Whether it is a distance of categories.
    pub is_categorical: bool,
}

/// What one check says of one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The column.
    pub feature: String,
    /// The check.
    pub check: CheckType,
    /// What was measured: a share from 0 to 1, or a distance.
    pub value: Option<f64>,
    /// What it is compared with.
    pub threshold: Option<f64>,
    /// Whether it is violated; nothing where that cannot be told.
    pub is_violated: Option<bool>,
    /// What was found, in words.
    pub why: String,
}

/// Returns the distance that `Robust` compares: `distance` less what chance gives samples of `n` and `m` values, and at least 0.
#[expect(clippy::cast_precision_loss, reason = "the correction needs no more digits than counts below 2^53 have")]
pub fn robust(distance: f64, n: u64, m: u64) -> f64 {
    let (n, m) = (n as f64, m as f64);
    // Deequ, `Distance.scala`: the critical value at alpha = 0.003.
    (distance - 1.8 * ((n + m) / (n * m)).sqrt()).max(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "a share is a fraction; counts beyond 2^53 rows do not occur")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Decides what Model Monitor would report of a partition. `columns` are the names of the columns it has, and `observed` gives what
/// was found of a column. `method` overrides that of the constraints.
pub fn decide<'a>(
    constraints: &Constraints,
    columns: &[&str],
    observed: impl Fn(&str) -> Option<&'a Observation>,
    method: Option<Method>,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for feature in &constraints.features {
        if !feature.monitoring.evaluates {
            continue;
        }
        let mut say = |check, value, threshold, is_violated, why| {
            outcomes.push(Outcome { feature: feature.name.clone(), check, value, threshold, is_violated, why });
        };
        let Some(observation) = observed(&feature.name) else {
            say(CheckType::MissingColumn, None, None, Some(true), "no such column".to_owned());
            continue;
        };
        if observation.rows == 0 {
            say(CheckType::Completeness, None, feature.completeness, None, "no rows".to_owned());
            continue;
        }
        if let Some(least) = feature.completeness {
            let present = observation.rows - observation.nulls.min(observation.rows);
            let value = share(present, observation.rows);
            let why = format!("{present} of {} rows have a value", observation.rows);
            say(CheckType::Completeness, value, Some(least), value.map(|value| value < least), why);
        }
        let counted = [
            (CheckType::DataType, &observation.data_type, Some(feature.monitoring.datatype_share)),
            (CheckType::CategoricalValues, &observation.domain, Some(feature.monitoring.domain_share)),
            (CheckType::NonNegative, &observation.non_negative, None),
        ];
        for (check, tally, least) in counted {
            if let Some(tally) = tally {
                let (value, is_violated, why) = judged(check, feature, tally, least);
                say(check, value, least, is_violated, why);
            }
        }
        if feature.monitoring.compares {
            let (value, threshold, is_violated, why) = compared(feature, observation, method);
            say(CheckType::BaselineDrift, value, threshold, is_violated, why);
        }
    }
    if constraints.monitoring.evaluates {
        for column in columns.iter().filter(|column| constraints.feature(column).is_none()) {
            outcomes.push(Outcome {
                feature: (*column).to_owned(),
                check: CheckType::ExtraColumn,
                value: None,
                threshold: None,
                is_violated: Some(true),
                why: "the constraints do not name it".to_owned(),
            });
        }
    }
    outcomes
}

fn judged(check: CheckType, feature: &Feature, tally: &Tally, least: Option<f64>) -> (Option<f64>, Option<bool>, String) {
    if let Some((_, why)) = &tally.why
        && tally.rows == 0
    {
        // A rule that does not fit the column's type: no value of it reads as what was inferred.
        let violated = (check == CheckType::DataType).then_some(true);
        return (None, violated, why.clone());
    }
    let present = tally.rows - tally.nulls.min(tally.rows);
    let fits = present - tally.broken.min(present);
    let value = share(fits, present);
    let is_violated = value.map(|value| least.map_or(tally.broken > 0, |least| value < least));
    let why = match check {
        CheckType::DataType => format!("{fits} of {present} values read as {}", feature.inferred.name()),
        CheckType::CategoricalValues => {
            format!("{fits} of {present} values are among the {} of the domain", feature.domain.len())
        }
        _ => format!("{} of {present} values are negative", tally.broken),
    };
    (value, is_violated, why)
}

/// What [`compared`] says: value, threshold, whether violated, why.
type Compared = (Option<f64>, Option<f64>, Option<bool>, String);

fn compared(feature: &Feature, observation: &Observation, method: Option<Method>) -> Compared {
    let monitoring = feature.monitoring;
    let is_text = feature.inferred == Inferred::String;
    let Some(distance) = observation.distance.filter(|distance| distance.baseline > 0 && distance.current > 0) else {
        return (None, None, None, "there is nothing to compare it with".to_owned());
    };
    if is_text != distance.is_categorical {
        let (expected, found) = if is_text { ("categories", "numbers") } else { ("numbers", "categories") };
        return (None, None, None, format!("the constraints compare {expected}, and the column holds {found}"));
    }
    if is_text && monitoring.is_chi_squared {
        return (None, None, None, "ChiSquared is not replayed: what it compares is not documented".to_owned());
    }
    let threshold = if is_text { monitoring.categorical_threshold } else { monitoring.numeric_threshold };
    let method = method.unwrap_or(monitoring.method);
    let taken = |raw: f64| match method {
        Method::Simple => raw,
        Method::Robust => robust(raw, distance.baseline, distance.current),
    };
    let (low, high) = (taken(distance.low), taken(distance.high));
    let is_violated = match (low > threshold, high > threshold) {
        (true, _) => Some(true),
        (_, false) => Some(false),
        _ => None,
    };
    let mut why = format!("{} distance of {} and {} values", method.name(), distance.baseline, distance.current);
    if is_violated.is_none() {
        why.push_str(" lies on either side of the threshold; --exact tells");
    }
    (Some(low), Some(threshold), is_violated, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSTRAINTS: &str = r#"{"features": [
        {"name": "tenure", "inferred_type": "Fractional", "completeness": 0.98, "num_constraints": {"is_non_negative": true}},
        {"name": "plan", "inferred_type": "String", "completeness": 1.0, "string_constraints": {"domains": ["a", "b"]}},
        {"name": "gone", "inferred_type": "Integral"}],
        "monitoring_config": {"datatype_check_threshold": 1.0, "domain_content_threshold": 1.0}}"#;

    fn tally(rows: u64, nulls: u64, broken: u64) -> Tally {
        Tally { rows, nulls, broken, ..Tally::default() }
    }

    fn distance(d: f64, n: u64, is_categorical: bool) -> Distance {
        Distance { low: d, high: d, baseline: n, current: n, is_categorical }
    }

    fn told(tenure: &Observation, plan: &Observation, method: Option<Method>) -> Vec<(String, &'static str, Option<bool>)> {
        let constraints = Constraints::parse(CONSTRAINTS.as_bytes()).unwrap();
        let observed = |name: &str| match name {
            "tenure" => Some(tenure),
            "plan" => Some(plan),
            _ => None,
        };
        decide(&constraints, &["tenure", "plan", "new"], observed, method)
            .into_iter()
            .map(|outcome| (outcome.feature, outcome.check.name(), outcome.is_violated))
            .collect()
    }

    fn violated<'a>(outcomes: &'a [(String, &'static str, Option<bool>)]) -> Vec<(&'a str, &'static str)> {
        outcomes.iter().filter(|(.., violated)| *violated == Some(true)).map(|(name, check, _)| (name.as_str(), *check)).collect()
    }

    #[test]
    fn each_constraint_has_its_decision() {
        let tenure = Observation {
            rows: 100,
            nulls: 2,
            distance: Some(distance(0.355, 100, false)),
            data_type: Some(tally(100, 2, 1)),
            non_negative: Some(tally(100, 2, 1)),
            ..Observation::default()
        };
        let plan = Observation {
            rows: 100,
            domain: Some(tally(100, 0, 1)),
            distance: Some(distance(0.25, 100, true)),
            ..Observation::default()
        };
        let bad = told(&tenure, &plan, None);
        assert_eq!(
            violated(&bad),
            [
                ("tenure", "data_type_check"),
                ("tenure", "is_non_negative"),
                // 0.355 - 1.8 sqrt(0.02) is above 0.1 by a hair.
                ("tenure", "baseline_drift_check"),
                ("plan", "categorical_values_check"),
                ("gone", "missing_column_check"),
                ("new", "extra_column_check"),
            ]
        );
        // Robust sees nothing at a distance of 0.25 between 100 and 100 values; Simple does.
        assert!(violated(&told(&tenure, &plan, Some(Method::Simple))).contains(&("plan", "baseline_drift_check")));
    }

    #[test]
    fn near_misses_are_no_violations() {
        let tenure = Observation {
            rows: 100,
            nulls: 2,
            distance: Some(distance(0.354, 100, false)),
            data_type: Some(tally(100, 2, 0)),
            non_negative: Some(tally(100, 2, 0)),
            ..Observation::default()
        };
        let plan = Observation {
            rows: 100,
            domain: Some(tally(100, 0, 0)),
            distance: Some(distance(0.1, 1_000_000, true)),
            ..Observation::default()
        };
        assert_eq!(violated(&told(&tenure, &plan, None)), [("gone", "missing_column_check"), ("new", "extra_column_check")]);
        let nulls = Observation { nulls: 3, ..tenure };
        assert!(violated(&told(&nulls, &plan, None)).contains(&("tenure", "completeness_check")));
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        let straddling = Distance { low: 0.0999, high: 0.1001, baseline: 1 << 40, current: 1 << 40, is_categorical: false };
        let tenure = Observation { rows: 10, distance: Some(straddling), ..Observation::default() };
        let plan = Observation { rows: 0, ..Observation::default() };
        let outcomes = told(&tenure, &plan, Some(Method::Simple));
        assert!(outcomes.contains(&("tenure".to_owned(), "baseline_drift_check", None)));
        assert!(outcomes.contains(&("plan".to_owned(), "completeness_check", None)));
        let numbers = Observation { rows: 10, distance: Some(distance(0.5, 10, false)), ..Observation::default() };
        assert!(told(&tenure, &numbers, None).contains(&("plan".to_owned(), "baseline_drift_check", None)));
    }

    #[test]
    fn the_correction_is_deequs() {
        assert!((robust(0.355, 100, 100) - 0.100_441_558_772_843_1).abs() < 1e-12);
        assert_eq!(robust(0.1, 100, 100).to_bits(), 0.0_f64.to_bits());
    }
}
