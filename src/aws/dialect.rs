//! What AWS takes and no service model tells: definitions of pipelines, and objects of the `SageMaker` SDK for Python.
//!
//! Written by hand, from the SDK (`sagemaker` 2.257.7, the files named) and the schema of pipeline definitions that it writes.

/// Members of a pipeline definition at its top: `workflow/pipeline.py`, `Pipeline.definition`.
pub const DEFINITION: &[&str] = &["Version", "Metadata", "MlflowConfig", "Parameters", "PipelineExperimentConfig", "Steps"];

/// Members of a step's caching: `workflow/steps.py`, `CacheConfig.config`.
pub const CACHE_CONFIG: &[&str] = &["Enabled", "ExpireAfter"];

/// Types of steps whose arguments are the request of an operation: `workflow/steps.py`, `StepTypeEnum`.
pub const STEPS: &[(&str, &str)] = &[
    ("EndpointConfig", "CreateEndpointConfig"),
    ("Model", "CreateModel"),
    ("Processing", "CreateProcessingJob"),
    ("RegisterModel", "CreateModelPackage"),
    ("Training", "CreateTrainingJob"),
    ("Transform", "CreateTransformJob"),
    ("Tuning", "CreateHyperParameterTuningJob"),
];

/// Classes of the SDK that take these arguments and no others: the class, the package it is imported from, its arguments.
pub const CLASSES: &[(&str, &str, &[&str])] = &[
    // workflow/steps.py
    ("CacheConfig", "sagemaker.workflow", &["enable_caching", "expire_after"]),
    // workflow/parallelism_config.py
    ("ParallelismConfiguration", "sagemaker.workflow", &["max_parallel_execution_steps"]),
    // workflow/pipeline.py; `mlflow_config` is newer than the rest.
    (
        "Pipeline",
        "sagemaker.workflow",
        &[
            "name",
            "parameters",
            "pipeline_experiment_config",
            "mlflow_config",
            "steps",
            "sagemaker_session",
            "pipeline_definition_config",
        ],
    ),
    // drift_check_baselines.py
    (
        "DriftCheckBaselines",
        "sagemaker.drift_check_baselines",
        &[
            "model_statistics",
            "model_constraints",
            "model_data_statistics",
            "model_data_constraints",
            "bias_config_file",
            "bias_pre_training_constraints",
            "bias_post_training_constraints",
            "explainability_constraints",
            "explainability_config_file",
        ],
    ),
];

/// Methods of every client that are no operations: botocore's `client.py`, and what boto3 adds for S3.
pub const METHODS: &[&str] = &[
    "can_paginate",
    "close",
    "copy",
    "download_file",
    "download_fileobj",
    "generate_presigned_post",
    "generate_presigned_url",
    "get_paginator",
    "get_waiter",
    "upload_file",
    "upload_fileobj",
    "waiter_names",
];

/// Commands of the AWS CLI under a service that are no operations of it.
pub const COMMANDS: &[&str] = &["help", "wait"];

/// Options that every command of the AWS CLI takes, without their dashes: `data/cli.json`, and what its customizations add.
pub const OPTIONS: &[&str] = &[
    "ca-bundle",
    "cli-auto-prompt",
    "cli-binary-format",
    "cli-connect-timeout",
    "cli-error-format",
    "cli-input-json",
    "cli-input-yaml",
    "cli-read-timeout",
    "color",
    "debug",
    "endpoint-url",
    "generate-cli-skeleton",
    "max-items",
    "no-cli-auto-prompt",
    "no-cli-pager",
    "no-paginate",
    "no-sign-request",
    "no-verify-ssl",
    "output",
    "page-size",
    "profile",
    "query",
    "region",
    "starting-token",
    "v2-debug",
    "version",
];

/// Options of single commands that are no members of their request: `customizations/putmetricdata.py` and `argrename.py`.
pub const OWN_OPTIONS: &[(&str, &[&str])] = &[
    ("PutMetricData", &["metric-name", "timestamp", "unit", "value", "dimensions", "statistic-values", "storage-resolution"]),
    ("DeleteImageVersion", &["version-number"]),
    ("DescribeImageVersion", &["version-number"]),
    ("ListAliases", &["version-number"]),
    ("UpdateImageVersion", &["version-number"]),
];
