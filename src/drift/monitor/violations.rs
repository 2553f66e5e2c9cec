//! `constraint_violations.json`: what a run of Model Monitor found.

use std::fmt;

use serde::Deserialize;

/// What a run found.
#[derive(Clone, Debug, Default)]
pub struct Violations {
    /// Violations of data quality, in the order of the file.
    pub violations: Vec<Violation>,
    /// Entries about something else: bias, attributions, model quality.
    pub others: usize,
}

/// One violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The feature.
    pub feature: String,
    /// Which check it failed.
    pub check: CheckType,
    /// The container's words, which change from version to version: no decision rests on them.
    pub description: String,
}

/// What Model Monitor checks of data quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckType {
    /// Values of another type than inferred.
    DataType,
    /// More nulls than the constraint allows.
    Completeness,
    /// A distribution at a distance.
    BaselineDrift,
    /// A column that the constraints name and the data lack.
    MissingColumn,
    /// A column that the constraints do not name.
    ExtraColumn,
    /// Values outside the domain.
    CategoricalValues,
    /// Numbers below zero where none should be.
    NonNegative,
}

impl CheckType {
    const ALL: [Self; 7] = [
        Self::DataType,
        Self::Completeness,
        Self::BaselineDrift,
        Self::MissingColumn,
        Self::ExtraColumn,
        Self::CategoricalValues,
        Self::NonNegative,
    ];

    /// Returns Model Monitor's name of the check. Of negative numbers no documented check type tells; the constraint's own name
    /// stands for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DataType => "data_type_check",
            Self::Completeness => "completeness_check",
            Self::BaselineDrift => "baseline_drift_check",
            Self::MissingColumn => "missing_column_check",
            Self::ExtraColumn => "extra_column_check",
            Self::CategoricalValues => "categorical_values_check",
            Self::NonNegative => "is_non_negative",
        }
    }
}

impl fmt::Display for CheckType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Deserialize)]
struct File {
    violations: Vec<Raw>,
}

#[derive(Deserialize)]
struct Raw {
    feature_name: Option<String>,
    constraint_check_type: Option<String>,
    #[serde(default)]
    description: String,
}

impl Violations {
    /// Reads `constraint_violations.json`.
    ///
    /// # Errors
    ///
    /// Where the text is no such file: what is wrong, with line and column.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let file: File =
            serde_json::from_slice(text).map_err(|error| format!("no violations of Model Monitor's data quality: {error}"))?;
        let mut read = Self::default();
        for raw in file.violations {
            let check = raw.constraint_check_type.and_then(|name| CheckType::ALL.into_iter().find(|check| check.name() == name));
            match (raw.feature_name, check) {
                (Some(feature), Some(check)) => {
                    read.violations.push(Violation { feature, check, description: raw.description });
                }
                _ => read.others += 1,
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_other_monitors_are_counted_apart() {
        let text = br#"{"violations": [
            {"feature_name": "plan", "constraint_check_type": "categorical_values_check", "description": "d"},
            {"facet": "age", "facet_value": "1", "metric_name": "CI", "constraint_check_type": "bias_drift_check", "description": ""},
            {"metric_name": "auc", "constraint_check_type": "LessThanThreshold"}]}"#;
        let read = Violations::parse(text).unwrap();
        assert_eq!(read.others, 2);
        let expected = Violation { feature: "plan".into(), check: CheckType::CategoricalValues, description: "d".into() };
        assert_eq!(read.violations, [expected]);
        assert!(Violations::parse(b"[]").unwrap_err().contains("line 1"));
    }
}
