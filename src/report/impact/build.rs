//! What was reached, put into the shapes of JSON.

use std::collections::BTreeSet;

use super::{Answer, Endpoint, Object, Reached, Summary};
use crate::audit::Impact;
use crate::case::impact::{self, What};
use crate::case::jobs::Job;
use crate::case::objects::Version;
use crate::evidence::citation::{Citation, Citations};
use crate::fact::job::JobKind;
use crate::report::build::{Numbers, bounds, gaps};
use crate::report::document as doc;
use crate::time::Instant;

/// Puts the answer of `impact` together.
pub fn answer(impact: &Impact<'_>) -> Answer {
    let mut numbers = Numbers::new(&impact.gaps);
    let build = |numbers: &mut Numbers<'_>| {
        let reached: Vec<Reached> =
            impact.reached.iter().enumerate().map(|(at, own)| reached(impact, at, own, numbers)).collect();
        let known = || impact.reached.iter().enumerate().filter(|(_, own)| own.is_known());
        let endpoints: Vec<Endpoint> = known().flat_map(|(at, own)| endpoints(impact, at, own, numbers)).collect();
        (reached, endpoints)
    };
    build(&mut numbers);
    let evidence = numbers.close(impact.ledger);
    let (rows, endpoints) = build(&mut numbers);
    let known = || impact.reached.iter().enumerate().filter(|(_, own)| own.is_known());
    let arns = |of: fn(&What<'_>) -> Option<crate::fact::arn::Arn>| {
        let mut arns: Vec<_> = known().filter_map(|(_, own)| of(&own.what)).collect();
        arns.sort();
        arns.dedup();
        arns
    };
    let jobs = arns(|what| match what {
        What::Job(job) => Some(job.arn.clone()),
        _ => None,
    });
    let models = arns(|what| match what {
        What::Release { arn, .. } if arn.kind() != "model-package" => Some(arn.clone()),
        _ => None,
    });
    let packages = arns(|what| match what {
        What::Release { arn, .. } if arn.kind() == "model-package" => Some(arn.clone()),
        _ => None,
    });
    let executions = arns(|what| match what {
        What::Execution(execution) => Some(execution.arn.clone()),
        _ => None,
    });
    let objects: Vec<Object> = known().filter_map(|(at, own)| object(at, own)).collect();
    let (reached, undecided): (Vec<Reached>, Vec<Reached>) =
        rows.into_iter().partition(|row| row.grade <= crate::case::claim::Grade::D);
    let counted: Vec<&Endpoint> = endpoints.iter().filter(|row| row.kind == "endpoint").collect();
    let copied = endpoints.iter().filter(|row| row.kind == "shadow");
    let shadows: BTreeSet<_> = copied.map(|row| (row.endpoint.key(), row.variant.clone())).collect();
    let summary = Summary {
        asked_objects: objects.iter().filter(|object| object.asked).count(),
        objects: objects.iter().filter(|object| !object.asked).count(),
        jobs: jobs.len(),
        models: models.len(),
        packages: packages.len(),
        endpoints: counted.iter().map(|row| row.endpoint.key()).collect::<BTreeSet<_>>().len(),
        shadows: shadows.len(),
        transforms: endpoints.iter().filter(|row| row.kind == "transform").count(),
        requests: if counted.is_empty() {
            Some(0)
        } else {
            once(&counted).filter_map(|row| row.requests).reduce(u64::saturating_add)
        },
        requests_whole: counted.iter().all(|row| row.requests_whole),
        undecided: undecided.iter().filter(|row| row.kind != "object").count(),
        weakest: reached.iter().filter(|row| row.hop.is_some()).map(|row| row.grade).max(),
    };
    Answer {
        schema_version: doc::SCHEMA_VERSION,
        as_of: impact.case.as_of,
        of: impact.of.clone(),
        kind: impact.kind,
        summary,
        objects,
        jobs,
        models,
        packages,
        executions,
        endpoints,
        reached,
        undecided,
        evidence,
        gaps: gaps(&impact.gaps),
    }
}

fn id(at: usize) -> String {
    format!("R{}", at + 1)
}

fn identity(version: &Version) -> String {
    match (&version.id, &version.etag) {
        (Some(id), _) => format!("?versionId={id}"),
        (None, _) => String::new(),
    }
}

fn reached(impact: &Impact<'_>, at: usize, own: &impact::Reached<'_>, numbers: &mut Numbers<'_>) -> Reached {
    let (kind, subject, name) = match &own.what {
        What::Object { place, version, .. } => ("object", format!("{place}{}", identity(version)), place.file_name().to_owned()),
        What::Place(place) => ("object", place.to_string(), place.file_name().to_owned()),
        What::Job(job) => (job_kind(job), job.arn.to_string(), job.name.clone()),
        What::Release { arn, name, .. } => {
            (if arn.kind() == "model-package" { "package" } else { "model" }, arn.to_string(), name.clone())
        }
        What::Execution(execution) => ("execution", execution.arn.to_string(), execution.arn.name().to_owned()),
        What::Serving { span, .. } => ("endpoint", span.endpoint.to_string(), span.name.clone()),
    };
    let own_cites: Vec<Citation> = match &own.what {
        What::Object { version, .. } => impact.case.objects.cites_of(version),
        What::Release { arn, created, .. } => asked_release(impact, arn, *created),
        _ => Vec::new(),
    };
    let (why, evidence) = match &own.hop {
        Some(hop) => (hop.why.clone(), numbers.cite(&hop.evidence)),
        None => ("it was asked about".to_owned(), numbers.cite(&own_cites)),
    };
    Reached {
        id: id(at),
        kind,
        subject,
        name,
        from: own.from.map(id),
        also_from: own.also.iter().copied().map(id).collect(),
        grade: own.grade,
        hop: own.hop.as_ref().map(|hop| hop.grade),
        why,
        evidence,
        missing: own.hop.as_ref().map(|hop| numbers.missing(&hop.missing)).unwrap_or_default(),
        via: own.hop.as_ref().map(|hop| hop.via.clone()).unwrap_or_default(),
    }
}

/// Returns the rows whose requests no other row counts: an adapter answers with what it adapts and with what it brings.
fn once<'a>(rows: &'a [&'a Endpoint]) -> impl Iterator<Item = &'a Endpoint> {
    let holds = |(at, one): (usize, &&Endpoint), (position, other): (usize, &&Endpoint)| {
        let (from, to) =
            (|row: &Endpoint| row.from.as_ref().map(|from| from.earliest), |row: &Endpoint| row.to.as_ref().map(|to| to.latest));
        let ends_later = to(one).is_none() || to(other).is_some_and(|other| to(one).is_some_and(|one| one >= other));
        let same = (from(one), to(one)) == (from(other), to(other));
        at != position
            && one.component.is_some()
            && one.component == other.component
            && one.endpoint.key() == other.endpoint.key()
            && from(one) <= from(other)
            && ends_later
            && (!same || at < position)
    };
    let is_counted =
        move |position: usize, row: &&Endpoint| rows.iter().enumerate().any(|(at, other)| holds((at, other), (position, row)));
    rows.iter().enumerate().filter(move |(position, row)| !is_counted(*position, row)).map(|(_, row)| *row)
}

const fn job_kind(job: &Job) -> &'static str {
    if matches!(job.kind, JobKind::Transform) { "transform" } else { "job" }
}

/// Returns where a model or package that was asked about is described.
fn asked_release(impact: &Impact<'_>, arn: &crate::fact::arn::Arn, created: Option<Instant>) -> Vec<Citation> {
    let of_model = impact.case.models.get(arn, created).and_then(|model| model.cites(|_| true));
    let of_package = || impact.case.packages.get(arn).and_then(|package| package.cites(|_| true));
    of_model.or_else(of_package).into_iter().flatten().collect()
}

fn object(at: usize, own: &impact::Reached<'_>) -> Option<Object> {
    let asked = own.hop.is_none();
    match &own.what {
        What::Object { place, version, until } => Some(Object {
            id: id(at),
            uri: place.to_string(),
            version_id: version.id.as_deref().map(str::to_owned),
            etag: version.etag.as_deref().map(str::to_owned),
            from: version.visible(),
            to: *until,
            written_by: version.by.as_ref().map(|by| by.actor().to_owned()),
            asked,
        }),
        What::Place(place) => Some(Object {
            id: id(at),
            uri: place.to_string(),
            version_id: None,
            etag: None,
            from: None,
            to: None,
            written_by: None,
            asked,
        }),
        _ => None,
    }
}

fn endpoints(impact: &Impact<'_>, at: usize, own: &impact::Reached<'_>, numbers: &mut Numbers<'_>) -> Vec<Endpoint> {
    let hop: Vec<Citation> = own.hop.iter().flat_map(|hop| hop.evidence.iter().cloned()).collect();
    match &own.what {
        What::Serving { span, during } => during
            .iter()
            .map(|(from, to)| {
                let counted = impact.case.serving.asked_of(span, *from, *to, impact.case.as_of);
                let cites: Vec<Citation> = hop
                    .iter()
                    .chain(span.evidence.iter())
                    .chain(counted.iter().flat_map(|counted| &counted.cites))
                    .cloned()
                    .collect();
                Endpoint {
                    id: id(at),
                    endpoint: span.endpoint.clone(),
                    name: span.name.clone(),
                    kind: if span.role.copies().is_some() { "shadow" } else { "endpoint" },
                    variant: Some(span.variant.clone()),
                    model: Some(span.model.clone()),
                    from: Some(bounds(*from)),
                    to: to.map(bounds),
                    share: span.share,
                    role: Some(span.role.name()),
                    component: span.role.component().map(str::to_owned),
                    copies: span.role.copies(),
                    requests: counted.as_ref().map(|counted| counted.requests),
                    requests_whole: counted.as_ref().is_some_and(|counted| counted.whole),
                    grade: own.grade,
                    evidence: numbers.cite(&cites),
                }
            })
            .collect(),
        What::Job(job) if job.kind == JobKind::Transform => {
            let instant = |at: Instant| doc::Bounds { earliest: at, latest: at };
            let cites: Vec<Citation> =
                hop.into_iter().chain(job.cites(|_| true).iter().flat_map(Citations::iter).cloned()).collect();
            let model = job.model.as_ref().map(|model| {
                let arn = crate::fact::arn::Arn::sagemaker(job.arn.region(), job.arn.account(), "model", model);
                impact.case.models.get(&arn, job.created).map_or(arn, |model| model.arn.clone())
            });
            vec![Endpoint {
                id: id(at),
                endpoint: job.arn.clone(),
                name: job.name.clone(),
                kind: "transform",
                variant: None,
                model,
                from: job.started.or(job.created).map(instant),
                to: job.ended.map(instant),
                share: None,
                role: None,
                component: None,
                copies: None,
                requests: None,
                requests_whole: false,
                grade: own.grade,
                evidence: numbers.cite(&cites),
            }]
        }
        _ => Vec::new(),
    }
}
