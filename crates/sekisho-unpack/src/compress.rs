//! Compressed streams: gzip, zlib, raw DEFLATE and zstd, decoded with flat memory.
//!
//! Each decoder is a [`Decode`]: it pulls from a [`Source`], gives bytes until the format's own
//! end, and names what is wrong as a [`Trouble`]. [`Content`] puts the caps around it and is what
//! callers read.

use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::limits::{Budget, RATIO_FROM};
use crate::problem::Trouble;
use crate::source::Source;
use crate::visit::early_end;

/// A stream of decoded bytes.
pub(crate) trait Decode {
    /// Decodes into `out`, which is not empty; 0 is the end.
    fn decode(&mut self, out: &mut [u8]) -> Result<usize, Trouble>;

    /// Where the decoder stands in the bytes that it reads.
    fn position(&self) -> u64;
}

/// What a caller reads: a decoder's bytes under the caps of the budget. It never fails; where
/// something is wrong it ends, and [`finish`](Self::finish) tells what.
pub(crate) struct Content<'a> {
    decoder: &'a mut dyn Decode,
    budget: &'a Budget,
    charged: bool,
    from: u64,
    produced: u64,
    ended: bool,
    trouble: Option<Trouble>,
}

impl<'a> Content<'a> {
    /// Content that is charged to the budget, as whatever can grow must be.
    pub(crate) fn new(decoder: &'a mut dyn Decode, budget: &'a Budget) -> Self {
        let from = decoder.position();
        Self { decoder, budget, charged: true, from, produced: 0, ended: false, trouble: None }
    }

    /// Content that is a part of what has been charged, or read from the source, already.
    pub(crate) fn uncharged(decoder: &'a mut dyn Decode, budget: &'a Budget) -> Self {
        Self { charged: false, ..Self::new(decoder, budget) }
    }

    /// Bytes given so far, when that was all of them.
    pub(crate) fn whole(&self) -> Option<u64> {
        (self.ended && self.trouble.is_none()).then_some(self.produced)
    }

    /// What was wrong, if anything.
    pub(crate) fn finish(self) -> Option<Trouble> {
        self.trouble
    }

    /// Reads to the end, for those who need what follows.
    pub(crate) fn drain(&mut self) {
        let mut scrap = [0; 8192];
        while self.read(&mut scrap).is_ok_and(|n| n > 0) {}
    }

    fn next(&mut self, out: &mut [u8]) -> Result<usize, Trouble> {
        if self.ended || out.is_empty() {
            return Ok(0);
        }
        let room = if self.charged { self.budget.room() } else { u64::MAX };
        if room == 0 {
            // Exactly at the cap: one byte more decides whether it was the end.
            self.ended = self.decoder.decode(&mut [0])? == 0;
            return if self.ended { Ok(0) } else { Err(Trouble::Output(self.budget.limits().output)) };
        }
        let limit = usize::try_from(room).unwrap_or(usize::MAX).min(out.len());
        let n = self.decoder.decode(&mut out[..limit])?;
        self.ended = n == 0;
        self.produced += n as u64;
        if self.charged {
            self.budget.spend(n as u64);
            let consumed = (self.decoder.position() - self.from).max(1);
            let ratio = self.budget.limits().ratio;
            if self.produced > RATIO_FROM && self.produced / consumed > ratio {
                self.stop(Trouble::Ratio(ratio));
            }
        }
        Ok(n)
    }

    fn stop(&mut self, trouble: Trouble) {
        self.ended = true;
        self.trouble = if trouble == Trouble::Truncated { early_end(self.budget) } else { Some(trouble) };
        self.budget.set_cut(true);
    }
}

impl Read for Content<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Ok(self.next(out).unwrap_or_else(|trouble| {
            self.stop(trouble);
            0
        }))
    }
}

/// Raw DEFLATE, or DEFLATE in a zlib frame.
pub(crate) struct Inflate<'s, 'r> {
    source: &'s mut Source<'r>,
    state: Decompress,
    ended: bool,
}

impl<'s, 'r> Inflate<'s, 'r> {
    pub(crate) fn raw(source: &'s mut Source<'r>) -> Self {
        Self { source, state: Decompress::new(false), ended: false }
    }

    pub(crate) fn zlib(source: &'s mut Source<'r>) -> Self {
        Self { source, state: Decompress::new(true), ended: false }
    }
}

impl Decode for Inflate<'_, '_> {
    fn decode(&mut self, out: &mut [u8]) -> Result<usize, Trouble> {
        while !self.ended {
            let input = self.source.peek(1);
            let at_end = input.is_empty();
            let (in_before, out_before) = (self.state.total_in(), self.state.total_out());
            let status = self
                .state
                .decompress(input, out, FlushDecompress::None)
                .map_err(|_| Trouble::Malformed("deflate data"))?;
            let taken = self.state.total_in() - in_before;
            let given = (self.state.total_out() - out_before) as usize;
            self.source.advance(taken as usize);
            self.ended = status == Status::StreamEnd;
            if given > 0 {
                return Ok(given);
            }
            if !self.ended && at_end {
                return Err(Trouble::Truncated);
            }
            if !self.ended && taken == 0 {
                return Err(Trouble::Malformed("deflate data"));
            }
        }
        Ok(0)
    }

    fn position(&self) -> u64 {
        self.source.position()
    }
}

/// gzip: members one after the other, each with its own header and checksum.
pub(crate) struct Gzip<'s, 'r> {
    inflate: Inflate<'s, 'r>,
    crc: Crc,
    in_member: bool,
    members: u64,
    checksum_failed: bool,
}

impl<'s, 'r> Gzip<'s, 'r> {
    pub(crate) fn new(source: &'s mut Source<'r>) -> Self {
        Self {
            inflate: Inflate::raw(source),
            crc: Crc::new(),
            in_member: false,
            members: 0,
            checksum_failed: false,
        }
    }

    /// Whether a member's checksum was wrong, which does not stop the rest.
    pub(crate) fn checksum_failed(&self) -> bool {
        self.checksum_failed
    }

    /// Reads a member's header (RFC 1952 section 2.3); `false` at the end of the stream.
    fn header(&mut self) -> Result<bool, Trouble> {
        let source = &mut *self.inflate.source;
        if self.members > 0 {
            // Members may be padded with zeros, as tapes and some archivers do.
            while source.peek(1).first() == Some(&0) {
                source.advance(1);
            }
            if source.at_end() {
                return Ok(false);
            }
            if !source.peek(3).starts_with(b"\x1f\x8b\x08") {
                return Err(Trouble::TrailingData);
            }
        }
        let header: [u8; 10] = source.array().ok_or(Trouble::Truncated)?;
        if !header.starts_with(b"\x1f\x8b\x08") {
            return Err(Trouble::Malformed("gzip header"));
        }
        let flags = header[3];
        if flags & 4 != 0 {
            let extra: [u8; 2] = source.array().ok_or(Trouble::Truncated)?;
            if !source.skip(u16::from_le_bytes(extra).into()) {
                return Err(Trouble::Truncated);
            }
        }
        // The original name, then the comment, each ended by a zero.
        for _ in [8, 16].into_iter().filter(|flag| flags & flag != 0) {
            while source.array().ok_or(Trouble::Truncated)? != [0] {}
        }
        if flags & 2 != 0 && !source.skip(2) {
            return Err(Trouble::Truncated);
        }
        self.members += 1;
        self.in_member = true;
        self.crc.reset();
        self.inflate.state.reset(false);
        self.inflate.ended = false;
        Ok(true)
    }
}

impl Decode for Gzip<'_, '_> {
    fn decode(&mut self, out: &mut [u8]) -> Result<usize, Trouble> {
        loop {
            if !self.in_member && !self.header()? {
                return Ok(0);
            }
            let n = self.inflate.decode(out)?;
            if n > 0 {
                self.crc.update(&out[..n]);
                return Ok(n);
            }
            self.in_member = false;
            let crc = self.inflate.source.array().ok_or(Trouble::Truncated)?;
            let size = self.inflate.source.array().ok_or(Trouble::Truncated)?;
            self.checksum_failed |=
                u32::from_le_bytes(crc) != self.crc.sum() || u32::from_le_bytes(size) != self.crc.amount();
        }
    }

    fn position(&self) -> u64 {
        self.inflate.position()
    }
}

/// Whether a content begins with a zstd frame, or with one of the 16 kinds of skippable frame.
pub(crate) fn is_zstd(head: &[u8]) -> bool {
    let number = head.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    number.is_some_and(|n| n == 0xfd2f_b528 || n & !0xf == 0x184d_2a50)
}

/// zstd: frames one after the other, skippable ones among them.
pub(crate) struct Zstd<'s, 'r> {
    source: &'s mut Source<'r>,
    frame: Option<FrameDecoder>,
    frames: u64,
    window: u64,
}

impl<'s, 'r> Zstd<'s, 'r> {
    /// A decoder that holds a window of at most `window` bytes.
    pub(crate) fn new(source: &'s mut Source<'r>, window: u64) -> Self {
        Self { source, frame: None, frames: 0, window }
    }

    /// Begins the next frame; `false` at the end of the stream. What follows the last frame and is
    /// none stays in the source.
    fn next_frame(&mut self) -> Result<bool, Trouble> {
        loop {
            if self.frames > 0 {
                match self.source.peek(4) {
                    [] => return Ok(false),
                    next if !is_zstd(next) => return Err(Trouble::TrailingData),
                    _ => {}
                }
            }
            // A fresh decoder for each frame: a reused one reserves the whole declared window.
            let mut frame = FrameDecoder::new();
            frame.set_max_window_size(self.window);
            match frame.init(&mut *self.source) {
                Ok(()) => {
                    self.frames += 1;
                    self.frame = Some(frame);
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    self.frames += 1;
                    if !self.source.skip(length.into()) {
                        return Err(Trouble::Truncated);
                    }
                }
                Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Err(Trouble::Window(self.window)),
                Err(FrameDecoderError::DictNotProvided { .. }) => {
                    return Err(Trouble::UnsupportedFormat("zstd with a dictionary"));
                }
                Err(_) => return Err(self.damaged("zstd frame header")),
            }
        }
    }

    /// What a failure means: where the bytes are used up, they end early.
    fn damaged(&mut self, part: &'static str) -> Trouble {
        if self.source.at_end() { Trouble::Truncated } else { Trouble::Malformed(part) }
    }
}

impl Decode for Zstd<'_, '_> {
    fn decode(&mut self, out: &mut [u8]) -> Result<usize, Trouble> {
        loop {
            if self.frame.is_none() && !self.next_frame()? {
                return Ok(0);
            }
            let Some(frame) = &mut self.frame else { return Ok(0) };
            let n = frame.read(out).map_err(|_| Trouble::Malformed("zstd data"))?;
            if n > 0 {
                return Ok(n);
            }
            if frame.is_finished() {
                self.frame = None;
            } else if frame.decode_blocks(&mut *self.source, BlockDecodingStrategy::UptoBlocks(1)).is_err() {
                return Err(self.damaged("zstd data"));
            }
        }
    }

    fn position(&self) -> u64 {
        self.source.position()
    }
}

/// Bytes that stand there as they are.
pub(crate) struct Stored<'s, 'r> {
    source: &'s mut Source<'r>,
    left: u64,
}

impl<'s, 'r> Stored<'s, 'r> {
    pub(crate) fn new(source: &'s mut Source<'r>, size: u64) -> Self {
        Self { source, left: size }
    }

    /// Bytes not yet given.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl Decode for Stored<'_, '_> {
    fn decode(&mut self, out: &mut [u8]) -> Result<usize, Trouble> {
        if self.left == 0 {
            return Ok(0);
        }
        let there = self.source.fill_buf().map_err(|error| Trouble::Read(error.kind()))?;
        let n = there.len().min(out.len()).min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if n == 0 {
            return Err(Trouble::Truncated);
        }
        out[..n].copy_from_slice(&there[..n]);
        self.source.advance(n);
        self.left -= n as u64;
        Ok(n)
    }

    fn position(&self) -> u64 {
        self.source.position()
    }
}
