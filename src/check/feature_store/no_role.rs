//! A feature group with an offline store is asked for without a role that may write to it.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citations, Locator};
use crate::fact::config::{ConfigSays, Node};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "feature-store/no-role",
    severity: Severity::Medium,
    fires_when: "A template or request asks for a feature group with an offline store and names no role.",
    why: "Feature Store writes the offline store in the name of that role. The schema allows to leave it out, so that a linter is content, and making the group fails when it is deployed.",
    needs: "The template, or the request as a file (`--cli-input-json`).",
    fooled_by: "Scripts are not judged: what they pass on as a whole is not seen. A role that is named by a parameter or a reference is one.",
    remedy: "State `RoleArn` with a role that may write to the bucket of the offline store, and use its key if it is encrypted.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for said in &case.written {
        let (members, named, line) = match &said.says.says {
            ConfigSays::Resource { name, kind, properties } if kind == "AWS::SageMaker::FeatureGroup" => {
                (properties, Some(name.as_str()), properties.line)
            }
            ConfigSays::Request { operations, members, .. } if operations.contains(&"CreateFeatureGroup") => {
                (members, None, members.line)
            }
            _ => continue,
        };
        let Some(store) = members.get("OfflineStoreConfig") else { continue };
        // What is worked out when it is deployed may bring the role.
        let is_open = members.members().iter().any(|(name, _)| name.starts_with("Fn::") || name.starts_with('*'));
        if is_open || members.get("RoleArn").is_some() {
            continue;
        }
        let name = members.get("FeatureGroupName").and_then(Node::word).or(named).unwrap_or("a feature group");
        let file = said.says.file.rsplit('/').next().unwrap_or_default();
        let mut cite = said.cite.clone();
        if let Some(line) = store.line.or(line) {
            cite.locator = Locator::Line(line.into());
        }
        let title = format!("{file} asks for {name} with an offline store and without a role");
        let finding = CHECK
            .finds(name, title, Grade::B, Citations::one(cite))
            .because("It has OfflineStoreConfig and no RoleArn.")
            .concerning([&said.says.file])
            .told_apart_by(file);
        findings.add(finding);
    }
}
