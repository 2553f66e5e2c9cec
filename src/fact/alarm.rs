//! Alarms: how they are set, and what became of them.

use std::collections::BTreeMap;

use super::arn::Home;
use super::{Excerpt, at};
use crate::time::{Instant, Seconds};

/// What an alarm measures.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Measure {
    /// Namespace.
    pub namespace: Option<String>,
    /// Metric.
    pub metric: Option<String>,
    /// Dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// Statistic as it was written: `Average`, `p95`.
    pub statistic: Option<String>,
    /// Period.
    pub period: Option<Seconds>,
    /// Unit that the alarm asks for. `CloudWatch` gives it only data of that unit.
    pub unit: Option<String>,
}

/// How a value is held against the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Above.
    Greater,
    /// Above or at.
    GreaterOrEqual,
    /// Below.
    Less,
    /// Below or at.
    LessOrEqual,
}

/// What a missing point counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// As missing; the default.
    #[default]
    Missing,
    /// As nothing: the alarm stays as it is.
    Ignore,
    /// As beyond the threshold.
    Breaching,
    /// As within the threshold.
    NotBreaching,
}

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// `OK`.
    Ok,
    /// `ALARM`.
    Alarm,
    /// `INSUFFICIENT_DATA`.
    InsufficientData,
}

/// How an alarm is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Description, in its owner's words.
    pub description: Option<String>,
    /// What it measures, where that is one metric.
    pub measure: Option<Measure>,
    /// Whether `measure` gives its statistic in `Statistic`, where only the simple ones are valid, and not in `ExtendedStatistic`.
    pub simple_statistic: bool,
    /// What goes into its expression, where it is one of metric math.
    pub inputs: Vec<Measure>,
    /// The rule of a composite alarm.
    pub rule: Option<String>,
    /// Periods that are looked at: the N of M out of N.
    pub evaluation_periods: Option<i64>,
    /// Points beyond the threshold among them that make an alarm: the M of M out of N. As many as there are periods, where unset.
    pub datapoints_to_alarm: Option<i64>,
    /// Threshold.
    pub threshold: Option<f64>,
    /// Comparison; absent for those that are none with one threshold.
    pub comparison: Option<Comparison>,
    /// What missing points count as.
    pub missing: Missing,
    /// Whether its actions are enabled.
    pub acts: bool,
    /// Whom it tells of `ALARM`.
    pub actions: Vec<String>,
    /// Whom it tells of `INSUFFICIENT_DATA`.
    pub actions_without_data: Vec<String>,
    /// Its state, and since when.
    pub state: Option<(State, Option<Instant>)>,
    /// When its settings were last changed.
    pub updated: Option<Instant>,
}

/// What one record says to have happened to an alarm.
#[derive(Clone, Debug)]
pub struct AlarmStatement {
    /// Account and region.
    pub home: Home,
    /// Name.
    pub name: String,
    /// When.
    pub at: Instant,
    /// What.
    pub what: AlarmEvent,
}

/// What may happen to an alarm.
#[derive(Clone, Debug, PartialEq)]
pub enum AlarmEvent {
    /// Its state changed.
    Changed {
        /// State before.
        from: Option<State>,
        /// State from then on.
        to: State,
        /// Reason, as `CloudWatch` words it.
        reason: Option<String>,
        /// Start of the first period beyond the threshold that `CloudWatch` says it looked at.
        breached: Option<Instant>,
    },
    /// Its settings were changed.
    Configured,
    /// It was deleted.
    Deleted,
    /// It told somebody, or tried to.
    Acted {
        /// Whom: an ARN.
        target: String,
        /// Whether that succeeded.
        succeeded: bool,
    },
    /// Somebody called `SetAlarmState`.
    Set {
        /// The state it was set to.
        to: State,
    },
}

impl Comparison {
    /// Reads the API's spelling.
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "GreaterThanThreshold" => Some(Self::Greater),
            "GreaterThanOrEqualToThreshold" => Some(Self::GreaterOrEqual),
            "LessThanThreshold" => Some(Self::Less),
            "LessThanOrEqualToThreshold" => Some(Self::LessOrEqual),
            _ => None,
        }
    }

    /// Returns whether a value is beyond a threshold.
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Greater => value > threshold,
            Self::GreaterOrEqual => value >= threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }

    /// Returns whether values above the threshold are beyond it.
    pub const fn is_upper(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual)
    }
}

impl Missing {
    /// Reads the API's spelling; what is not given is the default.
    pub fn read(text: Option<&str>) -> Self {
        match text {
            Some("ignore") => Self::Ignore,
            Some("breaching") => Self::Breaching,
            Some("notBreaching") => Self::NotBreaching,
            _ => Self::Missing,
        }
    }

    /// Returns the API's spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Ignore => "ignore",
            Self::Breaching => "breaching",
            Self::NotBreaching => "notBreaching",
        }
    }
}

impl State {
    /// Reads the API's spelling.
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "OK" => Some(Self::Ok),
            "ALARM" => Some(Self::Alarm),
            "INSUFFICIENT_DATA" => Some(Self::InsufficientData),
            _ => None,
        }
    }

    /// Returns the API's spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl Settings {
    /// Returns everything it measures.
    pub fn measures(&self) -> impl Iterator<Item = &Measure> {
        self.measure.iter().chain(&self.inputs)
    }

    /// Returns whom it reaches when it goes into `ALARM`: nobody where its actions are disabled.
    pub fn told(&self) -> &[String] {
        if self.acts { &self.actions } else { &[] }
    }

    /// Returns whom it reaches when its data stops: nobody where its actions are disabled.
    pub fn told_without_data(&self) -> &[String] {
        if self.acts { &self.actions_without_data } else { &[] }
    }

    /// Quotes the settings.
    pub(super) fn excerpt(&self, name: &str) -> String {
        let of = |part: fn(&Measure) -> Option<&String>| self.measure.as_ref().and_then(part);
        Excerpt::of("alarm:")
            .and("name", Some(name))
            .and("namespace", of(|measure| measure.namespace.as_ref()))
            .and("metric", of(|measure| measure.metric.as_ref()))
            .and("statistic", of(|measure| measure.statistic.as_ref()))
            .and("period", self.measure.as_ref().and_then(|measure| measure.period))
            .and("threshold", self.threshold)
            .and("rule", self.rule.as_ref())
            .and("actions", Some(self.told().len()))
            .text()
    }
}

impl AlarmStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        let excerpt = Excerpt::of("alarm event:").and("name", Some(&self.name)).and("at", at(Some(self.at)));
        match &self.what {
            AlarmEvent::Changed { from, to, reason, .. } => {
                excerpt.and("oldState", from.map(State::name)).and("newState", Some(to.name())).and("reason", reason.as_ref())
            }
            AlarmEvent::Configured => excerpt.and("what", Some("settings changed")),
            AlarmEvent::Deleted => excerpt.and("what", Some("deleted")),
            AlarmEvent::Acted { target, succeeded } => excerpt.and("action", Some(target)).and("succeeded", Some(succeeded)),
            AlarmEvent::Set { to } => excerpt.and("SetAlarmState", Some(to.name())),
        }
        .text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_those_of_the_api() {
        for state in [State::Ok, State::Alarm, State::InsufficientData] {
            assert_eq!(State::read(state.name()), Some(state));
        }
        for missing in [Missing::Missing, Missing::Ignore, Missing::Breaching, Missing::NotBreaching] {
            assert_eq!(Missing::read(Some(missing.name())), missing);
        }
        assert_eq!((Missing::read(None), Comparison::read("GreaterThanUpperThreshold")), (Missing::Missing, None));
    }
}
