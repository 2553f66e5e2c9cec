//! Producer and consumer of data are of different code generations.

use crate::case::Case;
use crate::case::claim::{Claim, Grade};
use crate::case::families::families;
use crate::case::jobs::Job;
use crate::case::lineage::{Image, Source, job_code};
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::image::ImageRef;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "data/mixed-producer",
    severity: Severity::Medium,
    fires_when: "The producer's code changed and the consumer's did not, or the other way.",
    why: "Feature code changes in one place, and what reads the features goes on as before: both run, and the numbers mean something else.",
    needs: "Two runs of the consumer, what produced the input of each, and the code of all four: image digests or source archives.",
    fooled_by: "A change that does not touch what the two share; it is worth a look, not more.",
    remedy: "Version producer and consumer together, or let the consumer check the producer's version.",
    run,
};

/// Whether two runs ran the same code.
#[derive(PartialEq)]
enum Change {
    Same,
    Changed(String),
    Unknown,
}

fn run(case: &Case, findings: &mut Findings) {
    for family in families(case.jobs.iter()) {
        for pair in family.runs.windows(2) {
            let (earlier, later) = (pair[0], pair[1]);
            for (uri, one, other) in producers(case, earlier, later) {
                judge(case, [earlier, later], [one, other], &uri, findings);
            }
        }
    }
}

/// Returns the inputs of two runs that different runs of one producer wrote.
fn producers<'a>(case: &'a Case, earlier: &Job, later: &Job) -> Vec<(String, &'a Job, &'a Job)> {
    let made = |job: &Job| -> Vec<(String, &'a Job)> {
        let reads = crate::case::lineage::producers_of(case, job);
        reads.into_iter().filter_map(|(channel, arn)| Some((channel, case.jobs.get(&arn, None)?))).collect()
    };
    let before = made(earlier);
    let mut pairs = Vec::new();
    for (channel, producer) in made(later) {
        let same_channel = before.iter().find(|(own, other)| *own == channel && other.arn.key() != producer.arn.key());
        if let Some((_, other)) = same_channel {
            pairs.push((channel, *other, producer));
        }
    }
    pairs
}

fn judge(case: &Case, consumer: [&Job; 2], producer: [&Job; 2], channel: &str, findings: &mut Findings) {
    let (of_consumer, of_producer) = (change(case, consumer), change(case, producer));
    let (what, how) = match (&of_producer, &of_consumer) {
        (Change::Changed(how), Change::Same) => ("the code of the producer changed and that of the consumer did not", how),
        (Change::Same, Change::Changed(how)) => ("the code of the consumer changed and that of the producer did not", how),
        _ => return,
    };
    let jobs = [producer[0], producer[1], consumer[0], consumer[1]];
    let Some(evidence) = Citations::from_all(
        jobs.iter().filter_map(|job| job.cites(|says| says.image.is_some() || !says.inputs.is_empty())).flatten(),
    ) else {
        return;
    };
    let uri = consumer[1].inputs.iter().find(|input| input.name == channel).and_then(|input| input.uri.as_ref());
    let subject = uri.map_or_else(|| consumer[1].arn.to_string(), ToString::to_string);
    let finding = CHECK
        .finds(subject, format!("Between {} and {}, {what}", consumer[0].name, consumer[1].name), Grade::C, evidence)
        .because(how.clone())
        .concerning(jobs.iter().map(|job| &job.arn))
        .between(consumer[0].created, consumer[1].created)
        .told_apart_by(format!("{} {}", consumer[1].name, producer[1].name));
    findings.add(finding);
}

/// Compares the code of two runs by what both have: archive and image.
fn change(case: &Case, jobs: [&Job; 2]) -> Change {
    let (one, other) = (job_code(case, jobs[0]), job_code(case, jobs[1]));
    let mut known = false;
    for (before, after) in [(source(&one.0), source(&other.0)), (image(&one.1), image(&other.1))] {
        if let (Some(before), Some(after)) = (before, after) {
            if before != after {
                return Change::Changed(format!("{before} → {after}"));
            }
            known = true;
        }
    }
    if known { Change::Same } else { Change::Unknown }
}

fn source(claim: &Claim<Source>) -> Option<String> {
    let source = claim.value()?;
    source.sdk_hash.clone().or_else(|| source.sha256.clone()).or_else(|| source.etag.clone())
}

fn image(claim: &Claim<Image>) -> Option<String> {
    let image = claim.value()?;
    image.digest.clone().or_else(|| ImageRef::parse(&image.uri).and_then(|image| image.tag).filter(|tag| tag != "latest"))
}
