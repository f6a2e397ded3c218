//! Quoted strings with backslash escapes.
//!
//! Which quote opens a string depends on everything before it; a scanner that may start anywhere
//! can only look a little way back. So a string is the text between the nearest quote before a
//! backslash and the next one of its kind on the line. `"` always opens; `'` and `` ` `` do unless
//! they follow a letter or digit, as an apostrophe does.

use std::ops::Range;

use super::{MAX_RUN_LEN, Run, RunKind};

/// Escapes without which there is no run: [`goes_on`] counts on it.
const MIN_ESCAPES: usize = 2;
/// Shortest run, in bytes: shorter ones hold no credential that their text does not show.
const MIN_LEN: usize = 12;
/// The quote is at most this far before the first backslash.
const GAP: usize = 4096;

/// How far before the start of a run lies what decides about it.
pub(super) const BEFORE: usize = 4;
/// How far behind a run of [`MAX_RUN_LEN`] lies what decides about it.
pub(super) const AFTER: usize = 4;
/// What opens a string, and ends one that it opened.
const QUOTES: [u8; 3] = [b'"', b'\'', b'`'];

/// Whether another backslash stands on the line of the one at `first`, behind what that escapes: else there
/// are too few.
fn goes_on(text: &[u8], first: usize) -> bool {
    let behind = text.get(first + 2..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\\', behind).is_some_and(|at| behind[at] == b'\\')
}

/// The position behind the quote that opens the string of the backslash at `first`; none if that is
/// not the string's first, or in no string.
fn opening(text: &[u8], first: usize) -> Option<usize> {
    let before = &text[first.saturating_sub(GAP)..first];
    // No string goes over the end of a line or over the backslash before.
    let near = memchr::memrchr2(b'\n', b'\\', before).map_or(0, |end| end + 1);
    let offset = first - before.len();
    for quote in memchr::memrchr3_iter(b'"', b'\'', b'`', &before[near..]).map(|at| offset + near + at) {
        let follows = quote.checked_sub(1).map(|at| text[at]);
        match text[quote] {
            _ if follows == Some(b'\\') => return None,
            b'\'' | b'`' if follows.is_some_and(|byte| byte.is_ascii_alphanumeric()) => {}
            _ => return Some(quote + 1),
        }
    }
    None
}

/// Appends every run whose support touches one of `seams`.
pub(super) fn find_around(text: &[u8], seams: &[Range<usize>], out: &mut Vec<Run>) {
    let mut passed = 0;
    let (back, ahead) = (|seam: usize, _| seam.saturating_sub(AFTER + 2), |seam| text.len().min(seam + 8));
    for part in super::parts(seams, ahead, back) {
        find_over(text, passed, part.start, out);
        passed = part.start;
        find(text, part, out);
    }
}

/// Appends the strings that go over `at` and have their quote and a backslash between `passed` and there.
fn find_over(text: &[u8], passed: usize, at: usize, out: &mut Vec<Run>) {
    // A string goes over a line's end only behind a backslash.
    let is_bare = |place: &usize| place.checked_sub(1).is_none_or(|before| text[before] != b'\\');
    let lines = memchr::memrchr_iter(b'\n', &text[passed..at]).map(|line| passed + line);
    let line = { lines }.find(is_bare).map_or(passed, |line| line + 1);
    if memchr::memchr(b'\\', &text[line..at]).is_none() {
        return;
    }
    for quote in QUOTES {
        // Between the last quote of its kind and a string's first backslash stands no other backslash: a
        // quote behind that would have ended it.
        let quotes = memchr::memrchr_iter(quote, &text[line..at]).map(|quote| line + quote);
        if let Some(last) = { quotes }.find(is_bare)
            && let Some(ahead) = memchr::memchr(b'\\', &text[last..at])
            && let Some(start) = opening(text, last + ahead)
        {
            read(text, start, last + ahead, out);
        }
    }
}

/// Appends the runs that start in `own`, and perhaps some that start elsewhere.
pub(super) fn find(text: &[u8], own: Range<usize>, out: &mut Vec<Run>) {
    let mut take = |first: usize| {
        if goes_on(text, first)
            && let Some(start) = opening(text, first)
            && start < own.end
        {
            read(text, start, first, out);
        }
    };
    let mut before: Option<usize> = None;
    for first in memchr::memchr_iter(b'\\', &text[own.clone()]).map(|at| own.start + at) {
        // Of the many escapes of one string only the first has a quote between itself and another one.
        let between = before.and_then(|before| text.get(before + 2..first)).filter(|part| part.len() < GAP);
        if between.is_none_or(|part| memchr::memrchr3(b'"', b'\'', b'`', part).is_some()) {
            take(first);
        }
        before = Some(first);
    }
    // The next one may belong to a string that starts in `own`, if it is on the same line; those behind
    // it have it between themselves and such a string.
    let rest = text.get(own.end..text.len().min(own.end + GAP)).unwrap_or_default();
    if let Some(next) = memchr::memchr2(b'\\', b'\n', rest).filter(|next| rest[*next] == b'\\') {
        take(own.end + next);
    }
}

/// Reads the string from its first backslash to its end; reports it if there are enough escapes.
fn read(text: &[u8], start: usize, first: usize, out: &mut Vec<Run>) {
    let quote = text[start - 1];
    let limit = text.len().min(start + MAX_RUN_LEN);
    // Escapes, and those of them that stand for anything but a backslash.
    let (mut escapes, mut telling) = (0, 0);
    let mut end = first;
    loop {
        let rest = text.get(end..limit).unwrap_or_default();
        let Some(ahead) = memchr::memchr3(b'\n', b'\\', quote, rest) else {
            end = end.max(limit);
            break;
        };
        end += ahead;
        if text[end] != b'\\' {
            break;
        }
        match text.get(end + 1) {
            Some(b'\\') => escapes += 1,
            Some(b'n' | b'r' | b't' | b'"' | b'\'' | b'/' | b'u' | b'U' | b'x') => {
                escapes += 1;
                telling += 1;
            }
            _ => {}
        }
        end += 2;
    }
    let cut = end >= limit && limit == start + MAX_RUN_LEN;
    let end = end.min(limit);
    if escapes >= MIN_ESCAPES && telling > 0 && end - start >= MIN_LEN {
        out.push(Run {
            kind: RunKind::Escaped,
            cut,
            span: start..end,
            support: start.saturating_sub(BEFORE)..text.len().min(end + AFTER),
        });
    }
}
