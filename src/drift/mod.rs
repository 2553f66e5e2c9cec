//! Drift: columns of parquet data held against a baseline, exactly, in any number of mergeable parts.
//!
//! [`source`] says what is compared and [`result`] what comes out; `docs/drift.md` defines every statistic. [`rule`] judges values
//! by business rules in the same pass.

pub mod decide;
pub mod result;
pub mod rule;
pub mod source;
