//! The evidence itself.

mod archive;
pub(super) mod destroyed;
pub(super) mod gap;
pub(super) mod synthetic;
pub(super) mod tampered;
