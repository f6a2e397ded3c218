//! Kubernetes manifests understood, not grepped: objects and their values with exact byte spans.
//!
//! A file is split into documents ([`split_documents`]), each is read into a tree that knows where
//! every byte came from (YAML by a reader of its plain part or through granit-parser, JSON by a reader
//! of our own, unrendered templates with their expressions overwritten, broken documents by their
//! lines), and one walker makes [`Object`]s of it: what they are, and their scalars as `Field`s with
//! path, key, kind and role. [`read()`] and [`visit`] do it all; [`read_document`] is for streams that
//! somebody else splits, [`read_version`] for versions of which others are known.
//!
//! Beside it [`inventory`]: the same trees, or JSON values from a wire, as the objects of one cluster
//! in narrow types, for whoever asks who can reach a Secret.
//!
//! Input is hostile: trees are capped ([`Limits`]), aliases and merge keys are followed and never
//! copied, and the work is linear in the text. The crate does no I/O, decides nothing about whether
//! a value is a credential, and never forwards a parser's own words, which may quote the source.
#![forbid(unsafe_code)]

mod blocks;
mod classify;
pub mod inventory;
mod json;
mod limits;
mod lines;
mod marks;
mod mask;
mod object;
mod piece;
mod read;
mod role;
mod scalar;
mod sniff;
mod split;
mod tree;
mod walk;
mod yaml;

pub use inventory::Inventory;
pub use limits::Limits;
pub use marks::{Marks, Same};
pub use object::{Class, Generated, GeneratorFile, Manifest, Object, ReadProblem, Trouble};
pub use piece::{Content, FieldSpans, KnownPiece, Piece, PieceHash, Versions};
pub use read::{read, read_document, read_version, visit};
pub use role::{default_of, is_reference, is_sealed, is_template};
pub use sniff::{Syntax, sniff};
pub use split::{Documents, split_documents};
