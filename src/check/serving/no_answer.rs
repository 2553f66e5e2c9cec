//! An endpoint is in service, and its metrics show that it answered nobody.

use std::collections::BTreeSet;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::metrics::Series;
use crate::case::serving::{Endpoint, time};
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::serving::EndpointAct;
use crate::finding::{Exposure, Severity, grouped};
use crate::time::{Instant, Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "serving/no-answer",
    severity: Severity::High,
    fires_when: "An endpoint is in service by its own records, and its metrics show that it answered nobody for all of the time that was exported: every request failed, or (medium) there was none for a day or more.",
    why: "`InService` says that containers answer pings. Whether anybody gets a prediction is told by `Invocations` and errors alone, and where these are not looked at a dead endpoint looks well.",
    needs: "A record that shows the endpoint in service, and `Invocations` of every variant that has a share, exported whole: answers of `get-metric-statistics` with their command, or of `get-metric-data` with command and query file. For errors `Invocation5XXErrors` or `InvocationModelErrors` at the same period.",
    fooled_by: "An endpoint that nobody was to ask yet, or any more: that there was no request is no fault of its own, so this is medium. Endpoints asked by the hour or the week are silent in between; less than a day does not fire, nor an export in which there is any request that did not fail. Requests that were refused before they reached a variant count nowhere.",
    remedy: "Send one request and look at the log; where nobody asks, find out who was to, or delete the endpoint. Watch `Invocations` with an alarm that takes missing data as a fault.",
    run,
};

/// Without a request, less than this is a quiet night.
const QUIET: Seconds = 86_400;

/// Of errors, fewer requests than these conclude nothing.
const REQUESTS: f64 = 20.0;

/// Of errors, fewer periods than these conclude nothing.
const PERIODS: usize = 3;

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        let Some(cite) = in_service(endpoint) else { continue };
        if let Some(found) = unanswered(case, endpoint) {
            report(endpoint, found, cite, findings);
        }
    }
}

/// Returns the last record that shows an endpoint, if it was in service then.
fn in_service(endpoint: &Endpoint) -> Option<Citation> {
    let states = endpoint.said.iter().filter(|said| said.says.act == EndpointAct::State && said.says.status.is_some());
    let last = states.max_by_key(|said| time(said))?;
    (last.says.status.as_deref() == Some("InService")).then(|| last.cite.clone())
}

/// What metrics show of an endpoint that answered nobody.
struct Found {
    from: Instant,
    to: Instant,
    /// Requests that failed, by the time of their period; none where nobody asked.
    failed: Vec<(Instant, f64)>,
    /// The metric that says that they failed.
    by: BTreeSet<String>,
    cites: Vec<Citation>,
}

/// Returns what shows that no variant of an endpoint answered anybody.
fn unanswered(case: &Case, endpoint: &Endpoint) -> Option<Found> {
    let ends = endpoint.deleted.or(case.as_of)?;
    let answering = || endpoint.spans.iter().filter(|span| span.share.is_none_or(|share| share > 0.0));
    let serves = |at: Instant| answering().any(|span| span.to.is_none_or(|to| at <= to.latest));
    let begins = answering().map(|span| span.from.latest).min()?;
    let variants: BTreeSet<&str> = answering().map(|span| span.variant.as_str()).collect();
    let mut found: Option<Found> = None;
    for variant in variants {
        let own = of_variant(case, endpoint, variant, (begins, ends))?;
        found = Some(match found {
            None => own,
            Some(mut all) => {
                (all.from, all.to) = (all.from.max(own.from), all.to.min(own.to));
                all.failed.extend(own.failed);
                all.by.extend(own.by);
                all.cites.extend(own.cites);
                all
            }
        });
    }
    let mut found = found.filter(|found| found.from < found.to && serves(found.from))?;
    // What was exported of one variant may be longer than what was of another.
    let is_asked = !found.failed.is_empty();
    found.failed.retain(|(at, _)| *at >= found.from && *at < found.to);
    (found.failed.is_empty() != is_asked).then_some(found)
}

/// Returns what shows that a variant answered nobody in all of the time that was exported of it.
fn of_variant(case: &Case, endpoint: &Endpoint, variant: &str, (begins, ends): (Instant, Instant)) -> Option<Found> {
    let measured = |metric: &str| case.serving.measured(&case.metrics, &endpoint.arn, variant, metric, "Sum");
    let all = measured("Invocations");
    // Whatever any export counts as answered is an answer.
    let asked = all.iter().copied().find(|series| !series.data.spans.is_empty())?;
    let spans = || asked.data.spans.iter().map(|(from, to)| ((*from).max(begins), (*to).min(ends)));
    let within = |series: &Series| -> Vec<(Instant, f64)> {
        let inside =
            series.data.points.iter().filter(|(at, count)| *at >= begins && at.plus(series.data.period) <= ends && *count > 0.0);
        inside.copied().collect()
    };
    let requests = within(asked);
    let mut cites = asked.data.cites.clone();
    if all.iter().all(|series| within(series).is_empty()) {
        let (from, to) = spans().max_by_key(|(from, to)| to.since(*from))?;
        return (to.since(from) >= QUIET).then_some(Found { from, to, failed: Vec::new(), by: BTreeSet::new(), cites });
    }
    let period = asked.data.period;
    let errors: Vec<&Series> = ["Invocation5XXErrors", "InvocationModelErrors"]
        .iter()
        .filter_map(|metric| measured(metric).into_iter().find(|series| series.data.period == period))
        .collect();
    let mut by = BTreeSet::new();
    for (at, count) in &requests {
        let failed = errors.iter().find(|series| series.data.value(*at).is_some_and(|failed| failed >= *count))?;
        by.insert(failed.metric.clone());
    }
    // Several exports may leave time between them, of which nothing is known: the one with most requests is told of.
    let inside = |(from, to): (Instant, Instant)| -> Vec<(Instant, f64)> {
        requests.iter().filter(|(at, _)| *at >= from && *at < to).copied().collect()
    };
    let (from, to) = spans().max_by_key(|span| (inside(*span).len(), span.1.since(span.0)))?;
    let failed = inside((from, to));
    if failed.iter().map(|(_, count)| *count).sum::<f64>() < REQUESTS || failed.len() < PERIODS {
        return None;
    }
    cites.extend(errors.iter().filter(|series| by.contains(&series.metric)).flat_map(|series| series.data.cites.clone()));
    Some(Found { from, to, failed, by, cites })
}

fn report(endpoint: &Endpoint, found: Found, cite: Citation, findings: &mut Findings) {
    let Some(evidence) = Citations::from_all(std::iter::once(cite).chain(found.cites)) else { return };
    let (name, from, to) = (&endpoint.name, found.from, found.to);
    let interval = format!("from {} to {}", from.to_seconds_text(), to.to_seconds_text());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of requests are whole and not negative")]
    let failed = found.failed.iter().map(|(_, count)| *count).sum::<f64>().max(0.0).round() as u64;
    let by: Vec<&str> = found.by.iter().map(String::as_str).collect();
    let (title, detail) = if failed > 0 {
        (
            format!("{name} is in service and answered none of {} requests {interval}: each of them failed", grouped(failed)),
            format!("{} is as great as Invocations in every period in which there were requests.", by.join(" or ")),
        )
    } else {
        (
            format!("{name} is in service and was asked for nothing {interval}"),
            format!("Invocations was exported whole for {}, and holds no request to any variant.", duration_text(to.since(from))),
        )
    };
    let mut finding = CHECK
        .finds(&endpoint.arn, title, Grade::B, evidence)
        .because(detail)
        .between(Some(from), Some(to))
        .told_apart_by(if failed > 0 { "failed" } else { "unasked" })
        .exposing((failed > 0).then_some(Exposure { requests: failed, whole: true, from, to }));
    if failed == 0 {
        finding.severity = Severity::Medium;
    }
    findings.add(finding);
}
