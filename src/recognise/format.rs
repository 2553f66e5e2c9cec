//! The formats: their names, what they are, and whether this version reads them.

use std::fmt;

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident $name:literal $what:literal $($known:ident)?;)*) => {
        /// What an exhibit is.
        #[expect(clippy::doc_markdown, reason = "names of products")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Format {
            $(#[doc = $what] $variant,)*
        }

        impl Format {
            /// All formats, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the name used in the ledger.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns what it is, for people.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)* }
            }

            /// Returns whether this version reads it; otherwise it is only told apart.
            pub const fn is_read(self) -> bool {
                match self { $(Self::$variant => formats!(@read $($known)?),)* }
            }
        }
    };
    (@read known) => { false };
    (@read) => { true };
}

formats! {
    CloudTrail "cloudtrail" "CloudTrail log file";
    CloudTrailRecord "cloudtrail-records" "CloudTrail records: JSON Lines, an array, or one";
    LookupEvents "cloudtrail-lookup-events" "answer of `cloudtrail lookup-events`";
    LookupStrings "cloudtrail-lookup-strings" "CloudTrail records as an array of strings";
    LakeResults "cloudtrail-lake-results" "CloudTrail Lake query results";
    TableCsv "cloudtrail-table-csv" "CloudTrail table as CSV (Athena, Lake)";
    TableJson "cloudtrail-table-json" "CloudTrail table as JSON Lines (Athena UNLOAD)";
    Digest "cloudtrail-digest" "CloudTrail digest file";
    LakeSignature "cloudtrail-lake-signature" "CloudTrail Lake signature file" known;
    PublicKeys "cloudtrail-public-keys" "answer of `cloudtrail list-public-keys`" known;
    Trails "cloudtrail-trails" "answer of `cloudtrail describe-trails`";
    EventBridge "eventbridge-events" "EventBridge events";
    MessageBatch "message-batch" "queue or topic messages that carry events";
    S3Notification "s3-notifications" "S3 event notifications";
    ObjectVersions "s3-list-object-versions" "answer of `s3api list-object-versions`";
    Objects "s3-list-objects" "answer of `s3api list-objects-v2`";
    HeadObject "s3-head-object" "answer of `s3api head-object`";
    S3Ls "s3-ls" "output of `aws s3 ls --recursive`";
    InventoryManifest "s3-inventory-manifest" "S3 Inventory manifest";
    InventoryCsv "s3-inventory-csv" "S3 Inventory data file (CSV)";
    InventoryParquet "s3-inventory-parquet" "S3 Inventory data file (parquet)";
    AccessLog "s3-access-log" "S3 server access log";
    BucketVersioning "s3-bucket-versioning" "answer of `s3api get-bucket-versioning`";
    BucketLifecycle "s3-bucket-lifecycle" "answer of `s3api get-bucket-lifecycle-configuration`";
    S3Manifest "s3-manifest" "manifest of a job's input";
    TrainingJob "sagemaker-training-job" "answer of `sagemaker describe-training-job`";
    ProcessingJob "sagemaker-processing-job" "answer of `sagemaker describe-processing-job`";
    TransformJob "sagemaker-transform-job" "answer of `sagemaker describe-transform-job`";
    TuningJob "sagemaker-tuning-job" "answer of `sagemaker describe-hyper-parameter-tuning-job`";
    Model "sagemaker-model" "answer of `sagemaker describe-model`";
    ModelPackage "sagemaker-model-package" "answer of `sagemaker describe-model-package`";
    ModelPackageGroup "sagemaker-model-package-group" "answer of `sagemaker describe-model-package-group`";
    EndpointConfig "sagemaker-endpoint-config" "answer of `sagemaker describe-endpoint-config`";
    Endpoint "sagemaker-endpoint" "answer of `sagemaker describe-endpoint`";
    Pipeline "sagemaker-pipeline" "answer of `sagemaker describe-pipeline`";
    PipelineDefinition "sagemaker-pipeline-definition" "answer of `sagemaker describe-pipeline-definition-for-execution`";
    PipelineExecution "sagemaker-pipeline-execution" "answer of `sagemaker describe-pipeline-execution`";
    PipelineSteps "sagemaker-pipeline-steps" "answer of `sagemaker list-pipeline-execution-steps`";
    PipelineParameters "sagemaker-pipeline-parameters" "answer of `sagemaker list-pipeline-parameters-for-execution`";
    FeatureGroup "sagemaker-feature-group" "answer of `sagemaker describe-feature-group`";
    Artifact "sagemaker-artifact" "answer of `sagemaker describe-artifact`";
    TrainingJobs "sagemaker-list-training-jobs" "answer of `sagemaker list-training-jobs`";
    TuningChildren "sagemaker-list-tuning-children" "answer of `sagemaker list-training-jobs-for-hyper-parameter-tuning-job`";
    ProcessingJobs "sagemaker-list-processing-jobs" "answer of `sagemaker list-processing-jobs`";
    TransformJobs "sagemaker-list-transform-jobs" "answer of `sagemaker list-transform-jobs`";
    TuningJobs "sagemaker-list-tuning-jobs" "answer of `sagemaker list-hyper-parameter-tuning-jobs`";
    Models "sagemaker-list-models" "answer of `sagemaker list-models`";
    ModelPackages "sagemaker-list-model-packages" "answer of `sagemaker list-model-packages`";
    ModelPackageGroups "sagemaker-list-model-package-groups" "answer of `sagemaker list-model-package-groups`";
    EndpointConfigs "sagemaker-list-endpoint-configs" "answer of `sagemaker list-endpoint-configs`";
    Endpoints "sagemaker-list-endpoints" "answer of `sagemaker list-endpoints`";
    Pipelines "sagemaker-list-pipelines" "answer of `sagemaker list-pipelines`";
    PipelineExecutions "sagemaker-list-pipeline-executions" "answer of `sagemaker list-pipeline-executions`";
    FeatureGroups "sagemaker-list-feature-groups" "answer of `sagemaker list-feature-groups`";
    Associations "sagemaker-list-associations" "answer of `sagemaker list-associations`";
    Artifacts "sagemaker-list-artifacts" "answer of `sagemaker list-artifacts`";
    QueryLineage "sagemaker-query-lineage" "answer of `sagemaker query-lineage`";
    Search "sagemaker-search" "answer of `sagemaker search`";
    Tags "sagemaker-tags" "answer of `sagemaker list-tags`";
    MonitoringExecutions "sagemaker-monitoring-executions" "answer of `sagemaker list-monitoring-executions`";
    MonitoringSchedules "sagemaker-list-monitoring-schedules" "answer of `sagemaker list-monitoring-schedules`";
    MonitoringSchedule "sagemaker-monitoring-schedule" "answer of `sagemaker describe-monitoring-schedule`";
    DataQualityDefinition "sagemaker-data-quality-job-definition" "answer of `sagemaker describe-data-quality-job-definition`";
    InferenceComponent "sagemaker-inference-component" "answer of `sagemaker describe-inference-component`";
    InferenceComponents "sagemaker-list-inference-components" "answer of `sagemaker list-inference-components`";
    TrialComponent "sagemaker-trial-component" "answer of `sagemaker describe-trial-component`" known;
    EcrImages "ecr-describe-images" "answer of `ecr describe-images`";
    EcrRepositories "ecr-describe-repositories" "answer of `ecr describe-repositories`";
    EcrImageIds "ecr-list-images" "answer of `ecr list-images`" known;
    CodeBuilds "codebuild-builds" "answer of `codebuild batch-get-builds`";
    CodePipelineExecution "codepipeline-execution" "answer of `codepipeline get-pipeline-execution`";
    CodePipelineExecutions "codepipeline-executions" "answer of `codepipeline list-pipeline-executions`";
    LogEvents "logs-events" "answer of `logs filter-log-events` or `logs get-log-events`";
    LogInsights "logs-insights" "CloudWatch Logs Insights results";
    LogSubscription "logs-subscription" "CloudWatch Logs subscription data";
    LogExport "logs-export" "CloudWatch Logs export to S3";
    LogTail "logs-tail" "output of `aws logs tail`";
    LogCsv "logs-csv" "CloudWatch Logs console download (CSV)";
    LogPermissionCheck "logs-export-check" "permission check of a CloudWatch Logs export";
    LogGroups "logs-groups" "answer of `logs describe-log-groups`";
    LogStreams "logs-streams" "answer of `logs describe-log-streams`" known;
    LogExportTasks "logs-export-tasks" "answer of `logs describe-export-tasks`" known;
    Rules "events-rules" "answer of `events list-rules`";
    Rule "events-rule" "answer of `events describe-rule`";
    RuleTargets "events-targets" "answer of `events list-targets-by-rule`";
    Alarms "cloudwatch-alarms" "answer of `cloudwatch describe-alarms`";
    AlarmHistory "cloudwatch-alarm-history" "answer of `cloudwatch describe-alarm-history`";
    MetricData "cloudwatch-metric-data" "answer of `cloudwatch get-metric-data`";
    MetricQueries "cloudwatch-metric-queries" "query file of `cloudwatch get-metric-data`";
    MetricStatistics "cloudwatch-metric-statistics" "answer of `cloudwatch get-metric-statistics`";
    MetricStream "cloudwatch-metric-stream" "CloudWatch metric stream";
    StateMachine "stepfunctions-state-machine" "answer of `stepfunctions describe-state-machine`";
    StateHistory "stepfunctions-history" "answer of `stepfunctions get-execution-history`";
    TraceSummaries "xray-trace-summaries" "answer of `xray get-trace-summaries`";
    Traces "xray-traces" "answer of `xray batch-get-traces`";
    OtlpTraces "otlp-traces" "OpenTelemetry spans as JSON (OTLP)";
    MonitorStatistics "monitor-statistics" "Model Monitor statistics";
    MonitorConstraints "monitor-constraints" "Model Monitor constraints";
    MonitorViolations "monitor-violations" "Model Monitor constraint violations";
    Evaluation "model-evaluation" "evaluation results of a model";
    DataCapture "data-capture" "SageMaker data capture";
    ScalingActivities "scaling-activities" "answer of `application-autoscaling describe-scaling-activities`";
    ScalableTargets "scaling-targets" "answer of `application-autoscaling describe-scalable-targets`";
    ScalingPolicies "scaling-policies" "answer of `application-autoscaling describe-scaling-policies`";
    Template "cloudformation-template" "CloudFormation template";
    Request "aws-request" "request of an AWS API call, as the AWS CLI takes it (`--cli-input-json`)";
    Python "python-source" "Python source that calls AWS";
    Shell "shell-script" "shell script that runs the AWS CLI, CDK, Terraform or SAM";
    Requirements "python-requirements" "list of Python packages for pip (`requirements.txt`)";
    Dockerfile "dockerfile" "Dockerfile";
    Notebook "jupyter-notebook" "Jupyter notebook" known;
    GitHubLog "github-actions-log" "GitHub Actions log";
    CodeBuildLog "codebuild-log" "CodeBuild log";
    GitLabLog "gitlab-ci-log" "GitLab CI log";
    AirflowLog "airflow-log" "Airflow task log: lines of text, or of JSON (Airflow 3)";
    ClientLog "client-log" "log of a caller that holds errors of SageMaker endpoints (`ModelError`) or records that Feature Store refused (`PutRecord`)";
    ModelError "sagemaker-model-error" "error that `sagemaker-runtime invoke-endpoint` answered (`ModelError`)";
    Parquet "parquet" "parquet data";
    Rows "data-rows" "rows of data (CSV, JSON lines) that S3 lists as an object";
    ParquetEncrypted "parquet-encrypted" "encrypted parquet data" known;
    GitRepository "git-repository" "git repository: a `.git` folder, or a bare one";
    GitBundle "git-bundle" "git bundle";
    Sidecar "sidecar" "sidecar that names a file's command";
    Envelope "envelope" "answer in an envelope that names its command";
    OutputText "aws-output-text" "AWS CLI answer as `--output text`" known;
    OutputTable "aws-output-table" "AWS CLI answer as `--output table`" known;
    OutputYaml "aws-output-yaml" "AWS CLI answer as `--output yaml`" known;
    EcsCloudTrail "cloudtrail-ecs" "CloudTrail reshaped by Elastic" known;
    EmptyRecords "empty-records" "an empty list of records: of CloudTrail or of S3, the file does not tell";
    EmptyAnswer "empty-answer" "an empty answer";
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Format {
    /// Returns why this version does not read a format it knows.
    pub fn refusal(self) -> String {
        match self {
            Self::OutputText | Self::OutputTable | Self::OutputYaml => {
                format!("{}: columns and types are lost in it; export again with `--output json`", self.what())
            }
            Self::EcsCloudTrail => format!("{}: values are flattened in it; export the original records", self.what()),
            _ => format!("{}: recognised, not read by this version", self.what()),
        }
    }
}
