//! [`EstateKey`]: the key under which one estate's values are fingerprinted.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::fingerprint::{Fingerprint, KeyId};

/// Length of an estate key in bytes.
pub const KEY_LEN: usize = 32;

/// Domain of key ids, see [`EstateKey::key_id`].
const KEY_ID_DOMAIN: &[u8] = b"sekisho/key-id";
/// Domain of fingerprints, followed by a zero byte, see [`EstateKey::fingerprint`].
const FINGERPRINT_DOMAIN: &[u8] = b"sekisho/fp/v1\0";

/// Domain of what is kept between scans, followed by a zero byte, see [`EstateKey::seal`].
const CACHE_DOMAIN: &[u8] = b"sekisho/cache/v1\0";

/// The 32-byte secret key of one estate.
///
/// Whoever holds it can test guesses against fingerprints, so it belongs to trusted central jobs
/// and never to jobs that run proposed code (see SECURITY.md).
#[derive(Clone)]
pub struct EstateKey(Zeroizing<[u8; KEY_LEN]>);

/// Why bytes are not an estate key. Never holds the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not 64 hexadecimal digits (one trailing line end is allowed).
    #[error("an estate key is 64 hexadecimal digits, optionally followed by one line end")]
    NotHex,
    /// All bytes are equal: a placeholder, not a random key.
    #[error("the estate key is a constant, not random bytes")]
    Constant,
}

impl EstateKey {
    /// Takes over 32 random bytes. A constant (all bytes equal) is refused: it is a placeholder.
    pub fn from_bytes(bytes: [u8; KEY_LEN]) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(bytes);
        if bytes.iter().all(|b| *b == bytes[0]) {
            return Err(KeyError::Constant);
        }
        Ok(Self(bytes))
    }

    /// Reads the file form: 64 hexadecimal digits, optionally followed by one line end.
    pub fn from_hex(text: &[u8]) -> Result<Self, KeyError> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let decoded =
            Zeroizing::new(data_encoding::HEXLOWER_PERMISSIVE.decode(text).map_err(|_| KeyError::NotHex)?);
        let bytes: [u8; KEY_LEN] = decoded.as_slice().try_into().map_err(|_| KeyError::NotHex)?;
        Self::from_bytes(bytes)
    }

    /// The file form: 64 lower-case hexadecimal digits and a line end.
    pub fn to_hex(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(data_encoding::HEXLOWER.encode(&*self.0));
        text.push('\n');
        text
    }

    /// First 8 bytes of HMAC-SHA-256(key, `sekisho/key-id`): names the key without telling it.
    pub fn key_id(&self) -> KeyId {
        KeyId::from_prefix(&self.mac(&[KEY_ID_DOMAIN]))
    }

    /// First 16 bytes of HMAC-SHA-256(key, `sekisho/fp/v1` ‖ 0 ‖ `canonical`).
    ///
    /// `canonical` is the value's canonical form, see [`canonical`](crate::canonical()).
    pub fn fingerprint(&self, canonical: &[u8]) -> Fingerprint {
        Fingerprint::from_prefix(&self.mac(&[FINGERPRINT_DOMAIN, canonical]))
    }

    /// First 16 bytes of HMAC-SHA-256(key, `sekisho/cache/v1` ‖ 0 ‖ each part behind its length as 8
    /// bytes, least significant first): that the holder of this key wrote what it then reads.
    pub fn seal(&self, parts: &[&[u8]]) -> [u8; 16] {
        let lengths: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_le_bytes()).collect();
        let mut all: Vec<&[u8]> = vec![CACHE_DOMAIN];
        for (part, length) in parts.iter().zip(&lengths) {
            all.extend([&length[..], part]);
        }
        let mac = self.mac(&all);
        std::array::from_fn(|at| mac[at])
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes keys of any length (RFC 2104 section 2), so this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*self.0) else { return [0; 32] };
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for EstateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EstateKey({})", self.key_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key 00 01 02 … 1f.
    fn vector_key() -> EstateKey {
        let mut bytes = [0u8; KEY_LEN];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = at as u8;
        }
        EstateKey::from_bytes(bytes).unwrap()
    }

    /// Computed independently with Python's `hmac` and `hashlib` (see ARCHITECTURE.md).
    #[test]
    fn vectors() {
        let key = vector_key();
        assert_eq!(key.key_id().to_string(), "f00a630fd938fd82");
        assert_eq!(key.fingerprint(b"hunter22").to_string(), "3b44cd94414762ac2c4881cbf4ddf828");
        assert_eq!(key.fingerprint(b"").to_string(), "4477b1e18b89565e4834c5dbf0f19396");
        assert_eq!(key.fingerprint(&[0xff; 100]).to_string(), "a866a48229f9fd0f61e4c717b178f9b3");
    }

    #[test]
    fn a_seal_depends_on_every_part_and_where_it_ends() {
        let key = vector_key();
        let seal = key.seal(&[b"ab", b"c"]);
        assert_eq!(seal, key.seal(&[b"ab", b"c"]));
        assert_ne!(seal, key.seal(&[b"a", b"bc"]));
        assert_ne!(seal, key.seal(&[b"ab", b"c", b""]));
        let other = EstateKey::from_hex("0123456789abcdef".repeat(4).as_bytes()).unwrap();
        assert_ne!(seal, other.seal(&[b"ab", b"c"]));
    }

    #[test]
    fn hex_form_round_trips() {
        let key = vector_key();
        let again = EstateKey::from_hex(key.to_hex().as_bytes()).unwrap();
        assert_eq!(again.key_id(), key.key_id());
        let upper = key.to_hex().to_uppercase();
        assert_eq!(EstateKey::from_hex(upper.as_bytes()).unwrap().key_id(), key.key_id());
    }

    #[test]
    fn bad_keys_are_refused_without_telling_them() {
        assert_eq!(EstateKey::from_hex(b"").unwrap_err(), KeyError::NotHex);
        assert_eq!(EstateKey::from_hex(&[b'a'; 63]).unwrap_err(), KeyError::NotHex);
        assert_eq!(EstateKey::from_hex(&[b'g'; 64]).unwrap_err(), KeyError::NotHex);
        assert_eq!(EstateKey::from_hex(&[b'0'; 64]).unwrap_err(), KeyError::Constant);
    }

    #[test]
    fn debug_tells_only_the_key_id() {
        assert_eq!(format!("{:?}", vector_key()), "EstateKey(f00a630fd938fd82)");
    }
}
