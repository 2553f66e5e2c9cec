//! `drift` through the program, as people and scripts see it: every case under `fixtures/drift/` as a whole answer, what must drift
//! and what only looks like it, and what people get wrong. `UPDATE_EXPECT=1 cargo test` writes the expectations.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use modeltrail::escape::is_deceptive;
use serde_json::Value;
use support::folder;

/// What lies beside a case's data.
#[derive(serde::Deserialize)]
struct Card {
    arguments: Vec<String>,
    exit: i32,
    /// The worst verdict of columns.
    worst: BTreeMap<String, String>,
    /// Since when columns drift.
    since: BTreeMap<String, String>,
    /// Flags that are raised, and flags that are not.
    broken: Vec<String>,
    kept: Vec<String>,
}

struct Ended {
    status: i32,
    out: String,
    err: String,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

fn run_in(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::cargo_bin("modeltrail").expect("the program is built");
    let output = command.current_dir(folder).arg("drift").args(arguments).output().expect("it runs");
    Ended {
        status: output.status.code().expect("it ends by itself"),
        out: String::from_utf8(output.stdout).expect("answers are UTF-8"),
        err: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

fn case(name: &str) -> PathBuf {
    Path::new("fixtures/drift").join(name)
}

fn cases() -> Vec<(PathBuf, Card)> {
    let cards = support::files(Path::new("fixtures/drift")).into_iter().filter(|path| path.ends_with("case.json"));
    cards
        .map(|path| {
            let card = serde_json::from_slice(&std::fs::read(&path).expect("the card can be read"));
            (path.with_file_name(""), card.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect()
}

fn assert_file(path: &Path, text: &str) {
    expect_test::expect_file![std::path::absolute(path).expect("there is a current folder")].assert_eq(text);
}

const RANKS: [&str; 5] = ["ok", "empty", "warn", "drift", "schema"];

/// Returns the worst verdict of each column.
fn worst(answer: &Value) -> BTreeMap<String, String> {
    let rank = |found: &Value| RANKS.iter().position(|name| found["verdict"] == *name).expect("it is a verdict");
    let columns = answer["columns"].as_array().expect("a list");
    let worst = |column: &Value| column["partitions"].as_array().expect("a list").iter().map(rank).max().unwrap_or(0);
    columns
        .iter()
        .map(|column| (column["column"].as_str().expect("a name").to_owned(), RANKS[worst(column)].to_owned()))
        .collect()
}

#[test]
fn every_case_is_told_as_expected() {
    let cases = cases();
    assert!(cases.len() >= 9);
    for (folder, card) in cases {
        let name = folder.display();
        let arguments: Vec<&str> = card.arguments.iter().map(String::as_str).collect();
        let text = run_in(&folder, &arguments);
        let json = run_in(&folder, &[&arguments[..], &["-f", "json"]].concat());
        assert_eq!((text.status, json.status), (card.exit, card.exit), "{name}\n{}", text.err);
        assert_file(&folder.join("expected.txt"), &text.out);
        assert_file(&folder.join("expected.json"), &json.out);
        let answer = json.json();
        let worst = worst(&answer);
        for (column, verdict) in &card.worst {
            assert_eq!(worst.get(column), Some(verdict), "{name}: {column}");
        }
        for column in answer["columns"].as_array().expect("a list") {
            let since = card.since.get(column["column"].as_str().expect("a name"));
            assert_eq!(since.map(String::as_str), column["drift_since"].as_str().filter(|_| since.is_some()), "{name}: {column}");
        }
        let rules = answer["rules"].as_array().expect("a list");
        let is_broken = |flag: &String| rules.iter().any(|rule| rule["flag"] == **flag && rule["verdict"] == "drift");
        assert!(card.broken.iter().all(is_broken), "{name}: {rules:?}");
        assert!(!card.kept.iter().any(is_broken), "{name}: {rules:?}");
    }
}

#[test]
fn answers_fit_the_schema() {
    let schema = schemars::schema_for!(modeltrail::report::drift::document::Answer<'static>);
    let schema = serde_json::to_value(schema).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    assert!(!validator.is_valid(&serde_json::json!({})), "the schema asks for something");
    for (folder, card) in cases() {
        let arguments: Vec<&str> = card.arguments.iter().map(String::as_str).chain(["-f", "json"]).collect();
        let answer = run_in(&folder, &arguments).json();
        let errors: Vec<String> =
            validator.iter_errors(&answer).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", folder.display());
    }
}

#[test]
fn threads_and_the_order_of_paths_do_not_show() {
    for (folder, card) in cases() {
        let arguments: Vec<&str> = card.arguments.iter().map(String::as_str).chain(["-f", "json"]).collect();
        let one = run_in(&folder, &[&arguments[..], &["--jobs", "1"]].concat());
        let four = run_in(&folder, &[&arguments[..], &["--jobs", "4"]].concat());
        assert_eq!(one.out, four.out, "{}", folder.display());
    }
    let days = ["data/current/dt=2026-10-10", "data/current/dt=2026-10-12", "data/current/dt=2026-10-13"];
    let told = |paths: [&str; 3]| {
        run_in(&case("payments"), &["--baseline", "data/baseline", "--current", paths[0], paths[1], paths[2], "-f", "json"]).out
    };
    assert_eq!(told(days), told([days[2], days[0], days[1]]));
}

#[test]
fn nothing_in_an_answer_acts_on_a_terminal() {
    // A name that no file system of the repository has to bear.
    let data = folder(&[("half\u{1b}[31m\u{202e}.parquet", b"PAR1 and then nothing")]);
    let data = data.path().to_str().expect("UTF-8");
    let hostile = case("hostile");
    let hostile: Vec<String> = ["data/baseline.parquet", "data/current", "data/ragged/rows.csv"]
        .map(|path| std::path::absolute(hostile.join(path)).expect("absolute").to_string_lossy().into_owned())
        .to_vec();
    for format in ["text", "json"] {
        let arguments =
            ["--baseline", &hostile[0], "--current", &hostile[1], &hostile[2], data, "-v", "-f", format, "--color", "never"];
        let ended = run_in(Path::new("."), &arguments);
        for told in [&ended.out, &ended.err] {
            let acts = told.chars().find(|c| is_deceptive(*c) && *c != '\n');
            assert!(acts.is_none(), "{acts:?} in {told}");
        }
        assert_eq!(ended.status, 3, "{}", ended.err);
    }
}

#[test]
fn the_exit_status_says_how_it_ended() {
    let empty = folder(&[]);
    let empty = empty.path().to_str().expect("UTF-8").to_owned();
    let all = ["--baseline", "data/baseline", "--current", "data/current"];
    let good = ["--baseline", "data/baseline", "--current", "data/current/dt=2026-10-10"];
    let with = |base: [&str; 4], more: &[&str]| base.iter().chain(more).map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let cases: Vec<(Vec<String>, i32, &str)> = vec![
        (with(all, &[]), 0, ""),
        (with(all, &["--fail-on", "warn"]), 1, ""),
        (with(all, &["--fail-on", "drift"]), 1, ""),
        (with(good, &["--fail-on", "drift"]), 0, ""),
        (with(good, &["--fail-on", "drift", "--rules", "data/rules.json"]), 1, ""),
        (with(good, &["--fail-on", "medium"]), 2, "possible values"),
        (with(all, &["--method", "ks2"]), 2, "possible values"),
        (with(all, &["--by", "dt,,x"]), 2, "empty key"),
        (with(all, &["--by", "when:week"]), 2, "hour, day or month"),
        (with(all, &["--rules", "data/baseline/part-0.parquet"]), 2, "--rules"),
        (with(all, &["--rules", "data/no.json"]), 2, "data/no.json"),
        (with(all, &["--constraints", "data/rules.json"]), 2, "no constraints"),
        (with(all, &["--violations", "data/rules.json"]), 2, "--constraints"),
        (with(all, &["--config", "data/rules.json"]), 2, "--config"),
        (with(all, &["--from", "2026-10-12"]), 2, "--by"),
        (with(all, &["-o", "data/current/answer.txt"]), 2, "nothing is written there"),
        (with(all, &["--save-baseline", "data/baseline/profile"]), 2, "nothing is written there"),
        (with(["--baseline", "data/baseline", "--current", "data/*.orc"], &[]), 2, "no file fits"),
        (with(["--baseline", "data/baseline", "--current", "data/no"], &[]), 3, "data/no"),
        (with(["--baseline", "data/baseline", "--current", &empty], &[]), 3, "no data"),
        (with(["--baseline", &empty, "--current", "data/current"], &[]), 3, "no data"),
        (with(["--baseline", "data/rules.json", "--current", "data/current"], &[]), 3, "rules.json"),
        (vec!["--current".into(), "data/current".into()], 2, "--baseline"),
        (vec!["--baseline".into(), "data/baseline".into()], 2, "--current"),
    ];
    for (arguments, status, words) in cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = run_in(&case("payments"), &arguments);
        assert_eq!(ended.status, status, "{arguments:?}\n{}{}", ended.err, ended.out);
        assert!(ended.err.contains(words), "{arguments:?} says `{words}`: {}", ended.err);
        assert!(!ended.err.contains("panicked"), "{arguments:?}: {}", ended.err);
    }
}

#[test]
fn a_kept_baseline_gives_the_same_answer() {
    let kept = tempfile::tempdir().expect("a temporary folder");
    let profile = kept.path().join("baseline.profile");
    let profile = profile.to_str().expect("UTF-8");
    let payments = case("payments");
    let saved = run_in(&payments, &["--baseline", "data/baseline", "--save-baseline", profile]);
    assert_eq!(saved.status, 0, "{}", saved.err);
    assert!(saved.out.contains("4,000 rows"), "{}", saved.out);
    let read = run_in(&payments, &["--baseline", "data/baseline", "--current", "data/current", "-f", "json"]);
    let kept = run_in(&payments, &["--baseline", profile, "--current", "data/current", "-f", "json"]);
    // Only the hash of the profile tells them apart.
    let without_hash = |ended: &Ended| {
        let mut answer = ended.json();
        let hash = answer["baseline"].as_object_mut().and_then(|baseline| baseline.remove("profile"));
        (answer, hash.is_some_and(|hash| hash.is_string()))
    };
    let ((kept, has_hash), (read, _)) = (without_hash(&kept), without_hash(&read));
    assert!(has_hash);
    assert_eq!(kept, read);
    let mut bytes = std::fs::read(profile).expect("it was written");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(profile, bytes).expect("it can be written");
    let damaged = run_in(&payments, &["--baseline", profile, "--current", "data/current"]);
    assert_eq!(damaged.status, 3, "{}{}", damaged.out, damaged.err);
}

#[test]
fn thresholds_come_from_the_file_that_is_named() {
    let all = ["--baseline", "data/baseline", "--current", "data/current", "-f", "json"];
    let usual = run_in(&case("payments"), &all).json();
    let lenient = run_in(&case("payments"), &[&all[..], &["--config", "data/modeltrail.toml"]].concat()).json();
    assert_eq!((worst(&usual)["income"].as_str(), worst(&lenient)["income"].as_str()), ("drift", "ok"));
    assert_eq!(lenient["thresholds"]["null_drift"], 0.2);
    assert_eq!(worst(&lenient)["amount"], "drift");
}

#[test]
fn columns_that_are_ignored_are_left_out() {
    let all = ["--baseline", "data/baseline", "--current", "data/current", "-f", "json"];
    let told = run_in(&case("payments"), &[&all[..], &["--ignore", "amount,income", "--ignore", "merchant"]].concat()).json();
    assert_eq!(worst(&told).into_keys().collect::<Vec<_>>(), ["country", "fee", "rent", "user_age"]);
    let wrong = run_in(&case("payments"), &[&all[..], &["--ignore", "amuont"]].concat());
    assert_eq!(wrong.status, 2, "{}", wrong.err);
    assert!(wrong.err.contains("amuont"), "{}", wrong.err);
}

#[test]
fn the_method_and_the_constraints_decide_as_model_monitor_does() {
    let arguments = |method: &'static str| {
        let files = ["--baseline", "data/baseline/statistics.json", "--current", "data/current/statistics.json"];
        [&files[..], &["--constraints", "data/constraints.json", "--exact", "-f", "json", "--method", method]].concat()
    };
    let violated = |method| {
        let told = run_in(&case("monitor"), &arguments(method)).json();
        let violations = told["monitor"]["violations"].as_array().expect("a list").clone();
        let is_drift = |check: &&Value| check["violated"] == true && check["constraint_check_type"] == "baseline_drift_check";
        violations.iter().filter(is_drift).map(|check| check["feature"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(violated("sagemaker-robust"), ["tenure"]);
    assert_eq!(violated("sagemaker-simple"), ["tenure", "spend", "plan"]);
    let failing = [&arguments("sagemaker-robust")[..], &["--fail-on", "drift"]].concat();
    assert_eq!(run_in(&case("monitor"), &failing).status, 1);
}

#[test]
fn data_without_drift_from_other_writers_are_equal_to_the_last_digit() {
    let told =
        run_in(&case("foreign"), &["--baseline", "data/pyarrow.parquet", "--current", "data", "--exact", "-f", "json"]).json();
    for column in told["columns"].as_array().expect("a list") {
        for found in column["partitions"].as_array().expect("a list") {
            if found["ks"].is_object() {
                assert_eq!(found["ks"]["d"], 0.0, "{column}");
            }
            assert!(found["linf"].is_null() || found["linf"] == 0.0, "{column}");
            assert_eq!((&found["min"], &found["max"]), (&column["baseline"]["min"], &column["baseline"]["max"]), "{column}");
        }
    }
    assert_eq!(told["skipped"][0]["column"], "tags");
    assert_eq!(told["files"].as_array().map(Vec::len), Some(7), "the empty one is read, too");
}

#[test]
fn a_column_that_cannot_be_read_is_not_called_unchanged() {
    let data = case("encrypted").join("data");
    for (baseline, current) in [("current/column.parquet", "baseline.parquet"), ("baseline.parquet", "current/column.parquet")] {
        let ended = run_in(&data, &["--baseline", baseline, "--current", current, "-f", "json"]);
        let answer = ended.json();
        assert_eq!(ended.status, 3);
        assert_eq!(
            worst(&answer),
            [("age", "ok"), ("amount", "empty")].map(|(name, rank)| (name.to_owned(), rank.to_owned())).into()
        );
        let unreadable = answer["unreadable"].as_array().expect("a list");
        assert_eq!(unreadable.len(), 1);
        assert!(
            unreadable[0]["message"].as_str().is_some_and(|message| message.contains("damaged or encrypted")),
            "{unreadable:?}"
        );
    }
    let hidden = run_in(&data, &["--baseline", "current/footer.parquet", "--current", "baseline.parquet"]);
    assert_eq!(hidden.status, 3);
    assert!(hidden.err.contains("encrypted") && hidden.err.contains("nothing to compare with"), "{}", hidden.err);
}

#[test]
fn rules_can_be_asked_without_a_baseline() {
    let payments = case("payments");
    let rules = ["--current", "data/current", "--rules", "data/rules.json", "-f", "json"];
    let alone = run_in(&payments, &rules).json();
    let compared = run_in(&payments, &[&["--baseline", "data/baseline"], &rules[..]].concat()).json();
    assert_eq!(alone["rules"], compared["rules"]);
    assert_eq!((&alone["partitions"], &alone["files"]), (&compared["partitions"], &compared["files"]));
    assert_eq!((&alone["columns"], &alone["baseline"]["rows"]), (&serde_json::json!([]), &serde_json::json!(0)));
    assert!(alone["notes"][0].as_str().is_some_and(|note| note.contains("nothing is said of drift")), "{}", alone["notes"]);
    assert_eq!(run_in(&payments, &[&rules[..], &["--fail-on", "drift"]].concat()).status, 1);

    let told = run_in(&payments, &rules[..4]);
    assert!(told.out.contains("broken") && !told.out.contains("baseline  "), "{}", told.out);

    let exact = run_in(&payments, &[&rules[..], &["--exact"]].concat());
    assert!(exact.status == 2 && exact.err.contains("--baseline"), "{}", exact.err);
    let nothing = run_in(&payments, &["--current", "data/current"]);
    assert!(nothing.status == 2 && nothing.err.contains("--baseline"), "{}", nothing.err);
}
