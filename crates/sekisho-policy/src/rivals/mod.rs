//! What other scanners know already: their reports and baselines as lists of lines.
//!
//! Only path, line and rule are read. The members that hold values or digests of them (`Secret`,
//! `Match`, `Raw`, `hashed_secret`, …) are skipped by the parser and never stored, so nothing here
//! can tell them. The caller scans the target and keeps what it sees on the same lines.

mod detect_secrets;
mod gitleaks;
mod path;
mod trufflehog;

use serde::Deserialize;
use serde::de::IgnoredAny;

pub use detect_secrets::detect_secrets;
pub use gitleaks::gitleaks;
pub use trufflehog::trufflehog;

/// One line that another scanner knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RivalEntry {
    /// Relative to the target, with `/` between its parts.
    pub path: String,
    /// From 1.
    pub line: u64,
    /// The other scanner's name for what it saw.
    pub rule: String,
}

/// What is wrong with another scanner's file. Holds nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RivalError {
    /// Not JSON, or not of the expected form; nothing (of a file of JSON lines: nothing of this
    /// line) is used.
    #[error("line {line}, column {column}: not a file of this scanner")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// One entry says not where it is.
    #[error("entry {entry} has no path or line")]
    NoPlace {
        /// The entry's number in the file, from 1.
        entry: usize,
    },
    /// One entry is absolute and not below the given root.
    #[error("entry {entry} lies outside the target")]
    Outside {
        /// The entry's number in the file, from 1.
        entry: usize,
    },
}

/// Entries, and what could not be used.
pub type Read = (Vec<RivalEntry>, Vec<RivalError>);

/// What is to become an entry, as its file has it.
#[derive(Default)]
struct Raw {
    path: Option<String>,
    line: Option<u64>,
    rule: Option<String>,
}

/// Takes in raw entries one by one and numbers them.
struct Collector<'a> {
    root: Option<&'a str>,
    seen: usize,
    read: Read,
}

impl<'a> Collector<'a> {
    fn new(root: Option<&'a str>) -> Self {
        Self { root, seen: 0, read: Read::default() }
    }

    fn add(&mut self, raw: Raw) {
        self.seen += 1;
        let entry = self.seen;
        let (Some(path), Some(line @ 1..)) = (raw.path.filter(|path| !path.is_empty()), raw.line) else {
            self.read.1.push(RivalError::NoPlace { entry });
            return;
        };
        match path::relative(&path, self.root) {
            Some(path) => self.read.0.push(RivalEntry { path, line, rule: raw.rule.unwrap_or_default() }),
            None => self.read.1.push(RivalError::Outside { entry }),
        }
    }

    fn malformed(&mut self, error: &serde_json::Error, lines_before: usize) {
        let (line, column) = (lines_before + error.line(), error.column());
        self.read.1.push(RivalError::Malformed { line, column });
    }
}

/// A member that should be a `T`, but need not be: one odd entry must not spoil its file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Right(T),
    Wrong(IgnoredAny),
}

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self::Wrong(IgnoredAny)
    }
}

impl<T> Lenient<T> {
    fn right(self) -> Option<T> {
        match self {
            Self::Right(value) => Some(value),
            Self::Wrong(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value of none of the files below may come out.
    pub(super) fn assert_silent(read: &Read) {
        assert!(!format!("{read:?}").to_lowercase().contains("canary"), "{read:?}");
    }

    pub(super) fn entry(path: &str, line: u64, rule: &str) -> RivalEntry {
        RivalEntry { path: path.into(), line, rule: rule.into() }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_will_do(content: Vec<u8>) {
            for read in [gitleaks(&content, None), detect_secrets(&content, None), trufflehog(&content, None)] {
                proptest::prop_assert!(read.0.is_empty());
            }
        }
    }
}
