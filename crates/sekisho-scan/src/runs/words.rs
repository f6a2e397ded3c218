//! Long words of a text: stretches of the characters of both alphabets of base64.
//!
//! Sixty-four bytes become a mask with a bit for each, and in masks a stretch of 24 ones is found by five
//! shifts. With AVX2 a mask is a handful of instructions; everywhere else the compiler makes vectors of
//! the comparisons.

/// Bytes that become one mask.
pub(crate) const BLOCK: usize = 64;
/// Blocks that are classed at once.
pub(crate) const BATCH: usize = 8;
/// Words of so many characters are long.
pub(super) const LONG: usize = 24;

/// Tells where each word starts that has a start in `from..to` and [`LONG`] characters, in order, and
/// perhaps some that start behind. At `from` no word may go on.
pub(super) fn starts(text: &[u8], from: usize, to: usize, vectors: bool, tell: &mut impl FnMut(usize)) {
    // Characters at the end of the block before.
    let mut carry = 0;
    let mut base = from;
    while base < text.len() && base < to + LONG {
        for mask in masks(text, base, vectors) {
            let first = mask.trailing_ones() as usize;
            if carry < LONG && carry + first >= LONG {
                tell(base - carry);
            }
            // What stands at the beginning was told, here or with an earlier block.
            let rest = if carry > 0 && first < BLOCK { mask & (u64::MAX << first) } else { mask };
            let mut long = long_stretches(if carry > 0 && first == BLOCK { 0 } else { rest });
            while long != 0 {
                let at = long.trailing_zeros() as usize;
                if carry > 0 || at > 0 || first < LONG {
                    tell(base + at);
                }
                let len = (rest >> at).trailing_ones() as usize;
                long = if at + len < BLOCK { long & (u64::MAX << (at + len)) } else { 0 };
            }
            carry = if mask == u64::MAX { carry + BLOCK } else { mask.leading_ones() as usize };
            base += BLOCK;
        }
    }
}

/// Where 24 ones begin.
fn long_stretches(mask: u64) -> u64 {
    let two = mask & mask >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    let sixteen = eight & eight >> 8;
    sixteen & sixteen >> 8
}

/// The masks of the blocks from `base` on; behind the end of the text there is nothing.
fn masks(text: &[u8], base: usize, vectors: bool) -> [u64; BATCH] {
    let rest = text.get(base..).unwrap_or_default();
    let mut padded = [[0; BLOCK]; BATCH];
    let whole = rest.first_chunk::<{ BLOCK * BATCH }>().and_then(|all| all.as_chunks().0.first_chunk());
    let blocks = whole.unwrap_or_else(|| {
        padded.as_flattened_mut()[..rest.len()].copy_from_slice(rest);
        &padded
    });
    #[cfg(target_arch = "x86_64")]
    if vectors && crate::avx2::is_there() {
        return crate::avx2::word_masks(blocks);
    }
    let _ = vectors; // asked of nobody where there are none
    blocks.map(|block| mask_of(&block))
}

/// Which bytes of a block are characters of base64's alphabets.
fn mask_of(block: &[u8; BLOCK]) -> u64 {
    // Without branches and tables, so that the compiler makes vector instructions of it.
    let inside = block.map(|byte| {
        let letter = u8::from((byte | 0x20).wrapping_sub(b'a') < 26);
        let low = u8::from(byte.wrapping_sub(b'+') <= b'9' - b'+');
        let all = letter | low | u8::from(byte == b'_');
        all & !(u8::from(byte == b',') | u8::from(byte == b'.'))
    });
    let (eights, _) = inside.as_chunks::<8>();
    // Gathers the lowest bits of eight bytes into one.
    let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    eights.iter().rev().fold(0, |mask, eight| mask << 8 | bits(eight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_word(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
    }

    #[test]
    fn every_byte_is_classed_as_the_alphabets_say() {
        let text: Vec<u8> = (0..=255).collect();
        for vectors in [false, true] {
            let masks = masks(&text, 0, vectors);
            for byte in 0..=255u8 {
                let (block, bit) = (usize::from(byte) / BLOCK, usize::from(byte) % BLOCK);
                assert_eq!(masks[block] >> bit & 1 != 0, is_word(byte), "{byte} {vectors}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn long_words_are_told_once_and_in_order(
            pieces in proptest::collection::vec((0usize..90, 1usize..4), 0..40),
            from in 0usize..40,
            to in 0usize..2000,
        ) {
            let mut text = Vec::new();
            for (word, gap) in pieces {
                text.extend(b"aZ0+_".iter().cycle().take(word));
                text.extend(b" .\n".iter().take(gap));
            }
            let mut from = from.min(text.len());
            while from > 0 && from < text.len() && is_word(text[from - 1]) {
                from += 1;
            }
            let mut expected = Vec::new();
            let mut at = from;
            while at < text.len() {
                let len = text[at..].iter().take_while(|byte| is_word(**byte)).count();
                if len >= LONG && at < to {
                    expected.push(at);
                }
                at += len.max(1);
            }
            for vectors in [false, true] {
                let mut told = Vec::new();
                starts(&text, from, to, vectors, &mut |at| told.push(at));
                proptest::prop_assert!(told.is_sorted_by(|a, b| a < b));
                told.retain(|at| *at < to);
                proptest::prop_assert_eq!(&told, &expected);
            }
        }
    }
}
