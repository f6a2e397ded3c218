//! Speed and memory on a big store.
//!
//! The image is written page by page to a file and read by a process of its own, so that what is
//! measured is the reader alone. By default it is a fiftieth of the size that is promised for:
//! `SEKISHO_SPEED_BYTES=4294967296 cargo test --release -p sekisho-etcd --test speed -- --nocapture`
//! measures the whole. Limits hold in release builds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

use std::fs::File;
use std::io::{BufWriter, Read};
use std::os::unix::fs::FileExt;
use std::process::Command;

use sekisho_etcd::proof::Verdict;
use sekisho_etcd::sample::running_cluster;
use sekisho_etcd::{Options, ReadAt, Require, prove};
use sekisho_secret::EstateKey;

const IMAGE: &str = "SEKISHO_SPEED_IMAGE";

struct OnDisk(File);

impl ReadAt for OnDisk {
    fn len(&self) -> u64 {
        self.0.metadata().unwrap().len()
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> std::io::Result<()> {
        FileExt::read_exact_at(&self.0, buf, offset)
    }
}

/// Seconds that this thread has run: a machine that is busy with other things does not count.
fn seconds() -> f64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    times.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// Runs in a process of its own: reads the image and tells the times and the peak of memory.
#[test]
fn reader() {
    let Some(path) = std::env::var_os(IMAGE) else { return };
    let file = OnDisk(File::open(&path).unwrap());
    let (require, key) =
        (Require::default(), EstateKey::from_bytes(*b"0123456789abcdef0123456789abcdef").unwrap());
    let mut warm = vec![0; 1 << 20];
    let mut whole = File::open(&path).unwrap();
    while whole.read(&mut warm).unwrap() > 0 {}
    for hash in [false, true] {
        let start = seconds();
        let proof = prove(&file, "image", &Options { require: &require, identify: &key, keys: None, hash });
        let seconds = seconds() - start;
        assert_eq!(proof.verdict, Verdict::Clean);
        let rate = proof.bytes as f64 / seconds / 1e9;
        let etcd = proof.etcd.unwrap();
        eprintln!(
            "hash {hash}: {:.2} GB in {seconds:.2} s, {rate:.2} GB/s, {} revisions, {} free pages, {} remains",
            proof.bytes as f64 / 1e9,
            etcd.revisions,
            etcd.free_pages,
            proof.remains.len()
        );
        let least = if hash { 0.8 } else { 1.5 };
        assert!(cfg!(debug_assertions) || rate >= least, "{rate} GB/s with hash {hash}");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    eprintln!("peak {peak}");
    let kilobytes: u64 = peak.split(' ').next().unwrap().parse().unwrap();
    assert!(kilobytes <= 100 << 10, "peak {peak}");
}

#[test]
fn a_big_store_is_read_fast_and_flat() {
    if std::env::var_os(IMAGE).is_some() {
        return;
    }
    let size = std::env::var("SEKISHO_SPEED_BYTES").map_or(80 << 20, |size| size.parse().unwrap());
    let dir = std::env::temp_dir().join(format!("sekisho-speed-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("image.db");
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&path).unwrap());
    running_cluster(&mut file, size).unwrap();
    file.into_inner().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "reader", "--nocapture"])
        .env(IMAGE, &path)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
}
