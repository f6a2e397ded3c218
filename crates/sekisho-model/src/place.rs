//! [`Place`]: where something is, from the target down to the bytes.
//!
//! A place is a [`Root`] (what kind of thing the source yielded, and its path there), then
//! [`Step`]s inwards through containers and encodings, then the Kubernetes object and field when
//! there are any, then the [`Span`] of bytes. So *zip entry → base64 → JSON field* is one place.
//! The serde form is the `place` of `sekisho.report/v1`.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encoding::Encoding;
use crate::shared_str::SharedStr;

/// A path as it stands in a target, relative to it, with `/` between its parts.
///
/// Names need not be UTF-8: `path` is then the lossy text for people and `path_b64` the exact
/// bytes (RFC 4648 base64, padded).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct TargetPath {
    /// The path as text.
    pub path: SharedStr,
    /// The exact bytes, where they are not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_b64: Option<SharedStr>,
}

impl TargetPath {
    /// The path made of `bytes`.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { path: text.into(), path_b64: None },
            Err(_) => Self {
                path: String::from_utf8_lossy(bytes).as_ref().into(),
                path_b64: Some(data_encoding::BASE64.encode(bytes).into()),
            },
        }
    }
}

impl From<&str> for TargetPath {
    fn from(path: &str) -> Self {
        Self::from_bytes(path.as_bytes())
    }
}

/// What the source yielded: the closed union of place types.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Root {
    /// A file below a directory, or a file named as target.
    File {
        /// Relative to the target.
        #[serde(flatten)]
        path: TargetPath,
    },
    /// A line of a log or another stream.
    Log {
        /// The log's path, or `-` for standard input.
        #[serde(flatten)]
        path: TargetPath,
        /// The time stamp of the line as it stands there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<SharedStr>,
        /// The pod that wrote the line (`kubectl logs --prefix`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pod: Option<SharedStr>,
        /// The container that wrote the line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        container: Option<SharedStr>,
    },
    /// A blob of a git repository's history.
    Git {
        /// The repository, relative to the target.
        repo: SharedStr,
        /// The path in the tree; empty for the message of a commit or tag, and for a blob that no
        /// tree names.
        #[serde(flatten)]
        path: TargetPath,
        /// The blob's object id: of several versions the newest. Of a message the commit's or tag's.
        blob: SharedStr,
        /// Where and when else it stood, once all versions are known.
        #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
        history: Option<Arc<GitHistory>>,
    },
    /// A file of an image's layer.
    Image {
        /// The image reference or archive.
        image: SharedStr,
        /// The layer's digest.
        layer: SharedStr,
        /// The path in the layer.
        #[serde(flatten)]
        path: TargetPath,
    },
    /// A value of an image's configuration (ENV, LABEL, history).
    ImageConfig {
        /// The image reference or archive.
        image: SharedStr,
        /// The configuration's digest.
        digest: SharedStr,
    },
    /// An object of a cluster, dump or backup, with no file of its own.
    Object {
        /// The cluster, dump or backup.
        cluster: SharedStr,
    },
    /// A key of an etcd data file.
    Etcd {
        /// The file.
        #[serde(flatten)]
        path: TargetPath,
        /// The etcd key.
        key: SharedStr,
        /// Its revision.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<i64>,
        /// Where in etcd's life the copy is: `live`, `superseded`, `deleted`, `free`, `wal`, `tail`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        region: Option<SharedStr>,
        /// First byte of the stored value in the uncompressed file, for copies outside the tree.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offset: Option<u64>,
    },
}

/// All versions of one path that hold one credential, as one copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct GitHistory {
    /// What keeps it: `refs`, `index` (staged), `stash`, `reflog`, or `unreachable`.
    pub side: SharedStr,
    /// How many blobs hold it at this path.
    pub versions: u64,
    /// The first of them.
    pub first_blob: SharedStr,
    /// The first commit that has it while no parent has.
    pub introduced: Option<GitCommit>,
    /// The last commit that took it away; null while a ref's newest commit has it.
    pub removed: Option<GitCommit>,
    /// Refs whose newest commit has it, by short name, the checked-out branch first; at most 16.
    pub in_tip_of: Arc<[SharedStr]>,
    /// How many refs those are.
    pub tips: u64,
}

/// A commit, as places name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct GitCommit {
    /// Its object id.
    pub commit: SharedStr,
    /// When it was committed, RFC 3339 in UTC.
    pub when: SharedStr,
    /// Its author, on request: in plain, or keyed (an HMAC under the estate key).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<SharedStr>,
}

/// One step inwards from the root. The set is closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A member of an archive.
    Entry(String),
    /// A member of an archive whose name is not UTF-8, in base64.
    EntryB64(String),
    /// The content of a decoded or decompressed run.
    Decoded(Encoding),
    /// A field of a structured value inside (`auths.registry.example.auth`).
    Field(String),
    /// The n-th document or record, from 0.
    Record(u64),
}

/// A Kubernetes object, as far as its manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// Group and version, as written.
    pub api_version: String,
    /// Kind, as written.
    pub kind: String,
    /// Namespace, where the manifest names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name (or `generateName`).
    pub name: String,
}

impl fmt::Display for ObjectRef {
    /// `Deployment api (shop)`, as people speak of objects.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        match &self.namespace {
            Some(namespace) => write!(f, " ({namespace})"),
            None => Ok(()),
        }
    }
}

/// A run of bytes in the innermost file, archive member or stream of a place. For an encoded value
/// it is the run of the encoded text.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
pub struct Span {
    /// Line of the first byte, from 1; lines end with `\n`.
    pub line: u64,
    /// Column of the first byte in bytes, from 1.
    pub column: u64,
    /// Line of the end.
    pub end_line: u64,
    /// Column just behind the last byte.
    pub end_column: u64,
    /// Bytes before the run.
    pub byte_offset: u64,
    /// Bytes in the run.
    pub byte_length: u64,
}

/// The columns of a [`Span`] counted in characters (Unicode code points), for formats and editors
/// that know no byte columns. Whoever makes the place counts them, since nobody can afterwards; a
/// byte order mark is not counted. Only for text that is UTF-8 on the lines of both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CharColumns {
    /// Column of the first character, from 1.
    pub char_column: u64,
    /// Column just behind the last character.
    pub char_end_column: u64,
}

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The target that the root is relative to, where a report has several. No part of a place's
    /// identity: it is named differently on every machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<SharedStr>,
    /// The thing that the source yielded.
    #[serde(flatten)]
    pub root: Arc<Root>,
    /// Steps inwards, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<Step>,
    /// The bytes; none for a whole item or object.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The span's columns in characters, where they were counted.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub chars: Option<CharColumns>,
    /// The Kubernetes object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Arc<ObjectRef>>,
    /// The object's field: `data.password`, `spec.template.spec.containers[0].env[DB_PASSWORD]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<SharedStr>,
}

impl Place {
    /// The place of a whole file.
    pub fn file(path: impl Into<TargetPath>) -> Self {
        Self::new(Root::File { path: path.into() })
    }

    /// The place of a whole item.
    pub fn new(root: impl Into<Arc<Root>>) -> Self {
        Self {
            target: None,
            root: root.into(),
            inside: Vec::new(),
            span: None,
            chars: None,
            object: None,
            field: None,
        }
    }

    /// Whether it stands in the index of a repository and in no commit.
    pub fn is_staged(&self) -> bool {
        match &*self.root {
            Root::Git { history: Some(history), .. } => history.side == "index",
            _ => false,
        }
    }

    /// The path of the root, for those that have one.
    pub fn path(&self) -> Option<&TargetPath> {
        match &*self.root {
            Root::File { path }
            | Root::Log { path, .. }
            | Root::Git { path, .. }
            | Root::Image { path, .. }
            | Root::Etcd { path, .. } => Some(path),
            Root::ImageConfig { .. } | Root::Object { .. } => None,
        }
    }

    /// The name whose ending tells what the innermost file is: the last archive member, else the
    /// root's path.
    pub fn file_name(&self) -> &str {
        let entry = self.inside.iter().rev().find_map(|step| match step {
            Step::Entry(name) => Some(name.as_str()),
            _ => None,
        });
        entry.or_else(|| self.path().map(|p| p.path.as_str())).unwrap_or_default()
    }

    /// This place, one step further in.
    #[must_use]
    pub fn step(&self, step: Step) -> Self {
        let mut inside = Vec::with_capacity(self.inside.len() + 1);
        inside.extend_from_slice(&self.inside);
        inside.push(step);
        Self { inside, ..self.clone() }
    }

    /// This place at `span`, whose columns in characters are not known.
    #[must_use]
    pub fn at(&self, span: Span) -> Self {
        Self { span: Some(span), chars: None, ..self.clone() }
    }
}

impl fmt::Display for Place {
    /// `path!entry:line:column`, for people; not escaped for any output.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(target) = &self.target {
            write!(f, "{target}/")?;
        }
        match &*self.root {
            Root::ImageConfig { image, .. } => write!(f, "{image} (config)")?,
            Root::Object { cluster } => f.write_str(cluster)?,
            Root::Image { image, path, .. } => write!(f, "{image}:{}", path.path)?,
            Root::Etcd { path, key, .. } => write!(f, "{}:{key}", path.path)?,
            Root::File { path } | Root::Log { path, .. } | Root::Git { path, .. } => {
                f.write_str(&path.path)?;
            }
        }
        for step in &self.inside {
            if let Step::Entry(name) = step {
                write!(f, "!{name}")?;
            }
        }
        match &self.span {
            Some(span) => write!(f, ":{}:{}", span.line, span.column),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serde_form_is_the_contract() {
        let mut place = Place::file("deploy/secret.yaml").step(Step::Entry("a/b.env".into())).at(Span {
            line: 12,
            column: 5,
            end_line: 12,
            end_column: 25,
            byte_offset: 200,
            byte_length: 20,
        });
        let object = ObjectRef {
            api_version: "v1".into(),
            kind: "Secret".into(),
            namespace: Some("shop".into()),
            name: "db".into(),
        };
        place.object = Some(object.into());
        place.field = Some("data.password".into());
        let json = serde_json::to_value(&place).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "file", "path": "deploy/secret.yaml", "inside": [{"entry": "a/b.env"}],
                "line": 12, "column": 5, "end_line": 12, "end_column": 25, "byte_offset": 200, "byte_length": 20,
                "object": {"apiVersion": "v1", "kind": "Secret", "namespace": "shop", "name": "db"},
                "field": "data.password",
            })
        );
        assert_eq!(serde_json::from_value::<Place>(json).unwrap(), place);
        assert_eq!(place.to_string(), "deploy/secret.yaml!a/b.env:12:5");
    }

    #[test]
    fn a_place_without_a_span_round_trips() {
        let place = Place::file(TargetPath::from_bytes(b"caf\xe9.env"));
        let json = serde_json::to_value(&place).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"type": "file", "path": "caf\u{fffd}.env", "path_b64": "Y2Fm6S5lbnY="})
        );
        assert_eq!(serde_json::from_value::<Place>(json).unwrap(), place);
    }
}
