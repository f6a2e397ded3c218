//! [`StoreError`]: why something could not be kept or read.

use std::io;
use std::path::{Path, PathBuf};

use sekisho_secret::KeyError;

use crate::estate_key::KEY_FILE_MAX;

/// Why a key or a report could not be read or written. Names paths and modes, never content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no home directory to find the configuration directory by.
    #[error("the user's configuration directory is not known: set HOME or name an estate key file")]
    NoConfigDir,
    /// The operating system refused.
    #[error("cannot {doing} {path:?}: {kind}")]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The refusal, without the system's own text.
        kind: io::ErrorKind,
    },
    /// Something else stands where a regular file is expected: a directory, pipe, device, or (where
    /// a file is to be written) a symbolic link.
    #[error("{path:?} is not a regular file")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Everyone on the machine can read or replace the key.
    #[error(
        "estate key file {path:?} is open to everyone (mode {mode:04o}): run `chmod 600` on it, or, where it \
         comes from a Kubernetes Secret volume, set `defaultMode: 0400` on the volume"
    )]
    OpenToAll {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Longer than any key file.
    #[error("estate key file {path:?} is larger than {max} bytes", max = KEY_FILE_MAX)]
    TooLarge {
        /// The key file.
        path: PathBuf,
    },
    /// The content is not a key.
    #[error("estate key file {path:?} holds no key: {why}")]
    BadKey {
        /// The key file.
        path: PathBuf,
        /// What is wrong with it.
        why: KeyError,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system's random source gave no bytes for an estate key")]
    NoRandom,
}

impl StoreError {
    /// Makes an [`Io`](Self::Io) of what failed; for `map_err`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io { doing, path: path.to_owned(), kind: error.kind() }
    }

    /// Whether the file is simply not there.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Io { kind: io::ErrorKind::NotFound, .. })
    }
}
