//! modeltrail: from exported AWS files to graded, cited lineage of `SageMaker` models.
//!
//! Data flows one way: [`evidence`] finds files, opens containers and keeps the ledger; [`recognise`] tells formats by content;
//! [`parse`] turns bytes into typed [`fact`]s, each with a citation; [`case`] joins facts by resource and claims each model's
//! lineage with grades; [`study`] compares data of the evidence; [`check`] judges the case; [`audit`] chooses what is reported;
//! [`report`] writes it; [`cli`] prints it. ARCHITECTURE.md tells why.

pub mod acceptance;
pub mod audit;
pub mod aws;
pub mod case;
pub mod check;
pub mod cli;
pub mod dataset;
pub mod drift;
pub mod escape;
pub mod evidence;
pub mod fact;
pub mod finding;
pub mod intake;
pub mod json;
pub mod parse;
pub mod recognise;
pub mod repo;
pub mod report;
pub mod settings;
pub mod study;
pub mod time;
