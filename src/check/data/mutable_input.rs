//! An input is named by a path whose content can change.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::jobs::Job;
use crate::check::{Check, Findings};
use crate::fact::job::{DataType, InputRole};
use crate::fact::s3::S3Uri;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "data/mutable-input",
    severity: Severity::Info,
    fires_when: "An input is a mutable path: no version id, manifest, content hash or partition.",
    why: "SageMaker records the path and nothing else. Which data trained a model can then only be told as long as S3 keeps every version.",
    needs: "The descriptions of the jobs that trained models.",
    fooled_by: "A path that is never written twice, by a rule that nothing records.",
    remedy: "Name data by a partition or run id in its path, or by a manifest.",
    run,
};

/// What in a path tells one data set from the next: a partition, a date, a content hash, a run.
static PINNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(^|/)[a-z_]+=[^/]+(/|$)|\d{4}[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])|(^|[/_-])[0-9a-f]{32,64}([/._-]|$)|pipelines-[a-z0-9]{12}-|-\d{4}(-\d{2}){5}-\d{3}").ok()
});

fn run(case: &Case, findings: &mut Findings) {
    let mut by_uri: BTreeMap<S3Uri, Vec<&Job>> = BTreeMap::new();
    for lineage in &case.lineages {
        let Some(job) = lineage.training_job.value().and_then(|arn| case.jobs.get(arn, lineage.created)) else { continue };
        for input in job.inputs.iter().filter(|input| input.role == InputRole::Data && input.data_type == DataType::Prefix) {
            if let Some(uri) = input.uri.clone().filter(|uri| !is_pinned(uri, job)) {
                let jobs = by_uri.entry(uri).or_default();
                if !jobs.iter().any(|known| known.arn.key() == job.arn.key()) {
                    jobs.push(job);
                }
            }
        }
    }
    for (uri, jobs) in by_uri {
        let cites = jobs.iter().filter_map(|job| job.cites(|says| !says.inputs.is_empty())).flatten();
        let Some(evidence) = crate::evidence::citation::Citations::from_all(cites) else { continue };
        let finding = CHECK
            .finds(
                &uri,
                format!("{} training job(s) name their data by a path that can be overwritten", jobs.len()),
                Grade::B,
                evidence,
            )
            .concerning(jobs.iter().map(|job| &job.arn));
        findings.add(finding);
    }
}

/// Returns whether a path of a job tells one data set from the next.
pub(super) fn is_pinned(uri: &S3Uri, job: &Job) -> bool {
    let execution = job.tags.get("sagemaker:pipeline-execution-arn").and_then(|arn| arn.rsplit('/').next());
    PINNED.as_ref().is_some_and(|pattern| pattern.is_match(&uri.key))
        || execution.is_some_and(|id| uri.key.contains(id))
        || uri.key.contains(&job.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_dates_and_hashes_pin() {
        let pinned = |key: &str| PINNED.as_ref().unwrap().is_match(key);
        for key in [
            "f/dt=2026-10-12/",
            "logs/year=2026/month=1/",
            "a/2026/10/12/",
            "a/20261012/",
            &format!("code/{}/x", "9f".repeat(32)),
            "j-2026-03-02-09-15-20-417/o",
        ] {
            assert!(pinned(key), "{key}");
        }
        for key in ["train/", "data/v2/train/", "churn/train/part-0001.parquet", "a/1234567890/"] {
            assert!(!pinned(key), "{key}");
        }
    }
}
