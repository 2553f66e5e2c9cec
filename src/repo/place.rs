//! Where in a commit the code of a job may lie, and by which paths somebody may have called it.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use gix_hash::ObjectId;
use gix_object::tree::EntryKind;

use super::content::{DEEPEST, Entry, Unclear, entries};
use super::objects::Objects;

/// Places in one commit: lists of lists can name very many in few bytes.
const MOST: usize = 5_000;

/// A folder that holds a script, or the script itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// Its path from the root; empty for the root.
    pub(super) path: String,
    /// What lies there.
    pub(super) id: ObjectId,
    /// Whether it is a file.
    pub(super) is_file: bool,
    /// The script, as jobs name it.
    pub(super) program: Rc<str>,
}

/// The places in a folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// They, by path.
    pub(super) all: Vec<Place>,
    /// Why a folder was not looked into, if one was not.
    pub(super) unclear: Option<Unclear>,
}

/// Finds places, looking into equal folders once.
pub(super) struct Finder<'a> {
    objects: &'a Objects,
    programs: Vec<Rc<str>>,
    known: HashMap<ObjectId, Rc<Places>>,
}

impl<'a> Finder<'a> {
    /// Returns a finder of folders that hold one of these scripts.
    pub(super) fn new(objects: &'a Objects, programs: BTreeSet<&str>) -> Self {
        Self { objects, programs: programs.into_iter().map(Rc::from).collect(), known: HashMap::new() }
    }

    /// Returns the places in the folder `id` and below it.
    pub(super) fn in_folder(&mut self, id: ObjectId) -> Rc<Places> {
        self.look(id, 0)
    }

    fn look(&mut self, id: ObjectId, depth: usize) -> Rc<Places> {
        if let Some(known) = self.known.get(&id) {
            return Rc::clone(known);
        }
        let mut found = Places::default();
        match entries(self.objects, id) {
            Ok(_) if depth > DEEPEST => found.unclear = Some(Unclear::TooLarge),
            Ok(entries) => {
                for program in self.programs.clone() {
                    self.own(id, &entries, &program, &mut found);
                }
                for entry in entries.iter().filter(|entry| entry.kind == EntryKind::Tree) {
                    let below = self.look(entry.id, depth + 1);
                    found.unclear = found.unclear.max(below.unclear);
                    if found.all.len() + below.all.len() > MOST {
                        found.unclear = found.unclear.max(Some(Unclear::TooLarge));
                        break;
                    }
                    found.all.extend(below.all.iter().map(|place| {
                        let path =
                            if place.path.is_empty() { entry.name.clone() } else { format!("{}/{}", entry.name, place.path) };
                        Place { path, ..place.clone() }
                    }));
                }
            }
            Err(lost) => found.unclear = Some(lost.into()),
        }
        let found = Rc::new(found);
        self.known.insert(id, Rc::clone(&found));
        found
    }

    /// Notes the folder itself, and the script where it lies in it, if it holds that script.
    fn own(&self, id: ObjectId, list: &[Entry], program: &Rc<str>, found: &mut Places) {
        let is_file = |kind: EntryKind| matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable);
        let named = |list: &[Entry], name: &str| list.iter().find(|entry| entry.name == name).cloned();
        match program.rsplit_once('/') {
            None => {
                if let Some(script) = named(list, program).filter(|entry| is_file(entry.kind)) {
                    found.all.push(Place { path: String::new(), id, is_file: false, program: Rc::clone(program) });
                    let path = script.name;
                    found.all.push(Place { path, id: script.id, is_file: true, program: Rc::clone(program) });
                }
            }
            Some((folders, name)) => {
                let mut list = list.to_vec();
                for folder in folders.split('/') {
                    let Some(next) = named(&list, folder).filter(|entry| entry.kind == EntryKind::Tree) else { return };
                    match entries(self.objects, next.id) {
                        Ok(below) => list = below,
                        Err(lost) => return found.unclear = found.unclear.max(Some(lost.into())),
                    }
                }
                if named(&list, name).is_some_and(|entry| is_file(entry.kind)) {
                    found.all.push(Place { path: String::new(), id, is_file: false, program: Rc::clone(program) });
                }
            }
        }
    }
}

/// Returns the paths by which a place may have been called: from the repository's root and from each folder above the place, and from
/// each of the folders in which the repository is said to have lain.
pub(super) fn typed(path: &str, is_file: bool, roots: &[String]) -> BTreeSet<String> {
    let mut typed = BTreeSet::new();
    let mut rest = Some(path).filter(|path| !path.is_empty());
    while let Some(part) = rest {
        typed.extend([part.to_owned(), format!("./{part}")]);
        if !is_file {
            typed.insert(format!("{part}/"));
        }
        rest = part.split_once('/').map(|(_, below)| below);
    }
    if !is_file {
        typed.extend([".".to_owned(), "./".to_owned()]);
    }
    for root in roots {
        let root = root.trim_end_matches('/');
        let whole = if path.is_empty() { root.to_owned() } else { format!("{root}/{path}") };
        if !is_file {
            typed.insert(format!("{whole}/"));
        }
        typed.insert(whole);
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_called_from_above_it() {
        let all = |path, is_file, roots: &[&str]| -> Vec<String> {
            let roots: Vec<String> = roots.iter().map(|root| (*root).to_owned()).collect();
            typed(path, is_file, &roots).into_iter().collect()
        };
        assert_eq!(all("", false, &[]), [".", "./"]);
        assert_eq!(all("src", false, &["/build/"]), [".", "./", "./src", "/build/src", "/build/src/", "src", "src/"]);
        assert_eq!(all("ml/train.py", true, &[]), ["./ml/train.py", "./train.py", "ml/train.py", "train.py"]);
        assert_eq!(all("", false, &["/build"]), [".", "./", "/build", "/build/"]);
    }
}
