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
    let [file] = &kept.files()[..] else { panic!("{:?}", kept.files()) };
    assert_eq!(first.json(), plain.json());
    assert_eq!(kept.scan(&[]).json(), plain.json());
    // Neither values nor fingerprints.
    assert!(!holds(file, VALUE.as_bytes()));
    let report = plain.json();
    for credential in report["credentials"].as_array().unwrap() {
        let fingerprint = credential["fingerprint"].as_str().unwrap();
        let raw: Vec<u8> =
            (0..16).map(|at| u8::from_str_radix(&fingerprint[2 * at..2 * at + 2], 16).unwrap()).collect();
        assert!(!holds(file, &raw) && !holds(file, fingerprint.as_bytes()));
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
    std::fs::remove_file(file).unwrap();
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
    let files = kept.files();
    let whole = std::fs::read(&files[0]).unwrap();
    for at in (32..whole.len()).step_by(7) {
        let mut forged = whole.clone();
        forged[at] ^= 0x10;
        std::fs::write(&files[0], forged).unwrap();
        let again = kept.scan(&[]);
        assert_eq!(again.json(), report, "byte {at}");
        assert!(again.err().contains("scanned again"), "{}", again.err());
    }
    let healed = kept.scan(&[]);
    assert!(!healed.err().contains("scanned again"), "{}", healed.err());
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
