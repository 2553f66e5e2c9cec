//! One screen: what served, what it rests on, how old the data was; what went wrong, whom it met, who could have told; what changed.

use anstyle::Style;

use super::{Answer, Watcher};
use crate::case::claim::Grade;
use crate::escape::shown;
use crate::finding::Severity;
use crate::report::document as doc;
use crate::report::text::models;
use crate::report::text::page::{Look, Page, count, dim, grouped, severity_style, styled};
use crate::report::text::tables;
use crate::report::timeline;
use crate::time::{Instant, duration_text};

/// Lines of a list that are written; `-v` writes all.
const LISTED: usize = 8;

/// Writes what is known of an endpoint at an instant.
pub fn text(answer: &Answer, look: &Look) -> String {
    let mut page = Page::new(look);
    page.as_of(answer.as_of);
    headline(&mut page, answer);
    for model in &answer.models {
        rests_on(&mut page, model, answer.question.at, answer.models.len() > 1);
    }
    freshness(&mut page, answer);
    incidents(&mut page, answer);
    changes(&mut page, answer);
    findings(&mut page, &answer.findings);
    unknown(&mut page, &answer.gaps);
    if page.is_verbose() {
        tables::evidence(&mut page, &answer.evidence);
    } else {
        let text = "-v lists the evidence behind each id, and all lines; -f json has the timeline and the whole lineage";
        page.blank();
        page.line(&styled(dim(), text));
    }
    page.finish()
}

/// Writes a line: what it is about, what is so, and the tag.
fn fact(page: &mut Page<'_>, label: &str, text: &str, tag: &str) {
    page.line(&format!("  {:<12} {}   {tag}", shown(label), shown(text)));
}

fn headline(page: &mut Page<'_>, answer: &Answer) {
    let question = &answer.question;
    let title = format!("At {} endpoint {}", page.time(question.at), question.name);
    page.line(&styled(Style::new().bold(), &shown(&title)));
    let times = |page: &Page<'_>, at: Option<Instant>| at.map(|at| format!(" {}", page.time(at))).unwrap_or_default();
    match answer.state.state {
        "not-yet-created" => {
            let text = format!("nothing: the endpoint did not exist yet; it was created{}", times(page, answer.state.created));
            let tag = page.tag(answer.freshness.grade, &answer.freshness.evidence, &answer.freshness.missing);
            fact(page, "served", &text, &tag);
        }
        "deleted" => {
            let text = format!("nothing: the endpoint was deleted{}", times(page, answer.state.deleted));
            let tag = page.tag(answer.freshness.grade, &answer.freshness.evidence, &answer.freshness.missing);
            fact(page, "served", &text, &tag);
        }
        "unknown" => {
            let tag = page.tag(Grade::U, &[], &answer.freshness.missing);
            let why = answer.state.why.unwrap_or("nothing of that time is in the evidence");
            fact(page, "served", &format!("not known: {why}"), &tag);
        }
        _ => {}
    }
    for row in &answer.served {
        let text = serves(page, row, answer.question.at, answer.state.state == "cut-over");
        let tag = page.tag(row.grade, &row.evidence, &[]);
        fact(page, "served", &text, &tag);
    }
    let named: Vec<&doc::Serving> = answer.served.iter().filter(|row| row.component.is_some()).collect();
    if !named.is_empty() {
        let uncounted = if named.iter().any(|row| row.requests.is_none()) {
            "; metrics by InferenceComponentName would count them"
        } else {
            ""
        };
        let text = format!("not known: which request named which component; SageMaker records it nowhere{uncounted}");
        page.line(&format!("  {:<12} {text}", "split"));
    }
    for row in &answer.components {
        let tag = page.tag(row.grade, &row.evidence, &[]);
        fact(page, "component", &format!("{} {}", row.component, row.why), &tag);
    }
    for row in &answer.shadows {
        let from = format!("since {}", bounds(page, &row.from));
        let to = row.to.as_ref().map(|to| format!(", until {}", bounds(page, to))).unwrap_or_default();
        let copies = row.copies.unwrap_or_default() * 100.0;
        let text = format!(
            "shadow variant {} ran model {} on copies of {copies:.1} % of the requests, {from}{to}; its answers went to nobody",
            row.variant,
            row.model.last()
        );
        let tag = page.tag(row.grade, &row.evidence, &[]);
        fact(page, "shadow", &text, &tag);
    }
}

fn bounds(page: &Page<'_>, bounds: &doc::Bounds) -> String {
    if bounds.latest > bounds.earliest {
        format!("{} (by {})", page.time(bounds.earliest), page.time(bounds.latest))
    } else {
        page.time(bounds.latest)
    }
}

fn serves(page: &Page<'_>, row: &doc::Serving, at: Instant, is_cut_over: bool) -> String {
    let share = models::share(row);
    let from = format!("since {}", bounds(page, &row.from));
    let to = row.to.as_ref().map(|to| format!(", until {}", bounds(page, to))).unwrap_or_default();
    let perhaps = match (is_cut_over, at < row.from.latest) {
        (true, true) => "perhaps already ",
        (true, false) if row.to.as_ref().is_some_and(|to| to.earliest <= at) => "perhaps still ",
        _ => "",
    };
    let what = if models::is_component(&row.model) { "container of component" } else { "model" };
    let model = format!("{what} {}", row.model.last());
    format!("{perhaps}variant {} -> {model}, {share}, {from}{to}", row.variant)
}

/// Writes what a model rests on, a line a hop.
fn rests_on(page: &mut Page<'_>, model: &doc::Model, at: Instant, several: bool) {
    if several {
        page.line(&format!("  {}", styled(Style::new().bold(), &shown(&model.name))));
    }
    hop(page, "artifact", &model.artifact, |value| {
        let place = models::place(&value.uri, value.version_id.as_deref(), value.etag.as_deref());
        // A folder is not one artifact: what that means is said.
        if value.uri.ends_with('/') { format!("{place}: {}", model.artifact.why) } else { place }
    });
    hop(page, "image", &model.code.serving_image, models::image);
    hop(page, "trained by", &model.training_job, |value| value.resource().to_owned());
    hop(page, "commit", &model.code.commit, Clone::clone);
    hop(page, "code", &model.code.source, models::source);
    for channel in &model.data {
        hop(page, &format!("data {}", channel.channel), &channel.version, |value| {
            let what = count(value.object_count as u64, "object", "objects");
            format!("{}, {what}, fingerprint {}", channel.uri, value.fingerprint.get(..16).unwrap_or(&value.fingerprint))
        });
    }
    let then = approval_then(page, &model.approval, at);
    let tag = page.tag(model.approval.grade, &model.approval.evidence, &model.approval.missing);
    fact(page, "approval", &then, &tag);
}

fn hop<T>(page: &mut Page<'_>, label: &str, claim: &doc::Claim<T>, say: impl Fn(&T) -> String) {
    let text = match (&claim.value, claim.grade) {
        (Some(value), _) => say(value),
        (None, Grade::X) => {
            let sides: Vec<String> = claim.conflicts.iter().map(|side| say(&side.value)).collect();
            format!("contradicted: {}", sides.join(" against "))
        }
        (None, Grade::U) => format!("not known: {}", claim.why),
        (None, _) => format!("none: {}", claim.why),
    };
    let via: Vec<&str> = claim.via.iter().map(crate::fact::arn::Arn::resource).collect();
    let via = if via.is_empty() { String::new() } else { format!(", via {}", via.join(", ")) };
    let tag = page.tag(claim.grade, &claim.evidence, &claim.missing);
    fact(page, label, &format!("{text}{via}"), &tag);
}

/// Says what the approval was at the instant, and what it became.
fn approval_then(page: &Page<'_>, claim: &doc::Claim<doc::Approval>, at: Instant) -> String {
    let Some(approval) = &claim.value else {
        let what = if claim.grade == Grade::U { "not known" } else { "none" };
        return format!("{what}: {}", claim.why);
    };
    let then = approval.history.iter().rfind(|decision| decision.at.is_none_or(|decided| decided <= at));
    let text = then.map_or_else(
        || "none then".to_owned(),
        |decision| {
            let by = decision.by.as_deref().map(|by| format!(" by {}", models::actor(by))).unwrap_or_default();
            let person = decision.session.as_ref().map(|session| format!(" ({session})")).unwrap_or_default();
            let when = decision.at.map(|at| format!(" at {}", page.time(at))).unwrap_or_default();
            format!("{}{by}{person}{when}", decision.status)
        },
    );
    let later = approval.history.iter().rfind(|decision| decision.at.is_some_and(|decided| decided > at));
    let later = later.and_then(|decision| Some(format!("; {} since {}", decision.status, page.time(decision.at?))));
    format!("{text}{}", later.unwrap_or_default())
}

fn freshness(page: &mut Page<'_>, answer: &Answer) {
    if answer.served.is_empty() {
        return;
    }
    let claim = &answer.freshness;
    let text = match &claim.value {
        Some(value) => {
            format!("newest data {}, {} old: {}", page.time(value.newest_data), duration_text(value.age_seconds), value.basis)
        }
        None if claim.grade == Grade::U => format!("not known: {}", claim.why),
        None => format!("none: {}", claim.why),
    };
    let tag = page.tag(claim.grade, &claim.evidence, &claim.missing);
    fact(page, "freshness", &text, &tag);
}

fn incidents(page: &mut Page<'_>, answer: &Answer) {
    let told: Vec<_> = answer.timeline.iter().filter(|event| event.what == "model error").collect();
    if answer.incidents.is_empty() && told.is_empty() {
        page.heading("WHAT WENT WRONG", "no incident in the window before, as far as this evidence shows");
    } else {
        page.heading("WHAT WENT WRONG", "");
    }
    for incident in &answer.incidents {
        let tag = page.tag(incident.grade, &incident.evidence, &incident.missing);
        page.line(&format!("  {}   {tag}", shown(&incident.title)));
        let when = page.interval(Some(incident.began), incident.recovered);
        page.line(&format!("    {when}; {}", shown(&tables::noticed(incident))));
    }
    let all = page.is_verbose() || told.len() <= LISTED;
    for event in told.iter().take(if all { usize::MAX } else { LISTED }) {
        let tag = page.tag(event.grade, &event.evidence, &[]);
        let line = event.detail.as_deref().unwrap_or(&event.what);
        page.line(&format!("  {}  {}   {tag}", page.time(event.time), shown(line)));
    }
    more(page, told.len(), all);
    if let Some(met) = &answer.exposure {
        let tag = page.tag(if met.requests.is_some() { Grade::B } else { Grade::U }, &met.evidence, &met.missing);
        let requests = met.requests.map_or_else(
            || "an unknown number of requests".to_owned(),
            |requests| format!("{}{} requests", if met.requests_whole { "" } else { "at least " }, grouped(requests)),
        );
        let line = format!("{} met {requests}", page.interval(Some(met.from), Some(met.to)));
        fact(page, "exposure", &line, &tag);
    }
    if answer.watchers.is_empty() {
        return;
    }
    page.heading("WHO COULD HAVE NOTICED", "");
    let all = page.is_verbose() || answer.watchers.len() <= LISTED;
    for watcher in answer.watchers.iter().take(if all { usize::MAX } else { LISTED }) {
        let line = watched(page, watcher);
        let tag = page.tag(if watcher.known { Grade::B } else { Grade::U }, &watcher.evidence, &[]);
        page.line(&format!("  {}   {tag}", shown(&line)));
    }
    more(page, answer.watchers.len(), all);
}

fn watched(page: &Page<'_>, watcher: &Watcher) -> String {
    let told = match (watcher.told, watcher.known, &watcher.incident) {
        (Some(at), _, _) => format!("told at {}", page.time(at)),
        (None, true, Some(_)) => "did not tell".to_owned(),
        (None, true, None) => "had nothing to tell".to_owned(),
        (None, false, _) => "not known".to_owned(),
    };
    format!("{} {}  {told}: {}", watcher.kind, watcher.name, watcher.why)
}

fn more(page: &mut Page<'_>, all: usize, is_whole: bool) {
    if !is_whole {
        page.line(&styled(dim(), &format!("  and {} more (-v lists them)", all.saturating_sub(LISTED))));
    }
}

fn changes(page: &mut Page<'_>, answer: &Answer) {
    let before = duration_text(answer.question.window_seconds);
    if answer.changes.is_empty() {
        return page.heading("WHAT CHANGED BEFORE", &format!("nothing in the {before} before, as far as this evidence shows"));
    }
    page.heading("WHAT CHANGED BEFORE", &format!("within {before}"));
    let runs = timeline::folded(page, &answer.changes);
    let all = page.is_verbose() || runs.len() <= LISTED;
    // The newest lie nearest to the instant.
    let skipped = if all { 0 } else { runs.len() - LISTED };
    if skipped > 0 {
        page.line(&styled(dim(), &format!("  {} before these (-v lists them)", count(skipped as u64, "change", "changes"))));
    }
    for run in runs.into_iter().skip(skipped) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let evidence: Vec<String> = run.iter().flat_map(|event| event.evidence.clone()).collect();
        let grade = run.iter().fold(first.grade, |grade, event| grade.weaker(event.grade));
        let tag = page.tag(grade, &evidence, &[]);
        let what = if run.len() > 1 {
            let folder = first.subject.rsplit_once('/').map_or(first.subject.as_str(), |(folder, _)| folder);
            format!("{folder}/  {} until {}", count(run.len() as u64, "object", "objects"), page.time(last.time))
        } else {
            let detail = first.detail.as_deref().filter(|_| !first.what.starts_with("object")).unwrap_or_default();
            format!("{}  {detail}", tables::short(&first.subject))
        };
        let by = first.actor.as_deref().map(|actor| format!("  by {}", tables::short(actor))).unwrap_or_default();
        let when = page.time(first.time);
        page.line(&format!("  {when}  {:<18} {}   {tag}", shown(&first.what), shown(&format!("{}{by}", what.trim_end()))));
    }
}

fn findings(page: &mut Page<'_>, findings: &[doc::Finding]) {
    if findings.is_empty() {
        return;
    }
    page.heading("FINDINGS", &tables::counted(findings));
    let grave = findings.iter().filter(|finding| finding.severity <= Severity::Medium).count();
    let shown_rows = if page.is_verbose() { findings.len() } else { grave.min(LISTED) };
    for finding in findings.iter().take(shown_rows) {
        let tag = page.tag(finding.grade, &finding.evidence, &[]);
        let severity = styled(severity_style(finding.severity), &format!("{:<8}", finding.severity.name()));
        page.line(&format!("  {severity} {}  {}   {tag}", finding.check, shown(&finding.title)));
    }
    if findings.len() > shown_rows {
        page.line(&styled(dim(), &format!("  and {} more (-v lists them)", findings.len() - shown_rows)));
    }
}

/// Writes what is missing, with the commands that export it.
fn unknown(page: &mut Page<'_>, gaps: &[doc::Gap]) {
    const COMMANDS: usize = 5;
    let all = page.is_verbose() || gaps.len() <= COMMANDS;
    let listed = if all { gaps.len() } else { COMMANDS };
    tables::gaps(page, gaps.get(..listed).unwrap_or(gaps));
    if !all {
        page.line(&styled(dim(), &format!("and {} more (-v lists them)", gaps.len() - COMMANDS)));
    }
}
