//! Opening the files of a repository that is not trusted.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Opens a regular file; links, pipes and devices are errors, and nothing is waited for.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// The whole of a file of at most `max` bytes; `None` when there is none.
pub(crate) fn read(path: &Path, max: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut content = Vec::with_capacity(file.metadata()?.len().min(max) as usize);
    file.take(max + 1).read_to_end(&mut content)?;
    if content.len() as u64 > max { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Some(content)) }
}

/// The names in a directory with their kinds, sorted; none when there is no such directory.
pub(crate) fn list(path: &Path) -> io::Result<Vec<(PathBuf, std::fs::FileType)>> {
    let entries = match std::fs::read_dir(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries?,
    };
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry?;
        all.push((entry.path(), entry.file_type()?));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(all)
}
