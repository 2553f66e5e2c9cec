//! Pipelines: what ran, what only seemed to, and what came out.

pub(super) mod cache_no_expiry;
mod definition;
pub(super) mod duplicate_step;
pub(super) mod literal_path;
pub(super) mod metric_drop;
pub(super) mod stale_cache;
pub(super) mod unregistered_model;
pub(super) mod unversioned_definition;
