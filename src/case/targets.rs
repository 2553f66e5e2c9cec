//! Targets for incidents: within what time they should be noticed, and over.
//!
//! They are an input, as the time of the case is: a team may state its own in `modeltrail.toml`.

use crate::time::Seconds;

/// A time within which something should have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The time, in seconds.
    pub seconds: Seconds,
    /// Whether the settings state it.
    pub is_stated: bool,
}

impl Target {
    /// Returns a target that the settings state.
    pub const fn stated(seconds: Seconds) -> Self {
        Self { seconds, is_stated: true }
    }

    /// Returns what it is called in a finding: `the target`, or `the target in modeltrail.toml`.
    pub const fn name(self) -> &'static str {
        if self.is_stated { "the target in modeltrail.toml" } else { "the target" }
    }
}

/// The targets of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Targets {
    /// From an incident's beginning until it is noticed.
    pub detection: Target,
    /// From an incident's beginning until it is over.
    pub recovery: Target,
}

impl Default for Targets {
    fn default() -> Self {
        let default = |seconds| Target { seconds, is_stated: false };
        Self { detection: default(60), recovery: default(300) }
    }
}
