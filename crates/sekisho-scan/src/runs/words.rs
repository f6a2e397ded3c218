//! Long words of a text: maximal stretches of the characters of both alphabets of base64.
//!
//! A word of [`LONG`] characters covers two groups of eight bytes, wherever it starts. So the pass asks
//! of each group whether all of it are such characters, which is one bit of 64 for [`BATCH`] bytes, and
//! nearly all text is done with when no two bits stand side by side. With AVX2 a batch is a hundred
//! instructions; everywhere else the compiler makes vectors of the comparisons.

use std::ops::Range;

use super::alphabet::{TOPS, word_lanes};

/// Bytes of a group.
const GROUP: usize = 8;
/// Bytes that are classed at once: a bit for each group.
pub(crate) const BATCH: usize = 64 * GROUP;
/// Words of so many characters are long: two groups, and seven before the first.
pub(crate) const LONG: usize = 3 * GROUP;

/// Whether a byte is a character of one of base64's alphabets.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Tells each word of [`LONG`] characters or more that starts in `from..to`, in order, and perhaps some
/// that start behind. At `from` no word may go on. Behind `to` a word is not read on when it has `most`
/// characters.
pub(super) fn find(
    text: &[u8],
    from: usize,
    to: usize,
    most: usize,
    vectors: bool,
    tell: &mut impl FnMut(Range<usize>),
) {
    let mut close = |groups: Range<usize>| {
        let start = groups.start - word_before(&text[from..groups.start]);
        let end = groups.end + word_behind(&text[groups.end..]);
        if end - start >= LONG {
            tell(start..end);
        }
    };
    // The groups of a word that goes on with the next batch.
    let mut open: Option<usize> = None;
    let mut base = from;
    while base < text.len() && (base < to + GROUP || open.is_some()) {
        let mut full = full_groups(text, base, vectors);
        if let Some(start) = open {
            let more = full.trailing_ones() as usize;
            if more == 64 && (base < to || base - start < most) {
                base += BATCH;
                continue;
            }
            close(start..base + more * GROUP);
            open = None;
            full = if more == 64 { 0 } else { full >> more << more };
        }
        // Where two stand side by side for the first time, or may do with the next batch.
        let mut firsts = full & !(full << 1) & (full >> 1 | 1 << 63);
        while firsts != 0 {
            let first = firsts.trailing_zeros() as usize;
            let len = (full >> first).trailing_ones() as usize;
            firsts &= firsts - 1;
            if first + len == 64 {
                open = Some(base + first * GROUP);
            } else {
                close(base + first * GROUP..base + (first + len) * GROUP);
            }
        }
        base += BATCH;
    }
    if let Some(start) = open {
        close(start..text.len().min(base));
    }
}

/// Characters of a word at the end of a text, up to eight.
fn word_before(text: &[u8]) -> usize {
    text.last_chunk().map_or_else(
        || text.iter().rev().take_while(|byte| is_word(**byte)).count(),
        |eight| (!word_lanes(*eight) & TOPS).leading_zeros() as usize / 8,
    )
}

/// Characters of a word at the beginning of a text, up to eight.
fn word_behind(text: &[u8]) -> usize {
    text.first_chunk().map_or_else(
        || text.iter().take_while(|byte| is_word(**byte)).count(),
        |eight| (!word_lanes(*eight) & TOPS).trailing_zeros() as usize / 8,
    )
}

/// Which groups of the batch at `base` are all characters of words, a bit for each; behind the end of the
/// text there are none.
fn full_groups(text: &[u8], base: usize, vectors: bool) -> u64 {
    let rest = text.get(base..).unwrap_or_default();
    if let Some(batch) = rest.first_chunk() {
        return full_groups_in(batch, vectors);
    }
    let mut padded = [0; BATCH];
    padded[..rest.len()].copy_from_slice(rest);
    full_groups_in(&padded, vectors)
}

/// The same of a batch that is there as a whole.
#[inline]
fn full_groups_in(batch: &[u8; BATCH], vectors: bool) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if vectors && crate::avx2::is_there() {
        return crate::avx2::full_groups(batch);
    }
    let _ = vectors; // asked of nobody where there are none
    full_groups_of(batch)
}

/// The twin of the vectors.
fn full_groups_of(batch: &[u8; BATCH]) -> u64 {
    // Without branches and tables, so that the compiler makes vector instructions of it.
    let outside = batch.map(|byte| {
        let letter = u8::from((byte | 0x20).wrapping_sub(b'a') < 26);
        let low = u8::from(byte.wrapping_sub(b'+') <= b'9' - b'+');
        let inside = letter | low | u8::from(byte == b'_');
        (inside ^ 1) | u8::from(byte == b',') | u8::from(byte == b'.')
    });
    let (groups, _) = outside.as_chunks::<GROUP>();
    groups.iter().rev().fold(0, |full, group| full << 1 | u64::from(*group == [0; GROUP]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_classed_as_the_alphabets_say() {
        for byte in 0..=255u8 {
            for at in 0..GROUP {
                let mut text = [b'a'; BATCH];
                text[8 * GROUP + at] = byte;
                let full = if is_word(byte) { u64::MAX } else { !(1 << 8) };
                for vectors in [false, true] {
                    assert_eq!(full_groups(&text, 0, vectors), full, "{byte} {vectors}");
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn long_words_are_told_once_and_in_order(
            pieces in proptest::collection::vec((0usize..90, 1usize..4), 0..40),
            giant in (0usize..40, 0usize..3000),
            from in 0usize..40,
            to in 0usize..2000,
            most in 24usize..2000,
        ) {
            let mut text = Vec::new();
            for (number, (mut word, gap)) in pieces.into_iter().enumerate() {
                word += if number == giant.0 { giant.1 } else { 0 };
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
                    expected.push(at..at + len);
                }
                at += len.max(1);
            }
            for vectors in [false, true] {
                let mut told: Vec<Range<usize>> = Vec::new();
                find(&text, from, to, most, vectors, &mut |word| told.push(word));
                proptest::prop_assert!(told.is_sorted_by(|a, b| a.end < b.start));
                told.retain(|word| word.start < to);
                for (told, expected) in told.iter_mut().zip(&expected) {
                    // Cut, as it may be.
                    if told.end >= to && told.len() >= most {
                        told.end = told.end.max(expected.end);
                    }
                }
                proptest::prop_assert_eq!(&told, &expected);
            }
        }
    }
}
