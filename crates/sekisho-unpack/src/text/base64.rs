//! base64 and base64url, RFC 4648 sections 4 and 5.

use sekisho_model::Encoding;
use sekisho_secret::SecretBytes;

use super::Decoded;

const SPACE: u8 = 0x80;
const OTHER: u8 = 0xff;

/// The 6 bits of each digit of both alphabets.
const DIGITS: [u8; 256] = {
    let mut table = [OTHER; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut at = 0;
    while at < alphabet.len() {
        table[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    (table[b'+' as usize], table[b'/' as usize]) = (62, 63);
    (table[b'-' as usize], table[b'_' as usize]) = (62, 63);
    (table[b' ' as usize], table[b'\t' as usize]) = (SPACE, SPACE);
    (table[b'\r' as usize], table[b'\n' as usize]) = (SPACE, SPACE);
    table
};

/// Undoes base64 or base64url, padded or not, with line breaks in between: real ones, spaces, or
/// escaped ones (`\n`, `\r`, `\t`, however often the backslash was doubled) as they stand in JSON
/// strings. Left-over bits need not be zero, as in most decoders. `None` for both alphabets at
/// once, for lengths that no encoder makes, and for nothing.
pub fn base64(text: &[u8]) -> Option<Decoded> {
    let (digits, encoding) = shape(text)?;
    // Exactly as long as needed: a vector that grows leaves copies behind.
    let mut bytes = Vec::with_capacity(digits / 4 * 3 + 2);
    let mut quad = [0; 4];
    let mut filled = 0;
    let mut symbols = Symbols { text, at: 0 };
    loop {
        while filled == 0
            && let Some(next) = symbols.text.get(symbols.at..).and_then(<[u8]>::first_chunk)
            && let bits = next.map(|byte| DIGITS[usize::from(byte)])
            && are_digits(&bits)
        {
            bytes.extend_from_slice(&join(bits));
            symbols.at += 4;
        }
        let Some(Symbol::Digit(bits)) = symbols.next() else { break };
        quad[filled] = bits;
        filled += 1;
        if filled == 4 {
            bytes.extend_from_slice(&join(quad));
            (quad, filled) = ([0; 4], 0);
        }
    }
    bytes.extend_from_slice(&join(quad)[..filled.saturating_sub(1)]);
    Some(Decoded { encoding, bytes: SecretBytes::new(bytes), map: None })
}

fn are_digits(bits: &[u8]) -> bool {
    bits.iter().fold(0, |all, bits| all | bits) < 64
}

/// Four digits are three bytes.
fn join([a, b, c, d]: [u8; 4]) -> [u8; 3] {
    [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]
}

/// How many digits there are, and of which alphabet; `None` if it is not base64.
fn shape(text: &[u8]) -> Option<(usize, Encoding)> {
    let (mut digits, mut padding) = (0usize, 0usize);
    let mut symbols = Symbols { text, at: 0 };
    loop {
        while padding == 0
            && let Some(next) = text.get(symbols.at..).and_then(<[u8]>::first_chunk::<8>)
            && are_digits(&next.map(|byte| DIGITS[usize::from(byte)]))
        {
            digits += 8;
            symbols.at += 8;
        }
        match symbols.next() {
            None => break,
            Some(Symbol::Digit(_)) if padding == 0 => digits += 1,
            Some(Symbol::Padding) => padding += 1,
            Some(Symbol::Digit(_) | Symbol::Other) => return None,
        }
    }
    let sound = match (digits % 4, padding) {
        (0, 0) => digits > 0,
        (2, 0 | 2) | (3, 0 | 1) => true,
        _ => false,
    };
    let standard = memchr::memchr2(b'+', b'/', text).is_some();
    let url = memchr::memchr2(b'-', b'_', text).is_some();
    let encoding = if url { Encoding::Base64url } else { Encoding::Base64 };
    (sound && !(standard && url)).then_some((digits, encoding))
}

enum Symbol {
    /// The 6 bits that it stands for.
    Digit(u8),
    Padding,
    Other,
}

/// The symbols of a text, white space passed over.
struct Symbols<'a> {
    text: &'a [u8],
    at: usize,
}

impl Iterator for Symbols<'_> {
    type Item = Symbol;

    fn next(&mut self) -> Option<Symbol> {
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += 1;
            match (DIGITS[usize::from(byte)], byte) {
                (SPACE, _) => {}
                (OTHER, b'=') => return Some(Symbol::Padding),
                (OTHER, b'\\') => {
                    // Backslashes, then the letter of a line break or tab.
                    let rest = &self.text[self.at..];
                    let backslashes = rest.iter().take_while(|b| **b == b'\\').count();
                    if !matches!(rest.get(backslashes), Some(b'n' | b'r' | b't')) {
                        return Some(Symbol::Other);
                    }
                    self.at += backslashes + 1;
                }
                (OTHER, _) => return Some(Symbol::Other),
                (bits, _) => return Some(Symbol::Digit(bits)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(text: &str) -> Option<(Vec<u8>, Encoding)> {
        base64(text.as_bytes()).map(|d| (d.bytes.expose_secret().to_vec(), d.encoding))
    }

    #[test]
    fn forms_of_the_same() {
        let both = Some((b"hunter22".to_vec(), Encoding::Base64));
        assert_eq!(decode("aHVudGVyMjI="), both);
        assert_eq!(decode("aHVudGVyMjI"), both);
        assert_eq!(decode("aHVu\n  dGVy\r\nMjI=\n"), both);
        assert_eq!(decode("aHVu\\ndGVy\\\\nMjI="), both);
        assert_eq!(decode("aHVu\\r\\ndGVyMjI=\\n"), both);
        assert_eq!(decode("-_8="), Some((vec![0xfb, 0xff], Encoding::Base64url)));
        assert_eq!(decode("+/8="), Some((vec![0xfb, 0xff], Encoding::Base64)));
        assert_eq!(decode("aHVudGVyMjJ="), both, "left-over bits");
    }

    #[test]
    fn what_is_not_base64() {
        for text in
            ["", "=", "a", "abcde", "ab=", "abc==", "abcd=", "ab=c", "+_ab", "abc.", "ab\\x", "\\", "a b\\"]
        {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn decodes_what_was_encoded(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            for encoder in [
                data_encoding::BASE64, data_encoding::BASE64_NOPAD, data_encoding::BASE64_MIME,
                data_encoding::BASE64URL, data_encoding::BASE64URL_NOPAD,
            ] {
                let decoded = decode(&encoder.encode(&bytes)).unwrap();
                prop_assert_eq!(&decoded.0, &bytes);
            }
        }

        #[test]
        fn is_total(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            base64(&text);
        }
    }
}
