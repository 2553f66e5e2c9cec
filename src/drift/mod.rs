//! Streaming statistics over Arrow arrays and parquet files: whether data moved, and whether it keeps its rules.

pub mod monitor;
pub mod rule;
