//! Data that a job names nowhere but in its environment, hyperparameters or arguments.

use super::super::jobs::Job;
use crate::fact::s3::S3Uri;

/// Where a place is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    /// In an environment variable.
    Environment(String),
    /// In a hyperparameter.
    Hyperparameter(String),
    /// In a container argument.
    Argument,
}

impl Naming {
    /// Returns the name used in the place of a channel.
    pub fn channel(&self) -> String {
        match self {
            Self::Environment(name) => format!("environment.{name}"),
            Self::Hyperparameter(name) => format!("hyperparameter.{name}"),
            Self::Argument => "argument".to_owned(),
        }
    }
}

/// Names that say that something is written there, or is code.
const NOT_INPUT: [&str; 14] = [
    "output",
    "checkpoint",
    "submit_directory",
    "artifact",
    "dest",
    "save",
    "write",
    "log",
    "result",
    "tensorboard",
    "profiler",
    "code",
    "export",
    "model_dir",
];

/// Returns the places that a job names as if it read them.
pub(super) fn places(job: &Job) -> Vec<(Naming, S3Uri)> {
    let looks_like_input = |name: &str| {
        let name = name.to_lowercase();
        !NOT_INPUT.iter().any(|word| name.contains(word))
    };
    let mut found = Vec::new();
    for (name, value) in job.environment.iter().filter(|(name, _)| looks_like_input(name)) {
        found.extend(S3Uri::find_all(value).into_iter().map(|uri| (Naming::Environment(name.clone()), uri)));
    }
    for (name, value) in job.hyperparameters.iter().filter(|(name, _)| looks_like_input(name)) {
        found.extend(S3Uri::find_all(value).into_iter().map(|uri| (Naming::Hyperparameter(name.clone()), uri)));
    }
    let mut option = "";
    for argument in &job.arguments {
        if looks_like_input(option) && looks_like_input(argument.split('=').next().unwrap_or_default()) {
            found.extend(S3Uri::find_all(argument).into_iter().map(|uri| (Naming::Argument, uri)));
        }
        option = if argument.starts_with('-') && !argument.contains('=') { argument } else { "" };
    }
    let inputs = job.inputs.iter().filter_map(|input| input.uri.as_ref());
    let outputs = job.outputs.iter().filter_map(|output| output.uri.as_ref()).chain(job.checkpoint.as_ref());
    let artifact = job.artifact.as_ref().map(|artifact| &artifact.uri);
    let declared: Vec<&S3Uri> = inputs.chain(outputs).chain(artifact).collect();
    found.retain(|(_, uri)| !declared.iter().any(|own| own.is_folder_of(uri) || uri.is_folder_of(own)));
    found.sort();
    found.dedup_by(|later, earlier| later.1 == earlier.1);
    found
}
