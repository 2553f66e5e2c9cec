//! What the SDK hashes of a file or a folder, as git holds it.
//!
//! The SDK hashes the path as it was typed; then a file's bytes; or, for each child of a folder in the order of Python's
//! `sorted(iterdir())`, its name, and its bytes or what a folder holds likewise. There are no lengths and no separators.

use std::collections::HashMap;
use std::rc::Rc;

use gix_hash::ObjectId;
use gix_object::tree::EntryKind;
use gix_object::{Kind, TreeRefIter};
use sha2::{Digest, Sha256};

use super::objects::{Lost, Objects};
use crate::evidence::hex;

/// Folders in folders.
pub(super) const DEEPEST: usize = 64;
/// Files and folders in a folder that is hashed: lists of lists can name very many in few bytes.
const MOST: usize = 200_000;
/// Bytes of files that are kept, because the next commit's folder holds most of them too.
const KEPT: usize = 64 << 20;

/// Why it is not known what the SDK would hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unclear {
    /// It holds a symbolic link or a submodule: what the SDK saw there is not in the folder.
    Elsewhere,
    /// It is too large or too deep, or holds too much.
    TooLarge,
    /// A part of it is missing or damaged.
    Lost,
    /// A name in it is no UTF-8, which the SDK cannot hash: it is no job's code.
    Unhashable,
}

impl From<Lost> for Unclear {
    fn from(lost: Lost) -> Self {
        if lost == Lost::TooLong { Self::TooLarge } else { Self::Lost }
    }
}

/// An entry of a folder.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its name; bytes that are no UTF-8 are replaced.
    pub(super) name: String,
    /// Whether the name is as git has it.
    is_named: bool,
    pub(super) kind: EntryKind,
    pub(super) id: ObjectId,
}

/// Returns the entries of a folder in the order of Python, which compares names alone. (Git compares as if a folder's name ended in `/`.)
///
/// A list that no checkout could come from, such as one with a name twice, is damaged.
pub(super) fn entries(objects: &Objects, folder: ObjectId) -> Result<Vec<Entry>, Lost> {
    let mut buffer = Vec::new();
    let bytes = objects.read(&folder, Kind::Tree, &mut buffer)?;
    let mut entries: Vec<(&[u8], Entry)> = Vec::new();
    for entry in TreeRefIter::from_bytes(bytes, gix_hash::Kind::Sha1) {
        let entry = entry.map_err(|_| Lost::Damaged)?;
        let raw: &[u8] = entry.filename;
        let name = String::from_utf8_lossy(raw);
        if raw.is_empty() || raw.contains(&b'/') || [".", "..", ".git"].contains(&&*name) {
            return Err(Lost::Damaged);
        }
        let is_named = name.as_bytes() == raw;
        entries.push((raw, Entry { name: name.into_owned(), is_named, kind: entry.mode.kind(), id: entry.oid.to_owned() }));
    }
    // The order of UTF-8 is the order of code points, in which Python compares.
    entries.sort_by_key(|(raw, _)| *raw);
    if entries.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(Lost::Damaged);
    }
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

/// Reads what is hashed.
pub(super) struct Reader<'a> {
    objects: &'a Objects,
    longest: u64,
    files: HashMap<ObjectId, Rc<[u8]>>,
    kept: usize,
    met: usize,
}

impl<'a> Reader<'a> {
    /// Returns a reader of folders and files of at most `longest` bytes.
    pub(super) fn new(objects: &'a Objects, longest: u64) -> Self {
        Self { objects, longest, files: HashMap::new(), kept: 0, met: 0 }
    }

    /// Returns what is hashed of a file after its path.
    pub(super) fn file(&mut self, id: ObjectId) -> Result<Vec<u8>, Unclear> {
        Ok(self.bytes(id, self.longest)?.to_vec())
    }

    /// Returns what is hashed of a folder after its path.
    pub(super) fn folder(&mut self, id: ObjectId) -> Result<Vec<u8>, Unclear> {
        let mut content = Vec::new();
        self.met = 0;
        self.pour(id, 0, &mut content)?;
        Ok(content)
    }

    fn pour(&mut self, folder: ObjectId, depth: usize, into: &mut Vec<u8>) -> Result<(), Unclear> {
        if depth > DEEPEST {
            return Err(Unclear::TooLarge);
        }
        for entry in entries(self.objects, folder)? {
            self.met += 1;
            if self.met > MOST {
                return Err(Unclear::TooLarge);
            }
            if !entry.is_named {
                return Err(Unclear::Unhashable);
            }
            into.extend_from_slice(entry.name.as_bytes());
            let left = self.longest.checked_sub(into.len() as u64).ok_or(Unclear::TooLarge)?;
            match entry.kind {
                EntryKind::Tree => self.pour(entry.id, depth + 1, into)?,
                EntryKind::Blob | EntryKind::BlobExecutable => into.extend_from_slice(&self.bytes(entry.id, left)?),
                EntryKind::Link | EntryKind::Commit => return Err(Unclear::Elsewhere),
            }
        }
        Ok(())
    }

    fn bytes(&mut self, id: ObjectId, longest: u64) -> Result<Rc<[u8]>, Unclear> {
        if let Some(bytes) = self.files.get(&id) {
            return if bytes.len() as u64 <= longest { Ok(Rc::clone(bytes)) } else { Err(Unclear::TooLarge) };
        }
        let mut buffer = Vec::new();
        let bytes: Rc<[u8]> = self.objects.read_up_to(&id, Kind::Blob, longest, &mut buffer)?.into();
        if self.kept + bytes.len() > KEPT {
            self.files.clear();
            self.kept = 0;
        }
        self.kept += bytes.len();
        self.files.insert(id, Rc::clone(&bytes));
        Ok(bytes)
    }
}

/// Returns the hash that the SDK makes of one path and what lies there.
pub(super) fn hash(typed: &str, content: &[u8]) -> String {
    hex::lower(&Sha256::new().chain_update(typed).chain_update(content).finalize())
}
