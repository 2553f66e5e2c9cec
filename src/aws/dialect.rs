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
