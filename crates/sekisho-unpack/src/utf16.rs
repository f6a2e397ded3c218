//! UTF-16 to UTF-8, with the way back.
//!
//! Windows writes UTF-16 into `.reg`, `.ps1`, event logs and exported settings, with a byte order
//! mark or without. Everything behind this module knows UTF-8 only, yet a report must name bytes
//! of the file. Both sides walk in units: a UTF-16 unit is always 2 bytes of source, so the source
//! of a decoded byte is twice the number of units before it. [`Utf16Map`] keeps one bit per
//! decoded byte, "a unit begins here", and counts: exact, at an eighth of the text's size, and the
//! [`Reader`]'s keeps only the last few MiB of it.
//!
//! Lone surrogates become U+FFFD, as does an odd last byte.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;
use std::rc::Rc;

use sekisho_model::Encoding;
use sekisho_secret::SecretBytes;

/// Bytes of a decoded text that a [`Utf16Map`] of a [`Reader`] remembers, at least.
pub const REMEMBERED: usize = 16 << 20;

/// Decoded bytes per block of the map.
const BLOCK: usize = 4096;
/// Units that are looked at without a byte order mark.
const SAMPLE: usize = 4096;

/// Which UTF-16 a content is in, by its byte order mark, or by its first
/// [`HEAD`](crate::HEAD) bytes: every pair of them must be a character that text has, and zeros
/// must stand in the high bytes alone. `None` for anything else, UTF-32 among it.
pub fn detect(head: &[u8]) -> Option<Encoding> {
    match head {
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => return Some(Encoding::Utf16le),
        [0xfe, 0xff, ..] => return Some(Encoding::Utf16be),
        _ => {}
    }
    // Nearly every content has none, and is told by this alone.
    memchr::memchr(0, head)?;
    let (pairs, _) = head.as_chunks::<2>();
    let pairs = &pairs[..pairs.len().min(SAMPLE)];
    let zeros = |side: usize| pairs.iter().filter(|pair| pair[side] == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let (encoding, many) = match (first, second) {
        (0, many) => (Encoding::Utf16le, many),
        (many, 0) => (Encoding::Utf16be, many),
        _ => return None,
    };
    // Even Japanese settings have ASCII names, signs, digits and line ends; in random bytes one
    // high byte in 256 is zero.
    if pairs.len() < 2 || many * 8 < pairs.len() || (many < 4 && many < pairs.len()) {
        return None;
    }
    let units = pairs.iter().map(|pair| order(encoding)(*pair));
    // The last unit may be half of a pair.
    let mut decoded = char::decode_utf16(units).peekable();
    while let Some(character) = decoded.next() {
        match character {
            Ok('\0'..='\x08' | '\x0b' | '\x0e'..='\x1f' | '\x7f'..='\u{9f}') => return None,
            Ok(_) => {}
            Err(_) if decoded.peek().is_none() => {}
            Err(_) => return None,
        }
    }
    Some(encoding)
}

fn order(encoding: Encoding) -> fn([u8; 2]) -> u16 {
    if encoding == Encoding::Utf16be { u16::from_be_bytes } else { u16::from_le_bytes }
}

/// Decodes all of `bytes`; a byte order mark is taken off.
pub fn decode(bytes: &[u8], encoding: Encoding) -> (SecretBytes, Utf16Map) {
    let mut decoder = Decoder::new(encoding);
    let mut map = Utf16Map::keeping(usize::MAX);
    // Three bytes are the most that a unit, of two bytes, becomes: no growth, no copies left behind.
    let mut out = Vec::with_capacity(bytes.len() / 2 * 3 + 3);
    decoder.push(bytes, &mut map, &mut out);
    decoder.finish(&mut map, &mut out);
    (SecretBytes::new(out), map)
}

/// From bytes of a decoded text to bytes of its UTF-16 source.
#[derive(Debug, Clone, Default)]
pub struct Utf16Map {
    blocks: VecDeque<Block>,
    /// The decoded byte at which the first block begins.
    from: u64,
    decoded: u64,
    source: u64,
    kept: usize,
}

/// One bit for each of [`BLOCK`] decoded bytes: a unit begins here.
#[derive(Debug, Clone)]
struct Block {
    source: u64,
    units: [u64; BLOCK / 64],
}

impl Utf16Map {
    /// A map that remembers `bytes` of decoded text, at least two blocks.
    fn keeping(bytes: usize) -> Self {
        Self { kept: (bytes / BLOCK).max(2), ..Self::default() }
    }

    /// Takes in a character of `units` units (1 or 2) and `length` UTF-8 bytes.
    fn push(&mut self, length: usize, units: usize) {
        for at in 0..length {
            // Four bytes are two units; the second begins in their middle.
            self.push_bytes(1, at == 0 || (at == 2 && units == 2));
        }
    }

    /// Takes in decoded bytes, each of which begins a unit or none of which does.
    fn push_bytes(&mut self, mut count: usize, units: bool) {
        while count > 0 {
            let bit = (self.decoded % BLOCK as u64) as usize;
            if bit == 0 {
                if self.blocks.len() >= self.kept {
                    self.blocks.pop_front();
                    self.from += BLOCK as u64;
                }
                self.blocks.push_back(Block { source: self.source, units: [0; BLOCK / 64] });
            }
            let step = count.min(64 - bit % 64);
            if units && let Some(block) = self.blocks.back_mut() {
                block.units[bit / 64] |= (u64::MAX >> (64 - step)) << (bit % 64);
                self.source += 2 * step as u64;
            }
            self.decoded += step as u64;
            count -= step;
        }
    }

    /// The source position of the unit that holds the decoded byte at `at`; behind the last byte,
    /// the end of the source. `None` beyond that, and for what is no longer remembered.
    pub fn source_offset(&self, at: u64) -> Option<u64> {
        if at >= self.decoded {
            return (at == self.decoded).then_some(self.source);
        }
        let block = self.blocks.get((at.checked_sub(self.from)? / BLOCK as u64) as usize)?;
        let bit = (at % BLOCK as u64) as usize;
        let whole: u32 = block.units[..bit / 64].iter().map(|word| word.count_ones()).sum();
        // Units begun up to and with this byte; the last of them is the one.
        let last = block.units[bit / 64] & (u64::MAX >> (63 - bit % 64));
        Some((block.source + 2 * u64::from(whole + last.count_ones())).saturating_sub(2))
    }

    /// The run of the source that `decoded` came from.
    pub fn source_range(&self, decoded: Range<u64>) -> Option<Range<u64>> {
        let start = self.source_offset(decoded.start)?;
        if decoded.is_empty() {
            return Some(start..start);
        }
        // The end of the last byte's unit, and of its pair.
        let end = self.source_offset(decoded.end)?.max(self.source_offset(decoded.end - 1)? + 2);
        Some(start..end.min(self.source))
    }
}

/// Decodes blocks, wherever they are cut.
struct Decoder {
    order: fn([u8; 2]) -> u16,
    /// The first half of a unit, and a high surrogate, that wait for the next block.
    byte: Option<u8>,
    high: Option<u16>,
    at_start: bool,
}

impl Decoder {
    fn new(encoding: Encoding) -> Self {
        Self { order: order(encoding), byte: None, high: None, at_start: true }
    }

    fn push(&mut self, mut bytes: &[u8], map: &mut Utf16Map, out: &mut Vec<u8>) {
        if let (Some(first), [second, rest @ ..]) = (self.byte, bytes) {
            self.byte = None;
            self.unit((self.order)([first, *second]), map, out);
            bytes = rest;
        }
        let (mut pairs, odd) = bytes.as_chunks::<2>();
        while let [pair, rest @ ..] = pairs {
            self.unit((self.order)(*pair), map, out);
            pairs = rest;
            if self.high.is_none() {
                let ascii = pairs.iter().map(|pair| (self.order)(*pair)).take_while(|unit| *unit < 0x80);
                let before = out.len();
                out.extend(ascii.map(|unit| unit as u8));
                map.push_bytes(out.len() - before, true);
                pairs = &pairs[out.len() - before..];
            }
        }
        self.byte = self.byte.or(odd.first().copied());
    }

    fn unit(&mut self, unit: u16, map: &mut Utf16Map, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.at_start) && unit == 0xfeff {
            map.source = 2;
            return;
        }
        if let Some(high) = self.high.take() {
            if let 0xdc00..0xe000 = unit {
                let number = 0x1_0000 + (u32::from(high - 0xd800) << 10) + u32::from(unit - 0xdc00);
                return character(char::from_u32(number), 2, map, out);
            }
            character(None, 1, map, out);
        }
        match unit {
            0xd800..0xdc00 => self.high = Some(unit),
            _ => character(char::from_u32(unit.into()), 1, map, out),
        }
    }

    fn finish(&mut self, map: &mut Utf16Map, out: &mut Vec<u8>) {
        if self.high.take().is_some() {
            character(None, 1, map, out);
        }
        if self.byte.take().is_some() {
            character(None, 1, map, out);
            map.source -= 1;
        }
    }
}

/// Puts out a character of so many units, or the replacement for none.
fn character(character: Option<char>, units: usize, map: &mut Utf16Map, out: &mut Vec<u8>) {
    let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    map.push(character.len_utf8(), units);
}

/// UTF-16 read as UTF-8, with flat memory.
pub struct Reader<R> {
    inner: R,
    decoder: Decoder,
    map: Positions,
    block: Box<[u8]>,
    out: Vec<u8>,
    given: usize,
    ended: bool,
}

/// The map of a [`Reader`], to be asked while somebody else reads from it. It remembers the last
/// [`REMEMBERED`] decoded bytes.
#[derive(Debug, Clone, Default)]
pub struct Positions(Rc<RefCell<Utf16Map>>);

impl Positions {
    /// As [`Utf16Map::source_range`].
    pub fn source_range(&self, decoded: Range<u64>) -> Option<Range<u64>> {
        self.0.borrow().source_range(decoded)
    }
}

impl<R: Read> Reader<R> {
    /// Reads `inner` as `encoding`; a byte order mark is taken off.
    pub fn new(inner: R, encoding: Encoding) -> Self {
        Self {
            inner,
            decoder: Decoder::new(encoding),
            map: Positions(Rc::new(RefCell::new(Utf16Map::keeping(REMEMBERED)))),
            block: vec![0; 16 * 1024].into_boxed_slice(),
            out: Vec::with_capacity(24 * 1024 + 6),
            given: 0,
            ended: false,
        }
    }

    /// The way back to the bytes of `inner`.
    pub fn positions(&self) -> Positions {
        self.map.clone()
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !self.ended {
            self.out.clear();
            self.given = 0;
            let n = self.inner.read(&mut self.block)?;
            let mut map = self.map.0.borrow_mut();
            if n == 0 {
                self.ended = true;
                self.decoder.finish(&mut map, &mut self.out);
            } else {
                self.decoder.push(&self.block[..n], &mut map, &mut self.out);
            }
        }
        let n = out.len().min(self.out.len() - self.given);
        out[..n].copy_from_slice(&self.out[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
        let to_bytes = if encoding == Encoding::Utf16le { u16::to_le_bytes } else { u16::to_be_bytes };
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    /// Gives few bytes at a time.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(out.len()).min(self.0.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn told_by_mark_or_by_looks() {
        assert_eq!(detect(b"\xff\xfea\0"), Some(Encoding::Utf16le));
        assert_eq!(detect(b"\xfe\xff\0a"), Some(Encoding::Utf16be));
        assert_eq!(detect(b"\xff\xfe\0\0a\0\0\0"), None);
        for encoding in [Encoding::Utf16le, Encoding::Utf16be] {
            assert_eq!(detect(&encode("password=hunter22\r\n", encoding)), Some(encoding));
            assert_eq!(detect(&encode("パスワード: hunter22 です\r\n", encoding)), Some(encoding));
            assert_eq!(detect(&encode("key 🔑", encoding)), Some(encoding));
        }
        assert_eq!(detect(b"plain words"), None);
        assert_eq!(detect(b""), None);
        assert_eq!(detect(&[0; 64]), None);
        let numbers: Vec<u8> = (1u16..200).flat_map(u16::to_le_bytes).collect();
        assert_eq!(detect(&numbers), None, "small numbers are no text");
    }

    #[test]
    fn maps_back_behind_a_mark() {
        let source = [b"\xff\xfe".to_vec(), encode("é🔑=x", Encoding::Utf16le)].concat();
        let (text, map) = decode(&source, Encoding::Utf16le);
        assert_eq!(text.expose_secret(), "é🔑=x".as_bytes());
        assert_eq!(map.source_range(0..2), Some(2..4));
        assert_eq!(map.source_range(2..6), Some(4..8));
        assert_eq!(map.source_range(6..8), Some(8..12));
        assert_eq!(map.source_range(0..8), Some(2..12));
        assert_eq!(map.source_range(8..8), Some(12..12));
        assert_eq!(map.source_range(8..9), None);
    }

    #[test]
    fn lone_halves_become_replacements() {
        let (text, map) = decode(b"\x00\xd8a\0\x00\xdcb", Encoding::Utf16le);
        assert_eq!(text.expose_secret(), "\u{fffd}a\u{fffd}\u{fffd}".as_bytes());
        assert_eq!(map.source_range(3..4), Some(2..4));
        assert_eq!(map.source_range(0..10), Some(0..7));
    }

    #[test]
    fn a_reader_forgets_old_positions_and_knows_new_ones() {
        let size = REMEMBERED as u64 * 3;
        let mut reader = Reader::new(io::repeat(b'a').take(size), Encoding::Utf16le);
        let positions = reader.positions();
        let decoded = io::copy(&mut reader, &mut io::sink()).unwrap();
        // `aa` is U+6161: three bytes of UTF-8 per two of the source.
        assert_eq!(decoded, size / 2 * 3);
        assert_eq!(positions.source_range(0..3), None);
        assert_eq!(positions.source_range(decoded - 6..decoded - 3), Some(size - 4..size - 2));
        assert!(positions.0.borrow().blocks.len() <= REMEMBERED / BLOCK);
    }

    proptest! {
        #[test]
        fn decodes_what_was_encoded(text in any::<String>(), mark in any::<bool>(), cut in 1usize..9) {
            prop_assume!(mark || !text.starts_with('\u{feff}'));
            for encoding in [Encoding::Utf16le, Encoding::Utf16be] {
                let marked = if mark { format!("\u{feff}{text}") } else { text.clone() };
                let source = encode(&marked, encoding);
                let (decoded, map) = decode(&source, encoding);
                prop_assert_eq!(decoded.expose_secret(), text.as_bytes());
                for (at, character) in text.char_indices() {
                    let before = 2 * u64::from(mark) + 2 * text[..at].encode_utf16().count() as u64;
                    let range = before..before + 2 * character.len_utf16() as u64;
                    prop_assert_eq!(map.source_range(at as u64..(at + character.len_utf8()) as u64), Some(range));
                }
                let mut reader = Reader::new(Pieces(&source, cut), encoding);
                let mut streamed = Vec::new();
                reader.read_to_end(&mut streamed).unwrap();
                prop_assert_eq!(&streamed, decoded.expose_secret());
                let all = 0..streamed.len() as u64;
                prop_assert_eq!(reader.positions().source_range(all.clone()), map.source_range(all));
            }
        }

        #[test]
        fn is_total(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            for encoding in [Encoding::Utf16le, Encoding::Utf16be] {
                let (text, map) = decode(&bytes, encoding);
                prop_assert!(std::str::from_utf8(text.expose_secret()).is_ok());
                if let Some(range) = map.source_range(0..text.len() as u64) {
                    prop_assert!(range.end <= bytes.len() as u64);
                }
                detect(&bytes);
            }
        }
    }
}
