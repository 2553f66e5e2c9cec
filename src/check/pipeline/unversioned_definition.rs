//! A pipeline takes its definition from an object that can be written over.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::config::{ConfigSays, Node, Value};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "pipeline/unversioned-definition",
    severity: Severity::Low,
    fires_when: "A pipeline is made or updated from `PipelineDefinitionS3Location` without a version of the object, in CloudTrail, a template, a request or a script.",
    why: "What the pipeline became depends on what lay there at that moment. Afterwards the object may say something else, and nothing tells which of the two ran.",
    needs: "The call in CloudTrail, or the file that asks for it.",
    fooled_by: "A key that holds a hash or commit and is never written twice is as good as a version. A location that is worked out when the file runs is not judged.",
    remedy: "Give `VersionId` (`Version` in CloudFormation), or the definition itself.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for located in case.pipelines.located().iter().filter(|located| located.version.is_none()) {
        let who = located.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let place = format!("s3://{}/{}", located.bucket, located.key);
        let finding = CHECK
            .finds(
                &located.pipeline,
                format!("{} was defined from {place} without a version", located.pipeline.last()),
                Grade::B,
                Citations::one(located.cite.clone()),
            )
            .because(format!("Asked for{who}."))
            .concerning([&place])
            .between(located.at, None)
            .told_apart_by(place.clone());
        findings.add(finding);
    }
    for said in &case.written {
        let (what, location) = match &said.says.says {
            ConfigSays::Call { method, arguments, .. } if matches!(method.as_str(), "create_pipeline" | "update_pipeline") => {
                (method.clone(), arguments.get("PipelineDefinitionS3Location"))
            }
            ConfigSays::Request { members, .. } => ("a request".to_owned(), members.get("PipelineDefinitionS3Location")),
            ConfigSays::Resource { name, kind, properties } if kind == "AWS::SageMaker::Pipeline" => {
                let definition = properties.get("PipelineDefinition");
                (format!("resource {name}"), definition.and_then(|definition| definition.get("PipelineDefinitionS3Location")))
            }
            _ => continue,
        };
        if let Some(location) = location.filter(|location| is_unversioned(location)) {
            report(said.says.file.as_ref(), &what, &said.on(location.line), findings);
        }
    }
}

/// Returns whether a location is written out, and names no version.
fn is_unversioned(location: &Node) -> bool {
    let Value::Members(members) = &location.value else { return false };
    let has = |names: &[&str]| members.iter().any(|(name, _)| names.contains(&name.as_str()));
    has(&["ObjectKey", "Key"]) && !has(&["VersionId", "Version"])
}

fn report(file: &str, what: &str, cite: &Citation, findings: &mut Findings) {
    let lasting = file.rsplit('/').next().unwrap_or(file).to_owned();
    let finding = CHECK
        .finds(
            file,
            format!("{what} takes a pipeline's definition from S3 without a version: {file}"),
            Grade::B,
            Citations::one(cite.clone()),
        )
        .because("Whoever writes the object next changes what the next update of the pipeline does.")
        .told_apart_by(what)
        .lasting(lasting);
    findings.add(finding);
}
