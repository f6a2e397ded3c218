//! What git knows of a file: tracked, untracked, ignored; and that its history is another matter.

use serde_json::{Value, json};

use super::PASSWORD;
use crate::report::{copies, coverage};
use crate::sandbox::{Sandbox, git};

/// The copy in a file, with its credential's severity beside it.
fn copy(report: &Value, path: &str) -> Value {
    let all = copies(report);
    all.into_iter()
        .find(|copy| copy["place"]["path"] == path)
        .unwrap_or_else(|| panic!("no {path} in {report:#}"))
}

#[test]
fn files_are_tracked_untracked_or_ignored() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    let line = |n: u8| format!("DB_PASSWORD={PASSWORD}{n}\n");
    git(&target, &["init", "-q"]);
    sandbox.write(".gitignore", "*.local.env\nbuild/\n");
    sandbox.write("tracked.env", line(1));
    sandbox.write("forced.local.env", line(2));
    git(&target, &["add", "-f", "."]);
    git(&target, &["commit", "-qm", "one"]);
    sandbox.write("untracked.env", line(3));
    sandbox.write("mine.local.env", line(4));
    sandbox.write("build/out.env", line(5));

    let run = sandbox.scan(&[]).ends(1);
    let report = run.json();
    for (path, tracked, severity) in [
        ("tracked.env", "tracked", "high"),
        ("forced.local.env", "tracked", "high"),
        ("untracked.env", "untracked", "high"),
        ("mine.local.env", "ignored", "low"),
        ("build/out.env", "ignored", "low"),
    ] {
        let copy = copy(&report, path);
        assert_eq!(copy["tracked"], tracked, "{path}");
        assert_eq!(copy["severity"], severity, "{path}");
    }
    // The whole credential is low where all its copies are, and so are the findings about them.
    for finding in report["findings"].as_array().unwrap() {
        let path = finding["place"]["path"].as_str().unwrap();
        let ignored = path == "mine.local.env" || path == "build/out.env";
        assert_eq!(finding["severity"], if ignored { "low" } else { "high" }, "{path}");
    }
    // The history is an entry of its own; on request it is left out.
    assert_eq!(coverage(&report, "dir")["status"], "complete");
    assert_eq!(coverage(&report, "git")["status"], "complete");
    let report = sandbox.scan(&["--no-history"]).ends(1).json();
    assert_eq!(report["coverage"].as_array().unwrap().len(), 1);
    sandbox.scan(&["--no-history", "--require-complete", "--fail-on", "never"]).ends(0);
    // In a group of their own for people.
    let table = sandbox.run(["scan", ".", "--ephemeral-key"]).ends(1);
    let (leaks, hygiene) = table.out().split_once("Only in files that git ignores").unwrap();
    assert!(leaks.contains("untracked.env") && !leaks.contains("mine.local.env"), "{}", table.out());
    assert!(hygiene.contains("mine.local.env") && hygiene.contains("build/out.env"), "{}", table.out());
}

/// The copies of the one credential in a report that lie in a history.
fn in_history(report: &Value) -> Vec<Value> {
    let copies =
        report["credentials"].as_array().unwrap().iter().flat_map(|c| c["copies"].as_array().unwrap());
    copies.map(|copy| copy["place"].clone()).filter(|place| place["type"] == "git").collect()
}

#[test]
fn what_was_committed_and_removed_is_found_with_its_commits() {
    let sandbox = Sandbox::new();
    let target = sandbox.target();
    git(&target, &["init", "-q", "-b", "main"]);
    for (content, message) in [
        (format!("DB_PASSWORD={PASSWORD}\n"), "one".to_owned()),
        (format!("# moved down\nDB_PASSWORD={PASSWORD}\n"), "two".to_owned()),
        ("DB_PASSWORD=\n".to_owned(), format!("three, password: {PASSWORD}x")),
    ] {
        sandbox.write("app.env", content);
        git(&target, &["add", "."]);
        git(&target, &["commit", "-qm", &message]);
    }
    let report = sandbox.scan(&[]).ends(1).json();
    assert_eq!(coverage(&report, "git")["status"], "complete");
    let places = in_history(&report);
    let place = places.iter().find(|place| place["path"] == "app.env").unwrap();
    assert_eq!((&place["versions"], &place["line"], &place["side"]), (&2.into(), &2.into(), &"refs".into()));
    assert!(place["introduced"]["commit"].is_string() && place["removed"]["when"].is_string(), "{place}");
    assert_ne!(place["introduced"], place["removed"]);
    assert_eq!(place["in_tip_of"].as_array().unwrap().len(), 0);
    assert!(place["introduced"].get("author").is_none());
    // The message of a commit is read, too.
    assert!(places.iter().any(|place| place["path"] == ""), "{places:?}");
    let all = sandbox.scan(&["--every-version", "--authors=plain"]).ends(1).json();
    assert_eq!(in_history(&all).iter().filter(|place| place["path"] == "app.env").count(), 2);
    assert!(in_history(&all)[0]["introduced"]["author"].as_str().unwrap().contains('@'));

    // A branch that still has it, and a history alone.
    git(&target, &["branch", "old", "HEAD~1"]);
    let alone = sandbox.run(["scan", "git:.", "--ephemeral-key", "-f", "json"]).ends(1).json();
    assert_eq!(alone["coverage"].as_array().unwrap().len(), 1);
    let places = in_history(&alone);
    let place = places.iter().find(|place| place["path"] == "app.env").unwrap();
    assert_eq!((&place["in_tip_of"][0], &place["removed"]), (&"old".into(), &Value::Null));
}

#[test]
fn a_repository_of_ignored_files_alone_does_not_fail() {
    let sandbox = Sandbox::new();
    git(&sandbox.target(), &["init", "-q"]);
    sandbox.write(".gitignore", "*.yaml\n.env\n");
    sandbox.write(".env", format!("DB_PASSWORD={PASSWORD}\n"));
    // Not even the manifest of a Secret, whose finding is high elsewhere.
    sandbox.write(
        "secret.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData: {{password: {PASSWORD}}}\n"
        ),
    );
    let report = sandbox.scan(&[]).ends(0).json();
    assert_eq!(report["credentials"][0]["copies_total"], 2);
    sandbox.scan(&["--fail-on", "low"]).ends(1);
    // Beside a copy that is committed it is what that one is.
    sandbox.write("app.env", format!("DB_PASSWORD={PASSWORD}\n"));
    let report = sandbox.scan(&[]).ends(1).json();
    assert_eq!(report["credentials"][0]["severity"], "high");
    assert_eq!(copy(&report, ".env")["severity"], "low");
}

#[test]
fn outside_of_git_nothing_is_known() {
    let sandbox = super::leaky();
    let report = sandbox.scan(&[]).ends(1).json();
    assert_eq!(copy(&report, "app.env")["tracked"], json!(null));
    // Something that is called `.git` is no repository by its name.
    sandbox.write(".git/app.env", format!("DB_PASSWORD={PASSWORD}\n"));
    let report = sandbox.scan(&[]).ends(1).json();
    assert_eq!(copy(&report, ".git/app.env")["tracked"], json!(null));
}
