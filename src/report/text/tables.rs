//! Findings, gaps, coverage, what became of the files, and the places that were cited.

use std::collections::BTreeMap;

use anstyle::Style;

use super::page::{Page, bytes, count, dim, grouped, severity_style, styled};
use crate::case::gap::GapKind;
use crate::escape::shown;
use crate::evidence::ledger::Disposition;
use crate::fact::arn::Arn;
use crate::finding::Severity;
use crate::report::document as doc;
use crate::time::duration_text;

/// Problems listed of one file; the JSON answer has all of them.
const LISTED: usize = 5;

/// Incidents listed; the JSON answer has all of them.
const INCIDENTS: usize = 20;

/// Writes the findings by severity: grave ones with what is behind them, the others in a line each.
pub(in crate::report) fn findings(page: &mut Page<'_>, findings: &[doc::Finding]) {
    page.heading("FINDINGS", &counted(findings));
    for finding in findings {
        let at_length = (finding.severity <= Severity::Medium && finding.accepted.is_none()) || page.is_verbose();
        if at_length {
            page.blank();
        }
        let tag = page.tag(finding.grade, &finding.evidence, &[]);
        let severity = styled(severity_style(finding.severity), &format!("{:<8}", finding.severity.name()));
        let accepted = finding.accepted.as_ref().map(accepted).unwrap_or_default();
        let home = Arn::parse(&finding.subject).map(|arn| page.home(&arn)).unwrap_or_default();
        page.line(&format!("{severity} {}  {}{home}{}   {tag}", finding.check, shown(&finding.title), shown(&accepted)));
        if !at_length {
            continue;
        }
        let when = page.interval(finding.from, finding.to);
        if !when.is_empty() {
            page.paragraph(9, dim(), &when);
        }
        if !finding.detail.is_empty() {
            page.paragraph(9, Style::new(), &finding.detail);
        }
        page.paragraph(9, dim(), &format!("Remedy: {}", finding.remedy));
    }
}

/// Says why a finding does not count.
fn accepted(accepted: &doc::Accepted) -> String {
    match (&accepted.reason, &accepted.owner, &accepted.until) {
        (Some(reason), Some(owner), Some(until)) => format!(" (accepted by {owner} until {until}: {reason})"),
        _ => " (known from the baseline)".to_owned(),
    }
}

/// Counts findings by severity in words.
pub(in crate::report) fn counted(findings: &[doc::Finding]) -> String {
    let words: Vec<String> = Severity::ALL
        .into_iter()
        .filter_map(|severity| {
            let n = findings.iter().filter(|finding| finding.severity == severity).count();
            (n > 0).then(|| styled(severity_style(severity), &format!("{n} {}", severity.name())))
        })
        .collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// Writes incidents, a line each: when, about what, how long until it was noticed and over.
pub(in crate::report) fn incidents(page: &mut Page<'_>, incidents: &[doc::Incident]) {
    if incidents.is_empty() {
        return;
    }
    page.heading("INCIDENTS", &count(incidents.len() as u64, "incident", "incidents"));
    let listed = if page.is_verbose() { incidents.len() } else { incidents.len().min(INCIDENTS) };
    for incident in incidents.iter().take(listed) {
        let tag = page.tag(incident.grade, &incident.evidence, &incident.missing);
        let when = page.interval(Some(incident.began), incident.recovered);
        let home = Arn::parse(&incident.subject).map(|arn| page.home(&arn)).unwrap_or_default();
        let line = format!("{} {}{home}  {when}; {}", incident.kind, incident.name, noticed(incident));
        page.line(&format!("{}   {tag}", shown(&line)));
    }
    if incidents.len() > listed {
        page.line(&styled(dim(), &format!("and {} more (-v lists them)", incidents.len() - listed)));
    }
}

/// Says how long it took until an incident was noticed and until it was over.
pub(in crate::report) fn noticed(incident: &doc::Incident) -> String {
    let noticed = match (&incident.detected, incident.mttd_seconds) {
        (Some(detected), Some(0)) => format!("noticed at once, by {}", short(&detected.by)),
        (Some(detected), Some(took)) => {
            let latest = if incident.missing.is_empty() { "" } else { ", at the latest," };
            format!("noticed{latest} after {} by {}", duration_text(took), short(&detected.by))
        }
        _ if incident.missing.is_empty() => "noticed by nobody".to_owned(),
        _ => "whether anybody noticed is not known".to_owned(),
    };
    let over = incident
        .mttr_seconds
        .map_or_else(|| "not known to be over".to_owned(), |took| format!("over after {}", duration_text(took)));
    format!("{noticed}, {over}")
}

/// Leaves out of a principal's ARN what does not tell it from others.
pub(in crate::report) fn short(by: &str) -> String {
    match by.split_once(' ') {
        Some((arn, rest)) if arn.starts_with("arn:") => {
            format!("{} {rest}", Arn::parse(arn).map_or_else(|| arn.to_owned(), |arn| arn.resource().to_owned()))
        }
        _ => Arn::parse(by).map_or_else(|| by.to_owned(), |arn| arn.resource().to_owned()),
    }
}

/// Writes what is missing, with the commands that export it.
pub(in crate::report) fn gaps(page: &mut Page<'_>, gaps: &[doc::Gap]) {
    if gaps.is_empty() {
        return page.heading("NOT KNOWN", "nothing that another export would tell");
    }
    page.heading("NOT KNOWN", "what would tell, what lifts most first");
    for gap in gaps {
        let kind = match gap.kind {
            GapKind::NotExported => "not exported",
            GapKind::NeverLogged => "never logged",
            GapKind::Expired => "expired",
            GapKind::Absent => "absent",
        };
        let until = match (gap.kind, gap.expires_at) {
            (GapKind::Expired, Some(at)) => format!(" on {}", page.time(at)),
            (_, Some(at)) => format!(", until {}", page.time(at)),
            _ => String::new(),
        };
        let lifts = if gap.lifts > 0 { format!("; lifts {}", count(gap.lifts, "claim", "claims")) } else { String::new() };
        let when = page.interval(gap.from, gap.to);
        let when = if when.is_empty() { when } else { format!(", {when}") };
        page.line(&format!("{:<4} {}{when}  {}", gap.id, shown(&gap.what), styled(dim(), &format!("({kind}{until}{lifts})"))));
        if let Some(command) = &gap.command {
            page.line(&format!("       {}", shown(command)));
        }
    }
}

/// Writes what evidence there is.
pub(in crate::report) fn coverage(page: &mut Page<'_>, rows: &[doc::Coverage]) {
    page.heading("COVERAGE", "");
    for row in rows {
        let scope: Vec<&str> = [&row.account, &row.region, &row.of].into_iter().flatten().map(String::as_str).collect();
        let percent = row.percent.map(|percent| format!("  {percent:.1} %")).unwrap_or_default();
        page.line(&format!(
            "{:<12} {}  {}{percent}",
            row.source,
            shown(&scope.join(" ")),
            page.interval(Some(row.from), Some(row.to))
        ));
        for gap in &row.gaps {
            page.line(&format!("{:<12} missing {}", "", page.interval(Some(gap.from), Some(gap.to))));
        }
    }
}

/// Writes what became of the files: by format, and one by one where something is wrong.
pub(in crate::report) fn inputs(page: &mut Page<'_>, inputs: &[doc::Input]) {
    let of = |disposition: Disposition| inputs.iter().filter(|input| input.disposition == disposition).count();
    let total: u64 = inputs.iter().map(|input| input.bytes).sum();
    let beside = format!(
        "{}, {}: {} read, {} in part, {} copies, {} not recognised, {} refused",
        count(inputs.len() as u64, "file", "files"),
        bytes(total),
        of(Disposition::Read),
        of(Disposition::Partial),
        of(Disposition::Duplicate),
        of(Disposition::Unrecognised),
        of(Disposition::Refused)
    );
    page.heading("EVIDENCE READ", &beside);
    let mut formats: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for input in inputs.iter().filter(|input| matches!(input.disposition, Disposition::Read | Disposition::Partial)) {
        let row = formats.entry(&input.format).or_default();
        row.0 += 1;
        row.1 += input.records;
        row.2 += input.kept;
    }
    for (format, (files, records, kept)) in formats {
        page.line(&format!(
            "{:<34} {:>12} {:>20} {:>18} kept",
            shown(format),
            count(files, "file", "files"),
            count(records, "record", "records"),
            grouped(kept)
        ));
    }
    for (files, problems) in alike(page, inputs) {
        let Some(input) = files.first() else { continue };
        let more = if files.len() > 1 { format!(" and {} more like it", files.len() - 1) } else { String::new() };
        let what = styled(dim(), &format!("({})", shown(&input.format)));
        page.line(&format!("{:<12} {}{more}  {what}", input.disposition.to_string(), shown(&input.path)));
        let listed = if page.is_verbose() { problems.len() } else { problems.len().min(LISTED) };
        for problem in &problems[..listed] {
            page.paragraph(13, Style::new(), problem);
        }
        if problems.len() > listed {
            page.line(&format!("{:13}and {} more", "", problems.len() - listed));
        }
    }
}

/// Returns the files with which something is wrong, those with which the same is wrong together, and what it is. Written out, each
/// stands for itself.
fn alike<'a>(page: &Page<'_>, inputs: &'a [doc::Input]) -> Vec<(Vec<&'a doc::Input>, Vec<String>)> {
    let mut groups: Vec<(Vec<&doc::Input>, Vec<String>)> = Vec::new();
    let mut known: BTreeMap<(Disposition, &str, Vec<String>), usize> = BTreeMap::new();
    for input in inputs {
        let is_whole = input.disposition == Disposition::Read;
        let problems: Vec<String> = input
            .problems
            .iter()
            .filter(|problem| problem.loses || !is_whole || page.is_verbose())
            .map(|problem| format!("{}: {}", problem.locator, problem.message))
            .collect();
        if is_whole && problems.is_empty() || (input.disposition == Disposition::Duplicate && !page.is_verbose()) {
            continue;
        }
        let at = *known.entry((input.disposition, &input.format, problems.clone())).or_insert(groups.len());
        match groups.get_mut(at).filter(|_| !page.is_verbose()) {
            Some((files, _)) => files.push(input),
            None => groups.push((vec![input], problems)),
        }
    }
    groups
}

/// Writes the places that the page cites.
pub(in crate::report) fn evidence(page: &mut Page<'_>, rows: &[doc::Evidence]) {
    let listed = page.listed().clone();
    if listed.is_empty() {
        return;
    }
    page.heading("CITED", "");
    for row in rows {
        let number = row.id.get(1..).and_then(|number| number.parse::<u64>().ok());
        if !number.is_some_and(|number| listed.contains(&number)) {
            continue;
        }
        let time = row.time.map(|at| format!("{}  ", page.time(at))).unwrap_or_default();
        page.line(&format!("{:<5} {time}{} {}", row.id, shown(&row.file), shown(&row.locator)));
        if let Some(excerpt) = &row.excerpt {
            page.line(&styled(dim(), &format!("      {}", shown(excerpt))));
        }
    }
}
