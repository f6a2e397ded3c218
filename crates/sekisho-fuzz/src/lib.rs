//! One plain function for each parser of foreign bytes, and two ways to throw bytes at it.
//!
//! The bodies stand here, as functions of the stable language, and not in `fuzz/`, so that every
//! run of the tests replays them: over seeds that are written in code, over the inputs that once
//! broke something (`fuzz/crashes/<target>/`), and over mutations of both that are the same on
//! every machine. `fuzz/` holds the other way, libFuzzer with coverage, over the same functions:
//! `cargo xtask fuzz --minutes 60`.
//!
//! A body must not return anything and must not touch files; it asserts what the parser promises
//! beyond not panicking, such as that spans lie in the input. This crate is never shipped.
#![forbid(unsafe_code)]

mod mutate;
mod replay;
mod seeds;
mod targets;

use std::fmt;

pub use mutate::{Rng, mutate};
pub use replay::{Failure, Stats, replay};
pub use targets::ALL;

/// A parser under test.
pub struct Target {
    /// Its name, which is its file's and its libFuzzer program's.
    pub name: &'static str,
    /// What may not panic, whatever the bytes.
    pub body: fn(&[u8]),
    /// Valid inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Texts that mean something to the parser, for the mutations.
    pub words: &'static [&'static [u8]],
}

/// Runs the target of that name, as its libFuzzer program does.
pub fn run(name: &str, bytes: &[u8]) {
    for target in ALL.iter().filter(|target| target.name == name) {
        (target.body)(bytes);
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.name)
    }
}
