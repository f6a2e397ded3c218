//! What may be told of a private key: its kind, its size, whether it is encrypted, and the digest
//! of its public half, by which the matching certificate is found.
//!
//! Forms: PKCS#8 (RFC 5208, RFC 5958), PKCS#1 (RFC 8017 appendix A.1.2), SEC 1 (RFC 5915), DSA as
//! OpenSSL writes it, and OpenSSH's own (PROTOCOL.key of OpenSSH). Nothing is computed with the
//! secret part.

use std::fmt;

use crate::der::{self, INTEGER, NULL, OCTET_STRING, OID, SEQUENCE, SpkiDigest, context};

/// What is known of a private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateKey {
    /// The algorithm.
    pub kind: KeyKind,
    /// Size in bits, where the algorithm has several.
    pub bits: Option<u32>,
    /// Whether a password protects it.
    pub encrypted: bool,
    /// The public half, where the key carries it.
    pub public: Option<SpkiDigest>,
}

/// The algorithm of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// DSA.
    Dsa,
    /// ECDSA or ECDH over a named curve.
    Ec,
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// Ed448 (RFC 8410).
    Ed448,
    /// X25519 or X448 (RFC 8410).
    X,
    /// Not told: encrypted, or not known here.
    Unknown,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa => "RSA",
            Self::Dsa => "DSA",
            Self::Ec => "EC",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::X => "X25519/X448",
            Self::Unknown => "unknown",
        })
    }
}

/// An algorithm's object identifier, encoded.
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"; // 1.2.840.113549.1.1.1
const RSA_PSS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"; // 1.2.840.113549.1.1.10
const DSA: &[u8] = b"\x2a\x86\x48\xce\x38\x04\x01"; // 1.2.840.10040.4.1
const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01"; // 1.2.840.10045.2.1
const X25519: &[u8] = b"\x2b\x65\x6e"; // 1.3.101.110
const X448: &[u8] = b"\x2b\x65\x6f";
const ED25519: &[u8] = b"\x2b\x65\x70";
const ED448: &[u8] = b"\x2b\x65\x71";

/// Named curves and their sizes (SEC 2, RFC 5639), with the names that OpenSSH has for three.
const CURVES: &[(&[u8], u32, &[u8])] = &[
    (b"\x2a\x86\x48\xce\x3d\x03\x01\x07", 256, b"nistp256"), // 1.2.840.10045.3.1.7
    (b"\x2b\x81\x04\x00\x22", 384, b"nistp384"),             // 1.3.132.0.34
    (b"\x2b\x81\x04\x00\x23", 521, b"nistp521"),             // 1.3.132.0.35
    (b"\x2b\x81\x04\x00\x0a", 256, b""),                     // secp256k1
    (b"\x2b\x81\x04\x00\x21", 224, b""),                     // secp224r1
    (b"\x2b\x24\x03\x03\x02\x08\x01\x01\x07", 256, b""),     // brainpoolP256r1
    (b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", 384, b""),     // brainpoolP384r1
    (b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", 512, b""),     // brainpoolP512r1
];

/// Reads a private key in DER, in whichever form; `None` if it is none.
pub fn private_key(der: &[u8]) -> Option<PrivateKey> {
    pkcs8(der)
        .or_else(|| pkcs1(der))
        .or_else(|| sec1(der, None))
        .or_else(|| dsa(der))
        .or_else(|| encrypted(der))
}

/// `PrivateKeyInfo`: version, algorithm, the key in its own form, and perhaps the public key.
fn pkcs8(der: &[u8]) -> Option<PrivateKey> {
    let mut info = der::sequence(der)?;
    info.content(INTEGER).filter(|version| matches!(version, [0 | 1]))?;
    let algorithm = info.tagged(SEQUENCE)?;
    let inner = info.content(OCTET_STRING)?;
    let mut parts = algorithm.inside();
    let oid = parts.tagged(OID)?;
    // RFC 5958: behind the attributes, the public key as a bit string with an implicit tag.
    let public = info.find(|part| part.tag == 0x81).and_then(|part| part.content.strip_prefix(&[0]));
    let digest = |key: &[u8]| SpkiDigest::of_key(&[algorithm.content], key);
    let simple = |kind| PrivateKey { kind, bits: None, encrypted: false, public: public.map(digest) };
    Some(match oid.content {
        RSA | RSA_PSS => pkcs1(inner).unwrap_or(simple(KeyKind::Rsa)),
        EC => sec1(inner, parts.content(OID)).unwrap_or(simple(KeyKind::Ec)),
        DSA => {
            let p = parts.enter(SEQUENCE).and_then(|mut domain| domain.content(INTEGER));
            PrivateKey { bits: p.map(bits), ..simple(KeyKind::Dsa) }
        }
        ED25519 => simple(KeyKind::Ed25519),
        ED448 => simple(KeyKind::Ed448),
        X25519 | X448 => simple(KeyKind::X),
        _ => simple(KeyKind::Unknown),
    })
}

/// `RSAPrivateKey`: version, n, e, and seven numbers more.
fn pkcs1(der: &[u8]) -> Option<PrivateKey> {
    let mut key = der::sequence(der)?;
    key.content(INTEGER).filter(|version| matches!(version, [0 | 1]))?;
    let (n, e) = (key.tagged(INTEGER)?, key.tagged(INTEGER)?);
    let rest = key.take_while(|number| number.tag == INTEGER).count();
    (rest >= 6 && !n.content.is_empty()).then(|| PrivateKey {
        kind: KeyKind::Rsa,
        bits: Some(bits(n.content)),
        encrypted: false,
        public: Some(rsa_public(n.whole, e.whole)),
    })
}

/// From both numbers as DER integers.
fn rsa_public(n: &[u8], e: &[u8]) -> SpkiDigest {
    let key = der::element(SEQUENCE, &[n, e]);
    SpkiDigest::of_key(&[&der::element(OID, &[RSA]), &[NULL, 0]], &key)
}

/// `ECPrivateKey`: version 1, the number, and perhaps the curve and the public key. In PKCS#8 the
/// curve stands outside.
fn sec1(der: &[u8], curve: Option<&[u8]>) -> Option<PrivateKey> {
    let mut key = der::sequence(der)?;
    key.content(INTEGER).filter(|version| *version == [1])?;
    key.content(OCTET_STRING)?;
    let inside = key.enter(context(0)).and_then(|mut parameters| parameters.content(OID));
    let public = key.enter(context(1)).and_then(|mut public| public.content(der::BIT_STRING));
    let curve = inside.or(curve);
    let public = public.and_then(|public| public.strip_prefix(&[0])).zip(curve);
    Some(PrivateKey {
        kind: KeyKind::Ec,
        bits: curve.and_then(|oid| CURVES.iter().find(|(known, ..)| *known == oid)).map(|(_, bits, _)| *bits),
        encrypted: false,
        public: public.map(|(public, curve)| ec_public(curve, public)),
    })
}

/// From a curve's object identifier and a point.
fn ec_public(curve: &[u8], point: &[u8]) -> SpkiDigest {
    SpkiDigest::of_key(&[&der::element(OID, &[EC]), &der::element(OID, &[curve])], point)
}

/// OpenSSL's DSA form: version 0, p, q, g, y, x.
fn dsa(der: &[u8]) -> Option<PrivateKey> {
    let mut key = der::sequence(der)?;
    key.content(INTEGER).filter(|version| *version == [0])?;
    let numbers: Vec<_> = key.by_ref().take(6).collect();
    let sound = numbers.len() == 5 && numbers.iter().all(|number| number.tag == INTEGER);
    let [p, q, g, y, _] = numbers[..] else { return None };
    sound.then(|| {
        let domain = der::element(SEQUENCE, &[p.whole, q.whole, g.whole]);
        let public = SpkiDigest::of_key(&[&der::element(OID, &[DSA]), &domain], y.whole);
        PrivateKey { kind: KeyKind::Dsa, bits: Some(bits(p.content)), encrypted: false, public: Some(public) }
    })
}

/// `EncryptedPrivateKeyInfo`: an algorithm with parameters, and the ciphertext.
fn encrypted(der: &[u8]) -> Option<PrivateKey> {
    let mut info = der::sequence(der)?;
    let mut algorithm = info.enter(SEQUENCE)?;
    let oid = algorithm.content(OID)?;
    info.content(OCTET_STRING)?;
    // PKCS#5 (1.2.840.113549.1.5) and PKCS#12 (1.2.840.113549.1.12.1) schemes.
    let known = oid.starts_with(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05")
        || oid.starts_with(b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01");
    known.then_some(PrivateKey { kind: KeyKind::Unknown, bits: None, encrypted: true, public: None })
}

/// Bits of a non-negative DER integer.
fn bits(number: &[u8]) -> u32 {
    let zeros = number.iter().take_while(|b| **b == 0).count();
    let number = &number[zeros..];
    number.first().map_or(0, |first| number.len() as u32 * 8 - first.leading_zeros())
}

/// What OpenSSH private keys begin with, inside their PEM block.
const OPENSSH: &[u8] = b"openssh-key-v1\0";

/// Reads an OpenSSH private key: the public half stands there in the clear, encrypted or not.
pub fn openssh_key(bytes: &[u8]) -> Option<PrivateKey> {
    let mut fields = Fields(bytes.strip_prefix(OPENSSH)?);
    let cipher = fields.string()?;
    let _kdf = fields.string()?;
    let _kdf_options = fields.string()?;
    let _count = fields.number()?;
    let public = fields.string()?;
    Some(PrivateKey { encrypted: cipher != b"none", ..ssh_public(public)? })
}

/// Reads a public key as SSH has it on the wire (RFC 4253 section 6.6, RFC 5656, RFC 8709), as what
/// is known of its private half.
pub(crate) fn ssh_public(blob: &[u8]) -> Option<PrivateKey> {
    let mut fields = Fields(blob);
    let kind = fields.string()?;
    let key = |kind, bits, public| Some(PrivateKey { kind, bits, encrypted: false, public });
    match kind {
        b"ssh-rsa" => {
            let (e, n) = (fields.string()?, fields.string()?);
            // An SSH number has the bytes of a DER integer.
            let public = rsa_public(&der::element(INTEGER, &[n]), &der::element(INTEGER, &[e]));
            key(KeyKind::Rsa, Some(bits(n)), Some(public))
        }
        b"ssh-dss" => key(KeyKind::Dsa, fields.string().map(bits), None),
        b"ssh-ed25519" | b"sk-ssh-ed25519@openssh.com" => {
            let public =
                fields.string().map(|key| SpkiDigest::of_key(&[&der::element(OID, &[ED25519])], key));
            key(KeyKind::Ed25519, None, public)
        }
        _ if kind.starts_with(b"ecdsa-sha2-") || kind.starts_with(b"sk-ecdsa-sha2-") => {
            let (curve, point) = (fields.string()?, fields.string()?);
            let known = CURVES.iter().find(|(.., name)| *name == curve);
            let public = known.map(|(oid, ..)| ec_public(oid, point));
            key(KeyKind::Ec, known.map(|(_, bits, _)| *bits), public)
        }
        _ => key(KeyKind::Unknown, None, None),
    }
}

/// Fields of SSH's wire form (RFC 4251 section 5).
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn number(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*bytes))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rsa(bits: usize) -> Vec<u8> {
        let n = [&[0, 0x80][..], &vec![1; bits / 8 - 1]].concat();
        let number = |content: &[u8]| der::element(INTEGER, &[content]);
        let small = number(&[3]);
        let parts = [number(&[0]), number(&n), small.clone(), small.clone(), small.clone(), small.clone()];
        der::element(SEQUENCE, &[&parts.concat(), &small, &small, &small])
    }

    #[test]
    fn one_key_in_two_forms_has_one_digest() {
        let pkcs1 = rsa(2048);
        let algorithm = der::element(SEQUENCE, &[&der::element(OID, &[RSA]), &[NULL, 0]]);
        let version = der::element(INTEGER, &[&[0]]);
        let pkcs8 = der::element(SEQUENCE, &[&version, &algorithm, &der::element(OCTET_STRING, &[&pkcs1])]);
        let (a, b) = (private_key(&pkcs1).unwrap(), private_key(&pkcs8).unwrap());
        assert_eq!(a, b);
        assert_eq!((a.kind, a.bits, a.encrypted), (KeyKind::Rsa, Some(2048), false));
        assert!(a.public.is_some());
    }

    /// RFC 8410 section 10.3: the same key without and with its public half.
    #[test]
    fn ed25519_carries_its_public_half_only_in_the_newer_form() {
        let algorithm = der::element(SEQUENCE, &[&der::element(OID, &[ED25519])]);
        let secret = der::element(OCTET_STRING, &[&der::element(OCTET_STRING, &[&[7; 32]])]);
        let old = der::element(SEQUENCE, &[&[2, 1, 0], &algorithm, &secret]);
        let public = der::element(0x81, &[&[0], &[9; 32]]);
        let new = der::element(SEQUENCE, &[&[2, 1, 1], &algorithm, &secret, &public]);
        assert_eq!(private_key(&old).unwrap().public, None);
        let digest = SpkiDigest::of_key(&[&der::element(OID, &[ED25519])], &[9; 32]);
        assert_eq!(private_key(&new).unwrap().public, Some(digest));
    }

    #[test]
    fn what_is_no_key() {
        for der in [&b""[..], b"\x30\x00", b"\x30\x03\x02\x01\x00", b"\x30\x06\x02\x01\x00\x02\x01\x01"] {
            assert_eq!(private_key(der), None);
            assert_eq!(openssh_key(der), None);
        }
        assert_eq!(openssh_key(OPENSSH), None);
    }

    #[test]
    fn bits_of_numbers() {
        assert_eq!(bits(&[0, 0x80, 0]), 16);
        assert_eq!(bits(&[1]), 1);
        assert_eq!(bits(&[0, 0]), 0);
        assert_eq!(bits(&[]), 0);
    }

    proptest! {
        #[test]
        fn is_total(at in 0usize..2000, byte in any::<u8>(), cut in 0usize..2000, raw in any::<Vec<u8>>()) {
            let mut der = rsa(1024);
            let length = der.len();
            der[at % length] = byte;
            private_key(&der[..length.min(cut)]);
            private_key(&raw);
            let ssh = [OPENSSH, &raw].concat();
            openssh_key(&ssh);
            crate::x509::certificate(&raw);
            crate::pkcs12(&raw);
        }
    }
}
