//! The offline store holds a record more than once.

use crate::case::Case;
use crate::check::{Check, Findings};
use crate::finding::{Severity, grouped};

pub(in crate::check) const CHECK: Check = Check {
    id: "feature-store/duplicate-records",
    severity: Severity::Low,
    fires_when: "The offline store holds several records of one identifier and one event time.",
    why: "A query that does not sort them out counts them twice, and a training set made of it weighs some records more than others; which of several that differ is used is chance.",
    needs: "Parquet files of the offline store in the evidence, and the description of the group, which names identifier and event time. A file is of a group by its ETag in a listing of the bucket (grade B), or by its folders GROUP-1593511200/data/ (grade C).",
    fooled_by: "Writers that try again: the service keeps what arrives twice, and a query that takes the newest `write_time` of each is right. Records that are marked as deleted, and those of one identifier at another time, are none of these. Files of Iceberg tables are written again when they are joined, and are not looked at. Above four million different records only a share of them is looked at, chosen by a hash, and the finding says which.",
    remedy: "Take the newest record of each identifier and event time in every query (by `event_time`, `api_invocation_time`, `write_time`), and make writers that try again send the same record under the same time only once.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for study in &case.stores {
        let Some(found) = &study.duplicates else { continue };
        let (seen, name) = (&found.seen, &study.group.name);
        let title = format!(
            "{} record(s) in the offline store of {name} repeat the identifier and event time of another",
            grouped(seen.rows)
        );
        let sample = if found.one_in > 1 {
            format!(" Of every {} different records one was looked at, so there are about as many times more.", found.one_in)
        } else {
            String::new()
        };
        let detail = format!(
            "Of {} record(s) that were read. The first that came again is {}.{sample}",
            grouped(study.rows),
            seen.example
        );
        let finding = CHECK
            .finds(&study.group.arn, title, study.grade, study.evidence.clone())
            .because(detail)
            .between(seen.first, seen.last)
            .told_apart_by("duplicates");
        findings.add(finding);
    }
}
