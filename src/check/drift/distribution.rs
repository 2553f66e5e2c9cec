//! The distribution of values of the data moved between two runs.

use super::{NEEDS, report};
use crate::case::Case;
use crate::case::study::Kind;
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "drift/distribution",
    severity: Severity::Medium,
    fires_when: "The distribution of values in the data that a recurring job reads moved between a run and the run before: by the effect sizes and thresholds of `modeltrail drift` (robust KS distance, PSI, L-infinity).",
    why: "The pipeline says Completed and names the same URI, and the model learns another world, or scores one that it has never seen.",
    needs: NEEDS,
    fooled_by: "Seasons, growth and campaigns move data, and are meant to be learnt; numbers that count up, such as epochs kept as integers, move every day (`ignore` in the table [data] of `--config` leaves columns out). Small samples do not fire: what chance explains is taken off first.",
    remedy: "Compare the producing code and sources of both runs for the columns that are named; train again or correct the source, and watch them with `modeltrail drift`.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    report(&CHECK, Kind::Distribution, "moved", case, findings);
}
