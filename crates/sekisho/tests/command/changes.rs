//! Parts of a repository: what is staged, and what a range of commits brought.

use serde_json::Value;

use crate::report::{copies, coverage};
use crate::sandbox::{Sandbox, git, run};

/// Made up; each value has a number behind it.
const VALUE: &str = concat!("kV8x", "Qz2mPw7RtYb4");

fn repository(sandbox: &Sandbox) {
    let target = sandbox.target();
    git(&target, &["init", "-q", "-b", "main"]);
    for number in 0..40 {
        sandbox.write(format!("pkg/{}/file{number}.txt", number % 7), "nothing\n");
    }
    sandbox.write("old.env", format!("DB_PASSWORD={VALUE}1\n"));
    git(&target, &["add", "."]);
    git(&target, &["commit", "-qm", "one"]);
}

/// Path and type of every copy.
fn places(report: &Value) -> Vec<String> {
    let mut all: Vec<String> =
        copies(report).iter().map(|copy| copy["place"]["path"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

#[test]
fn only_what_is_staged_is_scanned() {
    let sandbox = Sandbox::new();
    repository(&sandbox);
    let target = sandbox.target();
    // Nothing is staged.
    let report = sandbox.scan(&["--staged"]).ends(0).json();
    assert!(places(&report).is_empty());
    assert_eq!(coverage(&report, "git")["items"], 0);
    // Staged and then changed, staged in a folder, not staged, staged as a removal.
    sandbox.write("new.env", format!("DB_PASSWORD={VALUE}2\n"));
    sandbox.write("pkg/3/deep/more.env", format!("API_TOKEN={VALUE}3\n"));
    git(&target, &["rm", "-q", "--cached", "old.env"]);
    git(&target, &["add", "new.env", "pkg"]);
    sandbox.write("new.env", "DB_PASSWORD=\n");
    sandbox.write("pkg/3/not.env", format!("DB_PASSWORD={VALUE}4\n"));
    let report = sandbox.scan(&["--staged"]).ends(1).json();
    assert_eq!(places(&report), ["new.env", "pkg/3/deep/more.env"]);
    assert_eq!(coverage(&report, "git")["items"], 2);
    let copy = &copies(&report)[0]["place"];
    assert_eq!((&copy["type"], &copy["side"]), (&"git".into(), &"index".into()), "{copy:#}");
    // The name of a staged copy is that of the file's: a baseline holds for both.
    let saved = sandbox.out("saved.json");
    sandbox.scan(&["--staged", "--save", saved.to_str().unwrap()]).ends(1);
    sandbox.scan(&["--staged", "--baseline", saved.to_str().unwrap()]).ends(0);
    // An index that is split, and one of version 4.
    git(&target, &["update-index", "--index-version", "4"]);
    assert_eq!(places(&sandbox.scan(&["--staged"]).ends(1).json()), places(&report));
    git(&target, &["update-index", "--split-index"]);
    sandbox.write("split.env", format!("DB_PASSWORD={VALUE}5\n"));
    sandbox.write("new.env", format!("DB_PASSWORD={VALUE}6\n"));
    git(&target, &["add", "split.env", "new.env"]);
    let report = sandbox.scan(&["--staged"]).ends(1).json();
    assert_eq!(places(&report), ["new.env", "pkg/3/deep/more.env", "split.env"]);
}

#[test]
fn a_first_commit_is_staged_as_a_whole() {
    let sandbox = Sandbox::new();
    git(&sandbox.target(), &["init", "-q"]);
    sandbox.write("a.env", format!("DB_PASSWORD={VALUE}1\n"));
    git(&sandbox.target(), &["add", "."]);
    assert_eq!(places(&sandbox.scan(&["--staged"]).ends(1).json()), ["a.env"]);
    // No repository: said, and no success.
    let elsewhere = Sandbox::new();
    let report = elsewhere.scan(&["--staged"]).ends(3).json();
    assert_eq!(report["coverage"][0]["status"], "failed");
}

#[test]
fn a_range_is_what_its_commits_brought() {
    let sandbox = Sandbox::new();
    repository(&sandbox);
    let target = sandbox.target();
    git(&target, &["tag", "v1"]);
    sandbox.write("two.env", format!("DB_PASSWORD={VALUE}2\n"));
    git(&target, &["add", "."]);
    git(&target, &["commit", "-qm", "two"]);
    sandbox.write("two.env", format!("# again\nDB_PASSWORD={VALUE}3\n"));
    // A copy of what was there before is new at its path.
    sandbox.write("copy.env", format!("DB_PASSWORD={VALUE}1\n"));
    git(&target, &["add", "."]);
    git(&target, &["commit", "-qm", &format!("three, password: {VALUE}4")]);
    git(&target, &["rm", "-q", "two.env"]);
    git(&target, &["commit", "-qm", "four"]);
    git(&target, &["gc", "-q"]);

    let scan = |args: &[&str], status| places(&sandbox.scan(args).ends(status).json());
    assert_eq!(scan(&["--since", "v1"], 1), ["", "copy.env", "two.env", "two.env"]);
    assert_eq!(scan(&["--range", "v1..HEAD~2"], 1), ["two.env"]);
    assert_eq!(scan(&["--range", "HEAD~1.."], 0), Vec::<String>::new());
    assert_eq!(scan(&["--range", "v1..v1"], 0), Vec::<String>::new());
    let report = sandbox.scan(&["--since", "HEAD~2"]).ends(1).json();
    let copy = copies(&report).into_iter().find(|copy| copy["place"]["path"] == "two.env").unwrap();
    assert_eq!(copy["place"]["versions"], 1, "{copy:#}");
    assert!(copy["place"]["removed"].is_object(), "{copy:#}");
    // A merge brings what it made itself, and what its other side brought.
    git(&target, &["checkout", "-q", "-b", "side", "v1"]);
    sandbox.write("side.env", format!("DB_PASSWORD={VALUE}5\n"));
    git(&target, &["add", "."]);
    git(&target, &["commit", "-qm", "side"]);
    git(&target, &["checkout", "-q", "main"]);
    git(&target, &["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    assert_eq!(scan(&["--since", "main~1"], 1), ["side.env"]);
    assert_eq!(scan(&["--range", "side..main"], 1), ["", "copy.env", "two.env", "two.env"]);
    // What is no revision is an error, not an empty answer.
    let report = sandbox.scan(&["--since", "no-such"]).ends(3).json();
    assert_eq!(coverage(&report, "git")["status"], "failed");
    sandbox.scan(&["--range", "v1"]).ends(2);
}

#[test]
fn what_came_after_a_range_has_not_removed_what_it_may_still_hold() {
    let sandbox = Sandbox::new();
    repository(&sandbox);
    let target = sandbox.target();
    for text in ["", "# edited\n", "# again\n"] {
        sandbox.write("old.env", format!("{text}DB_PASSWORD={VALUE}2\n"));
        git(&target, &["commit", "-qam", "edited"]);
    }
    sandbox.write("old.env", "DB_PASSWORD=\n");
    git(&target, &["commit", "-qam", "removed"]);
    let removed = |range: &str| {
        let report = sandbox.scan(&["--range", range]).ends(1).json();
        let [copy] = &copies(&report)[..] else { panic!("{report:#}") };
        copy["place"]["removed"].clone()
    };
    // Of the version behind this range nothing is known.
    assert_eq!(removed("HEAD~4..HEAD~2"), Value::Null);
    assert!(removed("HEAD~4..HEAD").is_object());
}

#[test]
fn staged_submodules_are_no_files_that_are_missing() {
    let sandbox = Sandbox::new();
    repository(&sandbox);
    let target = sandbox.target();
    let commit = format!("160000,{},lib", "1".repeat(40));
    git(&target, &["update-index", "--add", "--cacheinfo", &commit]);
    let report = sandbox.scan(&["--staged", "--require-complete"]).ends(0).json();
    assert_eq!(coverage(&report, "git")["items"], 0);
    // Nor what will be added, and was not yet.
    sandbox.write("later.env", format!("DB_PASSWORD={VALUE}2\n"));
    git(&target, &["add", "-N", "later.env"]);
    sandbox.scan(&["--staged", "--require-complete"]).ends(0);
    let report = sandbox.scan(&["--require-complete"]).ends(1).json();
    assert_eq!(coverage(&report, "git")["status"], "complete");
    // What is staged and not here is.
    let gone = format!("100644,{},gone", "1".repeat(40));
    git(&target, &["update-index", "--add", "--cacheinfo", &gone]);
    for args in [&["--staged"][..], &[]] {
        let report = sandbox.scan(args).json();
        let problems = &coverage(&report, "git")["problems"];
        assert_eq!(problems[0]["place"]["blob"], "1".repeat(40), "{problems:#}");
    }
}

#[test]
fn a_folder_of_a_work_tree_stands_for_the_repository() {
    let sandbox = Sandbox::new();
    repository(&sandbox);
    let target = sandbox.target();
    sandbox.write("pkg/3/deep/more.env", format!("API_TOKEN={VALUE}3\n"));
    git(&target, &["add", "."]);
    let scan = |args: &[&str]| {
        let mut command = sandbox.command(sandbox.scan_args(args));
        command.current_dir(target.join("pkg/3/deep"));
        places(&run(command, b"").ends(1).json())
    };
    assert_eq!(scan(&["--staged"]), ["pkg/3/deep/more.env"]);
    git(&target, &["commit", "-qm", "two"]);
    assert_eq!(scan(&["--since", "HEAD~1"]), ["pkg/3/deep/more.env"]);
}

#[test]
fn what_is_only_staged_is_taken_out_of_the_index_and_not_purged_from_a_history() {
    let sandbox = Sandbox::new();
    repository(&sandbox);
    let target = sandbox.target();
    sandbox.write("new.env", format!("DB_PASSWORD={VALUE}2\n"));
    git(&target, &["add", "new.env"]);
    // Told alone by a hook, and beside what is committed by a scan of all.
    sandbox.write("new.env", "DB_PASSWORD=\n");
    for args in [&["--staged"][..], &[]] {
        let report = sandbox.scan(args).ends(1).json();
        let findings = report["findings"].as_array().unwrap();
        let check_at = |path: &str| {
            let mut at = findings.iter().filter(|finding| finding["place"]["path"] == path);
            at.rfind(|finding| finding["place"]["type"] == "git").map(|finding| finding["check"].clone())
        };
        assert_eq!(check_at("new.env"), Some("git/secret-in-index".into()), "{findings:#?}");
        let committed = args.is_empty().then(|| "git/secret-in-history".into());
        assert_eq!(check_at("old.env"), committed, "{findings:#?}");
    }
    let run = sandbox.scan(&["--staged", "--format", "table"]).ends(1);
    assert!(run.out().contains("git restore --staged"), "{}", run.out());
    assert!(!run.out().contains("filter-repo") && !run.out().contains("un-leak"), "{}", run.out());
    // Once committed it is of the history, and staged again elsewhere it stays so.
    git(&target, &["commit", "-qm", "two"]);
    sandbox.write("again.env", format!("# again\nDB_PASSWORD={VALUE}2\n"));
    git(&target, &["add", "again.env"]);
    std::fs::remove_file(target.join("again.env")).unwrap();
    let run = sandbox.scan(&["--format", "table"]).ends(1);
    assert!(run.out().contains("again.env") && !run.out().contains("git restore --staged"), "{}", run.out());
}
