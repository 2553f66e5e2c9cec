//! The parts of the manual that are made from the program: they cannot be stale while tests pass. `UPDATE_EXPECT=1 cargo test`
//! writes them again.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::fmt::Write as _;
use std::path::Path;

use modeltrail::recognise::Format;
use modeltrail::report::{build, document as doc, drift};

fn assert_document(path: &str, text: &str) {
    expect_test::expect_file![std::path::absolute(path).expect("there is a current folder")].assert_eq(text);
}

#[test]
fn the_checks_are_documented() {
    let mut text = String::from(
        "# Checks\n\nMade from the program by its tests; `modeltrail checks ID` shows the same. A near-miss of each lies under `fixtures/`.\n",
    );
    for check in build::checks() {
        let _ = write!(
            text,
            "\n## {}\n\nSeverity by default: {}.\n\n**Fires when.** {}\n\n**Why it matters.** {}\n\n**Evidence it needs.** {}\n\n**What fools it.** {}\n\n**Remedy.** {}\n",
            check.id,
            check.severity.name(),
            check.fires_when,
            check.why,
            check.needs,
            check.fooled_by,
            check.remedy
        );
    }
    assert_document("docs/checks.md", &text);
}

#[test]
fn the_formats_are_listed() {
    let mut text = String::from(
        "# Formats\n\nMade from the program by its tests. Recognition is by content alone. What is only told apart is listed in the ledger as refused, with the reason.\n\n| name in the ledger | what it is | |\n|---|---|---|\n",
    );
    for format in Format::ALL {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            format.name(),
            format.what(),
            if format.is_read() { "read" } else { "told apart" }
        );
    }
    assert_document("docs/formats.md", &text);
}

#[test]
fn the_command_line_is_documented() {
    let mut text = String::from("# Command line\n\nMade from the program by its tests.\n");
    let mut program = modeltrail::cli::definition().term_width(100);
    let names: Vec<String> = program.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let help = program.render_long_help().to_string();
    let _ = write!(text, "\n```text\n{}\n```\n", tidy(&help));
    program.build();
    for name in names {
        let command = program.find_subcommand_mut(&name).expect("it was listed");
        let help = command.render_long_help().to_string();
        let _ = write!(text, "\n## modeltrail {name}\n\n```text\n{}\n```\n", tidy(&help));
    }
    text.push_str(
        "\n## Exit status\n\n| status | means |\n|---|---|\n| 0 | it ran; nothing at or above `--fail-on` |\n| 1 | findings, drift or broken rules at or above `--fail-on` |\n| 2 | wrong usage |\n| 3 | evidence is absent, unreadable, or below `--min-coverage`; outweighs 1 |\n| 4 | internal error |\n",
    );
    assert_document("docs/command-line.md", &text);
}

fn tidy(help: &str) -> String {
    help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[test]
fn the_answers_have_schemas_and_fit_them() {
    let pretty = |schema: schemars::Schema| format!("{}\n", serde_json::to_string_pretty(&schema).expect("a schema is JSON"));
    assert_document("docs/schema/audit.schema.json", &pretty(schemars::schema_for!(doc::Audit)));
    assert_document("docs/schema/lineage.schema.json", &pretty(schemars::schema_for!(doc::LineageAnswer)));
    assert_document("docs/schema/gaps.schema.json", &pretty(schemars::schema_for!(doc::GapsAnswer)));
    assert_document("docs/schema/checks.schema.json", &pretty(schemars::schema_for!(Vec<doc::CheckText>)));
    assert_document("docs/schema/impact.schema.json", &pretty(schemars::schema_for!(modeltrail::report::impact::Answer)));
    assert_document(
        "docs/schema/investigate.schema.json",
        &pretty(schemars::schema_for!(modeltrail::report::investigation::Answer)),
    );
    assert_document("docs/schema/timeline.schema.json", &pretty(schemars::schema_for!(modeltrail::report::timeline::Answer)));
    assert_document("docs/schema/drift.schema.json", &pretty(schemars::schema_for!(drift::document::Answer<'static>)));
    let schema = serde_json::to_value(schemars::schema_for!(doc::Audit)).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    assert!(!validator.is_valid(&serde_json::json!({})), "the schema asks for something");
    for case in support::files(Path::new("fixtures")).iter().filter(|path| path.ends_with("case.json")) {
        let evidence = case.with_file_name("evidence");
        if !evidence.is_dir() {
            continue;
        }
        let answer: serde_json::Value = serde_json::from_str(&support::audit(&[evidence]).json).expect("it is JSON");
        let errors: Vec<String> =
            validator.iter_errors(&answer).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", case.display());
    }
}

/// Lines that documents quote from real runs stand there word for word, in that order.
#[test]
fn quoted_answers_are_real() {
    let documents = ["README.md", "ARCHITECTURE.md", "docs/guide.md", "docs/grades.md", "docs/evidence.md"];
    let mut quotes = 0;
    for document in documents {
        let text = std::fs::read_to_string(document).expect("it is there");
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once("<!-- begin: ") {
            let (name, after) = after.split_once(" -->").expect("the mark is closed");
            let (quoted, after) = after.split_once("<!-- end: ").expect("the quotation ends");
            rest = after;
            quotes += 1;
            let told = told(name);
            let mut lines = told.lines();
            for line in quoted.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("```") && line.trim() != "…")
            {
                assert!(lines.any(|told| told == line), "{document}, {name}: not in the answer, or not in this order: {line}");
            }
        }
    }
    assert!(quotes >= 5, "{quotes} quotations are marked");
}

/// Returns what a quotation is taken from: the expectation of a story, or the output of a command.
fn told(name: &str) -> String {
    let Some(command) = name.strip_prefix("modeltrail ") else {
        let story = if name == "midnight" { "midnight-timeout" } else { name };
        return std::fs::read_to_string(Path::new("fixtures").join(story).join("expected.txt")).expect("the story is told");
    };
    let words = shlex::split(command).expect("it is a command");
    let output =
        assert_cmd::Command::cargo_bin("modeltrail").expect("the program is built").args(words).output().expect("it runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
