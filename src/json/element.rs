//! An element's own members, read off its text.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::scalar::Text;
use super::skim::Element;

/// The members of an object, in order: key (raw, as written) and value text. They end where the text is no object's.
pub struct Fields<'a> {
    text: &'a [u8],
    at: usize,
    begun: bool,
    children: &'a [[u32; 2]],
}

/// Bytes of a text in which searching for a key is worth its preparation.
const LONG: usize = 256;

impl<'a> Element<'a> {
    /// Returns the members of this element, if it is an object.
    pub fn fields(&self) -> Fields<'a> {
        Fields {
            text: self.bytes,
            at: usize::from(self.bytes.first() == Some(&b'{')),
            begun: false,
            children: self.children.unwrap_or_default(),
        }
    }

    /// Returns the members from a place on: 0, or where a member ends.
    pub fn fields_from(&self, at: usize) -> Fields<'a> {
        if at == 0 { self.fields() } else { Fields { at, begun: true, ..self.fields() } }
    }

    /// Returns the text of the member with the given key.
    pub fn field(&self, key: &str) -> Option<&'a [u8]> {
        let mut fields = self.fields();
        let is_it = |(name, _): &(&[u8], &[u8])| *name == key.as_bytes();
        // Most keys that are asked for come first or are not there, which in long texts is found out faster than what is.
        if self.bytes.len() > LONG {
            let first = fields.next()?;
            if is_it(&first) {
                return Some(first.1);
            }
            memchr::memmem::find(self.bytes, key.as_bytes())?;
        }
        fields.find(is_it).map(|(_, value)| value)
    }

    /// Returns the keys of this element.
    pub fn keys(&self) -> impl Iterator<Item = &'a [u8]> {
        self.fields().map(|(key, _)| key)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.text;
        let mut key = self.after_space(self.at);
        if self.begun {
            key = self.after(b',', key)?;
        }
        let key_from = self.after(b'"', key)?;
        let key_to = string_end(text, key_from)?;
        let from = self.after(b':', self.after_space(key_to + 1))?;
        let from = self.after_space(from);
        let to = match text.get(from)? {
            b'"' => string_end(text, from + 1)? + 1,
            b'{' | b'[' => self.container_end(from)?,
            _ => from + text[from..].iter().position(|byte| matches!(byte, b',' | b'}') || byte.is_ascii_whitespace())?,
        };
        (self.at, self.begun) = (to, true);
        Some((&text[key_from..key_to], &text[from..to]))
    }
}

impl Fields<'_> {
    /// Returns whether the members that were taken are all that the object has.
    pub fn is_at_end(&self) -> bool {
        &self.text[self.after_space(self.at).min(self.text.len())..] == b"}"
    }

    fn after_space(&self, at: usize) -> usize {
        let mut at = at;
        while self.text.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    }

    /// Returns the place after the given byte (and, behind a comma, after space), if it stands at `at`.
    fn after(&self, byte: u8, at: usize) -> Option<usize> {
        let next = (self.text.get(at) == Some(&byte)).then_some(at + 1)?;
        Some(if byte == b',' { self.after_space(next) } else { next })
    }

    /// Returns where the container that opens at `from` ends: known from skimming, or found by counting brackets.
    fn container_end(&mut self, from: usize) -> Option<usize> {
        while let Some((first, rest)) = self.children.split_first() {
            let [open, close] = first.map(|edge| edge as usize);
            if open > from {
                break;
            }
            self.children = rest;
            if open == from {
                return Some(close);
            }
        }
        let mut depth = 0_usize;
        let mut at = from;
        while at < self.text.len() {
            match self.text[at] {
                b'"' => at = string_end(self.text, at + 1)?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }
}

/// Returns the position of the quote that ends the string whose text begins at `from`.
fn string_end(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += short_run(text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// Returns the position of the first quote or backslash. Most strings are short: their words are compared in place.
pub fn short_run(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    let (words, _) = text.as_chunks::<8>();
    for (at, word) in words.iter().take(4).enumerate() {
        let word = u64::from_le_bytes(*word);
        // A byte that is 0 borrows: its highest bit is set, and only those before the first such byte are certain.
        let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
        let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(8 * at + found.trailing_zeros() as usize / 8);
        }
    }
    let done = 8 * words.len().min(4);
    memchr::memchr2(b'"', b'\\', &text[done..]).map(|at| done + at)
}

/// Returns the content of a string value's text; nothing for other values.
pub fn string(value: &[u8]) -> Option<Cow<'_, str>> {
    if let Some(text) = plain(value) {
        return Some(Cow::Borrowed(text));
    }
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_none() {
        return Some(String::from_utf8_lossy(inner));
    }
    read::<String>(value).ok().map(|(text, _)| Cow::Owned(text))
}

/// Reads a value's text as text: strings are taken off it, what is anything else or needs mending is deserialised.
///
/// # Errors
///
/// Where the value is no scalar.
pub fn text(value: &[u8]) -> Result<(Text, Option<&'static str>), serde_json::Error> {
    plain(value).map_or_else(|| read(value), |text| Ok((Text::of(text), None)))
}

/// Returns the content of a string value's text that is written as it is.
pub fn plain(value: &[u8]) -> Option<&str> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_some() {
        return None;
    }
    simdutf8::basic::from_utf8(inner).ok()
}

/// Returns a JSON text with the escapes written out that need not be (`\\/`, and `\\u` of what may stand in a string as it is), so that
/// keys and words can be looked for in it; nothing if it has none.
pub fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut plain = Vec::new();
    let (mut at, mut kept) = (0, 0);
    while let Some(found) = memchr::memchr(b'\\', text.get(at..)?) {
        let here = at + found;
        at = here + 2;
        let (written, after) = match text.get(here + 1) {
            Some(b'/') => ('/', at),
            Some(b'u') => {
                let units = [unit(here), unit(here + 6)];
                let mut decoded = char::decode_utf16(units.into_iter().flatten());
                match decoded.next() {
                    Some(Ok(one)) if one >= ' ' && !matches!(one, '"' | '\\') => (one, here + 6 * one.len_utf16()),
                    _ => continue,
                }
            }
            _ => continue,
        };
        plain.extend_from_slice(&text[kept..here]);
        plain.extend_from_slice(written.encode_utf8(&mut [0; 4]).as_bytes());
        (at, kept) = (after, after);
    }
    (kept > 0).then(|| [plain.as_slice(), &text[kept..]].concat())
}

/// Deserialises a text as `T`, in either spelling of its members ([`super::members`]). Where strings in it are no Unicode (bytes that are no UTF-8, half of a surrogate pair), they are
/// mended with U+FFFD, and the second value says so.
///
/// # Errors
///
/// Where the text is no JSON, or does not fit `T` even so.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<(T, Option<&'static str>), serde_json::Error> {
    read_in(text, &mut Vec::new())
}

/// Does the same for a `T` that borrows from the text, or from `mended` if it had to be.
///
/// # Errors
///
/// Where the text is no JSON, or does not fit `T` even so.
pub fn read_in<'a, T: Deserialize<'a>>(
    text: &'a [u8],
    mended: &'a mut Vec<u8>,
) -> Result<(T, Option<&'static str>), serde_json::Error> {
    match super::members::read(text) {
        Ok(value) => Ok((value, None)),
        Err(error) => {
            let (bytes, note) = mend(text);
            if note.is_none() {
                return Err(error);
            }
            *mended = bytes;
            super::members::read(mended).map(|value| (value, note))
        }
    }
}

/// Returns the text with what is no Unicode replaced, and what was mended.
fn mend(text: &[u8]) -> (Vec<u8>, Option<&'static str>) {
    let mut note = None;
    let text = match String::from_utf8_lossy(text) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => {
            note = Some("bytes that are no UTF-8 were replaced");
            text
        }
    };
    let mut bytes = text.into_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&bytes[at..], b"\\u") {
        let here = at + found;
        let backslashes = bytes[..here].iter().rev().take_while(|byte| **byte == b'\\').count();
        let unit = |at: usize| {
            let digits = bytes.get(at..at + 6).and_then(|text| text.strip_prefix(b"\\u"))?;
            u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
        };
        let (first, second) = (unit(here), unit(here + 6));
        at = here + 2;
        if backslashes % 2 == 1 {
            continue;
        }
        match (first, second) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at = here + 12,
            (Some(0xd800..=0xdfff), _) => {
                bytes[here + 2..here + 6].copy_from_slice(b"fffd");
                note = Some("half of a surrogate pair was replaced");
                at = here + 6;
            }
            _ => {}
        }
    }
    (bytes, note)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(text: &str) -> Element<'_> {
        Element { bytes: text.as_bytes(), list: "", index: 0, offset: 0, children: None }
    }

    #[test]
    fn members_are_read_off_the_text() {
        let element = element(r#"{ "a" : {"b":["]",{}]} , "c\"d":1.5e3,"e":"x\\","f":null}"#);
        let fields: Vec<(String, String)> = element
            .fields()
            .map(|(key, value)| (String::from_utf8_lossy(key).into_owned(), String::from_utf8_lossy(value).into_owned()))
            .collect();
        let expected = [("a", r#"{"b":["]",{}]}"#), (r#"c\"d"#, "1.5e3"), ("e", r#""x\\""#), ("f", "null")];
        assert_eq!(fields, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(string(element.field("e").unwrap()).as_deref(), Some("x\\"));
    }

    #[test]
    fn escapes_that_need_not_be_are_written_out() {
        for (text, plain) in [
            (r#"{"a\u0062":"\/x\/"}"#, Some(r#"{"ab":"/x/"}"#)),
            (r#""\ud83d\ude00\u00e9\n""#, Some(r#""😀é\n""#)),
            (r#""\\u0062 \"\\/""#, None),
            (r#""\u0022\u005c\u000a\ud800\ud800x\u12""#, None),
            (r#""\ud800\u0041""#, Some(r#""\ud800A""#)),
            (r#""a\u004"#, None),
            (r#""\"#, None),
            ("{}", None),
        ] {
            let found = unescaped(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(found.as_deref(), plain, "{text}");
        }
    }

    #[test]
    fn text_that_is_no_unicode_is_mended_and_noted() {
        let (value, note) = read::<String>(br#""a\ud800b""#).unwrap();
        assert_eq!((value.as_str(), note), ("a\u{fffd}b", Some("half of a surrogate pair was replaced")));
        let (value, note) = read::<String>(b"\"a\xffb\"").unwrap();
        assert_eq!((value.as_str(), note), ("a\u{fffd}b", Some("bytes that are no UTF-8 were replaced")));
        let (value, note) = read::<String>(r#""\ud83d\ude00 \\ud800""#.as_bytes()).unwrap();
        assert_eq!((value.as_str(), note), ("😀 \\ud800", None));
        assert!(read::<String>(b"\"a").is_err());
    }
}
