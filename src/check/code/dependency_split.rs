//! Two instances of one variant installed different versions of a package.

use super::{describe, skew};
use crate::case::Case;
use crate::case::claim::Grade;
use crate::check::{Check, Findings};
use crate::evidence::citation::Citations;
use crate::finding::Severity;

pub(in crate::check) const CHECK: Check = Check {
    id: "code/dependency-split",
    severity: Severity::High,
    fires_when: "Two instances of one variant resolved different package versions.",
    why: "Requirements are installed when a container starts: an instance that was added days later gets newer packages, and one request in so many is answered by other code.",
    needs: "Log lines of pip from at least two instances that served the same model.",
    fooled_by: "Instances of two deployments are not compared: only those that started while one model served.",
    remedy: "Pin every requirement, or bake them into the image.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    // An adapter answers with what it adapts and what it brings, in one container.
    for span in case.serving.spans().filter(|span| !span.is_own_container() || span.component().as_ref() == Some(&span.model)) {
        let within = |first: crate::time::Instant| first >= span.from.earliest && span.to.is_none_or(|to| first < to.earliest);
        let instances: Vec<_> = case
            .printed_in(span)
            .into_iter()
            .filter(|(_, _, printed)| !printed.packages.is_empty() && printed.first.is_none_or(within))
            .collect();
        let Some((_, first_name, first)) = instances.first() else { continue };
        for (_, name, printed) in &instances[1..] {
            let skew = skew(&first.packages, &printed.packages);
            if skew.is_empty() {
                continue;
            }
            let is_weak = skew.iter().any(|(name, ..)| first.downloaded.contains(*name) || printed.downloaded.contains(*name));
            let grade = if is_weak { Grade::C } else { Grade::B };
            let cites = [first, printed].into_iter().filter_map(|printed| printed.package_citations()).flatten();
            let Some(evidence) = Citations::from_all(cites) else { continue };
            let finding = CHECK
                .finds(
                    &span.endpoint,
                    format!("Instances of {} ({}) run different versions of {} package(s)", span.name, span.variant, skew.len()),
                    grade,
                    evidence,
                )
                .because(format!("{first_name} → {name}: {}", describe(&skew)))
                .concerning([&span.model])
                .between(printed.first, span.to.map(|to| to.earliest))
                .told_apart_by(format!("{} {}", span.variant, describe(&skew)));
            findings.add(finding);
            break;
        }
    }
}
