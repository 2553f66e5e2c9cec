//! Who could have told of an incident, whether they did, and if not, why not and when they would have.

use super::super::Case;
use super::super::alarm::Alarm;
use super::super::alarm::known::{Notices, PLAUSIBLE, is_in_microseconds, is_of_aws, notices};
use super::super::alarm::replay::Rule as AlarmRule;
use super::super::gap::{GapKey, Place};
use super::super::incidents::{Incident, Kind};
use super::super::jobs::Job;
use super::super::serving::Endpoint;
use super::super::watchers::{Rule, is_about};
use crate::evidence::citation::Citations;
use crate::fact::alarm::State;
use crate::fact::job::JobStatus;
use crate::time::{Instant, Seconds, duration_text};

/// Somebody or something that could have told.
#[derive(Clone, Debug)]
pub struct Watched {
    /// `rule` or `alarm`.
    pub kind: &'static str,
    /// Name.
    pub name: String,
    /// ARN of what the incident is about; nothing where there was no incident.
    pub incident: Option<String>,
    /// When it told; nothing where it did not, or where that is not known.
    pub told: Option<Instant>,
    /// Whether it is known whether it told.
    pub is_known: bool,
    /// When it would have told if it had been set right.
    pub would: Option<Instant>,
    /// Why it did or did not, in a sentence.
    pub why: String,
    /// On what.
    pub evidence: Citations,
}

/// Watchers, and what would tell more of them.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Watched>,
    pub(super) missing: Vec<GapKey>,
}

/// `CloudWatch` changes a state this long after the period that causes it, at the latest.
const SLACK: Seconds = 300;

/// How a job may end.
const ENDS: [JobStatus; 3] = [JobStatus::Completed, JobStatus::Failed, JobStatus::Stopped];

/// Returns who could have told of incidents; where there is none, what the alarms on the endpoint were at `at`.
pub(super) fn of(case: &Case, endpoint: &Endpoint, incidents: &[&Incident], at: Instant) -> Rows {
    let mut rows = Rows::default();
    let on_endpoint = |alarm: &&Alarm| !alarm.is_for_scaling() && alarm.is_on(endpoint);
    let alarms: Vec<&Alarm> = case.alarms.iter().filter(on_endpoint).collect();
    if incidents.is_empty() {
        for alarm in &alarms {
            let row = quiet(alarm, at);
            if row.as_ref().is_some_and(|row| !row.is_known) {
                rows.missing.push(GapKey::AlarmHistory(Place::at(&alarm.home)));
            }
            rows.rows.extend(row);
        }
        return rows;
    }
    for incident in incidents {
        let until = incident.recovered.or(case.as_of).unwrap_or(at);
        if incident.kind == Kind::Job {
            for job in std::iter::once(&incident.subject).chain(&incident.related).filter_map(|arn| case.jobs.get(arn, None)) {
                rules(case, incident, job, &mut rows);
            }
            let about =
                case.alarms.iter().filter(|alarm| case.jobs.get(&incident.subject, None).is_some_and(|job| is_about(alarm, job)));
            rows.rows.extend(about.filter_map(|alarm| by_alarm(case, incident, alarm, until, true, &mut rows.missing)));
        } else {
            for alarm in &alarms {
                let row = by_alarm(case, incident, alarm, until, sees(alarm, incident.kind), &mut rows.missing);
                rows.rows.extend(row);
            }
        }
    }
    rows
}

/// Returns whether an alarm measures what an incident of a kind shows itself by.
fn sees(alarm: &Alarm, kind: Kind) -> bool {
    alarm.measures().any(|measure| {
        let of_kind = measure.metric.as_deref().and_then(notices).is_some_and(|notices| match notices {
            Notices::Errors => kind == Kind::Errors,
            Notices::Latency => kind == Kind::Latency,
        });
        of_kind || measure.namespace.as_deref().is_some_and(|namespace| !is_of_aws(namespace))
    })
}

/// Says what an alarm was when there was no incident.
fn quiet(alarm: &Alarm, at: Instant) -> Option<Watched> {
    let evidence =
        alarm.cited().or_else(|| Citations::from_all(alarm.transitions.iter().flat_map(|own| own.cites.iter().cloned())))?;
    let last = alarm.transitions.iter().rfind(|own| own.at <= at).map(|own| (own.to, own.at));
    let described = alarm.settings.state.and_then(|(state, since)| Some((state, since?))).filter(|(_, since)| *since <= at);
    let state = [last, described].into_iter().flatten().max_by_key(|(_, since)| *since);
    let why = match state {
        Some((state, since)) => format!("it was {} since {}", state.name(), since.to_seconds_text()),
        None => "its state then is not in the evidence".to_owned(),
    };
    let told = state.filter(|(state, _)| *state == State::Alarm).map(|(_, since)| since);
    Some(Watched {
        kind: "alarm",
        name: alarm.name.clone(),
        incident: None,
        told,
        is_known: state.is_some(),
        would: None,
        why,
        evidence,
    })
}

/// Says what the event rules of a job's account made of its end.
fn rules(case: &Case, incident: &Incident, job: &Job, rows: &mut Rows) {
    let (Some(ended), Some(status)) = (job.ended, job.status.filter(|status| *status != JobStatus::Completed)) else { return };
    for rule in case.watchers.rules_near(job) {
        let matched: Vec<&str> = ENDS.into_iter().filter(|end| rule.matches(job, *end)).map(JobStatus::name).collect();
        if matched.is_empty()
            || rows.rows.iter().any(|row| {
                row.kind == "rule" && row.name == rule.name && row.incident.as_deref() == Some(incident.subject.as_str())
            })
        {
            continue;
        }
        let Some(evidence) = Citations::from_all(rule.cites.iter().cloned()) else { continue };
        let evidence = evidence.and(job.cites(|says| says.status.is_some()).into_iter().flatten());
        let (told, would, why) = by_rule(rule, status, ended, &matched, incident);
        rows.rows.push(Watched {
            kind: "rule",
            name: rule.name.clone(),
            incident: Some(incident.subject.to_string()),
            told,
            is_known: true,
            would,
            why,
            evidence,
        });
    }
}

fn by_rule(
    rule: &Rule,
    status: JobStatus,
    ended: Instant,
    matched: &[&str],
    incident: &Incident,
) -> (Option<Instant>, Option<Instant>, String) {
    let earlier = earlier(incident, ended);
    let hits = matched.contains(&status.name());
    if !rule.could_tell() {
        let why = if rule.enabled { "it has no target" } else { "it is disabled" };
        return (None, hits.then_some(ended), format!("{why}{}", if hits { earlier } else { String::new() }));
    }
    if hits {
        return (Some(ended), None, format!("it matches `{}` and has a target", status.name()));
    }
    let only = matched.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let why = format!(
        "it matches only {only}, and the job ended `{}`; had it matched that, it would have told{earlier}",
        status.name()
    );
    (None, Some(ended), why)
}

/// Says how much earlier an instant is than the detection.
fn earlier(incident: &Incident, would: Instant) -> String {
    let sooner = incident.detected.as_ref().map(|detected| detected.at.since(would)).filter(|sooner| *sooner > 0);
    let sooner = sooner.map(|sooner| format!(", {} earlier than somebody noticed", duration_text(sooner))).unwrap_or_default();
    format!(" at {}{sooner}", would.to_seconds_text())
}

/// Says what an alarm made of an incident.
fn by_alarm(
    case: &Case,
    incident: &Incident,
    alarm: &Alarm,
    until: Instant,
    sees: bool,
    missing: &mut Vec<GapKey>,
) -> Option<Watched> {
    let raised = alarm
        .transitions
        .iter()
        .find(|own| own.to == State::Alarm && own.by_hand.is_none() && incident.began <= own.at && own.at <= until.plus(SLACK));
    let cites = raised.into_iter().flat_map(|own| own.cites.iter().cloned());
    let evidence = Citations::from_all(alarm.cites.iter().cloned().chain(cites))?;
    let row = |told, is_known, would, why: String, evidence| Watched {
        kind: "alarm",
        name: alarm.name.clone(),
        incident: Some(incident.subject.to_string()),
        told,
        is_known,
        would,
        why,
        evidence,
    };
    let measured =
        alarm.settings.measure.as_ref().and_then(|measure| measure.metric.clone()).unwrap_or_else(|| "other things".to_owned());
    if !sees {
        return Some(row(None, true, None, format!("it watches {measured}, which does not show this"), evidence));
    }
    let reaches = !alarm.settings.told().is_empty()
        || case.watchers.rules.iter().any(|rule| rule.passes_on(alarm, State::Alarm))
        || case.alarms.composed_of(alarm).any(|outer| !outer.settings.told().is_empty());
    if let Some(raised) = raised {
        let why = if reaches { "it went into ALARM" } else { "it went into ALARM, and tells nobody" };
        let told = reaches.then_some(raised.at);
        return Some(row(told, true, (!reaches).then_some(raised.at), why.to_owned(), evidence));
    }
    // Whether it was in ALARM, and what it would have made of the data.
    let listed = case.coverage.alarm_history(alarm).iter().any(|(from, to, _)| *from <= incident.began && until <= *to);
    let was = alarm.was_in_alarm(incident.began, until.plus(SLACK), listed);
    let (replayed, more) = replayed(case, alarm, incident, until, missing);
    let why = match (was, &replayed) {
        (Some(false), Some((would, how))) => {
            format!("it stayed quiet; {how} it would have gone into ALARM{}", earlier(incident, *would))
        }
        (Some(false), None) => "it did not go into ALARM".to_owned(),
        (Some(true), Some((would, how))) => {
            format!("it was in ALARM all along, which says nothing; {how} it would have gone off{}", earlier(incident, *would))
        }
        (Some(true), None) => "it was in ALARM already, so nobody was told anew".to_owned(),
        (None, found) => {
            missing.push(GapKey::AlarmHistory(Place::at(&alarm.home)));
            let how =
                found.as_ref().map(|(would, how)| format!("; {how} it would have gone into ALARM{}", earlier(incident, *would)));
            format!("what it did then is not in the evidence{}", how.unwrap_or_default())
        }
    };
    Some(row(None, was.is_some(), replayed.map(|(would, _)| would), why, evidence.and(more)))
}

/// Replays an alarm over the exported metric: when it would have gone off during an incident, as it is set or as it is meant.
fn replayed(
    case: &Case,
    alarm: &Alarm,
    incident: &Incident,
    until: Instant,
    missing: &mut Vec<GapKey>,
) -> (Option<(Instant, &'static str)>, Vec<crate::evidence::citation::Citation>) {
    let Some(measure) = &alarm.settings.measure else { return (None, Vec::new()) };
    let Some(rule) = AlarmRule::of(&alarm.settings) else { return (None, Vec::new()) };
    let Some(data) = case.metrics.of(measure, &alarm.home) else {
        if let Some(to) = case.as_of {
            missing.push(GapKey::Metric { place: Place::at(&alarm.home), measure: measure.clone(), to });
        }
        return (None, Vec::new());
    };
    let within = |rule: AlarmRule| {
        let replay = rule.replay(&data);
        replay.episodes().map(|(from, _)| from).find(|from| incident.began <= *from && *from <= until.plus(SLACK))
    };
    let in_microseconds = measure
        .namespace
        .as_deref()
        .zip(measure.metric.as_deref())
        .is_some_and(|(namespace, metric)| is_in_microseconds(namespace, metric));
    let is_meant = in_microseconds && rule.threshold > 0.0 && rule.threshold < PLAUSIBLE && rule.comparison.is_upper();
    let found = if is_meant {
        within(rule.at(rule.threshold * 1_000.0)).map(|at| (at, "with the threshold in microseconds, as it is meant,"))
    } else {
        within(rule).map(|at| (at, "by the exported metric"))
    };
    (found, data.cites.clone())
}
