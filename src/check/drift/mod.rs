//! Drift: the data of a recurring job moved from one run to the next.
//!
//! What moved was measured before checks run ([`Case::studies`]); each check here reports one kind of change.

pub(super) mod business_rule;
pub(super) mod distribution;
pub(super) mod missing_values;
pub(super) mod new_category;
pub(super) mod schema;
pub(super) mod time_shift;

use crate::case::Case;
use crate::case::study::{Change, Kind, Runs, Study, Subject};
use crate::check::{Check, Findings};
use crate::finding::grouped;

/// What all of these checks need.
pub(super) const NEEDS: &str = "The data files of both runs in the evidence, whole: each is known as the object's version that the run read by its SHA-256 or ETag (then as well as that version is), or by path and size (grade C). Parquet, CSV and JSON lines are read.";

/// Changes that are written out.
const SHOWN: usize = 8;

/// Reports one kind of change of each study of two runs.
fn report(check: &Check, kind: Kind, moved: &str, case: &Case, findings: &mut Findings) {
    for study in &case.studies {
        let Subject::Runs(runs) = &study.subject else { continue };
        let changes: Vec<&Change> = study.changes.iter().filter(|change| change.kind == kind).collect();
        if changes.is_empty() {
            continue;
        }
        findings.add(found(check, study, runs, moved, &changes));
    }
}

fn found(check: &Check, study: &Study, runs: &Runs, moved: &str, changes: &[&Change]) -> crate::finding::Finding {
    let (count, names) = (columns(changes).len(), named(changes));
    let (uri, earlier, later) = (&runs.uri, &runs.earlier.name, &runs.later.name);
    // Rules are asked of what the later run read alone.
    let when = if check.id == super::drift::business_rule::CHECK.id {
        format!("in {later}")
    } else {
        format!("between {earlier} and {later}")
    };
    let title = format!("{count} of {} column(s) of {uri} {moved} {when}: {names}", study.columns);
    check
        .finds(&runs.uri, title, study.grade, study.evidence.clone())
        .because(detail(study, changes))
        .concerning([&runs.earlier.job, &runs.later.job].into_iter().chain(&runs.models))
        .between(runs.later.read_from, None)
        .told_apart_by(format!("{} {} {}", runs.channel, runs.earlier.fingerprint, runs.later.fingerprint))
}

/// Returns the columns that changed, each once, in their order.
pub(super) fn columns<'a>(changes: &[&'a Change]) -> Vec<&'a str> {
    let mut names: Vec<&str> = changes.iter().map(|change| change.column.as_str()).collect();
    names.dedup();
    names
}

/// Names the columns that changed: the first few.
pub(super) fn named(changes: &[&Change]) -> String {
    let names = columns(changes);
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// Says what was measured, over how many rows, and what was left out.
pub(super) fn detail(study: &Study, changes: &[&Change]) -> String {
    let said = |change: &&&Change| match &change.since {
        Some(since) => format!("{}: {}; since {since}", change.column, change.text),
        None => format!("{}: {}", change.column, change.text),
    };
    let mut parts: Vec<String> = changes.iter().take(SHOWN).map(|change| said(&change)).collect();
    let more = changes.len().saturating_sub(SHOWN);
    parts.extend((more > 0).then(|| format!("and {more} more")));
    let rows = match study.rows {
        (0, rows) => format!("{} rows", grouped(rows)),
        (before, after) => format!("{} rows against {}", grouped(after), grouped(before)),
    };
    let remarks: Vec<&str> = std::iter::once("").chain(study.remarks.iter().map(String::as_str)).collect();
    let remarks = remarks.join(" ");
    format!("{} ({rows}).{remarks}", parts.join(". "))
}
