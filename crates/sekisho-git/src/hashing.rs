//! [`Mix`]: a fast hash for numbers that we gave out ourselves.

use std::hash::{BuildHasher, Hasher};

/// Hashes small numbers (of objects, names, paths). They are dense and our own, so nobody can choose
/// them to collide; anything that others wrote belongs into the standard library's hash.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mix;

impl BuildHasher for Mix {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer(0)
    }
}

/// The state of [`Mix`]: a multiplication and a rotation for each number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
