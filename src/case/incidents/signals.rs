//! What could have told somebody of an incident, and did: the first such signal is its detection.
//!
//! | signal | counts when |
//! |---|---|
//! | alarm | it went into `ALARM` by itself, and an action, a composite alarm with one, or an event rule reaches somebody |
//! | event rule | it is enabled, has a target, matched the event of the job's end, and was not written afterwards |
//! | catch | a state machine ran the job and catches its failure |
//! | person | a call on the resource from the console or with a source identity; a run of a job by another role or user than usual |
//!
//! What `SetAlarmState` makes an alarm say is no signal. That nothing earlier came is said only where the lists of alarms and rules,
//! the alarms' history and the trail are whole; otherwise [`Heard::missing_until`] names what is not there.

use crate::case::Case;
use crate::case::alarm::Alarm;
use crate::case::gap::{GapKey, Place};
use crate::case::jobs::Job;
use crate::case::said::Said;
use crate::case::watchers::{Rule, is_about};
use crate::evidence::citation::Citation;
use crate::fact::alarm::State;
use crate::fact::arn::{Arn, ArnKey};
use crate::fact::call::{CallStatement, Listed};
use crate::fact::job::JobStatus;
use crate::fact::principal::Principal;
use crate::time::Instant;

/// Something that could reach somebody.
#[derive(Clone, Debug)]
pub(super) struct Signal {
    pub(super) at: Instant,
    pub(super) by: String,
    pub(super) cites: Vec<Citation>,
}

/// What was heard of an incident, and what is not known of it.
#[derive(Debug)]
pub(super) struct Heard {
    from: Instant,
    to: Instant,
    place: Place,
    signals: Vec<Signal>,
    /// Lists that are not whole, or not there.
    unlisted: Vec<GapKey>,
    /// Alarms of which it is not known what they did until an instant.
    unsure: Vec<(GapKey, Instant)>,
    /// Whole lists that show that nothing else could have told.
    pub(super) lists: Vec<Citation>,
    /// Beginnings of the trail's holes, if any.
    blind_from: Option<Instant>,
}

impl Heard {
    /// Begins with what is known of an account and region from `from` to `to`.
    pub(super) fn of(case: &Case, arn: &Arn, from: Instant, to: Instant) -> Self {
        let (account, region) = (arn.account(), arn.region());
        let mut heard = Self {
            from,
            to,
            place: Place::of(arn),
            signals: Vec::new(),
            unlisted: Vec::new(),
            unsure: Vec::new(),
            lists: Vec::new(),
            blind_from: first_hole(case, account, region, from, to),
        };
        heard.list(case, Listed::Alarms, arn, GapKey::Alarms(Place::of(arn)));
        heard
    }

    fn list(&mut self, case: &Case, what: Listed, arn: &Arn, missing: GapKey) {
        match case.coverage.lists(what, arn.account(), arn.region()).next() {
            Some(list) => self.lists.push(list.cite.clone()),
            None => self.unlisted.push(missing),
        }
    }

    /// Returns the first signal.
    pub(super) fn first(&self) -> Option<&Signal> {
        self.signals.iter().min_by(|left, right| left.at.cmp(&right.at).then_with(|| left.by.cmp(&right.by)))
    }

    /// Returns what would show a signal before `at`, or until the end.
    pub(super) fn missing_until(&self, at: Option<Instant>) -> Vec<GapKey> {
        let until = at.unwrap_or(self.to);
        // What came with the beginning nothing can have preceded.
        if until <= self.from {
            return Vec::new();
        }
        let mut missing = self.unlisted.clone();
        missing.extend(self.unsure.iter().filter(|(_, known)| *known < until).map(|(key, _)| key.clone()));
        if self.blind_from.is_some_and(|blind| blind < until) {
            missing.push(GapKey::Trail(self.place.clone(), Some(self.from), Some(until)));
        }
        missing.sort();
        missing.dedup();
        missing
    }

    /// Hears an alarm, if it is one that could tell.
    pub(super) fn alarm(&mut self, case: &Case, alarm: &Alarm) {
        let composite = case.alarms.composed_of(alarm).filter(|outer| !outer.settings.told().is_empty());
        for own in std::iter::once(alarm).chain(composite) {
            self.one_alarm(case, own);
        }
    }

    fn one_alarm(&mut self, case: &Case, alarm: &Alarm) {
        let acts = |at: Instant| alarm.acted.iter().any(|(acted, _)| (0..=60).contains(&acted.since(at)));
        let reaches =
            !alarm.settings.told().is_empty() || case.watchers.rules.iter().any(|rule| rule.passes_on(alarm, State::Alarm));
        let raised = alarm.transitions.iter().filter(|own| own.to == State::Alarm && own.by_hand.is_none());
        for own in raised.filter(|own| self.from <= own.at && own.at <= self.to && (reaches || acts(own.at))) {
            self.signals.push(Signal { at: own.at, by: format!("alarm {}", alarm.name), cites: own.cites.clone() });
        }
        if !reaches {
            return;
        }
        // What the alarm did is known as far as its history is whole, or its state has not changed.
        let histories = case.coverage.alarm_history(alarm);
        let listed = histories.iter().filter(|(from, _, _)| *from <= self.from).map(|(_, to, _)| *to).max();
        let unchanged = alarm
            .settings
            .state
            .and_then(|(_, since)| since)
            .filter(|since| *since <= self.from)
            .and_then(|_| alarm.told_at.or(case.as_of));
        // Before it was set up it could tell nothing.
        let not_yet = alarm.changes.first().copied().filter(|first| alarm.changes.len() == 1 && *first >= self.to);
        let known = [listed, unchanged, not_yet].into_iter().flatten().max();
        self.unsure.push((GapKey::AlarmHistory(Place::at(&alarm.home)), known.unwrap_or(self.from)));
        self.lists.extend(histories.into_iter().map(|(_, _, cite)| cite));
        if known.is_some_and(|known| known >= self.to) {
            self.lists.extend(alarm.cites.iter().cloned());
        }
    }

    /// Hears what a job's end set off.
    pub(super) fn end_of(&mut self, case: &Case, job: &Job) {
        self.list(case, Listed::Rules, &job.arn, GapKey::Rules(self.place.clone()));
        let (Some(ended), Some(status)) = (job.ended, job.status) else { return };
        for rule in case.watchers.rules_near(job).filter(|rule| rule.could_tell() && rule.matches(job, status)) {
            // What a rule that was written later looked like before, only an earlier trail tells.
            if is_written_after(case, rule, ended) {
                let earlier = GapKey::Trail(self.place.clone(), None, Some(self.from));
                self.unsure.push((earlier, self.from));
            } else {
                let at = event_of(job, status).map_or(ended, |(at, _)| at);
                let cites = rule.cites.iter().cloned().chain(event_of(job, status).map(|(_, cite)| cite));
                self.signals.push(Signal { at, by: format!("rule {}", rule.name), cites: cites.collect() });
            }
        }
        if let Some((_, state, cite)) = case.watchers.catch_of(job) {
            self.signals.push(Signal { at: ended, by: format!("catch in state {state}"), cites: vec![cite.clone()] });
        }
        for alarm in case.alarms.iter().filter(|alarm| is_about(alarm, job)) {
            self.alarm(case, alarm);
        }
    }

    /// Hears people who acted on resources.
    pub(super) fn people(&mut self, case: &Case, resources: &[ArnKey]) {
        for said in during(case, self.from, self.to) {
            let on = said.says.arn.as_ref().is_some_and(|arn| resources.contains(&arn.key()));
            let Some(by) = said.by.as_deref().filter(|by| on && said.says.error.is_none() && is_person(by)) else { continue };
            let by = format!("{by} ({})", said.says.operation);
            self.signals.push(Signal { at: said.says.at, by, cites: vec![said.cite.clone()] });
        }
    }

    /// Hears people who ran a recurring job that somebody else runs.
    pub(super) fn runs(&mut self, runs: &[&Job]) {
        let before = runs.iter().filter(|run| run.created.is_some_and(|created| created < self.from));
        let usual: Vec<&str> = before.filter_map(|run| run.by.as_deref()).map(Principal::actor).collect();
        for run in runs {
            let Some(created) = run.created.filter(|created| self.from <= *created && *created <= self.to) else { continue };
            let Some(by) = run.by.as_deref() else { continue };
            // Sessions of a scheduler may be named anew for each run: only another role or user is somebody else.
            let is_other = !usual.is_empty() && !usual.contains(&by.actor());
            if !is_other || by.invoked_by.is_some() || by.pipeline_session().is_some() {
                continue;
            }
            let cites = run.cites(|says| says.words == crate::fact::Words::Request).into_iter().flatten().collect();
            self.signals.push(Signal { at: created, by: format!("{by} (ran {})", run.name), cites });
        }
    }
}

/// Returns the calls of an interval.
fn during(case: &Case, from: Instant, to: Instant) -> &[Said<CallStatement>] {
    let first = case.calls.partition_point(|said| said.says.at < from);
    let last = case.calls.partition_point(|said| said.says.at <= to);
    case.calls.get(first..last).unwrap_or_default()
}

/// Returns whether a call is a person's, as far as the record tells: it came from the console, or names who is behind the session.
fn is_person(by: &Principal) -> bool {
    by.invoked_by.is_none() && (by.console || by.source_identity.is_some())
}

/// Returns whether a rule was written after an instant, so that what it was before is not known.
fn is_written_after(case: &Case, rule: &Rule, at: Instant) -> bool {
    let written = |said: &Said<CallStatement>| {
        matches!(said.says.operation.as_str(), "PutRule" | "EnableRule" | "PutTargets")
            && said.says.error.is_none()
            && said.says.name.as_deref() == Some(rule.name.as_str())
    };
    let first = case.calls.partition_point(|said| said.says.at <= at);
    case.calls.get(first..).unwrap_or_default().iter().any(written)
}

/// Returns when the event bus told of a job's end, and where that is recorded.
fn event_of(job: &Job, status: JobStatus) -> Option<(Instant, Citation)> {
    let said = job.said.iter().find(|said| said.says.words == crate::fact::Words::Event && said.says.status == Some(status))?;
    Some((said.cite.time?, said.cite.clone()))
}

/// Returns from when on a trail is blind in an interval; nothing where it is whole.
fn first_hole(case: &Case, account: &str, region: &str, from: Instant, to: Instant) -> Option<Instant> {
    if case.coverage.trail_is_whole(account, region, from, to) {
        return None;
    }
    let trail =
        case.coverage.trails().iter().find(|trail| {
            trail.scope.account == account && trail.scope.region == region && trail.from <= from && from <= trail.to
        });
    let Some(trail) = trail else { return Some(from) };
    let gaps = trail.gaps.iter().filter(|gap| gap.to > from).map(|gap| gap.from.max(from));
    Some(gaps.chain([trail.to]).min().unwrap_or(from))
}
