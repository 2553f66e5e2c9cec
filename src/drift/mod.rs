//! Drift: columns of parquet data held against a baseline, exactly, in any number of mergeable parts.
//!
//! [`source`] says what is compared and [`result`] what comes out; `docs/drift.md` defines every statistic. [`rule`] judges values
//! by business rules in the same pass; [`monitor`] knows the files of `SageMaker` Model Monitor.

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of units are exact as floating-point numbers up to 2^53, and rounded once beyond"
)]
pub mod axis;
#[expect(clippy::cast_precision_loss, reason = "a statistic is a fraction of counts; beyond 2^53 a count is rounded once")]
mod build;
#[expect(clippy::cast_precision_loss, reason = "a statistic is a fraction of counts; beyond 2^53 a count is rounded once")]
pub mod category;
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of units are exact as floating-point numbers up to 2^53, and rounded once beyond"
)]
mod cells;
#[expect(clippy::cast_precision_loss, reason = "a statistic is a fraction of counts; beyond 2^53 a count is rounded once")]
pub mod compare;
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of units are exact as floating-point numbers up to 2^53, and rounded once beyond"
)]
mod counter;
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of units are exact as floating-point numbers up to 2^53, and rounded once beyond"
)]
pub mod counts;
#[expect(clippy::cast_precision_loss, reason = "a statistic is a fraction of counts; beyond 2^53 a count is rounded once")]
pub mod decide;
#[expect(clippy::cast_precision_loss, reason = "whole numbers up to 2^53 are exact as floating-point numbers")]
mod direct;
#[expect(clippy::cast_precision_loss, reason = "a sum is rounded once, at the end")]
mod dyadic;
#[expect(clippy::cast_precision_loss, reason = "what is rounded is told")]
mod exact;
pub mod logical;
pub mod monitor;
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of units are exact as floating-point numbers up to 2^53, and rounded once beyond"
)]
mod native;
pub mod peek;
mod plan;
pub mod profile;
pub mod proof;
mod ranged;
pub mod result;
pub mod rule;
pub mod scan;
pub mod source;
mod spare;
mod squares;
#[expect(clippy::cast_precision_loss, reason = "a statistic is a fraction of counts; beyond 2^53 a count is rounded once")]
pub mod statistic;
pub mod store;
#[expect(clippy::cast_precision_loss, reason = "a statistic is a fraction of counts; beyond 2^53 a count is rounded once")]
mod summing;
mod table;

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "samples are made of small numbers"
)]
mod tests;
