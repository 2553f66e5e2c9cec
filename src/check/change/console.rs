//! A production resource was changed by hand.

use std::collections::BTreeSet;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::call::CallStatement;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "change/console",
    severity: Severity::Medium,
    fires_when: "A production resource was changed by hand in the console.",
    why: "What is changed by hand is in no repository: the next deployment undoes it, or rests on it without knowing.",
    needs: "CloudTrail's record of the call, with the session's origin.",
    fooled_by: "Approving a package is a decision that people make by hand, and does not fire. A browser's user agent can be imitated.",
    remedy: "Change production by code alone; give people read access in the console.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let production = production(case);
    for said in &case.calls {
        let by_hand = said.by.as_ref().is_some_and(|by| by.console && by.invoked_by.is_none());
        if !by_hand || said.says.error.is_some() || !concerns(&said.says, &production) {
            continue;
        }
        let Some(by) = &said.by else { continue };
        let subject = said.says.subject().unwrap_or(&said.says.operation).to_owned();
        let name = subject.rsplit(['/', ':']).find(|part| !part.is_empty()).unwrap_or(&subject).to_owned();
        let finding = CHECK
            .finds(
                subject,
                format!("{by} called {} on {name} in the console", said.says.operation),
                Grade::B,
                Citations::one(said.cite.clone()),
            )
            .between(Some(said.says.at), None)
            .told_apart_by(format!("{} {}", said.says.operation, said.says.at.to_seconds_text()));
        findings.add(finding);
    }
}

/// What production rests on: endpoints, what they serve, and where the data of that lies. Folded names and ARNs.
fn production(case: &Case) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for endpoint in case.serving.endpoints() {
        names.insert(endpoint.arn.as_str().to_lowercase());
        for said in &endpoint.said {
            if let Some(config) = &said.says.config {
                names.insert(format!("endpoint-config/{}", config.to_lowercase()));
            }
        }
        for span in &endpoint.spans {
            names.insert(span.model.as_str().to_lowercase());
        }
    }
    for lineage in case.lineages.iter().filter(|lineage| case.serving.of_model(&lineage.arn, lineage.created).next().is_some()) {
        if let Some(pipeline) = lineage
            .pipeline_execution
            .value()
            .and_then(|arn| arn.as_str().split_once("/execution/").map(|(pipeline, _)| pipeline.to_lowercase()))
        {
            names.insert(pipeline);
        }
        let uris = lineage
            .data
            .iter()
            .map(|channel| channel.uri.as_str())
            .chain(lineage.artifact.value().map(|artifact| artifact.uri.as_str()));
        for uri in uris {
            if let Some(bucket) = uri.strip_prefix("s3://").and_then(|rest| rest.split('/').next()) {
                names.insert(format!("s3://{}/", bucket.to_lowercase()));
            }
        }
    }
    names
}

/// Returns whether a call changes something that production rests on.
fn concerns(call: &CallStatement, production: &BTreeSet<String>) -> bool {
    let changes = match call.service.as_str() {
        "sagemaker" => {
            ["Create", "Update", "Delete", "Stop", "Start"].iter().any(|verb| call.operation.starts_with(verb))
                && call.operation != "UpdateModelPackage"
        }
        "s3" => call.operation.starts_with("PutBucket") || call.operation.starts_with("DeleteBucket"),
        _ => false,
    };
    if !changes {
        return false;
    }
    let named = |text: &str| {
        let text = text.to_lowercase();
        production.contains(&text)
            || production.iter().any(|own| own.starts_with("endpoint-config/") && text.ends_with(own.as_str()))
    };
    call.arn.as_ref().is_some_and(|arn| named(arn.as_str())) || call.name.as_deref().is_some_and(named)
}
