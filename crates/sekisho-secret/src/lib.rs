//! Secret values as types.
//!
//! Everything that can hold a value lives behind a type of this crate, so that the compiler keeps
//! the second invariant of the house: nothing prints, logs or serialises a value. [`SecretBytes`]
//! has no `Debug` of its content and is wiped when dropped; [`EstateKey`] likewise. What *may* be
//! shown is a [`Fingerprint`], a keyed digest of the value's canonical form, and even that only
//! when the value is strong enough not to be guessed (see [`is_weak`]).
//!
//! This crate must never do I/O and must never offer a way to format a value.
#![forbid(unsafe_code)]

mod canonical;
mod fingerprint;
mod key;
mod secret_bytes;
mod weak;

pub use canonical::{MIN_CANONICAL_LEN, canonical};
pub use fingerprint::{Fingerprint, KeyId, ParseHexError};
pub use key::{EstateKey, KEY_LEN, KeyError};
pub use secret_bytes::SecretBytes;
pub use weak::{MIN_STRONG_LEN, is_common_password, is_weak};
