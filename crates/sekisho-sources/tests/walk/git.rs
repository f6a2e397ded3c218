//! What git knows of files, with git itself as the judge.

use std::process::Command;

use Tracked::{Ignored, Tracked as InIndex, Untracked};

use super::*;

fn git(directory: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("git");
    command.current_dir(directory).args(["-c", "protocol.file.allow=always"]).args(arguments);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS"] {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("HOME", directory);
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "t").env(format!("GIT_{who}_EMAIL"), "t@example.com");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Paths that git lists.
fn listed(directory: &Path, arguments: &[&str]) -> Vec<String> {
    let output = git(directory, &[&["ls-files", "-z"], arguments].concat());
    let paths = output.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| String::from_utf8(path.to_owned()).unwrap()).collect()
}

/// Holds a walk over a work tree to what git says of it.
fn agrees(work_tree: &Path) -> Walked {
    let walked = walk(work_tree);
    assert_eq!(walked.problems, []);
    let by = |wanted| {
        let files = walked.files.iter().filter(|(_, seen)| seen.tracked == Some(wanted));
        files.map(|(path, _)| path.clone()).collect::<Vec<_>>()
    };
    let there = |mut paths: Vec<String>| {
        paths.retain(|path| work_tree.join(path).is_file());
        paths.sort();
        paths.dedup();
        paths
    };
    assert_eq!(by(InIndex), there(listed(work_tree, &["--cached"])));
    assert_eq!(by(Untracked), there(listed(work_tree, &["--others", "--exclude-standard"])));
    assert_eq!(by(Ignored), there(listed(work_tree, &["--others", "--ignored", "--exclude-standard"])));
    walked
}

/// Files of every kind below `root`, and a commit of some.
fn fill(root: &Path) {
    write(
        root,
        ".gitignore",
        "\u{feff}*.env\n!keep.env\nbuild/\n/rooted\n# comment\n\\#odd\nsub/only/here\n",
    );
    write(root, "sub/.gitignore", "!local.env\n*.log\n");
    write(root, "build/.gitignore", "!*\n");
    write(root, ".git/info/exclude", "*.private\n!never\n");
    for path in [
        "a.txt",
        "b/c.txt",
        "b/long name with spaces.txt",
        "forced.env",
        "keep.env",
        "x.env",
        "sub/local.env",
        "sub/y.env",
        "sub/z.log",
        "build/out",
        "build/deep/out",
        "rooted",
        "sub/rooted",
        "#odd",
        "new.txt",
        "sub/only/here",
        "only/here",
        "key.private",
        "b/key.private",
        "caf\u{e9}.txt",
    ] {
        write(root, path, "x");
    }
    git(
        root,
        &[
            "add",
            "a.txt",
            "b/c.txt",
            "b/long name with spaces.txt",
            "keep.env",
            ".gitignore",
            "caf\u{e9}.txt",
        ],
    );
    git(root, &["add", "-f", "forced.env", "build/deep/out"]);
    git(root, &["commit", "-qm", "some"]);
}

fn repository(arguments: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &[&["init", "-q"], arguments].concat());
    fill(dir.path());
    dir
}

#[test]
fn the_labels_are_those_of_git() {
    let dir = repository(&[]);
    let walked = agrees(dir.path());
    assert_eq!(walked.tracked("a.txt"), Some(InIndex));
    assert_eq!(walked.tracked("forced.env"), Some(InIndex));
    assert_eq!(walked.tracked("x.env"), Some(Ignored));
    assert_eq!(walked.tracked("build/out"), Some(Ignored));
    assert_eq!(walked.tracked("build/.gitignore"), Some(Ignored));
    assert_eq!(walked.tracked("sub/local.env"), Some(Untracked));
    assert_eq!(walked.tracked("key.private"), Some(Ignored));
    assert!(walked.files.keys().all(|path| !path.starts_with(".git/")));
    assert_eq!(walked.stats.repositories, [dir.path()]);
}

#[test]
fn every_form_of_the_index_is_read() {
    for version in ["2", "3", "4"] {
        let dir = repository(&[]);
        write(dir.path(), "intended.txt", "x");
        git(dir.path(), &["add", "-N", "intended.txt"]);
        git(dir.path(), &["update-index", "--index-version", version]);
        assert_eq!(agrees(dir.path()).tracked("intended.txt"), Some(InIndex));
    }
    for version in ["2", "4"] {
        let sha256 = repository(&["--object-format=sha256"]);
        git(sha256.path(), &["update-index", "--index-version", version]);
        agrees(sha256.path());
    }
    let empty = tempfile::tempdir().unwrap();
    git(empty.path(), &["init", "-q"]);
    write(empty.path(), "a", "x");
    assert_eq!(agrees(empty.path()).tracked("a"), Some(Untracked));
}

#[test]
fn a_split_index_is_read_whole() {
    for arguments in [&[][..], &["--object-format=sha256"]] {
        let dir = repository(arguments);
        for at in 0..300 {
            write(dir.path(), &format!("many/{at}.txt"), "x");
        }
        git(dir.path(), &["add", "many"]);
        git(dir.path(), &["config", "splitIndex.maxPercentChange", "100"]);
        git(dir.path(), &["update-index", "--split-index"]);
        agrees(dir.path());
        // Deleted, replaced and added against the shared part.
        write(dir.path(), "added.txt", "x");
        write(dir.path(), "a.txt", "changed");
        git(dir.path(), &["add", "added.txt", "a.txt"]);
        git(dir.path(), &["rm", "-q", "--cached", "b/c.txt", "many/7.txt", "many/200.txt"]);
        let shared = fs::read_dir(dir.path().join(".git")).unwrap();
        assert!(
            shared.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("sharedindex."))
        );
        assert_eq!(agrees(dir.path()).tracked("many/7.txt"), Some(Untracked));
    }
}

#[test]
fn a_sparse_index_tracks_whole_directories() {
    let dir = repository(&[]);
    git(dir.path(), &["sparse-checkout", "set", "--cone", "--sparse-index", "sub"]);
    let listed = git(dir.path(), &["ls-files", "--sparse"]);
    assert!(String::from_utf8(listed).unwrap().lines().any(|path| path == "b/"), "git made no sparse index");
    write(dir.path(), "b/c.txt", "x");
    let walked = walk(dir.path());
    assert_eq!(walked.tracked("a.txt"), Some(InIndex));
    assert_eq!(walked.tracked("b/c.txt"), Some(InIndex));
    assert_eq!(walked.tracked("x.env"), Some(Ignored));
}

#[test]
fn conflicts_are_tracked() {
    let dir = repository(&[]);
    git(dir.path(), &["checkout", "-qb", "other"]);
    write(dir.path(), "a.txt", "theirs");
    git(dir.path(), &["commit", "-qam", "theirs"]);
    git(dir.path(), &["checkout", "-q", "-"]);
    write(dir.path(), "a.txt", "ours");
    git(dir.path(), &["commit", "-qam", "ours"]);
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    let merge = Command::new("git").current_dir(dir.path()).args(identity).args(["merge", "other"]).output();
    assert!(!merge.unwrap().status.success());
    assert!(!listed(dir.path(), &["--unmerged"]).is_empty());
    assert_eq!(agrees(dir.path()).tracked("a.txt"), Some(InIndex));
}

#[test]
fn linked_work_trees_have_their_own_index() {
    let dir = repository(&[]);
    let linked = tempfile::tempdir().unwrap();
    let path = linked.path().join("linked");
    git(dir.path(), &["worktree", "add", "-q", "--detach", path.to_str().unwrap()]);
    write(&path, "key.private", "x");
    write(&path, "only-here.txt", "x");
    git(&path, &["add", "only-here.txt"]);
    let walked = walk(&path);
    assert_eq!(walked.tracked("only-here.txt"), Some(InIndex));
    assert_eq!(walked.tracked("a.txt"), Some(InIndex));
    // The exclude file is shared.
    assert_eq!(walked.tracked("key.private"), Some(Ignored));
    assert_eq!(walked.tracked(".git"), None);
}

#[test]
fn submodules_speak_for_themselves() {
    let inner = repository(&[]);
    let outer = repository(&[]);
    git(outer.path(), &["submodule", "--quiet", "add", inner.path().to_str().unwrap(), "module"]);
    write(outer.path(), "module/x.env", "x");
    write(outer.path(), "module/new.txt", "x");
    let walked = walk(outer.path());
    assert_eq!(walked.tracked("module/a.txt"), Some(InIndex));
    assert_eq!(walked.tracked("module/x.env"), Some(Ignored));
    assert_eq!(walked.tracked("module/new.txt"), Some(Untracked));
    assert_eq!(walked.tracked("a.txt"), Some(InIndex));
    assert_eq!(walked.tracked(".gitmodules"), Some(InIndex));
    assert_eq!(walked.stats.repositories, [outer.path().to_owned(), outer.path().join("module")]);
}

#[test]
fn nested_repositories_and_none() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for name in ["one", "two", "one/build/inner"] {
        fs::create_dir_all(root.join(name)).unwrap();
        git(&root.join(name), &["init", "-q"]);
        fill(&root.join(name));
    }
    write(root, "outside.env", "x");
    write(root, ".gitignore", "*\n");
    let walked = walk(root);
    assert_eq!(walked.tracked("outside.env"), None);
    assert_eq!(walked.tracked("one/x.env"), Some(Ignored));
    assert_eq!(walked.tracked("two/a.txt"), Some(InIndex));
    assert_eq!(walked.tracked("one/build/inner/a.txt"), Some(InIndex));
    let names = ["one", "one/build/inner", "two"].map(|name| root.join(name));
    assert_eq!(walked.stats.repositories, names);
}

#[test]
fn a_target_inside_a_work_tree_knows_what_is_above_it() {
    let dir = repository(&[]);
    let label = |target: &str, path: &str| walk(&dir.path().join(target)).tracked(path);
    assert_eq!(label("b", "c.txt"), Some(InIndex));
    assert_eq!(label("sub", "y.env"), Some(Ignored));
    assert_eq!(label("sub", "local.env"), Some(Untracked));
    assert_eq!(label("sub/only", "here"), Some(Ignored));
    assert_eq!(label("build/deep", "out"), Some(InIndex));
    assert_eq!(label("build", "out"), Some(Ignored));
    assert!(walk(&dir.path().join("b")).stats.repositories.is_empty());
}

#[test]
fn what_only_looks_like_a_repository_is_none() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), ".git/hidden", "x");
    write(dir.path(), "pointer/.git", "gitdir: /nowhere\n");
    write(dir.path(), "pointer/a", "x");
    let walked = walk(dir.path());
    assert_eq!(walked.paths(), [".git/hidden", "pointer/.git", "pointer/a"]);
    assert!(walked.files.values().all(|seen| seen.tracked.is_none()));
    assert!(walked.stats.repositories.is_empty());
}

#[test]
fn a_damaged_index_is_a_problem_and_no_label() {
    let dir = repository(&[]);
    write(dir.path(), ".git/index", "DIRC canary");
    let walked = walk(dir.path());
    assert_eq!(walked.tracked("a.txt"), None);
    let what = "git's index cannot be read: which files are tracked is not known";
    assert_eq!(walked.problems, [(".git".to_owned(), what.to_owned())]);
}
