//! [`Standing`]: what a repository is made of, before any of its objects is read.
//!
//! Where its parts lie, what its refs, logs and indexes name, and which packs and loose objects there
//! are. It takes milliseconds, and everything else follows from it: objects are named by their
//! content. So it is where [`Repository`] starts from, and its [imprint](Standing::imprint) tells
//! whether an answer that was given before is still the answer.
//!
//! What others may write at any time (refs, logs, indexes, settings) is in the imprint by what it
//! says, never by its times, which are too coarse to be trusted. Packs and loose objects are written
//! once and then moved into place; they are in it by name, checksum and what the file system knows
//! of them, so that one that was damaged later shows, too.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::files;
use crate::layout::Layout;
use crate::loose::{self, Loose};
use crate::oid::Oid;
use crate::pack::Stored;
use crate::refs::{self, Refs, Text};
use crate::repository::{OnTrouble, Options, Repository, staged};

/// Bytes at the end of packs and their indexes that hold checksums: of an index two.
const CHECKSUMS: u64 = 64;

/// What a repository is made of.
#[derive(Debug)]
pub struct Standing {
    pub(crate) layout: Layout,
    pub(crate) refs: Refs,
    /// Paths and objects of the indexes of all work trees.
    pub(crate) staged: Vec<(Box<[u8]>, Oid)>,
    pub(crate) packs: Vec<PathBuf>,
    pub(crate) loose: Vec<Loose>,
    /// Whether objects are left out on purpose (a partial clone).
    pub(crate) partial: bool,
    pub(crate) modules: Vec<(String, PathBuf)>,
    /// What could not be read.
    pub(crate) troubles: Vec<&'static str>,
}

impl Standing {
    /// That of the repository of a work tree or git directory; `None` when `path` is neither.
    pub fn read(path: &Path) -> Option<Self> {
        let layout = Layout::find(path)?;
        let refs = refs::read(&layout);
        let mut troubles = layout.problems.clone();
        troubles.extend(&refs.problems);
        let (mut packs, mut loose, mut partial) = (Vec::new(), Vec::new(), layout.partial);
        for objects in &layout.objects {
            if loose::list(objects, layout.hash, &mut loose).is_err() {
                troubles.push("a folder of loose objects cannot be read");
            }
            match files::list(&objects.join("pack")) {
                Ok(entries) => {
                    for (path, _) in entries {
                        let ending = path.extension().and_then(|ending| ending.to_str());
                        partial |= ending == Some("promisor");
                        if ending == Some("pack") {
                            packs.push(path);
                        }
                    }
                }
                Err(_) => troubles.push("the folder of packs cannot be read"),
            }
        }
        let staged = staged(&layout, &mut troubles);
        let modules = layout.modules();
        Some(Self { layout, refs, staged, packs, loose, partial, modules, troubles })
    }

    /// Opens the repository (see [`Repository::open`]).
    pub fn open(self, options: Options, trouble: &OnTrouble<'_>) -> Repository {
        Repository::of(self, options, trouble)
    }

    /// The git directory.
    pub fn git_dir(&self) -> &Path {
        &self.layout.git_dir
    }

    /// As [`Repository::common_dir`].
    pub fn common_dir(&self) -> &Path {
        &self.layout.common_dir
    }

    /// As [`Repository::texts`]. Their content is not in the imprint.
    pub fn texts(&self) -> &[Text] {
        &self.refs.texts
    }

    /// As [`Repository::modules`].
    pub fn modules(&self) -> &[(String, PathBuf)] {
        &self.modules
    }

    /// All that what is read of the repository depends on, in bytes that are equal when all of it is.
    pub fn imprint(&self) -> Vec<u8> {
        let Self { layout, refs, staged, packs, loose, partial, modules, troubles } = self;
        let Layout { git_dir, common_dir, objects, work_trees, hash, shallow, .. } = layout;
        let mut imprint = Imprint(Vec::new());
        imprint.path(git_dir).path(common_dir);
        imprint.each(objects, |imprint, path| imprint.path(path));
        imprint.each(work_trees, |imprint, path| imprint.path(path));
        imprint.part(&[hash.len() as u8, u8::from(*shallow), u8::from(*partial)]);
        imprint.each(troubles, |imprint, trouble| imprint.part(trouble.as_bytes()));
        let Refs { names, head, logged, stashed, texts, problems: _ } = refs;
        imprint.each(names, |imprint, (name, oid)| imprint.part(name.as_bytes()).part(oid.as_bytes()));
        imprint.each(head, |imprint, head| imprint.part(head.as_bytes()));
        imprint.each(logged, |imprint, oid| imprint.part(oid.as_bytes()));
        imprint.each(stashed, |imprint, oid| imprint.part(oid.as_bytes()));
        imprint.each(texts, |imprint, text| imprint.path(&text.path));
        imprint.each(staged, |imprint, (path, oid)| imprint.part(path).part(oid.as_bytes()));
        imprint.each(modules, |imprint, (name, path)| imprint.part(name.as_bytes()).path(path));
        imprint.each(packs, |imprint, path| imprint.file(path).file(&path.with_extension("idx")));
        imprint.each(loose, |imprint, loose| imprint.path(&loose.path).known(&loose.path));
        imprint.0
    }
}

/// Parts, each behind its length.
struct Imprint(Vec<u8>);

impl Imprint {
    fn part(&mut self, part: &[u8]) -> &mut Self {
        self.0.extend((part.len() as u64).to_le_bytes());
        self.0.extend(part);
        self
    }

    fn path(&mut self, path: &Path) -> &mut Self {
        self.part(path.as_os_str().as_encoded_bytes())
    }

    /// A list, behind how many there are.
    fn each<T>(&mut self, all: impl IntoIterator<Item = T>, mut one: impl FnMut(&mut Self, T) -> &mut Self) {
        let at = self.0.len();
        self.0.extend([0; 8]);
        let mut count: u64 = 0;
        for item in all {
            one(self, item);
            count += 1;
        }
        self.0[at..at + 8].copy_from_slice(&count.to_le_bytes());
    }

    /// What the file system knows of a file. Nobody but it can set the time of the last change.
    fn known(&mut self, path: &Path) -> &mut Self {
        let known = path.symlink_metadata().map_or([0; 7], |there| {
            let (seconds, changed) = (there.mtime().cast_unsigned(), there.ctime().cast_unsigned());
            let nanos = [there.mtime_nsec().cast_unsigned(), there.ctime_nsec().cast_unsigned()];
            [there.dev(), there.ino(), there.len(), seconds, nanos[0], changed, nanos[1]]
        });
        self.part(known.map(u64::to_le_bytes).as_flattened())
    }

    /// A file that ends with its checksums.
    fn file(&mut self, path: &Path) -> &mut Self {
        let checksums = files::open(path).and_then(Stored::new).ok().and_then(|file| {
            let start = file.len.saturating_sub(CHECKSUMS);
            file.exactly(start, (file.len - start) as usize)
        });
        self.path(path).known(path).part(&checksums.unwrap_or_default())
    }
}
