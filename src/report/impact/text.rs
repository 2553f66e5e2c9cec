//! What was reached, for people: totals first, then a tree, in which each line hangs under what it was reached from.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::Style;

use super::{Answer, Endpoint, Object, Reached};
use crate::case::claim::Grade;
use crate::escape::shown;
use crate::fact::arn::Arn;
use crate::report::text::page::{Look, Page, count, dim, grade_style, grouped, styled};
use crate::report::text::{models, tables};

/// Versions that lead nowhere are listed up to so many.
const IDLE: u64 = 5;

/// What lines of the tree are about, by id.
struct Rows<'a> {
    objects: BTreeMap<&'a str, &'a Object>,
    endpoints: BTreeMap<&'a str, Vec<&'a Endpoint>>,
    rows: BTreeMap<&'a str, &'a Reached>,
}

/// Writes where something got to.
pub fn text(answer: &Answer, look: &Look) -> String {
    let mut endpoints: BTreeMap<&str, Vec<&Endpoint>> = BTreeMap::new();
    for row in &answer.endpoints {
        endpoints.entry(&row.id).or_default().push(row);
    }
    let rows = Rows {
        objects: answer.objects.iter().map(|object| (object.id.as_str(), object)).collect(),
        endpoints,
        rows: answer.reached.iter().chain(&answer.undecided).map(|row| (row.id.as_str(), row)).collect(),
    };
    let mut page = Page::new(look);
    page.as_of(answer.as_of);
    headline(&mut page, answer);
    tree(&mut page, answer, &rows);
    undecided(&mut page, answer, &rows);
    tables::gaps(&mut page, &answer.gaps);
    tables::evidence(&mut page, &answer.evidence);
    page.finish()
}

/// Says in a sentence how far it got, and how well that is known.
fn headline(page: &mut Page<'_>, answer: &Answer) {
    let summary = &answer.summary;
    let asked = |arns: &[Arn], kind: &str| {
        let own = answer.reached.iter().filter(|row| row.hop.is_none() && row.kind == kind).count();
        arns.len().saturating_sub(own) as u64
    };
    let requests = match summary.requests {
        Some(requests) if summary.endpoints > 0 => {
            format!(", {}{}", if summary.requests_whole { "" } else { "at least " }, count(requests, "request", "requests"))
        }
        None if summary.endpoints > 0 => ", an unknown number of requests".to_owned(),
        _ => String::new(),
    };
    let parts = [
        count(summary.jobs as u64, "job", "jobs"),
        count(asked(&answer.models, "model"), "model", "models"),
        count(asked(&answer.packages, "package"), "package", "packages"),
        format!("{}{requests}", count(summary.endpoints as u64, "endpoint", "endpoints")),
    ];
    let mut words = parts.join(", ");
    if summary.shadows > 0 {
        words = format!(
            "{words}, {}",
            count(summary.shadows as u64, "shadow variant that answered nobody", "shadow variants that answered nobody")
        );
    }
    if summary.transforms > 0 {
        words = format!("{words}, {}", count(summary.transforms as u64, "batch transform", "batch transforms"));
    }
    let tag = summary
        .weakest
        .map(|grade| format!("   {}", styled(grade_style(grade), &format!("[{}]", grade.letter()))))
        .unwrap_or_default();
    let name = shown(&answer.of).into_owned();
    let sentence = if answer.reached.iter().all(|row| row.hop.is_none()) {
        format!("{} {name}: nothing in the evidence shows that it reached anything", answer.kind)
    } else {
        format!("{} {name} reached {words}", answer.kind)
    };
    page.line(&format!("{}{tag}", styled(Style::new().bold(), &sentence)));
    if summary.undecided > 0 {
        page.line(&format!(
            "Whether it reached {} more, the evidence does not tell.",
            count(summary.undecided as u64, "thing", "things")
        ));
    }
    if !answer.gaps.is_empty() {
        page.line("It may have got further than this evidence shows: NOT KNOWN lists what would tell.");
    }
}

/// Writes what was reached as a tree. Objects that jobs made are left out unless everything is to be written out.
fn tree(page: &mut Page<'_>, answer: &Answer, rows: &Rows<'_>) {
    if answer.reached.is_empty() {
        return;
    }
    page.heading("REACHED", "each line under what it was reached from; a grade is that of the whole way");
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    let leads: BTreeSet<&str> =
        answer.reached.iter().flat_map(|row| row.from.iter().chain(&row.also_from)).map(String::as_str).collect();
    let (mut idle, mut left_out) = (0_u64, 0_u64);
    for row in &answer.reached {
        let depth = row.from.as_deref().and_then(|from| depths.get(from).copied()).unwrap_or(0);
        let is_made = row.kind == "object" && row.hop.is_some();
        if is_made && !page.is_verbose() {
            depths.insert(&row.id, depth);
            continue;
        }
        depths.insert(&row.id, depth + 1);
        if row.hop.is_none() && row.kind == "object" && !leads.contains(row.id.as_str()) {
            idle += 1;
            if idle > IDLE && !page.is_verbose() {
                left_out += 1;
                continue;
            }
        }
        line(page, row, rows, depth, !leads.contains(row.id.as_str()));
    }
    if left_out > 0 {
        page.line(&styled(
            dim(),
            &format!("and {} of which no use is known (-v lists them)", count(left_out, "version more", "versions more")),
        ));
    }
}

/// Writes what the evidence can't decide.
fn undecided(page: &mut Page<'_>, answer: &Answer, rows: &Rows<'_>) {
    if answer.undecided.is_empty() {
        return;
    }
    page.heading("NOT DECIDED", "what it may have reached");
    for row in answer.undecided.iter().filter(|row| row.kind != "object" || page.is_verbose()).collect::<Vec<_>>() {
        line(page, row, rows, 0, false);
    }
}

fn line(page: &mut Page<'_>, row: &Reached, rows: &Rows<'_>, depth: usize, is_idle: bool) {
    let indent = depth * 2;
    let tag = page.tag(row.grade, &row.evidence, &row.missing);
    let (words, reason) = row.why.split_once(": ").unwrap_or((&row.why, ""));
    let through = row
        .from
        .as_deref()
        .and_then(|from| rows.rows.get(from))
        .filter(|from| from.kind == "object" && from.hop.is_some() && !page.is_verbose())
        .map(|from| format!(", through {}", from.subject))
        .unwrap_or_default();
    let label = label(row);
    let words = match (row.hop, rows.objects.get(row.id.as_str())) {
        (None, Some(object)) => life(page, object, is_idle, used_elsewhere(row, rows)),
        (None, None) => String::new(),
        (Some(_), _) => format!("  {words}{through}{}", others(row, rows)),
    };
    page.line(&format!("{:indent$}{}{}   {tag}", "", shown(&label), shown(&words)));
    for served in rows.endpoints.get(row.id.as_str()).into_iter().flatten() {
        page.line(&format!("{:indent$}    {}", "", shown(&serves(page, served))));
    }
    if row.hop.is_some_and(|hop| hop > Grade::B || page.is_verbose()) && !reason.is_empty() {
        page.paragraph(indent + 4, dim(), reason);
    }
    if !row.via.is_empty() {
        let hops: Vec<&str> = row.via.iter().map(Arn::resource).collect();
        page.paragraph(indent + 4, dim(), &format!("via {}", hops.join(", ")));
    }
}

/// Counts what else led to a line, where versions that were asked about did.
fn others(row: &Reached, rows: &Rows<'_>) -> String {
    let asked = |id: &String| rows.objects.get(id.as_str()).is_some_and(|object| object.asked);
    match row.also_from.iter().filter(|id| asked(id)).count() {
        0 => String::new(),
        more => format!(", and {}", count(more as u64, "version more", "versions more")),
    }
}

/// Returns what a line is about, without what goes without saying.
fn label(row: &Reached) -> String {
    match row.kind {
        "object" => row.subject.clone(),
        "model" if Arn::parse(&row.subject).is_some_and(|arn| models::is_component(&arn)) => format!("component {}", row.name),
        "endpoint" | "model" | "package" | "execution" => format!("{} {}", row.kind, row.name),
        _ => Arn::parse(&row.subject).map_or_else(|| row.subject.clone(), |arn| format!("{}/{}", arn.kind(), row.name)),
    }
}

/// Counts the lines that stand under another version, and came of this one too.
fn used_elsewhere(own: &Reached, rows: &Rows<'_>) -> usize {
    rows.rows.values().filter(|row| row.also_from.contains(&own.id) && row.kind != "object").count()
}

/// Says when a version lay in its place.
fn life(page: &Page<'_>, object: &Object, is_idle: bool, elsewhere: usize) -> String {
    let by = object
        .written_by
        .as_deref()
        .map(|by| format!(" by {}", Arn::parse(by).map_or_else(|| by.to_owned(), |arn| arn.resource().to_owned())));
    let written = object.from.map(|from| format!(", written {}{}", page.time(from), by.unwrap_or_default())).unwrap_or_default();
    let replaced = object.to.map(|to| format!(", replaced {}", page.time(to))).unwrap_or_default();
    let idle = match elsewhere {
        0 if is_idle => ": no use of it is known".to_owned(),
        0 => String::new(),
        lines => format!(": {} elsewhere came of it too", count(lines as u64, "line", "lines")),
    };
    format!("{written}{replaced}{idle}")
}

/// Says from when to when something served, and how much.
fn serves(page: &Page<'_>, row: &Endpoint) -> String {
    let bounds = |bounds: &crate::report::document::Bounds| {
        if bounds.latest > bounds.earliest {
            format!("{} (by {})", page.time(bounds.earliest), page.time(bounds.latest))
        } else {
            page.time(bounds.latest)
        }
    };
    let interval = match (&row.from, &row.to) {
        (Some(from), Some(to)) => format!("{} to {}", bounds(from), bounds(to)),
        (Some(from), None) => format!("since {}", bounds(from)),
        (None, _) => "at an unknown time".to_owned(),
    };
    let requests = match row.requests {
        Some(requests) => format!(", {}{} requests", if row.requests_whole { "" } else { "at least " }, grouped(requests)),
        None if row.kind == "endpoint" => ", requests not known".to_owned(),
        None => String::new(),
    };
    let requests = if row.copies.is_some() { requests.replace("requests", "copies") } else { requests };
    let share = match (row.share, &row.component, row.copies) {
        (_, Some(component), _) => format!(", requests that name component {component}"),
        (_, _, Some(copies)) => format!(", as a shadow on copies of {:.1} % of requests", copies * 100.0),
        (Some(share), ..) if share < 0.9995 => format!(", {:.1} % of requests", share * 100.0),
        _ => String::new(),
    };
    format!("{interval}{share}{requests}")
}
