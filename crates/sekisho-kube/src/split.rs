//! A YAML stream split into its documents before anything is parsed.
//!
//! A line that begins with `---` or `...` and goes on with a blank or ends there is a document
//! marker wherever it stands, inside a block scalar too (YAML 1.2.2 section 9.1.2), so splitting
//! needs no parser; `-----BEGIN` is none. What is split can be parsed, skipped and refused apart:
//! one broken document leaves the others whole, and memory is that of the largest one.
//!
//! So does a line that begins with a fence of Markdown, which is none of YAML (a plain scalar may not
//! begin with a backtick): manifests in a manual are documents of their own, with their own kinds.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::marks::Marks;

/// The byte ranges of the documents of a stream: each from its marker (`---`, or the directives
/// before it) to the next one. Ranges without any content are left out.
pub fn split_documents(source: &[u8]) -> Documents<'_> {
    Documents::marked(source, None)
}

/// The byte order mark.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Iterator of [`split_documents`].
#[derive(Debug, Clone)]
pub struct Documents<'a> {
    source: &'a [u8],
    start: usize,
    /// The next marker of each sort, once looked for: no byte is searched twice for one, however many of
    /// the others stand before it.
    next: [Option<usize>; MARKERS],
    /// Where the markers stand, if that is known.
    marks: Option<&'a Marks>,
}

/// `---`, `...` and the fence.
const MARKERS: usize = 3;

impl Iterator for Documents<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        while self.start < self.source.len() {
            let start = self.start;
            let mut end = self.source.len();
            let mut next = end;
            let mut from = start;
            while let Some((at, begins)) = self.marker(from) {
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

impl<'a> Documents<'a> {
    pub(crate) fn marked(source: &'a [u8], marks: Option<&'a Marks>) -> Self {
        let start = if source.starts_with(BOM) { BOM.len() } else { 0 };
        Self { source, start, next: [None; MARKERS], marks }
    }

    /// The next marker line at or after `from` (which begins a line): its offset, and whether it
    /// begins a document (`---`) or only ends one.
    fn marker(&mut self, from: usize) -> Option<(usize, bool)> {
        if let Some(marks) = self.marks {
            return marks.marker(from);
        }
        let words: [&Finder<'_>; MARKERS] = [&BEGIN, &END, &FENCE];
        for (next, word) in self.next.iter_mut().zip(words) {
            if next.is_none_or(|at| at < from) {
                *next = Some(marker(self.source, from, word));
            }
        }
        let at = self.next.iter().flatten().copied().min().filter(|at| *at < self.source.len())?;
        Some((at, self.next[0] == Some(at)))
    }
}

/// The next marker line of `word` at or after `from`, or the end of the source. Words are looked for
/// and not lines: they are far fewer. No word goes over the end of a line.
fn marker(source: &[u8], from: usize, word: &Finder<'_>) -> usize {
    let begins_line = |at: usize| at == from || matches!(source.get(at - 1), Some(b'\n' | b'\r'));
    let mut words = word.find_iter(source.get(from..).unwrap_or_default()).map(|at| from + at);
    words.find(|at| begins_line(*at) && is_marker(source, *at).is_some()).unwrap_or(source.len())
}

pub(crate) fn is_marker(source: &[u8], at: usize) -> Option<bool> {
    let (mark, rest) = source.get(at..)?.split_at_checked(3)?;
    let begins = match mark {
        b"---" => true,
        b"..." => false,
        b"```" => return Some(false),
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
    let mut rest = text.strip_prefix(b"---").unwrap_or(text).trim_ascii_start();
    while rest.first() == Some(&b'#') {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        rest = rest[end..].trim_ascii_start();
    }
    !rest.is_empty()
}

/// Why a document is not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skip {
    /// A CustomResourceDefinition: schemas, long ones, and no values.
    Definition,
    /// The index of a Helm repository: what `helm repo index` tells of every version of every chart. Of
    /// repositories that publish charts most of the history is this file.
    Index,
    /// No kind, and no word that could be a key of a value.
    Nothing,
}

/// Whether a document is not parsed, because a raw scan covers it just as well.
pub(crate) fn is_skipped(document: &[u8]) -> bool {
    can_skip(document.strip_prefix(BOM).unwrap_or(document)).is_some()
}

/// The cheap test: whether a YAML document can be left unparsed. Only what a raw scan covers just
/// as well is skipped.
pub(crate) fn can_skip(document: &[u8]) -> Option<Skip> {
    skip(document, column_zero(document, &KIND))
}

/// The same, given the lines that begin with `kind:`.
pub(crate) fn skip(document: &[u8], mut kinds: impl Iterator<Item = usize>) -> Option<Skip> {
    if let Some(at) = kinds.next() {
        let value = document[at + 5..].trim_ascii_start();
        let is_definition = value.starts_with(b"CustomResourceDefinition")
            && kinds.next().is_none()
            && column_zero(document, &EXTENSIONS).next().is_some();
        return is_definition.then_some(Skip::Definition);
    }
    let document = document.strip_prefix(b"---\n").unwrap_or(document);
    if document.starts_with(b"apiVersion: v1\nentries:\n") {
        return Some(Skip::Index);
    }
    let interesting = FINDERS.iter().any(|word| word.find(document).is_some());
    (!interesting).then_some(Skip::Nothing)
}

/// Offsets at which a line begins with `word`.
fn column_zero<'a>(document: &'a [u8], word: &'a Finder<'_>) -> impl Iterator<Item = usize> + 'a {
    let begins_line = |at: &usize| *at == 0 || matches!(document[*at - 1], b'\n' | b'\r');
    word.find_iter(document).filter(begins_line)
}

/// Made once: many documents are shorter than making one takes.
static FINDERS: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| INTERESTING.iter().map(|word| Finder::new(*word)).collect());
pub(crate) static KIND: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("kind:"));
static EXTENSIONS: LazyLock<Finder<'static>> =
    LazyLock::new(|| Finder::new("apiVersion: apiextensions.k8s.io/"));
pub(crate) static BEGIN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("---"));
pub(crate) static END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("..."));
pub(crate) static FENCE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("```"));

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

#[cfg(test)]
mod tests {
    use super::*;

    fn split(source: &str) -> Vec<&str> {
        split_documents(source.as_bytes()).map(|range| &source[range]).collect()
    }

    #[test]
    fn markers_part_documents() {
        assert_eq!(split("a: 1\n---\nb: 2\n"), ["a: 1\n", "---\nb: 2\n"]);
        assert_eq!(split("---\na: 1\n--- # c\nb: 2"), ["---\na: 1\n", "--- # c\nb: 2"]);
        assert_eq!(split("--- {a: 1}\n--- |\n x\n"), ["--- {a: 1}\n", "--- |\n x\n"]);
        assert_eq!(split("a: 1\r\n---\r\nb: 2\r\n"), ["a: 1\r\n", "---\r\nb: 2\r\n"]);
        assert_eq!(split("a: 1\n...\nb: 2\n...\n# end\n"), ["a: 1\n", "b: 2\n"]);
        assert_eq!(split("a: |\n  x\n---\nb: 2\n"), ["a: |\n  x\n", "---\nb: 2\n"]);
        assert_eq!(split("\u{feff}a: 1"), ["a: 1"]);
        assert_eq!(split("One:\n```yaml\na: 1\n```\n```\nb: 2\n```"), ["One:\n", "a: 1\n", "b: 2\n"]);
    }

    #[test]
    fn what_only_looks_like_a_marker_does_not() {
        for source in [
            "a: |\n  ---\n",
            "-----BEGIN X-----\nYQ==\n",
            "a: x---\n",
            "--- a ---\n",
            "{\"a\": \"---\"}",
            "---a: 1\n",
            "a: |\n  ```sh\n  b\n",
        ] {
            assert_eq!(split(source), [source]);
        }
    }

    #[test]
    fn many_ends_are_found_in_one_pass() {
        // 4 MB. Looking for the next `---` behind every `...` takes half a minute.
        let source = "a: 1\n...\n".repeat(400_000);
        assert_eq!(split_documents(source.as_bytes()).count(), 400_000);
        let source = source + "---\nb: 2\n...\nc: 3";
        assert_eq!(split_documents(source.as_bytes()).count(), 400_002);
    }

    #[test]
    fn directives_go_with_their_document() {
        assert_eq!(split("%YAML 1.2\n# c\n---\na: 1\n"), ["%YAML 1.2\n# c\n---\na: 1\n"]);
        assert_eq!(split("a: 1\n...\n%TAG ! x\n---\nb: 2\n"), ["a: 1\n", "%TAG ! x\n---\nb: 2\n"]);
    }

    #[test]
    fn empty_documents_are_none() {
        assert!(split("---\n---\n# c\n---\n\n...\n").is_empty());
        assert!(split("").is_empty());
    }

    #[test]
    fn only_documents_without_values_are_skipped() {
        let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {}\n";
        assert_eq!(can_skip(definition.as_bytes()), Some(Skip::Definition));
        assert_eq!(can_skip(b"kind: CustomResourceDefinition\nstringData: {}\n"), None);
        let in_text = "kind: ConfigMap\ndata:\n  x: |\n    kind: CustomResourceDefinition\n";
        assert_eq!(can_skip(in_text.as_bytes()), None);
        assert_eq!(can_skip(b"replicas: 3\n"), Some(Skip::Nothing));
        let index = "apiVersion: v1\nentries:\n  shop:\n  - annotations:\n      a/changes: |\n        - kind: added\n";
        assert_eq!(can_skip(index.as_bytes()), Some(Skip::Index));
        assert_eq!(can_skip(format!("---\n{index}").as_bytes()), Some(Skip::Index));
        let secret = format!("{index}kind: Secret\n");
        assert_eq!(can_skip(secret.as_bytes()), None);
        for source in
            ["dbPassword: x\n", "kind: Pod\n", "env: [x]\n", "a: {kind: Secret}\n", "url: ftp://a:b@c\n"]
        {
            assert_eq!(can_skip(source.as_bytes()), None, "{source}");
        }
    }
}
