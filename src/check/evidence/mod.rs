//! The evidence itself.

pub(super) mod gap;
pub(super) mod synthetic;
