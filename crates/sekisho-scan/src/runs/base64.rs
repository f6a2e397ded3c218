//! Runs of base64 and of hexadecimal digits.
//!
//! A *word* is a maximal stretch of the characters of both alphabets of base64. Words that a wrapped
//! text continues on the next line belong together: whether a line goes on is decided by it and the
//! next one alone, so where a run starts can be told from a few hundred bytes before it. A word
//! that mixes both alphabets, or that does not decode to anything, may be a prefix or a path around
//! an encoded piece; then its pieces are tried.

use std::ops::Range;

use super::alphabet::{Classes, LONG, MIN_HEX, STANDARD, URL_SAFE, decode, is_mark};
use super::plausible::Sample;
use super::words::{self, is_word};
use super::{MAX_RUN_LEN, Run, RunKind};

/// Shortest run of base64, in characters: 18 bytes.
const MIN_BASE64: usize = words::LONG;
/// Pieces of a word start within this distance from its start.
const PIECES: usize = 4096;
/// Characters on the lines of a wrapped text: a multiple of four (60 in PEM's ancestors, 64 in PEM,
/// 76 in MIME).
const WRAP: std::ops::RangeInclusive<usize> = 40..=512;
/// Longest indentation of a line of a wrapped text.
const MAX_INDENT: usize = 128;

/// How far a neighbouring line is read.
const NEIGHBOUR_LINE: usize = 2 * MAX_INDENT + 4 + *WRAP.end() + 4;
/// How far before the start of a run lies what decides about it.
pub(super) const BEFORE: usize = PIECES + NEIGHBOUR_LINE;
/// How far behind a run of [`MAX_RUN_LEN`] lies what decides about it.
pub(super) const AFTER: usize = NEIGHBOUR_LINE;

/// Appends every run whose support touches one of `seams`.
pub(super) fn find_around(text: &[u8], seams: &[Range<usize>], vectors: bool, out: &mut Vec<Run>) {
    let mut done = 0;
    for part in super::parts(seams, |end| next_start(text, end), |at, floor| first_line(text, at, floor)) {
        if part.end > done {
            done = find_words(text, part.start.max(done)..part.end, true, vectors, out);
        }
    }
}

/// Behind the start of the last word for which anything was read from `at` on, or as little before it
/// as the byte that stands before a line's word.
fn next_start(text: &[u8], at: usize) -> usize {
    let behind = |at: usize| text[at.min(text.len())..].iter();
    // The end of a line that may go on behind its end.
    let mut end = at + 1;
    end += behind(end).take(WRAP.end() + 1).take_while(|byte| is_word(**byte)).count();
    end += behind(end).take(2).take_while(|byte| is_line_end(**byte)).count();
    end += behind(end).take(MAX_INDENT).take_while(|byte| is_blank(**byte)).count();
    text.len().min(end + 1)
}

/// Where the first line begins of a wrapped text for which anything was read up to `at`, or as little
/// behind it as its last byte; not before `floor`.
fn first_line(text: &[u8], at: usize, floor: usize) -> usize {
    let far = at.saturating_sub(MAX_RUN_LEN + PIECES).max(floor.min(at));
    let before = |at: usize| text[far..at].iter().rev();
    // What follows a word, the word, and what stands between it and the line before.
    let mut start = at - before(at).take(1).count();
    start -= before(start).take(2).take_while(|byte| **byte == b'=').count();
    start -= before(start).take(WRAP.end() + 1).take_while(|byte| is_word(**byte)).count();
    start -= before(start).take(MAX_INDENT).take_while(|byte| is_blank(**byte)).count();
    start -= before(start).take(2).take_while(|byte| is_line_end(**byte)).count();
    loop {
        start -= before(start).take_while(|byte| is_word(**byte)).count();
        if start == far || !continues_a_line(text, start) {
            return start;
        }
        // To the end of the word on the line before.
        start -= before(start).take(MAX_INDENT).take_while(|byte| is_blank(**byte)).count();
        start -= before(start).take(1).count();
        start -= usize::from(before(start).next() == Some(&b'\r'));
    }
}

/// Appends the runs that start in `own`, and perhaps some that start elsewhere.
pub(super) fn find(text: &[u8], own: Range<usize>, vectors: bool, out: &mut Vec<Run>) {
    find_words(text, own.start.saturating_sub(PIECES)..own.end, false, vectors, out);
}

/// Appends the runs of the words that start in `own`, and perhaps some more. A word that is too long for a
/// run is passed over, `whole` if need be to its end. Gives back how far it came.
fn find_words(text: &[u8], own: Range<usize>, whole: bool, vectors: bool, out: &mut Vec<Run>) -> usize {
    let mut done = own.start;
    // A word that began before has no pieces in `own`.
    while done > 0 && done < own.end && is_word(text[done - 1]) {
        done += 1;
    }
    let most = if whole { usize::MAX } else { MAX_RUN_LEN + 1 };
    words::find(text, done, own.end, most, vectors, &mut |mut word| {
        done = word.end;
        let cut = word.len() > MAX_RUN_LEN;
        if cut {
            word.end = word.start + MAX_RUN_LEN;
        }
        let classes = Classes::of(&text[word.clone()]);
        if !classes.can_be_encoded(word.len()) {
            return;
        }
        if cut {
            Wrapped { last: word.clone(), word, classes, cut }.report(text, out);
        } else if let Some(wrapped) = Wrapped::read(text, word, classes) {
            wrapped.report(text, out);
        }
    });
    done.max(own.end)
}

/// The word from `at` on, at most `limit` characters of it.
fn word_at(text: &[u8], at: usize, limit: usize) -> Range<usize> {
    let len = text[at..].iter().take(limit).take_while(|byte| is_word(**byte)).count();
    at..at + len
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// A word of 24 characters or more with the lines that continue it.
struct Wrapped {
    /// The first line.
    word: Range<usize>,
    /// The last line.
    last: Range<usize>,
    /// The classes of all lines.
    classes: Classes,
    /// There are more lines than fit into the longest run.
    cut: bool,
}

impl Wrapped {
    /// Reads the lines from a word on; none if the word itself continues a line.
    fn read(text: &[u8], word: Range<usize>, mut classes: Classes) -> Option<Self> {
        if continues_a_line(text, word.start) {
            return None;
        }
        let mut last = word.clone();
        while let Some(next) = next_line(text, &last) {
            if next.end - word.start > MAX_RUN_LEN {
                return Some(Self { word, last, classes, cut: true });
            }
            classes = classes.and(Classes::of(&text[next.clone()]));
            last = next;
        }
        Some(Self { word, last, classes, cut: false })
    }

    /// Reports the whole, or the pieces of a single line.
    fn report(self, text: &[u8], out: &mut Vec<Run>) {
        let classes = self.classes;
        let one_alphabet = !classes.has_all(STANDARD | URL_SAFE);
        let wrapped = self.last.end > self.word.end;
        let reported =
            (one_alphabet || wrapped) && self.push(text, self.word.start..self.last.end, classes, out);
        if reported || wrapped {
            return;
        }
        for marks in [STANDARD, URL_SAFE] {
            if classes.has(marks) {
                self.report_pieces(text, marks, out);
            }
        }
    }

    /// Reports the pieces between marks.
    fn report_pieces(&self, text: &[u8], marks: u8, out: &mut Vec<Run>) {
        let mut start = self.word.start;
        while start < self.last.end.min(self.word.start + PIECES) {
            let rest = &text[start..self.last.end];
            let len = rest.iter().position(|byte| is_mark(*byte, marks)).unwrap_or(rest.len());
            if len >= MIN_BASE64 {
                let classes = Classes::of(&rest[..len]);
                if classes.can_be_encoded(len) {
                    self.push(text, start..start + len, classes, out);
                }
            }
            start += len + 1;
        }
    }

    /// Reports a part if it is worth decoding.
    fn push(&self, text: &[u8], mut span: Range<usize>, mut classes: Classes, out: &mut Vec<Run>) -> bool {
        if text[span.clone()].starts_with(b"0x") {
            let digits = Classes::of(&text[span.start + 2..span.end]);
            if digits.is_hex() {
                (span.start, classes) = (span.start + 2, digits);
            }
        }
        let kind = classes.kind();
        let is_worth = |characters: &[u8], count: usize| {
            let (bits, fits) = match kind {
                RunKind::Hex => (4, count >= MIN_HEX && count.is_multiple_of(2)),
                _ => (6, count % 4 != 1),
            };
            let sample = |characters| Sample::filled(|sample| decode(characters, kind, sample));
            count >= LONG || fits && sample(characters).is_worth_decoding(count * bits / 8)
        };
        let one_line = span.end <= self.word.end;
        let all = || text[span.clone()].iter().filter(|byte| is_word(**byte));
        let count = if one_line { span.len() } else { all().count() };
        let worth = if one_line {
            is_worth(&text[span.clone()], count)
        } else {
            let mut letters = [0; 2 * Sample::SIZE];
            let held = letters.iter_mut().zip(all()).map(|(to, letter)| *to = *letter).count();
            is_worth(&letters[..held], count)
        };
        if worth {
            if kind == RunKind::Hex {
                span.end -= count % 2;
            } else if !self.cut {
                span.end += padding(text, span.end);
            }
            out.push(Run { kind, cut: self.cut, span, support: self.support(text) });
        }
        worth
    }

    /// What was read.
    fn support(&self, text: &[u8]) -> Range<usize> {
        read_before(text, self.word.start)..read_behind(text, self.last.clone())
    }
}

/// How far it was read back to tell whether the word at `start` continues a line.
fn read_before(text: &[u8], start: usize) -> usize {
    let before = |at: usize| text[..at].iter().rev();
    let mut at = start - before(start).take(MAX_INDENT).take_while(|byte| is_blank(**byte)).count();
    if before(at).next() == Some(&b'\n') {
        at -= before(at).take(2).take_while(|byte| is_line_end(**byte)).count();
        at -= before(at).take(WRAP.end() + 1).take_while(|byte| is_word(**byte)).count();
    }
    at.saturating_sub(1)
}

/// How far it was read to tell whether the line of the word `line` goes on.
fn read_behind(text: &[u8], line: Range<usize>) -> usize {
    let behind = |at: usize| text[at.min(text.len())..].iter();
    let mut at = line.end + padding(text, line.end);
    if can_go_on(&line) {
        let next = line.end + behind(line.end).take(2).take_while(|byte| is_line_end(**byte)).count();
        if next > line.end {
            let word = next + behind(next).take(MAX_INDENT).take_while(|byte| is_blank(**byte)).count();
            at = word_at(text, word, line.len() + 1).end;
            at += padding(text, at);
        }
    }
    text.len().min(at + 1)
}

/// Whether a line of this length may be one of a wrapped text that is not its last.
fn can_go_on(line: &Range<usize>) -> bool {
    WRAP.contains(&line.len()) && line.len().is_multiple_of(4)
}

/// Number of `=` at a place, two at most.
fn padding(text: &[u8], at: usize) -> usize {
    text[at..].iter().take(2).take_while(|byte| **byte == b'=').count()
}

/// The word on the next line that continues the text which ends with the word `line`: `line` is as
/// long as lines of wrapped text are, looks like base64 or hexadecimal digits, and ends where the
/// line of text does; the next word is not longer, stands alone behind its indentation, and ends the
/// text with its line, a quote or a bracket.
fn next_line(text: &[u8], line: &Range<usize>) -> Option<Range<usize>> {
    if !can_go_on(line) {
        return None;
    }
    let rest = &text[line.end..];
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
    let indent = rest.iter().take(MAX_INDENT).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let start = text.len() - rest.len() + indent;
    let next = word_at(text, start, line.len() + 1);
    let follows = text.get(next.end + padding(text, next.end));
    let ends = follows.is_none_or(|byte| b"\r\n\"'`<)]},;".contains(byte));
    let fits = !next.is_empty() && next.len() <= line.len() && ends;
    let of = |word: &Range<usize>| Classes::of(&text[word.clone()]);
    let continues = || of(line).is_mixed() || of(line).and(of(&next)).is_hex();
    (fits && continues()).then_some(next)
}

/// Whether the word at `start` continues the line before.
fn continues_a_line(text: &[u8], start: usize) -> bool {
    let before = &text[..start];
    let indent = before.iter().rev().take(MAX_INDENT).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let Some(before) = before[..start - indent].strip_suffix(b"\n") else { return false };
    let before = before.strip_suffix(b"\r").unwrap_or(before);
    let len = before.iter().rev().take(WRAP.end() + 1).take_while(|byte| is_word(**byte)).count();
    next_line(text, &(before.len() - len..before.len())).is_some_and(|next| next.start == start)
}
