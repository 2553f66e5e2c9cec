//! Container images and what names them.

use std::fmt;

use crate::time::Instant;

use super::{Excerpt, at};

/// An image as somebody wrote it: `registry/repository:tag@digest`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef {
    /// Host of the registry, if one was written.
    pub registry: Option<String>,
    /// Repository.
    pub repository: String,
    /// Tag, if one was written; an image without tag and digest means `latest`.
    pub tag: Option<String>,
    /// Digest, `sha256:…`, if one was written.
    pub digest: Option<String>,
}

impl ImageRef {
    /// Reads an image reference.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (text, digest) = match text.split_once('@') {
            Some((text, digest)) => (text, Some(normal_digest(digest)?)),
            None => (text, None),
        };
        let (registry, path) = match text.split_once('/') {
            Some((host, path)) if host.contains('.') || host.contains(':') || host == "localhost" => {
                (Some(host.to_owned()), path)
            }
            _ => (None, text),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag.to_owned())),
            _ => (path, None),
        };
        if repository.is_empty() || repository.contains(char::is_whitespace) {
            return None;
        }
        let tag = if tag.is_none() && digest.is_none() { Some("latest".to_owned()) } else { tag };
        Some(Self { registry, repository: repository.to_owned(), tag, digest })
    }

    /// Returns the account of the ECR registry.
    pub fn account(&self) -> Option<&str> {
        let account = self.registry.as_deref()?.split('.').next()?;
        (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
    }

    /// Returns the region of the ECR registry.
    pub fn region(&self) -> Option<&str> {
        let mut parts = self.registry.as_deref()?.split('.').skip(1);
        (parts.next() == Some("dkr") && parts.next() == Some("ecr")).then(|| parts.next()).flatten()
    }

    /// Returns the registry and repository, which identify the image but for its version.
    pub fn name(&self) -> String {
        self.registry.as_ref().map_or_else(|| self.repository.clone(), |registry| format!("{registry}/{}", self.repository))
    }

    /// Returns the reference with its tag and without its digest.
    pub fn tagged(&self) -> Option<String> {
        self.tag.as_ref().map(|tag| format!("{}:{tag}", self.name()))
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Returns a digest in its usual form, `sha256:` and 64 lower-case hex digits.
pub fn normal_digest(text: &str) -> Option<String> {
    let hex = text.trim().strip_prefix("sha256:").unwrap_or(text.trim());
    (hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| format!("sha256:{}", hex.to_ascii_lowercase()))
}

/// What a record says about an image in a registry.
#[derive(Clone, Debug)]
pub struct ImageStatement {
    /// Account of the registry.
    pub account: Option<String>,
    /// Region of the registry.
    pub region: Option<String>,
    /// Repository.
    pub repository: String,
    /// Tag concerned.
    pub tag: Option<String>,
    /// Digest concerned.
    pub digest: Option<String>,
    /// What happened to it or holds of it.
    pub what: ImageWhat,
    /// When.
    pub at: Option<Instant>,
}

/// What happened to an image or holds of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageWhat {
    /// The tag was put on the digest, at that time.
    Tagged,
    /// The digest was in the repository, and had this tag, when the list was made; `at` is when the digest was pushed.
    Listed {
        /// When the list was made.
        captured: Option<Instant>,
    },
    /// The tag was taken off, or the digest deleted.
    Removed,
    /// The repository's tags can (not) be moved.
    Mutability {
        /// Whether a tag can be moved.
        mutable: bool,
    },
}

impl ImageStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let what = match self.what {
            ImageWhat::Tagged => "image tagged:",
            ImageWhat::Listed { .. } => "image listed:",
            ImageWhat::Removed => "image removed:",
            ImageWhat::Mutability { mutable: true } => "image tags are mutable:",
            ImageWhat::Mutability { mutable: false } => "image tags are immutable:",
        };
        let excerpt = Excerpt::of(what).and("repository", Some(&self.repository)).and("tag", self.tag.as_ref());
        excerpt.and("digest", self.digest.as_ref()).and("at", at(self.at)).text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let image = ImageRef::parse(&format!("111122223333.dkr.ecr.us-east-1.amazonaws.com/team/churn:prod@{digest}")).unwrap();
        assert_eq!((image.account(), image.region()), (Some("111122223333"), Some("us-east-1")));
        assert_eq!(
            (image.repository.as_str(), image.tag.as_deref(), image.digest.as_deref()),
            ("team/churn", Some("prod"), Some(digest.as_str()))
        );
        assert_eq!(ImageRef::parse("churn").unwrap().to_string(), "churn:latest");
        assert_eq!(ImageRef::parse("localhost:5000/churn").unwrap().registry.as_deref(), Some("localhost:5000"));
        assert!(ImageRef::parse("churn@sha256:zz").is_none() && ImageRef::parse("").is_none());
    }
}
