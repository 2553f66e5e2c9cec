//! Progress on standard error, where a person watches.

use std::sync::OnceLock;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::intake::Observer;

/// A bar of the bytes that have been read.
#[derive(Default)]
pub(super) struct Progress {
    bar: OnceLock<ProgressBar>,
}

impl Observer for Progress {
    fn found(&self, files: usize, bytes: u64) {
        // A target that is no terminal shows nothing.
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr_with_hz(8));
        let style = ProgressStyle::with_template("reading {msg} {wide_bar} {bytes} of {total_bytes}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(format!("{files} files"));
        drop(self.bar.set(bar));
    }

    fn read(&self, bytes: u64) {
        if let Some(bar) = self.bar.get() {
            bar.inc(bytes);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
