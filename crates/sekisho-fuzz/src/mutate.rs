//! Mutations that are the same on every machine.

/// A small generator of numbers: SplitMix64 (Steele, Lea and Flood, 2014). Not for secrets.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator whose numbers follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when `end` is.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next_u64() % end as u64) as usize }
    }
}

/// Bytes at which parsers change their mind.
const EDGES: &[u8] = &[0, 1, 9, 10, 13, 32, 34, 39, 45, 58, 61, 91, 92, 93, 123, 125, 0x7f, 0x80, 0xc0, 0xff];
/// Numbers at which lengths overflow.
const NUMBERS: &[u64] =
    &[0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff, u64::MAX >> 1, u64::MAX];
/// Inputs stay below this length, in bytes.
const MAX_LEN: usize = 64 << 10;

/// Changes `input` in one to four places; `other` is a second input to take pieces from.
pub fn mutate(rng: &mut Rng, input: &mut Vec<u8>, other: &[u8], words: &[&[u8]]) {
    for _ in 0..=rng.below(4) {
        step(rng, input, other, words);
        input.truncate(MAX_LEN);
    }
}

fn step(rng: &mut Rng, input: &mut Vec<u8>, other: &[u8], words: &[&[u8]]) {
    let at = rng.below(input.len() + 1);
    match rng.below(9) {
        0 => flip(rng, input, at),
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = EDGES[rng.below(EDGES.len())];
            }
        }
        2 => input.truncate(at),
        3 => {
            let len = rng.below(1 + (input.len() - at).min(64));
            input.drain(at..at + len);
        }
        4 => {
            let len = rng.below(1 + (input.len() - at).min(256));
            let piece = input[at..at + len].to_vec();
            let times = 1 + rng.below(8);
            insert(input, at, &piece.repeat(times));
        }
        5 => {
            let number = NUMBERS[rng.below(NUMBERS.len())];
            let width = 1 << rng.below(4);
            let mut bytes = number.to_le_bytes();
            if rng.below(2) == 0 {
                bytes[..width].reverse();
            }
            let end = (at + width).min(input.len());
            input[at..end].copy_from_slice(&bytes[..end - at]);
        }
        6 => {
            let from = rng.below(other.len() + 1);
            let len = rng.below(1 + (other.len() - from).min(256));
            insert(input, at, &other[from..from + len]);
        }
        7 => insert(input, at, words.get(rng.below(words.len())).copied().unwrap_or(b"\0")),
        _ => insert(input, at, &[EDGES[rng.below(EDGES.len())]]),
    }
}

fn flip(rng: &mut Rng, input: &mut [u8], at: usize) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << rng.below(8);
    }
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    input.splice(at..at, piece.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        let mut rng = Rng::new(1_234_567);
        assert_eq!(rng.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn mutations_repeat_and_change_something() {
        let run = || {
            let mut rng = Rng::new(7);
            let mut input = b"key: value".to_vec();
            (0..100).for_each(|_| mutate(&mut rng, &mut input, b"other", &[b"word"]));
            input
        };
        assert_eq!(run(), run());
        assert_ne!(run(), b"key: value");
    }
}
