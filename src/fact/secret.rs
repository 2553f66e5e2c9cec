//! Secrets that people put into environments, hyperparameters, tags and arguments.
//!
//! They are replaced when they are read, so that nothing later can print them by mistake.

mod prose;
mod running;

use std::sync::LazyLock;

use litemap::LiteMap;
use regex::Regex;

use super::s3::S3Uri;
pub use prose::redact_prose;

/// What stands in the place of a secret.
pub const REDACTED: &str = "<redacted>";

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)secret|token|pass(w|phrase|$|[-_.])|\bpwd\b|_pwd|(^|[-_.])pw($|[-_.])|credential|private|api[-_.]?key|access[-_.]?key|account[-_.]?key|oauth|(^|[-_.])auth(orization)?([-_.]|$)|(^|[-_.])key$").ok()
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
        | \bBearer\s+[0-9A-Za-z._~+/=-]{6,}    # HTTP authorisation
        | \bhooks\.slack\.com/(services|workflows|triggers)/[0-9A-Za-z/_-]+   # addresses that are secrets
        | \bwebhook\.office\.com/webhookb2/[0-9A-Za-z/@_-]+
        ",
    )
    .ok()
});

/// A password in a URL. Apart from the others, which begin with words that are searched for fast.
static URL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\w+://[^\s/:@]*:[^\s@]+@").ok());

/// The length of the shortest text that [`VALUE`] can match: `Bearer abcdef`.
const SHORTEST: usize = 13;

/// A run of the characters of a secret access key.
static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("[A-Za-z0-9/+]+").ok());

/// Returns whether a named value is to be kept from every output. A place in S3 is none, whatever its name.
pub fn is_secret(name: &str, value: &str) -> bool {
    if value.is_empty() || value == REDACTED {
        return false;
    }
    let matches = |pattern: &LazyLock<Option<Regex>>, text: &str| pattern.as_ref().is_some_and(|pattern| pattern.is_match(text));
    if (value.len() >= SHORTEST && matches(&VALUE, value)) || (value.contains('@') && matches(&URL, value)) {
        return true;
    }
    if !may_name(name) || !matches(&NAME, name) {
        return false;
    }
    let folded = name.to_ascii_lowercase();
    let counts = value.parse::<f64>().is_ok() && !folded.contains("pass") && !folded.contains("secret");
    !(S3Uri::parse(value).is_some() || counts || matches!(value, "true" | "false"))
}

/// Returns whether [`NAME`] could match: two letters of one of its words are there. Most names have none, and this is much faster.
fn may_name(name: &str) -> bool {
    let pair = |pair: &[u8]| matches!(&[pair[0] | 0x20, pair[1] | 0x20], b"cr" | b"ke" | b"pa" | b"pw" | b"pr" | b"au");
    // Other alphabets have letters that a pattern takes for these.
    !name.is_ascii() || name.as_bytes().windows(2).any(pair)
}

/// Replaces the secrets among named values.
pub fn redact(values: &mut LiteMap<String, String>) {
    for (name, value) in values.iter_mut() {
        if is_secret(name, value) {
            REDACTED.clone_into(value);
        }
    }
}

/// Replaces the secrets among command-line arguments: `--name value` and `--name=value`.
pub fn redact_arguments(arguments: &mut [String]) {
    let mut name = String::new();
    for argument in arguments {
        match argument.split_once('=').filter(|_| argument.starts_with('-')) {
            Some((own, value)) if is_secret(own, value) => *argument = format!("{own}={REDACTED}"),
            Some(_) => {}
            None => {
                let before = std::mem::take(&mut name);
                if is_secret(&before, argument) {
                    REDACTED.clone_into(argument);
                } else if argument.starts_with('-') {
                    name.clone_from(argument);
                }
            }
        }
    }
}

/// Replaces what looks like a secret inside a text: what has the form of one, and what stands behind a name of one.
pub fn redact_text(text: &str) -> String {
    let mut text = text.to_owned();
    for pattern in [&VALUE, &URL].into_iter().filter_map(|pattern| pattern.as_ref()) {
        text = pattern.replace_all(&text, REDACTED).into_owned();
    }
    let Some(key) = KEY.as_ref() else { return text };
    let text = running::redact(&text).unwrap_or(text);
    // Secret access keys have 40 characters of all kinds; so have commits, of two kinds.
    key.replace_all(&text, |found: &regex::Captures<'_>| {
        let run = &found[0];
        let has = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
        let is_key = run.len() == 40 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
        if is_key { REDACTED.to_owned() } else { run.to_owned() }
    })
    .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_passed_over() {
        let pattern = NAME.as_ref().unwrap();
        for name in [
            "client_secret",
            "TOKEN",
            "PassW",
            "passphrase",
            "db-pass",
            "pass.x",
            "PWD",
            "x_pwd",
            "pw",
            "a-pw-b",
            "Credential",
            "private",
            "API.KEY",
            "accesskey",
            "account_key",
            "oauth",
            "auth",
            "x.Authorization",
            "key",
            "s-key",
            "to\u{212a}en",
        ] {
            assert!(pattern.is_match(name) && may_name(name), "{name}");
        }
        assert!(!may_name("max_depth") && !may_name("eta"));
    }

    #[test]
    fn secrets_go_and_facts_stay() {
        for (name, value) in [
            ("DB_PASSWORD", "hunter2"),
            ("WANDB_API_KEY", "abc"),
            ("X", "AKIAIOSFODNN7EXAMPLE"),
            ("X", "Bearer abcdef"),
            ("X", "a://:b@"),
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
        for (text, shown) in [
            ("login failed: password=hunter2 for ml", "login failed: password=<redacted> for ml"),
            ("see https://u:hunter2@host/x", "see <redacted>host/x"),
            (r#"{"token": "abcdef", "rows": 12345}"#, r#"{"token": "<redacted>", "rows": 12345}"#),
            ("run --api-key abcdef --epochs 3000", "run --api-key <redacted> --epochs 3000"),
            ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "key <redacted>"),
            (
                "the token expired at 4e1243bd22c66e76c2ba9eddc1f91394e57f9f83",
                "the token expired at 4e1243bd22c66e76c2ba9eddc1f91394e57f9f83",
            ),
            ("AlgorithmError: ValueError: max_tokens=512 is too few", "AlgorithmError: ValueError: max_tokens=512 is too few"),
            ("post https://hooks.slack.com/services/T00/B00/abcdef", "post https://<redacted>"),
        ] {
            assert_eq!(redact_text(text), shown);
        }
        let mut arguments = ["--epochs", "3", "--api-key", "abc", "--token=x", "--data", "s3://b/p"].map(str::to_owned);
        redact_arguments(&mut arguments);
        assert_eq!(arguments, ["--epochs", "3", "--api-key", REDACTED, "--token=<redacted>", "--data", "s3://b/p"]);
    }
}
