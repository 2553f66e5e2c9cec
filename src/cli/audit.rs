//! `modeltrail audit`: the main job.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::drift::inputs;
use super::options::{Common, Evidence, Plain};
use super::output::{Output, message};
use super::{Exit, Failure, Opened, config, named, open};
use crate::acceptance::Acceptance;
use crate::audit::{Audit, Selection};
use crate::check;
use crate::finding::Severity;
use crate::report::{build, text};

/// Arguments of `audit`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    evidence: Evidence,
    /// End with status 1 if there is a finding of this severity or a graver one
    #[arg(long, value_enum, default_value = "none", value_name = "SEVERITY")]
    fail_on: FailOn,
    /// End with status 3 if a trail covers less than PCT percent of the interval, or if there is no trail
    #[arg(long, value_name = "PCT", value_parser = percent)]
    min_coverage: Option<f64>,
    /// An earlier answer (`audit -f json`): what it found does not count for --fail-on
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Suppressions (TOML: `[[suppress]]` with rule, subject, reason, owner, until): what they accept does not count for --fail-on
    #[arg(long, value_name = "FILE")]
    suppress: Option<PathBuf>,
    /// Business rules for data in the evidence, as of `drift`: `{"user_age": {"min": 18, "max": 80}}`
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Settings: `modeltrail.toml` with tables `[drift]` (thresholds), `[data]` (`ignore`, `labels`) and `[drill]` (targets)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// From what severity on findings matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    None,
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl FailOn {
    const fn severity(self) -> Option<Severity> {
        match self {
            Self::None => None,
            Self::Info => Some(Severity::Info),
            Self::Low => Some(Severity::Low),
            Self::Medium => Some(Severity::Medium),
            Self::High => Some(Severity::High),
            Self::Critical => Some(Severity::Critical),
        }
    }
}

/// Runs `audit`.
pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let format = common.plain()?;
    let output = Output::choose(common, &arguments.evidence.paths)?;
    let look = text::Look { zone: common.zone()?, verbose: common.verbose };
    let (from, to) = common.interval()?;
    let acceptance = acceptance(arguments)?;
    let rules = arguments.rules.as_deref().map(inputs::rules).transpose()?.unwrap_or_default();
    let config = config::read(arguments.config.as_deref())?;
    let targets = config.targets();
    let settings = config.settings(rules);
    let Opened { ledger, mut case, mut exit } = open(&arguments.evidence.paths, common, Some(&settings))?;
    case.targets = targets;
    let selection = Selection { from, to, account: common.account.clone(), region: common.region.clone(), models: None };
    let mut audit = Audit::of(&case, &ledger, &selection);
    let idle = acceptance.apply(&mut audit.findings, case.as_of);
    for told in idle.iter().filter(|_| !common.quiet) {
        message(told);
    }
    let answer = build::audit(&audit);
    match format {
        Plain::Text => output.text(&text::audit(&answer, &look))?,
        Plain::Json => output.json(&answer)?,
    }
    if audit.chooses_nothing() {
        message("nothing in the evidence fits --account, --region, --from and --to: what is there was left out");
        exit = exit.and(Exit::Unread);
    }
    if case.as_of.zip(ledger.earliest()).is_some_and(|(as_of, earliest)| as_of < earliest) {
        message("everything in the evidence is later than --as-of: nothing of it counts");
        exit = exit.and(Exit::Unread);
    }
    if let Some(wanted) = arguments.min_coverage {
        let lowest = audit.lowest_coverage();
        if lowest < wanted {
            message(&format!(
                "what CloudTrail recorded is here for {lowest:.1} % of the interval (answers to filtered queries do not count), less than the {wanted} % of --min-coverage: nothing can be concluded from what is not found"
            ));
            exit = exit.and(Exit::Unread);
        }
    }
    if arguments
        .fail_on
        .severity()
        .is_some_and(|limit| audit.findings.iter().any(|finding| finding.severity <= limit && finding.accepted.is_none()))
    {
        exit = exit.and(Exit::Found);
    }
    Ok(exit)
}

/// Reads what is accepted.
fn acceptance(arguments: &Arguments) -> Result<Acceptance, Failure> {
    /// An answer about gigabytes of evidence is a few MiB long.
    const LONGEST: u64 = 256 << 20;
    let mut acceptance = Acceptance::default();
    let checks: Vec<&str> = check::ALL.iter().map(|check| check.id).collect();
    if let Some(path) = &arguments.baseline {
        named::read("--baseline", path, LONGEST, |text| acceptance.take_baseline(text))?;
    }
    if let Some(path) = &arguments.suppress {
        named::read("--suppress", path, LONGEST, |text| acceptance.take_suppressions(text, &checks))?;
    }
    Ok(acceptance)
}

fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("a number from 0 to 100".to_owned()),
    }
}
