//! Data: what lay behind a name when it was read, and whether it stayed.

pub(super) mod artifact_overwritten;
pub(super) mod fake_version;
pub(super) mod handover;
pub(super) mod mixed_producer;
pub(super) mod mutable_input;
pub(super) mod overwritten;
pub(super) mod prefix_overreach;

use std::collections::BTreeMap;

use crate::case::lineage::{DataObject, DataVersion};

/// How an object differs between two versions of a data set.
pub(super) struct Difference<'a> {
    pub(super) key: &'a str,
    pub(super) before: Option<&'a DataObject>,
    pub(super) after: Option<&'a DataObject>,
}

impl Difference<'_> {
    /// Returns whether something that was there changed or went; something new is neither.
    pub(super) fn is_loss(&self) -> bool {
        self.before.is_some()
    }
}

/// Compares two versions of a data set, object by object.
pub(super) fn differences<'a>(before: &'a DataVersion, after: &'a DataVersion) -> Vec<Difference<'a>> {
    let index = |version: &'a DataVersion| -> BTreeMap<(&'a str, &'a str), &'a DataObject> {
        version.objects.iter().map(|object| ((object.bucket.as_str(), object.key.as_str()), object)).collect()
    };
    let (old, new) = (index(before), index(after));
    let mut found = Vec::new();
    for (place, object) in &old {
        match new.get(place) {
            Some(other) if same(object, other) => {}
            other => found.push(Difference { key: &object.key, before: Some(object), after: other.copied() }),
        }
    }
    for (place, object) in &new {
        if !old.contains_key(place) {
            found.push(Difference { key: &object.key, before: None, after: Some(object) });
        }
    }
    found.sort_by(|left, right| left.key.cmp(right.key));
    found
}

fn same(one: &DataObject, other: &DataObject) -> bool {
    match (&one.version_id, &other.version_id) {
        (Some(one), Some(other)) => one == other,
        _ => one.etag == other.etag && one.size == other.size && one.last_modified == other.last_modified,
    }
}

/// Describes differences for people: the first few by name.
pub(super) fn describe(differences: &[Difference<'_>]) -> String {
    let version = |object: Option<&DataObject>| match object {
        Some(object) => object.version_id.clone().or_else(|| object.etag.clone()).unwrap_or_else(|| "unknown version".to_owned()),
        None => "nothing".to_owned(),
    };
    let who = |object: Option<&DataObject>| match object.and_then(|object| object.written_by.as_ref()) {
        Some(who) => format!(" (written by {who})"),
        None => String::new(),
    };
    let shown: Vec<String> = differences
        .iter()
        .take(5)
        .map(|one| format!("{}: {} → {}{}", one.key, version(one.before), version(one.after), who(one.after)))
        .collect();
    let more = differences.len().saturating_sub(shown.len());
    if more > 0 { format!("{}; and {more} more", shown.join("; ")) } else { shown.join("; ") }
}
