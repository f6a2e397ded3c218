//! [`Blocks`]: a stream of any length as overlapping windows, in flat memory.

use std::io::{self, Read};

use crate::engine::{Engine, Window};
use crate::position::Position;

/// Bytes that a window owns unless asked otherwise: 1 MiB.
pub const DEFAULT_BLOCK: usize = 1 << 20;

/// Reads a stream block by block; every block is a [`Window`] with the neighbourhood that the engine
/// needs, and together they own every byte once.
pub struct Blocks<'r> {
    input: &'r mut dyn Read,
    before: usize,
    after: usize,
    block: usize,
    buffer: Vec<u8>,
    /// Offset of `buffer[0]` in the stream, and its position.
    base: u64,
    origin: Position,
    /// First byte of the buffer that no block has owned yet.
    next: usize,
    ended: bool,
    done: bool,
}

/// A piece of a stream that can be scanned.
pub struct Block<'b> {
    /// What to give to [`Engine::scan`].
    pub window: Window<'b>,
    /// Offset of `window.bytes[0]` in the stream.
    pub base: u64,
    origin: Position,
}

impl<'r> Blocks<'r> {
    /// Blocks of [`DEFAULT_BLOCK`] bytes for `engine`.
    pub fn new(input: &'r mut dyn Read, engine: &Engine) -> Self {
        let context = engine.context();
        Self {
            input,
            before: context.before,
            after: context.after,
            block: DEFAULT_BLOCK,
            buffer: Vec::new(),
            base: 0,
            origin: Position::START,
            next: 0,
            ended: false,
            done: false,
        }
    }

    /// Blocks that own `bytes` bytes each (at least one).
    #[must_use]
    pub fn block(mut self, bytes: usize) -> Self {
        self.block = bytes.max(1);
        self
    }

    /// At least `bytes` bytes around every candidate's start, for the one who takes the verdict.
    #[must_use]
    pub fn verdict_context(mut self, bytes: usize) -> Self {
        self.before = self.before.max(bytes);
        self.after = self.after.max(bytes);
        self
    }

    /// The next block, or none at the end. After an error the bytes so far can still be had: the next
    /// call goes on as if the stream ended there.
    pub fn next_block(&mut self) -> io::Result<Option<Block<'_>>> {
        if self.done {
            return Ok(None);
        }
        let drop = self.next.saturating_sub(self.before);
        self.origin = self.origin.after(&self.buffer[..drop]);
        self.base += drop as u64;
        self.buffer.drain(..drop);
        self.next -= drop;
        let wanted = self.next + self.block + self.after;
        if !self.ended && self.buffer.len() < wanted {
            let missing = (wanted - self.buffer.len()) as u64;
            let read = (&mut *self.input).take(missing).read_to_end(&mut self.buffer);
            self.ended = self.buffer.len() < wanted;
            read?;
        }
        let end =
            if self.ended { self.buffer.len().min(self.next + self.block) } else { self.next + self.block };
        self.done = self.ended && end == self.buffer.len();
        let own = self.next..end;
        self.next = end;
        Ok(Some(Block {
            window: Window { bytes: &self.buffer, at_start: self.base == 0, at_end: self.ended, own },
            base: self.base,
            origin: self.origin,
        }))
    }
}

impl Block<'_> {
    /// Line and column of a byte of the window.
    pub fn position(&self, at: usize) -> Position {
        self.origin.after(&self.window.bytes[..at])
    }
}
