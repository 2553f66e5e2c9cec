//! The packages a model was trained with, from pip's lines in the job's log.

use std::collections::BTreeMap;

use super::super::Case;
use super::super::claim::{Claim, Conflict, Grade};
use super::super::gap::GapKey;
use super::super::jobs::Job;
use crate::evidence::citation::Citations;

/// Claims the dependencies of a job.
pub(super) fn claim(case: &Case, job: Option<&Job>, unknown_job: &[GapKey]) -> Claim<BTreeMap<String, String>> {
    let Some(job) = job else { return Claim::unknown("the training job is not known", unknown_job.to_vec()) };
    let missing = GapKey::JobLog(job.kind, job.arn.clone(), job.created);
    let hosts: Vec<_> = case.logs.of_job(&job.arn).collect();
    let printed = hosts.iter().find(|(_, printed)| !printed.packages.is_empty()).or_else(|| hosts.first());
    let Some((_, first)) = printed else { return Claim::unknown("the job's log is not in the evidence", [missing]) };
    let complete = hosts.iter().all(|(_, printed)| printed.complete);
    let (grade, extent) = if complete { (Grade::B, "whole log") } else { (Grade::C, "log, as far as it is here") };
    let Some(cites) = Citations::from_all(hosts.iter().filter_map(|(_, printed)| printed.package_citations()).flatten()) else {
        return Claim::unknown("the job's log is not in the evidence", [missing]);
    };
    if hosts.iter().all(|(_, printed)| printed.packages.is_empty()) {
        return Claim::that_none(
            grade,
            format!("the job's {extent} holds no line of pip: its packages are those of its image"),
            cites,
        );
    }
    // Hosts of one job install on their own, and may resolve different versions.
    let others: Vec<Conflict<BTreeMap<String, String>>> = hosts
        .iter()
        .filter(|(_, printed)| printed.packages != first.packages && !printed.packages.is_empty())
        .filter_map(|(_, printed)| Some(Conflict { value: printed.packages.clone(), evidence: printed.package_citations()? }))
        .collect();
    let is_weak = !others.is_empty() || !first.downloaded.is_empty();
    let grade = if is_weak { Grade::C } else { grade };
    let doubt = match first.downloaded.len() {
        0 => String::new(),
        count => format!("; of {count} only the download is told"),
    };
    let why = format!("pip's lines in the job's {extent}{doubt}; packages of the image that pip never named are not among them");
    let lacking = (!complete).then_some(missing);
    Claim::that(first.packages.clone(), grade, why, cites).or_else_fits(others).lacking(lacking)
}
