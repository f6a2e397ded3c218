//! [`Source`]: the bytes of a container as its parser reads them.
//!
//! A buffered reader that knows its position and never fails: where the bytes underneath fail,
//! they end, and the error's kind is kept. So a parser has one way in which bytes can be missing.

use std::io::{self, BufRead, Read};

const BUFFER: usize = 32 * 1024;

/// See the module.
pub(crate) struct Source<'a> {
    inner: &'a mut dyn Read,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    consumed: u64,
    ended: bool,
    failure: Option<io::ErrorKind>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(inner: &'a mut dyn Read) -> Self {
        Self::at(inner, 0)
    }

    /// Bytes that stand at `position` of the container.
    pub(crate) fn at(inner: &'a mut dyn Read, position: u64) -> Self {
        Self {
            inner,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
            consumed: position,
            ended: false,
            failure: None,
        }
    }

    /// Bytes handed out so far.
    pub(crate) fn position(&self) -> u64 {
        self.consumed
    }

    /// Why the bytes ended, if it was not their own end.
    pub(crate) fn failure(&self) -> Option<io::ErrorKind> {
        self.failure
    }

    /// Looks at the next bytes without taking them: at least `wanted` (at most 4 KiB) unless the
    /// bytes end before.
    pub(crate) fn peek(&mut self, wanted: usize) -> &[u8] {
        debug_assert!(wanted <= 4096);
        while self.end - self.start < wanted && !self.ended {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(n) => self.end += n.min(self.buffer.len() - self.end),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(error.kind());
                    self.ended = true;
                }
            }
        }
        &self.buffer[self.start..self.end]
    }

    /// Whether there are no more bytes.
    pub(crate) fn at_end(&mut self) -> bool {
        self.peek(1).is_empty()
    }

    /// Takes `n` bytes that have been peeked at.
    pub(crate) fn advance(&mut self, n: usize) {
        let n = n.min(self.end - self.start);
        self.start += n;
        self.consumed += n as u64;
    }

    /// Takes exactly `N` bytes, or nothing and `None` where there are fewer.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let array = *self.peek(N).first_chunk()?;
        self.advance(N);
        Some(array)
    }

    /// Takes `n` bytes, or as many as there are. The vector grows with what is there, never by
    /// `n` alone.
    pub(crate) fn up_to(&mut self, n: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < n && !self.at_end() {
            let there = self.peek(1);
            let step = there.len().min(n as usize - bytes.len());
            bytes.extend_from_slice(&there[..step]);
            self.advance(step);
        }
        bytes
    }

    /// Passes over `n` bytes; `false` where there are fewer.
    pub(crate) fn skip(&mut self, mut n: u64) -> bool {
        while n > 0 {
            let there = self.peek(1).len();
            if there == 0 {
                return false;
            }
            let step = n.min(there as u64);
            self.advance(step as usize);
            n -= step;
        }
        true
    }
}

impl Read for Source<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let there = self.peek(1);
        let n = there.len().min(out.len());
        out[..n].copy_from_slice(&there[..n]);
        self.advance(n);
        Ok(n)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.peek(1))
    }

    fn consume(&mut self, n: usize) {
        self.advance(n);
    }
}
