//! [`Objects`]: single objects by their names, for those who know which few they need.

use std::cell::{Cell, RefCell};
use std::path::Path;

use crate::graph::header_and_text;
use crate::oid::{HashKind, ObjectKind, Oid};

/// Bytes that are read from packs before these are opened anew: they are mapped, and what was touched once
/// counts as memory that is used for as long as they are.
const MAPPED: u64 = 64 << 20;

/// The objects of a repository.
pub struct Objects {
    repository: RefCell<gix::Repository>,
    /// Since it was opened, in bytes.
    read: Cell<u64>,
}

impl Objects {
    /// Those of a git directory; `None` when it is none.
    pub fn open(git_dir: &Path) -> Option<Self> {
        Some(Self { repository: RefCell::new(open(git_dir)?), read: Cell::new(0) })
    }

    /// The kind and content of an object of at most `max` bytes; `None` when it is not here, or is not
    /// what its name says.
    pub fn read(&self, name: &Oid, max: u64) -> Option<(ObjectKind, Vec<u8>)> {
        let id = gix::ObjectId::try_from(name.as_bytes()).ok()?;
        if self.read.get() > MAPPED {
            let again = open(self.repository.borrow().git_dir())?;
            self.repository.replace(again);
            self.read.set(0);
        }
        let repository = self.repository.borrow();
        let header = repository.find_header(id).ok()?;
        if header.size() > max {
            return None;
        }
        self.read.set(self.read.get() + header.size());
        let mut object = repository.find_object(id).ok()?;
        let kind = match object.kind {
            gix::objs::Kind::Commit => ObjectKind::Commit,
            gix::objs::Kind::Tree => ObjectKind::Tree,
            gix::objs::Kind::Blob => ObjectKind::Blob,
            gix::objs::Kind::Tag => ObjectKind::Tag,
        };
        let content = std::mem::take(&mut object.data);
        let hash = if name.as_bytes().len() == 20 { HashKind::Sha1 } else { HashKind::Sha256 };
        (hash.name(kind, &content).as_ref() == Some(name)).then_some((kind, content))
    }
}

fn open(git_dir: &Path) -> Option<gix::Repository> {
    gix::open_opts(git_dir, gix::open::Options::isolated()).ok()
}

impl ObjectKind {
    /// What people wrote into an object of this kind: the message of a commit or tag, all of a blob.
    pub fn text(self, content: &[u8]) -> Option<&[u8]> {
        match self {
            Self::Commit | Self::Tag => Some(header_and_text(content).1),
            Self::Blob => Some(content),
            Self::Tree => None,
        }
    }
}
