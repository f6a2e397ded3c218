//! [`Tally`]: what is counted while a file is read.
//!
//! Every byte of a file comes here once, as structure, record, zero, ciphertext or nobody's; every
//! stored value comes here once with its region. Memory is bounded whatever the file holds: names
//! are interned in tables with a cap, lists are cut at a cap and the rest is counted.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use sekisho_secret::Fingerprint;

use crate::envelope::{self, Envelope, Stored};
use crate::keyring::{Keyring, Refused};
use crate::looks::{self, Looks};
use crate::object;
use crate::options::Options;
use crate::proof::{
    Accounting, Decryption, FailedValue, FileKind, FileProof, ObjectCount, PlainAfterSealed, Problem,
    ProblemKind, Refusal, Region, Remains, Unattributed, Verdict,
};
use crate::storage_name::{Prefixes, resource_of_kind};

/// Distinct names of each sort that are told apart.
const MAX_NAMES: usize = 4096;
/// Distinct combinations of names that are counted apart.
const MAX_COUNTS: usize = 16_384;
/// Plaintext records listed of required resources, and of all others.
const MAX_REMAINS: usize = 100_000;
/// Unattributed ranges listed for each look.
const MAX_RANGES: usize = 10_000;
/// Problems listed.
const MAX_PROBLEMS: usize = 1_000;
/// etcd refuses no long key; Kubernetes' are below a kilobyte. What is told of a longer one.
const MAX_KEY: usize = 4096;

/// A stored value at its place.
#[derive(Clone, Copy)]
pub(crate) struct Record<'r> {
    pub(crate) key: &'r [u8],
    pub(crate) value: &'r [u8],
    /// Of the value, in the file.
    pub(crate) offset: u64,
    pub(crate) page: Option<u64>,
    /// Whether the value's end is there.
    pub(crate) is_whole: bool,
    /// Its mod_revision, where it is known.
    pub(crate) revision: Option<u64>,
}

/// What is known of the live copy of a plaintext record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LiveCopy {
    /// Whether it holds one of the values; none when it cannot be read.
    Known(Option<bool>),
    /// It has to be looked up.
    Ask,
}

/// A plaintext record on its way into the report.
pub(crate) struct Draft {
    pub(crate) region: Region,
    resource: u32,
    pub(crate) key: Option<Box<[u8]>>,
    revision: Option<u64>,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    page: Option<u64>,
    fingerprints: Vec<Fingerprint>,
    pub(crate) live: LiveCopy,
}

#[derive(Default)]
struct Resource {
    name: Option<String>,
    required: bool,
    /// Whether its plaintext is counted only, and not listed.
    is_silent: bool,
    /// Of the tree: the lowest revision that is sealed, the plain records met, and those of them
    /// above it. The tree is read newest first, so a new lowest has all of them above it; where
    /// that takes several passes the last number is a lower bound.
    first_sealed: Option<u64>,
    plain: u64,
    plain_above: u64,
}

/// Records counted alike.
#[derive(Default)]
struct Count {
    records: u64,
    first: Option<u64>,
    last: Option<u64>,
}

/// The key is lost.
const LOST: u32 = 0;
/// The key is there and not one of Kubernetes.
const FOREIGN: u32 = 1;
/// Beyond the cap on names.
const OTHER: u32 = 2;

const PLAIN: u32 = 0;
const BROKEN: u32 = 1;
const NO_KEY_ID: u32 = 0;

/// Names as numbers, up to a cap.
struct Names {
    ids: HashMap<Vec<u8>, u32>,
    names: Vec<String>,
}

impl Names {
    fn new(first: &[&str]) -> Self {
        Self { ids: HashMap::new(), names: first.iter().map(|name| (*name).to_owned()).collect() }
    }

    fn id(&mut self, bytes: &[u8], name: impl FnOnce() -> String) -> u32 {
        if let Some(id) = self.ids.get(bytes) {
            return *id;
        }
        if self.names.len() >= MAX_NAMES {
            return self.names.len() as u32 - 1;
        }
        let last = self.names.len() + 1 == MAX_NAMES;
        self.names.push(if last { "(others)".to_owned() } else { name() });
        let id = self.names.len() as u32 - 1;
        self.ids.insert(bytes.to_vec(), id);
        id
    }
}

pub(crate) struct Tally<'o> {
    options: &'o Options<'o>,
    pub(crate) prefixes: Prefixes,
    accounting: Accounting,
    /// By the key up to its directory.
    by_directory: HashMap<Vec<u8>, u32>,
    by_name: HashMap<String, u32>,
    resources: Vec<Resource>,
    last_directory: (Vec<u8>, u32),
    /// By the bytes of the type, whether objects of it are required.
    kinds: HashMap<Vec<u8>, bool>,
    envelopes: Names,
    key_ids: Names,
    counts: BTreeMap<(u32, Region, u32, u32), Count>,
    pub(crate) drafts: Vec<Draft>,
    listed: [usize; 2],
    omitted: u64,
    ranges: BTreeMap<Looks, Vec<(u64, u64)>>,
    ranges_omitted: u64,
    problems: Vec<Problem>,
    problems_omitted: u64,
    decryption: Decryption,
    required_in_plain: bool,
    muted: bool,
}

/// Whether two keys name the same object, under whatever prefix.
fn same_object(a: &[u8], b: &[u8]) -> bool {
    let object =
        |key: &[u8]| key.rsplitn(4, |byte| *byte == b'/').take(3).map(<[u8]>::to_vec).collect::<Vec<_>>();
    object(a) == object(b)
}

impl<'o> Tally<'o> {
    pub(crate) fn new(options: &'o Options<'o>) -> Self {
        let others = Resource { name: Some("(others)".to_owned()), ..Resource::default() };
        let mut tally = Self {
            options,
            prefixes: Prefixes::default(),
            accounting: Accounting::default(),
            by_directory: HashMap::new(),
            by_name: HashMap::new(),
            resources: vec![Resource::default(), Resource::default(), others],
            last_directory: (Vec::new(), FOREIGN),
            kinds: HashMap::new(),
            envelopes: Names::new(&["plain", "broken"]),
            key_ids: Names::new(&[""]),
            counts: BTreeMap::new(),
            drafts: Vec::new(),
            listed: [0; 2],
            omitted: 0,
            ranges: BTreeMap::new(),
            ranges_omitted: 0,
            problems: Vec::new(),
            problems_omitted: 0,
            decryption: Decryption::default(),
            required_in_plain: false,
            muted: false,
        };
        // Required ones first, so that no flood of names can push them beyond the cap.
        for name in options.require.names() {
            tally.resource(Cow::Owned(name.to_owned()), true);
        }
        tally
    }

    /// While muted, bytes and problems were counted by an earlier pass, and only records are.
    pub(crate) fn set_muted(&mut self, muted: bool) {
        self.muted = muted;
    }

    // Bytes.

    pub(crate) fn structure(&mut self, bytes: u64) {
        if !self.muted {
            self.accounting.structure += bytes;
        }
    }

    pub(crate) fn record(&mut self, bytes: u64) {
        if !self.muted {
            self.accounting.records += bytes;
        }
    }

    pub(crate) fn zero(&mut self, bytes: u64) {
        if !self.muted {
            self.accounting.zero += bytes;
        }
    }

    fn ciphertext(&mut self, bytes: u64) {
        if !self.muted {
            self.accounting.ciphertext += bytes;
        }
    }

    /// Bytes of nobody; zeros at their ends are counted as zero.
    pub(crate) fn nobody(&mut self, bytes: &[u8], offset: u64) {
        let head = looks::zero_prefix(bytes);
        self.zero(head as u64);
        let bytes = &bytes[head..];
        let tail = looks::zero_suffix(bytes);
        self.zero(tail as u64);
        let bytes = &bytes[..bytes.len() - tail];
        if !bytes.is_empty() {
            self.unattributed(offset + head as u64, bytes.len() as u64, looks::looks(bytes));
        }
    }

    pub(crate) fn unattributed(&mut self, offset: u64, length: u64, looks: Looks) {
        if self.muted {
            return;
        }
        self.accounting.unattributed += length;
        let ranges = self.ranges.entry(looks).or_default();
        let is_full = ranges.len() >= MAX_RANGES;
        match ranges.last_mut() {
            Some(last) if last.0 + last.1 == offset => last.1 += length,
            _ if is_full => self.ranges_omitted += 1,
            _ => ranges.push((offset, length)),
        }
    }

    /// A whole file that cannot be looked into.
    pub(crate) fn closed(&mut self, bytes: u64) {
        if bytes > 0 {
            self.unattributed(0, bytes, Looks::Random);
        }
    }

    /// Accounts for the bytes of a value, and tells what it is. `end` is how much of it may be
    /// ciphertext of an envelope; what is behind is nobody's.
    pub(crate) fn value<'v>(&mut self, value: &'v [u8], whole: bool, offset: u64, end: usize) -> Stored<'v> {
        let stored = if whole { envelope::read(value) } else { envelope::read_head(value) };
        match stored {
            Stored::Plain => self.record(value.len() as u64),
            Stored::Sealed(envelope) => {
                let end = end.min(value.len());
                let body = (value.len() - envelope.body.len()).min(end);
                self.record(body as u64);
                self.ciphertext((end - body) as u64);
                self.nobody(&value[end..], offset + end as u64);
            }
            Stored::Broken => self.nobody(value, offset),
        }
        stored
    }

    pub(crate) fn problem(&mut self, kind: ProblemKind, offset: Option<u64>, what: impl Into<String>) {
        if self.muted {
            return;
        }
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { kind, offset, what: what.into() });
        } else {
            self.problems_omitted += 1;
        }
    }

    // Values.

    fn resource(&mut self, name: Cow<'static, str>, listed: bool) -> u32 {
        if let Some(id) = self.by_name.get(name.as_ref()) {
            return *id;
        }
        if self.resources.len() >= MAX_NAMES {
            return OTHER;
        }
        let required = self.options.require.covers(&name);
        let id = self.resources.len() as u32;
        self.by_name.insert(name.clone().into_owned(), id);
        let is_silent = !listed && !required;
        self.resources.push(Resource {
            name: Some(name.into_owned()),
            required,
            is_silent,
            ..Resource::default()
        });
        id
    }

    fn resource_of_key(&mut self, key: &[u8]) -> u32 {
        let Some(name) = self.prefixes.split(key) else {
            self.prefixes.learn(key);
            return FOREIGN;
        };
        let directory = name.resource_key(key);
        if self.last_directory.0 == directory {
            return self.last_directory.1;
        }
        let id = if let Some(id) = self.by_directory.get(directory) {
            *id
        } else {
            self.prefixes.learn(key);
            let (resource, listed) = name.resource();
            let id = self.resource(resource, listed);
            if self.by_directory.len() < MAX_NAMES {
                self.by_directory.insert(directory.to_vec(), id);
            }
            id
        };
        self.last_directory.0.clear();
        self.last_directory.0.extend_from_slice(directory);
        self.last_directory.1 = id;
        id
    }

    /// Counts a stored value in its region, and lists it when it is plain.
    pub(crate) fn count(&mut self, region: Region, record: &Record<'_>, stored: Stored<'_>, live: LiveCopy) {
        let resource = self.resource_of_key(record.key);
        let (envelope, key_id) = match stored {
            Stored::Plain => (PLAIN, NO_KEY_ID),
            Stored::Broken => (BROKEN, NO_KEY_ID),
            Stored::Sealed(envelope) => {
                let head = &record.value[..record.value.len() - envelope.body.len()];
                let label = self.envelopes.id(head, || envelope.label());
                let key_id = envelope.kms.map_or(NO_KEY_ID, |kms| {
                    self.key_ids.id(kms.key_id, || String::from_utf8_lossy(kms.key_id).into_owned())
                });
                (label, key_id)
            }
        };
        self.add(resource, region, envelope, key_id, record.revision);
        self.order(resource, region, stored, record.revision);
        if let (Stored::Sealed(sealed), Some(keys)) = (stored, self.options.keys)
            && record.is_whole
        {
            self.open(keys, &sealed, region, record);
        }
        let in_plain = match stored {
            Stored::Plain => true,
            Stored::Broken => looks::holds_text(record.value),
            Stored::Sealed(_) => false,
        };
        if in_plain {
            if stored == Stored::Plain && !self.required_in_plain {
                self.required_in_plain =
                    self.resources[resource as usize].required || self.is_required_kind(record.value);
            }
            self.list(region, resource, Some(record.key), record, live);
        }
    }

    /// Opens a value, and notes it when that fails or when it is another key's.
    fn open(&mut self, keys: &Keyring, sealed: &Envelope<'_>, region: Region, record: &Record<'_>) {
        let (reason, moved_from) = match keys.open(sealed, record.key) {
            Ok(plain) => {
                self.decryption.opened += 1;
                let meta = object::type_meta(plain.expose_secret()).unwrap_or_default();
                match self.key_of(meta) {
                    Some(own) if !same_object(&own, record.key) => {
                        (Refusal::Moved, Some(String::from_utf8_lossy(&own).into_owned()))
                    }
                    _ => return,
                }
            }
            Err(Refused::NoKey) => (Refusal::NoKey, None),
            Err(Refused::NotAuthentic) => (Refusal::NotAuthentic, None),
        };
        if self.decryption.failed.len() >= MAX_PROBLEMS {
            self.decryption.failed_omitted += 1;
            return;
        }
        self.decryption.failed.push(FailedValue {
            etcd_key: String::from_utf8_lossy(record.key).into_owned(),
            region,
            envelope: sealed.label(),
            offset: record.offset,
            length: record.value.len() as u64,
            reason,
            moved_from,
        });
    }

    /// Whether an object says that it is of a required resource, whatever key it stands under.
    fn is_required_kind(&mut self, value: &[u8]) -> bool {
        let Some(bytes) = object::type_bytes(value) else { return false };
        if let Some(required) = self.kinds.get(bytes) {
            return *required;
        }
        let meta = object::type_meta(value).unwrap_or_default();
        let resource = resource_of_kind(meta.api_version, meta.kind);
        let required = resource.is_some_and(|resource| self.options.require.covers(&resource));
        if self.kinds.len() < MAX_NAMES {
            self.kinds.insert(bytes.to_vec(), required);
        }
        required
    }

    /// Counts plaintext whose key is lost. `value` may be any piece of an object.
    pub(crate) fn lost(&mut self, region: Region, value: &[u8], offset: u64, page: Option<u64>) {
        if self.muted {
            return;
        }
        // One piece that was looked at in two rounds is one piece.
        if let Some(last) = self.drafts.last_mut()
            && (last.region, last.resource, last.offset + last.length) == (region, LOST, offset)
        {
            last.length += value.len() as u64;
            return;
        }
        let mut resource = LOST;
        let mut key = None;
        if let Some(meta) = object::type_meta(value)
            && let Some(name) = resource_of_kind(meta.api_version, meta.kind)
        {
            resource = self.resource(name, true);
            key = self.key_of(meta);
        }
        self.add(resource, region, PLAIN, NO_KEY_ID, None);
        self.required_in_plain |= self.resources[resource as usize].required;
        let record = Record { key: &[], value, offset, page, is_whole: false, revision: None };
        self.list(region, resource, key.as_deref(), &record, LiveCopy::Ask);
    }

    /// The key that an object of these two kinds must have had.
    fn key_of(&self, meta: object::TypeMeta<'_>) -> Option<Vec<u8>> {
        let directory = match (meta.api_version, meta.kind) {
            (b"v1", b"Secret") => &b"/secrets/"[..],
            (b"v1", b"ConfigMap") => b"/configmaps/",
            _ => return None,
        };
        if meta.namespace.is_empty() || meta.name.is_empty() {
            return None;
        }
        let prefix = self.prefixes.all().next()?;
        Some([prefix, directory, meta.namespace, b"/", meta.name].concat())
    }

    fn add(&mut self, resource: u32, region: Region, envelope: u32, key_id: u32, revision: Option<u64>) {
        let mut key = (resource, region, envelope, key_id);
        if self.counts.len() >= MAX_COUNTS && !self.counts.contains_key(&key) {
            key = (OTHER, region, envelope.min(BROKEN), NO_KEY_ID);
        }
        let count = self.counts.entry(key).or_default();
        count.records += 1;
        if revision.is_some() {
            count.first = count.first.min(revision).or(revision);
            count.last = count.last.max(revision);
        }
    }

    /// Follows the order of plain and sealed writes in the tree.
    fn order(&mut self, resource: u32, region: Region, stored: Stored<'_>, revision: Option<u64>) {
        let Some(revision) = revision else { return };
        if !matches!(region, Region::Live | Region::Superseded | Region::Deleted) {
            return;
        }
        let known = &mut self.resources[resource as usize];
        match stored {
            Stored::Plain => {
                known.plain += 1;
                known.plain_above += u64::from(known.first_sealed.is_some_and(|sealed| revision > sealed));
            }
            Stored::Sealed(_) if known.first_sealed.is_none_or(|sealed| revision < sealed) => {
                known.first_sealed = Some(revision);
                known.plain_above = known.plain;
            }
            _ => {}
        }
    }

    fn list(
        &mut self,
        region: Region,
        resource: u32,
        key: Option<&[u8]>,
        record: &Record<'_>,
        live: LiveCopy,
    ) {
        let known = &self.resources[resource as usize];
        if record.value.is_empty() || known.is_silent {
            return;
        }
        let listed = &mut self.listed[usize::from(known.required)];
        if *listed >= MAX_REMAINS {
            self.omitted += 1;
            return;
        }
        *listed += 1;
        let mut fingerprints = Vec::new();
        object::values(record.value, &mut |field, value| {
            self.options.identify.identify(field, value, &mut fingerprints);
        });
        fingerprints.sort_unstable();
        fingerprints.dedup();
        let live = match (key, live) {
            (None, LiveCopy::Ask) => LiveCopy::Known(None),
            (_, live) => live,
        };
        self.drafts.push(Draft {
            region,
            resource,
            key: key.map(|key| key[..key.len().min(MAX_KEY)].into()),
            revision: record.revision,
            offset: record.offset,
            length: record.value.len() as u64,
            page: record.page,
            fingerprints,
            live,
        });
    }

    // The report.

    /// What was counted, as the report of a file. Hash, path and etcd's own state are the
    /// caller's.
    pub(crate) fn finish(self, kind: FileKind, bytes: u64) -> FileProof {
        let resource = |id: u32| self.resources[id as usize].name.clone();
        let mut objects: Vec<ObjectCount> = (self.counts.iter())
            .map(|(&(id, region, envelope, key_id), count)| ObjectCount {
                resource: resource(id),
                region,
                envelope: self.envelopes.names[envelope as usize].clone(),
                kms_key_id: (key_id != NO_KEY_ID).then(|| self.key_ids.names[key_id as usize].clone()),
                count: count.records,
                first_revision: count.first,
                last_revision: count.last,
            })
            .collect();
        objects.sort();
        objects.dedup_by(|next, first| {
            let same = (&first.resource, first.region, &first.envelope, &first.kms_key_id)
                == (&next.resource, next.region, &next.envelope, &next.kms_key_id);
            if same {
                first.count += next.count;
                first.first_revision = first.first_revision.min(next.first_revision).or(next.first_revision);
                first.last_revision = first.last_revision.max(next.last_revision);
            }
            same
        });
        let mut plain_after_sealed: Vec<PlainAfterSealed> = (self.resources.iter())
            .filter_map(|known| {
                let (resource, first_sealed) = (known.name.clone()?, known.first_sealed?);
                Some(PlainAfterSealed { resource, first_sealed, count: known.plain_above })
            })
            .filter(|plain| plain.count > 0)
            .collect();
        plain_after_sealed.sort();
        let mut remains: Vec<Remains> = (self.drafts.into_iter())
            .map(|draft| Remains {
                region: draft.region,
                resource: resource(draft.resource),
                revision: draft.revision,
                etcd_key: draft.key.map(|key| String::from_utf8_lossy(&key).into_owned()),
                offset: draft.offset,
                length: draft.length,
                page: draft.page,
                fingerprints: draft.fingerprints,
                still_live: match draft.live {
                    LiveCopy::Known(known) => known,
                    LiveCopy::Ask => None,
                },
            })
            .collect();
        remains.sort_by(|a, b| (a.offset, a).cmp(&(b.offset, b)));
        let mut unattributed = Vec::new();
        for (looks, mut ranges) in self.ranges {
            ranges.sort_unstable();
            let mut merged: Vec<Unattributed> = Vec::with_capacity(ranges.len());
            for (offset, length) in ranges {
                match merged.last_mut() {
                    Some(last) if last.offset + last.length == offset => last.length += length,
                    _ => merged.push(Unattributed { offset, length, looks }),
                }
            }
            unattributed.extend(merged);
        }
        let mut problems = self.problems;
        problems.sort();
        let unproven =
            self.accounting.unattributed > 0 || !problems.is_empty() || self.accounting.total() != bytes;
        let verdict = match (self.required_in_plain, unproven) {
            (true, _) => Verdict::Plaintext,
            (false, true) => Verdict::Unproven,
            (false, false) => Verdict::Clean,
        };
        FileProof {
            path: String::new(),
            kind,
            bytes,
            sha256: None,
            accounted_bytes: self.accounting.total() - self.accounting.unattributed,
            accounting: self.accounting,
            verdict,
            etcd: None,
            wal: None,
            snapshot_hash: None,
            decryption: self.options.keys.map(|_| {
                let mut decryption = self.decryption;
                decryption.failed.sort();
                decryption
            }),
            objects,
            plain_after_sealed,
            remains,
            remains_omitted: self.omitted,
            unattributed,
            unattributed_omitted: self.ranges_omitted,
            problems,
            problems_omitted: self.problems_omitted,
        }
    }
}
