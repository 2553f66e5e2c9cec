//! What happened, in order: the whole night of the time-out, and the same events in every format.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use modeltrail::audit::{Selection, Timeline};
use modeltrail::case::Case;
use modeltrail::intake::{self, Unwatched};
use modeltrail::parse::Options;
use modeltrail::report::timeline::{self, Answer};
use modeltrail::report::{build, text};
use support::files;

fn night() -> PathBuf {
    Path::new("fixtures").join("midnight-timeout").join("evidence")
}

fn told(paths: &[PathBuf], selection: &Selection, subject: Option<&str>) -> Option<Answer> {
    let read = intake::read(paths, &Options::default(), 2, &Unwatched);
    let case = Case::build(read.facts, &read.density, &read.ledger, None);
    Timeline::of(&case, &read.ledger, selection, subject).map(|chosen| build::timeline(&chosen))
}

fn all(paths: &[PathBuf]) -> Answer {
    told(paths, &Selection::default(), None).expect("no subject was named")
}

#[test]
fn the_night_is_told_in_order() {
    let answer = all(&[night()]);
    let text = anstream::adapter::strip_str(&timeline::text(&answer, &text::Look::default())).to_string();
    let path = std::path::absolute("fixtures/midnight-timeout/expected-timeline.txt").expect("there is a current folder");
    expect_test::expect_file![path].assert_eq(&text);
    assert!(answer.events.is_sorted_by_key(|event| event.time));
    for event in &answer.events {
        assert!(!event.evidence.is_empty(), "{event:?}");
        assert!(event.latest.is_none_or(|latest| latest > event.time), "{event:?}");
    }
    let stopped = answer.events.iter().find(|event| event.what == "job stopped").expect("the job was stopped");
    assert!(stopped.time.to_string().contains("T03:5"), "{stopped:?}");
    assert!(stopped.detail.as_deref().is_some_and(|detail| detail.contains("after 7204 s of at most 7200 s")), "{stopped:?}");
}

#[test]
fn one_record_is_one_event() {
    let answer = all(&[night()]);
    // A call that some resource's history tells of is not told again as a call.
    let calls = answer.events.iter().filter(|event| event.what.contains(':'));
    let named: BTreeSet<&str> = calls.map(|event| event.what.as_str()).collect();
    for told in
        ["sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob", "sagemaker:CreateModel", "sagemaker:CreateEndpoint"]
    {
        assert!(!named.contains(told), "{named:?}");
    }
    assert!(named.contains("sagemaker:CreateEndpointConfig"), "{named:?}");
    // A push that ECR's list and the trail both tell of is one.
    let pushes = answer.events.iter().filter(|event| event.what == "image pushed");
    let mut digests: Vec<&str> = pushes.filter_map(|event| event.related.first().map(String::as_str)).collect();
    let count = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(count, digests.len());
}

#[test]
fn every_story_has_a_timeline_whatever_the_order_of_its_files() {
    for story in ["approval", "tag-moved", "stale-cache", "overwritten"] {
        let evidence = Path::new("fixtures").join(story).join("evidence");
        let mut parts = files(&evidence);
        let forward = all(&parts);
        assert!(!forward.events.is_empty(), "{story}");
        parts.reverse();
        assert_eq!(timeline::jsonl(&forward), timeline::jsonl(&all(&parts)), "{story}");
    }
}

#[test]
fn a_subject_chooses_what_concerns_it() {
    let of = |subject: &str| told(&[night()], &Selection::default(), Some(subject));
    let endpoint = of("risk-scoring-prod").expect("it is in the evidence");
    assert!(endpoint.events.iter().any(|event| event.what == "serving began"));
    assert!(endpoint.events.iter().all(|event| event.subject.ends_with("endpoint/risk-scoring-prod")), "{:?}", endpoint.events);
    // The model's events include those in which it is what is served.
    let model = of("RISK-XGB-V41").expect("names have no case");
    let what: BTreeSet<&str> = model.events.iter().map(|event| event.what.as_str()).collect();
    assert!(what.contains("model created") && what.contains("serving began"), "{what:?}");
    let folder = of("s3://risk-feat/online/").expect("objects lie there");
    assert!(folder.events.iter().any(|event| event.what == "object written"));
    assert!(of("s3://risk-feat/onl").is_none(), "a prefix ends in a slash");
    assert!(of("risk-scoring").is_none(), "a part of a name is no name");
}

#[test]
fn an_interval_is_cut_out() {
    let at = |text: &str| modeltrail::time::Instant::parse(text, true);
    let (from, to) = (at("2026-10-14T00:00:00Z"), at("2026-10-14T06:00:00Z"));
    let answer = told(&[night()], &Selection { from, to, ..Selection::default() }, None).expect("no subject was named");
    assert!(answer.events.iter().any(|event| event.what == "job stopped"));
    for event in &answer.events {
        assert!(Some(event.time) <= to && Some(event.latest.unwrap_or(event.time)) >= from, "{event:?}");
    }
}

#[test]
fn every_format_has_every_event() {
    let answer = all(&[night()]);
    let lines = |bytes: &[u8]| -> Vec<serde_json::Value> {
        let text = std::str::from_utf8(bytes).expect("JSON is UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    };
    let rows = lines(&timeline::jsonl(&answer));
    assert_eq!(rows.len(), answer.events.len());
    // Rows stand alone: they name files, and not ids of a table that is not there.
    assert!(rows.iter().all(|row| row["evidence"][0].as_str().is_some_and(|place| place.contains("evidence/"))));
    let imported = lines(&timeline::timesketch(&answer));
    assert_eq!(imported.len(), answer.events.len());
    for row in &imported {
        for needed in ["message", "datetime", "timestamp_desc"] {
            assert!(row[needed].as_str().is_some_and(|text| !text.is_empty()), "{row}");
        }
        assert!(row.as_object().is_some_and(|row| row.keys().all(|name| !name.starts_with("__"))), "{row}");
    }
    let table = timeline::csv(&answer).expect("memory can be written");
    let mut table = csv::Reader::from_reader(table.as_slice());
    assert_eq!(table.headers().expect("it has a header").len(), 10);
    assert_eq!(table.records().flatten().count(), answer.events.len());
    let table = bytes::Bytes::from(timeline::parquet(&answer).expect("memory can be written"));
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(table).expect("it is parquet");
    assert_eq!(reader.metadata().file_metadata().num_rows(), i64::try_from(answer.events.len()).expect("few"));
}

#[test]
fn what_callers_were_told_stands_beside_what_the_container_printed() {
    let answer = all(&[Path::new("fixtures/checks/serving/callers-told/evidence").to_owned()]);
    let told: Vec<_> = answer.events.iter().filter(|event| event.what == "model error").collect();
    let details: Vec<&str> = told.iter().filter_map(|event| event.detail.as_deref()).collect();
    assert_eq!(
        details,
        [
            "2 caller(s) told of status 500 of the container: could not convert string to float: 'n/a'; AllTraffic/i-0a1 printed ValueError: could not convert string to float: 'n/a'",
            "1 caller(s) told of status 500 of the container: 'amount'; AllTraffic/i-0a1 printed KeyError: 'amount'",
        ]
    );
    assert!(told.iter().all(|event| event.subject.ends_with(":endpoint/risk-scoring-prod") && event.evidence.len() == 2));
}

#[test]
fn runs_are_told_with_what_they_made() {
    let answer = all(&[Path::new("fixtures/checks/code/commit-of-a-build-log/evidence").to_owned()]);
    let runs: Vec<_> = answer.events.iter().filter(|event| event.what == "run began").collect();
    let subjects: Vec<&str> = runs.iter().map(|event| event.subject.as_str()).collect();
    assert_eq!(subjects, ["CodeBuild", "risk_daily.train"]);
    assert!(runs[0].related.iter().any(|related| related.starts_with("sha256:")), "{:?}", runs[0]);
    // A task that says no zone has no place in the order, and its file says so.
    let answer = all(&[Path::new("fixtures/checks/code/run-of-a-merge/evidence").to_owned()]);
    let runs = answer.events.iter().filter(|event| event.what == "run began");
    assert_eq!(runs.map(|event| event.subject.as_str()).collect::<Vec<_>>(), ["train", "acme/reports"]);
}

#[test]
fn a_removal_is_no_push() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let removed = format!(
        r#"{{"Records":[{{"eventVersion":"1.08","userIdentity":{{"type":"AssumedRole","accountId":"111122223333"}},"eventTime":"2026-10-06T08:00:07Z","eventSource":"ecr.amazonaws.com","eventName":"BatchDeleteImage","awsRegion":"eu-west-1","requestParameters":{{"repositoryName":"risk-train","registryId":"111122223333","imageIds":[{{"imageDigest":"{digest}"}}]}},"responseElements":null,"eventID":"00000001-0000-4000-8000-000000000000","recipientAccountId":"111122223333"}}]}}"#
    );
    let listed = format!(
        r#"{{"imageDetails":[{{"registryId":"111122223333","repositoryName":"risk-train","imageDigest":"{digest}","imageTags":["v1"],"imagePushedAt":"2026-10-06T08:00:40+00:00"}}]}}"#
    );
    let place =
        support::folder(&[("trail.json", removed.as_bytes()), ("ecr/risk-train/describe-images.json", listed.as_bytes())]);
    let answer = all(&[place.path().to_owned()]);
    let told: Vec<(&str, usize)> = answer.events.iter().map(|event| (event.what.as_str(), event.evidence.len())).collect();
    assert_eq!(told, [("image removed", 1), ("image pushed", 1)]);
}

#[test]
fn a_subject_of_two_regions_is_told_apart() {
    let record = |region: &str, at: &str| {
        format!(
            r#"{{"eventVersion": "1.11", "eventID": "{region}", "eventTime": "{at}", "eventSource": "sagemaker.amazonaws.com", "eventName": "DeleteEndpoint",
                "awsRegion": "{region}", "recipientAccountId": "111122223333", "eventType": "AwsApiCall", "managementEvent": true, "readOnly": false,
                "userIdentity": {{"type": "AssumedRole", "accountId": "111122223333", "arn": "arn:aws:sts::111122223333:assumed-role/Deployer/s"}},
                "requestParameters": {{"endpointName": "risk"}}, "responseElements": null}}"#
        )
    };
    let page = |records: &[String]| {
        let trail = format!("{{\"Records\": [{}]}}", records.join(","));
        let evidence = support::folder(&[("trail.json", trail.as_bytes())]);
        let answer = told(&[evidence.path().to_path_buf()], &Selection::default(), Some("risk")).expect("it is in the evidence");
        anstream::adapter::strip_str(&timeline::text(&answer, &text::Look::default())).to_string()
    };
    let (here, there) = (record("eu-west-1", "2026-10-06T10:00:00Z"), record("us-east-1", "2026-10-06T11:00:00Z"));
    let both = page(&[here.clone(), there]);
    assert!(both.contains("endpoint/risk (eu-west-1)") && both.contains("endpoint/risk (us-east-1)"), "{both}");
    assert!(!page(&[here]).contains("endpoint/risk ("));
}
