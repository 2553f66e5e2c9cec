//! The commits of a clone, newest first.

use std::collections::{BinaryHeap, HashSet};
use std::path::PathBuf;

use gix_hash::ObjectId;
use gix_object::{CommitRefIter, Kind, TagRefIter};

use super::objects::{Lost, Objects};
use crate::time::Instant;

/// Tags of tags that are followed.
const DEEPEST_TAG: usize = 8;

/// A commit, in the order of a walk: by time, then by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Commit {
    /// When it was committed.
    pub(super) made: Instant,
    /// Its name.
    pub(super) id: ObjectId,
    /// The list of its root.
    pub(super) tree: ObjectId,
}

/// Commits that a walk came by.
pub(super) struct Walked {
    /// Newest first.
    pub(super) commits: Vec<Commit>,
    /// Why others may be missing.
    pub(super) limits: Vec<String>,
}

/// Returns the commits that branches, tags and `HEAD` point to, and what of these cannot be read.
pub(super) fn tips(objects: &Objects, own: PathBuf, common: PathBuf) -> Result<(Vec<ObjectId>, Vec<String>), String> {
    let told = |error: &dyn std::fmt::Display| format!("its branches cannot be read: {error}");
    let kind = gix_hash::Kind::Sha1;
    let store = if own == common {
        gix_ref::file::Store::at(own, kind)
    } else {
        gix_ref::file::Store::for_linked_worktree(own, common, kind)
    };
    let platform = store.iter().map_err(|error| told(&error))?;
    let mut ids: Vec<ObjectId> = Vec::new();
    let mut lost = 0_usize;
    for reference in platform.all().map_err(|error| told(&error))? {
        match reference {
            Ok(reference) => ids.extend(reference.target.try_id().map(ToOwned::to_owned)),
            Err(_) => lost += 1,
        }
    }
    // What is checked out may lie on no branch.
    if let Ok(Some(head)) = store.try_find_loose("HEAD") {
        ids.extend(head.target.try_id().map(ToOwned::to_owned));
    }
    let (tips, unread) = commits_of(objects, ids);
    let doubts =
        (lost > 0).then(|| format!("{lost} of its branches and tags cannot be read")).into_iter().chain(unread).collect();
    Ok((tips, doubts))
}

/// Returns the commits that branches and tags lead to, and how many lead to what cannot be read.
pub(super) fn commits_of(objects: &Objects, ids: Vec<ObjectId>) -> (Vec<ObjectId>, Option<String>) {
    let mut tips: Vec<ObjectId> = Vec::new();
    let mut lost = 0_usize;
    for id in ids {
        match peeled(objects, id) {
            Ok(commit) => tips.extend(commit),
            Err(_) => lost += 1,
        }
    }
    tips.sort();
    tips.dedup();
    (tips, (lost > 0).then(|| format!("{lost} of its branches and tags lead to what cannot be read")))
}

/// Returns the commit that an object is, or that a tag of it leads to; a tag may lead to something else.
pub(super) fn peeled(objects: &Objects, mut id: ObjectId) -> Result<Option<ObjectId>, Lost> {
    let mut buffer = Vec::new();
    for _ in 0..DEEPEST_TAG {
        match objects.kind(&id) {
            Some(Kind::Commit) => return Ok(Some(id)),
            Some(Kind::Tag) => {
                let tag = objects.read(&id, Kind::Tag, &mut buffer)?;
                id = TagRefIter::from_bytes(tag, gix_hash::Kind::Sha1).target_id().map_err(|_| Lost::Damaged)?;
            }
            Some(_) => return Ok(None),
            None => return Err(Lost::Missing),
        }
    }
    Ok(None)
}

/// Reads a commit and the names of its parents.
pub(super) fn commit(objects: &Objects, id: ObjectId, buffer: &mut Vec<u8>) -> Result<(Commit, Vec<ObjectId>), Lost> {
    let bytes = objects.read(&id, Kind::Commit, buffer)?;
    let fields = || CommitRefIter::from_bytes(bytes, gix_hash::Kind::Sha1);
    let tree = fields().tree_id().map_err(|_| Lost::Damaged)?;
    let made = fields().committer().map_err(|_| Lost::Damaged)?.seconds();
    Ok((Commit { made: Instant::from_seconds(made), id, tree }, fields().parent_ids().collect()))
}

/// Walks from `tips` to the parents, newest first, over at most `most` commits.
pub(super) fn walk(objects: &Objects, tips: &[ObjectId], most: usize) -> Walked {
    let mut walked = Walked { commits: Vec::new(), limits: Vec::new() };
    let mut seen: HashSet<ObjectId> = HashSet::new();
    let mut waiting: BinaryHeap<(Commit, Vec<ObjectId>)> = BinaryHeap::new();
    let mut buffer = Vec::new();
    let (mut missing, mut damaged) = (0_usize, 0_usize);
    let mut found: Vec<ObjectId> = tips.to_vec();
    loop {
        for id in found.drain(..) {
            if seen.insert(id) {
                match commit(objects, id, &mut buffer) {
                    Ok(read) => waiting.push(read),
                    Err(Lost::Missing) => missing += 1,
                    Err(_) => damaged += 1,
                }
            }
        }
        let Some((next, parents)) = waiting.pop() else { break };
        if walked.commits.len() == most {
            walked.limits.push(format!("only the newest {most} commits were looked at"));
            break;
        }
        walked.commits.push(next);
        found.extend(parents);
    }
    if missing > 0 {
        walked.limits.push("its history is cut off, as a shallow clone's is".to_owned());
    }
    if damaged > 0 {
        walked.limits.push(format!("{damaged} of its commits cannot be read"));
    }
    walked
}
