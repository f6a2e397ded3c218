//! Files of etcd: found, opened, and readable at any place.
//!
//! Plain files are read with `pread`. Compressed ones are opened to the end first, because a store
//! is read in the order of its keys: into memory up to a bound, else into a file without a name,
//! which is gone when the program ends however it ends.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use sekisho_etcd::{ReadAt, Sniffed, sniff};
use sekisho_unpack::{Budget, Container, Event, Limits, visit};

use crate::target::SourceError;

/// Uncompressed content that is held in memory, in bytes; a log segment is 64,000,000.
const IN_MEMORY: u64 = 64 << 20;
/// Uncompressed content at most, in bytes.
const MAX_CONTENT: u64 = 1 << 40;
/// Layers of compression.
const MAX_LAYERS: usize = 4;
/// Directories below a target that are gone into.
const MAX_DEPTH: usize = 16;

/// A file on disk.
struct OnDisk {
    file: File,
    len: u64,
}

impl OnDisk {
    fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }
}

impl ReadAt for OnDisk {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buf, offset)
    }
}

/// A file that can be read, and what was wrong with opening it.
#[non_exhaustive]
pub struct Opened {
    /// The uncompressed content.
    pub source: Box<dyn ReadAt>,
    /// Why the content is not whole.
    pub trouble: Option<String>,
}

/// The files below a target, in order: itself when it is a file. Links are not followed.
///
/// # Errors
/// When the target or a directory below it cannot be read.
pub fn files(target: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let meta = std::fs::metadata(target).map_err(SourceError::io(target))?;
    if !meta.is_dir() {
        return Ok(vec![target.to_owned()]);
    }
    let mut files = Vec::new();
    let mut open = vec![(target.to_owned(), 0)];
    while let Some((directory, depth)) = open.pop() {
        for entry in std::fs::read_dir(&directory).map_err(SourceError::io(&directory))? {
            let entry = entry.map_err(SourceError::io(&directory))?;
            let kind = entry.file_type().map_err(SourceError::io(&entry.path()))?;
            if kind.is_file() {
                files.push(entry.path());
            } else if kind.is_dir() && depth < MAX_DEPTH {
                open.push((entry.path(), depth + 1));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Opens a file, through every layer of compression.
///
/// # Errors
/// When it cannot be read, or its content cannot be kept.
pub fn open(path: &Path) -> Result<Opened, SourceError> {
    let opened = File::open(path).and_then(OnDisk::new);
    let mut source: Box<dyn ReadAt> = Box::new(opened.map_err(SourceError::io(path))?);
    let mut trouble = None;
    for _ in 0..MAX_LAYERS {
        let container = match sniff(&*source).map_err(SourceError::io(path))? {
            Sniffed::Gzip => Container::Gzip,
            Sniffed::Zstd => Container::Zstd,
            Sniffed::File(_) => break,
        };
        let mut content = Content::Memory(Vec::new());
        trouble = trouble.or(decompress(container, &*source, &mut content).map_err(SourceError::io(path))?);
        source = content.finish().map_err(SourceError::io(path))?;
    }
    Ok(Opened { source, trouble })
}

/// Whether a path names files of etcd: a store or a log segment, or a member's directory or the one
/// around it.
pub(crate) fn is_etcd(path: &Path, kind: std::fs::FileType) -> bool {
    if kind.is_dir() {
        return [path.join("snap/db"), path.join("member/snap/db")].iter().any(|db| db.is_file());
    }
    let opened = File::open(path).and_then(OnDisk::new);
    opened.is_ok_and(|file| sekisho_etcd::is_etcd(&file).unwrap_or(false))
}

/// Whether an open file is one of etcd's. Other files cost one read of a few bytes.
pub(crate) fn begins_as_etcd(file: &File, path: &Path) -> bool {
    let mut head = [0; 20];
    // The magic number of a bbolt meta page, behind the page's header; log segments by their names.
    let is_bbolt = file.read_exact_at(&mut head, 0).is_ok() && head[16..] == [0xed, 0xda, 0x0c, 0xed];
    let may_be = is_bbolt || path.extension().is_some_and(|extension| extension == "wal");
    let copy = may_be.then(|| file.try_clone().and_then(OnDisk::new));
    copy.is_some_and(|file| file.is_ok_and(|file| sekisho_etcd::is_etcd(&file).unwrap_or(false)))
}

/// Decompressed content, in memory until it is too much for that.
enum Content {
    Memory(Vec<u8>),
    File(File),
}

impl Content {
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Memory(held) if (held.len() + bytes.len()) as u64 > IN_MEMORY => {
                let mut file = tempfile::tempfile()?;
                file.write_all(held)?;
                file.write_all(bytes)?;
                *self = Self::File(file);
            }
            Self::Memory(held) => held.extend_from_slice(bytes),
            Self::File(file) => file.write_all(bytes)?,
        }
        Ok(())
    }

    fn finish(self) -> io::Result<Box<dyn ReadAt>> {
        Ok(match self {
            Self::Memory(held) => Box::new(held),
            Self::File(mut file) => {
                file.seek(SeekFrom::Start(0))?;
                Box::new(OnDisk::new(file)?)
            }
        })
    }
}

fn decompress(
    container: Container,
    source: &dyn ReadAt,
    content: &mut Content,
) -> io::Result<Option<String>> {
    let limits = Limits {
        output: MAX_CONTENT,
        // The user named the file, and a log of zeros shrinks by any factor.
        ratio: u64::MAX,
        random_access: 128 << 20,
        ..Limits::default()
    };
    let budget = Budget::new(limits);
    let mut reader = Reader { source, at: 0 };
    let (mut trouble, mut failed) = (None, Ok(()));
    visit(container, &mut reader, &budget, &mut |event| match event {
        Event::Stream { content: stream, .. } => {
            let mut chunk = vec![0; 256 << 10];
            failed = loop {
                match stream.read(&mut chunk) {
                    Ok(0) => break Ok(()),
                    Ok(n) => {
                        if let Err(error) = content.take(&chunk[..n]) {
                            break Err(error);
                        }
                    }
                    Err(error) => break Err(error),
                }
            };
        }
        Event::Problem(problem) => trouble = Some(problem.trouble.to_string()),
        Event::Member { .. } => {}
    });
    failed.map(|()| trouble)
}

/// A source from its beginning to its end.
struct Reader<'s> {
    source: &'s dyn ReadAt,
    at: u64,
}

impl Read for Reader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = buf.len().min(usize::try_from(self.source.len() - self.at).unwrap_or(usize::MAX));
        self.source.read_exact_at(&mut buf[..n], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}
