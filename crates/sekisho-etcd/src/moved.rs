//! Values that do not open under their key: were they moved there from another?
//!
//! Whoever can write to etcd can copy a stored value from one key to another. AES-GCM and KMS v2
//! bind a value to its key, so the copy does not open; but it opens under the key that it came
//! from, and that is how it is told from a value that was damaged. aescbc and secretbox bind
//! nothing: there the object inside names itself.

use std::collections::HashSet;

use crate::envelope::{self, Stored};
use crate::keyring::Keyring;
use crate::proof::{Decryption, Refusal};
use crate::read_at::{ReadAt, Window};
use crate::records;

/// Values that are looked into, at most.
const MAX_VALUES: usize = 64;
/// Keys that are tried for each.
const MAX_KEYS: usize = 20_000;

/// Looks for the keys under which values that were refused do open.
pub(crate) fn trace(source: &dyn ReadAt, keys: &Keyring, decryption: &mut Decryption) {
    let is_asked = |refusal: &Refusal| refusal == &Refusal::NotAuthentic;
    if !decryption.failed.iter().any(|failed| is_asked(&failed.reason)) {
        return;
    }
    let mut tried = HashSet::new();
    records::walk(source, &mut |found| {
        if tried.len() < MAX_KEYS {
            tried.insert(found.kv.key.to_vec());
        }
        tried.len() < MAX_KEYS
    });
    let mut tried: Vec<Vec<u8>> = tried.into_iter().collect();
    tried.sort_unstable();
    let mut window = Window::new(source);
    for failed in decryption.failed.iter_mut().filter(|failed| is_asked(&failed.reason)).take(MAX_VALUES) {
        let length = usize::try_from(failed.length).unwrap_or(usize::MAX);
        let Ok(value) = window.get(failed.offset, length) else { continue };
        let Stored::Sealed(envelope) = envelope::read(value) else { continue };
        if !envelope.provider.is_bound_to_key() {
            continue;
        }
        if let Some(key) = tried.iter().find(|key| keys.open(&envelope, key).is_ok()) {
            failed.reason = Refusal::Moved;
            failed.moved_from = Some(String::from_utf8_lossy(key).into_owned());
        }
    }
}
