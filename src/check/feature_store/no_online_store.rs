//! Features are read while serving from a group that has no online store.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations, Locator};
use crate::fact::arn::ArnKey;
use crate::fact::config::{ConfigSays, Node};
use crate::fact::registry::FeatureGroupStatement;
use crate::finding::{Severity, grouped};
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "feature-store/no-online-store",
    severity: Severity::Medium,
    fires_when: "Records are read from a feature group (`GetRecord`, `BatchGetRecord`), or a model that serves is told its name, and the group has no online store.",
    why: "Only the online store answers single reads. Without it every one is refused, and what asks goes on without the features or with those it finds elsewhere.",
    needs: "The description of the feature group or the request that made it, and one of: CloudTrail's data events of the feature store, which are off by default (reads that were refused); a Python script that reads from the group; the environment of a model that serves.",
    fooled_by: "A script that nobody runs, and a name in an environment that is used for something else (both grade C). Groups that are read through queries alone need no online store and do not fire.",
    remedy: "Make the group anew with `OnlineStoreConfig` and `EnableOnlineStore` (`UpdateFeatureGroup` cannot add it), fill it, and read from that one.",
    run,
};

/// Refused reads that are cited.
const CITED: usize = 5;

/// How a group without an online store is used.
#[derive(Default)]
struct Use {
    refused: u64,
    first: Option<Instant>,
    last: Option<Instant>,
    others: BTreeSet<String>,
    models: BTreeSet<String>,
    cites: Vec<Citation>,
}

fn run(case: &Case, findings: &mut Findings) {
    let mut groups: BTreeMap<ArnKey, Vec<&FeatureGroupStatement>> = BTreeMap::new();
    for said in &case.feature_groups {
        groups.entry(said.says.arn.key()).or_default().push(&said.says);
    }
    for (key, says) in groups {
        let is_offline = says.iter().any(|says| says.online == Some(false)) && !says.iter().any(|says| says.online == Some(true));
        let Some(group) = says.first().filter(|_| is_offline) else { continue };
        let mut found = Use::default();
        found.reads(case, group);
        found.scripts(case, group);
        found.models(case, group);
        if found.cites.is_empty() {
            continue;
        }
        let described = case.feature_groups.iter().filter(|said| said.says.arn.key() == key && said.says.online.is_some());
        let Some(evidence) = Citations::from_all(found.cites.into_iter().chain(described.map(|said| said.cite.clone()))) else {
            continue;
        };
        let refused = (found.refused > 0).then(|| format!("{} read(s) of it were refused", grouped(found.refused)));
        let told: Vec<String> = refused.into_iter().chain(found.others).collect();
        let grade = if found.refused > 0 { Grade::B } else { Grade::C };
        let finding = CHECK
            .finds(&group.arn, format!("feature group {} has no online store: {}", group.name, told.join("; ")), grade, evidence)
            .because("Its description has no OnlineStoreConfig, or one that is not enabled.")
            .concerning(found.models)
            .between(found.first, found.last)
            .told_apart_by("no online store");
        findings.add(finding);
    }
}

impl Use {
    /// Reads of single records that were refused.
    fn reads(&mut self, case: &Case, group: &FeatureGroupStatement) {
        let own = case.calls.iter().filter(|said| {
            let says = &said.says;
            let is_read = matches!(&*says.operation, "GetRecord" | "BatchGetRecord");
            let is_invalid = says.error.as_deref().is_some_and(|error| error.starts_with("Validation"));
            is_read && is_invalid && says.arn.as_ref().is_some_and(|arn| arn.key() == group.arn.key())
        });
        for said in own {
            self.refused += 1;
            self.first.get_or_insert(said.says.at);
            self.last = Some(said.says.at);
            if self.cites.len() < CITED {
                self.cites.push(said.cite.clone());
            }
        }
    }

    /// Scripts that read records of the group.
    fn scripts(&mut self, case: &Case, group: &FeatureGroupStatement) {
        for said in &case.written {
            let ConfigSays::Call { service: Some(service), method, line, arguments } = &said.says.says else { continue };
            let is_read =
                service == "sagemaker-featurestore-runtime" && matches!(method.as_str(), "get_record" | "batch_get_record");
            let asked = arguments.get("Identifiers").map(Node::items).unwrap_or_default();
            let mut names = asked.iter().chain([arguments]).filter_map(|node| node.get("FeatureGroupName").and_then(Node::word));
            if !is_read || !names.any(|name| name == group.name || name == group.arn.as_str()) {
                continue;
            }
            let file = said.says.file.rsplit('/').next().unwrap_or_default();
            let mut cite = said.cite.clone();
            cite.locator = Locator::Line((*line).into());
            self.others.insert(format!("{file} reads from it"));
            self.cites.push(cite);
        }
    }

    /// Models that serve and are told the group's name.
    fn models(&mut self, case: &Case, group: &FeatureGroupStatement) {
        let is_of_here = |account: &str, region: &str| account == group.arn.account() && region == group.arn.region();
        for span in case.serving.spans().filter(|span| is_of_here(span.model.account(), span.model.region())) {
            let Some(model) = case.models.of(span) else { continue };
            let told = model.containers.iter().flat_map(|container| container.environment.iter());
            let Some((name, _)) = told.into_iter().find(|(_, value)| **value == group.name) else { continue };
            let Some(cites) = model.cites(|says| {
                says.containers.iter().any(|container| container.environment.values().any(|value| *value == group.name))
            }) else {
                continue;
            };
            self.others.insert(format!("{}, which serves on {}, has it in {name}", model.name, span.name));
            self.models.insert(model.arn.to_string());
            self.models.insert(span.endpoint.to_string());
            self.cites.extend(cites);
        }
    }
}
