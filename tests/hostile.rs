//! Strings from the evidence are somebody else's: they act on no terminal, leave no quotes, and secrets among them stay secret.
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test that cannot be set up has failed")]

mod support;

use std::path::Path;

use modeltrail::escape::is_deceptive;
use modeltrail::parse::Options;
use support::{Told, audit, audit_with, files, folder};

/// Strings that people put where names belong.
const STRINGS: &[&str] = &[
    "\u{1b}[2J\u{1b}[1;31mALL IS WELL",
    "risk\u{202e}gpj.exe",
    "a\nb\rc\td",
    "pay\u{200b}pal\u{9b}31m\u{7f}\u{0}",
    "'; rm -rf ~; echo '",
    "$(touch /tmp/x)`id`",
    "--endpoint-url=http://x",
    "\u{e0041}\u{2066}\u{feff}",
    "<script>alert(1)</script>",
];

/// Puts a string into the values of a story, wherever it names something or says something.
fn haunted(string: &str) -> Told {
    let evidence = Path::new("fixtures/approval/evidence");
    let copy = folder(&[]);
    for path in files(evidence) {
        let to = copy.path().join(path.strip_prefix(evidence).expect("it lies there"));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("it can be made");
        let bytes = std::fs::read(&path).expect("it can be read");
        let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(&bytes) else {
            std::fs::write(&to, bytes).expect("it can be written");
            continue;
        };
        haunt(&mut value, string);
        std::fs::write(&to, value.to_string()).expect("it can be written");
    }
    audit(&[copy.path().to_owned()])
}

fn haunt(value: &mut serde_json::Value, string: &str) {
    match value {
        serde_json::Value::String(text)
            if text.contains("bias")
                || text.contains("risk-xgb")
                || text.contains("scikit")
                || text.contains("AllTraffic")
                || text.contains("i-0a1") =>
        {
            text.push_str(string);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| haunt(item, string)),
        serde_json::Value::Object(members) => members.values_mut().for_each(|member| haunt(member, string)),
        _ => {}
    }
}

#[test]
fn nothing_acts_on_the_terminal() {
    for string in STRINGS {
        let told = haunted(string);
        let raw = told.text.chars().find(|c| *c != '\n' && is_deceptive(*c));
        assert_eq!(raw, None, "{string:?} in the text");
        let raw = told.json.chars().find(|c| *c != '\n' && is_deceptive(*c));
        assert_eq!(raw, None, "{string:?} in the JSON");
        serde_json::from_str::<serde_json::Value>(&told.json).expect("the answer is JSON");
        for gap in &told.answer.gaps {
            let Some(command) = &gap.command else { continue };
            let words = shlex::split(command).expect("a command is words");
            assert_eq!(words[0], "aws");
            assert!(!words.iter().any(|word| word.starts_with("--endpoint-url")), "{command}");
        }
    }
}

#[test]
fn a_name_of_a_file_acts_on_no_terminal() {
    let told = audit(&[folder(&[("a\u{1b}[2Jb\u{202e}.json", b"no")]).keep()]);
    assert!(!told.text.contains('\u{1b}') && !told.text.contains('\u{202e}'));
}

#[test]
fn secrets_stay_secret() {
    let secrets = ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "hunter2hunter2", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"];
    let job = serde_json::json!({
        "TrainingJobName": "risk-1", "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/risk-1", "TrainingJobStatus": "Completed", "SecondaryStatus": "Completed",
        "CreationTime": "2026-10-06T08:00:00+00:00", "TrainingStartTime": "2026-10-06T08:01:00+00:00", "TrainingEndTime": "2026-10-06T08:30:00+00:00",
        "AlgorithmSpecification": {"TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/risk:1", "TrainingInputMode": "File"},
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/out/risk-1/output/model.tar.gz"},
        "Environment": {"AWS_SECRET_ACCESS_KEY": secrets[0], "DB_URL": format!("postgres://ml:{}@db/risk", secrets[1]), "DATA_VERSION": "20261006"},
        "HyperParameters": {"api_token": secrets[2], "git": format!("https://{}@github.example/x.git", secrets[2])}
    });
    let package = serde_json::json!({
        "ModelPackageGroupName": "risk", "ModelPackageVersion": 1, "ModelPackageArn": "arn:aws:sagemaker:eu-west-1:111122223333:model-package/risk/1", "CreationTime": "2026-10-06T09:00:00+00:00",
        "ModelPackageStatus": "Completed", "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {"Containers": [{"Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/risk:1", "ModelDataUrl": "s3://b/out/risk-1/output/model.tar.gz", "Environment": {"PASSWORD": secrets[1]}}]}
    });
    let files = folder(&[("job.json", job.to_string().as_bytes()), ("package.json", package.to_string().as_bytes())]);
    let told = audit(&[files.path().to_owned()]);
    assert_eq!(told.answer.models.len(), 1);
    for secret in secrets {
        assert!(!told.json.contains(secret) && !told.text.contains(secret), "{secret}");
    }
    let shown = audit_with(&[files.path().to_owned()], &Options { show_secrets: true, ..Options::default() }, 1);
    assert_eq!(shown.answer.models.len(), 1);
}
