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
    let cut = folder(&[("export.zip", b"PK\x03\x04\x14\0\0\0\x08\0cut off here")]);
    let archive = cut.path().join("export.zip");
    let archive = archive.to_str().expect("UTF-8");
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
        (&["audit", MIDNIGHT, "--as-of", "2026-10-01", "--fail-on", "info"], 3),
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
        (&["audit", MIDNIGHT, archive], 3),
        (&["lineage", MIDNIGHT, "--model", "risk-xgb-v41"], 0),
        (&["lineage", MIDNIGHT, "--model", "arn:aws:sagemaker:eu-west-1:111122223333:model/risk-xgb-v41"], 0),
        (&["lineage", MIDNIGHT, "--model", "risk-xgb-v40"], 3),
        (&["audit", MIDNIGHT, "--repo", "no/such/folder"], 2),
        (&["audit", MIDNIGHT, "--repo", "fixtures"], 2),
        (&["lineage", MIDNIGHT, "--repo", "Cargo.toml"], 2),
        (&["audit", MIDNIGHT, "--repo-at", "/home/ci/risk"], 2),
        (&["drift", "--repo", "fixtures", "--baseline", "x", "--current", "y"], 2),
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
fn a_clone_tells_the_commit_of_jobs() {
    const SCRIPT: &str = "print('one')\n";
    let git = support::git::Git::new();
    let commit = git.commit(git.folder(&[("src/train.py", SCRIPT)]), &[], 1_790_000_000);
    git.point("refs/heads/main", commit);
    let hash = |typed: &str| support::git::code_hash(typed, "train.py", SCRIPT);
    let story = |name: &str| {
        std::fs::read_to_string(format!("fixtures/contradicting-commits/evidence/sagemaker/{name}")).expect("it is there")
    };
    let job = |typed: &str| {
        story("training-jobs/risk-train-2026-10-06.json")
            .replace("810314ebc9ad1dd903ad7020170b0d1af74c4498f7cf159eadd975cc5755c52c", &hash(typed))
            .replace("6a06be06b73074c1701dec63d9cc9aa5d07818c8", &commit.to_string())
    };
    let files = |typed: &str| {
        let (job, model) = (job(typed), story("models/risk-xgb-v41.json"));
        folder(&[("job.json", job.as_bytes()), ("model.json", model.as_bytes())])
    };
    let near = files("./src");
    let near = near.path().to_str().expect("UTF-8");
    let line = |text: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with("commit ")).expect("a line of the commit");
        line.split_whitespace().skip(1).take(2).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line(&run(&["lineage", near]).out), format!("{commit} [D"));
    let ended = run(&["lineage", near, "--repo", git.shown()]);
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    assert_eq!(line(&ended.out), format!("{commit} [A"));
    // An absolute path is known only to those who typed it.
    let far = files("/home/ci/risk/src");
    let far = far.path().to_str().expect("UTF-8");
    assert_eq!(line(&run(&["audit", far, "--repo", git.shown()]).out), format!("{commit} [D"));
    let ended = run(&["audit", far, "--repo", git.shown(), "--repo-at", "/home/ci/risk"]);
    assert_eq!(line(&ended.out), format!("{commit} [A"));
    let impact = run(&["impact", near, "--repo", git.shown(), "--commit", &commit.to_string()]);
    assert_eq!(impact.status, 0, "{}", impact.err);
    // A bundle does as well; so does a repository or a bundle that lies in the evidence.
    let others = folder(&[("risk.bundle", &git.bundle(commit))]);
    let bundle = others.path().join("risk.bundle");
    let ended = run(&["lineage", near, "--repo", bundle.to_str().expect("UTF-8")]);
    assert_eq!((line(&ended.out), ended.err.as_str()), (format!("{commit} [A"), ""));
    for beside in [others.path(), git.path(), &git.path().join(".git")] {
        let ended = run(&["lineage", near, beside.to_str().expect("UTF-8")]);
        assert_eq!((line(&ended.out), ended.err.as_str()), (format!("{commit} [A"), ""), "{}", beside.display());
    }
    // Where no code has a hash, that is said, and nothing is looked for.
    let ended = run(&["audit", "fixtures/no-sagemaker/evidence", "--repo", git.shown()]);
    assert!(ended.status == 0 && ended.err.contains("nothing was looked for"), "{}", ended.err);
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

/// Returns the titles of findings whose check begins so.
fn titles(answer: &str, family: &str) -> Vec<String> {
    let answer: serde_json::Value = serde_json::from_str(answer).expect("the answer is JSON");
    let findings = answer["findings"].as_array().expect("a list").iter();
    let fitting = findings.filter(|finding| finding["check"].as_str().is_some_and(|check| check.starts_with(family)));
    fitting.filter_map(|finding| finding["title"].as_str().map(str::to_owned)).collect()
}

#[test]
fn targets_for_incidents_come_from_the_settings() {
    const EVIDENCE: &str = "fixtures/checks/drill/five-minutes/evidence";
    let told = |config: &str, command: &[&str]| {
        let beside = folder(&[("modeltrail.toml", config.as_bytes())]);
        let path = beside.path().join("modeltrail.toml");
        let path = path.to_str().expect("UTF-8");
        let arguments = [command, &[EVIDENCE, "-f", "json", "--config", path]].concat();
        let ended = run(&arguments);
        assert_eq!(ended.status, 0, "{}", ended.err);
        titles(&ended.out, "drill/")
    };
    let investigate = ["investigate", "--endpoint", "risk-scoring-prod", "--at", "2026-10-07 13:45"];
    for command in [&["audit"][..], &investigate[..]] {
        let usual = [
            "risk-scoring-prod: noticed after 6 min 20 s; the target is 60 s",
            "risk-scoring-prod: over after 12 min; the target is 5 min",
        ];
        assert_eq!(told("", command), usual);
        let own = [
            "risk-scoring-prod: noticed after 6 min 20 s; the target in modeltrail.toml is 379 s",
            "risk-scoring-prod: over after 12 min; the target in modeltrail.toml is 600 s",
        ];
        assert_eq!(told("[drill]\nslow_detection = 379\nslow_recovery = 600\n", command), own);
        assert_eq!(told("[drill]\nslow_detection = 380\nslow_recovery = 720\n", command), [""; 0]);
        assert_eq!(told("[drill]\nslow_detection = 380\n", command), usual[1..]);
    }
}

#[test]
fn targets_that_make_no_sense_are_refused_with_file_and_line() {
    for (config, words) in [
        ("[drill]\nslow_detection = 60\nslow_recover = 60\n", "line 3"),
        ("[drill]\nslow_detection = 0\n", "0 is no target: whole seconds from 1 to 604800"),
    ] {
        let beside = folder(&[("modeltrail.toml", config.as_bytes())]);
        let path = beside.path().join("modeltrail.toml");
        let path = path.to_str().expect("UTF-8");
        let command = ["investigate", "--endpoint", "risk-scoring-prod", "--at", "2026-10-07", "--config", path, MIDNIGHT];
        for arguments in [&["audit", MIDNIGHT, "--config", path][..], &command[..]] {
            let ended = run(arguments);
            assert_eq!((ended.status, ended.out.as_str()), (2, ""));
            assert!(ended.err.contains(path) && ended.err.contains("line ") && ended.err.contains(words), "{}", ended.err);
        }
    }
}
