//! Who could have been told: rules with their targets, and catches. Alarms: [`super::alarm`].

use std::collections::BTreeMap;

use super::said::Said;
use crate::evidence::citation::Citation;
use crate::fact::pattern::Pattern;
use crate::fact::watch::{WatchStatement, Watcher};

/// A rule that matches events.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Account, if known.
    pub account: Option<String>,
    /// Region, if known.
    pub region: Option<String>,
    /// Name.
    pub name: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Its pattern.
    pub pattern: Option<Pattern>,
    /// Its targets, where they are known.
    pub targets: Option<Vec<String>>,
    /// Where that is said.
    pub cites: Vec<Citation>,
}

/// All watchers.
#[derive(Debug, Default)]
pub struct Watchers {
    /// Rules, by name.
    pub rules: Vec<Rule>,
    /// States that catch the failure of a job: operation, state, citation.
    pub catches: Vec<(String, String, Citation)>,
}

impl Watchers {
    pub(super) fn build(said: Vec<Said<WatchStatement>>) -> Self {
        let mut watchers = Self::default();
        let mut targets: BTreeMap<String, (Vec<String>, Vec<Citation>)> = BTreeMap::new();
        let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
        for said in said {
            let WatchStatement { account, region, name, what } = said.says;
            match what {
                Watcher::Rule { enabled, pattern, .. } => {
                    let rule =
                        Rule { account, region, name: name.clone(), enabled, pattern, targets: None, cites: vec![said.cite] };
                    rules.insert(name, rule);
                }
                Watcher::Targets { arns } => {
                    let entry = targets.entry(name).or_default();
                    entry.0.extend(arns);
                    entry.1.push(said.cite);
                }
                Watcher::Alarm { .. } => {}
                Watcher::Catch { operation } => watchers.catches.push((operation, name, said.cite)),
            }
        }
        for (name, mut rule) in rules {
            if let Some((arns, cites)) = targets.remove(&name) {
                rule.targets = Some(arns);
                rule.cites.extend(cites);
            }
            watchers.rules.push(rule);
        }
        watchers
    }
}
