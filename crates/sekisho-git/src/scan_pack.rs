//! A pack without an index, read through: where its objects start, and what they are called.
//!
//! Bundles hold such packs, and so do fetches that were cut off. Objects are named by hashing what
//! they hold, which takes rebuilding all of them; that is done in the order of the pack, with a
//! small store of bases. A delta of an object that has no name yet waits for it, so that each is
//! tried once for each base that it lacks, whatever the order.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::oid::{HashKind, ObjectKind, Oid};
use crate::pack::{DeltaError, EntryKind, Inflater, PackIndex, Stored, apply, entry_header};

/// Bases that are kept, in bytes.
const KEEP: usize = 128 << 20;

/// What a pack holds.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    pub(crate) index: PackIndex,
    /// Where the pack ended, or was damaged, before all its objects came.
    pub(crate) cut: Option<Cut>,
    /// Bases that the pack does not hold, with how many objects are made from each.
    pub(crate) bases: BTreeMap<Oid, u64>,
    /// Objects that are over the size limit, or made from one that is.
    pub(crate) large: u64,
    /// Further objects that could not be named.
    pub(crate) unnamed: u64,
}

/// How far a pack was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Objects that were read.
    pub(crate) read: u64,
    /// Objects that it has, as its header says.
    pub(crate) of: u64,
    /// The first byte of the file that was not understood: where the next object would start.
    pub(crate) at: u64,
}

impl Scanned {
    /// Whether all objects of the pack are in the index.
    pub(crate) fn is_whole(&self) -> bool {
        self.cut.is_none() && self.bases.is_empty() && self.large + self.unnamed == 0
    }
}

/// Why an object has no name.
#[derive(Debug, Clone, Copy)]
enum Lack {
    /// What it is made from, directly or further down, is not known, or not yet.
    Base(Oid),
    /// It is over the limit, or made from what is.
    Large,
    /// It is damaged, or made from what is.
    Damage,
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
        scanned.cut = Some(Cut { read: 0, of: 0, at: start });
        return scanned;
    }
    let count = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
    let end = file.len.saturating_sub(hash.len() as u64);
    let mut met: Vec<(u64, Met)> = Vec::new();
    let mut at = start + 12;
    for _ in 0..count {
        let mut head = [0; crate::pack::MAX_HEADER];
        let read = file.read_at(&mut head, at).unwrap_or(0);
        let Some(header) = entry_header(&head[..read], hash.len()) else { break };
        let data = at + header.len as u64;
        // What is over the limit is stepped over, not kept.
        let Ok(taken) = inflater.passes(file, data..end, header.size) else { break };
        let stream = data..data + taken;
        met.push((at, Met { kind: header.kind, stream: stream.clone(), size: header.size }));
        at = stream.end;
    }
    name_all(file, &met, hash, max, &mut scanned);
    if met.len() < count as usize {
        let unread = scanned.bases.values().sum::<u64>() + scanned.large + scanned.unnamed;
        let read = (met.len() as u64).saturating_sub(unread);
        scanned.cut = Some(Cut { read, of: u64::from(count), at });
    }
    scanned
}

fn name_all(file: &Stored, met: &[(u64, Met)], hash: HashKind, max: u64, scanned: &mut Scanned) {
    let mut namer = Namer {
        file,
        met,
        max,
        inflater: Inflater::new(),
        kept: HashMap::new(),
        bytes: 0,
        places: HashMap::new(),
        lacks: HashMap::new(),
    };
    let mut named: Vec<(Oid, u64)> = Vec::new();
    let mut waiting: HashMap<Oid, Vec<usize>> = HashMap::new();
    for first in 0..met.len() {
        let mut next = VecDeque::from([first]);
        while let Some(number) = next.pop_front() {
            match namer.name(number, hash) {
                Ok(name) => {
                    named.push((name, met[number].0));
                    next.extend(waiting.remove(&name).into_iter().flatten());
                }
                Err(Lack::Base(base)) => waiting.entry(base).or_default().push(number),
                Err(Lack::Large) => scanned.large += 1,
                Err(Lack::Damage) => scanned.unnamed += 1,
            }
        }
    }
    scanned.bases = waiting.into_iter().map(|(base, of)| (base, of.len() as u64)).collect();
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
    /// The entries that have a name.
    places: HashMap<Oid, usize>,
    /// Those that were tried and have none.
    lacks: HashMap<usize, Lack>,
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

    fn name(&mut self, number: usize, hash: HashKind) -> Result<Oid, Lack> {
        self.lacks.remove(&number);
        let made = self.content(number).and_then(|(kind, bytes)| {
            let name = hash.name(kind, &bytes).ok_or(Lack::Damage)?;
            self.keep(number, kind, bytes);
            Ok(name)
        });
        match made {
            Ok(name) => drop(self.places.entry(name).or_insert(number)),
            Err(lack) => drop(self.lacks.insert(number, lack)),
        }
        made
    }

    /// Kind and content of an entry, if all that it is made from is known.
    fn content(&mut self, number: usize) -> Result<(ObjectKind, Vec<u8>), Lack> {
        let mut chain = vec![number];
        let (kind, mut bytes) = loop {
            let at = *chain.last().ok_or(Lack::Damage)?;
            if let Some((kind, bytes)) = self.kept.get(&at) {
                chain.pop();
                break (*kind, bytes.clone());
            }
            if let Some(lack) = self.lacks.get(&at) {
                return Err(*lack);
            }
            let (offset, met) = &self.met[at];
            let base = match met.kind {
                EntryKind::Whole(kind) => {
                    chain.pop();
                    break (kind, self.inflate(at)?);
                }
                EntryKind::Before(distance) => {
                    let from = offset.checked_sub(distance).ok_or(Lack::Damage)?;
                    let found = self.met.binary_search_by_key(&from, |(offset, _)| *offset);
                    found.map_err(|_| Lack::Damage)?
                }
                EntryKind::Named(name) => *self.places.get(&name).ok_or(Lack::Base(name))?,
            };
            if chain.len() > self.met.len() {
                return Err(Lack::Damage);
            }
            chain.push(base);
        };
        let mut copies = Vec::new();
        for at in chain.into_iter().rev() {
            let delta = self.inflate(at)?;
            let mut made = Vec::new();
            copies.clear();
            apply(&bytes, &delta, self.max, &mut made, &mut copies).map_err(|error| match error {
                DeltaError::TooLarge => Lack::Large,
                _ => Lack::Damage,
            })?;
            bytes = made;
        }
        Ok((kind, bytes))
    }

    fn inflate(&mut self, number: usize) -> Result<Vec<u8>, Lack> {
        let met = &self.met[number].1;
        if met.size > self.max {
            return Err(Lack::Large);
        }
        let mut bytes = Vec::new();
        let read = self.inflater.exactly(self.file, met.stream.clone(), met.size, &mut bytes);
        read.map(|_| bytes).map_err(|_| Lack::Damage)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A pack of these: a type and name of the base, and the content.
    fn packed(entries: &[(u8, Option<Oid>, Vec<u8>)]) -> Stored {
        let mut file = tempfile::tempfile().unwrap();
        let mut bytes = b"PACK\0\0\0\x02".to_vec();
        bytes.extend((entries.len() as u32).to_be_bytes());
        for (kind, base, content) in entries {
            assert!(content.len() < 16);
            bytes.push(kind << 4 | content.len() as u8);
            bytes.extend(base.iter().flat_map(Oid::as_bytes));
            let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            zlib.write_all(content).unwrap();
            bytes.extend(zlib.finish().unwrap());
        }
        bytes.extend([0; 20]);
        file.write_all(&bytes).unwrap();
        Stored::new(file).unwrap()
    }

    fn name(content: &[u8]) -> Oid {
        HashKind::Sha1.name(ObjectKind::Blob, content).unwrap()
    }

    /// What makes a text of four digits out of another.
    fn delta(text: &[u8]) -> Vec<u8> {
        [&[4, 4, 4][..], text].concat()
    }

    #[test]
    fn deltas_wait_for_bases_that_stand_behind_them() {
        let text = |n: u32| format!("{n:04}").into_bytes();
        // Each is made from the one behind it.
        let deltas = (0..3_000).map(|n| (7, Some(name(&text(n + 1))), delta(&text(n))));
        let chain: Vec<_> = deltas.chain([(3, None, text(3_000))]).collect();
        let scanned = scan(&packed(&chain), 0, HashKind::Sha1, 1 << 20);
        assert!(scanned.is_whole());
        assert_eq!(scanned.index.offsets.len(), 3_001);
        // Without the last, all lack something, and each its own base.
        let scanned = scan(&packed(&chain[..10]), 0, HashKind::Sha1, 1 << 20);
        assert!(scanned.cut.is_none() && !scanned.is_whole());
        assert_eq!(scanned.bases.keys().filter(|base| **base == name(&text(10))).count(), 1);
        assert_eq!(scanned.bases.values().sum::<u64>(), 10);
    }

    #[test]
    fn what_is_large_or_damaged_costs_what_is_made_from_it() {
        let base = name(b"none");
        let entries = [
            (3, None, b"over the limit".to_vec()),
            (7, Some(name(b"1234")), delta(b"5678")),
            (3, None, b"1234".to_vec()),
            (7, Some(name(b"1234")), vec![5, 4, 4, 1, 1, 1, 1]),
            (7, Some(base), delta(b"9999")),
        ];
        let scanned = scan(&packed(&entries), 0, HashKind::Sha1, 10);
        assert_eq!((scanned.large, scanned.unnamed, scanned.cut), (1, 1, None));
        assert_eq!(scanned.bases, BTreeMap::from([(base, 1)]));
        let mut names = [name(b"1234"), name(b"5678")];
        names.sort_unstable();
        assert_eq!(scanned.index.names, names.iter().flat_map(Oid::as_bytes).copied().collect::<Vec<u8>>());
    }
}
