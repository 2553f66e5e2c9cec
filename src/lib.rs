//! modeltrail.
pub mod audit;
pub mod case;
pub mod check;
pub mod cli;
pub mod escape;
pub mod evidence;
pub mod fact;
pub mod finding;
pub mod intake;
pub mod json;
pub mod parse;
pub mod recognise;
pub mod report;
pub mod time;
