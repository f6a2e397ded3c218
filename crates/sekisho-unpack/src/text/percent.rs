//! Percent-encoding, RFC 3986 section 2.1.

use sekisho_model::Encoding;

use super::{Builder, Decoded, hex_number};

/// Undoes `%XX`; a `+` stays a `+`, as in the user information of URLs. A `%` that two digits do
/// not follow stands for itself. `None` when nothing is encoded.
pub fn percent(text: &[u8]) -> Option<Decoded> {
    let mut out = Builder::new(text.len());
    let mut done = 0;
    for at in memchr::memchr_iter(b'%', text) {
        if at >= done
            && let Some(byte) = text.get(at + 1..at + 3).and_then(hex_number)
        {
            out.verbatim(done, &text[done..at]);
            out.decoded(&[byte as u8]);
            done = at + 3;
        }
    }
    out.verbatim(done, &text[done..]);
    out.finish(Encoding::Percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(text: &str) -> Option<Vec<u8>> {
        percent(text.as_bytes()).map(|d| d.bytes.expose_secret().to_vec())
    }

    #[test]
    fn only_where_something_is_encoded() {
        assert_eq!(decode("p%40ss%2Fword"), Some(b"p@ss/word".to_vec()));
        assert_eq!(decode("100%25"), Some(b"100%".to_vec()));
        assert_eq!(decode("50% off, 5%2"), None);
        assert_eq!(decode("%%41%4"), Some(b"%A%4".to_vec()));
        assert_eq!(decode("a+b"), None);
    }

    #[test]
    fn maps_back() {
        let decoded = percent(b"user:p%40ss%21").unwrap();
        // `p@ss!` came from `p%40ss%21`.
        assert_eq!(decoded.source_range(5..10, 14), 5..14);
        // `ss` came from `ss`.
        assert_eq!(decoded.source_range(7..9, 14), 9..11);
        assert_eq!(decoded.source_range(6..7, 14), 6..9);
    }

    proptest! {
        #[test]
        fn decodes_what_was_encoded(bytes in proptest::collection::vec(any::<u8>(), 1..100)) {
            let encoded: String = bytes.iter().fold(String::new(), |all, b| all + &format!("%{b:02x}"));
            prop_assert_eq!(decode(&encoded), Some(bytes));
        }

        #[test]
        fn is_total(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            percent(&text);
        }
    }
}
