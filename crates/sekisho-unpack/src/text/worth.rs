//! Whether decoded bytes are worth a scan of their own.

use crate::container::sniff;
use crate::utf16;

/// So many bytes decide.
const LOOKED_AT: usize = 4096;
/// A run of printable ASCII that random bytes do not have: in 4 KiB of them, one in two thousand.
const TEXT_RUN: usize = 16;

/// First bytes of formats that hold credentials or more content, beside the containers.
const MAGIC: &[&[u8]] = &[
    b"openssh-key-v1\0",
    b"k8s\0",            // Kubernetes objects as protobuf
    b"\xfe\xed\xfe\xed", // JKS
    b"\xce\xce\xce\xce", // JCEKS
    b"SQLite format 3\0",
    b"\xac\xed\x00\x05", // Java serialization
];

/// Whether decoded bytes look like something: text (UTF-8, UTF-16, or mostly ASCII), a container,
/// DER, another known format, or binary with text in it. Digests, keys and ciphertext do not, so
/// nothing is gained by looking into them.
pub fn worth_scanning(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    if head.len() < sekisho_secret::MIN_CANONICAL_LEN {
        return false;
    }
    is_text(head)
        || sniff(bytes, "").is_some()
        || MAGIC.iter().any(|magic| head.starts_with(magic))
        || is_der(bytes)
        || has_text_run(head)
        || utf16::detect(head).is_some()
}

/// Text of any language in UTF-8, or nearly all ASCII (Latin-1 and the like).
fn is_text(head: &[u8]) -> bool {
    let controls = head.iter().filter(|b| is_control(**b)).count();
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character may be cut in two at the end of what is looked at.
        Err(error) => head.len() == LOOKED_AT && error.error_len().is_none(),
    };
    let printable = head.iter().filter(|b| matches!(b, b' '..=b'~' | b'\t' | b'\r' | b'\n')).count();
    if whole { controls == 0 } else { head.len() >= TEXT_RUN && printable * 10 >= head.len() * 9 }
}

/// A control character that text does not have (escape starts a terminal's colour).
fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=8 | 11 | 14..=26 | 28..=31 | 127)
}

fn has_text_run(head: &[u8]) -> bool {
    head.split(|b| !matches!(b, b' '..=b'~')).any(|run| run.len() >= TEXT_RUN)
}

/// One DER SEQUENCE that fills the bytes exactly: a key, a certificate, PKCS#12.
fn is_der(bytes: &[u8]) -> bool {
    let Some((&[0x30, length], rest)) = bytes.split_first_chunk::<2>() else { return false };
    if length < 0x80 {
        return rest.len() == usize::from(length) && rest.len() > 4;
    }
    let Some((length, content)) = rest.split_at_checked(usize::from(length & 0x7f)) else { return false };
    (1..=4).contains(&length.len()) && content.len() == length.iter().fold(0, |n, b| n << 8 | usize::from(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_known_formats_are() {
        for bytes in [
            &b"user:hunter22"[..],
            "パスワード=ひみつ".as_bytes(),
            b"caf\xe9=password, and more of the same",
            b"\x1b[31mred\x1b[0m",
            b"\x1f\x8b\x08\0\0\0\0\0",
            b"PK\x03\x04",
            b"k8s\0\n\x0c",
            b"\x30\x06\x02\x01\x00\x02\x01\x01",
            b"\x00\x01\x02\x12a_token_in_a_protobuf\x00\xff",
            b"p\0a\0s\0s\0w\0o\0r\0d\0=\0x\0",
        ] {
            assert!(worth_scanning(bytes), "{bytes:?}");
        }
        let mut long = "é".repeat(3000).into_bytes();
        long.insert(0, b'x');
        assert!(worth_scanning(&long), "a character across the end of the head");
    }

    #[test]
    fn random_bytes_are_not() {
        use sha2::{Digest, Sha256};
        let mut worth = 0;
        for n in 0u32..2000 {
            let digest = Sha256::digest(n.to_le_bytes());
            worth += u32::from(worth_scanning(&digest));
            worth += u32::from(worth_scanning(&digest[..16]));
        }
        assert!(worth <= 2, "{worth} of 4000");
        assert!(!worth_scanning(b""));
        assert!(!worth_scanning(b"abc"));
        assert!(!worth_scanning(b"\x30\x06\x02\x01\x00"));
    }
}
