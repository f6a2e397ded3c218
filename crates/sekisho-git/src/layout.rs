//! [`Layout`]: where the parts of a repository lie.
//!
//! gitrepository-layout(5), as far as it is needed to find everything that git keeps: the git
//! directory, the one it shares with other work trees, the directories of objects with their
//! alternates, the work trees and the submodules. Nothing here asks the user's settings.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::files;
use crate::oid::HashKind;

/// Largest small file: pointers, alternates, `HEAD`.
const MAX_SMALL: u64 = 1 << 20;
/// Alternates of alternates: as deep as git goes (`alt_odb_usable`).
const MAX_ALTERNATES: usize = 5;
/// Submodules of submodules that are looked for.
const MAX_MODULES: usize = 16;

/// Where the parts of a repository lie.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The git directory that was named.
    pub git_dir: PathBuf,
    /// What it shares with other work trees; itself, if it shares nothing.
    pub common_dir: PathBuf,
    /// The directories of objects: its own, then alternates.
    pub objects: Vec<PathBuf>,
    /// The git directories of all its work trees, the common one first.
    pub work_trees: Vec<PathBuf>,
    /// The hash of its names.
    pub hash: HashKind,
    /// Whether commits are left out on purpose (`shallow`).
    pub shallow: bool,
    /// Whether objects are left out on purpose (a partial clone).
    pub partial: bool,
    /// What about it is not understood.
    pub problems: Vec<&'static str>,
}

impl Layout {
    /// The layout of the repository at `path`, a work tree or a git directory; `None` when it is
    /// neither.
    pub fn find(path: &Path) -> Option<Self> {
        let git_dir = if is_git_dir(path) { path.to_owned() } else { git_dir_of(path)? };
        let common_dir = pointer(&git_dir.join("commondir"), b"")
            .map_or_else(|| git_dir.clone(), |path| git_dir.join(path));
        let mut layout = Self {
            objects: Vec::new(),
            work_trees: vec![common_dir.clone()],
            hash: HashKind::Sha1,
            shallow: common_dir.join("shallow").symlink_metadata().is_ok_and(|there| there.len() > 0),
            partial: false,
            problems: Vec::new(),
            git_dir,
            common_dir,
        };
        layout.settings();
        let own = layout.common_dir.join("objects");
        layout.add_objects(&own, 0);
        for (path, kind) in files::list(&layout.common_dir.join("worktrees")).unwrap_or_default() {
            if kind.is_dir() {
                layout.work_trees.push(path);
            }
        }
        if !layout.work_trees.contains(&layout.git_dir) && layout.git_dir != layout.common_dir {
            let same = |path: &PathBuf| path.canonicalize().ok() == layout.git_dir.canonicalize().ok();
            if !layout.work_trees.iter().any(same) {
                layout.work_trees.push(layout.git_dir.clone());
            }
        }
        Some(layout)
    }

    /// The git directories of submodules that are kept in this one, with their names.
    pub fn modules(&self) -> Vec<(String, PathBuf)> {
        let mut found = Vec::new();
        let root = self.common_dir.join("modules");
        let mut waiting = vec![(root.clone(), 0)];
        while let Some((path, depth)) = waiting.pop() {
            for (path, kind) in files::list(&path).unwrap_or_default() {
                if !kind.is_dir() || depth > MAX_MODULES {
                    continue;
                }
                if is_git_dir(&path) {
                    let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
                    found.push((name, path));
                } else {
                    waiting.push((path, depth + 1));
                }
            }
        }
        found.sort();
        found
    }

    /// Reads the few settings that say how objects are kept.
    fn settings(&mut self) {
        let Ok(Some(config)) = files::read(&self.common_dir.join("config"), MAX_SMALL) else { return };
        let text = String::from_utf8_lossy(&config).to_ascii_lowercase();
        let mut section = String::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                line.clone_into(&mut section);
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match (section.as_str(), key.trim()) {
                ("[extensions]", "objectformat") if value == "sha256" => self.hash = HashKind::Sha256,
                ("[extensions]", "objectformat") if value != "sha1" => {
                    self.problems.push("its objects are named by a hash that is not known");
                }
                ("[extensions]", "partialclone") => self.partial = true,
                (section, "promisor") if section.starts_with("[remote") => self.partial |= value == "true",
                _ => {}
            }
        }
    }

    fn add_objects(&mut self, path: &Path, depth: usize) {
        let same = |known: &PathBuf| known.canonicalize().ok() == path.canonicalize().ok();
        if self.objects.iter().any(same) {
            return;
        }
        if !path.is_dir() {
            self.problems.push(if depth == 0 {
                "it has no directory of objects"
            } else {
                "a directory of objects that it borrows from (alternates) is not there"
            });
            return;
        }
        self.objects.push(path.to_owned());
        let Ok(Some(list)) = files::read(&path.join("info").join("alternates"), MAX_SMALL) else { return };
        let lines = list.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && line[0] != b'#');
        for line in lines {
            if depth >= MAX_ALTERNATES {
                self.problems.push("alternates of alternates are too deep");
                return;
            }
            let line = unquoted(line);
            self.add_objects(&path.join(OsStr::from_bytes(&line)), depth + 1);
        }
    }
}

/// A path as it was before git quoted it (gitrepository-layout(5)); one that is not quoted, or not well,
/// is itself.
fn unquoted(line: &[u8]) -> Cow<'_, [u8]> {
    match gix::quote::ansi_c::undo(line.into()) {
        Ok((path, read)) if read == line.len() => match path {
            Cow::Borrowed(path) => Cow::Borrowed(path),
            Cow::Owned(path) => Cow::Owned(path.into()),
        },
        _ => Cow::Borrowed(line),
    }
}

/// Whether `path` is a git directory, by the signs that git itself goes by.
pub fn is_git_dir(path: &Path) -> bool {
    path.join("HEAD").symlink_metadata().is_ok()
        && (path.join("objects").is_dir() || path.join("commondir").is_file())
}

/// The work tree that a directory is in, or is.
pub fn work_tree_of(directory: &Path) -> Option<PathBuf> {
    if git_dir_of(directory).is_some() {
        return Some(directory.to_owned());
    }
    let whole = directory.canonicalize().ok()?;
    whole.ancestors().skip(1).find(|above| git_dir_of(above).is_some()).map(Path::to_owned)
}

/// The git directory of a work tree.
fn git_dir_of(work_tree: &Path) -> Option<PathBuf> {
    let dot_git = work_tree.join(".git");
    let kind = dot_git.metadata().ok()?.file_type();
    let path = if kind.is_dir() { dot_git } else { work_tree.join(pointer(&dot_git, b"gitdir: ")?) };
    is_git_dir(&path).then_some(path)
}

/// The path in a small file of one line that begins with `prefix`.
fn pointer(path: &Path, prefix: &[u8]) -> Option<PathBuf> {
    let content = files::read(path, MAX_SMALL).ok()??;
    let line = content.strip_prefix(prefix)?;
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    Some(OsStr::from_bytes(line.strip_suffix(b"\r").unwrap_or(line)).into())
}
