//! [`Forest`]: the entries of all packs, and which is made from which.
//!
//! All headers are read before anything is inflated, since the base of a delta may stand behind it
//! in the pack, or in another pack. Entries whose bases lead to no whole object (a base is missing,
//! or deltas go round in circles) are in no tree of the forest; they are told, and cost nothing else.

use crate::oid::{HashKind, Names, ObjectKind, Oid};
use crate::pack::{EntryKind, MAX_HEADER, PackIndex, Stored, entry_header};

/// No entry, no object.
pub(crate) const NONE: u32 = u32::MAX;
/// Bytes of a pack that are read at once for headers.
const WINDOW: usize = 256 << 10;

/// One entry of a pack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// Where it starts.
    pub(crate) offset: u64,
    /// Where the next one starts.
    pub(crate) end: u64,
    /// Inflated size.
    pub(crate) size: u64,
    /// The object's number.
    pub(crate) object: u32,
    pub(crate) pack: u32,
    /// The entry that it is the difference from.
    pub(crate) base: u32,
    /// The first entry that is a difference from it, and the next one with the same base.
    pub(crate) first_child: u32,
    pub(crate) next: u32,
    /// Bytes of the header.
    header: u8,
    pub(crate) kind: Kind,
}

impl Entry {
    /// Where its zlib stream is.
    pub(crate) fn stream(&self) -> std::ops::Range<u64> {
        self.offset + u64::from(self.header)..self.end
    }
}

/// What is known of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole object.
    Root(ObjectKind),
    /// A delta of an object of this kind.
    Delta(ObjectKind),
    /// A delta that leads to no object.
    Lost,
    /// The header is damaged.
    Damaged,
}

/// A pack that is open.
#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) file: Stored,
    /// Where it starts in its file.
    pub(crate) start: u64,
    /// Bytes at its end that are no entries: its checksum.
    pub(crate) trailer: u64,
}

/// The entries of all packs.
#[derive(Debug, Default)]
pub(crate) struct Forest {
    pub(crate) packs: Vec<Pack>,
    pub(crate) entries: Vec<Entry>,
    /// For each object the first entry that holds it.
    pub(crate) of_object: Vec<u32>,
    /// Deltas whose base is in no pack, with its name.
    pub(crate) outside: Vec<(u32, Oid)>,
    /// Bytes of packs that no index names: pack, from, to.
    pub(crate) gaps: Vec<(u32, u64, u64)>,
}

impl Forest {
    /// Reads the headers of all entries. `names` knows every name of the indexes.
    pub(crate) fn new(packs: Vec<(Pack, PackIndex)>, names: &Names, hash: HashKind) -> Self {
        let mut forest = Self { of_object: vec![NONE; names.len()], ..Self::default() };
        let mut bases: Vec<Base> = Vec::new();
        for (pack, index) in packs {
            let number = forest.packs.len() as u32;
            forest.read_pack(number, &pack, &index, names, hash, &mut bases);
            forest.packs.push(pack);
        }
        for (number, base) in bases.into_iter().enumerate() {
            let found = match base {
                Base::None => continue,
                Base::Entry(base) => base,
                Base::Named(name) => {
                    let object = names.find(name.as_bytes());
                    let entry = object.map_or(NONE, |object| forest.of_object[object as usize]);
                    // A second copy of an object as a delta of itself is made from the first copy.
                    if entry == NONE {
                        forest.outside.push((number as u32, name));
                    }
                    entry
                }
            };
            forest.entries[number].base = found;
        }
        // Backwards, so that children come in the order of the pack.
        for number in (0..forest.entries.len()).rev() {
            let base = forest.entries[number].base as usize;
            if base < forest.entries.len() {
                forest.entries[number].next = forest.entries[base].first_child;
                forest.entries[base].first_child = number as u32;
            }
        }
        for number in 0..forest.entries.len() {
            if let Kind::Root(kind) = forest.entries[number].kind {
                forest.name_tree(number as u32, kind);
            }
        }
        forest
    }

    /// Tells every delta below an entry what kind of object it is.
    pub(crate) fn name_tree(&mut self, root: u32, kind: ObjectKind) {
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            let mut child = self.entries[number as usize].first_child;
            while child != NONE {
                let entry = &mut self.entries[child as usize];
                if entry.kind == Kind::Lost {
                    entry.kind = Kind::Delta(kind);
                    waiting.push(child);
                }
                child = entry.next;
            }
        }
    }

    fn read_pack(
        &mut self,
        number: u32,
        pack: &Pack,
        index: &PackIndex,
        names: &Names,
        hash: HashKind,
        bases: &mut Vec<Base>,
    ) {
        let mut order: Vec<u32> = (0..index.offsets.len() as u32).collect();
        order.sort_unstable_by_key(|at| index.offsets[*at as usize]);
        let first = self.entries.len();
        let mut window = Window { file: &pack.file, start: 0, bytes: Vec::new() };
        let pack_end = pack.file.len.saturating_sub(pack.trailer);
        for (place, at) in order.iter().enumerate() {
            let offset = index.offsets[*at as usize];
            let end = order.get(place + 1).map_or(pack_end, |next| index.offsets[*next as usize]);
            let name = &index.names[*at as usize * hash.len()..(*at as usize + 1) * hash.len()];
            let object = names.find(name).unwrap_or(NONE);
            let header = entry_header(window.at(offset), hash.len())
                .filter(|header| offset >= 12 && offset + (header.len as u64) < end && end <= pack_end);
            let this = self.entries.len() as u32;
            let mut base = Base::None;
            let kind = match header.map(|header| header.kind) {
                None => Kind::Damaged,
                Some(EntryKind::Whole(kind)) => Kind::Root(kind),
                Some(EntryKind::Before(distance)) => {
                    let earlier = &self.entries[first..];
                    let from = offset.checked_sub(distance).unwrap_or(u64::MAX);
                    let found = earlier.binary_search_by_key(&from, |entry| entry.offset);
                    base = Base::Entry(found.map_or(NONE, |at| (first + at) as u32));
                    Kind::Lost
                }
                Some(EntryKind::Named(name)) => {
                    base = Base::Named(name);
                    Kind::Lost
                }
            };
            bases.push(base);
            self.entries.push(Entry {
                offset,
                end,
                size: header.map_or(0, |header| header.size),
                object,
                pack: number,
                base: NONE,
                first_child: NONE,
                next: NONE,
                header: header.map_or(0, |header| header.len as u8),
                kind,
            });
            if let Some(slot) = self.of_object.get_mut(object as usize)
                && *slot == NONE
            {
                *slot = this;
            }
        }
        let start = order.first().map_or(pack_end, |at| index.offsets[*at as usize]);
        if start > pack.start + 12 {
            self.gaps.push((number, pack.start + 12, start));
        }
    }
}

enum Base {
    None,
    Entry(u32),
    Named(Oid),
}

/// The part of a pack that was read last.
struct Window<'f> {
    file: &'f Stored,
    start: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// The bytes at `offset`: enough for a header, fewer at the end of the pack.
    fn at(&mut self, offset: u64) -> &[u8] {
        let has = |window: &Self| {
            let at = usize::try_from(offset.checked_sub(window.start)?).ok()?;
            (at + MAX_HEADER <= window.bytes.len()).then_some(at)
        };
        let at = has(self).unwrap_or_else(|| {
            // Entries far apart are not worth the bytes between them.
            let near = offset.checked_sub(self.start).is_some_and(|ahead| ahead < 2 * WINDOW as u64);
            let len = if near || offset < WINDOW as u64 { WINDOW } else { 4096 };
            self.bytes.resize(len, 0);
            let read = self.file.read_at(&mut self.bytes, offset).unwrap_or(0);
            self.bytes.truncate(read);
            self.start = offset;
            0
        });
        &self.bytes[at..]
    }
}
