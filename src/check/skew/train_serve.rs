//! Captured requests differ from the data that trained the model which answered them.

use crate::case::Case;
use crate::case::study::{Change, Kind, Subject};
use crate::check::drift::{columns, detail, named};
use crate::check::{Check, Findings};
use crate::finding::{Exposure, Severity};

pub(in crate::check) const CHECK: Check = Check {
    id: "skew/train-serve",
    severity: Severity::High,
    fires_when: "Captured inference inputs differ from the training data of the model that served when they were captured: in distribution, nulls, categories, times or types, by the thresholds of `modeltrail drift`, day by day.",
    why: "The model is asked what it has not learnt: features in another order, unit or time zone, a join that fails while serving. Its answers look like answers.",
    needs: "Data capture of the endpoint, in its folders (ENDPOINT/VARIANT/2026/10/12/07/); the training data as files, whole, known as the versions that the training job read; what served when. That a folder says whose requests they are is grade C; where a listing of the bucket shows the same bytes under that key, B.",
    fooled_by: "Training data that was sampled or balanced on purpose, and traffic that moved because the world did. Canaries with a fixed payload are left out and told of: a payload that is captured thirty times or more and ten times as often as the others, if there are at most five such; canaries that vary their payload are not seen. Requests without names are taken by order (grade C). A column that requests lack may be the target, so it does not fire unless `labels` in the table [data] of `--config` names the columns that requests lack; columns that training lacks are told of and do not fire.",
    remedy: "Compute features for training and serving by the same code, and log them where they are served; compare the columns that are named at one request.",
    run,
};

fn run(case: &Case, findings: &mut Findings) {
    for study in &case.studies {
        let Subject::Served(served) = &study.subject else { continue };
        let changes: Vec<&Change> = study.changes.iter().filter(|change| change.kind != Kind::BusinessRule).collect();
        if changes.is_empty() {
            continue;
        }
        let counted = case.serving.requests(&served.endpoint, Some(&served.variant), served.from, served.to);
        let evidence = study.evidence.clone().and(counted.iter().flat_map(|counted| counted.cites.clone()));
        let title = format!(
            "Requests to {} ({}) differ from what {} was trained on in {} of {} column(s): {}",
            served.name,
            served.variant,
            served.model.last(),
            columns(&changes).len(),
            study.columns,
            named(&changes)
        );
        let finding = CHECK
            .finds(&served.name, title, study.grade, evidence)
            .because(detail(study, &changes))
            .concerning([&served.endpoint, &served.model, &served.job])
            .between(Some(served.from), Some(served.to))
            .told_apart_by(format!("{} {} {} {}", served.endpoint, served.variant, served.model, served.fingerprint))
            .exposing(counted.map(|counted| Exposure {
                requests: counted.requests.saturating_sub(study.canaries),
                whole: counted.whole,
                from: served.from,
                to: served.to,
            }));
        findings.add(finding);
    }
}
