//! What an alarm would have done: `CloudWatch`'s rules of evaluation, applied to exported data.
//!
//! Sources: "Alarm evaluation" and "Configuring how `CloudWatch` alarms treat missing data" in the Amazon `CloudWatch` User Guide.
//! The rules, and what of them is replayed:
//!
//! - An alarm looks at the N newest periods (`EvaluationPeriods`) and is in `ALARM` where M of them (`DatapointsToAlarm`, N where
//!   unset) are beyond the threshold.
//! - Where some of these are missing, older points are taken instead, out of a longer *evaluation range*. How long it is AWS does
//!   not say; in its examples it is N + 2, which is used here.
//! - Where even that gives fewer than N points, the rest counts as `TreatMissingData` says: as beyond the threshold, as within it,
//!   as no reason to change (`ignore`), or as missing. All points missing is `INSUFFICIENT_DATA` for `missing`.
//! - For `missing`, an alarm whose points are all beyond the threshold, though fewer than M, goes into `ALARM` when the oldest of
//!   them is at least M periods old; until then, which AWS only describes as not going into `ALARM`, it stays as it is.
//!
//! What is not replayed: points that arrive late, evaluation each minute of periods that are longer than a minute, percentiles
//! with few samples, anomaly bands, metric math. A change of state is dated at the end of its period; `CloudWatch` notices it one
//! to five minutes later. The tables of the guide are the tests below.

use super::super::metrics::Data;
use crate::fact::alarm::{Comparison, Missing, Settings, State};
use crate::time::{Instant, Seconds};

/// The part of an alarm's settings that decides on its state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Length of a period.
    pub period: Seconds,
    /// Periods that are looked at.
    pub periods: usize,
    /// Points beyond the threshold among them that make an alarm.
    pub points: usize,
    /// Threshold.
    pub threshold: f64,
    /// Comparison.
    pub comparison: Comparison,
    /// What missing points count as.
    pub missing: Missing,
}

/// What an alarm would have done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// Periods for which there was enough data to say.
    pub periods: u64,
    /// Those at whose end the alarm was in `ALARM`.
    pub in_alarm: u64,
    /// Periods with a value beyond the threshold.
    pub breaches: u64,
    /// Changes of state, oldest first: at the end of a period, to a state.
    pub changes: Vec<(Instant, State)>,
}

/// Longest time that an alarm may look back: `CloudWatch` takes no alarm with more.
const LONGEST: Seconds = 7 * 86_400;

/// Most periods that are replayed; points of a minute are kept 15 days, of an hour 455.
const MOST: i64 = 200_000;

/// Periods of the evaluation range beyond those that are looked at.
const MORE: usize = 2;

impl Rule {
    /// Returns the rule of an alarm on one metric with one threshold; others cannot be replayed.
    pub fn of(settings: &Settings) -> Option<Self> {
        let period = settings.measure.as_ref()?.period?;
        let periods = settings.evaluation_periods?;
        let points = settings.datapoints_to_alarm.unwrap_or(periods);
        if period <= 0 || periods.checked_mul(period)? > LONGEST || points > periods {
            return None;
        }
        Some(Self {
            period,
            periods: usize::try_from(periods).ok()?,
            points: usize::try_from(points).ok()?,
            threshold: settings.threshold?,
            comparison: settings.comparison?,
            missing: settings.missing,
        })
    }

    /// Returns the same with another threshold.
    #[must_use]
    pub const fn at(self, threshold: f64) -> Self {
        Self { threshold, ..self }
    }

    /// Returns the least time from the start of a fault to the alarm: as many periods as must be beyond the threshold.
    pub fn fastest(&self) -> Seconds {
        self.period.saturating_mul(i64::try_from(self.points).unwrap_or(i64::MAX))
    }

    /// Returns the state after the given points, the newest last; nothing where the alarm stays as it is.
    fn judge(&self, range: &[Option<bool>]) -> Option<State> {
        let beyond = |points: &[bool]| points.iter().filter(|breach| **breach).count();
        let state = |alarm: bool| Some(if alarm { State::Alarm } else { State::Ok });
        let real: Vec<bool> = range.iter().flatten().copied().collect();
        if let Some(enough) = real.len().checked_sub(self.periods) {
            let recent = &range[range.len().saturating_sub(self.periods)..];
            let recent: Vec<bool> = recent.iter().flatten().copied().collect();
            // Older points stand in only where newer ones are missing.
            let taken = if recent.len() == self.periods { &recent } else { &real[enough..] };
            return state(beyond(taken) >= self.points);
        }
        let filled = self.periods - real.len();
        if real.is_empty() && self.missing == Missing::Missing {
            return Some(State::InsufficientData);
        }
        if beyond(&real) >= self.points {
            return Some(State::Alarm);
        }
        match self.missing {
            Missing::Breaching => state(beyond(&real) + filled >= self.points),
            Missing::NotBreaching => Some(State::Ok),
            Missing::Missing | Missing::Ignore if real.contains(&false) => Some(State::Ok),
            Missing::Ignore => None,
            Missing::Missing => {
                let age = range.iter().position(Option::is_some).map_or(0, |oldest| range.len() - oldest);
                (age >= self.points).then_some(State::Alarm)
            }
        }
    }

    /// Replays the alarm over what was measured at its period. It begins without enough data.
    pub fn replay(&self, data: &Data) -> Replay {
        let mut replay = Replay::default();
        let longest = self.periods + MORE;
        for (from, to) in &data.spans {
            let (from, to) = (from.rounded_up(self.period), to.rounded_down(self.period));
            let mut state = State::InsufficientData;
            let mut range: Vec<Option<bool>> = Vec::with_capacity(longest + 1);
            let periods = (to.since(from) / self.period).clamp(0, MOST);
            for number in 0..periods {
                let start = from.plus(number * self.period);
                let point = data.value(start).map(|value| self.comparison.breaches(value, self.threshold));
                replay.breaches += u64::from(point == Some(true));
                range.push(point);
                if range.len() > longest {
                    range.remove(0);
                }
                // What lay before the export is not known to be missing.
                if range.len() < self.periods {
                    continue;
                }
                let next = self.judge(&range).unwrap_or(state);
                if next != state {
                    replay.changes.push((start.plus(self.period), next));
                    state = next;
                }
                replay.periods += 1;
                replay.in_alarm += u64::from(state == State::Alarm);
            }
        }
        replay
    }
}

impl Replay {
    /// Returns the intervals in which the alarm was in `ALARM`; the last may have no end.
    pub fn episodes(&self) -> impl Iterator<Item = (Instant, Option<Instant>)> {
        self.changes.iter().enumerate().filter(|(_, (_, state))| *state == State::Alarm).map(|(at, (from, _))| {
            let until = self.changes.get(at + 1).map(|(until, _)| *until);
            (*from, until)
        })
    }

    /// Returns the share of the periods at whose end the alarm was in `ALARM`, in percent.
    pub fn percent_in_alarm(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "periods are far fewer than 2^53")]
        if self.periods == 0 { 0.0 } else { self.in_alarm as f64 / self.periods as f64 * 100.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(points: usize, missing: Missing) -> Rule {
        Rule { period: 60, periods: 3, points, threshold: 1.0, comparison: Comparison::Greater, missing }
    }

    fn points(text: &str) -> Vec<Option<bool>> {
        let read = |c: char| match c {
            'X' => Some(true),
            '0' => Some(false),
            _ => None,
        };
        text.split(' ').filter_map(|word| word.chars().next()).map(read).collect()
    }

    /// Runs a table of the guide: points, then the states for missing, ignore, breaching and notBreaching (`=` keeps the state).
    fn table(datapoints: usize, rows: &[(&str, &str)]) {
        let modes = [Missing::Missing, Missing::Ignore, Missing::Breaching, Missing::NotBreaching];
        for (row, states) in rows {
            for (mode, expected) in modes.into_iter().zip(states.split(' ')) {
                let expected = match expected {
                    "=" => None,
                    "OK" => Some(State::Ok),
                    "ALARM" => Some(State::Alarm),
                    _ => Some(State::InsufficientData),
                };
                assert_eq!(rule(datapoints, mode).judge(&points(row)), expected, "{row} as {mode:?}");
            }
        }
    }

    #[test]
    fn three_of_three_as_in_the_guide() {
        table(
            3,
            &[
                ("0 - X - X", "OK OK OK OK"),
                ("0 - - - -", "OK OK OK OK"),
                ("- - - - -", "INSUFFICIENT = ALARM OK"),
                ("0 X X - X", "ALARM ALARM ALARM ALARM"),
                ("- - X - -", "ALARM = ALARM OK"),
                // Not immediately, as the text below the tables says.
                ("- - - - X", "= = ALARM OK"),
                ("- - - X -", "= = ALARM OK"),
            ],
        );
    }

    #[test]
    fn two_of_three_as_in_the_guide() {
        table(
            2,
            &[
                ("0 - X - X", "ALARM ALARM ALARM ALARM"),
                ("0 0 X 0 X", "ALARM ALARM ALARM ALARM"),
                ("0 - X - -", "OK OK ALARM OK"),
                ("- - - - 0", "OK OK ALARM OK"),
                ("- - - X -", "ALARM = ALARM OK"),
            ],
        );
    }

    fn data(values: &[Option<f64>]) -> Data {
        let at = |minute: usize| Instant::from_seconds(i64::try_from(minute).unwrap() * 60);
        let points = values.iter().enumerate().filter_map(|(minute, value)| Some((at(minute), (*value)?))).collect();
        Data { period: 60, points, spans: vec![(at(0), at(values.len()))], cites: Vec::new() }
    }

    #[test]
    fn a_fault_is_dated_at_the_end_of_the_period_that_made_the_alarm() {
        let values: Vec<Option<f64>> = [0.0, 0.0, 5.0, 5.0, 5.0, 0.0].map(Some).to_vec();
        let replay = rule(2, Missing::Missing).replay(&data(&values));
        let minutes: Vec<(i64, State)> = replay.changes.iter().map(|(at, state)| (at.seconds() / 60, *state)).collect();
        assert_eq!(minutes, [(3, State::Ok), (4, State::Alarm)]);
        assert_eq!((replay.periods, replay.in_alarm, replay.breaches), (4, 3, 3));
        assert_eq!(replay.episodes().count(), 1);
    }

    #[test]
    fn a_dead_metric_is_silent_or_not_as_it_is_set() {
        let values: Vec<Option<f64>> = [vec![Some(0.0); 5], vec![None; 6]].concat();
        let last = |missing: Missing| rule(3, missing).replay(&data(&values)).changes.last().map(|(_, state)| *state);
        assert_eq!(last(Missing::Missing), Some(State::InsufficientData));
        assert_eq!(last(Missing::Ignore), Some(State::Ok));
        assert_eq!(last(Missing::Breaching), Some(State::Alarm));
        assert_eq!(last(Missing::NotBreaching), Some(State::Ok));
    }

    /// A generator of numbers that needs no crate: the same ones each time.
    fn next(seed: &mut u64) -> u64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *seed >> 33
    }

    #[test]
    fn a_higher_threshold_never_adds_alarm() {
        let mut seed = 7;
        for _ in 0..2_000 {
            let values: Vec<Option<f64>> = (0..40)
                .map(|_| match next(&mut seed) % 4 {
                    0 => None,
                    _ => Some(f64::from(u32::try_from(next(&mut seed) % 10).unwrap())),
                })
                .collect();
            let data = data(&values);
            let missing = [Missing::Missing, Missing::Ignore, Missing::Breaching, Missing::NotBreaching]
                [usize::try_from(next(&mut seed) % 4).unwrap()];
            let periods = usize::try_from(next(&mut seed) % 5).unwrap() + 1;
            let points = usize::try_from(next(&mut seed)).unwrap() % periods + 1;
            let rule = Rule { period: 60, periods, points, threshold: 0.0, comparison: Comparison::Greater, missing };
            let mut before = u64::MAX;
            for threshold in 0..10 {
                let replay = rule.at(f64::from(threshold)).replay(&data);
                assert!(replay.in_alarm <= before, "{values:?} {rule:?} {threshold}");
                assert!(replay.in_alarm <= replay.periods);
                before = replay.in_alarm;
            }
        }
    }

    #[test]
    fn what_no_alarm_may_be_is_not_replayed() {
        let settings = Settings {
            measure: Some(crate::fact::alarm::Measure { period: Some(3_600), ..Default::default() }),
            evaluation_periods: Some(1_000),
            threshold: Some(1.0),
            comparison: Some(Comparison::Greater),
            ..Settings::default()
        };
        assert_eq!(Rule::of(&settings), None);
        assert!(Rule::of(&Settings { evaluation_periods: Some(2), ..settings }).is_some());
    }
}
