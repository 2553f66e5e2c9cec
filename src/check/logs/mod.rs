//! Logs that should say something and do not.

pub(super) mod blackout;
pub(super) mod orphan_group;
mod refused;
pub(super) mod silent_stream;
pub(super) mod untraced;
