//! Data passes from one role to another by a path alone.

use std::collections::{BTreeMap, BTreeSet};

use super::mutable_input::is_pinned;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::jobs::Job;
use crate::case::lineage::{Channel, Lineage};
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::fact::job::{DataType, InputRole};
use crate::fact::s3::S3Uri;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "data/handover",
    severity: Severity::Info,
    fires_when: "Another role produces a training job's input than the one that asked for the job, and the input is a mutable path: no version id, manifest, content hash or partition.",
    why: "Two parties rely on a path, and neither knows what the other had in mind: the one writes over it, the other trains on what happens to lie there. When something is wrong, nobody owns it.",
    needs: "Who made the training job and the job that produced its input, or who wrote the objects: CloudTrail with management events, and data events for objects that no job wrote.",
    fooled_by: "One team with several roles; an agreement that nothing records. A producer that the evidence does not name is not judged.",
    remedy: "Hand data over by a manifest, a version or a partition that is never written twice, with an owner for each side.",
    run,
};

/// How many places are cited for one data set.
const CITED: usize = 20;

/// What passes from hand to hand.
#[derive(Default)]
struct Passed<'a> {
    producers: BTreeSet<&'a str>,
    consumers: Vec<&'a Job>,
    grade: Option<Grade>,
    cites: Vec<Citation>,
}

fn run(case: &Case, findings: &mut Findings) {
    let mut passed: BTreeMap<(String, String, String), Passed<'_>> = BTreeMap::new();
    for lineage in &case.lineages {
        let Some(job) = lineage.training_job.value().and_then(|arn| case.jobs.get(arn, lineage.created)) else { continue };
        let Some(consumer) = job.by.as_ref().map(|by| by.actor()) else { continue };
        for channel in &lineage.data {
            if is_mutable(job, channel) {
                let known = from(case, lineage, channel);
                for (producer, name, grade, cites) in known {
                    // What a job's own role writes is the job's.
                    if producer == consumer || job.role.as_deref() == Some(producer) {
                        continue;
                    }
                    let key = (channel.uri.clone(), producer.to_owned(), consumer.to_owned());
                    let entry = passed.entry(key).or_default();
                    entry.producers.extend(name);
                    entry.grade = Some(entry.grade.map_or(grade, |known| known.weaker(grade)));
                    entry.cites.extend(cites);
                    entry.cites.extend(job.cites(|says| !says.inputs.is_empty()).into_iter().flatten());
                    if !entry.consumers.iter().any(|known| known.arn.key() == job.arn.key()) {
                        entry.consumers.push(job);
                    }
                }
            }
        }
    }
    for ((uri, producer, consumer), found) in passed {
        report(&uri, &producer, &consumer, found, findings);
    }
}

fn report(uri: &str, producer: &str, consumer: &str, found: Passed<'_>, findings: &mut Findings) {
    let Some(evidence) = Citations::from_all(found.cites) else { return };
    let short = |arn: &str| Arn::parse(arn).map_or_else(|| arn.to_owned(), |arn| arn.resource().to_owned());
    let made: Vec<&str> = found.producers.into_iter().collect();
    let by = if made.is_empty() { String::new() } else { format!(" ({})", made.join(", ")) };
    let read: Vec<&str> = found.consumers.iter().take(3).map(|job| job.name.as_str()).collect();
    let more = found.consumers.len().saturating_sub(read.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let finding = CHECK
        .finds(
            uri,
            format!("{} hands data to {} by a path that can be overwritten", short(producer), short(consumer)),
            found.grade.unwrap_or(Grade::C),
            evidence,
        )
        .because(format!(
            "{} writes it{by}; {} had it read by {}{more}. Nothing says which content was handed over.",
            short(producer),
            short(consumer),
            read.join(", ")
        ))
        .concerning([producer, consumer])
        .concerning(found.consumers.iter().map(|job| &job.arn))
        .told_apart_by(format!("{producer} {consumer}"));
    findings.add(finding);
}

/// Returns whether a channel is an input of a job whose path can be written over.
fn is_mutable(job: &Job, channel: &Channel) -> bool {
    let of_channel = job.inputs.iter().filter(|input| input.role == InputRole::Data && input.data_type == DataType::Prefix);
    let uris: Vec<&S3Uri> = of_channel.filter_map(|input| input.uri.as_ref()).collect();
    uris.iter().any(|uri| uri.to_string() == channel.uri && !is_pinned(uri, job))
}

/// Who produced a channel: the role, the job's name, how well that is known, and where it is said.
type From<'a> = (&'a str, Option<&'a str>, Grade, Vec<Citation>);

fn from<'a>(case: &'a Case, lineage: &'a Lineage, channel: &'a Channel) -> Vec<From<'a>> {
    if let Some(producer) = channel.produced_by.value().and_then(|arn| case.jobs.get(arn, lineage.created)) {
        let Some(by) = producer.by.as_ref() else { return Vec::new() };
        let cites = channel.produced_by.evidence().cloned().collect();
        return vec![(by.actor(), Some(producer.name.as_str()), channel.produced_by.grade().weaker(Grade::B), cites)];
    }
    let objects = channel.version.value().map(|version| version.objects.as_slice()).unwrap_or_default();
    let writers: BTreeSet<&str> = objects.iter().filter_map(|object| object.written_by.as_deref()).collect();
    let cites: Vec<Citation> = channel.version.evidence().take(CITED).cloned().collect();
    writers.into_iter().map(|writer| (writer, None, channel.version.grade().weaker(Grade::B), cites.clone())).collect()
}
