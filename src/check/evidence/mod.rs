//! The evidence itself.

pub(super) mod gap;
