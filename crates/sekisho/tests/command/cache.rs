//! What is kept of histories between scans: the same report, sooner, and nothing that is secret.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::report::coverage;
use crate::sandbox::{Run, Sandbox, git, run};

/// Made up; each value has a number behind it.
const VALUE: &str = concat!("kV8x", "Qz2mPw7RtYb4");

struct Kept {
    sandbox: Sandbox,
    cache: PathBuf,
}

impl Kept {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let cache = sandbox.root().join("kept");
        std::fs::create_dir(&cache).unwrap();
        git(&sandbox.target(), &["init", "-q", "-b", "main"]);
        Self { sandbox, cache }
    }

    fn commit(&self, path: &str, content: &str) {
        self.sandbox.write(path, content);
        git(&self.sandbox.target(), &["add", "."]);
        git(&self.sandbox.target(), &["commit", "-qm", path]);
    }

    fn command(&self, more: &[&str]) -> std::process::Command {
        let mut args = self.sandbox.scan_args(&["--fail-on", "never"]);
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        let mut command = self.sandbox.command(args);
        command.env("XDG_CACHE_HOME", &self.cache);
        command
    }

    fn scan(&self, more: &[&str]) -> Run {
        run(self.command(more), b"").ends(0)
    }

    /// The file of what is known of blobs, and that of the whole answer.
    fn both(&self) -> [PathBuf; 2] {
        let (answers, blobs): (Vec<PathBuf>, Vec<PathBuf>) =
            self.files().into_iter().partition(|file| file.parent().unwrap().ends_with("answers"));
        let ([blobs], [answer]) = (&blobs[..], &answers[..]) else { panic!("{blobs:?} {answers:?}") };
        [blobs.clone(), answer.clone()]
    }

    /// Scans, and whether that was answered from what was told before: then what is known of blobs is
    /// not read at all.
    fn scan_and_whether_told_again(&self, more: &[&str]) -> (Run, bool) {
        let [blobs, _] = self.both();
        let whole = std::fs::read(&blobs).unwrap();
        std::fs::write(&blobs, b"not ours").unwrap();
        let scan = self.scan(more);
        std::fs::write(&blobs, whole).unwrap();
        let told_again = !scan.err().contains("scanned again");
        (scan, told_again)
    }

    /// All files that are kept.
    fn files(&self) -> Vec<PathBuf> {
        let mut waiting = vec![self.cache.clone()];
        let mut files = Vec::new();
        while let Some(path) = waiting.pop() {
            match path.is_dir() {
                true => waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path())),
                false => files.push(path),
            }
        }
        files
    }
}

fn holds(path: &Path, word: &[u8]) -> bool {
    std::fs::read(path).unwrap().windows(word.len()).any(|window| window == word)
}

#[test]
fn the_second_scan_says_the_same_and_nothing_secret_is_kept() {
    let kept = Kept::new();
    let long: String = (0..400).map(|n| format!("line {n} of a text without anything\n")).collect();
    for n in 0..20 {
        kept.commit("notes.txt", &format!("{long}version {n}\n"));
        kept.commit("deploy/secret.yaml", &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\nstringData:\n  password: {VALUE}{}\n# {n}\n", n / 5));
    }
    kept.commit("app.env", &format!("{long}DB_PASSWORD={VALUE}9\n"));
    git(&kept.sandbox.target(), &["gc", "-q"]);
    let plain = kept.scan(&["--no-cache"]);
    assert!(kept.files().is_empty());
    let first = kept.scan(&[]);
    let files = kept.both();
    assert_eq!(first.json(), plain.json());
    assert_eq!(kept.scan(&[]).json(), plain.json());
    // Neither values nor fingerprints.
    assert!(files.iter().all(|file| !holds(file, VALUE.as_bytes())));
    let report = plain.json();
    for credential in report["credentials"].as_array().unwrap() {
        let fingerprint = credential["fingerprint"].as_str().unwrap();
        let raw: Vec<u8> =
            (0..16).map(|at| u8::from_str_radix(&fingerprint[2 * at..2 * at + 2], 16).unwrap()).collect();
        assert!(files.iter().all(|file| !holds(file, &raw) && !holds(file, fingerprint.as_bytes())));
    }
    // More commits, other paths of the same blobs, other options.
    kept.commit("copy/app.env", &format!("{long}DB_PASSWORD={VALUE}9\n"));
    kept.commit("notes.txt", &format!("{long}API_TOKEN={VALUE}8\n"));
    git(&kept.sandbox.target(), &["mv", "app.env", "app.md"]);
    git(&kept.sandbox.target(), &["commit", "-qm", "moved"]);
    for args in [&[][..], &[], &["--every-version"], &["--no-inline-ignore"], &["--exclude", "copy/**"]] {
        let with = kept.scan(args).json();
        let without = kept.scan(&[args, &["--no-cache"]].concat()).json();
        assert_eq!(with, without, "{args:?}");
    }
    // With a key of its own nothing is kept and nothing is read.
    files.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    let mut command = kept.sandbox.command(["scan", ".", "--ephemeral-key", "--fail-on", "never"]);
    command.env("XDG_CACHE_HOME", &kept.cache);
    run(command, b"").ends(0);
    assert!(kept.files().is_empty());
}

#[test]
fn what_is_kept_and_was_changed_is_scanned_again_and_said() {
    let kept = Kept::new();
    kept.commit("app.env", &format!("DB_PASSWORD={VALUE}1\n"));
    let report = kept.scan(&[]).json();
    let [blobs, answer] = kept.both();
    for file in [&answer, &blobs] {
        let whole = std::fs::read(file).unwrap();
        for at in (32..whole.len()).step_by(whole.len() / 24) {
            if file == &blobs {
                std::fs::remove_file(&answer).unwrap();
            }
            let mut forged = whole.clone();
            forged[at] ^= 0x10;
            std::fs::write(file, forged).unwrap();
            let again = kept.scan(&[]);
            assert_eq!(again.json(), report, "byte {at}");
            assert!(again.err().contains("scanned again"), "{}", again.err());
        }
        let healed = kept.scan(&[]);
        assert!(!healed.err().contains("scanned again"), "{}", healed.err());
    }
}

/// The commit of this name.
fn named(repository: &Path, name: &str) -> String {
    let out =
        std::process::Command::new("git").args(["rev-parse", name]).current_dir(repository).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// Every way in which a repository can come to say something else, and some in which it says the same.
#[test]
fn a_repository_that_has_not_changed_is_told_again_and_one_that_has_is_not() {
    let kept = Kept::new();
    let target = kept.sandbox.target();
    let long: String = (0..200).map(|n| format!("line {n} of a text without anything\n")).collect();
    for n in 0..6 {
        kept.commit("deploy/secret.yaml", &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\nstringData:\n  password: {VALUE}{}\n  note: x{n}\n", n / 2));
        kept.commit("app.env", &format!("{long}DB_PASSWORD={VALUE}5\n# {n}\n"));
    }
    git(&target, &["commit", "-q", "--allow-empty", "-m", &format!("password: {VALUE}77")]);
    git(&target, &["tag", "-a", "v1", "-m", &format!("API_TOKEN={VALUE}78")]);
    kept.scan(&[]);
    let check = |what: &str, told_again: bool, more: &[&str]| {
        let plain = kept.scan(&[more, &["--no-cache"]].concat());
        for expected in [told_again, true] {
            let (scan, told_again) = kept.scan_and_whether_told_again(more);
            assert_eq!(scan.out(), plain.out(), "{what}");
            assert_eq!(told_again, expected, "{what}");
        }
    };
    check("nothing", true, &[]);
    let changed = |what: &str, change: &dyn Fn()| {
        change();
        check(what, false, &[]);
    };
    changed("a commit", &|| kept.commit("new.env", &format!("DB_PASSWORD={VALUE}9\n")));
    changed("a ref", &|| git(&target, &["branch", "side", "HEAD~2"]));
    changed("a symbolic ref", &|| git(&target, &["symbolic-ref", "HEAD", "refs/heads/side"]));
    changed("a deleted ref", &|| {
        git(&target, &["symbolic-ref", "HEAD", "refs/heads/main"]);
        git(&target, &["branch", "-qD", "side"]);
    });
    changed("a log's line", &|| {
        let head = named(&target, "HEAD~3");
        let line = format!("{head} {head} a <a@example.org> 1700000000 +0000\tcommit: password: {VALUE}79\n");
        let path = target.join(".git/logs/refs/heads/main");
        let log = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, log + &line).unwrap();
    });
    changed("an index", &|| {
        kept.sandbox.write("staged.env", format!("DB_PASSWORD={VALUE}80\n"));
        git(&target, &["add", "staged.env"]);
    });
    changed("a stash", &|| git(&target, &["stash", "-q"]));
    changed("a loose object of nobody", &|| {
        let path = kept.sandbox.write_out("lost.env", format!("DB_PASSWORD={VALUE}81\n"));
        git(&target, &["hash-object", "-w", path.to_str().unwrap()]);
    });
    changed("a pack", &|| git(&target, &["repack", "-adq"]));
    changed("a gc", &|| git(&target, &["gc", "-q", "--prune=now"]));
    changed("a commit that is left out", &|| {
        let head = named(&target, "HEAD");
        std::fs::write(target.join(".git/shallow"), head).unwrap();
    });
    changed("a work tree", &|| {
        let at = kept.sandbox.out("tree");
        git(&target, &["worktree", "add", "-q", "--detach", at.to_str().unwrap()]);
    });
    changed("what is borrowed from", &|| {
        let other = kept.sandbox.out("other");
        std::fs::create_dir(&other).unwrap();
        git(&other, &["init", "-q"]);
        std::fs::write(other.join("x.env"), format!("DB_PASSWORD={VALUE}82\n")).unwrap();
        git(&other, &["add", "."]);
        let line = format!("{}\n", other.join(".git/objects").display());
        std::fs::write(target.join(".git/objects/info/alternates"), line).unwrap();
    });
    changed("a damaged pack", &|| {
        let mut files = std::fs::read_dir(target.join(".git/objects/pack")).unwrap();
        let pack = files
            .find_map(|file| {
                Some(file.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "pack"))
            })
            .unwrap();
        let mut bytes = std::fs::read(&pack).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 8].fill(0);
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, bytes).unwrap();
    });
    // Settings of remotes are read in any case, and so are files of the work tree.
    let remote = format!("https://joe:{VALUE}83@git.example.org/x");
    git(&target, &["remote", "add", "origin", &remote]);
    check("settings", true, &[]);
    // What is asked for in another way is another answer.
    for more in [
        &["--every-version"][..],
        &["--exclude", "deploy/**"],
        &["--include", "*.env"],
        &["--no-inline-ignore"],
    ] {
        check("other options", false, more);
    }
    // What only shows behind the answer does not matter to it.
    check("options", false, &[]);
    for more in [&["--max-copies", "1"][..], &["--weak-fingerprints"], &["--jobs", "1"]] {
        check("later options", true, more);
    }
}

#[test]
fn a_scan_that_is_killed_is_made_up_for() {
    let kept = Kept::new();
    for n in 0..60 {
        let lines: String = (0..2_000).map(|line| format!("line {line} {}\n", line * n % 977)).collect();
        kept.commit("big.txt", &format!("{lines}DB_PASSWORD={VALUE}{}\n", n / 20));
    }
    let report = kept.scan(&["--no-cache"]).json();
    for wait in [0, 5, 20, 60, 120, 250] {
        let mut command = kept.command(&[]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let again = kept.scan(&[]);
        assert_eq!(again.json(), report, "killed after {wait} ms");
        assert!(!again.err().contains("scanned again"), "{}", again.err());
        for file in kept.files() {
            std::fs::remove_file(file).unwrap();
        }
    }
    assert_eq!(coverage(&report, "git")["status"], "complete");
}
