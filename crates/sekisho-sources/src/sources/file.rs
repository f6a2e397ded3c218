//! One file that the user named.

use std::fs;
use std::path::{Component, Path, PathBuf};

use sekisho_model::{Place, Problem};

use crate::files;
use crate::git::Tree;
use crate::item::{Bytes, Item, Unopened, too_large};
use crate::target::SourceError;
use crate::{Source, Stats};

/// One regular file. A link to it is followed: the user named it.
///
/// Its place has the path as it was named, so that it is the same place as in a scan of the working
/// directory; a path that is absolute or leads upwards would be another on every machine, so there
/// the file's name alone stands.
pub struct NamedFile {
    path: PathBuf,
    max_file_size: Option<u64>,
}

impl NamedFile {
    /// The file `path`; over `max_file_size` bytes it is not read.
    pub fn new(path: PathBuf, max_file_size: Option<u64>) -> Self {
        Self { path, max_file_size }
    }

    fn place(&self) -> Place {
        let below =
            self.path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let plain: PathBuf = self.path.components().filter(|part| *part != Component::CurDir).collect();
        let shown = if below { &plain } else { Path::new(self.path.file_name().unwrap_or_default()) };
        Place::file(files::target_path(Path::new(""), shown))
    }
}

impl Source for NamedFile {
    fn name(&self) -> &'static str {
        "file"
    }

    fn each(
        &self,
        on: &(dyn Fn(Item<'_>) + Sync),
        problem: &(dyn Fn(Problem) + Sync),
    ) -> Result<Stats, SourceError> {
        let there = fs::metadata(&self.path).map_err(SourceError::io(&self.path))?;
        if !there.is_file() {
            return Err(SourceError::Unsupported { path: self.path.clone() });
        }
        // That it can be opened decides whether the target as a whole failed.
        files::open(&self.path, true).map_err(SourceError::io(&self.path))?;
        let mut stats = Stats::default();
        let place = self.place();
        if let Some(what) = too_large(there.len(), self.max_file_size) {
            problem(Problem { place, what });
            return Ok(stats);
        }
        let mut item = Item {
            content: Unopened {
                place: place.clone(),
                bytes: Bytes::File { path: self.path.clone(), max: self.max_file_size, follow: true },
                problem,
            },
            place,
            tracked: None,
            hint: None,
            size: there.len(),
        };
        // The directory of the name, not of what a link leads to: git tracks names.
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = fs::canonicalize(directory.unwrap_or(Path::new(".")));
        if let (Ok(directory), Some(name)) = (directory, self.path.file_name()) {
            let context = Tree::new(&directory, problem).top();
            let path = directory.join(name);
            item.tracked = context.tracked(&path);
            item.hint = context.hint(&path);
        }
        on(item);
        stats.items = 1;
        Ok(stats)
    }
}
