//! The answer of `drift`: its shape in JSON, and its page.

mod chart;
mod columns;
pub mod document;
mod text;

pub use text::{profile, text};
