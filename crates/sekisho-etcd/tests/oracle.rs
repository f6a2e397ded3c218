//! The recorded images: every canary lies inside plaintext that was reported, in its region.
//!
//! The images come from `$SEKISHO_ORACLE` (default `../shared/oracle` beside the workspace) and are
//! found by listing: a hidden set of the same layout runs by the same command. Without them the
//! test says so and passes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use sekisho_etcd::proof::{FileKind, FileProof, Region, SnapshotHash, Verdict};
use sekisho_etcd::{Options, Require, prove};
use sekisho_secret::EstateKey;
use serde::Deserialize;

#[derive(Deserialize)]
struct Canary {
    id: String,
    kind: String,
    namespace: String,
    name: String,
    found: BTreeMap<String, Found>,
}

#[derive(Deserialize)]
struct Found {
    count: usize,
    at: Vec<At>,
}

#[derive(Deserialize)]
struct At {
    offset: u64,
    place: String,
    key: Option<String>,
    page: Option<u64>,
}

#[derive(Deserialize)]
struct Manifest {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "file")]
    name: String,
    bytes: u64,
    sha256: String,
    #[serde(default)]
    key_revisions: Option<u64>,
    #[serde(default)]
    tombstones: Option<u64>,
    #[serde(default)]
    pages: Option<u64>,
    #[serde(default)]
    unreachable_pages: Option<u64>,
    #[serde(default)]
    live_secrets: BTreeMap<String, u64>,
}

fn oracle() -> Option<PathBuf> {
    let root = std::env::var_os("SEKISHO_ORACLE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracle"), PathBuf::from);
    let etcd = root.join("etcd");
    if !etcd.is_dir() {
        eprintln!("SKIPPED: no recorded images at {}; set SEKISHO_ORACLE", etcd.display());
        return None;
    }
    Some(etcd)
}

fn plain_name(file: &str) -> &str {
    file.strip_suffix(".zst").unwrap_or(file)
}

fn read(path: &Path) -> Vec<u8> {
    if path.exists() {
        return std::fs::read(path).unwrap();
    }
    let packed = PathBuf::from(format!("{}.zst", path.display()));
    let output = Command::new("zstd").args(["-qdc"]).arg(&packed).output().expect("zstd is installed");
    assert!(output.status.success(), "{}", packed.display());
    output.stdout
}

fn region(place: &str) -> Region {
    match place {
        "live" => Region::Live,
        "superseded" => Region::Superseded,
        "deleted" => Region::Deleted,
        "free-page" => Region::Free,
        "wal" => Region::Wal,
        other => panic!("unknown place {other}"),
    }
}

fn estate_key() -> EstateKey {
    EstateKey::from_bytes(*b"0123456789abcdef0123456789abcdef").unwrap()
}

/// What must hold for every file that is read.
fn check_invariants(case: &str, name: &str, proof: &FileProof) {
    let at = format!("{case}/{name}");
    assert_eq!(proof.accounting.total(), proof.bytes, "{at}: bytes are counted once");
    assert_eq!(proof.accounted_bytes + proof.accounting.unattributed, proof.bytes, "{at}");
    if proof.unattributed_omitted == 0 {
        let listed: u64 = proof.unattributed.iter().map(|range| range.length).sum();
        assert_eq!(listed, proof.accounting.unattributed, "{at}");
    }
    if proof.verdict == Verdict::Clean {
        assert_eq!(proof.accounting.unattributed, 0, "{at}");
        assert!(proof.problems.is_empty(), "{at}");
    }
    assert_eq!(proof.problems, [], "{at}");
}

#[test]
fn every_canary_lies_inside_reported_plaintext() {
    let Some(root) = oracle() else { return };
    let key = estate_key();
    let require = Require::default();
    let options = Options { require: &require, identify: &key, keys: None, hash: true };
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    let (mut files, mut occurrences, mut clean) = (0, 0, 0);
    for case in cases.iter().filter(|case| case.join("manifest.json").exists()) {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let manifest: Manifest =
            serde_json::from_slice(&std::fs::read(case.join("manifest.json")).unwrap()).unwrap();
        let canaries: Vec<Canary> =
            serde_json::from_slice(&std::fs::read(case.join("canaries.json")).unwrap()).unwrap();
        for file in &manifest.files {
            let bytes = read(&case.join(plain_name(&file.name)));
            let proof = prove(&bytes, &file.name, &options);
            let seen = check_file(&name, file, &proof, &canaries);
            files += 1;
            occurrences += seen;
            clean += usize::from(proof.verdict == Verdict::Clean);
            eprintln!(
                "{name}/{}: {:?}, {seen} canaries, {} remains, unattributed {} in {} ranges",
                plain_name(&file.name),
                proof.verdict,
                proof.remains.len(),
                proof.accounting.unattributed,
                proof.unattributed.len()
            );
        }
    }
    assert!(files > 0, "no image under {}", root.display());
    eprintln!("{files} images, {occurrences} canary occurrences, {clean} clean");
}

fn check_file(case: &str, file: &File, proof: &FileProof, canaries: &[Canary]) -> usize {
    let name = plain_name(&file.name);
    let at = format!("{case}/{name}");
    check_invariants(case, name, proof);
    assert_eq!(proof.bytes, file.bytes, "{at}");
    assert_eq!(proof.sha256.as_ref(), Some(&file.sha256), "{at}");
    let kind = match name {
        name if name.contains(".snapshot.") => FileKind::Snapshot,
        name if name.contains(".member-db") => FileKind::Bbolt,
        _ => FileKind::Wal,
    };
    assert_eq!(proof.kind, kind, "{at}");
    if kind == FileKind::Snapshot {
        assert_eq!(proof.snapshot_hash, Some(SnapshotHash::Ok), "{at}");
    }
    if let Some(etcd) = &proof.etcd {
        assert_eq!(Some(etcd.revisions), file.key_revisions, "{at}");
        assert_eq!(Some(etcd.tombstones), file.tombstones, "{at}");
        let beyond = file.bytes / u64::from(etcd.page_size) - etcd.pages;
        // The manifest counts the two meta pages among those that the root does not reach.
        assert_eq!(Some(etcd.free_pages + beyond + 2), file.unreachable_pages, "{at}");
        assert_eq!(Some(etcd.pages + beyond), file.pages, "{at}");
        let mut live = BTreeMap::new();
        for count in proof.objects.iter().filter(|o| o.region == Region::Live) {
            if count.resource.as_deref() == Some("secrets") {
                *live.entry(count.envelope.replace("kms-v2:", "kms:")).or_default() += count.count;
            }
        }
        assert_eq!(live, file.live_secrets, "{at}");
    }
    let mut occurrences = 0;
    let mut secret_in_plain = false;
    for canary in canaries {
        let Some(found) = canary.found.get(name).or_else(|| canary.found.get(&file.name)) else { continue };
        assert_eq!(found.count, found.at.len());
        for place in &found.at {
            occurrences += 1;
            secret_in_plain |= canary.kind == "Secret";
            let at = format!("{at}: {} at {} ({})", canary.id, place.offset, place.place);
            let holder = proof.remains.iter().find(|remains| {
                remains.offset <= place.offset && place.offset < remains.offset + remains.length
            });
            let holder = holder.unwrap_or_else(|| panic!("{at}: in no remains"));
            assert!(place.offset + 16 <= holder.offset + holder.length, "{at}: at the edge of {holder:?}");
            assert_eq!(holder.region, region(&place.place), "{at}: {holder:?}");
            if let Some(key) = &place.key {
                assert_eq!(holder.etcd_key.as_ref(), Some(key), "{at}");
            }
            if let (Some(page), Some(first)) = (place.page, holder.page) {
                assert!(first <= page, "{at}: {holder:?}");
            }
            if let Some(key) = &holder.etcd_key {
                let expected = format!("/{}/{}", canary.namespace, canary.name);
                assert!(key.ends_with(&expected), "{at}: {holder:?}");
                let told = !holder.fingerprints.is_empty();
                assert!(told || !key.starts_with("/registry/secrets/"), "{at}: no fingerprint in {holder:?}");
            }
        }
    }
    if secret_in_plain {
        assert_eq!(proof.verdict, Verdict::Plaintext, "{at}: a false verdict");
    }
    occurrences
}
