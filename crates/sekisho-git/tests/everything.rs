//! Everything that git keeps is read as git reads it.
#![allow(clippy::unwrap_used, reason = "tests say why they end")]

mod repositories;

use std::path::Path;

use repositories::{agrees, git, git_at, read, write};
use sekisho_git::{Options, Side, Watch};

/// A file of which each version differs a little from the one before.
fn version(n: u32) -> String {
    (0..200)
        .map(|line| if line % 40 == n % 40 { format!("{line} {n}\n") } else { format!("{line}\n") })
        .collect()
}

/// A repository with a history of many versions.
fn grown(root: &Path, hash: &str) {
    git(root, &["init", "-q", &format!("--object-format={hash}")]);
    for n in 0..60 {
        write(root, "dir/sub/file.txt", version(n));
        write(root, &format!("other-{}", n % 7), format!("{n}"));
        git(root, &["add", "."]);
        git_at(root, &["commit", "-qm", &format!("commit {n}")], 1_600_000_000 + i64::from(n));
    }
}

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

#[test]
fn a_pack_without_its_index_still_says_what_it_holds() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    grown(root, "sha1");
    git(root, &["repack", "-adq"]);
    let whole = agrees(root, Options::default());
    let pack = std::fs::read_dir(root.join(".git/objects/pack")).unwrap();
    for entry in pack {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "idx") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let read = read(root, Options::default());
    assert_eq!(read.troubles, []);
    assert_eq!(read.blobs, whole.blobs);
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
fn borrowed_bare_shallow_and_bundled() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    std::fs::create_dir(at("origin")).unwrap();
    grown(&at("origin"), "sha1");
    let origin = agrees(&at("origin"), Options::default());
    let url = format!("file://{}", at("origin").display());

    git(scratch.path(), &["clone", "-q", "--shared", "origin", "shared"]);
    assert_eq!(read(&at("shared"), Options::default()).blobs, origin.blobs);
    git(scratch.path(), &["clone", "-q", "--bare", &url, "bare"]);
    assert_eq!(agrees(&at("bare"), Options::default()).blobs, origin.blobs);

    git(scratch.path(), &["clone", "-q", "--depth=3", &url, "shallow"]);
    let shallow = read(&at("shallow"), Options::default());
    assert_eq!(shallow.history.commits(), 3);
    assert_eq!(shallow.troubles.len(), 1);
    assert!(shallow.troubles[0].what.contains("shallow"), "{:?}", shallow.troubles);

    git(&at("origin"), &["config", "uploadpack.allowFilter", "true"]);
    git(scratch.path(), &["clone", "-q", "--bare", "--filter=blob:none", &url, "partial"]);
    let partial = read(&at("partial"), Options::default());
    assert_eq!(partial.blobs.len(), 0);
    assert!(partial.troubles[0].what.contains("partial"), "{:?}", partial.troubles);

    git(&at("origin"), &["bundle", "create", "-q", "../whole.bundle", "--all"]);
    let bundle = read(&at("whole.bundle"), Options::default());
    assert_eq!(bundle.troubles, []);
    assert_eq!(bundle.blobs, origin.blobs);
    git(&at("origin"), &["bundle", "create", "-q", "../thin.bundle", "HEAD~5..HEAD"]);
    let thin = read(&at("thin.bundle"), Options::default());
    assert!(thin.troubles.iter().any(|t| t.what.contains("bundle")), "{:?}", thin.troubles);
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
