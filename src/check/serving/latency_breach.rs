//! The model was too slow for too long, and its traffic stayed where it was.

use super::percent;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::incidents::{LATENCY_OBJECTIVE, SUSTAINED};
use crate::case::metrics::Series;
use crate::case::serving::{Endpoint, Span};
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::{Exposure, Severity};
use crate::time::{Instant, Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/latency-breach",
    severity: Severity::High,
    fires_when: "p95 latency was above its objective for the sustained period (800 ms, 5 min) and traffic was not moved away.",
    why: "One request in twenty took longer than was promised, for minutes, and nobody and nothing took the traffic to a variant that answers.",
    needs: "A percentile of `ModelLatency` (in microseconds) of the variant, p95 or a lower one, at periods of five minutes or less; and a trail without holes over that time, or the variant's `Invocations`, to say that traffic stayed. Without these it names the gap.",
    fooled_by: "`ModelLatency` alone is judged: `OverheadLatency` comes on top and percentiles do not add up, so callers waited longer. A p99 above the objective says nothing of the p95, and an average is no percentile: neither fires. Periods longer than five minutes do not tell whether it lasted. A period with few requests has a p95 all the same.",
    remedy: "Let an alarm on the p95 at one minute move the weights or roll the deployment back, and keep a variant that can take the traffic.",
    run,
};

/// How long after that traffic may take to be moved.
const REACTION: Seconds = 300;

/// A variant whose requests fell below this share of what they were has lost its traffic.
const KEPT: f64 = 0.5;

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        let mut variants: Vec<&str> = endpoint.spans.iter().map(|span| span.variant.as_str()).collect();
        variants.sort_unstable();
        variants.dedup();
        for variant in variants {
            judge(case, endpoint, variant, findings);
        }
    }
}

/// A time in which the objective was missed.
#[derive(Clone, Copy)]
struct Breach {
    from: Instant,
    to: Instant,
    worst: f64,
}

/// Returns the level of a percentile: 95 for `p95`.
fn level(statistic: &str) -> Option<f64> {
    statistic.strip_prefix(['p', 'P'])?.parse().ok().filter(|level| (0.0..=100.0).contains(level))
}

fn judge(case: &Case, endpoint: &Endpoint, variant: &str, findings: &mut Findings) {
    let all = case.serving.latencies(&case.metrics, &endpoint.arn, variant);
    let is_fit =
        |series: &&Series| series.data.period <= SUSTAINED && level(&series.statistic).is_some_and(|level| level <= 95.0);
    // Of what tells of the p95, the nearest to it at the shortest period.
    let rank = |series: &Series| (level(&series.statistic).map_or(0, |level| 10_000 - hundredths(level)), series.data.period);
    let Some(series) = all.iter().copied().filter(is_fit).min_by_key(|series| rank(series)) else {
        if let Some(to) = all.iter().filter_map(|series| series.data.spans.last()).map(|span| span.1).max() {
            let what = ["AWS/SageMaker", "ModelLatency", "p95"];
            findings.need(GapKey::metric_of(&endpoint.arn, (&endpoint.name, variant), what, to));
        }
        return;
    };
    let mut stayed: Vec<Breach> = Vec::new();
    for breach in breaches(series).into_iter().filter(|breach| served(endpoint, variant, breach)) {
        if was_moved(case, endpoint, variant, &breach, findings) == Some(false) {
            stayed.push(breach);
        }
    }
    report(case, endpoint, variant, series, &stayed, findings);
}

/// Writes a level of up to 100 as a whole number that can be ordered.
#[expect(clippy::cast_possible_truncation, reason = "the level is at most 100")]
fn hundredths(level: f64) -> i64 {
    (level * 100.0).round() as i64
}

/// Returns the times in which the objective was missed for long enough.
fn breaches(series: &Series) -> Vec<Breach> {
    let period = series.data.period;
    let mut found: Vec<Breach> = Vec::new();
    for (at, value) in series.data.points.iter().filter(|(_, value)| *value > LATENCY_OBJECTIVE) {
        match found.last_mut() {
            Some(last) if last.to == *at => {
                last.to = at.plus(period);
                last.worst = last.worst.max(*value);
            }
            _ => found.push(Breach { from: *at, to: at.plus(period), worst: *value }),
        }
    }
    found.retain(|breach| breach.to.since(breach.from) >= SUSTAINED);
    found
}

/// Returns whether a variant is known to have answered requests then.
fn served(endpoint: &Endpoint, variant: &str, breach: &Breach) -> bool {
    endpoint.spans.iter().any(|span| {
        span.variant == variant && span.from.earliest <= breach.from && span.to.is_none_or(|to| to.latest >= breach.from)
    })
}

/// Returns whether traffic was moved away from a variant in time; nothing where the evidence does not tell, which is a gap.
fn was_moved(case: &Case, endpoint: &Endpoint, variant: &str, breach: &Breach, findings: &mut Findings) -> Option<bool> {
    let due = breach.from.plus(SUSTAINED + REACTION).min(breach.to);
    let moved = endpoint.switches.iter().filter(|switch| breach.from <= switch.at && switch.at <= due).any(|switch| {
        let (before, after) = (switch.before.share(variant), switch.after.share(variant));
        switch.before.config != switch.after.config || before.zip(after).is_some_and(|(before, after)| after < before - 1e-9)
    });
    if moved {
        return Some(true);
    }
    // What is asked for as often as before has kept its traffic, whoever may have asked for what.
    if let Some(kept) = kept(case, endpoint, variant, breach) {
        return Some(!kept);
    }
    let (account, region) = (endpoint.arn.account(), endpoint.arn.region());
    if case.coverage.trail_is_whole(account, region, breach.from, due) {
        return Some(false);
    }
    findings.need(GapKey::Trail(Place::of(&endpoint.arn), Some(breach.from), Some(due)));
    None
}

/// Returns whether a variant was asked as often in the last period in which traffic should have been moved as in the first.
fn kept(case: &Case, endpoint: &Endpoint, variant: &str, breach: &Breach) -> Option<bool> {
    let series = case.serving.measured(&case.metrics, &endpoint.arn, variant, "Invocations", "Sum");
    let data = &series.into_iter().find(|series| series.data.period <= SUSTAINED)?.data;
    let (first, last) = (breach.from.rounded_down(data.period), breach.to.plus(-1).rounded_down(data.period));
    let last = last.min(breach.from.plus(SUSTAINED + REACTION).rounded_down(data.period));
    let (first, last) = (data.value(first)?, data.value(last)?);
    Some(last >= first * KEPT)
}

fn report(case: &Case, endpoint: &Endpoint, variant: &str, series: &Series, stayed: &[Breach], findings: &mut Findings) {
    let (Some(first), Some(last)) = (stayed.first(), stayed.last()) else { return };
    let is_own = |span: &&Span| span.variant == variant && span.from.earliest <= first.from;
    let Some(span) = endpoint.spans.iter().rfind(is_own) else { return };
    let worst = stayed.iter().map(|breach| breach.worst).fold(0.0, f64::max);
    let total: Seconds = stayed.iter().map(|breach| breach.to.since(breach.from)).sum();
    let counts: Vec<_> =
        stayed.iter().filter_map(|breach| case.serving.requests(&endpoint.arn, Some(variant), breach.from, breach.to)).collect();
    let whole = counts.len() == stayed.len() && counts.iter().all(|counted| counted.whole);
    let requests = counts.iter().map(|counted| counted.requests).sum();
    let cites = series.data.cites.iter().cloned().chain(span.evidence.iter().cloned());
    let cites = cites.chain(counts.iter().flat_map(|counted| counted.cites.iter().cloned()));
    let Some(evidence) = Citations::from_all(cites) else { return };
    let times = if stayed.len() > 1 { format!(", {} times", stayed.len()) } else { String::new() };
    let lower = match level(&series.statistic) {
        Some(level) if level < 95.0 => format!(" The {} was above it, so the p95 was.", series.statistic),
        _ => String::new(),
    };
    let share = span.share.map_or_else(
        || "Its requests name inference components; which of these was slow is not in this metric.".to_owned(),
        |share| format!("The variant had {} of the requests.", percent(share)),
    );
    let finding = CHECK
        .finds(
            &endpoint.arn,
            format!(
                "{} of {variant} on {} was above 800 ms for {}{times} from {} on, and its traffic stayed",
                series.statistic,
                endpoint.name,
                duration_text(total),
                first.from.to_seconds_text()
            ),
            Grade::B.weaker(span.grade),
            evidence,
        )
        .because(format!(
            "It reached {:.0} ms, by periods of {} s of ModelLatency; what SageMaker adds comes on top.{lower} {share}",
            worst / 1_000.0,
            series.data.period
        ))
        .concerning([&span.model])
        .between(Some(first.from), Some(last.to))
        .told_apart_by(format!("{variant} {}", first.from.to_seconds_text()))
        .exposing((!counts.is_empty()).then_some(Exposure { requests, whole, from: first.from, to: last.to }));
    findings.add(finding);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_have_levels() {
        assert_eq!((level("p95"), level("p99.9"), level("P50")), (Some(95.0), Some(99.9), Some(50.0)));
        assert_eq!((level("Average"), level("p"), level("p101"), level("tm95")), (None, None, None, None));
    }
}
