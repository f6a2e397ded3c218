//! Hexadecimal, RFC 4648 section 8.

use sekisho_model::Encoding;
use sekisho_secret::SecretBytes;

use super::{Decoded, digit};

/// Undoes hexadecimal of either case, with line breaks and spaces in between, with `:` or `-` between
/// the bytes (`de:ad:be:ef`), with or without `0x` in front, and in the form `\xde\xad`.
/// `None` for odd numbers of digits and for nothing.
pub fn hex(text: &[u8]) -> Option<Decoded> {
    let text = text.strip_prefix(b"0x").or(text.strip_prefix(b"0X")).unwrap_or(text);
    // Exactly as long as needed: a vector that grows leaves copies behind.
    let digits = text.iter().filter(|b| digit(**b).is_some()).count();
    if digits == 0 || !digits.is_multiple_of(2) {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits / 2);
    let mut at = 0;
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            (b' ' | b'\t' | b'\r' | b'\n' | b':' | b'-', _) => at += 1,
            (b'\\', Some(b'x' | b'n' | b'r')) => at += 2,
            (high, Some(low)) => {
                let Some(byte) = digit(high).zip(digit(*low)).map(|(high, low)| high << 4 | low) else {
                    return refuse(bytes);
                };
                bytes.push(byte);
                at += 2;
            }
            (_, None) => return refuse(bytes),
        }
    }
    Some(Decoded { encoding: Encoding::Hex, bytes: SecretBytes::new(bytes), map: None })
}

/// Wipes what was decoded so far.
fn refuse(bytes: Vec<u8>) -> Option<Decoded> {
    drop(SecretBytes::new(bytes));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(text: &str) -> Option<Vec<u8>> {
        hex(text.as_bytes()).map(|d| d.bytes.expose_secret().to_vec())
    }

    #[test]
    fn forms_of_the_same() {
        let same = Some(vec![0xde, 0xad, 0xbe, 0xef]);
        for text in [
            "deadbeef",
            "DEADBEEF",
            "DeadBeef",
            "0xdeadbeef",
            "de:ad:be:ef",
            "dead\nbeef\n",
            "\\xde\\xad\\xbe\\xef",
        ] {
            assert_eq!(decode(text), same, "{text}");
        }
    }

    #[test]
    fn what_is_not_hex() {
        for text in ["", "0x", "abc", "zz", "d eadbeef1", "a:b", "deadbeeg"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn decodes_what_was_encoded(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            prop_assert_eq!(decode(&data_encoding::HEXLOWER.encode(&bytes)), Some(bytes.clone()));
            prop_assert_eq!(decode(&data_encoding::HEXUPPER.encode(&bytes)), Some(bytes));
        }

        #[test]
        fn is_total(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            hex(&text);
        }
    }
}
