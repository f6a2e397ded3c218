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

#[test]
fn what_replaces_an_entry_of_a_shared_index_stands_at_its_path() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    git(root, &["init", "-q"]);
    for name in ["a", "b", "c"] {
        write(root, name, name);
    }
    git(root, &["add", "."]);
    git(root, &["update-index", "--split-index"]);
    write(root, "b", "replaced");
    git(root, &["add", "b"]);
    git(root, &["rm", "-q", "--cached", "c"]);
    let read = agrees(root, Options::default());
    assert_eq!(sides(&read, "a"), [("a".into(), Side::Index)]);
    assert_eq!(sides(&read, "replaced"), [("b".into(), Side::Index)]);
    assert_eq!((sides(&read, "b"), sides(&read, "c")), (vec![], vec![]), "in the shared index alone");
    // Without the shared one the rest is read, and it is told.
    let shared = std::fs::read_dir(root.join(".git")).unwrap().map(|entry| entry.unwrap().path());
    let shared = shared.filter(|path| path.to_string_lossy().contains("sharedindex"));
    shared.for_each(|path| std::fs::remove_file(path).unwrap());
    let read = repositories::read(root, Options::default());
    assert!(read.troubles.iter().any(|trouble| trouble.what.contains("an index")), "{:?}", read.troubles);
}

#[test]
fn refs_and_logs_in_tables_are_those_that_git_reads() {
    let scratch = tempfile::tempdir().unwrap();
    let root = &scratch.path().join("main");
    std::fs::create_dir(root).unwrap();
    let knows = std::process::Command::new("git")
        .args(["init", "-q", "-b", "main", "--ref-format=reftable"])
        .current_dir(root)
        .output()
        .unwrap();
    if !knows.status.success() {
        return; // older than 2.45
    }
    let commit = |content: &str| {
        write(root, "a", content);
        git(root, &["add", "."]);
        git(root, &["commit", "-qm", content]);
    };
    commit("first");
    // Names that fill several blocks, and share how they begin.
    for n in 0..300 {
        git(root, &["update-ref", &format!("refs/heads/many/of/them/{n}"), "HEAD"]);
    }
    git(root, &["pack-refs"]);
    commit("logged");
    git(root, &["reset", "-q", "--hard", "HEAD~1"]);
    write(root, "a", "stashed");
    git(root, &["stash", "-q"]);
    git(root, &["branch", "-D", "-q", "many/of/them/7"]);
    git(root, &["tag", "-am", "a tag's text", "v1"]);
    git(root, &["worktree", "add", "-q", "--detach", "../linked"]);

    let read = agrees(root, Options::default());
    assert_eq!(sides(&read, "first"), [("a".into(), Side::Refs)]);
    assert_eq!(sides(&read, "logged"), [("a".into(), Side::Reflog)]);
    assert_eq!(sides(&read, "stashed"), [("a".into(), Side::Stash)]);
    let (name, _) = read.blobs.iter().find(|(_, bytes)| *bytes == b"first").unwrap();
    let blob = read.numbers[name];
    let path = read.history.places(blob)[0].path;
    let trace = read.history.trace(&[Watch { path, side: Side::Refs, blobs: vec![blob] }]).pop().unwrap();
    // All that git lists but the stash, and the HEAD of the linked work tree.
    let listed = git(root, &["for-each-ref"]).lines().count() as u64;
    assert_eq!((trace.tips_total, trace.tips[0].as_str()), (listed, "main"));
    // A log says what git says that it does.
    let shown = git(root, &["reflog", "show", "--format=%H%gs", "refs/stash"]);
    let logs = read.repository.texts().iter();
    let log =
        logs.filter(|text| text.path.ends_with("logs/refs/stash")).find_map(|text| text.content.clone());
    let log = String::from_utf8(log.unwrap()).unwrap();
    let (objects, message) = log.trim_end().split_once('\t').unwrap();
    assert_eq!(format!("{}{message}", &objects[41..81]), shown.trim_end());
    assert!(objects.ends_with("t <t@example.org> 1600000000 +0000"), "{objects}");

    // Revisions, and what HEAD has, are found through them.
    let head = git(root, &["rev-parse", "HEAD"]).trim().to_owned();
    for revision in ["HEAD", "@", "main", "many/of/them/8", "refs/heads/main", "v1^{commit}", "v1~0"] {
        assert_eq!(sekisho_git::resolve(root, revision).unwrap().to_string(), head, "{revision}");
    }
    assert!(sekisho_git::resolve(root, "many/of/them/7").is_err());
    assert_eq!(sekisho_git::file_at(root, "a", "main").unwrap().as_deref(), Some(&b"first"[..]));
    assert_eq!(sekisho_git::staged(root, None).unwrap().files, []);

    // A table that is cut off is told.
    let tables = std::fs::read_dir(root.join(".git/reftable")).unwrap().map(|entry| entry.unwrap().path());
    for table in tables.filter(|path| path.extension().is_some_and(|ending| ending == "ref")) {
        let bytes = std::fs::read(&table).unwrap();
        std::fs::write(&table, &bytes[..bytes.len() / 2]).unwrap();
    }
    let read = repositories::read(root, Options::default());
    assert!(read.troubles.iter().any(|trouble| trouble.what.contains("a reftable")), "{:?}", read.troubles);
}

#[test]
fn refs_of_a_work_tree_do_not_hide_those_of_another() {
    let scratch = tempfile::tempdir().unwrap();
    let root = &scratch.path().join("main");
    let linked = &scratch.path().join("linked");
    std::fs::create_dir(root).unwrap();
    git(root, &["init", "-q"]);
    write(root, "a", "first");
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "first"]);
    git(root, &["worktree", "add", "-q", "--detach", "../linked"]);
    for (tree, content) in [(root, "of the main one"), (linked, "of the linked one")] {
        git(tree, &["checkout", "-q", "--detach"]);
        write(tree, "a", content);
        git(tree, &["commit", "-qam", "more"]);
        git(tree, &["update-ref", "refs/worktree/mine", "HEAD"]);
        git(tree, &["checkout", "-q", "main~0"]);
        git(tree, &["reflog", "expire", "--expire=now", "--all"]);
    }
    let read = agrees(root, Options::default());
    let tips = |content: &str| {
        let (name, _) = read.blobs.iter().find(|(_, bytes)| *bytes == content.as_bytes()).unwrap();
        let blob = read.numbers[name];
        let placed = read.history.places(blob)[0];
        assert_eq!(placed.side, Side::Refs);
        read.history.trace(&[Watch { path: placed.path, side: Side::Refs, blobs: vec![blob] }])[0]
            .tips
            .clone()
    };
    assert_eq!(tips("of the main one"), ["worktree/mine"]);
    assert_eq!(tips("of the linked one"), ["worktrees/linked/refs/worktree/mine"]);
    assert_eq!(tips("first"), ["HEAD", "main", "worktrees/linked/HEAD"]);
}

#[test]
fn trees_that_stand_at_more_paths_than_there_are_atoms_are_followed_to_a_limit() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    git(root, &["init", "-q"]);
    let make = |lines: Vec<String>| {
        write(root, "list", lines.concat());
        let list = std::fs::File::open(root.join("list")).unwrap();
        let made =
            std::process::Command::new("git").arg("mktree").current_dir(root).stdin(list).output().unwrap();
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    };
    write(root, "content", "everywhere");
    let blob = git(root, &["hash-object", "-w", "content"]).trim().to_owned();
    let mut tree = make((0..100).map(|n| format!("100644 blob {blob}\tfile-{n}\n")).collect());
    for _ in 0..12 {
        tree = make((0..10).map(|n| format!("040000 tree {tree}\t{n}\n")).collect());
    }
    let commit = git(root, &["commit-tree", "-m", "x", &tree]).trim().to_owned();
    git(root, &["update-ref", "refs/heads/main", &commit]);
    let read = repositories::read(root, Options::default());
    assert!(read.history.is_cut());
    let places = read.history.places(read.numbers[&blob]).len();
    assert!((100..300_000).contains(&places), "{places}");
}
