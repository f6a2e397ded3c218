//! A hash for small keys that the program makes itself: vertices and places. It is quick and no more;
//! keys from outside are hashed by the standard library.

use std::hash::{BuildHasherDefault, Hasher};

/// A map with keys of our own.
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Folded>>;

/// Multiplies and turns, as Firefox' hash does.
#[derive(Default)]
pub(crate) struct Folded(u64);

impl Folded {
    fn fold(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        // The upper bits are the best; tables look at the lower ones.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.fold(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.fold(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.fold(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.fold(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.fold(word as u64);
    }
}
