//! Comparison of a text with a value in the terms of an encoding.
//!
//! From a place where a part of the value surely stands, the comparison goes forward to the value's
//! end and backward to its start, one unit (a byte or an escape) at a time. Units are told apart by
//! the value, not by guessing: at each step there is one byte of the value to account for.

use sekisho_model::Encoding;

use super::MAX_GROWTH;
use super::encode::{sextet, sextets};

/// A value written in an encoding.
#[derive(Clone, Copy)]
pub(super) struct Encoded {
    pub start: usize,
    pub end: usize,
    pub encoding: Encoding,
}

/// How values are written with escapes.
pub(super) trait Escaping {
    /// The unit at the start of `text` that stands for the start of `value`.
    fn next(value: &[u8], text: &[u8]) -> Option<Unit>;
    /// The unit at the end of `text` that stands for the end of `value`.
    fn previous(value: &[u8], text: &[u8]) -> Option<Unit>;
    /// Whether a unit can start where `before` ends and `behind` begins: not within an escape.
    fn is_boundary(before: &[u8], behind: &[u8]) -> bool;
}

/// A piece of text and what it stands for.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    /// Bytes of the value.
    value: usize,
    /// Bytes of the text.
    text: usize,
    escape: Option<Encoding>,
}

impl Unit {
    const RAW: Self = Self { value: 1, text: 1, escape: None };
}

/// The span of `value` around `at`, where its byte number `anchor` stands, with the encoding of the
/// last escape in order of rank; none for a value without any escape.
pub(super) fn escaped<E: Escaping>(value: &[u8], anchor: usize, text: &[u8], at: usize) -> Option<Encoded> {
    let limit = MAX_GROWTH * value.len();
    let mut escape = None;
    let (mut done, mut end) = (anchor, at);
    while done < value.len() {
        let unit = E::next(&value[done..], text.get(end..)?)?;
        escape = escape.max(unit.escape);
        done += unit.value;
        end += unit.text;
        if end - at > limit {
            return None;
        }
    }
    let (mut left, mut start) = (anchor, at);
    while left > 0 {
        let unit = E::previous(&value[..left], &text[..start])?;
        escape = escape.max(unit.escape);
        left -= unit.value;
        start -= unit.text;
        if end - start > limit {
            return None;
        }
    }
    let encoding = escape?;
    E::is_boundary(&text[..start], &text[start..]).then_some(Encoded { start, end, encoding })
}

/// Percent-encoding, RFC 3986 section 2.1, and `+` for a blank, as in HTML forms. Which bytes are
/// escaped is left to the encoder, except that `%` always is.
pub(super) struct Percent;

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

/// The value of hexadecimal digits, at most eight.
fn hex_number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | u32::from(hex_digit(*digit)?)))
}

/// The byte that a percent escape stands for.
fn percent_escape(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
        _ => None,
    }
}

impl Percent {
    const ESCAPE: Unit = Unit { value: 1, text: 3, escape: Some(Encoding::Percent) };
    const PLUS: Unit = Unit { value: 1, text: 1, escape: Some(Encoding::Percent) };
}

impl Escaping for Percent {
    fn next(value: &[u8], text: &[u8]) -> Option<Unit> {
        match (*text.first()?, *value.first()?) {
            (b'%', byte) => (percent_escape(text)? == byte).then_some(Self::ESCAPE),
            (b'+', b' ') => Some(Self::PLUS),
            (raw, byte) => (raw == byte).then_some(Unit::RAW),
        }
    }

    fn previous(value: &[u8], text: &[u8]) -> Option<Unit> {
        let byte = *value.last()?;
        if let Some(escaped) = text.len().checked_sub(3).and_then(|at| percent_escape(&text[at..])) {
            return (escaped == byte).then_some(Self::ESCAPE);
        }
        match (*text.last()?, byte) {
            (b'+', b' ') => Some(Self::PLUS),
            (b'%', _) => None,
            (raw, byte) => (raw == byte).then_some(Unit::RAW),
        }
    }

    fn is_boundary(before: &[u8], behind: &[u8]) -> bool {
        let escape_at = |back: usize| {
            let mut text = [0; 3];
            let tail = &before[before.len().saturating_sub(back)..];
            text[..tail.len()].copy_from_slice(tail);
            let rest = behind.len().min(3 - tail.len());
            text[tail.len()..tail.len() + rest].copy_from_slice(&behind[..rest]);
            tail.len() == back && percent_escape(&text).is_some()
        };
        !escape_at(1) && !escape_at(2)
    }
}

/// Backslash escapes: those of a JSON string (RFC 8259 section 7) and of a YAML double-quoted scalar
/// (YAML 1.2.2 section 5.7).
pub(super) struct Backslash;

/// Longest unit: a surrogate pair.
const LONGEST_ESCAPE: usize = 12;

/// The escape at the start of `text`: its length, what it stands for, and whether JSON knows it.
fn backslash_escape(text: &[u8]) -> Option<(usize, char, Encoding)> {
    use Encoding::{JsonEscape, YamlEscape};
    let number = |digits: usize| hex_number(text.get(2..2 + digits)?);
    let [b'\\', kind, ..] = *text else { return None };
    let (decoded, encoding) = match kind {
        b'"' | b'\\' | b'/' => (char::from(kind), JsonEscape),
        b'b' => ('\u{8}', JsonEscape),
        b'f' => ('\u{c}', JsonEscape),
        b'n' => ('\n', JsonEscape),
        b'r' => ('\r', JsonEscape),
        b't' => ('\t', JsonEscape),
        b'u' => {
            let unit = number(4)?;
            if let Some(decoded) = char::from_u32(unit) {
                return Some((6, decoded, JsonEscape));
            }
            let low =
                text.get(6..8).filter(|text| *text == b"\\u").and_then(|_| hex_number(text.get(8..12)?))?;
            let [Ok(decoded)] = char::decode_utf16([unit as u16, low as u16]).collect::<Vec<_>>()[..] else {
                return None;
            };
            return Some((LONGEST_ESCAPE, decoded, JsonEscape));
        }
        b'x' => return Some((4, char::from_u32(number(2)?)?, YamlEscape)),
        b'U' => return Some((10, char::from_u32(number(8)?)?, YamlEscape)),
        b'0' => ('\0', YamlEscape),
        b'a' => ('\u{7}', YamlEscape),
        b'v' => ('\u{b}', YamlEscape),
        b'e' => ('\u{1b}', YamlEscape),
        b'\t' | b' ' | b'\'' => (char::from(kind), YamlEscape),
        b'N' => ('\u{85}', YamlEscape),
        b'_' => ('\u{a0}', YamlEscape),
        b'L' => ('\u{2028}', YamlEscape),
        b'P' => ('\u{2029}', YamlEscape),
        _ => return None,
    };
    Some((2, decoded, encoding))
}

/// Whether `text` ends with a backslash that begins an escape. Looks at 64 bytes at most.
fn ends_in_escape(text: &[u8]) -> bool {
    text.iter().rev().take(64).take_while(|byte| **byte == b'\\').count() % 2 == 1
}

impl Escaping for Backslash {
    fn next(value: &[u8], text: &[u8]) -> Option<Unit> {
        if text.first()? != &b'\\' {
            return (text.first() == value.first()).then_some(Unit::RAW);
        }
        let (len, decoded, encoding) = backslash_escape(text)?;
        let mut utf8 = [0; 4];
        let utf8 = decoded.encode_utf8(&mut utf8).as_bytes();
        value.starts_with(utf8).then_some(Unit { value: utf8.len(), text: len, escape: Some(encoding) })
    }

    fn previous(value: &[u8], text: &[u8]) -> Option<Unit> {
        for len in [LONGEST_ESCAPE, 10, 6, 4, 2] {
            let Some((before, escape)) = text.split_at_checked(text.len().wrapping_sub(len)) else {
                continue;
            };
            if let Some((used, decoded, encoding)) = backslash_escape(escape)
                && used == len
                && !ends_in_escape(before)
            {
                let mut utf8 = [0; 4];
                let utf8 = decoded.encode_utf8(&mut utf8).as_bytes();
                if value.ends_with(utf8) {
                    return Some(Unit { value: utf8.len(), text: len, escape: Some(encoding) });
                }
            }
        }
        let (last, before) = text.split_last()?;
        (*last != b'\\' && Some(last) == value.last() && !ends_in_escape(before)).then_some(Unit::RAW)
    }

    fn is_boundary(before: &[u8], _: &[u8]) -> bool {
        !ends_in_escape(before)
    }
}

/// A YAML single-quoted scalar (YAML 1.2.2 section 7.3.2): quotes are doubled.
pub(super) struct DoubledQuote;

impl DoubledQuote {
    const PAIR: Unit = Unit { value: 1, text: 2, escape: Some(Encoding::YamlEscape) };
}

impl Escaping for DoubledQuote {
    fn next(value: &[u8], text: &[u8]) -> Option<Unit> {
        match value.first()? {
            b'\'' => text.starts_with(b"''").then_some(Self::PAIR),
            byte => (Some(byte) == text.first()).then_some(Unit::RAW),
        }
    }

    fn previous(value: &[u8], text: &[u8]) -> Option<Unit> {
        match value.last()? {
            b'\'' => text.ends_with(b"''").then_some(Self::PAIR),
            byte => (Some(byte) == text.last()).then_some(Unit::RAW),
        }
    }

    fn is_boundary(_: &[u8], _: &[u8]) -> bool {
        true
    }
}

/// The span of `value` written in base64 with an alignment, where the character number `anchor` of
/// those that it determines wholly stands at `at`.
pub(super) fn base64(
    value: &[u8],
    alignment: usize,
    anchor: usize,
    text: &[u8],
    at: usize,
) -> Option<Encoded> {
    let (first, full, end) = sextets(value.len(), alignment);
    let start = at.checked_sub(anchor + (full - first))?;
    let written = text.get(start..start + (end - first))?;
    let mut url = false;
    for (index, character) in (first..end).zip(written) {
        let read = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'-' | b'_' => {
                url = true;
                if *character == b'-' { 62 } else { 63 }
            }
            _ => return None,
        };
        let (bits, mask) = sextet(value, alignment, index);
        if read & mask != bits {
            return None;
        }
    }
    let mut stop = start + written.len();
    // Padding follows only a group of four that is not full, two characters at most.
    let open = (4 - end % 4) % 4;
    while stop < start + written.len() + open.min(2) && text.get(stop) == Some(&b'=') {
        stop += 1;
    }
    let encoding = if url { Encoding::Base64url } else { Encoding::Base64 };
    Some(Encoded { start, end: stop, encoding })
}

/// The span of `value` written in hexadecimal digits of any case, where digit number `anchor` stands
/// at `at`.
pub(super) fn hex(value: &[u8], anchor: usize, text: &[u8], at: usize) -> Option<Encoded> {
    let start = at.checked_sub(anchor)?;
    let written = text.get(start..start + 2 * value.len())?;
    let same = value
        .iter()
        .zip(written.chunks_exact(2))
        .all(|(byte, digits)| hex_number(digits) == Some(u32::from(*byte)));
    same.then_some(Encoded { start, end: start + written.len(), encoding: Encoding::Hex })
}
