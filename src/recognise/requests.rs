//! Requests that people keep as JSON and give to the AWS CLI: which keys make one, and of which operation it is.

/// Keys that make a request.
#[derive(Debug)]
pub struct Form {
    /// The service.
    pub service: &'static str,
    /// The operations that take such a request.
    pub operations: &'static [&'static str],
    /// Keys at the top.
    keys: &'static [&'static str],
}

const fn form(service: &'static str, operations: &'static [&'static str], keys: &'static [&'static str]) -> Form {
    Form { service, operations, keys }
}

/// The requests; the first that fits wins.
const FORMS: &[Form] = &[
    form("sagemaker", &["CreateTrainingJob"], &["TrainingJobName", "AlgorithmSpecification"]),
    form("sagemaker", &["CreateProcessingJob"], &["ProcessingJobName", "AppSpecification"]),
    form("sagemaker", &["CreateTransformJob"], &["TransformJobName", "TransformInput"]),
    form("sagemaker", &["CreateHyperParameterTuningJob"], &["HyperParameterTuningJobName", "HyperParameterTuningJobConfig"]),
    form("sagemaker", &["CreateEndpointConfig"], &["EndpointConfigName", "ProductionVariants"]),
    form("sagemaker", &["UpdateEndpointWeightsAndCapacities"], &["EndpointName", "DesiredWeightsAndCapacities"]),
    form("sagemaker", &["CreateEndpoint", "UpdateEndpoint"], &["EndpointName", "EndpointConfigName"]),
    form("sagemaker", &["CreateModel"], &["ModelName", "PrimaryContainer"]),
    form("sagemaker", &["CreateModel"], &["ModelName", "Containers"]),
    form("sagemaker", &["UpdateModelPackage"], &["ModelPackageArn", "ModelApprovalStatus"]),
    form("sagemaker", &["CreateModelPackage"], &["ModelPackageGroupName", "InferenceSpecification"]),
    form("sagemaker", &["CreateModelPackageGroup"], &["ModelPackageGroupName", "ModelPackageGroupDescription"]),
    form("sagemaker", &["CreateModelPackageGroup", "CreateModelPackage"], &["ModelPackageGroupName", "ModelApprovalStatus"]),
    form("sagemaker", &["CreatePipeline", "UpdatePipeline"], &["PipelineName", "PipelineDefinition"]),
    form("sagemaker", &["CreatePipeline", "UpdatePipeline"], &["PipelineName", "PipelineDefinitionS3Location"]),
    form(
        "sagemaker",
        &["CreateMonitoringSchedule", "UpdateMonitoringSchedule"],
        &["MonitoringScheduleName", "MonitoringScheduleConfig"],
    ),
    form("sagemaker", &["CreateDataQualityJobDefinition"], &["JobDefinitionName", "DataQualityAppSpecification"]),
    form("sagemaker", &["CreateModelQualityJobDefinition"], &["JobDefinitionName", "ModelQualityAppSpecification"]),
    form("sagemaker", &["CreateFeatureGroup"], &["FeatureGroupName", "FeatureDefinitions"]),
    form("application-autoscaling", &["RegisterScalableTarget"], &["ServiceNamespace", "ResourceId", "MaxCapacity"]),
    form("application-autoscaling", &["PutScalingPolicy"], &["ServiceNamespace", "ResourceId", "PolicyName"]),
    form("cloudwatch", &["PutMetricAlarm"], &["AlarmName", "ComparisonOperator", "EvaluationPeriods"]),
    form("cloudwatch", &["PutMetricData"], &["Namespace", "MetricData"]),
    form("s3", &["PutBucketLifecycleConfiguration"], &["Bucket", "LifecycleConfiguration"]),
];

/// Returns the form that a request has.
pub fn of(has: &dyn Fn(&str) -> bool) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.keys.iter().all(|key| has(key)))
}
