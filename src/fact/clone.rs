//! What a local clone of a repository says of the code that jobs ran: the question and the answer.
//!
//! The SDK's pipelines put a hash of the code into the path they upload it to. The hash is made of files alone, so that whoever
//! holds the repository can make it again, and tell which commits hold that very code.

use std::collections::{BTreeMap, BTreeSet};

use crate::time::Instant;

/// Code that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// The hash in the path of the code: 64 hexadecimal digits, in lower case.
    pub hash: String,
    /// The script that the job runs: a path inside the folder that was hashed, or the name of the file that was.
    pub program: String,
}

/// What is asked of a clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Code whose commits are looked for.
    pub code: BTreeSet<Wanted>,
    /// Commits that are stated somewhere, maybe abbreviated.
    pub commits: BTreeSet<String>,
}

/// A commit that holds code that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The commit's full name.
    pub commit: String,
    /// When it was committed, by the committer's clock.
    pub made: Instant,
    /// The path as whoever submitted the code gave it: it is a part of what was hashed.
    pub typed: String,
}

/// A stated commit that the clone holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its full name.
    pub commit: String,
    /// Whether everything in it that may be the code was hashed.
    pub is_searched: bool,
}

/// What a clone answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// For each code that was looked for the commits that hold it, newest first.
    pub holders: BTreeMap<Wanted, Vec<Holder>>,
    /// Of the commits that are stated, those that the clone holds, by what was stated.
    pub held: BTreeMap<String, Held>,
    /// Why there may be commits that hold the code beside those that were found; empty where all were looked at.
    pub limits: Vec<String>,
}

impl Searched {
    /// Puts together what several clones answer, in whatever order.
    pub fn of_all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut whole = Self::default();
        let mut held: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
        for answer in answers {
            for (wanted, holders) in answer.holders {
                whole.holders.entry(wanted).or_default().extend(holders);
            }
            for (stated, one) in answer.held {
                *held.entry(stated).or_default().entry(one.commit).or_default() |= one.is_searched;
            }
            whole.limits.extend(answer.limits);
        }
        for holders in whole.holders.values_mut() {
            holders.sort_by(|left, right| (right.made, &right.commit, &left.typed).cmp(&(left.made, &left.commit, &right.typed)));
            holders.dedup_by(|later, first| later.commit == first.commit);
        }
        // An abbreviation of two commits names neither.
        let one = |(stated, commits): (String, BTreeMap<String, bool>)| {
            let is_one = commits.len() == 1;
            let (commit, is_searched) = commits.into_iter().next().filter(|_| is_one)?;
            Some((stated, Held { commit, is_searched }))
        };
        whole.held = held.into_iter().filter_map(one).collect();
        whole.limits.sort();
        whole.limits.dedup();
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(holders: &[(&str, i64)], held: &[(&str, &str, bool)], limits: &[&str]) -> Searched {
        let wanted = Wanted { hash: "h".to_owned(), program: "train.py".to_owned() };
        let holder = |(commit, made): &(&str, i64)| Holder {
            commit: (*commit).to_owned(),
            made: Instant::from_seconds(*made),
            typed: "src".to_owned(),
        };
        let own = |(stated, commit, is_searched): &(&str, &str, bool)| {
            ((*stated).to_owned(), Held { commit: (*commit).to_owned(), is_searched: *is_searched })
        };
        Searched {
            holders: [(wanted, holders.iter().map(holder).collect())].into(),
            held: held.iter().map(own).collect(),
            limits: limits.iter().map(|limit| (*limit).to_owned()).collect(),
        }
    }

    #[test]
    fn clones_answer_together_in_whatever_order() {
        let first = answer(&[("b", 2), ("a", 1)], &[("1234567", "a", false), ("89", "x", true)], &["cut off"]);
        let second = answer(&[("c", 3), ("a", 1)], &[("1234567", "a", true), ("89", "y", true)], &[]);
        let third = answer(&[], &[], &["cut off"]);
        let all = Searched::of_all([first.clone(), second.clone(), third.clone()]);
        assert_eq!(all, answer(&[("c", 3), ("b", 2), ("a", 1)], &[("1234567", "a", true)], &["cut off"]));
        assert_eq!(all, Searched::of_all([third, second, first.clone(), first]));
        assert_eq!(Searched::of_all([all.clone()]), all);
    }
}
