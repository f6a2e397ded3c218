//! Repositories that keep their objects elsewhere, in several packs, or not at all.
#![allow(clippy::unwrap_used, reason = "tests say why they end")]

mod repositories;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use repositories::{Read, agrees, git, grown, packs_under_one_index, read, write};
use sekisho_git::Options;

/// Files of packs with this ending, in order.
fn packed(root: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root.join(".git/objects/pack")).unwrap();
    let mut all: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .collect();
    all.sort();
    all
}

/// What is told, with the object that it is told of.
fn told(read: &Read) -> Vec<(Option<String>, &str)> {
    let one = |trouble: &sekisho_git::Trouble| trouble.object.map(|object| object.to_string());
    read.troubles.iter().map(|trouble| (one(trouble), trouble.what.as_str())).collect()
}

/// What is told of the pack of an index.
fn of_pack(index: &Path, what: &str) -> String {
    format!("{}: {what}", index.with_extension("pack").file_name().unwrap().display())
}

/// Replaces a file, which git lets nobody write into.
fn replace(path: &Path, content: impl AsRef<[u8]>) {
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, content).unwrap();
}

/// The missing objects behind all refs, as git tells them.
fn missing_of_git(root: &Path) -> Vec<String> {
    let all = git(root, &["rev-list", "--objects", "--all", "--missing=print"]);
    all.lines().filter_map(|line| line.strip_prefix('?')).map(str::to_owned).collect()
}

#[test]
fn a_pack_without_its_index_still_says_what_it_holds() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    grown(root, "sha1");
    git(root, &["repack", "-adq"]);
    let whole = agrees(root, Options::default());
    for path in packed(root, "idx") {
        std::fs::remove_file(path).unwrap();
    }
    let read = read(root, Options::default());
    assert_eq!(read.troubles, []);
    assert_eq!(read.blobs, whole.blobs);
}

#[test]
fn the_index_of_another_pack_costs_a_pack_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    packs_under_one_index(root, "sha1");
    let whole = agrees(root, Options::default());
    let [first, second, ..] = &packed(root, "idx")[..] else { panic!("too few") };
    let (own, other) = (std::fs::read(first).unwrap(), std::fs::read(second).unwrap());
    replace(first, other);
    let read = repositories::read(root, Options::default());
    assert_eq!(read.blobs, whole.blobs);
    let what = "the index beside it is of another pack, and it was read without";
    assert_eq!(told(&read), [(None, of_pack(first, what).as_str())]);
    // One that is its own says what a pack held that was cut off.
    replace(first, own);
    let pack = first.with_extension("pack");
    let bytes = std::fs::read(&pack).unwrap();
    replace(&pack, &bytes[..bytes.len() - 100]);
    let read = repositories::read(root, Options::default());
    assert!(!read.troubles.is_empty());
    assert!(read.troubles.iter().all(|trouble| trouble.object.is_some()), "{:?}", read.troubles);
}

#[test]
fn an_index_whose_checksum_is_wrong_names_nothing() {
    for hash in ["sha1", "sha256"] {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path();
        grown(root, hash);
        git(root, &["repack", "-adq"]);
        let whole = agrees(root, Options::default());
        let [index] = &packed(root, "idx")[..] else { panic!("not one") };
        let own = std::fs::read(index).unwrap();
        let names = 8 + 4 * 256;
        let len = if hash == "sha1" { 20 } else { 32 };
        // The last bit of the first name, one in the middle of another, and one of the checksum itself.
        let count = whole.history.commits() as usize;
        for at in [names + len - 1, names + count * len + len / 2, own.len() - 1] {
            let mut flipped = own.clone();
            flipped[at] ^= 1;
            replace(index, &flipped);
            let read = read(root, Options::default());
            assert_eq!(read.blobs, whole.blobs, "{hash}, byte {at}");
            let what = "its index is damaged (its checksum is wrong), and it was read without";
            assert_eq!(told(&read), [(None, of_pack(index, what).as_str())]);
        }
        // Of what only it can name it is asked all the same.
        let pack = index.with_extension("pack");
        let bytes = std::fs::read(&pack).unwrap();
        replace(&pack, &bytes[..bytes.len() - 100]);
        let cut = read(root, Options::default());
        let what = "its index is damaged (its checksum is wrong), and names that it alone has may be wrong";
        assert!(told(&cut).contains(&(None, of_pack(index, what).as_str())), "{:?}", told(&cut));
        assert!(told(&cut).iter().any(|(object, _)| object.is_some()));
        replace(&pack, bytes);
        replace(index, &own);
        assert_eq!(read(root, Options::default()).troubles, []);
    }
}

#[test]
fn a_pack_without_an_index_says_up_to_where_it_was_read() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    grown(root, "sha1");
    git(root, &["repack", "-adq"]);
    let whole = agrees(root, Options::default());
    let [index] = &packed(root, "idx")[..] else { panic!("not one") };
    // Where objects start, as git has it.
    let table = git(root, &["verify-pack", "-v", index.to_str().unwrap()]);
    let mut starts: Vec<usize> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|line| matches!(line[..], [_, "commit" | "tree" | "blob", ..]))
        .map(|line| line[4].parse().unwrap())
        .collect();
    starts.sort_unstable();
    let (count, cut) = (starts.len(), starts.len() * 2 / 3);
    let pack = index.with_extension("pack");
    let mut bytes = std::fs::read(&pack).unwrap();
    // A type that is none.
    bytes[starts[cut]] &= 0x8f;
    replace(&pack, &bytes);
    std::fs::remove_file(index).unwrap();
    let read = read(root, Options::default());
    assert!(!read.blobs.is_empty() && read.blobs.len() < whole.blobs.len());
    let name = pack.file_name().unwrap().to_str().unwrap();
    let at = starts[cut];
    let what =
        format!("the pack {name} is damaged: {cut} of {count} objects were read, nothing behind byte {at}");
    assert!(told(&read).contains(&(None, what.as_str())), "{what}: {:?}", told(&read));
}

#[test]
fn packs_under_a_multi_pack_index_are_read_with_and_without_their_own() {
    for hash in ["sha1", "sha256"] {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path();
        packs_under_one_index(root, hash);
        assert_eq!(packed(root, "pack").len(), 4);
        assert!(root.join(".git/objects/pack/multi-pack-index").exists());
        let all = agrees(root, Options::default());
        // Of some packs, then of all, nothing but the index of all is left. (git wants them all.)
        let indexes = packed(root, "idx");
        for gone in 1..=indexes.len() {
            std::fs::remove_file(&indexes[gone - 1]).unwrap();
            let without = read(root, Options::default());
            assert_eq!(without.troubles, [], "{gone} gone");
            assert_eq!(without.blobs, all.blobs);
            assert_eq!((without.messages, without.history.commits()), (all.messages.clone(), 63));
        }
        for pack in packed(root, "pack") {
            git(root, &["index-pack", pack.to_str().unwrap()]);
        }
        // All in one more pack, those that it replaces still there; then those gone.
        git(root, &["multi-pack-index", "repack"]);
        assert_eq!(packed(root, "pack").len(), 5);
        assert_eq!(agrees(root, Options::default()).blobs, all.blobs);
        git(root, &["multi-pack-index", "expire"]);
        assert_eq!(packed(root, "pack").len(), 1);
        assert_eq!(agrees(root, Options::default()).blobs, all.blobs);
        // One that is damaged is not asked.
        std::fs::write(root.join(".git/objects/pack/multi-pack-index"), "MIDX nothing").unwrap();
        assert_eq!(read(root, Options::default()).blobs, all.blobs);
    }
}

#[test]
fn borrowed_objects_are_read_and_those_that_are_gone_are_told() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    std::fs::create_dir(at("origin")).unwrap();
    grown(&at("origin"), "sha1");
    let origin = agrees(&at("origin"), Options::default());
    git(scratch.path(), &["clone", "-q", "--shared", "origin", "shared"]);
    git(scratch.path(), &["clone", "-q", "--shared", "shared", "twice"]);
    for name in ["shared", "twice"] {
        assert_eq!(agrees(&at(name), Options::default()).blobs, origin.blobs);
    }
    // Git quotes what would not fit on a line; tabs and the like.
    let quoted = format!("\"{}/orig\\151n/.git/objects\"\n", scratch.path().display());
    std::fs::write(at("shared").join(".git/objects/info/alternates"), quoted).unwrap();
    assert_eq!(agrees(&at("shared"), Options::default()).blobs, origin.blobs);
    write(&at("shared"), "own", "its own");
    git(&at("shared"), &["add", "."]);
    git(&at("shared"), &["commit", "-qm", "own"]);
    std::fs::rename(at("origin"), at("moved")).unwrap();
    let alone = read(&at("shared"), Options::default());
    assert_eq!(alone.blobs.values().map(Vec::as_slice).collect::<Vec<_>>(), [b"its own"]);
    let told = told(&alone);
    assert!(told.iter().any(|(_, what)| what.contains("(alternates) is not there")), "{told:?}");
    let head = git(&at("moved"), &["rev-parse", "HEAD"]).trim().to_owned();
    assert!(told.contains(&(Some(head), "missing")), "{told:?}");
}

#[test]
fn bare_and_shallow_clones() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    for hash in ["sha1", "sha256"] {
        let origin = at(hash);
        std::fs::create_dir(&origin).unwrap();
        grown(&origin, hash);
        let whole = agrees(&origin, Options::default());
        let url = format!("file://{}", origin.display());
        let (bare, shallow) = (format!("{hash}-bare"), format!("{hash}-shallow"));
        git(scratch.path(), &["clone", "-q", "--bare", &url, &bare]);
        assert_eq!(agrees(&at(&bare), Options::default()).blobs, whole.blobs);
        git(scratch.path(), &["clone", "-q", "--depth=3", &url, &shallow]);
        let read = read(&at(&shallow), Options::default());
        assert_eq!(read.history.commits(), 3);
        let parent = git(&origin, &["rev-parse", "HEAD~3"]).trim().to_owned();
        let what = "1 objects are not here, left out by a shallow clone";
        assert_eq!(told(&read), [(Some(parent), what)]);
        assert_eq!(read.blobs.len(), repositories::blobs_of_git(&at(&shallow)).len());
    }
}

#[test]
fn what_a_partial_clone_leaves_out_is_counted_and_costs_nothing_else() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    std::fs::create_dir(at("origin")).unwrap();
    grown(&at("origin"), "sha1");
    // More than are named one by one, most of them named by several trees.
    for round in 0..3 {
        for n in 0..1_200 {
            write(&at("origin"), &format!("many/{n}"), format!("number {n} {}", n == round));
        }
        git(&at("origin"), &["add", "."]);
        git(&at("origin"), &["commit", "-qm", "many"]);
    }
    write(&at("origin"), "large", "nothing\n".repeat(4_000));
    git(&at("origin"), &["add", "."]);
    git(&at("origin"), &["commit", "-qm", "large"]);
    let whole = agrees(&at("origin"), Options::default());
    git(&at("origin"), &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", at("origin").display());
    for filter in ["blob:none", "blob:limit=1k", "tree:0"] {
        let name = filter.replace([':', '='], "-");
        let args = ["clone", "-q", "--bare", &format!("--filter={filter}"), &url, &name];
        git(scratch.path(), &args);
        let partial = read(&at(&name), Options::default());
        let missing = missing_of_git(&at(&name));
        assert!(!missing.is_empty());
        let what = format!("{} objects are not here, left out by a partial clone", missing.len());
        let first = missing.iter().min().cloned();
        assert_eq!(told(&partial), [(first, what.as_str())], "{filter}");
        // Whatever is there is read.
        let there = whole.blobs.iter().filter(|(name, _)| !missing.contains(name) && filter != "tree:0");
        assert_eq!(partial.blobs, there.map(|(n, b)| (n.clone(), b.clone())).collect::<BTreeMap<_, _>>());
        assert_eq!(partial.messages, whole.messages);
    }
}

#[test]
fn objects_that_are_gone_are_named_one_by_one_and_then_counted() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    git(root, &["init", "-q"]);
    write(root, "kept", "kept");
    for n in 0..1_005 {
        write(root, &format!("gone/{n}"), format!("gone {n}"));
    }
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "all"]);
    let tree = git(root, &["ls-tree", "-r", "HEAD:gone", "--format=%(objectname)"]);
    let gone: std::collections::BTreeSet<&str> = tree.lines().collect();
    for name in &gone {
        std::fs::remove_file(root.join(".git/objects").join(&name[..2]).join(&name[2..])).unwrap();
    }
    let read = read(root, Options::default());
    assert_eq!(read.blobs.len(), 1);
    let mut expected = vec![(None, "5 more objects are missing")];
    expected.extend(gone.iter().take(1_000).map(|name| (Some((*name).to_owned()), "missing")));
    assert_eq!(told(&read), expected);
}

#[test]
fn bundles_name_what_they_need_and_do_not_hold() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("origin");
    std::fs::create_dir(&root).unwrap();
    grown(&root, "sha1");
    let origin = agrees(&root, Options::default());
    let at = |name: &str| scratch.path().join(name);
    git(&root, &["bundle", "create", "-q", "../whole.bundle", "--all"]);
    let whole = read(&at("whole.bundle"), Options::default());
    assert_eq!(whole.troubles, []);
    assert_eq!(whole.blobs, origin.blobs);

    git(&root, &["bundle", "create", "-q", "../thin.bundle", "HEAD~3..HEAD"]);
    let before = git(&root, &["rev-list", "--objects", "HEAD~3"]);
    let thin = read(&at("thin.bundle"), Options::default());
    let all = told(&thin);
    // The trees and files of three commits are deltas of what the one before them has.
    let bases: Vec<&String> = all
        .iter()
        .filter(|(_, what)| what.starts_with("missing, and ") && what.ends_with("are made from it"))
        .filter_map(|(object, _)| object.as_ref())
        .collect();
    assert!(!bases.is_empty(), "{all:?}");
    for base in &bases {
        assert!(before.contains(base.as_str()), "{base}");
        assert!(!thin.blobs.contains_key(*base));
    }
    assert!(all.iter().any(|(_, what)| what.ends_with("not here, a prerequisite of the bundle")), "{all:?}");
    assert_eq!(thin.history.commits(), 3);
    for name in thin.blobs.keys() {
        assert_eq!(thin.blobs[name], origin.blobs[name]);
    }
}

#[test]
fn an_object_over_the_limit_costs_a_bundle_nothing_behind_it() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("origin");
    std::fs::create_dir(&root).unwrap();
    git(&root, &["init", "-q"]);
    for n in 0..20u32 {
        write(&root, &format!("small-{n}"), format!("small {n}"));
    }
    // Noise, so that its stream takes several reads.
    let noise: Vec<u8> = (0..300_000u32).flat_map(|n| n.wrapping_mul(0x9e37_79b9).to_be_bytes()).collect();
    write(&root, "a-large", &noise);
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "all"]);
    git(&root, &["bundle", "create", "-q", "../all.bundle", "--all"]);
    let bundle = scratch.path().join("all.bundle");
    assert_eq!(read(&bundle, Options::default()).blobs.len(), 21);
    let limited = read(&bundle, Options { max_object: 100_000, ..Options::default() });
    assert_eq!(limited.blobs.len(), 20);
    assert_eq!(limited.history.commits(), 1);
    let told = told(&limited);
    assert!(told.iter().any(|(_, what)| what.starts_with("1 objects of the bundle are over")), "{told:?}");
    assert!(told.iter().all(|(_, what)| !what.contains("damaged")), "{told:?}");
}
