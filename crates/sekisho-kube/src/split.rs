//! A YAML stream split into its documents before anything is parsed.
//!
//! A line that begins with `---` or `...` and goes on with a blank or ends there is a document
//! marker wherever it stands, inside a block scalar too (YAML 1.2.2 section 9.1.2), so splitting
//! needs no parser; `-----BEGIN` is none. What is split can be parsed, skipped and refused apart:
//! one broken document leaves the others whole, and memory is that of the largest one.

use std::ops::Range;

use memchr::memmem;

/// The byte ranges of the documents of a stream: each from its marker (`---`, or the directives
/// before it) to the next one. Ranges without any content are left out.
pub fn split_documents(source: &[u8]) -> Documents<'_> {
    let start = if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    Documents { source, start }
}

/// Iterator of [`split_documents`].
#[derive(Debug, Clone)]
pub struct Documents<'a> {
    source: &'a [u8],
    start: usize,
}

impl Iterator for Documents<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        while self.start < self.source.len() {
            let start = self.start;
            let mut end = self.source.len();
            let mut next = end;
            let mut from = start;
            while let Some((at, begins)) = marker(self.source, from) {
                from = line_end(self.source, at);
                // The marker at the very start is this document's own; directives belong to the
                // document that follows them.
                if begins && (at == start || is_prologue(&self.source[start..at])) {
                    continue;
                }
                end = at;
                next = if begins { at } else { from };
                break;
            }
            self.start = next;
            if has_content(&self.source[start..end]) {
                return Some(start..end);
            }
        }
        None
    }
}

/// The next marker line at or after `from` (which begins a line): its offset, and whether it
/// begins a document (`---`) or only ends one (`...`).
fn marker(source: &[u8], from: usize) -> Option<(usize, bool)> {
    if let Some(begins) = is_marker(source, from) {
        return Some((from, begins));
    }
    let rest = source.get(from..)?;
    memchr::memchr2_iter(b'\n', b'\r', rest)
        .map(|at| from + at + 1)
        .find_map(|at| is_marker(source, at).map(|begins| (at, begins)))
}

fn is_marker(source: &[u8], at: usize) -> Option<bool> {
    let (mark, rest) = source.get(at..)?.split_at_checked(3)?;
    let begins = match mark {
        b"---" => true,
        b"..." => false,
        _ => return None,
    };
    matches!(rest.first(), None | Some(b' ' | b'\t' | b'\r' | b'\n')).then_some(begins)
}

fn line_end(source: &[u8], at: usize) -> usize {
    let rest = source.get(at..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', rest).map_or(source.len(), |len| at + len + 1)
}

/// Whether there are directives and nothing else but comments and empty lines.
fn is_prologue(text: &[u8]) -> bool {
    let mut directive = false;
    for line in text.split(|b| *b == b'\n') {
        match line.first() {
            Some(b'%') => directive = true,
            None | Some(b'#' | b'\r') => {}
            _ => return false,
        }
    }
    directive
}

/// Whether anything but markers, comments and white space stands here.
fn has_content(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"---").unwrap_or(text);
    text.split(|b| *b == b'\n').any(|line| !matches!(line.trim_ascii_start().first(), None | Some(b'#')))
}

/// Why a document is not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skip {
    /// A CustomResourceDefinition: schemas, long ones, and no values.
    Definition,
    /// No kind, and no word that could be a key of a value.
    Nothing,
}

/// The cheap test: whether a YAML document can be left unparsed. Only what a raw scan covers just
/// as well is skipped.
pub(crate) fn can_skip(document: &[u8]) -> Option<Skip> {
    let mut kinds = column_zero(document, b"kind:");
    if let Some(at) = kinds.next() {
        let value = document[at + 5..].trim_ascii_start();
        let is_definition = value.starts_with(b"CustomResourceDefinition")
            && kinds.next().is_none()
            && column_zero(document, b"apiVersion: apiextensions.k8s.io/").next().is_some();
        return is_definition.then_some(Skip::Definition);
    }
    let interesting = INTERESTING.iter().any(|word| memmem::find(document, word).is_some());
    (!interesting).then_some(Skip::Nothing)
}

/// Offsets at which a line begins with `word`.
fn column_zero<'a>(document: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let begins_line = |at: &usize| *at == 0 || matches!(document[*at - 1], b'\n' | b'\r');
    memmem::find_iter(document, word).filter(begins_line)
}

/// Words of which one stands in every key (or reference) of a credential, in the spellings that
/// keys have; `kind` for objects inside of a flow mapping, `{` and `ENC[` for forms that only the
/// tree can tell.
const INTERESTING: &[&[u8]] = &[
    b"kind",
    b"Kind",
    b"pass",
    b"Pass",
    b"PASS",
    b"pwd",
    b"Pwd",
    b"PWD",
    b"secret",
    b"Secret",
    b"SECRET",
    b"token",
    b"Token",
    b"TOKEN",
    b"key",
    b"Key",
    b"KEY",
    b"cred",
    b"Cred",
    b"CRED",
    b"auth",
    b"Auth",
    b"AUTH",
    b"cert",
    b"Cert",
    b"CERT",
    b"private",
    b"Private",
    b"PRIVATE",
    b"salt",
    b"Salt",
    b"SALT",
    b"signing",
    b"dsn",
    b"DSN",
    b"://",
    b"nv:",
    b"ENC[",
    b"{{",
    b"annotations",
    b"webhook",
    b"Webhook",
    b"WEBHOOK",
    b"conn",
    b"Conn",
    b"CONN",
    b"session",
    b"SESSION",
    b"cookie",
    b"Cookie",
    b"login",
    b"LOGIN",
    b"pin",
    b"PIN",
    b"seed",
    b"environment",
];
