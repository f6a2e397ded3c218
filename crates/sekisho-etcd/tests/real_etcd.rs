//! A running etcd (Debian's 3.4, or whichever `etcd` and `etcdctl` are on the path), proven after
//! each step of the way to clean. Without one the test says so and passes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sekisho_etcd::proof::{FileKind, FileProof, Region, SnapshotHash, Verdict};
use sekisho_etcd::sample::{find, sealed, secret};
use sekisho_etcd::{Options, Require, prove, resolve_still_live};
use sekisho_secret::EstateKey;

struct Etcd {
    process: Child,
    dir: PathBuf,
    url: String,
}

impl Drop for Etcd {
    fn drop(&mut self) {
        let stopped = self.process.kill().and_then(|()| self.process.wait());
        let removed = std::fs::remove_dir_all(&self.dir);
        assert!(stopped.is_ok() && removed.is_ok());
    }
}

impl Etcd {
    /// Starts a member of its own cluster; none when there is no etcd here.
    fn start() -> Option<Self> {
        if Command::new("etcdctl").arg("version").output().is_err() {
            eprintln!("SKIPPED: no etcd and etcdctl on the path");
            return None;
        }
        let port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (client, peer) = (format!("http://127.0.0.1:{}", port()), format!("http://127.0.0.1:{}", port()));
        let dir = std::env::temp_dir().join(format!("sekisho-etcd-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let process = Command::new("etcd")
            .args(["--name", "one", "--data-dir"])
            .arg(dir.join("data"))
            .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &format!("one={peer}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok();
        let Some(process) = process else {
            eprintln!("SKIPPED: etcd does not start");
            return None;
        };
        let etcd = Self { process, dir, url: client };
        for _ in 0..200 {
            if etcd.try_ctl(&["endpoint", "health"], b"").is_some() {
                return Some(etcd);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("etcd does not become healthy");
    }

    fn try_ctl(&self, args: &[&str], input: &[u8]) -> Option<String> {
        let mut process = Command::new("etcdctl")
            .env("ETCDCTL_API", "3")
            .args(["--endpoints", &self.url])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        process.stdin.take().unwrap().write_all(input).unwrap();
        let output = process.wait_with_output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn ctl(&self, args: &[&str], input: &[u8]) -> String {
        self.try_ctl(args, input).unwrap_or_else(|| panic!("etcdctl {args:?}"))
    }

    fn put(&self, name: &str, value: &[u8]) {
        self.ctl(&["put", &key(name)], value);
    }

    fn compact(&self) {
        let status = self.ctl(&["endpoint", "status", "--write-out", "json"], b"");
        let status: serde_json::Value = serde_json::from_str(&status).unwrap();
        let revision = status[0]["Status"]["header"]["revision"].as_u64().unwrap();
        self.ctl(&["compact", "--physical", &revision.to_string()], b"");
    }

    /// The store, the log and a snapshot as they are now.
    fn files(&self) -> [Vec<u8>; 3] {
        // etcd writes its batches every 100 ms.
        std::thread::sleep(Duration::from_millis(400));
        let member = self.dir.join("data/member");
        let snapshot = self.dir.join("snapshot.db");
        self.ctl(&["snapshot", "save", snapshot.to_str().unwrap()], b"");
        let log = std::fs::read_dir(member.join("wal")).unwrap().map(|entry| entry.unwrap().path());
        let log = log.filter(|path| path.extension().is_some_and(|e| e == "wal")).min().unwrap();
        [member.join("snap/db"), log, snapshot].map(|path: PathBuf| settled(&path))
    }
}

/// What a file holds once nobody writes to it: beside its writer a store is read in halves now and then, on
/// a machine that is busy.
fn settled(path: &Path) -> Vec<u8> {
    let mut before = read(path);
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(150));
        let now = read(path);
        if now == before {
            return now;
        }
        before = now;
    }
    panic!("{} is written to all the time", path.display());
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

fn key(name: &str) -> String {
    format!("/registry/secrets/shop/{name}")
}

fn check(bytes: &[u8], expected: Verdict) -> FileProof {
    let require = Require::default();
    let estate = EstateKey::from_bytes(*b"0123456789abcdef0123456789abcdef").unwrap();
    let proof = prove(
        &bytes.to_vec(),
        "file",
        &Options { require: &require, identify: &estate, keys: None, hash: true },
    );
    assert_eq!(proof.accounting.total(), proof.bytes);
    assert_eq!(proof.problems, []);
    assert_eq!(proof.verdict, expected, "{:?} {:?}", proof.objects, proof.unattributed);
    for at in find(bytes, b"canary-") {
        let at = at as u64;
        let inside = proof.remains.iter().any(|r| r.offset <= at && at + 20 <= r.offset + r.length);
        assert!(inside, "a canary at {at} is in no remains");
    }
    proof
}

fn regions(proof: &FileProof) -> BTreeSet<Region> {
    proof.remains.iter().map(|remains| remains.region).collect()
}

#[test]
fn every_step_of_the_way_to_clean_is_proven() {
    let Some(etcd) = Etcd::start() else { return };
    let plain = |n: usize, round: &str| {
        let value = format!("canary-{round}-{n:04}-{}", "x".repeat(n * 17 % 900));
        secret("shop", &format!("s{n}"), &[("password", value.as_bytes())])
    };
    // Written in plain; one is big enough for overflow pages.
    for n in 0..40 {
        etcd.put(&format!("s{n}"), &plain(n, "first"));
    }
    let big = secret("shop", "big", &[("bundle", &b"canary-big-0123456789".repeat(6000))]);
    etcd.put("big", &big);
    let [db, log, snapshot] = etcd.files();
    // A page that was written twice leaves its first copy behind.
    let copies = BTreeSet::from([Region::Live, Region::Free]);
    assert!(regions(&check(&db, Verdict::Plaintext)).is_subset(&copies));
    let proof = check(&snapshot, Verdict::Plaintext);
    assert_eq!((proof.kind, proof.snapshot_hash), (FileKind::Snapshot, Some(SnapshotHash::Ok)));
    assert_eq!(proof.remains.iter().filter(|r| r.region == Region::Live).count(), 41);
    assert!(proof.remains.iter().all(|r| r.still_live == Some(true) && r.fingerprints.len() == 1));
    assert_eq!(check(&log, Verdict::Plaintext).remains.len(), 41);

    // Overwritten in plain, then deleted, then written again sealed.
    for n in 0..10 {
        etcd.put(&format!("s{n}"), &plain(n, "second"));
    }
    for n in 30..40 {
        etcd.ctl(&["del", &key(&format!("s{n}"))], b"");
    }
    for n in 0..25 {
        etcd.put(&format!("s{n}"), &sealed(700, n as u64));
    }
    etcd.put("big", &sealed(120_000, 77));
    let [db, log, snapshot] = etcd.files();
    for store in [&db, &snapshot] {
        let proof = check(store, Verdict::Plaintext);
        let seen = regions(&proof);
        assert!(
            seen.is_superset(&BTreeSet::from([Region::Live, Region::Superseded, Region::Deleted])),
            "{seen:?}"
        );
        let count = |region| proof.remains.iter().filter(|r| r.region == region).count();
        assert_eq!((count(Region::Live), count(Region::Superseded), count(Region::Deleted)), (5, 36, 10));
    }
    let mut proof = check(&log, Verdict::Plaintext);
    assert_eq!(proof.remains.len(), 51);
    resolve_still_live(&db, &log, None, &mut proof);
    let live = |n: &str| proof.remains.iter().find(|r| r.etcd_key == Some(key(n))).unwrap().still_live;
    assert_eq!((live("s1"), live("s27"), live("s31")), (None, Some(true), Some(false)));

    // The last ones sealed: nothing live is in plain, everything else still is.
    for n in 25..30 {
        etcd.put(&format!("s{n}"), &sealed(700, n as u64));
    }
    let [db, ..] = etcd.files();
    assert!(!regions(&check(&db, Verdict::Plaintext)).contains(&Region::Live));

    // Compacted: free pages hold it, and so does a backup taken now.
    etcd.compact();
    let [db, _, snapshot] = etcd.files();
    for store in [&db, &snapshot] {
        assert_eq!(regions(&check(store, Verdict::Plaintext)), BTreeSet::from([Region::Free]));
    }

    // Defragmented: the store and new backups are clean, the log is not.
    etcd.ctl(&["defrag"], b"");
    let [db, log, snapshot] = etcd.files();
    let proof = check(&db, Verdict::Clean);
    assert_eq!(proof.objects.iter().map(|o| o.count).sum::<u64>(), 31);
    check(&snapshot, Verdict::Clean);
    assert_eq!(check(&log, Verdict::Plaintext).remains.len(), 51);
}
