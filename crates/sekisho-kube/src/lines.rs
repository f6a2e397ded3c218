//! The last resort: a document that is no YAML, read by its lines and their indentation.
//!
//! It never fails and gives the same tree, so that everything above works on it unchanged:
//! `key: value`, `- item`, `- name: X` with its `value: y`, quoted values that end on their line,
//! and block scalars. What is not understood is left to the scan of the raw bytes.

use std::borrow::Cow;
use std::ops::Range;

use crate::Limits;
use crate::tree::{Block, Builder, Kind, Style, Tree};

/// Reads a document. `text` is the source or a stand-in of the same length.
pub(crate) fn read<'a>(source: &'a [u8], text: &'a [u8], base: usize, limits: &Limits) -> Tree<'a> {
    let builder = Builder::new(Tree::new(source, Cow::Borrowed(text), base), limits);
    let mut reader = Reader { text, builder, open: Vec::new() };
    reader.document();
    while reader.open.len() > 1 {
        reader.close();
    }
    reader.complete();
    reader.builder.finish()
}

/// A collection that is open, by the column at which its keys or dashes stand.
struct Level {
    column: usize,
    is_map: bool,
    /// Whether a key waits for its value.
    pending: bool,
}

struct Reader<'t, 'a> {
    text: &'t [u8],
    builder: Builder<'a>,
    open: Vec<Level>,
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

impl Reader<'_, '_> {
    fn document(&mut self) {
        let mut at = 0;
        while at < self.text.len() && !self.builder.is_full() {
            let end = self.line_end(at);
            at = self.line(at, end);
        }
    }

    /// The end of the line at `at`, without its line end.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        if rest[..len].ends_with(b"\r") { at + len - 1 } else { at + len }
    }

    fn next_line(&self, end: usize) -> usize {
        let rest = self.text.get(end..).unwrap_or_default();
        end + memchr::memchr(b'\n', rest).map_or(rest.len(), |len| len + 1)
    }

    /// Reads the line `start..end`; gives the start of the next one that is not read.
    fn line(&mut self, start: usize, end: usize) -> usize {
        let next = self.next_line(end);
        let mut at = start + self.text[start..end].iter().take_while(|b| is_blank(**b)).count();
        if self.text[at..end].starts_with(b"---") {
            at += 3;
            at += self.text[at..end].iter().take_while(|b| is_blank(**b)).count();
        }
        loop {
            match self.text[at..end].first() {
                None | Some(b'#' | b'%' | b'}' | b']') => return next,
                Some(b'-') if self.text.get(at + 1).is_none_or(|b| is_blank(*b)) || at + 1 == end => {
                    self.dash(at - start);
                    at += 1;
                    at += self.text[at..end].iter().take_while(|b| is_blank(**b)).count();
                }
                _ => break,
            }
        }
        // What Markdown sets manifests in is no value of the words above it, and no item of their list.
        if self.text[at..end].starts_with(b"```") {
            self.leave(0, false);
            self.complete();
            return next;
        }
        let column = at - start;
        match self.key(at, end) {
            // Words about names: no name has a backtick.
            Some((key, _)) if self.text[key.clone()].contains(&b'`') => next,
            Some((key, value)) => {
                self.key_at(column, key);
                self.value(value, start, end, next)
            }
            None => self.value(at, start, end, next),
        }
    }

    /// The span of a key and the start of what follows its colon.
    fn key(&self, at: usize, end: usize) -> Option<(Range<usize>, usize)> {
        /// No key is longer (YAML 1.2.2 section 7.4.2 has the same limit).
        const MAX_KEY: usize = 1024;
        let line = &self.text[at..end.min(at + MAX_KEY)];
        let quote = *line.first()?;
        let is_end = |colon: usize| line.get(colon + 1).is_none_or(|b| is_blank(*b));
        if matches!(quote, b'"' | b'\'') {
            let len = memchr::memchr(quote, &line[1..])?;
            let colon = len + 2 + line[len + 2..].iter().take_while(|b| is_blank(**b)).count();
            return (line.get(colon) == Some(&b':')).then_some((at + 1..at + 1 + len, at + colon + 1));
        }
        if matches!(quote, b'{' | b'[' | b'&' | b'*' | b'!' | b'|' | b'>') {
            return None;
        }
        let colon = memchr::memchr_iter(b':', line).find(|colon| is_end(*colon))?;
        let key = line[..colon].trim_ascii_end();
        Some((at..at + key.len(), at + colon + 1))
    }

    /// Closes what a line at `column` no longer belongs to. The root stays open.
    fn leave(&mut self, column: usize, is_dash: bool) {
        while self.open.len() > 1
            && self
                .open
                .last()
                .is_some_and(|top| top.column > column || (top.column == column && !top.is_map && !is_dash))
        {
            self.close();
        }
    }

    fn close(&mut self) {
        self.complete();
        self.open.pop();
        self.builder.close(None);
    }

    /// Gives a waiting key an empty value.
    fn complete(&mut self) {
        if let Some(top) = self.open.last_mut().filter(|top| top.pending) {
            top.pending = false;
            self.builder.scalar(Style::Verbatim, true, 0..0);
        }
    }

    fn start(&mut self, column: usize, is_map: bool, at: usize) {
        if let Some(top) = self.open.last_mut() {
            top.pending = false;
        }
        self.builder.open(if is_map { Kind::Map } else { Kind::Seq }, at);
        self.open.push(Level { column, is_map, pending: false });
    }

    fn dash(&mut self, column: usize) {
        self.leave(column, true);
        let opens = match self.open.last() {
            None => true,
            Some(top) if top.is_map => top.pending,
            Some(top) => top.column < column,
        };
        if opens {
            self.start(column, false, 0);
        }
    }

    fn key_at(&mut self, column: usize, key: Range<usize>) {
        self.leave(column, false);
        let nested = self.open.last().is_none_or(|top| !top.is_map || (top.pending && top.column < column));
        if nested {
            self.start(column, true, key.start);
        }
        self.complete();
        self.builder.scalar(Style::Verbatim, true, key);
        if let Some(top) = self.open.last_mut() {
            top.pending = true;
        }
    }

    /// Whether a scalar has a place here.
    fn takes_scalar(&mut self) -> bool {
        let Some(top) = self.open.last_mut() else { return false };
        let takes = !top.is_map || top.pending;
        top.pending = false;
        takes
    }

    /// The value that begins at `at` (or blanks before it); gives the start of the next line that
    /// is not read.
    fn value(&mut self, at: usize, line: usize, end: usize, next: usize) -> usize {
        let mut at = at;
        loop {
            at += self.text[at..end].iter().take_while(|b| is_blank(**b)).count();
            // Anchors and tags stand before the value.
            match self.text[at..end].first() {
                Some(b'&' | b'!') => {
                    at += self.text[at..end].iter().take_while(|b| !is_blank(**b)).count();
                }
                _ => break,
            }
        }
        let rest = &self.text[at..end];
        match rest.first() {
            // A nested value follows, or nothing.
            None | Some(b'#' | b'*') => next,
            Some(b'{' | b'[') if rest.len() == 1 => next,
            Some(b'|' | b'>') if is_block_header(rest) => self.block(at, line, end, next),
            Some(quote @ (b'"' | b'\'')) => {
                if let Some(len) = closing_quote(rest, *quote) {
                    let span = at + 1..at + len;
                    let inner = &self.text[span.clone()];
                    let style = match quote {
                        b'"' if inner.contains(&b'\\') => Style::Double,
                        b'\'' if inner.contains(&b'\'') => Style::Single,
                        _ => Style::Verbatim,
                    };
                    if self.takes_scalar() {
                        self.builder.scalar(style, false, span);
                    }
                }
                next
            }
            _ => {
                let comment = memchr::memmem::find(rest, b" #").unwrap_or(rest.len());
                let len = rest[..comment].trim_ascii_end().len();
                if self.takes_scalar() {
                    self.builder.scalar(Style::Verbatim, true, at..at + len);
                }
                next
            }
        }
    }

    /// A block scalar: the lines below that are indented more than its key.
    fn block(&mut self, header: usize, line: usize, end: usize, next: usize) -> usize {
        let parent = self.open.last().map_or(0, |top| top.column);
        let style = if self.text[header] == b'|' { Style::Literal } else { Style::Folded };
        let mark = &self.text[header..end];
        let mut first = None;
        let mut last = next;
        let mut lead = 0;
        let mut breaks = 0;
        let mut at = next;
        while at < self.text.len() {
            let line_end = self.line_end(at);
            let content = &self.text[at..line_end];
            let indent = content.iter().take_while(|b| **b == b' ').count();
            let following = self.next_line(line_end);
            if content.trim_ascii().is_empty() {
                if first.is_none() {
                    lead += 1;
                }
                breaks += 1;
            } else if indent > parent {
                first.get_or_insert((at + indent, indent));
                last = line_end;
                breaks = usize::from(following > line_end);
            } else {
                break;
            }
            at = following;
        }
        let Some((start, indent)) = first.filter(|_| header >= line) else { return at };
        if self.takes_scalar() {
            let tail = match mark.iter().find(|b| matches!(b, b'+' | b'-')) {
                Some(b'-') => 0,
                Some(_) => breaks,
                None => breaks.min(1),
            };
            let block = Block { indent: indent as u32, lead, tail: tail as u32 };
            self.builder.block(style, start..last, block);
        }
        at
    }
}

/// `|`, `>-`, `|2+ # comment`.
fn is_block_header(rest: &[u8]) -> bool {
    let marks = rest[1..].iter().take(2).take_while(|b| b"+-".contains(b) || b.is_ascii_digit()).count();
    let behind = &rest[1 + marks..];
    behind.is_empty() || (is_blank(behind[0]) && matches!(behind.trim_ascii().first(), None | Some(b'#')))
}

/// The index of the quote that closes the one at the start.
fn closing_quote(text: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 1,
            b'\'' if quote == b'\'' && text.get(at + 1) == Some(&b'\'') => at += 1,
            byte if *byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::NodeId;

    fn at(source: &str, path: &[&str]) -> Option<String> {
        let tree = read(source.as_bytes(), source.as_bytes(), 0, &Limits::default());
        tree.at(NodeId::ROOT, path).map(|id| tree.string(id).into_owned())
    }

    #[test]
    fn keys_and_values_by_indentation() {
        let source = "kind: Secret # c\nmetadata:\n  name: \"db\"\nstringData:\n  'a': 'it''s'\n  b: \"x\\ty\"\n  url: http://x/y#z\n  t: !!str v\n  empty:\n  c: [not, parsed]\n";
        for (path, value) in [
            (&["kind"][..], "Secret"),
            (&["metadata", "name"], "db"),
            (&["stringData", "a"], "it's"),
            (&["stringData", "b"], "x\ty"),
            (&["stringData", "url"], "http://x/y#z"),
            (&["stringData", "t"], "v"),
            (&["stringData", "empty"], ""),
            (&["stringData", "c"], "[not, parsed]"),
        ] {
            assert_eq!(at(source, path).as_deref(), Some(value), "{path:?}");
        }
    }

    #[test]
    fn lists_with_and_without_indentation() {
        let source = "env:\n- name: A\n  value: x\n- name: B\n  value: y\nargs:\n  - a\n  -   - b\nlast: z\n";
        let tree = read(source.as_bytes(), source.as_bytes(), 0, &Limits::default());
        let env = tree.lookup(NodeId::ROOT, "env").unwrap();
        let values: Vec<_> = tree.items(env).filter_map(|item| tree.string_at(item, "value")).collect();
        assert_eq!(values, ["x", "y"]);
        let args = tree.lookup(NodeId::ROOT, "args").unwrap();
        assert_eq!(tree.items(args).count(), 2);
        assert_eq!(tree.string_at(NodeId::ROOT, "last").as_deref(), Some("z"));
    }

    #[test]
    fn block_scalars() {
        let source = "a: |\n\n  one\n    two\n\nb: >-\n  one\n  two\nc: |+\n  x\n\n";
        assert_eq!(at(source, &["a"]).as_deref(), Some("\none\n  two\n"));
        assert_eq!(at(source, &["b"]).as_deref(), Some("one two"));
        assert_eq!(at(source, &["c"]).as_deref(), Some("x\n\n"));
    }

    #[test]
    fn broken_lines_do_not_take_the_others_along() {
        let source = "  odd: 1\na: \"open\n}\nb: 2\n - c: 3\nd: 4\n? x\n";
        for (key, value) in [("odd", "1"), ("b", "2"), ("c", "3"), ("d", "4")] {
            assert_eq!(at(source, &[key]).as_deref(), Some(value), "{key}");
        }
    }

    #[test]
    fn words_of_markdown_are_neither_names_nor_values() {
        let source = "Secret:\n\n```yaml\nkind: Secret\ndata:\n  a: eHl6\n```\nGrants `x` this secret:\n```shell\nls\n```\n- `password` (default): with a user.\n- b: 2\n\n```sh\nx --secret y\n  --name z\n```\n";
        let values = [(&["Secret"][..], ""), (&["kind"], "Secret"), (&["data", "a"], "eHl6")];
        for (path, value) in values {
            assert_eq!(at(source, path).as_deref(), Some(value), "{path:?}");
        }
        let text = source.as_bytes();
        let tree = read(text, text, 0, &Limits::default());
        let keys: Vec<_> = tree.entries(NodeId::ROOT).map(|(key, _)| tree.string(key).into_owned()).collect();
        assert_eq!(keys, ["Secret", "kind", "data", "b"]);
        let list = "To make a secret:\n\n- Call it:\n\n```sh\nx \\\n  --name z\n```\n";
        let tree = read(list.as_bytes(), list.as_bytes(), 0, &Limits::default());
        let root = tree.lookup(NodeId::ROOT, "To make a secret").unwrap();
        assert_eq!(tree.items(root).count(), 1);
    }

    #[test]
    fn json_that_breaks_off() {
        let source =
            "{\n  \"kind\": \"Secret\",\n  \"stringData\": {\n    \"password\": \"hunter22\",\n    \"x\": ";
        assert_eq!(at(source, &["kind"]).as_deref(), Some("Secret"));
        assert_eq!(at(source, &["stringData", "password"]).as_deref(), Some("hunter22"));
    }
}
