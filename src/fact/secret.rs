//! Secrets that people put into environments, hyperparameters, tags and arguments.
//!
//! They are replaced when they are read, so that nothing later can print them by mistake.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::s3::S3Uri;

/// What stands in the place of a secret.
pub const REDACTED: &str = "<redacted>";

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)secret|token|passw|\bpwd\b|_pwd|credential|private|api[-_.]?key|access[-_.]?key|account[-_.]?key|oauth|(^|[-_.])auth([-_.]|$)|(^|[-_.])key$").ok()
});

static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        \b(AKIA|ASIA)[0-9A-Z]{16}\b            # AWS access keys
        | \bgh[pousr]_[0-9A-Za-z]{20,}         # GitHub
        | \bglpat-[0-9A-Za-z_-]{15,}           # GitLab
        | \bxox[abeoprs]-[0-9A-Za-z-]{10,}     # Slack
        | \bsk-[0-9A-Za-z_-]{20,} | \bhf_[0-9A-Za-z]{20,}
        | \beyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.   # JSON web tokens
        | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY
        | \w+://[^\s/:@]+:[^\s/@]+@            # a password in a URL
        ",
    )
    .ok()
});

/// Returns whether a named value is to be kept from every output. A place in S3 is none, whatever its name.
pub fn is_secret(name: &str, value: &str) -> bool {
    if value.is_empty() || value == REDACTED {
        return false;
    }
    let matches = |pattern: &LazyLock<Option<Regex>>, text: &str| pattern.as_ref().is_some_and(|pattern| pattern.is_match(text));
    if matches(&VALUE, value) {
        return true;
    }
    let harmless = S3Uri::parse(value).is_some() || value.parse::<f64>().is_ok() || matches!(value, "true" | "false");
    !harmless && matches(&NAME, name)
}

/// Replaces the secrets among named values.
pub fn redact(values: &mut BTreeMap<String, String>) {
    for (name, value) in values {
        if is_secret(name, value) {
            REDACTED.clone_into(value);
        }
    }
}

/// Replaces the secrets among command-line arguments: `--name value` and `--name=value`.
pub fn redact_arguments(arguments: &mut [String]) {
    let mut name = String::new();
    for argument in arguments {
        let (own_name, value) = match argument.split_once('=') {
            Some((own_name, value)) if argument.starts_with('-') => (own_name.to_owned(), value.to_owned()),
            _ => (std::mem::take(&mut name), argument.clone()),
        };
        if is_secret(&own_name, &value) {
            *argument = if argument.len() > value.len() { format!("{own_name}={REDACTED}") } else { REDACTED.to_owned() };
        } else if argument.starts_with('-') && !argument.contains('=') {
            name.clone_from(argument);
        }
    }
}

/// Replaces what looks like a secret inside a text.
pub fn redact_text(text: &str) -> String {
    VALUE.as_ref().map_or_else(|| text.to_owned(), |pattern| pattern.replace_all(text, REDACTED).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_facts_stay() {
        for (name, value) in [
            ("DB_PASSWORD", "hunter2"),
            ("WANDB_API_KEY", "abc"),
            ("X", "AKIAIOSFODNN7EXAMPLE"),
            ("INDEX_URL", "https://aws:pw@host/simple"),
            ("github_token", "ghp_0123456789012345678901234567890123456"),
        ] {
            assert!(is_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("GIT_COMMIT", "4e1243bd22c66e76c2ba9eddc1f91394e57f9f83"),
            ("TRAIN_KEY", "s3://b/k"),
            ("max_tokens", "512"),
            ("sagemaker_program", "train.py"),
            ("use_auth", "false"),
        ] {
            assert!(!is_secret(name, value), "{name}");
        }
        let mut arguments = ["--epochs", "3", "--api-key", "abc", "--token=x", "--data", "s3://b/p"].map(str::to_owned);
        redact_arguments(&mut arguments);
        assert_eq!(arguments, ["--epochs", "3", "--api-key", REDACTED, "--token=<redacted>", "--data", "s3://b/p"]);
    }
}
