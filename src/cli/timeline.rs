//! `modeltrail timeline`: everything that happened, in order.

use clap::Args;

use super::options::{Common, Evidence, Format};
use super::output::Output;
use super::{Exit, Failure, Opened, open};
use crate::audit::{Selection, Timeline};
use crate::report::{build, text, timeline};

/// Arguments of `timeline`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    evidence: Evidence,
    /// Only what concerns this resource: a name, an ARN, an S3 URI, or a prefix such as `s3://bucket/data/`
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
}

/// Runs `timeline`.
pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let output = Output::choose(common, &arguments.evidence.paths)?;
    let look = text::Look { zone: common.zone()?, verbose: common.verbose };
    let (from, to) = common.interval()?;
    if arguments.subject.as_deref() == Some("") {
        return Err(Failure::usage("--subject is empty"));
    }
    let Opened { ledger, case, exit } = open(&arguments.evidence.paths, common, None)?;
    let selection = Selection { from, to, account: common.account.clone(), region: common.region.clone(), models: None };
    let Some(chosen) = Timeline::of(&case, &ledger, &selection, arguments.subject.as_deref()) else {
        let subject = arguments.subject.as_deref().unwrap_or_default();
        return Err(Failure::unread(format!("--subject {subject}: nothing in the evidence concerns a resource of that name")));
    };
    let answer = build::timeline(&chosen);
    match common.format {
        Format::Text => output.text(&timeline::text(&answer, &look))?,
        Format::Json => output.json(&answer)?,
        Format::Jsonl => output.bytes(&timeline::jsonl(&answer))?,
        Format::Timesketch => output.bytes(&timeline::timesketch(&answer))?,
        Format::Csv => {
            let table =
                timeline::csv(&answer).map_err(|error| Failure::internal(format!("the table cannot be written: {error}")))?;
            output.bytes(&table)?;
        }
        Format::Parquet => {
            let table =
                timeline::parquet(&answer).map_err(|error| Failure::internal(format!("the table cannot be written: {error}")))?;
            output.bytes(&table)?;
        }
    }
    Ok(exit)
}
