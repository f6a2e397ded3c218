//! Scalars decoded, each byte with its way back to the source.
//!
//! The parser's own decoded text is not used: it cannot say where its bytes came from, and it was
//! made from a text in which bytes that are no UTF-8, or template expressions, may be overwritten.
//! So the five styles of YAML 1.2.2 (chapters 7.3 and 8.1) are decoded here once more, by their
//! structure in `text` and with the bytes of `source`; JSON strings are double-quoted scalars with
//! fewer escapes. The tests hold both decoders against each other.

use std::ops::Range;

use sekisho_model::SpanMap;
use sekisho_secret::SecretBytes;

use crate::tree::{Block, Style};

/// A run that stands unchanged in the source, or an empty one where the two sides part.
#[derive(Debug, Clone, Copy)]
struct Run {
    decoded: usize,
    source: usize,
    len: usize,
}

/// A decoded scalar.
#[derive(Debug)]
pub(crate) struct Text {
    bytes: SecretBytes,
    runs: Runs,
    span: Range<usize>,
}

/// Most scalars stand in the source as they are; only the others need a list.
#[derive(Debug)]
enum Runs {
    Verbatim,
    List(Vec<Run>),
}

impl Text {
    /// The decoded bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.expose_secret()
    }

    /// The whole, with its map and its span in the source.
    pub(crate) fn whole(self) -> (SecretBytes, SpanMap, Range<usize>) {
        let map = match &self.runs {
            Runs::Verbatim => SpanMap::verbatim(self.span.start, self.bytes.len()),
            Runs::List(runs) => map_of(runs, 0..self.bytes.len()),
        };
        (self.bytes, map, self.span)
    }

    /// A part, with its own map and span.
    pub(crate) fn part(&self, range: Range<usize>) -> (SecretBytes, SpanMap, Range<usize>) {
        let bytes = SecretBytes::from(self.bytes().get(range.clone()).unwrap_or_default());
        match &self.runs {
            Runs::Verbatim => {
                let start = self.span.start + range.start;
                (bytes, SpanMap::verbatim(start, range.len()), start..start + range.len())
            }
            Runs::List(runs) => {
                let map = map_of(runs, range.clone());
                let span = map.source_range(0..range.len()).unwrap_or(self.span.clone());
                (bytes, map, span)
            }
        }
    }
}

/// The map of `range` of the decoded bytes, counted from its start.
fn map_of(runs: &[Run], range: Range<usize>) -> SpanMap {
    let mut map = SpanMap::default();
    let first = runs.partition_point(|run| run.decoded + run.len < range.start);
    for run in &runs[first..] {
        if run.decoded > range.end {
            break;
        }
        let start = run.decoded.max(range.start);
        let end = (run.decoded + run.len).min(range.end);
        if start <= end {
            map.push(start - range.start, run.source + (start - run.decoded), end - start);
        }
    }
    map
}

/// Collects decoded bytes and runs. A decoded value can be longer than its source only by the
/// four escapes that name a character of more bytes, so one allocation is enough nearly always
/// and no half-filled buffer is left behind in memory.
struct Output<'a> {
    source: &'a [u8],
    base: usize,
    bytes: Vec<u8>,
    runs: Vec<Run>,
}

impl<'a> Output<'a> {
    fn new(source: &'a [u8], base: usize, start: usize, capacity: usize) -> Self {
        let mut output =
            Self { source, base, bytes: Vec::with_capacity(capacity + capacity / 2 + 4), runs: Vec::new() };
        output.here(start);
        output
    }

    /// Decoded and source position stand side by side here: a run begins, or an escape.
    fn here(&mut self, at: usize) {
        self.runs.push(Run { decoded: self.bytes.len(), source: self.base + at, len: 0 });
    }

    /// A run that is the same on both sides.
    fn copy(&mut self, range: Range<usize>) {
        let Some(bytes) = self.source.get(range.clone()) else { return };
        let decoded = self.bytes.len();
        match self.runs.last_mut() {
            Some(last)
                if last.decoded + last.len == decoded
                    && last.source + last.len == self.base + range.start =>
            {
                last.len += bytes.len();
            }
            _ => self.runs.push(Run { decoded, source: self.base + range.start, len: bytes.len() }),
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes that the source does not hold as such; the next run begins at `next`.
    fn insert(&mut self, bytes: &[u8], next: usize) {
        self.bytes.extend_from_slice(bytes);
        self.here(next);
    }

    fn finish(self, span: Range<usize>) -> Text {
        let span = self.base + span.start..self.base + span.end;
        Text { bytes: SecretBytes::new(self.bytes), runs: Runs::List(self.runs), span }
    }
}

/// Decodes the scalar at `span`. `text` is the source as it was parsed, of the same length.
pub(crate) fn decode(
    source: &[u8],
    text: &[u8],
    span: Range<usize>,
    style: Style,
    block: Option<&Block>,
    base: usize,
) -> Text {
    let (start, end) = (span.start.min(text.len()), span.end.min(text.len()));
    let mut output = Output::new(source, base, start, end - start);
    match (style, block) {
        (Style::Literal | Style::Folded, Some(block)) => {
            let end = decode_block(&mut output, text, start..end, style == Style::Folded, *block);
            output.finish(start..end)
        }
        (Style::Plain, _) => {
            decode_flow(&mut output, text, start..end, Quote::None);
            output.finish(start..end)
        }
        (Style::Single, _) => {
            decode_flow(&mut output, text, start..end, Quote::Single);
            output.finish(start..end)
        }
        (Style::Double, _) => {
            decode_flow(&mut output, text, start..end, Quote::Double);
            output.finish(start..end)
        }
        _ => {
            let bytes = source.get(start..end).unwrap_or_default();
            Text { bytes: SecretBytes::from(bytes), runs: Runs::Verbatim, span: base + start..base + end }
        }
    }
}

/// The line end at `at`: its length, or 0 where there is none.
fn break_len(text: &[u8], at: usize) -> usize {
    match text.get(at) {
        Some(b'\r') if text.get(at + 1) == Some(&b'\n') => 2,
        Some(b'\r' | b'\n') => 1,
        _ => 0,
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

/// The flow styles: line folding of YAML 1.2.2 section 6.5, and the escapes of each quote.
fn decode_flow(output: &mut Output<'_>, text: &[u8], span: Range<usize>, quote: Quote) {
    let mut at = span.start;
    // What is certain up to now ends here; blanks behind it stay only if no line end follows.
    let mut from = at;
    while at < span.end {
        match text[at] {
            b' ' | b'\t' | b'\r' | b'\n' => {
                let blanks = at;
                while at < span.end && is_blank(text[at]) {
                    at += 1;
                }
                if at >= span.end || break_len(text, at) == 0 {
                    continue;
                }
                output.copy(from..blanks);
                at = fold(output, text, at, span.end, false);
                from = at;
            }
            b'\'' if quote == Quote::Single => {
                output.copy(from..at + 1);
                at = (at + 2).min(span.end);
                output.here(at);
                from = at;
            }
            b'\\' if quote == Quote::Double => {
                output.copy(from..at);
                at = if break_len(text, at + 1) > 0 {
                    fold(output, text, at + 1, span.end, true)
                } else {
                    escape(output, text, at, span.end)
                };
                from = at;
            }
            _ => at += 1,
        }
    }
    output.copy(from..span.end);
}

/// Line ends and the blanks around them, from the first line end on: one becomes a space (or
/// nothing, when it is escaped), of several all but the first stay.
fn fold(output: &mut Output<'_>, text: &[u8], mut at: usize, end: usize, escaped: bool) -> usize {
    let mut breaks = 0;
    while at < end {
        let len = break_len(text, at);
        if len > 0 {
            breaks += 1;
            at += len;
        } else if is_blank(text[at]) {
            at += 1;
        } else {
            break;
        }
    }
    let at = at.min(end);
    match (breaks, escaped) {
        (1, true) => output.here(at),
        (1, false) => output.insert(b" ", at),
        (more, _) => output.insert(&vec![b'\n'; more - 1], at),
    }
    at
}

/// An escape of a double-quoted scalar (YAML 1.2.2 section 5.7; JSON's are among them). One that
/// is none stays as it is. The position behind it is given back.
fn escape(output: &mut Output<'_>, text: &[u8], at: usize, end: usize) -> usize {
    let hex = |from: usize, digits: usize| -> Option<u32> {
        let digits = text.get(from..from + digits).filter(|_| from + digits <= end)?;
        let all_hex = digits.iter().all(u8::is_ascii_hexdigit);
        u32::from_str_radix(std::str::from_utf8(digits).ok().filter(|_| all_hex)?, 16).ok()
    };
    let (code, len) = match text.get(at + 1).copied().filter(|_| at + 1 < end) {
        Some(b'0') => (0, 2),
        Some(b'a') => (0x07, 2),
        Some(b'b') => (0x08, 2),
        Some(b't' | b'\t') => (0x09, 2),
        Some(b'n') => (0x0a, 2),
        Some(b'v') => (0x0b, 2),
        Some(b'f') => (0x0c, 2),
        Some(b'r') => (0x0d, 2),
        Some(b'e') => (0x1b, 2),
        Some(b'N') => (0x85, 2),
        Some(b'_') => (0xa0, 2),
        Some(b'L') => (0x2028, 2),
        Some(b'P') => (0x2029, 2),
        Some(same @ (b' ' | b'"' | b'/' | b'\\')) => (u32::from(same), 2),
        Some(b'x') => (hex(at + 2, 2).unwrap_or(0xfffd), 4),
        Some(b'U') => (hex(at + 2, 8).unwrap_or(0xfffd), 10),
        Some(b'u') => match (hex(at + 2, 4), text.get(at + 6..at + 8), hex(at + 8, 4)) {
            // A pair of UTF-16 surrogates (RFC 8259 section 7).
            (Some(high @ 0xd800..0xdc00), Some(b"\\u"), Some(low @ 0xdc00..0xe000)) => {
                (0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12)
            }
            (code, _, _) => (code.unwrap_or(0xfffd), 6),
        },
        _ => {
            output.copy(at..at + 1);
            return at + 1;
        }
    };
    let next = (at + len).min(end);
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    output.insert(character.encode_utf8(&mut [0; 4]).as_bytes(), next);
    next
}

/// The block styles. Gives back the end of the last content line.
fn decode_block(
    output: &mut Output<'_>,
    text: &[u8],
    span: Range<usize>,
    folded: bool,
    block: Block,
) -> usize {
    let indent = block.indent as usize;
    for _ in 0..block.lead {
        output.insert(b"\n", span.start);
    }
    let mut at = span.start;
    let mut content_end = at;
    // The line ends since the last content line, and whether that line began with a blank.
    let mut breaks: Option<(usize, usize)> = None;
    let mut led_blank = false;
    while at < span.end {
        let blank = text.get(at).copied().is_some_and(is_blank);
        if let Some((from, count)) = breaks.take() {
            if folded && !led_blank && !blank {
                let joint: &[u8] = if count == 1 { b" " } else { &vec![b'\n'; count - 1] };
                output.insert(joint, at);
            } else {
                line_ends(output, text, from, count, at);
            }
        }
        led_blank = blank;
        let line = text.get(at..span.end).unwrap_or_default();
        let len = memchr::memchr2(b'\n', b'\r', line).unwrap_or(line.len());
        output.copy(at..at + len);
        content_end = at + len;
        at = content_end;
        let mut count = 0;
        loop {
            let len = break_len(text, at);
            if len == 0 || at >= span.end {
                break;
            }
            at += len;
            count += 1;
            let spaces = text[at..].iter().take(indent).take_while(|b| **b == b' ').count();
            at += spaces;
            if spaces == indent && break_len(text, at) == 0 {
                break;
            }
        }
        if count > 0 {
            breaks = Some((content_end, count));
        }
        // A line with less indentation is none of ours.
        let column = text[..at].iter().rev().take(indent).take_while(|b| **b == b' ').count();
        if count > 0 && column < indent {
            break;
        }
    }
    line_ends(output, text, content_end, block.tail as usize, span.end);
    content_end
}

/// `count` line ends, each where it stands in the source as far as there are some; the next run
/// begins at `next`.
fn line_ends(output: &mut Output<'_>, text: &[u8], from: usize, count: usize, next: usize) {
    let mut at = from;
    for _ in 0..count {
        while at < next && text.get(at).is_some_and(|b| *b == b' ') {
            at += 1;
        }
        match break_len(text, at) {
            0 => output.bytes.push(b'\n'),
            len if text[at + len - 1] == b'\n' => {
                output.copy(at + len - 1..at + len);
                at += len;
            }
            len => {
                output.insert(b"\n", at + len);
                at += len;
            }
        }
    }
    output.here(next);
}
