//! git's index, in all its versions.

use sekisho_git::{Index, IndexFile};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "sources_git_index",
    body,
    seeds: || {
        vec![
            include_bytes!("../../seeds/index-v2").to_vec(),
            include_bytes!("../../seeds/index-v4").to_vec(),
            include_bytes!("../../seeds/index-split").to_vec(),
            include_bytes!("../../seeds/index-tree").to_vec(),
        ]
    },
    words: &[
        b"DIRC\x00\x00\x00\x02",
        b"DIRC\x00\x00\x00\x04",
        b"TREE",
        b"link",
        b"sdir",
        b"EOIE",
        b"\xff\xff\xff\xff",
        b"\x80\x80\x80\x80\x00",
    ],
};

fn body(bytes: &[u8]) {
    let Ok(file) = IndexFile::parse(bytes) else { return };
    assert!(file.folders().len() <= bytes.len() / 20, "more folders than names of trees");
    let index = Index::new(file, IndexFile::parse(bytes).ok());
    assert!(index.len() <= 2 * bytes.len(), "more paths than bytes");
    let _ = index.contains(b"a/b/c");
}
