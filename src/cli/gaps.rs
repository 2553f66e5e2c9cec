//! `modeltrail gaps`: what is here, what is missing, and how to export it.

use std::path::PathBuf;

use clap::Args;

use super::options::{Common, Plain};
use super::output::Output;
use super::{Exit, Failure, Opened, open};
use crate::audit::{Audit, Selection};
use crate::case::gap::Gaps;
use crate::fact::arn::Arn;
use crate::report::script::{Start, script};
use crate::report::{build, text};

/// Arguments of `gaps`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Files, folders and containers; with --script and --endpoint none are needed
    #[arg(value_name = "EVIDENCE")]
    paths: Vec<PathBuf>,
    /// Print a shell script that exports what is missing; it only reads
    #[arg(long, conflicts_with = "format")]
    script: bool,
    /// Start from this endpoint: export everything about it between --from and --to
    #[arg(long, value_name = "NAME|ARN", requires_all = ["script", "from", "to"])]
    endpoint: Option<String>,
}

/// Runs `gaps`.
pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let format = common.plain()?;
    let output = Output::choose(common, &arguments.paths)?;
    let (from, to) = common.interval()?;
    let start = match (&arguments.endpoint, from, to) {
        (Some(endpoint), Some(from), Some(to)) => {
            let arn = Arn::parse(endpoint);
            let region = arn.as_ref().map(|arn| arn.region().to_owned()).or_else(|| common.region.clone());
            let endpoint = arn.as_ref().map_or(endpoint.as_str(), Arn::last);
            if endpoint.is_empty()
                || !endpoint.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                || endpoint.starts_with('-')
            {
                return Err(Failure::usage(format!(
                    "--endpoint {endpoint}: an endpoint's name holds letters, digits and hyphens only"
                )));
            }
            Some(Start { endpoint: endpoint.to_owned(), from, to, region })
        }
        _ => None,
    };
    if arguments.paths.is_empty() {
        let Some(start) = start else {
            return Err(Failure::usage(
                "give EVIDENCE, or start from nothing with --script --endpoint NAME --from TIME --to TIME",
            ));
        };
        output.text(&script(&Gaps::default(), Some(&start)))?;
        return Ok(Exit::Done);
    }
    let look = text::Look { zone: common.zone()?, verbose: common.verbose };
    let Opened { ledger, case, exit } = open(&arguments.paths, common, None)?;
    let selection = Selection { from, to, account: common.account.clone(), region: common.region.clone(), models: None };
    let audit = Audit::of(&case, &ledger, &selection);
    if arguments.script {
        output.text(&script(&audit.gaps, start.as_ref()))?;
        return Ok(exit);
    }
    let answer = build::gaps_answer(&audit);
    match format {
        Plain::Text => output.text(&text::gaps(&answer, &look))?,
        Plain::Json => output.json(&answer)?,
    }
    Ok(exit)
}
