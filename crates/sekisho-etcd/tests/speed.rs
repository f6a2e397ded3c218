//! Speed and memory on a big store.
//!
//! The image is written page by page to a file and read by a process of its own, so that what is
//! measured is the reader alone. By default it is a fiftieth of the size that is promised for:
//! `SEKISHO_SPEED_BYTES=4294967296 cargo test --release -p sekisho-etcd --test speed -- --nocapture`
//! measures the whole. Limits hold in release builds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use sekisho_etcd::proof::Verdict;
use sekisho_etcd::sample::{Rev, branch, inline, leaf, meta, noise, object, sealed, stale};
use sekisho_etcd::{Options, ReadAt, Require, prove};
use sekisho_secret::EstateKey;

const PAGE: usize = 4096;
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

/// A cluster that runs: sealed Secrets of about a kilobyte, pods, leases and events in plain, every
/// fourth record an older revision or deleted, a fifth of the pages free.
fn write_image(path: &Path, size: u64) {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    file.write_all(&vec![0; 2 * PAGE]).unwrap();
    let mut pages = 2u64;
    let mut children = Vec::new();
    let mut revision = 10u64;
    let (cipher, pod) = (sealed(4096, 1), object("v1", "Pod", &noise(2400, 2)));
    let event = object("v1", "Event", &b"message: something happened to an object. ".repeat(12));
    while pages * (PAGE as u64) < size {
        let mut group = Vec::new();
        let mut used = 16;
        loop {
            revision += 1;
            let n = revision;
            let rev = match n % 8 {
                0..=2 => {
                    let mut value = cipher[..23].to_vec();
                    value.extend(&cipher[23 + (n % 100) as usize * 16..][..800 + (n % 30) as usize * 16]);
                    Rev::put(n, &format!("/registry/secrets/team-{}/secret-{}", n % 50, n / 4), value)
                }
                3 | 4 => Rev::put(n, &format!("/registry/pods/team-{}/pod-{n}", n % 50), pod.clone()),
                5 | 6 => Rev::put(n, &format!("/registry/events/team-{}/event.{n}", n % 50), event.clone()),
                _ if n % 16 == 7 => Rev::delete(
                    n,
                    &format!("/registry/events/team-{}/event.{}", n % 50, n.saturating_sub(100).max(1)),
                ),
                _ => Rev::put(
                    n,
                    &format!("/registry/leases/kube-node-lease/node-{}", n % 5000),
                    event[..200].to_vec(),
                ),
            };
            let element = rev.element();
            used += 16 + element.1.len() + element.2.len();
            group.push(element);
            if used + 1000 > PAGE {
                break;
            }
        }
        let page = leaf(PAGE, pages, &group);
        children.push((group[0].1.clone(), pages));
        pages += (page.len() / PAGE) as u64;
        file.write_all(&page).unwrap();
        if pages.is_multiple_of(4) {
            let free = match pages % 12 {
                0 => leaf(PAGE, pages, &group),
                4 => vec![0; PAGE],
                _ => stale(PAGE, pages, &[Rev::put(revision, "/registry/secrets/a/b", sealed(2800, 3))]),
            };
            pages += (free.len() / PAGE) as u64;
            file.write_all(&free).unwrap();
        }
    }
    while children.len() > 1 {
        let groups: Vec<_> = children.chunks(100).map(<[_]>::to_vec).collect();
        children.clear();
        for group in groups {
            children.push((group[0].0.clone(), pages));
            let page = branch(PAGE, pages, &group);
            pages += (page.len() / PAGE) as u64;
            file.write_all(&page).unwrap();
        }
    }
    let key = [children[0].1.to_le_bytes(), [0; 8]].concat();
    let own = inline(&[(0, b"term".to_vec(), 2u64.to_be_bytes().to_vec())]);
    file.write_all(&leaf(PAGE, pages, &[(1, b"key".to_vec(), key), (1, b"meta".to_vec(), own)])).unwrap();
    let mut file = file.into_inner().unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&meta(PAGE, 0, pages, pages + 1, 8)).unwrap();
    file.write_all(&meta(PAGE, 1, pages, pages + 1, 9)).unwrap();
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
    write_image(&path, size);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "reader", "--nocapture"])
        .env(IMAGE, &path)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
}
