//! Recognising what a target is.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::files;
use crate::git::is_git_directory;
use crate::item::begins_as_bundle;

/// What a target is. More kinds come with more sources.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// `-`: standard input.
    Stdin,
    /// A directory, for [`Directory`](crate::Directory).
    Directory(PathBuf),
    /// A repository of git, for its history: a directory that was named as one, or a git directory.
    Repository(PathBuf),
    /// A bundle of git.
    Bundle(PathBuf),
    /// A regular file, for [`NamedFile`](crate::NamedFile).
    File(PathBuf),
    /// A pipe or terminal that the user named (`<(kubectl logs …)`), for
    /// [`Stream`](crate::Stream).
    Stream(PathBuf),
    /// A file or member directory of etcd, for [`EtcdFiles`](crate::EtcdFiles): named as
    /// `etcd:PATH`, or recognised.
    Etcd(PathBuf),
}

/// Why a target as a whole cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// There is nothing of that name.
    #[error("there is no {path:?}")]
    Missing {
        /// The target.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot read {path:?}: {kind}")]
    Unreadable {
        /// The target.
        path: PathBuf,
        /// The refusal, without the system's own text.
        kind: io::ErrorKind,
    },
    /// The operating system gave no threads.
    #[error("cannot start the threads that read and examine")]
    NoThreads,
    /// A cluster that cannot be read at all.
    #[error("{what}")]
    Cluster {
        /// Why, in our own words.
        what: String,
    },
    /// A socket or a block device.
    #[error("{path:?} is neither a directory nor a file nor a stream")]
    Unsupported {
        /// The target.
        path: PathBuf,
    },
}

impl SourceError {
    /// For `map_err`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::NotFound => Self::Missing { path: path.to_owned() },
            kind => Self::Unreadable { path: path.to_owned(), kind },
        }
    }
}

/// What `target` is. Links are followed: the user named it.
///
/// # Errors
/// When there is nothing of that name, or nothing that can be read.
pub fn detect_target(target: &OsStr) -> Result<Target, SourceError> {
    if target == "-" {
        return Ok(Target::Stdin);
    }
    if let Some(path) = target.as_bytes().strip_prefix(b"etcd:") {
        return Ok(Target::Etcd(OsStr::from_bytes(path).into()));
    }
    if let Some(path) = target.as_bytes().strip_prefix(b"git:") {
        let path = PathBuf::from(OsStr::from_bytes(path));
        let kind = std::fs::metadata(&path).map_err(SourceError::io(&path))?;
        return Ok(if kind.is_dir() { Target::Repository(path) } else { Target::Bundle(path) });
    }
    let path = Path::new(target).to_owned();
    let kind = std::fs::metadata(&path).map_err(SourceError::io(&path))?.file_type();
    if (kind.is_dir() || kind.is_file()) && crate::etcd::is_etcd(&path, kind) {
        Ok(Target::Etcd(path))
    } else if kind.is_dir() && is_git_directory(&path) {
        Ok(Target::Repository(path))
    } else if kind.is_dir() {
        Ok(Target::Directory(path))
    } else if kind.is_file() && files::open(&path, true).is_ok_and(|(file, _)| begins_as_bundle(&file)) {
        Ok(Target::Bundle(path))
    } else if kind.is_file() {
        Ok(Target::File(path))
    } else if kind.is_fifo() || kind.is_char_device() {
        Ok(Target::Stream(path))
    } else {
        Err(SourceError::Unsupported { path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_what_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        std::fs::write(&file, "").unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("a", &link).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
        let detect = |path: &Path| detect_target(path.as_os_str());
        assert_eq!(detect(Path::new("-")), Ok(Target::Stdin));
        assert_eq!(detect(dir.path()), Ok(Target::Directory(dir.path().to_owned())));
        assert_eq!(detect(&file), Ok(Target::File(file.clone())));
        assert_eq!(detect(&link), Ok(Target::File(link.clone())));
        assert_eq!(detect(Path::new("/dev/null")), Ok(Target::Stream("/dev/null".into())));
        let none = dir.path().join("none");
        assert_eq!(detect(&none), Err(SourceError::Missing { path: none.clone() }));
        assert_eq!(detect_target(OsStr::new("etcd:a/b")), Ok(Target::Etcd("a/b".into())));
        let member = dir.path().join("data/member/snap");
        std::fs::create_dir_all(&member).unwrap();
        std::fs::write(member.join("db"), "").unwrap();
        let data = dir.path().join("data");
        assert_eq!(detect(&data), Ok(Target::Etcd(data.clone())));
        let socket = dir.path().join("socket");
        assert_eq!(detect(&socket), Err(SourceError::Unsupported { path: socket.clone() }));
    }
}
