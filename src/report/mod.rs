//! Answers as bytes: one file per format. Writers write what they are given; what is shown was chosen before.

pub mod build;
pub mod document;
pub mod drift;
pub mod impact;
pub mod incident;
pub mod investigation;
pub mod json;
pub mod script;
pub mod text;
pub mod timeline;
