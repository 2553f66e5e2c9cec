//! Model Monitor: schedules and what became of their executions.

pub(super) mod blind;
pub(super) mod no_baselines;
pub(super) mod silent;
pub(super) mod violations;

use std::collections::BTreeMap;

use crate::case::Case;
use crate::case::monitors::Schedule;
use crate::evidence::citation::Citation;
use crate::fact::Words;
use crate::fact::arn::Arn;
use crate::fact::registry::PackageStatement;
use crate::time::Instant;

/// Returns the endpoint that a schedule watches, of its own account and region.
fn watched(case: &Case, schedule: &Schedule) -> Option<Arn> {
    let name = schedule.endpoint.as_deref()?;
    let is_own = |arn: &Arn| {
        arn.last().eq_ignore_ascii_case(name) && arn.account() == schedule.arn.account() && arn.region() == schedule.arn.region()
    };
    let known = case.serving.endpoints().iter().rev().map(|endpoint| &endpoint.arn).find(|arn| is_own(arn));
    Some(known.cloned().unwrap_or_else(|| Arn::sagemaker(schedule.arn.region(), schedule.arn.account(), "endpoint", name)))
}

/// Returns the packages of what an endpoint served at an instant that are described and carry no `DriftCheckBaselines`, with where they
/// are described.
fn bare_packages(case: &Case, schedule: &Schedule, at: Instant) -> BTreeMap<Arn, Vec<Citation>> {
    let mut bare = BTreeMap::new();
    let Some(watched) = watched(case, schedule) else { return bare };
    let served = case.serving.spans().filter(|span| {
        let holds = span.from.latest <= at && span.to.is_none_or(|to| at <= to.earliest);
        holds && span.endpoint.key() == watched.key()
    });
    for span in served {
        let lineage = case.lineages.iter().find(|one| one.arn.key() == span.model.key() && one.created == span.model_created);
        let release = lineage.and_then(|lineage| lineage.package.value());
        let Some(package) = release.and_then(|release| case.packages.get(&release.arn)) else { continue };
        let is_whole = |says: &PackageStatement| says.words == Words::Answer && !says.is_update;
        let described: Vec<Citation> =
            package.said.iter().filter(|said| is_whole(&said.says)).map(|said| said.cite.clone()).collect();
        if !described.is_empty() && !package.said.iter().any(|said| said.says.has_baselines) {
            bare.insert(package.arn.clone(), described);
        }
    }
    bare
}

/// Writes a measure to three digits, without zeros that say nothing.
fn shown(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
