//! A POSIX shell script that exports what is missing, with sidecars. It only reads.
//!
//! What changes from case to case is a few quoted assignments and the commands of the gaps; the rest is the same text always,
//! so that whoever is asked to run it can have read it once.

use sha2::{Digest, Sha256};

use crate::case::gap::{Gap, Gaps};
use crate::time::{Instant, Seconds};

/// Where a script begins that starts from nothing.
#[derive(Clone, Debug)]
pub struct Start {
    /// Name of the endpoint.
    pub endpoint: String,
    /// Beginning of the interval of jobs and events.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
    /// Region; the shell's own where it is not given.
    pub region: Option<String>,
}

const PRELUDE: &str = include_str!("prelude.sh");
const WALK: &str = include_str!("walk.sh");
const CLOSE: &str = include_str!("close.sh");

/// Points that `CloudWatch` answers with at most.
const POINTS: i64 = 1_440;

/// Writes a script for the gaps that have a command, and for everything about one endpoint.
pub fn script(gaps: &Gaps, start: Option<&Start>) -> String {
    let mut text = PRELUDE.to_owned();
    for gap in gaps.iter() {
        text.push_str(&step(gap).unwrap_or_default());
    }
    if let Some(start) = start {
        text.push_str(&assignments(start));
        text.push_str(WALK);
    }
    text.push_str(CLOSE);
    text
}

/// Writes the step that closes a gap.
fn step(gap: &Gap) -> Option<String> {
    let command = gap.command.as_ref()?;
    let quoted = |word: &String| shlex::try_quote(word).ok().map(std::borrow::Cow::into_owned);
    let words: Vec<String> = command.iter().map(quoted).collect::<Option<_>>()?;
    let what = crate::escape::shown(&gap.what).into_owned();
    let step = match words.as_slice() {
        [_, s3, sync, from, to] if s3 == "s3" && sync == "sync" => format!("sync {to} {from}"),
        [_, service, operation, ..] => format!("save {service}-{operation}-{}.json {}", mark(command), words.join(" ")),
        _ => return None,
    };
    Some(format!("\n# {what}\n{step}\n"))
}

/// Marks a command in the name of its answer, so that another round of the script into the same folder finds its own.
fn mark(command: &[String]) -> String {
    use std::fmt::Write as _;

    Sha256::digest(command.join("\n").as_bytes()).iter().take(5).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn assignments(start: &Start) -> String {
    let quoted = |text: &str| shlex::try_quote(text).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let region = start.region.as_deref().map_or_else(|| "$HOME_REGION".to_owned(), quoted);
    let region_needed = if start.region.is_some() {
        ""
    } else {
        "[ -n \"$REGION\" ] || { printf '%s\\n' 'No region: set AWS_REGION' >&2; exit 1; }\n"
    };
    let partition = "case $REGION in cn-*) PARTITION=aws-cn ;; us-gov-*) PARTITION=aws-us-gov ;; *) PARTITION=aws ;; esac";
    format!(
        "\nENDPOINT={}\nFROM={}\nTO={}\nFROM_MILLIS={}\nTO_MILLIS={}\nPERIOD={}\nREGION={region}\n{region_needed}{partition}\n",
        quoted(&start.endpoint),
        start.from.to_seconds_text(),
        start.to.to_seconds_text(),
        start.from.seconds() * 1_000,
        start.to.seconds() * 1_000,
        period(start.to.since(start.from))
    )
}

/// Returns the shortest period in which `CloudWatch` answers for an interval at once.
fn period(seconds: Seconds) -> Seconds {
    [60, 300, 3_600].into_iter().find(|period| period * POINTS >= seconds).unwrap_or(86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(endpoint: &str) -> Start {
        let from = Instant::from_seconds(1_760_000_000);
        Start { endpoint: endpoint.to_owned(), from, to: from.plus(3 * 86_400), region: None }
    }

    #[test]
    fn a_script_can_start_from_nothing() {
        let text = script(&Gaps::default(), Some(&start("risk-scoring-prod")));
        assert!(text.starts_with("#!/bin/sh\n"));
        assert!(text.contains("\nENDPOINT=risk-scoring-prod\nFROM=2025-10-09T08:53:20Z\n"), "{text}");
        assert!(text.contains("PERIOD=300\n"));
    }

    #[test]
    fn names_cannot_leave_their_quotes() {
        let text = script(&Gaps::default(), Some(&start("x'; rm -rf ~; '")));
        assert!(!text.contains("\nENDPOINT=x'; rm"), "{text}");
        let line = text.lines().find(|line| line.starts_with("ENDPOINT=")).unwrap();
        assert_eq!(shlex::split(line).unwrap(), ["ENDPOINT=x'; rm -rf ~; '"]);
    }

    #[test]
    fn commands_only_read() {
        for text in [PRELUDE, WALK, CLOSE] {
            for line in text.lines().filter(|line| line.contains("aws ") && !line.trim_start().starts_with('#')) {
                let operation = line.split("aws ").nth(1).unwrap_or_default().split(' ').nth(1).unwrap_or_default();
                let reads =
                    ["get-", "describe-", "list-", "lookup-", "filter-", "sync"].iter().any(|verb| operation.starts_with(verb));
                assert!(reads || line.contains("configure get"), "{line}");
            }
        }
    }
}
