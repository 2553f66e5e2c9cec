//! The outline of a JSON text: its keys near the top, which is what tells formats apart.

use std::collections::BTreeMap;

/// The outline of the first value of a text, or of the first element if that value is an array.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// What the text begins with.
    pub(super) shape: Shape,
    /// Keys of the object.
    pub(super) keys: Vec<String>,
    /// Scalar members of the object, as written.
    pub(super) scalars: BTreeMap<String, String>,
    /// Members that are arrays: key, and keys and string members of the first element where that is an object.
    pub(super) lists: BTreeMap<String, Item>,
}

/// What a JSON text begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// No JSON.
    #[default]
    None,
    /// An object.
    Object,
    /// An array whose first element is an object.
    Objects,
    /// An array whose first element is a string.
    Strings,
    /// An array of something else, or of nothing.
    Array,
}

/// The first element of a list.
#[derive(Debug, Default)]
pub(super) struct Item {
    /// Whether there is one.
    pub(super) present: bool,
    /// Whether it is an array.
    pub(super) is_array: bool,
    /// Its keys, if it is an object.
    pub(super) keys: Vec<String>,
    /// Its string members.
    pub(super) scalars: BTreeMap<String, String>,
}

impl Outline {
    /// Draws the outline of a text, as far as the text reaches; stops after the first element of a list named in `enough`.
    pub(super) fn of(text: &[u8], enough: &[&str]) -> Self {
        let mut walk = Walk { text, at: 0 };
        let mut outline = Self::default();
        match walk.token() {
            Some(b'{') => {
                outline.shape = Shape::Object;
                outline.object(&mut walk, enough);
            }
            Some(b'[') => match walk.token() {
                Some(b'{') => {
                    outline.shape = Shape::Objects;
                    outline.object(&mut walk, enough);
                }
                Some(b'"') => outline.shape = Shape::Strings,
                _ => outline.shape = Shape::Array,
            },
            _ => {}
        }
        outline
    }

    /// Returns whether all of `keys` are there.
    pub(super) fn has(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.keys.iter().any(|own| own == key))
    }

    /// Reads the members of an object whose bracket has been taken.
    fn object(&mut self, walk: &mut Walk<'_>, enough: &[&str]) -> Option<()> {
        loop {
            let key = match walk.token()? {
                b'"' => walk.string()?,
                b',' => continue,
                _ => return None,
            };
            if walk.token()? != b':' {
                return None;
            }
            self.keys.push(key.clone());
            match walk.token()? {
                b'[' => {
                    let mut item = Item::default();
                    let done = item.first(walk);
                    let stop = item.present && enough.contains(&key.as_str());
                    self.lists.insert(key, item);
                    done?;
                    if stop {
                        return None;
                    }
                    walk.skip_to_close()?;
                }
                b'{' => walk.skip_to_close()?,
                b'"' => {
                    let value = walk.string()?;
                    self.scalars.insert(key, value);
                }
                _ => {
                    let value = walk.scalar();
                    self.scalars.insert(key, value);
                }
            }
        }
    }
}

impl Item {
    /// Reads the first element of an array whose bracket has been taken, and leaves the walk inside the array.
    fn first(&mut self, walk: &mut Walk<'_>) -> Option<()> {
        match walk.token()? {
            b']' => walk.at -= 1,
            b'{' => {
                self.present = true;
                loop {
                    match walk.token()? {
                        b'}' => return Some(()),
                        b',' => {}
                        b'"' => {
                            let key = walk.string()?;
                            walk.token()?;
                            self.keys.push(key.clone());
                            match walk.token()? {
                                b'{' | b'[' => walk.skip_to_close()?,
                                b'"' => {
                                    let value = walk.string()?;
                                    self.scalars.insert(key, value);
                                }
                                _ => {
                                    walk.scalar();
                                }
                            }
                        }
                        _ => return None,
                    }
                }
            }
            b'[' => {
                self.present = true;
                self.is_array = true;
                walk.skip_to_close()?;
            }
            b'"' => {
                self.present = true;
                walk.string()?;
            }
            _ => {
                self.present = true;
                walk.scalar();
            }
        }
        Some(())
    }
}

/// A position in a text.
struct Walk<'a> {
    text: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    /// Takes the next byte that is no space.
    fn token(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += 1;
            if !byte.is_ascii_whitespace() {
                return Some(byte);
            }
        }
    }

    /// Takes the rest of a string whose opening quote has been taken.
    fn string(&mut self) -> Option<String> {
        let from = self.at;
        loop {
            self.at += memchr::memchr2(b'"', b'\\', self.text.get(self.at..)?)?;
            if self.text[self.at] == b'"' {
                break;
            }
            self.at += 2;
        }
        let text = String::from_utf8_lossy(&self.text[from..self.at]).into_owned();
        self.at += 1;
        Some(text)
    }

    /// Takes the rest of a number or word whose first byte has been taken, and returns it whole.
    fn scalar(&mut self) -> String {
        let from = self.at - 1;
        while self.text.get(self.at).is_some_and(|byte| !matches!(byte, b',' | b'}' | b']') && !byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[from..self.at]).into_owned()
    }

    /// Takes everything up to the bracket that closes the one taken last.
    fn skip_to_close(&mut self) -> Option<()> {
        let mut depth = 1_usize;
        loop {
            match *self.text.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_survives_a_cut() {
        let text = br#" {"a":1,"b":{"x":[1,{}]},"L":[{"k":"v","o":{}},{"z":1}],"c":"s\"","d":[],"e":[["x"]],"f":nul"#;
        let outline = Outline::of(text, &[]);
        assert_eq!(outline.keys, ["a", "b", "L", "c", "d", "e", "f"]);
        assert_eq!(outline.lists["L"].keys, ["k", "o"]);
        assert_eq!(outline.lists["L"].scalars["k"], "v");
        assert!(outline.lists["e"].is_array && !outline.lists["d"].present);
        assert_eq!(outline.scalars["a"], "1");
        assert_eq!(Outline::of(text, &["L"]).keys, ["a", "b", "L"]);
        for cut in 0..text.len() {
            let _ = Outline::of(&text[..cut], &[]);
        }
        assert_eq!(Outline::of(b"[\"x", &[]).shape, Shape::Strings);
        assert_eq!(Outline::of(b"[[1]]", &[]).shape, Shape::Array);
    }
}
