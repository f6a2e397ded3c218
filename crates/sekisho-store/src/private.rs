//! Files that only their owner can read, written whole or not at all.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::StoreError;

/// Writes `bytes` as the whole content of `path`, mode 0600, and syncs: after a crash the old file
/// is there or the new one, never a part.
///
/// What is there already must be a regular file. In particular a symbolic link is refused: it may
/// be somebody else's, and the rename would put a file where a device such as `/dev/stdout` was.
///
/// # Errors
/// [`StoreError::NotAFile`], [`StoreError::Io`].
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_private_with(path, &mut |out| out.write_all(bytes))
}

/// As [`write_private`], of what `write` writes on the way: large results are never whole in memory.
///
/// # Errors
/// [`StoreError::NotAFile`], [`StoreError::Io`].
pub fn write_private_with(
    path: &Path,
    write: &mut dyn FnMut(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), StoreError> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => return Err(StoreError::NotAFile { path: path.to_owned() }),
        Ok(_) | Err(_) => {}
    }
    scratch(path, write)?.persist(path).map_err(|error| StoreError::io("write", path)(error.error))?;
    sync_directory(path)
}

/// As [`write_private`], but only where nothing is yet. `false`: something was there first, and was
/// left alone. Of several processes that race, exactly one gets `true`.
pub(crate) fn create_private(path: &Path, bytes: &[u8]) -> Result<bool, StoreError> {
    match scratch(path, &mut |out| out.write_all(bytes))?.persist_noclobber(path) {
        Ok(_) => sync_directory(path).map(|()| true),
        Err(lost) if lost.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(StoreError::io("create", path)(failed.error)),
    }
}

/// A synced scratch file beside `path`; it is deleted when dropped, and 0600 by construction.
fn scratch(
    path: &Path,
    write: &mut dyn FnMut(&mut dyn Write) -> std::io::Result<()>,
) -> Result<NamedTempFile, StoreError> {
    let mut made = || {
        let file = tempfile::Builder::new().prefix(".sekisho-").suffix(".tmp").tempfile_in(parent(path))?;
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    made().map_err(StoreError::io("write a scratch file beside", path))
}

/// Makes a rename in the directory of `path` last.
fn sync_directory(path: &Path) -> Result<(), StoreError> {
    File::open(parent(path))
        .and_then(|dir| dir.sync_all())
        .map_err(StoreError::io("sync the directory of", path))
}

/// The directory that `path` stands in.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn an_open_file_becomes_private_when_it_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.json");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no scratch file is left");
    }

    #[test]
    fn only_regular_files_are_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink("/dev/null", &link).unwrap();
        assert_eq!(write_private(&link, b"x"), Err(StoreError::NotAFile { path: link.clone() }));
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("/dev/null"));
        let sub = dir.path().join("sub");
        fs::create_dir(&sub).unwrap();
        assert_eq!(write_private(&sub, b"x"), Err(StoreError::NotAFile { path: sub.clone() }));
    }

    #[test]
    fn a_missing_directory_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let error = write_private(&dir.path().join("no/such/report"), b"x").unwrap_err();
        assert!(error.is_missing(), "{error}");
    }
}
