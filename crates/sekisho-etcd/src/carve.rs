//! Reading bytes that no valid structure owns: what is left of pages whose head was used again,
//! slack within pages, torn pages, garbage in a log.
//!
//! Records are found by what always stands before them: in a store the revision key with its `_`
//! and a record that carries the same revision (so chance is out of the question), in both stores
//! and logs an etcd key under a known prefix, and values by `k8s\0` and `k8s:enc:`. What is
//! between is split by look: text is plaintext of somebody's, and listed; all of it is
//! unattributed.
//!
//! Ciphertext is attributed to an envelope only as far as it must be the envelope's. Orphaned
//! pages that follow each other need not belong together, so there that is the end of the page.

use memchr::memmem::Finder;

use crate::envelope::{MARK, PROTOBUF_MARK, Stored};
use crate::looks;
use crate::mvcc::{KeyValue, REVISION, Revision, field};
use crate::proof::Region;
use crate::tally::{Record, Tally};

/// Bytes of nobody.
#[derive(Clone, Copy)]
pub(crate) struct Scrap<'r> {
    pub(crate) bytes: &'r [u8],
    /// Of the first byte, in the file.
    pub(crate) offset: u64,
    /// What plaintext in it is reported as.
    pub(crate) region: Region,
    /// Page size of a store; none in a log.
    pub(crate) page_size: Option<u64>,
    /// Whether bytes of the same sort follow: the carver then stops before what may be cut.
    pub(crate) more: bool,
}

/// Bytes that are left for the next round when more follow.
const HELD_BACK: usize = 8 << 10;

/// `_` and the first seven bytes of the sub revision, which counts the operations of one
/// transaction.
const REVISION_MARK: &[u8] = b"_\0\0\0\0\0\0\0";

/// Who has bytes carved, and takes the records that are found.
pub(crate) trait Host<'o> {
    /// Where bytes and lost plaintext are counted.
    fn tally(&mut self) -> &mut Tally<'o>;

    /// A record with its key; its bytes are counted.
    fn found(&mut self, record: &Record<'_>, stored: Stored<'_>, revision: Option<Revision>);
}

/// A place where something begins.
enum Anchor<'r> {
    /// A record with its key.
    Record { start: usize, message: usize, kv: KeyValue<'r>, revision: Option<Revision> },
    /// A value whose key is lost.
    Value { start: usize },
}

impl Anchor<'_> {
    fn start(&self) -> usize {
        match self {
            Self::Record { start, .. } | Self::Value { start } => *start,
        }
    }
}

/// One search through the scrap: the next hit, looked for again only when it was passed.
struct Search<'n> {
    finder: Finder<'n>,
    next: Option<usize>,
}

impl<'n> Search<'n> {
    fn new(needle: &'n [u8], bytes: &[u8]) -> Self {
        let finder = Finder::new(needle);
        let next = finder.find(bytes);
        Self { finder, next }
    }

    fn pass(&mut self, bytes: &[u8], at: usize) {
        if self.next.is_some_and(|next| next < at) {
            self.next = bytes.get(at..).and_then(|rest| self.finder.find(rest)).map(|hit| at + hit);
        }
    }
}

struct Anchors<'r, 'n> {
    bytes: &'r [u8],
    /// Whether values follow their keys as in a `PutRequest`.
    log: bool,
    revisions: Option<Search<'n>>,
    marks: Search<'n>,
    prefixes: Vec<Search<'n>>,
}

impl<'r> Anchors<'r, '_> {
    /// The next anchor at or behind `from`.
    fn next(&mut self, from: usize) -> Option<Anchor<'r>> {
        let mut first: Option<Anchor<'r>> = None;
        let mut offer = |anchor: Anchor<'r>| {
            if first.as_ref().is_none_or(|first| anchor.start() < first.start()) {
                first = Some(anchor);
            }
        };
        let bytes = self.bytes;
        if let Some(search) = &mut self.revisions {
            let mut at = from + 8;
            loop {
                search.pass(bytes, at);
                let Some(hit) = search.next else { break };
                if let Some(anchor) = record_under_revision(bytes, hit - 8) {
                    offer(anchor);
                    break;
                }
                at = hit + 1;
            }
        }
        for search in &mut self.prefixes {
            let mut at = from;
            loop {
                search.pass(bytes, at);
                let Some(hit) = search.next else { break };
                if let Some(anchor) = record_of_key(bytes, hit, from, self.log) {
                    offer(anchor);
                    break;
                }
                at = hit + 1;
            }
        }
        let mut at = from;
        loop {
            self.marks.pass(bytes, at);
            let Some(hit) = self.marks.next else { break };
            if bytes[hit..].starts_with(PROTOBUF_MARK) || bytes[hit..].starts_with(MARK) {
                offer(Anchor::Value { start: hit });
                break;
            }
            at = hit + 1;
        }
        first
    }
}

fn record_under_revision(bytes: &[u8], start: usize) -> Option<Anchor<'_>> {
    let end = start + REVISION;
    let mark = usize::from(bytes.get(end) == Some(&b't'));
    let revision = Revision::read(bytes.get(start..end + mark)?)?;
    let kv = KeyValue::read_head(&bytes[end + mark..])?;
    kv.fits(revision).then_some(Anchor::Record { start, message: end + mark, kv, revision: Some(revision) })
}

/// The record whose key begins at `key`, behind its tag and length.
fn record_of_key(bytes: &[u8], key: usize, from: usize, log: bool) -> Option<Anchor<'_>> {
    (2..=3).find_map(|back| {
        let start = key.checked_sub(back).filter(|start| *start >= from)?;
        let message = &bytes[start..];
        let kv = if log { put_request(message)? } else { KeyValue::read_head(message)? };
        let begins_here = message.len() - bytes[key..].len() == back;
        let holds = kv.value_at > 0 && !kv.value.is_empty() && kv.key.as_ptr() == bytes[key..].as_ptr();
        (begins_here && holds).then_some(Anchor::Record { start, message: start, kv, revision: None })
    })
}

/// A `PutRequest` (key = 1, value = 2) at the head of `bytes`, its value whole or cut.
fn put_request(bytes: &[u8]) -> Option<KeyValue<'_>> {
    let (key, at) = field(bytes, 0, 0x0a)?;
    if *bytes.get(at)? != 0x12 {
        return None;
    }
    let (len, len_len) = crate::proto::varint(&bytes[at + 1..])?;
    let value_at = at + 1 + len_len;
    let end = value_at.checked_add(usize::try_from(len).ok()?)?;
    let is_whole = end <= bytes.len();
    let end = end.min(bytes.len());
    Some(KeyValue { key, mod_revision: 0, value: &bytes[value_at..end], value_at, is_whole, end })
}

/// Accounts for a scrap, lists the plaintext in it, and gives how many bytes were dealt with: all
/// of them unless more follow.
pub(crate) fn carve<'o>(host: &mut impl Host<'o>, scrap: &Scrap<'_>) -> usize {
    let bytes = scrap.bytes;
    let tally = host.tally();
    if looks::is_zero(bytes) {
        tally.zero(bytes.len() as u64);
        return bytes.len();
    }
    let prefixes: Vec<Vec<u8>> = tally.prefixes.all().map(|prefix| [prefix, b"/"].concat()).collect();
    let log = scrap.page_size.is_none();
    let mut anchors = Anchors {
        bytes,
        log,
        revisions: (!log).then(|| Search::new(REVISION_MARK, bytes)),
        marks: Search::new(b"k8s", bytes),
        prefixes: prefixes.iter().map(|prefix| Search::new(prefix, bytes)).collect(),
    };
    let limit = if scrap.more { bytes.len().saturating_sub(HELD_BACK) } else { bytes.len() };
    let mut at = 0;
    while at < bytes.len() {
        let anchor = anchors.next(at).filter(|anchor| anchor.start() < limit.max(1));
        let Some(anchor) = anchor else {
            let end = limit.max(at);
            gap(host.tally(), scrap, at, end);
            return end;
        };
        let tally = host.tally();
        gap(tally, scrap, at, anchor.start());
        match anchor {
            Anchor::Record { start, message, kv, revision } => {
                if !kv.is_whole && scrap.more && start > 0 {
                    return start;
                }
                let value_at = message + kv.value_at;
                let offset = scrap.offset + value_at as u64;
                tally.record((value_at - start) as u64);
                let sure = sure_end(scrap, offset, kv.value.len());
                let stored = tally.value(kv.value, kv.is_whole, offset, sure);
                let record = Record {
                    key: kv.key,
                    value: kv.value,
                    offset,
                    page: scrap.page_size.map(|size| offset / size),
                    is_whole: kv.is_whole,
                    revision: revision.map(|revision| revision.main),
                };
                tally.record((kv.end - kv.value_at - kv.value.len()) as u64);
                host.found(&record, stored, revision);
                at = message + kv.end;
            }
            Anchor::Value { start } => {
                let next = anchors.next(start + 4).map_or(bytes.len(), |anchor| anchor.start());
                at = value_without_key(tally, scrap, start, next.min(limit.max(start + 4)));
            }
        }
    }
    bytes.len()
}

/// How much of a value that begins at `offset` is surely its own.
fn sure_end(scrap: &Scrap<'_>, offset: u64, len: usize) -> usize {
    scrap.page_size.map_or(len, |size| len.min((size - offset % size) as usize))
}

/// A value whose key is lost, between `start` and `next`; gives its end.
fn value_without_key(tally: &mut Tally<'_>, scrap: &Scrap<'_>, start: usize, next: usize) -> usize {
    let offset = scrap.offset + start as u64;
    let value = &scrap.bytes[start..next];
    // Its length is lost as well: up to the first zeros that no object and no ciphertext has.
    let end = memchr::memmem::find(value, &[0; 24]).unwrap_or(value.len());
    let value = &value[..end];
    if value.starts_with(MARK) {
        let sure = sure_end(scrap, offset, end);
        let stored = tally.value(value, false, offset, sure);
        if let Stored::Broken = stored {
            islands(tally, scrap, start, start + end);
        }
    } else {
        tally.nobody(value, offset);
        tally.lost(scrap.region, value, offset, scrap.page_size.map(|size| offset / size));
    }
    start + end
}

/// Bytes between anchors.
fn gap(tally: &mut Tally<'_>, scrap: &Scrap<'_>, start: usize, end: usize) {
    if start >= end {
        return;
    }
    let bytes = &scrap.bytes[start..end];
    let mut at = 0;
    for island in looks::islands(bytes) {
        tally.zero((island.range.start - at) as u64);
        let offset = scrap.offset + (start + island.range.start) as u64;
        tally.nobody(&bytes[island.range.clone()], offset);
        at = island.range.end;
    }
    tally.zero((bytes.len() - at) as u64);
    islands(tally, scrap, start, end);
}

/// Lists the text in a range as plaintext whose key is lost.
fn islands(tally: &mut Tally<'_>, scrap: &Scrap<'_>, start: usize, end: usize) {
    let bytes = &scrap.bytes[start..end];
    for island in looks::islands(bytes).into_iter().filter(|island| island.text) {
        let offset = scrap.offset + (start + island.range.start) as u64;
        let page = scrap.page_size.map(|size| offset / size);
        tally.lost(scrap.region, &bytes[island.range], offset, page);
    }
}
