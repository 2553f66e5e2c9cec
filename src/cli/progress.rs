//! Progress on standard error, where a person watches.

use std::sync::OnceLock;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::options::Common;
use crate::drift::scan::Watch;
use crate::intake::Observer;

/// A bar of the work that is done.
pub(super) struct Progress {
    is_wanted: bool,
    what: &'static str,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    pub(super) fn of(common: &Common, what: &'static str) -> Self {
        Self { is_wanted: !common.quiet && !common.no_progress, what, bar: OnceLock::new() }
    }

    fn start(&self, length: u64, template: &str, message: String) {
        if !self.is_wanted {
            return;
        }
        // A target that is no terminal shows nothing.
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(8));
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(message);
        drop(self.bar.set(bar));
    }

    fn advance(&self, by: u64) {
        if let Some(bar) = self.bar.get() {
            bar.inc(by);
        }
    }
}

impl Observer for Progress {
    fn found(&self, files: usize, bytes: u64) {
        let message = format!("{} {files} files", self.what);
        self.start(bytes, "{msg} {wide_bar} {bytes} of {total_bytes}, {eta} left", message);
    }

    fn read(&self, bytes: u64) {
        self.advance(bytes);
    }
}

impl Watch for Progress {
    fn total(&self, units: u64) {
        self.start(units, "{msg} {wide_bar} {percent} %, {eta} left", self.what.to_owned());
    }

    fn done(&self, units: u64) {
        self.advance(units);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
