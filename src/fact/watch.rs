//! What could tell somebody: event rules, alarms, and catches of orchestrators.

use std::collections::BTreeMap;

use super::Excerpt;
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
    /// An alarm on a metric.
    Alarm {
        /// Namespace of the metric.
        namespace: Option<String>,
        /// Metric.
        metric: Option<String>,
        /// Dimensions.
        dimensions: BTreeMap<String, String>,
        /// Whether it acts, and on whom.
        actions: Vec<String>,
    },
    /// A state of a state machine that catches the failure of a job it runs.
    Catch {
        /// The operation it waits for, such as `createProcessingJob`.
        operation: String,
    },
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
            Watcher::Alarm { namespace, metric, actions, .. } => Excerpt::of("alarm:")
                .and("name", Some(&self.name))
                .and("namespace", namespace.as_ref())
                .and("metric", metric.as_ref())
                .and("actions", Some(actions.len())),
            Watcher::Catch { operation } => Excerpt::of("catch:").and("state", Some(&self.name)).and("of", Some(operation)),
        }
        .text()
    }
}
