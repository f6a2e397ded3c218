//! The only decoder and decompressor of Sekisho.
//!
//! Whatever wraps a value is taken off here and nowhere else: archives and compressed streams
//! ([`visit()`]), text forms ([`text`]), UTF-16 ([`utf16`]), and the formats that credentials
//! themselves come in ([`jwt()`], [`pem`], [`key`], [`x509`], [`putty_key`], [`pkcs12()`],
//! [`key_store`], [`basic`], [`user_info`]). One
//! layer at a time: recursion is the caller's, under one [`Budget`] per item, so that one hostile
//! item cannot take more than its share however its layers are made.
//!
//! Every parser is a plain function over bytes or a reader, total on any input: no panic, no
//! allocation by an unchecked length, no recursion, no more than linear time (sorting aside).
//! It must never do I/O of its own, never decide whether a value is a credential, and never put
//! content into a problem or an error.
#![forbid(unsafe_code)]

mod compress;
mod container;
mod der;
mod jwt;
pub mod key;
mod keystore;
mod limits;
pub mod pem;
mod pkcs12;
mod problem;
mod putty;
mod source;
mod tar;
pub mod text;
mod userinfo;
pub mod utf16;
mod visit;
pub mod x509;
mod zip;

pub use container::{Container, HEAD, sniff};
pub use der::SpkiDigest;
pub use jwt::{Jwt, Protection, ServiceAccountToken, jwt};
pub use keystore::{KeyStore, key_store};
pub use limits::{Budget, Deeper, Limits, RATIO_FROM};
pub use pkcs12::{Pkcs12, pkcs12};
pub use problem::{Problem, Trouble};
pub use putty::{PuttyKey, putty_key};
pub use text::{Decoded, worth_scanning};
pub use userinfo::{Basic, UserInfo, basic, user_info};
pub use visit::{Event, visit};
