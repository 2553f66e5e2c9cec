//! Text for people: the answer first, a grade and evidence ids on every line, then findings by severity, then what is missing.
//!
//! Every string from the evidence is escaped on its way to the page. Colours are written as escape sequences that the command
//! line strips where they are not wanted.

pub(super) mod homes;
pub(super) mod models;
pub(super) mod page;
pub(super) mod tables;

pub use page::Look;

use crate::escape::shown;
use crate::evidence::ledger::Disposition;
use crate::fact::arn::Arn;
use crate::report::document as doc;
use homes::Homes;
use page::{Page, severity_style, styled};

/// Writes the answer of `audit`.
pub fn audit(answer: &doc::Audit, look: &Look) -> String {
    let subjects: Vec<Arn> = answer.findings.iter().filter_map(|finding| Arn::parse(&finding.subject)).collect();
    let incidents: Vec<Arn> = answer.incidents.iter().filter_map(|incident| Arn::parse(&incident.subject)).collect();
    let models = answer.models.iter().map(|model| &model.arn);
    let served = answer.serving.iter().chain(&answer.shadows).map(|row| &row.endpoint);
    let all = models.chain(served).chain(answer.jobs.iter().map(|job| &job.arn)).chain(&subjects).chain(&incidents);
    let mut page = Page::new(look).telling_apart(Homes::of(all));
    headline(&mut page, answer);
    models::of_audit(&mut page, answer);
    jobs(&mut page, &answer.jobs);
    tables::incidents(&mut page, &answer.incidents);
    tables::findings(&mut page, &answer.findings);
    tables::gaps(&mut page, &answer.gaps);
    tables::coverage(&mut page, &answer.coverage);
    tables::inputs(&mut page, &answer.inputs);
    tables::evidence(&mut page, &answer.evidence);
    page.finish()
}

/// Writes the answer of `lineage`.
pub fn lineage(answer: &doc::LineageAnswer, look: &Look) -> String {
    let mut page = Page::new(look).telling_apart(Homes::of(answer.models.iter().map(|model| &model.arn)));
    page.as_of(answer.as_of);
    models::of_lineage(&mut page, &answer.models);
    tables::gaps(&mut page, &answer.gaps);
    tables::evidence(&mut page, &answer.evidence);
    page.finish()
}

/// Writes the answer of `gaps`.
pub fn gaps(answer: &doc::GapsAnswer, look: &Look) -> String {
    let mut page = Page::new(look);
    page.as_of(answer.as_of);
    tables::gaps(&mut page, &answer.gaps);
    tables::coverage(&mut page, &answer.coverage);
    tables::inputs(&mut page, &answer.inputs);
    page.finish()
}

/// Writes the list of checks.
pub fn checks(checks: &[doc::CheckText]) -> String {
    let look = Look::default();
    let mut page = Page::new(&look);
    for check in checks {
        let severity = styled(severity_style(check.severity), &format!("{:<8}", check.severity.name()));
        page.line(&format!("{severity} {:<28} {}", check.id, check.fires_when));
    }
    page.finish()
}

/// Explains one check.
pub fn check(check: &doc::CheckText) -> String {
    let look = Look::default();
    let mut page = Page::new(&look);
    page.line(&format!(
        "{}  {}",
        styled(anstyle::Style::new().bold(), check.id),
        styled(severity_style(check.severity), check.severity.name())
    ));
    let parts = [
        ("Fires when", check.fires_when),
        ("Why it matters", check.why),
        ("Evidence it needs", check.needs),
        ("What fools it", check.fooled_by),
        ("Remedy", check.remedy),
    ];
    for (title, text) in parts {
        page.heading(title, "");
        page.paragraph(2, anstyle::Style::new(), text);
    }
    page.finish()
}

/// Writes the answer in two lines: how many findings of what severity, and the gravest.
fn headline(page: &mut Page<'_>, answer: &doc::Audit) {
    page.as_of(answer.as_of);
    if answer.summary.exhibits_read == 0 {
        return page.line("Nothing here could be read: there is no evidence, so there is no answer.");
    }
    let nothing_here = answer.models.is_empty() && answer.jobs.is_empty() && answer.serving.is_empty();
    if nothing_here && answer.findings.is_empty() {
        let text = if answer.summary.left_out > 0 {
            "Nothing here fits the account, region and interval that were asked for."
        } else if answer.inputs.iter().any(|input| matches!(input.disposition, Disposition::Partial | Disposition::Refused)) {
            "No machine-learning activity in what could be read of this evidence: no job, model, package, pipeline or endpoint."
        } else {
            "No machine-learning activity in this evidence: no job, model, package, pipeline or endpoint."
        };
        return page.line(text);
    }
    page.line(&format!("Findings: {}", tables::counted(&answer.findings)));
    if let Some(gravest) = answer.findings.first().filter(|finding| finding.severity <= crate::finding::Severity::High) {
        let tag = page.tag(gravest.grade, &gravest.evidence, &[]);
        let home = Arn::parse(&gravest.subject).map(|arn| page.home(&arn)).unwrap_or_default();
        let title = format!("{}{home}", shown(&gravest.title));
        page.line(&format!("{}   {tag}", styled(severity_style(gravest.severity), &title)));
    }
}

/// Counts jobs by kind and end; writes them out if asked to.
fn jobs(page: &mut Page<'_>, jobs: &[doc::Job]) {
    let mut counts: std::collections::BTreeMap<(crate::fact::job::JobKind, &str), u64> = std::collections::BTreeMap::new();
    for job in jobs {
        *counts.entry((job.kind, job.status.unwrap_or("unknown end"))).or_default() += 1;
    }
    let words: Vec<String> = counts.iter().map(|((kind, status), n)| format!("{n} {} {status}", kind.name())).collect();
    if words.is_empty() {
        return;
    }
    page.heading("JOBS", &words.join(", "));
    for job in jobs.iter().filter(|_| page.is_verbose()).collect::<Vec<_>>() {
        let limit = job.limit_seconds.map(|limit| format!(", limit {limit} s")).unwrap_or_default();
        let by = job.limit_set_by.as_ref().map(|by| format!(" set by {by}")).unwrap_or_default();
        let line = format!(
            "  {}{} {} {}{limit}{by}",
            job.name,
            page.home(&job.arn),
            job.status.unwrap_or("?"),
            page.interval(job.started.or(job.created), job.ended)
        );
        let tag = page.tag(crate::case::claim::Grade::B, &job.evidence, &[]);
        page.line(&format!("{}   {tag}", shown(&line)));
    }
}
