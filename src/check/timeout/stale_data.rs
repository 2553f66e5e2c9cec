//! Data older than its target was used, because its producer did not complete.

use crate::case::Case;
use crate::case::claim::Grade;
use crate::case::freshness::{self, StaleUse};
use crate::case::gap::GapKey;
use crate::check::{Check, Findings, exposed};
use crate::evidence::citation::Citations;
use crate::fact::job::JobKind;
use crate::finding::{Severity, counted};
use crate::time::duration_text;

pub(in crate::check) const CHECK: Check = Check {
    id: "timeout/stale-data",
    severity: Severity::Critical,
    fires_when: "An endpoint or job used data older than its target because its producer did not complete; with exposure in requests (default target: twice the producer's own cadence, from its newest data).",
    why: "The endpoint answers, the job completes, every light is green, and each decision rests on data from days ago.",
    needs: "The producer's runs; for an endpoint, what it serves and the place or feature group that its model's environment names; for exposure, the Invocations metric.",
    fooled_by: "A model that names a place it does not read; data that may be old. The link from endpoint to data rests on a name: grade C.",
    remedy: "Mend the producer, and let the consumer refuse data older than it may be.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for stale in freshness::stale_uses(case) {
        report(case, &stale, findings);
    }
}

fn report(case: &Case, used: &StaleUse<'_>, findings: &mut Findings) {
    let StaleUse { family, stale, using, from, to, still, .. } = used;
    let exposure = using.variant.as_ref().and_then(|variant| {
        let counted = case.serving.requests_by(&using.subject, variant, &using.role, *from, *to);
        if counted.is_none() {
            findings.need(GapKey::requests_by(&using.subject, variant, &using.role, *from, *to));
        }
        counted
    });
    let cites = exposure.iter().flat_map(|exposure| exposure.cites.clone());
    let Some(evidence) = Citations::from_all(used.cites().into_iter().chain(cites)) else { return };
    let age = to.since(stale.newest_at);
    let names: Vec<&str> = stale.incomplete.iter().map(|job| job.name.as_str()).collect();
    let requests = exposure
        .as_ref()
        .map(|exposure| format!("; {} requests met it", counted(exposure.requests, exposure.whole)))
        .unwrap_or_default();
    let kind = if used.kind == JobKind::Training { "models" } else { "data" };
    let title = format!(
        "{} used {kind} of {family} that was up to {} old{}{requests}",
        using.name,
        duration_text(age),
        if *still { " and still does" } else { "" }
    );
    let detail = format!(
        "{} run(s) did not complete ({}), so the newest data is of {}; more than {} after that it is older than its target (twice the producer's own cadence).",
        names.len(),
        names.join(", "),
        stale.newest_at.to_seconds_text(),
        duration_text(stale.target)
    );
    let finding = CHECK
        .finds(&using.subject, title, Grade::C, evidence)
        .because(detail)
        .concerning(stale.incomplete.iter().map(|job| &job.arn).chain([&stale.newest.arn]))
        .between(Some(*from), if *still { None } else { Some(*to) })
        .told_apart_by(format!("{family} {}", stale.newest_at.to_seconds_text()))
        .exposing(exposure.map(|exposure| exposed(&exposure, *from, *to)));
    findings.add(finding);
}
