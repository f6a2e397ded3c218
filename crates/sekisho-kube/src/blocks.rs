//! The plain part of YAML, read line by line: most manifests are of nothing else.
//!
//! Mappings and lists by indentation, scalars of one line (plain or in quotes), literal and folded
//! blocks, comments. That takes a tenth of the time of the whole grammar, whose events cost an
//! allocation or two each. Whatever is not certainly of this part is left to the grammar: a scalar
//! over several lines, flow collections, tags, anchors and aliases, tabs, directives, errors. So what
//! is read here is what the grammar reads, node for node, and the tests hold the two together.

use std::ops::Range;

use crate::tree::{Block, Builder, Kind, Style};

/// Longest key that YAML allows without a mark (YAML 1.2.2 section 7.4.2), with room to spare.
const MAX_KEY: usize = 1000;

/// Deepest nesting that is read here.
const MAX_OPEN: usize = 1000;

/// What is not of the plain part.
pub(crate) struct NotPlain;

type Read<T> = Result<T, NotPlain>;

/// Reads `text` into `builder`.
pub(crate) fn read(text: &[u8], builder: &mut Builder<'_>) -> Read<()> {
    let mut reader = Reader { text, builder, open: Vec::new(), ascii: is_ascii(text) };
    let mut at = if text.starts_with(b"---") { reader.marker()? } else { 0 };
    while at < text.len() {
        at = reader.line(at)?;
        if reader.builder.is_full() || reader.open.len() > MAX_OPEN {
            return Err(NotPlain);
        }
    }
    if reader.open.is_empty() {
        return Err(NotPlain);
    }
    while !reader.open.is_empty() {
        reader.close()?;
    }
    Ok(())
}

/// An open collection.
struct Level {
    column: usize,
    is_map: bool,
    /// Where the value is due of a key or dash that has none yet.
    due: Option<usize>,
}

/// A key, and where its colon ends.
struct Key {
    span: Range<usize>,
    style: Style,
    plain: bool,
    behind: usize,
}

struct Reader<'t, 'b, 'a> {
    text: &'t [u8],
    builder: &'b mut Builder<'a>,
    open: Vec<Level>,
    /// Whether every line is plain: asked once, since most are.
    ascii: bool,
}

/// Whether there is nothing but printable ASCII and line ends.
fn is_ascii(text: &[u8]) -> bool {
    // Without a way out of the inner loop, so that it goes many bytes at a time.
    text.chunks(64).all(|part| part.iter().fold(true, |all, byte| all & matches!(byte, b' '..=b'~' | b'\n')))
}

/// Whether a byte may stand in a line: printable, and of no character that could end one or that YAML
/// forbids (YAML 1.2.2 section 5.1).
fn is_plain(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' '..=b'~' | 0x80..=0xff))
        && !memchr::memchr3_iter(0xc2, 0xe2, 0xef, line).any(|at| {
            // Control characters, a space that does not break, separators of lines, the mark of an order of
            // bytes, what is no character.
            matches!(
                &line[at..],
                [0xc2, 0x80..=0xa0, ..]
                    | [0xe2, 0x80, 0xa8 | 0xa9, ..]
                    | [0xef, 0xbb, 0xbf, ..]
                    | [0xef, 0xbf, 0xbe | 0xbf, ..]
            )
        })
}

impl Reader<'_, '_, '_> {
    /// Behind the marker that a document begins with, if nothing else stands in its line.
    fn marker(&self) -> Read<usize> {
        let end = self.line_end(3);
        let rest = &self.text[3..end];
        let blank = rest.iter().take_while(|byte| **byte == b' ').count();
        match rest.get(blank) {
            None => Ok(self.next(end)),
            Some(b'#') if blank > 0 && is_plain(rest) => Ok(self.next(end)),
            _ => Err(NotPlain),
        }
    }

    fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.text.len(), |len| at + len)
    }

    fn next(&self, end: usize) -> usize {
        self.text.len().min(end + 1)
    }

    /// Reads the line at `start`; gives the start of the next one that is not read.
    fn line(&mut self, start: usize) -> Read<usize> {
        let end = self.line_end(start);
        let line = &self.text[start..end];
        let column = line.iter().take_while(|byte| **byte == b' ').count();
        match line.get(column) {
            None => return Ok(self.next(end)),
            _ if !self.ascii && !is_plain(line) => return Err(NotPlain),
            Some(b'#') => return Ok(self.next(end)),
            Some(b'%') if column == 0 => return Err(NotPlain),
            Some(_) => {}
        }
        let is_dash = is_dash(&line[column..]);
        while let Some(top) = self.open.last() {
            let ends = top.column > column || (top.column == column && !top.is_map && !is_dash);
            if !ends {
                break;
            }
            self.close()?;
        }
        if self.open.is_empty() && self.builder.has_root() {
            return Err(NotPlain);
        }
        let mut at = start + column;
        let mut column = column;
        while is_dash_at(self.text, at, end) {
            self.dash(column, at)?;
            let blanks = 1 + self.blanks(at + 1, end);
            at += blanks;
            column += blanks;
            if self.is_end(at, end, true) {
                return Ok(self.next(end));
            }
        }
        let Some(key) = self.key(at, end)? else {
            let inside = self.open.last().is_some_and(|top| top.column < column);
            return if inside { self.value(at, end) } else { Err(NotPlain) };
        };
        let behind = key.behind;
        self.key_at(column, at, key)?;
        let value = behind + self.blanks(behind, end);
        if let Some(top) = self.open.last_mut() {
            top.due = Some(behind - 1);
        }
        if self.is_end(value, end, value > behind) {
            return Ok(self.next(end));
        }
        // A list may not begin in the line of a key.
        if is_dash_at(self.text, value, end) {
            return Err(NotPlain);
        }
        self.value(value, end)
    }

    fn blanks(&self, at: usize, end: usize) -> usize {
        self.text[at..end].iter().take_while(|byte| **byte == b' ').count()
    }

    /// Whether nothing but a comment follows.
    fn is_end(&self, at: usize, end: usize, behind_blank: bool) -> bool {
        at >= end || (behind_blank && self.text[at] == b'#')
    }

    fn close(&mut self) -> Read<()> {
        self.complete()?;
        self.open.pop();
        self.builder.close(None);
        Ok(())
    }

    /// A value that is not there.
    fn complete(&mut self) -> Read<()> {
        match self.open.last_mut() {
            Some(Level { due, is_map, .. }) => match due.take() {
                Some(at) if *is_map => {
                    self.builder.scalar(Style::Verbatim, true, at..at);
                    Ok(())
                }
                // The grammar says something else of where an item is not.
                Some(_) => Err(NotPlain),
                None => Ok(()),
            },
            None => Ok(()),
        }
    }

    fn start(&mut self, column: usize, is_map: bool, at: usize) {
        if let Some(top) = self.open.last_mut() {
            top.due = None;
        }
        self.builder.open(if is_map { Kind::Map } else { Kind::Seq }, at);
        self.open.push(Level { column, is_map, due: None });
    }

    fn dash(&mut self, column: usize, at: usize) -> Read<()> {
        match self.open.last() {
            None => self.start(column, false, at),
            Some(top) if !top.is_map && top.column == column => self.complete()?,
            Some(top) if top.due.is_some() && top.column < column => self.start(column, false, at),
            // The grammar has such a list begin with its first item.
            Some(top) if top.due.is_some() && top.is_map && top.column == column => {
                let end = self.line_end(at);
                let item = at + 1 + self.blanks(at + 1, end);
                if self.is_end(item, end, true) {
                    return Err(NotPlain);
                }
                self.start(column, false, item);
            }
            Some(_) => return Err(NotPlain),
        }
        if let Some(top) = self.open.last_mut() {
            top.due = Some(at + 1);
        }
        Ok(())
    }

    fn key_at(&mut self, column: usize, at: usize, key: Key) -> Read<()> {
        match self.open.last() {
            None => self.start(column, true, at),
            Some(top) if top.is_map && top.column == column => self.complete()?,
            Some(top) if top.due.is_some() && top.column < column => self.start(column, true, at),
            Some(_) => return Err(NotPlain),
        }
        self.builder.scalar(key.style, key.plain, key.span);
        Ok(())
    }

    /// A key and where its colon ends, if there is one.
    fn key(&self, at: usize, end: usize) -> Read<Option<Key>> {
        let rest = &self.text[at..end];
        if matches!(rest.first(), Some(b'"' | b'\'')) {
            let (span, style, behind) = self.quoted(at, end)?;
            let colon = behind + self.blanks(behind, end);
            if self.text.get(colon) != Some(&b':') || colon >= end {
                return Ok(None);
            }
            if behind - at > MAX_KEY || !matches!(self.text.get(colon + 1), None | Some(b' ' | b'\n')) {
                return Err(NotPlain);
            }
            return Ok(Some(Key { span, style, plain: false, behind: colon + 1 }));
        }
        let Some(colon) =
            memchr::memchr_iter(b':', rest).find(|colon| matches!(rest.get(colon + 1), None | Some(b' ')))
        else {
            return Ok(None);
        };
        let key = rest[..colon].trim_ascii_end();
        if !begins_plain(key) || key.len() > MAX_KEY || memchr::memmem::find(&rest[..colon], b" #").is_some()
        {
            return Err(NotPlain);
        }
        let span = at..at + key.len();
        Ok(Some(Key { span, style: Style::Verbatim, plain: true, behind: at + colon + 1 }))
    }

    /// A scalar in quotes in one line: what stands between them, and where they end.
    fn quoted(&self, at: usize, end: usize) -> Read<(Range<usize>, Style, usize)> {
        let quote = self.text[at];
        let start = at + 1;
        let mut style = Style::Verbatim;
        let mut from = start;
        loop {
            let rest = &self.text[from..end];
            let len = memchr::memchr2(quote, b'\\', rest).ok_or(NotPlain)?;
            match (rest[len], rest.get(len + 1)) {
                (b'\\', _) if quote == b'\'' => from += len + 1,
                (b'\\', Some(b'"' | b'\\' | b'/' | b'n' | b't' | b'r')) => {
                    style = Style::Double;
                    from += len + 2;
                }
                (b'\\', _) => return Err(NotPlain),
                (_, Some(b'\'')) if quote == b'\'' => {
                    style = Style::Single;
                    from += len + 2;
                }
                _ => return Ok((start..from + len, style, from + len + 1)),
            }
        }
    }

    /// The value that begins at `at`, in the line of its key or dash or in the one below.
    fn value(&mut self, at: usize, end: usize) -> Read<usize> {
        let Some(column) = self.open.last().filter(|top| top.due.is_some()).map(|top| top.column) else {
            return Err(NotPlain);
        };
        let rest = &self.text[at..end];
        let next = match rest.first() {
            Some(b'|' | b'>') => return self.block(at, end, column),
            Some(b'"' | b'\'') => {
                let (span, style, behind) = self.quoted(at, end)?;
                let blank = behind + self.blanks(behind, end);
                if !self.is_end(blank, end, blank > behind) {
                    return Err(NotPlain);
                }
                self.scalar(style, false, span);
                self.next(end)
            }
            Some(b'[') => {
                let behind = self.list(at, end)?;
                let blank = behind + self.blanks(behind, end);
                if !self.is_end(blank, end, blank > behind) {
                    return Err(NotPlain);
                }
                self.next(end)
            }
            Some(b'{') if rest.get(1) == Some(&b'}') => {
                let blank = at + 2 + self.blanks(at + 2, end);
                if !self.is_end(blank, end, blank > at + 2) {
                    return Err(NotPlain);
                }
                self.due_is_met();
                self.builder.open(Kind::Map, at);
                self.builder.close(Some(at + 2));
                self.next(end)
            }
            _ => {
                let len = memchr::memmem::find(rest, b" #").unwrap_or(rest.len());
                let value = rest[..len].trim_ascii_end();
                if !begins_plain(value)
                    || value.ends_with(b":")
                    || memchr::memmem::find(value, b": ").is_some()
                {
                    return Err(NotPlain);
                }
                self.scalar(Style::Verbatim, true, at..at + value.len());
                self.next(end)
            }
        };
        // What is indented more below would go on with it, and finds no value due.
        Ok(next)
    }

    /// A list of scalars in brackets, in one line; gives where it ends.
    fn list(&mut self, at: usize, end: usize) -> Read<usize> {
        self.due_is_met();
        self.builder.open(Kind::Seq, at);
        let mut at = at + 1 + self.blanks(at + 1, end);
        if self.text.get(at) != Some(&b']') {
            loop {
                at = self.item(at, end)?;
                at += self.blanks(at, end);
                match self.text[at..end].first() {
                    Some(b',') => at += 1 + self.blanks(at + 1, end),
                    Some(b']') => break,
                    _ => return Err(NotPlain),
                }
            }
        }
        self.builder.close(Some(at + 1));
        Ok(at + 1)
    }

    fn item(&mut self, at: usize, end: usize) -> Read<usize> {
        let rest = &self.text[at..end];
        if matches!(rest.first(), Some(b'"' | b'\'')) {
            let (span, style, behind) = self.quoted(at, end)?;
            self.builder.scalar(style, false, span);
            return Ok(behind);
        }
        // Of letters that mean nothing in brackets.
        let is_item = |byte: &u8| byte.is_ascii_alphanumeric() || b" ._/-*".contains(byte);
        let len = rest.iter().position(|byte| !is_item(byte)).unwrap_or(rest.len());
        let item = rest[..len].trim_ascii_end();
        if !item.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_/".contains(byte)) {
            return Err(NotPlain);
        }
        self.builder.scalar(Style::Verbatim, true, at..at + item.len());
        Ok(at + len)
    }

    fn due_is_met(&mut self) {
        if let Some(top) = self.open.last_mut() {
            top.due = None;
        }
    }

    fn scalar(&mut self, style: Style, plain: bool, span: Range<usize>) {
        self.due_is_met();
        self.builder.scalar(style, plain, span);
    }

    /// A literal or folded block whose header is at `at`, below a key or dash in `column`.
    fn block(&mut self, at: usize, end: usize, column: usize) -> Read<usize> {
        let rest = &self.text[at..end];
        let chomp = rest.get(1).copied().filter(|byte| matches!(byte, b'+' | b'-'));
        let behind = at + 1 + usize::from(chomp.is_some());
        let blank = behind + self.blanks(behind, end);
        if !self.is_end(blank, end, blank > behind) {
            return Err(NotPlain);
        }
        // The first line with content says how far the block is indented.
        let (mut lead, mut deepest) = (0, 0);
        let mut first = self.next(end);
        let indent = loop {
            if first >= self.text.len() {
                return Err(NotPlain);
            }
            let end = self.line_end(first);
            let indent = self.blanks(first, end);
            if first + indent < end {
                break indent;
            }
            deepest = deepest.max(indent);
            lead += 1;
            first = self.next(end);
        };
        if indent <= column {
            // Nothing but line ends.
            self.scalar(Style::Verbatim, false, first + indent..first + indent);
            return Ok(first);
        }
        if deepest > indent {
            return Err(NotPlain);
        }
        let mut line = first;
        let mut stop = self.text.len();
        // Line ends behind the last line with content.
        let mut breaks = 0_u32;
        while line < self.text.len() {
            let end = self.line_end(line);
            let blanks = self.blanks(line, end);
            if line + blanks == end {
                if blanks > indent {
                    return Err(NotPlain);
                }
                breaks += u32::from(end < self.text.len());
            } else if blanks >= indent {
                if !self.ascii && !self.text[line..end].split(|byte| *byte == b'\t').all(is_plain) {
                    return Err(NotPlain);
                }
                // The grammar ends the last line even where the file does not.
                breaks = 1;
            } else if blanks > column && self.text[line + blanks] != b'#' {
                return Err(NotPlain);
            } else {
                stop = line + blanks;
                break;
            }
            line = self.next(end);
        }
        let tail = match chomp {
            Some(b'-') => 0,
            Some(_) => breaks,
            None => breaks.min(1),
        };
        let style = if rest[0] == b'|' { Style::Literal } else { Style::Folded };
        self.due_is_met();
        self.builder.block(style, first + indent..stop, Block { indent: indent as u32, lead, tail });
        Ok(line)
    }
}

fn is_dash(rest: &[u8]) -> bool {
    rest.first() == Some(&b'-') && matches!(rest.get(1), None | Some(b' '))
}

fn is_dash_at(text: &[u8], at: usize, end: usize) -> bool {
    is_dash(&text[at..end])
}

/// Whether bytes begin as a plain scalar may (YAML 1.2.2 section 7.3.3), and as no other thing does.
fn begins_plain(scalar: &[u8]) -> bool {
    match scalar.first() {
        Some(b'-') => !matches!(scalar.get(1), None | Some(b' ')) && !scalar.starts_with(b"---"),
        Some(b':') => !matches!(scalar.get(1), None | Some(b' ')),
        Some(b'.') => !scalar.starts_with(b"..."),
        Some(first) => !b"?,[]{}#&*!|>'\"%@` ".contains(first),
        None => false,
    }
}
