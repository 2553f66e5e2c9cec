//! Endpoints, components and models that come again under one name, changes of which nobody saw the end, and what is counted for whom.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use modeltrail::report::document as doc;
use serde_json::{Value, json};
use support::{Told, audit, folder};

const ACCOUNT: &str = "111122223333";

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:sagemaker:eu-west-1:{ACCOUNT}:{kind}/{name}")
}

/// A record of the trail.
fn event(time: &str, name: &str, request: Value, response: Value) -> Value {
    let id = format!("{name} {time} {request}");
    json!({
        "eventVersion": "1.11", "eventID": id, "eventTime": time, "eventSource": "sagemaker.amazonaws.com", "eventName": name,
        "awsRegion": "eu-west-1", "recipientAccountId": ACCOUNT, "eventType": "AwsApiCall", "managementEvent": true, "readOnly": false,
        "userIdentity": {"type": "AssumedRole", "accountId": ACCOUNT, "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/Deployer/s")},
        "requestParameters": request, "responseElements": response
    })
}

fn model(time: &str, name: &str, artifact: &str) -> Value {
    let container = json!({"image": format!("{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/s:1"), "modelDataUrl": format!("s3://b/{artifact}/model.tar.gz")});
    event(
        time,
        "CreateModel",
        json!({"modelName": name, "primaryContainer": container, "executionRoleArn": "r"}),
        json!({"modelArn": arn("model", name)}),
    )
}

fn config(time: &str, name: &str, variant: Value) -> Value {
    let request = json!({"endpointConfigName": name, "productionVariants": [variant]});
    event(time, "CreateEndpointConfig", request, json!({"endpointConfigArn": arn("endpoint-config", name)}))
}

fn runs(model: &str) -> Value {
    json!({"variantName": "A", "modelName": model, "initialInstanceCount": 1, "instanceType": "ml.m5.large", "initialVariantWeight": 1.0})
}

/// An endpoint that is made or updated.
fn put(time: &str, operation: &str, config: &str) -> Value {
    event(
        time,
        operation,
        json!({"endpointName": "ep", "endpointConfigName": config}),
        json!({"endpointArn": arn("endpoint", "ep")}),
    )
}

fn component(time: &str, operation: &str, model: &str) -> Value {
    let request = json!({"endpointName": "ep", "inferenceComponentName": "ic", "variantName": "A", "specification": {"modelName": model}, "runtimeConfig": {"copyCount": 1}});
    event(time, operation, request, json!({"inferenceComponentArn": arn("inference-component", "ic")}))
}

/// An answer with its sidecar: path, answer, command, and when it was captured.
type Answer<'a> = (&'a str, Value, &'a [&'a str], &'a str);

/// What an endpoint is at a time.
fn described<'a>(config: &str, created: &str, modified: &str, captured: &'a str) -> Answer<'a> {
    let variant = json!({"VariantName": "A", "CurrentWeight": 1.0, "DesiredWeight": 1.0, "CurrentInstanceCount": 1, "DesiredInstanceCount": 1});
    let answer = json!({"EndpointName": "ep", "EndpointArn": arn("endpoint", "ep"), "EndpointConfigName": config, "EndpointStatus": "InService", "CreationTime": created, "LastModifiedTime": modified, "ProductionVariants": [variant]});
    ("endpoint.json", answer, &["sagemaker", "describe-endpoint", "--endpoint-name", "ep"], captured)
}

fn shown<'a>(name: &'a str, model: &str, created: &str, modified: &str, captured: &'a str) -> Answer<'a> {
    let answer = json!({"InferenceComponentName": "ic", "InferenceComponentArn": arn("inference-component", "ic"), "EndpointName": "ep", "EndpointArn": arn("endpoint", "ep"), "VariantName": "A", "InferenceComponentStatus": "InService", "CreationTime": created, "LastModifiedTime": modified, "RuntimeConfig": {"CurrentCopyCount": 1, "DesiredCopyCount": 1}, "Specification": {"ModelName": model}});
    (name, answer, &["sagemaker", "describe-inference-component", "--inference-component-name", "ic"], captured)
}

/// Ten requests an hour from the sixth of October, ten o'clock, on, for two days.
fn requests() -> Answer<'static> {
    let points: Vec<Value> = (0..48)
        .map(|hour: i64| {
            let (day, hour) = (6 + (10 + hour) / 24, (10 + hour) % 24);
            json!({"Timestamp": format!("2026-10-{day:02}T{hour:02}:00:00Z"), "Sum": 10.0, "Unit": "None"})
        })
        .collect();
    let command = &[
        "cloudwatch",
        "get-metric-statistics",
        "--namespace",
        "AWS/SageMaker",
        "--metric-name",
        "Invocations",
        "--dimensions",
        "Name=EndpointName,Value=ep",
        "Name=VariantName,Value=A",
        "--start-time",
        "2026-10-06T10:00:00Z",
        "--end-time",
        "2026-10-08T10:00:00Z",
        "--period",
        "3600",
        "--statistics",
        "Sum",
    ];
    ("requests.json", json!({"Label": "Invocations", "Datapoints": points}), command, "2026-10-08T10:00:00Z")
}

fn told(trail: &[Value], answers: &[Answer<'_>]) -> Told {
    let mut files = vec![("trail.json".to_owned(), json!({"Records": trail}).to_string())];
    for (name, answer, command, captured) in answers {
        let argv: Vec<&str> = ["aws"].iter().chain(command.iter()).copied().collect();
        files.push(((*name).to_owned(), answer.to_string()));
        let sidecar = json!({"argv": argv, "account": ACCOUNT, "region": "eu-west-1", "captured_at": captured, "exit": 0});
        files.push((format!("{name}.cmd"), sidecar.to_string()));
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let evidence = folder(&files);
    audit(&[evidence.path().to_path_buf()])
}

/// Returns intervals in short: model, when it began, when it ended by.
fn rows(told: &Told) -> Vec<(String, String, Option<String>)> {
    let short = |row: &doc::Serving| {
        let created = row.model_created.map(|at| at.to_seconds_text()[5..16].to_owned()).unwrap_or_default();
        let hour = |at: modeltrail::time::Instant| at.to_seconds_text()[5..16].to_owned();
        (format!("{} of {created}", row.model.last()), hour(row.from.earliest), row.to.as_ref().map(|to| hour(to.latest)))
    };
    told.answer.serving.iter().map(short).collect()
}

fn row(model: &str, from: &str, to: Option<&str>) -> (String, String, Option<String>) {
    (model.to_owned(), from.to_owned(), to.map(str::to_owned))
}

fn two_models() -> Vec<Value> {
    vec![
        model("2026-10-06T09:00:00Z", "m1", "m1"),
        model("2026-10-06T09:01:00Z", "m2", "m2"),
        config("2026-10-06T09:30:00Z", "c1", runs("m1")),
        config("2026-10-06T09:31:00Z", "c2", runs("m2")),
        put("2026-10-06T10:00:00Z", "CreateEndpoint", "c1"),
    ]
}

/// An endpoint that names no model, and a component on it that runs the first.
fn hosting() -> Vec<Value> {
    let mut trail = two_models();
    let variant = json!({"variantName": "A", "initialInstanceCount": 1, "instanceType": "ml.m5.large"});
    trail[2] = config("2026-10-06T09:30:00Z", "c1", variant);
    trail.push(component("2026-10-06T11:00:00Z", "CreateInferenceComponent", "m1"));
    trail
}

#[test]
fn requests_of_a_change_that_nobody_saw_end_belong_to_neither() {
    let mut trail = two_models();
    trail.push(put("2026-10-07T10:00:00Z", "UpdateEndpoint", "c2"));
    let first = described("c1", "2026-10-06T10:00:00Z", "2026-10-06T10:05:00Z", "2026-10-06T11:00:00Z");
    let told = told(&trail, &[first, requests()]);
    let counts: Vec<(Option<u64>, bool)> = told.answer.serving.iter().map(|row| (row.requests, row.requests_whole)).collect();
    // A day of the first; after that it may have been either.
    assert_eq!(counts, [(Some(240), false), (None, false)]);
    // Where the change is known to the hour, nothing is left open.
    let then = described("c2", "2026-10-06T10:00:00Z", "2026-10-07T10:05:00Z", "2026-10-07T12:00:00Z");
    let mut before = described("c1", "2026-10-06T10:00:00Z", "2026-10-06T10:05:00Z", "2026-10-06T11:00:00Z");
    before.0 = "before.json";
    let known = self::told(&trail, &[before, then, requests()]);
    let counts: Vec<(Option<u64>, bool)> = known.answer.serving.iter().map(|row| (row.requests, row.requests_whole)).collect();
    // The last hour is not over when the case ends.
    assert_eq!(counts, [(Some(240), true), (Some(230), true)]);
}

#[test]
fn an_endpoint_that_came_again_was_gone_before() {
    let trail = two_models();
    let again = described("c2", "2026-10-07T10:00:00Z", "2026-10-07T10:05:00Z", "2026-10-08T10:00:00Z");
    let told = told(&trail, &[again]);
    let expected = [row("m1 of 10-06T09:00", "10-06T10:00", Some("10-07T10:00")), row("m2 of 10-06T09:01", "10-07T10:00", None)];
    assert_eq!(rows(&told), expected);
}

#[test]
fn a_component_that_came_again_was_gone_before() {
    let trail = hosting();
    let again = shown("ic.json", "m2", "2026-10-07T10:00:00Z", "2026-10-07T10:05:00Z", "2026-10-08T10:00:00Z");
    let told = told(&trail, &[again]);
    let expected = [row("m1 of 10-06T09:00", "10-06T11:00", Some("10-07T10:00")), row("m2 of 10-06T09:01", "10-07T10:00", None)];
    assert_eq!(rows(&told), expected);
    assert!(told.answer.serving.iter().all(|row| row.to.as_ref().is_none_or(|to| row.from.latest <= to.latest)));
}

#[test]
fn a_component_that_a_whole_list_lacks_is_gone() {
    let trail = hosting();
    let list = |command: &'static [&'static str]| -> Answer<'static> {
        ("list.json", json!({"InferenceComponents": []}), command, "2026-10-08T10:00:00Z")
    };
    let until = |command| told(&trail, &[list(command)]).answer.serving[0].to.as_ref().map(|to| to.latest.to_seconds_text());
    let gone = Some("2026-10-08T10:00:00Z".to_owned());
    assert_eq!(until(&["sagemaker", "list-inference-components"]), gone);
    assert_eq!(until(&["sagemaker", "list-inference-components", "--endpoint-name-equals", "ep"]), gone);
    // Of others, and in part.
    assert_eq!(until(&["sagemaker", "list-inference-components", "--endpoint-name-equals", "other"]), None);
    assert_eq!(until(&["sagemaker", "list-inference-components", "--name-contains", "x"]), None);
}

#[test]
fn a_model_that_came_again_is_another() {
    let mut trail = hosting();
    trail.push(event("2026-10-07T10:00:00Z", "DeleteModel", json!({"modelName": "m1"}), Value::Null));
    trail.push(model("2026-10-07T10:05:00Z", "m1", "new"));
    trail.push(component("2026-10-07T11:00:00Z", "UpdateInferenceComponent", "m1"));
    let answers = [
        shown("before.json", "m1", "2026-10-06T11:00:00Z", "2026-10-06T11:05:00Z", "2026-10-06T12:00:00Z"),
        shown("after.json", "m1", "2026-10-06T11:00:00Z", "2026-10-07T11:05:00Z", "2026-10-08T10:00:00Z"),
    ];
    let told = told(&trail, &answers);
    let expected = [row("m1 of 10-06T09:00", "10-06T11:00", Some("10-07T11:05")), row("m1 of 10-07T10:05", "10-07T11:00", None)];
    assert_eq!(rows(&told), expected);
    // Each is told with what it served, and not with what the other did.
    let of = |created: &str| {
        let from = told.text.find(&format!("m1  created {created}")).expect("the model is told");
        told.text[from..].split("\n\n").next().unwrap_or_default().to_owned()
    };
    assert!(of("2026-10-06 09:00").contains("served") && !of("2026-10-06 09:00").contains("since 2026-10-07"));
    assert!(of("2026-10-07 10:05").contains("serves") && !of("2026-10-07 10:05").contains("2026-10-06"));
}

#[test]
fn no_prose_of_a_record_shows_a_secret() {
    const SECRETS: &str = "password=hunter2 postgres://u:hunter2@h/d";
    let mut trail = two_models();
    let mut refused = put("2026-10-07T09:00:00Z", "UpdateEndpoint", "c2");
    refused["errorCode"] = json!("ValidationException");
    refused["errorMessage"] = json!(SECRETS);
    trail.push(refused);
    trail.push(put("2026-10-07T10:00:00Z", "UpdateEndpoint", "c2"));
    let mut failed = described("c1", "2026-10-06T10:00:00Z", "2026-10-07T10:05:00Z", "2026-10-08T10:00:00Z");
    failed.1["EndpointStatus"] = json!("Failed");
    failed.1["FailureReason"] = json!(SECRETS);
    let mut component = shown("ic.json", "m2", "2026-10-07T10:00:00Z", "2026-10-07T10:05:00Z", "2026-10-08T10:00:00Z");
    component.1["InferenceComponentStatus"] = json!("Failed");
    component.1["FailureReason"] = json!(SECRETS);
    let package = json!({"ModelPackageArn": arn("model-package", "g/1"), "ModelPackageGroupName": "g", "ModelPackageVersion": 1, "CreationTime": "2026-10-06T08:00:00Z", "ModelPackageStatus": "Completed", "ModelApprovalStatus": "Approved",
        "MetadataProperties": {"CommitId": SECRETS, "Repository": SECRETS, "GeneratedBy": SECRETS}});
    let package: Answer<'_> =
        ("package.json", package, &["sagemaker", "describe-model-package", "--model-package-name", "x"], "2026-10-08T10:00:00Z");
    let told = told(&trail, &[failed, component, package]);
    for text in [&told.text, &told.json] {
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("<redacted>"));
    }
}

/// Moves a record to another region.
fn abroad(record: &Value) -> Value {
    let mut moved: Value = serde_json::from_str(&record.to_string().replace("eu-west-1", "us-east-1")).expect("it is JSON still");
    moved["eventID"] = json!(format!("{} abroad", moved["eventID"]));
    moved
}

#[test]
fn resources_of_one_name_in_two_regions_are_told_apart() {
    use modeltrail::report::text::{self, Look};
    let here = two_models();
    let both: Vec<Value> = here.iter().cloned().chain(here.iter().map(abroad)).collect();
    let page =
        |trail: &[Value]| anstream::adapter::strip_str(&text::audit(&told(trail, &[]).answer, &Look::default())).to_string();
    let apart = page(&both);
    for wanted in ["m1 (eu-west-1)  created", "m1 (us-east-1)  created", "ep (eu-west-1) A,", "ep (us-east-1) A,"] {
        assert!(apart.contains(wanted), "{wanted}: {apart}");
    }
    assert!(page(&here).contains("m1  created") && !page(&here).contains("m1 ("), "alone it needs no region");
}

/// What a model is made of, as an answer has it.
fn made_of<'a>(file: &'a str, artifact: &str, captured: &'a str) -> Answer<'a> {
    let container = json!({"Image": format!("{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/s:1"), "ModelDataUrl": format!("s3://b/{artifact}/model.tar.gz")});
    let answer = json!({"ModelName": "m1", "ModelArn": arn("model", "m1"), "PrimaryContainer": container, "ExecutionRoleArn": "r", "CreationTime": "2026-10-06T09:00:00Z"});
    (file, answer, &["sagemaker", "describe-model", "--model-name", "m1"], captured)
}

#[test]
fn two_answers_of_one_second_are_not_decided_by_their_files() {
    use modeltrail::case::claim::Grade;
    let at = "2026-10-08T10:00:00Z";
    let claimed = |one: &str, other: &str| {
        let told = told(&[], &[made_of("a.json", one, at), made_of("b.json", other, at)]);
        let model = told.answer.models.into_iter().next().expect("it is described");
        let sides: Vec<String> = model.artifact.conflicts.iter().map(|side| side.value.uri.clone()).collect();
        (model.artifact.grade, model.artifact.value.map(|value| value.uri), sides, model.code.serving_image.grade)
    };
    let sides = vec!["s3://b/one/model.tar.gz".to_owned(), "s3://b/two/model.tar.gz".to_owned()];
    assert_eq!(claimed("one", "two"), (Grade::X, None, sides.clone(), Grade::C));
    assert_eq!(claimed("two", "one"), (Grade::X, None, sides, Grade::C));
    assert_eq!(claimed("one", "one").0, Grade::C, "an answer that repeats another contradicts nothing");
}

#[test]
fn two_states_of_one_second_decide_nothing() {
    use modeltrail::case::claim::Grade;
    let arn = format!("arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package/risk/1");
    let state = |file: &'static str, status: &str, modified: &str| -> Answer<'static> {
        let answer = json!({"ModelPackageArn": arn, "ModelPackageGroupName": "risk", "ModelPackageVersion": 1, "ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {},
            "ModelApprovalStatus": status, "CreationTime": "2026-10-06T09:00:00Z", "LastModifiedTime": modified,
            "InferenceSpecification": {"Containers": [{"Image": "i:1", "ModelDataUrl": "s3://b/one/model.tar.gz"}]}});
        (file, answer, &["sagemaker", "describe-model-package", "--model-package-name", "risk/1"], "2026-10-08T10:00:00Z")
    };
    let graded = |one: Answer<'static>, other: Answer<'static>| told(&[], &[one, other]).answer.models[0].approval.grade;
    let (at, later) = ("2026-10-07T09:00:00Z", "2026-10-07T10:00:00Z");
    assert_eq!(graded(state("a.json", "Approved", at), state("b.json", "Rejected", at)), Grade::X);
    assert_eq!(graded(state("a.json", "Rejected", at), state("b.json", "Approved", at)), Grade::X);
    assert_eq!(graded(state("a.json", "Approved", at), state("b.json", "Rejected", later)), Grade::B);
}
