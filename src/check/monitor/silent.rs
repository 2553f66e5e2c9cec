//! A monitor sees nothing while its endpoint is asked.

use std::collections::BTreeMap;

use super::watched;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::GapKey;
use crate::case::monitors::Schedule;
use crate::case::said::Said;
use crate::case::serving::{Endpoint, Span};
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::{Citation, Citations};
use crate::fact::arn::Arn;
use crate::fact::call::Listed;
use crate::fact::monitor::Execution;
use crate::fact::object::ListingStatement;
use crate::fact::s3::S3Uri;
use crate::fact::serving::Capture;
use crate::finding::{Exposure, Severity, counted, grouped};
use crate::time::{Instant, Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "monitor/silent",
    severity: Severity::High,
    fires_when: "Executions of a monitoring schedule failed, or are missing, while the endpoint was asked for predictions; or requests were to be captured for it and nothing was.",
    why: "Everybody believes that the endpoint is watched. It is not: drift would show nowhere.",
    needs: "The schedule's executions and the endpoint's `Invocations` of the same hours; for executions that are missing, the schedule's description and a whole list of them; for hours that were not captured, the configuration of the endpoint and a whole listing of the place it captures to.",
    fooled_by: "A quiet hour: an execution that fails in an hour without requests does not fire, nor one whose hours a later run covers. A schedule that was stopped on purpose is not judged. Executions may be up to twenty minutes late. Of a small share of few requests none may be captured: hours in which fewer than twenty were to be captured are left out, as are those in which the endpoint was changed, and those whose objects a lifecycle rule may have removed; where the rules of the bucket are not known, the grade is C.",
    remedy: "Look at where the capture is written and where the monitor reads (a slash too many, another prefix, a role that may not list or write), whether capture is on and its encoding is the same for input and output, and whether the instance that runs the monitor has enough memory. Raise an alarm on executions that fail.",
    run,
};

/// What failed executions say that found nothing.
const NOTHING: &[&str] = &["had no data", "No S3 objects found"];

/// Reasons that are quoted.
const QUOTED: usize = 3;

/// Executions or listings that are cited one by one.
const CITED: usize = 10;

/// Requests of an hour that were to be captured, from which on it is no accident that none was.
const ENOUGH: f64 = 20.0;

/// How long after its hour a request may be captured.
const DELIVERED: Seconds = 900;

/// Hours before the end that are looked at: a little more than a year.
const HOURS: Seconds = 10_000;

const HOUR: Seconds = 3_600;

/// How late an execution may be.
const LATE: Seconds = 1_200;

fn run(case: &Case, findings: &mut Findings) {
    for schedule in case.monitors.iter() {
        let Some(endpoint) = watched(case, schedule) else { continue };
        failed(case, schedule, &endpoint, findings);
        missing(case, schedule, &endpoint, findings);
        if schedule.status.as_deref() == Some("Scheduled")
            && let Some(endpoint) = case.serving.endpoints().iter().rfind(|one| one.arn.key() == endpoint.key())
        {
            uncaptured(case, schedule, endpoint, findings);
        }
    }
}

/// Executions that failed, whose hours no other covers and in which the endpoint was asked.
fn failed(case: &Case, schedule: &Schedule, endpoint: &Arn, findings: &mut Findings) {
    let period = schedule.period.unwrap_or(HOUR);
    let well: Vec<Instant> =
        schedule.executions.iter().filter(|(one, _)| one.status.starts_with("Completed")).map(|(one, _)| one.scheduled).collect();
    let mut blind: Vec<(&Execution, u64)> = Vec::new();
    let mut whole = true;
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut cites: Vec<Citation> = Vec::new();
    for (one, cite) in schedule.executions.iter().filter(|(one, _)| one.status == "Failed") {
        // A run that ended well soon after looked at all but the first of these hours.
        let again = well.iter().find(|at| **at > one.scheduled && at.since(one.scheduled) < period);
        let to = again.map_or(one.scheduled, |again| again.plus(-period));
        let asked = case.serving.requests(endpoint, None, one.scheduled.plus(-period), to);
        let Some(asked) = asked.filter(|asked| asked.requests > 0) else { continue };
        let job = case.jobs.iter().rfind(|job| one.job.as_ref().is_some_and(|arn| arn.key() == job.arn.key()));
        let why = one.failure.clone().or_else(|| job.and_then(|job| job.exit.clone()));
        *reasons.entry(why.unwrap_or_default()).or_default() += 1;
        blind.push((one, asked.requests));
        whole &= asked.whole;
        if blind.len() <= CITED {
            cites.push(cite.clone());
            cites.extend(asked.cites);
        }
    }
    let (Some((first, _)), Some((last, _)), Some(evidence)) = (blind.first(), blind.last(), Citations::from_all(cites)) else {
        return;
    };
    let requests = blind.iter().map(|(_, requests)| requests).sum();
    let from = first.scheduled.plus(-period);
    let found_nothing = reasons.keys().all(|why| NOTHING.iter().any(|nothing| why.contains(nothing)));
    let what = if found_nothing { "found no data in" } else { "failed in" };
    if found_nothing {
        unlisted(case, endpoint, last.scheduled, findings);
    }
    let title = format!(
        "{} {what} {} execution(s), and {} was asked {} times in their time",
        schedule.name,
        blind.len(),
        endpoint.last(),
        counted(requests, whole)
    );
    let mut told: Vec<(&String, &usize)> = reasons.iter().collect();
    told.sort_by(|left, right| right.1.cmp(left.1).then(left.0.cmp(right.0)));
    let few = told.iter().take(QUOTED).map(|(why, count)| {
        let times = match count {
            _ if reasons.len() == 1 => String::new(),
            1 => "once ".to_owned(),
            several => format!("{several} times "),
        };
        if why.is_empty() { format!("{times}not given") } else { format!("{times}\"{}\"", why.trim_end_matches('.')) }
    });
    let finding = CHECK
        .finds(&schedule.arn, title, Grade::B, evidence)
        .because(format!("The reason given: {}.", few.collect::<Vec<String>>().join(", ")))
        .concerning([endpoint])
        .between(Some(from), Some(last.scheduled))
        .told_apart_by(format!("failed {}", first.scheduled.to_seconds_text()))
        .exposing(Some(Exposure { requests, whole, from, to: last.scheduled }));
    findings.add(finding);
}

/// Notes the listing that would tell whether anything was captured.
fn unlisted(case: &Case, endpoint: &Arn, to: Instant, findings: &mut Findings) {
    let Some(endpoint) = case.serving.endpoints().iter().rfind(|one| one.arn.key() == endpoint.key()) else { return };
    let Some((capture, _)) = capture(endpoint, to.plus(-HOUR), to) else { return };
    let place = capture.to.join(&format!("{}/", endpoint.name));
    if listing(case, &place, to).is_none() {
        findings.need(GapKey::ObjectVersions { bucket: place.bucket.to_string(), prefix: place.key.to_string() });
    }
}

/// Returns the first whole listing of a place that was made once everything of a time was captured.
fn listing<'a>(case: &'a Case, place: &S3Uri, end: Instant) -> Option<&'a Said<ListingStatement>> {
    let whole = case.objects.listings().filter(|said| {
        let says = &said.says;
        says.complete
            && says.bucket.as_deref() == Some(&*place.bucket)
            && place.key.starts_with(says.prefix.as_str())
            && says.captured.is_some_and(|captured| captured >= end.plus(DELIVERED))
    });
    whole.min_by_key(|said| (said.says.captured, said.cite.clone()))
}

/// Hours in which requests were answered and to be captured, and nothing was.
fn uncaptured(case: &Case, schedule: &Schedule, endpoint: &Endpoint, findings: &mut Findings) {
    let mut empty = Empty::default();
    for span in endpoint.spans.iter().filter(|span| span.component().is_none()) {
        let Some(to) = span.to.map(|to| to.earliest).or(case.as_of) else { continue };
        let to = to.rounded_down(HOUR);
        let mut hour = span.from.latest.rounded_up(HOUR).max(to.plus(-HOURS * HOUR));
        while hour < to {
            empty.take(case, endpoint, span, hour, findings);
            hour = hour.plus(HOUR);
        }
    }
    let (Some(from), Some(last), Some(place), Some(grade), Some(evidence)) =
        (empty.hours.first(), empty.hours.last(), &empty.place, empty.grade, Citations::from_all(empty.cites))
    else {
        return;
    };
    let to = last.plus(HOUR);
    let title = format!(
        "{} captured nothing of {} requests in {} hour(s), so {} had nothing to look at",
        endpoint.name,
        counted(empty.requests, !empty.partial),
        grouped(empty.hours.len() as u64),
        schedule.name
    );
    let finding = CHECK
        .finds(&schedule.arn, title, grade, evidence)
        .because(format!(
            "Capture is on, and the listing of {place} has no object for them. The first of these hours is {}.",
            from.to_seconds_text()
        ))
        .concerning([&endpoint.arn])
        .between(Some(*from), Some(to))
        .told_apart_by(format!("not captured {}", from.to_seconds_text()))
        .exposing(Some(Exposure { requests: empty.requests, whole: !empty.partial, from: *from, to }));
    findings.add(finding);
}

/// Hours of which nothing was captured.
#[derive(Default)]
struct Empty {
    hours: Vec<Instant>,
    requests: u64,
    /// Whether requests of some hour were counted in part only.
    partial: bool,
    place: Option<S3Uri>,
    grade: Option<Grade>,
    cites: Vec<Citation>,
}

impl Empty {
    /// Takes an hour in, if something was to be captured in it and was not.
    fn take(&mut self, case: &Case, endpoint: &Endpoint, span: &Span, hour: Instant, findings: &mut Findings) {
        let end = hour.plus(HOUR);
        let Some((capture, cites)) = capture(endpoint, hour, end) else { return };
        let place = capture.to.join(&format!("{}/{}/", span.name, span.variant));
        let Some(listing) = listing(case, &place, end) else { return };
        let stamp = hour.to_seconds_text().get(..13).unwrap_or_default().replace(['-', 'T'], "/");
        // A destination that ends in a slash may get another one.
        let doubled =
            S3Uri::new(&capture.to.bucket, &format!("{}//{}/{}/", capture.to.key.trim_end_matches('/'), span.name, span.variant));
        let holds =
            |place: &S3Uri| case.objects.under(&S3Uri::new(&place.bucket, &format!("{}{stamp}/", place.key))).next().is_some();
        if holds(&place) || holds(&doubled) {
            return;
        }
        let asked = case.serving.requests_of(span, hour, end);
        #[expect(clippy::cast_precision_loss, reason = "requests of an hour lie far below 2^53")]
        let is_enough = |requests: u64| requests as f64 * capture.percent / 100.0 >= ENOUGH;
        let Some(asked) = asked.filter(|asked| is_enough(asked.requests)) else { return };
        let grade = match kept(case, &place, end, listing.says.captured.unwrap_or(end)) {
            Some(true) => Grade::B,
            Some(false) => return,
            None => {
                findings.need(GapKey::Lifecycle(place.bucket.to_string()));
                Grade::C
            }
        };
        self.grade = Some(self.grade.map_or(grade, |known| known.weaker(grade)));
        if self.hours.len() < CITED {
            self.cites.push(listing.cite.clone());
            self.cites.extend(asked.cites);
            self.cites.extend(cites.iter().cloned());
        }
        self.hours.push(hour);
        self.requests += asked.requests;
        self.partial |= !asked.whole;
        self.place.get_or_insert(place);
    }
}

/// Returns where an endpoint captured to all through an hour, and what says so.
fn capture(endpoint: &Endpoint, from: Instant, to: Instant) -> Option<(&Capture, &[Citation])> {
    // While something changes, it is not known what is captured.
    if endpoint.switches.iter().any(|switch| switch.at.plus(HOUR) > from && switch.at < to) {
        return None;
    }
    let switch = endpoint.switches.iter().rfind(|switch| switch.at < from && switch.took_effect())?;
    Some((switch.after.capture.as_ref()?, &switch.after.cites))
}

/// Returns whether what was written at the end of an hour was still there when a listing was made, as far as lifecycle rules tell.
fn kept(case: &Case, place: &S3Uri, written: Instant, listed: Instant) -> Option<bool> {
    if !case.objects.knows_lifecycle(&place.bucket) {
        return None;
    }
    let rules = case.objects.settings(&place.bucket).iter().flat_map(|said| said.says.lifecycle.iter().flatten());
    let concerns = |prefix: &str| place.key.starts_with(prefix) || prefix.starts_with(&*place.key);
    let mut rules = rules.filter(|rule| rule.enabled && concerns(&rule.prefix));
    Some(!rules.any(|rule| rule.expires_after.is_some_and(|days| listed.since(written) >= days * 86_400)))
}

/// Times in which executions were due and a whole list has none.
fn missing(case: &Case, schedule: &Schedule, endpoint: &Arn, findings: &mut Findings) {
    let (Some(period), Some(created)) = (schedule.period, schedule.created) else { return };
    if schedule.status.as_deref() != Some("Scheduled") {
        return;
    }
    let lists = case.coverage.lists(Listed::MonitoringExecutions, schedule.arn.account(), schedule.arn.region());
    let of_schedule = lists.filter(|said| said.says.of.as_deref().is_none_or(|of| of.eq_ignore_ascii_case(&schedule.name)));
    let Some(list) = of_schedule.filter(|said| said.says.captured.is_some()).max_by_key(|said| said.says.captured) else {
        return;
    };
    let Some(captured) = list.says.captured else { return };
    // A list that does not name its schedule is of this one only if it has rows of it.
    if list.says.of.is_none() && schedule.executions.is_empty() {
        return;
    }
    let from = list.says.from.map_or(created, |from| from.max(created));
    let mut reached: Instant = from;
    let due = schedule.executions.iter().map(|(one, _)| one.scheduled).filter(|at| *at > from).chain([captured]);
    for at in due {
        // One that is late is no gap; one that is left out altogether is.
        let is_gap = at.since(reached) > 2 * period + LATE;
        let asked = is_gap.then(|| case.serving.requests(endpoint, None, reached, at)).flatten();
        if let Some(asked) = asked.filter(|asked| asked.requests > 0) {
            let evidence = Citations::one(list.cite.clone()).and(schedule.cites.iter().cloned()).and(asked.cites.iter().cloned());
            let title = format!(
                "{} has no execution for {} (from {} to {}), and {} was asked {} times in it",
                schedule.name,
                duration_text(at.since(reached)),
                reached.to_seconds_text(),
                at.to_seconds_text(),
                endpoint.last(),
                counted(asked.requests, asked.whole)
            );
            let finding = CHECK
                .finds(&schedule.arn, title, Grade::B, evidence)
                .because(format!("One is due every {}.", duration_text(period)))
                .concerning([endpoint])
                .between(Some(reached), Some(at))
                .told_apart_by(format!("missing {}", reached.to_seconds_text()))
                .exposing(Some(exposed(&asked, reached, at)));
            findings.add(finding);
        }
        reached = reached.max(at);
    }
}
