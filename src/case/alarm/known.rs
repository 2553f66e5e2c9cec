//! The metrics of `SageMaker`: under which namespace each is, and in which unit.
//!
//! Source: "Metrics for monitoring Amazon `SageMaker` AI with Amazon `CloudWatch`" in the `SageMaker` Developer Guide. Latencies of
//! endpoints are in **microseconds**. Inference Recommender, another service with a metric of the same name, gives its
//! `ModelLatency` in milliseconds in its own answers; it is not in `CloudWatch` under these namespaces.

/// Namespace of what requests to endpoints cost and how they end.
pub const INVOCATIONS: &str = "AWS/SageMaker";

/// Namespace of what the instances of endpoints use.
pub const INSTANCES: &str = "/aws/sagemaker/Endpoints";

/// Namespace of what the copies of inference components use.
pub const COMPONENTS: &str = "/aws/sagemaker/InferenceComponents";

/// Metrics under [`INVOCATIONS`] in microseconds.
const MICROSECONDS: &[&str] = &[
    "ModelLatency",
    "OverheadLatency",
    "ModelSetupTime",
    "ModelLoadingWaitTime",
    "ModelDownloadingTime",
    "ModelLoadingTime",
    "ModelUnloadingTime",
];

/// Other metrics under [`INVOCATIONS`].
const COUNTS: &[&str] = &[
    "Invocations",
    "InvocationsPerInstance",
    "InvocationsPerCopy",
    "Invocation4XXErrors",
    "Invocation5XXErrors",
    "InvocationModelErrors",
    "ModelCacheHit",
    "ConcurrentRequestsPerModel",
    "ConcurrentRequestsPerCopy",
];

/// Metrics under [`INSTANCES`], and of jobs under namespaces of their own.
const USE: &[&str] =
    &["CPUUtilization", "GPUUtilization", "GPUMemoryUtilization", "MemoryUtilization", "DiskUtilization", "LoadedModelCount"];

/// Metrics that show a fault to those who call an endpoint: errors.
const ERRORS: &[&str] = &["Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors"];

/// Thresholds from here on are taken as they are on metrics in microseconds: 10 ms. What lies below reads as milliseconds.
pub const PLAUSIBLE: f64 = 10_000.0;

/// Returns whether a namespace is one of AWS's own, and not one that somebody sends metrics of their own to.
pub fn is_of_aws(namespace: &str) -> bool {
    namespace.trim_start_matches('/').to_ascii_lowercase().starts_with("aws/")
}

/// Returns whether `SageMaker` gives the metric of that namespace in microseconds.
pub fn is_in_microseconds(namespace: &str, metric: &str) -> bool {
    namespace == INVOCATIONS && MICROSECONDS.contains(&metric)
}

/// Returns the namespace under which `SageMaker` gives a metric of endpoints; nothing where the metric is not one of them.
pub fn namespace_of(metric: &str) -> Option<&'static str> {
    if MICROSECONDS.contains(&metric) || COUNTS.contains(&metric) {
        Some(INVOCATIONS)
    } else {
        USE.contains(&metric).then_some(INSTANCES)
    }
}

/// What an alarm on a metric of endpoints notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notices {
    /// Errors.
    Errors,
    /// Slowness.
    Latency,
}

/// Returns what an alarm on a metric notices of what callers suffer; nothing for use and counts.
pub fn notices(metric: &str) -> Option<Notices> {
    if ERRORS.contains(&metric) {
        Some(Notices::Errors)
    } else {
        matches!(metric, "ModelLatency" | "OverheadLatency").then_some(Notices::Latency)
    }
}
