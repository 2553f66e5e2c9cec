//! Data in the evidence: which file is taken for which object, how well that is known, and what is not compared.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::path::{Path, PathBuf};

use modeltrail::case::claim::Grade;
use modeltrail::evidence::ledger::Disposition;
use modeltrail::evidence::limits::Limits;
use modeltrail::parse::Options;
use modeltrail::study::Settings;
use support::{Told, audit, audit_by, audit_with, files, folder};

const MOVED: &str = "fixtures/checks/drift/moved/evidence";
const LISTING: &str = "s3/risk-feat/list-object-versions.json";
const FIRST: &str = "data/october/first.parquet";
const SECOND: &str = "data/october/second.parquet";

/// Evidence as files by their paths, to be bent.
struct Evidence(Vec<(String, Vec<u8>)>);

impl Evidence {
    fn of(case: &str) -> Self {
        let root = Path::new(case);
        let name = |path: &PathBuf| path.strip_prefix(root).expect("it lies there").to_string_lossy().replace('\\', "/");
        Self(files(root).iter().map(|path| (name(path), std::fs::read(path).expect("it can be read"))).collect())
    }

    fn file(&mut self, name: &str) -> &mut (String, Vec<u8>) {
        self.0.iter_mut().find(|(own, _)| own == name).expect("it is there")
    }

    fn renamed(mut self, from: &str, to: &str) -> Self {
        to.clone_into(&mut self.file(from).0);
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.0.retain(|(own, _)| own != name);
        self
    }

    fn bent(mut self, name: &str, bend: impl FnOnce(&mut Vec<u8>)) -> Self {
        bend(&mut self.file(name).1);
        self
    }

    fn folder(&self) -> tempfile::TempDir {
        let files: Vec<(&str, &[u8])> = self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        folder(&files)
    }

    fn told(&self) -> Told {
        audit(&[self.folder().keep()])
    }
}

/// Returns the grade of each finding about data that moved.
fn drift(told: &Told) -> Vec<(&str, Grade)> {
    let of_data = told.answer.findings.iter().filter(|finding| finding.check.starts_with("drift/"));
    of_data.map(|finding| (finding.check, finding.grade)).collect()
}

fn problems<'a>(told: &'a Told, name: &str) -> Vec<&'a str> {
    let input = told.answer.inputs.iter().find(|input| input.path.ends_with(name)).expect("it is listed");
    input.problems.iter().map(|problem| problem.message.as_str()).collect()
}

/// Gives every version of the data an `ETag` as of an upload in parts of a size that nobody uses.
fn in_odd_parts(listing: &mut Vec<u8>) {
    let mut answer: serde_json::Value = serde_json::from_slice(listing).expect("it is JSON");
    for (at, version) in answer["Versions"].as_array_mut().expect("a list").iter_mut().enumerate() {
        version["ETag"] = serde_json::json!(format!("\"{:032x}-7\"", at + 1));
    }
    *listing = serde_json::to_vec(&answer).expect("it is JSON");
}

#[test]
fn bytes_tell_what_a_file_is_and_names_do_not() {
    let expected = drift(&audit(&[MOVED.into()])).into_iter().map(|(check, grade)| (check.to_owned(), grade)).collect::<Vec<_>>();
    assert_eq!(expected.len(), 4);
    assert!(expected.iter().all(|(_, grade)| *grade <= Grade::B));
    let named = Evidence::of(MOVED).renamed(FIRST, "x/z").renamed(SECOND, "x/a.csv").told();
    assert_eq!(drift(&named), expected.iter().map(|(check, grade)| (check.as_str(), *grade)).collect::<Vec<_>>());
    // The other week's name does not make it the other week's data.
    let swapped = Evidence::of(MOVED).renamed(FIRST, "data/t").renamed(SECOND, FIRST).renamed("data/t", SECOND).told();
    assert_eq!(drift(&swapped).len(), 4);
}

#[test]
fn without_one_of_the_files_nothing_is_said_of_the_other() {
    for missing in [FIRST, SECOND] {
        let told = Evidence::of(MOVED).without(missing).told();
        assert_eq!(drift(&told), []);
        let other = if missing == FIRST { SECOND } else { FIRST };
        assert!(problems(&told, other)[0].contains("no other run is here to compare it with"), "{:?}", problems(&told, other));
    }
    let changed = Evidence::of(MOVED).bent(SECOND, |bytes| bytes[100] ^= 1).told();
    assert_eq!(drift(&changed), []);
    assert!(problems(&changed, SECOND)[0].contains("no job in the evidence is shown to have read it"));
    // Without a listing nobody knows which versions were read.
    assert_eq!(drift(&Evidence::of(MOVED).without(LISTING).told()), []);
}

#[test]
fn path_and_size_are_grade_c_and_only_where_digests_say_nothing() {
    let placed = || {
        Evidence::of(MOVED)
            .renamed(FIRST, "data/06/risk-feat/data/train/part-0000.parquet")
            .renamed(SECOND, "data/13/risk-feat/data/train/part-0000.parquet")
    };
    let told = placed().bent(LISTING, in_odd_parts).told();
    let found = drift(&told);
    assert!(found.len() == 4 && found.iter().all(|(_, grade)| *grade == Grade::C), "{found:?}");
    assert!(problems(&told, "06/risk-feat/data/train/part-0000.parquet")[0].ends_with("by path and size"));
    // Other names, and the size alone proves nothing.
    assert_eq!(drift(&Evidence::of(MOVED).bent(LISTING, in_odd_parts).told()), []);
    // An MD5 that is not theirs excludes the files.
    let other = |listing: &mut Vec<u8>| {
        in_odd_parts(listing);
        *listing = String::from_utf8(listing.clone()).expect("it is text").replace("-7\\\"", "\\\"").into_bytes();
    };
    assert_eq!(drift(&placed().bent(LISTING, other).told()), []);
}

#[test]
fn what_cannot_be_read_is_told_and_costs_its_study_alone() {
    let told = audit(&["fixtures/checks/drift/damaged/evidence".into()]);
    assert_eq!(drift(&told), []);
    let input = told.answer.inputs.iter().find(|input| input.path.ends_with(SECOND)).expect("it is listed");
    assert_eq!(input.disposition, Disposition::Partial);
    assert!(problems(&told, SECOND).iter().any(|problem| problem.starts_with("cannot be compared: ")));
    assert!(problems(&told, FIRST).iter().any(|problem| problem.contains("second.parquet cannot be read")));
    // The footer of an encrypted file is no reason to say nothing of the rest.
    let encrypted = std::fs::read("fixtures/drift/encrypted/data/current/footer.parquet").expect("it is there");
    let mut evidence = Evidence::of(MOVED);
    evidence.0.push(("data/secret.parquet".to_owned(), encrypted));
    let told = evidence.told();
    assert_eq!(drift(&told).len(), 4);
    assert!(problems(&told, "secret.parquet")[0].contains("encrypted"));
}

#[test]
fn labels_and_ignored_columns_are_not_compared() {
    let case = |name: &str| vec![PathBuf::from(format!("fixtures/checks/{name}/evidence"))];
    let fired = |told: &Told, check: &str| told.answer.findings.iter().any(|finding| finding.check == check);
    let ignoring = |ignore: &[&str], labels: &[&str]| Settings {
        ignore: ignore.iter().map(ToString::to_string).collect(),
        labels: labels.iter().map(ToString::to_string).collect(),
        ..Settings::default()
    };
    assert!(!fired(&audit_by(&case("skew/unit"), &ignoring(&["delay_s"], &[])), "skew/train-serve"));
    assert!(!fired(&audit_by(&case("skew/as-trained"), &ignoring(&[], &["has_churned"])), "skew/train-serve"));
    // What is named as missing makes everything else that is missing a finding.
    assert!(fired(&audit_by(&case("skew/as-trained"), &ignoring(&[], &["weight"])), "skew/train-serve"));
    // As many values as columns are left; one fewer is not.
    let told = audit_by(&case("skew/swapped"), &ignoring(&[], &["tenure"]));
    assert!(!fired(&told, "skew/train-serve"));
    assert!(
        told.answer
            .inputs
            .iter()
            .any(|input| { input.problems.iter().any(|problem| problem.message.contains("which belong together?")) })
    );
}

#[test]
fn threads_do_not_show_in_studies() {
    for case in ["drift/moved", "drift/damaged", "drift/rows", "skew/unit", "skew/swapped"] {
        let path = [PathBuf::from(format!("fixtures/checks/{case}/evidence"))];
        let told = |threads| audit_with(&path, &Options::default(), threads).json;
        assert_eq!(told(1), told(4), "{case}");
    }
}

#[test]
fn a_file_that_is_too_large_to_be_held_is_counted_by_its_footer() {
    let limits = Limits { parquet: 4_096, ..Limits::default() };
    let told = audit_with(&[MOVED.into()], &Options { limits, ..Options::default() }, 1);
    assert_eq!(told.json, audit(&[MOVED.into()]).json);
    let cut = Evidence::of(MOVED).bent(SECOND, |bytes| bytes.truncate(20_000));
    let files: Vec<(&str, &[u8])> = cut.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let told = audit_with(&[folder(&files).keep()], &Options { limits, ..Options::default() }, 1);
    assert!(problems(&told, SECOND)[0].contains("cannot be read"), "{:?}", problems(&told, SECOND));
    assert_eq!(drift(&told), []);
}

#[test]
fn rules_and_settings_come_from_the_command_line() {
    let beside = folder(&[
        ("rules.json", br#"{"user_age": {"min": 30}}"#),
        ("modeltrail.toml", b"[data]\nignore = ['amount', 'merchant']\n[drift]\nnull_drift = 0.5\n"),
    ]);
    let named = |name: &str| beside.path().join(name).to_string_lossy().into_owned();
    let (rules, config) = (named("rules.json"), named("modeltrail.toml"));
    let fired = |more: &[&str]| by_command(Path::new(MOVED), more).into_iter().map(|(check, _)| check).collect::<Vec<_>>();
    assert_eq!(fired(&[]), ["drift/distribution", "drift/missing-values", "drift/new-category", "drift/time-shift"]);
    assert_eq!(fired(&["--rules", &rules, "--config", &config]), ["drift/business-rule", "drift/time-shift"]);
}

#[test]
fn rules_are_asked_of_a_run_that_nothing_can_be_held_against() {
    let beside = folder(&[("rules.json", br#"{"user_age": {"min": 30}}"#), ("kept.json", br#"{"user_age": {"min": 0}}"#)]);
    let rules = |name: &str| beside.path().join(name).to_string_lossy().into_owned();
    for gone in [FIRST, SECOND] {
        let evidence = Evidence::of(MOVED).without(gone);
        let place = evidence.folder();
        assert_eq!(by_command(place.path(), &[]), []);
        assert_eq!(by_command(place.path(), &["--rules", &rules("kept.json")]), []);
        let found = by_command(place.path(), &["--rules", &rules("rules.json")]);
        assert!(
            matches!(&found[..], [(check, title)] if check == "drift/business-rule" && title.contains("user_age")),
            "{found:?}"
        );
    }
    // The earlier of two runs is what the later is held against, and no rule is asked of it.
    let found = by_command(Path::new(MOVED), &["--rules", &rules("rules.json")]);
    assert_eq!(found.iter().filter(|(check, _)| check == "drift/business-rule").count(), 1);
    // Which bytes a run read must be known.
    let unknown = Evidence::of(MOVED).without(FIRST).without(LISTING);
    assert_eq!(by_command(unknown.folder().path(), &["--rules", &rules("rules.json")]), []);
}

/// Returns check and title of each finding about data that moved, as the program itself tells.
fn by_command(place: &Path, more: &[&str]) -> Vec<(String, String)> {
    let mut command = assert_cmd::Command::cargo_bin("modeltrail").expect("the program is built");
    let output = command.arg("audit").arg(place).args(["-f", "json"]).args(more).output().expect("it runs");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the answer is JSON");
    let word = |finding: &serde_json::Value, name: &str| finding[name].as_str().expect("a text").to_owned();
    let all = answer["findings"].as_array().expect("a list");
    let told = all.iter().map(|finding| (word(finding, "check"), word(finding, "title")));
    told.filter(|(check, _)| check.starts_with("drift/")).collect()
}

/// Returns the titles of findings that something was tampered with.
fn tampered(told: &Told) -> Vec<&str> {
    told.answer
        .findings
        .iter()
        .filter(|finding| finding.check == "evidence/tampered")
        .map(|finding| finding.title.as_str())
        .collect()
}

#[test]
fn a_file_that_ends_early_is_not_called_altered() {
    let file = "delivered/111122223333_CloudTrail_eu-west-1_20261006T1000Z_9b2f40c1d7e85a36.json.gz";
    let altered = || Evidence::of("fixtures/checks/evidence/trail-altered/evidence");
    assert_eq!(tampered(&altered().told()), ["1 file of trail org-trail is not what was delivered"]);
    assert_eq!(tampered(&altered().bent(file, |bytes| bytes.truncate(bytes.len() - 30)).told()), [""; 0]);
    // The same in other clothes: only what was compressed counts.
    let plain = |bytes: &mut Vec<u8>| {
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut content).expect("it is gzip");
        *bytes = content;
    };
    let whole = Evidence::of("fixtures/checks/evidence/trail-as-delivered/evidence");
    assert_eq!(tampered(&whole.bent(file, plain).told()), [""; 0]);
}

#[test]
fn a_digest_vouches_for_the_digest_before_it() {
    let first = "digests/20261006T100000Z.json";
    let own = "111122223333_CloudTrail-Digest_eu-west-1_org-trail_eu-west-1_20261006T100000Z.json.gz";
    let evidence = |hash: &str| {
        let mut evidence = Evidence::of("fixtures/checks/evidence/trail-as-delivered/evidence");
        let mut next: serde_json::Value = serde_json::from_slice(&evidence.file(first).1).expect("it is JSON");
        let key = next["digestS3Object"].as_str().expect("a key").to_owned();
        assert!(key.ends_with(own), "{key}");
        next["previousDigestS3Object"] = key.into();
        next["previousDigestHashValue"] = hash.into();
        next["digestStartTime"] = "2026-10-06T10:00:00Z".into();
        next["digestEndTime"] = "2026-10-06T11:00:00Z".into();
        next["logFiles"] = serde_json::json!([]);
        evidence.0.push(("digests/next.json".to_owned(), next.to_string().into_bytes()));
        evidence.renamed(first, &format!("digests/{own}"))
    };
    let mut as_it_is = evidence("");
    let (_, bytes) = as_it_is.file(&format!("digests/{own}"));
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&bytes[..]);
    let hash = modeltrail::evidence::hex::lower(&digest).to_ascii_uppercase();
    assert_eq!(tampered(&evidence(&hash).told()), [""; 0]);
    assert_eq!(tampered(&evidence(&"0".repeat(64)).told()), ["1 file of trail org-trail is not what was delivered"]);
    assert_eq!(tampered(&evidence("no hash").told()), [""; 0]);
}
