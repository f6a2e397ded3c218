//! Files of etcd: stores, logs, raft snapshots, and what is none of them.

use sekisho_etcd::proof::Verdict;
use sekisho_etcd::sample::{Image, Rev, Segment, field, put, sealed, secret, stale};
use sekisho_etcd::{Options, Require, prove};
use sekisho_secret::EstateKey;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "etcd_prove",
    body,
    seeds: || {
        let plain = secret("shop", "db", &[("password", b"correct horse")]);
        let key = "/registry/secrets/shop/db";
        let freed = |id: u64| stale(512, id, &[Rev::put(3, key, plain.clone())]);
        let mut revs: Vec<Rev> = (5..20).map(|n| Rev::put(n, &format!("{key}{n}"), sealed(90, n))).collect();
        revs.push(Rev::put(20, key, plain.clone()));
        revs.push(Rev::delete(21, "/registry/secrets/shop/db7"));
        let image = Image::new(512, &revs, &[&freed]);
        let mut segment = Segment::new(0);
        segment.entry(&field(4, &put(key, &plain)));
        segment.entry(&field(6, &field(2, &field(2, &put(key, &sealed(90, 1))))));
        vec![image.snapshot(), image.bytes, segment.file(4096), b"age-encryption.org/v1\n".to_vec()]
    },
    words: &[
        b"k8s\0",
        b"k8s:enc:aescbc:v1:key1:",
        b"k8s:enc:kms:v2:main:",
        b"/registry/secrets/a/b",
        b"_\0\0\0\0\0\0\0\0",
        b"\xed\xda\x0c\xed",
        b"\x0a\x02/a\x10\x01\x18\x01\x20\x01\x2a",
    ],
};

fn body(bytes: &[u8]) {
    let require = Require::default();
    let Ok(key) = EstateKey::from_bytes(*b"0123456789abcdef0123456789abcdef") else { return };
    let options = Options { require: &require, identify: &key, keys: None, hash: true };
    let proof = prove(&bytes.to_vec(), "file", &options);
    assert_eq!(proof.accounting.total(), bytes.len() as u64, "every byte is counted once");
    for remains in &proof.remains {
        assert!(remains.offset + remains.length <= bytes.len() as u64, "remains lie in the file");
    }
    let left_over = proof.accounting.unattributed > 0 || !proof.problems.is_empty();
    assert!(!left_over || proof.verdict != Verdict::Clean, "what is left over is not clean");
}
