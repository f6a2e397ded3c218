//! Everything that git keeps is read as git reads it.
#![allow(clippy::unwrap_used, reason = "tests say why they end")]

mod repositories;

use std::path::Path;

use repositories::{agrees, git, git_at, grown, version, write};
use sekisho_git::{Options, Side, Watch};

#[test]
fn packs_loose_objects_and_both_at_once() {
    for hash in ["sha1", "sha256"] {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path();
        grown(root, hash);
        let loose = agrees(root, Options::default());
        assert_eq!(loose.history.commits(), 60);
        git(root, &["repack", "-adfq", "--depth=50", "--window=20"]);
        let packed = agrees(root, Options::default());
        assert_eq!(packed.blobs, loose.blobs);
        assert_eq!(packed.messages, loose.messages);
        // One thread, and no room for bases at all: each is made again for each child.
        let tight = agrees(root, Options { threads: 1, budget: 0, ..Options::default() });
        assert!(tight.walked.again > 0);
        assert_eq!((packed.walked.again, packed.history.again()), (0, 0));
        assert_eq!(tight.messages, loose.messages);
        assert_eq!(tight.blobs, loose.blobs);
        // The same objects again, by their names, in a second pack, and a loose one.
        write(root, "dir/sub/file.txt", version(99));
        git(root, &["commit", "-qam", "last"]);
        git(root, &["-c", "repack.useDeltaBaseOffset=false", "repack", "-aqf"]);
        grown_twice(root);
        agrees(root, Options::default());
    }
}

/// A second pack that repeats a part of the first.
fn grown_twice(root: &Path) {
    let objects = git(root, &["rev-list", "--objects", "HEAD~20..HEAD"]);
    write(
        root,
        ".git/list",
        objects.lines().flat_map(|l| [&l[..l.find(' ').unwrap_or(l.len())], "\n"]).collect::<String>(),
    );
    let out = std::process::Command::new("sh")
        .args(["-c", "git pack-objects -q .git/objects/pack/pack < .git/list"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(out.status.success());
    git(root, &["multi-pack-index", "write"]);
}

/// The sides of a blob, by the content that it has.
fn sides(read: &repositories::Read, content: &str) -> Vec<(String, Side)> {
    let (name, _) = read.blobs.iter().find(|(_, bytes)| *bytes == content.as_bytes()).unwrap();
    let places = read.history.places(read.numbers[name]);
    places
        .iter()
        .map(|placed| (String::from_utf8(read.history.path(placed.path)).unwrap(), placed.side))
        .collect()
}

#[test]
fn every_side_of_a_repository() {
    let scratch = tempfile::tempdir().unwrap();
    let root = &scratch.path().join("main");
    std::fs::create_dir(root).unwrap();
    git(root, &["init", "-q"]);
    write(root, "a/kept", "kept");
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "first"]);
    git(root, &["tag", "-am", "a tag's text", "v1"]);
    git(root, &["notes", "add", "-m", "a note"]);
    write(root, "a/amended", "amended away");
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "to be amended"]);
    git(root, &["rm", "-q", "a/amended"]);
    git(root, &["commit", "-q", "--amend", "--allow-empty", "-m", "amended"]);
    write(root, "a/kept", "stashed");
    git(root, &["stash", "-q"]);
    write(root, "a/stashed", "stashed and dropped");
    git(root, &["add", "."]);
    git(root, &["stash", "-q"]);
    git(root, &["stash", "drop", "-q"]);
    write(root, "a/staged", "staged");
    git(root, &["add", "."]);
    write(root, "new-name-in-the-index/too", "staged elsewhere");
    git(root, &["add", "."]);
    write(root, "loose", "hashed only");
    git(root, &["hash-object", "-w", "loose"]);
    git(root, &["worktree", "add", "-q", "../linked", "v1"]);
    write(&scratch.path().join("linked"), "in-linked", "staged in a linked work tree");
    git(&scratch.path().join("linked"), &["add", "."]);

    let read = agrees(root, Options::default());
    assert_eq!(sides(&read, "kept"), [("a/kept".into(), Side::Refs)]);
    assert!(sides(&read, "a note\n")[0].1 == Side::Refs);
    assert_eq!(sides(&read, "amended away"), [("a/amended".into(), Side::Reflog)]);
    assert_eq!(sides(&read, "stashed"), [("a/kept".into(), Side::Stash)]);
    assert_eq!(sides(&read, "stashed and dropped"), [("a/stashed".into(), Side::Unreachable)]);
    assert_eq!(sides(&read, "staged").len(), 1);
    assert_eq!(sides(&read, "staged")[0].1, Side::Index);
    assert_eq!(sides(&read, "staged elsewhere")[0], ("new-name-in-the-index/too".into(), Side::Index));
    assert_eq!(sides(&read, "staged in a linked work tree")[0], ("in-linked".into(), Side::Index));
    assert_eq!(sides(&read, "hashed only"), []);
    for text in ["first\n", "amended\n", "to be amended\n", "a tag's text\n"] {
        assert!(read.messages.iter().any(|message| message == text), "{text}");
    }
    // From the linked work tree it is the same repository.
    let linked = repositories::read(&scratch.path().join("linked"), Options::default());
    assert_eq!(linked.blobs, read.blobs);
}

#[test]
fn a_copy_is_traced_from_its_first_commit_to_its_last() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    git(root, &["init", "-q"]);
    let mut commits = Vec::new();
    let mut commit = |time: i64| {
        git(root, &["add", "-A"]);
        git_at(root, &["commit", "-qm", "x", "--allow-empty"], time);
        commits.push(git(root, &["rev-parse", "HEAD"]).trim().to_owned());
    };
    write(root, "a/b/c", "nothing");
    commit(1_000_000_000);
    write(root, "a/b/c", "secret, first version");
    commit(1_000_000_100);
    write(root, "a/b/c", "secret, second version");
    commit(1_000_000_200);
    write(root, "a/b/c", "nothing again");
    commit(1_000_000_300);
    git(root, &["branch", "old", "HEAD~1"]);

    let read = agrees(root, Options { authors: true, ..Options::default() });
    let number = |content: &str| {
        let (name, _) = read.blobs.iter().find(|(_, bytes)| *bytes == content.as_bytes()).unwrap();
        read.numbers[name]
    };
    let (first, second) = (number("secret, first version"), number("secret, second version"));
    let path = read.history.places(first)[0].path;
    let mut blobs = vec![first, second];
    blobs.sort_unstable();
    let trace =
        |blobs: Vec<u32>| read.history.trace(&[Watch { path, side: Side::Refs, blobs }]).pop().unwrap();
    let both = trace(blobs);
    assert_eq!(both.first, Some(first));
    assert_eq!(both.introduced.as_ref().unwrap().commit.to_string(), commits[1]);
    assert_eq!(both.introduced.unwrap().author.as_deref(), Some("t <t@example.org>"));
    assert_eq!((both.tips, both.tips_total, both.removed), (vec!["old".to_owned()], 1, None));
    let one = trace(vec![first]);
    assert_eq!(one.introduced.unwrap().commit.to_string(), commits[1]);
    assert_eq!(one.removed.as_ref().unwrap().commit.to_string(), commits[2]);
    assert_eq!(one.removed.unwrap().time, 1_000_000_200);
    assert!(one.tips.is_empty());
    // The newest version is known beforehand.
    let age = |blob: u32| read.history.places(blob)[0].age;
    assert!(age(second) < age(first));
}
