//! Feature groups.

pub(super) mod late_writes;
pub(super) mod rejected_event_time;
pub(super) mod time_as_identifier;
