//! Code: which was meant, which ran, and whether the records agree.

pub(super) mod contradiction;
pub(super) mod dependency_change;
pub(super) mod dependency_skew;
pub(super) mod dependency_split;
pub(super) mod dependency_unpinned;
pub(super) mod no_commit;
pub(super) mod tag_moved;
pub(super) mod train_serve_mismatch;

use std::collections::BTreeMap;

/// Returns the packages that two environments both name, in different versions.
pub(super) fn skew<'a>(
    one: &'a BTreeMap<String, String>,
    other: &'a BTreeMap<String, String>,
) -> Vec<(&'a str, &'a str, &'a str)> {
    let differs = |(name, version): (&'a String, &'a String)| {
        let others = other.get(name)?;
        (others != version).then_some((name.as_str(), version.as_str(), others.as_str()))
    };
    one.iter().filter_map(differs).collect()
}

/// Describes differing packages for people.
pub(super) fn describe(skew: &[(&str, &str, &str)]) -> String {
    let shown: Vec<String> = skew.iter().take(8).map(|(name, one, other)| format!("{name} {one} → {other}")).collect();
    let more = skew.len().saturating_sub(shown.len());
    if more > 0 { format!("{}; and {more} more", shown.join("; ")) } else { shown.join("; ") }
}
