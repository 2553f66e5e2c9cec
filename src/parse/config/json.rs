//! JSON with the lines on which its values stand.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::tree::{DEEPEST, Data, Tree};

/// Reads a text; lines are counted only where it is the beginning of its file.
pub(super) fn read(text: &[u8], has_lines: bool) -> Result<Tree, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let lines = if has_lines { memchr::memchr_iter(b'\n', text.as_bytes()).collect() } else { Vec::new() };
    let reading = Reading { start: text.as_ptr().addr(), lines, has_lines };
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
    reading.tree(whole, 0)
}

struct Reading {
    /// Where the text lies in memory, from which positions are counted.
    start: usize,
    /// Positions of line ends.
    lines: Vec<usize>,
    has_lines: bool,
}

impl Reading {
    fn tree(&self, raw: &RawValue, depth: usize) -> Result<Tree, String> {
        let text = raw.get();
        let position = text.as_ptr().addr().saturating_sub(self.start);
        let line =
            self.has_lines.then(|| u32::try_from(self.lines.partition_point(|end| *end < position) + 1).unwrap_or(u32::MAX));
        let mut reader = serde_json::Deserializer::from_str(text);
        let data = match text.as_bytes().first() {
            _ if depth > DEEPEST => Data::Other,
            Some(b'{') => {
                let members = reader.deserialize_map(Members).map_err(|error| error.to_string())?;
                let read = members.into_iter().map(|(name, raw)| Ok((name, self.tree(raw, depth + 1)?)));
                Data::Members(read.collect::<Result<_, String>>()?)
            }
            Some(b'[') => {
                let items = reader.deserialize_seq(Items).map_err(|error| error.to_string())?;
                Data::Items(items.into_iter().map(|raw| self.tree(raw, depth + 1)).collect::<Result<_, String>>()?)
            }
            Some(b'"') => Data::Text(serde_json::from_str(text).map_err(|error| error.to_string())?),
            Some(b't') => Data::Text("true".to_owned()),
            Some(b'f') => Data::Text("false".to_owned()),
            _ => Data::Other,
        };
        Ok(Tree { line, tag: None, data })
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(member) = map.next_entry()? {
            found.push(member);
        }
        Ok(found)
    }
}

struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(item) = seq.next_element()? {
            found.push(item);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_on_their_lines() {
        let tree = read(b"{\n \"a\": [1,\n  {\"b\": \"x\\u0041\"}]\n}", true).unwrap();
        assert_eq!((tree.line, tree.get("a").unwrap().line), (Some(1), Some(2)));
        let inner = &tree.get("a").unwrap().items()[1];
        assert_eq!((inner.line, inner.get("b").unwrap().text()), (Some(3), Some("xA")));
        assert!(read(b"{\"a\":}", true).is_err());
    }

    #[test]
    fn what_lies_too_deep_is_not_looked_at() {
        let text = format!("{}{}", "[".repeat(100), "]".repeat(100));
        let mut tree = &read(text.as_bytes(), false).unwrap();
        let mut depth = 0;
        while let Some(inner) = tree.items().first() {
            (tree, depth) = (inner, depth + 1);
        }
        assert_eq!(depth, DEEPEST + 1);
    }
}
