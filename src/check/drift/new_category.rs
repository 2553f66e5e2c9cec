//! Categories of a column came or went between two runs.

use super::{NEEDS, report};
use crate::case::Case;
use crate::case::study::Kind;
use crate::check::{Check, Findings};
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "drift/new-category",
    severity: Severity::Medium,
    fires_when: "Between a run of a recurring job and the run before, categories that were not there have a share of 0.01 or more, or categories of such a share are gone.",
    why: "Encoders map what they do not know to zeroes or fail while serving, and a category that is gone is often a source that is.",
    needs: NEEDS,
    fooled_by: "Categories that are made anew every day, such as names of campaigns; columns of names and identifiers with too many categories are not compared.",
    remedy: "Agree on the set of categories with the producer, and keep it as a rule (`in` of `--rules`).",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    report(&CHECK, Kind::NewCategory, "gained or lost categories", case, findings);
}
