//! Changes: what was done to production, and how.

pub(super) mod console;
pub(super) mod live_access;
pub(super) mod no_gate;
