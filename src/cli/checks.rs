//! `modeltrail checks`: lists the checks, explains one.

use clap::Args;

use super::options::{Common, Plain};
use super::output::Output;
use super::{Exit, Failure};
use crate::report::{build, text};

/// Arguments of `checks`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The check to explain, such as timeout/hit-limit
    id: Option<String>,
}

/// Runs `checks`.
pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let output = Output::choose(common, &[])?;
    let checks = build::checks();
    let Some(id) = &arguments.id else {
        match common.plain()? {
            Plain::Text => output.text(&text::checks(&checks))?,
            Plain::Json => output.json(&checks)?,
        }
        return Ok(Exit::Done);
    };
    let Some(check) = checks.iter().find(|check| check.id == id) else {
        let near: Vec<&str> = checks.iter().map(|check| check.id).filter(|known| known.contains(id.trim_matches('/'))).collect();
        let hint = if near.is_empty() {
            "`modeltrail checks` lists them".to_owned()
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
        return Err(Failure::usage(format!("no check is called {id}; {hint}")));
    };
    match common.plain()? {
        Plain::Text => output.text(&text::check(check))?,
        Plain::Json => output.json(check)?,
    }
    Ok(Exit::Done)
}
