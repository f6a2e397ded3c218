//! [`staged`]: what the next commit would bring: the files of the index that `HEAD` has otherwise.
//!
//! Made for hooks, which people wait for: nothing but the index, the trees of `HEAD` that differ from
//! it, and the files that differ is read. Which trees differ says the index itself, in the cache of
//! trees that git keeps there; without it every tree is read.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::file_at::GitError;
use crate::index::IndexFile;
use crate::layout::Layout;
use crate::oid::Oid;
use crate::reftable;
use crate::repository::index_of;

/// Folders inside of folders that are followed.
const MAX_DEPTH: usize = 512;

/// A file of the index that `HEAD` has otherwise, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Staged {
    /// Its path in the work tree.
    pub path: Box<[u8]>,
    /// Its content's name.
    pub object: Oid,
}

/// The staged files of a repository, in the order of their paths, and the means to read them.
pub struct Stage {
    /// The files.
    pub files: Vec<Staged>,
    repository: gix::Repository,
}

impl Stage {
    /// The content of a staged file of at most `max` bytes; `None` for what is no file.
    ///
    /// # Errors
    /// Why it is not read.
    pub fn read(&self, file: &Staged, max: u64) -> Result<Option<Vec<u8>>, &'static str> {
        let missing = "missing, or damaged";
        let id = gix::ObjectId::try_from(file.object.as_bytes()).map_err(|_| missing)?;
        let header = self.repository.find_header(id).map_err(|_| missing)?;
        if header.kind() != gix::object::Kind::Blob {
            return Ok(None);
        }
        if header.size() > max {
            return Err("it is over the size limit");
        }
        let mut blob = self.repository.find_object(id).map_err(|_| missing)?;
        Ok(Some(std::mem::take(&mut blob.data)))
    }
}

/// What is staged in the repository whose work tree (or git directory) is `directory`; by the file
/// `index`, if it is not the repository's own: of `git commit -a` and `git commit FILE` hooks are
/// given one that is made for the commit.
///
/// # Errors
/// [`GitError`].
pub fn staged(directory: &Path, index: Option<&Path>) -> Result<Stage, GitError> {
    let none = || GitError::NoRepository(directory.to_owned());
    let unreadable = |what: &str| GitError::Unreadable(what.into());
    let layout = Layout::find(directory).ok_or_else(none)?;
    let repository = gix::open_opts(&layout.git_dir, gix::open::Options::isolated()).map_err(|_| none())?;
    let own = layout.git_dir.join("index");
    let path = index.unwrap_or(&own);
    let (index, shared) = if path.exists() {
        let (index, shared) = index_of(&layout.git_dir, path).ok_or_else(|| unreadable("index"))?;
        (index, shared.map_err(|_| unreadable("index"))?)
    } else {
        (IndexFile::default(), None)
    };
    let folders = index.folders();
    let mut head = Head { repository: &repository, folders, same: HashSet::new(), files: HashMap::new() };
    // A repository without a commit has no tree: all is new.
    let named = reftable::find([&layout.git_dir, &layout.common_dir], "HEAD", layout.hash);
    let tree = match named {
        Some(commit) => tree_of(&repository, &commit),
        None => repository.head_tree_id().ok().map(gix::Id::detach),
    };
    if let Some(tree) = tree {
        head.tree(tree, &mut Vec::new(), 0).ok_or_else(|| unreadable("HEAD"))?;
    }
    let Head { same, files: known, .. } = head;
    let mut found: Vec<Staged> = Vec::new();
    for (path, object) in index.entries(shared.as_ref()) {
        let mut above = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
        let unchanged = same.contains(&[][..]) || above.any(|end| same.contains(&path[..end]));
        if !unchanged && known.get(path) != Some(&object) {
            found.push(Staged { path: path.into(), object });
        }
    }
    found.sort();
    found.dedup();
    Ok(Stage { files: found, repository })
}

/// The tree of a commit.
fn tree_of(repository: &gix::Repository, commit: &Oid) -> Option<gix::ObjectId> {
    let commit = repository.find_commit(gix::ObjectId::try_from(commit.as_bytes()).ok()?).ok()?;
    commit.tree_id().ok().map(gix::Id::detach)
}

/// The tree of `HEAD`, as far as the index has it otherwise.
struct Head<'a> {
    repository: &'a gix::Repository,
    /// Folders of the index whose trees are known.
    folders: &'a HashMap<Box<[u8]>, Oid>,
    /// Folders that are the same, with a slash at the end.
    same: HashSet<Vec<u8>>,
    /// Files elsewhere.
    files: HashMap<Vec<u8>, Oid>,
}

impl Head<'_> {
    fn tree(&mut self, id: gix::ObjectId, path: &mut Vec<u8>, depth: usize) -> Option<()> {
        if self.folders.get(path.as_slice()).is_some_and(|known| known.as_bytes() == id.as_slice()) {
            self.same.insert(path.clone());
            return Some(());
        }
        let tree = self.repository.find_tree(id).ok()?;
        for entry in tree.iter() {
            let entry = entry.ok()?;
            let len = path.len();
            path.extend_from_slice(entry.filename());
            if entry.mode().is_tree() && depth < MAX_DEPTH {
                path.push(b'/');
                self.tree(entry.object_id(), path, depth + 1)?;
            } else if let Some(object) = Oid::new(entry.object_id().as_slice()) {
                self.files.insert(path.clone(), object);
            }
            path.truncate(len);
        }
        Some(())
    }
}
