//! One JSON value into a [`Tree`]: RFC 8259, read without recursion and at any size.
//!
//! JSON is nearly YAML, yet the YAML parser takes no tab for indentation and no key over 1,024
//! characters, and is slower by far. Forgiven here, because editors and tools write it: comments
//! and commas before a closing bracket. Values may follow each other without any mark (`kubectl`
//! with several objects, JSON lines), so the reader says where its value ends.
//!
//! Of a version of a file, values that were copied from another as they are need not be read: the same
//! bytes, begun as a value, are the same nodes.

use std::borrow::Cow;

use crate::Limits;
use crate::piece::{Shape, Versions};
use crate::tree::{Builder, Kind, Style, Tree};
use crate::yaml::SyntaxError;

/// Reads the first value of `source` (blanks and comments before it are skipped). Gives the tree
/// and the offset just behind the value; `None` at the end of the input. Values that `versions` knows
/// are not read; whoever asks for what is in one is told so by [`Tree::has_missed`].
pub(crate) fn read<'a>(
    source: &'a [u8],
    base: usize,
    limits: &Limits,
    versions: Option<&dyn Versions>,
) -> Result<Option<(Tree<'a>, usize)>, SyntaxError> {
    let result = attempt(source, base, limits, versions);
    // Where the error is depends on what was read before it.
    if result.is_err() && versions.is_some() { attempt(source, base, limits, None) } else { result }
}

fn attempt<'a>(
    source: &'a [u8],
    base: usize,
    limits: &Limits,
    versions: Option<&dyn Versions>,
) -> Result<Option<(Tree<'a>, usize)>, SyntaxError> {
    let mut reader = Reader { source, base, at: 0, versions };
    reader.skip_blanks()?;
    if reader.at >= source.len() {
        return Ok(None);
    }
    let begin = reader.at;
    let mut tree = Tree::new(source, Cow::Borrowed(source), base);
    tree.json = true;
    let mut builder = Builder::new(tree, limits);
    reader.value(&mut builder, limits.document.min(Limits::MAX_DOCUMENT))?;
    let end = reader.at;
    debug_assert!(end > begin);
    Ok(Some((builder.finish(), end)))
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// A value.
    Value,
    /// A value or `]`.
    ItemOrEnd,
    /// A key or `}`.
    KeyOrEnd,
    /// A comma or the closing bracket.
    CommaOrEnd,
}

struct Reader<'a, 'v> {
    source: &'a [u8],
    base: usize,
    at: usize,
    versions: Option<&'v dyn Versions>,
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn error<T>(&self) -> Result<T, SyntaxError> {
        Err(SyntaxError { offset: self.at })
    }

    /// Skips white space and comments.
    fn skip_blanks(&mut self) -> Result<(), SyntaxError> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'/') => {
                    let rest = &self.source[self.at..];
                    let len = match rest.get(1) {
                        Some(b'/') => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                        Some(b'*') => {
                            let Some(end) = memchr::memmem::find(&rest[2..], b"*/") else {
                                // Whoever goes on behind the error must not search this again.
                                self.at = self.source.len();
                                return self.error();
                            };
                            end + 4
                        }
                        _ => return self.error(),
                    };
                    self.at += len;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Reads one value of at most `max` bytes.
    fn value(&mut self, builder: &mut Builder<'_>, max: usize) -> Result<(), SyntaxError> {
        // The open brackets: whether each is an object.
        let mut open: Vec<bool> = Vec::new();
        let mut expect = Expect::Value;
        let begin = self.at;
        loop {
            self.skip_blanks()?;
            if self.at - begin > max {
                return self.error();
            }
            let Some(byte) = self.peek() else { return self.error() };
            match (byte, expect) {
                (b']', Expect::ItemOrEnd | Expect::CommaOrEnd) if open.last() == Some(&false) => {
                    self.at += 1;
                    open.pop();
                    builder.close(Some(self.at));
                }
                (b'}', Expect::KeyOrEnd | Expect::CommaOrEnd) if open.last() == Some(&true) => {
                    self.at += 1;
                    open.pop();
                    builder.close(Some(self.at));
                }
                (b',', Expect::CommaOrEnd) => {
                    self.at += 1;
                    expect = if open.last() == Some(&true) { Expect::KeyOrEnd } else { Expect::ItemOrEnd };
                    continue;
                }
                (b'"', Expect::KeyOrEnd) => {
                    self.string(builder)?;
                    self.skip_blanks()?;
                    if self.peek() != Some(b':') {
                        return self.error();
                    }
                    self.at += 1;
                    expect = Expect::Value;
                    continue;
                }
                (b'{' | b'[' | b'"', Expect::Value | Expect::ItemOrEnd) if self.known(byte, builder) => {}
                (b'{', Expect::Value | Expect::ItemOrEnd) => {
                    builder.open(Kind::Map, self.at);
                    self.at += 1;
                    open.push(true);
                    expect = Expect::KeyOrEnd;
                    continue;
                }
                (b'[', Expect::Value | Expect::ItemOrEnd) => {
                    builder.open(Kind::Seq, self.at);
                    self.at += 1;
                    open.push(false);
                    expect = Expect::ItemOrEnd;
                    continue;
                }
                (b'"', Expect::Value | Expect::ItemOrEnd) => self.string(builder)?,
                (_, Expect::Value | Expect::ItemOrEnd) => self.literal(builder)?,
                _ => return self.error(),
            }
            // A value is complete.
            if open.is_empty() {
                return Ok(());
            }
            expect = Expect::CommaOrEnd;
        }
    }

    /// Steps over a value that is known, `byte` being its first.
    fn known(&mut self, byte: u8, builder: &mut Builder<'_>) -> bool {
        let quote = usize::from(byte == b'"');
        let start = self.at + quote;
        let Some(content) = self.versions.and_then(|versions| versions.content(self.base + start)) else {
            return false;
        };
        let Shape { kind, len, .. } = content.shape;
        let same = match kind {
            Kind::Map => byte == b'{',
            Kind::Seq => byte == b'[',
            Kind::Scalar { plain, .. } => byte == b'"' && !plain,
            _ => false,
        };
        let behind = start + len as usize + quote;
        if !same || behind > self.source.len() || !builder.known(start, content.shape) {
            return false;
        }
        self.at = behind;
        true
    }

    /// A string; the position is at its opening quote.
    fn string(&mut self, builder: &mut Builder<'_>) -> Result<(), SyntaxError> {
        let start = self.at + 1;
        let mut at = start;
        let mut style = Style::Verbatim;
        loop {
            let rest = self.source.get(at..).unwrap_or_default();
            match memchr::memchr3(b'"', b'\\', b'\n', rest) {
                Some(len) if rest[len] == b'"' => {
                    at += len;
                    break;
                }
                Some(len) if rest[len] == b'\\' => {
                    style = Style::Double;
                    at += len + 2;
                }
                _ => return self.error(),
            }
        }
        builder.scalar(style, false, start..at);
        self.at = at + 1;
        Ok(())
    }

    /// A number, `true`, `false` or `null`.
    fn literal(&mut self, builder: &mut Builder<'_>) -> Result<(), SyntaxError> {
        let start = self.at;
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        let len = self.source[start..].iter().take_while(|b| is_part(b)).count();
        let word = &self.source[start..start + len];
        let number = word.first().is_some_and(|b| b.is_ascii_digit() || *b == b'-');
        if !number && !matches!(word, b"true" | b"false" | b"null") {
            return self.error();
        }
        builder.scalar(Style::Verbatim, true, start..start + len);
        self.at = start + len;
        Ok(())
    }
}
