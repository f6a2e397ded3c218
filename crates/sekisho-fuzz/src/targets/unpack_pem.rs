//! PEM blocks and PuTTY keys, in text of any kind.

use sekisho_unpack::{pem, putty_key};

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "unpack_pem",
    body,
    seeds: || {
        seeds::all(&[
            concat!(
                "-----BEGIN PRIV",
                "ATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIV",
                "ATE KEY-----\n"
            ),
            concat!(
                "x: |\n  -----BEGIN RSA PRIV",
                "ATE KEY-----\n  Proc-Type: 4,ENCRYPTED\n  DEK-Info: AES-128-CBC,00\n\n  AAAA\n  -----END RSA PRIV",
                "ATE KEY-----"
            ),
            "\"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n\"",
            concat!(
                "PuTTY-User-Key-",
                "File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 00\n"
            ),
        ])
    },
    words: &[
        b"-----BEGIN ",
        b"-----END ",
        b"PRIVATE KEY-----",
        b"-----",
        b"DEK-Info:",
        b"\\n",
        b"Private-Lines: 99999999",
        b"-File-2: ",
    ],
};

fn body(bytes: &[u8]) {
    let mut end = 0;
    for block in pem::blocks(bytes) {
        assert!(
            block.range.start >= end && block.range.end <= bytes.len(),
            "blocks come in order and lie inside"
        );
        end = block.range.end;
        assert!(block.bytes.len() <= bytes.len(), "decoding does not grow");
        let _ = (block.is_private_key(), block.certificate(), block.private_key());
    }
    if let Some(key) = putty_key(bytes) {
        assert!(key.range.end <= bytes.len(), "a span lies outside");
    }
}
