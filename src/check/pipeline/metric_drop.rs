//! A version is worse than the one before.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::families::family_name;
use crate::case::lineage::Lineage;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "pipeline/metric-drop",
    severity: Severity::High,
    fires_when: "A version's evaluation metric fell against the one before; shows what differs in its inputs.",
    why: "Completed is not right: a pipeline that is green can make a model that is worse, and only its metrics say so.",
    needs: "Evaluation results of two versions (the training jobs' final metrics, or evaluation files that the packages name).",
    fooled_by: "Another test set; metrics whose direction their name does not tell are left out.",
    remedy: "Compare with the version in service before registering, and refuse what is worse.",
    run,
};

/// A metric fell by this share of its value.
const DROP: f64 = 0.05;

/// What a lineage was measured at.
struct Measured<'a> {
    lineage: &'a Lineage,
    metrics: BTreeMap<String, f64>,
    cites: Vec<Citation>,
}

fn run(case: &Case, findings: &mut Findings) {
    let mut by_line: BTreeMap<String, Vec<Measured<'_>>> = BTreeMap::new();
    for lineage in &case.lineages {
        let group =
            lineage.package.value().and_then(|package| case.packages.get(&package.arn)).and_then(|package| package.group.clone());
        let job = lineage.training_job.value().and_then(|arn| case.jobs.get(arn, lineage.created));
        let line =
            group.map(|group| format!("group {group}")).or_else(|| job.map(|job| format!("job {}", family_name(&job.name))));
        if let (Some(line), Some(measured)) = (line, measure(case, lineage)) {
            by_line.entry(format!("{} {line}", lineage.arn.account())).or_default().push(measured);
        }
    }
    for line in by_line.values_mut() {
        line.sort_by(|left, right| {
            left.lineage.created.cmp(&right.lineage.created).then_with(|| left.lineage.arn.cmp(&right.lineage.arn))
        });
        for pair in line.windows(2) {
            if !is_same(pair[0].lineage, pair[1].lineage) {
                compare(&pair[0], &pair[1], findings);
            }
        }
    }
}

/// Returns whether two lineages are known to be of one training, whatever it was packaged as.
fn is_same(one: &Lineage, other: &Lineage) -> bool {
    let jobs = one.training_job.value().zip(other.training_job.value());
    let artifacts = one.artifact.value().zip(other.artifact.value());
    let is_same_place = artifacts.is_some_and(|(one, other)| one.uri == other.uri && one.version_id == other.version_id);
    jobs.map_or(is_same_place, |(one, other)| one == other)
}

/// Returns the evaluation of a lineage: of its package's evaluation files, else of its training job.
fn measure<'a>(case: &Case, lineage: &'a Lineage) -> Option<Measured<'a>> {
    let package = lineage.package.value().and_then(|package| case.packages.get(&package.arn));
    for uri in package.into_iter().flat_map(|package| &package.evaluations) {
        let found = case.evaluations.iter().find(|said| match &said.says.uri {
            Some(own) => own == uri,
            None => said.says.path.ends_with(&format!("/{}", uri.key)),
        });
        if let Some(found) = found {
            return Some(Measured {
                lineage,
                metrics: found.says.metrics.iter().cloned().collect(),
                cites: vec![found.cite.clone()],
            });
        }
    }
    let job =
        lineage.training_job.value().and_then(|arn| case.jobs.get(arn, lineage.created)).filter(|job| !job.metrics.is_empty())?;
    let cites = job.cites(|says| !says.course().metrics.is_empty()).into_iter().flatten().collect();
    Some(Measured { lineage, metrics: job.metrics.iter().cloned().collect(), cites })
}

/// Returns whether more of a metric is better; nothing where its name does not tell.
fn more_is_better(name: &str) -> Option<bool> {
    let folded: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let has = |words: &[&str]| words.iter().any(|word| folded.contains(word));
    if has(&["loss", "error", "rmse", "mse", "mae", "mape", "perplexity", "wer"]) {
        return Some(false);
    }
    has(&["auc", "accuracy", "precision", "recall", "f1", "r2", "ndcg", "map", "gini", "bleu", "rouge", "score"]).then_some(true)
}

fn compare(before: &Measured<'_>, after: &Measured<'_>, findings: &mut Findings) {
    let mut worse: Vec<(&str, f64, f64)> = Vec::new();
    for (name, value) in &after.metrics {
        let (Some(old), Some(more)) = (before.metrics.get(name), more_is_better(name)) else { continue };
        let drop = if more { old - value } else { value - old };
        if old.abs() > 0.0 && drop / old.abs() > DROP {
            worse.push((name, *old, *value));
        }
    }
    let Some((name, old, new)) = worse.first() else { return };
    let cites = before.cites.iter().chain(&after.cites).cloned();
    let differs = differences(before.lineage, after.lineage);
    let Some(evidence) = Citations::from_all(cites.chain(differs.iter().flat_map(|(_, cites)| cites.clone()))) else { return };
    let shown = if differs.is_empty() {
        "Nothing in their known inputs differs.".to_owned()
    } else {
        format!("What differs: {}.", differs.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join("; "))
    };
    let all: Vec<String> = worse.iter().map(|(name, old, new)| format!("{name} {old} → {new}")).collect();
    let lineage = after.lineage;
    let subject = lineage.pipeline_execution.value().map_or_else(|| lineage.arn.to_string(), ToString::to_string);
    let finding = CHECK
        .finds(
            subject,
            format!("{name} fell from {old} to {new} between {} and {}", before.lineage.name, lineage.name),
            crate::case::claim::Grade::B,
            evidence,
        )
        .because(format!("{}. {shown}", all.join(", ")))
        .concerning([&before.lineage.arn, &lineage.arn].into_iter().chain(lineage.training_job.value()))
        .between(before.lineage.created, lineage.created)
        .told_apart_by(format!("{} {}", lineage.arn, all.join(" ")));
    findings.add(finding);
}

/// Returns what differs between the inputs of two lineages, with its evidence.
fn differences(before: &Lineage, after: &Lineage) -> Vec<(String, Vec<Citation>)> {
    let mut found = Vec::new();
    for channel in &after.data {
        let Some(other) = before.data.iter().find(|other| other.channel == channel.channel) else { continue };
        let cites = || channel.version.evidence().chain(other.version.evidence()).take(10).cloned().collect();
        if other.uri != channel.uri {
            found.push((format!("channel {} is {} instead of {}", channel.channel, channel.uri, other.uri), cites()));
        } else if let (Some(old), Some(new)) = (other.version.value(), channel.version.value())
            && old.fingerprint != new.fingerprint
        {
            found.push((format!("the objects behind {} (channel {})", channel.uri, channel.channel), cites()));
        }
    }
    let commits = (before.code.commit.value(), after.code.commit.value());
    if let (Some(old), Some(new)) = commits
        && !crate::fact::commit::agree(old, new)
    {
        found.push((format!("commit {old} → {new}"), after.code.commit.evidence().cloned().collect()));
    }
    let digest = |lineage: &Lineage| lineage.code.training_image.value().and_then(|image| image.digest.clone());
    if let (Some(old), Some(new)) = (digest(before), digest(after))
        && old != new
    {
        found.push((format!("training image {old} → {new}"), after.code.training_image.evidence().cloned().collect()));
    }
    if let (Some(old), Some(new)) = (before.code.dependencies.value(), after.code.dependencies.value()) {
        let count = new.iter().filter(|(name, version)| old.get(*name).is_some_and(|other| other != *version)).count();
        if count > 0 {
            found.push((format!("{count} package version(s)"), after.code.dependencies.evidence().take(3).cloned().collect()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_follow_from_names() {
        assert_eq!(more_is_better("validation:auc"), Some(true));
        assert_eq!(more_is_better("validation-error"), Some(false));
        assert_eq!(more_is_better("rows"), None);
    }
}
