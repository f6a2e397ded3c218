//! [`Progress`]: how far the scan is, on stderr and only on a terminal.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Global;

/// Items and bytes so far.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(global: &Global) -> Self {
        if global.quiet || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {bytes} examined in {elapsed} ({bytes_per_sec})")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// One more item.
    pub(super) fn advance(&self, bytes: u64) {
        if !self.0.is_hidden() {
            self.0.inc(bytes);
        }
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
