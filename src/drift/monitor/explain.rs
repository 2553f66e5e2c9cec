//! Why a run of Model Monitor and a scan differ.

use regex::Regex;

use super::constraints::Constraints;
use super::decide::Outcome;
use super::violations::{CheckType, Violation, Violations};

/// Something that one of the two reports and the other does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The column.
    pub feature: String,
    /// The check.
    pub check: CheckType,
    /// Whether the scan finds it violated; nothing where the scan cannot tell.
    pub here: Option<bool>,
    /// Whether the run reported it.
    pub there: bool,
    /// Why, as far as the files tell.
    pub why: String,
}

/// How far off a distance of two sketches with k = 2048 may be: twice the error of one, which Deequ's documentation gives as about
/// 1.3 of a thousand.
const SKETCH: f64 = 0.003;

/// Compares what a scan decided with what a run reported. Returns how many violations both report, and the differences by feature
/// and check.
pub fn explain(constraints: &Constraints, outcomes: &[Outcome], run: &Violations) -> (usize, Vec<Difference>) {
    let mut agreed = 0;
    let mut differences = Vec::new();
    for outcome in outcomes {
        let theirs = run.violations.iter().find(|theirs| theirs.feature == outcome.feature && theirs.check == outcome.check);
        match (outcome.is_violated, theirs) {
            (Some(true), Some(_)) => agreed += 1,
            (Some(true), None) => differences.push(difference(outcome, false, only_here(outcome))),
            (here, Some(theirs)) if here != Some(true) => {
                differences.push(difference(outcome, true, only_there(outcome, theirs)));
            }
            _ => {}
        }
    }
    for theirs in &run.violations {
        let is_known = outcomes.iter().any(|outcome| outcome.feature == theirs.feature && outcome.check == theirs.check);
        if !is_known {
            let why = match constraints.feature(&theirs.feature) {
                None if theirs.check == CheckType::ExtraColumn => "the data here have no such column".to_owned(),
                None => "these constraints do not name the feature: the run used others".to_owned(),
                Some(feature) if !feature.monitoring.evaluates => "these constraints switch its checks off".to_owned(),
                Some(feature) if theirs.check == CheckType::BaselineDrift && !feature.monitoring.compares => {
                    "these constraints switch the comparison of distributions off".to_owned()
                }
                Some(_) if theirs.check == CheckType::MissingColumn => "the data here have the column".to_owned(),
                Some(_) => "these constraints ask for no such check of the feature".to_owned(),
            };
            let (feature, check) = (theirs.feature.clone(), theirs.check);
            differences.push(Difference { feature, check, here: None, there: true, why });
        }
    }
    differences.sort_by(|a, b| (&a.feature, a.check).cmp(&(&b.feature, b.check)));
    differences.dedup();
    (agreed, differences)
}

fn difference(outcome: &Outcome, there: bool, why: String) -> Difference {
    Difference { feature: outcome.feature.clone(), check: outcome.check, here: outcome.is_violated, there, why }
}

fn only_here(outcome: &Outcome) -> String {
    match nearness(outcome) {
        Some(near) => near,
        None => format!("here {}; the run reports nothing, so it saw other rows or another baseline", measured(outcome)),
    }
}

fn only_there(outcome: &Outcome, theirs: &Violation) -> String {
    if outcome.is_violated.is_none() {
        return format!("it cannot be told here: {}", outcome.why);
    }
    // The words of a container are no ground for a decision, but they are for an explanation.
    if theirs.description.contains(" meets the constraint") {
        return "the run's own words say that the constraint is met".to_owned();
    }
    if let Some((distance, threshold)) = stated(&theirs.description) {
        if outcome.threshold.is_some_and(|ours| (ours - threshold).abs() > 1e-9) {
            let ours = outcome.threshold.unwrap_or_default();
            return format!("the run compared with {threshold}, these constraints with {ours}");
        }
        if let Some(near) = nearness(outcome) {
            return near;
        }
        return format!("the run measured {distance}, here {}: it saw other rows or another baseline", measured(outcome));
    }
    nearness(outcome).unwrap_or_else(|| format!("here {}: the run saw other rows or another baseline", measured(outcome)))
}

fn measured(outcome: &Outcome) -> String {
    match (outcome.value, outcome.threshold) {
        (Some(value), Some(threshold)) => format!("{value:.4} against {threshold} ({})", outcome.why),
        _ => outcome.why.clone(),
    }
}

fn nearness(outcome: &Outcome) -> Option<String> {
    let (value, threshold) = (outcome.value?, outcome.threshold?);
    let is_near = outcome.check == CheckType::BaselineDrift && (value - threshold).abs() <= SKETCH;
    is_near.then(|| {
        format!("{value:.4} lies within {SKETCH} of the threshold {threshold}: the run measures with sketches, which are off by as much")
    })
}

/// Returns the distance and the threshold that a description states.
fn stated(description: &str) -> Option<(f64, f64)> {
    let pattern = r"distance: ([-0-9.eE]+) exceeds(?: numerical| categorical)? threshold: ([-0-9.eE]+)";
    let found = Regex::new(pattern).ok()?.captures(description)?;
    Some((found.get(1)?.as_str().parse().ok()?, found.get(2)?.as_str().trim_end_matches('.').parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(feature: &str, check: CheckType, value: f64, violated: Option<bool>) -> Outcome {
        Outcome {
            feature: feature.into(),
            check,
            value: Some(value),
            threshold: Some(0.1),
            is_violated: violated,
            why: "Robust distance of 200 and 60 values".into(),
        }
    }

    fn violation(feature: &str, check: CheckType, description: &str) -> Violation {
        Violation { feature: feature.into(), check, description: description.into() }
    }

    #[test]
    fn each_difference_has_a_reason() {
        use CheckType::{BaselineDrift, CategoricalValues, Completeness, ExtraColumn};
        let constraints = Constraints::parse(br#"{"features": [{"name": "a", "inferred_type": "Fractional"}]}"#).unwrap();
        let outcomes = [
            outcome("a", BaselineDrift, 0.0985, Some(false)),
            outcome("a", Completeness, 0.5, Some(true)),
            outcome("b", BaselineDrift, 0.05, Some(false)),
            outcome("c", BaselineDrift, 0.05, Some(false)),
            outcome("d", BaselineDrift, 0.3, Some(true)),
            outcome("e", BaselineDrift, 0.05, Some(false)),
            outcome("f", BaselineDrift, 0.05, None),
        ];
        let run = Violations {
            violations: vec![
                violation("a", BaselineDrift, "Numerical distance: 0.1012 exceeds numerical threshold: 0.1"),
                violation("b", BaselineDrift, "Numerical distance: 0.05 exceeds numerical threshold: 0"),
                violation("c", BaselineDrift, "Numerical distance: 0.4 exceeds numerical threshold: 0.1"),
                violation("d", BaselineDrift, ""),
                violation("e", BaselineDrift, "Value: 1.0 meets the constraint requirement"),
                violation("f", BaselineDrift, ""),
                violation("z", ExtraColumn, ""),
                violation("a", CategoricalValues, ""),
            ],
            others: 0,
        };
        let (agreed, differences) = explain(&constraints, &outcomes, &run);
        assert_eq!(agreed, 1);
        let told: Vec<(&str, &str)> = differences.iter().map(|one| (one.feature.as_str(), one.why.as_str())).collect();
        let expected = [
            ("a", "here 0.5000 against 0.1"),
            ("a", "0.0985 lies within 0.003 of the threshold 0.1"),
            ("a", "these constraints ask for no such check"),
            ("b", "the run compared with 0, these constraints with 0.1"),
            ("c", "the run measured 0.4, here 0.0500 against 0.1"),
            ("e", "the run's own words say that the constraint is met"),
            ("f", "it cannot be told here"),
            ("z", "the data here have no such column"),
        ];
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for ((feature, why), (name, words)) in told.iter().zip(expected) {
            assert!(*feature == name && why.contains(words), "{feature}: {why}");
        }
    }
}
