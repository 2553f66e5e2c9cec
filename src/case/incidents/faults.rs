//! Faults of endpoints that callers suffer: failed requests and slow ones, told by metrics and by alarms on them.

use std::collections::BTreeMap;

use super::signals::Heard;
use super::{Incident, Kind};
use crate::case::Case;
use crate::case::alarm::known::{INVOCATIONS, Notices, PLAUSIBLE, is_in_microseconds, notices};
use crate::case::alarm::{Alarm, COMPONENT};
use crate::case::claim::Grade;
use crate::case::gap::{GapKey, Place};
use crate::case::metrics::{Data, Series};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::alarm::{Measure, State};
use crate::fact::arn::{Arn, ArnKey, Home};
use crate::time::{Instant, Seconds, duration_text};

/// Share of the requests of a period from which on they count as failing: 5 %.
pub const ERROR_SHARE: f64 = 0.05;

/// Failed requests of a period below which nothing is concluded from their share.
const LEAST_ERRORS: f64 = 5.0;

/// Latency that is not to be exceeded, in microseconds: 800 ms.
pub const LATENCY_OBJECTIVE: f64 = 800_000.0;

/// Time for which latency must lie beyond its objective, in seconds.
pub const SUSTAINED: Seconds = 300;

/// Longest period of a metric that says when something began, in seconds.
const LONGEST_PERIOD: Seconds = 300;

/// Faults that lie so close to each other are one, in seconds.
const TOGETHER: Seconds = 300;

/// An interval in which something was wrong, and what says so.
struct Part {
    from: Instant,
    to: Option<Instant>,
    by_metric: bool,
    words: String,
    cites: Vec<Citation>,
}

/// Faults by endpoint and kind.
type Parts = BTreeMap<(ArnKey, Kind), (Arn, Vec<Part>)>;

/// Returns the faults of all endpoints.
pub(super) fn incidents(case: &Case) -> Vec<Incident> {
    let mut parts: Parts = BTreeMap::new();
    for series in case.metrics.iter() {
        for (kind, part) in measured(case, series) {
            if let Some(endpoint) = endpoint_of(case, &series.home, &series.dimensions, (part.from, part.to))
                && !is_copied(case, &endpoint, &series.dimensions, &part)
            {
                parts.entry((endpoint.key(), kind)).or_insert_with(|| (endpoint, Vec::new())).1.push(part);
            }
        }
    }
    for alarm in case.alarms.iter() {
        let Some(kind) = watches(alarm) else { continue };
        let dimensions = alarm.measures().next().map(|measure| measure.dimensions.clone()).unwrap_or_default();
        for part in episodes(alarm) {
            if let Some(endpoint) = endpoint_of(case, &alarm.home, &dimensions, (part.from, part.to))
                && !is_copied(case, &endpoint, &dimensions, &part)
            {
                parts.entry((endpoint.key(), kind)).or_insert_with(|| (endpoint, Vec::new())).1.push(part);
            }
        }
    }
    let mut found = Vec::new();
    for ((_, kind), (endpoint, parts)) in parts {
        found.extend(joined(parts).into_iter().filter_map(|group| incident(case, kind, &endpoint, group)));
    }
    found
}

/// Returns whether a fault is of a shadow variant, of which no caller noticed anything.
fn is_copied(case: &Case, endpoint: &Arn, dimensions: &BTreeMap<String, String>, part: &Part) -> bool {
    let variant = dimensions.get("VariantName").map(String::as_str);
    case.serving.is_copied(endpoint, variant, part.from, part.to.unwrap_or(part.from))
}

/// Returns the endpoint that dimensions name: one that the evidence knows, else one of the metric's own account and region. Of an
/// inference component that they name it is the one that it ran on then.
fn endpoint_of(
    case: &Case,
    home: &Home,
    dimensions: &BTreeMap<String, String>,
    (from, to): (Instant, Option<Instant>),
) -> Option<Arn> {
    let Some(name) = dimensions.get("EndpointName") else {
        let hosts = case.serving.hosts_of(dimensions.get(COMPONENT)?, home);
        let then = hosts.iter().rfind(|host| host.overlaps(Some(from), to.or(Some(from))));
        return then.map(|host| host.endpoint.arn.clone());
    };
    let named = || case.serving.endpoints().iter().filter(|endpoint| endpoint.arn.last().eq_ignore_ascii_case(name));
    let several = named().map(|endpoint| endpoint.arn.key()).collect::<std::collections::BTreeSet<_>>().len() > 1;
    let known = named().find(|endpoint| home.may_hold(&endpoint.arn, several)).map(|endpoint| endpoint.arn.clone());
    known.or_else(|| Some(Arn::sagemaker(home.region.as_deref()?, home.account.as_deref()?, "endpoint", name)))
}

/// Returns what an alarm notices of what callers suffer, where its threshold can be taken at its word.
fn watches(alarm: &Alarm) -> Option<Kind> {
    if alarm.is_for_scaling() {
        return None;
    }
    let measure = alarm.settings.measure.as_ref()?;
    let (namespace, metric) = (measure.namespace.as_deref()?, measure.metric.as_deref()?);
    let is_upper = alarm.settings.comparison.is_some_and(crate::fact::alarm::Comparison::is_upper);
    // What reads as milliseconds is in ALARM all the time, and nothing is wrong.
    let is_doubtful =
        is_in_microseconds(namespace, metric) && alarm.settings.threshold.is_none_or(|threshold| threshold < PLAUSIBLE);
    if namespace != INVOCATIONS || !is_upper || is_doubtful {
        return None;
    }
    notices(metric).map(|notices| match notices {
        Notices::Errors => Kind::Errors,
        Notices::Latency => Kind::Latency,
    })
}

/// Returns the intervals in which an alarm was in `ALARM` by itself.
fn episodes(alarm: &Alarm) -> Vec<Part> {
    let raised = alarm.transitions.iter().enumerate().filter(|(_, own)| own.to == State::Alarm && own.by_hand.is_none());
    raised
        .map(|(position, own)| {
            // Without data nothing is over, and neither is it because somebody set the alarm to OK.
            let mut rest = alarm.transitions.iter().skip(position + 1);
            let over = rest.find(|own| own.to == State::Ok && own.by_hand.is_none());
            Part {
                from: own.breached.unwrap_or(own.at).min(own.at),
                to: over.map(|over| over.at),
                by_metric: false,
                words: format!("alarm {} was in ALARM", alarm.name),
                cites: own.cites.iter().chain(over.into_iter().flat_map(|over| &over.cites)).cloned().collect(),
            }
        })
        .collect()
}

/// Returns the intervals in which a series shows a fault.
fn measured(case: &Case, series: &Series) -> Vec<(Kind, Part)> {
    if series.namespace.as_deref() != Some(INVOCATIONS) || series.data.period > LONGEST_PERIOD {
        return Vec::new();
    }
    match series.metric.as_str() {
        "Invocation5XXErrors" | "InvocationModelErrors" if series.statistic == "Sum" => errors(case, series),
        "ModelLatency" if is_high_percentile(&series.statistic) => {
            let beyond = |value: f64, _| value > LATENCY_OBJECTIVE;
            let found = runs(&series.data, series.data.period, beyond);
            let long = found.into_iter().filter(|(from, to, ..)| to.since(*from) >= SUSTAINED);
            let words = |worst: f64| format!("{} of ModelLatency was up to {:.0} ms", series.statistic, worst / 1_000.0);
            long.map(|run| (Kind::Latency, part(series, &run, words(run.2), Vec::new()))).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns whether a statistic is the 90th percentile or a higher one.
fn is_high_percentile(statistic: &str) -> bool {
    let number = statistic.strip_prefix(['p', 'P']).and_then(|number| number.parse::<f64>().ok());
    number.is_some_and(|number| (90.0..100.0).contains(&number))
}

/// Returns the intervals in which a share of the requests failed.
fn errors(case: &Case, series: &Series) -> Vec<(Kind, Part)> {
    let measure = Measure {
        namespace: series.namespace.clone(),
        metric: Some("Invocations".to_owned()),
        dimensions: series.dimensions.clone(),
        statistic: Some("Sum".to_owned()),
        period: Some(series.data.period),
        unit: None,
    };
    let Some(asked) = case.metrics.of(&measure, &series.home) else { return Vec::new() };
    let failing = |value: f64, at: Instant| {
        value >= LEAST_ERRORS && asked.value(at).is_some_and(|asked| asked > 0.0 && value >= asked * ERROR_SHARE)
    };
    let found = runs(&series.data, TOGETHER, failing);
    let words = |sum: f64| format!("{sum:.0} requests failed ({})", series.metric);
    found.into_iter().map(|run| (Kind::Errors, part(series, &run, words(run.3), asked.cites.clone()))).collect()
}

/// A run of periods: from, to, the greatest value, the sum of values.
type Run = (Instant, Instant, f64, f64);

/// Returns the runs of periods whose values are wrong, at most `apart` seconds from each other.
fn runs(data: &Data, apart: Seconds, is_wrong: impl Fn(f64, Instant) -> bool) -> Vec<Run> {
    let mut found: Vec<Run> = Vec::new();
    for (at, value) in data.points.iter().filter(|(at, value)| is_wrong(*value, *at)) {
        let end = at.plus(data.period);
        match found.last_mut() {
            Some(last) if at.since(last.1) < apart => *last = (last.0, end, last.2.max(*value), last.3 + value),
            _ => found.push((*at, end, *value, *value)),
        }
    }
    found
}

fn part(series: &Series, run: &Run, words: String, more: Vec<Citation>) -> Part {
    // It was over where the next period was measured, or exported without data.
    let data = &series.data;
    let is_over = data.spans.iter().any(|(from, to)| *from <= run.1 && run.1.plus(data.period) <= *to);
    Part {
        from: run.0,
        to: is_over.then_some(run.1),
        by_metric: true,
        words,
        cites: data.cites.iter().cloned().chain(more).collect(),
    }
}

/// Puts intervals together that overlap or lie close to each other.
fn joined(mut parts: Vec<Part>) -> Vec<Vec<Part>> {
    parts.sort_by(|left, right| {
        (left.from, left.to, !left.by_metric, &left.words).cmp(&(right.from, right.to, !right.by_metric, &right.words))
    });
    let mut groups: Vec<(Option<Instant>, Vec<Part>)> = Vec::new();
    for part in parts {
        match groups.last_mut() {
            Some((until, group)) if until.is_none_or(|until| part.from <= until.plus(TOGETHER)) => {
                *until = until.zip(part.to).map(|(until, to)| until.max(to));
                group.push(part);
            }
            _ => groups.push((part.to, vec![part])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn incident(case: &Case, kind: Kind, endpoint: &Arn, parts: Vec<Part>) -> Option<Incident> {
    let began = parts.iter().map(|part| part.from).min()?;
    // The metric says better than an alarm, which follows it, when it was over.
    let measured = parts.iter().any(|part| part.by_metric);
    let mut ends = parts.iter().filter(|part| part.by_metric || !measured).map(|part| part.to);
    let recovered = ends.try_fold(began, |last, end| end.map(|end| last.max(end)));
    let until = recovered.or(case.as_of).unwrap_or(began).max(began);
    // An alarm that follows the metric may go off a little after the fault is over.
    let heard_until = parts.iter().filter_map(|part| part.to).fold(until, Instant::max);
    let mut heard = Heard::of(case, endpoint, began, heard_until);
    for alarm in case.alarms.iter().filter(|alarm| could_see(case, alarm, kind, endpoint, (began, Some(heard_until)))) {
        heard.alarm(case, alarm);
    }
    heard.people(case, &[endpoint.key()]);
    let known = case.serving.endpoints().iter().rfind(|own| own.arn.key() == endpoint.key());
    let name = known.map_or_else(|| endpoint.last().to_owned(), |known| known.name.clone());
    let mut words: Vec<&str> = parts.iter().map(|part| part.words.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    let lasted = recovered
        .map_or_else(|| "and is not known to be over".to_owned(), |to| format!("for {}", duration_text(to.since(began))));
    let what = if kind == Kind::Errors { "failed requests" } else { "was too slow" };
    let title = format!("{name} {what} {lasted}: {}", words.join("; "));
    let evidence = Citations::from_all(parts.into_iter().flat_map(|part| part.cites))?;
    let incident = Incident {
        kind,
        subject: endpoint.clone(),
        name,
        related: Vec::new(),
        title,
        began,
        detected: None,
        recovered,
        missing: Vec::new(),
        missing_end: if measured { Vec::new() } else { unlisted(case, endpoint, kind, began, heard_until) },
        due: 0,
        grade: Grade::B,
        evidence,
    };
    Some(incident.heard(heard))
}

/// Returns the history of alarms that is not whole over an interval.
fn unlisted(case: &Case, endpoint: &Arn, kind: Kind, from: Instant, to: Instant) -> Vec<GapKey> {
    let whole = |alarm: &Alarm| case.coverage.alarm_history(alarm).iter().any(|(begins, ends, _)| *begins <= from && to <= *ends);
    let seen = case
        .alarms
        .iter()
        .filter(|alarm| could_see(case, alarm, kind, endpoint, (from, Some(to))) && !alarm.transitions.is_empty());
    seen.filter(|alarm| !whole(alarm)).map(|alarm| GapKey::AlarmHistory(Place::at(&alarm.home))).take(1).collect()
}

/// Returns whether an alarm could see a fault of an endpoint: it watches that endpoint, and errors or latency as the fault is, or a
/// metric of somebody's own.
fn could_see(case: &Case, alarm: &Alarm, kind: Kind, endpoint: &Arn, during: (Instant, Option<Instant>)) -> bool {
    alarm.measures().any(|measure| {
        let is_own = measure.namespace.as_deref().is_some_and(|namespace| !crate::case::alarm::known::is_of_aws(namespace));
        let sees = measure.metric.as_deref().and_then(notices).is_some_and(|notices| match notices {
            Notices::Errors => kind == Kind::Errors,
            Notices::Latency => kind == Kind::Latency,
        });
        (sees || is_own)
            && endpoint_of(case, &alarm.home, &measure.dimensions, during).is_some_and(|own| own.key() == endpoint.key())
    }) && !alarm.is_for_scaling()
}
