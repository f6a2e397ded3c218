//! PKCS#12 (RFC 7292): told by its structure, never decrypted.

use crate::der::{self, Elements, INTEGER, OCTET_STRING, OID, SEQUENCE, context};

/// What is known of a PKCS#12 file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pkcs12 {
    /// Whether anything in it is encrypted; `None` where that cannot be seen (its parts are
    /// signed instead, or in BER).
    pub encrypted: Option<bool>,
    /// Whether a private key lies in it without encryption.
    pub plain_key: bool,
    /// Whether it has a MAC: a password protects its integrity, if not its content.
    pub mac: bool,
}

/// 1.2.840.113549.1.7, the content types of PKCS#7; 1 is data, 3 enveloped data, 6 encrypted data.
const PKCS7: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";
/// 1.2.840.113549.1.12.10.1, the bags; 1 is a plain key, 2 an encrypted one.
const BAGS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";
/// What every PFX begins with inside its sequence: version 3, then another sequence.
const VERSION_3: &[u8] = b"\x02\x01\x03\x30";

/// Recognises a PFX; `None` if the bytes are none.
pub fn pkcs12(bytes: &[u8]) -> Option<Pkcs12> {
    let Some(mut pfx) = der::sequence(bytes) else {
        // Some write BER with lengths left open: SEQUENCE, version 3, SEQUENCE, a PKCS#7 type.
        let rest = bytes.strip_prefix(b"\x30\x80")?.strip_prefix(VERSION_3)?;
        let oid = rest.get(1..)?.strip_prefix(&[OID, PKCS7.len() as u8 + 1])?;
        return oid.starts_with(PKCS7).then_some(Pkcs12 { encrypted: None, plain_key: false, mac: false });
    };
    pfx.content(INTEGER).filter(|version| *version == [3])?;
    let mut safe = pfx.enter(SEQUENCE)?;
    let kind = safe.content(OID)?.strip_prefix(PKCS7)?;
    let mac = pfx.tagged(SEQUENCE).is_some();
    let unknown = Pkcs12 { encrypted: None, plain_key: false, mac };
    if kind != [1] {
        return Some(unknown);
    }
    let Some(contents) = safe.enter(context(0)).and_then(octets).and_then(der::sequence) else {
        return Some(unknown);
    };
    let mut found = Pkcs12 { encrypted: Some(false), ..unknown };
    for content in contents {
        let mut content = content.inside();
        match content.content(OID).and_then(|kind| kind.strip_prefix(PKCS7)) {
            Some([1]) => {
                let bags = content.enter(context(0)).and_then(octets).and_then(der::sequence);
                for bag in bags.into_iter().flatten() {
                    match bag.inside().content(OID).and_then(|kind| kind.strip_prefix(BAGS)) {
                        Some([1]) => found.plain_key = true,
                        Some([2]) => found.encrypted = Some(true),
                        _ => {}
                    }
                }
            }
            _ => found.encrypted = Some(true),
        }
    }
    Some(found)
}

fn octets(mut elements: Elements<'_>) -> Option<&[u8]> {
    elements.content(OCTET_STRING)
}
