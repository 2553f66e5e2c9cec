//! An approval says nothing.

use super::serving;
use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::fact::registry::Approval;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "approval/no-reason",
    severity: Severity::Low,
    fires_when: "An approval without description.",
    why: "Months later nobody knows what was looked at before the model was let go.",
    needs: "The call that approved, or the package's description.",
    fooled_by: "Reasons that are kept elsewhere: a ticket, a review.",
    remedy: "Require `ApprovalDescription`, with a link to what was looked at.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for package in case.packages.iter() {
        for decision in
            package.decisions.iter().filter(|decision| decision.status == Approval::Approved && decision.reason.is_none())
        {
            let endpoint = serving(case, package).next().map(|span| span.endpoint.clone());
            let subject = endpoint.as_ref().unwrap_or(&package.arn);
            let finding = CHECK
                .finds(
                    subject,
                    format!("{} was approved without a reason", package.arn.name()),
                    Grade::B,
                    Citations::one(decision.cite.clone()),
                )
                .concerning([&package.arn])
                .between(decision.at, None)
                .told_apart_by(format!(
                    "{} {}",
                    package.arn,
                    decision.at.map(crate::time::Instant::to_seconds_text).unwrap_or_default()
                ));
            findings.add(finding);
        }
    }
}
