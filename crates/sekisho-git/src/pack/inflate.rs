//! git's own inflate: zlib streams in packs and loose objects.
//!
//! The one decompressor that is named outside of `sekisho-unpack`: objects are deltas of each other,
//! so they must be had whole, with exactly the size that their header says and no more.
//!
//! Nearly every entry is had whole at a single stroke, by a library that can do nothing else and takes
//! three fifths of the time. It does not say where a stream ends, so it counts only where the last bytes at
//! hand are the stream's checksum. Everything else goes bit by bit through the other one.

use flate2::{Decompress, DecompressError, FlushDecompress, Status};
use libdeflater::{Decompressor, adler32};

use super::Stored;

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;
/// Most bytes that are inflated at a single stroke, and most that they are made of.
const STROKE: u64 = 16 << 20;
const STROKE_STORED: u64 = 1 << 20;
/// DEFLATE makes at most this many bytes of one (RFC 1951: 258 bytes in two bits, and change).
const MAX_RATIO: u64 = 1040;

/// Inflates, with memory that is used again.
pub(crate) struct Inflater {
    whole: Decompressor,
    zlib: Decompress,
    chunk: Vec<u8>,
    /// Where goes what is not kept; empty until there is such.
    nowhere: Vec<u8>,
}

/// What is the matter with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    /// It is no zlib stream, or a broken one, or it ends too early.
    Stream,
    /// It is longer or shorter than it should be.
    Size,
    /// The file could not be read.
    Read,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self {
            whole: Decompressor::new(),
            zlib: Decompress::new(true),
            chunk: vec![0; CHUNK],
            nowhere: Vec::new(),
        }
    }

    /// Inflates the stream in `at` of `file` to the `size` bytes that it must have, into `out`, and nothing
    /// else is there then. Gives back how many bytes of the file it took.
    pub(crate) fn exactly(
        &mut self,
        file: &Stored,
        at: std::ops::Range<u64>,
        size: u64,
        out: &mut Vec<u8>,
    ) -> Result<u64, Damage> {
        check(file, &at, size)?;
        if self.stroke(file, &at, size, out) {
            return Ok(at.end - at.start);
        }
        out.clear();
        // One more, so that a longer stream shows itself.
        let size = size as usize;
        out.reserve_exact(size + 1);
        self.stream(file, at, size as u64, |zlib, input| {
            let status = zlib.decompress_vec(input, out, FlushDecompress::None);
            (status, out.len() as u64)
        })
    }

    /// Inflates all of `at` to `size` bytes at a single stroke, if it is such a stream.
    fn stroke(&mut self, file: &Stored, at: &std::ops::Range<u64>, size: u64, out: &mut Vec<u8>) -> bool {
        let stored = at.end.saturating_sub(at.start);
        if size > STROKE || stored > STROKE_STORED {
            return false;
        }
        let (stored, size) = (stored as usize, size as usize);
        if self.chunk.len() < stored {
            self.chunk.resize(stored, 0);
        }
        let stream = &mut self.chunk[..stored];
        if file.read_at(stream, at.start).ok() != Some(stored) {
            return false;
        }
        out.resize(size, 0);
        let is_whole = self.whole.zlib_decompress(stream, out).ok() == Some(size);
        // RFC 1950 section 2.2. Bytes behind the stream that end with its checksum would pass for its own.
        is_whole && stream.last_chunk() == Some(&adler32(out).to_be_bytes())
    }

    /// Inflates the stream in `at` of `file` to nowhere: how many bytes of the file make the `size`
    /// bytes that it must have.
    pub(crate) fn passes(
        &mut self,
        file: &Stored,
        at: std::ops::Range<u64>,
        size: u64,
    ) -> Result<u64, Damage> {
        check(file, &at, size)?;
        let mut nowhere = std::mem::take(&mut self.nowhere);
        nowhere.resize(CHUNK, 0);
        let taken = self.stream(file, at, size, |zlib, input| {
            let status = zlib.decompress(input, &mut nowhere, FlushDecompress::None);
            (status, zlib.total_out())
        });
        self.nowhere = nowhere;
        taken
    }

    /// Feeds a stream to `inflate`, which gives back how many bytes there are so far.
    fn stream(
        &mut self,
        file: &Stored,
        at: std::ops::Range<u64>,
        size: u64,
        mut inflate: impl FnMut(&mut Decompress, &[u8]) -> (Result<Status, DecompressError>, u64),
    ) -> Result<u64, Damage> {
        let end = at.end.min(file.len);
        let stored = end.saturating_sub(at.start);
        self.zlib.reset(true);
        let mut taken = 0;
        loop {
            let want = (stored - taken).min(CHUNK as u64) as usize;
            let read = file.read_at(&mut self.chunk[..want], at.start + taken).map_err(|_| Damage::Read)?;
            let mut input = &self.chunk[..read];
            loop {
                let before = (self.zlib.total_in(), self.zlib.total_out());
                let (status, made) = inflate(&mut self.zlib, input);
                let used = (self.zlib.total_in() - before.0) as usize;
                let grew = self.zlib.total_out() > before.1;
                input = &input[used..];
                taken += used as u64;
                match status {
                    Ok(Status::StreamEnd) if made == size => return Ok(taken),
                    Ok(Status::StreamEnd) => return Err(Damage::Size),
                    _ if made > size => return Err(Damage::Size),
                    Ok(_) if grew || used > 0 && !input.is_empty() => {}
                    Ok(_) if input.is_empty() => break,
                    _ => return Err(Damage::Stream),
                }
            }
            if read == 0 || read < want {
                return Err(Damage::Stream);
            }
            if taken == stored {
                return Err(Damage::Stream);
            }
        }
    }

    /// Inflates the first bytes of a stream, at most 64 or so: the header of a loose object.
    pub(crate) fn head(&mut self, file: &Stored, out: &mut Vec<u8>) -> Result<(), Damage> {
        out.clear();
        out.reserve_exact(64);
        self.zlib.reset(true);
        let read = file.read_at(&mut self.chunk[..4096], 0).map_err(|_| Damage::Read)?;
        self.zlib
            .decompress_vec(&self.chunk[..read], out, FlushDecompress::None)
            .map_err(|_| Damage::Stream)?;
        Ok(())
    }
}

/// Whether so few bytes can make so many.
fn check(file: &Stored, at: &std::ops::Range<u64>, size: u64) -> Result<(), Damage> {
    let stored = at.end.min(file.len).saturating_sub(at.start);
    if size > stored.saturating_mul(MAX_RATIO) { Err(Damage::Size) } else { Ok(()) }
}
