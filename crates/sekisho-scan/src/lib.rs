//! The matching engine: bytes to hits to candidates, detectors and needles in one pass.
//!
//! Three things are looked for at once: what *looks* like a credential (a [`Detect`]or's pattern
//! near one of its keywords), what *is known* to be one (a [`Needles`] value, raw or encoded), and
//! what may *hide* one (an encoded [run](RunKind) that is worth decoding). The engine says where:
//! a [`Candidate`] is a span with its support, the bytes that the decision read. Whether it is a
//! credential is a verdict, and verdicts are not taken here.
//!
//! Scanning any partition of a buffer gives what scanning the whole buffer gives (invariant 10).
//! It follows from one rule that every part of this crate keeps: whether there is a candidate at a
//! place is a function of the bytes within a fixed distance of that place, and a [`Window`] emits
//! exactly the candidates that *start* in the part that it owns.
//!
//! This crate must never decode content for the caller, take a verdict, do I/O of its own, or let a
//! value into an error or a `Debug` form.
#![deny(unsafe_code)] // but in one module, which says why: `avx2`

#[cfg(target_arch = "x86_64")]
mod avx2;
mod blocks;
pub mod delta;
mod detect;
mod engine;
mod grouped;
mod keywords;
mod needles;
mod pattern;
mod position;
mod prefilter;
mod runs;

pub use blocks::{Block, Blocks, DEFAULT_BLOCK};
pub use detect::{Detect, Edges, Found, Reach, Witness};
pub use engine::{Candidate, Context, Engine, EngineError, Source, Window};
pub use needles::{MAX_NEEDLE_LEN, MIN_NEEDLE_LEN, Needles, Refusal, Refused};
pub use pattern::{PatternDetect, PatternError};
pub use position::{LineIndex, Position};
pub use runs::{MAX_RUN_LEN, RunKind};
