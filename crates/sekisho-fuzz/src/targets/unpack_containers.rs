//! Archives and compressed streams, opened as deep as the budget goes.

use std::cell::Cell;
use std::io::Read;

use sekisho_unpack::{Budget, Event, HEAD, Limits, sniff, visit};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "unpack_containers",
    body,
    seeds: || {
        [
            &include_bytes!("../../seeds/a.zip")[..],
            include_bytes!("../../seeds/stored.zip"),
            include_bytes!("../../seeds/streamed.zip"),
            include_bytes!("../../seeds/nested.zip"),
            include_bytes!("../../seeds/encrypted.zip"),
            include_bytes!("../../seeds/ustar.tar"),
            include_bytes!("../../seeds/gnu.tar"),
            include_bytes!("../../seeds/pax.tar"),
            include_bytes!("../../seeds/sparse.tar"),
            include_bytes!("../../seeds/ustar.tgz"),
            include_bytes!("../../seeds/tar.zst"),
            include_bytes!("../../seeds/a.gz"),
            include_bytes!("../../seeds/a.zst"),
            include_bytes!("../../seeds/a.zlib"),
        ]
        .map(<[u8]>::to_vec)
        .to_vec()
    },
    words: &[
        b"PK\x03\x04",
        b"PK\x01\x02",
        b"PK\x05\x06",
        b"PK\x06\x06",
        b"PK\x06\x07",
        b"PK\x07\x08",
        b"\x01\x00\x10\x00",
        b"\x1f\x8b\x08",
        b"\x28\xb5\x2f\xfd",
        b"\x50\x2a\x4d\x18",
        b"\x78\x9c",
        b"ustar\x0000",
        b"ustar  \x00",
        b"././@LongLink",
        b"GNU.sparse.major=1\n",
        b"30 path=",
    ],
};

/// Small, so that the caps themselves are met.
const LIMITS: Limits = Limits { depth: 4, output: 1 << 20, ratio: 100, entries: 64, random_access: 1 << 18 };

fn body(bytes: &[u8]) {
    let read = Cell::new(0);
    let mut bytes = bytes;
    open(&mut bytes, "a", &Budget::new(LIMITS), &read, 0);
    assert!(
        read.get() <= LIMITS.output * u64::from(LIMITS.depth),
        "more was handed out than the budget holds"
    );
}

fn open(content: &mut dyn Read, name: &str, budget: &Budget, read: &Cell<u64>, depth: u32) {
    assert!(depth <= LIMITS.depth, "deeper than the budget allows");
    let mut head = Vec::new();
    let taken = content.take(HEAD as u64).read_to_end(&mut head);
    assert!(taken.is_ok(), "contents never fail to read");
    read.set(read.get() + if depth == 0 { 0 } else { head.len() as u64 });
    let mut whole = (&head[..]).chain(content);
    let Some(container) = sniff(&head, name) else {
        let rest = std::io::copy(&mut whole, &mut std::io::sink());
        let rest = rest.map(|all| all - head.len() as u64);
        assert!(rest.is_ok(), "contents never fail to read");
        read.set(read.get() + if depth == 0 { 0 } else { rest.unwrap_or(0) });
        return;
    };
    visit(container, &mut whole, budget, &mut |event| match event {
        Event::Member { name, content } => {
            open(content, &String::from_utf8_lossy(name), budget, read, depth + 1);
        }
        Event::Stream { content, .. } => open(content, &container.inner_name(name), budget, read, depth + 1),
        Event::Problem(problem) => {
            // The text must be able to be told whatever was met.
            assert!(!problem.trouble.to_string().is_empty());
        }
    });
}
