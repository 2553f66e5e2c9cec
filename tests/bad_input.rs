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
fn a_member_of_a_gzip_is_read_wherever_it_begins() {
    // Where what is read at once ends between the two bytes that a member begins with, and around there.
    let first = gzip(format!("{}\n", record(1, "risk-1")).as_bytes());
    let second = gzip(format!("{}\n", record(2, "risk-2")).as_bytes());
    for begin in [509, 510, 511, 512, 513, 66_046, 66_047, 66_048] {
        // Both fields of the head end with a zero, and neither may be as long as 64 KiB.
        let filler = begin - first.len() - 2;
        let mut padded = flate2::GzBuilder::new()
            .filename(vec![b'x'; filler / 2])
            .comment(vec![b'x'; filler - filler / 2])
            .write(Vec::new(), flate2::Compression::default());
        padded.write_all(format!("{}\n", record(1, "risk-1")).as_bytes()).expect("memory can be written");
        let mut bytes = padded.finish().expect("memory can be written");
        assert_eq!(bytes.len(), begin);
        bytes.extend(&second);
        let told = told("t.json.gz", &bytes);
        assert_eq!(told.answer.jobs.len(), 2, "{begin}: {:?}", problems(&told));
    }
}

#[test]
fn the_order_of_members_and_their_escapes_change_nothing() {
    let refused = |bend: &dyn Fn(String) -> String| {
        let identity = r#""userIdentity":{"type":"AssumedRole"},"#;
        let usual = |id: u32| {
            let record = record(id, &format!("risk-{id}")).replace(identity, "");
            record.replacen(r#""eventTime""#, &format!(r#"{identity}"eventTime""#), 1)
        };
        let refused = usual(1).replace(r#""requestParameters""#, r#""errorCode":"AccessDenied","requestParameters""#);
        let records = [record(2, "risk-2"), usual(0), bend(refused)];
        let told = told("t.json", &trail(&records));
        let mut jobs: Vec<&str> = told.answer.jobs.iter().map(|job| job.name.as_str()).collect();
        jobs.sort_unstable();
        assert_eq!(problems(&told), [""; 0]);
        jobs.join(" ")
    };
    let code = r#""errorCode":"AccessDenied","#;
    assert_eq!(refused(&|record| record), "risk-0 risk-2");
    for (from, to) in [
        (code, r#""error\u0043ode":"AccessDenied","#),
        (code, r#""errorCode" : "Access\u0044enied","#),
        (code, r#""errorCode":"AccessDenied","userAgent":"a\/b","#),
    ] {
        assert_eq!(refused(&|record| record.replace(from, to)), "risk-0 risk-2", "{to}");
    }
    let moved = |before: &str| {
        let before = before.to_owned();
        refused(&move |record: String| record.replace(code, "").replacen(&before, &format!("{code}{before}"), 1))
    };
    for before in [r#""eventVersion""#, r#""userIdentity""#, r#""eventTime""#, r#""awsRegion""#, r#""eventType""#] {
        assert_eq!(moved(before), "risk-0 risk-2", "before {before}");
    }
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
fn a_list_without_rows_is_what_its_command_says() {
    let request = r#"{"argv":["aws","events","list-rules"],"account":"111122223333","region":"eu-west-1","captured_at":"2026-10-07T00:00:00Z","exit":0}"#;
    let told = audit(&[folder(&[("rules.json", br#"{"Rules":[]}"#), ("rules.json.cmd", request.as_bytes())]).keep()]);
    assert_eq!((told.answer.inputs[0].format.as_str(), told.answer.inputs[0].disposition), ("events-rules", Disposition::Read));

    let envelope = format!(r#"{{"modeltrail":{request},"response":{{"Rules":[]}}}}"#);
    let told = audit(&[folder(&[("rules.json", envelope.as_bytes())]).keep()]);
    assert_eq!(problems(&told), [""; 0]);
    assert_eq!(told.answer.inputs[0].disposition, Disposition::Read);

    let told = audit(&[folder(&[("rules.json", br#"{"Rules":[]}"#)]).keep()]);
    assert_eq!(told.answer.inputs[0].disposition, Disposition::Unrecognised);
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

#[test]
fn logs_of_runs_are_read_however_they_were_cut() {
    let stamp = "2026-10-06T08:00:00.1234567Z";
    let begins = format!("{stamp} Complete job name: train\n{stamp} GIT_SHA: 4e1243b\n");
    let mut cut = begins.clone().into_bytes();
    cut.extend(format!("{stamp} Creating training-job with name: ri").as_bytes());
    cut.extend([0xff, 0xfe, 0x1b, b']', 0, 7]);
    let told = told("run.txt", &cut);
    assert_eq!(told.answer.inputs[0].format, "github-actions-log");
    assert_eq!(told.answer.inputs[0].records, 3);
    assert!(problems(&told).iter().any(|text| text.contains("no UTF-8")), "{:?}", problems(&told));
    // A line without end costs itself, and is named.
    let options = Options { limits: Limits { line: 1 << 10, ..Limits::default() }, ..Options::default() };
    let text = format!("{begins}{stamp} {}\n{stamp} last\n", "x".repeat(1 << 16));
    let told = audit_with(&[folder(&[("run.txt", text.as_bytes())]).keep()], &options, 2);
    assert_eq!(told.answer.inputs[0].disposition, Disposition::Partial);
    assert!(
        problems(&told).iter().any(|text| text.starts_with("line 3") && text.contains("1024 bytes")),
        "{:?}",
        problems(&told)
    );
}

const METRIC: &str = r#"{"MetricDataResults":[{"Id":"m1","Label":"Invocations","Timestamps":["2026-10-06T08:00:00Z"],"Values":[4.0],"StatusCode":"Complete"}],"Messages":[]}"#;
const QUERIES: &str = r#"[{"Id":"m1","MetricStat":{"Metric":{"Namespace":"AWS/SageMaker","MetricName":"Invocations","Dimensions":[{"Name":"EndpointName","Value":"risk"},{"Name":"VariantName","Value":"AllTraffic"}]},"Period":60,"Stat":"Sum"}}]"#;

#[test]
fn metric_data_without_its_queries_is_not_used_and_says_so() {
    let told = told("latency/data.json", METRIC.as_bytes());
    let input = &told.answer.inputs[0];
    assert_eq!((input.disposition, input.records, input.kept), (Disposition::Partial, 1, 0));
    assert!(problems(&told).iter().any(|text| text.contains("`m1`") && text.contains("queries")), "{:?}", problems(&told));
    assert!(!told.answer.coverage.iter().any(|covered| covered.source == "metrics"));
}

#[test]
fn queries_explain_the_answers_of_their_own_folder() {
    // The same queries for two days are two files of the same bytes, and each is needed.
    let other = METRIC.replace("T08", "T09");
    let files: [(&str, &[u8]); 4] = [
        ("1/data.json", METRIC.as_bytes()),
        ("1/queries.json", QUERIES.as_bytes()),
        ("2/data.json", other.as_bytes()),
        ("2/queries.json", QUERIES.as_bytes()),
    ];
    let whole = audit(&[folder(&files).keep()]);
    assert!(whole.answer.inputs.iter().all(|input| input.disposition == Disposition::Read), "{:?}", problems(&whole));
    let half = audit(&[folder(&files[..3]).keep()]);
    let kept: Vec<u64> = half.answer.inputs.iter().map(|input| input.kept).collect();
    assert_eq!(kept, [1, 1, 0]);
}

#[test]
fn texts_that_people_write_end_nothing_however_they_were_cut() {
    let error =
        "(ModelError) when calling the InvokeEndpoint operation: Received server error (500) from primary with message \"";
    for (name, text, format) in [
        ("a", "#!/bin/sh\naws sagemaker describe-model --model-name \"$(", "shell-script"),
        ("b", "FROM a\nRUN <<EOF\nx \\", "dockerfile"),
        ("c", "scikit-learn==\nxgboost>=1 \\", "unknown"),
        ("d", "xgboost>=1 \\\n", "python-requirements"),
        ("e", error, "client-log"),
        ("f", "[Container] 2026/10/06 99:99:99 Running command \x1b[", "codebuild-log"),
        ("g", "[2026-10-06T01:02:03.1+9999] {a.py:1} INFO - GIT_SHA=", "airflow-log"),
        ("h", "{\"timestamp\":\"x\",\"level\":\"\",\"event\":[],\"logger\":\"airflow.task\"}\n{\"event\":", "airflow-log"),
        ("i", "Running with gitlab-runner 1\nsection_start:99999999999:x\r", "gitlab-ci-log"),
    ] {
        let told = told(name, text.as_bytes());
        assert_eq!(told.answer.inputs[0].format, format, "{text}");
    }
}

#[test]
fn a_clock_that_goes_wrong_elsewhere_moves_no_now() {
    let night = "fixtures/midnight-timeout/evidence";
    let calm = audit(&[night.into()]).answer.as_of;
    let absurd = "9998-10-06T05:00:00Z INFO botocore.errorfactory.ModelError: An error occurred (ModelError) when calling the InvokeEndpoint operation: Received server error (500) from primary with message \"x\". See https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logEventViewer:group=/aws/sagemaker/Endpoints/risk-scoring-prod in account 111122223333 for more information.\n";
    let wrong = absurd.replace("9998", "2098");
    let trace = |start: &str| {
        format!(
            r#"{{"trace_id":"1-5f84c7a1-7d3e0a2b9c4f5e6d7a8b9c0d","id":"6b55dcc497934f1a","start_time":{start},"end_time":{start},"name":"www.example.com"}}"#
        )
    };
    for (name, text) in
        [("client.log", absurd.to_owned()), ("client.log", wrong), ("t.json", trace("1e15")), ("t.json", trace("4100000000.5"))]
    {
        let beside = folder(&[(name, text.as_bytes())]).keep();
        let told = audit(&[night.into(), beside]);
        assert_eq!(told.answer.as_of, calm, "{text}");
        assert!(!told.json.contains("out-of-range"), "{text}");
    }
}

#[test]
fn what_is_lost_of_a_text_is_told() {
    let long = format!("Running with gitlab-runner 16.5.0 (1)\n{}\n", "x".repeat(20 << 10));
    let caller = format!(
        "2026-10-06T01:02:03Z An error occurred (ModelError) when calling the InvokeEndpoint operation: x\n{}\n",
        "x".repeat(70 << 10)
    );
    for (text, place, words) in [
        (&b"#!/bin/sh\naws s3 ls\ncat <<EOF\nx\n EOF\naws sagemaker no-such\n"[..], "line 3", "never ended"),
        (b"#!/bin/sh\naws s3 ls\necho \"x\n", "line 3", "never closed"),
        (b"FROM a\nRUN <<EOF\nx\nCMD y\n", "line 2", "never ended"),
        (b"import boto3\n# \xe9\n", "/", "no UTF-8"),
        (long.as_bytes(), "line 2", "not looked into"),
        (caller.as_bytes(), "line 2", "not looked into"),
    ] {
        let problems = problems(&told("x", text));
        assert!(problems.iter().any(|text| text.starts_with(place) && text.contains(words)), "{words}: {problems:?}");
    }
}

#[test]
fn a_file_of_unknown_names_is_told_in_part() {
    let calls: Vec<String> = (0..150).map(|n| format!("s.create_model(Model{n}Xyz=1)")).collect();
    let told = told("a.py", format!("import boto3\ns = boto3.client(\"sagemaker\")\n{}\n", calls.join("\n")).as_bytes());
    let titles: Vec<&str> = told.answer.findings.iter().map(|finding| finding.title.as_str()).collect();
    assert_eq!(titles.len(), 101, "{titles:?}");
    assert!(titles.iter().any(|title| title.starts_with("50 more uses of names")), "{titles:?}");
}
