//! Records arrive after a training run has read the time that they are of.

use std::collections::BTreeSet;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::jobs::ReadWindow;
use crate::case::objects::Version;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::job::{InputRole, JobKind};
use crate::fact::registry::FeatureGroupStatement;
use crate::fact::s3::S3Uri;
use crate::finding::{Severity, grouped};
use crate::time::{Instant, Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "feature-store/late-writes",
    severity: Severity::Medium,
    fires_when: "Records were written into a feature group's offline store after a training run had read it, with event times from before that run.",
    why: "The model did not see what, going by event time, it could have seen. A query for that time gives other rows today than it gave then, so the run cannot be made again.",
    needs: "The feature group's description with the place of its offline store, the training job that reads that place, and the versions of the objects there.",
    fooled_by: "The event time is that of the partition (`year=/month=/day=/hour=`), to the hour: grade C. Objects that are written within an hour of their partition's end are on time. A backfill that was wanted, and the merging of small files, look the same. Jobs that read through a query and not from the place itself are not seen.",
    remedy: "Train on data up to a time by which everything has arrived, and keep what was read: a manifest or a snapshot of the query's result.",
    run,
};

/// How long after its hour an object may be written, in seconds: the offline store is filled within fifteen minutes.
const ON_TIME: Seconds = 3_600;

/// Objects that are cited, the earliest first.
const CITED: usize = 5;

fn run(case: &Case, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for group in &case.feature_groups {
        // The place that was asked for may hold several groups; the one that SageMaker made of it ends in `data`.
        let store = group.says.offline.as_ref().filter(|store| store.key.trim_end_matches('/').ends_with("/data"));
        let Some(store) = store.filter(|_| seen.insert(group.says.arn.key())) else { continue };
        for job in case.jobs.iter().filter(|job| job.kind == JobKind::Training) {
            for input in job.inputs.iter().filter(|input| input.role != InputRole::Code) {
                let Some(place) = input.uri.as_ref().and_then(|uri| narrower(uri, store)) else { continue };
                let Some(window) = job.read_window(input.mode) else { continue };
                let late = late(case, place, &window);
                let Some((first, last)) = bounds(&late) else { continue };
                let few = late.iter().take(CITED).flat_map(|(_, version)| case.objects.cites_of(version));
                let reads: Vec<Citation> =
                    job.said.iter().filter(|said| !said.says.inputs.is_empty()).map(|said| said.cite.clone()).take(1).collect();
                let Some(evidence) = Citations::from_all(few.chain(reads).chain([group.cite.clone()])) else { continue };
                report(&group.says, job.name.as_str(), &window, (late.len(), first, last), evidence, findings, &job.arn);
            }
        }
    }
}

fn report(
    group: &FeatureGroupStatement,
    job: &str,
    window: &ReadWindow,
    (count, first, last): (usize, Instant, Instant),
    evidence: Citations,
    findings: &mut Findings,
    arn: &crate::fact::arn::Arn,
) {
    let title = format!(
        "{} object(s) of feature group {} hold event times from before {job} read it, and were written after",
        grouped(count as u64),
        group.name
    );
    let detail = format!(
        "The job read at {}; the first was written {} later.",
        window.from.to_seconds_text(),
        duration_text(first.since(window.from))
    );
    let finding = CHECK
        .finds(&group.arn, title, Grade::C, evidence)
        .because(detail)
        .concerning([arn])
        .between(Some(first), Some(last))
        .told_apart_by(format!("{job} {}", window.from.to_seconds_text()));
    findings.add(finding);
}

/// Returns the narrower of two places, one of which holds the other.
fn narrower<'a>(one: &'a S3Uri, other: &'a S3Uri) -> Option<&'a S3Uri> {
    if one.bucket != other.bucket {
        return None;
    }
    let holds = |outer: &S3Uri, inner: &S3Uri| inner.key.starts_with(&*outer.key);
    if holds(other, one) {
        return Some(one);
    }
    holds(one, other).then_some(other)
}

/// Returns the objects that came too late, by the time they were written.
fn late<'a>(case: &'a Case, place: &S3Uri, window: &ReadWindow) -> Vec<(Instant, &'a Version)> {
    let read = window.to.unwrap_or(window.from);
    let mut late: Vec<(Instant, &Version)> = case
        .objects
        .under(place)
        .filter_map(|(key, versions)| {
            let version = versions.first().filter(|version| !version.marker)?;
            let (written, ends) = (version.visible()?, partition_end(key)?);
            (ends <= window.from && written > read && written.since(ends) > ON_TIME).then_some((written, version))
        })
        .collect();
    late.sort_by_key(|(written, _)| *written);
    late
}

fn bounds(late: &[(Instant, &Version)]) -> Option<(Instant, Instant)> {
    Some((late.first()?.0, late.last()?.0))
}

/// Returns the end of the hour that an object of an offline store is of.
fn partition_end(key: &str) -> Option<Instant> {
    let part = |name: &str| key.split('/').find_map(|folder| folder.strip_prefix(name)?.strip_prefix('='));
    let (year, month, day, hour) = (part("year")?, part("month")?, part("day")?, part("hour")?);
    Instant::parse(&format!("{year}-{month:0>2}-{day:0>2}T{hour:0>2}:00:00Z"), false).map(|start| start.plus(3_600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_hours() {
        let end = partition_end("x/data/year=2026/month=10/day=06/hour=05/20261006T050000Z_a.parquet");
        assert_eq!(end.map(Instant::to_seconds_text).as_deref(), Some("2026-10-06T06:00:00Z"));
        assert_eq!(partition_end("x/data/year=2026/month=13/day=06/hour=05/a"), None);
        assert_eq!(partition_end("x/dt=2026-10-06/a"), None);
    }
}
