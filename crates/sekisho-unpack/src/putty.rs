//! PuTTY's private keys, versions 2 and 3 (appendix C of PuTTY's manual).

use std::ops::Range;

use sekisho_secret::SecretBytes;

use crate::key::{self, PrivateKey};
use crate::text::base64;

const MARK: &[u8] = b"PuTTY-User-Key-File-";
/// A key has some 15 to 100 lines.
const MAX_LINES: usize = 1000;

/// A private key in PuTTY's format.
#[derive(Debug, Clone)]
pub struct PuttyKey {
    /// Where it stands, from the mark to the end of the private part.
    pub range: Range<usize>,
    /// What is known of it.
    pub key: PrivateKey,
    /// The private part, in PuTTY's form, or its ciphertext.
    pub bytes: SecretBytes,
}

/// The first PuTTY key of a text.
pub fn putty_key(text: &[u8]) -> Option<PuttyKey> {
    let begin = memchr::memmem::find(text, MARK)?;
    let mut at = begin;
    let mut lines = text[begin..].split_inclusive(|b| *b == b'\n').take(MAX_LINES);
    let (mut encrypted, mut public) = (None, None);
    while let Some(line) = lines.next() {
        at += line.len();
        let (header, value) = line.split_at_checked(line.iter().position(|b| *b == b':')? + 1)?;
        let value = std::str::from_utf8(value.trim_ascii()).ok()?;
        let mut blob = |count: usize| {
            let mut digits = Vec::new();
            for line in lines.by_ref().take(count) {
                at += line.len();
                digits.extend_from_slice(line.trim_ascii());
            }
            let digits = SecretBytes::new(digits);
            base64(digits.expose_secret()).map(|decoded| decoded.bytes)
        };
        match header {
            b"Encryption:" => encrypted = Some(value != "none"),
            b"Public-Lines:" => public = blob(value.parse().ok()?),
            b"Private-Lines:" => {
                let bytes = blob(value.parse().ok()?)?;
                let key = key::ssh_public(public?.expose_secret())?;
                let key = PrivateKey { encrypted: encrypted?, ..key };
                return Some(PuttyKey { range: begin..at, key, bytes });
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyKind;
    use proptest::prelude::*;

    fn key(encryption: &str) -> String {
        let field = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
        let public = [field(b"ssh-ed25519"), field(&[9; 32])].concat();
        let encode = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
        format!(
            "{}-File-3: ssh-ed25519\r\nEncryption: {encryption}\r\nComment: me\r\nPublic-Lines: 1\r\n{}\r\n\
             Private-Lines: 1\r\n{}\r\nPrivate-MAC: 00\r\n",
            "PuTTY-User-Key",
            encode(&public),
            encode(&[7; 36]),
        )
    }

    #[test]
    fn plain_and_encrypted() {
        for (encryption, encrypted) in [("none", false), ("aes256-cbc", true)] {
            let text = format!("before\n{}after", key(encryption));
            let found = putty_key(text.as_bytes()).unwrap();
            assert_eq!((found.key.kind, found.key.encrypted), (KeyKind::Ed25519, encrypted));
            assert!(found.key.public.is_some());
            assert_eq!(found.bytes.expose_secret(), [7; 36]);
            assert!(text[found.range.clone()].starts_with("PuTTY"));
            assert!(text[found.range.end..].starts_with("Private-MAC"));
        }
        assert!(putty_key(key("none").replace("Public-Lines: 1", "Public-Lines: 9").as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn is_total(cut in 0usize..300, at in 0usize..300, byte in any::<u8>()) {
            let mut text = key("none").into_bytes();
            let length = text.len();
            text[at % length] = byte;
            putty_key(&text[..length.min(cut)]);
        }
    }
}
