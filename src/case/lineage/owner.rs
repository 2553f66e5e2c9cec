//! Who made each part of a lineage, where the evidence names the principal: whom to ask, and where it passes from hand to hand.

use std::collections::BTreeMap;

use super::super::Case;
use super::super::jobs::Job;
use super::{Lineage, View};
use crate::evidence::citation::Citations;
use crate::fact::Words;
use crate::fact::principal::Principal;

/// How many places are cited for who wrote the objects of a channel.
const CITED: usize = 5;

/// Who made a part of a lineage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The hop, as outputs call it: `training_job`, `data train`.
    pub hop: String,
    /// What was made: an ARN or an S3 URI.
    pub of: String,
    /// Role or user.
    pub by: String,
    /// Session, where it names a person or program.
    pub session: Option<String>,
    /// Where that is said.
    pub evidence: Citations,
}

impl Owner {
    fn of(hop: &str, of: impl ToString, by: &Principal, evidence: Option<Citations>) -> Option<Self> {
        let session = by.source_identity.clone().or_else(|| by.session.clone());
        Some(Self { hop: hop.to_owned(), of: of.to_string(), by: by.actor().to_owned(), session, evidence: evidence? })
    }
}

/// Returns the owners of a lineage, in the order of its hops.
pub(super) fn of(case: &Case, view: &View<'_>, lineage: &Lineage, job: Option<&Job>) -> Vec<Owner> {
    let mut owners = Vec::new();
    if let Some((model, by)) = view.model.and_then(|model| Some((model, model.by.as_ref()?))) {
        owners.extend(Owner::of("model", &model.arn, by, model.cites(|says| says.words == Words::Request)));
    }
    let package = lineage.package.value().and_then(|package| case.packages.get(&package.arn));
    if let Some((package, by)) = package.and_then(|package| Some((package, package.by.as_ref()?))) {
        let cites = package.cites(|says| says.words == Words::Request && !says.is_update);
        owners.extend(Owner::of("package", &package.arn, by, cites));
    }
    let decided = lineage.approval.value().and_then(|approval| approval.history.last());
    if let Some((decision, by)) = decided.and_then(|decision| Some((decision, decision.by.as_ref()?)))
        && let Some(package) = package
    {
        owners.extend(Owner::of("approval", &package.arn, by, Some(Citations::one(decision.cite.clone()))));
    }
    owners.extend(job.and_then(|job| of_job("training_job", job)));
    let run = lineage.pipeline_execution.value().and_then(|arn| case.pipelines.get(arn));
    if let Some((run, by)) = run.and_then(|run| Some((run, run.by.as_ref()?))) {
        owners.extend(Owner::of("pipeline_execution", &run.arn, by, run.asked.clone().map(Citations::one)));
    }
    for channel in &lineage.data {
        let hop = format!("data {}", channel.channel);
        match channel.produced_by.value().and_then(|arn| case.jobs.get(arn, lineage.created)) {
            Some(producer) => owners.extend(of_job(&hop, producer)),
            None => owners.extend(writers(&hop, channel)),
        }
    }
    owners
}

fn of_job(hop: &str, job: &Job) -> Option<Owner> {
    Owner::of(hop, &job.arn, job.by.as_ref()?, job.cites(|says| says.words == Words::Request))
}

/// Returns who wrote the objects of a channel that no job is known to have produced.
fn writers(hop: &str, channel: &super::Channel) -> Vec<Owner> {
    let objects = channel.version.value().map(|version| version.objects.as_slice()).unwrap_or_default();
    let mut by_writer: BTreeMap<&str, usize> = BTreeMap::new();
    for writer in objects.iter().filter_map(|object| object.written_by.as_deref()) {
        *by_writer.entry(writer).or_default() += 1;
    }
    let owner = |by: &str| {
        let evidence = Citations::from_all(channel.version.evidence().take(CITED).cloned())?;
        Some(Owner { hop: hop.to_owned(), of: channel.uri.clone(), by: by.to_owned(), session: None, evidence })
    };
    by_writer.keys().filter_map(|by| owner(by)).collect()
}
