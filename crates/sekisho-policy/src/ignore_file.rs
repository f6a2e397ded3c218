//! The ignore file: what is left alone, by whose decision, why, and until when.
//!
//! ```toml
//! [[ignore]]
//! path = "tests/fixtures/"       # as in .gitignore, see `PathPatterns`
//! detector = "generic/*"         # optional
//! reason = "made-up values"
//! owner = "payments"
//! expires = 2026-12-31           # optional; the last day on which it holds
//!
//! [[ignore]]
//! location_id = "0123456789abcdef0123456789abcdef"
//! reason = "rotated, history cannot be rewritten"
//! owner = "platform"
//!
//! [[ignore]]
//! object = "Secret/shop/db-*"    # Kind/name or Kind/namespace/name
//! reason = "local cluster only"
//! owner = "web"
//! ```
//!
//! An entry needs a place (`location_id`, `path` or `object`; where it has several, all must hold),
//! a reason and an owner. One that is wrong is reported with its number and line and does nothing;
//! the others go on. One that has expired lets its findings through again and is reported, and so is
//! one that nothing needed, since both are how such files rot.
//!
//! The file may come from a target that is not trusted: it is bounded in length, entries and
//! patterns, and can do nothing but suppress.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use globset::{Candidate, GlobSet, GlobSetBuilder};
use jiff::civil::Date;
use sekisho_model::{LocationId, Place};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::path_pattern::{MAX_PATTERN, Pattern};
use crate::selector::{ObjectSelector, wildcard};

/// The file's name at the root of a target.
pub const IGNORE_FILE_NAME: &str = ".sekisho-ignore.toml";

/// An ignore file is at most this long, in bytes.
pub const IGNORE_FILE_MAX: usize = 1 << 20;

/// Entries in one file.
const MAX_ENTRIES: usize = 10_000;

/// What is wrong with an ignore file. Holds nothing of its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IgnoreError {
    /// The file is longer than [`IGNORE_FILE_MAX`]; none of it is used.
    #[error("the ignore file is larger than {IGNORE_FILE_MAX} bytes")]
    TooLarge,
    /// The file is not UTF-8; none of it is used.
    #[error("line {line}: the ignore file is not UTF-8")]
    NotUtf8 {
        /// The first line that is not, from 1.
        line: usize,
    },
    /// The line is not TOML; the entry that it belongs to is not used.
    #[error("line {line}: not valid TOML")]
    Syntax {
        /// The line, from 1.
        line: usize,
    },
    /// Something other than `[[ignore]]` tables stands at the top of the file.
    #[error("line {line}: an ignore file holds [[ignore]] entries only")]
    NotAnEntry {
        /// The line, from 1.
        line: usize,
    },
    /// More entries than any file needs; the rest is not used.
    #[error("line {line}: more than {MAX_ENTRIES} entries")]
    TooMany {
        /// The line of the first that is not used, from 1.
        line: usize,
    },
    /// The path patterns need too much memory together; no entry with a path is used.
    #[error("the path patterns are too many or too complex together")]
    TooComplex,
    /// One entry is not used.
    #[error("entry {entry} (line {line}): {why}")]
    Entry {
        /// The entry's number in the file, from 1.
        entry: usize,
        /// The line of what is wrong, from 1.
        line: usize,
        /// What is wrong with it.
        why: EntryError,
    },
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// Not a table.
    #[error("not a table")]
    NotATable,
    /// A key that no entry has.
    #[error("unknown key; an entry has location_id, path, object, detector, reason, owner, expires")]
    UnknownKey,
    /// A value that is not a string, or an empty one.
    #[error("{key} is not a string with something in it")]
    NotText {
        /// The key.
        key: &'static str,
    },
    /// Nobody says why.
    #[error("no reason given")]
    NoReason,
    /// Nobody answers for it.
    #[error("no owner given")]
    NoOwner,
    /// It would ignore everything.
    #[error("no place given: location_id, path or object")]
    NoPlace,
    /// `path` is not a pattern.
    #[error("path is not a pattern (as in .gitignore, without a leading !, at most {MAX_PATTERN} bytes)")]
    BadPath,
    /// `object` names no object.
    #[error("object is not Kind/name or Kind/namespace/name")]
    BadObject,
    /// `expires` is no day.
    #[error("expires is not a date such as 2026-12-31")]
    BadDate,
}

/// One entry and how often it was needed.
#[derive(Debug)]
struct Entry {
    number: usize,
    line: usize,
    location_id: Option<LocationId>,
    has_path: bool,
    object: Option<ObjectSelector>,
    detector: Option<String>,
    owner: String,
    /// Its last day, when that is over.
    expired: Option<Date>,
    uses: AtomicU64,
}

/// The entries of an ignore file, ready to be asked by many workers at once.
#[derive(Debug, Default)]
pub struct IgnoreFile {
    entries: Vec<Entry>,
    /// Path patterns of all entries together, and the entry of each.
    paths: GlobSet,
    path_entries: Vec<usize>,
    /// Entries by the place that they are found by, each in one of three lists: here those with a
    /// location id, below those without one and without a path; the rest is found by `paths`.
    by_location: BTreeMap<LocationId, Vec<usize>>,
    by_object: Vec<usize>,
}

/// Something to say of an entry after the scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The entry's number in the file, from 1.
    pub entry: usize,
    /// Its line, from 1.
    pub line: usize,
    /// Who answers for it, as written.
    pub owner: String,
    /// What there is to say.
    pub kind: RemarkKind,
}

/// What there is to say of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemarkKind {
    /// It no longer holds.
    Expired {
        /// The last day on which it held.
        on: Date,
        /// How much it would still have suppressed.
        still: u64,
    },
    /// Nothing needed it.
    Unused,
}

impl fmt::Display for Remark {
    /// For people; the owner is foreign text and not escaped for any output.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} (line {}, owner {}) ", self.entry, self.line, self.owner)?;
        match self.kind {
            RemarkKind::Expired { on, still: 0 } => {
                write!(f, "expired on {on} and nothing needs it: remove it")
            }
            RemarkKind::Expired { on, still } => write!(f, "expired on {on}: {still} reported again"),
            RemarkKind::Unused => f.write_str("suppressed nothing: remove it"),
        }
    }
}

impl IgnoreFile {
    /// Reads a file's content; what is wrong comes back beside what is right. `today` decides what
    /// has expired: the day of `expires` itself is the last on which an entry holds.
    pub fn parse(content: &[u8], today: Date) -> (Self, Vec<IgnoreError>) {
        if content.len() > IGNORE_FILE_MAX {
            return (Self::default(), vec![IgnoreError::TooLarge]);
        }
        let lines = Lines::of(content);
        let text = match std::str::from_utf8(content) {
            Ok(text) => text,
            Err(error) => {
                let line = lines.number(error.valid_up_to());
                return (Self::default(), vec![IgnoreError::NotUtf8 { line }]);
            }
        };
        let (document, syntax) = DeTable::parse_recoverable(text);
        let mut broken: Vec<usize> =
            syntax.iter().map(|error| lines.number(error.span().map_or(0, |span| span.start))).collect();
        broken.sort_unstable();
        broken.dedup();
        let mut errors: Vec<IgnoreError> = broken.iter().map(|&line| IgnoreError::Syntax { line }).collect();

        let mut builder = Builder { file: Self::default(), globs: GlobSetBuilder::new() };
        for (key, value) in document.get_ref() {
            let tables = value.get_ref().as_array().filter(|_| key.get_ref() == "ignore");
            let Some(tables) = tables else {
                errors.push(IgnoreError::NotAnEntry { line: lines.number(key.span().start) });
                continue;
            };
            let starts: Vec<usize> = tables.iter().map(|table| lines.number(table.span().start)).collect();
            for (at, table) in tables.iter().enumerate() {
                let line = starts[at];
                if at == MAX_ENTRIES {
                    errors.push(IgnoreError::TooMany { line });
                    break;
                }
                // What stands beside a syntax error may have lost a condition: better no entry.
                let next = starts.get(at + 1).copied().unwrap_or(usize::MAX);
                let first_broken = broken.partition_point(|&broken| broken < line);
                if broken.get(first_broken).is_some_and(|&broken| broken < next) {
                    continue;
                }
                if let Err((why, line)) = builder.add(at + 1, line, table, today, &lines) {
                    errors.push(IgnoreError::Entry { entry: at + 1, line, why });
                }
            }
        }
        let (file, too_complex) = builder.build();
        errors.extend(too_complex.then_some(IgnoreError::TooComplex));
        (file, errors)
    }

    /// Whether what `detector` (or a check) says at `place` is to be left alone. Every entry that
    /// covers it counts as used.
    pub fn ignores(&self, detector: &str, place: &Place, location_id: &LocationId) -> bool {
        if self.entries.is_empty() {
            return false;
        }
        let on_path = match place.path() {
            Some(path) => {
                let mut hits = self.paths.matches_candidate(&Candidate::from_bytes(path.path.as_str()));
                for hit in &mut hits {
                    *hit = self.path_entries[*hit];
                }
                hits.sort_unstable();
                hits.dedup();
                hits
            }
            None => Vec::new(),
        };
        let located = self.by_location.get(location_id).into_iter().flatten();
        let mut ignored = false;
        for &at in located.chain(&self.by_object).chain(&on_path) {
            let entry = &self.entries[at];
            let found_elsewhere = entry.location_id.as_ref().is_some_and(|id| id != location_id);
            let covers = !found_elsewhere
                && (!entry.has_path || on_path.binary_search(&at).is_ok())
                && entry.detector.as_ref().is_none_or(|pattern| wildcard(pattern, detector))
                && entry.object.as_ref().is_none_or(|o| place.object.as_ref().is_some_and(|it| o.covers(it)));
            if covers {
                entry.uses.fetch_add(1, Ordering::Relaxed);
                ignored |= entry.expired.is_none();
            }
        }
        ignored
    }

    /// What is to be said of the entries after the scan, in the order of the file: those that have
    /// expired, and those that nothing needed.
    pub fn remarks(&self) -> Vec<Remark> {
        let remark = |entry: &Entry| {
            let kind = match (entry.expired, entry.uses.load(Ordering::Relaxed)) {
                (Some(on), still) => RemarkKind::Expired { on, still },
                (None, 0) => RemarkKind::Unused,
                (None, _) => return None,
            };
            Some(Remark { entry: entry.number, line: entry.line, owner: entry.owner.clone(), kind })
        };
        self.entries.iter().filter_map(remark).collect()
    }

    /// How many entries are in use.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(content: &[u8]) -> Self {
        Self(content.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect())
    }

    /// The line of a byte, from 1.
    fn number(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|&start| start <= offset)
    }
}

/// An ignore file in the making.
struct Builder {
    file: IgnoreFile,
    globs: GlobSetBuilder,
}

impl Builder {
    /// Adds an entry that begins on `line`, or says what is wrong and on which line.
    fn add(
        &mut self,
        number: usize,
        line: usize,
        value: &Spanned<DeValue<'_>>,
        today: Date,
        lines: &Lines,
    ) -> Result<(), (EntryError, usize)> {
        let table = value.get_ref().as_table().ok_or((EntryError::NotATable, line))?;
        let mut texts: BTreeMap<&'static str, &str> = BTreeMap::new();
        let mut expired = None;
        let mut at_line = BTreeMap::new();
        for (key, value) in table {
            let line = lines.number(key.span().start);
            let Some(key) = KEYS.into_iter().find(|known| known == key.get_ref()) else {
                return Err((EntryError::UnknownKey, line));
            };
            at_line.insert(key, line);
            if key == "expires" {
                let day = date(value.get_ref()).ok_or((EntryError::BadDate, line))?;
                expired = (today > day).then_some(day);
            } else {
                let text = value.get_ref().as_str().filter(|text| !text.trim().is_empty());
                texts.insert(key, text.ok_or((EntryError::NotText { key }, line))?);
            }
        }
        let wrong = |key: &str, why: EntryError| (why, at_line.get(key).copied().unwrap_or(line));
        if !texts.contains_key("reason") {
            return Err((EntryError::NoReason, line));
        }
        let owner = texts.get("owner").ok_or((EntryError::NoOwner, line))?;
        let location_id = texts.get("location_id").map(|id| LocationId::from((*id).to_owned()));
        let path = texts.get("path");
        let object = texts.get("object").map(|text| ObjectSelector::parse(text));
        if object.as_ref().is_some_and(Option::is_none) {
            return Err(wrong("object", EntryError::BadObject));
        }
        let object = object.flatten();
        if location_id.is_none() && path.is_none() && object.is_none() {
            return Err((EntryError::NoPlace, line));
        }
        let at = self.file.entries.len();
        if let Some(pattern) = path {
            let pattern = Pattern::parse(pattern).ok_or_else(|| wrong("path", EntryError::BadPath))?;
            for glob in pattern.globs() {
                self.globs.add(glob);
                self.file.path_entries.push(at);
            }
        }
        match &location_id {
            Some(id) => self.file.by_location.entry(id.clone()).or_default().push(at),
            None if path.is_none() => self.file.by_object.push(at),
            None => {}
        }
        self.file.entries.push(Entry {
            number,
            line,
            location_id,
            has_path: path.is_some(),
            object,
            detector: texts.get("detector").map(|text| (*text).to_owned()),
            owner: (*owner).to_owned(),
            expired,
            uses: AtomicU64::new(0),
        });
        Ok(())
    }

    /// The file, and whether its path patterns had to be given up.
    fn build(mut self) -> (IgnoreFile, bool) {
        let paths = self.globs.build();
        let too_complex = paths.is_err();
        if too_complex {
            self.file.path_entries.clear();
        }
        self.file.paths = paths.unwrap_or_default();
        (self.file, too_complex)
    }
}

/// The keys of an entry.
const KEYS: [&str; 7] = ["location_id", "path", "object", "detector", "reason", "owner", "expires"];

/// A day, as a TOML date or as a string that looks like one.
fn date(value: &DeValue<'_>) -> Option<Date> {
    match value {
        DeValue::Datetime(when) => {
            let day = when.date?;
            Date::new(
                i16::try_from(day.year).ok()?,
                i8::try_from(day.month).ok()?,
                i8::try_from(day.day).ok()?,
            )
            .ok()
        }
        DeValue::String(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
