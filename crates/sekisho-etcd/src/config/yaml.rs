//! YAML (and JSON, which is YAML) into a small tree with lines.
//!
//! Enough for settings files, which are small: depth and nodes are capped, and aliases are refused,
//! because a settings file that says one thing by way of another is not read the same by everybody.
//! Scalars may be keys, so they live in wiped memory.

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use sekisho_secret::SecretBytes;

const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 100_000;

/// A node and its line, from 1.
pub(crate) struct Node {
    pub(crate) line: u64,
    pub(crate) value: Value,
}

/// What a node is.
pub(crate) enum Value {
    Scalar(SecretBytes),
    /// A scalar that is null: `~`, `null`, or nothing.
    Null,
    Seq(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// Where a text is not what can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// Line, from 1.
    pub(crate) line: u64,
}

impl Node {
    /// A scalar's text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(bytes) => std::str::from_utf8(bytes.expose_secret()).ok(),
            _ => None,
        }
    }

    /// The elements of a sequence; none for any other node.
    pub(crate) fn items(&self) -> &[Self] {
        if let Value::Seq(items) = &self.value { items } else { &[] }
    }

    /// The entries of a mapping; none for any other node.
    pub(crate) fn entries(&self) -> &[(Self, Self)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The value under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The text under a key.
    pub(crate) fn text_under(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text)
    }
}

/// All documents of a text.
pub(crate) fn read(text: &str) -> Result<Vec<Node>, SyntaxError> {
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
    let mut documents = Vec::new();
    let mut open: Vec<Node> = Vec::new();
    // A mapping collects keys and values in turn; they are paired when it ends.
    let mut flat: Vec<Vec<Node>> = Vec::new();
    let mut nodes = 0;
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| SyntaxError { line: error.marker().line() as u64 })?;
        let line = line(span);
        nodes += 1;
        if nodes > MAX_NODES || open.len() > MAX_DEPTH {
            return Err(SyntaxError { line });
        }
        let done = match event {
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                let value = match text.as_ref() {
                    "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
                    text => Value::Scalar(SecretBytes::from(text.as_bytes())),
                };
                Node { line, value }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let value = match event {
                    Event::SequenceStart(..) => Value::Seq(Vec::new()),
                    _ => Value::Map(Vec::new()),
                };
                open.push(Node { line, value });
                flat.push(Vec::new());
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (Some(mut node), Some(items)) = (open.pop(), flat.pop()) else {
                    return Err(SyntaxError { line });
                };
                match &mut node.value {
                    Value::Map(entries) => {
                        let mut items = items.into_iter();
                        while let (Some(key), Some(value)) = (items.next(), items.next()) {
                            entries.push((key, value));
                        }
                    }
                    Value::Seq(seq) => *seq = items,
                    _ => {}
                }
                node
            }
            Event::Alias(..) | Event::UnresolvedAlias(_) => return Err(SyntaxError { line }),
            _ => continue,
        };
        match flat.last_mut() {
            Some(items) => items.push(done),
            None => documents.push(done),
        }
    }
    Ok(documents)
}

fn line(span: Span) -> u64 {
    span.start.line() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_know_their_lines() {
        let documents = read("a: 1\nb:\n- x\n- {c: ~}\n---\n[2]\n").unwrap();
        assert_eq!(documents.len(), 2);
        let b = documents[0].get("b").unwrap();
        assert_eq!(b.items()[0].text(), Some("x"));
        assert_eq!(b.items()[1].line, 4);
        assert!(matches!(b.items()[1].get("c").unwrap().value, Value::Null));
        assert_eq!(documents[1].items()[0].text(), Some("2"));
    }

    #[test]
    fn what_cannot_be_read_has_a_line() {
        assert_eq!(read("a: &x 1\nb: *x\n").err(), Some(SyntaxError { line: 2 }));
        assert!(read("a: [1\nb: 2").is_err());
        assert!(read(&"[".repeat(100)).is_err());
    }
}
