//! The house rules that a compiler does not check: which module may import which, how long a file may be, how it opens.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use support::files;

/// What a module may import: the table of ARCHITECTURE.md.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("escape", &[]),
    ("aws", &[]),
    ("settings", &[]),
    ("drift", &["settings"]),
    ("evidence", &["time"]),
    ("json", &["evidence::window", "time"]),
    ("dataset", &["drift", "evidence", "time"]),
    ("recognise", &["json::skim"]),
    ("fact", &["evidence::citation", "time"]),
    ("parse", &["drift::monitor", "evidence", "json", "recognise", "fact", "time"]),
    ("intake", &["evidence", "parse", "recognise", "fact"]),
    ("case", &["fact", "evidence::citation", "evidence::etag", "evidence::hex", "evidence::ledger", "escape", "time"]),
    ("study", &["case", "dataset", "drift", "evidence", "recognise", "time"]),
    ("repo", &["evidence", "fact::clone", "time"]),
    ("finding", &["evidence::citation", "case::claim", "time"]),
    ("acceptance", &["finding", "settings", "time"]),
    ("check", &["aws", "case", "fact", "finding", "evidence::citation", "time"]),
    ("audit", &["case", "check", "finding", "fact", "evidence::citation", "evidence::ledger", "time"]),
    (
        "report",
        &["audit", "case", "check", "drift", "finding", "fact", "evidence::citation", "evidence::ledger", "escape", "time"],
    ),
    (
        "cli",
        &[
            "acceptance",
            "audit",
            "case",
            "check",
            "dataset",
            "drift",
            "escape",
            "evidence",
            "fact",
            "finding",
            "intake",
            "parse",
            "repo",
            "report",
            "settings",
            "study",
            "time",
        ],
    ),
];

/// Lines of a source file that can be held in the head.
const LONGEST: usize = 600;

fn sources() -> Vec<(String, String)> {
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("sources are UTF-8");
        (path.strip_prefix("src").expect("it lies there").to_string_lossy().replace('\\', "/"), text)
    };
    files(Path::new("src"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(read)
        .collect()
}

/// Returns the paths of ours that a source names, as `module::next`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let path = &text[at + "crate::".len()..];
        if let Some(group) = path.strip_prefix('{') {
            found.extend(group.split(['}', ';']).next().unwrap_or_default().split(',').map(|part| part.trim().to_owned()));
            continue;
        }
        let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(path.len());
        let parts: Vec<&str> = path[..end].split("::").take(2).collect();
        found.insert(parts.join("::"));
    }
    found
}

#[test]
fn data_flows_down_the_list_and_never_up() {
    for (path, text) in sources() {
        let module = path.split(['/', '.']).next().expect("a module");
        if matches!(module, "lib" | "main") {
            continue;
        }
        let allowed =
            MAY_IMPORT.iter().find(|(name, _)| *name == module).unwrap_or_else(|| panic!("{module} is not in the table")).1;
        // What tests of a module use is their own affair.
        let text = text.split("#[cfg(test)]").next().expect("a first part");
        for import in imports(text) {
            let within = import.split("::").next() == Some(module);
            let is_allowed = allowed.iter().any(|allowed| import == *allowed || import.starts_with(&format!("{allowed}::")));
            assert!(within || is_allowed, "src/{path} imports {import}, which {module} may not");
        }
    }
}

#[test]
fn the_table_of_the_architecture_is_this_one() {
    let text = std::fs::read_to_string("ARCHITECTURE.md").expect("it is there");
    for (module, allowed) in MAY_IMPORT {
        let allowed: Vec<String> = allowed.iter().map(|name| format!("`{name}`")).collect();
        let allowed = if allowed.is_empty() { "nothing of ours".to_owned() } else { allowed.join(", ") };
        let line = format!("| `{module}` | {allowed} |");
        assert!(text.contains(&line), "ARCHITECTURE.md lacks: {line}");
    }
}

#[test]
fn files_can_be_held_in_the_head() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "src/{path} has {lines} lines");
        assert!(path != "main.rs" || lines < 60, "main.rs only starts the program");
        assert!(text.starts_with("//! "), "src/{path} does not say what it is for");
        let name = path.rsplit('/').next().unwrap_or(&path);
        assert!(
            !["util.rs", "utils.rs", "core.rs", "common.rs", "helpers.rs", "misc.rs"].contains(&name),
            "src/{path} says nothing by its name"
        );
    }
}

#[test]
fn only_the_command_line_prints_and_only_evidence_opens_files() {
    for (path, text) in sources() {
        let text = text.split("#[cfg(test)]").next().expect("a first part");
        let prints = ["println!", "eprintln!", "print!(", "eprint!(", "io::stdout", "io::stderr", "process::exit"]
            .iter()
            .any(|word| text.contains(word));
        assert!(!prints || path.starts_with("cli/"), "src/{path} prints");
        let opens = ["File::open", "fs::read", "File::create", "fs::write"].iter().any(|word| text.contains(word));
        assert!(!opens || path.starts_with("evidence/") || path == "cli/output.rs", "src/{path} opens files");
        let clock = ["SystemTime", "Instant::now", "Zoned::now", "Timestamp::now"].iter().any(|word| text.contains(word));
        assert!(!clock, "src/{path} reads a clock");
    }
}
