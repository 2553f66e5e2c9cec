//! Input files as exhibits: finding them, opening containers, hashing, and keeping the ledger of what became of each.
//!
//! This module moves bytes and reads none of them: it knows gzip, zstd, zip and tar, and nothing of JSON or AWS. It alone
//! opens files. Whatever goes wrong here is a problem noted in the ledger, never the end of the run.

pub mod citation;
pub mod container;
pub mod encoding;
pub mod etag;
pub mod hex;
pub mod ledger;
pub mod limits;
pub mod lines;
pub mod random;
pub mod walk;
pub mod window;
