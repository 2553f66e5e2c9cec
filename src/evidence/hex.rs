//! How hashes are written everywhere: lower-case hexadecimal.

use std::fmt::Write as _;

/// Writes bytes as lower-case hexadecimal.
pub fn lower(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
