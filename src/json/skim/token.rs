//! What stands at the edges of elements: values, keys, scalars, single tokens.

use serde::de::IgnoredAny;

/// What `serde_json` says of the value at the beginning of a text.
pub(super) enum Verdict {
    Whole(usize),
    Cut(String),
    Wrong(String),
}

pub(super) fn value_length(text: &[u8]) -> Verdict {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => Verdict::Whole(values.byte_offset()),
        Some(Err(error)) if error.is_eof() => Verdict::Cut("the text ends inside this element".to_owned()),
        Some(Err(error)) => Verdict::Wrong(format!("no JSON: {error}")),
        None => Verdict::Cut("the text ends here".to_owned()),
    }
}

/// Finds where the next element may begin: an object whose first key is that of its neighbours (where no neighbour is known,
/// one that stands in a list), or, for values at the top, one at the beginning of a line.
pub(super) fn next_candidate(text: &[u8], from: usize, first_key: &[u8], depth: u32) -> Option<usize> {
    let mut at = from;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr(b'{', rest)) {
        let here = at + found;
        let follows_line =
            depth == 1 && text[..here].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) == Some(&b'\n');
        let likely = if first_key.is_empty() {
            depth > 1 && matches!(last_token(&text[..here]), Some(b',' | b'['))
        } else {
            self::first_key(&text[here..]) == first_key
        };
        if (follows_line || likely) && !matches!(value_length(&text[here..]), Verdict::Wrong(_)) {
            return Some(here);
        }
        at = here + 1;
    }
    None
}

/// Returns the first key of an object, without its quotes; empty where there is none.
pub fn first_key(object: &[u8]) -> &[u8] {
    let Some(rest) = object.strip_prefix(b"{") else { return &[] };
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b"\"") else { return &[] };
    rest[..rest.len().min(200)].iter().position(|byte| *byte == b'"').map_or(&[], |end| &rest[..end])
}

/// Returns the key that ends a text of the form `… "key" :`.
pub(super) fn last_key(text: &[u8]) -> String {
    let key = text.trim_ascii_end().strip_suffix(b":").map(<[u8]>::trim_ascii_end).and_then(|rest| rest.strip_suffix(b"\""));
    let Some(key) = key else { return String::new() };
    let begin = memchr::memrchr(b'"', key).map_or(0, |quote| quote + 1);
    String::from_utf8_lossy(&key[begin..]).into_owned()
}

/// Returns the last byte of a text that is no space.
#[inline]
pub(super) fn last_token(text: &[u8]) -> Option<u8> {
    text.iter().rev().find(|byte| !byte.is_ascii_whitespace()).copied()
}

/// Returns those of the scalars of a block, the first bytes of which are given, that are none: neither numbers nor `true`, `false`
/// or `null`, or not set apart from what follows.
pub(super) fn no_scalars(text: &[u8], begin: usize, first_bytes: u64) -> u64 {
    let (mut left, mut wrong) = (first_bytes, 0);
    while left != 0 {
        let bit = left & left.wrapping_neg();
        left ^= bit;
        let scalar = &text[begin + bit.trailing_zeros() as usize..];
        if !is_word(scalar) && !is_scalar(scalar) {
            wrong |= bit;
        }
    }
    wrong
}

/// Returns whether one of the words begins the text, as [`is_scalar`] does, by looking at eight bytes at once: most scalars are words.
fn is_word(text: &[u8]) -> bool {
    const TRUE: u64 = u64::from_le_bytes(*b"true\0\0\0\0");
    const NULL: u64 = u64::from_le_bytes(*b"null\0\0\0\0");
    const FALSE: u64 = u64::from_le_bytes(*b"false\0\0\0");
    let Some(first) = text.first_chunk() else { return false };
    let bytes = u64::from_le_bytes(*first);
    let (four, five) = (bytes & 0xffff_ffff, bytes & 0xff_ffff_ffff);
    let is_five = five == FALSE;
    let [.., after] = (bytes << if is_five { 16 } else { 24 }).to_le_bytes();
    (four == TRUE || four == NULL || is_five) && ENDS[usize::from(after)]
}

/// What a scalar may be followed by.
const ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let (mut at, bytes) = (0, *b",]} \n\r\t");
    while at < bytes.len() {
        ends[bytes[at] as usize] = true;
        at += 1;
    }
    ends
};

/// Returns whether a scalar begins the text: a number, `true`, `false` or `null`, and then no more of it.
fn is_scalar(text: &[u8]) -> bool {
    let rest = match text {
        [b't', b'r', b'u', b'e', rest @ ..] | [b'n', b'u', b'l', b'l', rest @ ..] | [b'f', b'a', b'l', b's', b'e', rest @ ..] => {
            rest
        }
        _ => match after_number(text) {
            Some(rest) => rest,
            None => return false,
        },
    };
    rest.first().is_none_or(|byte| ENDS[usize::from(*byte)])
}

fn after_number(text: &[u8]) -> Option<&[u8]> {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text[0] == b'0') {
        return None;
    }
    let mut rest = &text[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        rest = &fraction[count..];
        if count == 0 {
            return None;
        }
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        let count = digits(exponent);
        rest = &exponent[count..];
        if count == 0 {
            return None;
        }
    }
    Some(rest)
}
