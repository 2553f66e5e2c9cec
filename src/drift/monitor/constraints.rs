//! `constraints.json`: what Model Monitor suggests for a baseline and checks each run by.

use serde::Deserialize;

use crate::drift::rule::{Kind, Requirement, Rule, Scalar};

/// A file of constraints.
#[derive(Clone, Debug)]
pub struct Constraints {
    /// The features, in the order of the file.
    pub features: Vec<Feature>,
    /// What holds for all features.
    pub monitoring: Monitoring,
}

/// What is expected of one feature.
#[derive(Clone, Debug)]
pub struct Feature {
    /// Name of the column.
    pub name: String,
    /// Type that the baseline's values were read as.
    pub inferred: Inferred,
    /// Least share of rows with a value, from 0 to 1.
    pub completeness: Option<f64>,
    /// Whether numbers are to be zero or more. Files say this of text columns too, where it is not checked.
    pub is_non_negative: bool,
    /// The values of a column of few; empty where the file lists none.
    pub domain: Vec<String>,
    /// What holds for this feature instead of what holds for all.
    pub monitoring: Monitoring,
}

/// Type that Model Monitor infers from values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Inferred {
    /// Whole numbers.
    Integral,
    /// Numbers.
    Fractional,
    /// Text.
    String,
    /// Nothing fits.
    #[serde(other)]
    Unknown,
}

impl Inferred {
    /// Returns Model Monitor's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integral => "Integral",
            Self::Fractional => "Fractional",
            Self::String => "String",
            Self::Unknown => "Unknown",
        }
    }
}

/// How the distance of two distributions is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As it is.
    Simple,
    /// Less what chance gives samples of this size.
    Robust,
}

impl Method {
    /// Returns Model Monitor's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simple => "Simple",
            Self::Robust => "Robust",
        }
    }
}

/// Thresholds and switches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Monitoring {
    /// Whether constraints are checked at all.
    pub evaluates: bool,
    /// Least share of values of the inferred type, from 0 to 1. The documentation calls its default 0.1 a threshold; containers
    /// write 1.0 and report "Expected match: 100.0%", so it is a share that must match.
    pub datatype_share: f64,
    /// Least share of values within the domain, from 0 to 1; like [`Monitoring::datatype_share`].
    pub domain_share: f64,
    /// Whether distributions are compared.
    pub compares: bool,
    /// Distance of numbers above which a feature has drifted.
    pub numeric_threshold: f64,
    /// Distance of categories above which a feature has drifted.
    pub categorical_threshold: f64,
    /// How distances are taken.
    pub method: Method,
    /// Whether categories are compared by a chi-square test, which is not replayed: what Model Monitor compares with the threshold
    /// is not documented.
    pub is_chi_squared: bool,
}

impl Default for Monitoring {
    fn default() -> Self {
        Self {
            evaluates: true,
            datatype_share: 0.1,
            domain_share: 0.1,
            compares: true,
            numeric_threshold: 0.1,
            categorical_threshold: 0.1,
            method: Method::Robust,
            is_chi_squared: false,
        }
    }
}

/// A constraint that is counted row by row, as a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Values are of the inferred type.
    DataType,
    /// Values lie in the domain.
    Domain,
    /// Numbers are not negative.
    NonNegative,
}

#[derive(Deserialize)]
struct File {
    features: Vec<RawFeature>,
    #[serde(default)]
    monitoring_config: RawMonitoring,
}

#[derive(Deserialize)]
struct RawFeature {
    name: String,
    inferred_type: Inferred,
    completeness: Option<f64>,
    #[serde(default)]
    num_constraints: RawNumbers,
    #[serde(default)]
    string_constraints: RawStrings,
    #[serde(alias = "monitoringConfigOverrides")]
    monitoring_config_overrides: Option<RawMonitoring>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawNumbers {
    is_non_negative: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawStrings {
    domains: Option<Vec<String>>,
    #[serde(alias = "monitoringConfigOverrides")]
    monitoring_config_overrides: Option<RawMonitoring>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawMonitoring {
    evaluate_constraints: Option<String>,
    datatype_check_threshold: Option<f64>,
    domain_content_threshold: Option<f64>,
    distribution_constraints: RawDistribution,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawDistribution {
    perform_comparison: Option<String>,
    // Files of 2020.
    enable_comparisons: Option<bool>,
    comparison_threshold: Option<f64>,
    // A slip of the documentation of 2020 that people copied.
    #[serde(alias = "comparion_method")]
    comparison_method: Option<String>,
    categorical_comparison_threshold: Option<f64>,
    categorical_drift_method: Option<String>,
}

impl RawMonitoring {
    fn over(&self, base: Monitoring) -> Result<Monitoring, String> {
        let switch = |word: &Option<String>, name: &str, base: bool| match word.as_deref() {
            None => Ok(base),
            Some(word) if word.eq_ignore_ascii_case("enabled") => Ok(true),
            Some(word) if word.eq_ignore_ascii_case("disabled") => Ok(false),
            Some(word) => Err(format!("{name} is `{word}`; it is Enabled or Disabled")),
        };
        let number = |number: Option<f64>, name: &str, base: f64| match number {
            None => Ok(base),
            Some(number) if number.is_finite() && number >= 0.0 => Ok(number),
            Some(number) => Err(format!("{name} is {number}; it is a number from 0 on")),
        };
        let distribution = &self.distribution_constraints;
        let method = match distribution.comparison_method.as_deref() {
            None => base.method,
            Some(word) if word.eq_ignore_ascii_case("robust") => Method::Robust,
            Some(word) if word.eq_ignore_ascii_case("simple") => Method::Simple,
            Some(word) => return Err(format!("comparison_method is `{word}`; it is Simple or Robust")),
        };
        let is_chi_squared = match distribution.categorical_drift_method.as_deref() {
            None => base.is_chi_squared,
            Some(word) if word.eq_ignore_ascii_case("linfinity") => false,
            Some(word) if word.eq_ignore_ascii_case("chisquared") => true,
            Some(word) => return Err(format!("categorical_drift_method is `{word}`; it is LInfinity or ChiSquared")),
        };
        let compares = distribution.enable_comparisons.unwrap_or(base.compares);
        Ok(Monitoring {
            evaluates: switch(&self.evaluate_constraints, "evaluate_constraints", base.evaluates)?,
            datatype_share: number(self.datatype_check_threshold, "datatype_check_threshold", base.datatype_share)?,
            domain_share: number(self.domain_content_threshold, "domain_content_threshold", base.domain_share)?,
            compares: switch(&distribution.perform_comparison, "perform_comparison", compares)?,
            numeric_threshold: number(distribution.comparison_threshold, "comparison_threshold", base.numeric_threshold)?,
            categorical_threshold: number(
                // Files older than the setting know one threshold for all.
                distribution.categorical_comparison_threshold.or(distribution.comparison_threshold),
                "categorical_comparison_threshold",
                base.categorical_threshold,
            )?,
            method,
            is_chi_squared,
        })
    }
}

impl Constraints {
    /// Reads `constraints.json`.
    ///
    /// # Errors
    ///
    /// Where the text is no such file: what is wrong, with line and column or with the feature.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let file: File =
            serde_json::from_slice(text).map_err(|error| format!("no constraints of Model Monitor's data quality: {error}"))?;
        let monitoring = file.monitoring_config.over(Monitoring::default())?;
        let mut features: Vec<Feature> = Vec::with_capacity(file.features.len());
        for raw in file.features {
            if features.iter().any(|known| known.name == raw.name) {
                return Err(format!("feature `{}` occurs twice", raw.name));
            }
            let mut own = monitoring;
            for over in [raw.monitoring_config_overrides, raw.string_constraints.monitoring_config_overrides].iter().flatten() {
                own = over.over(own).map_err(|why| format!("feature `{}`: {why}", raw.name))?;
            }
            if raw.completeness.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
                return Err(format!("feature `{}`: completeness lies from 0 to 1", raw.name));
            }
            features.push(Feature {
                name: raw.name,
                inferred: raw.inferred_type,
                completeness: raw.completeness,
                is_non_negative: raw.num_constraints.is_non_negative,
                domain: raw.string_constraints.domains.unwrap_or_default(),
                monitoring: own,
            });
        }
        Ok(Self { features, monitoring })
    }

    /// Returns the feature of a name.
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| feature.name == name)
    }

    /// Returns the constraints that are counted row by row, as rules, each with the position of its feature.
    pub fn rules(&self) -> Vec<(usize, Expectation, Rule)> {
        let mut rules = Vec::new();
        for (position, feature) in self.features.iter().enumerate() {
            let mut add = |expectation, requirement| {
                let mut rule = Rule::new(&feature.name, requirement, 0.0);
                // People's own rules may have the same flag; these are not theirs.
                rule.flag = format!("constraints:{}", rule.flag);
                rules.push((position, expectation, rule));
            };
            match feature.inferred {
                Inferred::Integral => add(Expectation::DataType, Requirement::Reads(Kind::Integral)),
                Inferred::Fractional => add(Expectation::DataType, Requirement::Reads(Kind::Fractional)),
                Inferred::String | Inferred::Unknown => {}
            }
            if feature.is_non_negative && matches!(feature.inferred, Inferred::Integral | Inferred::Fractional) {
                add(Expectation::NonNegative, Requirement::Min(Scalar::Number(crate::drift::rule::Decimal::ZERO)));
            }
            if !feature.domain.is_empty() && feature.inferred == Inferred::String {
                add(Expectation::Domain, Requirement::In(feature.domain.iter().cloned().map(Scalar::Text).collect()));
            }
        }
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_all_years_are_read() {
        let text = br#"{"version": 0, "features": [
            {"name": "a", "inferred_type": "Integral", "completeness": 1.0, "num_constraints": {"is_non_negative": true},
             "monitoringConfigOverrides": {"distribution_constraints": {"comparison_threshold": 0.3}}},
            {"name": "b", "inferred_type": "String", "num_constraints": {"is_non_negative": true},
             "string_constraints": {"domains": ["x"], "monitoring_config_overrides": {"domain_content_threshold": 0.5}}},
            {"name": "c", "inferred_type": "Boolean"}],
          "monitoring_config": {"datatype_check_threshold": 1.0, "distribution_constraints": {"comparion_method": "Simple"}}}"#;
        let constraints = Constraints::parse(text).unwrap();
        assert_eq!(constraints.monitoring.method, Method::Simple);
        let [a, b, c] = &constraints.features[..] else { panic!("three") };
        assert_eq!((a.monitoring.numeric_threshold.to_bits(), a.monitoring.method), (0.3_f64.to_bits(), Method::Simple));
        assert_eq!(b.monitoring.domain_share.to_bits(), 0.5_f64.to_bits());
        assert_eq!(c.inferred, Inferred::Unknown);
        let told: Vec<_> = constraints.rules().iter().map(|(at, what, rule)| (*at, *what, rule.column.clone())).collect();
        // That a text is not negative is not checked.
        let expected = [(0, Expectation::DataType, "a"), (0, Expectation::NonNegative, "a"), (1, Expectation::Domain, "b")];
        assert_eq!(told, expected.map(|(at, what, column)| (at, what, column.to_owned())));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, words) in [
            ("{}", "missing field `features`"),
            (r#"{"features": [{"name": "a"}]}"#, "missing field `inferred_type`"),
            (r#"{"features": [], "monitoring_config": {"evaluate_constraints": "maybe"}}"#, "Enabled or Disabled"),
            (
                r#"{"features": [], "monitoring_config": {"distribution_constraints": {"comparison_method": "KS"}}}"#,
                "Simple or Robust",
            ),
            (r#"{"features": [], "monitoring_config": {"domain_content_threshold": -1}}"#, "from 0 on"),
            (
                r#"{"features": [{"name": "a", "inferred_type": "String"}, {"name": "a", "inferred_type": "String"}]}"#,
                "occurs twice",
            ),
            (r#"{"features": [{"name": "a", "inferred_type": "String", "completeness": 2}]}"#, "from 0 to 1"),
        ] {
            let error = Constraints::parse(text.as_bytes()).map(|_| ()).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
