//! Where answers and messages go.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use super::Failure;
use super::options::{Colour, Common};
use crate::report::json;

/// Where the answer goes.
#[derive(Debug)]
pub(super) enum Output {
    /// Standard output.
    Stdout(ColorChoice),
    /// A file.
    File(PathBuf, ColorChoice),
}

impl Output {
    /// Chooses where the answer goes. Nothing is ever written under an evidence path.
    pub(super) fn choose(common: &Common, evidence: &[PathBuf]) -> Result<Self, Failure> {
        let choice = match common.color {
            Colour::Auto => ColorChoice::Auto,
            Colour::Always => ColorChoice::AlwaysAnsi,
            Colour::Never => ColorChoice::Never,
        };
        let Some(file) = &common.output else { return Ok(Self::Stdout(choice)) };
        Self::forbid("--output", file, evidence)?;
        // A file is no terminal: colours only where they are asked for.
        let choice = if common.color == Colour::Always { choice } else { ColorChoice::Never };
        Ok(Self::File(file.clone(), choice))
    }

    /// Refuses to write a file that lies under an evidence path.
    pub(super) fn forbid(option: &str, file: &Path, evidence: &[PathBuf]) -> Result<(), Failure> {
        let target = resolved(file);
        match evidence.iter().find(|path| target.starts_with(resolved(path))) {
            None => Ok(()),
            Some(under) => Err(Failure::usage(format!(
                "{option} {} lies under the evidence path {}: nothing is written there",
                file.display(),
                under.display()
            ))),
        }
    }

    /// Writes bytes that are kept for a later run.
    pub(super) fn keep(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
        Self::File(file.to_owned(), ColorChoice::Never).bytes(bytes)
    }

    /// Writes text; its colours only where they are wanted.
    pub(super) fn text(&self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Stdout(choice) => self.settle(AutoStream::new(io::stdout(), *choice).write_all(text.as_bytes())),
            Self::File(path, choice) => {
                self.settle(fresh(path).and_then(|file| AutoStream::new(file, *choice).write_all(text.as_bytes())))
            }
        }
    }

    /// Writes bytes as they are.
    pub(super) fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.write(|out| out.write_all(bytes))
    }

    /// Writes JSON.
    pub(super) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.write(|out| {
            let mut out = BufWriter::new(out);
            json::write(value, &mut out).and_then(|()| out.flush())
        })
    }

    fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        self.settle(match self {
            Self::Stdout(_) => write(&mut io::stdout().lock()),
            Self::File(path, _) => fresh(path).and_then(|mut file| write(&mut file)),
        })
    }

    fn settle(&self, written: io::Result<()>) -> Result<(), Failure> {
        match (written, self) {
            // Whoever reads has seen enough.
            (Err(error), Self::Stdout(_)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            (written, _) => written.map_err(|error| self.failed(&error)),
        }
    }

    fn failed(&self, error: &io::Error) -> Failure {
        match self {
            Self::Stdout(_) => Failure::internal(format!("standard output cannot be written: {error}")),
            Self::File(path, _) => Failure::usage(format!("{} cannot be written: {error}", path.display())),
        }
    }
}

/// Makes a file in place of what lies there. What lies there is not written over but left: it may be a hard link to evidence.
fn fresh(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        fs::remove_file(path)?;
    }
    File::create(path)
}

/// Returns a path without links and dots; of a path that does not exist yet, as much of it as does.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut missing = Vec::new();
    let mut here = absolute.as_path();
    loop {
        if let Ok(real) = fs::canonicalize(here) {
            return missing.iter().rev().fold(real, |path, part| path.join(part));
        }
        let (Some(parent), Some(name)) = (here.parent(), here.file_name()) else { return absolute };
        missing.push(name);
        here = parent;
    }
}

/// Writes a message for the user to standard error.
pub(super) fn message(text: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "modeltrail: {}", crate::escape::shown(text));
}
