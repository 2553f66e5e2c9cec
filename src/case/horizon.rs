//! What was not there yet at the time of the case.
//!
//! Evidence is exported after the fact. Where the user sets the time of the case, what happened later is cut off: records of it
//! are left out, and answers that were given later tell only of what had happened by then.

use crate::evidence::citation::Source;
use crate::fact::Fact;
use crate::fact::Statement;
use crate::fact::component::ComponentAct;
use crate::fact::job::JobCourse;
use crate::fact::monitor::MonitorWhat;
use crate::fact::serving::EndpointAct;
use crate::time::Instant;

/// Returns the facts as they could be known of the time up to `as_of`.
pub(super) fn cut(facts: Vec<Vec<Fact>>, as_of: Instant) -> Vec<Vec<Fact>> {
    let cut = |facts: Vec<Fact>| facts.into_iter().filter_map(|fact| cut_one(fact, as_of)).collect();
    facts.into_iter().map(cut).collect()
}

fn cut_one(mut fact: Fact, as_of: Instant) -> Option<Fact> {
    let later = |at: Option<Instant>| at.is_some_and(|at| at > as_of);
    let is_record =
        matches!(fact.source.source, Source::CloudTrail | Source::EventBridge | Source::S3Log | Source::Logs | Source::Build);
    if is_record && later(fact.source.time) && !matches!(fact.statement, Statement::Trail(_)) {
        return None;
    }
    let keep = match &mut fact.statement {
        Statement::Job(says) => {
            if later(says.course().ended) {
                says.status = None;
            }
            if let Some(course) = says.course_mut() {
                if later(course.ended) {
                    let JobCourse { started, phases, parent, .. } = std::mem::take(course);
                    *course = JobCourse { started, phases, parent, ..JobCourse::default() };
                }
                course.started = course.started.filter(|at| !later(Some(*at)));
                course.phases.retain(|phase| !later(phase.from));
            }
            !later(says.created)
        }
        Statement::Package(says) => {
            if later(says.modified) {
                says.approval = None;
                says.reason = None;
            }
            !later(says.created)
        }
        Statement::Model(says) => !later(says.created),
        Statement::EndpointConfig(says) => !later(says.created),
        Statement::Endpoint(says) => !later(says.created) && (says.act != EndpointAct::State || !later(says.modified)),
        Statement::Component(says) => !later(says.created) && (says.act != ComponentAct::State || !later(says.modified)),
        Statement::Execution(says) => !later(says.created),
        Statement::Step(says) => !later(says.started),
        Statement::Object(says) => !later(says.at),
        Statement::Image(says) => !later(says.at),
        Statement::Alarm(says) => says.at <= as_of,
        Statement::Monitor(says) => match &says.what {
            MonitorWhat::Execution(one) => one.scheduled <= as_of,
            MonitorWhat::Schedule { created, .. } => !later(*created),
            MonitorWhat::Definition(_) => true,
        },
        Statement::Scaling(says) => !later(says.at),
        Statement::ModelError(says) => {
            says.last = says.last.map(|last| last.min(as_of));
            true
        }
        Statement::RefusedRecord(says) => {
            says.last = says.last.map(|last| last.min(as_of));
            !later(says.first)
        }
        Statement::RunLog(says) => {
            says.to = says.to.map(|to| to.min(as_of));
            says.mentions.retain(|one| !later(one.at));
            says.pushes.retain(|one| !later(one.at));
            true
        }
        Statement::Metric(says) => {
            says.asked = says.asked.map(|(from, to)| (from, to.min(as_of))).filter(|(from, to)| from < to);
            let had_points = !says.points.is_empty();
            says.points.retain(|(at, _)| *at <= as_of);
            !had_points || !says.points.is_empty()
        }
        _ => true,
    };
    keep.then_some(fact)
}
