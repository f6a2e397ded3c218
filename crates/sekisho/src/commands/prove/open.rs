//! Files for `prove`: found, opened, and readable at any place.
//!
//! Plain files are read with `pread`. Compressed ones are opened to the end first, because a store
//! is read in the order of its keys: into memory up to a bound, else into a file without a name,
//! which is gone when the program ends however it ends.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sekisho_etcd::{ReadAt, Sniffed, sniff};
use sekisho_unpack::{Budget, Container, Event, Limits, visit};

/// Uncompressed content that is held in memory, in bytes; a log segment is 64,000,000.
const IN_MEMORY: u64 = 64 << 20;
/// Uncompressed content at most, in bytes.
const MAX_CONTENT: u64 = 1 << 40;
/// Layers of compression.
const MAX_LAYERS: usize = 4;
/// Directories below a target that are gone into.
const MAX_DEPTH: usize = 16;

/// A file on disk.
pub(super) struct OnDisk {
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
pub(super) struct Opened {
    pub(super) source: Box<dyn ReadAt>,
    /// Why the content is not whole.
    pub(super) trouble: Option<String>,
}

/// The files below a target, in order: itself when it is a file. Links are not followed.
pub(super) fn files(target: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let meta = std::fs::metadata(target).with_context(|| format!("reading {}", target.display()))?;
    if !meta.is_dir() {
        return Ok(vec![target.to_owned()]);
    }
    let mut files = Vec::new();
    let mut open = vec![(target.to_owned(), 0)];
    while let Some((directory, depth)) = open.pop() {
        let entries =
            std::fs::read_dir(&directory).with_context(|| format!("reading {}", directory.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("reading {}", directory.display()))?;
            let kind = entry.file_type().with_context(|| format!("reading {}", entry.path().display()))?;
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
pub(super) fn open(path: &Path) -> anyhow::Result<Opened> {
    let opened = File::open(path).and_then(OnDisk::new);
    let mut source: Box<dyn ReadAt> =
        Box::new(opened.with_context(|| format!("reading {}", path.display()))?);
    let mut trouble = None;
    for _ in 0..MAX_LAYERS {
        let container = match sniff(&*source).with_context(|| format!("reading {}", path.display()))? {
            Sniffed::Gzip => Container::Gzip,
            Sniffed::Zstd => Container::Zstd,
            Sniffed::File(_) => break,
        };
        let mut content = Content::Memory(Vec::new());
        let found = decompress(container, &*source, &mut content);
        let found = found.with_context(|| format!("opening {}", path.display()))?;
        trouble = trouble.or(found);
        source = content.finish().with_context(|| format!("opening {}", path.display()))?;
    }
    Ok(Opened { source, trouble })
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
