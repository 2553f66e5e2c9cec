//! Evidence is missing for an interval that a claim depends on.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::coverage::TrailGap;
use crate::case::gap::{GapKey, Place};
use crate::case::lineage::Lineage;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;
use crate::time::{Instant, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "evidence/gap",
    severity: Severity::Medium,
    fires_when: "Evidence of one source is missing for an interval that a claim depends on: proven by a digest chain, or (grade C) a trail that is otherwise dense has no record for over an hour and ten times its median spacing.",
    why: "\"Nobody changed it\" is only true as far as somebody looked. Whatever happened in the gap is in no claim.",
    needs: "The trail's records around the gap; digest files prove it.",
    fooled_by: "An account that sleeps at night: digests show that an hour was silent and not lost.",
    remedy: "Export the trail's files of the interval; the gap names the command.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for trail in case.coverage.trails() {
        for gap in &trail.gaps {
            let touched: Vec<&Lineage> = case
                .lineages
                .iter()
                .filter(|lineage| {
                    lineage.arn.account() == trail.scope.account
                        && lineage.arn.region() == trail.scope.region
                        && depends(case, lineage, gap)
                })
                .collect();
            let Some(first) = touched.first() else { continue };
            let place = Place { account: trail.scope.account.clone(), region: trail.scope.region.clone() };
            findings.need(GapKey::Trail(place, Some(gap.from), Some(gap.to)));
            let around = gap.proof.clone().map(Citations::one).or_else(|| neighbours(case, trail.scope.region.as_str(), gap));
            let Some(evidence) = around.or_else(|| first.artifact.citations().cloned()) else { continue };
            let (grade, how) = match &gap.file {
                Some(file) => (Grade::B, format!("A digest lists {file}, which is not here.")),
                None => (Grade::C, "The trail is dense before and after, and has no record in between.".to_owned()),
            };
            let names: Vec<&str> = touched.iter().map(|lineage| lineage.name.as_str()).collect();
            let title = format!(
                "CloudTrail of {} is missing for {} ({} to {})",
                trail.scope.region,
                duration_text(gap.to.since(gap.from)),
                gap.from.to_seconds_text(),
                gap.to.to_seconds_text()
            );
            let finding = CHECK
                .finds(format!("cloudtrail/{}/{}", trail.scope.account, trail.scope.region), title, grade, evidence)
                .because(format!("{how} Claims about {} model(s) depend on it: {}.", names.len(), names.join(", ")))
                .concerning(touched.iter().map(|lineage| &lineage.arn))
                .between(Some(gap.from), Some(gap.to))
                .told_apart_by(format!("{} {}", gap.from.to_seconds_text(), gap.to.to_seconds_text()));
            findings.add(finding);
        }
    }
}

/// Returns whether a lineage rests on what happened in a gap: from the reading of its data until it is no longer served.
fn depends(case: &Case, lineage: &Lineage, gap: &TrailGap) -> bool {
    let read = lineage.data.iter().filter_map(|channel| channel.read_at).map(|window| window.from).min();
    let trained = lineage.training_job.value().and_then(|arn| case.jobs.get(arn, lineage.created)).and_then(|job| job.created);
    let Some(begins) = [read, trained, lineage.created].into_iter().flatten().min() else { return false };
    let spans: Vec<_> = case.serving.of_model(&lineage.arn, lineage.created).collect();
    let ends: Option<Instant> = if spans.is_empty() {
        lineage.created
    } else if spans.iter().any(|span| span.to.is_none()) {
        case.as_of
    } else {
        spans.iter().filter_map(|span| span.to.map(|to| to.latest)).max()
    };
    ends.is_some_and(|ends| gap.from < ends && begins < gap.to)
}

/// Returns the recorded calls right before and after a gap.
fn neighbours(case: &Case, region: &str, gap: &TrailGap) -> Option<Citations> {
    let here = || case.calls.iter().filter(|said| said.says.region == region);
    let before = here().rfind(|said| said.says.at <= gap.from);
    let after = here().find(|said| said.says.at >= gap.to);
    Citations::from_all([before, after].into_iter().flatten().map(|said| said.cite.clone()))
}
