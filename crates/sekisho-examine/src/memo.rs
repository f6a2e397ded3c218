//! [`Memo`]: fields in which there is nothing, so that they are not searched again.
//!
//! The versions of a manifest share nearly all their fields, and searching one takes a hundred times
//! as long as recognising it. What is remembered is a hash of all that the search reads, cut to 128
//! bits, and that nothing came of it: no value, no verdict, and nothing that outlives the scan. The
//! hash is SHA-256, so nobody can write a field that passes for another.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use sekisho_model::Field;
use sha2::{Digest as _, Sha256};

/// Parts with a lock of their own, for scans in many threads.
const PARTS: usize = 64;
/// Fields that one part remembers: 40 MiB or so for all.
const MAX_IN_PART: usize = 16 << 10;

/// What is remembered of one field.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FieldHash([u8; 16]);

impl FieldHash {
    /// The hash of a field of an object; of a Secret also with its type.
    pub(crate) fn new(field: &Field, secret_type: Option<&str>) -> Self {
        let secret_type = secret_type.unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update([field.kind as u8, field.role as u8]);
        for part in [secret_type.as_bytes(), field.key.as_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update(field.value.expose_secret());
        let mut short = [0; 16];
        short.copy_from_slice(&hash.finalize()[..16]);
        Self(short)
    }
}

/// Fields in which there is nothing.
pub(crate) struct Memo(Vec<Mutex<HashSet<FieldHash>>>);

impl Memo {
    pub(crate) fn new() -> Self {
        Self((0..PARTS).map(|_| Mutex::default()).collect())
    }

    fn with<R>(&self, hash: FieldHash, work: impl FnOnce(&mut HashSet<FieldHash>) -> R) -> R {
        let part = &self.0[usize::from(hash.0[0]) % PARTS];
        work(&mut part.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether it is known that there is nothing.
    pub(crate) fn is_nothing(&self, hash: FieldHash) -> bool {
        self.with(hash, |part| part.contains(&hash))
    }

    /// Remembers that there is nothing; a part that is full begins anew.
    pub(crate) fn note_nothing(&self, hash: FieldHash) {
        self.with(hash, |part| {
            if part.len() >= MAX_IN_PART {
                part.clear();
            }
            part.insert(hash);
        });
    }
}
