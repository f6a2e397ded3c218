//! [`Ground`]: the innermost file, where positions count.
//!
//! Lines, columns and offsets in a place speak of the innermost file or archive entry. Texts
//! decoded from a part of it (base64, fields of a manifest) are examined as texts of their own,
//! yet what is found there is placed at the part of the ground that it came from.

use std::ops::Range;

use memchr::{memchr_iter, memrchr};
use sekisho_detectors::PathKind;
use sekisho_model::{CharColumns, Place, Span};
use sekisho_unpack::utf16::{Positions, Utf16Map};

/// What stands for a value in a masked line.
const MASK: &[u8] = "\u{2022}".as_bytes();
/// How much of a line takes part in its masked form, in bytes before and behind the value: minified
/// files hold whole worlds in one line, and an edit far away must not change the identity.
const LINE_BEFORE: usize = 120;
const LINE_AFTER: usize = 40;
/// Longest line, up to the value, in which characters are counted.
const COUNTED_LINE: usize = 64 << 10;
/// How far an inline marker may stand from the value.
pub(crate) const MARKER_REACH: usize = 1024;

/// A file, archive entry or block of a stream.
pub(crate) struct Ground<'a> {
    /// Its bytes as text (UTF-16 has become UTF-8).
    pub(crate) bytes: &'a [u8],
    /// Where it is, without a span.
    pub(crate) place: Place,
    /// What kind of file it is.
    pub(crate) kind: PathKind,
    /// Position of the first byte, for a block of a stream.
    pub(crate) start: Start,
    /// From `bytes` to the file's own bytes.
    pub(crate) origin: Origin,
}

/// Where a ground's bytes come from.
pub(crate) enum Origin {
    /// They are the file's own.
    Here,
    /// They were UTF-16.
    Map(Utf16Map),
    /// They are a part of a stream that is UTF-16.
    Stream(Positions),
}

/// Position of a ground's first byte in its file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// Bytes before it.
    pub(crate) offset: u64,
    /// Its line, from 1.
    pub(crate) line: u64,
    /// Its column, from 1.
    pub(crate) column: u64,
}

impl Default for Start {
    fn default() -> Self {
        Self { offset: 0, line: 1, column: 1 }
    }
}

impl Ground<'_> {
    /// Where the line that holds `at` ends, before its `\n`, looking no further than `limit`.
    fn line_end(&self, at: usize, limit: usize) -> usize {
        let end = self.bytes.len().min(at.saturating_add(limit));
        memchr::memchr(b'\n', &self.bytes[at..end]).map_or(end, |n| at + n)
    }

    /// The line of `span` with every one of `masked` (sorted, among them `span`) replaced.
    pub(crate) fn masked_line(&self, span: &Range<usize>, masked: &[Range<usize>]) -> Vec<u8> {
        let floor = span.start.saturating_sub(LINE_BEFORE);
        let start = memrchr(b'\n', &self.bytes[floor..span.start]).map_or(floor, |end| floor + end + 1);
        let end = self.line_end(span.end, LINE_AFTER);
        let mut line = Vec::with_capacity(end - start);
        let mut at = start;
        let first = masked.partition_point(|other| other.end <= start);
        for other in masked[first..].iter().take_while(|other| other.start < end) {
            if other.start > at {
                line.extend_from_slice(&self.bytes[at..other.start]);
            }
            if other.end > at {
                line.extend_from_slice(MASK);
                at = other.end;
            }
        }
        line.extend_from_slice(self.bytes.get(at..end).unwrap_or_default());
        let trimmed = line.trim_ascii();
        trimmed.to_vec()
    }

    /// The line of a value and the one before, as far as inline markers may reach.
    pub(crate) fn marker_lines(&self, span: &Range<usize>) -> (&[u8], Option<&[u8]>) {
        let (line, before) = self.marker_ranges(span);
        (&self.bytes[line], before.map(|before| &self.bytes[before]))
    }

    /// Where both of these stand.
    pub(crate) fn around(&self, span: &Range<usize>) -> Range<usize> {
        let (line, before) = self.marker_ranges(span);
        before.map_or(line.start, |before| before.start)..line.end
    }

    fn marker_ranges(&self, span: &Range<usize>) -> (Range<usize>, Option<Range<usize>>) {
        let start_of = |at: usize| {
            let floor = at.saturating_sub(MARKER_REACH);
            memrchr(b'\n', &self.bytes[floor..at]).map_or(floor, |end| floor + end + 1)
        };
        let start = start_of(span.start);
        let before = start.checked_sub(1).filter(|&end| self.bytes[end] == b'\n');
        (start..self.line_end(span.end, MARKER_REACH), before.map(|end| start_of(end)..end))
    }

    /// Byte position in the file.
    fn file_offset(&self, at: usize, end: bool) -> u64 {
        let at = self.start.offset + at as u64;
        let decoded = if end { at.saturating_sub(1)..at } else { at..at };
        let source = match &self.origin {
            Origin::Here => None,
            Origin::Map(map) => map.source_range(decoded),
            Origin::Stream(positions) => positions.source_range(decoded),
        };
        source.map_or(at, |range| if end { range.end } else { range.start })
    }
}

/// Turns ranges of a ground into spans. Ranges must be asked for in the order of their starts: it
/// counts lines on the way, once, and knows where the line at hand began, however long it is.
pub(crate) struct Spans<'a> {
    ground: &'a Ground<'a>,
    at: usize,
    line: u64,
    line_start: usize,
    /// Where the line of the last range's last byte begins.
    last_start: usize,
}

impl<'a> Spans<'a> {
    /// At the beginning.
    pub(crate) fn new(ground: &'a Ground<'a>) -> Self {
        Self { ground, at: 0, line: ground.start.line, line_start: 0, last_start: 0 }
    }

    /// The span of `range`.
    pub(crate) fn span(&mut self, range: &Range<usize>) -> Span {
        let bytes = self.ground.bytes;
        let passed = &bytes[self.at..range.start];
        self.line += memchr_iter(b'\n', passed).count() as u64;
        if let Some(end) = memrchr(b'\n', passed) {
            self.line_start = self.at + end + 1;
        }
        self.at = range.start;
        // The end belongs to the line of the last byte: a value never ends at the start of a line.
        let last = range.end.max(range.start + 1) - 1;
        let inside = &bytes[range.start..last.min(bytes.len())];
        let end_line = self.line + memchr_iter(b'\n', inside).count() as u64;
        self.last_start = memrchr(b'\n', inside).map_or(self.line_start, |end| range.start + end + 1);
        let byte_offset = self.ground.file_offset(range.start, false);
        let byte_end = self.ground.file_offset(range.end, true);
        Span {
            line: self.line,
            column: self.column(range.start, self.line_start),
            end_line,
            end_column: self.column(last, self.last_start)
                + (byte_end - self.ground.file_offset(last, false)),
            byte_offset,
            byte_length: byte_end.saturating_sub(byte_offset),
        }
    }

    /// Columns in characters of the range that was asked for last: where the lines of both ends are UTF-8,
    /// begin in this block, and are no longer than anyone counts characters in.
    pub(crate) fn chars(&self, range: &Range<usize>) -> Option<CharColumns> {
        let column = |at: usize, start: usize| {
            let whole = start > 0 || self.ground.start.column == 1;
            let text = self.ground.bytes.get(start..at).filter(|text| whole && text.len() < COUNTED_LINE)?;
            let text = std::str::from_utf8(text).ok()?;
            let text = if start == 0 { text.trim_start_matches('\u{feff}') } else { text };
            Some(text.chars().count() as u64 + 1)
        };
        // Where it ends is counted in the line in which it ends, which a line's end behind it begins.
        let behind = range.end.checked_sub(1).is_some_and(|last| self.ground.bytes.get(last) == Some(&b'\n'));
        let end_start = if behind { range.end } else { self.last_start };
        Some(CharColumns {
            char_column: column(range.start, self.line_start)?,
            char_end_column: column(range.end, end_start)?,
        })
    }

    /// The column of a byte in the line that begins at `start`.
    fn column(&self, at: usize, start: usize) -> u64 {
        let within = self.ground.file_offset(at, false) - self.ground.file_offset(start, false) + 1;
        // The first line of a block goes on from the block before.
        if start == 0 { within + self.ground.start.column - 1 } else { within }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground(bytes: &[u8]) -> Ground<'_> {
        Ground {
            bytes,
            place: Place::file("f"),
            kind: PathKind::default(),
            start: Start::default(),
            origin: Origin::Here,
        }
    }

    #[test]
    fn spans_count_lines_and_byte_columns() {
        let text = "a\n\u{e9}b = secret\nx".as_bytes();
        let ground = ground(text);
        let mut spans = Spans::new(&ground);
        let at = text.windows(6).position(|w| w == b"secret").unwrap();
        let span = spans.span(&(at..at + 6));
        assert_eq!((span.line, span.column, span.end_line, span.end_column), (2, 7, 2, 13));
        assert_eq!((span.byte_offset, span.byte_length), (at as u64, 6));
        let span = spans.span(&(at..text.len()));
        assert_eq!((span.end_line, span.end_column), (3, 2));
        let chars =
            |spans: &Spans<'_>, range| spans.chars(&range).map(|c| (c.char_column, c.char_end_column));
        assert_eq!(chars(&spans, at..text.len()), Some((6, 2)));
        let line_end = at + 7;
        spans.span(&(at..line_end));
        assert_eq!(chars(&spans, at..line_end), Some((6, 1)), "it ends where the next line begins");
        let long = [b"\xef\xbb\xbfkey ".as_slice(), &vec![b' '; COUNTED_LINE]].concat();
        let ground = self::ground(&long);
        let mut spans = Spans::new(&ground);
        spans.span(&(7..9));
        assert_eq!(chars(&spans, 7..9), Some((5, 7)));
        spans.span(&(COUNTED_LINE..COUNTED_LINE + 2));
        assert_eq!(chars(&spans, COUNTED_LINE..COUNTED_LINE + 2), None);
    }

    #[test]
    fn a_line_is_masked_whatever_stands_in_it() {
        let text = b"one\n  k1: AAAA k2: BBBBBB tail\nnext";
        let ground = ground(text);
        let (first, second) = (10..14, 19..25);
        let masked = [first.clone(), second.clone()];
        let line = ground.masked_line(&first, &masked);
        assert_eq!(line, "k1: \u{2022} k2: \u{2022} tail".as_bytes());
        assert_eq!(ground.masked_line(&second, &masked), line);
    }

    #[test]
    fn marker_lines_are_this_and_the_one_before() {
        let text = b"# marker\nkey = value # here\n";
        let ground = ground(text);
        let at = 15..20;
        assert_eq!(ground.marker_lines(&at), (&b"key = value # here"[..], Some(&b"# marker"[..])));
        assert_eq!(ground.marker_lines(&(2..3)), (&b"# marker"[..], None));
    }
}
