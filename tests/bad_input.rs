//! Bad input: named, located, the rest still read, never a panic, never silent.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::io::Write as _;

use modeltrail::evidence::ledger::Disposition;
use modeltrail::evidence::limits::Limits;
use modeltrail::parse::Options;
use support::{Told, audit, audit_with, folder};

const JOB: &str = r#"{"TrainingJobName":"risk-1","TrainingJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/risk-1","TrainingJobStatus":"Completed","SecondaryStatus":"Completed","CreationTime":"2026-10-06T08:00:00+00:00"}"#;

fn record(id: u32, name: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"2026-10-06T08:{:02}:00Z","eventSource":"sagemaker.amazonaws.com","eventName":"CreateTrainingJob","awsRegion":"eu-west-1","recipientAccountId":"111122223333","userIdentity":{{"type":"AssumedRole"}},"requestParameters":{{"trainingJobName":"{name}"}},"responseElements":{{"trainingJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/{name}"}},"eventID":"{id:08}-0000-4000-8000-000000000000","eventType":"AwsApiCall"}}"#,
        id % 60
    )
}

fn trail(records: &[String]) -> Vec<u8> {
    format!(r#"{{"Records":[{}]}}"#, records.join(",")).into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn told(name: &str, bytes: &[u8]) -> Told {
    audit(&[folder(&[(name, bytes)]).keep()])
}

fn problems(told: &Told) -> Vec<String> {
    told.answer
        .inputs
        .iter()
        .flat_map(|input| input.problems.iter().map(|problem| format!("{}: {}", problem.locator, problem.message)))
        .collect()
}

#[test]
fn a_truncated_gzip_gives_what_it_holds() {
    let records: Vec<String> = (0..400).map(|id| record(id, &format!("risk-{id}"))).collect();
    let mut bytes = gzip(&trail(&records));
    bytes.truncate(bytes.len() / 2);
    let told = told("t.json.gz", &bytes);
    let input = &told.answer.inputs[0];
    assert_eq!(input.disposition, Disposition::Partial);
    assert!(input.records > 50, "{} records", input.records);
    assert!(!told.answer.jobs.is_empty());
    assert!(
        problems(&told).iter().any(|text| text.contains("ends early") || text.contains("truncated") || text.contains("cut")),
        "{:?}",
        problems(&told)
    );
}

#[test]
fn every_member_of_a_gzip_is_read() {
    let mut bytes = gzip(format!("{}\n", record(1, "risk-1")).as_bytes());
    bytes.extend(gzip(format!("{}\n", record(2, "risk-2")).as_bytes()));
    let told = told("t.json.gz", &bytes);
    assert_eq!(told.answer.jobs.len(), 2, "{:?}", problems(&told));
}

#[test]
fn bytes_after_a_gzip_are_noted() {
    let mut bytes = gzip(&trail(&[record(1, "risk-1")]));
    bytes.extend(b"what is this");
    let told = told("t.json.gz", &bytes);
    assert_eq!(told.answer.jobs.len(), 1);
    assert!(problems(&told).iter().any(|text| text.contains("after")), "{:?}", problems(&told));
}

#[test]
fn one_damaged_record_costs_itself() {
    let mut records: Vec<String> = (0..20).map(|id| record(id, &format!("risk-{id}"))).collect();
    records[7] = records[7].replace("\"eventName\":\"CreateTrainingJob\"", "\"eventName\":CreateTrainingJob");
    let told = told("t.json", &trail(&records));
    assert_eq!(told.answer.jobs.len(), 19);
    assert!(problems(&told).iter().any(|text| text.starts_with("/Records/7")), "{:?}", problems(&told));
    assert_eq!(told.answer.inputs[0].disposition, Disposition::Partial);
}

#[test]
fn encodings_and_marks_do_not_matter() {
    let mut with_mark = vec![0xEF, 0xBB, 0xBF];
    with_mark.extend(JOB.as_bytes());
    let utf16 = |little: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(JOB.encode_utf16());
        units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    for bytes in [with_mark, utf16(true), utf16(false), JOB.replace(',', ",\r\n").into_bytes()] {
        let told = told("j.json", &bytes);
        assert_eq!(told.answer.jobs.len(), 1, "{:?}", problems(&told));
    }
}

#[test]
fn lone_surrogates_are_read_as_something() {
    let text = JOB.replace("\"SecondaryStatus\":\"Completed\"", "\"SecondaryStatus\":\"a\\ud800b\"");
    let told = told("j.json", text.as_bytes());
    assert_eq!(told.answer.jobs.len(), 1, "{:?}", problems(&told));
    serde_json::from_str::<serde_json::Value>(&told.json).expect("the answer is JSON");
}

#[test]
fn deep_nesting_ends_nothing() {
    for depth in [200, 100_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let mut records = vec![record(1, "risk-1"), record(2, "risk-2")];
        records[0] = records[0].replace("\"requestParameters\":{", &format!("\"requestParameters\":{{\"x\":{deep},"));
        let told = told("t.json", &trail(&records));
        assert!(!told.answer.jobs.is_empty(), "{depth}");
        let told = support::audit(&[folder(&[("deep.json", deep.as_bytes())]).keep()]);
        assert_eq!(told.answer.inputs.len(), 1);
    }
}

#[test]
fn text_output_is_refused_with_the_way_out() {
    let text = "TRAININGJOBSUMMARIES\t2026-10-06T08:00:00.118000+00:00\t2026-10-06T08:41:16+00:00\tarn:aws:sagemaker:eu-west-1:111122223333:training-job/risk-1\trisk-1\tCompleted\n";
    let told = told("jobs.txt", text.as_bytes());
    assert!(matches!(told.answer.inputs[0].disposition, Disposition::Refused | Disposition::Unrecognised));
    assert!(problems(&told).iter().any(|text| text.contains("--output json")), "{:?}", problems(&told));
}

#[test]
fn an_answer_without_its_subject_says_what_to_do() {
    let told = told("list-object-versions.json", br#"{"Versions":[{"ETag":"\"d41d8cd98f00b204e9800998ecf8427e\"","Size":1,"Key":"a","VersionId":"x","IsLatest":true,"LastModified":"2026-10-06T08:00:00+00:00"}]}"#);
    assert_eq!(told.answer.inputs[0].disposition, Disposition::Refused);
    assert!(problems(&told)[0].contains(".cmd"), "{:?}", problems(&told));
}

#[test]
fn a_sidecar_that_the_file_contradicts_is_refused() {
    let sidecar = r#"{"argv":["aws","sagemaker","describe-training-job","--training-job-name","another"],"account":"444455556666","region":"us-east-1","captured_at":"2026-10-07T00:00:00Z","exit":0}"#;
    let told = audit(&[folder(&[("j.json", JOB.as_bytes()), ("j.json.cmd", sidecar.as_bytes())]).keep()]);
    assert!(problems(&told).iter().any(|text| text.contains("contradict")), "{:?}", problems(&told));
}

#[test]
fn a_folder_without_evidence_says_so() {
    let told = audit(&[folder(&[]).keep()]);
    assert!(told.text.contains("Nothing here could be read"), "{}", told.text);
    let told =
        support::audit(&[folder(&[("notes.txt", b"call Maria"), ("empty", b""), ("cat.png", b"\x89PNG\r\n\x1a\n0000")]).keep()]);
    assert_eq!(told.answer.summary.exhibits_read, 0);
    assert_eq!(told.answer.inputs.len(), 3);
    assert!(told.answer.inputs.iter().all(|input| !input.problems.is_empty()), "each says why");
}

#[test]
fn limits_are_told_when_they_are_reached() {
    let records: Vec<String> = (0..200).map(|id| record(id, &format!("risk-{id}"))).collect();
    let files = folder(&[("t.json.gz", &gzip(&trail(&records)))]);
    let path = [files.path().to_owned()];
    let limited = |limits: Limits| audit_with(&path, &Options { limits, ..Options::default() }, 1);
    let cut = limited(Limits { inflated: 20_000, ..Limits::default() });
    assert_eq!(cut.answer.inputs[0].disposition, Disposition::Partial);
    assert!(!cut.answer.jobs.is_empty() && cut.answer.jobs.len() < 200, "{}", cut.answer.jobs.len());
    assert!(problems(&cut).iter().any(|text| text.contains("20000") || text.contains("limit")), "{:?}", problems(&cut));
    let nested = folder(&[("a.gz", &gzip(&gzip(&gzip(&trail(&records)))))]);
    let told = audit_with(
        &[nested.path().to_owned()],
        &Options { limits: Limits { nesting: 1, ..Limits::default() }, ..Options::default() },
        1,
    );
    assert!(told.answer.jobs.is_empty() && !problems(&told).is_empty());
    assert_eq!(support::audit(&[nested.path().to_owned()]).answer.jobs.len(), 200);
}

#[test]
fn an_element_beyond_the_limit_costs_itself() {
    let mut records: Vec<String> = (0..3).map(|id| record(id, &format!("risk-{id}"))).collect();
    records[1] = records[1].replace("\"type\":\"AssumedRole\"", &format!("\"type\":\"{}\"", "x".repeat(3 << 20)));
    let limits =
        Limits { element: 1 << 20, line: 1 << 20, one_shot_output: 1 << 16, one_shot_input: 1 << 16, ..Limits::default() };
    for (name, bytes) in [("t.json", trail(&records)), ("t.jsonl", records.join("\n").into_bytes())] {
        let files = folder(&[(name, &bytes)]);
        let told = audit_with(&[files.path().to_owned()], &Options { limits, ..Options::default() }, 1);
        assert_eq!(told.answer.jobs.len(), 2, "{name}: {:?}", problems(&told));
        assert!(!problems(&told).is_empty(), "{name}");
    }
}

#[test]
fn an_archive_of_too_many_entries_is_cut() {
    let mut archive = tar::Builder::new(Vec::new());
    for id in 0..5_u32 {
        let bytes = trail(&[record(id, &format!("risk-{id}"))]);
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, format!("t{id}.json"), bytes.as_slice()).expect("memory can be written");
    }
    let files = folder(&[("t.tar", &archive.into_inner().expect("memory can be written"))]);
    let told = audit_with(
        &[files.path().to_owned()],
        &Options { limits: Limits { entries: 3, ..Limits::default() }, ..Options::default() },
        1,
    );
    assert_eq!(told.answer.jobs.len(), 3);
    assert!(problems(&told).iter().any(|text| text.contains('3')), "{:?}", problems(&told));
    assert_eq!(support::audit(&[files.path().to_owned()]).answer.jobs.len(), 5);
}

#[test]
fn a_large_file_passes_through_a_window() {
    let records: Vec<String> = (0..3_000).map(|id| record(id, &format!("risk-{id}"))).collect();
    let files = folder(&[("t.json", &trail(&records))]);
    // What is larger than the limit for one shot is read in pieces, to the same end.
    let small = Limits { one_shot_output: 4_096, one_shot_input: 4_096, ..Limits::default() };
    let pieces = audit_with(&[files.path().to_owned()], &Options { limits: small, ..Options::default() }, 1);
    assert_eq!(pieces.json, audit(&[files.path().to_owned()]).json);
    assert_eq!(pieces.answer.jobs.len(), 3_000);
}
