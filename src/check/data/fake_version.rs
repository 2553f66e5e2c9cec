//! What calls itself a data version is none.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::jobs::Job;
use crate::check::{Check, Findings};
use crate::fact::secret::REDACTED;
use crate::finding::Severity;
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "data/fake-version",
    severity: Severity::Medium,
    fires_when: "A \"data version\" is a clock, a literal `$(…)`, or a token that is no digest of the content.",
    why: "It looks like provenance and tells nothing: the time of the run, a shell expression that no shell saw, a piece of a file name.",
    needs: "Environment, hyperparameters or tags of the job.",
    fooled_by: "A date that names the partition that was read is a version and does not fire; labels such as `v3` are taken at their word.",
    remedy: "Record what fixes the content: a version listing's fingerprint, a manifest, a commit of a data repository.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for job in case.jobs.iter() {
        let named = job.environment.iter().chain(&job.hyperparameters).chain(&job.tags);
        for (name, value) in named {
            let Some(reason) = fake(job, name, value) else { continue };
            let Some(evidence) = job.cites(|says| {
                says.environment.contains_key(name) || says.hyperparameters.contains_key(name) || says.tags.contains_key(name)
            }) else {
                continue;
            };
            let uri = job
                .inputs
                .iter()
                .filter(|input| input.role == crate::fact::job::InputRole::Data)
                .find_map(|input| input.uri.as_ref());
            let subject = uri.map_or_else(|| job.arn.to_string(), ToString::to_string);
            let finding = CHECK
                .finds(subject, format!("{name}={value} of {} is no data version: {reason}", job.name), Grade::B, evidence)
                .concerning([&job.arn])
                .between(job.created, None)
                .told_apart_by(format!("{} {name}", crate::case::families::family_name(&job.name)));
            findings.add(finding);
        }
    }
}

/// Returns why a named value is no data version; nothing where it may be one, or does not claim to be.
fn fake(job: &Job, name: &str, value: &str) -> Option<&'static str> {
    let folded: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let of_data = ["data", "dataset", "feature", "features", "train", "training"].iter().any(|word| folded.contains(word));
    let ends = |words: &[&str]| words.iter().any(|word| folded.ends_with(word));
    let is_version = of_data && ends(&["version", "versionid", "revision", "snapshot"]);
    let is_digest = of_data && ends(&["hash", "digest", "sha", "sha256", "md5", "etag", "checksum", "fingerprint"]);
    if (!is_version && !is_digest) || value.is_empty() || value == REDACTED {
        return None;
    }
    if ["$(", "${", "`", "{{"].iter().any(|mark| value.contains(mark)) {
        return Some("it is an expression that nothing evaluated");
    }
    let hex = value.trim_matches('"').rsplit(['-', ':']).next().unwrap_or(value);
    let is_hex = matches!(hex.len(), 32 | 40 | 64) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest {
        // S3 writes ETags of multipart uploads as `hex-parts`.
        let etag = value
            .trim_matches('"')
            .split('-')
            .next()
            .is_some_and(|head| head.len() == 32 && head.bytes().all(|byte| byte.is_ascii_hexdigit()));
        return (!is_hex && !etag).then_some("it is no digest of anything");
    }
    let names_partition = job.inputs.iter().filter_map(|input| input.uri.as_ref()).any(|uri| uri.key.contains(value));
    (is_clock(value) && !names_partition && !is_hex).then_some("it is a time, and says when the job was made, not what it read")
}

/// Returns whether a value is a time: a date, a date with a time, or an epoch.
fn is_clock(value: &str) -> bool {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let only_clock =
        value.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | 'T' | 'Z' | '_' | ' ' | '.' | '+' | '/'));
    if !only_clock || value.is_empty() {
        return false;
    }
    let plausible = |year: &str| year.parse::<u32>().is_ok_and(|year| (2000..2100).contains(&year));
    let dated = digits.len() >= 8
        && digits.get(..4).is_some_and(plausible)
        && digits.get(4..6).is_some_and(|month| ("01"..="12").contains(&month));
    let epoch = value.parse::<f64>().ok().filter(|_| digits.len() >= 10).and_then(Instant::from_number);
    dated || epoch.is_some_and(|at| (946_684_800..4_102_444_800).contains(&at.seconds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_told_from_versions() {
        for clock in ["20261014", "2026-10-14T03:58:00Z", "2026-10-14_03-58", "1760400000", "20261014035800"] {
            assert!(is_clock(clock), "{clock}");
        }
        for version in ["3", "v3", "12", "1.2.0", "gb9", "4294967", "99999999"] {
            assert!(!is_clock(version), "{version}");
        }
    }
}
