//! `modeltrail investigate`: an endpoint at an instant.

use std::path::PathBuf;

use clap::Args;

use super::options::{Common, Evidence, Plain};
use super::output::Output;
use super::{Exit, Failure, Opened, config, open};
use crate::audit::{Investigation, NoAnswer, Put, Selection};
use crate::drift::rule::RuleSet;
use crate::report::{investigation, text};
use crate::time::Seconds;

/// Arguments of `investigate`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    evidence: Evidence,
    /// The endpoint, by name or ARN
    #[arg(long, value_name = "NAME|ARN")]
    endpoint: String,
    /// The instant: RFC 3339, or a local time of --tz such as '2026-10-14 03:58'
    #[arg(long, value_name = "TIME")]
    at: String,
    /// How far back to look for changes and incidents: 90m, 24h, 3d
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = window)]
    window: Seconds,
    /// Settings: `modeltrail.toml` with tables `[drift]` (thresholds), `[data]` (`ignore`, `labels`) and `[drill]` (targets)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Longest window, in seconds: a year.
const LONGEST: Seconds = 366 * 86_400;

/// Reads a length of time.
fn window(text: &str) -> Result<Seconds, String> {
    let wrong = || "a length of time such as 90m, 24h or 3d, of at most 366 days".to_owned();
    let unit = |unit: char| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    };
    let last = text.chars().last().ok_or_else(wrong)?;
    let length: Seconds = unit(last).ok_or_else(wrong)?;
    let number: Seconds = text.strip_suffix(last).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    number.checked_mul(length).filter(|seconds| (1..=LONGEST).contains(seconds)).ok_or_else(wrong)
}

/// Runs `investigate`.
pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let format = common.plain()?;
    let output = Output::choose(common, &arguments.evidence.paths)?;
    let look = text::Look { zone: common.zone()?, verbose: common.verbose };
    if common.from.is_some() || common.to.is_some() {
        return Err(Failure::usage("--from and --to: `investigate` looks at --at, and at --window before it"));
    }
    if arguments.endpoint.is_empty() {
        return Err(Failure::usage("--endpoint is empty"));
    }
    let at = common.time("--at", Some(&arguments.at))?.ok_or_else(|| Failure::usage("--at is empty"))?;
    let put = Put { endpoint: arguments.endpoint.clone(), at, window: arguments.window };
    let config = config::read(arguments.config.as_deref())?;
    let targets = config.targets();
    let settings = config.settings(RuleSet::default());
    let Opened { ledger, mut case, exit } = open(&arguments.evidence.paths, common, Some(&settings))?;
    case.targets = targets;
    let selection = Selection { account: common.account.clone(), region: common.region.clone(), ..Selection::default() };
    let found = Investigation::of(&case, &ledger, &selection, &put).map_err(|none| failure(arguments, none))?;
    let answer = investigation::answer(&found);
    match format {
        Plain::Text => output.text(&investigation::text(&answer, &look))?,
        Plain::Json => output.json(&answer)?,
    }
    Ok(exit)
}

fn failure(arguments: &Arguments, none: NoAnswer) -> Failure {
    const NAMED: usize = 20;
    let name = &arguments.endpoint;
    match none {
        NoAnswer::Shared(several) => Failure::usage(format!(
            "--endpoint {name}: several are meant; name one of them, or give --account and --region: {}",
            several.join(", ")
        )),
        NoAnswer::Unknown(others) => {
            let more = if others.len() > NAMED { format!(" and {} more", others.len() - NAMED) } else { String::new() };
            let named: Vec<&str> = others.iter().take(NAMED).map(String::as_str).collect();
            let known = if others.is_empty() { String::new() } else { format!("; it knows {}{more}", named.join(", ")) };
            Failure::unread(format!("--endpoint {name}: no endpoint in the evidence is called so{known}"))
        }
        NoAnswer::TooLate(as_of) => Failure::unread(format!(
            "--at {}: the evidence ends before, at {}; nothing is known of that instant",
            arguments.at,
            as_of.to_seconds_text()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        for (text, seconds) in [("24h", 86_400), ("90m", 5_400), ("3d", 259_200), ("45s", 45)] {
            assert_eq!(window(text), Ok(seconds), "{text}");
        }
        for wrong in ["", "24", "h", "-1h", "0h", "1.5h", "400d", "9999999999999999999d", "24 h", "1w", "ä"] {
            assert!(window(wrong).is_err(), "{wrong}");
        }
    }
}
