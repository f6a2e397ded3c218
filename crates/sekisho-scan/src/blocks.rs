//! [`Blocks`]: a stream of any length as overlapping windows, in flat memory.
//!
//! Each block owns the bytes behind those of the block before and has the neighbourhood around them
//! that the engine (and whoever takes the verdict) needs. What is kept of the past is that
//! neighbourhood and a line count, so memory is the same for any length of stream and of line: the
//! block, and the engine's [`Context`](crate::Context), which is little more than the longest run.

use std::cell::Cell;
use std::io::{self, Read};

use crate::engine::{Context, Engine, Window};
use crate::position::Position;

/// Bytes that a block owns unless asked otherwise: 1 MiB.
pub const DEFAULT_BLOCK: usize = 1 << 20;

/// Reads a stream block by block. Together the blocks own every byte once, in order.
pub struct Blocks<'r> {
    input: &'r mut dyn Read,
    context: Context,
    block: usize,
    buffer: Vec<u8>,
    /// Offset of `buffer[0]` in the stream.
    base: u64,
    /// Position of `buffer[0]`.
    origin: Position,
    /// First byte of the buffer that no block has owned.
    next: usize,
    ended: bool,
}

/// A piece of a stream that can be scanned.
pub struct Block<'b> {
    /// What to give to [`Engine::scan`].
    pub window: Window<'b>,
    /// Offset of `window.bytes[0]` in the stream.
    pub base: u64,
    origin: Position,
    /// Where a position was asked for last, and the answer.
    last: Cell<(usize, Position)>,
}

impl<'r> Blocks<'r> {
    /// Blocks of [`DEFAULT_BLOCK`] bytes for `engine`.
    pub fn new(input: &'r mut dyn Read, engine: &Engine) -> Self {
        Self {
            input,
            context: engine.context(),
            block: DEFAULT_BLOCK,
            buffer: Vec::new(),
            base: 0,
            origin: Position::START,
            next: 0,
            ended: false,
        }
    }

    /// Blocks that own `bytes` bytes each, at least one.
    #[must_use]
    pub fn block(mut self, bytes: usize) -> Self {
        self.block = bytes.max(1);
        self
    }

    /// At least this much around every byte that a block owns, for the one who takes the verdict.
    #[must_use]
    pub fn verdict_context(mut self, context: Context) -> Self {
        self.context = self.context.union(context);
        self
    }

    /// The next block; none at the end. An empty stream has no block.
    ///
    /// After an error what was read so far can still be had: call again, and the stream ends there.
    pub fn next_block(&mut self) -> io::Result<Option<Block<'_>>> {
        let past = self.next.saturating_sub(self.context.before);
        let wanted = self.next.saturating_add(self.block).saturating_add(self.context.after);
        if !self.ended && self.buffer.len() < wanted {
            self.origin = self.origin.after(&self.buffer[..past]);
            self.base += past as u64;
            self.next -= past;
            self.buffer.drain(..past);
            let missing = wanted - past - self.buffer.len();
            let read = (&mut *self.input).take(missing as u64).read_to_end(&mut self.buffer);
            self.ended = !matches!(read, Ok(count) if count == missing);
            read?;
        }
        if self.next == self.buffer.len() {
            return Ok(None);
        }
        let own = self.next..self.buffer.len().min(self.next.saturating_add(self.block));
        self.next = own.end;
        Ok(Some(Block {
            window: Window { bytes: &self.buffer, at_start: self.base == 0, at_end: self.ended, own },
            base: self.base,
            origin: self.origin,
            last: Cell::new((0, self.origin)),
        }))
    }
}

impl Block<'_> {
    /// Line and column in the stream of a byte of the window. Cheap when asked in about ascending
    /// order, as candidates come.
    pub fn position(&self, at: usize) -> Position {
        let (last, position) = self.last.get();
        let bytes = self.window.bytes;
        let position = match at.checked_sub(last) {
            Some(_) => position.after(&bytes[last..at]),
            None => Position {
                line: position.line - memchr::memchr_iter(b'\n', &bytes[at..last]).count() as u64,
                column: match memchr::memrchr(b'\n', &bytes[..at]) {
                    Some(end) => (at - end) as u64,
                    None => self.origin.column + at as u64,
                },
            },
        };
        self.last.set((at, position));
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needles::Needles;
    use crate::position::LineIndex;

    /// Gives one byte at a time, and an error at a given one.
    struct Drip<'t> {
        text: &'t [u8],
        breaks_at: usize,
        given: usize,
    }

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.given == self.breaks_at {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let Some(byte) = self.text.get(self.given) else { return Ok(0) };
            buffer[0] = *byte;
            self.given += 1;
            Ok(1)
        }
    }

    fn engine() -> Engine {
        Engine::new(Vec::new(), Needles::none()).unwrap()
    }

    #[test]
    fn blocks_own_every_byte_once_and_know_their_lines() {
        let engine = engine();
        let text: Vec<u8> =
            (0..3_000_000u32).map(|n| if n % 71 == 0 { b'\n' } else { (n % 251) as u8 }).collect();
        let index = LineIndex::new(&text);
        let mut input = &text[..];
        let mut blocks = Blocks::new(&mut input, &engine).block(100_000);
        let (mut owned, mut longest) = (0, 0);
        while let Some(block) = blocks.next_block().unwrap() {
            let Window { bytes, at_start, at_end, own } = block.window.clone();
            let base = block.base as usize;
            longest = longest.max(bytes.len());
            assert_eq!(base + own.start, owned);
            owned = base + own.end;
            assert_eq!(bytes, &text[base..base + bytes.len()]);
            assert_eq!(at_start, base == 0);
            assert_eq!(at_end, base + bytes.len() == text.len());
            for at in [own.start, own.end - 1, own.start + 70, own.start + 65, own.start + 71, own.start, 0] {
                assert_eq!(block.position(at), index.position(base + at));
            }
        }
        assert_eq!(owned, text.len());
        let context = engine.context();
        assert!(longest <= context.before + 100_000 + context.after);
    }

    #[test]
    fn what_came_before_an_error_can_be_had() {
        let engine = engine();
        let mut input = Drip { text: b"abcdef", breaks_at: 4, given: 0 };
        let mut blocks = Blocks::new(&mut input, &engine);
        assert_eq!(blocks.next_block().err().map(|error| error.kind()), Some(io::ErrorKind::BrokenPipe));
        assert_eq!(blocks.next_block().unwrap().map(|block| block.window.bytes.len()), Some(4));
        assert!(blocks.next_block().unwrap().is_none());
        assert!(Blocks::new(&mut io::empty(), &engine).next_block().unwrap().is_none());
    }
}
