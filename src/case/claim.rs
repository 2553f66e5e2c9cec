//! Claims: what is held to be true, how well it is founded, and on what.
//!
//! A [`Claim`] can't be made without a grade, and no grade but U without citations. Grades are decided in [`super::grade`].

use schemars::JsonSchema;
use serde::Serialize;

use super::gap::GapKey;
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;

/// How well a claim is founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub enum Grade {
    /// Content identity on which two independent records agree.
    A,
    /// One direct record, of an immutable name or with complete coverage.
    B,
    /// Inferred from time, prefix, order or naming.
    C,
    /// Only asserted.
    D,
    /// Unknown: the evidence is not there.
    U,
    /// Records contradict each other.
    X,
}

impl Grade {
    /// Returns the weaker of two grades; a contradiction is weaker than anything.
    #[must_use]
    pub fn weaker(self, other: Self) -> Self {
        self.max(other)
    }

    /// Returns the grade's letter.
    pub const fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
            Self::D => 'D',
            Self::U => 'U',
            Self::X => 'X',
        }
    }
}

/// A side of a contradiction, or a value that would also fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict<T> {
    /// The other value.
    pub value: T,
    /// What says so.
    pub evidence: Citations,
}

/// What is held to be true.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim<T> {
    value: Option<T>,
    grade: Grade,
    why: String,
    evidence: Option<Citations>,
    missing: Vec<GapKey>,
    conflicts: Vec<Conflict<T>>,
    via: Vec<Arn>,
}

impl<T> Claim<T> {
    /// Returns the claim that `value` holds.
    pub fn that(value: T, grade: Grade, why: impl Into<String>, evidence: Citations) -> Self {
        Self {
            value: Some(value),
            grade,
            why: why.into(),
            evidence: Some(evidence),
            missing: Vec::new(),
            conflicts: Vec::new(),
            via: Vec::new(),
        }
    }

    /// Returns the claim that there is no such thing, which the evidence shows.
    pub fn that_none(grade: Grade, why: impl Into<String>, evidence: Citations) -> Self {
        Self {
            value: None,
            grade,
            why: why.into(),
            evidence: Some(evidence),
            missing: Vec::new(),
            conflicts: Vec::new(),
            via: Vec::new(),
        }
    }

    /// Returns the admission that the evidence does not tell, naming what is missing.
    pub fn unknown(why: impl Into<String>, missing: impl IntoIterator<Item = GapKey>) -> Self {
        Self {
            value: None,
            grade: Grade::U,
            why: why.into(),
            evidence: None,
            missing: missing.into_iter().collect(),
            conflicts: Vec::new(),
            via: Vec::new(),
        }
    }

    /// Returns the claim that records contradict each other. The evidence is that of both sides.
    pub fn contradicted(why: impl Into<String>, sides: Vec<Conflict<T>>) -> Self {
        let all = sides.iter().flat_map(|side| side.evidence.iter().cloned());
        Self {
            value: None,
            grade: Grade::X,
            why: why.into(),
            evidence: Citations::from_all(all),
            missing: Vec::new(),
            conflicts: sides,
            via: Vec::new(),
        }
    }

    /// Adds what would lift the claim if it were there.
    #[must_use]
    pub fn lacking(mut self, missing: impl IntoIterator<Item = GapKey>) -> Self {
        self.missing.extend(missing);
        self.missing.sort();
        self.missing.dedup();
        self
    }

    /// Adds values that would also fit.
    #[must_use]
    pub fn or_else_fits(mut self, conflicts: impl IntoIterator<Item = Conflict<T>>) -> Self {
        self.conflicts.extend(conflicts);
        self
    }

    /// Adds the hops that were passed on the way.
    #[must_use]
    pub fn via(mut self, hops: impl IntoIterator<Item = Arn>) -> Self {
        self.via.extend(hops);
        self
    }

    /// Adds evidence.
    #[must_use]
    pub fn citing(mut self, more: impl IntoIterator<Item = Citation>) -> Self {
        self.evidence = match self.evidence {
            Some(evidence) => Some(evidence.and(more)),
            None => Citations::from_all(more),
        };
        self
    }

    /// Lowers the grade to `ceiling` where it is better, and says why.
    #[must_use]
    pub fn at_most(mut self, ceiling: Grade, why: &str) -> Self {
        if self.grade < ceiling && self.grade != Grade::U {
            self.grade = ceiling;
            self.why = format!("{}; {why}", self.why);
        }
        self
    }

    /// Adds a note to the reason.
    #[must_use]
    pub fn noting(mut self, note: &str) -> Self {
        self.why = format!("{}; {note}", self.why);
        self
    }

    /// Returns the value, if one is held.
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Returns the grade.
    pub const fn grade(&self) -> Grade {
        self.grade
    }

    /// Returns the reason for the grade.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// Returns the citations, in order.
    pub fn evidence(&self) -> impl Iterator<Item = &Citation> {
        self.evidence.iter().flat_map(Citations::iter)
    }

    /// Returns the citations as a list, if there are any.
    pub fn citations(&self) -> Option<&Citations> {
        self.evidence.as_ref()
    }

    /// Returns what is missing.
    pub fn missing(&self) -> &[GapKey] {
        &self.missing
    }

    /// Returns the other values.
    pub fn conflicts(&self) -> &[Conflict<T>] {
        &self.conflicts
    }

    /// Returns the hops passed on the way.
    pub fn hops(&self) -> &[Arn] {
        &self.via
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contradiction_is_the_weakest() {
        assert_eq!(Grade::A.weaker(Grade::C), Grade::C);
        assert_eq!(Grade::U.weaker(Grade::X), Grade::X);
    }
}
