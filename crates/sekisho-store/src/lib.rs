//! What Sekisho keeps on disk: the estate key, saved reports, and what spares the next scan work.
//!
//! Everything here is written whole or not at all (a scratch file in the same directory, synced,
//! then renamed) and is readable by its owner alone from its first byte on. What is read is
//! distrusted: a key that everyone on the machine can read or replace is no key, so it is refused
//! with the way to mend it.
//!
//! This crate must never take a path or a key from the environment (the binary does, and hands
//! both in), and never say anything of a file but its name, its mode and what is wrong with it.
//! It is written for systems with Unix file modes.
#![forbid(unsafe_code)]

mod answer;
mod cache;
mod error;
mod estate_key;
mod private;
mod spans;
mod words;

pub use answer::{Answer, Counts, Look, Probe, Record};
pub use cache::{Cache, cache_directory};
pub use error::StoreError;
pub use estate_key::{KEY_FILE_MAX, Opened, Rotated, default_path, ephemeral, load, load_or_create, rotate};
pub use private::{write_private, write_private_with};
pub use spans::{BlobEntry, PathMark};
