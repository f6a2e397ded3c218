//! [`Windows`]: which of many short byte windows stands at each second position of a text.
//!
//! The heart of the engine, and the seam for vector code. A window is folded (bit 5 of every byte
//! set, so that the case of letters goes and little else), hashed, and looked up in a bitmap that
//! stays in the nearest caches; ninety-nine positions of a hundred end there, without a branch of
//! their own. The rest goes through a table of 32-bit tags to the payloads of the window, which the
//! caller verifies against the text. Nothing is stored of a window but hashes, so a table over
//! secrets holds none.
//!
//! Only every second position is looked at. That is enough because every literal is entered twice,
//! by two windows of which one starts at an even and one at an odd distance from its start.

use std::ops::Range;

/// Bytes that a look-up may read from its position on, whatever the width.
const LOAD: usize = 8;
/// Bit 5 of every byte: folds the case of ASCII letters.
const FOLD: u64 = 0x2020_2020_2020_2020;
/// Marks the last payload of a window.
const LAST: u32 = 1 << 31;

/// A window of a literal, folded; made by [`Key::new`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    bits: u64,
    /// For three bytes known of four: which.
    known: Known,
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
        let mut bytes = [0; LOAD];
        bytes[..text.len()].copy_from_slice(text);
        let fold = FOLD >> (8 * (LOAD - text.len()));
        Self { bits: u64::from_le_bytes(bytes) | fold, known: Known::All }
    }

    /// The windows of four bytes that begin with these three.
    pub(super) fn first3(text: [u8; 3]) -> Self {
        Self { bits: Self::new(&[text[0], text[1], text[2], 0]).bits & 0x00ff_ffff, known: Known::First3 }
    }

    /// The windows of four bytes that end with these three.
    pub(super) fn last3(text: [u8; 3]) -> Self {
        Self { bits: Self::new(&[text[0], text[1], text[2], 0]).bits & 0x00ff_ffff, known: Known::Last3 }
    }

    /// A number for tables of keys.
    pub(super) fn spread(self) -> usize {
        self.slot_hash() as usize
    }

    /// All windows of this key, for the bitmap: one, or one for every folded value of the byte that
    /// is not known.
    fn windows(self) -> impl Iterator<Item = u64> {
        let open = match self.known {
            Known::All => 0..1,
            Known::First3 | Known::Last3 => 0..256u64,
        };
        open.filter(move |byte| self.known == Known::All || byte & 0x20 != 0).map(move |byte| {
            match self.known {
                Known::All => self.bits,
                Known::First3 => self.bits | byte << 24,
                Known::Last3 => self.bits << 8 | byte,
            }
        })
    }

    /// Slot (from the low half) and tag (the high half) in the table of payloads: the finalizer of
    /// splitmix64.
    fn slot_hash(self) -> u64 {
        let salted = self.bits ^ (self.known as u64) << 62;
        let mixed = (salted ^ salted >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

/// Where a folded window stands in a bitmap of 2^`bits` bits: the word, and two bits in it.
#[inline]
fn place(window: u64, bits: u32) -> (usize, u64, u64) {
    let hash = window.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((hash >> (70 - bits)) as usize, hash >> (64 - bits) & 63, hash >> (58 - bits) & 63)
}

/// A table of windows of `WIDTH` (4 or 6) bytes.
pub(super) struct Windows<const WIDTH: usize> {
    /// Base-two logarithm of the bitmap's size.
    bits: u32,
    /// One bit for each window of 4 bytes, two for each longer one: these are many, and what passes the
    /// bitmap by accident costs a look into far memory.
    bitmap: Vec<u64>,
    /// Open addressing; high half a tag, low half one more than the first payload, 0 for free.
    slots: Vec<u64>,
    payloads: Vec<u32>,
    /// Whether there are keys with a byte that is not known.
    partial: bool,
}

impl<const WIDTH: usize> Windows<WIDTH> {
    /// A table of windows with their payloads, each under 2^31. Payloads of one window are told in
    /// ascending order.
    pub(super) fn new(mut entries: Vec<(Key, u32)>) -> Self {
        entries.sort_unstable();
        entries.dedup();
        let all: usize = entries.iter().map(|(key, _)| if key.known == Known::All { 1 } else { 128 }).sum();
        // So sparse that accidents are fewer than true hits in dense text.
        let room = all << if WIDTH > 4 { 4 } else { 7 };
        let bits = [16, 18, 20, 22, 24].into_iter().find(|bits| room <= 1 << bits).unwrap_or(26);
        let mut table = Self {
            bits,
            bitmap: vec![0; 1 << (bits - 6)],
            slots: vec![0; (2 * entries.len()).next_power_of_two()],
            payloads: Vec::with_capacity(entries.len()),
            partial: entries.iter().any(|(key, _)| key.known != Known::All),
        };
        for group in entries.chunk_by(|a, b| a.0 == b.0) {
            table.enter(group[0].0);
            table.payloads.extend(group.iter().map(|(_, payload)| payload));
            if let Some(last) = table.payloads.last_mut() {
                *last |= LAST;
            }
        }
        table
    }

    /// Enters a key whose payloads come next.
    fn enter(&mut self, key: Key) {
        for window in key.windows() {
            let (word, first, second) = place(window, self.bits);
            self.bitmap[word] |= 1 << first | if WIDTH > 4 { 1 << second } else { 0 };
        }
        let hash = key.slot_hash();
        let mut slot = hash as usize & (self.slots.len() - 1);
        while self.slots[slot] != 0 {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = hash >> 32 << 32 | (self.payloads.len() as u64 + 1);
    }

    /// Tells every payload whose window stands at `starts.start`, `starts.start + 2`, … within
    /// `starts`, with its position, in order of position; some that do not stand there, too (the
    /// hashes agree), so the caller compares. Behind the end of `text` there are zero bytes.
    #[inline]
    pub(super) fn sweep(&self, text: &[u8], starts: Range<usize>, tell: &mut impl FnMut(u32, usize)) {
        if self.payloads.is_empty() {
            return;
        }
        match self.bits {
            16 => self.sweep_in::<16>(text, starts, tell),
            18 => self.sweep_in::<18>(text, starts, tell),
            20 => self.sweep_in::<20>(text, starts, tell),
            22 => self.sweep_in::<22>(text, starts, tell),
            24 => self.sweep_in::<24>(text, starts, tell),
            _ => self.sweep_in::<26>(text, starts, tell),
        }
    }

    fn sweep_in<const BITS: u32>(
        &self,
        text: &[u8],
        starts: Range<usize>,
        tell: &mut impl FnMut(u32, usize),
    ) {
        let bitmap = &self.bitmap[..1 << (BITS - 6)];
        let is_set = |window: u64| {
            let (word, first, second) = place(window, BITS);
            let word = bitmap[word];
            if WIDTH > 4 { word >> first & word >> second & 1 } else { word >> first & 1 }
        };
        let mut at = starts.start;
        while at + 8 <= starts.end
            && let Some(block) = text.get(at..at + 6 + LOAD)
        {
            let windows: [u64; 4] = std::array::from_fn(|k| Self::window(block, 2 * k));
            let set = is_set(windows[0])
                | is_set(windows[1]) << 1
                | is_set(windows[2]) << 2
                | is_set(windows[3]) << 3;
            if set != 0 {
                for (k, window) in windows.into_iter().enumerate() {
                    if set >> k & 1 != 0 {
                        self.tell_all(window, at + 2 * k, tell);
                    }
                }
            }
            at += 8;
        }
        while at < starts.end.min(text.len()) {
            let mut padded = [0; LOAD];
            let rest = &text[at..text.len().min(at + LOAD)];
            padded[..rest.len()].copy_from_slice(rest);
            let window = Self::window(&padded, 0);
            if is_set(window) != 0 {
                self.tell_all(window, at, tell);
            }
            at += 2;
        }
    }

    /// The folded window at a place of `block`.
    #[inline]
    fn window(block: &[u8], at: usize) -> u64 {
        let mut bytes = [0; LOAD];
        bytes[..WIDTH].copy_from_slice(&block[at..at + WIDTH]);
        u64::from_le_bytes(bytes) | FOLD >> (8 * (LOAD - WIDTH))
    }

    #[inline(never)]
    fn tell_all(&self, window: u64, at: usize, tell: &mut impl FnMut(u32, usize)) {
        // In this order, so that the anchors of one literal ascend.
        if self.partial {
            self.tell(Key { bits: window & 0x00ff_ffff, known: Known::First3 }, at, tell);
        }
        self.tell(Key { bits: window, known: Known::All }, at, tell);
        if self.partial {
            self.tell(Key { bits: window >> 8, known: Known::Last3 }, at, tell);
        }
    }

    fn tell(&self, key: Key, at: usize, tell: &mut impl FnMut(u32, usize)) {
        let hash = key.slot_hash();
        let mut slot = hash as usize & (self.slots.len() - 1);
        while self.slots[slot] != 0 {
            if self.slots[slot] >> 32 == hash >> 32 {
                let first = (self.slots[slot] & 0xffff_ffff) as usize - 1;
                for payload in &self.payloads[first..] {
                    tell(payload & !LAST, at);
                    if payload & LAST != 0 {
                        break;
                    }
                }
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<const WIDTH: usize>(
        table: &Windows<WIDTH>,
        text: &[u8],
        starts: Range<usize>,
    ) -> Vec<(u32, usize)> {
        let mut all = Vec::new();
        table.sweep(text, starts, &mut |payload, at| all.push((payload, at)));
        all
    }

    #[test]
    fn windows_are_told_at_every_second_position_up_to_the_last_byte() {
        let table = Windows::<4>::new(vec![
            (Key::new(b"ABCD"), 7),
            (Key::new(b"abcd"), 3),
            (Key::first3(*b"xyz"), 1),
            (Key::last3(*b"xyz"), 2),
        ]);
        let text = b"abcd..AbCd.xYZ-Xyz";
        assert_eq!(told(&table, text, 0..18), [(3, 0), (7, 0), (3, 6), (7, 6), (2, 10), (2, 14)]);
        assert_eq!(told(&table, text, 1..18), [(1, 11), (1, 15)]);
        assert_eq!(told(&table, text, 6..7), [(3, 6), (7, 6)]);
        assert_eq!(told(&table, text, 7..7), []);
        let long = Windows::<6>::new(vec![(Key::new(b"123456"), 5)]);
        assert_eq!(told(&long, b"xx123456", 0..8), [(5, 2)]);
        assert_eq!(told(&long, b"xx12345", 0..7), []);
    }

    /// Every size of bitmap finds the same.
    #[test]
    fn large_tables_find_what_small_ones_find() {
        for count in [1u32, 1_000, 20_000, 70_000] {
            let entries =
                (0..count).map(|n| (Key::new(&n.wrapping_mul(0x01ff_3fd7).to_be_bytes()), n)).collect();
            let table = Windows::<4>::new(entries);
            for n in (0..count).step_by(997) {
                let text = n.wrapping_mul(0x01ff_3fd7).to_be_bytes();
                assert!(told(&table, &text, 0..1).contains(&(n, 0)), "{n} of {count}");
            }
        }
    }
}
