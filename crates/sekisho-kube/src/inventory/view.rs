//! One object as it comes: a JSON value from a wire, or a node of a document's tree. What reads
//! objects is written once against [`View`].

use std::borrow::Cow;

use serde_json::Value;

use crate::tree::{Kind, NodeId, Tree};

/// A node of an object. Reading never fails: what is not of the kind asked for is not there.
#[derive(Clone, Copy)]
pub(super) enum View<'v> {
    Json(&'v Value),
    Node(&'v Tree<'v>, NodeId),
}

/// Entries of one mapping that are walked, and items of one list: an object of the API server is
/// at most 3 MiB, and a text of aliases must not walk for ever.
const MAX_ENTRIES: usize = 1 << 20;

impl<'v> View<'v> {
    /// The value of a key of a mapping; `null` is no value.
    pub(super) fn at(self, key: &str) -> Option<Self> {
        let found = match self {
            Self::Json(value) => Self::Json(value.get(key)?),
            Self::Node(tree, id) => Self::Node(tree, tree.follow(id, tree.lookup(id, key)?)?),
        };
        (!found.is_null()).then_some(found)
    }

    /// [`at`](Self::at) through several keys.
    pub(super) fn path(self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self, |view, key| view.at(key))
    }

    fn is_null(self) -> bool {
        match self {
            Self::Json(value) => value.is_null(),
            Self::Node(tree, id) => {
                matches!(tree.node(id).kind, Kind::Scalar { plain: true, .. })
                    && matches!(tree.raw(id), b"null" | b"~" | b"" | b"Null" | b"NULL")
            }
        }
    }

    /// The items of a list; nothing for anything else.
    pub(super) fn items(self) -> Vec<Self> {
        match self {
            Self::Json(value) => {
                value.as_array().into_iter().flatten().take(MAX_ENTRIES).map(Self::Json).collect()
            }
            Self::Node(tree, id) => {
                let items = tree.items(id).take(MAX_ENTRIES);
                items.filter_map(|item| Some(Self::Node(tree, tree.follow(id, item)?))).collect()
            }
        }
    }

    /// The items of a list under a key.
    pub(super) fn list(self, key: &str) -> Vec<Self> {
        self.at(key).map(Self::items).unwrap_or_default()
    }

    /// The entries of a mapping in their order, values of `null` left out.
    pub(super) fn entries(self) -> Vec<(Cow<'v, str>, Self)> {
        match self {
            Self::Json(value) => {
                let entries = value.as_object().into_iter().flatten().take(MAX_ENTRIES);
                let entries = entries.map(|(key, value)| (Cow::Borrowed(key.as_str()), Self::Json(value)));
                entries.filter(|(_, value)| !value.is_null()).collect()
            }
            Self::Node(tree, id) => {
                let entries = tree.entries(id).take(MAX_ENTRIES);
                let entries = entries.filter_map(|(key, value)| {
                    Some((tree.string(key), Self::Node(tree, tree.follow(id, value)?)))
                });
                entries.filter(|(_, value)| !value.is_null()).collect()
            }
        }
    }

    /// A scalar as text: strings, and numbers and booleans as they are written.
    pub(super) fn text(self) -> Option<Cow<'v, str>> {
        match self {
            Self::Json(Value::String(text)) => Some(Cow::Borrowed(text)),
            Self::Json(Value::Number(number)) => Some(Cow::Owned(number.to_string())),
            Self::Json(Value::Bool(flag)) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            Self::Json(_) => None,
            Self::Node(tree, id) => {
                matches!(tree.node(id).kind, Kind::Scalar { .. }).then(|| tree.string(id))
            }
        }
    }

    /// The text under a key.
    pub(super) fn text_at(self, key: &str) -> Option<Cow<'v, str>> {
        self.at(key)?.text()
    }

    /// The text under a key, if it is not empty.
    pub(super) fn word_at(self, key: &str) -> Option<Cow<'v, str>> {
        self.text_at(key).filter(|text| !text.is_empty())
    }

    /// A boolean under a key.
    pub(super) fn flag(self, key: &str) -> Option<bool> {
        match self.text_at(key)?.as_ref() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// The decoded bytes of a scalar, for values that are fingerprinted.
    pub(super) fn with_bytes(self, take: &mut dyn FnMut(&[u8])) {
        match self {
            Self::Json(value) => {
                if let Some(text) = value.as_str() {
                    take(text.as_bytes());
                }
            }
            Self::Node(tree, id) => {
                if let Some(text) = tree.text(id) {
                    take(text.bytes());
                }
            }
        }
    }
}
