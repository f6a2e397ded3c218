//! One YAML document into a [`Tree`], through the events of granit-parser.
//!
//! The parser works on `&str`, so bytes that are no UTF-8 are overwritten with as many ASCII bytes
//! first; it reads a NUL as the end of its input, so a document with one is refused rather than cut
//! short. Its marks carry byte offsets for `&str` input. Its own nesting limits stand far above the
//! tree's depth cap, because what is too deep should be skipped and not end the document.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle, Span, StrInput};

use crate::tree::{Block, Builder, Kind, NodeId, Style, Tag, Tree};
use crate::{Limits, blocks};

/// Nesting at which the parser itself gives up.
const PARSER_NESTING: usize = 20_000;

/// Why a document has no tree: it is no YAML at this offset of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) offset: usize,
}

/// The source as text of the same length.
pub(crate) fn as_text(source: &[u8]) -> Cow<'_, str> {
    let mut text = String::new();
    let mut rest = source;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) if text.is_empty() => return Cow::Borrowed(valid),
            Ok(valid) => {
                text.push_str(valid);
                return Cow::Owned(text);
            }
            Err(error) => {
                let (valid, broken) = rest.split_at(error.valid_up_to());
                text.reserve(rest.len());
                text.push_str(std::str::from_utf8(valid).unwrap_or_default());
                let len = error.error_len().unwrap_or(broken.len()).max(1);
                // A letter is content wherever it stands.
                text.extend(std::iter::repeat_n('x', len));
                rest = &broken[len..];
            }
        }
    }
}

/// Reads one document. `text` is the source or a stand-in of the same length.
pub(crate) fn read<'a>(
    source: &'a [u8],
    text: &'a str,
    base: usize,
    limits: &Limits,
) -> Result<Tree<'a>, SyntaxError> {
    plain(source, text, base, limits).map_or_else(|| by_grammar(source, text, base, limits), Ok)
}

/// Reads a document of the plain part of YAML.
fn plain<'a>(source: &'a [u8], text: &'a str, base: usize, limits: &Limits) -> Option<Tree<'a>> {
    let mut builder = Builder::new(Tree::new(source, Cow::Borrowed(text.as_bytes()), base), limits);
    blocks::read(text.as_bytes(), &mut builder).ok()?;
    Some(builder.finish())
}

fn by_grammar<'a>(
    source: &'a [u8],
    text: &'a str,
    base: usize,
    limits: &Limits,
) -> Result<Tree<'a>, SyntaxError> {
    if let Some(offset) = memchr::memchr(0, text.as_bytes()) {
        return Err(SyntaxError { offset });
    }
    let builder = Builder::new(Tree::new(source, Cow::Borrowed(text.as_bytes()), base), limits);
    let mut reader = Reader { builder, anchors: Vec::new() };
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str_with_options(text, options());
    let mut documents = 0;
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| SyntaxError { offset: offset(*error.marker()) })?;
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
            if documents > 1 {
                return Err(SyntaxError { offset: offset(span.start) });
            }
        }
        reader.event(event, span);
        if reader.builder.is_full() {
            break;
        }
    }
    Ok(reader.builder.finish())
}

fn options() -> Options {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = PARSER_NESTING;
    options.block_nesting_limit = PARSER_NESTING;
    options
}

fn offset(marker: Marker) -> usize {
    marker.byte_offset().unwrap_or_default()
}

fn range(span: Span) -> Range<usize> {
    offset(span.start)..offset(span.end)
}

struct Reader<'a> {
    builder: Builder<'a>,
    /// Anchor ids count from 1 in the order of their definitions.
    anchors: Vec<Option<NodeId>>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                // The parser borrows what it did not have to change.
                let verbatim = matches!(value, Cow::Borrowed(_));
                let id = self.scalar(&value, verbatim, style, span);
                self.properties(id, anchor, tag.as_deref());
            }
            Event::SequenceStart(_, anchor, tag) => {
                let id = self.builder.open(Kind::Seq, offset(span.start));
                self.properties(id, anchor, tag.as_deref());
            }
            Event::MappingStart(_, anchor, tag) => {
                let id = self.builder.open(Kind::Map, offset(span.start));
                self.properties(id, anchor, tag.as_deref());
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let range = range(span);
                self.builder.close((!range.is_empty()).then_some(range.end));
            }
            Event::Alias(anchor) => {
                let target = self.anchors.get(anchor).copied().flatten();
                self.builder.alias(target, range(span));
            }
            Event::UnresolvedAlias(_) => self.builder.alias(None, range(span)),
            _ => {}
        }
    }

    fn scalar(&mut self, value: &str, verbatim: bool, style: ScalarStyle, span: Span) -> Option<NodeId> {
        let column = span.start.col();
        let mut span = range(span);
        let plain = style == ScalarStyle::Plain;
        let style = match style {
            // An absent value stands for null and has no bytes.
            ScalarStyle::Plain if verbatim || span.is_empty() => Style::Verbatim,
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                span = span.start + 1..(span.end.max(span.start + 2) - 1);
                match style {
                    _ if verbatim => Style::Verbatim,
                    ScalarStyle::SingleQuoted => Style::Single,
                    _ => Style::Double,
                }
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let style = if style == ScalarStyle::Literal { Style::Literal } else { Style::Folded };
                let content = value.trim_end_matches('\n');
                if content.is_empty() {
                    // Nothing but line ends: no bytes that anybody could ask for.
                    return self.builder.scalar(Style::Verbatim, false, span.start..span.start);
                }
                let block = Block {
                    indent: column as u32,
                    lead: (content.len() - content.trim_start_matches('\n').len()) as u32,
                    tail: (value.len() - content.len()) as u32,
                };
                return self.builder.block(style, span, block);
            }
        };
        self.builder.scalar(style, plain, span)
    }

    fn properties(&mut self, id: Option<NodeId>, anchor: usize, tag: Option<&granit_parser::Tag>) {
        if anchor == 0 && tag.is_none() {
            return;
        }
        if anchor > 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            self.anchors[anchor] = id;
        }
        let tag = tag.filter(|tag| !tag.is_yaml_core_schema()).map_or(Tag::None, |tag| tag_of(tag.suffix()));
        self.builder.mark(id, tag, anchor > 0);
    }
}

/// Custom tags that say how the value is kept: CloudFormation (`!Ref`, `!GetAtt`,
/// `!ImportValue`), Home Assistant and ESPHome (`!secret`), docker-compose and configuration
/// loaders (`!env`, `!ENV`, `!env_var`), GitLab CI (`!reference`), Ansible (`!vault`).
fn tag_of(suffix: &str) -> Tag {
    match suffix {
        "Ref" | "GetAtt" | "ImportValue" | "secret" | "env" | "ENV" | "env_var" | "reference" | "include" => {
            Tag::Reference
        }
        "vault" | "vault-encrypted" | "encrypted" => Tag::Sealed,
        _ => Tag::None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether a document is of the plain part. If so, it is read as the grammar reads it.
    fn agree(source: &[u8]) -> bool {
        let text = as_text(source);
        let limits = Limits::default();
        let Some(plain) = plain(source, &text, 0, &limits) else { return false };
        match by_grammar(source, &text, 0, &limits) {
            Ok(grammar) => assert_eq!(said(&plain), said(&grammar), "{text:?}"),
            Err(error) => panic!("no YAML at {} of {text:?}", error.offset),
        }
        true
    }

    /// A tree, a node a line, without its source.
    fn said(tree: &Tree<'_>) -> String {
        let tree = format!("{tree:?}");
        let from = tree.find("nodes: ").unwrap_or_default();
        tree[from..].replace("Node {", "\nNode {")
    }

    /// What lines are made of, plain and not.
    const PARTS: &[&str] = &[
        "a:",
        "a: ",
        "b: x",
        "key",
        "c : d",
        "- ",
        "-",
        "- - ",
        "- a: ",
        "  ",
        "    ",
        " ",
        "\n",
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        "\n- ",
        "\n  - ",
        "# c",
        " # c",
        "|",
        ">-",
        "|+",
        "| # c",
        ">",
        "|2",
        "\"q\"",
        "'s'",
        "\"\\n\"",
        "'it''s'",
        "\"open",
        "[]",
        "{}",
        "[a, \"b\"]",
        "[a, b,]",
        "[",
        "{a: b}",
        "&x ",
        "*x",
        "!t ",
        "? ",
        "---",
        "...",
        "%YAML",
        "\t",
        "\r\n",
        ": ",
        ":",
        ",",
        "x y",
        "http://x:1/#y",
        "-x",
        "--",
        "--flag=x",
        ":8080",
        "::",
        ".",
        "./x",
        "..",
        "©",
        "⚠\u{fe0f}",
        "\u{ffff}",
        "\u{85}",
        "|\n",
        "|\n\n",
        ">-\n  \n",
        "|\n    \n",
        "é",
        "’",
        "\u{a0}",
        "\u{feff}",
        "\u{2028}",
        "\0",
        "~",
        "true",
        "<<: ",
        "a-b_c.d/e",
        "\"k\": v",
        "'k':",
        "multi\n  line",
        "{{ x }}",
        "@",
        "`",
        "text with words",
        "12",
        "=",
        "\n\n",
        "\n   \n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn the_plain_part_is_read_as_the_grammar_reads_it(
            parts in proptest::collection::vec(0..PARTS.len(), 0..24),
        ) {
            let source: String = parts.iter().map(|part| PARTS[*part]).collect();
            for range in crate::split_documents(source.as_bytes()) {
                agree(&source.as_bytes()[range]);
            }
        }

        #[test]
        fn an_edit_in_a_plain_document_is_read_alike(
            edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..4usize, 0..PARTS.len()), 0..4),
        ) {
            let mut source = PLAIN.as_bytes().to_vec();
            for (at, len, part) in edits {
                let at = at.index(source.len());
                source.splice(at..(at + len).min(source.len()), PARTS[part].bytes());
            }
            for range in crate::split_documents(&source) {
                agree(&source[range]);
            }
        }
    }

    /// Of all forms that the plain part has.
    const PLAIN: &str = "---\n# A comment\napiVersion: v1 # behind\nkind: \"List\"\nmetadata:\n  name: a\n  labels: {}\n  none:\nitems:\n- kind: Secret\n  data:\n    'k': dmFsdWU=\n  args: [a, \"b\", c d]\n- - nested\n  - deeper\n-   spaced: x\n    text: |\n      one\n        two\n\n      three\n    folded: >-\n      a\n      b\n\n    kept: |+\n      c\n\nlast:\n  - 'it''s'\n  - \"a\\tb\"\n  -\n    below: 1\n  - --flag=x\n  - :8080\nnone: |\n\n# c\nmain: ./a.go © ⚠\u{fe0f}\nblank: |\n\n \n  x\n";

    #[test]
    fn plain_documents_are_plain() {
        assert!(agree(PLAIN.as_bytes()));
    }
}
