//! What runs on an endpoint beside the weights of its variants: inference components, which requests name, and shadow variants,
//! which answer nobody.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use modeltrail::audit::{Asked, Impact, Investigation, Put, Selection};
use modeltrail::case::Case;
use modeltrail::case::claim::Grade;
use modeltrail::evidence::ledger::Ledger;
use modeltrail::fact::arn::Arn;
use modeltrail::fact::image::ImageRef;
use modeltrail::fact::s3::S3Uri;
use modeltrail::intake::{self, Unwatched};
use modeltrail::parse::Options;
use modeltrail::report::investigation::Answer;
use modeltrail::report::text::Look;
use modeltrail::report::{document as doc, impact, investigation};
use modeltrail::time::Instant;
use support::{audit, files};

const ENDPOINT: &str = "risk-scoring-prod";
const OLD: &str = "risk-xgb-v41";
const NEW: &str = "risk-xgb-v42";

/// A case that questions are put to.
struct Read {
    case: Case,
    ledger: Ledger,
}

impl Read {
    fn of(paths: &[PathBuf]) -> Self {
        let read = intake::read(paths, &Options::default(), 2, &Unwatched);
        Self { case: Case::build(read.facts, &read.density, &read.ledger, None), ledger: read.ledger }
    }

    fn story(name: &str) -> Self {
        Self::of(&[evidence(name)])
    }

    /// Reads a story without one of its sources.
    fn without(name: &str, source: &str) -> Self {
        let parts = files(&evidence(name));
        let left_out = evidence(name).join(source);
        Self::of(&parts.into_iter().filter(|path| !path.starts_with(&left_out)).collect::<Vec<_>>())
    }

    fn at(&self, instant: &str) -> Answer {
        let put = Put { endpoint: ENDPOINT.to_owned(), at: at(instant), window: 86_400 };
        let found = Investigation::of(&self.case, &self.ledger, &Selection::default(), &put);
        investigation::answer(&found.expect("the endpoint is in the evidence"))
    }

    fn impact(&self, model: &str) -> impact::Answer {
        self.asked(Asked::Model(model.to_owned()))
    }

    fn asked(&self, asked: Asked) -> impact::Answer {
        let found = Impact::of(&self.case, &self.ledger, &Selection::default(), &asked);
        impact::answer(&found.expect("it is in the evidence"))
    }
}

fn at(text: &str) -> Instant {
    Instant::parse(text, false).expect("it is a time")
}

fn evidence(story: &str) -> PathBuf {
    Path::new("fixtures").join(story).join("evidence")
}

/// Returns what each component served: component, model.
fn named(rows: &[doc::Serving]) -> Vec<(&str, &str)> {
    let mut rows: Vec<_> = rows.iter().filter_map(|row| Some((row.component.as_deref()?, row.model.last()))).collect();
    rows.sort_unstable();
    rows
}

fn commands(gaps: &[doc::Gap]) -> Vec<&str> {
    gaps.iter().filter_map(|gap| gap.command.as_deref()).collect()
}

fn expect(path: &str, text: &str) {
    let text = anstream::adapter::strip_str(text).to_string();
    expect_test::expect_file![std::path::absolute(path).expect("there is a current folder")].assert_eq(&text);
}

#[test]
fn components_serve_what_they_were_asked_to_run() {
    let read = Read::story("components");
    let before = read.at("2026-10-08T04:00:00Z");
    assert_eq!(
        named(&before.served),
        [("risk-a", OLD), ("risk-b", "risk-b"), ("risk-c", OLD), ("risk-d", OLD), ("risk-fr", "risk-fr"), ("risk-fr", OLD)]
    );
    // A refused request changes nothing, an update changes what an adapter runs too.
    let after = read.at("2026-10-08T12:00:00Z");
    assert_eq!(named(&after.served), [("risk-a", NEW), ("risk-b", "risk-b"), ("risk-fr", "risk-fr"), ("risk-fr", NEW)]);
    for row in &after.served {
        assert_eq!((row.role, row.share, row.copies, row.grade), ("component", None, None, Grade::B));
    }
    let counted = after.served.iter().filter(|row| row.model.last() == NEW).map(|row| (row.component.as_deref(), row.requests));
    assert_eq!(counted.collect::<Vec<_>>(), [(Some("risk-a"), Some(1_800)), (Some("risk-fr"), None)]);
    let idle: Vec<&str> = after.components.iter().map(|row| row.component.as_str()).collect();
    assert_eq!(idle, ["risk-c"], "it has no copies; one failed and one was deleted");
    expect("fixtures/components/investigate.txt", &investigation::text(&after, &Look::default()));
}

#[test]
fn a_model_reaches_the_components_that_run_it() {
    let read = Read::story("components");
    let answer = read.impact(NEW);
    let rows: Vec<_> = answer.endpoints.iter().map(|row| (row.kind, row.role, row.component.as_deref())).collect();
    assert_eq!(rows, [("endpoint", Some("component"), Some("risk-a")), ("endpoint", Some("component"), Some("risk-fr"))]);
    expect("fixtures/components/impact.txt", &impact::text(&answer, &Look::default()));
    // What audit says to serve is what is reached, and nothing else.
    let told = audit(&[evidence("components")]);
    let served = told.answer.serving.iter().filter(|row| row.model.last() == NEW).count();
    assert_eq!(served, rows.len());
}

#[test]
fn an_endpoint_without_a_model_is_a_gap_and_no_negative_answer() {
    for (story, source) in [("components", "nothing"), ("checks/serving/bare-endpoint", "cloudtrail")] {
        let read = Read::without(story, source);
        let asked =
            "aws sagemaker list-inference-components --endpoint-name-equals risk-scoring-prod --region eu-west-1 --output json";
        let is_open = story != "components";
        assert_eq!(commands(&read.impact(NEW).gaps).contains(&asked), is_open, "{story}");
        let answer = read.at("2026-10-08T04:00:00Z");
        assert_eq!(answer.state.state == "unknown", is_open);
        assert_eq!(commands(&answer.gaps).contains(&asked), is_open);
        assert!(!commands(&answer.gaps).iter().any(|command| command.contains("describe-endpoint ")), "it is there");
    }
    // Where the trail is whole, that there was none is known.
    let whole = Read::story("checks/serving/bare-endpoint");
    assert!(!commands(&whole.impact(NEW).gaps).iter().any(|command| command.contains("inference-component")));
}

#[test]
fn a_list_does_not_tell_what_its_components_run() {
    let read = Read::without("checks/serving/components-by-list", "cloudtrail");
    let asked = "aws sagemaker describe-inference-component --inference-component-name risk-a --region eu-west-1 --output json";
    assert!(commands(&read.impact(NEW).gaps).contains(&asked));
    let answer = read.at("2026-10-08T04:00:00Z");
    assert!(answer.served.is_empty() && answer.components.len() == 1);
    assert!(commands(&answer.gaps).contains(&asked));
}

#[test]
fn an_update_that_was_taken_back_served_nothing() {
    let told = audit(&[evidence("checks/serving/component-update-undone")]);
    assert_eq!(named(&told.answer.serving), [("risk-a", OLD)]);
    assert_eq!(told.answer.serving[0].to.as_ref().map(|to| to.latest), None);
}

#[test]
fn without_copies_nobody_is_answered() {
    let told = audit(&[evidence("checks/serving/component-called-back")]);
    let rows: Vec<_> = told.answer.serving.iter().map(|row| (row.from.earliest, row.to.as_ref().map(|to| to.earliest))).collect();
    let (made, gone, back) = (at("2026-10-07T14:00:00Z"), at("2026-10-07T19:00:00Z"), at("2026-10-07T21:00:00Z"));
    assert_eq!(rows, [(made, Some(gone)), (back, None)]);
}

#[test]
fn a_shadow_never_served() {
    let read = Read::story("shadow");
    let answer = read.at("2026-10-08T00:00:00Z");
    let served: Vec<_> = answer.served.iter().map(|row| (row.variant.as_str(), row.share)).collect();
    assert_eq!(served, [("blue", Some(1.0))]);
    let shadows: Vec<_> =
        answer.shadows.iter().map(|row| (row.variant.as_str(), row.model.last(), row.share, row.copies)).collect();
    assert_eq!(shadows, [("trial", NEW, None, Some(0.5))]);
    assert!(answer.incidents.is_empty(), "its errors and latency met nobody");
    expect("fixtures/shadow/investigate.txt", &investigation::text(&answer, &Look::default()));
    let (from, to) = (at("2026-10-07T19:00:00Z"), at("2026-10-08T00:00:00Z"));
    let arn = answer.question.endpoint;
    let asked = |variant| read.case.serving.requests(&arn, variant, from, to).map(|counted| counted.requests);
    assert_eq!((asked(None), asked(Some("blue")), asked(Some("trial"))), (Some(5_000), Some(5_000), Some(2_500)));
}

#[test]
fn a_model_reaches_a_shadow_and_nobody_behind_it() {
    let answer = Read::story("shadow").impact(NEW);
    let rows: Vec<_> = answer.endpoints.iter().map(|row| (row.kind, row.role, row.copies)).collect();
    assert_eq!(rows, [("shadow", Some("shadow"), Some(0.5))]);
    let summary = &answer.summary;
    assert_eq!((summary.endpoints, summary.shadows, summary.transforms, summary.requests), (0, 1, 0, Some(0)));
    expect("fixtures/shadow/impact.txt", &impact::text(&answer, &Look::default()));
}

#[test]
fn a_promoted_shadow_serves_from_then_on() {
    let read = Read::story("checks/serving/shadow-promoted");
    let answer = read.at("2026-10-08T00:00:00Z");
    assert!(answer.shadows.is_empty() && answer.served.iter().all(|row| row.variant == "trial"));
    let (early, late) = (at("2026-10-07T14:00:00Z"), at("2026-10-07T18:00:00Z"));
    let arn = answer.question.endpoint;
    assert_eq!(read.case.serving.requests(&arn, None, early, late).map_or(0, |counted| counted.requests), 0);
    let (early, late) = (at("2026-10-07T20:00:00Z"), at("2026-10-08T01:00:00Z"));
    assert!(read.case.serving.requests(&arn, None, early, late).is_some_and(|counted| counted.requests > 0));
    let none = Read::story("checks/serving/shadow-of-nothing");
    assert!(none.at("2026-10-08T00:00:00Z").shadows.is_empty());
}

/// How well each thing that ran is known.
fn known(rows: &doc::Audit) -> BTreeMap<(String, Option<String>, String), Grade> {
    let mut known = BTreeMap::new();
    for row in rows.serving.iter().chain(&rows.shadows) {
        let key = (row.variant.clone(), row.component.clone(), row.model.to_string());
        let grade = known.entry(key).or_insert(row.grade);
        *grade = row.grade.min(*grade);
    }
    known
}

#[test]
fn less_evidence_never_makes_it_better_known_what_ran() {
    for story in ["components", "shadow"] {
        let whole = known(&audit(&[evidence(story)]).answer);
        let all = files(&evidence(story));
        for left_out in &all {
            let rest: Vec<PathBuf> = all.iter().filter(|path| *path != left_out).cloned().collect();
            for (key, grade) in known(&audit(&rest).answer) {
                // A request that is missing may leave a component with what it last ran.
                let before = whole.get(&key).copied().unwrap_or(Grade::A);
                assert!(grade >= before, "{story} without {}: {key:?}", left_out.display());
            }
        }
    }
}

fn component(name: &str) -> String {
    format!("arn:aws:sagemaker:eu-west-1:111122223333:inference-component/{name}")
}

/// Returns what was reached of serving: component, what it ran, and how well that is known.
fn reached(answer: &impact::Answer) -> Vec<(&str, &str, Grade)> {
    let row = |row: &'_ impact::Endpoint| row.component.is_some();
    let rows = answer.endpoints.iter().filter(|own| row(own));
    let mut rows: Vec<_> =
        rows.filter_map(|row| Some((row.component.as_deref()?, row.model.as_ref()?.resource(), row.grade))).collect();
    rows.sort_unstable();
    rows
}

/// Returns the digest of the image that a component runs itself.
fn digest_of(answer: &Answer, name: &str) -> Option<String> {
    let own = answer.models.iter().find(|model| model.arn.as_str() == component(name))?;
    own.code.serving_image.value.as_ref()?.digest.clone()
}

const OWN: &str = "inference-component/risk-own";
const ADAPTER: &str = "inference-component/risk-fr";

#[test]
fn bytes_reach_the_component_that_runs_them_itself() {
    let read = Read::story("own-containers");
    let asked = |place: &str| read.asked(Asked::Object(S3Uri::parse(place).expect("it is a place"), None));
    let artifact = asked("s3://acme-artifacts/out/risk-train-2026-10-06/output/model.tar.gz");
    assert_eq!(reached(&artifact), [("risk-fr", OWN, Grade::C), ("risk-own", OWN, Grade::C)]);
    let (own, adapter) = (&artifact.endpoints[0], &artifact.endpoints[1]);
    let began = |row: &impact::Endpoint| row.from.as_ref().map(|from| from.earliest);
    assert_eq!((began(own), began(adapter)), (Some(at("2026-10-07T13:10:00Z")), Some(at("2026-10-07T13:20:00Z"))));
    // So does the data that the job was fed, which wrote them: no better known than the weakest hop.
    let data = asked("s3://risk-feat/train/dt=2026-10-06/");
    assert_eq!(reached(&data), reached(&artifact));
    assert!(data.jobs.iter().any(|arn| arn.last() == "risk-train-2026-10-06"));
    // What it was updated to reached it later, and what an adapter brings reached nobody else. Each request counts once.
    let later = asked("s3://acme-artifacts/out/risk-train-2026-10-07/output/model.tar.gz");
    assert_eq!(reached(&later), [("risk-fr", OWN, Grade::B), ("risk-own", OWN, Grade::B)]);
    let adapter = asked("s3://acme-artifacts/risk/fr/adapter.tar.gz");
    assert!(reached(&adapter).iter().all(|(component, model, _)| (*component, *model) == ("risk-fr", ADAPTER)));
    assert_eq!((later.summary.requests, adapter.summary.requests), (Some(1_980), Some(180)));
    expect("fixtures/own-containers/impact.txt", &impact::text(&data, &Look::default()));
}

#[test]
fn an_image_reaches_the_component_that_runs_it_itself() {
    let read = Read::story("own-containers");
    let image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/risk-serve:v7";
    let by_tag = read.asked(Asked::Image(ImageRef::parse(image).expect("it is an image")));
    let names: Vec<&str> = by_tag.models.iter().map(Arn::last).collect();
    assert_eq!(names, ["risk-own", "risk-two"]);
    let digest = digest_of(&read.at("2026-10-08T12:00:00Z"), "risk-two");
    let by_digest = read.asked(Asked::Digest(digest.expect("hosting resolved it")));
    let names: Vec<&str> = by_digest.models.iter().map(Arn::last).collect();
    assert_eq!(names, ["risk-own", "risk-two"]);
}

#[test]
fn a_component_has_the_lineage_of_its_own_bytes() {
    let read = Read::story("own-containers");
    let answer = read.at("2026-10-08T12:00:00Z");
    assert_eq!(
        named(&answer.served),
        [("risk-fr", "risk-fr"), ("risk-fr", "risk-own"), ("risk-own", "risk-own"), ("risk-two", "risk-two")]
    );
    assert!(answer.components.is_empty(), "all of them ran something");
    let own = answer.models.iter().find(|model| model.arn.as_str() == component("risk-own")).expect("it is told");
    assert_eq!(own.training_job.value.as_ref().map(Arn::last), Some("risk-train-2026-10-07"));
    assert_eq!((own.training_job.grade, own.artifact.grade, own.data[0].version.grade), (Grade::A, Grade::A, Grade::A));
    let by_hand = answer.models.iter().find(|model| model.arn.as_str() == component("risk-two")).expect("it is told");
    assert_eq!((by_hand.artifact.grade, by_hand.training_job.grade), (Grade::A, Grade::U));
    expect("fixtures/own-containers/investigate.txt", &investigation::text(&answer, &Look::default()));
}

#[test]
fn bytes_that_were_replaced_while_they_may_have_been_loaded_are_not_told_apart() {
    let story = "checks/data/component-artifact-replaced";
    let read = Read::story(story);
    let lives: Vec<_> = read.case.lineages.iter().filter(|own| own.arn.as_str() == component("risk-live")).collect();
    assert_eq!(lives.len(), 2, "an update loads them again");
    let versions: Vec<_> = lives.iter().filter_map(|own| own.artifact.value()?.version_id.clone()).collect();
    assert!(versions.len() == 2 && versions[0] != versions[1]);
    // The description alone: the component took the bytes at some time before it was changed last.
    let told = Read::without(story, "cloudtrail");
    let own = told.case.lineages.iter().find(|own| own.arn.as_str() == component("risk-live")).expect("it is described");
    assert_eq!((own.artifact.grade(), own.artifact.conflicts().len()), (Grade::C, 1));
}

#[test]
fn what_names_a_component_is_about_its_endpoint() {
    let read = Read::story("hosted");
    let answer = read.at("2026-10-08T03:20:00Z");
    let incident =
        answer.incidents.iter().find(|own| own.subject.ends_with(&format!("endpoint/{ENDPOINT}"))).expect("its component failed");
    assert_eq!(incident.began, at("2026-10-08T03:10:00Z"));
    let detected = incident.detected.as_ref().expect("its alarm told");
    assert_eq!((detected.at.seconds(), detected.by.as_str()), (at("2026-10-08T03:21:00Z").seconds(), "alarm risk-a-5xx"));
    // Neither an alarm of another endpoint's component nor one of another region's component of that name.
    let alarms: Vec<&str> = answer.watchers.iter().map(|own| own.name.as_str()).collect();
    assert_eq!(alarms, ["risk-a-5xx", "risk-b-5xx"]);
    assert!(!answer.incidents.iter().any(|own| own.subject.ends_with("endpoint/other-prod")));
    expect("fixtures/hosted/investigate.txt", &investigation::text(&answer, &Look::default()));
}

#[test]
fn the_log_group_of_a_component_is_that_of_what_it_ran_on() {
    let read = Read::story("checks/code/component-split");
    let printed = |name: &str| {
        let endpoint = read.case.serving.endpoints().iter().find(|own| own.name == name).expect("it is there");
        read.case.printed_on(endpoint).len()
    };
    assert_eq!((printed(ENDPOINT), printed("other-prod")), (2, 0));
}

#[test]
fn weights_that_are_all_zero_are_told() {
    let answer = Read::story("checks/serving/weights-all-zero").at("2026-10-08T00:00:00Z");
    assert!(answer.served.is_empty());
    assert!(answer.state.why.is_some_and(|why| why.contains("weights of all its variants were 0")), "{:?}", answer.state.why);
    let asked = commands(&answer.gaps);
    assert!(asked.iter().any(|command| command.contains("Name=VariantName,Value=blue")), "{asked:?}");
    assert!(!asked.iter().any(|command| command.contains("describe-endpoint-config")));
}
