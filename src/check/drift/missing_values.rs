//! The share of nulls of a column changed between two runs.

use super::{NEEDS, report};
use crate::case::Case;
use crate::case::study::Kind;
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "drift/missing-values",
    severity: Severity::Medium,
    fires_when: "Between a run of a recurring job and the run before, the share of nulls in a column rose or fell by 0.05 or more, and by more than chance explains.",
    why: "A source that broke often shows first as nulls, which imputation then hides from every metric.",
    needs: NEEDS,
    fooled_by: "A column that is filled for new records only, and data that is completed later.",
    remedy: "Find the source of the column, and let the job fail above a share of nulls that is agreed on.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    report(&CHECK, Kind::MissingValues, "changed their share of nulls", case, findings);
}
