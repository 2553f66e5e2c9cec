//! The files beside the data: rules, constraints, violations.

use std::path::Path;

use super::Arguments;
use crate::cli::{Failure, named};
use crate::drift::monitor::{Constraints, Violations};
use crate::drift::rule::{Rule, RuleSet};

/// What was asked beside the data.
pub(super) struct Inputs {
    /// Business rules, and behind them those of the constraints.
    pub rules: RuleSet,
    /// How many of the rules are business rules.
    pub own: usize,
    /// Model Monitor's constraints, if given.
    pub constraints: Option<Constraints>,
    /// What a run of Model Monitor found, if given.
    pub violations: Option<Violations>,
}

/// Longest of these files that is read: constraints of ten thousand columns with their domains.
const LONGEST: u64 = 64 << 20;

/// Reads business rules.
pub(in crate::cli) fn rules(path: &Path) -> Result<RuleSet, Failure> {
    named::read("--rules", path, LONGEST, |bytes| RuleSet::parse(std::str::from_utf8(bytes).map_err(|error| error.to_string())?))
}

/// Reads the files.
pub(super) fn read(arguments: &Arguments) -> Result<Inputs, Failure> {
    let mut all: Vec<Rule> = match &arguments.rules {
        None => Vec::new(),
        Some(path) => rules(path)?.rules().to_vec(),
    };
    let own = all.len();
    let constraints = arguments.constraints.as_deref();
    let constraints = constraints.map(|path| named::read("--constraints", path, LONGEST, Constraints::parse)).transpose()?;
    let violations = arguments.violations.as_deref();
    let violations = violations.map(|path| named::read("--violations", path, LONGEST, Violations::parse)).transpose()?;
    all.extend(constraints.iter().flat_map(Constraints::rules).map(|(_, _, rule)| rule));
    Ok(Inputs { rules: RuleSet::of(all), own, constraints, violations })
}
