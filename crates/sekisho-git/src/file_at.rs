//! A file as it was at a revision.

use std::path::{Path, PathBuf};

use crate::brought::spelled_out;
use crate::layout::Layout;

/// Largest file that is read at a revision, in bytes: settings are small.
pub const MAX_FILE: u64 = 1 << 20;

/// Why a file at a revision could not be read. Names paths and revisions, never content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// There is no repository at or above the path.
    #[error("{0:?} is not in a git repository")]
    NoRepository(PathBuf),
    /// The path is not below the repository's work tree.
    #[error("{0:?} is not in the repository's work tree")]
    NoWorkTree(PathBuf),
    /// The revision does not name a commit that is there.
    #[error("revision {0:?} is not known here; a shallow clone may lack it")]
    NoRevision(String),
    /// An object is missing or damaged.
    #[error("the repository has no readable object for {0:?}")]
    Unreadable(PathBuf),
    /// The file is larger than [`MAX_FILE`], or is not a regular file.
    #[error("{0:?} is no small regular file at that revision")]
    NotAFile(PathBuf),
}

/// The content of `name` in `directory` (a path in a work tree) as it was at `revision`; `None` when
/// it was not there.
///
/// # Errors
/// [`GitError`].
pub fn file_at(directory: &Path, name: &str, revision: &str) -> Result<Option<Vec<u8>>, GitError> {
    let here = directory.canonicalize().map_err(|_| GitError::NoRepository(directory.to_owned()))?;
    let options = gix::open::Options::isolated();
    let (found, _) =
        gix::discover::upwards(&here).map_err(|_| GitError::NoRepository(directory.to_owned()))?;
    let (git_dir, work_tree) = found.into_repository_and_work_tree_directories();
    let repository =
        gix::open_opts(git_dir, options).map_err(|_| GitError::NoRepository(directory.to_owned()))?;
    let root = work_tree.and_then(|tree| tree.canonicalize().ok());
    let root = root.ok_or_else(|| GitError::NoWorkTree(directory.to_owned()))?;
    let relative = here.strip_prefix(&root).map_err(|_| GitError::NoWorkTree(directory.to_owned()))?;
    let path = relative.join(name);
    let unknown = || GitError::NoRevision(revision.to_owned());
    let layout = Layout::find(repository.git_dir()).ok_or_else(unknown)?;
    let commit = repository.rev_parse_single(&*spelled_out(&layout, revision)).map_err(|_| unknown())?;
    let unreadable = || GitError::Unreadable(path.clone());
    let tree = commit.object().map_err(|_| unreadable())?.peel_to_tree().map_err(|_| unknown())?;
    let Some(entry) = tree.lookup_entry_by_path(&path).map_err(|_| unreadable())? else { return Ok(None) };
    if !entry.mode().is_blob()
        || repository.find_header(entry.id()).map_err(|_| unreadable())?.size() > MAX_FILE
    {
        return Err(GitError::NotAFile(path));
    }
    let mut blob = entry.object().map_err(|_| unreadable())?;
    Ok(Some(std::mem::take(&mut blob.data)))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(at: &Path, args: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"])
            .args(args)
            .current_dir(at)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(status.status.success(), "git {args:?}");
    }

    #[test]
    fn files_as_they_were() {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path();
        std::fs::create_dir(root.join("sub")).unwrap();
        git(root, &["init", "-q"]);
        std::fs::write(root.join("sub/settings"), "old").unwrap();
        git(root, &["add", "."]);
        git(root, &["commit", "-qm", "one"]);
        std::fs::write(root.join("sub/settings"), "new").unwrap();
        git(root, &["commit", "-qam", "two"]);
        std::fs::write(root.join("sub/settings"), "proposed").unwrap();

        let sub = root.join("sub");
        assert_eq!(file_at(&sub, "settings", "HEAD").unwrap().as_deref(), Some(&b"new"[..]));
        assert_eq!(file_at(&sub, "settings", "main~1").unwrap().as_deref(), Some(&b"old"[..]));
        assert_eq!(file_at(root, "sub/settings", "main").unwrap().as_deref(), Some(&b"new"[..]));
        assert_eq!(file_at(root, "settings", "main").unwrap(), None);
        assert_eq!(file_at(root, "sub", "main"), Err(GitError::NotAFile("sub".into())));
        assert!(matches!(file_at(root, "x", "no-such"), Err(GitError::NoRevision(_))));
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(matches!(file_at(elsewhere.path(), "x", "HEAD"), Err(GitError::NoRepository(_))));
    }
}
