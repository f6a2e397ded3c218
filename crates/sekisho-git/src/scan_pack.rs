//! A pack without an index, read through: where its objects start, and what they are called.
//!
//! Bundles hold such packs, and so do fetches that were cut off. Objects are named by hashing what
//! they hold, which takes rebuilding all of them; that is done in the order of the pack, with a
//! small store of bases.

use std::collections::HashMap;

use crate::oid::{HashKind, ObjectKind, Oid};
use crate::pack::{EntryKind, Inflater, PackIndex, Stored, apply, entry_header};

/// Bases that are kept, in bytes.
const KEEP: usize = 128 << 20;

/// What a pack holds.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    pub(crate) index: PackIndex,
    /// The pack ends before all its objects came.
    pub(crate) damaged: bool,
    /// How many objects could not be named, if any.
    pub(crate) unnamed: Option<u64>,
}

/// One entry that was met.
struct Met {
    kind: EntryKind,
    stream: std::ops::Range<u64>,
    size: u64,
}

/// Reads the pack at `start` of `file`, whose objects have at most `max` bytes.
pub(crate) fn scan(file: &Stored, start: u64, hash: HashKind, max: u64) -> Scanned {
    let mut scanned = Scanned::default();
    let mut inflater = Inflater::new();
    let mut head = [0; 12];
    let read = file.read_at(&mut head, start).unwrap_or(0);
    if read < 12 || head[..4] != *b"PACK" {
        scanned.damaged = true;
        return scanned;
    }
    let count = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
    let end = file.len.saturating_sub(hash.len() as u64);
    let mut met: Vec<(u64, Met)> = Vec::new();
    let mut at = start + 12;
    let mut bytes = Vec::new();
    for _ in 0..count {
        let mut head = [0; crate::pack::MAX_HEADER];
        let read = file.read_at(&mut head, at).unwrap_or(0);
        let header = entry_header(&head[..read], hash.len()).filter(|header| header.size <= max);
        let Some(header) = header else { break };
        let data = at + header.len as u64;
        let Ok(taken) = inflater.exactly(file, data..end, header.size, &mut bytes) else { break };
        let stream = data..data + taken;
        met.push((at, Met { kind: header.kind, stream: stream.clone(), size: header.size }));
        at = stream.end;
    }
    scanned.damaged = met.len() < count as usize;
    name_all(file, &met, hash, max, &mut scanned);
    scanned
}

fn name_all(file: &Stored, met: &[(u64, Met)], hash: HashKind, max: u64, scanned: &mut Scanned) {
    let mut namer = Namer { file, met, max, inflater: Inflater::new(), kept: HashMap::new(), bytes: 0 };
    let mut named: Vec<(Oid, u64)> = Vec::new();
    let mut places: HashMap<Oid, usize> = HashMap::new();
    let mut open: Vec<usize> = (0..met.len()).collect();
    loop {
        let before = open.len();
        open.retain(|&number| {
            let Some((kind, bytes)) = namer.content(number, &places) else { return true };
            let Some(name) = hash.name(kind, &bytes) else { return true };
            named.push((name, met[number].0));
            places.insert(name, number);
            namer.keep(number, kind, bytes);
            false
        });
        // Deltas of objects that stand behind them come in the next round.
        if open.is_empty() || open.len() == before {
            break;
        }
    }
    scanned.unnamed = (!open.is_empty()).then_some(open.len() as u64);
    named.sort_unstable();
    named.dedup_by_key(|(name, _)| *name);
    for (name, offset) in named {
        scanned.index.names.extend_from_slice(name.as_bytes());
        scanned.index.offsets.push(offset);
    }
}

struct Namer<'a> {
    file: &'a Stored,
    met: &'a [(u64, Met)],
    max: u64,
    inflater: Inflater,
    kept: HashMap<usize, (ObjectKind, Vec<u8>)>,
    bytes: usize,
}

impl Namer<'_> {
    fn keep(&mut self, number: usize, kind: ObjectKind, bytes: Vec<u8>) {
        if self.bytes + bytes.len() > KEEP {
            self.kept.clear();
            self.bytes = 0;
        }
        self.bytes += bytes.len();
        self.kept.insert(number, (kind, bytes));
    }

    /// Kind and content of an entry, if all that it is made from is known.
    fn content(&mut self, number: usize, places: &HashMap<Oid, usize>) -> Option<(ObjectKind, Vec<u8>)> {
        let mut chain = vec![number];
        let (kind, mut bytes) = loop {
            let at = *chain.last()?;
            if let Some((kind, bytes)) = self.kept.get(&at) {
                chain.pop();
                break (*kind, bytes.clone());
            }
            let (offset, met) = &self.met[at];
            let base = match met.kind {
                EntryKind::Whole(kind) => {
                    chain.pop();
                    let mut bytes = Vec::new();
                    self.inflater.exactly(self.file, met.stream.clone(), met.size, &mut bytes).ok()?;
                    break (kind, bytes);
                }
                EntryKind::Before(distance) => {
                    let from = offset.checked_sub(distance)?;
                    self.met.binary_search_by_key(&from, |(offset, _)| *offset).ok()?
                }
                EntryKind::Named(name) => *places.get(&name)?,
            };
            if chain.len() > self.met.len() {
                return None;
            }
            chain.push(base);
        };
        let (mut delta, mut copies) = (Vec::new(), Vec::new());
        for at in chain.into_iter().rev() {
            let met = &self.met[at].1;
            self.inflater.exactly(self.file, met.stream.clone(), met.size, &mut delta).ok()?;
            let mut made = Vec::new();
            copies.clear();
            apply(&bytes, &delta, self.max, &mut made, &mut copies).ok()?;
            bytes = made;
        }
        Some((kind, bytes))
    }
}
