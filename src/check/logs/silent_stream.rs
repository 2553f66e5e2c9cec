//! A job runs on, and its log has stopped.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;
use crate::time::{Seconds, duration_text};

pub(in crate::check) const CHECK: Check = Check {
    id: "logs/silent-stream",
    severity: Severity::Medium,
    fires_when: "A job's log stopped, and the job ran on for half an hour and twenty times the usual time between two of its lines.",
    why: "The job hung, or went on unseen: what it did in that time nobody can tell, and its limit is the only thing that ended it.",
    needs: "A whole export of the job's log stream with at least twenty lines, and the job's end.",
    fooled_by: "A job that prints while it prepares and is silent while it works; a long upload at the end. The rhythm is that of the whole stream.",
    remedy: "Let the job print how far it has come at a steady pace, and end it when it does not (a heartbeat with an alarm).",
    run,
};

/// Lines from which a rhythm can be told.
const LINES: u64 = 20;
/// How many times its rhythm a stream may be silent.
const BEATS: Seconds = 20;
/// The shortest silence that counts.
const LEAST: Seconds = 1_800;

fn run(case: &Case, findings: &mut Findings) {
    for job in case.jobs.iter() {
        let Some(ended) = job.ended else { continue };
        let streams: Vec<_> = case.logs.of_job(&job.arn).collect();
        // While one host prints, the job is not silent.
        let Some(last) = streams.iter().filter_map(|(_, printed)| printed.last).max() else { continue };
        for (host, printed) in streams {
            let (Some(first), Some(own_last)) = (printed.first, printed.last) else { continue };
            if !printed.complete || printed.events < LINES || own_last < last {
                continue;
            }
            let beats = i64::try_from(printed.events - 1).unwrap_or(i64::MAX);
            let rhythm = (own_last.since(first) / beats).max(1);
            let silence = ended.since(own_last);
            if silence < LEAST || silence < rhythm * BEATS {
                continue;
            }
            let Some(evidence) = Citations::from_all(printed.extent.iter().cloned()) else { continue };
            let evidence =
                evidence.and(job.said.iter().find(|said| said.says.course().ended.is_some()).map(|said| said.cite.clone()));
            let title = format!(
                "{} printed nothing for its last {}, after a line every {}",
                job.name,
                duration_text(silence),
                duration_text(rhythm)
            );
            let finding = CHECK
                .finds(&job.arn, title, Grade::C, evidence)
                .because(format!("Its host {host} printed {} lines.", printed.events))
                .between(Some(own_last), Some(ended))
                .told_apart_by(format!("{host} {}", own_last.to_seconds_text()));
            findings.add(finding);
        }
    }
}
