//! Feature groups.

pub(super) mod duplicate_records;
pub(super) mod late_writes;
pub(super) mod no_online_store;
pub(super) mod no_role;
pub(super) mod rejected_event_time;
pub(super) mod time_as_identifier;
