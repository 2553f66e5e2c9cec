//! Time-outs: jobs that ended at their limit, that nobody watched, and what rested on them.

pub(super) mod hit_limit;
pub(super) mod missed_run;
pub(super) mod near_limit;
pub(super) mod no_limit;
pub(super) mod stale_data;
pub(super) mod truncated_model;
pub(super) mod unwatched;

pub(super) use crate::case::limit::at_limit;
