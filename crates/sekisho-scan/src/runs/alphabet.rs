//! The characters of base64's alphabets (RFC 4648 sections 4 and 5) and of hexadecimal digits: what they
//! stand for, and which kinds of them a text has.
//!
//! Questions to all characters of a text are asked of eight at once, as lanes of one number: in ASCII
//! the bits of a character tell its kind.

use super::RunKind;
use super::words;

pub(super) const LOWER: u8 = 1;
pub(super) const UPPER: u8 = 2;
pub(super) const DIGIT: u8 = 4;
/// `+` and `/`.
pub(super) const STANDARD: u8 = 8;
/// `-` and `_`.
pub(super) const URL_SAFE: u8 = 16;
/// All that are no hexadecimal digits.
const BEYOND_HEX: u8 = 32;

/// Shortest run of hexadecimal digits: 16 bytes.
pub(super) const MIN_HEX: usize = 32;
/// A run of this length is data, whatever its first bytes are.
pub(super) const LONG: usize = 1024;

/// Eight lanes that hold 1.
const ONES: u64 = lanes(1);
/// The highest bits of eight lanes.
pub(super) const TOPS: u64 = lanes(0x80);

/// Eight lanes that hold a byte.
const fn lanes(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// What each character stands for: its six bits in base64, in the high half the four of a hexadecimal
/// digit. Of what is neither, nothing is asked.
static VALUE: [u16; 256] = {
    let mut value = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        value[byte] = match byte as u8 {
            digit @ b'0'..=b'9' => (digit - b'0') as u16 * 0x100 + (digit - b'0') as u16 + 52,
            upper @ b'A'..=b'F' => (upper - b'A' + 10) as u16 * 0x100 + (upper - b'A') as u16,
            lower @ b'a'..=b'f' => (lower - b'a' + 10) as u16 * 0x100 + (lower - b'a') as u16 + 26,
            upper @ b'G'..=b'Z' => (upper - b'A') as u16,
            lower @ b'g'..=b'z' => (lower - b'a') as u16 + 26,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => 0,
        };
        byte += 1;
    }
    value
};

fn value(character: u8) -> u32 {
    u32::from(VALUE[usize::from(character)])
}

/// Which of eight bytes are characters of words: the highest bit of each lane.
pub(super) fn word_lanes(bytes: [u8; 8]) -> u64 {
    let bytes = u64::from_le_bytes(bytes);
    let low = bytes & !TOPS;
    // Lanes of at most 127 plus one of at most 128 do not run over.
    let at_least = |bytes: u64, least: u8| bytes + lanes(0x80 - least);
    let is = |byte: u8| !((low ^ lanes(byte)) + lanes(0x7f));
    let folded = low | lanes(0x20);
    let letter = at_least(folded, b'a') & !at_least(folded, b'z' + 1);
    // Digits and `/` are neighbours.
    let digit = at_least(low, b'/') & !at_least(low, b'9' + 1);
    (letter | digit | is(b'+') | is(b'-') | is(b'_')) & !bytes & TOPS
}

/// Which kinds of characters a word has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Classes(u8);

impl Classes {
    /// Those of a text of nothing but characters of words.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut kinds = Kinds::default();
        if let Some(last) = text.last_chunk() {
            let (eights, _) = text.as_chunks();
            for eight in eights {
                kinds.add(*eight);
            }
            kinds.add(*last);
        } else if let Some(first) = text.first() {
            let mut eight = [*first; 8];
            eight[..text.len()].copy_from_slice(text);
            kinds.add(eight);
        }
        kinds.classes()
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is one of these.
    pub(super) fn has(self, kinds: u8) -> bool {
        self.0 & kinds != 0
    }

    /// Whether there is one of each of these.
    pub(super) fn has_all(self, kinds: u8) -> bool {
        self.0 & kinds == kinds
    }

    pub(super) fn is_hex(self) -> bool {
        !self.has(BEYOND_HEX)
    }

    /// How a text of these classes is encoded, if it is.
    pub(super) fn kind(self) -> RunKind {
        match self {
            _ if self.is_hex() => RunKind::Hex,
            _ if self.has(URL_SAFE) => RunKind::Base64url,
            _ => RunKind::Base64,
        }
    }

    /// Whether a word can be a run or hold one: 24 characters of base64 have letters of both cases,
    /// 32 hexadecimal digits have digits, else they encode nothing to be found. What is long is
    /// data, whatever it has.
    pub(super) fn can_be_encoded(self, len: usize) -> bool {
        self.has_all(LOWER | UPPER) || len >= MIN_HEX && self.has(DIGIT) || len >= LONG
    }

    /// Letters of both cases and something else: as base64 of 40 characters has, and few words.
    pub(super) fn is_mixed(self) -> bool {
        self.has_all(LOWER | UPPER) && self.has(DIGIT | STANDARD | URL_SAFE)
    }
}

/// Lanes whose lowest bit says that a character of a kind was there; the other bits say nothing.
#[derive(Default)]
struct Kinds {
    lower: u64,
    upper: u64,
    digit: u64,
    standard: u64,
    url_safe: u64,
    beyond_hex: u64,
}

impl Kinds {
    fn add(&mut self, eight: [u8; 8]) {
        let bytes = u64::from_le_bytes(eight);
        let bit = |number: u32| bytes >> number;
        // Letters and `_` have bit 6, lower case bit 5; digits have bit 4, `-` alone of the rest lacks bit
        // 1; the letters of hexadecimal digits are the first six.
        let high = bit(6) & !bit(5);
        let underscore = high & bit(4) & bit(3) & bit(2);
        let mark = !bit(6) & !bit(4);
        let minus = mark & !bit(1);
        let late = ((bytes & lanes(0x1f)) + lanes(0x79)) >> 7;
        self.lower |= bit(6) & bit(5);
        self.upper |= high & !underscore;
        self.digit |= !bit(6) & bit(4);
        self.standard |= mark & !minus;
        self.url_safe |= minus | underscore;
        self.beyond_hex |= mark | bit(6) & late;
    }

    fn classes(&self) -> Classes {
        let has = |lanes: u64, class: u8| if lanes & ONES == 0 { 0 } else { class };
        Classes(
            has(self.lower, LOWER)
                | has(self.upper, UPPER)
                | has(self.digit, DIGIT)
                | has(self.standard, STANDARD)
                | has(self.url_safe, URL_SAFE)
                | has(self.beyond_hex, BEYOND_HEX),
        )
    }
}

/// Whether a character is one of these kinds, [`STANDARD`] and [`URL_SAFE`] marks.
pub(super) fn is_mark(character: u8, marks: u8) -> bool {
    match character {
        b'+' | b'/' => marks & STANDARD != 0,
        b'-' | b'_' => marks & URL_SAFE != 0,
        _ => false,
    }
}

/// Decodes characters of words until `sample` is full; the number of whole bytes.
pub(super) fn decode(text: &[u8], kind: RunKind, sample: &mut [u8]) -> usize {
    debug_assert!(text.iter().all(|byte| words::is_word(*byte)));
    if kind == RunKind::Hex {
        let (pairs, _) = text.as_chunks::<2>();
        for (byte, [high, low]) in sample.iter_mut().zip(pairs) {
            *byte = (value(*high) >> 4 & 0xf0 | value(*low) >> 8) as u8;
        }
        return pairs.len().min(sample.len());
    }
    let sextet = |character: u8| value(character) & 0x3f;
    let (fours, rest) = text.as_chunks::<4>();
    let (threes, _) = sample.as_chunks_mut::<3>();
    for (three, four) in threes.iter_mut().zip(fours) {
        let [a, b, c, d] = four.map(sextet);
        let [_, bytes @ ..] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
        *three = bytes;
    }
    let room = threes.len().min(fours.len()) * 3;
    match *rest {
        [a, b, ref c @ ..] if threes.len() > fours.len() => {
            let bits = sextet(a) << 18 | sextet(b) << 12 | c.first().map_or(0, |c| sextet(*c)) << 6;
            let bytes = &bits.to_be_bytes()[1..rest.len()];
            sample[room..room + bytes.len()].copy_from_slice(bytes);
            room + bytes.len()
        }
        _ => room,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the classes are, of one character.
    fn class(byte: u8) -> u8 {
        let beyond = if byte.is_ascii_hexdigit() { 0 } else { BEYOND_HEX };
        beyond
            | match byte {
                b'a'..=b'z' => LOWER,
                b'A'..=b'Z' => UPPER,
                b'0'..=b'9' => DIGIT,
                b'+' | b'/' => STANDARD,
                _ => URL_SAFE,
            }
    }

    #[test]
    fn lanes_of_words_are_those_of_their_bytes() {
        for byte in 0..=255 {
            for neighbour in [0, b'.', b'a', 0x7f, 0x80, 0xff] {
                let mut eight = [neighbour; 8];
                eight[3] = byte;
                let lanes = eight.map(|byte| if words::is_word(byte) { 0x80 } else { 0 });
                assert_eq!(word_lanes(eight), u64::from_le_bytes(lanes), "{byte} among {neighbour}");
            }
        }
    }

    #[test]
    fn every_character_has_its_class() {
        for byte in (0..=255).filter(|byte| words::is_word(*byte)) {
            assert_eq!(Classes::of(&[byte]), Classes(class(byte)), "{byte}");
        }
        assert_eq!(Classes::of(b""), Classes(0));
    }

    proptest::proptest! {
        #[test]
        fn classes_and_bytes_of_a_word_are_those_of_its_characters(
            text in proptest::collection::vec(
                proptest::sample::select(&b"azfgAZFG0189+/-_"[..]), 0..50),
        ) {
            let all = text.iter().fold(0, |all, byte| all | class(*byte));
            proptest::prop_assert_eq!(Classes::of(&text), Classes(all));

            let standard: Vec<u8> =
                text.iter().map(|byte| match byte { b'-' => b'+', b'_' => b'/', other => *other }).collect();
            let whole = &standard[..standard.len() - usize::from(standard.len() % 4 == 1)];
            let mut lenient = data_encoding::Specification::new();
            lenient.symbols.push_str(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
            lenient.check_trailing_bits = false;
            let expected = lenient.encoding().unwrap().decode(whole).unwrap();
            let mut sample = [0; 48];
            let filled = decode(&text, RunKind::Base64, &mut sample);
            proptest::prop_assert_eq!(&sample[..filled], &expected[..]);

            let digits: Vec<u8> = text.iter().filter(|byte| byte.is_ascii_hexdigit()).copied().collect();
            let digits = &digits[..digits.len() / 2 * 2];
            let filled = decode(digits, RunKind::Hex, &mut sample);
            let expected = data_encoding::HEXLOWER_PERMISSIVE.decode(digits).unwrap();
            proptest::prop_assert_eq!(&sample[..filled], &expected[..]);
        }
    }
}
