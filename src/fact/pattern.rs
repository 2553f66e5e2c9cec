//! Event patterns: which events a rule matches.

use std::collections::BTreeMap;

/// An event pattern: members that must match, by name.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// Members of an object.
    Members(BTreeMap<String, Pattern>),
    /// Any of these values or conditions.
    AnyOf(Vec<Condition>),
}

/// A condition on a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Equal.
    Equals(String),
    /// Begins so.
    Prefix(String),
    /// Ends so.
    Suffix(String),
    /// None of these.
    AnythingBut(Vec<String>),
    /// There, or not there.
    Exists(bool),
    /// A condition that is not understood: it is taken to match, so that nobody is accused for it.
    Unknown,
}

/// An event as a rule sees it: flat members by their path.
pub type Event<'a> = BTreeMap<&'a str, &'a str>;

impl Pattern {
    /// Returns whether an event matches.
    pub fn matches(&self, event: &Event<'_>) -> bool {
        self.matches_at("", event)
    }

    fn matches_at(&self, path: &str, event: &Event<'_>) -> bool {
        match self {
            Self::Members(members) => members.iter().all(|(name, pattern)| {
                if name == "$or" {
                    return true;
                }
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                pattern.matches_at(&path, event)
            }),
            Self::AnyOf(conditions) => {
                let value = event.get(path).copied();
                conditions.iter().any(|condition| match (condition, value) {
                    (Condition::Exists(there), value) => *there == value.is_some(),
                    (Condition::Unknown, _) => true,
                    (_, None) => false,
                    (Condition::Equals(text), Some(value)) => text == value,
                    (Condition::Prefix(text), Some(value)) => value.starts_with(text),
                    (Condition::Suffix(text), Some(value)) => value.ends_with(text),
                    (Condition::AnythingBut(texts), Some(value)) => !texts.iter().any(|text| text == value),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(pairs: &[(&str, Pattern)]) -> Pattern {
        Pattern::Members(pairs.iter().map(|(name, pattern)| ((*name).to_owned(), pattern.clone())).collect())
    }

    #[test]
    fn a_rule_for_failed_misses_stopped() {
        let any = |condition: Condition| Pattern::AnyOf(vec![condition]);
        let status = |condition: Condition| members(&[("detail", members(&[("ProcessingJobStatus", any(condition))]))]);
        let mut event: Event<'_> = BTreeMap::from([("source", "aws.sagemaker"), ("detail.ProcessingJobStatus", "Failed")]);
        let failed = status(Condition::Equals("Failed".to_owned()));
        assert!(failed.matches(&event));
        event.insert("detail.ProcessingJobStatus", "Stopped");
        assert!(!failed.matches(&event));
        assert!(status(Condition::AnythingBut(vec!["Completed".to_owned()])).matches(&event));
        assert!(!members(&[("detail", members(&[("TrainingJobStatus", any(Condition::Exists(true)))]))]).matches(&event));
    }
}
