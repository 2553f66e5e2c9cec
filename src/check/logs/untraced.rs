//! A container carries an SDK for traces, and no trace tells of its endpoint.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::said::Said;
use crate::case::serving::Endpoint;
use crate::check::serving::latency_breakdown::Stage;
use crate::check::{Check, Findings};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::call::Listed;
use crate::fact::trace::TraceStatement;
use crate::finding::{Exposure, Severity, grouped};
use crate::time::Instant;

pub(in crate::check) const CHECK: Check = Check {
    id: "logs/untraced",
    severity: Severity::Low,
    fires_when: "The log of an endpoint's container shows that an SDK for traces was installed, the endpoint was asked for predictions, and of the traces of that time none tells of it.",
    why: "X-Ray's SDK sends to a daemon on the same host, and none runs in a container of SageMaker; without a segment that is open, what is decorated records nothing. Neither is an error: traces are missing when somebody wants to know which stage was slow.",
    needs: "The lines of pip in the endpoint's log, at least 100 requests by `Invocations`, and traces of the same time: `xray get-trace-summaries` of an interval, without a filter, with its command; or traces in full, `xray batch-get-traces` or spans of OpenTelemetry, in the hours in which there are any. Without traces it names the gap.",
    fooled_by: "Traces that go to another account, region or product. A container whose parts bear names of its own, in traces of nobody else and without the endpoint's name, is taken for another service, so the grade is C; where a trace may be the endpoint's (a name that holds that of the endpoint, its model or SageMaker, or stages such as `predict_fn`) it keeps silent. Traces in full are what somebody chose to export: a choice of one service's traces looks the same. X-Ray's lists say nothing of an OpenTelemetry SDK without a part for X-Ray.",
    remedy: "Let the container export to something that listens: OpenTelemetry with an exporter over HTTP, or X-Ray's SDK with `AWS_XRAY_DAEMON_ADDRESS`; open a segment for each request, or leave the SDK out. Look at one trace before relying on it.",
    run,
};

/// Packages that send to X-Ray.
const XRAY: &[&str] =
    &["aws-xray-sdk", "aws-opentelemetry-distro", "opentelemetry-sdk-extension-aws", "opentelemetry-propagator-aws-xray"];

/// Packages that send to whoever listens.
const OPEN: &[&str] = &["opentelemetry-sdk", "opentelemetry-distro"];

/// Fewer requests than these may all have been left out by sampling.
const REQUESTS: u64 = 100;

/// Fewer traces in full than these are a sample of nothing.
const TRACES: usize = 10;

/// An hour in seconds.
const HOUR: i64 = 3_600;

/// An SDK in an endpoint's containers.
struct Installed {
    /// Names and versions.
    packages: BTreeMap<String, String>,
    /// Since when, as far as the log tells.
    since: Option<Instant>,
    cites: Vec<Citation>,
}

impl Installed {
    fn has(&self, names: &[&str]) -> bool {
        self.packages.keys().any(|name| names.contains(&name.as_str()))
    }

    fn text(&self) -> String {
        let named: Vec<String> = self.packages.iter().map(|(name, version)| format!("{name} {version}")).collect();
        named.join(" and ")
    }
}

fn run(case: &Case, findings: &mut Findings) {
    for endpoint in case.serving.endpoints() {
        if let Some(installed) = installed(case, endpoint) {
            judge(case, endpoint, &installed, findings);
        }
    }
}

/// Returns what the containers of an endpoint say of an SDK.
fn installed(case: &Case, endpoint: &Endpoint) -> Option<Installed> {
    let mut found = Installed { packages: BTreeMap::new(), since: None, cites: Vec::new() };
    for (_, _, printed) in case.printed_on(endpoint) {
        let begins = endpoint.created.is_none_or(|created| printed.overlaps(created, endpoint.deleted));
        let is_there = |name: &&&str| printed.packages.contains_key(**name) && !printed.downloaded.contains(**name);
        let named: Vec<&str> = XRAY.iter().chain(OPEN).filter(is_there).copied().collect();
        if named.is_empty() || !begins {
            continue;
        }
        for name in named {
            found.packages.insert(name.to_owned(), printed.packages[name].clone());
        }
        found.since = [found.since, printed.first].into_iter().flatten().min();
        found.cites.extend(printed.package_citations().into_iter().flatten());
    }
    (!found.packages.is_empty()).then_some(found)
}

fn judge(case: &Case, endpoint: &Endpoint, installed: &Installed, findings: &mut Findings) {
    let begins = [endpoint.created, installed.since].into_iter().flatten().max();
    let ends = [endpoint.deleted, case.as_of].into_iter().flatten().min();
    let Some((from, to)) = begins.zip(ends).filter(|(from, to)| from < to) else { return };
    let shared = case.serving.is_shared(&endpoint.arn);
    let traces: Vec<&Said<TraceStatement>> =
        case.traces.iter().filter(|said| said.says.home.may_hold(&endpoint.arn, shared)).collect();
    if let Some(unclear) = may_tell_of(endpoint, &traces) {
        if !unclear.is_empty() {
            findings.need(GapKey::TraceParts(Place::of(&endpoint.arn), unclear));
        }
        return;
    }
    let covered = covered(case, endpoint, installed, &traces, (from, to));
    let asked = |(from, to): &(Instant, Instant)| case.serving.requests(&endpoint.arn, None, *from, *to);
    if covered.intervals.is_empty() {
        if installed.has(XRAY) && asked(&(from, to)).is_none_or(|asked| asked.requests > 0) {
            findings.need(GapKey::Traces { place: Place::of(&endpoint.arn), from, to });
        }
        return;
    }
    let counted: Vec<_> = covered.intervals.iter().filter_map(asked).collect();
    let requests: u64 = counted.iter().map(|counted| counted.requests).sum();
    let whole = covered.intervals.len() == 1 && counted.iter().all(|counted| counted.whole);
    let (Some((first, _)), Some((_, last))) = (covered.intervals.first(), covered.intervals.last()) else { return };
    if requests < REQUESTS {
        return;
    }
    let told = counted.into_iter().flat_map(|counted| counted.cites);
    let Some(evidence) = Citations::from_all(installed.cites.iter().cloned().chain(covered.cites).chain(told)) else { return };
    let of = match covered.traces {
        0 => "there is no trace at all".to_owned(),
        1 => "the one trace there is does not tell of it".to_owned(),
        count => format!("none of {} traces tells of it", grouped(count as u64)),
    };
    let text = installed.text();
    let finding = CHECK
        .finds(&endpoint.arn, format!("{} has {text} installed, and {of}", endpoint.name), Grade::C, evidence)
        .because(format!(
            "From {} to {} it was asked at least {} times in the time that traces cover. {}",
            first.to_seconds_text(),
            last.to_seconds_text(),
            grouped(requests),
            covered.how
        ))
        .between(Some(*first), Some(*last))
        .told_apart_by(installed.packages.keys().cloned().collect::<Vec<_>>().join(" "))
        .exposing(Some(Exposure { requests, whole, from: *first, to: *last }));
    findings.add(finding);
}

/// Returns nothing where no trace may be of an endpoint; else the ids of those of which only the parts would tell.
fn may_tell_of(endpoint: &Endpoint, traces: &[&Said<TraceStatement>]) -> Option<Vec<String>> {
    let own = endpoint.name.to_lowercase();
    let models = endpoint.spans.iter().map(|span| span.model.last().to_lowercase());
    let names: BTreeSet<String> = models.chain([own.clone()]).collect();
    let mut by_trace: BTreeMap<&str, Vec<&TraceStatement>> = BTreeMap::new();
    for said in traces {
        by_trace.entry(&said.says.trace).or_default().push(&said.says);
    }
    let mut unclear = Vec::new();
    let mut is_told = false;
    for (trace, mut says) in by_trace {
        let is_short = says.iter().all(|says| says.is_summary);
        // What the parts tell is better than what a list says of them.
        says.retain(|says| is_short || !says.is_summary);
        let spans = || says.iter().flat_map(|says| &says.spans);
        let asked: BTreeSet<String> = spans().filter_map(|span| span.endpoint.as_ref()).map(|name| name.to_lowercase()).collect();
        if asked.contains(&own) {
            return Some(Vec::new());
        }
        let may_be = spans().any(|span| {
            let name = span.name.to_lowercase();
            let is_like = names.iter().any(|own| name.contains(own.as_str()));
            is_like || name.contains("sagemaker") || name.contains("invokeendpoint") || Stage::of(&span.name).is_some()
        });
        // A trace that names the endpoints of its requests is of these. A row without services may be of anything.
        if asked.is_empty() && (may_be || spans().next().is_none()) {
            is_told |= !is_short;
            unclear.extend(is_short.then(|| trace.to_owned()));
        }
    }
    (is_told || !unclear.is_empty()).then_some(unclear)
}

/// The time that traces cover.
struct Covered {
    intervals: Vec<(Instant, Instant)>,
    traces: usize,
    how: &'static str,
    cites: Vec<Citation>,
}

/// Returns the parts of an interval of which there are all traces: by lists, or else the hours of which there are any in full.
fn covered(
    case: &Case,
    endpoint: &Endpoint,
    installed: &Installed,
    traces: &[&Said<TraceStatement>],
    (from, to): (Instant, Instant),
) -> Covered {
    const CITED: usize = 3;
    let is_inside =
        |at: Instant, intervals: &[(Instant, Instant)]| intervals.iter().any(|(from, to)| (*from..=*to).contains(&at));
    let begins = |said: &Said<TraceStatement>| said.says.spans.iter().map(|span| span.from).min();
    let count = |intervals: &[(Instant, Instant)], traces: &[&Said<TraceStatement>]| {
        let within = traces.iter().filter(|said| begins(said).is_some_and(|at| is_inside(at, intervals)));
        within.map(|said| said.says.trace.as_str()).collect::<BTreeSet<_>>().len()
    };
    if installed.has(XRAY) {
        let lists = case.coverage.lists(Listed::Traces, endpoint.arn.account(), endpoint.arn.region());
        let own = lists.filter(|said| said.says.account.is_some() && said.says.region.is_some());
        let mut intervals = Vec::new();
        let mut cites = Vec::new();
        for said in own {
            let Some((begin, end)) = said.says.from.zip(said.says.to) else { continue };
            let end = said.says.captured.map_or(end, |captured| end.min(captured));
            if begin.max(from) < end.min(to) {
                intervals.push((begin.max(from), end.min(to)));
                cites.push(said.cite.clone());
            }
        }
        if !intervals.is_empty() {
            let intervals = joined(intervals);
            return Covered { traces: count(&intervals, traces), intervals, how: "X-Ray's list of that time is whole.", cites };
        }
    }
    // Ids of X-Ray begin with `1-`; others are of OpenTelemetry, where every SDK may send.
    let fits = |said: &&&Said<TraceStatement>| {
        let is_xray = said.says.trace.starts_with("1-");
        !said.says.is_summary && if is_xray { installed.has(XRAY) } else { installed.has(OPEN) }
    };
    let in_full: Vec<&Said<TraceStatement>> = traces.iter().filter(fits).copied().collect();
    let hour = |at: Instant| Instant::from_seconds(at.seconds().div_euclid(HOUR) * HOUR);
    let hours: BTreeSet<Instant> = in_full.iter().filter_map(|said| begins(said)).map(hour).collect();
    let clipped = hours.into_iter().map(|hour| (hour.max(from), hour.plus(HOUR).min(to)));
    let intervals = joined(clipped.filter(|(from, to)| from < to).collect());
    let traces = count(&intervals, &in_full);
    if traces < TRACES {
        return Covered { intervals: Vec::new(), traces: 0, how: "", cites: Vec::new() };
    }
    let cites = in_full.iter().take(CITED).map(|said| said.cite.clone()).collect();
    Covered { intervals, traces, how: "Traces that were exported in full count for the hours that they lie in.", cites }
}

/// Returns intervals in order, those that touch as one.
fn joined(mut intervals: Vec<(Instant, Instant)>) -> Vec<(Instant, Instant)> {
    intervals.sort_unstable();
    let mut all: Vec<(Instant, Instant)> = Vec::new();
    for (from, to) in intervals {
        match all.last_mut() {
            Some((_, end)) if *end >= from => *end = (*end).max(to),
            _ => all.push((from, to)),
        }
    }
    all
}
