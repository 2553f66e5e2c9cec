//! Options that all commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Failure;
use crate::time::Instant;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For scripts; its shape is documented in docs/schema.
    Json,
    /// `timeline` only: one JSON object a line.
    Jsonl,
    /// `timeline` only: a table for spreadsheets.
    Csv,
    /// `timeline` only: a parquet table.
    Parquet,
    /// `timeline` only: JSON Lines as Timesketch imports them.
    Timesketch,
}

/// The formats that every command has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    /// For people.
    Text,
    /// For scripts.
    Json,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal that shows them.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The evidence.
#[derive(Args, Clone, Debug)]
pub(super) struct Evidence {
    /// Files, folders (read recursively) and .gz, .zst, .zip, .tar[.gz] containers, recognised by content
    #[arg(value_name = "EVIDENCE", required = true)]
    pub paths: Vec<PathBuf>,
}

/// Options of every command.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Common options")]
pub(super) struct Common {
    /// How the answer is written
    #[arg(short, long, global = true, value_enum, default_value = "text")]
    pub format: Format,
    /// Write the answer to FILE instead of standard output; never under an evidence path
    #[arg(short, long, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Show nothing that ended before TIME (RFC 3339; without an offset it is read in --tz, else in UTC)
    #[arg(long, global = true, value_name = "TIME")]
    pub from: Option<String>,
    /// Show nothing that began after TIME
    #[arg(long, global = true, value_name = "TIME")]
    pub to: Option<String>,
    /// The time of the case, in place of the newest time in the evidence
    #[arg(long, global = true, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Show this AWS account only
    #[arg(long, global = true, value_name = "ID")]
    pub account: Option<String>,
    /// Show this region only
    #[arg(long, global = true, value_name = "NAME")]
    pub region: Option<String>,
    /// Show people's times in this zone too, such as Europe/Berlin
    #[arg(long, global = true, value_name = "ZONE")]
    pub tz: Option<String>,
    /// A local git clone or bundle, read without checkout: tells the commit of jobs whose code has a hash in its path
    #[arg(long, global = true, value_name = "PATH")]
    pub repo: Option<PathBuf>,
    /// Where the repository lay when jobs were submitted from it by absolute paths (repeatable)
    #[arg(long, global = true, value_name = "DIR", requires = "repo", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub repo_at: Vec<String>,
    /// Leave secrets in environments, hyperparameters and tags as they are
    #[arg(long, global = true)]
    pub show_secrets: bool,
    /// Threads that read evidence; 0 is one for each processor
    #[arg(long, global = true, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=256))]
    pub jobs: u16,
    /// No messages on standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Write everything out in text
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// No progress bar
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// When colours are used
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: Colour,
}

impl Common {
    /// Returns the format, of those that every command has.
    pub(super) fn plain(&self) -> Result<Plain, Failure> {
        let name = match self.format {
            Format::Text => return Ok(Plain::Text),
            Format::Json => return Ok(Plain::Json),
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
            Format::Parquet => "parquet",
            Format::Timesketch => "timesketch",
        };
        Err(Failure::usage(format!("--format {name}: only `timeline` writes that; every command writes text and json")))
    }

    /// Returns the zone for people's times.
    pub(super) fn zone(&self) -> Result<Option<TimeZone>, Failure> {
        let named = |name: &String| {
            TimeZone::get(name)
                .map_err(|_| Failure::usage(format!("--tz {name}: no such time zone; names are like Europe/Berlin")))
        };
        self.tz.as_ref().map(named).transpose()
    }

    /// Returns the interval that is shown.
    pub(super) fn interval(&self) -> Result<(Option<Instant>, Option<Instant>), Failure> {
        let (from, to) = (self.time("--from", self.from.as_deref())?, self.time("--to", self.to.as_deref())?);
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            return Err(Failure::usage("--to lies before --from"));
        }
        Ok((from, to))
    }

    /// Returns the time of the case, where the user says it.
    pub(super) fn as_of(&self) -> Result<Option<Instant>, Failure> {
        self.time("--as-of", self.as_of.as_deref())
    }

    /// Reads a time that people wrote.
    pub(super) fn time(&self, option: &str, text: Option<&str>) -> Result<Option<Instant>, Failure> {
        let Some(text) = text else { return Ok(None) };
        if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
            return Ok(Some(Instant::from_micros(stamp.as_microsecond()).min(Instant::LAST)));
        }
        let civil: DateTime = text.parse().map_err(|_| {
            Failure::usage(format!(
                "{option} {text}: no time; write it like 2026-10-14T03:58:00Z, '2026-10-14 03:58' or 2026-10-14"
            ))
        })?;
        let zone = self.zone()?.unwrap_or(TimeZone::UTC);
        let zoned = zone.to_ambiguous_zoned(civil).unambiguous().map_err(|_| clocks_changed(option, text, &zone, civil))?;
        Ok(Some(Instant::from_micros(zoned.timestamp().as_microsecond()).min(Instant::LAST)))
    }
}

/// Says which instants a local time may mean that exists twice, or beside which instants one lies that clocks left out.
fn clocks_changed(option: &str, text: &str, zone: &TimeZone, civil: DateTime) -> Failure {
    let written = |offset: jiff::tz::Offset| {
        let stamp = offset.to_timestamp(civil).map(|stamp| zone.to_datetime(stamp));
        stamp.map(|local| format!("{local}{}", shown_offset(zone, offset, civil))).unwrap_or_default()
    };
    match zone.to_ambiguous_zoned(civil).offset() {
        jiff::tz::AmbiguousOffset::Fold { before, after } => Failure::usage(format!(
            "{option} {text}: clocks were set back then, so this time exists twice; write {} or {}",
            written(before),
            written(after)
        )),
        jiff::tz::AmbiguousOffset::Gap { before, after } => Failure::usage(format!(
            "{option} {text}: clocks were set forward then, so this time does not exist; write {} or {}",
            written(after),
            written(before)
        )),
        jiff::tz::AmbiguousOffset::Unambiguous { .. } => Failure::usage(format!("{option} {text}: no time of that zone")),
    }
}

/// Writes the offset that is in force at the instant that a local time means with another offset.
fn shown_offset(zone: &TimeZone, offset: jiff::tz::Offset, civil: DateTime) -> String {
    let in_force = offset.to_timestamp(civil).map_or(offset, |stamp| zone.to_offset(stamp));
    let seconds = in_force.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", seconds.abs() / 3_600, seconds.abs() % 3_600 / 60)
}
