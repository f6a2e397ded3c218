//! etcd's bytes: what is encrypted in them and what is not, without any key.
//!
//! A cluster's encryption setting says what the next write will do. What was written before, and
//! what a deletion or a rewrite left behind, is in the bytes: older revisions until compaction,
//! freed pages until defragmentation, the log until its segments are gone, every snapshot and
//! backup for ever. This crate reads those bytes to the last one and says of each range what it is;
//! a file is `clean` only when nothing is left over ([`prove`]).
//!
//! It must never open a file (callers bring a [`ReadAt`]), never hold more of one than a bounded
//! window, never trust a number in it, and never give out a value: reports hold places, names and
//! keyed fingerprints.
#![forbid(unsafe_code)]

mod bbolt;
mod bookkeeping;
mod carve;
pub mod config;
mod crc;
mod envelope;
pub mod evidence;
mod json;
mod keyring;
mod live;
mod looks;
mod moved;
mod mvcc;
mod newest;
mod object;
mod options;
pub mod proof;
mod proto;
mod prove;
mod read_at;
mod records;
pub mod sample;
mod snap;
mod still_live;
mod storage_name;
mod store;
mod tally;
mod wal;
mod way;

pub use envelope::{EncryptedObject, Envelope, Provider};
pub use json::{JsonObject, to_json};
pub use keyring::{KeyRefused, Keyring, Refused};
pub use live::{Inventory, Sealing, StoredObject, Which, is_etcd, objects, remnants};
pub use looks::Looks;
pub use options::{Identify, Options, Require};
pub use prove::{Sniffed, prove, resolve_still_live, sha256, sniff};
pub use read_at::ReadAt;
pub use way::{Step, way};
