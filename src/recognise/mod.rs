//! What is this? From the first bytes of the content alone, never from the file name.
//!
//! JSON is told apart by its keys: `SIGNATURES` lists, in order, which keys at the top and in the first element of a list
//! make a format. Adding a format is a line there and a reader in `parse`.

mod format;
mod outline;
pub mod requests;
mod text;

pub use format::Format;

use outline::{Item, Outline, Shape};

use crate::json::skim::Layout;

/// How much of the content is looked at.
pub const HEAD: usize = 64 << 10;

/// How a format lies in the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// JSON elements.
    Json(Layout),
    /// A JSON array of strings, each of them JSON.
    Strings,
    /// Lines of text.
    Text,
    /// Comma-separated values.
    Csv,
    /// Parquet.
    Parquet,
}

/// What the content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A known format.
    Known(Format, Carrier),
    /// None; what it looks like instead.
    Foreign(&'static str),
}

/// Keys that make a format.
struct Signature {
    format: Format,
    /// The list whose elements are the records; nothing where the object itself is the record.
    list: Option<&'static str>,
    /// Keys at the top.
    keys: &'static [&'static str],
    /// Keys of the first element of the list.
    item: &'static [&'static str],
    /// Whether an empty list is still this format.
    empty: bool,
}

const fn object(format: Format, keys: &'static [&'static str]) -> Signature {
    Signature { format, list: None, keys, item: &[], empty: false }
}

const fn list(format: Format, list: &'static str, item: &'static [&'static str]) -> Signature {
    Signature { format, list: Some(list), keys: &[], item, empty: true }
}

const fn vague(format: Format, list: &'static str, item: &'static [&'static str]) -> Signature {
    Signature { format, list: Some(list), keys: &[], item, empty: false }
}

/// The formats of JSON objects; the first that fits wins.
const SIGNATURES: &[Signature] = &[
    object(Format::Envelope, &["modeltrail", "response"]),
    object(Format::ModelError, &["OriginalStatusCode", "LogStreamArn"]),
    vague(Format::S3Notification, "Records", &["eventSource", "s3"]),
    vague(Format::MessageBatch, "Records", &["body"]),
    vague(Format::MessageBatch, "Records", &["Sns"]),
    vague(Format::CloudTrail, "Records", &["eventTime", "eventName", "eventSource"]),
    list(Format::EmptyRecords, "Records", &[]),
    object(Format::Digest, &["digestS3Object", "logFiles"]),
    object(Format::LakeSignature, &["hashSignature", "files", "publicKeyFingerprint"]),
    list(Format::PublicKeys, "PublicKeyList", &[]),
    list(Format::PublicKeys, "publicKeyList", &[]),
    list(Format::Trails, "trailList", &[]),
    object(Format::EventBridge, &["detail-type", "detail"]),
    vague(Format::LookupEvents, "Events", &["CloudTrailEvent"]),
    vague(Format::StateHistory, "events", &["type", "id"]),
    vague(Format::LogEvents, "events", &["message", "timestamp"]),
    object(Format::LogEvents, &["events", "searchedLogStreams"]),
    object(Format::LogEvents, &["events", "nextForwardToken"]),
    list(Format::LakeResults, "QueryResultRows", &[]),
    object(Format::LogInsights, &["results", "statistics", "status"]),
    object(Format::LogSubscription, &["messageType", "logGroup", "logEvents"]),
    vague(Format::ObjectVersions, "Versions", &["IsLatest", "Key"]),
    vague(Format::ObjectVersions, "DeleteMarkers", &["IsLatest", "Key"]),
    vague(Format::Objects, "Contents", &["Key", "LastModified"]),
    object(Format::InventoryManifest, &["sourceBucket", "fileSchema", "files"]),
    list(Format::Search, "Results", &[]),
    list(Format::TuningChildren, "TrainingJobSummaries", &["TunedHyperParameters"]),
    list(Format::TrainingJobs, "TrainingJobSummaries", &[]),
    list(Format::ProcessingJobs, "ProcessingJobSummaries", &[]),
    list(Format::TransformJobs, "TransformJobSummaries", &[]),
    list(Format::TuningJobs, "HyperParameterTuningJobSummaries", &[]),
    list(Format::ModelPackages, "ModelPackageSummaryList", &[]),
    list(Format::ModelPackageGroups, "ModelPackageGroupSummaryList", &[]),
    list(Format::EndpointConfigs, "EndpointConfigs", &[]),
    list(Format::Endpoints, "Endpoints", &[]),
    list(Format::InferenceComponents, "InferenceComponents", &[]),
    vague(Format::Models, "Models", &["ModelArn"]),
    list(Format::PipelineSteps, "PipelineExecutionSteps", &[]),
    list(Format::PipelineExecutions, "PipelineExecutionSummaries", &[]),
    list(Format::PipelineParameters, "PipelineParameters", &[]),
    list(Format::Pipelines, "PipelineSummaries", &[]),
    list(Format::FeatureGroups, "FeatureGroupSummaries", &[]),
    list(Format::Associations, "AssociationSummaries", &[]),
    list(Format::Artifacts, "ArtifactSummaries", &[]),
    list(Format::MonitoringExecutions, "MonitoringExecutionSummaries", &[]),
    list(Format::MonitoringSchedules, "MonitoringScheduleSummaries", &[]),
    object(Format::QueryLineage, &["Vertices", "Edges"]),
    list(Format::EcrImages, "imageDetails", &[]),
    vague(Format::EcrRepositories, "repositories", &["repositoryName"]),
    vague(Format::EcrImageIds, "imageIds", &["imageDigest"]),
    vague(Format::CodeBuilds, "builds", &["projectName"]),
    object(Format::CodePipelineExecution, &["pipelineExecution"]),
    vague(Format::CodePipelineExecutions, "pipelineExecutionSummaries", &["pipelineExecutionId"]),
    list(Format::LogGroups, "logGroups", &[]),
    list(Format::LogStreams, "logStreams", &[]),
    list(Format::LogExportTasks, "exportTasks", &[]),
    vague(Format::Rules, "Rules", &["Arn", "State"]),
    vague(Format::BucketLifecycle, "Rules", &["Status"]),
    vague(Format::RuleTargets, "Targets", &["Id", "Arn"]),
    list(Format::Alarms, "MetricAlarms", &[]),
    list(Format::Alarms, "CompositeAlarms", &[]),
    list(Format::AlarmHistory, "AlarmHistoryItems", &[]),
    list(Format::MetricData, "MetricDataResults", &[]),
    object(Format::MetricStatistics, &["Datapoints"]),
    object(Format::MetricStream, &["metric_name", "namespace", "value", "timestamp"]),
    list(Format::TraceSummaries, "TraceSummaries", &[]),
    vague(Format::Traces, "Traces", &["Segments"]),
    list(Format::ScalingActivities, "ScalingActivities", &[]),
    list(Format::ScalableTargets, "ScalableTargets", &[]),
    list(Format::ScalingPolicies, "ScalingPolicies", &[]),
    object(Format::MonitorViolations, &["violations"]),
    object(Format::DataCapture, &["captureData", "eventMetadata"]),
    object(Format::DataCapture, &["groundTruthData", "eventMetadata"]),
    object(Format::Notebook, &["cells", "nbformat"]),
    object(Format::StateMachine, &["stateMachineArn", "definition"]),
    object(Format::TrainingJob, &["TrainingJobArn", "SecondaryStatus"]),
    object(Format::TrainingJob, &["TrainingJobName", "TrainingJobStatus"]),
    object(Format::ProcessingJob, &["ProcessingJobArn", "AppSpecification"]),
    object(Format::TransformJob, &["TransformJobArn", "TransformInput"]),
    object(Format::TuningJob, &["HyperParameterTuningJobArn", "HyperParameterTuningJobConfig"]),
    object(Format::ModelPackage, &["ModelPackageArn", "ModelPackageStatusDetails"]),
    object(Format::ModelPackage, &["ModelPackageArn", "ModelPackageStatus"]),
    object(Format::ModelPackageGroup, &["ModelPackageGroupArn", "ModelPackageGroupStatus"]),
    object(Format::Model, &["ModelArn", "ModelName", "CreationTime"]),
    object(Format::EndpointConfig, &["EndpointConfigArn", "ProductionVariants"]),
    object(Format::InferenceComponent, &["InferenceComponentArn", "InferenceComponentName"]),
    object(Format::Endpoint, &["EndpointArn", "EndpointStatus"]),
    object(Format::PipelineExecution, &["PipelineExecutionArn", "PipelineExecutionStatus"]),
    object(Format::Pipeline, &["PipelineArn", "PipelineDefinition"]),
    object(Format::Pipeline, &["PipelineArn", "PipelineName", "PipelineStatus"]),
    object(Format::PipelineDefinition, &["PipelineDefinition", "CreationTime"]),
    object(Format::FeatureGroup, &["FeatureGroupArn", "FeatureDefinitions"]),
    object(Format::MonitoringSchedule, &["MonitoringScheduleArn", "MonitoringScheduleConfig"]),
    object(Format::DataQualityDefinition, &["JobDefinitionArn", "DataQualityAppSpecification"]),
    object(Format::TrialComponent, &["TrialComponentArn", "TrialComponentName"]),
    object(Format::Artifact, &["ArtifactArn", "Source"]),
    object(Format::Rule, &["Arn", "EventPattern", "State"]),
    object(Format::Rule, &["Arn", "ScheduleExpression", "State"]),
    object(Format::Sidecar, &["argv"]),
    object(Format::HeadObject, &["ETag", "ContentLength", "LastModified"]),
    object(Format::HeadObject, &["ContentLength", "LastModified", "Metadata"]),
    object(Format::CloudTrailRecord, &["eventTime", "eventName", "eventSource", "userIdentity"]),
    object(Format::CloudTrailRecord, &["eventVersion", "eventTime", "eventName", "eventSource"]),
    object(Format::TableJson, &["eventtime", "eventname", "eventsource"]),
    object(Format::EcsCloudTrail, &["@timestamp", "event", "aws"]),
    object(Format::MonitorConstraints, &["features", "monitoring_config"]),
    vague(Format::MonitorConstraints, "features", &["inferred_type", "completeness"]),
    vague(Format::MonitorStatistics, "features", &["name", "inferred_type"]),
    object(Format::MonitorConstraints, &["regression_constraints"]),
    object(Format::MonitorConstraints, &["binary_classification_constraints"]),
    object(Format::MonitorConstraints, &["multiclass_classification_constraints"]),
    object(Format::Evaluation, &["regression_metrics"]),
    object(Format::Evaluation, &["binary_classification_metrics"]),
    object(Format::Evaluation, &["multiclass_classification_metrics"]),
    object(Format::Template, &["AWSTemplateFormatVersion", "Resources"]),
    list(Format::Tags, "Tags", &["Key", "Value"]),
    vague(Format::MetricQueries, "MetricDataQueries", &["Id"]),
    object(Format::Traces, &["trace_id", "start_time"]),
    object(Format::OtlpTraces, &["resourceSpans"]),
];

/// Lists after whose first element no more of the text needs to be looked at.
const ENOUGH: &[&str] = &[
    "Records",
    "Events",
    "events",
    "QueryResultRows",
    "Versions",
    "DeleteMarkers",
    "Contents",
    "Results",
    "TrainingJobSummaries",
    "ProcessingJobSummaries",
];

/// Recognises content by its beginning, of at least [`HEAD`] bytes where it has as many.
pub fn recognise(head: &[u8]) -> Verdict {
    if head.is_empty() {
        return Verdict::Foreign("empty");
    }
    if head.starts_with(b"PAR1") {
        return Verdict::Known(Format::Parquet, Carrier::Parquet);
    }
    if head.starts_with(b"PARE") {
        return Verdict::Known(Format::ParquetEncrypted, Carrier::Parquet);
    }
    if head.starts_with(br#"{"Records":[{"eventVersion":"1."#) {
        return Verdict::Known(Format::CloudTrail, Carrier::Json(Layout::Members));
    }
    match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Verdict::Foreign("blank"),
        // Its lines are JSON of any members: told as a whole, not one by one.
        Some(b'{') if text::is_airflow(head, |keys| Outline::of(head, &[]).has(keys)) => {
            Verdict::Known(Format::AirflowLog, Carrier::Text)
        }
        Some(b'{') => match element(head) {
            Some((format, layout)) => Verdict::Known(format, Carrier::Json(layout)),
            None if head.trim_ascii() == b"{}" => Verdict::Known(Format::EmptyAnswer, Carrier::Json(Layout::Values)),
            None => Verdict::Foreign("JSON of no known format"),
        },
        Some(b'[') => array(head).unwrap_or_else(|| by_lines(head)),
        _ => by_lines(head),
    }
}

/// Recognises one JSON object, alone or among others.
pub fn element(text: &[u8]) -> Option<(Format, Layout)> {
    let outline = Outline::of(text, ENOUGH);
    if outline.shape != Shape::Object {
        return None;
    }
    if let Some(format) = by_values(&outline) {
        return Some((format, Layout::Values));
    }
    let Some(signature) = SIGNATURES.iter().find(|signature| fits(signature, &outline)) else {
        return by_hand(&outline, text).map(|format| (format, Layout::Values));
    };
    let is_list = signature.list.is_some() && !matches!(signature.format, Format::MonitorConstraints | Format::MonitorStatistics);
    Some((signature.format, if is_list { Layout::Members } else { layout_of(signature.format) }))
}

/// Returns how a format lies that was told by keys at the top.
const fn layout_of(format: Format) -> Layout {
    match format {
        Format::LogEvents | Format::LogInsights => Layout::Members,
        _ => Layout::Values,
    }
}

/// Tells formats that only values at the top distinguish.
fn by_values(outline: &Outline) -> Option<Format> {
    let scalar = |key: &str| outline.scalars.get(key).map(String::as_str);
    if outline.keys.len() <= 3
        && matches!(scalar("Status"), Some("Enabled" | "Suspended"))
        && outline.keys.iter().all(|key| matches!(key.as_str(), "Status" | "MFADelete" | "ResponseMetadata"))
    {
        return Some(Format::BucketVersioning);
    }
    (scalar("Version") == Some("2020-12-01") && outline.has(&["Steps"])).then_some(Format::PipelineDefinition)
}

/// Tells what people write from what services answer; it is looked for last.
fn by_hand(outline: &Outline, text: &[u8]) -> Option<Format> {
    if outline.has(&["Resources"]) && memchr::memmem::find(text, b"\"AWS::").is_some() {
        return Some(Format::Template);
    }
    requests::of(&|key| outline.has(&[key])).map(|_| Format::Request)
}

fn fits(signature: &Signature, outline: &Outline) -> bool {
    if !outline.has(signature.keys) {
        return false;
    }
    let Some(key) = signature.list else { return true };
    match outline.lists.get(key) {
        Some(Item { present: false, .. }) => signature.empty,
        Some(item) => signature.item.iter().all(|wanted| item.keys.iter().any(|own| own == wanted)),
        None => false,
    }
}

/// Recognises a JSON array.
fn array(head: &[u8]) -> Option<Verdict> {
    let outline = Outline::of(head, &[]);
    match outline.shape {
        Shape::Strings => {
            let first = head.trim_ascii_start().get(1..)?.trim_ascii_start();
            let record =
                first.starts_with(br#""{"#) && memchr::memmem::find(&first[..first.len().min(4096)], b"eventVersion").is_some();
            Some(if record {
                Verdict::Known(Format::LookupStrings, Carrier::Strings)
            } else {
                Verdict::Foreign("a JSON array of strings")
            })
        }
        Shape::Objects if outline.has(&["prefix"]) && outline.keys.len() == 1 => {
            Some(Verdict::Known(Format::S3Manifest, Carrier::Json(Layout::Values)))
        }
        Shape::Objects if outline.has(&["Id", "MetricStat"]) || outline.has(&["Id", "Expression"]) => {
            Some(Verdict::Known(Format::MetricQueries, Carrier::Json(Layout::Array)))
        }
        Shape::Objects => {
            let start = head.iter().position(|byte| *byte == b'{')?;
            Some(element(&head[start..]).map_or(Verdict::Foreign("a JSON array of no known format"), |(format, _)| {
                Verdict::Known(format, Carrier::Json(Layout::Array))
            }))
        }
        // `[Container] …` and `[2026-…] {…` are log lines.
        Shape::Array if head.trim_ascii() == b"[]" => Some(Verdict::Known(Format::EmptyAnswer, Carrier::Json(Layout::Array))),
        Shape::Array | Shape::Object | Shape::None => None,
    }
}

fn by_lines(head: &[u8]) -> Verdict {
    match text::format(head) {
        Some(format @ (Format::TableCsv | Format::LogCsv)) => Verdict::Known(format, Carrier::Csv),
        Some(format) => Verdict::Known(format, Carrier::Text),
        None if head.contains(&0) => Verdict::Foreign("binary"),
        None => Verdict::Foreign("text of no known format"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        match recognise(text.as_bytes()) {
            Verdict::Known(format, carrier) => format!("{format} {carrier:?}"),
            Verdict::Foreign(what) => what.to_owned(),
        }
    }

    #[test]
    fn look_alikes_are_told_apart() {
        let record =
            r#"{"eventVersion":"1.08","eventTime":"t","eventName":"n","eventSource":"s.amazonaws.com","userIdentity":{}}"#;
        for (text, expected) in [
            (format!(r#"{{"Records":[{record}]}}"#), "cloudtrail Json(Members)"),
            (
                r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"t","eventName":"n","s3":{}}]}"#
                    .to_owned(),
                "s3-notifications Json(Members)",
            ),
            (r#"{"Records":[]}"#.to_owned(), "empty-records Json(Members)"),
            (
                r#"{"JobDefinitionArn":"a","JobDefinitionName":"n","DataQualityAppSpecification":{}}"#.to_owned(),
                "sagemaker-data-quality-job-definition Json(Values)",
            ),
            (r#"{"MonitoringScheduleSummaries":[]}"#.to_owned(), "sagemaker-list-monitoring-schedules Json(Members)"),
            (
                r#"{"InferenceComponentArn":"a","InferenceComponentName":"n","EndpointArn":"e","InferenceComponentStatus":"InService"}"#
                    .to_owned(),
                "sagemaker-inference-component Json(Values)",
            ),
            (r#"{"InferenceComponents":[]}"#.to_owned(), "sagemaker-list-inference-components Json(Members)"),
            (r#"{"resourceSpans":[{"scopeSpans":[]}]}"#.to_owned(), "otlp-traces Json(Values)"),
            (r#"{"Traces":[{"Id":"1-a","Segments":[]}],"UnprocessedTraceIds":[]}"#.to_owned(), "xray-traces Json(Members)"),
            (format!("{record}\n{record}\n"), "cloudtrail-records Json(Values)"),
            (format!(" [ {record}]"), "cloudtrail-records Json(Array)"),
            (format!("[{record:?}]"), "cloudtrail-lookup-strings Strings"),
            (r#"{"Rules":[{"ID":"x","Status":"Enabled"}]}"#.to_owned(), "s3-bucket-lifecycle Json(Members)"),
            (r#"{"Rules":[{"Name":"x","Arn":"a","State":"ENABLED"}]}"#.to_owned(), "events-rules Json(Members)"),
            (r#"{"Status":"Enabled"}"#.to_owned(), "s3-bucket-versioning Json(Values)"),
            (r#"{"events":[{"timestamp":1,"type":"x","id":1}]}"#.to_owned(), "stepfunctions-history Json(Members)"),
            (r#"{"events":[{"timestamp":1,"message":"x"}]}"#.to_owned(), "logs-events Json(Members)"),
            (r#"[{"prefix":"s3://b/p/"},"a"]"#.to_owned(), "s3-manifest Json(Values)"),
            // A long answer may name its metric behind what is looked at.
            (r#"{"Datapoints":[{"Timestamp":"t","Sum":1.0}]"#.to_owned(), "cloudwatch-metric-statistics Json(Values)"),
            ("[Container] 2026/03/02 09:12:19.118 Phase\n".to_owned(), "codebuild-log Text"),
            (format!("[Container] 2026/03/02 09:12:19 Phase\n{}", "Step 1/3\n".repeat(100)), "codebuild-log Text"),
            ("2026-03-02T09:12:19.1234567Z ##[group]Run\n".to_owned(), "github-actions-log Text"),
            ("\x1b[0KRunning with gitlab-runner 16.5.0 (853330f9)\x1b[0;m\n".to_owned(), "gitlab-ci-log Text"),
            ("2026-03-02T09:12:19.123456Z 00O Running with gitlab-runner 18.0.1 (1)\n".to_owned(), "gitlab-ci-log Text"),
            ("We were Running with gitlab-runner 16.\n".to_owned(), "text of no known format"),
            ("[2026-03-02T09:12:19.123+0000] {taskinstance.py:1} INFO - x\n".to_owned(), "airflow-log Text"),
            ("host-1\n*** Found logs:\n[2026-03-02, 09:12:19 UTC] {{a.py:1}} INFO - x\n".to_owned(), "airflow-log Text"),
            ("[2026-03-02 09:12] {no line} x\n".to_owned(), "text of no known format"),
            (r#"{"timestamp":"t","level":"info","event":"e","logger":"airflow.task.x"}"#.to_owned(), "airflow-log Text"),
            (r#"{"timestamp":"t","level":"info","event":"e","logger":"app"}"#.to_owned(), "JSON of no known format"),
            ("scikit-learn>=1.2\npandas\n-r more.txt\n".to_owned(), "python-requirements Text"),
            ("# of the model\nxgboost\nscikit-learn\n".to_owned(), "python-requirements Text"),
            ("hello\nworld\n".to_owned(), "text of no known format"),
            ("a == 1 or so, they say\n".to_owned(), "text of no known format"),
            ("# syntax=docker/dockerfile:1\nARG V=1\nFROM python:$V\nRUN pip install x\n".to_owned(), "dockerfile Text"),
            ("From: a@b\nRUN away\n".to_owned(), "text of no known format"),
            (
                "x\nAn error occurred (ModelError) when calling the InvokeEndpoint operation: Received\n".to_owned(),
                "client-log Text",
            ),
            (r#"{"OriginalStatusCode":500,"LogStreamArn":"arn"}"#.to_owned(), "sagemaker-model-error Json(Values)"),
            ("CONTENTS\t\"x\"\tk\t1\n".to_owned(), "aws-output-text Text"),
            ("TrainingJobName: x\nTrainingJobArn: y\n".to_owned(), "aws-output-yaml Text"),
            ("-----------\n|  Describe |\n".to_owned(), "aws-output-table Text"),
            ("hello\n".to_owned(), "text of no known format"),
            (
                "# deploys\n\nset -e\nREGION=eu-west-1\naws sagemaker update-endpoint \\\n  --endpoint-name x\n".to_owned(),
                "shell-script Text",
            ),
            ("aws s3 ls --recursive s3://b/\n".to_owned(), "shell-script Text"),
            ("We run this by hand:\naws sagemaker update-endpoint --endpoint-name x\n".to_owned(), "text of no known format"),
            ("# Deploying\n\nREGION=eu\n```\naws s3 ls --recursive\n```\n".to_owned(), "text of no known format"),
            ("KEY=value\nOTHER=aws s3 ls\n".to_owned(), "text of no known format"),
            ("{}".to_owned(), "empty-answer Json(Values)"),
            ("\"eventjson\"\n".to_owned(), "cloudtrail-table-csv Csv"),
        ] {
            assert_eq!(name(&text), expected, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_hide_nothing() {
        for (text, expected) in [
            (&b"FROM ubuntu:22.04\n# Gr\xfc\xdfe\nRUN x\n"[..], "dockerfile"),
            (b"#!/bin/sh\n# Gr\xfc\xdfe\naws sagemaker list-models\n", "shell-script"),
            (b"xgboost>=1\nnumpy # gr\xfc\xdfe\n", "python-requirements"),
            (b"#!/usr/bin/env python\n# \xe9\nimport boto3\nx = 1\n", "python-source"),
            (b"# \xe9\nAWSTemplateFormatVersion: '2010-09-09'\n", "cloudformation-template"),
            (b"Resources:\n  A: # \xe9\n    Type: AWS::S3::Bucket\n", "cloudformation-template"),
            (b"[2026-03-02T09:12:19 \xe9] {a.py:1} INFO - \xe9\n", "airflow-log"),
        ] {
            match recognise(text) {
                Verdict::Known(format, Carrier::Text) => assert_eq!(format.name(), expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_log_of_a_service_is_none_of_a_runner() {
        let at = "2026-03-02T09:12:19.1234567Z";
        for line in [
            "info: Acme.Scoring[0] started, GIT_COMMIT=286f37dea028b2fe180cc17fbb4362e8dd3a9afe",
            "##[section]Starting: Job",
            "HEAD is now at 286f37d Tune",
        ] {
            assert_eq!(name(&format!("{at} {line}\n{at} x\n")), "text of no known format", "{line}");
        }
        assert_eq!(name(&format!("{at} ##[section]Starting: x\n{at} ##[group]Run\n")), "text of no known format");
        for line in
            ["Complete job name: x", "[command]/usr/bin/git version", "Current runner version: '2.1'", "\x1b[36;1mmake\x1b[0m"]
        {
            assert_eq!(name(&format!("{at} x\n{at} {line}\n")), "github-actions-log Text", "{line}");
        }
    }

    #[test]
    fn lists_of_packages_are_told_from_other_lists() {
        for line in [
            "git+https://github.com/org/repo.git@main#egg=own",
            "./wheels/own-1.0-py3-none-any.whl",
            "https://x.example/own-1.0.whl",
            "--require-hashes",
            "--no-deps",
            "-rbase.txt",
            "requests [security]>=2",
            ".",
            "..[extra]",
            "--use-feature=fast-deps",
            "numpy>=1,<2,",
            "numpy>=1!2.0",
            "foo@file:///x",
            "foo >= ${VERSION}",
            "numpy==1.26.4 --config-settings=\"a=b\"",
        ] {
            assert_eq!(name(&format!("xgboost>=1.7\n{line}\n")), "python-requirements Text", "{line}");
        }
        for text in ["own>=1.2.3\n", "own==1\nother\n", "-r base.txt\nown\n", "pandas\nnumpy\nscikit-learn\n"] {
            assert_eq!(name(text), "python-requirements Text", "{text}");
        }
        for text in [
            "auc >= 0.8\nprecision>=0.7\n",
            "cpu>=2\nmem >= 4\n",
            "# algorithms tried\nxgboost\nlinear\ntabnet\n",
            "xgboost\nlightgbm\n",
            "linear\nforest\n",
            "xgboost>=1\npip install numpy\n",
        ] {
            assert_eq!(name(text), "text of no known format", "{text}");
        }
    }

    #[test]
    fn prose_that_quotes_is_no_code() {
        let see = "(ModelError) when calling the InvokeEndpoint operation: Received server error (500)";
        for text in [
            "from boto3 we learned a lot\nimport boto3\nsm = boto3.client('x')\n".to_owned(),
            "import boto3\nDon't do this:\nsm = boto3.client('x')\n".to_owned(),
            "class Foo\nimport boto3\nsm = boto3.client('x')\n".to_owned(),
            "#!/bin/sh tutorial: this is markdown\nwe never run terraform apply\n".to_owned(),
            "from heaven\nrun wild and free\ncmd systemctl start love\n".to_owned(),
            "From customers\nCOPY of the report\n".to_owned(),
            "Running with gitlab-runner 16 is what we want.\n".to_owned(),
            "*** Notes\n[Container] 2026/03/02 09:12:19 is how lines begin\n".to_owned(),
            format!("# Post-mortem\n> An error occurred {see}\nSeen in review: An error occurred {see}\n"),
            format!("It said:\n```\nAn error occurred {see}\n```\n"),
        ] {
            assert_eq!(name(&text), "text of no known format", "{text}");
        }
        for (text, expected) in [
            (
                "\"\"\"Reads it\n\nand does more than that\n\"\"\"\nimport boto3\nx = 1\nif x in y: pass\n".to_owned(),
                "python-source Text",
            ),
            ("import boto3\n# notes about it\nprint x\nclass A:\n    pass\n".to_owned(), "python-source Text"),
            ("#!/usr/bin/env bash -euo pipefail\naws s3 ls\n".to_owned(), "shell-script Text"),
            ("from ubuntu\nrun apt-get update\n".to_owned(), "dockerfile Text"),
            (format!("2026-10-06T01:02:03Z x\nbotocore.errorfactory.ModelError: An error occurred {see}\n"), "client-log Text"),
            (format!("checkout An error occurred {see}\n"), "client-log Text"),
        ] {
            assert_eq!(name(&text), expected, "{text}");
        }
    }

    #[test]
    fn every_format_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        assert_eq!(names.len(), Format::ALL.len());
    }
}
