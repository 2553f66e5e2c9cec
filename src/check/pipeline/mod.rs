//! Pipelines: what ran, what only seemed to, and what came out.

pub(super) mod cache_no_expiry;
pub(super) mod metric_drop;
pub(super) mod stale_cache;
pub(super) mod unregistered_model;
