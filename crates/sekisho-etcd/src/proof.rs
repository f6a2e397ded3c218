//! The report of `prove`, schema `sekisho.proof/v1`: plain data, in the order in which it is
//! written. It holds names and places and fingerprints, never a value.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use sekisho_secret::{Fingerprint, KeyId};
use serde::{Deserialize, Serialize};

use crate::config::{Grade, Remark, grade};
use crate::looks::Looks;
use crate::options::Require;
use crate::way::{Step, way};

/// Name of the schema.
pub const SCHEMA: &str = "sekisho.proof/v1";

/// What is and is not encrypted in some files of etcd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// [`SCHEMA`].
    pub schema: String,
    /// The estate key under which values were fingerprinted.
    pub key_id: KeyId,
    /// Resources whose plaintext makes a file `plaintext`.
    pub require: Vec<String>,
    /// The files, in the order given.
    pub files: Vec<FileProof>,
    /// What the providers that were met are worth.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<Grade>,
    /// What is to be said of the configuration, where one was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub configuration: Vec<Remark>,
    /// The way to clean, from this state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub way: Vec<Step>,
}

impl Proof {
    /// A proof of these files, with grades and the way to clean.
    pub fn new(key_id: KeyId, require: &Require, files: Vec<FileProof>) -> Self {
        let envelopes: BTreeSet<&str> =
            files.iter().flat_map(|file| &file.objects).map(|count| count.envelope.as_str()).collect();
        Self {
            schema: SCHEMA.to_owned(),
            key_id,
            require: require.names().map(str::to_owned).collect(),
            grades: envelopes.into_iter().filter(|name| name.contains(':')).map(grade).collect(),
            configuration: Vec::new(),
            way: way(&files, require),
            files,
        }
    }

    /// The worst verdict of all files.
    pub fn verdict(&self) -> Verdict {
        self.files.iter().map(|file| file.verdict).max().unwrap_or(Verdict::Unproven)
    }
}

/// What a file is, told by its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A bbolt file without a hash at its end: a member's `db`, a `.snap.db`, a temporary copy.
    Bbolt,
    /// A bbolt image with its SHA-256 behind it: `etcdctl snapshot save`.
    Snapshot,
    /// A segment of the write-ahead log.
    Wal,
    /// A raft snapshot (`.snap`): membership and version 2 keys.
    RaftSnapshot,
    /// An age, OpenPGP, OpenSSL or LUKS container: closed to this tool, so neither clean nor good.
    EncryptedContainer,
    /// None of these.
    Unknown,
}

/// What may be said of a file. Ordered: the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every byte is accounted for, and no required resource is in plain. Speaks of this file,
    /// never of the cluster.
    Clean,
    /// Something could not be accounted for.
    Unproven,
    /// A required resource is in plain.
    Plaintext,
}

/// Where in etcd's life a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// The newest revision of its key.
    Live,
    /// An older revision of a key that still exists; gone after compaction, then in free pages.
    Superseded,
    /// A revision of a key whose newest revision is a tombstone.
    Deleted,
    /// Bytes that no valid record owns: pages that the tree does not reach, slack within pages.
    /// Gone after defragmentation.
    Free,
    /// A log segment.
    Wal,
    /// Behind the high-water mark.
    Tail,
}

impl Region {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Superseded => "superseded",
            Self::Deleted => "deleted",
            Self::Free => "free",
            Self::Wal => "wal",
            Self::Tail => "tail",
        }
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileProof {
    /// The path as given.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Length of the uncompressed file in bytes.
    pub bytes: u64,
    /// SHA-256 of the uncompressed file; null when hashing was off.
    pub sha256: Option<String>,
    /// Bytes that are structure, records, zero or ciphertext.
    pub accounted_bytes: u64,
    /// The bytes by what they are; the sum is `bytes`.
    pub accounting: Accounting,
    /// What may be said of the file.
    pub verdict: Verdict,
    /// What etcd says of itself in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etcd: Option<EtcdState>,
    /// What a log segment holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal: Option<WalState>,
    /// How the hash behind a snapshot compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_hash: Option<SnapshotHash>,
    /// What the given keys opened; none without keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decryption: Option<Decryption>,
    /// Objects by resource, region and envelope.
    pub objects: Vec<ObjectCount>,
    /// Resources that were written in plain after they were written sealed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plain_after_sealed: Vec<PlainAfterSealed>,
    /// Plaintext, in the order of the file.
    pub remains: Vec<Remains>,
    /// Plaintext records that were too many to list; all are counted in `objects`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub remains_omitted: u64,
    /// Bytes of nobody, what may be plaintext first.
    pub unattributed: Vec<Unattributed>,
    /// Ranges that were too many to list; all are counted in `accounting`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unattributed_omitted: u64,
    /// What is wrong with the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// Problems that were too many to list.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub problems_omitted: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What the given keys opened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Decryption {
    /// Values that opened and are authentic.
    pub opened: u64,
    /// Values that did not, or that are not where they belong.
    pub failed: Vec<FailedValue>,
    /// Failed values that were too many to list.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed_omitted: u64,
}

/// A value that did not open, or that is not where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FailedValue {
    /// The etcd key that it stands under.
    pub etcd_key: String,
    /// Where it is.
    pub region: Region,
    /// Its envelope, as in [`ObjectCount`].
    pub envelope: String,
    /// First byte in the uncompressed file.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
    /// Why.
    pub reason: Refusal,
    /// The key that it was moved from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
}

/// Why a value did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// No key of this provider and name was given.
    NoKey,
    /// The key does not fit, or the value was changed.
    NotAuthentic,
    /// It belongs to another etcd key.
    Moved,
}

/// Bytes by what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Accounting {
    /// Headers, tables, branch keys, log frames, hashes.
    pub structure: u64,
    /// Parsed records and their plain values.
    pub records: u64,
    /// Zero.
    pub zero: u64,
    /// Ciphertext that belongs to an envelope.
    pub ciphertext: u64,
    /// Everything else.
    pub unattributed: u64,
}

impl Accounting {
    /// All bytes.
    pub fn total(&self) -> u64 {
        self.structure + self.records + self.zero + self.ciphertext + self.unattributed
    }
}

/// What etcd says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct EtcdState {
    /// Page size in bytes.
    pub page_size: u32,
    /// Pages below the high-water mark.
    pub pages: u64,
    /// Pages below it that the tree does not reach.
    pub free_pages: u64,
    /// The newest revision.
    pub revision: i64,
    /// The revision of the last finished compaction.
    pub compact_revision: Option<i64>,
    /// Revisions of keys, tombstones among them.
    pub revisions: u64,
    /// Tombstones.
    pub tombstones: u64,
}

/// What a log segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct WalState {
    /// Entries.
    pub entries: u64,
    /// Index of the first entry.
    pub first_index: u64,
    /// Index of the last entry.
    pub last_index: u64,
    /// The checksum that the segment before ended with.
    pub seed_crc: u32,
    /// The checksum that this one ends with.
    pub end_crc: u32,
}

/// How the hash behind a snapshot compares with the bytes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotHash {
    /// It is their SHA-256.
    Ok,
    /// It is not: the file was changed or cut.
    Mismatch,
    /// Hashing was off.
    NotChecked,
}

/// How many objects are in one state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ObjectCount {
    /// The resource as EncryptionConfiguration writes it; null when the key is lost or not one of
    /// Kubernetes.
    pub resource: Option<String>,
    /// Where the objects are.
    pub region: Region,
    /// `plain`, `aescbc:NAME`, `kms-v2:NAME`, …, or `broken`.
    pub envelope: String,
    /// The id of the key in the KMS, for KMS v2.
    pub kms_key_id: Option<String>,
    /// How many.
    pub count: u64,
    /// The lowest mod_revision among them; null in a log, and where revisions are lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_revision: Option<u64>,
    /// The highest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_revision: Option<u64>,
}

/// Writes in plain that came after the first enveloped one: encryption was on, and something wrote
/// without it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PlainAfterSealed {
    /// The resource, as in [`ObjectCount`].
    pub resource: String,
    /// The mod_revision of the first enveloped record of the tree.
    pub first_sealed: u64,
    /// Plain records with a higher one.
    pub count: u64,
}

/// One plaintext value, or what survives of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Remains {
    /// Where it is.
    pub region: Region,
    /// The resource, as in [`ObjectCount`].
    pub resource: Option<String>,
    /// The etcd key; null when it is lost.
    pub etcd_key: Option<String>,
    /// Its mod_revision, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// First byte in the uncompressed file.
    pub offset: u64,
    /// Bytes of the value, or of the surviving piece.
    pub length: u64,
    /// The page of the first byte; null in a log.
    pub page: Option<u64>,
    /// Fingerprints of the values inside; weak ones are not told.
    pub fingerprints: Vec<Fingerprint>,
    /// Whether the live copy of the key still holds one of the values; null when it cannot be
    /// read.
    pub still_live: Option<bool>,
}

/// A range of bytes that belongs to nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unattributed {
    /// First byte in the uncompressed file.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
    /// What they look like.
    pub looks: Looks,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Which fault.
    pub kind: ProblemKind,
    /// First byte concerned, in the uncompressed file.
    pub offset: Option<u64>,
    /// What it is, in our own words.
    pub what: String,
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// A checksum or hash does not fit.
    Checksum,
    /// A page or record is half written, or names another.
    Torn,
    /// The file ends before what it says it holds.
    Truncated,
    /// Pages form a circle or are claimed twice.
    Circle,
    /// A run is longer than is looked at as one.
    TooLong,
    /// A read failed.
    Io,
    /// The file is closed to this tool or none of etcd's.
    Unreadable,
}
