//! Automation of the house, in the house's own language.
//!
//! `cargo xtask tidy` judges the tree by the rules that the compiler cannot: which room may know
//! which, which names may stand where, whether the documents still say the truth. Every rule is
//! one file in [`tidy`], with a test that shows that it can fail, and all of them run under
//! `cargo test`, so that no rule lives only in prose. `cargo xtask codegen` writes what is
//! generated and committed; the same code tests that it is fresh. `cargo xtask fuzz` runs libFuzzer
//! over every parser. `cargo xtask bench` measures what is promised of speed and memory, and
//! `cargo xtask eval` detection on labelled sets. `cargo xtask estate` writes a made-up cluster.
//!
//! This crate must never depend on a room that it generates code for: a broken table could then
//! not be generated anew.
#![forbid(unsafe_code)]

pub mod bench;
pub mod codegen;
pub mod estate;
pub mod eval;
pub mod fuzz;
pub mod layers;
pub mod markdown;
pub mod measured;
pub mod rust;
pub mod tidy;
pub mod tree;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
