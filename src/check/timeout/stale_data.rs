//! Data older than its target was used, because its producer did not complete.

use super::at_limit;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::families::{Family, families};
use crate::case::gap::GapKey;
use crate::case::jobs::Job;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::fact::job::{InputRole, JobKind, JobStatus};
use crate::fact::s3::S3Uri;
use crate::finding::{Exposure, Severity, grouped};
use crate::time::{Instant, Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "timeout/stale-data",
    severity: Severity::Critical,
    fires_when: "An endpoint or job used data older than its target because its producer did not complete; with exposure in requests (default target: twice the producer's own cadence, from its newest data).",
    why: "The endpoint answers, the job completes, every light is green, and each decision rests on data from days ago.",
    needs: "The producer's runs; for an endpoint, what it serves and the place or feature group that its model's environment names; for exposure, the Invocations metric.",
    fooled_by: "A model that names a place it does not read; data that may be old. The link from endpoint to data rests on a name: grade C.",
    remedy: "Mend the producer, and let the consumer refuse data older than it may be.",
    run,
};

/// A use of a place: by an endpoint for as long as it serves, or by a job when it reads.
struct Use {
    subject: Arn,
    name: String,
    endpoint: Option<(String, String)>,
    from: Instant,
    to: Option<Instant>,
    cites: Vec<Citation>,
}

/// An interval in which a producer's newest data was older than its target.
struct Stale<'a> {
    newest: &'a Job,
    newest_at: Instant,
    incomplete: Vec<&'a Job>,
    from: Instant,
    to: Option<Instant>,
    target: Seconds,
}

fn run(case: &Case, findings: &mut Findings) {
    for family in families(case.jobs.iter()) {
        let Some(cadence) = family.cadence() else { continue };
        let stale = intervals(case, &family, cadence.period * 2);
        if stale.is_empty() {
            continue;
        }
        let uses = uses(case, &family);
        for stale in &stale {
            for using in &uses {
                report(case, &family, stale, using, findings);
            }
        }
    }
}

/// Returns the intervals in which a family's newest data was too old because runs did not complete.
fn intervals<'a>(case: &Case, family: &Family<'a>, target: Seconds) -> Vec<Stale<'a>> {
    let completed: Vec<(Instant, &Job)> = family.completed().filter_map(|job| Some((job.ended?, job))).collect();
    let mut stale = Vec::new();
    for (position, (newest_at, newest)) in completed.iter().enumerate() {
        let next = completed.get(position + 1).map(|(at, _)| *at);
        let from = newest_at.plus(target);
        if next.or(case.as_of).is_none_or(|until| until <= from) {
            continue;
        }
        let between =
            |job: &&&Job| job.created.is_some_and(|created| created > *newest_at && next.is_none_or(|next| created < next));
        let broken = |job: &&&Job| job.status == Some(JobStatus::Failed) || at_limit(case, job).is_some();
        let incomplete: Vec<&Job> = family.runs.iter().filter(between).filter(broken).copied().collect();
        if !incomplete.is_empty() {
            stale.push(Stale { newest, newest_at: *newest_at, incomplete, from, to: next, target });
        }
    }
    stale
}

/// Returns who uses what a family writes.
fn uses(case: &Case, family: &Family<'_>) -> Vec<Use> {
    let Some(last) = family.runs.last() else { return Vec::new() };
    let places: Vec<&S3Uri> = family.runs.iter().flat_map(|run| &run.outputs).filter_map(|output| output.uri.as_ref()).collect();
    let groups: Vec<&str> = last.outputs.iter().filter_map(|output| output.feature_group.as_deref()).collect();
    let covers = |uri: &S3Uri| places.iter().any(|place| place.is_folder_of(uri) || uri.is_folder_of(place));
    let mut uses = Vec::new();
    for span in case.serving.spans() {
        let Some(model) = case.models.get(&span.model, Some(span.from.latest)) else { continue };
        let packaged = model
            .containers
            .iter()
            .filter_map(|container| container.package.as_ref())
            .filter_map(|arn| case.packages.get(arn))
            .flat_map(|package| &package.containers);
        let names = model
            .containers
            .iter()
            .chain(packaged)
            .flat_map(|container| container.environment.values())
            .any(|value| S3Uri::find_all(value).iter().any(covers) || groups.contains(&value.as_str()));
        if names {
            let of_model = model.cites(|says| says.containers.iter().any(|container| !container.environment.is_empty()));
            uses.push(Use {
                subject: span.endpoint.clone(),
                name: span.name.clone(),
                endpoint: Some((span.name.clone(), span.variant.clone())),
                from: span.from.latest,
                to: span.to.map(|to| to.earliest),
                cites: span.evidence.iter().cloned().chain(of_model.into_iter().flatten()).collect(),
            });
        }
    }
    for job in case.jobs.iter().filter(|job| !family.runs.iter().any(|run| run.arn.key() == job.arn.key())) {
        let reads = job
            .inputs
            .iter()
            .filter(|input| input.role == InputRole::Data)
            .filter(|input| input.uri.as_ref().is_some_and(covers));
        for input in reads.take(1) {
            let Some(window) = job.read_window(input.mode) else { continue };
            uses.push(Use {
                subject: job.arn.clone(),
                name: job.name.clone(),
                endpoint: None,
                from: window.from,
                to: Some(window.from),
                cites: job.cites(|says| !says.inputs.is_empty()).into_iter().flatten().collect(),
            });
        }
    }
    uses
}

fn report(case: &Case, family: &Family<'_>, stale: &Stale<'_>, using: &Use, findings: &mut Findings) {
    let from = stale.from.max(using.from);
    let ends = [stale.to, using.to, case.as_of].into_iter().flatten().min();
    let Some(to) = ends.filter(|to| if using.endpoint.is_some() { *to > from } else { *to >= from }) else { return };
    let still = using.endpoint.is_some() && stale.to.is_none() && using.to.is_none();
    let mut cites: Vec<Citation> = using.cites.clone();
    for job in stale.incomplete.iter().chain([&stale.newest]) {
        cites.extend(job.cites(|says| says.status.is_some()).into_iter().flatten());
    }
    let exposure = using.endpoint.as_ref().and_then(|(_, variant)| {
        let counted = case.serving.requests(&using.subject, Some(variant), from, to);
        if counted.is_none() {
            findings.need(GapKey::Requests { endpoint: using.subject.clone(), variant: variant.clone(), from, to });
        }
        counted
    });
    cites.extend(exposure.iter().flat_map(|exposure| exposure.cites.clone()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let age = to.since(stale.newest_at);
    let names: Vec<&str> = stale.incomplete.iter().map(|job| job.name.as_str()).collect();
    let requests = exposure
        .as_ref()
        .map(|exposure| {
            format!("; {}{} requests met it", if exposure.whole { "" } else { "at least " }, grouped(exposure.requests))
        })
        .unwrap_or_default();
    let kind = if family.kind == JobKind::Training { "models" } else { "data" };
    let title = format!(
        "{} used {kind} of {} that was up to {} old{}{requests}",
        using.name,
        family.name,
        duration_text(age),
        if still { " and still does" } else { "" }
    );
    let detail = format!(
        "{} run(s) did not complete ({}), so the newest data is of {}; more than {} after that it is older than its target (twice the producer's own cadence).",
        names.len(),
        names.join(", "),
        stale.newest_at.to_seconds_text(),
        duration_text(stale.target)
    );
    let finding = CHECK
        .finds(&using.subject, title, Grade::C, evidence)
        .because(detail)
        .concerning(stale.incomplete.iter().map(|job| &job.arn).chain([&stale.newest.arn]))
        .between(Some(from), if still { None } else { Some(to) })
        .told_apart_by(format!("{} {}", family.name, stale.newest_at.to_seconds_text()))
        .exposing(exposure.map(|exposure| Exposure { requests: exposure.requests, from, to }));
    findings.add(finding);
}
