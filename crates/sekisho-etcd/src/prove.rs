//! From a file to its proof.

use sha2::{Digest, Sha256};

use crate::carve::{Host, Scrap, carve};
use crate::envelope::Stored;
use crate::keyring::Keyring;
use crate::mvcc::Revision;
use crate::options::Options;
use crate::proof::{FileKind, FileProof, Problem, ProblemKind, Region, SnapshotHash, Verdict};
use crate::read_at::{ReadAt, Window};
use crate::still_live::{Question, answer};
use crate::store::{self, has_hash};
use crate::tally::{LiveCopy, Record, Tally};
use crate::{bbolt, snap, wal};

/// How much is hashed at once.
const CHUNK: usize = 256 << 10;
/// How much of a file of no known kind is carved at once.
const CARVE: usize = 4 << 20;
/// How much of a file tells what it is.
const HEAD: usize = 128 << 10;

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// One of etcd's own, or nothing known: [`prove`] reads it.
    File(FileKind),
    /// gzip (RFC 1952): to be opened by the caller.
    Gzip,
    /// Zstandard (RFC 8878): to be opened by the caller.
    Zstd,
}

/// Heads of containers that are closed to this tool: age (binary and armoured), armoured OpenPGP,
/// `openssl enc`, LUKS.
const CLOSED: [&[u8]; 5] = [
    b"age-encryption.org/",
    b"-----BEGIN AGE ENCRYPTED FILE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"Salted__",
    b"LUKS\xba\xbe",
];

/// Tells what a file is.
///
/// # Errors
/// When its head cannot be read.
pub fn sniff(source: &dyn ReadAt) -> std::io::Result<Sniffed> {
    let mut head = vec![0; source.len().min(HEAD as u64) as usize];
    source.read_exact_at(&mut head, 0)?;
    if head.starts_with(&[0x1f, 0x8b, 0x08]) {
        return Ok(Sniffed::Gzip);
    }
    if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Ok(Sniffed::Zstd);
    }
    let is_store = bbolt::sniff(&head) || bbolt::read_metas(&mut Window::new(source)).is_some();
    Ok(Sniffed::File(if is_store {
        if has_hash(source.len()) { FileKind::Snapshot } else { FileKind::Bbolt }
    } else if wal::sniff(&head) {
        FileKind::Wal
    } else if CLOSED.iter().any(|mark| head.starts_with(mark)) {
        FileKind::EncryptedContainer
    } else if snap::sniff(source, &head) {
        FileKind::RaftSnapshot
    } else {
        FileKind::Unknown
    }))
}

/// Reads a whole file and says what is and is not encrypted in it.
///
/// `path` is only told. A compressed file is read as the bytes it is; see [`sniff`].
pub fn prove(source: &dyn ReadAt, path: &str, options: &Options<'_>) -> FileProof {
    let mut proof = match sniff(source) {
        Ok(Sniffed::File(FileKind::Bbolt | FileKind::Snapshot)) => store::prove(source, options),
        Ok(Sniffed::File(FileKind::Wal)) => wal::prove(source, options),
        Ok(Sniffed::File(FileKind::RaftSnapshot)) => snap::prove(source, options),
        Ok(Sniffed::File(FileKind::EncryptedContainer)) => {
            let mut tally = Tally::new(options);
            tally.problem(ProblemKind::Unreadable, Some(0), "an encrypted container, closed to this tool");
            tally.closed(source.len());
            tally.finish(FileKind::EncryptedContainer, source.len())
        }
        Ok(_) => unknown(source, options),
        Err(error) => {
            let mut tally = Tally::new(options);
            tally.problem(ProblemKind::Io, Some(0), format!("the file cannot be read: {}", error.kind()));
            tally.finish(FileKind::Unknown, source.len())
        }
    };
    path.clone_into(&mut proof.path);
    if options.hash {
        hash(source, &mut proof);
    } else if proof.kind == FileKind::Snapshot {
        proof.snapshot_hash = Some(SnapshotHash::NotChecked);
    }
    proof
}

/// A file that is none of etcd's: whatever is in it is looked for.
struct Unknown<'o>(Tally<'o>);

impl<'o> Host<'o> for Unknown<'o> {
    fn tally(&mut self) -> &mut Tally<'o> {
        &mut self.0
    }

    fn found(&mut self, record: &Record<'_>, stored: Stored<'_>, _revision: Option<Revision>) {
        self.0.count(Region::Free, record, stored, LiveCopy::Known(None));
    }
}

fn unknown(source: &dyn ReadAt, options: &Options<'_>) -> FileProof {
    let len = source.len();
    let mut host = Unknown(Tally::new(options));
    let mut window = Window::new(source);
    let mut offset = 0;
    let mut is_zero = true;
    while offset < len {
        let Ok(bytes) = window.up_to(offset, CARVE) else {
            host.0.problem(ProblemKind::Io, Some(offset), "the file cannot be read");
            break;
        };
        is_zero &= crate::looks::is_zero(bytes);
        let more = offset + (bytes.len() as u64) < len;
        let scrap = Scrap { bytes, offset, region: Region::Free, page_size: Some(512), more };
        offset += (carve(&mut host, &scrap) as u64).max(1);
    }
    if !is_zero {
        host.0.problem(ProblemKind::Unreadable, None, "neither a store nor a log of etcd");
    }
    host.0.finish(FileKind::Unknown, len)
}

/// The SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// When it cannot be read.
pub fn sha256(source: &dyn ReadAt) -> std::io::Result<String> {
    let mut state = Sha256::new();
    let len = source.len();
    let mut buf = vec![0; CHUNK];
    let mut offset = 0;
    while offset < len {
        let part = &mut buf[..(len - offset).min(CHUNK as u64) as usize];
        source.read_exact_at(part, offset)?;
        state.update(&*part);
        offset += part.len() as u64;
    }
    Ok(data_encoding::HEXLOWER.encode(&state.finalize()))
}

/// One pass of SHA-256 over the file. The hash behind a snapshot is that of the bytes before it,
/// so the state at that point answers both.
fn hash(source: &dyn ReadAt, proof: &mut FileProof) {
    let len = source.len();
    let content = if proof.kind == FileKind::Snapshot { len - 32 } else { len };
    let mut state = Sha256::new();
    let mut buf = vec![0; CHUNK.min(len.max(1) as usize)];
    let mut offset = 0;
    let mut content_hash = None;
    while offset < len {
        let end = if offset < content { content } else { len };
        let part = &mut buf[..(end - offset).min(CHUNK as u64) as usize];
        if let Err(error) = source.read_exact_at(part, offset) {
            let what = format!("the file cannot be hashed: {}", error.kind());
            spoil(proof, Problem { kind: ProblemKind::Io, offset: Some(offset), what });
            return;
        }
        state.update(&*part);
        offset += part.len() as u64;
        if offset == content {
            content_hash = Some(state.clone().finalize());
        }
    }
    proof.sha256 = Some(data_encoding::HEXLOWER.encode(&state.finalize()));
    if proof.kind == FileKind::Snapshot {
        let mut stored = [0; 32];
        let is_read = source.read_exact_at(&mut stored, content).is_ok();
        if is_read && content_hash.is_some_and(|hash| hash[..] == stored) {
            proof.snapshot_hash = Some(SnapshotHash::Ok);
        } else {
            proof.snapshot_hash = Some(SnapshotHash::Mismatch);
            let what = "the hash behind the snapshot is not that of its bytes".to_owned();
            spoil(proof, Problem { kind: ProblemKind::Checksum, offset: Some(content), what });
        }
    }
}

/// Adds a problem that was found after the file was read.
fn spoil(proof: &mut FileProof, problem: Problem) {
    proof.problems.push(problem);
    proof.problems.sort();
    proof.verdict = proof.verdict.max(Verdict::Unproven);
}

/// Answers `still_live` for the plaintext in a log (or any other file) by the store of the same
/// member, whose sealed values are opened with `keys` where there are any.
pub fn resolve_still_live(db: &dyn ReadAt, file: &dyn ReadAt, keys: Option<&Keyring>, proof: &mut FileProof) {
    let open: Vec<usize> = (0..proof.remains.len())
        .filter(|n| proof.remains[*n].still_live.is_none() && proof.remains[*n].etcd_key.is_some())
        .collect();
    let questions: Vec<Question<'_>> = open
        .iter()
        .map(|n| &proof.remains[*n])
        .map(|remains| Question {
            key: remains.etcd_key.as_deref().unwrap_or_default().as_bytes(),
            offset: remains.offset,
            length: remains.length,
        })
        .collect();
    for (n, answer) in open.into_iter().zip(answer(db, file, keys, &questions)) {
        proof.remains[n].still_live = answer;
    }
}
