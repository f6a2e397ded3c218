//! Texts that an estate repeats a million times, each kept once.

use std::collections::HashMap;
use std::sync::Arc;

/// A text of an [`Inventory`](super::Inventory): four bytes, equal where the texts are equal.
/// Ordered by first appearance, not by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(u32);

/// All texts of one inventory.
#[derive(Debug, Default)]
pub struct Names {
    texts: Vec<Arc<str>>,
    known: HashMap<Arc<str>, Name>,
}

impl Names {
    /// The name of a text, entered if it is new.
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(name) = self.known.get(text) {
            return *name;
        }
        let name = Name(self.texts.len() as u32);
        let text: Arc<str> = Arc::from(text);
        self.texts.push(Arc::clone(&text));
        self.known.insert(text, name);
        name
    }

    /// The name of a text that was seen; `None` says that no object holds it.
    pub fn find(&self, text: &str) -> Option<Name> {
        self.known.get(text).copied()
    }

    /// The text of a name. A name of another inventory gives some text or none, never a panic.
    pub fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", AsRef::as_ref)
    }
}
