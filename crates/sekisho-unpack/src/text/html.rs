//! HTML character references (WHATWG HTML section 13.5), as templating engines write them.

use sekisho_model::Encoding;

use super::{Builder, Decoded, hex_number};

/// The named references that escaping functions make for ASCII; the other two thousand stand for
/// characters that no credential has.
const NAMES: &[(&[u8], char)] = &[
    (b"amp", '&'),
    (b"lt", '<'),
    (b"gt", '>'),
    (b"quot", '"'),
    (b"apos", '\''),
    (b"nbsp", '\u{a0}'),
    (b"sol", '/'),
    (b"bsol", '\\'),
    (b"equals", '='),
    (b"plus", '+'),
    (b"colon", ':'),
    (b"semi", ';'),
    (b"comma", ','),
    (b"period", '.'),
    (b"commat", '@'),
    (b"num", '#'),
    (b"dollar", '$'),
    (b"percnt", '%'),
    (b"excl", '!'),
    (b"quest", '?'),
    (b"ast", '*'),
    (b"lpar", '('),
    (b"rpar", ')'),
    (b"lsqb", '['),
    (b"rsqb", ']'),
    (b"lcub", '{'),
    (b"rcub", '}'),
    (b"lowbar", '_'),
    (b"hyphen", '\u{2010}'),
    (b"grave", '`'),
    (b"verbar", '|'),
    (b"NewLine", '\n'),
    (b"Tab", '\t'),
];

/// The longest reference that is looked at, without `&` and `;`.
const MAX_REFERENCE: usize = 10;

/// Undoes `&amp;`, `&#39;`, `&#x27;` and the like, always with their semicolon. Others stand for
/// themselves. `None` when there is none.
pub fn html(text: &[u8]) -> Option<Decoded> {
    let mut out = Builder::new(text.len());
    let mut done = 0;
    for at in memchr::memchr_iter(b'&', text) {
        let rest = &text[at + 1..];
        let end = rest.iter().take(MAX_REFERENCE + 1).position(|b| *b == b';');
        if let Some(end) = end
            && let Some(character) = reference(&rest[..end])
        {
            out.verbatim(done, &text[done..at]);
            out.character(character);
            done = at + end + 2;
        }
    }
    out.verbatim(done, &text[done..]);
    out.finish(Encoding::Html)
}

/// The character that a reference, without `&` and `;`, stands for.
fn reference(name: &[u8]) -> Option<char> {
    let number = match name {
        [b'#', b'x' | b'X', digits @ ..] if (1..=6).contains(&digits.len()) => hex_number(digits)?,
        [b'#', digits @ ..] if (1..=7).contains(&digits.len()) => {
            digits.iter().try_fold(0u32, |n, b| Some(n * 10 + char::from(*b).to_digit(10)?))?
        }
        _ => return NAMES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character),
    };
    Some(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(text: &str) -> Option<String> {
        html(text.as_bytes()).map(|d| String::from_utf8_lossy(d.bytes.expose_secret()).into_owned())
    }

    #[test]
    fn references() {
        assert_eq!(decode("a&amp;b&lt;c&#39;d&#x27;e").as_deref(), Some("a&b<c'd'e"));
        assert_eq!(decode("&amp;amp;").as_deref(), Some("&amp;"));
        assert_eq!(decode("user=x&password=y&").as_deref(), None);
        assert_eq!(decode("&unknown; &#; &#x; &#xg; &#99999999;").as_deref(), None);
        assert_eq!(decode("&#xd800;").as_deref(), Some("\u{fffd}"));
        assert_eq!(decode("&&amp;").as_deref(), Some("&&"));
    }

    proptest! {
        #[test]
        fn decodes_what_was_encoded(text in any::<String>()) {
            let encoded: String = text.chars().fold(String::new(), |all, c| all + &format!("&#{};", u32::from(c)));
            prop_assert_eq!(decode(&encoded).unwrap_or_default(), text);
        }

        #[test]
        fn is_total(text in "[&#x;a-z0-9]{0,60}") {
            html(text.as_bytes());
        }
    }
}
