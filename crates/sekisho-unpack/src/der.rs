//! DER (X.690) as far as keys and certificates need it: one element after the other, never deeper
//! than the caller asks, definite lengths and one-byte tags only.

use std::fmt;

use sha2::{Digest, Sha256};

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// A context-specific tag that wraps other elements.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// With its tag and length.
    pub(crate) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(crate) fn inside(self) -> Elements<'a> {
        Elements(self.content)
    }
}

/// Elements that follow one another.
pub(crate) struct Elements<'a>(pub(crate) &'a [u8]);

impl<'a> Elements<'a> {
    /// The next element if it has this tag; otherwise nothing is taken.
    pub(crate) fn tagged(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut rest = Elements(self.0);
        let element = rest.next().filter(|element| element.tag == tag)?;
        *self = rest;
        Some(element)
    }

    /// The content of the next element if it has this tag.
    pub(crate) fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.tagged(tag).map(|element| element.content)
    }

    /// The elements inside the next one if it has this tag.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.tagged(tag).map(Element::inside)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    /// The next element; `None` at the end and where the bytes are no DER.
    fn next(&mut self) -> Option<Element<'a>> {
        let (&[tag, first], rest) = self.0.split_first_chunk::<2>()?;
        let (length, header) = if first < 0x80 {
            (usize::from(first), 2)
        } else {
            let count = usize::from(first & 0x7f);
            let bytes = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
            (bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b)), 2 + count)
        };
        // Tags of several bytes stand in no format that is read here.
        let (whole, rest) = self.0.split_at_checked(header + length).filter(|_| tag & 0x1f != 0x1f)?;
        self.0 = rest;
        Some(Element { tag, content: &whole[header..], whole })
    }
}

/// The one sequence that the bytes are.
pub(crate) fn sequence(der: &[u8]) -> Option<Elements<'_>> {
    Elements(der).enter(SEQUENCE)
}

/// An element made of these parts.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let bytes = &bytes[length.leading_zeros() as usize / 8..];
        out.push(0x80 | bytes.len() as u8);
        out.extend_from_slice(bytes);
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// SHA-256 over a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7): what a private key and its
/// certificate have in common, and what key pinning uses (RFC 7469). Nothing of it is secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpkiDigest([u8; 32]);

impl SpkiDigest {
    /// Of a whole SubjectPublicKeyInfo in DER.
    pub(crate) fn of(spki: &[u8]) -> Self {
        Self(Sha256::digest(spki).into())
    }

    /// Of a public key with its algorithm (the content of the AlgorithmIdentifier).
    pub(crate) fn of_key(algorithm: &[&[u8]], key: &[u8]) -> Self {
        let algorithm = element(SEQUENCE, algorithm);
        Self::of(&element(SEQUENCE, &[&algorithm, &element(BIT_STRING, &[&[0], key])]))
    }
}

impl fmt::Display for SpkiDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SpkiDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpkiDigest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_what_was_written(length in 0usize..70_000, tag in 0u8..0x1f) {
            let content = vec![7; length];
            let whole = element(tag, &[&content]);
            let mut elements = Elements(&whole);
            let read = elements.next().unwrap();
            prop_assert_eq!((read.tag, read.content, read.whole), (tag, &content[..], &whole[..]));
            prop_assert!(elements.next().is_none());
        }

        #[test]
        fn is_total(bytes in proptest::collection::vec(any::<u8>(), 0..50)) {
            Elements(&bytes).count();
        }
    }

    #[test]
    fn lengths_beyond_the_bytes_are_no_element() {
        assert!(Elements(b"\x30\x84\xff\xff\xff\xff").next().is_none());
        assert!(Elements(b"\x30\x80\x00\x00").next().is_none());
        assert!(Elements(b"\x30\x02\x00").next().is_none());
        assert!(Elements(b"\x30").next().is_none());
    }
}
