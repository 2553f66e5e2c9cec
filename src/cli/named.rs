//! Files that options name: settings, rules, earlier answers.

use std::path::Path;

use super::Failure;
use crate::evidence::{container, walk};

/// Reads a file of at most `longest` bytes that an option names, unpacked if it is packed, and what `parse` makes of it.
pub(super) fn read<T>(
    option: &str,
    path: &Path,
    longest: u64,
    parse: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<T, Failure> {
    walk::file(path)
        .and_then(|file| container::slurp(&file, longest))
        .map_err(|error| error.to_string())
        .and_then(|bytes| parse(&bytes))
        .map_err(|error| Failure::usage(format!("{option} {}: {error}", path.display())))
}
