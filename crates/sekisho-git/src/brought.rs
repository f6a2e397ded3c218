//! [`Brought`]: what a range of commits brought.
//!
//! As in `git log A..B`: the commits that B has and A has not. A blob at a path was brought by a
//! commit when none of its parents has it there; a merge brings what it made itself.

use std::collections::HashSet;
use std::path::Path;

use crate::file_at::GitError;
use crate::forest::NONE;
use crate::graph::{Mode, TreeEntry};
use crate::hashing::Mix;
use crate::history::{History, PathId, Placed, differences};
use crate::layout::Layout;
use crate::oid::Oid;
use crate::reftable;
use crate::repository::Repository;

/// What a range of commits brought.
#[derive(Debug, Default)]
pub struct Brought {
    commits: HashSet<u32, Mix>,
    blobs: HashSet<(u32, PathId), Mix>,
}

impl Brought {
    /// Whether an object is a commit of the range.
    pub fn has_commit(&self, object: u32) -> bool {
        self.commits.contains(&object)
    }

    /// Whether the range brought a blob to a path.
    pub fn has(&self, placed: &Placed) -> bool {
        self.blobs.contains(&(placed.blob, placed.path))
    }

    /// The blobs that it brought anywhere.
    pub fn blobs(&self) -> impl Iterator<Item = u32> {
        self.blobs.iter().map(|(blob, _)| *blob)
    }
}

/// The commit that a revision names, in the words of gitrevisions(7).
///
/// # Errors
/// [`GitError`].
pub fn resolve(directory: &Path, revision: &str) -> Result<Oid, GitError> {
    let none = || GitError::NoRepository(directory.to_owned());
    let unknown = || GitError::NoRevision(revision.to_owned());
    let layout = Layout::find(directory).ok_or_else(none)?;
    let repository = gix::open_opts(&layout.git_dir, gix::open::Options::isolated()).map_err(|_| none())?;
    let revision = spelled_out(&layout, revision);
    let found = repository.rev_parse_single(&*revision).map_err(|_| unknown())?;
    let commit = found.object().map_err(|_| unknown())?.peel_to_commit().map_err(|_| unknown())?;
    Oid::new(commit.id.as_slice()).ok_or_else(unknown)
}

/// A revision with the object in the place of a ref, if refs are kept in tables, which gix cannot read.
pub(crate) fn spelled_out(layout: &Layout, revision: &str) -> String {
    let end = revision.find(['~', '^', ':', '@']).unwrap_or(revision.len());
    let (name, rest) = match revision.split_at(end) {
        // A path of the index, or words of a message.
        ("", rest) if rest.starts_with(':') => return revision.to_owned(),
        ("", rest) => ("HEAD", rest.strip_prefix('@').unwrap_or(rest)),
        parts => parts,
    };
    let found = reftable::find([&layout.git_dir, &layout.common_dir], name, layout.hash);
    found.map_or_else(|| revision.to_owned(), |oid| format!("{oid}{rest}"))
}

impl History {
    /// What the commits brought that `to` has and `from` has not; `None` when one of them is not here.
    pub fn brought(&self, repository: &Repository, from: &Oid, to: &Oid) -> Option<Brought> {
        let find = |name: &Oid| repository.names().find(name.as_bytes());
        let (from, to) = (find(from)?, find(to)?);
        let known = self.behind(from, &HashSet::default());
        let mut brought = Brought { commits: self.behind(to, &known), ..Brought::default() };
        for commit in &self.graph().commits {
            if brought.commits.contains(&commit.object) {
                self.of_commit(commit.tree, &commit.parents, &mut brought.blobs);
            }
        }
        Some(brought)
    }

    /// A commit and all behind it, without those of `known`.
    fn behind(&self, commit: u32, known: &HashSet<u32, Mix>) -> HashSet<u32, Mix> {
        let mut found = HashSet::default();
        let mut waiting = vec![commit];
        while let Some(object) = waiting.pop() {
            if !known.contains(&object) && found.insert(object) {
                waiting.extend(self.graph().commit(object).iter().flat_map(|commit| &commit.parents));
            }
        }
        found
    }

    /// What one commit brought.
    fn of_commit(&self, tree: u32, parents: &[u32], blobs: &mut HashSet<(u32, PathId), Mix>) {
        let graph = self.graph();
        let parents = parents.iter().filter_map(|parent| graph.commit(*parent)).map(|parent| parent.tree);
        let mut waiting = vec![(tree, parents.collect::<Vec<u32>>(), 0)];
        while let Some((tree, others, path)) = waiting.pop() {
            let mut others = others.into_iter();
            let first = others.next().unwrap_or(NONE);
            let others: Vec<u32> = others.collect();
            if tree == first || others.contains(&tree) {
                continue;
            }
            for (name, new, old) in differences(graph.tree(tree), graph.tree(first)) {
                let (Some(new), Some(path)) = (new, self.below(path, name)) else { continue };
                if new.object == NONE {
                    continue;
                }
                let in_other =
                    |other: &u32| graph.tree(*other).iter().find(|entry| entry.name == name).copied();
                let others: Vec<Option<TreeEntry>> = others.iter().map(in_other).collect();
                if others.iter().flatten().any(|other| other.object == new.object) {
                    continue;
                }
                match new.mode {
                    Mode::Blob => drop(blobs.insert((new.object, path))),
                    Mode::Tree => {
                        let object = |entry: Option<TreeEntry>| entry.map_or(NONE, |entry| entry.object);
                        let before = std::iter::once(old).chain(others).map(object).collect();
                        waiting.push((new.object, before, path));
                    }
                    Mode::Submodule => {}
                }
            }
        }
    }
}
