//! What was said of one resource, by whom, where; and which statements are of the same one.
//!
//! Names are used again after deletion, so a resource is its ARN and its creation. Statements that state a creation time form
//! incarnations; statements that do not belong to the incarnation that lived when they were made.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::evidence::citation::{Citation, Citations, Locator};
use crate::fact::arn::ArnKey;
use crate::fact::principal::Principal;
use crate::time::{Instant, Seconds};

/// A statement with its citation.
#[derive(Clone, Debug)]
pub struct Said<T> {
    /// What is said.
    pub says: T,
    /// Who acted, where the record tells.
    pub by: Option<Arc<Principal>>,
    /// Where it is said.
    pub cite: Citation,
}

impl<T> Said<T> {
    /// Returns where a line of the file stands.
    pub fn on(&self, line: Option<u32>) -> Citation {
        let mut cite = self.cite.clone();
        if let Some(line) = line {
            cite.locator = Locator::Line(line.into());
        }
        cite
    }
}

/// A creation is recorded when the call was completed (`CloudTrail`, to the second) and when the resource began (the answer, to the
/// millisecond): instants this close are one creation.
const SAME_CREATION: Seconds = 90;

/// Statements of resources: by ARN, then by creation.
pub(super) type Incarnations<T> = BTreeMap<ArnKey, Vec<(Option<Instant>, Vec<Said<T>>)>>;

/// Sorts statements into resources: by ARN, then by creation. `created` tells the creation a statement states.
pub(super) fn incarnations<T>(said: Vec<(ArnKey, Said<T>)>, created: impl Fn(&T) -> Option<Instant>) -> Incarnations<T> {
    let mut by_arn: BTreeMap<ArnKey, Vec<Said<T>>> = BTreeMap::new();
    for (key, said) in said {
        by_arn.entry(key).or_default().push(said);
    }
    by_arn.into_iter().map(|(key, said)| (key, split(said, &created))).collect()
}

fn split<T>(said: Vec<Said<T>>, created: &impl Fn(&T) -> Option<Instant>) -> Vec<(Option<Instant>, Vec<Said<T>>)> {
    let mut creations: Vec<Instant> = said.iter().filter_map(|said| created(&said.says)).collect();
    creations.sort();
    // The first instant of each cluster stands for it.
    let mut starts: Vec<Instant> = Vec::new();
    for creation in creations {
        if starts.last().is_none_or(|start| creation.since(*start) > SAME_CREATION) {
            starts.push(creation);
        }
    }
    if starts.is_empty() {
        return vec![(None, said)];
    }
    let mut groups: Vec<(Option<Instant>, Vec<Said<T>>)> = starts.iter().map(|start| (Some(*start), Vec::new())).collect();
    for said in said {
        let when = created(&said.says).or(said.cite.time);
        let at = when.map_or(0, |when| starts.iter().rposition(|start| start.plus(-SAME_CREATION) <= when).unwrap_or(0));
        if let Some((_, group)) = groups.get_mut(at) {
            group.push(said);
        }
    }
    groups
}

/// Returns the citations of the statements that `relevant` picks, or of all where it picks none.
pub(super) fn cites<T>(said: &[Said<T>], relevant: impl Fn(&T) -> bool) -> Option<Citations> {
    let picked = said.iter().filter(|said| relevant(&said.says)).map(|said| said.cite.clone());
    Citations::from_all(picked).or_else(|| Citations::from_all(said.iter().map(|said| said.cite.clone())))
}

/// Returns the first known value that statements state, asked in the order of `rank` (lowest first), then of the evidence.
pub(super) fn first<'a, T, V>(said: &'a [Said<T>], rank: impl Fn(&T) -> u8, value: impl Fn(&'a T) -> Option<V>) -> Option<V> {
    let mut ordered: Vec<&Said<T>> = said.iter().collect();
    ordered.sort_by_key(|said| rank(&said.says));
    ordered.into_iter().find_map(|said| value(&said.says))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::citation::{ExhibitId, Locator, Source};
    use crate::fact::arn::Arn;

    fn said(created: Option<i64>, seen: i64) -> (ArnKey, Said<Option<Instant>>) {
        let cite = Citation {
            exhibit: ExhibitId { file: 0, entry: 0 },
            locator: Locator::Line(u64::try_from(seen).unwrap()),
            source: Source::CloudTrail,
            time: Some(Instant::from_seconds(seen)),
            event_id: None,
            excerpt: None,
        };
        let key = Arn::parse("arn:aws:sagemaker:r:a:endpoint/e").unwrap().key();
        (key, Said { says: created.map(Instant::from_seconds), by: None, cite })
    }

    #[test]
    fn a_name_used_again_is_another_resource() {
        let all = vec![
            said(Some(1_000), 1_000),
            said(Some(1_002), 9_000),
            said(None, 5_000),
            said(Some(50_000), 50_000),
            said(None, 60_000),
        ];
        let groups = incarnations(all, |created| *created);
        let sizes: Vec<(Option<i64>, usize)> = groups
            .into_values()
            .next()
            .unwrap()
            .into_iter()
            .map(|(start, group)| (start.map(Instant::seconds), group.len()))
            .collect();
        assert_eq!(sizes, [(Some(1_000), 3), (Some(50_000), 2)]);
    }
}
