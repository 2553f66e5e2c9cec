//! Lines that containers print: the training toolkit's environment, commits, pip's work, the end.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use crate::fact::commit::{commit, is_commit_name};
use crate::fact::log::{LogWhat, package_name};
use crate::fact::secret::redact_text;
use crate::parse::caller::short;

macro_rules! pattern {
    ($name:ident, $pattern:literal) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
    };
}

pattern!(ANSI, r"\x1b\[[0-9;]*[A-Za-z]");
pattern!(
    SATISFIED,
    r"^Requirement already satisfied(?:, skipping upgrade)?: ([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\S* in \S+ (?:\(from .*\) )?\(([^()\s]+)\)\s*$"
);
// `name-version-…-any.whl`, its metadata, or `name-version.tar.gz`; versions begin with a digit, names of files hold no `/`.
pattern!(
    DOWNLOADED,
    r"^\s*(?:Downloading|Using cached) (?:\S*/)?([A-Za-z0-9][A-Za-z0-9._]*(?:-[A-Za-z][A-Za-z0-9._]*)*)-(\d[A-Za-z0-9.!+_]*?)(?:-[^\s/]+\.whl(?:\.metadata)?|\.tar\.gz|\.zip)(?:[#?]\S*)?(?:\s|$)"
);
pattern!(
    UNPICKLED,
    r"Trying to unpickle estimator \S+ from version (\d[0-9A-Za-z.+]*) when using version (\d[0-9A-Za-z.+]*?)\.(?:\s|$)"
);
pattern!(NAMED, r#"([A-Za-z0-9_.-]+)["']?\s*[=:]\s*["']?([0-9A-Fa-f]{7,64})\b"#);
// `ValueError: …` at the margin ends a traceback; servers mark their own lines.
pattern!(
    FAILURE,
    r"^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception): \S|\[(?:ERROR|CRITICAL) ?\]|^\S+ \S+ (?:ERROR|CRITICAL) |\x22POST /invocations HTTP/1\.[01]\x22 5\d\d "
);
pattern!(MEMBER, r#"^\s*"(job_name|module_dir)":\s*"([^"]*)""#);

/// Reads an event's text and hands on what it says.
pub(super) fn read(message: &str, mut say: impl FnMut(LogWhat)) {
    let clean = ANSI.as_ref().map_or_else(|| message.into(), |pattern| pattern.replace_all(message, ""));
    // The platform's log agent writes control characters in octal.
    let clean =
        if clean.contains("#0") { clean.replace("#011", "\t").replace("#012", "\n").replace("#015", "\r").into() } else { clean };
    let mut dump = Dump::default();
    for line in clean.split(['\n', '\r']) {
        dump.take(line);
        printed(line.trim_end(), &mut say);
    }
    if let Some(what) = dump.end() {
        say(what);
    }
}

/// Returns what an event says of errors: the end of a traceback, or a line that is marked as one.
pub(super) fn failures(message: &str) -> impl Iterator<Item = String> {
    let is_failure = |line: &&str| FAILURE.as_ref().is_some_and(|pattern| pattern.is_match(line));
    message.lines().filter(|line| line.len() < 4_096).filter(is_failure).map(|line| short(line.trim()))
}

fn printed(line: &str, say: &mut impl FnMut(LogWhat)) {
    if let Some(rest) = line.strip_prefix("Successfully installed ") {
        // Each word is `name-version`; versions hold no `-`.
        for (name, version) in rest.split_whitespace().filter_map(|word| word.rsplit_once('-')) {
            say(LogWhat::Package { name: package_name(name), version: version.to_owned(), installed: true });
        }
    } else if line.starts_with("Requirement already satisfied") {
        if let Some(found) = SATISFIED.as_ref().and_then(|pattern| pattern.captures(line)) {
            say(LogWhat::Package { name: package_name(&found[1]), version: found[2].to_owned(), installed: false });
        }
    } else if line.contains("Downloading ") || line.contains("Using cached ") {
        if let Some(found) = DOWNLOADED.as_ref().and_then(|pattern| pattern.captures(line)) {
            say(LogWhat::Downloaded { name: package_name(&found[1]), version: found[2].to_owned() });
        }
    } else if line.contains("Trying to unpickle estimator ") {
        if let Some(found) = UNPICKLED.as_ref().and_then(|pattern| pattern.captures(line)) {
            let (written_by, read_by) = (found[1].to_owned(), found[2].to_owned());
            say(LogWhat::Unpickled { name: "scikit-learn".to_owned(), written_by, read_by });
        }
    } else if let Some(text) = line.strip_prefix("SM_TRAINING_ENV=") {
        if let Ok(environment) = serde_json::from_str::<TrainingEnvironment>(text) {
            say(LogWhat::Environment { job: environment.job_name, source: environment.module_dir });
        }
    } else if line.contains("abandoning unzipping sourcedir.tar.gz") {
        say(LogWhat::CodeIgnored);
    } else if let Some(at) = line.find("Reporting training ") {
        let success = line[at..].contains("SUCCESS");
        if success || line[at..].contains("FAILURE") {
            say(LogWhat::Exit { success, message: redact_text(&line[at..]) });
        }
    } else if line.starts_with("An error occurred with exit code ") || line == "Training Container Execution Completed" {
        say(LogWhat::Exit { success: line.ends_with("Completed"), message: redact_text(line) });
    }
    if line.len() < 4_096 && contains_ignoring_case(line, "commit", "sha", "git") {
        for found in NAMED.iter().flat_map(|pattern| pattern.captures_iter(line)) {
            if is_commit_name(&found[1])
                && let Some(commit) = commit(&found[2])
            {
                say(LogWhat::Commit { name: found[1].to_owned(), commit });
            }
        }
    }
}

fn contains_ignoring_case(line: &str, one: &str, two: &str, three: &str) -> bool {
    let folded = line.to_ascii_lowercase();
    [one, two, three].iter().any(|word| folded.contains(word))
}

/// What is read of `SM_TRAINING_ENV`.
#[derive(Deserialize)]
struct TrainingEnvironment {
    job_name: Option<String>,
    module_dir: Option<String>,
}

/// The pretty dump of the environment, for logs that lack the one-line form. Its braces lie in different events, so it is never
/// valid JSON; its members stand on lines of their own.
#[derive(Default)]
struct Dump {
    job: Option<String>,
    source: Option<String>,
}

impl Dump {
    fn take(&mut self, line: &str) {
        if !line.contains("\"job_name\"") && !line.contains("\"module_dir\"") {
            return;
        }
        if let Some(found) = MEMBER.as_ref().and_then(|pattern| pattern.captures(line)) {
            match &found[1] {
                "job_name" => self.job = Some(found[2].to_owned()),
                _ => self.source = Some(found[2].to_owned()),
            }
        }
    }

    fn end(self) -> Option<LogWhat> {
        (self.job.is_some() || self.source.is_some()).then_some(LogWhat::Environment { job: self.job, source: self.source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(message: &str) -> Vec<LogWhat> {
        let mut found = Vec::new();
        read(message, |what| found.push(what));
        found
    }

    fn package(name: &str, version: &str, installed: bool) -> LogWhat {
        LogWhat::Package { name: name.to_owned(), version: version.to_owned(), installed }
    }

    #[test]
    fn pip_tells_what_there_is() {
        assert_eq!(
            all("Successfully installed joblib-1.4.0 python_dateutil-2.9.0.post0 torch-2.1.0+cu118"),
            [
                package("joblib", "1.4.0", true),
                package("python-dateutil", "2.9.0.post0", true),
                package("torch", "2.1.0+cu118", true)
            ]
        );
        let satisfied = "Requirement already satisfied: numpy>=1.19 in /miniconda3/lib/python3.10/site-packages (from scikit-learn==1.4.2->-r requirements.txt (line 1)) (1.24.4)";
        assert_eq!(all(satisfied), [package("numpy", "1.24.4", false)]);
        assert_eq!(all("Collecting x==1"), []);
    }

    #[test]
    fn downloads_and_warnings_name_versions() {
        let downloaded =
            |name: &str, version: &str| vec![LogWhat::Downloaded { name: name.to_owned(), version: version.to_owned() }];
        let wheel = "scikit_learn-1.4.2-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        for line in [
            format!("Downloading {wheel} (12.1 MB)"),
            format!("  Downloading https://files.example/packages/ab/{wheel}.metadata (11 kB)"),
            format!("Using cached {wheel}"),
            "  Downloading scikit-learn-1.4.2.tar.gz (7.8 MB)".to_owned(),
        ] {
            assert_eq!(all(&line), downloaded("scikit-learn", "1.4.2"), "{line}");
        }
        assert_eq!(all("Downloading torch-2.1.0%2Bcu118.html"), []);
        assert_eq!(all("Downloading model.tar.gz from s3://b/model.tar.gz"), []);
        assert_eq!(all("Downloading data: 100%"), []);
        let warning = "base.py:376: InconsistentVersionWarning: Trying to unpickle estimator Pipeline from version 1.4.2 when using version 1.5.0. This might lead to breaking code.";
        assert_eq!(
            all(warning),
            [LogWhat::Unpickled { name: "scikit-learn".to_owned(), written_by: "1.4.2".to_owned(), read_by: "1.5.0".to_owned() }]
        );
    }

    #[test]
    fn environment_commits_and_ends() {
        let dump = "{\n    \"job_name\": \"churn-1\",\n    \"module_dir\": \"s3://b/p/sourcedir.tar.gz\",\n    \"user\": 1";
        assert_eq!(
            all(dump),
            [LogWhat::Environment { job: Some("churn-1".to_owned()), source: Some("s3://b/p/sourcedir.tar.gz".to_owned()) }]
        );
        assert_eq!(
            all("SM_TRAINING_ENV={\"job_name\":\"j\",\"module_dir\":\"s3://b/x\"}"),
            [LogWhat::Environment { job: Some("j".to_owned()), source: Some("s3://b/x".to_owned()) }]
        );
        let full = "4e1243bd22c66e76c2ba9eddc1f91394e57f9f83";
        for line in
            [format!("GIT_COMMIT_ID={full}"), format!("\x1b[34mgit commit: {full}\x1b[0m"), format!("\"GIT_COMMIT\": \"{full}\"")]
        {
            assert!(matches!(&all(&line)[..], [LogWhat::Commit { commit, .. }] if commit == full), "{line}");
        }
        assert_eq!(all("committed 1234567 rows"), []);
        let end = all("2022-04-18 00:15:09,851 sagemaker-training-toolkit INFO     Reporting training SUCCESS");
        assert!(matches!(end[..], [LogWhat::Exit { success: true, .. }]));
    }
}
