//! Checks: one file each, a pure function of the case, with its documentation beside it.
//!
//! A check says only what the evidence shows. Where it would need evidence that is not there, it names the gap instead of
//! keeping silent or accusing. Adding a check: a file that holds a [`Check`], a line in [`ALL`], fixtures that trigger it and
//! fixtures that only look like it.

mod alarm;
mod approval;
mod change;
mod code;
mod config;
mod data;
mod drift;
mod drill;
mod evidence;
mod feature_store;
mod logs;
mod monitor;
mod pipeline;
mod scaling;
mod serving;
mod skew;
mod timeout;

use std::collections::BTreeSet;

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::gap::GapKey;
use crate::case::serving::Exposure as Counted;
use crate::evidence::citation::Citations;
use crate::finding::{Exposure, Finding, Severity};
use crate::time::Instant;

/// A check and its documentation.
#[derive(Debug)]
pub struct Check {
    /// `family/name`.
    pub id: &'static str,
    /// Default severity.
    pub severity: Severity,
    /// When it fires, in a sentence.
    pub fires_when: &'static str,
    /// Why that is bad.
    pub why: &'static str,
    /// The evidence it needs.
    pub needs: &'static str,
    /// What looks like it and is not, and what it can't see.
    pub fooled_by: &'static str,
    /// What to do about the cause.
    pub remedy: &'static str,
    /// The check itself.
    pub run: fn(&Case, &mut Findings),
}

/// All checks, sorted by id.
pub const ALL: &[&Check] = &[
    &alarm::did_not_fire::CHECK,
    &alarm::disagree::CHECK,
    &alarm::invalid_statistic::CHECK,
    &alarm::missing_data::CHECK,
    &alarm::no_action::CHECK,
    &alarm::orphan_dimension::CHECK,
    &alarm::too_slow::CHECK,
    &alarm::unit_mismatch::CHECK,
    &alarm::wrong_namespace::CHECK,
    &approval::bypassed::CHECK,
    &approval::no_reason::CHECK,
    &approval::self_approved::CHECK,
    &approval::zombie::CHECK,
    &change::console::CHECK,
    &change::live_access::CHECK,
    &change::no_gate::CHECK,
    &code::contradiction::CHECK,
    &code::dependency_change::CHECK,
    &code::dependency_skew::CHECK,
    &code::dependency_split::CHECK,
    &code::dependency_unpinned::CHECK,
    &code::no_commit::CHECK,
    &code::tag_moved::CHECK,
    &code::train_serve_mismatch::CHECK,
    &config::no_systemd::CHECK,
    &config::reserved_namespace::CHECK,
    &config::unknown_field::CHECK,
    &config::unknown_operation::CHECK,
    &data::artifact_overwritten::CHECK,
    &data::fake_version::CHECK,
    &data::handover::CHECK,
    &data::mixed_producer::CHECK,
    &data::mutable_input::CHECK,
    &data::overwritten::CHECK,
    &data::prefix_overreach::CHECK,
    &drift::business_rule::CHECK,
    &drift::distribution::CHECK,
    &drift::missing_values::CHECK,
    &drift::new_category::CHECK,
    &drift::schema::CHECK,
    &drift::time_shift::CHECK,
    &drill::slow_detection::CHECK,
    &drill::slow_recovery::CHECK,
    &evidence::destroyed::CHECK,
    &evidence::gap::CHECK,
    &evidence::synthetic::CHECK,
    &evidence::tampered::CHECK,
    &feature_store::duplicate_records::CHECK,
    &feature_store::late_writes::CHECK,
    &feature_store::no_online_store::CHECK,
    &feature_store::no_role::CHECK,
    &feature_store::rejected_event_time::CHECK,
    &feature_store::time_as_identifier::CHECK,
    &logs::blackout::CHECK,
    &logs::orphan_group::CHECK,
    &logs::silent_stream::CHECK,
    &logs::untraced::CHECK,
    &monitor::blind::CHECK,
    &monitor::no_baselines::CHECK,
    &monitor::silent::CHECK,
    &monitor::violations::CHECK,
    &pipeline::cache_no_expiry::CHECK,
    &pipeline::duplicate_step::CHECK,
    &pipeline::literal_path::CHECK,
    &pipeline::metric_drop::CHECK,
    &pipeline::stale_cache::CHECK,
    &pipeline::unregistered_model::CHECK,
    &pipeline::unversioned_definition::CHECK,
    &scaling::blind_metric::CHECK,
    &scaling::inert::CHECK,
    &scaling::none::CHECK,
    &scaling::wrong_dimension::CHECK,
    &serving::automatic_switch::CHECK,
    &serving::cold_switch::CHECK,
    &serving::latency_breach::CHECK,
    &serving::latency_breakdown::CHECK,
    &serving::no_answer::CHECK,
    &serving::rollback_not_atomic::CHECK,
    &serving::rollback_target_gone::CHECK,
    &serving::rolled_back::CHECK,
    &serving::split_mismatch::CHECK,
    &serving::unwatched_launch::CHECK,
    &serving::weights_reset::CHECK,
    &skew::train_serve::CHECK,
    &timeout::hit_limit::CHECK,
    &timeout::missed_run::CHECK,
    &timeout::near_limit::CHECK,
    &timeout::no_limit::CHECK,
    &timeout::stale_data::CHECK,
    &timeout::truncated_model::CHECK,
    &timeout::unwatched::CHECK,
];

/// What checks found, and what they would need to say more.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<Finding>,
    needs: BTreeSet<GapKey>,
}

impl Findings {
    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        self.found.push(finding);
    }

    /// Notes evidence that a check would need to speak.
    pub fn need(&mut self, key: GapKey) {
        self.needs.insert(key);
    }

    /// Returns the findings, the gravest first, then by check, subject and fact; and what checks need.
    pub fn close(self) -> (Vec<Finding>, BTreeSet<GapKey>) {
        let mut found = self.found;
        found.sort_by(|left, right| {
            let key = |finding: &Finding| {
                (finding.severity, finding.check, finding.subject.clone(), finding.from, finding.fact.clone())
            };
            key(left).cmp(&key(right))
        });
        found.dedup_by(|later, earlier| {
            later.check == earlier.check && later.subject == earlier.subject && later.fact == earlier.fact
        });
        (found, self.needs)
    }
}

/// Runs all checks.
pub fn run(case: &Case) -> Findings {
    let mut findings = Findings::default();
    for check in ALL {
        (check.run)(case, &mut findings);
    }
    findings
}

impl Check {
    /// Begins a finding of this check.
    fn finds(&self, subject: impl ToString, title: impl Into<String>, grade: Grade, evidence: Citations) -> Finding {
        Finding {
            check: self.id,
            severity: self.severity,
            subject: subject.to_string(),
            related: Vec::new(),
            title: title.into(),
            detail: String::new(),
            from: None,
            to: None,
            grade,
            evidence,
            remedy: self.remedy,
            fact: String::new(),
            lasting: None,
            exposure: None,
            accepted: None,
        }
    }
}

/// Returns what was counted in an interval as the requests that met with a finding.
fn exposed(counted: &Counted, from: Instant, to: Instant) -> Exposure {
    Exposure { requests: counted.requests, whole: counted.whole, from, to }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_listed_by_id_and_documented() {
        let ids: Vec<&str> = ALL.iter().map(|check| check.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        assert_eq!(ids, sorted);
        for check in ALL {
            for text in [check.fires_when, check.why, check.needs, check.fooled_by, check.remedy] {
                assert!(text.len() > 20 && text.ends_with('.'), "{}: {text}", check.id);
            }
        }
    }
}
