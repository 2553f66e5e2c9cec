//! Lines of run logs without what each runner puts around them: times, colours, marks of sections.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use crate::fact::run_log::Runner;
use crate::time::Instant;

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        pub(super) static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
    };
}
pub(super) use pattern;

pattern!(ANSI, r"\x1b\[[0-9;]*[A-Za-z]");
pattern!(CODEBUILD, r"^\[Container\] (\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) (.*)$");
pattern!(GITLAB, r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) \d\d[OE][ +](.*)$");
pattern!(SECTION, r"^section_(?:start|end):(\d{9,11}):\S*$");
pattern!(AIRFLOW, r"^\[(\d{4}-\d\d-\d\d)([T ]|, )(\d\d:\d\d:\d\d)([^\]]*)\] \{+[^}]*\}+ (?:[A-Z]+ - )?(.*)$");

/// When a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At an instant.
    At(Instant),
    /// By a clock of which the zone is not said.
    Somewhere,
    /// It does not say.
    Unsaid,
}

/// A line, without what the runner puts around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bare<'a> {
    pub(super) when: When,
    pub(super) text: Cow<'a, str>,
    /// Whether it is a command that the runner or a shell shows before it runs it.
    pub(super) command: bool,
}

/// Takes a line apart; a line of GitLab may hold several.
pub(super) fn bare(runner: Runner, line: &str, mut visit: impl FnMut(Bare<'_>)) {
    match runner {
        Runner::GitHub => {
            let (when, text) = match line.split_once(' ') {
                Some((stamp, text)) if stamp.len() == 28 && stamp.ends_with('Z') => (utc(stamp), text),
                _ => (When::Unsaid, line),
            };
            // Lines of a script are shown in cyan before it runs.
            let text = plain(text);
            let shown = text.strip_prefix("##[group]Run ").or_else(|| echoed(&text));
            let command = shown.is_some() || line.contains("\x1b[36;1m");
            visit(Bare { when, text: Cow::Borrowed(shown.unwrap_or(&text)), command });
        }
        Runner::CodeBuild => {
            let line = plain(line);
            let Some(found) = CODEBUILD.as_ref().and_then(|pattern| pattern.captures(&line)) else {
                return visit(shell(When::Unsaid, &line));
            };
            let when = utc(&format!("{}-{}-{}T{}Z", &found[1], &found[2], &found[3], &found[4]));
            let (text, command) = match found[5].strip_prefix("Running command ") {
                Some(command) => (command.to_owned(), true),
                None => (found[5].to_owned(), false),
            };
            visit(Bare { when, text: Cow::Owned(text), command });
        }
        Runner::GitLab => {
            let line = plain(line);
            let (when, rest) = match GITLAB.as_ref().and_then(|pattern| pattern.captures(&line)) {
                Some(found) => (utc(&found[1]), Cow::Owned(found[2].to_owned())),
                None => (When::Unsaid, line),
            };
            for piece in rest.split('\r').filter(|piece| !piece.is_empty()) {
                match SECTION.as_ref().and_then(|pattern| pattern.captures(piece)) {
                    Some(found) => {
                        let at = found[1].parse().map_or(When::Unsaid, |seconds| When::At(Instant::from_seconds(seconds)));
                        visit(Bare { when: at, text: Cow::Borrowed(""), command: false });
                    }
                    None => visit(shell(when, piece)),
                }
            }
        }
        Runner::Airflow if line.starts_with('{') => json(line, visit),
        Runner::Airflow => {
            let line = plain(line);
            let Some(found) = AIRFLOW.as_ref().and_then(|pattern| pattern.captures(&line)) else {
                return visit(Bare { when: When::Unsaid, text: line, command: false });
            };
            let text = found[5].to_owned();
            let command = text.starts_with("Running command: ");
            visit(Bare { when: airflow(&found[1], &found[3], &found[4]), text: Cow::Owned(text), command });
        }
    }
}

/// Returns the time of a line of Airflow: as ISO 8601 with an offset, or with the name of a zone. Names other than UTC mean
/// several zones.
fn airflow(day: &str, time: &str, rest: &str) -> When {
    let text = match rest.trim() {
        "UTC" | "GMT" => format!("{day}T{time}Z"),
        _ => format!("{day}T{time}{rest}"),
    };
    Instant::parse(&text, false).map_or(When::Somewhere, When::At)
}

/// A line of Airflow 3.
#[derive(Deserialize)]
struct Event {
    timestamp: Option<String>,
    event: Option<String>,
    dag_id: Option<String>,
    task_id: Option<String>,
    run_id: Option<String>,
}

fn json(line: &str, mut visit: impl FnMut(Bare<'_>)) {
    let Ok(event) = serde_json::from_str::<Event>(line) else { return };
    let when = event.timestamp.map_or(When::Unsaid, |text| Instant::parse(&text, false).map_or(When::Somewhere, When::At));
    let names = [("DAG_ID", event.dag_id), ("TASK_ID", event.task_id), ("DAG_RUN_ID", event.run_id)];
    for (name, value) in names {
        if let Some(value) = value {
            visit(Bare { when, text: Cow::Owned(format!("AIRFLOW_CTX_{name}={value}")), command: false });
        }
    }
    // An event may hold several lines.
    for text in event.event.iter().flat_map(|text| text.lines()) {
        let text = plain(text);
        let command = text.starts_with("Running command: ");
        visit(Bare { when, text, command });
    }
}

/// Reads a line of which a shell may show the command.
fn shell(when: When, text: &str) -> Bare<'_> {
    let shown = echoed(text);
    Bare { when, text: Cow::Borrowed(shown.unwrap_or(text)), command: shown.is_some() }
}

/// Returns the command that a line shows: GitLab's and `set -x`'s way, and that of actions.
fn echoed(text: &str) -> Option<&str> {
    let traced = || text.trim_start_matches('+').strip_prefix(' ').filter(|_| text.starts_with('+'));
    text.strip_prefix("$ ").or_else(|| text.strip_prefix("[command]")).or_else(traced)
}

fn utc(text: &str) -> When {
    Instant::parse(text, false).map_or(When::Unsaid, When::At)
}

/// Takes colours away.
fn plain(text: &str) -> Cow<'_, str> {
    match ANSI.as_ref() {
        Some(pattern) if text.contains('\x1b') => pattern.replace_all(text, ""),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(runner: Runner, line: &str) -> Vec<(When, String, bool)> {
        let mut found = Vec::new();
        bare(runner, line, |bare| found.push((bare.when, bare.text.into_owned(), bare.command)));
        found
    }

    fn at(text: &str) -> When {
        When::At(Instant::parse(text, false).unwrap())
    }

    #[test]
    fn each_runner_has_its_own_way() {
        let text = "HEAD is now at 4e1243b";
        for (runner, line, when) in [
            (Runner::GitHub, "2026-10-06T01:02:03.1234567Z ", at("2026-10-06T01:02:03.123456Z")),
            (Runner::CodeBuild, "[Container] 2026/10/06 01:02:03.123456 ", at("2026-10-06T01:02:03.123456Z")),
            (Runner::CodeBuild, "[Container] 2026/10/06 01:02:03 ", at("2026-10-06T01:02:03Z")),
            (Runner::CodeBuild, "", When::Unsaid),
            (Runner::GitLab, "2026-10-06T01:02:03.123456Z 00O ", at("2026-10-06T01:02:03.123456Z")),
            (Runner::GitLab, "\x1b[32;1m", When::Unsaid),
            (Runner::Airflow, "[2026-10-06T01:02:03.123+0200] {logging_mixin.py:190} INFO - ", at("2026-10-05T23:02:03.123Z")),
            (Runner::Airflow, "[2026-10-06, 01:02:03 UTC] {{taskinstance.py:1}} INFO - ", at("2026-10-06T01:02:03Z")),
            (Runner::Airflow, "[2026-10-06, 01:02:03 IST] {taskinstance.py:1} INFO - ", When::Somewhere),
            (Runner::Airflow, "[2026-10-06 01:02:03,852] {models.py:985} INFO - ", When::Somewhere),
        ] {
            assert_eq!(all(runner, &format!("{line}{text}")), [(when, text.to_owned(), false)], "{line}");
        }
    }

    #[test]
    fn sections_tell_the_time_and_commands_are_told_apart() {
        let line = "\x1b[0Ksection_start:1791248523:get_sources\r\x1b[0K\x1b[36;1mGetting source from Git repository\x1b[0;m";
        let found = all(Runner::GitLab, line);
        assert_eq!(found[0], (at("2026-10-06T01:02:03Z"), String::new(), false));
        assert_eq!(found[1].1, "Getting source from Git repository");
        for (runner, line) in [
            (Runner::GitHub, "2026-10-06T01:02:03.1234567Z \x1b[36;1mcdk deploy\x1b[0m"),
            (Runner::GitHub, "2026-10-06T01:02:03.1234567Z ##[group]Run cdk deploy"),
            (Runner::CodeBuild, "[Container] 2026/10/06 01:02:03 Running command cdk deploy"),
        ] {
            let found = all(runner, line);
            assert!(found[0].1 == "cdk deploy" && found[0].2, "{line}: {found:?}");
        }
        assert!(!all(Runner::GitHub, "2026-10-06T01:02:03.1234567Z cdk deploy")[0].2);
    }

    #[test]
    fn lines_of_airflow_3_are_json() {
        let line =
            r#"{"timestamp":"2026-10-06T01:02:03.123456Z","level":"info","event":"one\ntwo","logger":"task","dag_id":"d"}"#;
        let found = all(Runner::Airflow, line);
        let texts: Vec<&str> = found.iter().map(|(_, text, _)| text.as_str()).collect();
        assert_eq!(texts, ["AIRFLOW_CTX_DAG_ID=d", "one", "two"]);
        assert!(found.iter().all(|(when, ..)| *when == at("2026-10-06T01:02:03.123456Z")));
        for line in ["{", "{}", r#"{"timestamp":5}"#, r#"{"event":{}}"#] {
            assert_eq!(all(Runner::Airflow, line), []);
        }
    }
}
