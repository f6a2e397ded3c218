//! Lines and columns: 1-based, in bytes, lines end with `\n`.

/// Where a byte stands, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// 1-based line; lines end with `\n`, which belongs to the line that it ends.
    pub line: u64,
    /// 1-based column in bytes.
    pub column: u64,
}

impl Position {
    /// The first byte of a buffer.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The position behind `bytes` that begin here. Lines may be of any length and may be given in
    /// any number of pieces.
    #[must_use]
    pub fn after(self, bytes: &[u8]) -> Self {
        match memchr::memrchr(b'\n', bytes) {
            None => Self { line: self.line, column: self.column + bytes.len() as u64 },
            Some(last) => Self {
                line: self.line + memchr::memchr_iter(b'\n', &bytes[..=last]).count() as u64,
                column: (bytes.len() - last) as u64,
            },
        }
    }
}

/// The lines of a buffer, for many look-ups in any order.
#[derive(Debug, Clone)]
pub struct LineIndex {
    /// Positions of all `\n`, ascending.
    ends: Vec<usize>,
}

impl LineIndex {
    /// Finds the lines of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        Self { ends: memchr::memchr_iter(b'\n', bytes).collect() }
    }

    /// The position of the byte at `offset` (the end of the buffer is a position, too).
    pub fn position(&self, offset: usize) -> Position {
        let before = self.ends.partition_point(|end| *end < offset);
        let start = before.checked_sub(1).map_or(0, |last| self.ends[last] + 1);
        Position { line: before as u64 + 1, column: (offset - start) as u64 + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree_at_every_byte() {
        for text in ["", "a", "\n", "ab\ncd\n\ne", "\r\n\r\n", "\n\n\nxyz"] {
            let index = LineIndex::new(text.as_bytes());
            for at in 0..=text.len() {
                let (head, tail) = text.as_bytes()[..at].split_at(at / 2);
                assert_eq!(index.position(at), Position::START.after(head).after(tail), "{text:?} at {at}");
            }
        }
        assert_eq!(LineIndex::new(b"ab\ncd").position(2), Position { line: 1, column: 3 });
        assert_eq!(LineIndex::new(b"ab\ncd").position(3), Position { line: 2, column: 1 });
    }
}
