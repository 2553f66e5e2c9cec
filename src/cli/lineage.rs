//! `modeltrail lineage`: the lineage alone.

use clap::Args;

use super::options::{Common, Evidence, Plain};
use super::output::Output;
use super::{Exit, Failure, Opened, open};
use crate::audit::{Audit, NoModel, Selection};
use crate::report::{build, text};

/// Arguments of `lineage`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    evidence: Evidence,
    /// Only this model or model package, by name or ARN
    #[arg(long, value_name = "NAME|ARN")]
    model: Option<String>,
}

/// Runs `lineage`.
pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let format = common.plain()?;
    let output = Output::choose(common, &arguments.evidence.paths)?;
    let look = text::Look { zone: common.zone()?, verbose: common.verbose };
    let (from, to) = common.interval()?;
    let Opened { ledger, case, exit } = open(&arguments.evidence.paths, common, None)?;
    let mut selection = Selection { from, to, account: common.account.clone(), region: common.region.clone(), models: None };
    if arguments.model.as_deref() == Some("") {
        return Err(Failure::usage("--model is empty"));
    }
    if let Some(name) = &arguments.model {
        let found = selection.models_named(&case, name);
        selection.models = Some(found.map_err(|none| no_model(name, none))?);
    }
    let answer = build::lineage(&Audit::lineage(&case, &ledger, &selection));
    match format {
        Plain::Text => output.text(&text::lineage(&answer, &look))?,
        Plain::Json => output.json(&answer)?,
    }
    Ok(exit)
}

fn no_model(name: &str, none: NoModel) -> Failure {
    match none {
        NoModel::Shared(arns) => {
            let arns: Vec<&str> = arns.iter().map(crate::fact::arn::Arn::as_str).collect();
            Failure::usage(format!(
                "--model {name}: several have this name; give an ARN, or --account and --region: {}",
                arns.join(", ")
            ))
        }
        NoModel::Unknown(names) => {
            const NAMED: usize = 20;
            let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
            let known = if names.is_empty() {
                "no model at all".to_owned()
            } else {
                format!("{}{more}", names[..names.len().min(NAMED)].join(", "))
            };
            Failure::unread(format!("--model {name}: no such model in the evidence, which holds {known}"))
        }
    }
}
