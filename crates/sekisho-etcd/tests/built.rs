//! Files that no running etcd leaves behind on demand: 16 KiB pages, tails, torn and cut files,
//! temporary copies, circles, wrong hashes, logs with every place that a value can be in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proptest::prelude::*;
use sekisho_etcd::proof::{FileKind, FileProof, ProblemKind, Region, SnapshotHash, Verdict};
use sekisho_etcd::sample::{
    Image, Rev, Segment, crc, field, find, noise, number, object, put, sealed, secret, stale,
};
use sekisho_etcd::{Looks, Options, Require, prove, resolve_still_live};
use sekisho_secret::EstateKey;

fn key() -> EstateKey {
    EstateKey::from_bytes(*b"0123456789abcdef0123456789abcdef").unwrap()
}

fn read(bytes: &[u8]) -> FileProof {
    let (require, key) = (Require::default(), key());
    let proof = prove(
        &bytes.to_vec(),
        "file",
        &Options { require: &require, identify: &key, keys: None, hash: true },
    );
    assert_eq!(proof.accounting.total(), bytes.len() as u64, "every byte is counted once");
    proof
}

/// The region of the remains around every occurrence of `needle`.
fn regions(bytes: &[u8], proof: &FileProof, needle: &[u8]) -> Vec<Region> {
    let holder = |at: usize| {
        let (start, end) = (at as u64, (at + needle.len()) as u64);
        proof.remains.iter().find(|r| r.offset <= start && end <= r.offset + r.length)
    };
    find(bytes, needle).into_iter().map(|at| holder(at).expect("inside remains").region).collect()
}

fn db(password: &[u8]) -> Vec<u8> {
    secret("shop", "db", &[("password", password)])
}

const KEY: &str = "/registry/secrets/shop/db";

#[test]
fn regions_are_told_apart_in_pages_of_any_size() {
    for page_size in [512, 4096, 16_384, 65_536] {
        let big = [noise(3000, 5), b"canary-in-an-overflow-page".repeat(3000), noise(3000, 6)].concat();
        let freed = |id: u64| stale(page_size, id, &[Rev::put(3, KEY, db(b"canary-freed"))]);
        let freed_big = |id: u64| stale(page_size, id, &[Rev::put(4, KEY, db(&big))]);
        let revs = [
            Rev::put(5, KEY, db(b"canary-superseded")),
            Rev::put(6, "/registry/secrets/shop/gone", db(b"canary-deleted")),
            Rev::delete(7, "/registry/secrets/shop/gone"),
            Rev::put(8, KEY, db(b"canary-live")),
            Rev::put(9, "/registry/secrets/shop/big", db(&big)),
            Rev::put(10, "/registry/secrets/shop/sealed", sealed(1000, 1)),
        ];
        let mut image = Image::new(page_size, &revs, &[&freed, &freed_big]);
        let tail = stale(page_size, image.high_water, &[Rev::put(2, KEY, db(b"canary-tail"))]);
        image.bytes.extend(tail);
        image.bytes.extend(vec![0; 3 * page_size]);
        let proof = read(&image.bytes);
        for (needle, region) in [
            (&b"canary-live"[..], Region::Live),
            (b"canary-superseded", Region::Superseded),
            (b"canary-deleted", Region::Deleted),
            (b"canary-freed", Region::Free),
            (b"canary-tail", Region::Tail),
        ] {
            assert_eq!(regions(&image.bytes, &proof, needle), [region], "{page_size}");
        }
        let overflow = regions(&image.bytes, &proof, b"canary-in-an-overflow-page");
        assert_eq!(overflow.iter().filter(|r| **r == Region::Live).count(), 3000);
        assert_eq!(overflow.iter().filter(|r| **r == Region::Free).count(), 3000);
        assert_eq!((proof.kind, proof.verdict), (FileKind::Bbolt, Verdict::Plaintext));
        assert_eq!((proof.accounting.unattributed, proof.problems.len()), (0, 0));
        let live: Vec<_> = proof.remains.iter().map(|r| (r.region, r.still_live)).collect();
        assert!(live.contains(&(Region::Superseded, Some(false))));
        assert!(live.contains(&(Region::Deleted, Some(false))));
        assert!(live.contains(&(Region::Live, Some(true))));
    }
}

#[test]
fn a_freed_copy_of_the_live_value_is_still_live_and_unknown_when_the_live_copy_is_sealed() {
    let freed = |id: u64| stale(4096, id, &[Rev::put(3, KEY, db(b"the-same-password"))]);
    let still_live = |newest: Rev| {
        let image = Image::new(4096, &[newest], &[&freed]);
        let proof = read(&image.bytes);
        proof.remains.iter().find(|r| r.region == Region::Free).unwrap().still_live
    };
    assert_eq!(still_live(Rev::put(5, KEY, db(b"the-same-password"))), Some(true));
    assert_eq!(still_live(Rev::put(5, KEY, db(b"another-password"))), Some(false));
    assert_eq!(still_live(Rev::delete(5, KEY)), Some(false));
    assert_eq!(still_live(Rev::put(5, "/registry/secrets/shop/other", sealed(100, 1))), Some(false));
    assert_eq!(still_live(Rev::put(5, KEY, sealed(100, 1))), None);
}

#[test]
fn a_run_that_was_partly_used_again_keeps_what_is_left() {
    let big = b"canary-in-an-overflow-page".repeat(2000);
    let other = |id: u64| stale(4096, id, &[Rev::put(4, "/registry/pods/shop/web", b"k8s\0".to_vec())]);
    // The head of the run, then a page that was used again and freed again, then the rest.
    let cut = |id: u64| {
        let mut run = stale(4096, id, &[Rev::put(3, KEY, db(&big))]);
        run[4 * 4096..5 * 4096].copy_from_slice(&other(id + 4));
        run
    };
    let image = Image::new(4096, &[Rev::put(5, KEY, sealed(100, 1))], &[&cut]);
    let proof = read(&image.bytes);
    assert_eq!(proof.verdict, Verdict::Plaintext);
    let found = regions(&image.bytes, &proof, b"canary-in-an-overflow-page");
    assert!(found.len() > 1700 && found.iter().all(|r| *r == Region::Free));
    let secrets: Vec<_> = proof.remains.iter().filter(|r| r.region == Region::Free).collect();
    assert_eq!(secrets[0].etcd_key.as_deref(), Some(KEY));
    assert!(secrets.iter().any(|r| r.etcd_key.is_none()), "behind the cut the key is not known");
    assert!(proof.accounting.unattributed > 0, "and this is said");
}

#[test]
fn headless_pages_are_carved() {
    let records = [
        Rev::put(3, KEY, db(b"canary-headless-1")),
        Rev::put(4, "/registry/secrets/shop/b", db(b"canary-headless-2")),
        Rev::put(5, "/registry/secrets/shop/c", sealed(64, 4)),
    ];
    let headless = |id: u64| {
        let mut page = stale(4096, id, &records);
        page[..100].copy_from_slice(&noise(100, 9));
        page
    };
    let image = Image::new(4096, &[Rev::put(9, KEY, sealed(100, 1))], &[&headless]);
    let proof = read(&image.bytes);
    assert_eq!(proof.verdict, Verdict::Plaintext);
    let keys: Vec<_> = proof.remains.iter().map(|r| r.etcd_key.as_deref().unwrap_or("?")).collect();
    assert!(keys.contains(&"/registry/secrets/shop/b"), "{keys:?}");
    assert_eq!(regions(&image.bytes, &proof, b"canary-headless-1"), [Region::Free]);
    assert_eq!(regions(&image.bytes, &proof, b"canary-headless-2"), [Region::Free]);
    let sealed = proof.objects.iter().find(|o| o.region == Region::Free && o.envelope == "aescbc:key1");
    assert_eq!(sealed.unwrap().count, 1);
    assert!(proof.unattributed.iter().any(|range| range.looks != Looks::Text));
}

#[test]
fn orphaned_noise_is_not_proven_and_zeros_are() {
    let sealed_only = [Rev::put(5, KEY, sealed(100, 1))];
    let zero = |_| vec![0; 4096];
    let orphan = |_| noise(8192, 3);
    let text = |_| [b"user=app\npassword=hunter2hunter2\n".repeat(4), vec![0; 4096 - 132]].concat();
    assert_eq!(read(&Image::new(4096, &sealed_only, &[&zero]).bytes).verdict, Verdict::Clean);
    let proof = read(&Image::new(4096, &sealed_only, &[&orphan]).bytes);
    assert_eq!((proof.verdict, proof.accounting.unattributed), (Verdict::Unproven, 8192));
    assert_eq!(proof.unattributed[0].looks, Looks::Random);
    let proof = read(&Image::new(4096, &sealed_only, &[&orphan, &text]).bytes);
    assert_eq!(proof.verdict, Verdict::Unproven);
    assert_eq!(proof.unattributed[0].looks, Looks::Text, "text comes first");
    assert_eq!((proof.remains.len(), proof.remains[0].region), (1, Region::Free));
}

#[test]
fn snapshots_are_held_to_their_hash() {
    let image = Image::new(4096, &[Rev::put(5, KEY, sealed(100, 1))], &[]);
    let mut bytes = image.snapshot();
    let proof = read(&bytes);
    assert_eq!((proof.kind, proof.verdict), (FileKind::Snapshot, Verdict::Clean));
    assert_eq!(proof.snapshot_hash, Some(SnapshotHash::Ok));
    *bytes.last_mut().unwrap() ^= 1;
    let proof = read(&bytes);
    assert_eq!((proof.verdict, proof.snapshot_hash), (Verdict::Unproven, Some(SnapshotHash::Mismatch)));
    assert_eq!(proof.problems[0].kind, ProblemKind::Checksum);
}

#[test]
fn torn_and_cut_files_are_never_clean() {
    let revs: Vec<Rev> =
        (5..200).map(|n| Rev::put(n, &format!("/registry/secrets/shop/s{n}"), sealed(300, n))).collect();
    let image = Image::new(4096, &revs, &[]);
    assert_eq!(read(&image.bytes).verdict, Verdict::Clean);
    // Sectors of a page that were not written.
    for page in 2..image.high_water as usize {
        for sector in 0..8 {
            let mut torn = image.bytes.clone();
            let at = page * 4096 + sector * 512;
            if torn[at..at + 512].iter().all(|b| *b == 0) {
                continue;
            }
            torn[at..at + 512].fill(0);
            let verdict = read(&torn).verdict;
            // Zeros within ciphertext cannot be told from ciphertext: only a key can.
            let within = image.bytes[at..at + 512].windows(8).all(|w| w != b"k8s:enc:") && sector > 0;
            assert!(verdict == Verdict::Unproven || within, "page {page} sector {sector}: {verdict:?}");
        }
    }
    for len in (0..image.bytes.len()).step_by(911) {
        let proof = read(&image.bytes[..len]);
        assert!(proof.verdict == Verdict::Unproven || len == 0, "cut at {len}: {:?}", proof.verdict);
    }
    let mut meta = image.bytes.clone();
    meta[4096 + 40] ^= 1;
    assert_eq!(read(&meta).verdict, Verdict::Unproven, "one meta page is not valid");
    meta[40] ^= 1;
    let proof = read(&meta);
    assert_eq!(proof.verdict, Verdict::Unproven, "none is");
}

#[test]
fn a_torn_live_page_gives_up_its_plaintext() {
    let revs: Vec<Rev> =
        (5..9).map(|n| Rev::put(n, &format!("{KEY}{n}"), db(b"canary-on-a-torn-page"))).collect();
    let image = Image::new(4096, &revs, &[]);
    let first = image.find(b"canary-on-a-torn-page")[0];
    let mut torn = image.bytes.clone();
    let page = first / 4096 * 4096;
    torn[page..page + 64].fill(0xff);
    let proof = read(&torn);
    assert_eq!(proof.verdict, Verdict::Plaintext);
    assert!(proof.problems.iter().any(|p| p.kind == ProblemKind::Torn));
    assert!(regions(&torn, &proof, b"canary-on-a-torn-page").iter().all(|r| *r == Region::Live));
}

#[test]
fn circles_end() {
    let revs: Vec<Rev> = (5..900).map(|n| Rev::put(n, &format!("{KEY}{n}"), sealed(300, n))).collect();
    let image = Image::new(4096, &revs, &[]);
    // Every branch page points all its children at itself, or at the first child.
    for page in (2..image.high_water).map(|page| page as usize * 4096) {
        if image.bytes[page + 8] != 1 {
            continue;
        }
        let mut circle = image.bytes.clone();
        for element in 0..usize::from(circle[page + 10]) {
            let child = page + 16 + 16 * element + 8;
            circle[child..child + 8].copy_from_slice(&((page / 4096) as u64).to_le_bytes());
        }
        let proof = read(&circle);
        assert!(proof.problems.iter().any(|p| p.kind == ProblemKind::Circle));
        assert_eq!(proof.verdict, Verdict::Unproven);
    }
}

#[test]
fn what_is_not_etcds_is_said_to_be_so() {
    for bytes in [b"hello world, this is no database\n".repeat(500), noise(5000, 1)] {
        let proof = read(&bytes);
        assert_eq!((proof.kind, proof.verdict), (FileKind::Unknown, Verdict::Unproven));
        assert_eq!(proof.problems[0].kind, ProblemKind::Unreadable);
    }
    assert_eq!(read(&vec![0; 70_000]).verdict, Verdict::Clean, "a preallocated file that was never written");
    let age = [b"age-encryption.org/v1\n-> X25519 ".to_vec(), noise(500, 1)].concat();
    let proof = read(&age);
    assert_eq!((proof.kind, proof.verdict), (FileKind::EncryptedContainer, Verdict::Unproven));
}

#[test]
fn an_object_of_a_required_kind_counts_under_any_key() {
    let image = Image::new(4096, &[Rev::put(5, "/registry/configmaps/shop/db", db(b"hunter2hunter2"))], &[]);
    assert_eq!(read(&image.bytes).verdict, Verdict::Plaintext);
    let config = object("v1", "ConfigMap", &field(2, &[field(1, b"a"), field(2, b"b")].concat()));
    let image = Image::new(4096, &[Rev::put(5, "/registry/configmaps/shop/db", config)], &[]);
    assert_eq!(read(&image.bytes).verdict, Verdict::Clean);
}

// Logs.

fn txn(success: &[Vec<u8>], failure: &[Vec<u8>]) -> Vec<u8> {
    let op = |number: u32, put: &Vec<u8>| field(number, &field(2, put));
    let success: Vec<u8> = success.iter().flat_map(|put| op(2, put)).collect();
    let failure: Vec<u8> = failure.iter().flat_map(|put| op(3, put)).collect();
    [success, failure].concat()
}

#[test]
fn values_are_found_in_every_place_of_a_request() {
    let mut segment = Segment::new(0);
    let id = number(1, 77);
    let value = |n: u8| db(format!("canary-in-request-{n}").as_bytes());
    segment.entry(&[id.clone(), field(4, &put(KEY, &value(1)))].concat());
    segment.entry(&[id.clone(), field(6, &txn(&[put(KEY, &value(2))], &[put(KEY, &value(3))]))].concat());
    let nested = [field(2, &field(4, &txn(&[put(KEY, &value(4))], &[]))), field(3, b"")].concat();
    segment.entry(&[id.clone(), field(6, &nested)].concat());
    let compare =
        field(1, &[number(1, 0), number(2, 3), field(3, KEY.as_bytes()), field(7, &value(5))].concat());
    segment.entry(&[id.clone(), field(6, &compare)].concat());
    segment.entry(&[id.clone(), field(6, &txn(&[put(KEY, &sealed(90, 1))], &[]))].concat());
    segment.entry(b"");
    let file = segment.file(100_000);
    let proof = read(&file);
    assert_eq!((proof.kind, proof.verdict), (FileKind::Wal, Verdict::Plaintext));
    assert_eq!((proof.problems.len(), proof.accounting.unattributed), (0, 0));
    for n in 1..=5 {
        let needle = format!("canary-in-request-{n}");
        assert_eq!(regions(&file, &proof, needle.as_bytes()), [Region::Wal], "{n}");
    }
    assert!(proof.remains.iter().all(|r| r.etcd_key.as_deref() == Some(KEY) && r.fingerprints.len() == 1));
    assert_eq!(proof.objects.iter().find(|o| o.envelope == "aescbc:key1").unwrap().count, 1);
    assert_eq!(proof.wal.unwrap().entries, 6);

    // The store of the same member tells what is still live.
    let image = Image::new(4096, &[Rev::put(5, KEY, value(2))], &[]);
    let mut proof = proof;
    resolve_still_live(&image.bytes, &file, None, &mut proof);
    let live: Vec<_> = proof.remains.iter().map(|r| r.still_live).collect();
    assert_eq!(live, [Some(false), Some(true), Some(false), Some(false), Some(false)]);
}

#[test]
fn a_torn_log_is_not_proven_and_gives_up_its_plaintext() {
    let mut segment = Segment::new(crc(0, b"the segment before"));
    segment.entry(&field(4, &put(KEY, &sealed(300, 1))));
    let whole = segment.bytes.len();
    assert_eq!(read(&segment.file(50_000)).verdict, Verdict::Clean);
    segment.entry(&field(4, &put(KEY, &db(b"canary-in-a-torn-record"))));
    for len in whole + 1..segment.bytes.len() {
        let mut torn = segment.bytes[..len].to_vec();
        torn.resize(50_000, 0);
        let proof = read(&torn);
        assert_ne!(proof.verdict, Verdict::Clean, "cut at {len}");
        if !find(&torn, b"canary-in-a-torn-record").is_empty() {
            assert_eq!(regions(&torn, &proof, b"canary-in-a-torn-record"), [Region::Wal]);
        }
    }
    let mut flipped = segment.file(50_000);
    flipped[whole + 60] ^= 1;
    let proof = read(&flipped);
    assert!(proof.problems.iter().any(|p| p.kind == ProblemKind::Checksum));
    // Garbage where zeros should be.
    let mut rest = segment.file(50_000);
    rest[40_000..40_030].copy_from_slice(b"left over: hunter2hunter2-1234");
    let proof = read(&rest);
    assert_eq!(regions(&rest, &proof, b"hunter2hunter2-1234"), [Region::Wal]);
    assert!(proof.accounting.unattributed >= 30);
}

// Hostile files.

fn small_image() -> Vec<u8> {
    let freed = |id: u64| stale(512, id, &[Rev::put(3, KEY, db(b"canary-freed"))]);
    let mut revs: Vec<Rev> = (5..30).map(|n| Rev::put(n, &format!("{KEY}{n}"), sealed(90, n))).collect();
    revs.push(Rev::put(30, KEY, db(b"canary-live-value")));
    revs.push(Rev::delete(31, "/registry/secrets/shop/db7"));
    Image::new(512, &revs, &[&freed]).bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// However a file is changed, it is read to the end, every byte is counted once, and while the
    /// plaintext is still in it it is not clean.
    #[test]
    fn no_change_makes_plaintext_clean(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 1usize..12), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = small_image();
        for (at, byte, len) in edits {
            let at = at.index(bytes.len());
            let end = (at + len).min(bytes.len());
            bytes[at..end].fill(byte);
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let proof = read(&bytes);
        if !find(&bytes, b"canary-freed").is_empty() || !find(&bytes, b"canary-live-value").is_empty() {
            prop_assert_ne!(proof.verdict, Verdict::Clean);
        }
    }

    #[test]
    fn any_log_is_read_to_its_end(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 1usize..12), 1..12),
        len in 0usize..3000,
    ) {
        let mut segment = Segment::new(0);
        for n in 0..4 {
            let value = if n == 2 { db(b"canary-in-the-log") } else { sealed(90, n) };
            segment.entry(&field(6, &txn(&[put(KEY, &value)], &[])));
        }
        let mut bytes = segment.file(len);
        for (at, byte, len) in edits {
            let at = at.index(bytes.len());
            let end = (at + len).min(bytes.len());
            bytes[at..end].fill(byte);
        }
        let proof = read(&bytes);
        if !find(&bytes, b"canary-in-the-log").is_empty() {
            prop_assert_ne!(proof.verdict, Verdict::Clean);
        }
    }

    #[test]
    fn any_bytes_are_read(head in 0u8..4, bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let mut bytes = bytes;
        let image = small_image();
        let start = match head {
            0 => Vec::new(),
            1 => image[..160].to_vec(),
            2 => image[..1024].to_vec(),
            _ => Segment::new(0).bytes,
        };
        bytes.splice(0..0, start);
        read(&bytes);
    }
}
