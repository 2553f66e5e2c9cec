//! An endpoint at an instant: what served, how old the data was, who noticed and who could have.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::path::{Path, PathBuf};

use modeltrail::audit::{Investigation, NoAnswer, Put, Selection};
use modeltrail::case::Case;
use modeltrail::case::claim::Grade;
use modeltrail::evidence::ledger::Ledger;
use modeltrail::intake::{self, Unwatched};
use modeltrail::parse::Options;
use modeltrail::report::investigation::{self, Answer};
use modeltrail::report::text::Look;
use modeltrail::time::Instant;
use serde_json::json;
use support::{files, folder};

/// A case that questions are put to.
struct Read {
    case: Case,
    ledger: Ledger,
}

const ENDPOINT: &str = "risk-scoring-prod";
const NIGHT: &str = "2026-10-15T03:58:00Z";

impl Read {
    fn of(paths: &[PathBuf]) -> Self {
        Self::with(paths, 2, None)
    }

    fn with(paths: &[PathBuf], threads: usize, as_of: Option<&str>) -> Self {
        let read = intake::read(paths, &Options::default(), threads, &Unwatched);
        let as_of = as_of.map(at);
        Self { case: Case::build(read.facts, &read.density, &read.ledger, as_of), ledger: read.ledger }
    }

    fn story(name: &str) -> Self {
        Self::of(&[evidence(name)])
    }

    fn ask(&self, endpoint: &str, instant: &str, window: i64) -> Result<Answer, NoAnswer> {
        let put = Put { endpoint: endpoint.to_owned(), at: at(instant), window };
        Investigation::of(&self.case, &self.ledger, &Selection::default(), &put).map(|found| investigation::answer(&found))
    }

    fn at(&self, instant: &str) -> Answer {
        self.ask(ENDPOINT, instant, 86_400).expect("it is in the evidence")
    }
}

fn at(text: &str) -> Instant {
    Instant::parse(text, false).expect("it is a time")
}

fn evidence(story: &str) -> PathBuf {
    Path::new("fixtures").join(story).join("evidence")
}

fn json(answer: &Answer) -> String {
    let mut json = Vec::new();
    modeltrail::report::json::write(answer, &mut json).expect("memory can be written");
    String::from_utf8(json).expect("JSON is UTF-8")
}

fn expect(path: &str, text: &str) {
    expect_test::expect_file![std::path::absolute(path).expect("there is a current folder")].assert_eq(text);
}

fn assert_text(story: &str, name: &str, answer: &Answer) {
    let text = anstream::adapter::strip_str(&investigation::text(answer, &Look::default())).to_string();
    expect(&format!("fixtures/{story}/expected-investigate-{name}.txt"), &text);
}

#[test]
fn the_night_is_told_in_one_screen() {
    let answer = Read::story("midnight-timeout").at(NIGHT);
    assert_eq!((answer.state.state, answer.served.len(), answer.models.len()), ("serving", 1, 1));
    let freshness = answer.freshness.value.as_ref().expect("it is known");
    assert_eq!((freshness.age_seconds, answer.freshness.grade), (172_924, Grade::C), "{}", freshness.basis);
    assert!(answer.freshness.missing.is_empty(), "the listing is whole");
    let told: Vec<(&str, &str, Option<i64>, Option<i64>)> =
        answer.incidents.iter().map(|own| (own.kind, own.name.as_str(), own.mttd_seconds, own.mttr_seconds)).collect();
    let expected =
        [("job", "risk-features-2026-10-14", Some(121_861), Some(129_376)), ("stale-data", ENDPOINT, Some(35_585), Some(43_100))];
    assert_eq!(told, expected);
    let by = &answer.incidents[1].detected.as_ref().expect("somebody noticed").by;
    assert!(by.contains("jonas.oncall"), "{by}");
    assert_eq!(answer.exposure.as_ref().and_then(|met| met.requests), Some(108_117));
    let rule = answer.watchers.iter().find(|own| own.name == "ml-processing-ended").expect("the rule is known");
    assert_eq!((rule.told, rule.would_have_told.is_some()), (None, true), "{}", rule.why);
    assert!(rule.why.contains("only `Failed`"), "{}", rule.why);
    assert!(answer.watchers.iter().all(|own| own.told.is_none()));
    // The night's run, and nothing of another day's.
    let changes: Vec<&str> = answer.changes.iter().map(|own| own.what.as_str()).collect();
    assert!(changes.contains(&"job requested") && changes.contains(&"job stopped"), "{changes:?}");
    assert!(answer.changes.iter().all(|own| own.time <= at(NIGHT) && own.time >= at("2026-10-14T03:58:00Z")));
    assert!(answer.findings.iter().any(|own| own.check == "timeout/stale-data"));
    assert!(answer.findings.iter().all(|own| own.from.is_none_or(|from| from <= at(NIGHT))));
    let text = anstream::adapter::strip_str(&investigation::text(&answer, &Look::default())).to_string();
    assert!(text.lines().count() <= 60, "{} lines are no screen", text.lines().count());
    assert_text("midnight-timeout", "night", &answer);
    expect("fixtures/midnight-timeout/expected-investigate-night.json", &json(&answer));
}

#[test]
fn before_and_after_the_incident_it_is_not_told() {
    let read = Read::story("midnight-timeout");
    let before = read.at("2026-10-13T12:00:00Z");
    assert!(before.incidents.is_empty() && before.exposure.is_none());
    assert_eq!(before.freshness.value.as_ref().map(|value| value.age_seconds), Some(29_044));
    assert!(before.findings.iter().all(|own| own.check != "timeout/stale-data"), "it began later");
    let alarm = before.watchers.iter().find(|own| own.name == "risk-scoring-cpu").expect("it is on the endpoint");
    assert_eq!(alarm.told, None);
    // The first run was stopped a second before, and nothing was too old yet.
    let first = read.at("2026-10-14T03:58:00Z");
    let kinds: Vec<&str> = first.incidents.iter().map(|own| own.kind).collect();
    assert_eq!(kinds, ["job"]);
    assert!(first.exposure.is_none());
    // A day after it was over, a narrow window sees nothing of it.
    let read = Read::story("midnight-timeout");
    let after = read.ask(ENDPOINT, "2026-10-15T20:00:00Z", 3_600).expect("it is there");
    assert!(after.incidents.is_empty(), "it was over at four");
}

#[test]
fn a_cut_over_has_two_rows_or_one_that_is_not_sure() {
    let read = Read::story("midnight-timeout");
    let answer = read.at("2026-10-05T12:03:00Z");
    assert_eq!((answer.state.state, answer.served.len()), ("cut-over", 1));
    assert_eq!(read.at("2026-10-05T12:06:00Z").state.state, "serving");
    let answer = read.at("2026-10-05T11:00:00Z");
    assert_eq!((answer.state.state, answer.served.len()), ("not-yet-created", 0));
    assert!(answer.freshness.value.is_none() && !answer.freshness.evidence.is_empty());
    assert_text("midnight-timeout", "not-yet", &answer);
}

#[test]
fn an_alarm_is_asked_what_it_would_have_done_if_right() {
    let answer = Read::story("checks/drill/misread").at("2026-10-07T13:45:00Z");
    let [incident] = answer.incidents.as_slice() else { panic!("{:?}", answer.incidents) };
    assert_eq!((incident.kind, incident.mttr_seconds, incident.detected.is_some()), ("latency", Some(600), false));
    assert!(incident.missing.is_empty(), "the alarm's state has not changed");
    let [alarm] = answer.watchers.as_slice() else { panic!("{:?}", answer.watchers) };
    assert_eq!((alarm.told, alarm.would_have_told), (None, Some(at("2026-10-07T13:41:00Z"))), "{}", alarm.why);
    assert!(alarm.why.contains("as it is meant"), "{}", alarm.why);
    // Requests are counted by the hour there, which says nothing of ten minutes.
    let met = answer.exposure.as_ref().expect("it goes on");
    assert_eq!((met.requests, met.missing.len()), (None, 1));
    // One that went off by itself told, and what was set by hand did not.
    let answer = Read::story("checks/drill/set-by-hand").at("2026-10-07T13:42:00Z");
    let told: Vec<Option<String>> = answer.watchers.iter().map(|own| own.told.map(Instant::to_seconds_text)).collect();
    assert_eq!(told, [Some("2026-10-07T13:43:10Z".to_owned())]);
    assert_eq!(answer.incidents[0].mttd_seconds, Some(190));
    assert_eq!(
        answer.exposure.as_ref().map(|met| (met.from, met.to)),
        Some((at("2026-10-07T13:40:00Z"), at("2026-10-07T13:44:00Z")))
    );
}

/// Records of a trail that create, change and delete endpoints.
fn lives() -> tempfile::TempDir {
    let mut records = Vec::new();
    let mut call = |time: &str, operation: &str, request: serde_json::Value, response: serde_json::Value| {
        let id = format!("{:08x}-0000-4000-8000-000000000000", records.len());
        records.push(json!({
            "eventVersion": "1.11", "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Deploy/ci", "accountId": "111122223333"},
            "eventTime": time, "eventSource": "sagemaker.amazonaws.com", "eventName": operation, "awsRegion": "eu-west-1", "sourceIPAddress": "10.0.0.1",
            "userAgent": "x", "requestParameters": request, "responseElements": response, "requestID": id, "eventID": id, "readOnly": false,
            "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": "111122223333", "eventCategory": "Management"
        }));
    };
    let arn = |kind: &str, name: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:{kind}/{name}");
    for (time, model) in [("2026-10-01T08:00:00Z", "old"), ("2026-10-02T08:00:00Z", "new"), ("2026-10-04T08:00:00Z", "reborn")] {
        let container = json!({"image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/m:1", "modelDataUrl": format!("s3://m/{model}.tar.gz")});
        call(
            time,
            "CreateModel",
            json!({"modelName": model, "primaryContainer": container}),
            json!({"modelArn": arn("model", model)}),
        );
        let variant = json!({"variantName": "All", "modelName": model, "initialInstanceCount": 1, "initialVariantWeight": 1.0});
        call(
            time,
            "CreateEndpointConfig",
            json!({"endpointConfigName": model, "productionVariants": [variant]}),
            json!({"endpointConfigArn": arn("endpoint-config", model)}),
        );
    }
    let endpoint = json!({"endpointArn": arn("endpoint", "e")});
    let asked = |config: &str| json!({"endpointName": "e", "endpointConfigName": config});
    call("2026-10-01T09:00:00Z", "CreateEndpoint", asked("old"), endpoint.clone());
    call("2026-10-02T09:00:00Z", "UpdateEndpoint", asked("new"), endpoint.clone());
    call("2026-10-03T09:00:00Z", "DeleteEndpoint", json!({"endpointName": "e"}), json!(null));
    call("2026-10-04T09:00:00Z", "CreateEndpoint", asked("reborn"), endpoint);
    let described = json!({"EndpointName": "e", "EndpointArn": arn("endpoint", "e"), "EndpointConfigName": "reborn", "EndpointStatus": "InService",
        "CreationTime": "2026-10-04T09:00:00Z", "LastModifiedTime": "2026-10-04T09:05:00Z", "ProductionVariants": [{"VariantName": "All", "CurrentWeight": 1.0}]});
    let changed = json!({"version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "detail-type": "SageMaker Endpoint State Change", "source": "aws.sagemaker",
        "account": "111122223333", "time": "2026-10-02T09:06:00Z", "region": "eu-west-1", "resources": [arn("endpoint", "e")],
        "detail": {"EndpointName": "e", "EndpointArn": arn("endpoint", "e"), "EndpointConfigName": "new", "EndpointStatus": "IN_SERVICE",
            "CreationTime": at("2026-10-01T09:00:00Z").seconds() * 1_000, "LastModifiedTime": at("2026-10-02T09:06:00Z").seconds() * 1_000}});
    let trail = json!({"Records": records}).to_string();
    let (described, changed) = (described.to_string(), format!("{changed}\n"));
    folder(&[("trail.json", trail.as_bytes()), ("e.json", described.as_bytes()), ("events.jsonl", changed.as_bytes())])
}

#[test]
fn a_name_used_again_is_asked_in_the_life_it_had_then() {
    let folder = lives();
    let read = Read::of(&[folder.path().to_owned()]);
    let ask = |instant: &str| read.ask("e", instant, 86_400).expect("it is there");
    let models = |answer: &Answer| answer.served.iter().map(|row| row.model.last().to_owned()).collect::<Vec<_>>();
    let told = |instant: &str| {
        let answer = ask(instant);
        (answer.state.state, models(&answer))
    };
    assert_eq!(told("2026-10-01T08:30:00Z"), ("not-yet-created", vec![]));
    assert_eq!(told("2026-10-02T08:30:00Z").1, ["old"]);
    let (state, both) = told("2026-10-02T09:03:00Z");
    assert_eq!((state, both), ("cut-over", vec!["old".to_owned(), "new".to_owned()]));
    assert_eq!(told("2026-10-02T12:00:00Z"), ("serving", vec!["new".to_owned()]));
    let gone = ask("2026-10-03T12:00:00Z");
    assert_eq!((gone.state.state, gone.served.len()), ("deleted", 0));
    assert_eq!(gone.state.deleted, Some(at("2026-10-03T09:00:00Z")));
    assert_eq!(told("2026-10-04T09:05:00Z").1, ["reborn"]);
    assert_eq!(ask("2026-10-04T09:05:00Z").state.created, Some(at("2026-10-04T09:00:00Z")));
    // What is not there is told apart from what is not known.
    assert!(matches!(read.ask("f", "2026-10-02T12:00:00Z", 60), Err(NoAnswer::Unknown(names)) if names == ["e"]));
    assert!(matches!(read.ask("e", "2027-01-01T00:00:00Z", 60), Err(NoAnswer::TooLate(_))));
}

#[test]
fn what_came_later_is_not_known_before() {
    let read = Read::with(&[evidence("midnight-timeout")], 2, Some("2026-10-15T05:00:00Z"));
    let answer = read.at("2026-10-15T04:30:00Z");
    let stale = answer.incidents.iter().find(|own| own.kind == "stale-data").expect("it goes on");
    assert_eq!((stale.recovered, stale.mttr_seconds, stale.detected.is_some()), (None, None, false));
    assert_eq!(answer.exposure.as_ref().map(|met| met.to), Some(at("2026-10-15T05:00:00Z")));
}

/// The night's evidence with a rule that matches what stops as well, and with more records in the trail.
fn with_rule_for_stopped(more: &[serde_json::Value]) -> tempfile::TempDir {
    let from = evidence("midnight-timeout");
    let copy = folder(&[("cloudtrail/more.json", json!({"Records": more}).to_string().as_bytes())]);
    for path in files(&from) {
        let to = copy.path().join(path.strip_prefix(&from).expect("it lies there"));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("it can be made");
        std::fs::copy(&path, &to).expect("it can be copied");
        if path.ends_with("events/list-rules.json") {
            let rules = std::fs::read_to_string(&path).expect("it is text");
            let mended = rules.replace(r#"[\"Failed\"]"#, r#"[\"Failed\",\"Stopped\"]"#);
            assert_ne!(rules, mended, "the pattern is written otherwise");
            std::fs::write(&to, mended).expect("it can be written");
        }
    }
    copy
}

#[test]
fn a_rule_tells_unless_it_was_mended_afterwards() {
    let told = |more: &[serde_json::Value]| {
        let folder = with_rule_for_stopped(more);
        let read = Read::of(&[folder.path().to_owned()]);
        let loud = support::audit(&[folder.path().to_owned()]).answer.findings;
        (read.at(NIGHT).incidents, loud.iter().any(|own| own.check == "drill/slow-detection"))
    };
    let (incidents, loud) = told(&[]);
    let by: Vec<(&str, Option<i64>)> =
        incidents.iter().map(|own| (own.detected.as_ref().map_or("", |by| by.by.as_str()), own.mttd_seconds)).collect();
    // Who hears of the job hears of the stale data before there is any.
    assert_eq!(by, [("rule ml-processing-ended", Some(1)), ("rule ml-processing-ended", Some(0))]);
    assert!(!loud);
    let put = |time: &str| {
        json!({"eventVersion": "1.11", "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Ops/x", "accountId": "111122223333"},
            "eventTime": time, "eventSource": "events.amazonaws.com", "eventName": "PutRule", "awsRegion": "eu-west-1", "sourceIPAddress": "10.0.0.1", "userAgent": "x",
            "requestParameters": {"name": "ml-processing-ended", "state": "ENABLED"}, "responseElements": null, "requestID": time, "eventID": "0f0e0d0c-0000-4000-8000-000000000000",
            "readOnly": false, "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": "111122223333", "eventCategory": "Management"})
    };
    let (incidents, loud) = told(&[put("2026-10-15T16:00:00Z")]);
    let by: Vec<bool> = incidents.iter().map(|own| own.detected.as_ref().is_some_and(|by| by.by.starts_with("rule"))).collect();
    assert_eq!(by, [false, false], "what it was before is not known");
    assert!(!loud, "and so nobody is accused");
    assert!(incidents.iter().all(|own| !own.missing.is_empty()));
}

/// Everything that is claimed of an answer, with its grade.
fn grades(answer: &Answer) -> Vec<(String, Grade)> {
    let mut grades = vec![("freshness".to_owned(), answer.freshness.grade)];
    grades.extend(answer.served.iter().map(|row| (format!("served {} {}", row.variant, row.model), row.grade)));
    grades.extend(answer.incidents.iter().map(|own| (format!("incident {} {}", own.kind, own.subject), own.grade)));
    grades
}

#[test]
fn less_evidence_never_knows_more() {
    let all = files(&evidence("midnight-timeout"));
    let whole = Read::story("midnight-timeout").at(NIGHT);
    let before = grades(&whole);
    for left_out in &all {
        let rest: Vec<PathBuf> = all.iter().filter(|path| *path != left_out).cloned().collect();
        let Ok(answer) = Read::of(&rest).ask(ENDPOINT, NIGHT, 86_400) else { continue };
        let place = left_out.display();
        for (claim, grade) in grades(&answer) {
            let Some((_, known)) = before.iter().find(|(own, _)| *own == claim) else { continue };
            assert!(grade >= *known, "without {place}: {claim} rises from {known:?} to {grade:?}");
        }
        // Without a file of the trail nobody can be said to have kept silent.
        for own in answer.incidents.iter().filter(|own| own.detected.is_none()) {
            assert!(!own.missing.is_empty(), "without {place}: {} was noticed by nobody", own.name);
        }
        assert!(answer.freshness.grade != Grade::U || !answer.freshness.missing.is_empty(), "without {place}");
    }
}

#[test]
fn without_rules_or_trail_nobody_is_accused() {
    let all = files(&evidence("midnight-timeout"));
    for part in ["events", "cloudtrail", "cloudwatch"] {
        let rest: Vec<PathBuf> =
            all.iter().filter(|path| !path.components().any(|own| own.as_os_str() == part)).cloned().collect();
        let told = support::audit(&rest);
        let loud = told.answer.findings.iter().any(|own| own.check == "drill/slow-detection");
        assert!(!loud, "without {part}: somebody may have been told earlier");
    }
}

#[test]
fn less_evidence_accuses_nobody_of_more() {
    let drills = |paths: &[PathBuf]| {
        let findings = support::audit(paths).answer.findings;
        findings
            .iter()
            .map(|own| own.check)
            .filter(|check| check.starts_with("drill/"))
            .collect::<std::collections::BTreeSet<_>>()
    };
    for case in ["five-minutes", "in-time", "history-unknown", "told-by-rule", "misread", "few-errors"] {
        let all = files(&evidence(&format!("checks/drill/{case}")));
        let whole = drills(&all);
        for left_out in &all {
            let rest: Vec<PathBuf> = all.iter().filter(|path| *path != left_out).cloned().collect();
            let found = drills(&rest);
            assert!(found.is_subset(&whole), "without {}: {found:?}", left_out.display());
        }
    }
}

#[test]
fn order_and_threads_do_not_show() {
    let paths = files(&evidence("midnight-timeout"));
    let mut reversed = paths.clone();
    reversed.reverse();
    let one = json(&Read::with(&paths, 1, None).at(NIGHT));
    assert_eq!(one, json(&Read::with(&paths, 4, None).at(NIGHT)));
    assert_eq!(one, json(&Read::with(&reversed, 3, None).at(NIGHT)));
}

#[test]
fn every_endpoint_answers_at_every_turn_of_its_life() {
    let schema = serde_json::to_value(schemars::schema_for!(Answer)).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    assert!(!validator.is_valid(&json!({})), "the schema asks for something");
    let mut asked = 0;
    for card in files(Path::new("fixtures")).iter().filter(|path| path.ends_with("case.json")) {
        let evidence = card.with_file_name("evidence");
        if !evidence.is_dir() {
            continue;
        }
        let read = Read::of(&[evidence]);
        for endpoint in read.case.serving.endpoints() {
            let turns = endpoint
                .spans
                .iter()
                .flat_map(|span| [Some(span.from.earliest), Some(span.from.latest), span.to.map(|to| to.latest)]);
            let turns: Vec<Instant> = turns.flatten().chain(read.case.as_of).flat_map(|turn| [turn, turn.plus(-1)]).collect();
            for turn in turns {
                let answer = read.ask(endpoint.arn.as_str(), &turn.to_string(), 86_400).expect("it is there");
                let value: serde_json::Value = serde_json::from_str(&json(&answer)).expect("it is JSON");
                let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{} at {turn}: {errors:?}", card.display());
                let text = investigation::text(&answer, &Look { verbose: true, ..Look::default() });
                assert!(text.contains("endpoint"), "{} at {turn}", card.display());
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked}");
}

fn run(words: &[&str]) -> (i32, String, String) {
    let output = assert_cmd::Command::cargo_bin("modeltrail").expect("it is built").args(words).output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_command_line_says_what_it_cannot_answer() {
    let evidence = "fixtures/midnight-timeout/evidence";
    let ask = |more: &[&str]| run(&[&["investigate", evidence, "-q"], more].concat());
    let (status, out, _) = ask(&["--endpoint", ENDPOINT, "--at", "2026-10-15 05:58", "--tz", "Europe/Berlin"]);
    assert_eq!(status, 0);
    assert!(out.contains("2026-10-15 03:58:00Z (2026-10-15 05:58:00"), "both times are shown: {out}");
    let (status, _, told) = ask(&["--endpoint", "nope", "--at", NIGHT]);
    assert_eq!((status, told.contains(ENDPOINT)), (3, true), "{told}");
    let (status, _, told) = ask(&["--endpoint", ENDPOINT, "--at", "2027-01-01T00:00:00Z"]);
    assert_eq!((status, told.contains("2026-10-16")), (3, true), "{told}");
    let (status, _, told) = ask(&["--endpoint", ENDPOINT, "--at", "2026-10-25 02:30", "--tz", "Europe/Berlin"]);
    assert_eq!(status, 2);
    assert!(told.contains("2026-10-25T02:30:00+02:00") && told.contains("2026-10-25T02:30:00+01:00"), "{told}");
    let (status, _, told) = ask(&["--endpoint", ENDPOINT, "--at", "2026-03-29 02:30", "--tz", "Europe/Berlin"]);
    assert_eq!(status, 2);
    assert!(told.contains("2026-03-29T01:30:00+01:00") && told.contains("2026-03-29T03:30:00+02:00"), "{told}");
    for wrong in [&["--window", "0h"][..], &["--from", "2026-10-14"][..], &["-f", "csv"][..]] {
        let (status, _, _) = ask(&[&["--endpoint", ENDPOINT, "--at", NIGHT], wrong].concat());
        assert_eq!(status, 2, "{wrong:?}");
    }
}

#[test]
fn several_variants_have_their_shares_and_requests() {
    let read = Read::story("checks/serving/canary");
    let answer = read.at("2026-10-08T06:00:00Z");
    assert_eq!((answer.state.state, answer.models.len()), ("serving", 2));
    let told: Vec<(&str, String)> =
        answer.served.iter().map(|own| (own.variant.as_str(), format!("{:.2}", own.share.unwrap_or_default()))).collect();
    assert_eq!(told, [("blue", "0.90".to_owned()), ("green", "0.10".to_owned())]);
    let requests: Vec<u64> = answer.served.iter().filter_map(|own| own.requests).collect();
    assert_eq!(requests, [21_624, 2_376], "requests are told by variant");
    assert_text("checks/serving/canary", "canary", &answer);
}

#[test]
fn features_are_as_new_as_the_newest_record_of_their_group() {
    let paths = [evidence("checks/feature-store/served-stale")];
    let mut read = Read::of(&paths);
    modeltrail::study::run(&paths, &mut read.case, &mut read.ledger, &modeltrail::study::Settings::default(), 2);
    let freshness = |instant: &str| {
        let claim = read.at(instant).freshness;
        let value = claim.value.expect("it is known");
        (value.newest_data.to_seconds_text(), value.age_seconds, value.basis, claim.grade)
    };
    // The last of twenty records is of 05:19 and was written five minutes later.
    let (newest, age, basis, grade) = freshness("2026-10-07T17:19:00Z");
    assert_eq!((newest.as_str(), age, grade), ("2026-10-06T05:19:00Z", 36 * 3_600, Grade::C));
    assert!(basis.starts_with("the newest event time among the records of "), "{basis}");
    assert!(basis.contains("the last of them written by 2026-10-06T05:25:00Z"), "{basis}");
}

#[test]
fn what_callers_were_told_is_part_of_the_answer() {
    let read = Read::story("checks/serving/callers-told");
    let answer = read.ask("risk-scoring-prod", "2026-10-06T15:00:05Z", 1_800).expect("it is in the evidence");
    let told: Vec<&str> =
        answer.timeline.iter().filter(|event| event.what == "model error").filter_map(|event| event.detail.as_deref()).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("AllTraffic/i-0a1 printed ValueError"), "{told:?}");
    assert!(answer.changes.iter().all(|event| event.what != "model error"));
}
