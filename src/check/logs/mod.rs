//! Logs that should say something and do not.

pub(super) mod blackout;
pub(super) mod silent_stream;
