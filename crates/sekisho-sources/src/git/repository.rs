//! [`Repository`]: one work tree and the little of its `.git` that tells files apart.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::files::read_bounded;
use sekisho_git::{Index, IndexFile};

/// The largest index that is read, in bytes: some six million files.
const MAX_INDEX: u64 = 512 << 20;
/// The largest `info/exclude` that is read, in bytes.
const MAX_EXCLUDE: usize = 64 << 10;
/// The largest `.git` or `commondir` file that is read, in bytes.
const MAX_POINTER: u64 = 16 << 10;

/// A work tree.
pub(crate) struct Repository {
    pub(crate) work_tree: PathBuf,
    /// What is tracked; none if that could not be read.
    index: Option<Index>,
    /// `info/exclude`.
    exclude: Gitignore,
}

impl Repository {
    /// The repository whose work tree is exactly `directory`, if it is one; and what of it could not
    /// be read.
    pub(crate) fn at(directory: &Path) -> Option<(Self, Vec<&'static str>)> {
        let own = git_directory(&directory.join(".git"))?;
        // A linked work tree has an index of its own and shares the rest.
        let common = pointer(&own.join("commondir"), b"").map_or_else(|| own.clone(), |path| own.join(path));
        let mut problems = Vec::new();
        let index = read_index(&own);
        if index.is_none() {
            problems.push("git's index cannot be read: which files are tracked is not known");
        }
        let exclude = rules(directory, &common.join("info").join("exclude"), true, MAX_EXCLUDE);
        if exclude.is_err() {
            problems.push("git's info/exclude cannot be read: which files are ignored is not fully known");
        }
        let exclude = exclude.ok().flatten().map_or_else(Gitignore::empty, |(rules, _)| rules);
        Some((Self { work_tree: directory.to_owned(), index, exclude }, problems))
    }

    /// Whether `path` is tracked, if that is known.
    pub(crate) fn tracks(&self, path: &Path) -> Option<bool> {
        let path = path.strip_prefix(&self.work_tree).ok()?;
        Some(self.index.as_ref()?.contains(path.as_os_str().as_bytes()))
    }

    /// Whether the repository's own exclude file ignores `path`.
    pub(crate) fn excludes(&self, path: &Path, is_directory: bool) -> bool {
        self.exclude.matched(path, is_directory).is_ignore()
    }
}

/// Whether `directory` is a work tree of git.
pub(crate) fn is_work_tree(directory: &Path) -> bool {
    git_directory(&directory.join(".git")).is_some()
}

/// Whether `path` is a repository without a work tree, by the signs that git itself goes by and by what
/// its `HEAD` says: it may be called anything.
pub(crate) fn is_bare(path: &Path) -> bool {
    let kept = |name: &str| path.join(name).is_dir();
    let names_something = |head: Vec<u8>| {
        head.starts_with(b"ref: refs/") || sekisho_git::Oid::from_hex(head.trim_ascii()).is_some()
    };
    kept("objects")
        && kept("refs")
        && read_bounded(&path.join("HEAD"), false, MAX_POINTER)
            .is_ok_and(|head| head.is_some_and(names_something))
}

/// Whether `path` is a git directory, by the signs that git itself goes by.
pub(crate) fn is_git_directory(path: &Path) -> bool {
    path.join("HEAD").symlink_metadata().is_ok()
        && (path.join("objects").is_dir() || path.join("commondir").is_file())
}

/// The git directory that `dot_git` is, or that it, as a file, points to (linked work trees,
/// submodules).
fn git_directory(dot_git: &Path) -> Option<PathBuf> {
    let kind = dot_git.metadata().ok()?.file_type();
    let path = if kind.is_dir() {
        dot_git.to_owned()
    } else {
        dot_git.parent()?.join(pointer(dot_git, b"gitdir: ")?)
    };
    is_git_directory(&path).then_some(path)
}

/// The path in a small file of one line that begins with `prefix`.
fn pointer(path: &Path, prefix: &[u8]) -> Option<PathBuf> {
    let content = read_bounded(path, true, MAX_POINTER).ok()??;
    let line = content.strip_prefix(prefix)?;
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    Some(OsStr::from_bytes(line.strip_suffix(b"\r").unwrap_or(line)).into())
}

/// The index in a git directory; an absent one tracks nothing.
fn read_index(directory: &Path) -> Option<Index> {
    let read = |name: &str| read_bounded(&directory.join(name), true, MAX_INDEX).ok();
    let Some(content) = read("index")? else { return Some(Index::default()) };
    let index = IndexFile::parse(&content).ok()?;
    let shared = match index.shared() {
        Some(shared) => Some(IndexFile::parse(&read(&shared.file_name)??).ok()?),
        None => None,
    };
    Some(Index::new(index, shared))
}

/// The rules in an ignore file of at most `max` bytes, for paths below `directory`, and the file's
/// length; `None` when there are none. Lines that are no patterns are passed over, as git does.
pub(crate) fn rules(
    directory: &Path,
    file: &Path,
    follow: bool,
    max: usize,
) -> io::Result<Option<(Gitignore, usize)>> {
    let Some(content) = read_bounded(file, follow, max as u64)? else { return Ok(None) };
    let mut builder = GitignoreBuilder::new(directory);
    let text = String::from_utf8_lossy(&content);
    for line in text.strip_prefix('\u{feff}').unwrap_or(&text).lines() {
        // An error is a line that is no pattern.
        let _no_pattern = builder.add_line(None, line);
    }
    let rules = builder.build().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok((!rules.is_empty()).then_some((rules, content.len())))
}
