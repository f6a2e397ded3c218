//! An estate key's file.

use sekisho_secret::EstateKey;

use crate::{Target, seeds};

pub(crate) const TARGET: Target = Target {
    name: "secret_estate_key",
    body,
    seeds: || seeds::all(&["000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"]),
    words: &[b"\r\n", b"00", b"ff"],
};

fn body(bytes: &[u8]) {
    if let Ok(key) = EstateKey::from_hex(bytes) {
        let again = EstateKey::from_hex(key.to_hex().as_bytes()).map(|key| key.key_id());
        assert_eq!(again, Ok(key.key_id()), "what is written reads back");
    }
}
