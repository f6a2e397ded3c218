//! git's tables of refs.

use sekisho_git::reftable::Table;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "git_reftable",
    body,
    seeds: || vec![include_bytes!("../../seeds/reftable").to_vec()],
    words: &[
        b"REFT\x01\x00\x10\x00",
        b"REFT\x02\x00\x10\x00",
        b"s256",
        b"r\x00\x00\x40",
        b"g\x00\x00\x40",
        b"\xff\xff\xff\xff",
        b"\x80\x80\x80\x80\x00",
    ],
};

fn body(bytes: &[u8]) {
    // Logs as if they were not compressed, so that what is in them is reached.
    let mut inflate =
        |at: std::ops::Range<usize>, size| bytes.get(at)?.get(..size).map(|plain| (plain.to_vec(), size));
    let table = Table::read(bytes, &mut inflate);
    let names = table.refs.iter().map(|(name, _)| name).chain(table.logs.iter().map(|(name, _)| name));
    assert!(names.map(Vec::len).sum::<usize>() <= 16 * bytes.len(), "more names than they may grow to");
    assert!(table.refs.len() + table.logs.len() <= bytes.len(), "more records than bytes");
}
