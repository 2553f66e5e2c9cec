//! The history of container images: which tag named which digest when.

use std::collections::BTreeMap;

use super::said::Said;
use crate::evidence::citation::Citation;
use crate::fact::image::{ImageRef, ImageStatement, ImageWhat};
use crate::time::Instant;

/// A repository: region and account are kept where records tell them.
type Repository = String;

/// The history of all repositories.
#[derive(Debug, Default)]
pub struct Images {
    repositories: BTreeMap<Repository, Vec<Said<ImageStatement>>>,
}

/// What ECR's records say of a tag at an instant.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The digest.
    pub digest: String,
    /// Where that is said.
    pub cites: Vec<Citation>,
    /// Whether it is beyond doubt: tags of the repository can't be moved.
    pub certain: bool,
    /// When the tag was put there, if that is recorded.
    pub tagged: Option<Instant>,
    /// Why it may be otherwise.
    pub doubt: Option<&'static str>,
}

/// A tag and what it named from when on.
#[derive(Clone, Debug)]
pub struct TagMove {
    /// When.
    pub at: Instant,
    /// The digest it named from then on; nothing where the tag was removed.
    pub digest: Option<String>,
    /// Where that is said.
    pub cite: Citation,
}

impl Images {
    pub(super) fn build(said: Vec<Said<ImageStatement>>) -> Self {
        let mut images = Self::default();
        for said in said {
            images.repositories.entry(said.says.repository.clone()).or_default().push(said);
        }
        for said in images.repositories.values_mut() {
            said.sort_by(|left, right| left.says.at.cmp(&right.says.at).then_with(|| left.cite.cmp(&right.cite)));
        }
        images
    }

    /// Returns all statements, by repository and time.
    pub fn iter(&self) -> impl Iterator<Item = &Said<ImageStatement>> {
        self.repositories.values().flatten()
    }

    /// Returns the statements about an image's repository, in time order.
    fn of<'a>(&'a self, image: &'a ImageRef) -> impl Iterator<Item = &'a Said<ImageStatement>> {
        let said = self.repositories.get(&image.repository).map(Vec::as_slice).unwrap_or_default();
        said.iter().filter(move |said| {
            let fits = |own: Option<&str>, others: Option<&str>| own.is_none() || others.is_none() || own == others;
            fits(said.says.account.as_deref(), image.account()) && fits(said.says.region.as_deref(), image.region())
        })
    }

    /// Returns whether anything is known of the image's repository.
    pub fn knows(&self, image: &ImageRef) -> bool {
        self.of(image).next().is_some()
    }

    /// Returns where the repository is said to hold a digest.
    pub fn holds(&self, image: &ImageRef, digest: &str) -> Option<Citation> {
        self.of(image)
            .find(|said| said.says.digest.as_deref() == Some(digest) && said.says.what != ImageWhat::Removed)
            .map(|said| said.cite.clone())
    }

    /// Returns when and to what a tag was moved, in time order.
    pub fn moves(&self, image: &ImageRef) -> Vec<TagMove> {
        let tag = image.tag.as_deref();
        let mut moves: Vec<TagMove> = Vec::new();
        for said in self.of(image).filter(|_| tag.is_some()) {
            let own = said.says.tag.as_deref() == tag;
            // Whoever removes an image by its digest removes its tags.
            let named = moves.last().and_then(|last| last.digest.as_ref());
            let of_digest = said.says.tag.is_none() && said.says.digest.is_some() && said.says.digest.as_ref() == named;
            let digest = match said.says.what {
                ImageWhat::Tagged if own => said.says.digest.clone(),
                ImageWhat::Removed if own || of_digest => None,
                _ => continue,
            };
            if let Some(at) = said.says.at {
                moves.push(TagMove { at, digest, cite: said.cite.clone() });
            }
        }
        moves
    }

    /// Returns what ECR's records say an image's tag named at `at`.
    pub fn resolve(&self, image: &ImageRef, at: Instant) -> Option<Resolved> {
        let immutable = self.of(image).any(|said| said.says.what == ImageWhat::Mutability { mutable: false });
        let moves = self.moves(image);
        if let Some(last) = moves.iter().rfind(|moved| moved.at <= at) {
            let digest = last.digest.clone()?;
            return Some(Resolved {
                digest,
                cites: vec![last.cite.clone()],
                certain: immutable,
                tagged: Some(last.at),
                doubt: None,
            });
        }
        let listed = self.of(image).find(|said| {
            matches!(said.says.what, ImageWhat::Listed { .. })
                && said.says.tag.is_some()
                && said.says.tag == image.tag
                && said.says.at.is_none_or(|pushed| pushed <= at)
        })?;
        let moved_later = moves.iter().any(|moved| moved.at > at);
        if moved_later {
            return None;
        }
        Some(Resolved {
            digest: listed.says.digest.clone()?,
            cites: vec![listed.cite.clone()],
            certain: immutable,
            tagged: None,
            doubt: (!immutable)
                .then_some("the list shows what the tag names when it was made; it may have named something else before"),
        })
    }

    /// Returns who pushed a digest.
    pub fn pushed<'a>(&'a self, image: &'a ImageRef, digest: &str) -> Option<&'a Said<ImageStatement>> {
        self.of(image).find(|said| said.says.what == ImageWhat::Tagged && said.says.digest.as_deref() == Some(digest))
    }
}
