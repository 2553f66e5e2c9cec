//! What could tell somebody: event rules, alarms, and catches of orchestrators.

use super::Excerpt;
use super::alarm::Settings;
use super::pattern::Pattern;

/// What one record says about a watcher.
#[derive(Clone, Debug)]
pub struct WatchStatement {
    /// Account, if known.
    pub account: Option<String>,
    /// Region, if known.
    pub region: Option<String>,
    /// Name.
    pub name: String,
    /// What it is.
    pub what: Watcher,
}

/// Kinds of watchers.
#[derive(Clone, Debug, PartialEq)]
pub enum Watcher {
    /// A rule that matches events.
    Rule {
        /// Whether it is enabled.
        enabled: bool,
        /// Its pattern; absent for schedules, and where it is not understood.
        pattern: Option<Pattern>,
        /// Its pattern as it was written.
        written: Option<String>,
    },
    /// Targets of a rule.
    Targets {
        /// Their ARNs.
        arns: Vec<String>,
    },
    /// An alarm.
    Alarm {
        /// How it is set.
        settings: Box<Settings>,
        /// Who says so.
        told: Told,
    },
    /// A state of a state machine that catches the failure of a job it runs.
    Catch {
        /// The operation it waits for, such as `createProcessingJob`.
        operation: String,
    },
}

/// What tells how an alarm is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The account's own answer: it is there.
    Described,
    /// A request that was granted.
    Requested,
    /// A request that was refused: there is no such alarm.
    Refused,
    /// A template: whether it was ever deployed does not show.
    Template,
}

impl WatchStatement {
    /// Quotes the statement.
    pub fn excerpt(&self) -> String {
        match &self.what {
            Watcher::Rule { enabled, written, .. } => Excerpt::of("rule:")
                .and("name", Some(&self.name))
                .and("enabled", Some(enabled))
                .and("eventPattern", written.as_ref()),
            Watcher::Targets { arns } => {
                Excerpt::of("targets:").and("rule", Some(&self.name)).and("targets", Some(arns.join(" ")))
            }
            Watcher::Alarm { settings, .. } => return settings.excerpt(&self.name),
            Watcher::Catch { operation } => Excerpt::of("catch:").and("state", Some(&self.name)).and("of", Some(operation)),
        }
        .text()
    }
}
