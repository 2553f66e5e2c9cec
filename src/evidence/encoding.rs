//! Text that is not UTF-8, told by its first bytes and read as UTF-8.

use std::io::Read;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;

/// Returns the encoding that a byte order mark states, unless it is UTF-8.
pub fn marked(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// Returns a reader of the same text in UTF-8; the byte order mark is left out, and what is no text is replaced.
pub fn decoded<'r>(encoding: &'static Encoding, text: impl Read + 'r) -> impl Read + 'r {
    DecodeReaderBytesBuilder::new().encoding(Some(encoding)).bom_override(true).build(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_two_bytes_is_read_as_utf_8() {
        for (bytes, mark) in [([0xff, 0xfe, 0xe4, 0], true), ([0xfe, 0xff, 0, 0xe4], true), ([b'a', 0, b'b', 0], false)] {
            let found = marked(&bytes);
            assert_eq!(found.is_some(), mark);
            let Some(encoding) = found else { continue };
            let mut text = String::new();
            decoded(encoding, &bytes[..]).read_to_string(&mut text).unwrap();
            assert_eq!(text, "ä");
        }
    }
}
