//! What packs are made of: indexes, headers of entries, deltas; and headers of bundles.

use sekisho_git::pack::{PackIndex, apply, entry_header};
use sekisho_git::{Bundle, HashKind};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "git_pack",
    body,
    seeds: || {
        vec![
            index(),
            vec![5, 7, 0x91, 1, 2, 0x91, 3, 2, 2, b'x', b'y', 0x90, 1],
            b"# v2 git bundle\n-e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 x\n\nPACK".to_vec(),
            vec![0x95, 0x0a, 1],
        ]
    },
    words: &[
        b"\xfftOc\x00\x00\x00\x02",
        b"\x00\x00\x00\x01",
        b"\xff\xff\xff\xff",
        b"# v3 git bundle\n",
        b"@object-format=sha256\n",
        b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    ],
};

/// Bytes of the largest object that is made.
const MAX: u64 = 1 << 16;

/// An index of one object.
fn index() -> Vec<u8> {
    let mut bytes = b"\xfftOc\x00\x00\x00\x02".to_vec();
    for first in 0..=255u8 {
        bytes.extend(u32::from(first >= 7).to_be_bytes());
    }
    bytes.extend([7; 20]);
    bytes.extend([0; 4]);
    bytes.extend(12u32.to_be_bytes());
    bytes.extend([0; 40]);
    bytes
}

fn body(bytes: &[u8]) {
    for hash in [HashKind::Sha1, HashKind::Sha256] {
        if let Ok(index) = PackIndex::parse(bytes, hash) {
            assert_eq!(index.names.len(), index.offsets.len() * hash.len());
            assert!(index.names.len() <= bytes.len(), "more names than bytes");
        }
        if let Some(header) = entry_header(bytes, hash.len()) {
            assert!(header.len <= bytes.len());
        }
    }
    if let Some(bundle) = Bundle::parse(bytes) {
        assert!(bundle.pack <= bytes.len() as u64);
    }
    let (base, delta) = bytes.split_at(bytes.len() / 2);
    for (base, delta) in [(base, delta), (&b"abcde"[..], bytes)] {
        let (mut made, mut copies) = (Vec::new(), Vec::new());
        let done = apply(base, delta, MAX, &mut made, &mut copies);
        assert!(made.len() as u64 <= MAX);
        for copy in &copies {
            let (from, to) = (copy.base..copy.base + copy.len, copy.result..copy.result + copy.len);
            assert_eq!(base[from], made[to], "a copy is one");
        }
        assert!(done.is_err() || copies.is_sorted_by(|a, b| a.result + a.len <= b.result));
    }
}
