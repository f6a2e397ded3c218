//! Git repositories: all that they keep, every changed byte once.
//!
//! Two questions are answered here. [`file_at`]: what was a file at a revision. And [`Repository`]:
//! all objects, wherever they are kept (packs, loose files, alternates, bundles; reachable or not),
//! and the [`History`] of which blob stood where and when. Packs are walked in the order of their
//! deltas: each entry is inflated once, and every object is rebuilt on the live text of its base and
//! handed out with what it copies from there, so that who looks at it need not look at the copied
//! bytes again.
//!
//! What is read here is not trusted: repositories are opened without the user's or the system's
//! configuration deciding anything, hooks and filters are never run, and nothing is fetched. Packs,
//! indexes, objects and logs are read by small parsers of our own, by position into bounded buffers;
//! gix, which maps files, is asked for single files alone.
#![forbid(unsafe_code)]

mod brought;
mod bundle;
mod file_at;
mod files;
mod forest;
mod graph;
mod hashing;
mod history;
mod index;
mod layout;
mod loose;
mod objects;
mod oid;
pub mod pack;
mod refs;
pub mod reftable;
mod repository;
mod scan_pack;
mod staged;
mod standing;
mod walk;

pub use brought::{Brought, resolve};
pub use bundle::{Bundle, is_bundle};
pub use file_at::{GitError, MAX_FILE, file_at};
pub use graph::Message;
pub use history::{At, History, PathId, Placed, Side, Trace, Watch};
pub use index::{Index, IndexError, IndexFile, SharedIndex};
pub use layout::{Layout, is_git_dir, work_tree_of};
pub use objects::Objects;
pub use oid::{HashKind, Names, ObjectKind, Oid};
pub use refs::Text;
pub use repository::{Blob, Blobs, OnTrouble, Options, Repository, Trouble, Walked};
pub use staged::{Stage, Staged, staged};
pub use standing::Standing;
