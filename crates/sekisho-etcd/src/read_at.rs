//! Reading a file at any place, with flat memory.
//!
//! The engines of this crate never open a file: they read through [`ReadAt`], which the adapters
//! implement with `pread` and the tests with a slice. There is no memory map: a file that shrinks
//! or an I/O error must be an error and not a signal. [`Window`] is the one buffer of a pass: it
//! notices when reads go up or down the file in small steps and then reads ahead in that
//! direction, so that a walk in key order costs few system calls wherever the pages lie.

use std::io;

/// Something with a length that can be read at any place.
pub trait ReadAt {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Fills `buf` from `offset`, or fails.
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()>;

    /// Whether there are no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl ReadAt for [u8] {
    fn len(&self) -> u64 {
        self.len() as u64
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(buf.len());
        buf.copy_from_slice(self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn len(&self) -> u64 {
        self.as_slice().len() as u64
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.as_slice().read_exact_at(buf, offset)
    }
}

/// The longest run of bytes that is looked at as one: a leaf with its overflow pages, a log
/// record. etcd refuses requests above 1.5 MiB unless told otherwise; this leaves room for twenty.
pub(crate) const MAX_RUN: usize = 32 << 20;

/// How much is read at once where reads follow each other.
const CHUNK: usize = 128 << 10;

/// How far from the last window a read may be to count as following it.
const NEAR: u64 = 256 << 10;

/// A run that cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRun {
    /// It ends beyond the end of the file.
    BeyondEnd,
    /// It is longer than [`MAX_RUN`].
    TooLong,
    /// The read failed.
    Io(io::ErrorKind),
}

/// A moving view of a file.
pub(crate) struct Window<'s> {
    source: &'s dyn ReadAt,
    len: u64,
    buf: Vec<u8>,
    start: u64,
    filled: usize,
}

impl<'s> Window<'s> {
    pub(crate) fn new(source: &'s dyn ReadAt) -> Self {
        Self { source, len: source.len(), buf: Vec::new(), start: 0, filled: 0 }
    }

    /// Length of the file in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// `len` bytes at `offset`.
    pub(crate) fn get(&mut self, offset: u64, len: usize) -> Result<&[u8], NoRun> {
        let end = offset.checked_add(len as u64).filter(|end| *end <= self.len).ok_or(NoRun::BeyondEnd)?;
        if offset < self.start || end > self.start + self.filled as u64 {
            self.fill(offset, len)?;
        }
        let at = (offset - self.start) as usize;
        Ok(&self.buf[at..at + len])
    }

    /// The bytes from `offset` to the end of the file, but no more than `most`.
    pub(crate) fn up_to(&mut self, offset: u64, most: usize) -> Result<&[u8], NoRun> {
        let len = self.len.saturating_sub(offset).min(most as u64) as usize;
        self.get(offset, len)
    }

    fn fill(&mut self, offset: u64, len: usize) -> Result<(), NoRun> {
        if len > MAX_RUN {
            return Err(NoRun::TooLong);
        }
        let want = len.max(CHUNK);
        let end = self.start + self.filled as u64;
        let (from, size) = if offset >= self.start && offset < end + NEAR {
            (offset, want)
        } else if offset < self.start && offset + NEAR > self.start {
            ((offset + len as u64).saturating_sub(want as u64), want)
        } else {
            (offset, len)
        };
        let size = (self.len - from).min(size as u64) as usize;
        if self.buf.len() < size {
            self.buf.resize(size, 0);
        }
        self.filled = 0;
        self.source.read_exact_at(&mut self.buf[..size], from).map_err(|e| NoRun::Io(e.kind()))?;
        self.start = from;
        self.filled = size;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_window_shows_what_the_file_holds(
            reads in prop::collection::vec((0u64..600_000, 0usize..200_000), 1..30)
        ) {
            let file: Vec<u8> = (0..500_000u32).map(|n| (n / 251 + n) as u8).collect();
            let mut window = Window::new(&file);
            for (offset, len) in reads {
                let expected = file.get(offset as usize..offset as usize + len);
                prop_assert_eq!(window.get(offset, len).ok(), expected);
            }
        }
    }

    #[test]
    fn a_run_that_cannot_be_had_is_not_allocated() {
        let file = vec![0u8; 10];
        let mut window = Window::new(&file);
        assert_eq!(window.get(5, 6), Err(NoRun::BeyondEnd));
        assert_eq!(window.get(u64::MAX, 2), Err(NoRun::BeyondEnd));
    }
}
