//! Where bytes come from: directories, files, streams, etcd's files, clusters.
//!
//! A [`Source`] walks one target and yields [`Item`]s: a place, what git knows of it, what its
//! surroundings know of its purpose, and bytes that are opened by whoever examines them, in the
//! worker that examines them. It detects nothing and interprets nothing. What it could not read
//! it says: every [`Problem`] belongs into the coverage.
//!
//! The target is not trusted. Nothing in it is run, links are not followed, only regular files are
//! opened and never waited for, git's files are read by small parsers of our own with bounds, and
//! nothing is mapped into memory (another process could cut the file short under us).
#![forbid(unsafe_code)]

#[cfg(feature = "cluster")]
pub mod cluster;
pub mod etcd;
mod files;
pub mod git;
pub mod inventory;
mod item;
mod kustomize;
mod sources;
mod target;

use sekisho_model::Problem;

pub use item::{Content, Item, Unopened};
pub use sources::dir::{Directory, DirectoryOptions};
pub use sources::etcd::EtcdFiles;
pub use sources::file::NamedFile;
pub use sources::stream::Stream;
pub use target::{SourceError, Target, detect_target};

/// Where items come from.
pub trait Source: Sync {
    /// The source's name in coverage: `dir`, `file`, `log`, `etcd`, `cluster`.
    fn name(&self) -> &'static str;

    /// Hands every item to `on` and everything that could not be read to `problem`, in no order and
    /// from several threads at once. Items hold `problem` too: what goes wrong while their bytes are
    /// read is said then.
    ///
    /// # Errors
    /// When the target as a whole cannot be read. Nothing less is an error.
    fn each(
        &self,
        on: &(dyn Fn(Item<'_>) + Sync),
        problem: &(dyn Fn(Problem) + Sync),
    ) -> Result<Stats, SourceError>;
}

/// What a walk came by beside its items.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Items handed out.
    pub items: u64,
    /// Files, and directories with all in them, that were left out on request.
    pub excluded: u64,
    /// Symbolic links. They are not followed: what they lead to is read where it lies, if it lies in
    /// the target.
    pub links: u64,
    /// Work trees of git in the target, by the target's own name for them, sorted. Their `.git`
    /// directories were not walked, since their bytes are for those who read git's own formats.
    pub repositories: Vec<std::path::PathBuf>,
}
