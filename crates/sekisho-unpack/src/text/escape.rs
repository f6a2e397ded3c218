//! Backslash escapes: JSON (RFC 8259 section 7), YAML double-quoted (YAML 1.2.2 section 5.7), and
//! C with its descendants (C17 6.4.4.4; JavaScript, Python, Go, Rust, shell `$'…'`).

use sekisho_model::Encoding;

use super::{Builder, Decoded, hex_number};

/// Undoes JSON's escapes, pairs of surrogates among them; a lone surrogate becomes U+FFFD. What is
/// no escape in JSON stands for itself. `None` when nothing is escaped.
pub fn json_escapes(text: &[u8]) -> Option<Decoded> {
    unescape(text, Encoding::JsonEscape, |rest| match rest.first()? {
        b'u' => unit(rest),
        byte => Some((1, One::Char(common(*byte)?))),
    })
}

/// Undoes the escapes of a YAML double-quoted scalar. What is no escape in YAML stands for itself.
/// `None` when nothing is escaped.
pub fn yaml_escapes(text: &[u8]) -> Option<Decoded> {
    unescape(text, Encoding::YamlEscape, |rest| {
        let character = match rest.first()? {
            b'u' => return unit(rest),
            b'U' => return Some((9, One::Char(scalar(hex_number(rest.get(1..9)?)?)))),
            b'x' => return Some((3, One::Char(scalar(hex_number(rest.get(1..3)?)?)))),
            b'0' => '\0',
            b'a' => '\x07',
            b'v' => '\x0b',
            b'e' => '\x1b',
            b' ' => ' ',
            b'\t' => '\t',
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            // An escaped line break is none, and the next line's indentation belongs to it.
            b'\n' => {
                let indent = rest[1..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                return Some((1 + indent, One::Nothing));
            }
            byte => common(*byte)?,
        };
        Some((1, One::Char(character)))
    })
}

/// Undoes the escapes of C and of the languages that took them over. What is none stands for
/// itself. `None` when nothing is escaped.
pub fn c_escapes(text: &[u8]) -> Option<Decoded> {
    unescape(text, Encoding::CEscape, |rest| {
        let character = match rest.first()? {
            b'u' if rest.get(1) == Some(&b'{') => {
                // JavaScript and Rust: `\u{1f511}`.
                let digits = rest[2..].iter().take(7).position(|b| *b == b'}').filter(|n| *n > 0)?;
                return Some((digits + 3, One::Char(scalar(hex_number(&rest[2..2 + digits])?))));
            }
            b'u' => return unit(rest),
            b'U' => return Some((9, One::Char(scalar(hex_number(rest.get(1..9)?)?)))),
            // C takes digits without end; all its descendants, and all practice, two.
            b'x' => return Some((3, One::Byte(hex_number(rest.get(1..3)?)? as u8))),
            b'0'..=b'7' => {
                let digits = rest.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
                let (length, value) =
                    digits.fold((0, 0u32), |(n, value), b| (n + 1, value * 8 + u32::from(b - b'0')));
                return Some((length, One::Byte(value as u8)));
            }
            b'a' => '\x07',
            b'v' => '\x0b',
            b'e' | b'E' => '\x1b',
            b'\'' => '\'',
            b'`' => '`',
            b'$' => '$',
            b'?' => '?',
            b'\n' => return Some((1, One::Nothing)),
            byte => common(*byte)?,
        };
        Some((1, One::Char(character)))
    })
}

/// What one escape stands for.
enum One {
    Char(char),
    Byte(u8),
    Nothing,
}

/// The escapes that all have.
fn common(byte: u8) -> Option<char> {
    Some(match byte {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

fn scalar(number: u32) -> char {
    char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// `uXXXX`, and the other half of a surrogate pair.
fn unit(rest: &[u8]) -> Option<(usize, One)> {
    let high = hex_number(rest.get(1..5)?)?;
    if let 0xd800..0xdc00 = high
        && let Some(low) =
            rest.get(5..7).filter(|next| *next == b"\\u").and_then(|_| hex_number(rest.get(7..11)?))
        && let 0xdc00..0xe000 = low
    {
        return Some((11, One::Char(scalar(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)))));
    }
    Some((5, One::Char(scalar(high))))
}

/// Undoes what `escape` reads behind each backslash: how many bytes it took, and what they are.
fn unescape(
    text: &[u8],
    encoding: Encoding,
    escape: impl Fn(&[u8]) -> Option<(usize, One)>,
) -> Option<Decoded> {
    let mut out = Builder::new(text.len());
    let (mut done, mut at) = (0, 0);
    while let Some(step) = memchr::memchr(b'\\', &text[at..]) {
        at += step;
        let Some((length, one)) = escape(&text[at + 1..]) else {
            at += 1;
            continue;
        };
        out.verbatim(done, &text[done..at]);
        match one {
            One::Char(character) => out.character(character),
            One::Byte(byte) => out.decoded(&[byte]),
            One::Nothing => out.decoded(b""),
        }
        at += 1 + length;
        done = at;
    }
    out.verbatim(done, &text[done..]);
    out.finish(encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(text: &str) -> Option<String> {
        json_escapes(text.as_bytes()).map(|d| String::from_utf8_lossy(d.bytes.expose_secret()).into_owned())
    }

    fn bytes(decoded: Option<Decoded>) -> Option<Vec<u8>> {
        decoded.map(|d| d.bytes.expose_secret().to_vec())
    }

    #[test]
    fn json_form() {
        assert_eq!(json(r#"{\"password\":\"x\/y\"}"#).as_deref(), Some(r#"{"password":"x/y"}"#));
        assert_eq!(json(r"a\u0026b\u003d").as_deref(), Some("a&b="));
        assert_eq!(json(r"\ud83d\udd11").as_deref(), Some("🔑"));
        assert_eq!(json(r"\ud83d!\udd11").as_deref(), Some("\u{fffd}!\u{fffd}"));
        assert_eq!(json(r"\ud83d\u0041").as_deref(), Some("\u{fffd}A"));
        assert_eq!(json(r"C:\q and \").as_deref(), None);
        assert_eq!(json(r"\\n").as_deref(), Some(r"\n"));
        assert_eq!(json(r"\u12").as_deref(), None);
        assert_eq!(json("plain"), None);
    }

    #[test]
    fn yaml_form() {
        assert_eq!(bytes(yaml_escapes(br"a\x41\e\0\_")), Some("aA\x1b\0\u{a0}".into()));
        assert_eq!(bytes(yaml_escapes(b"one \\\n   two")), Some(b"one two".to_vec()));
        assert_eq!(bytes(yaml_escapes(br"\U0001F511")), Some("🔑".into()));
        assert_eq!(bytes(yaml_escapes(br"\Uffffffff")), Some("\u{fffd}".into()));
    }

    #[test]
    fn c_form() {
        assert_eq!(bytes(c_escapes(br"\x41\102\0\u{1f511}\'")), Some("AB\0🔑'".into()));
        assert_eq!(bytes(c_escapes(br"\xff\777")), Some(vec![0xff, 0xff]));
        assert_eq!(bytes(c_escapes(br"\u{}\u{12345678}\xg")), None);
        assert_eq!(bytes(c_escapes(b"one\\\ntwo")), Some(b"onetwo".to_vec()));
    }

    #[test]
    fn maps_back() {
        let decoded = json_escapes(br#"{\"key\":\"value\"}"#).unwrap();
        let at = decoded.bytes.expose_secret().windows(5).position(|w| w == b"value").unwrap();
        assert_eq!(decoded.source_range(at..at + 5, 19), 11..16);
    }

    proptest! {
        #[test]
        fn decodes_what_was_encoded(text in any::<String>()) {
            let encoded = serde_json::to_string(&text).unwrap();
            let inner = &encoded[1..encoded.len() - 1];
            let decoded = json(inner).unwrap_or_else(|| inner.to_owned());
            prop_assert_eq!(&decoded, &text);
            let escaped: String = text.encode_utf16().fold(String::new(), |all, unit| all + &format!("\\u{unit:04x}"));
            prop_assert_eq!(json(&escaped).unwrap_or_default(), text);
        }

        #[test]
        fn is_total(text in proptest::collection::vec(any::<u8>(), 0..100), escapes in r"(\\[uUxnN0-9 {}]{0,3}[0-9a-f]{0,9}){0,9}") {
            for text in [&text[..], escapes.as_bytes()] {
                for decode in [json_escapes, yaml_escapes, c_escapes] {
                    if let Some(decoded) = decode(text) {
                        let length = decoded.bytes.len();
                        let range = decoded.source_range(0..length, text.len());
                        prop_assert!(range.end <= text.len() && length <= text.len() / 2 * 3 + 3);
                    }
                }
            }
        }
    }
}
