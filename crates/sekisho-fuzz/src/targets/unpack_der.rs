//! Binary credential formats: X.509, PKCS#8 and its elders, PKCS#12, Java key stores, OpenSSH.

use sekisho_unpack::key::{openssh_key, private_key};
use sekisho_unpack::x509::certificate;
use sekisho_unpack::{key_store, pkcs12};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "unpack_der",
    body,
    seeds: || {
        let certificate = include_bytes!("../../seeds/certificate.der");
        vec![
            certificate.to_vec(),
            include_bytes!("../../seeds/authority.der").to_vec(),
            include_bytes!("../../seeds/certificate.p12").to_vec(),
            include_bytes!("../../seeds/plain.p12").to_vec(),
            ed25519(),
            openssh(),
            java(certificate),
        ]
    },
    words: &[
        b"\x30\x82",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x80",
        b"\x02\x01\x00",
        b"\x06\x03\x2b\x65\x70",
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",
        b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02",
        b"\xfe\xed\xfe\xed",
        b"\xce\xce\xce\xce",
        b"openssh-key-v1\x00",
        b"ssh-rsa",
    ],
};

/// RFC 8410: a key of the bytes 0 to 31.
fn ed25519() -> Vec<u8> {
    let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    der.extend(0..32);
    der
}

/// OpenSSH's own form, of no real key.
fn openssh() -> Vec<u8> {
    let string = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
    let public = [string(b"ssh-ed25519"), string(&[7; 32])].concat();
    let private = [vec![1; 8], public.clone(), string(&[9; 64]), string(b"comment"), vec![1, 2, 3]].concat();
    [
        b"openssh-key-v1\0".to_vec(),
        string(b"none"),
        string(b"none"),
        string(b""),
        1u32.to_be_bytes().to_vec(),
        string(&public),
        string(&private),
    ]
    .concat()
}

/// A Java key store with one trusted certificate, and a digest that is wrong.
fn java(certificate: &[u8]) -> Vec<u8> {
    let utf = |text: &str| [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat();
    [
        vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2],
        utf("alias"),
        vec![0; 8],
        utf("X.509"),
        (certificate.len() as u32).to_be_bytes().to_vec(),
        certificate.to_vec(),
        vec![0; 20],
    ]
    .concat()
}

fn body(bytes: &[u8]) {
    let _ = (certificate(bytes), private_key(bytes), openssh_key(bytes), pkcs12(bytes));
    if let Some(store) = key_store(bytes) {
        let entries = u64::from(store.keys) + u64::from(store.certificates);
        assert!(entries <= bytes.len() as u64, "more entries than bytes");
    }
}
