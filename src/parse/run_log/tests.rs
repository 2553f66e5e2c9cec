//! What is taken of the logs of each runner, and what is not.

use super::*;

const FULL: &str = "4e1243bd22c66e76c2ba9eddc1f91394e57f9f83";
const OTHER: &str = "9a0364b9e99bb480dd25e1f0284c8555aa0364b1";

fn reading(runner: Runner, text: &str) -> Reading {
    let mut reading = Reading::new(runner);
    for (number, line) in (1..).zip(text.lines()) {
        reading.line(line, number);
    }
    reading
}

fn read(runner: Runner, text: &str) -> RunLog {
    reading(runner, text).log
}

fn github(lines: &[String]) -> RunLog {
    let lines: Vec<String> = lines.iter().map(|line| format!("2026-10-06T01:02:03.1234567Z {line}")).collect();
    read(Runner::GitHub, &lines.join("\n"))
}

fn commits(log: &RunLog) -> Vec<&str> {
    log.commits.iter().map(|one| one.commit.as_str()).collect()
}

#[test]
fn a_checkout_is_one_commit_in_many_lines() {
    let log = github(&[
        "Complete job name: train".to_owned(),
        "Syncing repository: acme/risk".to_owned(),
        "[command]/usr/bin/git checkout --progress --force -B main refs/remotes/origin/main".to_owned(),
        format!("HEAD is now at {} Tune (#7)", &FULL[..7]),
        "[command]/usr/bin/git log -1 --format=%H".to_owned(),
        format!("'{FULL}'"),
    ]);
    assert_eq!(commits(&log), [FULL]);
    assert_eq!((log.name.as_deref(), log.repository.as_deref()), (Some("train"), Some("acme/risk")));
    assert_eq!(log.commit().map(|one| one.line), Some(6));
    // The hash of something else, elsewhere.
    assert_eq!(commits(&github(&[FULL.to_owned(), format!("GIT_PREVIOUS_COMMIT={FULL}")])), [""; 0]);
}

#[test]
fn a_pull_request_is_its_merge_and_its_head() {
    let log = github(&[
        format!("HEAD is now at {} Merge {OTHER} into {}", &FULL[..7], "b".repeat(40)),
        "[command]/usr/bin/git log -1 --format=%H".to_owned(),
        FULL.to_owned(),
    ]);
    let found = log.commit().unwrap();
    assert_eq!((found.commit.as_str(), found.head.as_deref()), (FULL, Some(OTHER)));
}

#[test]
fn two_repositories_are_no_commit() {
    let log = github(&[format!("HEAD is now at {} x", &FULL[..9]), format!("HEAD is now at {} y", &OTHER[..9])]);
    assert_eq!(log.commits.len(), 2);
    assert_eq!(log.commit(), None);
}

#[test]
fn builds_push_images() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let repository = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/risk-train";
    let text = format!(
        "[Container] 2026/10/06 01:02:03.123456 Running command docker push {repository}:1\nCODEBUILD_RESOLVED_SOURCE_VERSION={FULL}\nCODEBUILD_BUILD_ID=risk:0f2a\nThe push refers to repository [{repository}]\n1: digest: {digest} size: 1234\n"
    );
    let log = read(Runner::CodeBuild, &text);
    assert_eq!(commits(&log), [FULL]);
    assert_eq!(log.id.as_deref(), Some("risk:0f2a"));
    let push = Push { image: Some(repository.to_owned()), digest: digest.clone(), at: log.from, line: 5 };
    assert_eq!(log.pushes, [push]);
    for line in [
        format!("#15 pushing manifest for {repository}:1@{digest} 0.3s done"),
        format!("INFO[0042] Pushed {repository}@{digest}"),
    ] {
        let log = read(Runner::GitLab, &line);
        assert_eq!(log.pushes.iter().map(|push| push.image.as_deref()).collect::<Vec<_>>(), [Some(repository)], "{line}");
    }
    assert!(read(Runner::GitLab, &format!("FROM {repository}@{digest}")).pushes.is_empty());
}

#[test]
fn tasks_name_their_jobs() {
    let text = format!(
        "[2026-10-06T01:02:03.123+0000] {{taskinstance.py:2866}} INFO - Exporting env vars: AIRFLOW_CTX_DAG_ID='risk' AIRFLOW_CTX_TASK_ID='train' AIRFLOW_CTX_DAG_RUN_ID='scheduled__2026-10-05T00:00:00+00:00'\n\
         [2026-10-06T01:02:04.123+0000] {{logging_mixin.py:190}} INFO - GIT_COMMIT={FULL}\n\
         [2026-10-06T01:02:05.123+0000] {{sagemaker.py:811}} INFO - Creating SageMaker training job risk-train-1.\n\
         [2026-10-06T01:32:05.123+0000] {{sagemaker.py:811}} INFO - arn:aws:sagemaker:eu-west-1:111122223333:training-job/risk-train-1 is done\n"
    );
    let reading = reading(Runner::Airflow, &text);
    assert_eq!((reading.dag.as_deref(), reading.task.as_deref()), (Some("risk"), Some("train")));
    let log = reading.log;
    assert_eq!(log.id.as_deref(), Some("scheduled__2026-10-05T00:00:00+00:00"));
    let mentions: Vec<(String, Asks)> = log.mentions.iter().map(|one| (format!("{:?}", one.what), one.asks)).collect();
    assert_eq!(
        mentions,
        [
            ("Name(\"risk-train-1\")".to_owned(), Asks::Yes),
            ("Arn(arn:aws:sagemaker:eu-west-1:111122223333:training-job/risk-train-1)".to_owned(), Asks::No)
        ]
    );
    for line in [
        "INFO:sagemaker:Creating training-job with name: risk-train-1",
        "INFO:sagemaker:Creating processing-job with name risk-train-1",
        "Creating SageMaker Hyper-Parameter Tuning Job risk-train-1",
        "INFO:sagemaker:Creating hyperparameter tuning job with name: risk-train-1",
    ] {
        let log = read(Runner::GitLab, line);
        assert!(
            matches!(&log.mentions[..], [Mention { what: Mentioned::Name(name), asks: Asks::Yes, .. }] if name == "risk-train-1"),
            "{line}"
        );
    }
}

#[test]
fn commands_count_and_what_is_printed_does_not() {
    let log = github(&[
        "\x1b[36;1mcdk deploy --require-approval never\x1b[0m".to_owned(),
        "hint: use cdk deploy --require-approval never".to_owned(),
    ]);
    assert_eq!(log.ungated, [(1, "cdk deploy --require-approval never".to_owned())]);
}

#[test]
fn a_log_of_names_is_bounded() {
    let lines: Vec<String> =
        (0..2 * MOST).map(|n| format!("Creating training-job with name: j{n}\nGIT_SHA={n:07x}abc")).collect();
    let log = read(Runner::GitLab, &lines.join("\n"));
    assert_eq!((log.mentions.len(), log.commits.len()), (MOST, MOST));
}

#[test]
fn names_of_runs_carry_no_secrets() {
    let log = github(&["Complete job name: deploy password=hunter2".to_owned()]);
    assert_eq!(log.name.as_deref(), Some("deploy password=<redacted>"));
    let pad = "x".repeat(LONGEST_NAME - 20);
    let log = github(&[format!("Complete job name: {pad} url=https://me:hunter2hunter2@host/")]);
    assert!(!log.name.unwrap().contains("hunter"));
}

#[test]
fn who_waits_for_a_job_did_not_ask_for_it() {
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/risk-status-1";
    for (line, asks) in [
        (format!("Poll {arn} InProgress"), Asks::No),
        (format!("Job {arn} is InProgress"), Asks::No),
        (format!("Waiting for {arn}"), Asks::No),
        (arn.to_owned(), Asks::Perhaps),
        (format!("{{\"TrainingJobArn\": \"{arn}\"}}"), Asks::Perhaps),
        (format!("started {arn}\nWaiting for {arn}"), Asks::Perhaps),
    ] {
        let log = read(Runner::GitLab, &line);
        assert_eq!(log.mentions.iter().map(|one| one.asks).collect::<Vec<_>>(), [asks], "{line}");
    }
}

#[test]
fn users_of_registries_are_not_kept() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    for text in [
        format!("The push refers to repository [u:hunter2@reg/x]\n1: digest: {digest} size: 1"),
        format!("#15 pushing manifest for u:hunter2@reg/x:1@{digest} 0.3s done"),
    ] {
        let log = read(Runner::GitLab, &text);
        assert_eq!(log.pushes.iter().map(|push| push.image.as_deref()).collect::<Vec<_>>(), [Some("reg/x")], "{text}");
    }
}

#[test]
fn long_lines_are_counted() {
    let long = format!("HEAD is now at 4e1243b {}", "x".repeat(LONGEST_LINE));
    let reading = reading(Runner::GitLab, &format!("a\n{long}\nb\n{long}\n"));
    assert_eq!((reading.long, reading.log.commits.len()), (Some((2, 2)), 0));
}
