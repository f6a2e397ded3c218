//! Whatever keeps a credential in a repository is told, by what keeps it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::report::{copies, coverage};
use crate::sandbox::{Sandbox, git, run};

/// Made up; each value has a word behind it.
const VALUE: &str = concat!("kV8x", "Qz2mPw7RtYb4");

/// A line with a credential.
fn secret(word: &str) -> String {
    format!("DB_PASSWORD={VALUE}{word}\n")
}

/// What git says, without the line end.
fn said(at: &Path, args: &[&str]) -> String {
    let output = Command::new("git").args(args).current_dir(at).output().unwrap();
    assert!(output.status.success(), "git {args:?}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Keeps a text as an object; its name.
fn object(sandbox: &Sandbox, text: &str) -> String {
    let path = sandbox.write_out("object", text);
    said(&sandbox.target(), &["hash-object", "-w", path.to_str().unwrap()])
}

/// What is said of the copies in objects.
fn places(report: &Value) -> Vec<Value> {
    let all = copies(report).into_iter().map(|copy| copy["place"].clone());
    all.filter(|place| place["type"] == "git").collect()
}

/// Path, side and refs of the one copy in an object.
fn only(report: &Value, object: &str) -> Value {
    let all: Vec<Value> = places(report).into_iter().filter(|place| place["blob"] == object).collect();
    let [place] = &all[..] else { panic!("{} copies in {object}: {all:#?}", all.len()) };
    json!([place["path"], place["side"], place["in_tip_of"], place["removed"]])
}

#[test]
fn messages_and_objects_without_a_path_are_told_by_what_keeps_them() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    git(&target, &["init", "-q"]);
    sandbox.write("a", "nothing\n");
    git(&target, &["add", "."]);
    git(&target, &["commit", "-qm", &secret("first")]);
    let first = said(&target, &["rev-parse", "HEAD"]);
    git(&target, &["commit", "-q", "--allow-empty", "-m", &secret("lost")]);
    let lost = said(&target, &["rev-parse", "HEAD"]);
    git(&target, &["reset", "-q", "--hard", "HEAD~1"]);
    git(&target, &["commit", "-q", "--allow-empty", "-m", &secret("newest")]);
    let newest = said(&target, &["rev-parse", "HEAD"]);
    let tagged = object(&sandbox, &secret("tagged"));
    git(&target, &["tag", "blob", &tagged]);
    git(&target, &["tag", "-am", &secret("tag"), "tag", "blob"]);
    git(&target, &["tag", "-am", &secret("tag of it"), "tag-of-tag", "tag"]);
    let [tag, tag_of_tag] = ["tag", "tag-of-tag"].map(|name| said(&target, &["rev-parse", name]));
    let none = object(&sandbox, &secret("kept by nothing"));
    sandbox.write("untracked.env", secret("untracked"));
    git(&target, &["stash", "-q", "-u", "-m", &secret("stash")]);
    let stash = said(&target, &["rev-parse", "stash"]);
    let untracked = said(&target, &["rev-parse", "stash^3:untracked.env"]);

    let report = sandbox.scan(&[]).ends(1).json();
    assert_eq!(coverage(&report, "git")["status"], "complete");
    assert_eq!(only(&report, &first), json!(["", "refs", [], null]));
    assert_eq!(only(&report, &newest), json!(["", "refs", ["main"], null]));
    assert_eq!(only(&report, &lost), json!(["", "reflog", [], null]));
    assert_eq!(only(&report, &tagged), json!(["", "refs", ["blob", "tag", "tag-of-tag"], null]));
    assert_eq!(only(&report, &tag), json!(["", "refs", ["tag", "tag-of-tag"], null]));
    assert_eq!(only(&report, &tag_of_tag), json!(["", "refs", ["tag-of-tag"], null]));
    assert_eq!(only(&report, &none), json!(["", "unreachable", [], null]));
    assert_eq!(only(&report, &stash), json!(["", "stash", [], null]));
    // The entry of the stash is a merge that has not this file: it takes nothing away.
    assert_eq!(only(&report, &untracked), json!(["untracked.env", "stash", [], null]));
    git(&target, &["reflog", "expire", "--expire=now", "--all"]);
    assert_eq!(only(&sandbox.scan(&[]).ends(1).json(), &lost), json!(["", "unreachable", [], null]));
}

#[test]
fn the_message_of_a_tag_that_was_merged_is_read_out_of_the_merge() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    git(&target, &["init", "-q"]);
    sandbox.write("a", "nothing\n");
    git(&target, &["add", "."]);
    git(&target, &["commit", "-qm", "one"]);
    let [commit, tree] = ["HEAD", "HEAD^{tree}"].map(|name| said(&target, &["rev-parse", name]));
    let who = "t <t@example.org> 1600000000 +0000";
    let text = format!(
        "tree {tree}\nparent {commit}\nauthor {who}\ncommitter {who}\nmergetag object {commit}\n type commit\n \
         tag v1\n tagger {who}\n \n {}\nmerged\n",
        secret("merged")
    );
    let path = sandbox.write_out("commit", text);
    let merge = said(&target, &["hash-object", "-t", "commit", "-w", path.to_str().unwrap()]);
    git(&target, &["update-ref", "refs/heads/main", &merge]);
    assert_eq!(only(&sandbox.scan(&[]).ends(1).json(), &merge), json!(["", "refs", ["main"], null]));
}

#[test]
fn what_is_over_the_limit_is_told_by_its_path_and_not_where_it_is_left_out() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    git(&target, &["init", "-q"]);
    for number in 0..2 {
        sandbox.write("large.txt", format!("{}{number}\n", "nothing\n".repeat(1_000)));
        sandbox.write("small.txt", format!("{number}\n"));
        git(&target, &["add", "."]);
        git(&target, &["commit", "-qm", "more"]);
    }
    git(&target, &["gc", "-q"]);
    let limit = ["--max-file-size", "1000", "--require-complete"];
    let scan = |more: &[&str], status| sandbox.scan(&[&limit, more].concat()).ends(status).json();
    let problems = |report: &Value| coverage(report, "git")["problems"].as_array().unwrap().clone();
    let told = problems(&scan(&[], 3));
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.iter().all(|problem| problem["place"]["path"] == "large.txt"), "{told:#?}");
    assert_eq!(problems(&scan(&["--exclude", "large.txt"], 0)), Vec::<Value>::new());
    // Of a range, what the range brought.
    assert_eq!(problems(&scan(&["--since", "HEAD~1"], 3)).len(), 1);
    git(&target, &["rm", "-q", "large.txt"]);
    git(&target, &["commit", "-qm", "less"]);
    scan(&["--since", "HEAD~1"], 0);
}

#[test]
fn settings_have_one_name_whichever_work_tree_is_scanned() {
    let sandbox = Sandbox::new();
    let main = sandbox.out("main");
    std::fs::create_dir(&main).unwrap();
    git(&main, &["init", "-q"]);
    git(&main, &["commit", "-q", "--allow-empty", "-m", "one"]);
    git(&main, &["config", "remote.x.url", &format!("https://u:{VALUE}@host.example.org/x")]);
    let linked = sandbox.target().join("linked");
    git(&main, &["worktree", "add", "-q", "--detach", linked.to_str().unwrap()]);
    for tree in [&main, &linked] {
        let mut command = sandbox.command(sandbox.scan_args(&[]));
        command.current_dir(tree);
        let report = run(command, b"").ends(1).json();
        assert_eq!(copies(&report)[0]["place"]["path"], ".git/config");
    }
}

#[test]
fn what_a_merge_or_rebase_left_behind_is_no_garbage() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    git(&target, &["init", "-q"]);
    for (branch, text) in [("main", "a\n".to_owned()), ("side", secret("side")), ("main", secret("main"))] {
        if branch == "side" {
            git(&target, &["branch", "side"]);
        }
        git(&target, &["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")]);
        git(&target, &["reset", "-q"]);
        sandbox.write("a.env", text);
        git(&target, &["add", "."]);
        git(&target, &["commit", "-qm", branch]);
    }
    let merge = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "rebase", "-q", "side"])
        .current_dir(&target)
        .output()
        .unwrap();
    assert!(!merge.status.success(), "there is a conflict");
    sandbox.write(".git/hooks/pre-push", format!("#!/bin/sh\n{}", secret("hook")));
    let report = sandbox.scan(&[]).ends(1).json();
    // git-merge(1): what it wrote into the work tree is the tree AUTO_MERGE.
    if target.join(".git/AUTO_MERGE").exists() {
        let name = said(&target, &["rev-parse", "AUTO_MERGE:a.env"]);
        let here = places(&report).into_iter().filter(|place| place["blob"] == *name);
        assert!(here.map(|place| place["side"].clone()).all(|side| side == "reflog"));
    }
    let shown: Vec<String> =
        copies(&report).iter().map(|copy| copy["place"]["path"].as_str().unwrap().to_owned()).collect();
    assert!(shown.contains(&".git/hooks/pre-push".to_owned()), "{shown:?}");
    assert!(shown.contains(&".git/rebase-merge/patch".to_owned()), "{shown:?}");
}

#[test]
fn bundles_and_bare_repositories_among_files_are_histories() {
    let sandbox = Sandbox::new();
    let origin = sandbox.out("origin");
    std::fs::create_dir(&origin).unwrap();
    git(&origin, &["init", "-q"]);
    for text in [secret("old"), "nothing\n".to_owned()] {
        std::fs::write(origin.join("a.env"), text).unwrap();
        git(&origin, &["add", "."]);
        git(&origin, &["commit", "-qm", "x"]);
    }
    git(&origin, &["gc", "-q"]);
    sandbox.write("x/notes.txt", "nothing\n");
    let at = |path: &str| sandbox.target().join(path).to_str().unwrap().to_owned();
    git(&origin, &["bundle", "create", "-q", &at("x/kept.bundle"), "main"]);
    git(&origin, &["clone", "-q", "--bare", ".", &at("x/mirror")]);
    let report = sandbox.scan(&[]).ends(1).json();
    let repos: Vec<Value> = places(&report).iter().map(|place| place["repo"].clone()).collect();
    assert_eq!(repos, ["x/kept.bundle", "x/mirror"]);
    assert_eq!(coverage(&report, "dir")["items"], 2);
    assert_eq!(coverage(&report, "git")["status"], "complete");
    sandbox.scan(&["--no-history"]).ends(0);
    // A folder with such names in it is none.
    for name in ["x/none/HEAD", "x/none/objects/pack/a", "x/none/refs/a"] {
        sandbox.write(name, secret("file"));
    }
    assert_eq!(copies(&sandbox.scan(&["--no-history"]).ends(1).json()).len(), 3);
    // A bundle that is cut off is a problem of its own.
    sandbox.write("x/cut.bundle", "# v2 git bundle\n");
    let report = sandbox.scan(&[]).ends(1).json();
    let problems = &coverage(&report, "git")["problems"];
    assert_eq!(problems[0]["place"]["path"], "x/cut.bundle", "{problems:#}");
}

#[test]
fn hooks_are_told_of_what_the_commit_at_hand_brings() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    git(&target, &["init", "-q"]);
    sandbox.write("a.env", "nothing\n");
    git(&target, &["add", "."]);
    git(&target, &["commit", "-qm", "one"]);
    let key = sandbox.key();
    let program = env!("CARGO_BIN_EXE_sekisho");
    let hook = sandbox.write(
        ".git/hooks/pre-commit",
        format!("#!/bin/sh\nexec {program} -q scan --staged --estate-key-file {}\n", key.display()),
    );
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let commit = |args: &[&str]| {
        let fixed = ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "x"];
        let mut command = sandbox.clean("git", fixed.iter().chain(args));
        command.current_dir(&target).env("GIT_CONFIG_GLOBAL", "/dev/null");
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        run(command, b"")
    };
    sandbox.write("a.env", secret("all"));
    // Nothing is staged: what is committed is in an index of git's own making.
    commit(&["-a"]).ends(1);
    commit(&["a.env"]).ends(1);
    // What is staged beside it is not committed, and not told.
    git(&target, &["add", "a.env"]);
    sandbox.write("b.env", "nothing\n");
    git(&target, &["add", "-N", "b.env"]);
    commit(&["b.env"]).ends(0);
    commit(&[]).ends(1);
    // Of another repository that index says nothing.
    let other = Sandbox::new();
    git(&other.target(), &["init", "-q"]);
    let mut command =
        sandbox.command(["scan", "--staged", "--ephemeral-key", other.target().to_str().unwrap()]);
    command.env("GIT_INDEX_FILE", ".git/index");
    run(command, b"").ends(0);
}
