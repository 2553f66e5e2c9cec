//! The commit of a job by the content of its code: the hash that the SDK put into the path, held against a clone of the repository.
//!
//! The hash is the caller's word of what was uploaded; the clone's folder that has the same hash is a record that the caller did not
//! make for the job. Where both agree, the code is known by content. Many commits may hold the same folder: which of them it was is
//! known only where somebody states one, or there is but one.

use super::super::Case;
use super::super::claim::{Claim, Conflict, Grade};
use super::super::grade::{self, Holding};
use super::super::jobs::Job;
use super::source;
use crate::evidence::citation::Citations;
use crate::fact::clone::{Holder, Searched, Wanted};
use crate::fact::commit::{agree, code_hash};
use crate::time::{Instant, Seconds};

/// How far a committer's clock may be ahead of AWS's.
const AHEAD: Seconds = 300;
/// Other commits that are listed with a claim.
const LISTED: usize = 8;

/// Returns the code of a job that can be looked for in a clone, and what states its hash.
///
/// Where the log says that the image's own code ran, the hash tells nothing of what ran.
pub(super) fn wanted(case: &Case, job: &Job) -> Option<(Wanted, Citations)> {
    let uri = source::place(job)?;
    let hash = code_hash(&uri.key)?;
    if case.logs.of_job(&job.arn).any(|(_, printed)| printed.code_ignored.is_some()) {
        return None;
    }
    let file = uri.key.rsplit('/').next().unwrap_or_default();
    let named = ["sagemaker_program", "SAGEMAKER_PROGRAM"];
    let program = named.iter().find_map(|name| job.hyperparameters.get(*name).or_else(|| job.environment.get(*name)));
    // What a processor uploads is the script itself; an archive does not tell which script in it ran.
    let program = match program {
        Some(program) => program.as_str(),
        None if file.ends_with(".tar.gz") => return None,
        None => file,
    };
    let program = program.strip_prefix("./").unwrap_or(program);
    let is_path = !program.is_empty() && program.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    let cites = job.cites(|says| says.hyperparameters.values().any(|value| value.contains(&hash)));
    let cites = cites.or_else(|| job.cites(|says| says.environment.values().any(|value| value.contains(&hash))));
    let of_input = |says: &crate::fact::job::JobStatement| {
        says.inputs.iter().filter_map(|input| input.uri.as_ref()).any(|uri| uri.key.contains(&hash))
    };
    let cites = cites.or_else(|| job.cites(of_input))?;
    is_path.then(|| (Wanted { hash: hash.clone(), program: program.to_owned() }, cites))
}

/// A job's code as a clone knows it.
struct Code<'a> {
    searched: &'a Searched,
    /// Commits that hold it, newest first.
    holders: &'a [Holder],
    /// What states the hash.
    cites: Citations,
    /// When the job was made.
    at: Option<Instant>,
}

/// Holds what is stated of the commit of a job against the clone, if there is one and the job's code has a hash.
pub(super) fn weigh(case: &Case, job: Option<&Job>, stated: Claim<String>) -> Claim<String> {
    let found = case.searched.as_ref().zip(job).and_then(|(searched, job)| {
        let (wanted, cites) = wanted(case, job)?;
        let holders = searched.holders.get(&wanted).map_or(&[][..], Vec::as_slice);
        Some(Code { searched, holders, cites, at: job.created })
    });
    match found {
        Some(code) => code.weigh(stated),
        None => stated,
    }
}

impl Code<'_> {
    fn weigh(&self, stated: Claim<String>) -> Claim<String> {
        let Some(first) = self.holders.first() else {
            return stated.noting(&self.at_best("no commit of the clone has code of the hash in the path of the job's code"));
        };
        if stated.grade() == Grade::X {
            let right: Vec<&str> =
                stated.conflicts().iter().map(|side| side.value.as_str()).filter(|value| self.is_held_by(value)).collect();
            let note = if right.is_empty() {
                format!("the code's hash is that of {}", self.range())
            } else {
                format!("the code's hash is that of {}", right.join(" and of "))
            };
            return stated.noting(&note);
        }
        let Some(value) = stated.value().cloned() else {
            return if stated.grade() == Grade::U { self.alone() } else { stated };
        };
        let named: Vec<&Holder> = self.holders.iter().filter(|holder| agree(&holder.commit, &value)).collect();
        match (named.as_slice(), self.searched.held.get(&value)) {
            // A tag or a package's metadata may be written later than the job, and name what came later.
            ([one], _) if self.is_later(one) => {
                stated.noting("its code has the hash in the path of the job's code, but it was made after the job")
            }
            // An abbreviation may be that of other commits too: then the clone does not say which is held.
            ([one], Some(held)) if held.commit == one.commit => {
                let others = match self.holders.len() - 1 {
                    0 => String::new(),
                    1 => "; so does one other commit".to_owned(),
                    others => format!("; so do {others} other commits"),
                };
                let why = format!(
                    "{}, and {} has the hash in the path of the job's code at that commit{others}",
                    stated.why(),
                    shown(&one.typed)
                );
                let cites = self.cites.clone().and(stated.evidence().cloned());
                Claim::that(one.commit.clone(), grade::holding(Holding::Stated), why, cites)
            }
            ([], Some(held)) if held.is_searched => {
                let side = |value: &str, evidence: &Citations| Conflict { value: value.to_owned(), evidence: evidence.clone() };
                let best = self.best().unwrap_or(first);
                let why = format!(
                    "{}, but no code at that commit has the hash in the path of the job's code: that is the hash of {} at {}",
                    stated.why(),
                    shown(&best.typed),
                    self.range()
                );
                let Some(evidence) = stated.citations() else { return stated };
                Claim::contradicted(why, vec![side(&held.commit, evidence), side(&best.commit, &self.cites)])
            }
            ([], held) => {
                let but = if held.is_some() { "the clone holds not all of that commit" } else { "the clone lacks that commit" };
                let note = format!("{but}; there the hash in the path of the job's code is that of {}", self.range());
                stated.noting(&note).or_else_fits(self.others(None))
            }
            _ => stated.noting("a commit that holds the job's code begins so, and so does something else in the clone"),
        }
    }

    /// Claims the commit of which nothing but the code's hash tells.
    fn alone(&self) -> Claim<String> {
        let Some(best) = self.best() else { return Claim::unknown("no commit has that code", []) };
        let is_later = self.is_later(best);
        let claim = |holding, why: String| Claim::that(best.commit.clone(), grade::holding(holding), why, self.cites.clone());
        let path = shown(&best.typed);
        if self.holders.len() == 1 && !is_later && self.searched.limits.is_empty() {
            return claim(
                Holding::Alone,
                format!("{path} has the hash in the path of the job's code at this commit, and at no other of the clone"),
            );
        }
        let which = match (self.holders.len(), is_later) {
            (1, false) => "at this commit".to_owned(),
            (1, true) => "at this commit, which was made after the job".to_owned(),
            (_, false) => format!("at {}; this is the newest that is no later than the job", self.range()),
            (_, true) => format!("at {}, all made after the job; this is the oldest", self.range()),
        };
        let why = self.at_best(&format!("{path} has the hash in the path of the job's code {which}"));
        claim(Holding::OneOfSeveral, why).or_else_fits(self.others(Some(best)))
    }

    /// Returns the newest commit that is no later than the job; where all are later, the oldest.
    fn best(&self) -> Option<&Holder> {
        self.holders.iter().find(|holder| !self.is_later(holder)).or_else(|| self.holders.last())
    }

    /// Returns whether a commit was made after the job, or may have been.
    fn is_later(&self, holder: &Holder) -> bool {
        self.at.is_none_or(|at| holder.made > at.plus(AHEAD))
    }

    fn is_held_by(&self, commit: &str) -> bool {
        self.holders.iter().any(|holder| agree(&holder.commit, commit))
    }

    /// Returns other commits that hold the code.
    fn others(&self, best: Option<&Holder>) -> Vec<Conflict<String>> {
        let others = self.holders.iter().filter(|holder| Some(*holder) != best);
        others.take(LISTED).map(|one| Conflict { value: one.commit.clone(), evidence: self.cites.clone() }).collect()
    }

    /// Writes which commits hold the code.
    fn range(&self) -> String {
        match self.holders {
            [] => "none".to_owned(),
            [one] => format!("{} of {}", one.commit, one.made.to_seconds_text()),
            [newest, .., oldest] => format!(
                "{} commits, from {} of {} to {} of {}",
                self.holders.len(),
                oldest.commit,
                oldest.made.to_seconds_text(),
                newest.commit,
                newest.made.to_seconds_text()
            ),
        }
    }

    /// Adds what of the clone was not looked at.
    fn at_best(&self, text: &str) -> String {
        if self.searched.limits.is_empty() {
            text.to_owned()
        } else {
            format!("{text} (of the clone not all was looked at: {})", self.searched.limits.join("; "))
        }
    }
}

/// Writes a path that somebody typed.
fn shown(typed: &str) -> String {
    format!("`{typed}`")
}
