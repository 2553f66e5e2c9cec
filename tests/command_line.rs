//! The command line as scripts see it: exit status, standard output and standard error.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use assert_cmd::Command;
use support::folder;

const MIDNIGHT: &str = "fixtures/midnight-timeout/evidence";
const CLEAN: &str = "fixtures/clean-account/evidence";

struct Ended {
    status: i32,
    out: String,
    err: String,
}

fn run(arguments: &[&str]) -> Ended {
    let output = Command::cargo_bin("modeltrail").expect("the program is built").args(arguments).output().expect("it runs");
    Ended {
        status: output.status.code().expect("it ends by itself"),
        out: String::from_utf8(output.stdout).expect("answers are UTF-8"),
        err: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

#[test]
fn the_exit_status_says_how_it_ended() {
    let empty = folder(&[]);
    let foreign = folder(&[("notes.txt", b"call Maria")]);
    let (empty, foreign) = (empty.path().to_str().expect("UTF-8"), foreign.path().to_str().expect("UTF-8"));
    let cases: &[(&[&str], i32)] = &[
        (&["audit", MIDNIGHT], 0),
        (&["audit", MIDNIGHT, "--fail-on", "critical"], 1),
        (&["audit", CLEAN, "--fail-on", "low"], 0),
        (&["audit", CLEAN, "--min-coverage", "95"], 0),
        (&["audit", CLEAN, "--min-coverage", "101"], 2),
        (&["audit", "fixtures/clean-account/evidence/sagemaker", "--min-coverage", "1"], 3),
        // A pass on missing evidence must be impossible, and so must its being taken for a finding.
        (&["audit", "fixtures/midnight-timeout/evidence/sagemaker", "--min-coverage", "95", "--fail-on", "low"], 3),
        (&["audit", "fixtures/no-sagemaker/evidence"], 0),
        // What was left out by a slip of the pen is no pass.
        (&["audit", MIDNIGHT, "--account", "11112222333", "--fail-on", "critical"], 3),
        (&["audit", MIDNIGHT, "--region", "EU-WEST-1"], 3),
        (&["audit", MIDNIGHT, "--from", "2030-01-01"], 3),
        (&["audit"], 2),
        (&["audit", MIDNIGHT, "--no-such-option"], 2),
        (&["audit", MIDNIGHT, "--tz", "Mars/Olympus"], 2),
        (&["audit", MIDNIGHT, "--from", "yesterday"], 2),
        (&["audit", MIDNIGHT, "--from", "2026-10-25 02:30", "--tz", "Europe/Berlin"], 2),
        (&["audit", MIDNIGHT, "--from", "2026-10-14", "--to", "2026-10-13"], 2),
        (&["audit", empty], 3),
        (&["audit", foreign], 3),
        (&["audit", "no/such/folder"], 3),
        (&["audit", MIDNIGHT, "no/such/folder"], 3),
        (&["lineage", MIDNIGHT, "--model", "risk-xgb-v41"], 0),
        (&["lineage", MIDNIGHT, "--model", "arn:aws:sagemaker:eu-west-1:111122223333:model/risk-xgb-v41"], 0),
        (&["lineage", MIDNIGHT, "--model", "risk-xgb-v40"], 3),
        (&["impact", MIDNIGHT], 2),
        (&["impact", MIDNIGHT, "--object", "s3://risk-raw/events/"], 0),
        (&["impact", MIDNIGHT, "--object", "risk-raw/events/"], 2),
        (&["impact", MIDNIGHT, "--object", "s3://risk-raw/no-such/"], 3),
        (&["impact", MIDNIGHT, "--object", "s3://risk-raw/events/", "--model", "risk-xgb-v41"], 2),
        (&["impact", MIDNIGHT, "--model", "risk-xgb-v41", "-f", "json"], 0),
        (&["impact", MIDNIGHT, "--model", "risk-xgb-v40"], 3),
        (&["impact", MIDNIGHT, "--package", "risk/41"], 0),
        (&["impact", MIDNIGHT, "--commit", "main"], 2),
        (&["impact", MIDNIGHT, "--commit", "0123456789abcdef"], 3),
        (&["impact", MIDNIGHT, "--image", "risk-features:2026.09"], 0),
        (&["impact", MIDNIGHT, "--image", "sha256:12"], 2),
        (&["impact", MIDNIGHT, "--image", "risk-features:2025.01"], 3),
        (&["gaps", MIDNIGHT], 0),
        (&["gaps"], 2),
        (&["gaps", "--script"], 2),
        (&["gaps", "--script", "--endpoint", "risk", "--from", "2026-10-14", "--to", "2026-10-15"], 0),
        (&["gaps", "--script", "--endpoint", "x;y", "--from", "2026-10-14", "--to", "2026-10-15"], 2),
        (&["gaps", "--script", "--endpoint", "risk"], 2),
        (&["checks"], 0),
        (&["checks", "timeout/hit-limit"], 0),
        (&["checks", "hit-limit"], 2),
        (&["--help"], 0),
        (&["--version"], 0),
    ];
    for (arguments, status) in cases {
        let ended = run(arguments);
        assert_eq!(ended.status, *status, "{arguments:?}\n{}", ended.err);
        assert!(*status != 3 || ended.err.starts_with("modeltrail: "), "{arguments:?} says why: {}", ended.err);
        assert!(!ended.err.contains('\u{1b}') && !ended.err.contains("panicked"), "{arguments:?}: {}", ended.err);
    }
}

#[test]
fn standard_output_carries_the_answer_alone() {
    let ended = run(&["audit", MIDNIGHT, "-f", "json"]);
    serde_json::from_str::<serde_json::Value>(&ended.out).expect("it is JSON to its last byte");
    assert_eq!(ended.err, "");
    let text = run(&["audit", MIDNIGHT]).out;
    assert!(!text.contains('\u{1b}'), "no colours where nobody looks");
    assert!(run(&["audit", MIDNIGHT, "--color", "always"]).out.contains('\u{1b}'));
}

#[test]
fn a_folder_with_nothing_in_it_is_told_what_was_looked_for() {
    let foreign = folder(&[("notes.txt", b"call Maria")]);
    let ended = run(&["audit", foreign.path().to_str().expect("UTF-8")]);
    assert!(ended.err.contains("Looked for CloudTrail"), "{}", ended.err);
    assert!(ended.out.contains("Nothing here could be read"));
    let empty = folder(&[]);
    let ended = run(&["audit", empty.path().to_str().expect("UTF-8")]);
    assert!(ended.err.contains("no file is there"), "{}", ended.err);
}

#[test]
fn nothing_is_written_under_the_evidence() {
    let files = folder(&[("cloudtrail.json", br#"{"Records":[]}"#)]);
    let evidence = files.path().to_str().expect("UTF-8");
    for output in
        [format!("{evidence}/answer.json"), format!("{evidence}/cloudtrail.json"), format!("{evidence}/new/../answer.json")]
    {
        let ended = run(&["audit", evidence, "-f", "json", "-o", &output]);
        assert_eq!(ended.status, 2, "{output}: {}", ended.err);
    }
    assert_eq!(support::files(files.path()).len(), 1);
    let elsewhere = folder(&[]);
    let output = elsewhere.path().join("answer.json");
    let ended = run(&["audit", MIDNIGHT, "-f", "json", "-o", output.to_str().expect("UTF-8")]);
    assert_eq!((ended.status, ended.out.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(output).expect("it is written"), run(&["audit", MIDNIGHT, "-f", "json"]).out);
}

#[test]
fn what_is_shown_can_be_chosen() {
    let in_zone = run(&["audit", MIDNIGHT, "--tz", "Europe/Berlin"]).out;
    assert!(in_zone.contains("2026-10-14 05:57:59 +02:00"), "{in_zone}");
    let none = run(&["audit", MIDNIGHT, "--account", "444455556666", "-f", "json"]).out;
    let none: serde_json::Value = serde_json::from_str(&none).expect("it is JSON");
    assert_eq!(none["models"].as_array().map(Vec::len), Some(0));
    let before = run(&["audit", MIDNIGHT, "--to", "2026-10-13", "-f", "json"]).out;
    let before: serde_json::Value = serde_json::from_str(&before).expect("it is JSON");
    assert!(before["findings"].as_array().expect("a list").iter().all(|finding| finding["check"] != "timeout/hit-limit"));
    let later = run(&["audit", MIDNIGHT, "--as-of", "2026-11-01T00:00:00Z", "-f", "json"]).out;
    let later: serde_json::Value = serde_json::from_str(&later).expect("it is JSON");
    assert_eq!(later["as_of"], "2026-11-01T00:00:00Z");
}

#[test]
fn a_name_that_two_accounts_share_is_refused_with_the_candidates() {
    let model = |account: &str| {
        format!(
            r#"{{"ModelName":"risk","ModelArn":"arn:aws:sagemaker:eu-west-1:{account}:model/risk","CreationTime":"2026-10-06T08:00:00+00:00","ExecutionRoleArn":"arn:aws:iam::{account}:role/r"}}"#
        )
    };
    let files = folder(&[("a.json", model("111122223333").as_bytes()), ("b.json", model("444455556666").as_bytes())]);
    let path = files.path().to_str().expect("UTF-8");
    let ended = run(&["lineage", path, "--model", "risk"]);
    assert_eq!(ended.status, 2);
    assert!(ended.err.contains("111122223333") && ended.err.contains("444455556666"), "{}", ended.err);
    assert_eq!(run(&["lineage", path, "--model", "risk", "--account", "111122223333"]).status, 0);
    let ended = run(&["impact", path, "--model", "risk"]);
    assert_eq!(ended.status, 2);
    assert!(ended.err.contains("111122223333") && ended.err.contains("444455556666"), "{}", ended.err);
    assert_eq!(run(&["impact", path, "--model", "risk", "--account", "111122223333"]).status, 0);
}

#[test]
fn what_is_known_or_answered_for_does_not_count() {
    let files = folder(&[
        (
            "suppress.toml",
            b"[[suppress]]\nrule = 'timeout/stale-data'\nsubject = 'arn:aws:sagemaker:eu-west-1:111122223333:endpoint/*'\nreason = 'ticket 12'\nowner = 'maria'\nuntil = '2026-12-31'\n",
        ),
        ("over.toml", b"[[suppress]]\nrule = 'timeout/stale-data'\nsubject = '*'\nreason = 'ticket 12'\nowner = 'maria'\nuntil = '2026-10-01'\n"),
        ("unowned.toml", b"[[suppress]]\nrule = 'timeout/stale-data'\nsubject = '*'\nreason = 'because'\nuntil = '2026-12-31'\n"),
        ("unknown.toml", b"[[suppress]]\nrule = 'timeout/no-such'\nsubject = '*'\nreason = 'x'\nowner = 'y'\nuntil = '2026-12-31'\n"),
    ]);
    let at = |name: &str| files.path().join(name).to_str().expect("UTF-8").to_owned();
    let suppressed = run(&["audit", MIDNIGHT, "--fail-on", "critical", "--suppress", &at("suppress.toml")]);
    assert_eq!((suppressed.status, suppressed.err.as_str()), (0, ""));
    assert!(suppressed.out.contains("(accepted by maria until 2026-12-31: ticket 12)"), "nothing is hidden");
    assert_eq!(run(&["audit", MIDNIGHT, "--fail-on", "high", "--suppress", &at("suppress.toml")]).status, 1);
    let over = run(&["audit", MIDNIGHT, "--fail-on", "critical", "--suppress", &at("over.toml")]);
    assert!(over.status == 1 && over.err.contains("ended on 2026-10-01"), "{}", over.err);
    for wrong in ["unowned.toml", "unknown.toml", "none.toml"] {
        assert_eq!(run(&["audit", MIDNIGHT, "--suppress", &at(wrong)]).status, 2, "{wrong}");
    }
    assert_eq!(run(&["audit", MIDNIGHT, "-f", "json", "-o", &at("baseline.json")]).status, 0);
    let known = run(&["audit", MIDNIGHT, "--fail-on", "info", "--baseline", &at("baseline.json")]);
    assert_eq!((known.status, known.err.as_str()), (0, ""));
    let gone = run(&["audit", CLEAN, "--fail-on", "info", "--baseline", &at("baseline.json")]);
    assert!(gone.err.contains("no longer found"), "{}", gone.err);
    assert_eq!(run(&["audit", MIDNIGHT, "--baseline", &at("suppress.toml")]).status, 2);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_ends_nothing() {
    let program = assert_cmd::cargo::cargo_bin("modeltrail");
    let script =
        format!("'{}' audit {MIDNIGHT} -v -f json | head -c 10 >/dev/null; test \"${{PIPESTATUS[0]}}\" = 0", program.display());
    let status = std::process::Command::new("bash").args(["-c", &script]).status();
    assert!(status.is_ok_and(|status| status.success()));
}
