//! The timeline for people: a line an event, by day; runs of writes to one place are folded into one line.

use super::{Answer, Event};
use crate::escape::shown;
use crate::fact::arn::Arn;
use crate::report::text::homes::Homes;
use crate::report::text::page::{Look, Page, count};
use crate::report::text::tables;
use crate::time::Instant;

/// Runs of at least so many events of one kind in one place are folded.
const FOLDED: usize = 3;

/// Writes the timeline.
pub fn text(answer: &Answer, look: &Look) -> String {
    let subjects: Vec<Arn> = answer.events.iter().filter_map(|event| Arn::parse(&event.subject)).collect();
    let mut page = Page::new(look).telling_apart(Homes::of(subjects.iter()));
    page.as_of(answer.as_of);
    if answer.events.is_empty() {
        page.line("No event: as far as this evidence tells, nothing happened in what was asked for.");
    }
    let mut day = String::new();
    for run in folded(&page, &answer.events) {
        let own = run.first().map(|first| first.time.to_string()[..10].to_owned()).unwrap_or_default();
        if own != day {
            page.heading(&own, "");
            day = own;
        }
        line(&mut page, run);
    }
    tables::evidence(&mut page, &answer.evidence);
    page.finish()
}

/// Returns whether two events are of one kind, by one actor, to objects of one folder.
fn is_alike(first: &Event, other: &Event) -> bool {
    let folder = |event: &Event| {
        event.subject.strip_prefix("s3://").and_then(|uri| uri.rsplit_once('/')).map(|(folder, _)| folder.to_owned())
    };
    folder(first).is_some()
        && folder(first) == folder(other)
        && (&first.what, &first.actor, first.grade) == (&other.what, &other.actor, other.grade)
        && first.time.to_string()[..10] == other.time.to_string()[..10]
}

fn line(page: &mut Page<'_>, run: &[Event]) {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
    let evidence: Vec<String> = run.iter().flat_map(|event| event.evidence.clone()).collect();
    let tag = page.tag(first.grade, &evidence, &[]);
    let mut words = vec![subject(page, first, run.len())];
    match (run.len(), last.time == first.time) {
        (1, _) => words.extend(first.detail.as_deref().map(|detail| shown(detail).into_owned())),
        (_, true) => words.push(count(run.len() as u64, "object", "objects")),
        (_, false) => {
            words.push(format!("{} until {}", count(run.len() as u64, "object", "objects"), clock(page, last.time)));
        }
    }
    words.extend(first.actor.as_deref().map(|actor| format!("by {}", short(page, actor))));
    words.extend(first.latest.map(|latest| format!("at the latest {}", page.time(latest))));
    let time = clock(page, first.time);
    page.line(&format!("  {time}  {:<26} {}   {tag}", shown(&first.what), words.join("  ")));
}

/// Splits events into runs: those that are folded into one line, and single ones.
pub(in crate::report) fn folded<'e>(page: &Page<'_>, events: &'e [Event]) -> Vec<&'e [Event]> {
    let mut runs = Vec::new();
    let mut left = events;
    while let Some(first) = left.first() {
        let run = if page.is_verbose() { 1 } else { left.iter().take_while(|event| is_alike(first, event)).count() };
        let (taken, rest) = left.split_at(if run >= FOLDED { run } else { 1 });
        runs.push(taken);
        left = rest;
    }
    runs
}

/// Returns the time of day, with the other zone's if one was asked for.
fn clock(page: &Page<'_>, at: Instant) -> String {
    let text = page.time(at);
    text.get(11..).map_or_else(|| text.clone(), str::to_owned)
}

/// Returns what an event is about, without what goes without saying.
fn subject(page: &Page<'_>, event: &Event, run: usize) -> String {
    if run > 1 {
        let folder = event.subject.rsplit_once('/').map_or(event.subject.as_str(), |(folder, _)| folder);
        return format!("{}/", shown(folder));
    }
    short(page, &event.subject)
}

/// Returns a text, of an ARN what follows its account unless everything is to be written out.
fn short(page: &Page<'_>, text: &str) -> String {
    match Arn::parse(text).filter(|_| !page.is_verbose()) {
        Some(arn) => format!("{}{}", shown(arn.resource()), page.home(&arn)),
        None => shown(text).into_owned(),
    }
}
