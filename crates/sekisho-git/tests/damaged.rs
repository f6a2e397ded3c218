//! What git keeps beside the objects to find them sooner may be damaged, or written to harm: a
//! multi-pack index and a commit graph. Nothing of it is believed.
#![allow(clippy::unwrap_used, reason = "tests say why they end")]

mod repositories;

use std::path::{Path, PathBuf};

use repositories::{Read, git, packs_under_one_index, read};
use sekisho_git::{Options, file_at, resolve};

/// A repository of some packs under a multi-pack index and with a commit graph, and all that is in it.
fn repository(root: &Path) -> Read {
    packs_under_one_index(root, "sha1");
    git(root, &["commit-graph", "write", "--reachable"]);
    read(root, Options::default())
}

/// The file with bytes changed, cut off and told twice, a few dozen times each.
fn damaged(whole: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    // All of the header and of the table of chunks, then here and there.
    let places = (0..whole.len()).filter(|at| *at < 100 || at % (whole.len() / 40).max(1) == 0);
    let changed = places.map(|at| {
        let mut bytes = whole.to_vec();
        bytes[at] ^= if at % 2 == 0 { 0xff } else { 0x01 };
        bytes
    });
    let cut = (0..20).map(|part| whole[..whole.len() * part / 20].to_vec());
    changed.chain(cut).chain([whole.repeat(2), vec![0xff; whole.len()]])
}

/// Writes over a file that git has made read-only.
fn replace(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_index_of_packs_or_graph_of_commits_costs_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    let all = repository(root);
    assert!(all.troubles.is_empty() && all.blobs.len() > 60);
    let (tip, third) = (resolve(root, "HEAD").unwrap(), resolve(root, "HEAD~3").unwrap());
    let file = file_at(root, "dir/more.txt", "HEAD~1").unwrap();
    assert!(file.is_some());
    for name in ["pack/multi-pack-index", "info/commit-graph"] {
        let path: PathBuf = root.join(".git/objects").join(name);
        let whole = std::fs::read(&path).unwrap();
        for bytes in damaged(&whole) {
            replace(&path, &bytes);
            let here = read(root, Options::default());
            assert_eq!(here.blobs, all.blobs, "{name}");
            assert_eq!((&here.messages, here.history.commits()), (&all.messages, all.history.commits()));
            // A library reads revisions: what it believes of a damaged file is an answer or an error.
            assert!(resolve(root, "HEAD").is_ok_and(|found| found == tip) || resolve(root, "HEAD").is_err());
            let _either = resolve(root, "HEAD~3");
            let _either = file_at(root, "dir/more.txt", "HEAD~1");
        }
        replace(&path, &whole);
    }
    assert_eq!(resolve(root, "HEAD~3").unwrap(), third);
    assert_eq!(file_at(root, "dir/more.txt", "HEAD~1").unwrap(), file);
}

#[test]
fn under_a_damaged_index_of_packs_without_their_own_all_is_read_or_told() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    let all = repository(root);
    for entry in std::fs::read_dir(root.join(".git/objects/pack")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "idx") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let path = root.join(".git/objects/pack/multi-pack-index");
    let whole = std::fs::read(&path).unwrap();
    for bytes in damaged(&whole) {
        replace(&path, &bytes);
        let here = read(root, Options::default());
        assert!(
            here.blobs == all.blobs || !here.troubles.is_empty(),
            "something is gone, and nothing is said"
        );
        assert!(here.blobs.iter().all(|(name, bytes)| all.blobs.get(name) == Some(bytes)));
    }
}
