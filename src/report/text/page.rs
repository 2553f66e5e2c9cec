//! The page that text is written on: lines, indents, colours, times, and the tag with grade and evidence that ends each claim.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;

use super::homes::Homes;
use crate::case::claim::Grade;
use crate::escape::shown;
use crate::fact::arn::Arn;
use crate::finding::Severity;
pub(in crate::report) use crate::finding::grouped;
use crate::time::Instant;

/// How text is to be written.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Zone in which people's times are shown beside UTC.
    pub zone: Option<TimeZone>,
    /// Whether everything is written out.
    pub verbose: bool,
}

/// Width to which running text is wrapped; fixed, so that the same evidence gives the same bytes everywhere.
const WIDTH: usize = 110;

/// Evidence ids listed with a claim; the JSON answer has all of them.
const LISTED: usize = 4;

/// A page of text.
pub(in crate::report) struct Page<'a> {
    look: &'a Look,
    text: String,
    listed: BTreeSet<u64>,
    homes: Homes,
}

impl<'a> Page<'a> {
    pub(in crate::report) fn new(look: &'a Look) -> Self {
        Self { look, text: String::new(), listed: BTreeSet::new(), homes: Homes::default() }
    }

    /// Tells resources of one name apart from now on.
    pub(in crate::report) fn telling_apart(self, homes: Homes) -> Self {
        Self { homes, ..self }
    }

    /// Returns what tells a resource from others of its name, with a space before it; nothing where there are none.
    pub(in crate::report) fn home(&self, arn: &Arn) -> String {
        self.homes.text(arn)
    }

    pub(in crate::report) const fn is_verbose(&self) -> bool {
        self.look.verbose
    }

    pub(in crate::report) fn finish(self) -> String {
        self.text
    }

    /// Returns the numbers of the evidence ids that the page shows.
    pub(in crate::report) const fn listed(&self) -> &BTreeSet<u64> {
        &self.listed
    }

    pub(in crate::report) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    pub(in crate::report) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Writes a heading with words beside it.
    pub(in crate::report) fn heading(&mut self, title: &str, beside: &str) {
        self.blank();
        let line = format!(
            "{}{}",
            styled(Style::new().bold(), title),
            if beside.is_empty() { String::new() } else { format!("  {beside}") }
        );
        self.line(&line);
    }

    /// Writes running text, wrapped, at an indent.
    pub(in crate::report) fn paragraph(&mut self, indent: usize, style: Style, text: &str) {
        let text = shown(text);
        for line in textwrap::wrap(&text, WIDTH - indent) {
            let line = format!("{:indent$}{}", "", styled(style, &line));
            self.line(&line);
        }
    }

    /// Returns a tag with a grade and evidence ids.
    pub(in crate::report) fn tag(&mut self, grade: Grade, evidence: &[String], missing: &[String]) -> String {
        let mut words = vec![grade.letter().to_string()];
        // All of the evidence is a list for machines; the first ids lead people to the place.
        let shown = if self.look.verbose { evidence.len() } else { evidence.len().min(LISTED) };
        for id in &evidence[..shown] {
            self.listed.extend(id.get(1..).and_then(|number| number.parse::<u64>().ok()));
            words.push(id.clone());
        }
        if evidence.len() > shown {
            words.push(format!("+{}", evidence.len() - shown));
        }
        words.extend(missing.iter().cloned());
        styled(grade_style(grade), &format!("[{}]", words.join(" ")))
    }

    /// Writes an instant in UTC and, if asked for, in people's zone.
    pub(in crate::report) fn time(&self, at: Instant) -> String {
        let utc = at.to_seconds_text().replacen('T', " ", 1);
        match &self.look.zone {
            Some(zone) => format!("{utc} ({})", at.in_zone(zone)),
            None => utc,
        }
    }

    /// Writes the time that the answer stands for.
    pub(in crate::report) fn as_of(&mut self, at: Option<Instant>) {
        if let Some(at) = at {
            let text = format!("as of {}", self.time(at));
            self.line(&styled(dim(), &text));
        }
    }

    /// Writes an interval.
    pub(in crate::report) fn interval(&self, from: Option<Instant>, to: Option<Instant>) -> String {
        match (from, to) {
            (Some(from), Some(to)) if from == to => self.time(from),
            (Some(from), Some(to)) => format!("{} to {}", self.time(from), self.time(to)),
            (Some(from), None) => format!("since {}", self.time(from)),
            (None, Some(to)) => format!("until {}", self.time(to)),
            (None, None) => String::new(),
        }
    }
}

/// Writes text in a style.
pub(in crate::report) fn styled(style: Style, text: &str) -> String {
    if style == Style::new() { text.to_owned() } else { format!("{style}{text}{style:#}") }
}

pub(in crate::report) const fn dim() -> Style {
    Style::new().dimmed()
}

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
}

pub(in crate::report) const fn grade_style(grade: Grade) -> Style {
    match grade {
        Grade::A | Grade::B => colour(AnsiColor::Green),
        Grade::C | Grade::D => colour(AnsiColor::Yellow),
        Grade::U => colour(AnsiColor::Magenta),
        Grade::X => colour(AnsiColor::Red).bold(),
    }
}

pub(in crate::report) const fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => colour(AnsiColor::Red).bold(),
        Severity::High => colour(AnsiColor::Red),
        Severity::Medium => colour(AnsiColor::Yellow),
        Severity::Low => colour(AnsiColor::Cyan),
        Severity::Info => dim(),
    }
}

/// Writes a count with its noun.
pub(in crate::report) fn count(n: impl Into<u64>, one: &str, many: &str) -> String {
    let n = n.into();
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// Writes a size in bytes.
pub(in crate::report) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if n < 1_024 {
        return format!("{n} B");
    }
    let mut tenths = n * 10 / 1_024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    let mut text = String::new();
    let _ = write!(text, "{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_easily() {
        assert_eq!([bytes(12), bytes(1_024), bytes(1_500_000), bytes(3 << 30)], ["12 B", "1.0 KiB", "1.4 MiB", "3.0 GiB"]);
        assert_eq!(count(1_u64, "model", "models"), "1 model");
    }

    #[test]
    fn long_lists_of_evidence_say_how_many_more() {
        let look = Look::default();
        let mut page = Page::new(&look);
        let ids: Vec<String> = (1..=6).map(|n| format!("E{n}")).collect();
        let tag = page.tag(Grade::A, &ids, &["G1".to_owned()]);
        assert!(tag.contains("[A E1 E2 E3 E4 +2 G1]"), "{tag}");
        assert_eq!(page.listed().len(), 4);
    }
}
