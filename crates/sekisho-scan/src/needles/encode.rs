//! Texts of a value in each encoding, from which windows are chosen. They live only while the tables
//! are built; the buffer is wiped by its owner.

/// The alphabet of RFC 4648 section 4.
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// What common encoders leave as it is besides plain bytes, and whether they write blanks as `+`:
/// nothing, RFC 3986's unreserved, paths, JavaScript's `encodeURIComponent` and `encodeURI`, user
/// information, HTML forms.
pub(super) const PERCENT_ENCODERS: &[(&[u8], bool)] = &[
    (b"", false),
    (b"~", false),
    (b"~/", false),
    (b"~!*'()", false),
    (b"~!*'();/?:@&=+$,#", false),
    (b"~$&+,;=", false),
    (b"*", true),
];

/// What encoders of strings escape besides what they must: nothing, or what HTML could take amiss.
pub(super) const BACKSLASH_ENCODERS: &[&[u8]] = &[b"", b"<>&", b"<>&'", b"<>&'\"`+"];

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
    matches!(byte, b' '..=b'~') && !b"\"'`\\/<>&+".contains(&byte)
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

/// Percent-encoding of everything that is neither plain nor in `kept`; `form` writes blanks as `+`.
pub(super) fn percent(value: &[u8], kept: &[u8], form: bool, out: &mut Vec<u8>) {
    for byte in value {
        if is_plain(*byte) || kept.contains(byte) {
            out.push(*byte);
        } else if form && *byte == b' ' {
            out.push(b'+');
        } else {
            out.push(b'%');
            hex(&[*byte], out);
        }
    }
}

/// A JSON string's escapes where they must be, and of everything in `also`.
pub(super) fn backslash(value: &[u8], also: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        match byte {
            _ if also.contains(byte) => {
                out.extend(b"\\u00");
                hex(&[*byte], out);
            }
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0x08 => out.extend(b"\\b"),
            0x0c => out.extend(b"\\f"),
            0..0x20 => {
                out.extend(b"\\u00");
                hex(&[*byte], out);
            }
            _ => out.push(*byte),
        }
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
        assert_eq!(text(|out| percent(b"p@ss w/rd!", b"!", false, out)), "p%40ss%20w%2frd!");
        assert_eq!(text(|out| percent(b"a b", b"", true, out)), "a+b");
        assert_eq!(text(|out| backslash(b"a\"b\\c\n\x01<", b"<", out)), "a\\\"b\\\\c\\n\\u0001\\u003c");
        assert_eq!(text(|out| doubled_quotes(b"it's", out)), "it''s");
        assert_eq!(text(|out| hex(b"\xff\x01", out)), "ff01");
    }
}
