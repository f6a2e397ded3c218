//! What the caller decides about an output.

/// How a report is to be written. The formats for programs look only at `guide` and `times`.
#[derive(Debug, Clone)]
pub struct Options {
    /// Columns that there are; fewer than 40 are taken as 40.
    pub width: usize,
    /// Whether to colour; without it there is not one escape sequence.
    pub color: bool,
    /// Whether to draw with ASCII alone. Names of the target stay as they are.
    pub ascii: bool,
    /// Copies listed of each credential, and findings of each check, in the formats for people.
    pub max_copies: usize,
    /// What is known of a detector or check, for the formats that explain their rules.
    pub guide: Option<fn(id: &str) -> Option<Guide>>,
    /// When the scan ran, for the one format that asks (`gitlab`).
    pub times: Option<Times>,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 100, color: false, ascii: false, max_copies: 5, guide: None, times: None }
    }
}

/// What is known of a detector or check. The texts are our own.
#[derive(Debug, Clone, Copy)]
pub struct Guide {
    /// What it is called.
    pub title: &'static str,
    /// What it finds; may be empty.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Ids of [`sekisho_model::control`].
    pub controls: &'static [&'static str],
}

/// When a scan ran, in seconds since 1970-01-01 00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The start.
    pub start: u64,
    /// The end.
    pub end: u64,
}
