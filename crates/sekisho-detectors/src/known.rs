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

/// What standards show and people use: in tests, and to log in with.
const SHOWN: &[(&str, &str)] = &[
    // The keys, tokens and the signature of RFC 5849's examples.
    ("293257ab6495ebb1", "rfc5849"),
    ("cb87c87e4a138d9a", "rfc5849"),
    ("4c20e6f5cc11b937", "rfc5849"),
    ("6aa14267d94944e6", "rfc5849"),
    ("bb9b1163338b2a51", "rfc5849"),
    ("649e1f5c769e718b", "rfc5849"),
    ("80f8b7c904d4a43f", "rfc5849"),
    ("2ff8b0fb93aca981", "rfc5849"),
    ("8d567eb88afff34f", "rfc5849"),
    ("9d03b692e941d5ac", "rfc5849"),
    ("d9a350d2f2ae0efd", "rfc5849"),
    // The key that Mailgun's manual showed for years: documentation.mailgun.com
    ("9c846fdf0fa8955c", "mailgun"),
    // The password of RFC 7617's example as it stands there, and as others write it.
    ("41ef4bb0b23661e6", "rfc7617"),
    ("d9fb92e3bbe65be1", "rfc7617"),
    ("5ff0e82e56c3cf64", "rfc7617"),
];

/// How a value is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is public by design.
    Public,
    /// A standard shows it, and somebody may use it nevertheless.
    Shown,
}

/// Whether and how a value is known.
pub(crate) fn known(value: &[u8]) -> Option<Known> {
    let digest: [u8; 32] = Sha256::digest(value).into();
    let head = data_encoding::HEXLOWER.encode(&digest[..8]);
    let of = |list: &[(&str, &str)]| list.iter().any(|(known, _)| *known == head);
    if of(KNOWN) { Some(Known::Public) } else { of(SHOWN).then_some(Known::Shown) }
}

/// Whether a value is a known public one.
pub(crate) fn is_known_public(value: &[u8]) -> bool {
    known(value) == Some(Known::Public)
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
        assert_eq!(known(concat!("open ", "sesame").as_bytes()), Some(Known::Shown));
    }
}
