//! The table of messages, read once from its text.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The text; see its head.
const TEXT: &str = include_str!("objects.schema");

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bytes,
    Bool,
    Int,
    Time,
    IntOrString,
    /// A message, by its place in [`Schema::messages`].
    Message(usize),
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    One,
    List,
    Map,
    /// A message whose fields stand among those of its parent.
    Embedded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) kind: Kind,
}

/// All messages.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) messages: Vec<Vec<Field>>,
    roots: HashMap<(&'static str, &'static str), usize>,
    /// Place of the metadata, which every object has.
    pub(super) meta: usize,
}

impl Schema {
    /// The message of a kind.
    pub(super) fn root(&self, api_version: &str, kind: &str) -> Option<usize> {
        self.roots.get(&(api_version, kind)).copied()
    }

    /// Reads the table; what cannot be understood is left out (a test allows nothing such).
    fn read(text: &'static str) -> Self {
        let places: HashMap<&str, usize> =
            messages(text).enumerate().map(|(place, message)| (message.name, place)).collect();
        let mut schema = Self::default();
        for message in messages(text) {
            if let Some(version) = message.version {
                schema.roots.insert((version, message.name), schema.messages.len());
            }
            let fields = message.fields.into_iter();
            schema.messages.push(fields.filter_map(|field| Field::read(field, &places)).collect());
        }
        schema.meta = places.get("Meta").copied().unwrap_or_default();
        schema
    }
}

/// A message as it stands in the text.
struct Written {
    version: Option<&'static str>,
    name: &'static str,
    fields: Vec<&'static str>,
}

/// The messages of the text, in its order.
fn messages(text: &'static str) -> impl Iterator<Item = Written> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).peekable();
    std::iter::from_fn(move || {
        let (head, first) = lines.next()?.split_once(": ")?;
        let (version, name) =
            head.split_once(' ').map_or((None, head), |(version, name)| (Some(version), name));
        let mut fields: Vec<&str> = split(first).collect();
        while let Some(line) = lines.next_if(|line| line.starts_with(' ')) {
            fields.extend(split(line));
        }
        Some(Written { version, name, fields })
    })
}

fn split(line: &'static str) -> impl Iterator<Item = &'static str> {
    line.split(';').map(str::trim).filter(|field| !field.is_empty())
}

impl Field {
    fn read(text: &'static str, places: &HashMap<&str, usize>) -> Option<Self> {
        let mut words = text.split(' ');
        let (number, name, kind) = (words.next()?, words.next()?, words.next().unwrap_or("text"));
        let (shape, kind) = match kind.as_bytes() {
            [b'[', .., b']'] => (Shape::List, &kind[1..kind.len() - 1]),
            [b'{', .., b'}'] => (Shape::Map, &kind[1..kind.len() - 1]),
            _ if name == "." => (Shape::Embedded, kind),
            _ => (Shape::One, kind),
        };
        let kind = match kind {
            "text" => Kind::Text,
            "bytes" => Kind::Bytes,
            "bool" => Kind::Bool,
            "int" => Kind::Int,
            "time" => Kind::Time,
            "intorstring" => Kind::IntOrString,
            message => Kind::Message(*places.get(message)?),
        };
        Some(Self { number: number.parse().ok()?, name, shape, kind })
    }
}

/// The table.
pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::read(TEXT));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_understood() {
        let written: Vec<Written> = messages(TEXT).collect();
        for (message, read) in written.iter().zip(&SCHEMA.messages) {
            assert_eq!(message.fields.len(), read.len(), "{}", message.name);
            assert!(read.is_sorted_by_key(|field| field.number), "{}", message.name);
        }
        let lines = TEXT.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
        assert_eq!(lines.count(), written.len());
        assert_eq!(SCHEMA.roots.len(), written.iter().filter(|message| message.version.is_some()).count());
        let names: std::collections::BTreeSet<_> = written.iter().map(|message| message.name).collect();
        assert_eq!(names.len(), written.len(), "a name stands twice");
        let secret = &SCHEMA.messages[SCHEMA.root("v1", "Secret").unwrap()];
        assert_eq!(secret[0].name, "metadata");
        assert_eq!((secret[1].name, secret[1].shape, secret[1].kind), ("data", Shape::Map, Kind::Bytes));
        assert_eq!(secret[0].kind, Kind::Message(SCHEMA.meta));
    }
}
