//! Every case of the book, told from its evidence: what must fire fires, what must stay silent does, and the whole answer is
//! what is expected. `UPDATE_EXPECT=1 cargo test` writes what is told now into the expectations.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use modeltrail::case::claim::Grade;
use modeltrail::check;
use modeltrail::drift::rule::RuleSet;
use modeltrail::finding::Severity;
use modeltrail::report::document as doc;
use modeltrail::study::Settings;
use support::{Told, audit, audit_by, files, grades};

/// What lies beside a case's evidence.
#[derive(serde::Deserialize)]
struct Card {
    fires: Vec<String>,
    silent: Vec<String>,
    without: Vec<String>,
}

/// A case in its folder.
struct Case {
    folder: PathBuf,
    card: Card,
}

fn cases() -> Vec<Case> {
    let cards = files(Path::new("fixtures")).into_iter().filter(|path| path.ends_with("case.json"));
    // The cases of `drift` hold data, not evidence; `tests/drift.rs` tells them.
    let cards = cards.filter(|path| path.with_file_name("evidence").is_dir());
    cards
        .map(|path| {
            let card = serde_json::from_slice(&std::fs::read(&path).expect("the card can be read")).expect("the card is one");
            Case { folder: path.parent().expect("it lies in a folder").to_owned(), card }
        })
        .collect()
}

impl Case {
    fn evidence(&self) -> PathBuf {
        self.folder.join("evidence")
    }

    /// Returns how data in the evidence is compared: by the rules that lie beside it.
    fn settings(&self) -> Settings {
        let rules = std::fs::read_to_string(self.folder.join("rules.json"));
        let rules = rules.map_or_else(|_| RuleSet::default(), |text| RuleSet::parse(&text).expect("they are rules"));
        Settings { rules, ..Settings::default() }
    }

    /// Returns the parts of the evidence, all but one.
    fn without(&self, source: &str) -> Vec<PathBuf> {
        let parts =
            std::fs::read_dir(self.evidence()).expect("there is evidence").map(|entry| entry.expect("it can be listed").path());
        let mut parts: Vec<PathBuf> = parts.filter(|part| part.file_name().is_none_or(|name| name != source)).collect();
        parts.sort();
        parts
    }
}

#[test]
fn every_case_is_told_as_expected() {
    for case in cases() {
        let told = audit_by(&[case.evidence()], &case.settings());
        let name = case.folder.display();
        let fired: BTreeSet<&str> = told.answer.findings.iter().map(|finding| finding.check).collect();
        for check in &case.card.fires {
            assert!(fired.contains(check.as_str()), "{name}: {check} must fire");
        }
        for check in &case.card.silent {
            if check == "*" {
                let loud: Vec<_> = told
                    .answer
                    .findings
                    .iter()
                    .filter(|finding| finding.severity < Severity::Info)
                    .map(|finding| finding.check)
                    .collect();
                assert!(loud.is_empty(), "{name}: nothing above info may fire, and {loud:?} do");
            }
            assert!(!fired.contains(check.as_str()), "{name}: {check} must stay silent");
        }
        let expected = std::path::absolute(case.folder.join("expected.txt")).expect("there is a current folder");
        // A whole story is kept as people read it, a small case as far as it is about.
        let told = if case.folder.starts_with("fixtures/checks") { brief(&told) } else { told.text };
        expect_test::expect_file![expected].assert_eq(&told);
    }
}

#[test]
fn a_story_without_one_source_says_what_it_no_longer_knows() {
    for case in cases().iter().filter(|case| !case.card.without.is_empty()) {
        let whole = grades(&audit(&[case.evidence()]).answer);
        for source in &case.card.without {
            let told = audit(&case.without(source));
            assert_no_rise(&format!("{} without {source}", case.folder.display()), &whole, &grades(&told.answer));
            let expected = std::path::absolute(case.folder.join(format!("expected-without-{source}.txt")))
                .expect("there is a current folder");
            expect_test::expect_file![expected].assert_eq(&brief(&told));
        }
    }
}

#[test]
fn no_grade_rises_when_a_file_is_taken_away() {
    for case in cases().iter().filter(|case| !case.folder.starts_with("fixtures/checks")) {
        let whole = grades(&audit(&[case.evidence()]).answer);
        let all = files(&case.evidence());
        for left_out in &all {
            let rest: Vec<PathBuf> = all.iter().filter(|path| *path != left_out).cloned().collect();
            assert_no_rise(&format!("without {}", left_out.display()), &whole, &grades(&audit(&rest).answer));
        }
    }
}

/// Contradictions may vanish with the record that contradicts; nothing else becomes better known by knowing less.
fn assert_no_rise(what: &str, whole: &BTreeMap<String, Grade>, part: &BTreeMap<String, Grade>) {
    for (hop, grade) in part {
        let Some(before) = whole.get(hop) else { continue };
        assert!(*before == Grade::X || grade >= before, "{what}: {hop} rises from {before:?} to {grade:?}");
    }
}

#[test]
fn every_check_has_a_case_that_triggers_it_and_one_that_only_looks_like_it() {
    let cases = cases();
    for check in check::ALL {
        assert!(cases.iter().any(|case| case.card.fires.iter().any(|id| id == check.id)), "no case triggers {}", check.id);
        assert!(
            cases.iter().any(|case| case.card.silent.iter().any(|id| id == check.id)),
            "no case shows where {} stays silent",
            check.id
        );
    }
    for id in cases.iter().flat_map(|case| case.card.fires.iter().chain(&case.card.silent)).filter(|id| *id != "*") {
        assert!(check::ALL.iter().any(|check| check.id == id), "no check is called {id}");
    }
}

#[test]
fn every_unknown_names_its_gap_and_every_claim_its_evidence() {
    for case in cases() {
        for source in std::iter::once("").chain(case.card.without.iter().map(String::as_str)) {
            let told = audit(&case.without(source));
            for (hop, claim) in claims(&told.answer) {
                let place = format!("{} without {source:?}: {hop}", case.folder.display());
                if claim.grade == Grade::U {
                    assert!(!claim.missing.is_empty(), "{place} is unknown and names no gap: {}", claim.why);
                } else {
                    assert!(!claim.evidence.is_empty(), "{place} is graded {:?} and cites nothing: {}", claim.grade, claim.why);
                }
                assert!(!claim.why.is_empty(), "{place} says no why");
            }
            let ids: BTreeSet<&str> = told.answer.evidence.iter().map(|row| row.id.as_str()).collect();
            assert!(
                told.answer
                    .findings
                    .iter()
                    .all(|finding| !finding.evidence.is_empty() && finding.evidence.iter().all(|id| ids.contains(id.as_str()))),
                "{}",
                case.folder.display()
            );
        }
    }
}

/// A claim without its value.
struct Bare {
    grade: Grade,
    why: String,
    evidence: Vec<String>,
    missing: Vec<String>,
}

fn bare<T>(claim: &doc::Claim<T>) -> Bare {
    Bare { grade: claim.grade, why: claim.why.clone(), evidence: claim.evidence.clone(), missing: claim.missing.clone() }
}

fn claims(answer: &doc::Audit) -> Vec<(String, Bare)> {
    let mut all = Vec::new();
    for model in &answer.models {
        let name = |hop: &str| format!("{} {hop}", model.name);
        all.push((name("package"), bare(&model.package)));
        all.push((name("approval"), bare(&model.approval)));
        all.push((name("training job"), bare(&model.training_job)));
        all.push((name("pipeline execution"), bare(&model.pipeline_execution)));
        all.push((name("artifact"), bare(&model.artifact)));
        all.push((name("commit"), bare(&model.code.commit)));
        all.push((name("training image"), bare(&model.code.training_image)));
        all.push((name("serving image"), bare(&model.code.serving_image)));
        all.push((name("source"), bare(&model.code.source)));
        all.push((name("dependencies"), bare(&model.code.dependencies)));
        for channel in &model.data {
            all.push((name(&format!("data {}", channel.channel)), bare(&channel.version)));
            all.push((name(&format!("data {} produced by", channel.channel)), bare(&channel.produced_by)));
        }
    }
    all
}

/// Writes findings, hops with their grades and reasons, serving and gaps.
fn brief(told: &Told) -> String {
    let mut text = String::new();
    for finding in &told.answer.findings {
        let _ = writeln!(
            text,
            "{} {} [{}] {}\n    {}",
            finding.severity.name(),
            finding.check,
            finding.grade.letter(),
            finding.title,
            finding.detail
        );
    }
    for row in told.answer.serving.iter().chain(&told.answer.shadows) {
        let how = match (&row.component, row.copies) {
            (Some(component), _) => format!(" by component {component}"),
            (None, Some(copies)) => format!(" on copies of {copies}"),
            (None, None) => String::new(),
        };
        let to = row.to.as_ref().map_or_else(|| "now".to_owned(), |to| format!("{} to {}", to.earliest, to.latest));
        let _ = writeln!(
            text,
            "serving {} {} {}{how} from {} to {}, until {to}: {:?} requests [{}]",
            row.name,
            row.variant,
            row.model,
            row.from.earliest,
            row.from.latest,
            row.requests,
            row.grade.letter()
        );
    }
    for (hop, claim) in claims(&told.answer) {
        let why = if claim.grade > Grade::B { format!(": {}", claim.why) } else { String::new() };
        let missing = if claim.missing.is_empty() { String::new() } else { format!(" {}", claim.missing.join(" ")) };
        let _ = writeln!(text, "[{}{missing}] {hop}{why}", claim.grade.letter());
    }
    for gap in &told.answer.gaps {
        let _ = writeln!(text, "{} {:?} {} (lifts {})", gap.id, gap.kind, gap.what, gap.lifts);
    }
    text
}
