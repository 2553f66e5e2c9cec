//! A log group is called as if `SageMaker` wrote to it, and nothing does.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "logs/orphan-group",
    severity: Severity::Low,
    fires_when: "A log group under `/aws/sagemaker/` is empty, and has a name that SageMaker never writes to.",
    why: "SageMaker names its groups itself. The retention, encryption and alarms that were set on this one protect nothing, and the groups that do hold the logs have none of it: by default they keep everything for ever.",
    needs: "`logs describe-log-groups` with sizes.",
    fooled_by: "The size of a group is brought up to date about once a day: a group of the last day may not be empty. Somebody may write to it with an agent of their own, later. Kinds of groups that SageMaker got after this was written look the same.",
    remedy: "Set retention on the groups that SageMaker writes (`/aws/sagemaker/TrainingJobs`, `/aws/sagemaker/Endpoints/NAME`, …), and delete this one.",
    run,
};

/// What `SageMaker` names its groups by, after `/aws/sagemaker/`, in lower case.
const WRITTEN: &[&str] = &[
    "clusters",
    "compilationjobs",
    "edgepackagingjobs",
    "endpoints",
    "featurestore",
    "groundtruth",
    "hyperparametertuningjobs",
    "inferencecomponents",
    "inferencerecommendationsjobs",
    "labelingjobs",
    "mlflow",
    "modelpackages",
    "notebookinstances",
    "pipelines",
    "processingjobs",
    "spaces",
    "studio",
    "trainingjobs",
    "transformjobs",
    "workteams",
];

fn run(case: &Case, findings: &mut Findings) {
    for (group, place, cite) in case.logs.empty_by_size() {
        let Some(kind) = group.strip_prefix("/aws/sagemaker/").map(kind) else { continue };
        if WRITTEN.contains(&kind.as_str()) {
            continue;
        }
        let kept = match case.logs.retention(group) {
            Some(Some(days)) => format!(" It keeps events for {days} days."),
            Some(None) => " It keeps events for ever.".to_owned(),
            None => String::new(),
        };
        let subject = match (&place.account, &place.region) {
            (Some(account), Some(region)) => format!("arn:aws:logs:{region}:{account}:log-group:{group}"),
            _ => group.to_owned(),
        };
        let finding = CHECK
            .finds(
                &subject,
                format!("Log group {group} is empty, and SageMaker does not write to groups of that name"),
                Grade::C,
                Citations::one(cite.clone()),
            )
            .because(format!("It is listed with no bytes in it.{kept}"))
            .told_apart_by(group);
        findings.add(finding);
    }
}

/// Returns the part of a group's name that tells its kind.
fn kind(rest: &str) -> String {
    rest.split('/').next().unwrap_or(rest).to_ascii_lowercase()
}
