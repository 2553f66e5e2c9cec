//! modeltrail.
pub mod evidence;
pub mod json;
pub mod time;
