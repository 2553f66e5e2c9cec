//! modeltrail.
pub mod case;
pub mod check;
pub mod evidence;
pub mod fact;
pub mod finding;
pub mod intake;
pub mod json;
pub mod parse;
pub mod recognise;
pub mod time;
