//! Clones of repositories: that of `--repo`, and those that lie in the evidence.

use std::path::Path;

use super::Failure;
use super::options::Common;
use super::output::message;
use crate::case::Case;
use crate::evidence::citation::{ExhibitId, Locator};
use crate::evidence::ledger::{Disposition, Ledger, Problem};
use crate::fact::clone::{Question, Searched};
use crate::intake;
use crate::repo::{Limits, Repo};

/// What is noted of a repository in the evidence that nothing is looked for in.
const NOT_ASKED: &str =
    "not searched: no job in the evidence has a hash of its code in a path such as code/HASH/sourcedir.tar.gz";

/// Opens the clone of `--repo`, before anything that takes time.
pub(super) fn open(common: &Common) -> Result<Option<Repo>, Failure> {
    let opened = |path: &std::path::PathBuf| {
        Repo::open(path).map_err(|error| Failure::usage(format!("--repo {}: {error}", path.display())))
    };
    common.repo.as_ref().map(opened).transpose()
}

/// Has the case take what the clones say of the code of jobs; says on standard error what that of `--repo` could not be asked, and in
/// the ledger what those in the evidence could not.
pub(super) fn ask(named: Option<&Repo>, case: &mut Case, ledger: &mut Ledger, common: &Common) {
    let inside: Vec<(ExhibitId, String)> = ledger
        .exhibits()
        .iter()
        .filter(|exhibit| intake::is_repository(exhibit))
        .map(|exhibit| (exhibit.id, exhibit.path.clone()))
        .collect();
    if named.is_none() && inside.is_empty() {
        return;
    }
    let asked = case.code_asked();
    let mut answers: Vec<Searched> = Vec::new();
    if let Some(clone) = named {
        let searched = clone.search(&asked, &common.repo_at, &Limits::default());
        if !common.quiet {
            if asked.code.is_empty() {
                message(
                    "--repo: no job in the evidence has a hash of its code in a path such as code/HASH/sourcedir.tar.gz, so nothing was looked for",
                );
            }
            for limit in &searched.limits {
                message(&format!("--repo: not all of the clone was looked at: {limit}"));
            }
        }
        answers.push(searched);
    }
    for (id, path) in inside {
        if asked.code.is_empty() {
            ledger.amend(id, |exhibit| exhibit.problems.push(Problem::note(Locator::Whole, NOT_ASKED)));
            continue;
        }
        match search(&path, &asked, common) {
            Ok(searched) => {
                let notes = searched.limits.iter().map(|limit| format!("not all of it was looked at: {limit}"));
                ledger.amend(id, |exhibit| exhibit.problems.extend(notes.map(|note| Problem::note(Locator::Whole, note))));
                answers.push(searched);
            }
            Err(error) => ledger.amend(id, |exhibit| {
                exhibit.disposition = Disposition::Refused;
                exhibit.problems.push(Problem::whole(error));
            }),
        }
    }
    if !asked.code.is_empty() && !answers.is_empty() {
        case.take_searched(Searched::of_all(answers));
    }
}

/// Searches a repository that lies in the evidence.
fn search(path: &str, asked: &Question, common: &Common) -> Result<Searched, String> {
    let place = Path::new(path);
    if !place.exists() {
        return Err("a bundle inside an archive, where it is not read: unpack it, or name it with --repo".to_owned());
    }
    let repo = Repo::inside(place)?;
    Ok(repo.search(asked, &common.repo_at, &Limits::default()))
}
