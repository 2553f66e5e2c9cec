//! `SageMaker` Model Monitor's data quality files, read and replayed.
//!
//! [`Constraints`] (`constraints.json`) says what Model Monitor would check; [`Statistics`] (`statistics.json`) holds a baseline or
//! a run as sketches and category counts; [`Violations`] (`constraint_violations.json`) says what a run found. [`decide()`] makes the
//! same decisions from the numbers of a scan, and [`explain()`] tells where the two differ and why.
//!
//! What Model Monitor computes was read from its documentation and from Deequ, the library it runs (`analyzers/Distance.scala`):
//! the distance of numbers is the two-sample Kolmogorov-Smirnov distance, the distance of categories the greatest difference of
//! their shares. `Simple` takes it as it is, `Robust` takes off 1.8·√((n+m)/(n·m)) and stops at 0. There is no p-value.

mod constraints;
mod decide;
mod explain;
mod replay;
mod statistics;
mod violations;

pub use constraints::{Constraints, Expectation, Feature, Inferred, Method, Monitoring};
pub use decide::{Distance, Observation, Outcome, decide, robust};
pub use explain::{Difference, explain};
pub use replay::{Judgement, overall, replay};
pub use statistics::{Profile, Statistics, Summary};
pub use violations::{CheckType, Violation, Violations};
