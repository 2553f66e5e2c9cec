//! Answers that would be wrong, each found once in an earlier state of the program: evidence that proves less than it seems to.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::path::{Path, PathBuf};

use modeltrail::case::Case;
use modeltrail::case::claim::Grade;
use modeltrail::intake::{self, Unwatched};
use modeltrail::parse::Options;
use modeltrail::report::document as doc;
use serde_json::{Value, json};
use support::{Told, audit, files, folder};

/// A copy of a story's evidence, to be bent.
struct Bent {
    folder: tempfile::TempDir,
}

impl Bent {
    fn of(story: &str) -> Self {
        let from = Path::new("fixtures").join(story).join("evidence");
        let copy = folder(&[]);
        for path in files(&from) {
            let to = copy.path().join(path.strip_prefix(&from).expect("it lies there"));
            std::fs::create_dir_all(to.parent().expect("a folder")).expect("it can be made");
            std::fs::copy(&path, to).expect("it can be copied");
        }
        Self { folder: copy }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn remove(self, name: &str) -> Self {
        std::fs::remove_file(self.path(name)).expect("it is there");
        self
    }

    fn write(self, name: &str, text: &str) -> Self {
        std::fs::create_dir_all(self.path(name).parent().expect("a folder")).expect("it can be made");
        std::fs::write(self.path(name), text).expect("it can be written");
        self
    }

    fn edit(self, name: &str, change: impl FnOnce(&mut Value)) -> Self {
        let mut value = serde_json::from_slice(&std::fs::read(self.path(name)).expect("it is there")).expect("it is JSON");
        change(&mut value);
        self.write(name, &value.to_string())
    }

    /// Changes the records of the trail.
    fn records(self, change: impl Fn(&mut Vec<Value>)) -> Self {
        use std::io::Read as _;
        for path in files(&self.path("cloudtrail")) {
            let mut text = Vec::new();
            let bytes = std::fs::read(&path).expect("it is there");
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).expect("it is gzip");
            let mut value: Value = serde_json::from_slice(&text).expect("it is JSON");
            change(value["Records"].as_array_mut().expect("records"));
            std::fs::write(path.with_extension(""), value.to_string()).expect("it can be written");
            std::fs::remove_file(path).expect("it is there");
        }
        self
    }

    fn told(&self) -> Told {
        audit(&[self.folder.path().to_owned()])
    }
}

fn model<'a>(told: &'a Told, name: &str) -> &'a doc::Model {
    told.answer.models.iter().find(|model| model.name == name).unwrap_or_else(|| panic!("no model {name}"))
}

const LISTING: &str = "s3/risk-feat/list-object-versions.json";
const SIDECAR: &str = "s3/risk-feat/list-object-versions.json.cmd";

/// Without the version of the second week, as if listed before it was written.
fn listed_early(bent: Bent) -> Bent {
    bent.edit(LISTING, |listing| {
        let rows = listing["Versions"].as_array_mut().expect("rows");
        rows.retain(|row| row["LastModified"].as_str().is_some_and(|at| at < "2026-10-12"));
        rows[0]["IsLatest"] = json!(true);
    })
}

#[test]
fn a_listing_that_may_have_been_made_too_early_proves_little() {
    // Its row count is right for the day it was made; the job of the thirteenth read something else.
    let undated = listed_early(Bent::of("overwritten")).remove(SIDECAR).records(|records| {
        records.retain(|record| !(record["eventName"] == "PutObject" && record["eventTime"] == "2026-10-12T03:10:00Z"));
    });
    let told = undated.told();
    assert!(model(&told, "risk/42").data[0].version.grade >= Grade::C, "nothing tells when the listing was made");
    // With the record of the writing that the listing lacks, it is shown to be early or not whole.
    let told = listed_early(Bent::of("overwritten")).told();
    assert!(model(&told, "risk/42").data[0].version.grade >= Grade::C, "the listing lacks a version that was written");
    let told = Bent::of("overwritten").edit(SIDECAR, |sidecar| sidecar["captured_at"] = json!("2026-10-07T00:00:00Z")).told();
    assert!(
        told.answer
            .inputs
            .iter()
            .flat_map(|input| &input.problems)
            .any(|problem| problem.message.contains("that time is refused"))
    );
}

#[test]
fn a_bucket_that_keeps_no_versions_is_no_history() {
    let bent = Bent::of("overwritten")
        .remove("s3/risk-feat/get-bucket-versioning.json")
        .remove("s3/risk-feat/get-bucket-versioning.json.cmd")
        .edit(LISTING, |listing| {
            for row in listing["Versions"].as_array_mut().expect("rows") {
                row["VersionId"] = json!("null");
            }
        })
        .records(|records| {
            for record in records.iter_mut().filter(|record| record["eventSource"] == "s3.amazonaws.com") {
                if let Some(answer) = record["responseElements"].as_object_mut() {
                    answer.remove("x-amz-version-id");
                }
            }
        });
    let told = bent.told();
    for name in ["risk-xgb-v41", "risk/42"] {
        assert!(model(&told, name).data[0].version.grade >= Grade::C, "{name}: {}", model(&told, name).data[0].version.why);
    }
}

#[test]
fn a_listing_that_was_cut_by_its_command_is_not_whole() {
    for option in ["--key-marker", "--version-id-marker", "--delimiter", "--max-items", "--query"] {
        let bent = Bent::of("clean-account").edit(SIDECAR, |sidecar| {
            let argv = sidecar["argv"].as_array_mut().expect("words");
            argv.extend([json!(option), json!("x")]);
        });
        assert!(model(&bent.told(), "risk-xgb-v41").data[0].version.grade >= Grade::C, "{option}");
    }
    let failed = Bent::of("clean-account").edit(SIDECAR, |sidecar| sidecar["exit"] = json!(255));
    let told = failed.told();
    assert!(model(&told, "risk-xgb-v41").data[0].version.grade >= Grade::C);
    assert!(told.answer.inputs.iter().flat_map(|input| &input.problems).any(|problem| problem.message.contains("status 255")));
}

#[test]
fn a_manifest_is_worth_what_shows_that_it_was_read() {
    let with = |manifest: &str, sidecar: Option<&str>| {
        let mut bent = Bent::of("clean-account")
            .edit("sagemaker/training-jobs/risk-train-2026-10-06.json", |job| {
                job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataType"] = json!("ManifestFile");
                job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] =
                    json!("s3://risk-feat/train/dt=2026-10-06/train.manifest");
            })
            .records(|records| {
                for record in records.iter_mut().filter(|record| record["eventName"] == "CreateTrainingJob") {
                    let source = &mut record["requestParameters"]["inputDataConfig"][0]["dataSource"]["s3DataSource"];
                    source["s3DataType"] = json!("ManifestFile");
                    source["s3Uri"] = json!("s3://risk-feat/train/dt=2026-10-06/train.manifest");
                }
            })
            .edit(LISTING, |listing| {
                let mut row = listing["Versions"][0].clone();
                row["Key"] = json!("train/dt=2026-10-06/train.manifest");
                row["VersionId"] = json!("manifestversion");
                listing["Versions"].as_array_mut().expect("rows").push(row);
            })
            .write("manifests/train.manifest", manifest);
        if let Some(sidecar) = sidecar {
            bent = bent.write("manifests/train.manifest.cmd", sidecar);
        }
        let told = bent.told();
        let version = &model(&told, "risk-xgb-v41").data[0].version;
        (version.grade, version.value.as_ref().map(|value| value.object_count), version.why.clone())
    };
    let whole = r#"[{"prefix":"s3://risk-feat/train/dt=2026-10-06/"},"part-0000.parquet"]"#;
    let copied = r#"{"argv":["aws","s3","cp","s3://risk-feat/train/dt=2026-10-06/train.manifest","-"],"account":"111122223333","region":"eu-west-1","captured_at":"2026-10-08T00:00:00Z","exit":0}"#;
    let (grade, objects, why) = with(whole, Some(copied));
    assert!(grade <= Grade::B && objects == Some(2), "{grade:?} {objects:?} {why}");
    // Found by its name alone, it may be another version.
    let (grade, objects, why) = with(whole, None);
    assert!(grade == Grade::C && objects == Some(2), "{grade:?} {objects:?} {why}");
    // What it names has to be there under that very name.
    let (grade, ..) = with(r#"[{"prefix":"s3://risk-feat/train/dt=2026-10-06/"},"part-0000"]"#, Some(copied));
    assert_eq!(grade, Grade::U);
    let (grade, ..) = with(r#"[{"prefix":"s3://risk-feat/train/dt=2026-10-06/"}]"#, Some(copied));
    assert!(grade >= Grade::C);
}

#[test]
fn logs_and_metrics_stay_in_their_account() {
    let bent = Bent::of("clean-account");
    // The same names in another account, which has no logs and no metrics.
    for path in files(&bent.path("sagemaker")) {
        let text = std::fs::read_to_string(&path).expect("it is text").replace("111122223333", "444455556666");
        let to = bent.path("other").join(path.strip_prefix(bent.folder.path()).expect("it lies there"));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("it can be made");
        std::fs::write(to, text).expect("it can be written");
    }
    let told = bent.told();
    let other = told.answer.models.iter().find(|model| model.arn.account() == "444455556666").expect("it is described");
    assert_eq!(other.code.dependencies.grade, Grade::U, "{}", other.code.dependencies.why);
    let row = told.answer.serving.iter().find(|row| row.endpoint.account() == "444455556666").expect("it serves");
    assert_eq!(row.requests, None);
}

#[test]
fn a_rejection_that_only_a_list_shows_is_one() {
    let list = json!({"ModelPackageSummaryList": [{"ModelPackageGroupName": "risk", "ModelPackageVersion": 41, "ModelPackageArn": "arn:aws:sagemaker:eu-west-1:111122223333:model-package/risk/41",
        "CreationTime": "2026-10-06T10:00:00.118000+00:00", "ModelPackageStatus": "Completed", "ModelApprovalStatus": "Rejected"}]});
    let sidecar = r#"{"argv":["aws","sagemaker","list-model-packages","--model-package-group-name","risk"],"account":"111122223333","region":"eu-west-1","captured_at":"2026-10-07T12:00:00Z","exit":0}"#;
    let told = Bent::of("clean-account")
        .remove("sagemaker/model-packages/risk-41.json")
        .write("packages/list.json", &list.to_string())
        .write("packages/list.json.cmd", sidecar)
        .told();
    let approval = model(&told, "risk-xgb-v41").approval.value.as_ref().expect("it is known");
    assert_eq!(approval.status, "Rejected");
    assert!(told.answer.findings.iter().any(|finding| finding.check == "approval/zombie"));
}

#[test]
fn two_decisions_of_one_second_are_a_contradiction() {
    let told = Bent::of("clean-account")
        .remove("sagemaker/model-packages/risk-41.json")
        .records(|records| {
            let decided = records.iter().find(|record| record["eventName"] == "UpdateModelPackage").cloned();
            if let Some(mut other) = decided {
                other["eventID"] = json!("00000000-0000-4000-8000-000000000001");
                other["requestParameters"]["modelApprovalStatus"] = json!("Rejected");
                records.push(other);
            }
        })
        .told();
    assert_eq!(model(&told, "risk-xgb-v41").approval.grade, Grade::X);
}

#[test]
fn a_correction_of_a_correction_is_what_counts() {
    let chain = |reverse: bool| {
        let bent = Bent::of("clean-account").remove("sagemaker/model-packages/risk-41.json").records(|records| {
            let Some(original) = records.iter().find(|record| record["eventName"] == "UpdateModelPackage").cloned() else {
                return;
            };
            let id = original["eventID"].clone();
            let corrected = |by: &str, of: &Value, status: &str| {
                let mut record = original.clone();
                record["eventID"] = json!(by);
                record["addendum"] =
                    json!({"reason": "UPDATED_DATA", "updatedFields": "requestParameters", "originalEventID": of});
                record["requestParameters"]["modelApprovalStatus"] = json!(status);
                record
            };
            let first = corrected("00000000-0000-4000-8000-000000000001", &id, "Rejected");
            let second =
                corrected("00000000-0000-4000-8000-000000000002", &json!("00000000-0000-4000-8000-000000000001"), "Approved");
            records.extend(if reverse { [second, first] } else { [first, second] });
        });
        bent.told()
    };
    for reverse in [false, true] {
        let told = chain(reverse);
        let approval = model(&told, "risk-xgb-v41").approval.value.as_ref().expect("it is known");
        assert_eq!(
            (approval.status, approval.history.iter().any(|decision| decision.status == "Rejected")),
            ("Approved", false),
            "reverse: {reverse}"
        );
    }
}

#[test]
fn a_model_made_again_has_not_served() {
    let again = json!({"ModelName": "risk-xgb-v41", "ModelArn": "arn:aws:sagemaker:eu-west-1:111122223333:model/risk-xgb-v41", "CreationTime": "2026-10-07T00:30:00+00:00",
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/ServeRole", "EnableNetworkIsolation": false,
        "PrimaryContainer": {"Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/risk-train:prod", "ModelDataUrl": "s3://acme-artifacts/out/risk-train-2026-10-06/output/model.tar.gz"}});
    let told = Bent::of("tag-moved").write("sagemaker/models/again.json", &again.to_string()).told();
    let later = told
        .answer
        .models
        .iter()
        .find(|model| model.created.is_some_and(|at| at.to_string() == "2026-10-07T00:30:00Z"))
        .expect("it is there");
    assert!(!later.code.serving_image.why.contains("endpoint"), "{}", later.code.serving_image.why);
    assert!(
        told.answer.models.iter().any(|model| model.code.serving_image.why.contains("endpoint")),
        "the one that served has it"
    );
}

#[test]
fn an_index_and_its_platform_are_one_image() {
    let told = Bent::of("clean-account")
        .edit("sagemaker/endpoints/risk-scoring-prod.json", |endpoint| {
            let resolved = &mut endpoint["ProductionVariants"][0]["DeployedImages"][0]["ResolvedImage"];
            *resolved = json!(format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/risk-train@sha256:{}", "8".repeat(64)));
        })
        .told();
    assert!(told.answer.findings.iter().all(|finding| finding.check != "code/train-serve-mismatch"));
    assert!(model(&told, "risk-xgb-v41").code.serving_image.conflicts.is_empty());
}

#[test]
fn a_tag_that_moves_while_a_job_starts_is_doubtful() {
    let told = Bent::of("tag-moved")
        .records(|records| {
            for record in records
                .iter_mut()
                .filter(|record| record["eventName"] == "PutImage" && record["eventTime"] == "2026-10-06T11:30:00Z")
            {
                record["eventTime"] = json!("2026-10-06T08:00:30Z");
            }
        })
        .told();
    let image = &model(&told, "risk-xgb-v41").code.training_image;
    assert!(image.grade >= Grade::C && image.conflicts.len() == 1, "{:?} {}", image.grade, image.why);
}

#[test]
fn an_earlier_time_of_the_case_knows_nothing_of_later() {
    let intake = intake::read(&[Path::new("fixtures/midnight-timeout/evidence").to_owned()], &Options::default(), 1, &Unwatched);
    let as_of = modeltrail::time::Instant::parse("2026-10-05T10:30:00Z", true);
    let case = Case::build(intake.facts, &intake.density, &intake.ledger, as_of);
    assert_eq!(case.serving.spans().count(), 0);
    assert!(case.jobs.iter().all(|job| job.ended <= as_of));
    let package = case.packages.iter().next().expect("it was registered at ten");
    assert_eq!(package.approval().map(|decision| decision.status.name()), Some("PendingManualApproval"));
}

#[test]
fn what_has_no_rows_and_what_has_no_bytes_may_be_an_answer() {
    let sidecar = |operation: &str, exit: i32, error: &str| {
        format!(
            r#"{{"argv":["aws","s3api","{operation}","--bucket","b","--prefix","x/"],"account":"111122223333","region":"eu-west-1","captured_at":"2026-10-08T00:00:00Z","error":"{error}","exit":{exit}}}"#
        )
    };
    let read = |bytes: &[u8], sidecar: &str| {
        let told = audit(&[folder(&[("x.json", bytes), ("x.json.cmd", sidecar.as_bytes())]).keep()]);
        let input = &told.answer.inputs[0];
        if input.format == "unknown" { input.problems[0].message.clone() } else { input.format.clone() }
    };
    assert_eq!(read(b"", &sidecar("get-bucket-versioning", 0, "")), "s3-bucket-versioning");
    assert_eq!(
        read(b"", &sidecar("get-bucket-lifecycle-configuration", 254, "NoSuchLifecycleConfiguration")),
        "s3-bucket-lifecycle"
    );
    assert!(read(b"", &sidecar("get-bucket-lifecycle-configuration", 254, "AccessDenied")).contains("AccessDenied"));
    assert_eq!(
        read(br#"{"RequestCharged": null, "Prefix": "x/"}"#, &sidecar("list-object-versions", 0, "")),
        "s3-list-object-versions"
    );
    assert_eq!(
        read(br#"{"RequestCharged": null, "Versions": []}"#, &sidecar("list-object-versions", 0, "")),
        "s3-list-object-versions"
    );
}

#[test]
fn secrets_in_free_texts_stay_secret() {
    let told = Bent::of("clean-account")
        .edit("sagemaker/model-packages/risk-41.json", |package| {
            package["ApprovalDescription"] = json!("login password=hunter2hunter2 at https://u:sesamesesame@h/x");
        })
        .edit(SIDECAR, |sidecar| {
            let argv = sidecar["argv"].as_array_mut().expect("words");
            argv.extend([json!("--token"), json!("abracadabra")]);
        })
        .records(|records| {
            for record in records.iter_mut().filter(|record| record["eventName"] == "UpdateModelPackage") {
                record["requestParameters"]["approvalDescription"] = json!("api_token: simsalabim");
            }
        })
        .told();
    for secret in ["hunter2hunter2", "sesamesesame", "abracadabra", "simsalabim"] {
        assert!(!told.json.contains(secret) && !told.text.contains(secret), "{secret}");
    }
}

#[test]
fn an_artifact_is_not_confirmed_by_a_listing_from_before() {
    let early = |captured: Option<&str>| {
        let sidecar = "s3/acme-artifacts/list-object-versions.json.cmd";
        let bent = Bent::of("clean-account").records(|records| {
            records.retain(|record| record["eventName"] != "PutObject");
        });
        match captured {
            Some(at) => bent.edit(sidecar, |sidecar| sidecar["captured_at"] = json!(at)),
            None => bent.remove(sidecar),
        }
    };
    // The model was made at 11:59:50.
    for captured in [Some("2026-10-06T10:30:00Z"), None] {
        let told = early(captured).told();
        let model = model(&told, "risk-xgb-v41");
        assert!(model.artifact.grade >= Grade::B && model.training_job.grade >= Grade::B, "{captured:?}: {}", model.artifact.why);
    }
    assert_eq!(model(&early(Some("2026-10-08T00:00:00Z")).told(), "risk-xgb-v41").artifact.grade, Grade::A);
}

#[test]
fn another_older_listing_does_no_harm() {
    let listing =
        std::fs::read_to_string("fixtures/overwritten/evidence/s3/risk-feat/list-object-versions.json").expect("it is there");
    let whole = support::grades(&Bent::of("overwritten").told().answer);
    let copied = Bent::of("overwritten").write("old/s3/risk-feat/list-object-versions.json", &listing);
    assert_eq!(support::grades(&copied.told().answer), whole, "a copy without a sidecar");
    let cut = r#"{"argv":["aws","s3api","list-object-versions","--bucket","risk-feat","--max-items","1"],"account":"111122223333","region":"eu-west-1","captured_at":"2026-10-15T00:00:00Z","exit":0}"#;
    let tried = Bent::of("overwritten")
        .write("trial/versions.json", &listing.replace("\"Prefix\"", "\"Delimiter\": \"\", \"Prefix\""))
        .write("trial/versions.json.cmd", cut);
    assert_eq!(support::grades(&tried.told().answer), whole, "a listing that was cut short");
}

#[test]
fn an_approval_may_lie_in_a_hole_of_the_trail() {
    let told = Bent::of("approval")
        .remove("sagemaker/model-packages/limits-42.json")
        .records(|records| {
            records.retain(|record| {
                let at = record["eventTime"].as_str().unwrap_or_default();
                !("2026-10-08T10:30:00Z".."2026-10-09T12:00:00Z").contains(&at)
            });
        })
        .told();
    let bypassed = told
        .answer
        .findings
        .iter()
        .find(|finding| finding.check == "approval/bypassed" && finding.subject.ends_with("limits-prod"));
    assert!(bypassed.is_none_or(|finding| finding.grade >= Grade::C), "nobody knows that it was not approved");
}

#[test]
fn who_changed_a_package_last_need_not_have_approved_it() {
    let told =
        Bent::of("clean-account").records(|records| records.retain(|record| record["eventName"] != "UpdateModelPackage")).told();
    let approval = model(&told, "risk-xgb-v41").approval.value.as_ref().expect("the registry states it");
    assert_eq!((approval.status, &approval.by), ("Approved", &None));
}

#[test]
fn a_recurring_finding_keeps_its_fingerprint() {
    let print = |as_of: &str| {
        let intake = intake::read(
            &[Path::new("fixtures/checks/timeout/no-limit/evidence").to_owned()],
            &Options::default(),
            1,
            &Unwatched,
        );
        let case = Case::build(intake.facts, &intake.density, &intake.ledger, modeltrail::time::Instant::parse(as_of, true));
        let (findings, _) = modeltrail::check::run(&case).close();
        findings.iter().find(|finding| finding.check == "timeout/no-limit").map(modeltrail::finding::Finding::fingerprint)
    };
    let (earlier, later) = (print("2026-10-08T12:00:00Z"), print("2026-10-10T00:00:00Z"));
    assert!(earlier.is_some() && earlier == later, "{earlier:?} {later:?}");
}

#[test]
fn gaps_of_metrics_name_the_grain_that_is_left_and_until_when() {
    for (case, words, expires, period) in [
        (
            "minutes-gone",
            "only reconstructable at 5-minute grain, until 2026-12-08T12:06:00Z: points of 1 min are kept for 15 days",
            "2028-01-04T12:06:00Z",
            "--period 3600",
        ),
        ("minutes-kept", "points of 1 min are kept until 2026-10-21T12:06:00Z", "2026-12-08T12:06:00Z", "--period 300"),
    ] {
        let told = support::audit(&[format!("fixtures/checks/evidence/{case}/evidence").into()]);
        assert!(told.text.contains(words), "{case}: {}", told.text);
        let answer: serde_json::Value = serde_json::from_str(&told.json).expect("it is JSON");
        let gaps = answer["gaps"].as_array().expect("a list").iter();
        let mut gaps = gaps.filter(|gap| gap["what"].as_str().is_some_and(|what| what.starts_with("the number of requests")));
        let gap = gaps.next().expect("requests were not exported");
        assert!(gap["what"].as_str().is_some_and(|what| what.ends_with(words)), "{case}: {gap}");
        assert_eq!((gap["expires_at"].as_str(), gap["kind"].as_str()), (Some(expires), Some("not_exported")), "{case}");
        assert!(gap["command"].as_str().is_some_and(|command| command.contains(period)), "{case}: {gap}");
    }
}

#[test]
fn requests_that_were_not_exported_together_are_not_counted_together() {
    let mut story = Bent::of("checks/serving/answers-nobody");
    // The night between is not exported.
    let parts = [("2026-10-06T13:00:00", "2026-10-06T20:00:00"), ("2026-10-07T05:00:00", "2026-10-07T23:00:00")];
    for metric in ["invocations", "invocation5xxerrors"] {
        let whole = format!("cloudwatch/{metric}-sum-3600.json");
        let read = |name: &str| -> Value {
            serde_json::from_slice(&std::fs::read(story.path(name)).expect("it is there")).expect("it is JSON")
        };
        let (answer, asked) = (read(&whole), read(&format!("{whole}.cmd")));
        for (at, (from, to)) in parts.iter().enumerate() {
            let (mut answer, mut asked) = (answer.clone(), asked.clone());
            let inside =
                |point: &Value| point["Timestamp"].as_str().is_some_and(|time| *from <= &time[..19] && &time[..19] < *to);
            answer["Datapoints"].as_array_mut().expect("a list").retain(inside);
            let words = asked["argv"].as_array_mut().expect("a list");
            for (option, time) in [("--start-time", from), ("--end-time", to)] {
                let place = words.iter().position(|word| word == option).expect("it is asked") + 1;
                words[place] = json!(format!("{time}Z"));
            }
            let part = format!("cloudwatch/{metric}-{at}.json");
            std::fs::write(story.path(&part), answer.to_string()).expect("it can be written");
            std::fs::write(story.path(&format!("{part}.cmd")), asked.to_string()).expect("it can be written");
        }
        story = story.remove(&whole).remove(&format!("{whole}.cmd"));
    }
    let told = audit(&[story.folder.path().to_owned()]);
    let found = told.answer.findings.iter().find(|finding| finding.check == "serving/no-answer").expect("nobody is answered");
    assert!(found.title.contains("none of 720 requests from 2026-10-07T05:00:00Z to 2026-10-07T23:00:00Z"), "{}", found.title);
    assert_eq!(found.exposure.as_ref().map(|exposure| exposure.requests), Some(720));
}

/// Returns what each variant of the only endpoint served: variant, share in percent, from, to.
fn served(story: &str) -> Vec<String> {
    rows(&Bent::of(story).told())
}

fn rows(told: &Told) -> Vec<String> {
    let rows = told.answer.serving.iter().map(|row| {
        let between = |bounds: &doc::Bounds| {
            let minute = |at: modeltrail::time::Instant| at.to_seconds_text().get(8..16).unwrap_or_default().to_owned();
            let (earliest, latest) = (minute(bounds.earliest), minute(bounds.latest));
            if earliest == latest { latest } else { format!("{earliest}..{latest}") }
        };
        let to = row.to.as_ref().map_or_else(|| "now".to_owned(), between);
        format!("{} {:.0} % {} to {to} [{:?}]", row.variant, row.share.unwrap_or_default() * 100.0, between(&row.from), row.grade)
    });
    rows.collect()
}

#[test]
fn weights_are_those_that_were_seen() {
    let begun = "07T13:00..07T13:06";
    assert_eq!(
        served("checks/serving/weights-kept"),
        [format!("blue 90 % {begun} to now [B]"), format!("green 10 % {begun} to now [B]")]
    );
    let shift = "08T12:00..08T12:12";
    let moved = |between: &str| {
        [
            format!("blue 90 % {begun} to {between} [B]"),
            format!("green 10 % {begun} to {between} [B]"),
            format!("green 100 % {between} to now [B]"),
        ]
    };
    assert_eq!(served("checks/serving/weights-taken"), moved(shift));
    assert_eq!(served("checks/serving/weights-unseen"), moved("07T13:06..08T12:12"));
    assert_eq!(
        served("checks/serving/weights-counted"),
        [format!("blue 100 % {begun} to 08T12:05..08T12:09 [B]"), "green 100 % 08T12:05..08T12:09 to now [B]".to_owned()]
    );
}

#[test]
fn an_update_that_was_tried_answered_requests() {
    let story = "checks/serving/rolled-back";
    // An alarm is named as the reason: it may have answered at any time before.
    let perhaps = "08T12:00..08T12:14";
    assert_eq!(
        served(story),
        [
            format!("AllTraffic 100 % 07T13:00..07T13:06 to {perhaps} [B]"),
            format!("AllTraffic 100 % {perhaps} to {perhaps} [C]"),
            format!("AllTraffic 100 % {perhaps} to now [B]"),
        ]
    );
    let seen = |at: &str, stage: &str| {
        let endpoint = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/risk-scoring-prod";
        json!({
            "modeltrail": {"argv": ["aws", "sagemaker", "describe-endpoint", "--endpoint-name", "risk-scoring-prod"],
                "account": "111122223333", "region": "eu-west-1", "captured_at": at, "exit": 0},
            "response": {"EndpointName": "risk-scoring-prod", "EndpointArn": endpoint, "EndpointConfigName": "risk-41",
                "EndpointStatus": "Updating", "CreationTime": "2026-10-07T13:00:00Z", "LastModifiedTime": "2026-10-08T12:00:30Z",
                "PendingDeploymentSummary": {"EndpointConfigName": "risk-42", "ProductionVariants":
                    [{"VariantName": "AllTraffic", "VariantStatus": [{"Status": stage, "StartTime": at}]}]}}
        })
        .to_string()
    };
    let baking = Bent::of(story)
        .write("seen/1.json", &seen("2026-10-08T12:02:00Z", "Creating"))
        .write("seen/2.json", &seen("2026-10-08T12:05:00Z", "Baking"))
        .write("seen/3.json", &seen("2026-10-08T12:07:00Z", "Baking"));
    assert_eq!(
        rows(&baking.told()),
        [
            "AllTraffic 100 % 07T13:00..07T13:06 to 08T12:00..08T12:05 [B]",
            "AllTraffic 100 % 08T12:00..08T12:05 to 08T12:07..08T12:14 [B]",
            "AllTraffic 100 % 08T12:07..08T12:14 to now [B]",
        ]
    );
}

#[test]
fn evaluations_are_compared_without_their_jobs() {
    let package = |version: u32, artifact: &str| {
        json!({"ModelPackageArn": format!("arn:aws:sagemaker:eu-west-1:111122223333:model-package/risk/{version}"),
            "ModelPackageGroupName": "risk", "ModelPackageVersion": version, "ModelPackageStatus": "Completed",
            "CreationTime": format!("2026-10-{version:02}T10:00:00Z"),
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": artifact}]},
            "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json",
                "S3Uri": format!("s3://acme-artifacts/evaluations/{version}/evaluation.json")}}}})
        .to_string()
    };
    let evaluation =
        |auc: f64| json!({"binary_classification_metrics": {"auc": {"value": auc, "standard_deviation": "NaN"}}}).to_string();
    let drops = |artifacts: [&str; 2]| {
        let [one, two] = [package(6, artifacts[0]), package(13, artifacts[1])];
        let (good, bad) = (evaluation(0.92), evaluation(0.61));
        let story = folder(&[
            ("risk-6.json", one.as_bytes()),
            ("risk-13.json", two.as_bytes()),
            ("s3/acme-artifacts/evaluations/6/evaluation.json", good.as_bytes()),
            ("s3/acme-artifacts/evaluations/13/evaluation.json", bad.as_bytes()),
        ]);
        let told = audit(&[story.path().to_owned()]);
        told.answer.findings.iter().filter(|finding| finding.check == "pipeline/metric-drop").count()
    };
    assert_eq!(drops(["s3://acme-artifacts/6/model.tar.gz", "s3://acme-artifacts/13/model.tar.gz"]), 1);
    // One training that was packaged twice, and evaluated on other data.
    assert_eq!(drops(["s3://acme-artifacts/6/model.tar.gz", "s3://acme-artifacts/6/model.tar.gz"]), 0);
}
