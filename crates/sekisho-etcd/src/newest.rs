//! Which record of a key is the newest, in bounded memory.
//!
//! The tree of the `key` bucket is in the order of revisions, so walking it backwards meets the
//! newest revision of every key first: whether a record is live, superseded or deleted is known
//! when it is met, from one table of the keys met before. The table holds a keyed 62-bit hash and
//! two bits of state for each key, in 256 segments by the hash. When it outgrows its budget the
//! upper half of the segments is put off to a further pass over the tree, and the exact record at
//! which they were dropped is remembered, so that every record is counted once however many passes
//! it takes.

use std::hash::{BuildHasher, RandomState};

/// What the newest record of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Tombstone = 1,
    Plain = 2,
    Sealed = 3,
}

impl State {
    fn of(slot: u64) -> Self {
        match slot & 3 {
            1 => Self::Tombstone,
            2 => Self::Plain,
            _ => Self::Sealed,
        }
    }
}

/// What a record is, seen from the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Another pass counts this record.
    Elsewhere,
    /// It is the newest of its key.
    Newest,
    /// A newer one, of this state, was met.
    Older(State),
}

const SEGMENTS: usize = 256;

/// Bytes of the table, at most, unless a single segment needs more.
const BUDGET: usize = 48 << 20;

/// The table.
pub(crate) struct Newest {
    hasher: RandomState,
    segments: Vec<Segment>,
    /// Segments that this pass looks at: `from..to`.
    from: usize,
    to: usize,
    /// For each segment, the records before this one were counted in an earlier pass.
    counted: Vec<u64>,
    slots: usize,
    budget: usize,
}

#[derive(Default)]
struct Segment {
    slots: Vec<u64>,
    used: usize,
}

impl Newest {
    pub(crate) fn new() -> Self {
        Self::with_budget(BUDGET)
    }

    fn with_budget(bytes: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            segments: (0..SEGMENTS).map(|_| Segment::default()).collect(),
            from: 0,
            to: SEGMENTS,
            counted: vec![0; SEGMENTS],
            slots: 0,
            budget: bytes / 8,
        }
    }

    pub(crate) fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash_one(key)
    }

    /// Takes note of record number `ordinal` (in the order of the walk, from 0).
    pub(crate) fn see(&mut self, ordinal: u64, hash: u64, state: State) -> Seen {
        let segment = (hash >> 56) as usize;
        if !(self.from..self.to).contains(&segment) {
            return Seen::Elsewhere;
        }
        if self.slots > self.budget && self.to - self.from > 1 {
            let middle = self.from.midpoint(self.to);
            for dropped in middle..self.to {
                self.counted[dropped] = self.counted[dropped].max(ordinal);
                self.slots -= self.segments[dropped].slots.len();
                self.segments[dropped] = Segment::default();
            }
            self.to = middle;
            return self.see(ordinal, hash, state);
        }
        let before = self.segments[segment].slots.len();
        let met = self.segments[segment].meet(hash, state);
        self.slots += self.segments[segment].slots.len() - before;
        if ordinal < self.counted[segment] {
            return Seen::Elsewhere;
        }
        met.map_or(Seen::Newest, Seen::Older)
    }

    /// Makes ready for the pass over the segments that were put off; false when there are none.
    pub(crate) fn next_pass(&mut self) -> bool {
        if self.to == SEGMENTS {
            return false;
        }
        (self.from, self.to) = (self.to, SEGMENTS);
        self.segments.fill_with(Segment::default);
        self.slots = 0;
        true
    }

    /// Whether the table holds all keys.
    pub(crate) fn is_whole(&self) -> bool {
        self.from == 0 && self.to == SEGMENTS
    }

    /// The state of a key's newest record; none when the key is not there.
    pub(crate) fn state(&self, hash: u64) -> Option<State> {
        self.segments[(hash >> 56) as usize].find(hash).map(State::of)
    }
}

impl Segment {
    /// Where a hash belongs: its slot, or the empty one to take.
    fn place(&self, hash: u64) -> usize {
        // The top byte chose the segment; the bits below it choose the slot.
        let mut at = ((u128::from(hash << 8) * self.slots.len() as u128) >> 64) as usize;
        while self.slots[at] != 0 && self.slots[at] >> 2 != hash >> 2 {
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
        at
    }

    fn find(&self, hash: u64) -> Option<u64> {
        if self.slots.is_empty() {
            return None;
        }
        Some(self.slots[self.place(hash)]).filter(|slot| *slot != 0)
    }

    /// The state of a hash that is there; else takes it in.
    fn meet(&mut self, hash: u64, state: State) -> Option<State> {
        if self.used * 8 >= self.slots.len() * 7 {
            let larger = (self.slots.len() * 3 / 2).max(64);
            let old = std::mem::replace(&mut self.slots, vec![0; larger]);
            for slot in old.into_iter().filter(|slot| *slot != 0) {
                let at = self.place(slot);
                self.slots[at] = slot;
            }
        }
        let at = self.place(hash);
        if self.slots[at] != 0 {
            return Some(State::of(self.slots[at]));
        }
        self.slots[at] = hash & !3 | state as u64;
        self.used += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        /// However small the budget, every record is counted once, and as one table would.
        #[test]
        fn passes_agree_with_one_map(
            records in prop::collection::vec((0u16..600, any::<bool>()), 1..2000), budget in 0usize..200_000
        ) {
            let mut newest = Newest::with_budget(budget);
            let mut got = vec![None; records.len()];
            loop {
                for (n, (key, gone)) in records.iter().enumerate() {
                    let state = if *gone { State::Tombstone } else { State::Plain };
                    let hash = newest.hash(&key.to_be_bytes());
                    match newest.see(n as u64, hash, state) {
                        Seen::Elsewhere => {}
                        seen => prop_assert!(got[n].replace(seen).is_none(), "counted twice"),
                    }
                }
                if !newest.next_pass() {
                    break;
                }
            }
            let mut map = HashMap::new();
            for (n, (key, gone)) in records.iter().enumerate() {
                let state = if *gone { State::Tombstone } else { State::Plain };
                let expected = match map.get(key) {
                    Some(state) => Seen::Older(*state),
                    None => Seen::Newest,
                };
                map.entry(key).or_insert(state);
                prop_assert_eq!(got[n], Some(expected));
            }
        }
    }
}
