//! Logs of CI runs and of scheduler tasks: the commit they worked on, the jobs they asked for, the images they pushed.
//!
//! One log is one statement, made at its end; what it keeps of a log is bounded, however long that is. Only lines of which the form is
//! known count: what a runner or `git` prints of itself, variables that hold a commit by definition, answers of AWS.

mod lines;

use std::sync::LazyLock;

use regex::Regex;

use super::caller::Errors;
use super::gate::ungated;
use super::sink::Sink;
use super::{Context, config, lines as each_line};
use crate::evidence::citation::{Locator, Source};
use crate::evidence::window::Window;
use crate::fact::Statement;
use crate::fact::arn::Arn;
use crate::fact::commit::{agree, commit};
use crate::fact::config::ConfigSays;
use crate::fact::image::normal_digest;
use crate::fact::run_log::{Asks, Checkout, Mention, Mentioned, Push, RunLog, Runner};
use crate::fact::secret::redact_text;
use crate::recognise::Format;
use crate::time::Instant;
use lines::{Bare, When, bare, pattern};

/// Things of one kind that are kept of one log; no run asks for as many jobs.
const MOST: usize = 1_000;

/// Longest line that is looked into; what runners and `git` print of themselves is shorter.
const LONGEST_LINE: usize = 16 << 10;

/// Longest name of a run that is kept.
const LONGEST_NAME: usize = 200;

// What a line must hold to be looked into at all: most of a log is none of it.
pattern!(
    NEEDLE,
    r"arn:aws|sha256:|_SHA|COMMIT|SOURCE_?VERSION|_ID|HEAD|[Gg]it |/merge|as detached|[Jj]ob|deploy|put-metric-data|apply|repository"
);
pattern!(
    NAMED,
    r#"\b(?:GITHUB_SHA|CODEBUILD_RESOLVED_SOURCE_VERSION|CI_COMMIT_SHA|CI_COMMIT_SHORT_SHA|GIT_COMMIT|GIT_COMMIT_ID|GIT_COMMIT_SHA|GIT_SHA|COMMIT_SHA|BUILD_SOURCEVERSION)["']?\s*[=:]\s*["']?([0-9A-Fa-f]{7,64})\b"#
);
pattern!(HEAD_AT, r"^HEAD is now at ([0-9a-f]{7,40})\b(?: Merge ([0-9a-f]{40}) into [0-9a-f]{40}$)?");
pattern!(FORCED, r"\bgit checkout --progress --force ([0-9a-f]{40})$");
pattern!(DETACHED, r"^Checking out ([0-9a-f]{7,40}) as ");
pattern!(ASKED_GIT, r"\bgit (?:log -1 --format='?%H'?|rev-parse (?:--short(?:=\d+)? )?HEAD)$");
pattern!(HASH, r"^'?([0-9a-f]{7,40})'?$");
pattern!(
    REPOSITORY,
    r"^(?:Syncing repository: |(?:Initialized empty|Reinitialized existing) Git repository in /builds/)([\w.-]+(?:/[\w.-]+)+?)(?:/\.git/)?$"
);
pattern!(ID, r#"\b(?:GITHUB_RUN_ID|CODEBUILD_BUILD_ID|CI_JOB_ID|AIRFLOW_CTX_DAG_RUN_ID)["']?\s*[=:]\s*["']?([\w:.+-]+)"#);
pattern!(DAG, r"\bAIRFLOW_CTX_DAG_ID='?([\w.-]+)");
pattern!(TASK, r"\bAIRFLOW_CTX_TASK_ID='?([\w.-]+)");
pattern!(JOB_NAME, r"^Complete job name: (.+)$");
pattern!(
    ARN,
    r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:(?:(?:training|processing|transform|hyper-parameter-tuning)-job/[A-Za-z0-9-]+|pipeline/[A-Za-z0-9-]+/execution/[A-Za-z0-9]+)"
);
pattern!(
    CREATING,
    r"(?i)\bCreating (?:SageMaker )?(?:training|processing|transform|hyper-?parameter tuning)[- ]job (?:with name:? )?([A-Za-z0-9](?:-*[A-Za-z0-9]){0,62})\.?$"
);
// What is said of a job that is there already: whoever waits for it or looks it up says so.
pattern!(
    LOOKS,
    r"(?i)\b(?:in[ -]?progress|completed|succeeded|failed|stopp(?:ing|ed)|poll(?:s|ing|ed)?|wait(?:s|ing|ed)?|still|describ\w+|status (?:of|is)|is done|finished)\b"
);
pattern!(REFERS, r"^The push refers to repository \[(\S+)\]");
pattern!(PUSHED, r"^\S+: digest: (sha256:[0-9a-f]{64}) size: \d+");
pattern!(
    SENT,
    r"^(?:#\d+ pushing manifest for (\S+?)(?::[\w.-]+)?@(sha256:[0-9a-f]{64})|(?:INFO\[\d+\] )?Pushed (\S+)@(sha256:[0-9a-f]{64}))"
);

/// What a line that was read says of the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Nothing,
    /// The commit that `git` was asked for.
    Hash,
}

/// A log, as far as it was read.
struct Reading {
    log: RunLog,
    dag: Option<String>,
    task: Option<String>,
    expect: Expect,
    /// The repository that is being pushed to.
    pushing: Option<String>,
    zoneless: bool,
    /// Time of the last line that has one.
    at: Option<Instant>,
    /// Metrics that its commands send.
    sent: Vec<(u32, ConfigSays)>,
    /// Errors of endpoints that it met.
    errors: Errors,
    /// Lines that are too long to be looked into: the first, and how many.
    long: Option<(u32, u64)>,
    /// Whether there was more than is kept.
    cut: bool,
}

/// Reads the log of a run.
pub(super) fn text(window: &mut Window<'_>, format: Format, cx: &Context<'_>, sink: &mut Sink) {
    let runner = match format {
        Format::GitHubLog => Runner::GitHub,
        Format::CodeBuildLog => Runner::CodeBuild,
        Format::GitLabLog => Runner::GitLab,
        _ => Runner::Airflow,
    };
    let mut reading = Reading::new(runner);
    each_line(window, cx, sink, &mut |line, number, sink| {
        sink.record();
        reading.line(line, u32::try_from(number).unwrap_or(u32::MAX));
    });
    reading.close(cx, sink);
}

impl Reading {
    fn new(runner: Runner) -> Self {
        Self {
            log: RunLog::new(runner),
            dag: None,
            task: None,
            expect: Expect::Nothing,
            pushing: None,
            zoneless: false,
            at: None,
            sent: Vec::new(),
            errors: Errors::default(),
            long: None,
            cut: false,
        }
    }

    fn line(&mut self, line: &str, number: u32) {
        if line.len() > LONGEST_LINE {
            self.long.get_or_insert((number, 0)).1 += 1;
            return;
        }
        bare(self.log.runner, line, |bare| self.bare(&bare, number));
    }

    fn bare(&mut self, bare: &Bare<'_>, line: u32) {
        match bare.when {
            When::At(at) => {
                self.at = Some(at);
                self.log.from = Some(self.log.from.map_or(at, |from| from.min(at)));
                self.log.to = self.log.to.max(Some(at));
            }
            When::Somewhere => self.zoneless = true,
            When::Unsaid => {}
        }
        let text = bare.text.trim();
        if text.is_empty() {
            return;
        }
        if std::mem::replace(&mut self.expect, Expect::Nothing) == Expect::Hash
            && let Some(hash) = first(&HASH, text)
        {
            return self.checkout(hash, None, line);
        }
        self.errors.line(text, self.at, &Locator::Line(line.into()));
        if !is(&NEEDLE, text) {
            return;
        }
        if bare.command {
            if let Some(command) = ungated(text) {
                keep(&mut self.log.ungated, (line, command), &mut self.cut);
            }
            if text.contains("put-metric-data") && self.sent.len() < MOST {
                self.sent.extend(config::command(text).map(|says| (line, says)));
            }
            if is(&ASKED_GIT, text) {
                self.expect = Expect::Hash;
            }
        }
        self.code(text, line);
        self.named(text);
        self.work(text, line);
    }

    /// Reads what a line says of the code.
    fn code(&mut self, text: &str, line: u32) {
        if let Some(found) = HEAD_AT.as_ref().and_then(|pattern| pattern.captures(text)) {
            self.checkout(&found[1], found.get(2).map(|head| head.as_str()), line);
        } else if let Some(hash) = [&FORCED, &DETACHED].into_iter().find_map(|pattern| first(pattern, text)) {
            self.checkout(hash, None, line);
        } else if let Some(pattern) = NAMED.as_ref() {
            for found in pattern.captures_iter(text) {
                self.checkout(&found[1], None, line);
            }
        }
        if self.log.repository.is_none() {
            self.log.repository = first(&REPOSITORY, text).map(ToOwned::to_owned);
        }
    }

    fn checkout(&mut self, hash: &str, head: Option<&str>, line: u32) {
        let Some(commit) = commit(hash) else { return };
        // One checkout is told of in several lines: the longest form is kept, and the head that any of them names.
        let known = self.log.commits.iter_mut().find(|one| one.is(&commit));
        if let Some(known) = known {
            if agree(&known.commit, &commit) && commit.len() > known.commit.len() {
                known.commit = commit;
                known.line = line;
            }
            known.head = known.head.take().or_else(|| head.map(ToOwned::to_owned));
        } else {
            let checkout = Checkout { commit, head: head.map(ToOwned::to_owned), line };
            keep(&mut self.log.commits, checkout, &mut self.cut);
        }
    }

    /// Reads what a line says of the run itself.
    fn named(&mut self, text: &str) {
        let short = |name: &str| redact_text(name).chars().take(LONGEST_NAME).collect::<String>();
        if self.log.id.is_none() {
            self.log.id = first(&ID, text).map(short);
        }
        if self.log.name.is_none() && self.log.runner == Runner::GitHub {
            self.log.name = first(&JOB_NAME, text).map(short);
        }
        if self.log.runner == Runner::Airflow {
            self.dag = self.dag.take().or_else(|| first(&DAG, text).map(short));
            self.task = self.task.take().or_else(|| first(&TASK, text).map(short));
        }
    }

    /// Reads what a line says of jobs and images.
    fn work(&mut self, text: &str, line: u32) {
        let at = self.at;
        for found in ARN.iter().flat_map(|pattern| pattern.find_iter(text)) {
            if let Some(arn) = Arn::parse(found.as_str()) {
                // Words of the name itself say nothing: `…:training-job/risk-status`.
                let around = [&text[..found.start()], &text[found.end()..]];
                let looks = around.into_iter().any(|part| is(&LOOKS, part));
                self.mention(Mentioned::Arn(arn), if looks { Asks::No } else { Asks::Perhaps }, line);
            }
        }
        if let Some(name) = first(&CREATING, text) {
            self.mention(Mentioned::Name(name.to_owned()), Asks::Yes, line);
        }
        if let Some(image) = first(&REFERS, text) {
            self.pushing = Some(without_user(image));
        } else if let Some(digest) = first(&PUSHED, text).and_then(normal_digest) {
            keep(&mut self.log.pushes, Push { image: self.pushing.clone(), digest, at, line }, &mut self.cut);
        } else if let Some(found) = SENT.as_ref().and_then(|pattern| pattern.captures(text)) {
            let part = |one: usize, other: usize| found.get(one).or_else(|| found.get(other)).map(|part| part.as_str());
            if let Some(digest) = part(2, 4).and_then(normal_digest) {
                keep(&mut self.log.pushes, Push { image: part(1, 3).map(without_user), digest, at, line }, &mut self.cut);
            }
        }
    }

    fn mention(&mut self, what: Mentioned, asks: Asks, line: u32) {
        // A task that waits for a job names it in every line.
        if let Some(known) = self.log.mentions.iter_mut().find(|known| known.what == what) {
            known.asks = known.asks.max(asks);
            return;
        }
        keep(&mut self.log.mentions, Mention { what, asks, at: self.at, line }, &mut self.cut);
    }

    fn close(mut self, cx: &Context<'_>, sink: &mut Sink) {
        if let (Some(dag), task) = (self.dag, self.task) {
            self.log.name = Some(task.map_or_else(|| dag.clone(), |task| format!("{dag}.{task}")));
        }
        if self.zoneless {
            // Times of which only some say where they are of would make an interval that is none.
            (self.log.from, self.log.to) = (None, None);
            for at in self.log.mentions.iter_mut().map(|one| &mut one.at) {
                *at = None;
            }
            for at in self.log.pushes.iter_mut().map(|one| &mut one.at) {
                *at = None;
            }
            sink.note(Locator::Whole, "its times do not say of which zone they are: they are not used");
        }
        if let Some((first, count)) = self.long {
            let what =
                format!("{count} line(s) of more than {LONGEST_LINE} bytes, of which this is the first, are not looked into");
            sink.note(Locator::Line(first.into()), what);
        }
        if self.cut {
            sink.note(Locator::Whole, format!("only the first {MOST} of what it names are kept"));
        }
        if let Some(to) = self.log.to {
            sink.seen(to);
        }
        // Without zones, what it met has no time either.
        self.errors.close(!self.zoneless, sink);
        for (line, says) in self.sent {
            config::say(says, &Locator::Line(line.into()), cx, sink);
        }
        let from = self.log.from;
        sink.say(&Locator::Whole, Source::Logs, from, Statement::RunLog(Box::new(self.log)));
    }
}

/// Returns an image without the user that some write before its registry.
fn without_user(image: &str) -> String {
    image.rsplit_once('@').map_or(image, |(_, image)| image).to_owned()
}

/// Keeps one more of a kind, or notes that there are too many.
fn keep<T: PartialEq>(list: &mut Vec<T>, one: T, cut: &mut bool) {
    if list.contains(&one) {
        return;
    }
    if list.len() < MOST { list.push(one) } else { *cut = true }
}

fn is(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Returns the first group of a pattern.
fn first<'a>(pattern: &LazyLock<Option<Regex>>, text: &'a str) -> Option<&'a str> {
    Some(pattern.as_ref()?.captures(text)?.get(1)?.as_str())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
