//! Which commits hold code of a hash: each folder is hashed once, however many commits hold it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::content::{DEEPEST, Reader, Unclear, hash};
use super::history::{self, Commit};
use super::place::{Finder, Place, typed};
use super::{Limits, Repo};
use crate::fact::clone::{Held, Holder, Question, Searched, Wanted};

/// What hashing a place came to: the paths that give a hash which is looked for, with that hash.
type Outcome = Result<Vec<(String, Wanted)>, Unclear>;

/// A search that is going on.
struct Search<'a> {
    finder: Finder<'a>,
    reader: Reader<'a>,
    question: &'a Question,
    roots: &'a [String],
    left: u64,
    known: HashMap<Place, Rc<Outcome>>,
    unclear: BTreeMap<Unclear, BTreeSet<String>>,
    is_spent: bool,
}

/// Answers which commits hold the code that is asked for.
pub(super) fn search(repo: &Repo, question: &Question, roots: &[String], limits: &Limits) -> Searched {
    let mut searched = Searched::default();
    if question.code.is_empty() {
        return searched;
    }
    let mut search = Search {
        finder: Finder::new(&repo.objects, question.code.iter().map(|wanted| wanted.program.as_str()).collect()),
        reader: Reader::new(&repo.objects, limits.folder),
        question,
        roots,
        left: limits.hashed,
        known: HashMap::new(),
        unclear: BTreeMap::new(),
        is_spent: false,
    };
    let walked = history::walk(&repo.objects, &repo.tips, limits.commits);
    let mut commits = walked.commits;
    // A stated commit is looked at wherever it lies, on no branch or before the last that was walked to.
    let mut buffer = Vec::new();
    for name in &question.commits {
        let Some(id) = repo.objects.named(name) else { continue };
        let Ok((stated, _)) = history::commit(&repo.objects, id, &mut buffer) else { continue };
        if !commits.contains(&stated) {
            commits.push(stated);
        }
        searched.held.insert(name.clone(), Held { commit: id.to_string(), is_searched: true });
    }
    let none = commits.is_empty().then(|| "there is no commit in it that can be read".to_owned());
    commits.sort_by(|left, right| right.cmp(left));
    for commit in &commits {
        let is_whole = search.look_at(commit, &mut searched.holders);
        let name = commit.id.to_string();
        for held in searched.held.values_mut().filter(|held| held.commit == name) {
            held.is_searched = is_whole;
        }
    }
    searched.limits = repo.doubts.iter().cloned().chain(walked.limits).chain(none).chain(search.limits(limits)).collect();
    searched
}

impl Search<'_> {
    /// Hashes what in a commit may be the code; returns whether all of it could be.
    fn look_at(&mut self, commit: &Commit, holders: &mut BTreeMap<Wanted, Vec<Holder>>) -> bool {
        let places = self.finder.in_folder(commit.tree);
        let mut is_whole = places.unclear.is_none();
        if let Some(unclear) = places.unclear {
            self.unclear.entry(unclear).or_default().insert(commit.id.to_string());
        }
        for place in &places.all {
            match &*self.outcome(place) {
                Ok(found) => {
                    for (typed, wanted) in found {
                        let holders = holders.entry(wanted.clone()).or_default();
                        let holder = Holder { commit: commit.id.to_string(), made: commit.made, typed: typed.clone() };
                        if holders.last().is_none_or(|last| last.commit != holder.commit) {
                            holders.push(holder);
                        }
                    }
                }
                Err(_) => is_whole = false,
            }
        }
        is_whole
    }

    fn outcome(&mut self, place: &Place) -> Rc<Outcome> {
        if let Some(known) = self.known.get(place) {
            return Rc::clone(known);
        }
        let outcome = match self.hash(place) {
            Err(Unclear::Unhashable) => Ok(Vec::new()),
            other => other,
        };
        if let Err(unclear) = outcome {
            let what = if place.path.is_empty() { "its root" } else { &place.path };
            self.unclear.entry(unclear).or_default().insert(what.to_owned());
        }
        let outcome = Rc::new(outcome);
        self.known.insert(place.clone(), Rc::clone(&outcome));
        outcome
    }

    fn hash(&mut self, place: &Place) -> Outcome {
        let content = if place.is_file { self.reader.file(place.id)? } else { self.reader.folder(place.id)? };
        let mut found = Vec::new();
        for typed in typed(&place.path, place.is_file, self.roots) {
            let cost = (typed.len() + content.len()) as u64;
            let Some(left) = self.left.checked_sub(cost) else {
                self.is_spent = true;
                return Err(Unclear::TooLarge);
            };
            self.left = left;
            let wanted = Wanted { hash: hash(&typed, &content), program: place.program.to_string() };
            if self.question.code.contains(&wanted) {
                found.push((typed, wanted));
            }
        }
        Ok(found)
    }

    /// Says what was not looked at.
    fn limits(&self, limits: &Limits) -> Vec<String> {
        let mut told = Vec::new();
        if self.is_spent {
            told.push(format!("the search ended when {} GiB had been hashed", limits.hashed >> 30));
        }
        for (unclear, places) in &self.unclear {
            let first = places.first().map_or("", String::as_str);
            let more = if places.len() > 1 { format!(" and {} more", places.len() - 1) } else { String::new() };
            told.push(match unclear {
                Unclear::Elsewhere => {
                    format!("{first}{more} holds, in some commit, a symbolic link or a submodule, which is not followed")
                }
                Unclear::TooLarge if self.is_spent => continue,
                Unclear::TooLarge => format!(
                    "{first}{more} is, in some commit, larger than {} MiB, deeper than {DEEPEST} folders, or holds too much",
                    limits.folder >> 20
                ),
                Unclear::Lost | Unclear::Unhashable => format!("{first}{more} is, in part, missing from it or damaged"),
            });
        }
        told
    }
}
