//! A prefix matched more than the folder it meant.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::jobs::Job;
use crate::case::lineage::input_version;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::job::{DataType, InputRole};
use crate::fact::s3::S3Uri;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "data/prefix-overreach",
    severity: Severity::Medium,
    fires_when: "An S3 prefix matched objects of a sibling (`day=15` and `day=150`).",
    why: "S3 knows no folders: an input without a trailing slash takes every key that begins so, and the sibling's rows train the model too.",
    needs: "The job's inputs, and the objects that lay under the prefix.",
    fooled_by: "A prefix that is meant to name the beginning of file names (`part-`): it fires only where both the folder itself and a sibling hold objects.",
    remedy: "End the input's URI with `/`.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    let mut seen: BTreeMap<S3Uri, Vec<&Job>> = BTreeMap::new();
    for job in case.jobs.iter() {
        let prefixes = job.inputs.iter().filter(|input| input.role == InputRole::Data && input.data_type == DataType::Prefix);
        for input in prefixes {
            let Some(uri) = input.uri.as_ref().filter(|uri| !uri.key.is_empty() && !uri.key.ends_with('/')) else { continue };
            let claim = input_version(case, job, input);
            let Some(value) = claim.value() else { continue };
            let own = format!("{}/", uri.key);
            let (inside, beyond): (Vec<&str>, Vec<&str>) = value
                .objects
                .iter()
                .map(|object| object.key.as_str())
                .filter(|key| *key != &*uri.key)
                .partition(|key| key.starts_with(&own));
            let siblings: Vec<&str> = beyond.into_iter().filter(|key| key[uri.key.len()..].contains('/')).collect();
            if inside.is_empty() || siblings.is_empty() {
                continue;
            }
            let jobs = seen.entry(uri.clone()).or_default();
            jobs.push(job);
            if jobs.len() > 1 {
                continue;
            }
            let Some(evidence) = Citations::from_all(claim.evidence().cloned()) else { continue };
            let example = siblings.first().copied().unwrap_or_default();
            let finding = CHECK
                .finds(
                    uri,
                    format!("The prefix {uri} also takes {} object(s) of its siblings, such as {example}", siblings.len()),
                    claim.grade(),
                    evidence,
                )
                .because(format!("{} object(s) lie in the folder that was meant.", inside.len()))
                .concerning([&job.arn])
                .between(job.created, None);
            findings.add(finding);
        }
    }
}
