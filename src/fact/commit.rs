//! Commits: which names announce one, and what one looks like.

use std::sync::LazyLock;

use regex::Regex;

/// Returns whether a name (of an environment variable, hyperparameter or tag) announces a commit.
pub fn is_commit_name(name: &str) -> bool {
    let folded: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let endings = [
        "commit",
        "commitid",
        "commitsha",
        "commithash",
        "gitsha",
        "githash",
        "gitrev",
        "gitrevision",
        "githubsha",
        "gitref",
        "sourceversion",
        "codeversion",
        "coderevision",
        "codecommit",
        "vcsref",
        "sourcerevision",
        "gitcommitshort",
    ];
    endings.iter().any(|ending| folded.ends_with(ending))
}

/// Returns the commit that a value states: 7 to 40 hex digits, or 64, in lower case. Digits alone are a commit only at full
/// length, so that dates and counters are none.
pub fn commit(value: &str) -> Option<String> {
    let value = value.trim().trim_matches('"').to_ascii_lowercase();
    let hex = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lettered = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    match value.len() {
        40 | 64 if hex => Some(value),
        7..=39 if hex && lettered => Some(value),
        _ => None,
    }
}

/// Returns the commit in an image tag: the tag itself, or its last part after `-`, `_` or `.`.
pub fn in_image_tag(tag: &str) -> Option<String> {
    static LAST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|[-_.])(?:sha|git|g)?-?([0-9a-f]{7,40})$").ok());
    let found = LAST.as_ref()?.captures(tag)?.get(1)?.as_str();
    // A word of hex letters only (`facade`, `deadbeef`) is a word, unless it is long.
    let numbered = found.bytes().any(|byte| byte.is_ascii_digit());
    if numbered || found.len() >= 12 { commit(found) } else { None }
}

/// Returns whether two commits name the same one: equal, or one the abbreviation of the other.
pub fn agree(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short.len() >= 7 && long.starts_with(short)
}

/// Returns the hash in a code path of the `SageMaker` SDK's pipelines: `…/code/<64 hex>/sourcedir.tar.gz`.
pub fn sdk_hash(key: &str) -> Option<String> {
    let mut parts = key.split('/').rev();
    parts.next()?;
    parts.find(|part| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit())).map(str::to_ascii_lowercase)
}

/// Returns the hash of the SDK in the key of a job's code, where it stands as the SDK writes it: `…/code/<64 hex>/FILE`.
pub fn code_hash(key: &str) -> Option<String> {
    let mut parts = key.rsplit('/');
    let (file, hash, folder) = (parts.next()?, parts.next()?, parts.next()?);
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hash && folder == "code" && !file.is_empty()).then(|| hash.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values() {
        for name in [
            "GIT_COMMIT",
            "GIT_COMMIT_ID",
            "git-sha",
            "CI_COMMIT_SHA",
            "CODEBUILD_RESOLVED_SOURCE_VERSION",
            "commit",
            "GITHUB_SHA",
        ] {
            assert!(is_commit_name(name), "{name}");
        }
        for name in ["COMMITTEE", "DATA_VERSION", "SHARD", "git_repo"] {
            assert!(!is_commit_name(name), "{name}");
        }
        let full = "4e1243bd22c66e76c2ba9eddc1f91394e57f9f83";
        assert_eq!(commit(full).as_deref(), Some(full));
        assert_eq!(commit("4E1243B").as_deref(), Some("4e1243b"));
        for value in ["20260302", "4e1243", "main", "v1.2", ""] {
            assert_eq!(commit(value), None, "{value}");
        }
        assert!(agree("4e1243b", full) && !agree("4e1243c", full) && !agree("4e1", full));
    }

    #[test]
    fn tags_and_paths() {
        assert_eq!(in_image_tag("v1.2-4e1243b").as_deref(), Some("4e1243b"));
        assert_eq!(in_image_tag("sha-4e1243b").as_deref(), Some("4e1243b"));
        for tag in ["prod", "1.2-1", "20260302", "facade", "2026-03-02"] {
            assert_eq!(in_image_tag(tag), None, "{tag}");
        }
        let hash = "9f".repeat(32);
        assert_eq!(sdk_hash(&format!("churn/code/{hash}/sourcedir.tar.gz")), Some(hash));
        assert_eq!(sdk_hash("churn/source/sourcedir.tar.gz"), None);
        let hash = "9f".repeat(32);
        assert_eq!(code_hash(&format!("a/churn/code/{hash}/train.py")), Some(hash.clone()));
        for other in ["{}/code/train.py", "code/{}", "code/{}/", "source/{}/train.py", "code/{}/more/train.py"] {
            assert_eq!(code_hash(&other.replace("{}", &hash)), None, "{other}");
        }
    }
}
