//! Repositories made by git itself, and what git says of them.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "shared by several tests")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use sekisho_git::{Blob, Blobs, History, Options, Repository, Trouble, Walked};

/// Runs git in `at`, without anybody's settings, at a fixed time; its output.
pub fn git(at: &Path, args: &[&str]) -> String {
    git_at(at, args, 1_600_000_000)
}

/// [`git`] at another time.
pub fn git_at(at: &Path, args: &[&str], time: i64) -> String {
    let time = format!("{time} +0000");
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"])
        .args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0"])
        .args(args)
        .current_dir(at)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_DATE", &time)
        .env("GIT_COMMITTER_DATE", &time)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn write(at: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = at.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// A file of which each version differs a little from the one before.
pub fn version(n: u32) -> String {
    (0..200)
        .map(|line| if line % 40 == n % 40 { format!("{line} {n}\n") } else { format!("{line}\n") })
        .collect()
}

/// A repository with a history of many versions.
pub fn grown(root: &Path, hash: &str) {
    git(root, &["init", "-q", &format!("--object-format={hash}")]);
    for n in 0..60 {
        write(root, "dir/sub/file.txt", version(n));
        write(root, &format!("other-{}", n % 7), format!("{n}"));
        git(root, &["add", "."]);
        git_at(root, &["commit", "-qm", &format!("commit {n}")], 1_600_000_000 + i64::from(n));
    }
}

/// The same in four packs under one index of all.
pub fn packs_under_one_index(root: &Path, hash: &str) {
    grown(root, hash);
    git(root, &["repack", "-dq"]);
    for n in 0..3 {
        write(root, "dir/more.txt", format!("pack {n}\n").repeat(40));
        git(root, &["add", "."]);
        git_at(root, &["commit", "-qm", "more"], 1_700_000_000 + n);
        git(root, &["repack", "-dq"]);
    }
    git(root, &["multi-pack-index", "write"]);
}

/// All blobs that git knows of, with their sizes.
pub fn blobs_of_git(at: &Path) -> BTreeMap<String, u64> {
    let all = git(
        at,
        &[
            "cat-file",
            "--batch-all-objects",
            "--batch-check=%(objectname) %(objecttype) %(objectsize)",
            "--unordered",
        ],
    );
    let lines = all.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    lines
        .filter(|line| line[1] == "blob")
        .map(|line| (line[0].to_owned(), line[2].parse().unwrap()))
        .collect()
}

/// What was handed out.
#[derive(Default)]
pub struct Collected {
    pub blobs: Mutex<BTreeMap<String, Vec<u8>>>,
    pub numbers: Mutex<BTreeMap<String, u32>>,
    /// How often each was said to come for the first time.
    firsts: Mutex<BTreeMap<String, u32>>,
}

struct Collect<'a>(&'a Repository, &'a Collected);

impl Blobs for Collect<'_> {
    type State = Vec<u8>;
    type Scratch = ();

    fn blob(&self, (): &mut (), blob: Blob<'_, Vec<u8>>, again: bool) -> Vec<u8> {
        if let Some((base, len, copies)) = blob.base {
            assert_eq!(base.len(), len);
            for copy in copies {
                let (from, to) = (copy.base..copy.base + copy.len, copy.result..copy.result + copy.len);
                assert_eq!(base[from], blob.bytes[to], "a copy is one");
            }
            assert!(copies.is_sorted_by(|a, b| a.result + a.len <= b.result));
        }
        let name = self.0.names().name(blob.object).unwrap().to_string();
        self.1.blobs.lock().unwrap().insert(name.clone(), blob.bytes.to_vec());
        self.1.numbers.lock().unwrap().insert(name.clone(), blob.object);
        *self.1.firsts.lock().unwrap().entry(name).or_default() += u32::from(!again);
        blob.bytes.to_vec()
    }
}

/// Everything that is read of a repository.
pub struct Read {
    pub repository: Repository,
    pub history: History,
    pub blobs: BTreeMap<String, Vec<u8>>,
    pub numbers: BTreeMap<String, u32>,
    pub messages: Vec<String>,
    pub troubles: Vec<Trouble>,
    pub walked: Walked,
}

/// Reads a repository.
pub fn read(at: &Path, options: Options) -> Read {
    let troubles = Mutex::new(Vec::new());
    let trouble = |trouble: Trouble| troubles.lock().unwrap().push(trouble);
    let repository = if at.is_dir() {
        Repository::open(at, options, &trouble).unwrap()
    } else {
        Repository::open_bundle(at, options, &trouble).unwrap()
    };
    let messages = Mutex::new(Vec::new());
    let history = repository.history(
        &|message| messages.lock().unwrap().push(String::from_utf8_lossy(message.text).into_owned()),
        &trouble,
    );
    let collected = Collected::default();
    let walked = repository.blobs(&Collect(&repository, &collected), None, &trouble);
    // Of two threads that are handed one blob, either may come here first; one of them was told that
    // it was the first.
    assert!(collected.firsts.into_inner().unwrap().values().all(|firsts| *firsts == 1));
    let mut messages = messages.into_inner().unwrap();
    messages.sort();
    let mut troubles = troubles.into_inner().unwrap();
    troubles.sort();
    Read {
        repository,
        history,
        blobs: collected.blobs.into_inner().unwrap(),
        numbers: collected.numbers.into_inner().unwrap(),
        messages,
        troubles,
        walked,
    }
}

/// Checks that a repository is read as git reads it; what was read.
pub fn agrees(at: &Path, options: Options) -> Read {
    let read = read(at, options);
    assert_eq!(read.troubles, []);
    let sizes: BTreeMap<String, u64> =
        read.blobs.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect();
    assert_eq!(sizes, blobs_of_git(at));
    for (name, bytes) in read.blobs.iter().step_by(1 + read.blobs.len() / 50) {
        assert_eq!(git(at, &["cat-file", "blob", name]), String::from_utf8_lossy(bytes), "{name}");
    }
    read
}
