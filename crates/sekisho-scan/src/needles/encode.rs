//! Texts of a value in each encoding, from which windows are chosen. They live only while the tables
//! are built; the buffer is wiped by its owner.

/// The alphabet of RFC 4648 section 4.
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A habit of encoders.
#[derive(Clone, Copy)]
pub(super) struct Encoder {
    /// Bytes that are treated otherwise than plain encoders of the kind treat them.
    special: &'static [u8],
    beyond: Beyond,
}

/// What an encoder does with the one class of characters beyond its special ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beyond {
    /// What it does with all others.
    Nothing,
    /// Writes blanks as `+`.
    Plus,
    /// Writes characters beyond ASCII as `\uXXXX`.
    U,
    /// Writes characters beyond ASCII as `\xXX`, `\uXXXX` or `\UXXXXXXXX`, the shortest that does.
    X,
}

impl Encoder {
    const fn new(special: &'static [u8], beyond: Beyond) -> Self {
        Self { special, beyond }
    }

    /// Whether both write a value in the same way.
    fn agrees(self, other: Self, value: &[u8]) -> bool {
        value.iter().all(|byte| {
            self.special.contains(byte) == other.special.contains(byte)
                && (self.beyond == other.beyond || (*byte != b' ' && byte.is_ascii()))
        })
    }
}

/// What common encoders leave as it is besides plain bytes: nothing, RFC 3986's unreserved, paths,
/// JavaScript's `encodeURIComponent` and `encodeURI`, user information; and HTML forms.
pub(super) const PERCENT_ENCODERS: &[Encoder] = &[
    Encoder::new(b"", Beyond::Nothing),
    Encoder::new(b"~", Beyond::Nothing),
    Encoder::new(b"~/", Beyond::Nothing),
    Encoder::new(b"~!*'()", Beyond::Nothing),
    Encoder::new(b"~!*'();/?:@&=+$,#", Beyond::Nothing),
    Encoder::new(b"~$&+,;=", Beyond::Nothing),
    Encoder::new(b"*", Beyond::Plus),
];

/// What common encoders of strings escape besides what they must: JavaScript nothing, Go what HTML
/// could take amiss, likewise Gson; Python what is beyond ASCII, PHP also the slash, .NET both; and
/// YAML's in Python.
pub(super) const BACKSLASH_ENCODERS: &[Encoder] = &[
    Encoder::new(b"", Beyond::Nothing),
    Encoder::new(b"<>&", Beyond::Nothing),
    Encoder::new(b"<>&='", Beyond::Nothing),
    Encoder::new(b"", Beyond::U),
    Encoder::new(b"/", Beyond::U),
    Encoder::new(b"<>&'\"`+", Beyond::U),
    Encoder::new(b"", Beyond::X),
];

/// Those of some encoders that write a value in ways of their own.
pub(super) fn distinct<'v>(
    all: &'static [Encoder],
    value: &'v [u8],
) -> impl Iterator<Item = &'static Encoder> + 'v {
    all.iter()
        .enumerate()
        .filter(|(number, this)| !all[..*number].iter().any(|other| other.agrees(**this, value)))
        .map(|(_, this)| this)
}

/// Whether no encoder escapes this byte: letters, digits, `-`, `.` and `_`.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

/// The known bits of a base64 character: where a value stands `alignment` bytes behind a multiple of
/// three, and `index` counts characters from that multiple. Returns the bits and a mask of those
/// that the value determines.
pub(super) fn sextet(value: &[u8], alignment: usize, index: usize) -> (u8, u8) {
    let first = 6 * index / 8;
    let at = |byte: usize| byte.checked_sub(alignment).and_then(|at| value.get(at));
    let pair = |get: &dyn Fn(usize) -> u8| u16::from_be_bytes([get(first), get(first + 1)]);
    let shift = 10 - 6 * index % 8;
    let bits = pair(&|byte| at(byte).copied().unwrap_or(0)) >> shift & 0x3f;
    let mask = pair(&|byte| if at(byte).is_some() { 0xff } else { 0 }) >> shift & 0x3f;
    (bits as u8, mask as u8)
}

/// Number of the first base64 character that holds bits of a value with this alignment, of the
/// first that holds nothing else, and of the one behind the last.
pub(super) fn sextets(len: usize, alignment: usize) -> (usize, usize, usize) {
    (8 * alignment / 6, (8 * alignment).div_ceil(6), (8 * (alignment + len)).div_ceil(6))
}

/// The base64 characters that the value determines wholly.
pub(super) fn base64(value: &[u8], alignment: usize, out: &mut Vec<u8>) {
    let (_, full, end) = sextets(value.len(), alignment);
    for index in full..end {
        let (bits, mask) = sextet(value, alignment, index);
        if mask == 0x3f {
            out.push(BASE64[usize::from(bits)]);
        }
    }
}

/// Whether no encoder of strings escapes this byte: visible ASCII and blanks without quotes,
/// backslashes, and what could end a string or begin a tag where JSON stands in HTML.
pub(super) fn is_plain_in_strings(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !b"\"'`\\/<>&+=".contains(&byte)
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

/// Percent-encoding of everything that is neither plain nor special.
pub(super) fn percent(value: &[u8], encoder: Encoder, out: &mut Vec<u8>) {
    for byte in value {
        if is_plain(*byte) || encoder.special.contains(byte) {
            out.push(*byte);
        } else if encoder.beyond == Beyond::Plus && *byte == b' ' {
            out.push(b'+');
        } else {
            out.push(b'%');
            hex(&[*byte], out);
        }
    }
}

/// A JSON string's escapes where they must be, and of everything special.
pub(super) fn backslash(value: &[u8], encoder: Encoder, out: &mut Vec<u8>) {
    let unit = |unit: u16, out: &mut Vec<u8>| {
        out.extend(b"\\u");
        hex(&unit.to_be_bytes(), out);
    };
    for chunk in value.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '/' if encoder.special.contains(&b'/') => out.extend(b"\\/"),
                _ if character.is_ascii() && encoder.special.contains(&(character as u8)) => {
                    unit(character as u16, out);
                }
                '"' | '\\' => out.extend([b'\\', character as u8]),
                '\n' => out.extend(b"\\n"),
                '\r' => out.extend(b"\\r"),
                '\t' => out.extend(b"\\t"),
                '\u{8}' => out.extend(b"\\b"),
                '\u{c}' => out.extend(b"\\f"),
                '\0'..' ' => unit(character as u16, out),
                '\u{80}'..='\u{ff}' if encoder.beyond == Beyond::X => {
                    out.extend(b"\\x");
                    hex(&[character as u8], out);
                }
                '\u{10000}'.. if encoder.beyond == Beyond::X => {
                    out.extend(b"\\U");
                    hex(&u32::from(character).to_be_bytes(), out);
                }
                '\u{80}'.. if encoder.beyond != Beyond::Nothing => {
                    for one in character.encode_utf16(&mut [0; 2]) {
                        unit(*one, out);
                    }
                }
                _ => out.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        out.extend(chunk.invalid());
    }
}

/// Single quotes doubled, as in a YAML single-quoted scalar.
pub(super) fn doubled_quotes(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        out.push(*byte);
        if *byte == b'\'' {
            out.push(b'\'');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(encode: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        encode(&mut out);
        String::from_utf8(out).unwrap()
    }

    /// `printf '..hunter2' | base64` and so on.
    #[test]
    fn base64_is_what_does_not_depend_on_neighbours() {
        assert_eq!(text(|out| base64(b"hunter2", 0, out)), "aHVudGVyM");
        assert_eq!(text(|out| base64(b"hunter2", 1, out)), "h1bnRlcj");
        assert_eq!(text(|out| base64(b"hunter2", 2, out)), "odW50ZXIy");
        assert_eq!(text(|out| base64(b"hunter", 0, out)), "aHVudGVy");
        for alignment in 0..3 {
            assert!(text(|out| base64(b"abcd", alignment, out)).len() >= 4);
        }
    }

    #[test]
    fn escapes_are_those_of_common_encoders() {
        assert_eq!(
            text(|out| percent(b"p@ss w/rd!", Encoder::new(b"!", Beyond::Nothing), out)),
            "p%40ss%20w%2frd!"
        );
        assert_eq!(text(|out| percent(b"a b", Encoder::new(b"", Beyond::Plus), out)), "a+b");
        assert_eq!(
            text(|out| backslash("a\"b\\c\n\x01</ä😀".as_bytes(), Encoder::new(b"</", Beyond::U), out)),
            r#"a\"b\\c\n\u0001\u003c\/\u00e4\ud83d\ude00"#
        );
        assert_eq!(text(|out| doubled_quotes(b"it's", out)), "it''s");
        assert_eq!(text(|out| hex(b"\xff\x01", out)), "ff01");
    }
}
