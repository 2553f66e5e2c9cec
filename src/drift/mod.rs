//! Drift: columns of parquet data held against a baseline, exactly, in any number of mergeable parts.
//!
//! [`source`] says what is compared and [`result`] what comes out; `docs/drift.md` defines every statistic. [`rule`] judges values
//! by business rules in the same pass; [`monitor`] knows the files of `SageMaker` Model Monitor.

pub mod axis;
mod build;
pub mod category;
mod cells;
pub mod compare;
mod counter;
pub mod counts;
pub mod decide;
pub mod logical;
pub mod monitor;
mod native;
mod plan;
pub mod profile;
pub mod proof;
mod ranged;
pub mod result;
pub mod rule;
pub mod scan;
pub mod source;
mod squares;
pub mod statistic;
pub mod store;
mod summing;
mod table;

#[cfg(test)]
mod tests;
