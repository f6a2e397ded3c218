//! From a matched value to its canonical value: the password of a URL, of a Basic header.

use std::borrow::Cow;
use std::ops::Range;

use crate::detector::{Detector, Form};

/// A canonical value within a match.
#[derive(Clone, PartialEq, Eq)]
pub struct Canonical<'a> {
    /// The innermost bytes, before [`sekisho_secret::canonical`] has had the last word.
    pub bytes: Cow<'a, [u8]>,
    /// Where they are written in the matched value; of an encoded value the whole encoded text.
    pub range: Range<usize>,
}

/// The canonical value of what `detector` matched. `None` when the form does not hold what it
/// promises (base64 that does not decode, an empty password).
///
/// Of a PEM block the block itself is returned; its DER is taken by the unpacker.
pub fn canonical_form<'a>(detector: &Detector, matched: &'a [u8]) -> Option<Canonical<'a>> {
    let whole = 0..matched.len();
    match detector.form {
        Form::Plain | Form::Pem | Form::Jwt => {
            Some(Canonical { bytes: Cow::Borrowed(matched), range: whole })
        }
        Form::Base64 => Some(Canonical { bytes: Cow::Owned(base64_decoded(matched)?), range: whole }),
        Form::Basic => {
            let pair = base64_decoded(matched)?;
            let colon = pair.iter().position(|b| *b == b':')?;
            let password = pair[colon + 1..].to_vec();
            (!password.is_empty()).then_some(Canonical { bytes: Cow::Owned(password), range: whole })
        }
        Form::Url => {
            let decoded = percent_decoded(matched);
            (!decoded.is_empty()).then_some(Canonical { bytes: decoded, range: whole })
        }
    }
}

/// RFC 4648 sections 4 and 5, padded or not.
fn base64_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii_end();
    let text = &text[..text.iter().rposition(|b| *b != b'=').map_or(0, |at| at + 1)];
    let standard = data_encoding::BASE64_NOPAD.decode(text).ok();
    standard.or_else(|| data_encoding::BASE64URL_NOPAD.decode(text).ok())
}

/// RFC 3986 section 2.1; an incomplete escape stays as it is.
fn percent_decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'%') {
        return Cow::Borrowed(text);
    }
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let pair = (text.get(at + 1).and_then(|b| digit(*b)), text.get(at + 2).and_then(|b| digit(*b)));
        match (text[at], pair) {
            (b'%', (Some(high), Some(low))) => {
                out.push(high << 4 | low);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_escapes() {
        assert_eq!(&*percent_decoded(b"p%40ss%2Fw"), b"p@ss/w");
        assert_eq!(&*percent_decoded(b"100%"), b"100%");
        assert_eq!(&*percent_decoded(b"%zz%4"), b"%zz%4");
    }
}
