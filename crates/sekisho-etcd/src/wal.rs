//! The write-ahead log: what etcd keeps of every write, beside the store.
//!
//! A segment is preallocated with zeros and filled with frames: a length (8 bytes, little endian,
//! its top byte 0x80 and the padding when the record was padded to 8 bytes), a `walpb.Record`
//! (type = 1, crc = 2, data = 3), padding. The CRC-32C runs over the data of all records of all
//! segments; each segment begins with a record that hands it on. Entries are `raftpb.Entry`
//! (type = 1, term = 2, index = 3, data = 4) with an `etcdserverpb.InternalRaftRequest` inside.
//! kube-apiserver writes in transactions, so its values are in `txn.success[].request_put`; they
//! are looked for in every place of a request that can hold one.
//! (server/storage/wal, api/etcdserverpb/{raft_internal,rpc}.proto.)

use crate::carve::{Host, Scrap, carve};
use crate::crc;
use crate::envelope::Stored;
use crate::looks;
use crate::mvcc::Revision;
use crate::options::Options;
use crate::proof::{FileKind, FileProof, ProblemKind, Region, WalState};
use crate::proto::{Fields, Value};
use crate::read_at::{MAX_RUN, NoRun, ReadAt, Window};
use crate::tally::{LiveCopy, Record, Tally};

/// Bytes of a frame's length.
const LENGTH: usize = 8;
/// How much of what is behind the last frame is looked at once.
const CARVE: usize = 4 << 20;
/// Transactions within transactions, at most.
const MAX_NESTED: u8 = 16;

/// Record types.
const METADATA: u64 = 1;
const ENTRY: u64 = 2;
const STATE: u64 = 3;
const CRC: u64 = 4;
const SNAPSHOT: u64 = 5;

/// Whether a file begins as a segment does: with a checksum record.
pub(crate) fn sniff(head: &[u8]) -> bool {
    let Some((length, rest)) = head.split_first_chunk::<LENGTH>() else { return false };
    let (length, padding) = frame(*length);
    let record = rest.get(..length);
    padding < LENGTH && record.and_then(WalRecord::read).is_some_and(|record| record.kind == CRC)
}

/// Length and padding of a frame.
fn frame(length: [u8; LENGTH]) -> (usize, usize) {
    let length = u64::from_le_bytes(length);
    let padding = if length >> 63 == 1 { (length >> 56 & 7) as usize } else { 0 };
    ((length & ((1 << 56) - 1)) as usize, padding)
}

struct WalRecord<'r> {
    kind: u64,
    crc: u32,
    data: &'r [u8],
    /// Where the data begins in the record.
    data_at: usize,
}

impl<'r> WalRecord<'r> {
    fn read(bytes: &'r [u8]) -> Option<Self> {
        let mut record = Self { kind: 0, crc: 0, data: &[], data_at: bytes.len() };
        for field in Fields::new(bytes) {
            let field = field.ok()?;
            match (field.number, field.value) {
                (1, Value::Varint(kind)) => record.kind = kind,
                (2, Value::Varint(crc)) => record.crc = u32::try_from(crc).ok()?,
                (3, Value::Bytes { at, bytes }) => (record.data, record.data_at) = (bytes, at),
                _ => return None,
            }
        }
        (METADATA..=SNAPSHOT).contains(&record.kind).then_some(record)
    }
}

/// A value in a request, at its place in the entry's data.
struct Put<'r> {
    key: &'r [u8],
    value: &'r [u8],
    at: usize,
}

struct Wal<'o> {
    tally: Tally<'o>,
    state: WalState,
}

/// Reads a segment. Hash and path are left to the caller.
pub(crate) fn prove(source: &dyn ReadAt, options: &Options<'_>) -> FileProof {
    let bytes = source.len();
    let mut window = Window::new(source);
    let mut wal = Wal { tally: Tally::new(options), state: WalState::default() };
    let end = wal.frames(&mut window);
    wal.rest(&mut window, end);
    let state = wal.state;
    let mut proof = wal.tally.finish(FileKind::Wal, bytes);
    proof.wal = Some(state);
    proof
}

impl Wal<'_> {
    /// Reads frames up to the first zero length or broken frame, and gives its place.
    fn frames(&mut self, window: &mut Window<'_>) -> u64 {
        let file = window.len();
        let mut offset = 0;
        let mut sum = None;
        loop {
            let Ok(head) = window.get(offset, LENGTH) else { return offset };
            let (length, padding) = frame(head.first_chunk().copied().unwrap_or_default());
            if length == 0 {
                return offset;
            }
            let end = offset + (LENGTH + length + padding) as u64;
            let body = match window.get(offset + LENGTH as u64, length.saturating_add(padding)) {
                Ok(body) => body,
                Err(NoRun::TooLong | NoRun::BeyondEnd) if end > file || length > MAX_RUN => {
                    self.torn(offset);
                    return offset;
                }
                Err(_) => {
                    self.tally.problem(ProblemKind::Io, Some(offset), "a record cannot be read");
                    return offset;
                }
            };
            let (record, padding) = body.split_at(length);
            let Some(record) = WalRecord::read(record) else {
                self.torn(offset);
                return offset;
            };
            let data_offset = offset + (LENGTH + record.data_at) as u64;
            self.check(&record, &mut sum, offset);
            self.tally.structure((LENGTH + length - record.data.len()) as u64);
            self.data(&record, data_offset);
            if looks::is_zero(padding) {
                self.tally.structure(padding.len() as u64);
            } else {
                self.tally.nobody(padding, end - padding.len() as u64);
            }
            offset = end;
        }
    }

    fn torn(&mut self, offset: u64) {
        self.tally.problem(ProblemKind::Torn, Some(offset), "a log record is half written or broken");
    }

    /// Follows the chain of checksums; `sum` is the one so far.
    fn check(&mut self, record: &WalRecord<'_>, sum: &mut Option<u32>, offset: u64) {
        let expected = match (record.kind, *sum) {
            // The first record hands on the checksum of the segments before.
            (CRC, None) => {
                self.state.seed_crc = record.crc;
                record.crc
            }
            (CRC, Some(sum)) => sum,
            (_, sum) => crc::update(sum.unwrap_or_default(), record.data),
        };
        if expected != record.crc {
            self.tally.problem(
                ProblemKind::Checksum,
                Some(offset),
                "the checksum of a log record does not fit",
            );
        }
        // What follows is judged by what this record says, so that one flaw is told once.
        *sum = Some(record.crc);
        self.state.end_crc = record.crc;
    }

    fn data(&mut self, record: &WalRecord<'_>, offset: u64) {
        let data = record.data;
        match record.kind {
            ENTRY => {
                if !self.entry(data, offset) {
                    self.tally.problem(ProblemKind::Torn, Some(offset), "a log entry is not a known request");
                    self.carve(data, offset, false);
                }
            }
            // Ids, terms, indexes and member lists.
            METADATA | STATE | SNAPSHOT if crate::proto::all(data).is_some() => {
                self.tally.record(data.len() as u64);
            }
            _ => self.tally.nobody(data, offset),
        }
    }

    /// Accounts for an entry; false when it is not one, and then nothing was counted.
    fn entry(&mut self, data: &[u8], offset: u64) -> bool {
        let (mut kind, mut index) = (0, 0);
        let (mut request, mut request_at): (&[u8], usize) = (&[], 0);
        for field in Fields::new(data) {
            let Ok(field) = field else { return false };
            match (field.number, field.value) {
                (1, Value::Varint(n)) => kind = n,
                (2, Value::Varint(_)) => {}
                (3, Value::Varint(n)) => index = n,
                (4, Value::Bytes { at, bytes }) => (request, request_at) = (bytes, at),
                _ => return false,
            }
        }
        let mut puts = Vec::new();
        let is_known = match kind {
            0 => request_puts(request, &mut puts).is_some(),
            // Changes of membership: ids, and the member in JSON.
            1 | 2 => crate::proto::all(request).is_some(),
            _ => false,
        };
        if !is_known {
            return false;
        }
        self.state.entries += 1;
        self.state.last_index = index;
        if self.state.first_index == 0 {
            self.state.first_index = index;
        }
        let values: usize = puts.iter().map(|put| put.value.len()).sum();
        self.tally.record((data.len() - values) as u64);
        for put in puts {
            let offset = offset + (request_at + put.at) as u64;
            let stored = self.tally.value(put.value, true, offset, put.value.len());
            let record =
                Record { key: put.key, value: put.value, offset, page: None, is_whole: true, revision: None };
            self.found(&record, stored, None);
        }
        true
    }

    fn carve(&mut self, bytes: &[u8], offset: u64, more: bool) -> usize {
        carve(self, &Scrap { bytes, offset, region: Region::Wal, page_size: None, more })
    }

    /// What is behind the last frame: zeros, or what a torn write left.
    fn rest(&mut self, window: &mut Window<'_>, mut offset: u64) {
        let len = window.len();
        while offset < len {
            let Ok(bytes) = window.up_to(offset, CARVE) else {
                self.tally.problem(ProblemKind::Io, Some(offset), "the end of the log cannot be read");
                return;
            };
            let more = offset + (bytes.len() as u64) < len;
            let done = self.carve(bytes, offset, more);
            offset += (done as u64).max(1);
        }
    }
}

impl<'o> Host<'o> for Wal<'o> {
    fn tally(&mut self) -> &mut Tally<'o> {
        &mut self.tally
    }

    fn found(&mut self, record: &Record<'_>, stored: Stored<'_>, _revision: Option<Revision>) {
        // A log does not say what is live: the store does, where the caller has it.
        self.tally.count(Region::Wal, record, stored, LiveCopy::Known(None));
    }
}

/// Messages that can hold values, and where.
#[derive(Clone, Copy)]
enum Message {
    /// `InternalRaftRequest`.
    Request,
    /// `TxnRequest`: compare = 1, success = 2, failure = 3.
    Txn,
    /// `RequestOp`: request_put = 2, request_txn = 4.
    Op,
    /// `Compare`: key = 3, value = 7.
    Compare,
    /// `PutRequest`: key = 1, value = 2.
    Put,
    /// `etcdserverpb.Request` of version 2: Path = 3, Val = 4, PrevValue = 6.
    Version2,
}

/// Fields of `InternalRaftRequest` without values: id, range, delete_range, compaction, leases,
/// alarm, header, and the requests of authentication and membership.
fn is_plain_request(number: u32) -> bool {
    matches!(number, 1 | 3 | 5 | 7..=11 | 100 | 1000..=1302)
}

/// Collects every value in an entry's data; none when any message is malformed or unknown.
fn request_puts<'r>(data: &'r [u8], puts: &mut Vec<Put<'r>>) -> Option<()> {
    let old = is_version_2(data);
    let mut open = vec![(if old { Message::Version2 } else { Message::Request }, data, 0, 0u8)];
    while let Some((message, bytes, base, depth)) = open.pop() {
        if depth > MAX_NESTED * 2 {
            return None;
        }
        let (mut key, mut values): (&[u8], Vec<(&[u8], usize)>) = (&[], Vec::new());
        for field in Fields::new(bytes) {
            let field = field.ok()?;
            let inner = match field.value {
                Value::Bytes { at, bytes } => Some((bytes, base + at)),
                _ => None,
            };
            let next = match (message, field.number) {
                (Message::Request, 2) => Some(Message::Version2),
                (Message::Request, 4) | (Message::Op, 2) => Some(Message::Put),
                (Message::Request, 6) | (Message::Op, 4) => Some(Message::Txn),
                (Message::Txn, 1) => Some(Message::Compare),
                (Message::Txn, 2 | 3) => Some(Message::Op),
                (Message::Compare | Message::Version2, 3) | (Message::Put, 1) => {
                    key = inner?.0;
                    None
                }
                (Message::Compare, 7) | (Message::Put, 2) | (Message::Version2, 4 | 6) => {
                    values.push(inner?);
                    None
                }
                // Comparisons of numbers, flags, leases, ranges: no place for a value.
                (Message::Compare, 1 | 2 | 4..=6 | 8 | 64)
                | (Message::Put, 3..=6)
                | (Message::Op, 1 | 3)
                | (Message::Version2, 1..=17) => None,
                (Message::Request, number) if is_plain_request(number) => None,
                _ => return None,
            };
            if let Some(next) = next {
                let (bytes, at) = inner?;
                open.push((next, bytes, at, depth + 1));
            }
        }
        // The members and the version of the cluster itself.
        let own = matches!(message, Message::Version2) && key.starts_with(b"/0/");
        if !own {
            puts.extend(values.into_iter().filter(|value| !value.0.is_empty()).map(|(value, at)| Put {
                key,
                value,
                at,
            }));
        }
    }
    Some(())
}

/// Whether an entry is a bare request of version 2, whose second field is a method.
fn is_version_2(data: &[u8]) -> bool {
    Fields::new(data).flatten().take(2).any(|field| {
        field.number == 2
            && matches!(
                field.value.bytes(),
                Some(b"PUT" | b"POST" | b"DELETE" | b"QGET" | b"GET" | b"HEAD" | b"SYNC")
            )
    })
}
