//! [`Tree`]: what holds for the files in a directory, by all that stands above them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::Match;
use ignore::gitignore::Gitignore;
use sekisho_model::item::Hint;
use sekisho_model::{Place, Problem, Tracked};

use super::repository::{self, Repository, is_work_tree};
use crate::files;
use crate::kustomize::{self, Generators};

/// Ignore rules that hold for one directory are at most this long together, in bytes: compiled they
/// take a hundred times the memory.
const MAX_RULES: usize = 256 << 10;

/// Makes the contexts of a walk and gathers what it came by. A context is made from the parent's and
/// kept no longer than the directory is walked, so that a wide tree takes no more memory than a
/// narrow one.
pub(crate) struct Tree<'a> {
    root: &'a Path,
    repositories: Mutex<BTreeSet<PathBuf>>,
    problem: &'a (dyn Fn(Problem) + Sync),
}

/// What holds for the files in one directory.
#[derive(Clone, Default)]
pub(crate) struct Context {
    repository: Option<Arc<Repository>>,
    /// The `.gitignore` files from here up to the work tree.
    rules: Option<Arc<Rules>>,
    /// The directory itself is ignored, and so is all in it that is not tracked.
    ignored: bool,
    /// The files that Kustomizations from here upwards make objects of.
    generators: Option<Arc<Generators>>,
}

struct Rules {
    own: Gitignore,
    /// Length of these and those above in their files, in bytes.
    len: usize,
    above: Option<Arc<Rules>>,
}

impl<'a> Tree<'a> {
    /// The tree below `root`, an absolute path without links.
    pub(crate) fn new(root: &'a Path, problem: &'a (dyn Fn(Problem) + Sync)) -> Self {
        Self { root, repositories: Mutex::default(), problem }
    }

    /// What holds in the root itself. When it lies in a work tree, what is above it counts too.
    pub(crate) fn top(&self) -> Context {
        let from = self.root.ancestors().position(is_work_tree).unwrap_or(0);
        let mut down: Vec<&Path> = self.root.ancestors().take(from + 1).collect();
        down.reverse();
        down.into_iter().fold(Context::default(), |above, directory| self.below(&above, directory))
    }

    /// What holds in `directory`, given what holds in its parent.
    pub(crate) fn below(&self, parent: &Context, directory: &Path) -> Context {
        let mut context = parent.clone();
        if let Some((repository, problems)) = Repository::at(directory) {
            for what in problems {
                self.report(&directory.join(".git"), what.to_owned());
            }
            let mut known = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(directory.to_owned());
            context.repository = Some(Arc::new(repository));
            context.rules = None;
            context.ignored = false;
        } else if !context.ignored {
            context.ignored = context.ignores(directory, true);
        }
        if context.repository.is_some() && !context.ignored {
            self.add_rules(&mut context, directory);
        }
        if let Some(own) = kustomize::generators(directory) {
            context.generators = Some(Arc::new(own.below(context.generators.take())));
        }
        context
    }

    /// Adds the rules of the `.gitignore` in `directory`. As git does, one that is a link is not
    /// followed.
    fn add_rules(&self, context: &mut Context, directory: &Path) {
        let file = directory.join(".gitignore");
        let above = context.rules.as_ref().map_or(0, |rules| rules.len);
        match repository::rules(directory, &file, false, MAX_RULES - above) {
            Ok(None) => {}
            Ok(Some((own, len))) => {
                let above_rules = context.rules.take();
                context.rules = Some(Arc::new(Rules { own, len: above + len, above: above_rules }));
            }
            Err(error) => {
                let what =
                    format!("not read as rules ({}): which files are ignored is not known", error.kind());
                self.report(&file, what);
            }
        }
    }

    /// Notes a repository without a work tree.
    pub(crate) fn add_bare(&self, directory: &Path) {
        self.repositories.lock().unwrap_or_else(PoisonError::into_inner).insert(directory.to_owned());
    }

    /// The repositories met at the root and below, relative to it, sorted.
    pub(crate) fn into_repositories(self) -> impl Iterator<Item = PathBuf> {
        let met = self.repositories.into_inner().unwrap_or_else(PoisonError::into_inner);
        met.into_iter().filter_map(move |path| path.strip_prefix(self.root).ok().map(Path::to_owned))
    }

    fn report(&self, path: &Path, what: String) {
        (self.problem)(Problem { place: Place::file(files::target_path(self.root, path)), what });
    }
}

impl Context {
    /// What git knows of the file `path`; `None` outside a work tree, for git's own files, and where
    /// the index cannot be read.
    pub(crate) fn tracked(&self, path: &Path) -> Option<Tracked> {
        let repository = self.repository.as_ref()?;
        let below = path.strip_prefix(&repository.work_tree).ok()?;
        if below.components().any(|part| part.as_os_str() == ".git") {
            return None;
        }
        Some(if repository.tracks(path)? {
            Tracked::Tracked
        } else if self.ignored || self.ignores(path, false) {
            Tracked::Ignored
        } else {
            Tracked::Untracked
        })
    }

    /// What a Kustomization makes of the file `path`.
    pub(crate) fn hint(&self, path: &Path) -> Option<Hint> {
        self.generators.as_ref()?.hint(path)
    }

    /// Whether the rules for this directory ignore `path`: the nearest that says anything decides.
    fn ignores(&self, path: &Path, is_directory: bool) -> bool {
        let mut rules = self.rules.as_ref();
        while let Some(here) = rules {
            match here.own.matched(path, is_directory) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => rules = here.above.as_ref(),
            }
        }
        self.repository.as_ref().is_some_and(|repository| repository.excludes(path, is_directory))
    }
}
