//! A local clone of a git repository: which of its commits hold the code that a hash was made of?
//!
//! Objects are read from the clone's own files, each held against its name. Nothing is checked out, no program is run, and no setting
//! of the clone is obeyed. Nothing is written either, but for a bundle's objects, which go to a temporary folder. This module knows git and the SDK's hash, and neither jobs nor claims.

mod bundle;
mod content;
mod history;
mod objects;
mod place;
mod search;

use std::path::{Path, PathBuf};

use gix_hash::ObjectId;
use tempfile::TempDir;

use crate::evidence::{container, random, walk};
use crate::fact::clone::{Question, Searched};
use objects::Objects;

/// What a search may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Commits that are looked at, newest first.
    pub commits: usize,
    /// Bytes of a folder that is hashed.
    pub folder: u64,
    /// Bytes that are hashed in all.
    pub hashed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { commits: 20_000, folder: 64 << 20, hashed: 32 << 30 }
    }
}

/// A clone, opened.
pub struct Repo {
    objects: Objects,
    tips: Vec<ObjectId>,
    /// What of it cannot be read.
    doubts: Vec<String>,
    /// Where the objects of a bundle lie.
    _unpacked: Option<TempDir>,
}

impl Repo {
    /// Opens the clone at `path`: a folder that holds `.git`, such a folder itself, or a bundle.
    ///
    /// # Errors
    ///
    /// Where there is none, or one of a kind that is not read.
    pub fn open(path: &Path) -> Result<Self, String> {
        if path.is_file() {
            let head = walk::file(path).and_then(|file| random::head(&file, 16)).unwrap_or_default();
            return if bundle::is(&head) { Self::unpack(path) } else { Err("not a git repository but a file".to_owned()) };
        }
        let (own, common) = locate(path)?;
        Self::at(own, common)
    }

    /// Opens a clone that lies in evidence: a bundle, or a folder that holds all of it.
    ///
    /// # Errors
    ///
    /// As [`Self::open`], and where what was found leads elsewhere: nobody named that place.
    pub fn inside(path: &Path) -> Result<Self, String> {
        if path.is_file() {
            return Self::open(path);
        }
        if path.join("commondir").exists() {
            return Err("a worktree, whose objects lie elsewhere".to_owned());
        }
        let is_whole = ["objects", "refs"].iter().all(|name| path.join(name).symlink_metadata().is_ok_and(|own| own.is_dir()));
        if !is_whole || !path.join("HEAD").is_file() {
            return Err("not a git repository: HEAD, objects or refs are missing".to_owned());
        }
        Self::at(path.to_owned(), path.to_owned())
    }

    fn unpack(path: &Path) -> Result<Self, String> {
        let bundle::Unpacked { objects, tips, mut doubts, folder } = bundle::unpack(path)?;
        let (tips, lost) = history::commits_of(&objects, tips);
        doubts.extend(lost);
        Ok(Self { objects, tips, doubts, _unpacked: Some(folder) })
    }

    fn at(own: PathBuf, common: PathBuf) -> Result<Self, String> {
        if common.join("reftable").is_dir() {
            return Err("its branches are kept as reftables, which this version does not read".to_owned());
        }
        // Where else objects lie is the clone's word alone.
        if common.join("objects/info/alternates").exists() {
            return Err("it borrows objects from another repository (objects/info/alternates): make a clone that is whole, \
                        without --shared or --reference"
                .to_owned());
        }
        // A pipe or a device in place of a file would never end.
        for name in ["config", "packed-refs", "shallow"] {
            if common.join(name).exists() && !common.join(name).is_file() {
                return Err(format!("its {name} is no file"));
            }
        }
        if is_sha256(&common) {
            return Err("it names objects by SHA-256, which this version does not read".to_owned());
        }
        let objects = Objects::at(&common.join("objects"))?;
        let (tips, doubts) = history::tips(&objects, own, common)?;
        Ok(Self { objects, tips, doubts, _unpacked: None })
    }

    /// Answers which commits hold the code that is asked for.
    ///
    /// The path that somebody gave the SDK is a part of what was hashed. It is not known: those by which the folder is called from
    /// the repository's root, and from any folder above it, are tried, and the same under each of `roots`, where the repository lay.
    pub fn search(&self, question: &Question, roots: &[String], limits: &Limits) -> Searched {
        search::search(self, question, roots, limits)
    }
}

/// Returns the folder of the clone's own state, and the one that its objects and branches lie in.
fn locate(path: &Path) -> Result<(PathBuf, PathBuf), String> {
    if !path.exists() {
        return Err("no such folder".to_owned());
    }
    let inner = path.join(".git");
    let own = if inner.is_file() {
        // A worktree that is linked to its repository, or a submodule.
        let text = small(&inner).ok_or("its .git file cannot be read")?;
        let target = text.strip_prefix("gitdir:").map(str::trim).ok_or("its .git file names no folder")?;
        path.join(target)
    } else if inner.is_dir() {
        inner
    } else {
        path.to_owned()
    };
    let common = match small(&own.join("commondir")) {
        Some(text) => own.join(text.trim()),
        None => own.clone(),
    };
    if common.join("objects").is_dir() && own.join("HEAD").is_file() {
        Ok((own, common))
    } else {
        Err("not a git repository: there is no .git folder in it, and neither HEAD nor objects".to_owned())
    }
}

/// Reads a file of a few words.
fn small(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let bytes = walk::file(path).and_then(|file| container::slurp(&file, 64 << 10)).ok()?;
    String::from_utf8(bytes).ok()
}

/// Returns whether the clone says that its objects are named by SHA-256.
fn is_sha256(common: &Path) -> bool {
    let settings = small(&common.join("config")).unwrap_or_default();
    let settings: String = settings.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    settings.contains("objectformat=sha256")
}
