//! Requests are not split between variants as their weights say.

use std::collections::{BTreeMap, BTreeSet};

use super::percent;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::metrics::Series;
use crate::case::serving::{Bounds, Endpoint, Span};
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::config::ConfigSays;
use crate::finding::{Severity, grouped};
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/split-mismatch",
    severity: Severity::Medium,
    fires_when: "While weights stayed as they were, variants were asked in other shares than their weights say: by at least two percentage points, and by more than chance makes once in a million times. Says so too where more than one model served under one variant's name meanwhile.",
    why: "Whoever compares the variants takes the split for the one that was set: what the test says of the models is then said of other requests, or of another model.",
    needs: "The configuration with its weights and every request to change them, and the `Invocations` of each variant at one period. Where the trail has holes, weights may have been changed in them: grade C.",
    fooled_by: "Requests that name their variant (`TargetVariant`) go past the weights: a script in the evidence that does so keeps this silent, callers that the evidence does not show do not. Few requests, and periods in which weights were changed, are not judged.",
    remedy: "Look for callers that name a variant and for instances that were missing; compare variants only over time in which split and models stayed the same.",
    run,
};

/// Least difference that matters, as a share.
const MATTERS: f64 = 0.02;

/// Standard deviations of a normal law beyond which chance lies once in a million times and less.
const BEYOND_CHANCE: f64 = 5.0;

/// Fewest requests that a variant must be expected to get.
const FEWEST: f64 = 5.0;

/// Time in which the shares of all variants stayed the same.
struct Window<'a> {
    from: Instant,
    to: Instant,
    shares: BTreeMap<&'a str, f64>,
    spans: Vec<&'a Span>,
}

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        for window in windows(case, endpoint) {
            judge(case, endpoint, &window, findings);
        }
    }
}

/// Returns the times in which an endpoint had several variants whose shares stayed the same.
fn windows<'a>(case: &Case, endpoint: &'a Endpoint) -> Vec<Window<'a>> {
    let mut cuts: BTreeSet<Bounds> = endpoint.spans.iter().flat_map(|span| [Some(span.from), span.to]).flatten().collect();
    if let Some(now) = case.as_of.filter(|_| endpoint.spans.iter().any(|span| span.to.is_none())) {
        cuts.insert(Bounds { earliest: now, latest: now });
    }
    let cuts: Vec<Bounds> = cuts.into_iter().collect();
    let mut windows: Vec<Window<'_>> = Vec::new();
    for pair in cuts.windows(2) {
        let (from, to) = (pair[0].latest, pair[1].earliest);
        let serves = |span: &&Span| span.from.latest <= from && span.to.is_none_or(|ends| ends.earliest >= to);
        let spans: Vec<&Span> = endpoint.spans.iter().filter(serves).collect();
        let shares: BTreeMap<&str, f64> = spans.iter().filter_map(|span| Some((span.variant.as_str(), span.share?))).collect();
        let is_whole = (shares.values().sum::<f64>() - 1.0).abs() < 1e-6 && shares.len() == spans.len();
        if from >= to || shares.len() < 2 || !is_whole {
            continue;
        }
        match windows.last_mut() {
            // Another model under the same name and weight is no change of the split.
            Some(last) if is_same(&last.shares, &shares) && last.to <= from && last.to >= pair[0].earliest => {
                last.to = to;
                last.spans.extend(spans);
            }
            _ => windows.push(Window { from, to, shares, spans }),
        }
    }
    windows
}

fn is_same(one: &BTreeMap<&str, f64>, other: &BTreeMap<&str, f64>) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|((name, share), (own, theirs))| name == own && (share - theirs).abs() < 1e-9)
}

/// Requests of each variant, over periods that were exported of all of them.
struct Counted<'a> {
    counts: BTreeMap<&'a str, f64>,
    cites: Vec<Citation>,
}

fn judge(case: &Case, endpoint: &Endpoint, window: &Window<'_>, findings: &mut Findings) {
    if names_variants(case, endpoint) {
        return;
    }
    let Some(counted) = count(case, endpoint, window, findings) else { return };
    let total: f64 = counted.counts.values().sum();
    let Some((variant, share, wanted)) = mismatch(&counted, &window.shares, total) else { return };
    let (account, region) = (endpoint.arn.account(), endpoint.arn.region());
    let whole = case.coverage.trail_is_whole(account, region, window.from, window.to);
    if !whole {
        findings.need(GapKey::Trail(Place::of(&endpoint.arn), Some(window.from), Some(window.to)));
    }
    let known = if whole { Grade::B } else { Grade::C };
    let grade = window.spans.iter().fold(known, |grade, span| grade.weaker(span.grade));
    let evidence = window.spans.iter().flat_map(|span| span.evidence.iter().cloned()).chain(counted.cites);
    let Some(evidence) = Citations::from_all(evidence) else { return };
    let title = format!(
        "{variant} of {} got {} of {} requests; its weight is {}",
        endpoint.name,
        percent(share),
        grouped(whole_number(total)),
        percent(wanted)
    );
    let list: Vec<String> = window
        .shares
        .iter()
        .map(|(name, wanted)| {
            let got = counted.counts.get(name).copied().unwrap_or_default();
            format!("{name}: {} requests, {} instead of {}", grouped(whole_number(got)), percent(got / total), percent(*wanted))
        })
        .collect();
    let doubt = if whole { "" } else { " The trail has holes: weights may have been changed in them." };
    let finding = CHECK
        .finds(&endpoint.arn, title, grade, evidence)
        .because(format!("{}. Chance makes that less than once in a million times.{}{doubt}", list.join("; "), mixed(window)))
        .concerning(window.spans.iter().map(|span| &span.model))
        .between(Some(window.from), Some(window.to))
        .told_apart_by(format!("{variant} {}", window.from.to_seconds_text()));
    findings.add(finding);
}

/// Returns whether a script in the evidence asks a variant of the endpoint by name, past the weights.
fn names_variants(case: &Case, endpoint: &Endpoint) -> bool {
    case.written.iter().any(|said| match &said.says.says {
        ConfigSays::Call { method, arguments, .. } => {
            let asked = arguments.get("EndpointName").and_then(|name| name.word());
            let is_other = asked.is_some_and(|name| !name.eq_ignore_ascii_case(&endpoint.name));
            method.starts_with("invoke_endpoint") && arguments.get("TargetVariant").is_some() && !is_other
        }
        _ => false,
    })
}

/// Counts requests over the periods inside a window that were exported of every variant; names the gap where one lacks.
fn count<'a>(case: &Case, endpoint: &Endpoint, window: &Window<'a>, findings: &mut Findings) -> Option<Counted<'a>> {
    let mut series: BTreeMap<&str, Vec<&Series>> = BTreeMap::new();
    for name in window.shares.keys() {
        series.insert(name, case.serving.measured(&case.metrics, &endpoint.arn, name, "Invocations", "Sum"));
    }
    let known = series.values().filter(|found| !found.is_empty()).count();
    if known > 0 {
        for (name, _) in series.iter().filter(|(_, found)| found.is_empty()) {
            findings.need(GapKey::Requests {
                endpoint: endpoint.arn.clone(),
                variant: (*name).to_owned(),
                from: window.from,
                to: window.to,
            });
        }
    }
    let periods = series.values().next()?.iter().map(|series| series.data.period);
    for period in periods {
        let same: Option<Vec<&Series>> =
            series.values().map(|found| found.iter().find(|series| series.data.period == period).copied()).collect();
        let Some(same) = same else { continue };
        let covers = |at: Instant| {
            let inside = |series: &&Series| series.data.spans.iter().any(|(from, to)| *from <= at && at.plus(period) <= *to);
            window.from <= at && at.plus(period) <= window.to && same.iter().all(inside)
        };
        let sum = |series: &Series| series.data.points.iter().filter(|(at, _)| covers(*at)).map(|(_, count)| *count).sum();
        let counts: BTreeMap<&str, f64> = window.shares.keys().copied().zip(same.iter().map(|series| sum(series))).collect();
        let cites = same.iter().flat_map(|series| series.data.cites.iter().cloned()).collect();
        return Some(Counted { counts, cites });
    }
    None
}

/// Returns the variant that is furthest from its share, with the share it got and the one it should have, where that is no chance.
fn mismatch<'a>(counted: &Counted<'a>, shares: &BTreeMap<&'a str, f64>, total: f64) -> Option<(&'a str, f64, f64)> {
    if shares.values().any(|share| share * total < FEWEST) {
        return None;
    }
    let got = |name: &str| counted.counts.get(name).copied().unwrap_or_default();
    let distance: f64 = shares.iter().map(|(name, share)| (got(name) - share * total).powi(2) / (share * total)).sum();
    #[expect(clippy::cast_precision_loss, reason = "an endpoint has a handful of variants")]
    let freedom = (shares.len() - 1) as f64;
    // Wilson and Hilferty: the cube root of chi-square over its degrees of freedom is about normal.
    let spread = 2.0 / (9.0 * freedom);
    let deviations = ((distance / freedom).cbrt() - (1.0 - spread)) / spread.sqrt();
    let furthest = shares
        .iter()
        .map(|(name, share)| (*name, got(name) / total, *share))
        .max_by(|left, right| (left.1 - left.2).abs().total_cmp(&(right.1 - right.2).abs()))?;
    ((furthest.1 - furthest.2).abs() >= MATTERS && deviations > BEYOND_CHANCE).then_some(furthest)
}

/// Says which variants served more than one model.
fn mixed(window: &Window<'_>) -> String {
    let mut models: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for span in &window.spans {
        let known = models.entry(&span.variant).or_default();
        if !known.contains(&span.model.last()) {
            known.push(span.model.last());
        }
    }
    let several = models.iter().filter(|(_, models)| models.len() > 1);
    let words: Vec<String> =
        several.map(|(name, models)| format!(" {name} served {} one after the other.", models.join(" and "))).collect();
    words.concat()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of requests are whole and not negative")]
fn whole_number(count: f64) -> u64 {
    count.max(0.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(blue: f64, green: f64, share: f64) -> bool {
        let counted = Counted { counts: BTreeMap::from([("blue", blue), ("green", green)]), cites: Vec::new() };
        mismatch(&counted, &BTreeMap::from([("blue", 1.0 - share), ("green", share)]), blue + green).is_some()
    }

    #[test]
    fn chance_and_trifles_are_left_alone() {
        assert!(found(6_200.0, 3_800.0, 0.5));
        assert!(found(880.0, 120.0, 0.05));
        // Twenty requests, a tenth of a point among millions, and what is as it should be.
        assert!(!found(14.0, 6.0, 0.5) && !found(5_010_000.0, 4_990_000.0, 0.5) && !found(9_010.0, 990.0, 0.1));
        assert!(!found(99.0, 1.0, 0.01));
    }
}
