//! [`Item`]: one thing to examine.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use sekisho_model::item::Hint;
use sekisho_model::{Place, Problem, Tracked};
use sekisho_secret::SecretBytes;

use crate::etcd;
use crate::files::{self, Stamp};
use crate::sources::etcd::EtcdFiles;

/// Files up to this size, in bytes, are read in one piece.
const ONE_PIECE: u64 = 1 << 20;

/// One thing to examine: a file, a stream.
#[non_exhaustive]
pub struct Item<'a> {
    /// Where it is, without a span.
    pub place: Place,
    /// What git knows of it; `None` outside a work tree.
    pub tracked: Option<Tracked>,
    /// What its surroundings know of its purpose.
    pub hint: Option<Hint>,
    /// Its size in bytes when it was met; 0 for a stream.
    pub size: u64,
    /// Its bytes, not opened yet.
    pub content: Unopened<'a>,
}

/// Bytes that nobody has opened yet.
pub struct Unopened<'a> {
    pub(crate) place: Place,
    pub(crate) bytes: Bytes,
    pub(crate) problem: &'a (dyn Fn(Problem) + Sync),
}

/// What [`Unopened`] opens.
pub(crate) enum Bytes {
    /// A regular file, its longest allowed size, and whether a link to it is followed.
    File { path: PathBuf, max: Option<u64>, follow: bool },
    /// A stream that is open already.
    Stream(Box<dyn Read + Send>),
    /// Bytes that the source made.
    Held(SecretBytes),
}

/// Opened bytes.
#[non_exhaustive]
pub enum Content<'a> {
    /// All of them.
    Bytes(Vec<u8>),
    /// All of them, opened with a key or read out of a store: wiped when dropped.
    Held(SecretBytes),
    /// A file of etcd, whose objects are items of their own.
    Etcd(Box<EtcdFiles>),
    /// A bundle of git at this path, which is a repository of its own.
    Bundle(PathBuf),
    /// As they come. A file that changes while it is read is reported at its end.
    Reader(Box<dyn Read + Send + 'a>),
}

impl<'a> Unopened<'a> {
    /// Opens the bytes, or says as a problem why they cannot be read.
    pub fn open(self) -> Option<Content<'a>> {
        let Self { place, bytes, problem } = self;
        let (path, max, follow) = match bytes {
            Bytes::Stream(stream) => return Some(Content::Reader(stream)),
            Bytes::Held(bytes) => return Some(Content::Held(bytes)),
            Bytes::File { path, max, follow } => (path, max, follow),
        };
        let report = |what| problem(Problem { place: place.clone(), what });
        let (file, there) = match files::open(&path, follow) {
            Ok(opened) => opened,
            Err(error) => {
                report(files::failure(error.kind()));
                return None;
            }
        };
        if let Some(what) = too_large(there.len(), max) {
            report(what);
            return None;
        }
        if etcd::begins_as_etcd(&file, &path) {
            return Some(Content::Etcd(Box::new(EtcdFiles::found(path, place))));
        }
        if begins_as_bundle(&file) {
            return Some(Content::Bundle(path));
        }
        let before = Stamp::of(&there);
        let watched =
            Watched { file, left: there.len(), before: Some(before), place: place.clone(), problem };
        if there.len() > ONE_PIECE {
            return Some(Content::Reader(Box::new(watched)));
        }
        let mut watched = watched;
        let mut content = Vec::with_capacity(there.len() as usize);
        if let Err(error) = watched.read_to_end(&mut content) {
            report(format!("reading failed: {}; examined up to there", error.kind()));
        }
        Some(Content::Bytes(content))
    }
}

/// Whether a file is a bundle of git; one that cannot be read is none.
pub(crate) fn begins_as_bundle(file: &File) -> bool {
    let mut head = [0; 16];
    file.read_exact_at(&mut head, 0).is_ok() && sekisho_git::is_bundle(&head)
}

/// Why a file of `size` bytes is not read under `--max-file-size`.
pub(crate) fn too_large(size: u64, max: Option<u64>) -> Option<String> {
    max.filter(|max| size > *max).map(|max| format!("{size} bytes, over the limit of {max}, not read"))
}

/// A file that is read up to the size that it had when it was opened (one that grows faster than it
/// is read has no end) and compared with itself then.
struct Watched<'a> {
    file: File,
    left: u64,
    before: Option<Stamp>,
    place: Place,
    problem: &'a (dyn Fn(Problem) + Sync),
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.file.read(&mut buffer[..len])?;
        self.left -= read as u64;
        let at_end = self.left == 0 || (read == 0 && len > 0);
        if at_end && let Some(before) = self.before.take() {
            let after = self.file.metadata().ok().map(|after| Stamp::of(&after));
            if after != Some(before) {
                let what = "changed while it was read".to_owned();
                (self.problem)(Problem { place: self.place.clone(), what });
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::sync::Mutex;

    use super::*;

    /// Opens `path`, reads the first byte, lets `meanwhile` happen and reads the rest.
    fn read(path: &std::path::Path, max: Option<u64>, meanwhile: impl FnOnce()) -> (usize, Vec<String>) {
        let problems = Mutex::new(Vec::new());
        let problem = |problem: Problem| problems.lock().unwrap().push(problem.what);
        let bytes = Bytes::File { path: path.to_owned(), max, follow: false };
        let unopened = Unopened { place: Place::file("a"), bytes, problem: &problem };
        let read = match unopened.open() {
            None => 0,
            Some(Content::Bytes(content)) => content.len(),
            Some(Content::Held(_) | Content::Etcd(_) | Content::Bundle(_)) => unreachable!(),
            Some(Content::Reader(mut reader)) => {
                let mut rest = Vec::new();
                assert_eq!(reader.read(&mut [0; 1]).unwrap(), 1);
                meanwhile();
                1 + reader.read_to_end(&mut rest).unwrap()
            }
        };
        (read, problems.into_inner().unwrap())
    }

    #[test]
    fn small_files_come_whole_and_large_ones_as_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, vec![b'x'; 100]).unwrap();
        assert_eq!(read(&path, Some(100), || ()), (100, vec![]));
        fs::write(&path, b"").unwrap();
        assert_eq!(read(&path, None, || ()), (0, vec![]));
        let size = 3 * ONE_PIECE as usize;
        fs::write(&path, vec![b'x'; size]).unwrap();
        assert_eq!(read(&path, None, || ()), (size, vec![]));
        let too_large = format!("{size} bytes, over the limit of 100, not read");
        assert_eq!(read(&path, Some(100), || ()), (0, vec![too_large]));
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_a_problem() {
        let changed = vec!["changed while it was read".to_owned()];
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let size = 3 * ONE_PIECE as usize;
        fs::write(&path, vec![b'x'; size]).unwrap();
        let grow = || fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"more").unwrap();
        assert_eq!(read(&path, None, grow), (size, changed.clone()));
        fs::write(&path, vec![b'x'; size]).unwrap();
        let cut = || fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(10).unwrap();
        assert_eq!(read(&path, None, cut), (10, changed));
    }

    #[test]
    fn what_is_no_file_any_more_is_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        assert_eq!(read(&path, None, || ()), (0, vec!["vanished before it was read".to_owned()]));
        let other = vec!["became something other than a regular file, not read".to_owned()];
        std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
        assert_eq!(read(&path, None, || ()), (0, other.clone()));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(read(&path, None, || ()), (0, other));
    }
}
