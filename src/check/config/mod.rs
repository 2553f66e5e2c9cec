//! Checks of what people write for AWS: names that its API does not know.

mod cli;
pub(super) mod no_systemd;
pub(super) mod reserved_namespace;
pub(super) mod unknown_field;
pub(super) mod unknown_operation;
mod walk;

use std::collections::BTreeMap;

use super::{Check, Findings};
use crate::aws;
use crate::case::claim::Grade;
use crate::case::said::Said;
use crate::evidence::citation::{Citation, Citations, Locator};
use crate::fact::config::ConfigStatement;

/// How many names are listed where more are known.
const LISTED: usize = 12;

/// How many unknown names of one file are told one by one: a file with more was made by no person, or is of something else.
const TOLD: usize = 100;

/// How many names are offered for one that is not known.
const OFFERED: usize = 3;

/// A name that is not known, by what tells it from others in its file.
#[derive(Debug)]
struct Unknown {
    /// What is said of it, without the file.
    title: String,
    /// What is known instead.
    detail: String,
}

/// Unknown names of all files.
#[derive(Default)]
struct Book {
    /// By file and what tells it apart: where it stands.
    told: BTreeMap<(String, String), (Unknown, Vec<Citation>)>,
    /// Names of each file, and of those that are not told the places.
    files: BTreeMap<String, (usize, Vec<Citation>)>,
}

impl Book {
    /// Adds a place to a name that is noted already; returns whether it is.
    fn knows(&mut self, said: &Said<ConfigStatement>, line: Option<u32>, key: &str) -> bool {
        let known = self.told.get_mut(&(said.says.file.to_string(), key.to_owned()));
        known.map(|(_, cites)| cites.push(said.on(line))).is_some()
    }

    fn note(&mut self, said: &Said<ConfigStatement>, line: Option<u32>, key: String, unknown: Unknown) {
        let file = said.says.file.to_string();
        if let Some((_, cites)) = self.told.get_mut(&(file.clone(), key.clone())) {
            return cites.push(said.on(line));
        }
        let (count, more) = self.files.entry(file.clone()).or_default();
        *count += 1;
        if *count <= TOLD {
            self.told.insert((file, key), (unknown, vec![said.on(line)]));
        } else if more.is_empty() {
            // They are counted; one place is enough to find them.
            more.push(said.on(line));
        }
    }

    /// Adds one finding for each.
    fn close(self, check: &Check, findings: &mut Findings) {
        for ((file, key), (unknown, cites)) in self.told {
            let mut lines: Vec<u64> = cites.iter().filter_map(line).collect();
            lines.sort_unstable();
            lines.dedup();
            let Some(evidence) = Citations::from_all(cites) else { continue };
            let at = match lines[..] {
                [] => String::new(),
                [one] => format!(", line {one}"),
                [first, ..] => format!(", line {first} and {} more", lines.len() - 1),
            };
            // Where evidence lies changes from export to export; what the file is called does not.
            let name = file.rsplit('/').next().unwrap_or(&file).to_owned();
            let finding = check
                .finds(&file, format!("{}: {file}{at}", unknown.title), Grade::B, evidence)
                .because(unknown.detail)
                .told_apart_by(key)
                .lasting(name);
            findings.add(finding);
        }
        for (file, (count, more)) in self.files {
            let Some(evidence) = Citations::from_all(more) else { continue };
            let name = file.rsplit('/').next().unwrap_or(&file).to_owned();
            let title = format!("{} more uses of names that AWS does not know are not listed: {file}", count - TOLD);
            let detail = format!("only the first {TOLD} of a file are told one by one");
            findings.add(check.finds(&file, title, Grade::B, evidence).because(detail).told_apart_by("more").lasting(name));
        }
    }
}

fn line(cite: &Citation) -> Option<u64> {
    match cite.locator {
        Locator::Line(line) => Some(line),
        _ => None,
    }
}

/// Adds what the table was made from, so that its age can be seen.
fn by_the_table(detail: &str) -> String {
    format!("{detail} ({})", aws::made_from())
}

/// Says what is known where `name` is not: the nearest names, and all if they are few.
fn instead(name: &str, known: &[&str]) -> String {
    let near = nearest(name, known);
    let all = if known.len() <= LISTED { format!("AWS knows {}", known.join(", ")) } else { String::new() };
    match (near.is_empty(), all.is_empty()) {
        (true, true) => format!("AWS knows {} others, none of them like it", known.len()),
        (true, false) => all,
        (false, true) => format!("nearest that AWS knows: {}", near.join(", ")),
        (false, false) => format!("nearest: {}; {all}", near.join(", ")),
    }
}

/// Returns the names most like `name`, the most alike first; none where none is.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Vec<&'a str> {
    let own = words(name);
    let mut ranked: Vec<(usize, &str)> = known
        .iter()
        .filter_map(|other| {
            let theirs = words(other);
            let shared = own.iter().filter(|word| theirs.contains(word)).count();
            let steps = distance(&name.to_lowercase(), &other.to_lowercase());
            let length = name.chars().count().max(other.chars().count());
            // Half of the words, the last word, or three letters in four.
            let is_like = shared * 2 >= own.len().max(theirs.len()) || own.last() == theirs.last() || steps * 4 <= length;
            is_like.then_some((steps, *other))
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(OFFERED).map(|(_, other)| other).collect()
}

/// Splits a name into its words, in lower case: `MaxRuntime`, `max_runtime`, `max-runtime`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before = 'A';
    for c in name.chars() {
        if !c.is_alphanumeric() {
            words.push(String::new());
        } else if c.is_uppercase() && before.is_lowercase() {
            words.push(c.to_lowercase().collect());
        } else if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns how many letters must be put in, left out or changed to make one name of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, c) in one.chars().take(100).enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, own) in other.iter().enumerate() {
            let changed = diagonal + usize::from(*own != c);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_are_offered() {
        assert_eq!(nearest("VariantWeight", &["DesiredWeight", "VariantName", "Tags"]), ["DesiredWeight", "VariantName"]);
        assert_eq!(nearest("ApprovalComment", &["ApprovalDescription", "CustomerMetadataProperties"]), ["ApprovalDescription"]);
        assert!(nearest("IdempotencyToken", &["Enabled", "ExpireAfter"]).is_empty());
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("a", "a")), (3, 3, 0));
        assert_eq!(words("MaxRuntimeInSeconds"), ["max", "runtime", "in", "seconds"]);
    }
}
