//! [`SharedStr`]: a text that many things say.
//!
//! A report of a large tree says the same few hundred words a million times over: ids and titles of
//! detectors, the reason and the way out of a check, names of fields, hashes of commits. Each is kept
//! once, and who says it holds one pointer to it: a third of what a `String` takes where it stands,
//! and nothing beside.

use std::borrow::{Borrow, Cow};
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is never changed, and shared by its clones. It is one pointer wide, which an `Arc<str>`
/// is not: nearly all of them are clones.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SharedStr(Arc<Box<str>>);

impl SharedStr {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SharedStr {
    fn default() -> Self {
        static EMPTY: LazyLock<SharedStr> = LazyLock::new(|| SharedStr(Arc::default()));
        EMPTY.clone()
    }
}

impl Deref for SharedStr {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for SharedStr {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for SharedStr {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SharedStr {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::default() } else { Self(Arc::new(text.into())) }
    }
}

impl From<String> for SharedStr {
    fn from(text: String) -> Self {
        if text.is_empty() { Self::default() } else { Self(Arc::new(text.into())) }
    }
}

impl PartialEq<str> for SharedStr {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for SharedStr {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for SharedStr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for SharedStr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl JsonSchema for SharedStr {
    fn inline_schema() -> bool {
        String::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

/// Texts that are remembered; then they are forgotten, and all said anew.
const MOST: usize = 1 << 14;
/// Longest text that is remembered, in bytes.
const LONGEST: usize = 512;

/// Texts that were said lately. It is as large as it was made above and no larger, however many
/// different ones are said: what is said rarely need not be shared.
#[derive(Debug, Default)]
pub struct Texts(HashSet<SharedStr>);

impl Texts {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that says `text`: if that was said before, mostly the same.
    pub fn share(&mut self, text: &str) -> SharedStr {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let new = SharedStr::from(text);
        if text.len() <= LONGEST {
            if self.0.len() >= MOST {
                self.0.clear();
            }
            self.0.insert(new.clone());
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pointer_wide_and_kept_once() {
        assert_eq!(size_of::<Option<SharedStr>>(), size_of::<usize>());
        let mut texts = Texts::new();
        let (first, again) = (texts.share("generic/password"), texts.share("generic/password"));
        assert!(first == "generic/password" && Arc::ptr_eq(&first.0, &again.0));
        assert_eq!(texts.share(""), SharedStr::default());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut texts = Texts::new();
        let all: Vec<SharedStr> = (0..=MOST).map(|n| texts.share(&n.to_string())).collect();
        assert!(all.iter().enumerate().all(|(n, text)| *text == n.to_string().as_str()));
        assert_eq!((texts.0.len(), texts.share(&"x".repeat(LONGEST + 1)).len()), (1, LONGEST + 1));
        assert_eq!(texts.0.len(), 1);
    }

    #[test]
    fn it_is_written_and_read_as_a_text() {
        let text = SharedStr::from("caf\u{e9} \"x\"");
        let json = serde_json::to_string(&text).unwrap();
        assert_eq!(json, serde_json::to_string("caf\u{e9} \"x\"").unwrap());
        assert_eq!(serde_json::from_str::<SharedStr>(&json).unwrap(), text);
    }
}
