//! Endpoints: whether what was asked of them took effect, and whether traffic was moved with care.

pub(super) mod automatic_switch;
pub(super) mod cold_switch;
pub(super) mod latency_breach;
pub(super) mod latency_breakdown;
pub(super) mod no_answer;
pub(super) mod rollback_not_atomic;
pub(super) mod rollback_target_gone;
pub(super) mod rolled_back;
pub(super) mod split_mismatch;
pub(super) mod unwatched_launch;
pub(super) mod weights_reset;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::serving::{Endpoint, time};
use crate::case::switches::Switch;
use crate::evidence::citation::Citation;
use crate::fact::arn::Arn;
use crate::fact::scaling::Scaling;
use crate::fact::serving::EndpointAct;
use crate::time::{Instant, Seconds};

/// How long after a switch a record of missing instances still tells of the switch.
const COLD: Seconds = 900;

/// How long before a switch a record of missing instances still holds.
const FRESH: Seconds = 120;

/// How long failing minutes are looked for after a switch.
const AFTERMATH: Seconds = 1_800;

/// Instances that were missing when traffic was moved to a variant.
struct Cold {
    /// In words.
    what: String,
    /// How well that is known.
    grade: Grade,
    /// When all instances were first seen.
    warm: Option<Instant>,
    /// Where it is said.
    cites: Vec<Citation>,
}

/// Minutes, or longer periods, in which requests failed with a server error.
struct Failing {
    /// Start of each period and the number of errors in it.
    periods: Vec<(Instant, f64)>,
    /// Length of a period.
    period: Seconds,
    /// Where it is said.
    cites: Vec<Citation>,
}

/// Returns who asked for a switch, for people: ` by …`, or nothing.
fn by(switch: &Switch) -> String {
    switch.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default()
}

/// Writes a share of the requests in percent.
fn percent(share: f64) -> String {
    let percent = (share * 1_000.0).round() / 10.0;
    format!("{percent} %")
}

/// Returns the first later request that changes weights, counts or the configuration.
fn next_switch<'a>(endpoint: &'a Endpoint, switch: &Switch) -> Option<&'a Switch> {
    endpoint.switches.iter().find(|other| other.at > switch.at)
}

/// Returns what shows that instances of a variant were missing when traffic was moved to it.
fn cold(case: &Case, endpoint: &Endpoint, switch: &Switch, variant: &str) -> Option<Cold> {
    let until = next_switch(endpoint, switch).map_or(switch.at.plus(COLD), |next| next.at.min(switch.at.plus(COLD)));
    let mut counts: Vec<(Instant, i64, i64, &Citation)> = endpoint
        .said
        .iter()
        .filter(|said| said.says.act == EndpointAct::State)
        .filter_map(|said| {
            let running = said.says.variants.iter().find(|running| running.name == variant)?;
            Some((time(said)?, running.current?, running.desired?, &said.cite))
        })
        .collect();
    counts.sort_by(|left, right| (left.0, left.3).cmp(&(right.0, right.3)));
    let warm = counts.iter().find(|(at, current, desired, _)| *at > switch.at && current >= desired).map(|(at, ..)| *at);
    let before = counts.iter().rfind(|(at, ..)| *at <= switch.at && at.plus(FRESH) >= switch.at);
    let after = counts.iter().find(|(at, ..)| *at > switch.at && *at <= until);
    // What was seen just before says what there was; what is seen afterwards may have been asked for with the switch itself.
    let seen = [before, after].into_iter().flatten().find(|(_, current, desired, _)| current < desired);
    if let Some((at, current, desired, cite)) = seen {
        let what = format!("at {} it had {current} of {desired} instance(s)", at.to_seconds_text());
        return Some(Cold { what, grade: Grade::B, warm, cites: vec![(*cite).clone()] });
    }
    if before.is_some() || after.is_some() {
        return None;
    }
    growing(case, &endpoint.arn, variant, switch.at)
}

/// Returns an activity of auto scaling that was still adding instances to a variant.
fn growing(case: &Case, endpoint: &Arn, variant: &str, at: Instant) -> Option<Cold> {
    case.scaling.iter().find_map(|said| {
        let Scaling::Activity { cause, status, ended, .. } = &said.says.what else { return None };
        let began = said.says.at?;
        let grows = cause.as_deref().is_some_and(|cause| cause.contains("AlarmHigh"));
        let lasts = began <= at && ended.is_none_or(|ended| ended > at);
        let is_of = is_of(&said.says.resource, variant, endpoint) && said.says.home.may_hold(endpoint, false);
        let failed = status.as_deref() == Some("Failed");
        (grows && lasts && is_of && !failed).then(|| {
            let until = ended.map(|ended| format!(" and lasted until {}", ended.to_seconds_text())).unwrap_or_default();
            Cold {
                what: format!("auto scaling had begun to add instances at {}{until}", began.to_seconds_text()),
                grade: Grade::B,
                warm: *ended,
                cites: vec![said.cite.clone()],
            }
        })
    })
}

/// Returns whether a resource of auto scaling is a variant of an endpoint.
fn is_of(resource: &str, variant: &str, endpoint: &Arn) -> bool {
    let parts: Vec<&str> = resource.split('/').collect();
    matches!(parts.as_slice(), ["endpoint", name, "variant", own] if name.eq_ignore_ascii_case(endpoint.last()) && *own == variant)
}

/// Returns the periods after a switch in which requests to a variant failed; nothing where that is not in the evidence.
fn failing(case: &Case, endpoint: &Endpoint, variant: &str, from: Instant, until: Instant) -> Option<Failing> {
    let series = case.serving.measured(&case.metrics, &endpoint.arn, variant, "Invocation5XXErrors", "Sum").into_iter().next()?;
    let data = &series.data;
    let known = data.spans.iter().any(|(begins, ends)| *begins <= from && *ends >= until.min(from.plus(data.period)));
    if !known {
        return None;
    }
    let inside = data.points.iter().filter(|(at, count)| at.plus(data.period) > from && *at < until && *count > 0.0);
    Some(Failing { periods: inside.copied().collect(), period: data.period, cites: data.cites.clone() })
}

impl Failing {
    /// Returns the number of failed requests.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of requests are whole and not negative")]
    fn errors(&self) -> u64 {
        self.periods.iter().map(|(_, count)| count).sum::<f64>().max(0.0).round() as u64
    }

    /// Says when requests failed.
    fn text(&self) -> String {
        use crate::finding::grouped;
        let (Some((first, _)), Some((last, _))) = (self.periods.first(), self.periods.last()) else {
            return "no request failed with a server error".to_owned();
        };
        let unit = if self.period == 60 { "minute(s)".to_owned() } else { format!("period(s) of {} s", self.period) };
        format!(
            "{} request(s) failed with 5XX in {} {unit} between {} and {}",
            grouped(self.errors()),
            self.periods.len(),
            first.to_seconds_text(),
            last.plus(self.period).to_seconds_text()
        )
    }
}
