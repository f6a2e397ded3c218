//! Packs: their indexes, their entries, and the deltas between them.
//!
//! Formats: gitformat-pack(5). Everything in them is foreign: nothing is mapped, all is read by
//! position into bounded buffers, and no length is believed before there are bytes for it.

mod delta;
mod entry;
mod idx;
mod inflate;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

pub(crate) use delta::sizes;
pub use delta::{Copy, DeltaError, apply};
pub(crate) use entry::MAX_HEADER;
pub use entry::{EntryKind, Header, entry_header};
pub use idx::{IdxError, PackIndex};
pub(crate) use inflate::Inflater;

use crate::oid::HashKind;

/// Bytes that are hashed at once.
const CHUNK: u64 = 256 << 10;

/// A file that is read by position.
#[derive(Debug)]
pub(crate) struct Stored {
    file: File,
    pub(crate) len: u64,
}

impl Stored {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }

    /// Reads as many bytes as there are at `offset`, up to the length of `buffer`.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Whether it ends with the checksum of all before that. Reads all of it.
    pub(crate) fn ends_with_its_checksum(&self, hash: HashKind) -> bool {
        let mut hasher = gix::hash::hasher(hash.of_gix());
        let (mut at, end) = (0, self.len.saturating_sub(hash.len() as u64));
        let mut chunk = vec![0; CHUNK.min(end) as usize];
        while at < end {
            chunk.truncate((end - at).min(CHUNK) as usize);
            if self.read_at(&mut chunk, at).ok() != Some(chunk.len()) {
                return false;
            }
            hasher.update(&chunk);
            at += chunk.len() as u64;
        }
        let computed = hasher.try_finalize();
        self.exactly(end, hash.len()).is_some_and(|told| computed.is_ok_and(|it| it.as_slice() == told))
    }

    /// The `len` bytes at `offset`; `None` when they are not there.
    pub(crate) fn exactly(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
        if offset.checked_add(len as u64)? > self.len {
            return None;
        }
        let mut bytes = vec![0; len];
        (self.read_at(&mut bytes, offset).ok()? == len).then_some(bytes)
    }
}
