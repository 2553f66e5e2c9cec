//! Changes: what was done to production, and how.

pub(super) mod console;
