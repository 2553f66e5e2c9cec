//! Lists of Python packages for pip: which of them may change from one installation to the next.

use std::sync::LazyLock;

use regex::Regex;

use super::super::Context;
use super::super::sink::Sink;
use crate::evidence::citation::Locator;
use crate::fact::config::{ConfigSays, Requirement};
use crate::fact::log::package_name;

/// Requirements that are kept of one list; the longest lock files have fewer.
const MOST: usize = 5_000;

/// Longest version that is kept.
const LONGEST: usize = 60;

/// States what a list says.
pub(super) fn say(text: &str, cx: &Context<'_>, sink: &mut Sink) {
    let (required, constrained) = read(text);
    if required.len() >= MOST {
        sink.note(Locator::Whole, format!("only its first {MOST} requirements are looked at"));
    }
    super::say(ConfigSays::Requirements { required, constrained }, &Locator::Whole, cx, sink);
}

/// Returns the requirements, and whether versions are constrained elsewhere.
fn read(text: &str) -> (Vec<Requirement>, bool) {
    static NAMED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;#@)]*)\)?").ok());
    let mut required = Vec::new();
    let mut constrained = false;
    let mut follows = false;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim();
        let is_more = std::mem::replace(&mut follows, line.ends_with('\\'));
        constrained |= line.starts_with("-c") || line.starts_with("--constraint");
        if is_more || line.is_empty() || line.starts_with(['#', '-']) || required.len() >= MOST {
            continue;
        }
        // A place on disk, in a repository or under an address is no version that pip chooses.
        let place = line.split_whitespace().next().unwrap_or_default();
        let is_file = [".whl", ".tar.gz", ".zip"].iter().any(|end| place.ends_with(end));
        if line.contains(" @ ") || line.contains("://") || line.starts_with(['.', '/']) || is_file {
            continue;
        }
        let Some(found) = NAMED.as_ref().and_then(|pattern| pattern.captures(line)) else { continue };
        let wanted = found[2].split("--").next().unwrap_or_default().trim_end_matches(['\\', ' ', '\t']).trim();
        let is_pinned = wanted.split(',').map(str::trim).any(|part| part.starts_with("==") && !part.contains('*'));
        let wanted: String = wanted.chars().take(LONGEST).collect();
        required.push(Requirement { name: package_name(&found[1]), wanted, is_pinned, line: number });
    }
    (required, constrained)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(String, String, bool)> {
        read(text).0.into_iter().map(|one| (one.name, one.wanted, one.is_pinned)).collect()
    }

    #[test]
    fn what_may_change_is_told_from_what_may_not() {
        let text = "# of the model\nscikit_learn>=1.2\nxgboost\ntorch==2.1.0+cu118 \\\n    --hash=sha256:ab\nnumpy ~= 1.24 ; python_version > '3.8'\npandas==2.*\nboto3[crt]==1.34.1 # why\n-r more.txt\nown @ git+https://host/x\n./wheel\n";
        let own = |name: &str, wanted: &str, is_pinned| (name.to_owned(), wanted.to_owned(), is_pinned);
        assert_eq!(
            shown(text),
            [
                own("scikit-learn", ">=1.2", false),
                own("xgboost", "", false),
                own("torch", "==2.1.0+cu118", true),
                own("numpy", "~= 1.24", false),
                own("pandas", "==2.*", false),
                own("boto3", "==1.34.1", true),
            ]
        );
        assert!(read("-c constraints.txt\nxgboost\n").1 && read("-cconstraints.txt\nxgboost\n").1 && !read("xgboost\n").1);
        assert_eq!(shown("own-1.0-py3-none-any.whl\n.\n..[extra]\ngit+https://host/x\n-rbase.txt\n"), []);
        assert_eq!(shown("requests [security]>=2\n"), [own("requests", ">=2", false)]);
        assert_eq!(shown("\u{1b}[0m\n==\n;\n"), []);
    }
}
