//! Lists of words as texts: ` one two three `, lower case, between blanks.
//!
//! A list in this form reads as prose does. What is asked of it needs no prose: the first question
//! makes a table of it, once per process, in which a word is found by a look or two.

use std::ops::Range;
use std::sync::OnceLock;

/// Longest word that is looked up.
const MAX_WORD: usize = 62;
/// Words up to this length are compared as one number.
const SHORT: usize = 16;

/// Of longer texts it is not asked which bytes they have.
const SOON_ALL: usize = 256;

/// A list of words, lower case, between blanks.
pub(crate) struct List {
    text: &'static str,
    table: OnceLock<Table>,
}

/// What questions are answered from.
struct Table {
    /// The short words as numbers, by their hashes: open addressing in a power of two, 0 for free.
    slots: Box<[u128]>,
    /// All words with the sets of their bytes, and where the rarest of these stands.
    words: Box<[(u64, &'static str, usize)]>,
    /// The words by the bytes that they begin and end with.
    first: ByByte,
    last: ByByte,
    /// There are words that are not short.
    long: bool,
}

impl List {
    /// A list of the words in `text`.
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, table: OnceLock::new() }
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| Table::new(self.text))
    }

    /// Whether a word, taken without case, stands in the list.
    pub(crate) fn has(&self, word: &[u8]) -> bool {
        let ([first, ..], [.., last]) = (word, word) else { return false };
        let table = self.table();
        // Most words are done with here.
        let ends = table.first.any(first.to_ascii_lowercase()) & table.last.any(last.to_ascii_lowercase());
        if !ends || word.len() > MAX_WORD {
            return false;
        }
        if word.len() > SHORT {
            return table.long
                && table.words.iter().any(|(_, one, _)| one.as_bytes().eq_ignore_ascii_case(word));
        }
        let number = number(word);
        let mut slot = table.slot(number);
        while table.slots[slot] != 0 {
            if table.slots[slot] == number {
                return true;
            }
            slot = (slot + 1) & (table.slots.len() - 1);
        }
        false
    }

    /// Whether `text` (lower case) begins with a word of the list.
    pub(crate) fn begins(&self, text: &[u8]) -> bool {
        let words = text.first().map(|first| self.table().first.words(*first));
        words.is_some_and(|mut words| words.any(|word| text.starts_with(word.as_bytes())))
    }

    /// Whether `text` (lower case) ends with a word of the list.
    pub(crate) fn ends(&self, text: &[u8]) -> bool {
        let words = text.last().map(|last| self.table().last.words(*last));
        words.is_some_and(|mut words| words.any(|word| text.ends_with(word.as_bytes())))
    }

    /// Whether `text` holds a word of the list, without case.
    pub(crate) fn within(&self, text: &[u8]) -> bool {
        // Few words of a list have all their bytes in a text as short as values are; a long one has any.
        let bytes = if text.len() <= SOON_ALL { set(text) } else { u64::MAX };
        let mut words = self.table().words.iter().filter(|(needs, ..)| needs & !bytes == 0);
        words.any(|(_, word, rarest)| contains_by(text, word.as_bytes(), *rarest))
    }
}

impl Table {
    fn new(text: &'static str) -> Self {
        let words: Box<[_]> =
            text.split_ascii_whitespace().map(|word| (set(word.as_bytes()), word, rarest(word))).collect();
        let mut table = Self {
            slots: vec![0; (4 * words.len()).next_power_of_two()].into(),
            first: ByByte::new(&words, |word| word.first()),
            last: ByByte::new(&words, |word| word.last()),
            long: words.iter().any(|(_, word, _)| word.len() > SHORT),
            words,
        };
        for at in 0..table.words.len() {
            let word = table.words[at].1.as_bytes();
            if word.len() <= SHORT {
                let number = number(word);
                let mut slot = table.slot(number);
                while table.slots[slot] != 0 {
                    slot = (slot + 1) & (table.slots.len() - 1);
                }
                table.slots[slot] = number;
            }
        }
        table
    }

    fn slot(&self, number: u128) -> usize {
        let folded = (number as u64) ^ ((number >> 64) as u64).rotate_left(29);
        (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & (self.slots.len() - 1)
    }
}

/// Words by one of their bytes.
struct ByByte {
    words: Box<[&'static str]>,
    /// Of each byte where its words end; those of the one before it end where they begin.
    ends: [u16; 256],
}

impl ByByte {
    fn new(all: &[(u64, &'static str, usize)], byte: impl Fn(&'static [u8]) -> Option<&'static u8>) -> Self {
        let byte = |word: &&'static str| byte(word.as_bytes()).copied().unwrap_or_default();
        let mut words: Box<[&str]> = all.iter().map(|(_, word, _)| *word).collect();
        words.sort_by_key(byte);
        let mut ends = [0; 256];
        for (end, at) in ends.iter_mut().zip(0..=u8::MAX) {
            *end = words.partition_point(|word| byte(word) <= at) as u16;
        }
        Self { words, ends }
    }

    fn range(&self, byte: u8) -> Range<usize> {
        let start = byte.checked_sub(1).map_or(0, |before| self.ends[usize::from(before)]);
        usize::from(start)..usize::from(self.ends[usize::from(byte)])
    }

    fn any(&self, byte: u8) -> bool {
        !self.range(byte).is_empty()
    }

    fn words(&self, byte: u8) -> impl Iterator<Item = &'static str> {
        self.words[self.range(byte)].iter().copied()
    }
}

/// A short word in lower case, as a number that no other word has.
fn number(word: &[u8]) -> u128 {
    // The first and the last bytes of it, which may be the same.
    let number = if let (Some(first), Some(last)) = (word.first_chunk::<8>(), word.last_chunk::<8>()) {
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        u128::from(first) | u128::from(last) << (8 * (word.len().min(SHORT) - 8))
    } else if let (Some(first), Some(last)) = (word.first_chunk::<4>(), word.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        u128::from(first) | u128::from(last) << (8 * (word.len() - 4))
    } else {
        word.iter().rev().fold(0, |number, byte| number << 8 | u128::from(*byte))
    };
    lower(number)
}

/// Sixteen bytes of text in lower case.
fn lower(text: u128) -> u128 {
    const fn all(byte: u8) -> u128 {
        u128::from_le_bytes([byte; SHORT])
    }
    // The highest bit of each byte tells whether it is at least `A`, and whether it is more than `Z`.
    let low = text & all(0x7f);
    let (from_a, behind_z) = (low + all(0x80 - b'A'), low + all(0x7f - b'Z'));
    let capital = (from_a ^ behind_z) & !text & all(0x80);
    text | capital >> 2
}

/// The bytes of a text in lower case, as a set of 64: what differs by 64 is one.
fn set(text: &[u8]) -> u64 {
    text.iter().fold(0, |set, byte| set | 1 << (byte.to_ascii_lowercase() & 63))
}

/// Case-blind search for a short needle in a short text; `needle` is lower case.
pub(crate) fn contains(text: &[u8], needle: &[u8]) -> bool {
    contains_by(text, needle, 0)
}

/// The same, led by one of the needle's bytes.
fn contains_by(text: &[u8], needle: &[u8], lead: usize) -> bool {
    let Some(byte) = needle.get(lead) else { return true };
    let mut places = memchr::memchr2_iter(*byte, byte.to_ascii_uppercase(), text);
    places.any(|at| {
        let part = at.checked_sub(lead).and_then(|start| text.get(start..start + needle.len()));
        part.is_some_and(|part| part.eq_ignore_ascii_case(needle))
    })
}

/// Where in a word stands what texts have most seldom: a mark, or a letter by how often English has it.
fn rarest(word: &str) -> usize {
    const OFTEN: &[u8] = b"etaoinsrhldcumfpgwybvkxjqz";
    let rank = |byte: u8| OFTEN.iter().position(|letter| *letter == byte).unwrap_or(OFTEN.len());
    word.bytes().enumerate().max_by_key(|(_, byte)| rank(*byte)).map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_are_numbers_without_case() {
        let bytes: Vec<u8> = (0..=255).collect();
        for len in 0..=SHORT {
            for start in 0..bytes.len() - len {
                let word = &bytes[start..start + len];
                let mut padded = [0; SHORT];
                padded[..len].copy_from_slice(&word.to_ascii_lowercase());
                assert_eq!(number(word), u128::from_le_bytes(padded), "{word:?}");
            }
        }
    }

    #[test]
    fn words_are_found_whole() {
        static LIST: List = List::new(" one two three a-word-of-over-sixteen-bytes ");
        assert!(LIST.has(b"two") && LIST.has(b"ONE") && LIST.has(b"a-Word-of-over-sixteen-bytes"));
        assert!(!LIST.has(b"tw") && !LIST.has(b"") && !LIST.has(b"two three") && !LIST.has(b"twoo"));
        assert!(LIST.begins(b"onerous") && LIST.ends(b"thetwo") && LIST.within(b"xTwox"));
        assert!(LIST.within(b"-wort-A-WORD-of-over-sixteen-bytes") && !LIST.within(b"w"));
        assert!(!LIST.begins(b"xone") && !LIST.begins(b"") && !LIST.ends(b"") && !LIST.within(b"owt"));
    }
}
