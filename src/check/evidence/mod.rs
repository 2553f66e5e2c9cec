//! The evidence itself.

pub(super) mod destroyed;
pub(super) mod gap;
pub(super) mod synthetic;
pub(super) mod tampered;
