//! Places in S3.

use std::fmt;
use std::sync::Arc;

use super::symbol::Symbols;

/// A bucket and a key or key prefix; the key may be empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Uri {
    /// The bucket.
    pub bucket: Arc<str>,
    /// The key, or the prefix that keys begin with.
    pub key: Arc<str>,
}

impl S3Uri {
    /// Returns the place with the given parts.
    pub fn new(bucket: &str, key: &str) -> Self {
        Self { bucket: bucket.into(), key: key.into() }
    }

    /// Reads `s3://bucket/key`, also `s3a` and `s3n`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parts(text).map(|(bucket, key)| Self::new(bucket, key))
    }

    /// Reads it as [`Self::parse`] does, and shares the bucket's name.
    pub fn shared(text: &str, symbols: &mut Symbols) -> Option<Self> {
        Self::parts(text).map(|(bucket, key)| Self { bucket: symbols.of(bucket).into(), key: key.into() })
    }

    fn parts(text: &str) -> Option<(&str, &str)> {
        let rest = ["s3://", "s3a://", "s3n://"].iter().find_map(|scheme| text.trim().strip_prefix(scheme))?;
        let rest = &rest[..rest.bytes().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(rest.len())];
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        // No bucket has an `@` in its name; what stands before one may be a password.
        (!bucket.is_empty() && !bucket.contains(|c: char| c == '@' || c.is_whitespace())).then_some((bucket, key))
    }

    /// Finds every S3 URI in a text: an environment variable's value, an argument.
    pub fn find_all(text: &str) -> Vec<Self> {
        let mut found = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("s3://") {
            let uri = &rest[at..];
            let stop = |c: char| {
                c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '<' | '>' | '(' | ')' | '|' | '`' | '{' | '$')
            };
            let end = uri.find(stop).unwrap_or(uri.len());
            found.extend(Self::parse(&uri[..end]));
            rest = &uri[end.max(5)..];
        }
        found
    }

    /// Returns whether this place, taken as S3 takes a prefix, covers `other`: the same bucket, and a key that begins with it.
    pub fn is_prefix_of(&self, other: &Self) -> bool {
        self.bucket == other.bucket && other.key.starts_with(&*self.key)
    }

    /// Returns whether this place is `other` or a folder above it: like [`Self::is_prefix_of`], but whole path parts only.
    pub fn is_folder_of(&self, other: &Self) -> bool {
        let own = self.key.trim_end_matches('/');
        self.bucket == other.bucket
            && other.key.strip_prefix(own).is_some_and(|rest| own.is_empty() || rest.is_empty() || rest.starts_with('/'))
    }

    /// Returns the place under this one.
    #[must_use]
    pub fn join(&self, rest: &str) -> Self {
        Self::new(&self.bucket, format!("{}/{rest}", self.key.trim_end_matches('/')).trim_start_matches('/'))
    }

    /// Returns the last part of the key.
    pub fn file_name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for S3Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

impl fmt::Debug for S3Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_read_and_found() {
        let uri = S3Uri::parse("s3://b/a/c.csv?versionId=x").unwrap();
        assert_eq!((&*uri.bucket, &*uri.key), ("b", "a/c.csv"));
        assert_eq!(S3Uri::parse("s3://b").unwrap().to_string(), "s3://b/");
        assert!(S3Uri::parse("https://b/a").is_none() && S3Uri::parse("s3:///a").is_none());
        let found = S3Uri::find_all("--data s3://b/x/ --more='s3://c/y,z' s3://$(BUCKET)/k");
        assert_eq!(found, [S3Uri::new("b", "x/"), S3Uri::new("c", "y")]);
    }

    #[test]
    fn a_prefix_is_no_folder() {
        let day = S3Uri::new("logs", "d/day=15");
        let other = S3Uri::new("logs", "d/day=150/x");
        assert!(day.is_prefix_of(&other) && !day.is_folder_of(&other));
        assert!(day.is_folder_of(&S3Uri::new("logs", "d/day=15/x")) && day.is_folder_of(&day));
        assert!(S3Uri::new("logs", "").is_folder_of(&other));
        assert_eq!(S3Uri::new("b", "p/").join("j/output"), S3Uri::new("b", "p/j/output"));
        assert_eq!(S3Uri::new("b", "").join("j"), S3Uri::new("b", "j"));
    }
}
