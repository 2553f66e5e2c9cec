//! Pipeline definitions that requests carry: which of them are judged, and once.
//!
//! A build that updates its pipeline on every run sends one definition over and over, and the pipeline's description repeats the last.
//! Of each pipeline the newest request that was accepted counts, where no description that is as new holds a definition, and no other
//! file holds the same.

use std::collections::BTreeMap;

use super::said::Said;
use crate::evidence::citation::{Citation, Source};
use crate::evidence::ledger::Ledger;
use crate::fact::arn::ArnKey;
use crate::fact::config::{ConfigSays, ConfigStatement, Node, Value};
use crate::fact::pipeline::PipelineStatement;

/// Keeps of what requests carry what is in force and stands nowhere else, and names the file that it stands in.
pub(super) fn in_force(
    written: Vec<Said<ConfigStatement>>,
    pipelines: &[Said<PipelineStatement>],
    ledger: &Ledger,
) -> Vec<Said<ConfigStatement>> {
    let newest = newest(pipelines);
    let is_request = |said: &Said<ConfigStatement>| said.cite.source == Source::CloudTrail;
    let (recorded, mut kept): (Vec<_>, Vec<_>) = written.into_iter().partition(is_request);
    let mut told: Vec<Said<ConfigStatement>> = Vec::new();
    for mut said in recorded {
        let Some(own) = members(&said) else { continue };
        let is_newest = newest.values().any(|cite| is_place(cite, &said.cite));
        if !is_newest || kept.iter().chain(&told).filter_map(members).any(|other| is_same(own, other)) {
            continue;
        }
        let exhibit = ledger.exhibits().iter().find(|exhibit| exhibit.id == said.cite.exhibit);
        said.says.file = exhibit.map_or_else(|| said.says.file.clone(), |exhibit| exhibit.path.as_str().into());
        told.push(said);
    }
    kept.extend(told);
    kept
}

/// Returns where the newest definition of each pipeline stands; of a request and a description of one second, the description.
fn newest(pipelines: &[Said<PipelineStatement>]) -> BTreeMap<ArnKey, &Citation> {
    let mut newest: BTreeMap<ArnKey, &Said<PipelineStatement>> = BTreeMap::new();
    let order = |said: &Said<PipelineStatement>| {
        let at = said.cite.time.map(crate::time::Instant::seconds);
        (at, said.cite.source != Source::CloudTrail, said.cite.clone())
    };
    for said in pipelines.iter().filter(|said| said.says.definition.is_some()) {
        let known = newest.entry(said.says.arn.key()).or_insert(said);
        if order(said) > order(known) {
            *known = said;
        }
    }
    newest.into_iter().map(|(key, said)| (key, &said.cite)).collect()
}

/// Returns whether two citations are of one record.
fn is_place(one: &Citation, other: &Citation) -> bool {
    one.exhibit == other.exhibit && one.locator == other.locator
}

fn members(said: &Said<ConfigStatement>) -> Option<&Node> {
    match &said.says.says {
        ConfigSays::Definition { members } => Some(members),
        _ => None,
    }
}

/// Returns whether two values are the same, wherever they stand.
fn is_same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Members(one), Value::Members(other)) => {
            let pairs = || one.iter().zip(other);
            one.len() == other.len() && pairs().all(|((name, own), (named, theirs))| name == named && is_same(own, theirs))
        }
        (Value::Items(one), Value::Items(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(own, theirs)| is_same(own, theirs))
        }
        (one, other) => one == other,
    }
}
