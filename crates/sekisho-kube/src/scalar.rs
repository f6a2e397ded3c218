//! Scalars decoded, each byte with its way back to the source.
//!
//! The parser's own decoded text is not used: it cannot say where its bytes came from, and it was
//! made from a text in which bytes that are no UTF-8, or template expressions, may be overwritten.
//! So the five styles of YAML 1.2.2 (chapters 7.3 and 8.1) are decoded here once more, by their
//! structure in `text` and with the bytes of `source`; JSON strings are double-quoted scalars with
//! fewer escapes. The tests hold both decoders against each other.

use std::fmt;
use std::ops::Range;

use sekisho_model::SpanMap;
use sekisho_secret::SecretBytes;

use crate::tree::{Block, Style};

/// A run that stands unchanged in the source, or an empty one where the two sides part.
/// Documents are below 4 GiB, and a text of nothing but escapes has a run for each.
#[derive(Debug, Clone, Copy)]
struct Run {
    decoded: u32,
    source: u32,
    len: u32,
}

impl Run {
    fn decoded(&self) -> Range<usize> {
        self.decoded as usize..(self.decoded + self.len) as usize
    }
}

/// A decoded scalar.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    form: Form<'a>,
    span: Range<usize>,
    base: usize,
}

/// Most scalars stand in the source as they are; only the others need bytes and runs of their own.
enum Form<'a> {
    Verbatim(&'a [u8]),
    Decoded(SecretBytes, Vec<Run>),
}

impl fmt::Debug for Form<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form(..)")
    }
}

impl Text<'_> {
    /// The decoded bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.form {
            Form::Verbatim(bytes) => bytes,
            Form::Decoded(bytes, _) => bytes.expose_secret(),
        }
    }

    /// The whole, with its map and its span in the source.
    pub(crate) fn whole(self) -> (SecretBytes, SpanMap, Range<usize>) {
        match self.form {
            Form::Verbatim(bytes) => {
                (SecretBytes::from(bytes), SpanMap::verbatim(self.span.start, bytes.len()), self.span)
            }
            Form::Decoded(bytes, runs) => {
                let map = map_of(&runs, 0..bytes.len(), self.base);
                (bytes, map, self.span)
            }
        }
    }

    /// A part, with its own map and span.
    pub(crate) fn part(&self, range: Range<usize>) -> (SecretBytes, SpanMap, Range<usize>) {
        let bytes = SecretBytes::from(self.bytes().get(range.clone()).unwrap_or_default());
        match &self.form {
            Form::Verbatim(_) => {
                let start = self.span.start + range.start;
                (bytes, SpanMap::verbatim(start, range.len()), start..start + range.len())
            }
            Form::Decoded(_, runs) => {
                let map = map_of(runs, range.clone(), self.base);
                let span = map.source_range(0..range.len()).unwrap_or(self.span.clone());
                (bytes, map, span)
            }
        }
    }
}

/// The map of `range` of the decoded bytes, counted from its start.
fn map_of(runs: &[Run], range: Range<usize>, base: usize) -> SpanMap {
    let mut map = SpanMap::default();
    // The run that the range begins in, or behind.
    let first = runs.partition_point(|run| run.decoded().start <= range.start).saturating_sub(1);
    for run in &runs[first..] {
        let (decoded, source) = (run.decoded(), base + run.source as usize);
        let start = decoded.start.max(range.start);
        if start > range.end {
            // The range ends within what was inserted before this run.
            map.push(range.len(), source, 0);
            break;
        }
        let within = (start - decoded.start).min(decoded.len());
        let end = decoded.end.clamp(start, range.end);
        map.push(start - range.start, source + within, end - start);
    }
    map
}

/// Collects decoded bytes and runs. A decoded value can be longer than its source only by the
/// four escapes that name a character of more bytes, so one allocation is enough nearly always
/// and no half-filled buffer is left behind in memory.
struct Output<'a> {
    source: &'a [u8],
    bytes: Vec<u8>,
    runs: Vec<Run>,
}

impl<'a> Output<'a> {
    fn new(source: &'a [u8], start: usize, capacity: usize) -> Self {
        let bytes = Vec::with_capacity(capacity + capacity / 2 + 4);
        let mut output = Self { source, bytes, runs: Vec::new() };
        output.here(start);
        output
    }

    /// Decoded and source position stand side by side here: a run begins, or an escape.
    fn here(&mut self, at: usize) {
        self.runs.push(Run { decoded: self.bytes.len() as u32, source: at as u32, len: 0 });
    }

    /// A run that is the same on both sides.
    fn copy(&mut self, range: Range<usize>) {
        let Some(bytes) = self.source.get(range.clone()) else { return };
        let (decoded, source, len) = (self.bytes.len() as u32, range.start as u32, range.len() as u32);
        match self.runs.last_mut() {
            Some(last) if last.decoded + last.len == decoded && last.source + last.len == source => {
                last.len += len;
            }
            _ => self.runs.push(Run { decoded, source, len }),
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes that the source does not hold as such; the next run begins at `next`.
    fn insert(&mut self, bytes: &[u8], next: usize) {
        self.bytes.extend_from_slice(bytes);
        self.here(next);
    }
}

/// Decodes the scalar at `span`. `text` is the source as it was parsed, of the same length.
pub(crate) fn decode<'a>(
    source: &'a [u8],
    text: &[u8],
    span: Range<usize>,
    style: Style,
    block: Option<&Block>,
    base: usize,
) -> Text<'a> {
    let (start, end) = (span.start.min(text.len()), span.end.min(text.len()));
    if style == Style::Verbatim {
        let form = Form::Verbatim(source.get(start..end).unwrap_or_default());
        return Text { form, span: base + start..base + end, base };
    }
    let mut output = Output::new(source, start, end - start);
    let mut end = end;
    match (style, block) {
        (Style::Literal | Style::Folded, Some(block)) => {
            end = decode_block(&mut output, text, start..end, style == Style::Folded, *block);
        }
        (Style::Single, _) => decode_flow(&mut output, text, start..end, Quote::Single),
        (Style::Double, _) => decode_flow(&mut output, text, start..end, Quote::Double),
        _ => decode_flow(&mut output, text, start..end, Quote::None),
    }
    let form = Form::Decoded(SecretBytes::new(output.bytes), output.runs);
    Text { form, span: base + start..base + end, base }
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

#[cfg(test)]
mod tests {
    use granit_parser::{Event, Parser, ScalarStyle};
    use proptest::prelude::*;

    use crate::tree::{Kind, NodeId, Tree};
    use crate::{Limits, yaml};

    fn tree(source: &str) -> Option<Tree<'_>> {
        yaml::read(source.as_bytes(), source, 0, &Limits::default()).ok()
    }

    fn scalars<'a>(tree: &'a Tree<'_>) -> impl Iterator<Item = NodeId> + 'a {
        let all = (0..tree.len() as u32).map(NodeId);
        all.filter(|id| matches!(tree.node(*id).kind, Kind::Scalar { .. }))
    }

    /// Both decoders give the same, and each run of the map has the same bytes on both sides.
    pub(crate) fn agree(source: &str) {
        let Some(tree) = tree(source) else { return };
        let mut ours = scalars(&tree);
        for (event, span) in Parser::new_from_str(source).map_while(Result::ok) {
            let Event::Scalar(value, style, ..) = event else { continue };
            let id = ours.next().expect("as many scalars");
            let text = tree.text(id).expect("a scalar");
            let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
            let is_null = span.is_empty() || (is_block && value.bytes().all(|b| b == b'\n'));
            let expected = if is_null { "" } else { &*value };
            assert_eq!(String::from_utf8_lossy(text.bytes()), expected, "in {source:?} at {span:?}");
            faithful(source, &text);
        }
    }

    fn faithful(source: &str, text: &super::Text<'_>) {
        let bytes = text.bytes();
        // Where a byte stands for itself, it maps to itself.
        for (at, byte) in bytes.iter().enumerate() {
            let (_, map, span) = text.part(at..at + 1);
            let range = map.source_range(0..1).expect("a range");
            assert_eq!(range, span);
            assert!(range.start <= range.end && range.end <= source.len());
            if range.len() == 1 && byte.is_ascii_alphanumeric() {
                assert_eq!(source.as_bytes()[range.start], *byte, "{source:?}");
            }
        }
    }

    #[test]
    fn styles() {
        for source in [
            "a: plain",
            "a: two\n  lines\n\n  and one\nb: 1",
            "a: 'it''s'",
            "a: '  lead\n  fold \n\n  x '",
            "a: ''''''",
            "a: \"\\t\\\"x\\\" \\u00e9\\ud83d\\ude00 \\x41\\N\\_\\L\\P\\e\\0\"",
            "a: \"fold \\\n   ed\"",
            "a: \"fold \\\n\n\n   ed\\\n\"",
            "a: \"fold\t\n  ed\\ \n  x\"",
            "a: |\n  one\n  two\n",
            "a: |-\n  one\n\n\n    two\n\n",
            "a: |+\n\n\n  one\n   two\n\n\n",
            "a: |2\n    one\n   two\n",
            "a: |2-\n\n    one\n",
            "a: >\n  one\n  two\n\n  three\n    more\n   less\n  back\n\n",
            "a: >+\n\n  one\n\n",
            "a: >-\n  one\n   \n  two",
            "a: |\n  one\n   \n     \n",
            "a: |\n  one\n \n  two\nb: x",
            "a: |\n  end of file",
            "a: >\n  end of file",
            "- |\n a\n- |\n  b\n-\n  |\n  c\n",
            "|\nat the root\n  x\n",
            "--- >\n a\n b\n",
            "a: |\r\n  one\r\n  two\r\n\r\n  three\r\nb: \"x\r\n  y\r\n\r\n  z\"\r\nc: p\r\n  q\r\n",
            "é: \"ü\\n\"\nß: |\n  日本\n  語\nx: 日本\n  語",
            "a: # c\n  b\nc: d # e\n",
            "a: |\n  x\n# comment\nb: y",
            "a: |  # comment | with bar\n\n  x\nb: y",
            "{a: b c\n  d, 'e': \"f\n g\"}",
            "a: |\n\tx",
            "a: |\n  \tx\n  y\t \n",
            "a: \"\n  x\n  \"\n",
            "a: '\n\n'\nb: \"\\\n\"",
        ] {
            agree(source);
        }
    }

    /// Text that is awkward in YAML.
    fn awkward() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof![
                Just("\n".to_owned()),
                Just("\n\n".to_owned()),
                Just(" ".to_owned()),
                Just("  ".to_owned()),
                Just("\t".to_owned()),
                Just("'".to_owned()),
                Just("\"".to_owned()),
                Just("\\".to_owned()),
                Just("\\n".to_owned()),
                Just("\\\n".to_owned()),
                Just("\r\n".to_owned()),
                Just("|".to_owned()),
                Just(">-".to_owned()),
                Just("- ".to_owned()),
                Just("a: ".to_owned()),
                Just("#".to_owned()),
                Just("é".to_owned()),
                Just("日本".to_owned()),
                "[a-z0-9]{1,6}",
            ],
            0..24,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn both_decoders_agree_on_anything(source in awkward()) {
            // The parser drops a comment behind a tab from the middle of a plain scalar.
            let tab_comment = |line: &str| line.trim_start().starts_with('#') && line.contains('\t');
            prop_assume!(!source.lines().any(tab_comment));
            agree(&source);
        }

        #[test]
        fn both_decoders_agree_on_blocks(
            header in "[|>][0-9]?[+-]?",
            lines in proptest::collection::vec((0usize..6, "[a-zé #]{0,4}"), 0..8),
            last in any::<bool>(),
        ) {
            let mut source = format!("k: {header}\n");
            for (indent, line) in &lines {
                source.push_str(&" ".repeat(*indent));
                source.push_str(line);
                source.push('\n');
            }
            if last {
                source.pop();
            }
            agree(&source);
        }
    }

    /// A value written in each style decodes to itself, and each of its verbatim parts maps to the
    /// same bytes in the source.
    #[test]
    fn written_values_come_back() {
        proptest!(ProptestConfig::with_cases(1000), |(value in "[ -~é\\n\\t]{1,40}", indent in 1usize..5)| {
            let double = format!("k: {}", serde_like(&value));
            // Of several line ends in a row the first is folded away.
            let folded = value.replace('\n', "\0\n").replace("\n\0", "\n").replace('\0', "\n").replace('\n', "\n ");
            let single = format!("k: '{}'", folded.replace('\'', "''"));
            let pad = " ".repeat(indent);
            let lines: Vec<_> = value.split('\n').map(|line| format!("{pad}{line}")).collect();
            let literal = format!("k: |{indent}-\n{}\n", lines.join("\n"));
            check(&double, &value);
            if !value.contains('\t') && !value.split('\n').any(|line| line.starts_with(' ') || line.ends_with(' ')) && value.trim() == value {
                check(&single, &value);
            }
            if value.trim_end_matches('\n') == value {
                check(&literal, &value);
            }
        });
    }

    /// A JSON string, which is a double-quoted scalar.
    fn serde_like(value: &str) -> String {
        let mut out = String::from("\"");
        for character in value.chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\u0009"),
                other => out.push(other),
            }
        }
        out + "\""
    }

    fn check(source: &str, value: &str) {
        let tree = tree(source).unwrap_or_else(|| panic!("not read: {source:?}"));
        let id = tree.lookup(NodeId::ROOT, "k").expect("a value");
        let text = tree.text(id).expect("a scalar");
        assert_eq!(String::from_utf8_lossy(text.bytes()), value, "{source:?}");
        faithful(source, &text);
        for word in value.split([' ', '\n', '\t', '\'', '"', '\\', 'é']).filter(|word| !word.is_empty()) {
            let start = value.find(word).expect("a part");
            let (bytes, map, span) = text.part(start..start + word.len());
            assert_eq!(bytes.expose_secret(), word.as_bytes());
            assert_eq!(&source[span.clone()], word, "{source:?}");
            assert_eq!(map.source_range(0..word.len()), Some(span));
        }
        let (bytes, map, span) = tree.text(id).expect("a scalar").whole();
        assert_eq!(bytes.len(), value.len());
        assert!(map.source_range(0..value.len()).is_some_and(|range| range.start >= span.start));
    }
}
