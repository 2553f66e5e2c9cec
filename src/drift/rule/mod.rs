//! Business rules: what values of a column may be, whatever its distribution.
//!
//! A file of rules names columns and says what each may hold:
//!
//! ```json
//! {"user_age": {"min": 18, "max": 80}, "transaction_amount": {"max": 10000}}
//! ```
//!
//! [`RuleSet`] reads such a file, as JSON or TOML. A [`Judge`] is one rule made ready for one Arrow type: its bound is turned
//! into the column's own representation once, exactly, so that integers above 2^53, decimals and timestamps are never compared as
//! floating point. A [`Tally`] is what a judge has seen; tallies merge in any order to the same result. [`prove`] answers from the
//! minimum, the maximum and the null count of a parquet footer where they are enough.
//!
//! Bounds are inclusive. Null breaks no rule but a limit on nulls; NaN breaks neither `min` nor `max` nor the limit on nulls,
//! infinities break the bounds they exceed.

mod decimal;
mod footer;
mod judge;
mod model;
mod tally;
mod text;

pub use decimal::Decimal;
pub use footer::{Footer, Proof, prove};
pub use judge::Judge;
pub use model::{Kind, Requirement, Rule, RuleSet, Scalar};
pub use tally::{Place, Tally};
