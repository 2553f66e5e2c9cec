//! Columns of the data came, went or changed their type between two runs.

use super::{NEEDS, report};
use crate::case::Case;
use crate::case::study::Kind;
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "drift/schema",
    severity: Severity::High,
    fires_when: "Between a run of a recurring job and the run before, its data lost or gained a column, or a column took a type that does not hold all values of the old one.",
    why: "A column that is missing becomes nulls or zeroes, one that is new shifts those behind it, and a narrower type rounds: most readers say nothing.",
    needs: NEEDS,
    fooled_by: "Columns that were added on purpose. Types of CSV and JSON lines are told from their values; there only text against numbers counts.",
    remedy: "Have the producer write a schema of its own version, and the job refuse data that does not fit.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    report(&CHECK, Kind::Schema, "changed in schema", case, findings);
}
