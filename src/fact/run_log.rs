//! What a CI run or a scheduler's task printed: what it checked out, which jobs it named, which images it pushed.

use std::fmt;

use super::arn::Arn;
use super::commit::agree;
use super::{Excerpt, at};
use crate::time::Instant;

/// What ran, and printed the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::doc_markdown, reason = "names of products")]
pub enum Runner {
    /// GitHub Actions.
    GitHub,
    /// AWS CodeBuild.
    CodeBuild,
    /// GitLab CI.
    GitLab,
    /// Apache Airflow.
    Airflow,
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GitHub => "GitHub Actions",
            Self::CodeBuild => "CodeBuild",
            Self::GitLab => "GitLab CI",
            Self::Airflow => "Airflow",
        })
    }
}

/// A log of one run.
#[derive(Clone, Debug)]
pub struct RunLog {
    /// What ran.
    pub runner: Runner,
    /// What it calls itself: a job, or a task of a DAG.
    pub name: Option<String>,
    /// Its id: of the build, of the job, of the DAG's run.
    pub id: Option<String>,
    /// The repository it checked out.
    pub repository: Option<String>,
    /// Commits that it checked out or was given.
    pub commits: Vec<Checkout>,
    /// Jobs and pipeline executions that it names.
    pub mentions: Vec<Mention>,
    /// Images that it pushed.
    pub pushes: Vec<Push>,
    /// Commands that change an account without anybody's approval.
    pub ungated: Vec<(u32, String)>,
    /// Time of its first line; nothing where its lines carry no zone.
    pub from: Option<Instant>,
    /// Time of its last line; nothing where its lines carry no zone.
    pub to: Option<Instant>,
}

/// A commit that a run states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The commit.
    pub commit: String,
    /// For the trial merge of a pull request: the head that was merged.
    pub head: Option<String>,
    /// The line, counted from 1.
    pub line: u32,
}

/// A job or pipeline execution that a run names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// What is named.
    pub what: Mentioned,
    /// Whether the run asked for it.
    pub asks: Asks,
    /// Time of the line.
    pub at: Option<Instant>,
    /// The line, counted from 1.
    pub line: u32,
}

/// Whether a run asked for what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asks {
    /// Every line that names it tells how it is: somebody waits for it, or looks it up.
    No,
    /// No line says.
    Perhaps,
    /// A line says that it is made now.
    Yes,
}

/// How a job or execution is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mentioned {
    /// By ARN.
    Arn(Arn),
    /// By the name of a job.
    Name(String),
}

/// An image that a run pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Registry and repository, where the log names them.
    pub image: Option<String>,
    /// Digest.
    pub digest: String,
    /// Time of the line.
    pub at: Option<Instant>,
    /// The line, counted from 1.
    pub line: u32,
}

impl Checkout {
    /// Returns whether another commit is this one: what was checked out, or the head that was merged into it.
    pub fn is(&self, commit: &str) -> bool {
        agree(&self.commit, commit) || self.head.as_deref().is_some_and(|head| agree(head, commit))
    }
}

impl RunLog {
    /// Makes the log of a run of which nothing is known yet.
    pub fn new(runner: Runner) -> Self {
        Self {
            runner,
            name: None,
            id: None,
            repository: None,
            commits: Vec::new(),
            mentions: Vec::new(),
            pushes: Vec::new(),
            ungated: Vec::new(),
            from: None,
            to: None,
        }
    }

    /// Returns the one commit that the run worked on: nothing where it states none, or several.
    pub fn commit(&self) -> Option<&Checkout> {
        let longest = self.commits.iter().max_by_key(|one| (one.head.is_some(), one.commit.len()))?;
        self.commits.iter().all(|one| longest.is(&one.commit)).then_some(longest)
    }

    /// Returns what the run is called, for people.
    pub fn title(&self) -> String {
        let name = self.name.as_deref().or(self.repository.as_deref()).or(self.id.as_deref());
        name.map_or_else(|| self.runner.to_string(), ToOwned::to_owned)
    }

    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        Excerpt::of("run log:")
            .and("runner", Some(self.runner))
            .and("name", self.name.as_ref())
            .and("id", self.id.as_ref())
            .and("commit", self.commit().map(|one| &one.commit))
            .and("from", at(self.from))
            .and("to", at(self.to))
            .text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(commits: &[(&str, Option<&str>)]) -> RunLog {
        let commits = commits.iter().map(|(commit, head)| Checkout {
            commit: (*commit).to_owned(),
            head: head.map(ToOwned::to_owned),
            line: 1,
        });
        RunLog { commits: commits.collect(), ..RunLog::new(Runner::GitHub) }
    }

    #[test]
    fn a_run_of_several_commits_states_none() {
        let full = "4e1243bd22c66e76c2ba9eddc1f91394e57f9f83";
        let head = "9a0364b9e99bb480dd25e1f0284c8555aa0364b1";
        assert_eq!(of(&[]).commit(), None);
        assert_eq!(of(&[("4e1243b", None), (full, None)]).commit().unwrap().commit, full);
        assert_eq!(of(&[(head, None), (full, None)]).commit(), None);
        // The trial merge of a pull request and its head are one checkout.
        let merged = of(&[(head, None), (full, Some(head))]);
        assert!(merged.commit().unwrap().is(head) && merged.commit().unwrap().is("4e1243b"));
    }
}
