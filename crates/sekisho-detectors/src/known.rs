//! Values that are public by design: the keys of emulators and the examples of standards, which
//! stand in thousands of files and open nothing.
//!
//! Only the first 8 bytes of their SHA-256 stand here, so that this file is clean under any
//! scanner. A list of real leaks would be a different thing and must never come here.

use sha2::{Digest, Sha256};

/// First 8 bytes of SHA-256 of the value, and where the value is published.
const KNOWN: &[(&str, &str)] = &[
    // Azurite's account key: learn.microsoft.com/azure/storage/common/storage-connect-azurite
    ("0011cc25eb432071", "azurite"),
    // The Cosmos DB emulator's key: learn.microsoft.com/azure/cosmos-db/emulator
    ("aa6547439583c3a2", "cosmos"),
    // The three examples that jwt.io has shown over the years.
    ("7f75367e78812551", "jwt.io"),
    ("c794fa6d20c64efb", "jwt.io"),
    ("da816f9f2c16e6c5", "jwt.io"),
    // core.telegram.org/bots
    ("0b5dd075ccdd03c4", "telegram"),
    // kubernetes.io, bootstrap tokens
    ("3002888f967a7086", "kubernetes"),
    // The token that `kubeadm config print init-defaults` prints.
    ("a4b8b245ab28bc4f", "kubeadm"),
    // The Key URI format's example seed.
    ("8be5d113c0871ce1", "otpauth"),
    // The tokens, the password and the login in base64 of RFC 6749's examples, which stand in every client.
    ("6c96130f130ab0d6", "rfc6749"),
    ("00cf4c781dc37003", "rfc6749"),
    ("53f5da0aaa93d64c", "rfc6749"),
    ("ca7459e2b26776de", "rfc6749"),
    ("e9974c507d2a8021", "rfc6749"),
];

/// Whether a value is a known public one.
pub(crate) fn is_known_public(value: &[u8]) -> bool {
    let digest: [u8; 32] = Sha256::digest(value).into();
    let head = data_encoding::HEXLOWER.encode(&digest[..8]);
    KNOWN.iter().any(|(known, _)| *known == head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emulators_key_is_known() {
        let key = concat!(
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50u",
            "SRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
        );
        assert!(is_known_public(key.as_bytes()));
        assert!(!is_known_public(b"another"));
    }
}
