//! Holds the files of trails against the digests that list them.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::case::study::seal::{Altered, Sealed};
use crate::evidence::citation::ExhibitId;
use crate::evidence::container::{self, Seal, Visitor};
use crate::evidence::hex;
use crate::evidence::limits::Limits;
use crate::evidence::walk::SourceFile;
use crate::evidence::window::Window;

/// Returns the files whose content is not what a digest lists, in their order. `names` are the paths of files by position.
pub(super) fn altered(
    sealed: &BTreeMap<ExhibitId, Sealed>,
    names: &BTreeMap<u32, String>,
    sources: &BTreeMap<String, SourceFile>,
) -> Vec<Altered> {
    let mut positions: Vec<u32> = sealed.keys().map(|id| id.file).collect();
    positions.dedup();
    let of_file = |position: &u32| {
        let Some(source) = names.get(position).and_then(|name| sources.get(name)) else { return Vec::new() };
        let mut hasher = Hasher { sealed, hashes: BTreeMap::new() };
        container::open(source, *position, &Limits::default(), &mut hasher);
        let found = hasher.hashes.into_iter().filter_map(|(id, found)| {
            let sealed = sealed.get(&id).filter(|sealed| sealed.sha256 != found)?;
            Some(Altered { sealed: sealed.clone(), found })
        });
        found.collect()
    };
    positions.par_iter().map(of_file).collect::<Vec<_>>().into_iter().flatten().collect()
}

/// Hashes contents as they were before they were compressed.
struct Hasher<'a> {
    sealed: &'a BTreeMap<ExhibitId, Sealed>,
    hashes: BTreeMap<ExhibitId, String>,
}

impl Visitor for Hasher<'_> {
    fn sidecars(&mut self, _: Vec<(String, Vec<u8>)>) {}

    fn content(&mut self, id: ExhibitId, _: &str, window: &mut Window<'_>) {
        if !self.sealed.contains_key(&id) {
            return;
        }
        let mut hash = Sha256::new();
        loop {
            hash.update(window.unread());
            window.consume(window.unread().len());
            if !window.grow() {
                break;
            }
        }
        // A file that ends early is told of as such.
        if window.fault().is_none() {
            self.hashes.insert(id, hex::lower(&hash.finalize()));
        }
    }

    fn sealed(&mut self, seal: Seal<'_>) {
        if seal.problems.iter().any(|problem| problem.loses) {
            self.hashes.remove(&seal.id);
        }
    }
}
