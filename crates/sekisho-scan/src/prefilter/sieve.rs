//! [`Sieve`]: a bitmap of hashed windows, and the pass over a text that asks it.
//!
//! The heart of the engine. At each `STEP`-th position of a text the window of `WIDTH` bytes is
//! folded (bit 5 of every byte set, so that the case of letters goes and little else; of the outer
//! bytes of a short window only the lowest five bits are kept), hashed, and looked up in a bitmap that
//! stays in the nearest caches. Where a literal has a fifth byte, that is asked for by a second bit of
//! the same word: common pieces of words pass seldom then. What passes is collected, not called, and without a
//! branch: which positions pass cannot be guessed.
//!
//! There are two of it: eight windows at once with AVX2, and one after the other on
//! any processor. Both are the same function of the bytes; a test holds them to it.
//!
//! Nothing is kept of a window but bits, so a sieve over secrets holds none.

/// Bytes that a look-up may read from its position on, whatever the width.
const LOAD: usize = 8;
/// Bit 5 of every byte: folds the case of ASCII letters.
pub(crate) const FOLD: u64 = 0x2020_2020_2020_2020;
/// What is kept of the outer two bytes of a window of four: five bits tell letters apart, and a byte
/// that is not known then has few values.
pub(crate) const OUTER: u64 = 0x1f;
/// Multipliers of the hash: the golden ratio, and a prime of xxHash32.
pub(crate) const MIX: [u32; 2] = [0x9e37_79b1, 0x85eb_ca77];
/// Positions that are collected at once of a long text: so many that the two loops, the one that collects
/// and the one that tells, seldom take turns.
pub(crate) const PASSED: usize = 1024;
/// And of a short one, for which so much memory would be too much to clear.
pub(crate) const LEAST: usize = 128;

/// Positions that passed, in ascending order.
pub(crate) struct Passed<'m> {
    /// Behind those that are there is room for what [`extend`](Self::extend) writes too much.
    at: &'m mut [u32],
    len: usize,
}

impl<'m> Passed<'m> {
    /// None yet; in memory for them, [`PASSED`] of it for a long text and a [`LEAST`] for a short one.
    pub(crate) fn new(memory: &'m mut [u32]) -> Self {
        Self { at: memory, len: 0 }
    }

    pub(crate) fn positions(&self) -> &[u32] {
        &self.at[..self.len]
    }

    /// Whether a block of `count` positions may still pass as a whole.
    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.len + count + 4 <= self.at.len()
    }

    pub(crate) fn push(&mut self, at: usize) {
        if let Some(slot) = self.at.get_mut(self.len) {
            *slot = at as u32;
            self.len += 1;
        }
    }

    /// Adds those of 64 positions, `step` apart from `first` on, that a mask has a bit for. There must be
    /// room for so many.
    #[inline]
    pub(crate) fn extend(&mut self, first: usize, step: usize, mut mask: u64) {
        let count = mask.count_ones() as usize;
        let mut next = || {
            let at = first + step * mask.trailing_zeros() as usize;
            mask &= mask.wrapping_sub(1);
            at as u32
        };
        // Mostly there are fewer than four; how many shall be no branch.
        if let Some(slots) = self.at.get_mut(self.len..self.len + 4) {
            for slot in slots {
                *slot = next();
            }
        }
        if count > 4
            && let Some(slots) = self.at.get_mut(self.len + 4..self.len + count)
        {
            for slot in slots {
                *slot = next();
            }
        }
        self.len += count;
    }
}

/// A folded window of up to eight bytes.
pub(crate) fn fold(text: &[u8]) -> u64 {
    let mut bytes = [0; LOAD];
    let len = text.len().min(LOAD);
    bytes[..len].copy_from_slice(&text[..len]);
    u64::from_le_bytes(bytes) | FOLD >> (8 * (LOAD - len))
}

/// A bitmap over windows of `WIDTH` (4 or 6) bytes, asked at each `STEP`-th (second or eighth)
/// position.
pub(crate) struct Sieve<const WIDTH: usize, const STEP: usize> {
    /// Base-two logarithm of its size.
    pub(crate) bits: u32,
    /// One bit for each window of 4 bytes, two for each longer one: these are many, and what passes
    /// by accident costs a look into far memory.
    pub(crate) bitmap: Vec<u32>,
}

impl<const WIDTH: usize, const STEP: usize> Sieve<WIDTH, STEP> {
    /// An empty one for so many windows.
    pub(crate) fn new(windows: usize) -> Self {
        // Keywords have a table so sparse that accidents are seldom; the more there are, the more the
        // size counts, and so the caches.
        let each = match windows {
            _ if WIDTH > 4 => 16,
            ..16_384 => 128,
            16_384..65_536 => 64,
            _ => 32,
        };
        let room = windows.saturating_mul(each);
        let bits = (15..=26).find(|bits| room <= 1 << bits).unwrap_or(26);
        Self { bits, bitmap: vec![0; 1 << (bits - 5)] }
    }

    /// Enters a folded window, with the byte that stands behind it, if that is known.
    pub(crate) fn enter(&mut self, window: u64, next: Option<u8>) {
        let behind = next.map_or(0, |next| (u64::from(next) & OUTER) << 32 & !Self::WINDOW);
        let (word, bits) = self.place(window & Self::WINDOW | behind);
        // Before anything else there may be any byte.
        let any = if WIDTH > 4 || next.is_some() { 0 } else { 0xffff_0000 };
        self.bitmap[word] |= bits | any;
    }

    /// Whether a folded window may have been entered.
    pub(crate) fn passes(&self, window: u64) -> bool {
        let (word, bits) = self.place(window);
        self.bitmap[word] & bits == bits
    }

    /// Word and bits of a window.
    fn place(&self, window: u64) -> (usize, u32) {
        let (low, high) = (window as u32, (window >> 32) as u32);
        let mut hash = low.wrapping_mul(MIX[0]);
        if WIDTH > 4 {
            hash = hash.wrapping_add(high.wrapping_mul(MIX[1]));
        }
        let first = hash >> (32 - self.bits);
        let bits = if WIDTH > 4 {
            1 << (first & 31) | 1 << (hash >> 5 & 31)
        } else {
            1 << (first & 15) | 1 << (16 | (hash >> 5 ^ high) & 15)
        };
        ((hash >> (37 - self.bits)) as usize, bits)
    }

    /// Collects the positions in `from..to`, `STEP` apart from `from` on, whose windows pass, as
    /// distances from `from`; as many as there is room for. Gives back where to go on. Behind the end
    /// of `text` there are zero bytes.
    #[inline]
    pub(crate) fn pass(
        &self,
        text: &[u8],
        from: usize,
        to: usize,
        vectors: bool,
        out: &mut Passed<'_>,
    ) -> usize {
        out.len = 0;
        // Distances fit into their 32 bits.
        let to = to.min(from.saturating_add(1 << 31));
        let mut at = from;
        #[cfg(target_arch = "x86_64")]
        if vectors && crate::avx2::is_there() {
            at = self.pass_avx2(text, from, to, out);
        }
        let _ = vectors; // asked of nobody where there are none
        self.pass_blocks(text, from, at, to, out)
    }

    /// One window after the other.
    fn pass_blocks(&self, text: &[u8], from: usize, at: usize, to: usize, out: &mut Passed<'_>) -> usize {
        let mut at = at;
        while at + 4 * STEP <= to
            && out.has_room(4)
            && let Some(block) = text.get(at..at + 3 * STEP + LOAD)
        {
            let passes: [bool; 4] = std::array::from_fn(|k| self.passes(Self::window(&block[k * STEP..])));
            if passes.contains(&true) {
                for (k, passes) in passes.into_iter().enumerate() {
                    if passes {
                        out.push(at + k * STEP - from);
                    }
                }
            }
            at += 4 * STEP;
        }
        while at < to.min(text.len()) && out.has_room(1) {
            if self.passes(Self::window_at(text, at)) {
                out.push(at - from);
            }
            at += STEP;
        }
        at
    }

    /// The folded window at a place of a text, behind whose end there are zero bytes.
    pub(crate) fn window_at(text: &[u8], at: usize) -> u64 {
        if let Some(block) = text.get(at..at + LOAD) {
            return Self::window(block);
        }
        let mut padded = [0; LOAD];
        let rest = text.get(at..).unwrap_or_default();
        padded[..rest.len()].copy_from_slice(rest);
        Self::window(&padded)
    }

    /// The folded window at the beginning of `block`, which has [`LOAD`] bytes; one of four with the
    /// byte behind it.
    #[inline]
    pub(crate) fn window(block: &[u8]) -> u64 {
        let mut bytes = [0; LOAD];
        bytes.copy_from_slice(&block[..LOAD]);
        Self::fold(u64::from_le_bytes(bytes))
    }

    /// Folds a window.
    #[inline]
    pub(crate) fn fold(window: u64) -> u64 {
        (window | FOLD) & Self::KEPT
    }

    /// The bits of a window that are kept.
    pub(crate) const KEPT: u64 = if WIDTH > 4 {
        u64::MAX >> (8 * (LOAD - WIDTH))
    } else {
        OUTER << 32 | OUTER << 24 | 0x00ff_ff00 | OUTER
    };
    /// Those of the window itself.
    pub(crate) const WINDOW: u64 = u64::MAX >> (8 * (LOAD - WIDTH));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<const WIDTH: usize, const STEP: usize>(
        sieve: &Sieve<WIDTH, STEP>,
        text: &[u8],
        from: usize,
        to: usize,
        vectors: bool,
    ) -> Vec<usize> {
        let mut memory = [0; LEAST];
        let (mut passed, mut all, mut at) = (Passed::new(&mut memory), Vec::new(), from);
        while at < to.min(text.len()) {
            let base = at;
            at = sieve.pass(text, base, to, vectors, &mut passed);
            all.extend(passed.positions().iter().map(|far| base + *far as usize));
        }
        all
    }

    fn twins_agree<const WIDTH: usize, const STEP: usize>(
        text: &[u8],
        windows: &[u64],
        from: usize,
        to: usize,
    ) {
        let mut sieve = Sieve::<WIDTH, STEP>::new(windows.len());
        for window in windows {
            let next = (window % 3 > 0).then_some((window >> 32) as u8);
            sieve.enter(Sieve::<WIDTH, STEP>::fold(*window), next);
        }
        let mut padded = text.to_vec();
        padded.resize(text.len() + LOAD, 0);
        let slow: Vec<usize> = (from..to.min(text.len()))
            .step_by(STEP)
            .filter(|at| sieve.passes(Sieve::<WIDTH, STEP>::window(&padded[*at..])))
            .collect();
        assert_eq!(all(&sieve, text, from, to, false), slow, "one after the other");
        assert_eq!(all(&sieve, text, from, to, true), slow, "eight at once");
    }

    proptest::proptest! {
        /// The vectors, their twin, and the definition are one function.
        #[test]
        fn vectors_pass_what_their_twin_passes(
            text in proptest::collection::vec(0u8..12, 0..2000),
            seeds in proptest::collection::vec(proptest::collection::vec(0u8..12, 8), 0..400),
            from in 0usize..100,
            len in 0usize..2000,
        ) {
            let letter = |byte: &u8| b"aAbB-_01\n \xe3k"[usize::from(*byte)];
            let text: Vec<u8> = text.iter().map(letter).collect();
            let windows: Vec<u64> =
                seeds.iter().map(|seed| fold(&seed.iter().map(letter).collect::<Vec<u8>>())).collect();
            let (from, to) = (from.min(text.len()), from + len);
            twins_agree::<4, 2>(&text, &windows, from, to);
            twins_agree::<6, 2>(&text, &windows, from, to);
            twins_agree::<6, 8>(&text, &windows, from, to);
        }
    }
}
