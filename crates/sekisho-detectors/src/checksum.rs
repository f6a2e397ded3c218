//! Checksums that providers build into their tokens, so that a wrong guess can be told without
//! asking anybody.
//!
//! Each is implemented from the provider's own description or source, named at the function. A
//! token whose checksum is wrong was never issued: it is a test value, a documentation example or
//! an accident. None of this is cryptography, and nothing here must ever be used as such.

/// A checksum rule, as a detector file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Checksum {
    /// GitHub and npm tokens: prefix, 30 characters, CRC-32 of these in six base62 digits.
    Crc32Base62,
    /// Grafana tokens: text, `_`, CRC-32 of the text in eight hexadecimal digits.
    GrafanaCrc32,
    /// Bech32 of BIP 173, in the upper-case form of age keys.
    Bech32,
    /// NATS nkeys: base32 of prefix, key and CRC-16.
    Nkey,
    /// A Curve25519 private key in base64, clamped as `wg genkey` clamps it.
    Curve25519,
    /// PyPI tokens: base64url of a macaroon whose location is a PyPI host.
    PypiMacaroon,
    /// Confluent's secrets: `cflt`, 54 characters, CRC-32 of these in base64.
    Base64Crc32,
}

impl Checksum {
    /// Whether `value` satisfies the rule.
    pub fn holds(self, value: &[u8]) -> bool {
        match self {
            Self::Crc32Base62 => crc32_base62(value),
            Self::GrafanaCrc32 => grafana_crc32(value),
            Self::Bech32 => bech32(value),
            Self::Nkey => nkey(value),
            Self::Curve25519 => curve25519(value),
            Self::PypiMacaroon => pypi_macaroon(value),
            Self::Base64Crc32 => base64_crc32(value),
        }
    }

    /// Whether a value with a wrong sum is still worth telling: of a seed with one wrong letter the right
    /// one is found in 1,800 tries, and nobody has to ask a server for it.
    pub(crate) fn mends(self) -> bool {
        matches!(self, Self::Nkey)
    }
}

/// CRC-32 as of ISO 3309, zlib and PNG: reflected polynomial 0xEDB88320.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// CRC-16/XMODEM: polynomial 0x1021, start 0.
fn crc16(bytes: &[u8]) -> u16 {
    let mut crc = 0u16;
    for byte in bytes {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = (crc << 1) ^ (0x1021 & (crc >> 15).wrapping_neg());
        }
    }
    crc
}

/// The digits of `number` in an alphabet, padded with its zero to `width`.
fn digits(mut number: u64, alphabet: &[u8], width: usize) -> Vec<u8> {
    let base = alphabet.len() as u64;
    let mut out = vec![alphabet[0]; width];
    for slot in out.iter_mut().rev() {
        *slot = alphabet[(number % base) as usize];
        number /= base;
    }
    out
}

const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// "The last six digits are a 32-bit checksum in base62" (GitHub, "Behind GitHub's new
/// authentication token formats", 2021): CRC-32 of the 30 characters behind the prefix. npm, of
/// the same house, `NetBird` and Polar use the same form; Polar's prefix has more than one underscore.
fn crc32_base62(value: &[u8]) -> bool {
    let Some(at) = value.iter().rposition(|b| *b == b'_') else { return false };
    let body = &value[at + 1..];
    let Some(split) = body.len().checked_sub(6) else { return false };
    let (text, sum) = body.split_at(split);
    digits(u64::from(crc32(text)), BASE62, 6) == sum
}

/// Grafana, `pkg/components/satokengen`: `glsa_<secret>_<checksum>`, the checksum being CRC-32 of
/// `glsa_<secret>` as four little-endian bytes in hexadecimal.
fn grafana_crc32(value: &[u8]) -> bool {
    let Some(at) = value.iter().rposition(|b| *b == b'_') else { return false };
    let (text, sum) = (&value[..at], &value[at + 1..]);
    data_encoding::HEXLOWER.encode(&crc32(text).to_le_bytes()).as_bytes() == sum
}

/// BIP 173: the polynomial over the human-readable part and the data must be 1.
fn bech32(value: &[u8]) -> bool {
    const CHARSET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let lower = value.to_ascii_lowercase();
    let Some(separator) = lower.iter().rposition(|b| *b == b'1') else { return false };
    let (prefix, data) = (&lower[..separator], &lower[separator + 1..]);
    if prefix.is_empty() || data.len() < 6 {
        return false;
    }
    let mut sum = 1u32;
    let mut feed = |five: u32| {
        let top = sum >> 25;
        sum = ((sum & 0x01ff_ffff) << 5) ^ five;
        for (bit, generator) in GENERATOR.iter().enumerate() {
            if top >> bit & 1 == 1 {
                sum ^= generator;
            }
        }
    };
    for byte in prefix {
        feed(u32::from(*byte) >> 5);
    }
    feed(0);
    for byte in prefix {
        feed(u32::from(*byte) & 31);
    }
    for byte in data {
        let Some(five) = CHARSET.iter().position(|c| c == byte) else { return false };
        feed(five as u32);
    }
    sum == 1
}

/// NATS nkeys README: base32 without padding of prefix byte(s), the 32-byte seed and CRC-16
/// (XMODEM) of these, little endian. 58 characters for a seed, 36 bytes.
fn nkey(value: &[u8]) -> bool {
    let Ok(raw) = data_encoding::BASE32_NOPAD.decode(value) else { return false };
    let Some(split) = raw.len().checked_sub(2) else { return false };
    let (text, sum) = raw.split_at(split);
    crc16(text).to_le_bytes() == sum
}

/// RFC 7748 section 5: the three low bits and the highest bit are clear, the second highest set.
fn curve25519(value: &[u8]) -> bool {
    let Ok(key) = data_encoding::BASE64.decode(value) else { return false };
    key.len() == 32 && key[0].trailing_zeros() >= 3 && key[31] & 0xc0 == 0x40
}

/// PyPI's tokens are version 2 macaroons: byte 2, then the location packet (type 1, length, host).
fn pypi_macaroon(value: &[u8]) -> bool {
    const HOSTS: [&str; 2] = [concat!("pypi", ".org"), concat!("test.pypi", ".org")];
    let Some(body) = value.strip_prefix(b"pypi-") else { return false };
    // A prefix of whole groups is enough: 4 characters are 3 bytes.
    let head = &body[..body.len().min(24) / 4 * 4];
    let Ok(raw) = data_encoding::BASE64URL.decode(head) else { return false };
    matches!(raw.as_slice(), [2, 1, len, host @ ..]
        if host.get(..usize::from(*len)).is_some_and(|h| HOSTS.iter().any(|host| host.as_bytes() == h)))
}

/// "The final 6 characters contain a Base64-encoded CRC32 checksum of the prior 54 characters" (Confluent
/// Cloud, "API key format"): without padding and, as its example shows, the lowest byte first.
fn base64_crc32(value: &[u8]) -> bool {
    let Some((text, sum)) = value.get(4..).and_then(|body| body.split_at_checked(54)) else { return false };
    data_encoding::BASE64_NOPAD.encode(&crc32(text).to_le_bytes()).as_bytes() == sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crcs_of_the_catalogue() {
        // The check values of the CRC catalogue, for the text "123456789".
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc16(b"123456789"), 0x31C3);
    }
}
