//! A directory and everything in it.
//!
//! Hidden and git-ignored files are read (they hold credentials more often than others), `.git`
//! directories and bare repositories are not: their bytes are packed, and reading them is another
//! source's work. Links
//! are not followed, so there are no loops: what they lead to is read where it lies, if it lies in
//! the target at all. Two kinds of links are told of: none that merely lead nowhere, but those that
//! go round in circles.

use std::ffi::OsString;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::Scope;
use sekisho_model::{Place, Problem};
use sekisho_policy::PathPatterns;

use crate::files;
use crate::git::{Context, Tree, is_bare, is_git_directory};
use crate::item::{Bytes, Item, Unopened, too_large};
use crate::target::SourceError;
use crate::{Source, Stats};

/// How a directory is walked.
#[derive(Debug, Clone, Default)]
pub struct DirectoryOptions {
    /// Files to read; all when there are none.
    pub include: PathPatterns,
    /// Files and directories to leave out.
    pub exclude: PathPatterns,
    /// Files over this size, in bytes, are a problem and not read.
    pub max_file_size: Option<u64>,
    /// Threads that walk and examine; 0 leaves it to the machine.
    pub jobs: usize,
}

/// All files below a directory.
pub struct Directory {
    path: PathBuf,
    options: DirectoryOptions,
}

impl Directory {
    /// The directory `path`.
    pub fn new(path: PathBuf, options: DirectoryOptions) -> Self {
        Self { path, options }
    }
}

impl Source for Directory {
    fn name(&self) -> &'static str {
        "dir"
    }

    fn each(
        &self,
        on: &(dyn Fn(Item<'_>) + Sync),
        problem: &(dyn Fn(Problem) + Sync),
    ) -> Result<Stats, SourceError> {
        let root = fs::canonicalize(&self.path).map_err(SourceError::io(&self.path))?;
        fs::read_dir(&root).map_err(SourceError::io(&self.path))?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.options.jobs).build();
        let pool = pool.map_err(|_| SourceError::NoThreads)?;
        let walk = Walk {
            root: &root,
            options: &self.options,
            tree: Tree::new(&root, problem),
            on,
            problem,
            items: AtomicU64::new(0),
            excluded: AtomicU64::new(0),
            links: AtomicU64::new(0),
        };
        pool.scope(|scope| walk.enter(scope, root.clone(), walk.tree.top()));
        let named =
            |below: PathBuf| if below == Path::new("") { self.path.clone() } else { self.path.join(below) };
        Ok(Stats {
            items: walk.items.into_inner(),
            excluded: walk.excluded.into_inner(),
            links: walk.links.into_inner(),
            repositories: walk.tree.into_repositories().map(named).collect(),
        })
    }
}

/// One walk, shared by its threads.
struct Walk<'a> {
    root: &'a Path,
    options: &'a DirectoryOptions,
    tree: Tree<'a>,
    on: &'a (dyn Fn(Item<'_>) + Sync),
    problem: &'a (dyn Fn(Problem) + Sync),
    items: AtomicU64,
    excluded: AtomicU64,
    links: AtomicU64,
}

/// A directory whose entries are waiting.
struct Entered {
    path: PathBuf,
    context: Context,
}

impl<'a> Walk<'a> {
    /// Makes a task of every entry of a directory. Each thread takes its latest task first, so what
    /// waits is the rest of the directories on one way down, and not a whole level of the tree.
    fn enter<'s>(&'s self, scope: &Scope<'s>, path: PathBuf, context: Context)
    where
        'a: 's,
    {
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) => return self.report(&path, files::failure(error.kind())),
        };
        let here = Arc::new(Entered { path, context });
        for entry in entries {
            match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                Ok((name, kind)) => {
                    let here = Arc::clone(&here);
                    scope.spawn(move |scope| self.entry(scope, &here, &name, kind));
                }
                Err(error) => self.report(&here.path, files::failure(error.kind())),
            }
        }
    }

    fn entry<'s>(&'s self, scope: &Scope<'s>, here: &Entered, name: &OsString, kind: FileType)
    where
        'a: 's,
    {
        let path = here.path.join(name);
        let relative = files::relative(self.root, &path);
        if kind.is_dir() {
            if self.options.exclude.covers_directory(relative) {
                self.excluded.fetch_add(1, Ordering::Relaxed);
            } else if name != ".git" && is_bare(&path) {
                self.tree.add_bare(&path);
            } else if !(name == ".git" && is_git_directory(&path)) {
                let context = self.tree.below(&here.context, &path);
                self.enter(scope, path, context);
            }
        } else if kind.is_symlink() {
            self.link(&path);
        } else if self.is_excluded(relative) {
            self.excluded.fetch_add(1, Ordering::Relaxed);
        } else if kind.is_file() {
            self.file(&path, &here.context);
        } else {
            self.report(&path, files::special(kind).to_owned());
        }
    }

    fn is_excluded(&self, relative: &[u8]) -> bool {
        let DirectoryOptions { include, exclude, .. } = self.options;
        !include.is_empty() && !include.covers(relative) || exclude.covers(relative)
    }

    fn file(&self, path: &Path, context: &Context) {
        let max = self.options.max_file_size;
        let size = match fs::symlink_metadata(path) {
            Ok(there) => there.len(),
            Err(error) => return self.report(path, files::failure(error.kind())),
        };
        if let Some(what) = too_large(size, max) {
            return self.report(path, what);
        }
        let place = self.place(path);
        let bytes = Bytes::File { path: path.to_owned(), max, follow: false };
        self.items.fetch_add(1, Ordering::Relaxed);
        (self.on)(Item {
            tracked: context.tracked(path),
            hint: context.hint(path),
            size,
            content: Unopened { place: place.clone(), bytes, problem: self.problem },
            place,
        });
    }

    fn link(&self, path: &Path) {
        self.links.fetch_add(1, Ordering::Relaxed);
        if fs::metadata(path).is_err_and(|error| files::is_loop(&error)) {
            self.report(path, "a symbolic link that leads to itself, not followed".to_owned());
        }
    }

    fn place(&self, path: &Path) -> Place {
        Place::file(files::target_path(self.root, path))
    }

    fn report(&self, path: &Path, what: String) {
        (self.problem)(Problem { place: self.place(path), what });
    }
}
