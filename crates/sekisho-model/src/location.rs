//! [`LocationId`]: the identity of a place that needs no key and holds nothing of the value.
//!
//! Baselines, ignore files, SARIF and GitLab ids use it, so it must survive a move of the line, a
//! change of the value, another machine and another key; and since anyone may see it, it must not
//! let anyone test guesses. It is the first 16 bytes of SHA-256 over length-prefixed parts:
//! detector, path with the steps inwards, object and field, the line with every value in it
//! masked, and the ordinal among equal places of one item.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use data_encoding::HEXLOWER;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::place::{Place, Root, Step};
use crate::shared_str::SharedStr;

/// Identity of a place: 32 hexadecimal digits. There is one for every copy and finding, so it is kept
/// as the bytes that they stand for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LocationId(Id);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Id {
    /// What the digits stand for.
    Digest([u8; DIGEST]),
    /// Something else that was read; never 32 small hexadecimal digits, so that equal ids are equal.
    Other(SharedStr),
}

/// Bytes of an id.
const DIGEST: usize = 16;

impl LocationId {
    /// The bytes that it stands for, if it is one of ours.
    pub fn digest(&self) -> Option<[u8; DIGEST]> {
        match self.0 {
            Id::Digest(digest) => Some(digest),
            Id::Other(_) => None,
        }
    }

    /// The id as text.
    fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Id::Digest(digest) => HEXLOWER.encode(digest).into(),
            Id::Other(text) => text.as_str().into(),
        }
    }
}

impl From<[u8; DIGEST]> for LocationId {
    fn from(digest: [u8; DIGEST]) -> Self {
        Self(Id::Digest(digest))
    }
}

impl From<String> for LocationId {
    /// Takes an id that was read from a report, baseline or ignore file; any text will do, since
    /// ids are only compared.
    fn from(text: String) -> Self {
        let digest = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        Self(digest.map_or_else(|| Id::Other(text.into()), Id::Digest))
    }
}

impl Ord for LocationId {
    /// As their texts.
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Id::Digest(mine), Id::Digest(theirs)) => mine.cmp(theirs),
            _ => self.text().cmp(&other.text()),
        }
    }
}

impl PartialOrd for LocationId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for LocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for LocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocationId({self})")
    }
}

impl Serialize for LocationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for LocationId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl JsonSchema for LocationId {
    fn schema_name() -> Cow<'static, str> {
        "LocationId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "Identity of a place: 32 hexadecimal digits." })
    }
}

/// Gives out the location ids of one item; it counts equal places, so use one for each item and
/// ask in the order of the bytes.
#[derive(Debug, Default)]
pub struct LocationHasher {
    seen: HashMap<[u8; DIGEST], u64>,
}

impl LocationHasher {
    /// None seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of `detector` (or check) at `place`. `masked_line` is the line of the value with the
    /// value and all other candidates of that line masked by the caller.
    pub fn id(&mut self, detector: &str, place: &Place, masked_line: &[u8]) -> LocationId {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(b"sekisho/location/v1");
        part(detector.as_bytes());
        part(root_key(&place.root).as_bytes());
        for step in &place.inside {
            part(step_key(step).as_bytes());
        }
        if let Some(object) = &place.object {
            part(object.api_version.as_bytes());
            part(object.kind.as_bytes());
            part(object.namespace.as_deref().unwrap_or_default().as_bytes());
            part(object.name.as_bytes());
        }
        part(place.field.as_deref().unwrap_or_default().as_bytes());
        part(masked_line);
        let digest: [u8; 32] = hash.clone().finalize().into();
        let mut key = [0; DIGEST];
        key.copy_from_slice(&digest[..DIGEST]);
        let ordinal = self.seen.entry(key).and_modify(|n| *n += 1).or_insert(0);
        hash.update(ordinal.to_le_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        key.copy_from_slice(&digest[..DIGEST]);
        LocationId::from(key)
    }
}

/// What of a root stays the same from run to run: times, layers and revisions do not.
fn root_key(root: &Root) -> String {
    match root {
        // A worktree file and its history are one place to whoever keeps a baseline.
        Root::File { path } | Root::Git { path, .. } => {
            format!("file\0{}\0{}", path.path, path.path_b64.as_deref().unwrap_or_default())
        }
        Root::Log { path, pod, container, .. } => format!(
            "log\0{}\0{}\0{}",
            path.path,
            pod.as_deref().unwrap_or_default(),
            container.as_deref().unwrap_or_default()
        ),
        Root::Image { path, .. } => format!("image\0{}", path.path),
        Root::ImageConfig { .. } => "image-config".to_owned(),
        Root::Object { .. } => "object".to_owned(),
        Root::Etcd { key, .. } => format!("etcd\0{key}"),
    }
}

fn step_key(step: &Step) -> String {
    match step {
        Step::Entry(name) => format!("entry\0{name}"),
        Step::EntryB64(name) => format!("entry-b64\0{name}"),
        Step::Decoded(encoding) => format!("decoded\0{}", encoding.as_str()),
        Step::Field(path) => format!("field\0{path}"),
        Step::Record(n) => format!("record\0{n}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Span;

    #[test]
    fn lines_may_move_and_equal_places_are_told_apart() {
        let place = Place::file("a.env");
        let moved = place.at(Span { line: 9, column: 9, ..Span::default() });
        let mut one = LocationHasher::new();
        let mut two = LocationHasher::new();
        let first = one.id("aws/access-key-id", &place, b"KEY=\xe2\x80\xa2");
        assert_eq!(two.id("aws/access-key-id", &moved, b"KEY=\xe2\x80\xa2"), first);
        assert_ne!(one.id("aws/access-key-id", &place, b"KEY=\xe2\x80\xa2"), first);
        assert_ne!(LocationHasher::new().id("aws/other", &place, b"KEY=\xe2\x80\xa2"), first);
        assert_ne!(
            LocationHasher::new().id("aws/access-key-id", &Place::file("b.env"), b"KEY=\xe2\x80\xa2"),
            first
        );
        assert_eq!(first.to_string().len(), 32);
    }

    #[test]
    fn any_text_is_an_id_and_they_compare_as_texts() {
        let texts = ["", "0F", "0f", &"0f".repeat(16), &"0F".repeat(16), &"1e".repeat(16), "1f", "unknown"];
        for one in texts {
            let id = LocationId::from(one.to_owned());
            assert_eq!(id.to_string(), one);
            assert_eq!(serde_json::from_str::<LocationId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
            for other in texts {
                assert_eq!(id.cmp(&LocationId::from(other.to_owned())), one.cmp(other), "{one} {other}");
            }
        }
    }
}
