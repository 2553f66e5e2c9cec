//! All times of a column moved by the same, which is not whole days.

use super::{NEEDS, report};
use crate::case::Case;
use crate::case::study::Kind;
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "drift/time-shift",
    severity: Severity::Medium,
    fires_when: "Between a run of a recurring job and the run before, all times of a column moved by about the same, and not by whole days: another time zone, or another clock.",
    why: "Features such as the hour of day, and joins by time, are wrong by that much, and nothing fails.",
    needs: NEEDS,
    fooled_by: "Batches that end at another hour and hold the same hours otherwise.",
    remedy: "Write times with their offset, in UTC, and convert at the border.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    report(&CHECK, Kind::TimeShift, "shifted in time", case, findings);
}
