//! Which command made a file.
//!
//! Many answers do not name what was asked for, nor when. A sidecar beside the file, an envelope around the answer, or, failing
//! both, the names of the folders it lies in tell. All three are the exporter's word: used, listed, and refused where ids in
//! the file contradict them.

use serde::Deserialize;

use crate::fact::secret;
use crate::json::element;
use crate::json::scalar::{Moment, Text, Whole};
use crate::time::Instant;

/// Who says which command it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A file `X.cmd` beside `X`.
    Sidecar,
    /// An object around the answer.
    Envelope,
    /// The folders it lies in.
    Folder,
}

impl Origin {
    /// Returns its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sidecar => "sidecar",
            Self::Envelope => "envelope",
            Self::Folder => "folder name",
        }
    }
}

/// The command that made a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who says so.
    pub origin: Origin,
    /// The command line, from `aws` on.
    pub argv: Vec<String>,
    /// Account it was run in.
    pub account: Option<String>,
    /// Region it was run in.
    pub region: Option<String>,
    /// When.
    pub captured: Option<Instant>,
    /// Its exit status.
    pub exit: Option<i64>,
    /// The code of the error that AWS answered with.
    pub error: Option<String>,
}

#[derive(Deserialize)]
struct Sidecar {
    #[serde(default)]
    argv: Vec<String>,
    #[serde(default)]
    account: Text,
    #[serde(default)]
    region: Text,
    #[serde(default)]
    captured_at: Moment,
    #[serde(default)]
    exit: Whole,
    #[serde(default)]
    error: Text,
}

impl Request {
    /// Reads a sidecar's content, or the `modeltrail` member of an envelope.
    ///
    /// # Errors
    ///
    /// Where it is none, with the reason.
    pub fn parse(text: &[u8], origin: Origin) -> Result<Self, String> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let (sidecar, _) = element::read::<Sidecar>(text).map_err(|error| format!("no sidecar: {error}"))?;
        if sidecar.argv.first().map(String::as_str) != Some("aws") || sidecar.argv.len() < 3 {
            return Err("no sidecar: `argv` is not the command line of an `aws` command".to_owned());
        }
        let Sidecar { argv, account, region, captured_at, exit, error } = sidecar;
        let mut request = Self {
            origin,
            argv,
            account: account.0,
            region: region.0,
            captured: captured_at.0,
            exit: exit.0,
            error: error.0.filter(|error| !error.is_empty()),
        };
        request.region = request.region.clone().or_else(|| request.option("region").map(str::to_owned));
        Ok(request)
    }

    /// Guesses the command from the folders a file lies in, as people sort exports.
    pub fn from_path(path: &str) -> Option<Self> {
        let path = path.replace("!/", "/");
        let parts: Vec<&str> = path.split('/').collect();
        let (file, folders) = parts.split_last()?;
        let stem = file.split('.').next().unwrap_or(file);
        let after = |name: &str| {
            folders.iter().rposition(|part| *part == name).map(|at| &folders[at + 1..]).filter(|rest| !rest.is_empty())
        };
        let command: Vec<String> = if let Some([pipeline, "executions", execution, ..]) = after("pipelines") {
            vec!["sagemaker".into(), stem.into(), "--pipeline-execution-arn".into(), format!("{pipeline}/execution/{execution}")]
        } else if let Some([bucket, rest @ ..]) = after("s3") {
            match stem {
                "ls" | "s3-ls" => {
                    vec!["s3".into(), "ls".into(), format!("s3://{bucket}/{}", rest.join("/")), "--recursive".into()]
                }
                "head-object" if !rest.is_empty() => {
                    vec!["s3api".into(), stem.into(), "--bucket".into(), (*bucket).into(), "--key".into(), rest.join("/")]
                }
                _ => vec!["s3api".into(), stem.into(), "--bucket".into(), (*bucket).into()],
            }
        } else if let Some([repository, rest @ ..]) = after("ecr") {
            let repository = std::iter::once(repository).chain(rest).copied().collect::<Vec<_>>().join("/");
            vec!["ecr".into(), stem.into(), "--repository-name".into(), repository]
        } else if let Some(["targets", rule, ..]) = after("eventbridge") {
            vec!["events".into(), "list-targets-by-rule".into(), "--rule".into(), (*rule).into()]
        } else if let Some(group) = after("logs").and_then(log_group) {
            vec!["logs".into(), stem.into(), "--log-group-name".into(), group]
        } else {
            return None;
        };
        let account = folders.iter().find(|part| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit()));
        let region = folders.iter().find(|part| is_region(part));
        Some(Self {
            origin: Origin::Folder,
            argv: std::iter::once("aws".to_owned()).chain(command).collect(),
            account: account.map(|part| (*part).to_owned()),
            region: region.map(|part| (*part).to_owned()),
            captured: None,
            exit: None,
            error: None,
        })
    }

    /// Returns the service and operation: `s3api`, `list-object-versions`.
    pub fn operation(&self) -> (&str, &str) {
        let mut words = self.argv.iter().skip(1).map(String::as_str);
        // Global options may stand before the service: `aws --region x s3api …`.
        let mut word = words.next().unwrap_or_default();
        while word.starts_with("--") {
            if !word.contains('=') {
                words.next();
            }
            word = words.next().unwrap_or_default();
        }
        (word, words.next().unwrap_or_default())
    }

    /// Returns the value of an option, given as `--name value` or `--name=value`.
    pub fn option(&self, name: &str) -> Option<&str> {
        let mut words = self.argv.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let Some(rest) = word.strip_prefix("--").and_then(|word| word.strip_prefix(name)) else { continue };
            if rest.is_empty() {
                return words.next();
            }
            if let Some(value) = rest.strip_prefix('=') {
                return Some(value);
            }
        }
        None
    }

    /// Returns whether the command carries any of the given options.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| {
            self.argv
                .iter()
                .any(|word| word.strip_prefix("--").is_some_and(|word| word == *name || word.starts_with(&format!("{name}="))))
        })
    }

    /// Returns the words that are neither options nor their values, after the operation.
    pub fn positional(&self) -> Option<&str> {
        let (_, operation) = self.operation();
        let at = self.argv.iter().position(|word| word == operation)?;
        self.argv.get(at + 1..)?.iter().map(String::as_str).find(|word| !word.starts_with("--"))
    }

    /// Describes the command for the ledger; secrets among its words are replaced unless they are wanted.
    pub fn shown(&self, show_secrets: bool) -> String {
        let mut argv = self.argv.clone();
        if !show_secrets {
            secret::redact_arguments(&mut argv);
        }
        format!("{} ({})", argv.join(" "), self.origin.name())
    }
}

/// Reads a log group out of folder names: `aws/sagemaker/TrainingJobs`, or one part with the slashes escaped.
fn log_group(folders: &[&str]) -> Option<String> {
    let first = *folders.first()?;
    if first == "aws" {
        let parts: Vec<&str> = folders.iter().copied().take(4).collect();
        let known = if parts.get(2).is_some_and(|part| ["Endpoints", "InferenceComponents"].contains(part)) { 4 } else { 3 };
        return Some(format!("/{}", parts[..parts.len().min(known)].join("/")));
    }
    let decoded = percent_encoding::percent_decode_str(first).decode_utf8().ok()?.into_owned();
    if decoded.starts_with('/') {
        return Some(decoded);
    }
    ["_aws_sagemaker_", "-aws-sagemaker-", "aws_sagemaker_", "aws-sagemaker-"].iter().find_map(|prefix| {
        let rest = decoded.strip_prefix(prefix)?;
        let separator = prefix.chars().last()?;
        let of = |kind: &str| Some(format!("/aws/sagemaker/{kind}/{}", rest.strip_prefix(kind)?.strip_prefix(separator)?));
        Some(of("Endpoints").or_else(|| of("InferenceComponents")).unwrap_or_else(|| format!("/aws/sagemaker/{rest}")))
    })
}

/// Returns whether a text is shaped like a region: `eu-central-1`, `us-gov-west-1`.
pub fn is_region(text: &str) -> bool {
    let mut parts = text.split('-').rev();
    let number = parts.next().is_some_and(|part| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let rest: Vec<&str> = parts.collect();
    number
        && (2..=3).contains(&rest.len())
        && rest.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_lowercase()) && !part.is_empty())
        && rest.last().is_some_and(|part| part.len() == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sidecars_say_what_was_asked() {
        let text =
            br#"{"argv":["aws","--region","eu-west-1","s3api","list-object-versions","--bucket=risk-feat","--prefix","a/"],
            "account":"111122223333","captured_at":"2026-10-15T00:00:00Z","exit":0}"#;
        let request = Request::parse(text, Origin::Sidecar).unwrap();
        assert_eq!(request.operation(), ("s3api", "list-object-versions"));
        assert_eq!(
            (request.option("bucket"), request.option("prefix"), request.option("key")),
            (Some("risk-feat"), Some("a/"), None)
        );
        assert_eq!(request.region.as_deref(), Some("eu-west-1"));
        assert!(Request::parse(br#"{"argv":["rm"]}"#, Origin::Sidecar).is_err());
        let ls = Request::parse(br#"{"argv":["aws","s3","ls","s3://b/p/","--recursive"]}"#, Origin::Sidecar).unwrap();
        assert_eq!(ls.positional(), Some("s3://b/p/"));
    }

    #[test]
    fn folders_say_it_where_nothing_else_does() {
        let argv = |path: &str| Request::from_path(path).map(|request| request.argv[1..].join(" ")).unwrap_or_default();
        assert_eq!(argv("ev/s3/risk-feat/list-object-versions.json"), "s3api list-object-versions --bucket risk-feat");
        assert_eq!(
            argv("x.zip!/pipelines/churn/executions/p4j/list-pipeline-execution-steps.json"),
            "sagemaker list-pipeline-execution-steps --pipeline-execution-arn churn/execution/p4j"
        );
        assert_eq!(argv("ecr/team/churn/describe-images.json"), "ecr describe-images --repository-name team/churn");
        assert_eq!(argv("eventbridge/targets/sm-failures/x.json"), "events list-targets-by-rule --rule sm-failures");
        assert_eq!(argv("logs/aws/sagemaker/TrainingJobs/f.json"), "logs f --log-group-name /aws/sagemaker/TrainingJobs");
        let group = "/aws/sagemaker/InferenceComponents/ic";
        assert_eq!(argv("logs/_aws_sagemaker_InferenceComponents_ic/f.json"), format!("logs f --log-group-name {group}"));
        assert_eq!(argv("logs/aws/sagemaker/InferenceComponents/ic/f.json"), format!("logs f --log-group-name {group}"));
        assert_eq!(argv("logs/_aws_sagemaker_Endpoints_ep/f.json"), "logs f --log-group-name /aws/sagemaker/Endpoints/ep");
        assert_eq!(argv("ct/x.json"), "");
        let request = Request::from_path("111122223333/us-east-1/s3/b/get-bucket-versioning.json").unwrap();
        assert_eq!((request.account.as_deref(), request.region.as_deref()), (Some("111122223333"), Some("us-east-1")));
        assert!(is_region("us-gov-west-1") && !is_region("list-object-versions") && !is_region("part-1"));
    }
}
