//! [`Windows`]: which of many short byte windows stands at each second or eighth position of a text.
//!
//! A [`Sieve`] passes over the text; what it lets through goes through a table of 32-bit tags to the
//! payloads of the window, which the caller verifies against the text. Nothing is stored of a window but
//! hashes, so a table over secrets holds none.
//!
//! Only each `STEP`-th position is looked at. That is enough because every literal is entered `STEP`
//! times, by windows that start at each distance from a position that is looked at.

use std::ops::Range;

use super::sieve::{LEAST, OUTER, PASSED, Passed, Sieve, fold};

/// A window of a literal, folded; made by [`Key::new`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    bits: u64,
    /// For three bytes known of four: which.
    known: Known,
    /// The byte behind a window of four, if the literal has one there.
    next: Option<u8>,
}

/// Which bytes of a window are known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Known {
    All,
    First3,
    Last3,
}

impl Key {
    /// The window that is `text`, of 4 or 6 bytes.
    pub(super) fn new(text: &[u8]) -> Self {
        Self { bits: fold(text), known: Known::All, next: None }
    }

    /// The windows of four bytes that begin with these three.
    pub(super) fn first3(text: [u8; 3]) -> Self {
        Self { known: Known::First3, ..Self::of3(text) }
    }

    /// The windows of four bytes that end with these three.
    pub(super) fn last3(text: [u8; 3]) -> Self {
        Self { known: Known::Last3, ..Self::of3(text) }
    }

    fn of3([a, b, c]: [u8; 3]) -> Self {
        Self { bits: fold(&[a, b, c, 0]) & 0x00ff_ffff, known: Known::All, next: None }
    }

    /// The same with the byte behind a window of four.
    pub(super) fn before(self, next: Option<u8>) -> Self {
        Self { next, ..self }
    }

    /// A number for tables of keys.
    pub(super) fn spread(self) -> usize {
        spread(self.bits ^ (self.known as u64) << 62) as usize
    }

    /// All windows of this key: one, or one for every folded value of the byte that is not known.
    fn windows(self) -> impl Iterator<Item = u64> {
        let open = if self.known == Known::All { 0..1 } else { 0..OUTER + 1 };
        open.map(move |byte| match self.known {
            Known::All => self.bits,
            Known::First3 => self.bits | byte << 24,
            Known::Last3 => self.bits << 8 | byte,
        })
    }
}

/// Slot (from the low half) and perhaps tag (the high half) of a window in the table of payloads: a
/// multiplication whose halves are folded, as in wyhash.
fn spread(window: u64) -> u64 {
    let wide = u128::from(window ^ 0xa076_1d64_78bd_642f) * 0xe703_7ed1_a0b4_28db;
    wide as u64 ^ (wide >> 64) as u64
}

/// What goes into a table.
#[derive(Default)]
pub(super) struct Entries<const WIDTH: usize, const STEP: usize>(Vec<Entry>);

/// A window of a literal: in order by what the table of payloads is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// Folded.
    window: u64,
    payload: u32,
    next: Option<u8>,
}

impl<const WIDTH: usize, const STEP: usize> Entries<WIDTH, STEP> {
    /// Adds the windows of a key.
    pub(super) fn push(&mut self, key: Key, payload: u32) {
        self.0.extend(key.windows().map(|window| {
            let window = Sieve::<WIDTH, STEP>::fold(window) & Sieve::<WIDTH, STEP>::WINDOW;
            Entry { window, payload, next: key.next }
        }));
    }
}

/// A table of windows of `WIDTH` (4 or 6) bytes, looked for at each `STEP`-th position.
pub(super) struct Windows<const WIDTH: usize, const STEP: usize> {
    sieve: Sieve<WIDTH, STEP>,
    /// Open addressing; high half a tag, low half one more than the first payload, 0 for free.
    slots: Vec<u64>,
    told: Vec<Told>,
}

/// What is told at a window.
#[derive(Clone, Copy)]
struct Told {
    payload: u32,
    /// It is the last of its window.
    last: bool,
    /// The byte that must stand behind the window, folded; [`ANY`] if any may.
    next: u8,
}

/// Of texts under so many bytes few positions pass.
const SHORT_TEXT: usize = 4096;
/// Marks that nothing is asked of the byte behind a window.
const ANY: u8 = u8::MAX;

impl<const WIDTH: usize, const STEP: usize> Windows<WIDTH, STEP> {
    /// A table of windows. Payloads of one window are told in ascending order.
    pub(super) fn new(entries: Entries<WIDTH, STEP>) -> Self {
        let Entries(mut windows) = entries;
        windows.sort_unstable();
        let mut table = Self {
            sieve: Sieve::new(windows.len()),
            slots: vec![0; (2 * windows.len()).next_power_of_two()],
            told: Vec::with_capacity(windows.len()),
        };
        for entry in &windows {
            table.sieve.enter(entry.window, entry.next);
        }
        windows.dedup();
        for group in windows.chunk_by(|a, b| a.window == b.window) {
            table.enter(group[0].window);
            table.told.extend(group.iter().map(|entry| Told {
                payload: entry.payload,
                last: false,
                next: entry.next.map_or(ANY, |next| next & OUTER as u8),
            }));
            if let Some(told) = table.told.last_mut() {
                told.last = true;
            }
        }
        table
    }

    /// Enters a window whose payloads come next.
    fn enter(&mut self, window: u64) {
        let (hash, tag) = Self::tag(window);
        let mut slot = hash as usize & (self.slots.len() - 1);
        while self.slots[slot] != 0 {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = tag << 32 | (self.told.len() as u64 + 1);
    }

    /// Tells every payload whose window stands at `starts.start`, `starts.start + STEP`, … within
    /// `starts`, with its position, in order of position; some that do not stand there, too (the
    /// hashes agree), so the caller compares. Behind the end of `text` there are zero bytes. Without
    /// `vectors` nothing is asked of the processor that not all have.
    #[inline]
    pub(super) fn sweep(
        &self,
        text: &[u8],
        starts: Range<usize>,
        vectors: bool,
        tell: &mut impl FnMut(u32, usize),
    ) {
        if self.told.is_empty() {
            return;
        }
        if starts.len() < SHORT_TEXT {
            self.sweep_in(&mut [0; LEAST], text, starts, vectors, tell);
        } else {
            self.sweep_in(&mut [0; PASSED], text, starts, vectors, tell);
        }
    }

    fn sweep_in(
        &self,
        memory: &mut [u32],
        text: &[u8],
        starts: Range<usize>,
        vectors: bool,
        tell: &mut impl FnMut(u32, usize),
    ) {
        let mut passed = Passed::new(memory);
        let mut at = starts.start;
        while at < starts.end.min(text.len()) {
            let base = at;
            at = self.sieve.pass(text, base, starts.end, vectors, &mut passed);
            for far in passed.positions() {
                let at = base + *far as usize;
                self.tell(Sieve::<WIDTH, STEP>::window_at(text, at), at, tell);
            }
        }
    }

    /// Tells the payloads of a window.
    #[inline]
    fn tell(&self, window: u64, at: usize, tell: &mut impl FnMut(u32, usize)) {
        let next = (window >> 32) as u8;
        let (hash, tag) = Self::tag(window & Sieve::<WIDTH, STEP>::WINDOW);
        let mut slot = hash as usize & (self.slots.len() - 1);
        while self.slots[slot] != 0 {
            if self.slots[slot] >> 32 == tag {
                let first = (self.slots[slot] & 0xffff_ffff) as usize - 1;
                for told in &self.told[first..] {
                    if told.next == ANY || told.next == next {
                        tell(told.payload, at);
                    }
                    if told.last {
                        break;
                    }
                }
                if WIDTH == 4 {
                    return;
                }
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    /// Where a window is looked for first, and 32 bits by which it is known there: of four bytes the window
    /// itself.
    fn tag(window: u64) -> (u64, u64) {
        let hash = spread(window);
        (hash, if WIDTH == 4 { window } else { hash >> 32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table<const WIDTH: usize, const STEP: usize>(keys: &[(Key, u32)]) -> Windows<WIDTH, STEP> {
        let mut entries = Entries::default();
        for (key, payload) in keys {
            entries.push(*key, *payload);
        }
        Windows::new(entries)
    }

    fn told<const WIDTH: usize, const STEP: usize>(
        table: &Windows<WIDTH, STEP>,
        text: &[u8],
        starts: Range<usize>,
    ) -> Vec<(u32, usize)> {
        let mut all = Vec::new();
        table.sweep(text, starts, true, &mut |payload, at| all.push((payload, at)));
        all
    }

    #[test]
    fn windows_are_told_at_every_second_position_up_to_the_last_byte() {
        let found = table::<4, 2>(&[
            (Key::new(b"ABCD"), 7),
            (Key::new(b"abcd"), 3),
            (Key::first3(*b"xyz"), 1),
            (Key::last3(*b"xyz"), 2),
        ]);
        let text = b"abcd..AbCd.xYZ-Xyz";
        assert_eq!(told(&found, text, 0..18), [(3, 0), (7, 0), (3, 6), (7, 6), (2, 10), (2, 14)]);
        assert_eq!(told(&found, text, 1..18), [(1, 11), (1, 15)]);
        assert_eq!(told(&found, text, 6..7), [(3, 6), (7, 6)]);
        assert_eq!(told(&found, text, 7..7), []);
        let long = table::<6, 2>(&[(Key::new(b"123456"), 5)]);
        assert_eq!(told(&long, b"xx123456", 0..8), [(5, 2)]);
        assert_eq!(told(&long, b"xx12345", 0..7), []);
        let sparse = table::<6, 8>(&[(Key::new(b"123456"), 5)]);
        assert_eq!(told(&sparse, b"xx123456xx123456", 2..16), [(5, 2), (5, 10)]);
    }

    /// Every size of bitmap finds the same.
    #[test]
    fn large_tables_find_what_small_ones_find() {
        for count in [1u32, 1_000, 20_000, 70_000] {
            let entries: Vec<_> =
                (0..count).map(|n| (Key::new(&n.wrapping_mul(0x01ff_3fd7).to_be_bytes()), n)).collect();
            let table = table::<4, 2>(&entries);
            for n in (0..count).step_by(997) {
                let text = n.wrapping_mul(0x01ff_3fd7).to_be_bytes();
                assert!(told(&table, &text, 0..1).contains(&(n, 0)), "{n} of {count}");
            }
        }
    }
}
