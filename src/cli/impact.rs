//! `modeltrail impact`: where something bad got to.

use clap::Args;

use super::options::{Common, Evidence, Plain};
use super::output::Output;
use super::{Exit, Failure, Opened, open};
use crate::audit::{Asked, Impact, Selection};
use crate::case::impact::Absent;
use crate::report::{impact, text};

/// Arguments of `impact`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    evidence: Evidence,
    #[command(flatten)]
    of: Of,
}

/// What is asked about.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Of {
    /// An object, such as `s3://bucket/key` or `s3://bucket/key?versionId=ID`; a key that ends in `/` is everything under it
    #[arg(long, value_name = "S3URI")]
    object: Option<String>,
    /// A commit, or at least its first seven digits
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// An image by its digest, `sha256:…`, or by its name with a tag or digest
    #[arg(long, value_name = "URI|DIGEST")]
    image: Option<String>,
    /// A model or model package, by name or ARN
    #[arg(long, value_name = "NAME|ARN")]
    model: Option<String>,
    /// A model package, by name (`group/version`) or ARN
    #[arg(long, value_name = "NAME|ARN")]
    package: Option<String>,
}

impl Of {
    /// Returns the option that was given with its value, and what it asks about.
    fn asked(&self) -> Result<(&'static str, &str, Asked), Failure> {
        let malformed = |option: &str, text: &str, form: &str| Failure::usage(format!("{option} {text}: not {form}"));
        let given = [
            ("--object", &self.object),
            ("--commit", &self.commit),
            ("--image", &self.image),
            ("--model", &self.model),
            ("--package", &self.package),
        ];
        let given = given.into_iter().find_map(|(option, text)| Some((option, text.as_deref()?)));
        let Some((option, text)) = given else { return Err(Failure::usage("name what is asked about")) };
        let asked = match option {
            "--object" => Asked::object(text).ok_or_else(|| {
                malformed(option, text, "an object; write it like s3://bucket/key?versionId=ID or s3://bucket/folder/")
            })?,
            "--commit" => {
                Asked::commit(text).ok_or_else(|| malformed(option, text, "a commit: 7 to 40 hexadecimal digits, or 64"))?
            }
            "--image" => Asked::image(text)
                .ok_or_else(|| malformed(option, text, "an image; write it like sha256:… or registry/name:tag"))?,
            _ if text.is_empty() => return Err(Failure::usage(format!("{option} is empty"))),
            "--model" => Asked::Model(text.to_owned()),
            _ => Asked::Package(text.to_owned()),
        };
        Ok((option, text, asked))
    }
}

/// Runs `impact`.
pub(super) fn run(arguments: &Arguments, common: &Common) -> Result<Exit, Failure> {
    let format = common.plain()?;
    let output = Output::choose(common, &arguments.evidence.paths)?;
    let look = text::Look { zone: common.zone()?, verbose: common.verbose };
    let (from, to) = common.interval()?;
    let (option, name, asked) = arguments.of.asked()?;
    let Opened { ledger, case, exit } = open(&arguments.evidence.paths, common, None)?;
    let selection = Selection { from, to, account: common.account.clone(), region: common.region.clone(), models: None };
    let found = Impact::of(&case, &ledger, &selection, &asked).map_err(|absent| failure(option, name, absent))?;
    let answer = impact::answer(&found);
    match format {
        Plain::Text => output.text(&impact::text(&answer, &look))?,
        Plain::Json => output.json(&answer)?,
    }
    Ok(exit)
}

fn failure(option: &str, name: &str, absent: Absent) -> Failure {
    const NAMED: usize = 20;
    match absent {
        Absent::Shared(several) => Failure::usage(format!(
            "{option} {name}: several are meant; name one of them, or give --account and --region: {}",
            several.join(", ")
        )),
        Absent::Unknown(others) => {
            let more = if others.len() > NAMED { format!(" and {} more", others.len() - NAMED) } else { String::new() };
            let known = if others.is_empty() {
                String::new()
            } else {
                format!("; it knows {}{more}", others[..others.len().min(NAMED)].join(", "))
            };
            Failure::unread(format!("{option} {name}: nothing in the evidence is called so{known}"))
        }
    }
}
