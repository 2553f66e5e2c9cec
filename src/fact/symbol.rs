//! Words that many facts share: services, operations, accounts, regions, buckets.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use hashbrown::HashSet;

/// A word of which all facts of an exhibit share one copy.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(Arc<str>);

impl Symbol {
    /// Returns the word as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Symbol {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Symbol {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for Symbol {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl From<&str> for Symbol {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<Symbol> for Arc<str> {
    fn from(symbol: Symbol) -> Self {
        symbol.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Words that are held at a time; a trail of an hour knows some dozens.
const HELD: usize = 4096;

/// The words met so far.
#[derive(Debug, Default)]
pub struct Symbols(HashSet<Arc<str>>);

impl Symbols {
    /// Returns the copy of a word that all share.
    pub fn of(&mut self, text: &str) -> Symbol {
        if self.0.len() >= HELD && !self.0.contains(text) {
            self.0.clear();
        }
        Symbol(self.0.get_or_insert_with(text, |text| text.into()).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_is_one_copy() {
        let mut symbols = Symbols::default();
        let [one, same, other] = ["s3", "s3", "sagemaker"].map(|text| symbols.of(text));
        assert!(Arc::ptr_eq(&one.0, &same.0) && one == "s3" && other == "sagemaker" && one != other);
    }

    #[test]
    fn only_so_many_are_held() {
        let mut symbols = Symbols::default();
        for number in 0..3 * HELD {
            assert_eq!(symbols.of(&number.to_string()).as_str(), number.to_string());
        }
        assert!(symbols.0.len() <= HELD);
    }
}
