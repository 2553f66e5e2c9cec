//! People may open a shell in the containers that answer requests.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::arn::Arn;
use crate::fact::config::{ConfigSays, Node};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "change/live-access",
    severity: Severity::Medium,
    fires_when: "A variant of an endpoint configuration has `EnableSSMAccess`, or a template, request or script asks for it.",
    why: "Whoever may start a session can change code and model inside the running container. No commit, image or package shows it, so no lineage of that endpoint is safe from it.",
    needs: "The endpoint's configuration, the request for it, or the file that asks for it.",
    fooled_by: "That somebody could does not say that anybody did: sessions are in the trail of Systems Manager. A configuration that no endpoint uses fires too.",
    remedy: "Leave it off where requests of production are answered, and record sessions where it is needed.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for (config, said) in case.serving.configs() {
        let open: Vec<&str> =
            said.iter().flat_map(|said| &said.says.variants).filter(|own| own.live_access).map(|own| own.name.as_str()).collect();
        let Some(name) = open.first() else { continue };
        let cites = said.iter().filter(|said| said.says.variants.iter().any(|own| own.live_access)).map(|said| said.cite.clone());
        let Some(evidence) = Citations::from_all(cites) else { continue };
        let uses = |endpoint: &&crate::case::serving::Endpoint| {
            endpoint.switches.iter().any(|switch| switch.took_effect() && switch.after.config.as_deref() == Some(config.last()))
        };
        let using: Vec<&Arn> = case.serving.endpoints().iter().filter(uses).map(|endpoint| &endpoint.arn).collect();
        let subject = using.first().copied().unwrap_or(config);
        let served = match using.first() {
            Some(endpoint) => format!("{} took the configuration.", endpoint.last()),
            None => "No endpoint of the evidence took the configuration.".to_owned(),
        };
        let by = said.iter().find_map(|said| said.by.as_ref()).map(|by| format!(" {by} asked for it.")).unwrap_or_default();
        let finding = CHECK
            .finds(subject, format!("A shell can be opened in the containers of {name} ({})", config.last()), Grade::B, evidence)
            .because(format!("EnableSSMAccess is on. {served}{by}"))
            .concerning(using.iter().copied().chain([config]))
            .between(said.iter().filter_map(|said| said.says.created).min(), None)
            .told_apart_by(format!("{config} {name}"));
        findings.add(finding);
    }
    for said in &case.written {
        let members = match &said.says.says {
            ConfigSays::Call { method, arguments, .. } if method == "create_endpoint_config" => arguments,
            ConfigSays::Request { operations, members, .. } if operations.contains(&"CreateEndpointConfig") => members,
            ConfigSays::Resource { kind, properties, .. } if kind == "AWS::SageMaker::EndpointConfig" => properties,
            _ => continue,
        };
        let variants = members.get("ProductionVariants").map(Node::items).unwrap_or_default();
        for switch in variants.iter().filter_map(|variant| variant.get("EnableSSMAccess")) {
            if switch.word() != Some("true") {
                continue;
            }
            let file = said.says.file.to_string();
            let lasting = file.rsplit('/').next().unwrap_or(&file).to_owned();
            let finding = CHECK
                .finds(&file, format!("EnableSSMAccess is asked for: {file}"), Grade::B, Citations::one(said.on(switch.line)))
                .because("Whoever may start a session can change what answers requests.")
                .told_apart_by("EnableSSMAccess")
                .lasting(lasting);
            findings.add(finding);
        }
    }
}
