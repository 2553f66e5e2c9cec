//! What evidence there is, per source, account, region and interval; and so what may be concluded from silence.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::citation::{Citation, Source};
use crate::fact::call::{Listed, ListedStatement, TrailStatement, TrailWhat};
use crate::fact::density::{Density, Scope};
use crate::time::{Instant, Seconds};

use super::alarm::Alarm;
use super::said::Said;

/// An interval for which a trail's records are missing.
#[derive(Clone, Debug, PartialEq)]
pub struct TrailGap {
    /// Beginning.
    pub from: Instant,
    /// End.
    pub to: Instant,
    /// The digest that proves it; otherwise it is inferred from the trail's rhythm.
    pub proof: Option<Citation>,
    /// A log file that the digest lists and that is not there.
    pub file: Option<String>,
}

/// What a trail covers.
#[derive(Clone, Debug)]
pub struct TrailCoverage {
    /// Account and region.
    pub scope: Scope,
    /// First record.
    pub from: Instant,
    /// Last record.
    pub to: Instant,
    /// Intervals without records.
    pub gaps: Vec<TrailGap>,
    /// Number of records.
    pub records: u64,
}

/// A row of the coverage table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Source.
    pub source: Source,
    /// Account, if known.
    pub account: Option<String>,
    /// Region, if known.
    pub region: Option<String>,
    /// What part of the source: a bucket, a log group.
    pub of: Option<String>,
    /// Beginning of the interval: the earliest evidence, or what was asked for.
    pub from: Instant,
    /// End of the interval.
    pub to: Instant,
    /// Share of the interval for which there is evidence, in percent; nothing where the source does not show what is missing.
    pub percent: Option<f64>,
    /// Holes in it.
    pub gaps: Vec<(Instant, Instant)>,
}

/// The part of the evidence that a row of the table is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) source: Source,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) of: Option<String>,
}

/// All coverage.
#[derive(Debug, Default)]
pub struct Coverage {
    trails: Vec<TrailCoverage>,
    spans: BTreeMap<Part, (Instant, Instant)>,
    lists: Vec<Said<ListedStatement>>,
    /// Where trails deliver, by account.
    pub trail_buckets: BTreeMap<String, (String, Option<String>)>,
}

impl Coverage {
    /// Builds the coverage. `files` are the names of all exhibits, for matching with what digests list.
    pub(super) fn build(
        density: &BTreeMap<Scope, Density>,
        trails: &[Said<TrailStatement>],
        lists: Vec<Said<ListedStatement>>,
        files: &BTreeSet<String>,
    ) -> Self {
        let mut coverage = Self { lists, ..Self::default() };
        for said in trails {
            if let TrailWhat::Delivers { bucket, prefix } = &said.says.what {
                coverage.trail_buckets.entry(said.says.account.clone()).or_insert_with(|| (bucket.clone(), prefix.clone()));
            }
            if let TrailWhat::Digest { bucket, files, .. } = &said.says.what
                && let Some(file) = files.first()
            {
                let prefix = file
                    .key
                    .split_once("AWSLogs/")
                    .map(|(prefix, _)| prefix.trim_end_matches('/'))
                    .filter(|prefix| !prefix.is_empty());
                coverage
                    .trail_buckets
                    .entry(said.says.account.clone())
                    .or_insert_with(|| (bucket.clone(), prefix.map(str::to_owned)));
            }
        }
        for (scope, density) in density {
            let Some((from, to)) = density.span() else { continue };
            let digests: Vec<&Said<TrailStatement>> =
                trails.iter().filter(|said| said.says.account == scope.account && said.says.region == scope.region).collect();
            let mut gaps = missing_files(&digests, files);
            for hole in density.holes() {
                // An hour for which a digest lists nothing that is missing was an hour without records.
                if !is_explained(hole.from, hole.to, &digests, files)
                    && !gaps.iter().any(|gap| gap.from < hole.to && hole.from < gap.to)
                {
                    gaps.push(TrailGap { from: hole.from, to: hole.to, proof: None, file: None });
                }
            }
            gaps.sort_by(|left, right| left.from.cmp(&right.from).then(left.to.cmp(&right.to)));
            coverage.trails.push(TrailCoverage { scope: scope.clone(), from, to, gaps, records: density.records() });
        }
        coverage
    }

    /// Notes that a part of the evidence tells of an instant.
    pub(super) fn note(&mut self, part: Part, at: Instant) {
        let span = self.spans.entry(part).or_insert((at, at));
        span.0 = span.0.min(at);
        span.1 = span.1.max(at);
    }

    /// Takes over the notes of another coverage.
    pub(super) fn take_spans(&mut self, other: Self) {
        self.spans = other.spans;
    }

    /// Returns what trails cover.
    pub fn trails(&self) -> &[TrailCoverage] {
        &self.trails
    }

    /// Returns whether a trail covers an interval without a hole: only then does it show what did not happen.
    pub fn trail_is_whole(&self, account: &str, region: &str, from: Instant, to: Instant) -> bool {
        self.trails.iter().any(|trail| {
            trail.scope.account == account
                && trail.scope.region == region
                && trail.from <= from
                && to <= trail.to
                && !trail.gaps.iter().any(|gap| gap.from < to && from < gap.to)
        })
    }

    /// Returns whole lists of a kind for an account and region. Where a list does not tell, it may be any.
    pub fn lists<'a>(
        &'a self,
        what: Listed,
        account: &'a str,
        region: &'a str,
    ) -> impl Iterator<Item = &'a Said<ListedStatement>> {
        let fits = |own: &Option<String>, wanted: &str| own.as_deref().is_none_or(|own| own == wanted);
        self.lists.iter().filter(move |said| {
            said.says.what == what && said.says.complete && fits(&said.says.account, account) && fits(&said.says.region, region)
        })
    }

    /// Returns the intervals for which an alarm's history is known whole, and where that is said.
    pub fn alarm_history(&self, alarm: &Alarm) -> Vec<(Instant, Instant, Citation)> {
        const KEPT: Seconds = 30 * 86_400;
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let (account, region) = (part(&alarm.home.account), part(&alarm.home.region));
        self.lists(Listed::AlarmHistory, &account, &region)
            .filter(|said| said.says.of.as_ref().is_none_or(|name| *name == alarm.name))
            .filter_map(|said| {
                let captured = said.says.captured?;
                let oldest = captured.plus(-KEPT);
                let from = said.says.from.map_or(oldest, |from| from.max(oldest));
                Some((from, said.says.to.map_or(captured, |to| to.min(captured)), said.cite.clone()))
            })
            .collect()
    }

    /// Returns the coverage table of the interval that was asked for; an open end is that of the evidence.
    pub fn rows(&self, from: Option<Instant>, to: Option<Instant>) -> Vec<Row> {
        let trails = self.trails.iter().map(|trail| {
            let (begins, ends) = (from.unwrap_or(trail.from), to.unwrap_or(trail.to));
            let before = (begins, trail.from.min(ends));
            let after = (trail.to.max(begins), ends);
            let inside = trail.gaps.iter().map(|gap| (gap.from.max(begins), gap.to.min(ends)));
            let mut gaps: Vec<(Instant, Instant)> = inside.chain([before, after]).filter(|(start, end)| start < end).collect();
            gaps.sort();
            Row {
                source: Source::CloudTrail,
                account: Some(trail.scope.account.clone()),
                region: Some(trail.scope.region.clone()),
                of: None,
                from: begins,
                to: ends,
                percent: Some(percent(begins, ends, &gaps)),
                gaps,
            }
        });
        let others = self.spans.iter().filter(|(part, _)| part.source != Source::CloudTrail).map(|(part, (first, last))| Row {
            source: part.source,
            account: part.account.clone(),
            region: part.region.clone(),
            of: part.of.clone(),
            from: *first,
            to: *last,
            percent: None,
            gaps: Vec::new(),
        });
        trails.chain(others).collect()
    }
}

/// Returns the share of an interval that is not in its gaps, in percent, to one decimal.
fn percent(from: Instant, to: Instant, gaps: &[(Instant, Instant)]) -> f64 {
    let total = to.since(from);
    if total <= 0 {
        return 100.0;
    }
    let mut missing = 0;
    let mut reached = from;
    for (start, end) in gaps {
        let start = (*start).max(reached);
        missing += end.since(start).max(0);
        reached = reached.max(*end);
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds of an interval lie far below 2^53")]
    let share = (total - missing.min(total)) as f64 / total as f64;
    (share * 1_000.0).round() / 10.0
}

/// Returns the gaps that digests prove: log files that they list and that are not there.
fn missing_files(digests: &[&Said<TrailStatement>], files: &BTreeSet<String>) -> Vec<TrailGap> {
    let mut gaps = Vec::new();
    for said in digests {
        let TrailWhat::Digest { from, to, files: listed, .. } = &said.says.what else { continue };
        for file in listed.iter().filter(|file| !files.contains(file.file_name())) {
            gaps.push(TrailGap {
                from: file.oldest.unwrap_or(*from),
                to: file.newest.unwrap_or(*to),
                proof: Some(said.cite.clone()),
                file: Some(file.file_name().to_owned()),
            });
        }
    }
    gaps
}

/// Returns whether digests without missing files cover an interval.
fn is_explained(from: Instant, to: Instant, digests: &[&Said<TrailStatement>], files: &BTreeSet<String>) -> bool {
    let mut reached = from;
    let mut spans: Vec<(Instant, Instant)> = digests
        .iter()
        .filter_map(|said| match &said.says.what {
            TrailWhat::Digest { from, to, files: listed, .. } => {
                let whole = listed.iter().all(|file| files.contains(file.file_name()));
                whole.then_some((*from, *to))
            }
            _ => None,
        })
        .collect();
    spans.sort();
    for (start, end) in spans {
        if start <= reached {
            reached = reached.max(end);
        }
    }
    // Files are delivered up to a quarter of an hour after their events.
    !digests.is_empty() && reached >= to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_gaps_count_once() {
        let at = Instant::from_seconds;
        assert!((percent(at(0), at(1_000), &[(at(100), at(300)), (at(200), at(400))]) - 70.0).abs() < 1e-9);
        assert!((percent(at(0), at(0), &[]) - 100.0).abs() < 1e-9);
    }
}
